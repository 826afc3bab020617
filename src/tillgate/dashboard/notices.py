"""What an owner is notified of: dangerous settings that others changed."""

from typing import Final

from starlette.responses import Response

from tillgate.access.notices.operations import INSTALLATION
from tillgate.dashboard.calls import ANYBODY, Call, View

NUMBER_LENGTH_MAX: Final = 18


async def mark_seen(call: Call) -> Response:
    """Tell them no more of what they have seen."""
    ends = {}
    for field, project in (("installation", INSTALLATION), ("project", call.who.project.id)):
        text = call.form.one(field)
        if text.isascii() and text.isdigit() and len(text) <= NUMBER_LENGTH_MAX:
            ends[project] = int(text)
    await call.context.notices.mark_seen(call.who, ends)
    return call.go("/dashboard")


VIEWS: Final = (View("POST", "/dashboard/notices/seen", mark_seen, ANYBODY),)
