"""What was asked with the project's keys, and why some of it was refused."""

from typing import Final

from starlette.responses import Response

from keyturn import KeyNotFound, Mode
from keyturn.explaining import explain_logged
from keyturn.logged import Cursor, RequestFilter
from keyturn.usage import DAY_MS
from tillgate.base.errors import InvalidInput, NotFound
from tillgate.dashboard.visits import View, Visit

REQUESTS: Final = "/dashboard/requests"
LINES: Final = 50
# What each word of the filter looks for.
FILTERS: Final = {
    "": RequestFilter(),
    "refused": RequestFilter(refused=True),
    "4xx": RequestFilter(status=4),
    "5xx": RequestFilter(status=5),
}


async def list_requests(visit: Visit) -> Response:
    """The log of the mode that is looked at, newest first, a page at a time."""
    chosen, key_id, after = visit.query("show") or "", visit.query("key"), visit.query("after")
    if chosen not in FILTERS:
        raise InvalidInput("There is no such filter.", param="show")
    try:
        cursor = Cursor.parse(after) if after is not None else None
    except ValueError as error:
        raise InvalidInput("This is no page of the request log.", param="after") from error
    project_id = visit.who.project.id
    page = await visit.desk.requests.requests(
        project_id, FILTERS[chosen]._replace(key_id=key_id, mode=Mode(visit.principal.mode)), cursor, LINES
    )
    now = visit.desk.clock.now()
    return visit.page(
        "requests/list.html",
        section="requests",
        requests=page.requests,
        following=page.next,
        names={key.id: key.name for key in await visit.desk.keys.list(project_id, None)},
        chosen=chosen,
        key_id=key_id,
        after=after,
        dropped=sum((await visit.desk.requests.dropped(project_id, now // DAY_MS)).values()),
    )


async def show(visit: Visit) -> Response:
    """One request: what became of it, and what would be said of it now."""
    one = await visit.desk.requests.request(visit.who.project.id, visit.param("request"))
    if one is None:
        raise NotFound("request")
    try:
        explanation = await explain_logged(visit.desk.keys, one, visit.desk.clock.now())
    except KeyNotFound:
        explanation = None
    key = await visit.desk.keys.by_id(visit.who.project.id, one.key_id)
    return visit.page("requests/detail.html", section="requests", one=one, key=key, explanation=explanation)


VIEWS: Final = (View("GET", REQUESTS, list_requests), View("GET", f"{REQUESTS}/{{request}}", show))
