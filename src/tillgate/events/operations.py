"""Events are written in the transaction of the change that they tell, together with their deliveries."""

from collections.abc import Sequence
from typing import Final

from tillgate.base import ids
from tillgate.base.errors import NotFound
from tillgate.base.pages import LIMIT_DEFAULT, Page, PageRequest, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.events import records
from tillgate.events.deliveries import records as deliveries
from tillgate.events.endpoints import records as endpoints
from tillgate.events.log import require_place
from tillgate.events.model import RETENTION_MS, EventObject, event_type, is_creation, previous_attributes
from tillgate.events.wake import Wake
from tillgate.store import Transaction

DROP_BATCH_MAX: Final = 500


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
    initial_snapshot: bytes | None = None,
) -> None:
    """Write the event and one delivery for each endpoint that wants it; send nothing yet.

    Args:
        data: the object as JSON in the API's form, as it is after the change. Whoever emits an event holds
            its row, so that its events come one after the other.
        initial_snapshot: the same before the change, of an object whose making was told by another object's event: what
            its first event is compared with.
    """
    event_id = ids.new_id(ids.EVENT)
    before = None if is_creation(type) else await records.latest_data(tx, project_id, livemode, object_id)
    if before is None and initial_snapshot is not None:
        before = initial_snapshot.decode()
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
        previous_attributes=previous_attributes(before, data) if before is not None else None,
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


async def list_events_of_objects(tx: Transaction, principal: Principal, object_ids: Sequence[str]) -> list[EventObject]:
    """What happened to these objects of the caller's project and mode, oldest first."""
    return await records.of_objects(tx, principal.project_id, principal.livemode, object_ids)


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
        type=event_type(type, field="type", code="invalid_query") if type is not None else None,
        created_after=created_after,
    )
    return cut(found, page.limit)


async def catch_up(
    tx: Transaction,
    principal: Principal,
    after: int,
    limit: int = LIMIT_DEFAULT,
    *,
    log: str | None = None,
    type: str | None = None,
    created_after: int | None = None,
) -> Page[EventObject]:
    """The events with a greater sequence than ``after``, oldest first.

    Args:
        log: the id of the log that ``after`` is a place in, where the caller knows it.

    A sequence number is taken and committed before the next one is, so no later look finds one in between.

    Raises:
        InvalidInput: there is no such event type.
        SequenceAhead: the log does not reach that far, or is another one.
    """
    await require_place(tx, principal.project_id, principal.livemode, after, log)
    found = await records.oldest(
        tx,
        principal.project_id,
        principal.livemode,
        after,
        limit,
        type=event_type(type, field="type", code="invalid_query") if type is not None else None,
        created_after=created_after,
    )
    return cut(found, limit)


async def drop_old(tx: Transaction, now: int) -> int:
    """Drop a batch of what is older than 90 days: events with their deliveries, and test sends; and the secrets
    whose overlap is over. Says how many.

    The sequence goes on from where it is.
    """
    cutoff = now - RETENTION_MS
    return (
        await records.drop_older(tx, cutoff, DROP_BATCH_MAX)
        + await deliveries.drop_tests_older(tx, cutoff, DROP_BATCH_MAX)
        + await endpoints.forget_previous_secrets(tx, now)
    )
