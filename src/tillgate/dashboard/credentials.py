"""A project's four standing keys: a publishable and a secret one for each mode."""

from typing import Final

from starlette.responses import Response

from keyturn.pairs import fill_places, standing_keys
from tillgate.dashboard.visits import View, Visit

CREDENTIALS: Final = "/dashboard/credentials"


async def show(visit: Visit) -> Response:
    """The four places, and what is in them."""
    places = await standing_keys(visit.desk.keys, visit.who.project.id)
    return visit.page(
        "keys/credentials.html", section="credentials", places=places, missing=None in places.values(), made={}
    )


async def fill(visit: Visit) -> Response:
    """Make the keys that are missing. This answer, and nothing else ever, holds their texts."""
    async with visit.once(
        "These keys were made already.",
        "Their texts were shown once and are stored nowhere. Rotate those that you have not copied.",
    ):
        made = await fill_places(
            visit.desk.keys,
            visit.desk.issuer,
            visit.desk.clock,
            project_id=visit.who.project.id,
            by=visit.principal.actor,
        )
    return visit.page(
        "keys/credentials.html",
        status_code=201,
        section="credentials",
        places=await standing_keys(visit.desk.keys, visit.who.project.id),
        missing=False,
        made={one.key.id: one.secret.reveal() for one in made},
    )


VIEWS: Final = (View("GET", CREDENTIALS, show), View("POST", CREDENTIALS, fill))
