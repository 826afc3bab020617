"""``tillgate docs``: the documentation that a server has at ``/docs``, as files."""

from pathlib import Path
from typing import Annotated

import typer

from keyturn.cli.output import fail, say

app = typer.Typer(help="The documentation, as files.", no_args_is_help=True)


@app.callback()
def docs() -> None:
    """The documentation that a server has at /docs, as files."""


@app.command()
def build(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder, or an earlier build.")],
    base_url: Annotated[
        str, typer.Option("--base-url", metavar="URL", help="The address that examples of errors name.")
    ] = "https://your-domain.com",
) -> None:
    """Write the site into DIR, for a file server under any prefix."""
    from tillgate.api import error_pages
    from tillgate.pages import site

    try:
        pages = site.build(folder, error_pages.served(base_url.rstrip("/")))
    except (site.NotOurs, OSError) as error:
        fail(str(error))
    say(f"{pages} pages are in {folder}; {folder / 'index.html'} is the first.")
