"""``/docs/playground``: each call of each language, tried with a test key that only the reader's page knows."""

import json
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tillgate.pages.guides import PLAYGROUND, chapters
from tillgate.pages.reader import IN_ENGLISH
from tillgate.pages.rendering import page

TITLE: Final = "API playground"


def routes(told: dict[str, Any]) -> list[BaseRoute]:
    """The page. It stands before the guides, whose paths hold it.

    Args:
        told: the languages, and how keys begin.
    """
    text = json.dumps(told)

    def show(_: Request) -> Response:
        return page(
            IN_ENGLISH, "playground.html", title=TITLE, chapters=chapters(), address=PLAYGROUND, playground=text
        )

    return [Route(PLAYGROUND, show, methods=["GET"])]
