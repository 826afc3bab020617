"""A project's four standing keys: a publishable and a secret one for each mode."""

from typing import Final

from starlette.responses import Response

from keyturn.keys.pairs import fill_places, standing_keys
from tillgate.access.accounts import Right
from tillgate.dashboard.calls import READ_BOTH, Call, Need, View, both_modes

CREDENTIALS: Final = "/dashboard/credentials"


async def show(call: Call) -> Response:
    """The four places, and what is in them."""
    places = await standing_keys(call.context.keys, call.who.project.id)
    return call.page(
        "keys/credentials.html", section="credentials", places=places, missing=None in places.values(), made={}
    )


async def fill(call: Call) -> Response:
    """Make the keys that are missing. This answer, and nothing else ever, holds their texts."""
    async with call.once(
        "These keys were already created.",
        "Their texts were shown once and are not stored. Rotate the keys that you have not copied.",
    ):
        made = await fill_places(
            call.context.keys,
            call.context.issuer,
            call.context.clock,
            project_id=call.who.project.id,
            by=call.principal.actor,
        )
    return call.page(
        "keys/credentials.html",
        status_code=201,
        section="credentials",
        places=await standing_keys(call.context.keys, call.who.project.id),
        missing=False,
        made={one.key.id: one.secret.reveal() for one in made},
    )


VIEWS: Final = (
    View("GET", CREDENTIALS, show, READ_BOTH),
    View("POST", CREDENTIALS, fill, Need(Right.KEYS, both_modes).confirmed_live),
)
