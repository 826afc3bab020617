"""``tillgate documents``: where the files of documents are."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from keyturn.cli.output import AsJson, fail, say, say_json
from keyturn.database import Database
from tillgate.cli.session import Data, DatabaseUrl, settings, work
from tillgate.documents.moving import Differs, Moved, to_database, to_directory

app = typer.Typer(no_args_is_help=True, help="Move the files of documents.")


class Target(StrEnum):
    """Where files are to be."""

    DATABASE = "database"
    DIRECTORY = "directory"


@app.callback()
def documents() -> None:
    """Move the files of documents."""


@app.command("move")
def move(
    to: Annotated[Target, typer.Option("--to", help="Where all files are to be.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Move all files into the directory that TILLGATE_DOCUMENTS names, or out of it into the database.

    Servers may run meanwhile. Each file is compared by its SHA-256 before it leaves its place. A command that was
    interrupted goes on when it is run again.
    """
    chosen = settings(data, database_url)
    directory: Path | None = chosen.documents.directory
    if directory is None:
        fail("TILLGATE_DOCUMENTS names no directory; set it, and restart the servers with it, before files are moved")

    async def task(database: Database) -> Moved:
        if to is Target.DIRECTORY:
            return await to_directory(database, directory)
        return await to_database(database, directory)

    try:
        moved = work(chosen, task)
    except Differs as error:
        fail(f"{error.id}: the file in {directory} is not the one in the database; move it away and try again")
    except OSError as error:
        fail(f"{directory}: {error.strerror or error}")
    if as_json:
        say_json({"moved": moved.moved, "stayed": moved.stayed, "missing": moved.missing})
    else:
        say(f"{moved.moved} moved, {moved.stayed} there already.")
    if moved.missing:
        ids = ", ".join(moved.missing[:10])
        fail(f"{len(moved.missing)} files are not in {directory}: {ids}. Nothing was changed about them.")
