"""Events are written in the transaction of the change that they tell, together with their deliveries."""

from tillgate.base import ids
from tillgate.base.errors import NotFound
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.events import records
from tillgate.events.deliveries import records as deliveries
from tillgate.events.model import EventObject, event_type
from tillgate.events.wake import Wake
from tillgate.store import Transaction


async def emit(
    tx: Transaction,
    wake: Wake,
    *,
    project_id: str,
    livemode: bool,
    type: str,
    object_id: str,
    data: bytes,
    now: int,
) -> None:
    """Write the event and one delivery for each endpoint that wants it; send nothing yet.

    Args:
        data: the object as JSON in the API's form, as it is after the change.
    """
    event_id = ids.new_id(ids.EVENT)
    wanting = await deliveries.endpoints_wanting(tx, project_id, livemode, type)
    # The sequence's row is locked until the commit, so it is taken as late as can be.
    sequence = await records.next_sequence(tx, project_id, livemode)
    await records.insert(
        tx,
        event_id=event_id,
        project_id=project_id,
        livemode=livemode,
        sequence=sequence,
        type=type,
        object_id=object_id,
        data=data.decode(),
        created_at=now,
    )
    for endpoint_id in wanting:
        await deliveries.insert(tx, endpoint_id=endpoint_id, event_id=event_id, event_type=type, now=now)
    if wanting:
        tx.after_commit(wake.now)


async def get_event(tx: Transaction, principal: Principal, event_id: str) -> EventObject:
    """One event.

    Raises:
        NotFound: there is none with this id in the caller's project and mode.
    """
    event = await records.by_id(tx, principal.project_id, principal.livemode, event_id)
    if event is None:
        raise NotFound("event", event_id)
    return event


async def list_events(
    tx: Transaction,
    principal: Principal,
    page: PageRequest,
    *,
    type: str | None = None,
    created_after: int | None = None,
) -> Page[EventObject]:
    """Events, newest first; of one type, and from an instant on, where those are given.

    Raises:
        InvalidInput: there is no such event type, or the cursor is not an event's id.
    """
    checked_cursor(page, ids.EVENT)
    found = await records.newest(
        tx,
        principal.project_id,
        principal.livemode,
        page,
        type=event_type(type, param="type", code="invalid_query") if type is not None else None,
        created_after=created_after,
    )
    return cut(found, page.limit)
