"""What was asked with the project's keys, and why some of it was refused."""

from typing import Final

from starlette.responses import Response

from keyturn import KeyNotFound, Mode
from keyturn.insight.explain import explain_logged
from keyturn.insight.logged import Answered, Cursor, RequestFilter
from keyturn.insight.usage import DAY_MS, HOUR_MS
from tillgate.base.errors import NotFound
from tillgate.dashboard.calls import READ_BOTH, Call, Unusable, View
from tillgate.dashboard.charts import hour_words, stacked

REQUESTS: Final = "/dashboard/requests"
LINES: Final = 50
# Two days, hour by hour.
HOURS: Final = 48
# What each word of the filter looks for.
FILTERS: Final = {
    "": RequestFilter(),
    "refused": RequestFilter(refused=True),
    "4xx": RequestFilter(status=4),
    "5xx": RequestFilter(status=5),
}


async def list_requests(call: Call) -> Response:
    """The log of the mode that is looked at, newest first, a page at a time."""
    chosen, key_id, after = call.query("show") or "", call.query("key"), call.query("after")
    if chosen not in FILTERS:
        raise Unusable("Unknown filter.")
    try:
        cursor = Cursor.parse(after) if after is not None else None
    except ValueError as error:
        raise Unusable("This page of the request log does not exist.") from error
    project_id = call.who.project.id
    page = await call.context.requests.requests(
        project_id, FILTERS[chosen]._replace(key_id=key_id, mode=Mode(call.principal.mode)), cursor, LINES
    )
    now, mode = call.context.clock.now(), Mode(call.principal.mode)
    hour = now // HOUR_MS
    by_hour = await call.context.requests.by_hour(project_id, mode, hour - HOURS + 1)
    hours = [(one, by_hour.get(one, Answered())) for one in range(hour - HOURS + 1, hour + 1)]
    asking = {one.key_id for one in page.requests} | ({key_id} if key_id is not None else set())
    return call.page(
        "requests/list.html",
        section="requests",
        requests=page.requests,
        following=page.next,
        names={key.id: key.name for key in (await call.context.keys.by_ids(project_id, asking)).values()},
        chosen=chosen,
        hours=[(hour_words(one), found) for one, found in hours] if by_hour else [],
        plot=stacked([_column(one, found) for one, found in hours]),
        key_id=key_id,
        after=after,
        dropped=sum((await call.context.requests.dropped(project_id, now // DAY_MS)).values()),
    )


def _column(hour: int, found: Answered) -> tuple[str, int, int, str]:
    errors = found.client_errors + found.server_errors
    name = hour_words(hour)
    words = f"{name} UTC: {found.requests} requests; {found.client_errors} answered 4xx, {found.server_errors} 5xx"
    return name, found.requests - errors, errors, words


async def show(call: Call) -> Response:
    """One request: the outcome of it, and what would be said of it now."""
    one = await call.context.requests.request(call.who.project.id, call.param("request"))
    if one is None:
        raise NotFound("request")
    try:
        explanation = await explain_logged(call.context.keys, one, call.context.clock.now())
    except KeyNotFound:
        explanation = None
    key = await call.context.keys.by_id(call.who.project.id, one.key_id)
    return call.page("requests/detail.html", section="requests", one=one, key=key, explanation=explanation)


VIEWS: Final = (
    View("GET", REQUESTS, list_requests, READ_BOTH),
    View("GET", f"{REQUESTS}/{{request}}", show, READ_BOTH),
)
