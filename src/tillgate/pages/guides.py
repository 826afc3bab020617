"""``/docs``: the guides and the reference, as they are in ``docs/``, on the installation that they are about.

Each text is rendered once, when it is first asked for, on a thread. None has a script; searching is done here.
A browser keeps a page and asks whether it is still the same.
"""

import functools
import itertools
import posixpath
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from tillgate.pages.caching import revalidated
from tillgate.pages.reader import IN_ENGLISH
from tillgate.pages.rendering import HEADERS, page, see_other

ROOT: Final = "/docs"
PLAYGROUND: Final = f"{ROOT}/playground"
ERRORS: Final = f"{ROOT}/errors"
# Of what is asked for, this much is shown.
SHOWN_MAX: Final = 60
FOUND_MAX: Final = 30
WORDS_MAX: Final = 8
# By chapter, in the order of the navigation; a test holds that no document is missing.
CHAPTERS: Final = (
    (
        "Selling",
        "test-mode payment-links selling money webhooks idempotency mail "
        "documents embedding importing people command-line",
    ),
    ("Live and in production", "going-live live operating production containers performance security-model asvs"),
    ("Keys", "keys keyturn keyturn-frameworks leaks"),
    ("Reference", "reference/* dialects/*"),
    ("The project", "why glossary architecture tests releasing roadmap"),
)
# In a wheel they lie beside this file, in a clone of the repository at its root.
PICTURES: Final = ("pictures", "plots")
_PACKED: Final = Path(__file__).with_name("guides")
_FOLDER: Final = _PACKED if _PACKED.is_dir() else Path(__file__).parents[3] / "docs"
_NO_SLUG: Final = re.compile(r"[^\w\- ]")


# Each chapter with the addresses and titles of its pages.
Chapters = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


class Section(NamedTuple):
    """A part of a page below one heading, as it is searched."""

    address: str
    page: str
    heading: str
    text: str


def routes(beside: Sequence[Section] = ()) -> list[BaseRoute]:
    """The pages, and the pictures in them. They stand after those of the error codes, which have texts of their own.

    Args:
        beside: what is searched beside them.
    """

    def index(request: Request) -> Response:
        return revalidated(request, overview(chapters(), request.query_params.get("q", "")[:SHOWN_MAX], beside))

    def picture(request: Request) -> Response:
        name = request.url.path.removeprefix(f"{ROOT}/")
        if name not in pictures():
            return _no_such_page()
        headers = HEADERS | {"Cache-Control": "public, max-age=3600"}
        return FileResponse(file_of(name), headers=headers)

    def one(request: Request) -> Response:
        name: str = request.path_params["name"]
        if name in names():
            return revalidated(request, guide(name, chapters()))
        address = f"{ROOT}/{name}".rstrip("/")
        if request.url.path.endswith("/") and (address in _addresses() or address.startswith(f"{ERRORS}/")):
            return see_other(address)
        return _no_such_page()

    return [
        Route(ROOT, index, methods=["GET"]),
        *(Route(f"{ROOT}/{one}/{{name}}", picture, methods=["GET"]) for one in PICTURES),
        Route(f"{ROOT}/{{name:path}}", one, methods=["GET"]),
    ]


def overview(shown: Chapters, asked: str = "", beside: Sequence[Section] = ()) -> Response:
    """The page with all that there is, and with what was found."""
    found = search(asked, beside) if asked.strip() else None
    return page(IN_ENGLISH, "guides.html", title="Documentation", chapters=shown, asked=asked, found=found)


def guide(name: str, shown: Chapters) -> Response:
    """A document as a page, with the navigation beside it."""
    address, text = f"{ROOT}/{name}", html_of(name)
    return page(IN_ENGLISH, "guide.html", title=title_of(name), chapters=shown, address=address, text=text)


def _no_such_page() -> Response:
    return page(IN_ENGLISH, "guides.html", 404, title="No such page", chapters=chapters(), asked="", found=[])


@functools.cache
def _addresses() -> frozenset[str]:
    return frozenset((ROOT, *(address for _, listed in chapters() for address, _ in listed)))


@functools.cache
def names() -> tuple[str, ...]:
    """Every page's name, in the order of the navigation: its path below ``docs`` without its ending."""
    return tuple(name for _, listed in _listed() for name in listed)


@functools.cache
def pictures() -> frozenset[str]:
    """Every picture's path below ``docs``."""
    return frozenset(
        file.relative_to(_FOLDER).as_posix()
        for folder in PICTURES
        for file in (_FOLDER / folder).glob("*")
        if file.suffix in (".webp", ".svg", ".png")
    )


def file_of(name: str) -> Path:
    """Where a picture lies."""
    return _FOLDER / name


