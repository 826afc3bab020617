"""The documentation as static files: what ``/docs`` serves, for a file server under any prefix.

Each page is the one that is served, with links that are relative, and with the policy in a ``meta`` element. Searching
is done by a script in the reader's browser; without scripts there is the navigation.
"""

import json
import posixpath
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from starlette.responses import Response

from tillgate.pages import documents, guides
from tillgate.pages.reader import IN_ENGLISH
from tillgate.pages.rendering import page
from tillgate.wire.static import STATIC

MARK: Final = ".tillgate-docs"
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
_FILES: Final = ("tokens.css", "checkout.css", "document.css", "search.js")
_FONTS: Final = "vendor/public-sans-5.3.0"
_LINK: Final = re.compile(r'(?<= )(href|src|action)="(/[^"]{0,2000})"')
_NO_INDEX: Final = '<meta name="robots" content="noindex">\n'
_BEGINNING: Final = '<meta charset="utf-8">\n'


class NotOurs(Exception):
    """The folder holds something else, which is not overwritten."""


def build(folder: Path, errors: Mapping[str, str]) -> int:
    """Write the site, and return the number of its pages. An earlier build is replaced.

    Args:
        errors: the text of each error code in Markdown; under the empty one, the list of all.

    Raises:
        NotOurs: the folder holds something else than an earlier build.
        OSError: it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARK).is_file())):
        raise NotOurs(f"{folder} holds something else than an earlier build; name a new or empty folder")
    if folder.exists():
        for old in folder.iterdir():
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    made = dict(_pages(errors))
    for name, html in made.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_placed(html, name), "utf-8")
    static = folder / "static"
    shutil.copytree(STATIC / _FONTS, static / _FONTS)
    for file_name in _FILES:
        shutil.copyfile(STATIC / file_name, static / file_name)
    (static / "sections.js").write_text(f"globalThis.sections = {json.dumps(_sections(errors))};\n", "utf-8")
    for picture in sorted(guides.pictures()):
        (folder / picture).parent.mkdir(exist_ok=True)
        shutil.copyfile(guides.file_of(picture), folder / picture)
    (folder / MARK).write_text("Written by tillgate docs build, which replaces what is here.\n", "utf-8")
    return len(made)


def _pages(errors: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    chapters = guides.chapters()
    yield "index.html", _text(guides.overview(chapters))
    for name in guides.names():
        yield f"{name}.html", _text(guides.guide(name, chapters))
    # What a server shows there calls itself.
    elsewhere = page(IN_ENGLISH, "playground_elsewhere.html", chapters=chapters, address=guides.PLAYGROUND)
    yield _file(guides.PLAYGROUND), _text(elsewhere)
    for code in errors:
        yield f"errors/{code or 'index'}.html", _text(documents.document(code, documents.text_of(errors, code)))


def _text(page: Response) -> str:
    return bytes(page.body).decode()


def _placed(html: str, name: str) -> str:
    """A page as it stands in a file of this name."""
    scripts = ""
    if name == "index.html":
        scripts = '<script src="/static/sections.js" defer></script>\n<script src="/static/search.js" defer></script>\n'
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
    html = html.replace(_NO_INDEX, "", 1).replace(_BEGINNING, _BEGINNING + policy, 1)
    html = html.replace("</head>", f"{scripts}</head>", 1)
    return _LINK.sub(lambda link: f'{link[1]}="{_relative(link[2], posixpath.dirname(name))}"', html)


def _relative(address: str, folder: str) -> str:
    """Where an address of the server is, from a file in this folder."""
    path, mark, anchor = address.partition("#")
    return posixpath.relpath(_file(path.partition("?")[0]), folder or ".") + mark + anchor


def _file(path: str) -> str:
    if path.startswith("/static/"):
        return path.removeprefix("/")
    if path == guides.ROOT:
        return "index.html"
    if path == guides.ERRORS:
        return "errors/index.html"
    name = path.removeprefix(f"{guides.ROOT}/")
    return name if name in guides.pictures() else f"{name}.html"


def _sections(errors: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    """What is searched, with its address below the site."""
    searched = (*guides.sections(), *documents.sections(errors))
    return [(_relative(one.address, ""), one.page, one.heading, one.text) for one in searched]
