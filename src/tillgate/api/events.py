"""``/events``."""

from typing import Annotated

import msgspec

from keyturn import Need
from tillgate.api.paging import ListObject, ListQuery
from tillgate.base import ids
from tillgate.base.errors import InvalidInput, NotFound
from tillgate.base.problems import Problem
from tillgate.checkout.search.related import related_ids
from tillgate.events import operations
from tillgate.events.log import LOG_ID, log_id
from tillgate.events.model import SEQUENCE_MAX, EventObject
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.fields import IdText, SubscriptionText
from tillgate.wire.reading import given, instant
from tillgate.wire.routing import Call, Reads, Route

READ = Need("events:read")


class ListEvents(
    ListQuery,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"object_id": "objectId", "related_object": "relatedObject"},
):
    """``type`` matches exactly, or is a noun's pattern, such as ``order.*``. ``objectId`` is the object that an event
    is about; ``relatedObject`` is an order, its session, its payment, a transaction or a refund of it, and finds the
    events of all of them. ``createdAfter`` is inclusive, ``createdBefore`` is not. ``after`` is a sequence and turns
    the order round. ``log`` is the ``logId`` of the page that it was read from."""

    type: SubscriptionText | msgspec.UnsetType = msgspec.UNSET
    object_id: IdText | msgspec.UnsetType = msgspec.UNSET
    related_object: IdText | msgspec.UnsetType = msgspec.UNSET
    after: Annotated[int, msgspec.Meta(ge=0, le=SEQUENCE_MAX)] | msgspec.UnsetType = msgspec.UNSET
    log: Annotated[str, msgspec.Meta(pattern=LOG_ID)] | msgspec.UnsetType = msgspec.UNSET


class EventListObject(ListObject[EventObject], frozen=True, rename="camel"):
    """A page of events. ``logId`` is the id of their log: sent as ``log`` beside ``after``, it makes sure that the
    place is in this log."""

    log_id: str


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> EventObject:
    return await operations.get_event(tx, call.principal, call.id)


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> EventListObject:
    query: ListEvents = call.query
    after, log = given(query.after), given(query.log)
    if after is not None:
        return await _catch_up(tx, call, query, after, log)
    if log is not None:
        raise InvalidInput("log", Problem.LOG_OF_WHAT, code="invalid_query", other="after")
    page = await operations.list_events(
        tx,
        call.principal,
        call.page,
        type=given(query.type),
        object_ids=await _objects(tx, call, query),
        created_after=instant(query.created_after, field="created_after"),
        created_before=instant(query.created_before, field="created_before"),
    )
    current = await log_id(tx, call.principal.project_id, call.principal.livemode)
    cursor = page.data[-1].id if page.has_more else None
    return EventListObject(page.data, page.has_more, cursor, current)


async def _catch_up(tx: Transaction, call: Call, query: ListEvents, after: int, log: str | None) -> EventListObject:
    """Oldest first. The cursor is never null, so that a follower keeps it and asks again."""
    if query.starting_after is not msgspec.UNSET:
        raise InvalidInput("after", Problem.EITHER_WAY, code="invalid_query", other="starting_after")
    page = await operations.catch_up(
        tx,
        call.principal,
        after,
        call.page.limit,
        log=log,
        type=given(query.type),
        object_ids=await _objects(tx, call, query),
        created_after=instant(query.created_after, field="created_after"),
        created_before=instant(query.created_before, field="created_before"),
    )
    current = await log_id(tx, call.principal.project_id, call.principal.livemode)
    return EventListObject(page.data, page.has_more, str(page.data[-1].sequence if page.data else after), current)


async def _objects(tx: Transaction, call: Call, query: ListEvents) -> list[str] | None:
    """The objects that a query asks for; None where it asks for none.

    Raises:
        InvalidInput: it asks for both, or for what relates to an object that there is not.
    """
    one, related = given(query.object_id), given(query.related_object)
    if one is not None and related is not None:
        raise InvalidInput("related_object", Problem.EITHER_WAY, code="invalid_query", other="object_id")
    if one is not None and not ids.is_typed(one):
        raise InvalidInput("object_id", Problem.NO_SUCH, code="invalid_query", noun="object")
    if related is None:
        return [one] if one is not None else None
    if not ids.is_typed(related):
        raise InvalidInput("related_object", Problem.NO_SUCH, code="invalid_query", noun="object")
    try:
        return await related_ids(tx, call.principal, related)
    except NotFound as error:
        raise InvalidInput("related_object", Problem.NO_SUCH, code="invalid_query", noun="object") from error


ROUTES = [
    Route(
        "GET",
        "/events",
        READ,
        "List events, newest first; with `after`, those after a sequence, oldest first",
        Reads(list_all),
        EventListObject,
        query=ListEvents,
    ),
    Route("GET", "/events/{id}", READ, "Retrieve an event", Reads(retrieve), EventObject),
]
