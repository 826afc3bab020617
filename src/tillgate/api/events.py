"""``/events``."""

import msgspec

from keyturn import Need
from tillgate.api.desk import ApiDesk
from tillgate.api.lists import ListObject, listed
from tillgate.api.reading import ListQuery, given, instant
from tillgate.api.routing import Call, Reads, Route
from tillgate.events import operations
from tillgate.events.model import EventObject
from tillgate.store import Transaction

READ = Need("events:read")


class ListEvents(ListQuery, frozen=True, forbid_unknown_fields=True, rename={"created_after": "createdAfter"}):
    """``type`` matches exactly; ``createdAfter`` is inclusive."""

    type: str | msgspec.UnsetType = msgspec.UNSET
    created_after: str | msgspec.UnsetType = msgspec.UNSET


async def retrieve(desk: ApiDesk, tx: Transaction, call: Call) -> EventObject:
    return await operations.get_event(tx, call.principal, call.id)


async def list_all(desk: ApiDesk, tx: Transaction, call: Call) -> ListObject[EventObject]:
    query: ListEvents = call.query
    page = await operations.list_events(
        tx,
        call.principal,
        query.page,
        type=given(query.type),
        created_after=instant(query.created_after, param="createdAfter"),
    )
    return listed(page.data, page.has_more)


ROUTES = [
    Route(
        "GET",
        "/events",
        READ,
        "List events, newest first",
        Reads(list_all),
        ListObject[EventObject],
        query=ListEvents,
    ),
    Route("GET", "/events/{id}", READ, "Retrieve an event", Reads(retrieve), EventObject),
]
