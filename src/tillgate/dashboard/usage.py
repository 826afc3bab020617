"""How many documents a project's live keys have made, by month and key, as a file."""

import csv
import io
from typing import Final

from starlette.responses import Response

from tillgate.base.errors import InvalidInput
from tillgate.dashboard.calls import READ_BOTH, Call, Unusable, View
from tillgate.dashboard.exports import CSV, MEDIA_TYPES, safe
from tillgate.dashboard.keys import KEYS
from tillgate.documents.renders.model import checked_month, month_of
from tillgate.documents.renders.operations import get_usage

RENDERS: Final = f"{KEYS}/renders"


async def export(call: Call) -> Response:
    """A month's counts, one line for each key; hooks and the server itself have a line of their own."""
    try:
        month = checked_month(call.query("month") or month_of(call.context.clock.now()))
    except InvalidInput:
        raise Unusable("Choose a month such as 2026-11.") from None
    project_id = call.who.project.id
    usage = await call.read(lambda tx: get_usage(tx, project_id, month))
    names = await call.context.keys.by_ids(project_id, [one.asked_by for one in usage.by])
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(("month", "key", "name", "renders"))
    for one in usage.by:
        key = names.get(one.asked_by)
        lines.writerow(safe(cell) for cell in (month, one.asked_by, key.name if key is not None else "", one.renders))
    headers = {"Content-Disposition": f'attachment; filename="renders-{month}.csv"'}
    return Response(written.getvalue(), headers=headers, media_type=MEDIA_TYPES[CSV])


VIEWS: Final = (View("GET", RENDERS, export, READ_BOTH),)
