"""``/docs/errors`` and ``/docs/errors/{code}``: what each error code means, on the installation that says it.

The texts are handed in, in Markdown, and are the server's own; the same ones are in ``docs/errors``.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tillgate.pages.caching import revalidated
from tillgate.pages.guides import ERRORS, SHOWN_MAX, chapters
from tillgate.pages.reader import IN_ENGLISH
from tillgate.pages.rendering import page

_INDEX_FILE: Final = "errors"


def routes(texts: Mapping[str, str]) -> list[BaseRoute]:
    """The pages.

    Args:
        texts: by code, in Markdown; under the empty one, the list of all. A link to ``other.md`` leads to the page of
            that code; one to a guide, which is not served here, is only its text.
    """

    @functools.cache
    def html(code: str) -> Markup:
        return text_of(texts, code)

    async def index(request: Request) -> Response:
        return revalidated(request, document("", html("")))

    async def one(request: Request) -> Response:
        code: str = request.path_params["code"]
        if not code or code not in texts:
            shown = code[:SHOWN_MAX]
            return page(
                IN_ENGLISH, "no_document.html", 404, chapters=chapters(), address="", within=ERRORS, asked=shown
            )
        return revalidated(request, document(code, html(code)))

    return [Route(ERRORS, index, methods=["GET"]), Route(f"{ERRORS}/{{code}}", one, methods=["GET"])]


def text_of(texts: Mapping[str, str], code: str) -> Markup:
    """What is said of a code, or of all where it is empty, as HTML."""
    # Trusted: our own text, and Markdown's HTML is off.
    return Markup(_renderer(texts).render(texts[code]))  # noqa: S704


def document(code: str, text: Markup) -> Response:
    """The page of a code, or of all where it is empty, with the navigation beside it."""
    address = f"{ERRORS}/{code}" if code else ERRORS
    return page(
        IN_ENGLISH,
        "guide.html",
        title=code or "Errors",
        chapters=chapters(),
        address=address,
        within=ERRORS,
        text=text,
    )


def _renderer(codes: Mapping[str, str]) -> MarkdownIt:
    """Writes HTML, with the links that lead to a page here."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")

    def lead(state: object) -> None:
        for token in state.tokens:  # type: ignore[attr-defined]
            if token.children:
                token.children = list(_led(token.children, codes))

    markdown.core.ruler.push("lead", lead)
    return markdown


def _led(tokens: Sequence[Token], codes: Mapping[str, str]) -> list[Token]:
    led: list[Token] = []
    kept: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            address = _address(str(token.attrGet("href") or ""), codes)
            kept.append(address is not None)
            if address is not None:
                token.attrSet("href", address)
                led.append(token)
        elif token.type == "link_close":
            if kept.pop():
                led.append(token)
        else:
            led.append(token)
    return led


def _address(link: str, codes: Mapping[str, str]) -> str | None:
    """Where a link between the documents leads here; None where it leads to what is not served."""
    name = link.partition("#")[0].rpartition("/")[2].removesuffix(".md")
    if name in codes:
        return f"{ERRORS}/{name}"
    return ERRORS if name == _INDEX_FILE else None
