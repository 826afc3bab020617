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
from tillgate.events.facts import Fact
from tillgate.events.log import require_place
from tillgate.events.model import RETENTION_MS, EventObject, previous_attributes
from tillgate.events.outbox import Outbox
from tillgate.events.types import types_meant
from tillgate.store import Transaction

DROP_BATCH_MAX: Final = 500


async def emit(tx: Transaction, outbox: Outbox, fact: Fact) -> None:
    """Tell a fact: write its event, a form of it for each dialect in which the project has an endpoint, and one
    delivery for each endpoint that wants it. Nothing is sent yet.

    Whoever tells a fact of an object holds its row, so that its events come one after the other.
    """
    of_log = fact.project_id, fact.livemode
    compared = not (fact.type.creates or fact.type.forgets)
    before = await records.latest_data(tx, *of_log, fact.object_id) if compared else None
    if before is None and fact.before is not None:
        before = fact.before.decode()
    subscribers = await deliveries.subscribers(tx, *of_log)
    forms = await outbox.styles.forms(tx, fact, {one.dialect for one in subscribers})
    # The row of the log's last number is locked until the commit, so it is taken as late as can be.
    await records.insert(
        tx,
        event_id=fact.id,
        project_id=fact.project_id,
        livemode=fact.livemode,
        type=fact.type.name,
        object_id=fact.object_id,
        data=fact.native.decode(),
        previous_attributes=previous_attributes(before, fact.native) if before is not None else None,
        created_at=fact.at,
    )
    for dialect, form in forms.items():
        if form is not None:
            await records.insert_form(tx, fact.id, dialect, form.decode())
    wanting = [one for one in subscribers if one.wants(fact.type.name) and one.dialect in forms]
    for one in wanting:
        await deliveries.insert(
            tx,
            endpoint_id=one.endpoint_id,
            event_id=fact.id,
            event_type=fact.type.name,
            attempts_max=outbox.styles.of(one.dialect).attempts_max,
            now=fact.at,
        )
    if wanting:
        tx.after_commit(outbox.wake.now)
    follow_up = outbox.follow_ups.get(fact.type.name)
    if follow_up is not None:
        await follow_up(tx, outbox, fact)


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
    object_ids: Sequence[str] | None = None,
    created_after: int | None = None,
    created_before: int | None = None,
) -> Page[EventObject]:
    """Events, newest first; of one type or pattern, about these objects, and of a period, where those are given.

    Raises:
        InvalidInput: there is no such event type, or the cursor is not an event's id.
    """
    checked_cursor(page, ids.EVENT)
    found = await records.newest(
        tx,
        principal.project_id,
        principal.livemode,
        page,
        types=types_meant(type, field="type", code="invalid_query") if type is not None else (),
        object_ids=object_ids,
        created_after=created_after,
        created_before=created_before,
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
    object_ids: Sequence[str] | None = None,
    created_after: int | None = None,
    created_before: int | None = None,
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
        types=types_meant(type, field="type", code="invalid_query") if type is not None else (),
        object_ids=object_ids,
        created_after=created_after,
        created_before=created_before,
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