@functools.cache
def chapters() -> Chapters:
    """The navigation."""
    told = [(chapter, tuple((f"{ROOT}/{name}", title_of(name)) for name in listed)) for chapter, listed in _listed()]
    return (*told, ("Errors", ((ERRORS, "Error codes"),)), ("Try it", ((PLAYGROUND, "API playground"),)))


@functools.cache
def title_of(name: str) -> str:
    """A page's first heading."""
    return _text(name).partition("\n")[0].removeprefix("# ").strip().replace("`", "")


@functools.cache
def html_of(name: str) -> Markup:
    """A page as HTML, with links that lead to pages here, and an anchor at each heading."""
    return rendered(_without_comments(_text(name)), posixpath.dirname(name))


def rendered(text: str, folder: str) -> Markup:
    """A text of ours in Markdown as HTML.

    Args:
        folder: where below ``docs`` it stands, from which its links lead.
    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    slugs: dict[str, int] = {}
    for before, token in itertools.pairwise(tokens):
        if before.type == "heading_open":
            before.attrSet("id", _slug(token.content, slugs))
        if token.children:
            token.children = _led(token.children, folder)
    # Trusted: our own text, and Markdown's HTML is off.
    return Markup(markdown.renderer.render(tokens, markdown.options, {}))  # noqa: S704


def search(asked: str, beside: Sequence[Section] = ()) -> list[Section]:
    """The sections that have all of these words; those that have them in their heading come first."""
    words = asked.lower().split()[:WORDS_MAX]
    found = [one for one in (*sections(), *beside) if all(word in one.text for word in words)]
    return sorted(found, key=lambda one: not all(word in one.heading.lower() for word in words))[:FOUND_MAX]


@functools.cache
def sections() -> tuple[Section, ...]:
    """What is searched: each part of a page below one heading."""
    found: list[Section] = []
    for name in names():
        slugs: dict[str, int] = {}
        tokens = MarkdownIt("commonmark", {"html": False}).parse(_without_comments(_text(name)))
        heading, text, address = title_of(name), [""], f"{ROOT}/{name}"
        for before, token in itertools.pairwise(tokens):
            if before.type == "heading_open":
                found.append(Section(address, title_of(name), heading, " ".join(text).lower()))
                heading, text = token.content.replace("`", ""), [token.content]
                address = f"{ROOT}/{name}#{_slug(token.content, slugs)}"
            elif token.content:
                text.append(token.content)
        found.append(Section(address, title_of(name), heading, " ".join(text).lower()))
    return tuple(one for one in found if one.text.strip())


def _listed() -> list[tuple[str, list[str]]]:
    told = []
    for chapter, patterns in CHAPTERS:
        files = [file for pattern in patterns.split() for file in sorted(_FOLDER.glob(f"{pattern}.md"))]
        told.append((chapter, [file.relative_to(_FOLDER).as_posix().removesuffix(".md") for file in files]))
    return told


def _text(name: str) -> str:
    return (_FOLDER / f"{name}.md").read_text("utf-8")


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith("<!--"))


def _slug(heading: str, taken: dict[str, int]) -> str:
    """A heading's anchor, as GitHub makes it, where the same documents are read."""
    slug = _NO_SLUG.sub("", heading.lower()).replace(" ", "-")
    count = taken[slug] = taken.get(slug, -1) + 1
    return f"{slug}-{count}" if count else slug


def _led(tokens: list[Token], folder: str) -> list[Token]:
    """The tokens of a text, with links and pictures that lead somewhere from here."""
    led: list[Token] = []
    kept: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            address = _address(str(token.attrGet("href") or ""), folder)
            kept.append(address is not None)
            if address is not None:
                token.attrSet("href", address)
                led.append(token)
        elif token.type == "link_close":
            if kept.pop():
                led.append(token)
        elif token.type != "image":
            led.append(token)
        elif (shown := posixpath.normpath(posixpath.join(folder, str(token.attrGet("src"))))) in pictures():
            token.attrSet("src", f"{ROOT}/{shown}")
            led.append(token)
    return led


def _address(link: str, folder: str) -> str | None:
    """Where a link of a document leads; None where it leads to a file of the repository that is not served."""
    parts = urlsplit(link)
    if parts.scheme or not parts.path:
        return link
    name = posixpath.normpath(posixpath.join(folder, parts.path)).removesuffix(".md")
    anchor = f"#{parts.fragment}" if parts.fragment else ""
    if name.startswith("errors/"):
        return f"{ROOT}/{name}"
    if name == "reference/errors":
        return ERRORS
    return f"{ROOT}/{name}{anchor}" if name in names() else None
