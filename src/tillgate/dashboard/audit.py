"""What was done to the project's keys, by whom and when."""

from typing import Final

from starlette.responses import Response

from tillgate.dashboard.calls import READ_BOTH, Call, Unusable, View

AUDIT: Final = "/dashboard/audit"
LINES: Final = 50


async def show(call: Call) -> Response:
    """The log, newest first, a page at a time."""
    before = call.query("before")
    if before is not None and not (before.isascii() and before.isdigit() and len(before) <= 18):
        raise Unusable("The page is named by a line's number.")
    found = await call.context.keys.audit_of(
        call.who.project.id, None, int(before) if before is not None else None, LINES + 1
    )
    touched = {line.key_id for line in found if line.key_id is not None}
    names = {key.id: key.name for key in (await call.context.keys.by_ids(call.who.project.id, touched)).values()}
    return call.page(
        "keys/audit.html",
        section="audit",
        lines=found[:LINES],
        names=names,
        before=before,
        more=len(found) > LINES,
    )


VIEWS: Final = (View("GET", AUDIT, show, READ_BOTH),)
