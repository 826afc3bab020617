"""What was done to the project's keys, by whom and when."""

from typing import Final

from starlette.responses import Response

from tillgate.base.errors import InvalidInput
from tillgate.dashboard.visits import View, Visit

AUDIT: Final = "/dashboard/audit"
LINES: Final = 50


async def show(visit: Visit) -> Response:
    """The log, newest first, a page at a time."""
    before = visit.query("before")
    if before is not None and not (before.isascii() and before.isdigit() and len(before) <= 18):
        raise InvalidInput("The page is named by a line's number.", param="before")
    found = await visit.desk.keys.audit_of(
        visit.who.project.id, None, int(before) if before is not None else None, LINES + 1
    )
    names = {key.id: key.name for key in await visit.desk.keys.list(visit.who.project.id, None)}
    return visit.page(
        "keys/audit.html",
        section="audit",
        lines=found[:LINES],
        names=names,
        before=before,
        more=len(found) > LINES,
    )


VIEWS: Final = (View("GET", AUDIT, show),)
