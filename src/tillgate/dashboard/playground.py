"""The API playground: each call of each language, tried with a test key that only the reader's page knows."""

import json
from typing import Final

from starlette.responses import Response

from tillgate.dashboard.calls import READ_BOTH, Call, View
from tillgate.wire.trying import playground_of

PLAYGROUND: Final = "/dashboard/playground"


async def show(call: Call) -> Response:
    """A form for each call. It is sent without this browser's sign-in, so that a key is what opens it."""
    told = json.dumps(playground_of(call.context.languages))
    return call.page("playground.html", section="playground", playground=told)


VIEWS: Final = (View("GET", PLAYGROUND, show, READ_BOTH),)
