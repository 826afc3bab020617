"""``/events``."""

from keyturn import Need
from tillgate.api.desk import ApiDesk
from tillgate.api.lists import ListObject, listed
from tillgate.api.reading import ListQuery, instant
from tillgate.api.routing import Call, Route
from tillgate.events import operations
from tillgate.events.model import EventObject

READ = Need("events:read")


class ListEvents(ListQuery, frozen=True, forbid_unknown_fields=True, rename={"created_after": "createdAfter"}):
    """``type`` matches exactly; ``createdAfter`` is inclusive."""

    type: str | None = None
    created_after: str | None = None


async def retrieve(desk: ApiDesk, call: Call) -> EventObject:
    return await desk.database.read(lambda tx: operations.get_event(tx, call.principal, call.id))


async def list_all(desk: ApiDesk, call: Call) -> ListObject[EventObject]:
    query: ListEvents = call.query
    created_after = instant(query.created_after, param="createdAfter")
    page = await desk.database.read(
        lambda tx: operations.list_events(tx, call.principal, query.page, type=query.type, created_after=created_after)
    )
    return listed(page.data, page.has_more)


ROUTES = [
    Route(
        "GET",
        "/events",
        READ,
        "List events, newest first",
        list_all,
        ListObject[EventObject],
        query=ListEvents,
    ),
    Route("GET", "/events/{id}", READ, "Retrieve an event", retrieve, EventObject),
]
