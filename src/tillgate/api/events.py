"""``/events``."""

from typing import Annotated

import msgspec

from keyturn import Need
from tillgate.base.errors import InvalidInput
from tillgate.events import operations
from tillgate.events.model import SEQUENCE_MAX, EventObject
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.fields import InstantText
from tillgate.wire.lists import ListObject, listed
from tillgate.wire.reading import ListQuery, given, instant
from tillgate.wire.routing import Call, Reads, Route

READ = Need("events:read")


class ListEvents(ListQuery, frozen=True, forbid_unknown_fields=True, rename={"created_after": "createdAfter"}):
    """``type`` matches exactly; ``createdAfter`` is inclusive. ``after`` is a sequence and turns the order round."""

    type: str | msgspec.UnsetType = msgspec.UNSET
    created_after: InstantText | msgspec.UnsetType = msgspec.UNSET
    after: Annotated[int, msgspec.Meta(ge=0, le=SEQUENCE_MAX)] | msgspec.UnsetType = msgspec.UNSET


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> EventObject:
    return await operations.get_event(tx, call.principal, call.id)


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> ListObject[EventObject]:
    query: ListEvents = call.query
    after = given(query.after)
    if after is not None:
        return await _catch_up(tx, call, query, after)
    page = await operations.list_events(
        tx,
        call.principal,
        query.page,
        type=given(query.type),
        created_after=instant(query.created_after, param="createdAfter"),
    )
    return listed(page.data, page.has_more)


async def _catch_up(tx: Transaction, call: Call, query: ListEvents, after: int) -> ListObject[EventObject]:
    """Oldest first. The cursor is never null, so that a follower keeps it and asks again."""
    if query.starting_after is not msgspec.UNSET:
        raise InvalidInput(
            "after: goes forward by sequence, starting_after goes back by id; use one of them.",
            code="invalid_query",
            param="after",
        )
    page = await operations.catch_up(
        tx,
        call.principal,
        after,
        query.limit,
        type=given(query.type),
        created_after=instant(query.created_after, param="createdAfter"),
    )
    return ListObject(page.data, page.has_more, str(page.data[-1].sequence if page.data else after))


ROUTES = [
    Route(
        "GET",
        "/events",
        READ,
        "List events, newest first, or, with `after`, those that came after a sequence, oldest first",
        Reads(list_all),
        ListObject[EventObject],
        query=ListEvents,
    ),
    Route("GET", "/events/{id}", READ, "Retrieve an event", Reads(retrieve), EventObject),
]
