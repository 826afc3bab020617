"""``/docs/errors`` and ``/docs/errors/{code}``: what each error code means, on the installation that says it.

The texts are handed in, in Markdown, and are the server's own; the same ones are in ``docs/errors``.
"""

import functools
from collections.abc import Mapping
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tillgate.pages.caching import revalidated
from tillgate.pages.guides import ERRORS, SHOWN_MAX, Section, chapters, rendered
from tillgate.pages.reader import IN_ENGLISH
from tillgate.pages.rendering import page

_FOLDER: Final = "errors"


def routes(texts: Mapping[str, str]) -> list[BaseRoute]:
    """The pages.

    Args:
        texts: by code, in Markdown; under the empty one, the list of all. Their links are those of ``docs/errors``.
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


def sections(texts: Mapping[str, str]) -> list[Section]:
    """What is searched of them: each code's page as a whole."""
    return [Section(f"{ERRORS}/{code}", "Errors", code, text.lower()) for code, text in texts.items() if code]


def text_of(texts: Mapping[str, str], code: str) -> Markup:
    """What is said of a code, or of all where it is empty, as HTML."""
    return rendered(texts[code], _FOLDER)


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
