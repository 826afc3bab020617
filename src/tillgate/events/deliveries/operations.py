"""Reading the delivery log, and sending again."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from tillgate.base import ids
from tillgate.base.clock import DAY_MS, Clock
from tillgate.base.errors import Conflict, InvalidInput, NotFound
from tillgate.base.invariants import present
from tillgate.base.pages import ANY_TIME, LIMIT_MAX, Page, PageRequest, Period, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.events import records as events
from tillgate.events.deliveries import records
from tillgate.events.deliveries.model import Attempt, Delivery, DeliveryStatus
from tillgate.events.endpoints import records as endpoints
from tillgate.events.endpoints.model import WebhookEndpoint
from tillgate.events.log import require_place
from tillgate.events.model import SEQUENCE_MAX
from tillgate.events.outbox import Outbox
from tillgate.events.types import subscribes
from tillgate.store import Transaction

# How many events one replay of a range looks at; the next one goes on from there.
REPLAY_MAX: Final = 500


class DeliveryWithAttempts(NamedTuple):
    """A delivery and every attempt at it, oldest first."""

    delivery: Delivery
    attempts: list[Attempt]


class FailedDelivery(NamedTuple):
    """A delivery that was given up, and where it was to go.

    Attributes:
        again: the outcome of the last time that its event was sent there later; None where it was not.
    """

    one: DeliveryWithAttempts
    endpoint: WebhookEndpoint
    again: DeliveryStatus | None

    @property
    def id(self) -> str:
        return self.one.delivery.id

    @property
    def can_be_sent(self) -> bool:
        """Whether sending it again helps: it has an event, which has not arrived since and is not on its way."""
        return self.one.delivery.event_id is not None and self.again in (None, DeliveryStatus.ABANDONED)


async def list_deliveries(
    tx: Transaction,
    principal: Principal,
    endpoint_id: str,
    page: PageRequest,
    *,
    abandoned: bool = False,
    period: Period = ANY_TIME,
) -> Page[DeliveryWithAttempts]:
    """An endpoint's deliveries, newest first, each with its attempts; those that were given up alone, where that is
    asked.

    Raises:
        NotFound: the endpoint is not in the caller's project and mode.
    """
    checked_cursor(page, ids.DELIVERY)
    if await endpoints.by_id(tx, principal.project_id, principal.livemode, endpoint_id) is None:
        raise NotFound("webhook endpoint", endpoint_id)
    found = cut(await records.of_endpoint(tx, endpoint_id, page, abandoned=abandoned, period=period), page.limit)
    return Page(await _with_attempts(tx, found.data), found.has_more)


async def outcomes_of(
    tx: Transaction, principal: Principal, endpoint_id: str, now: int, days: int
) -> list[tuple[int, records.Outcomes]]:
    """The outcome of an endpoint's attempts on each of the last days, today included; the oldest first.

    Raises:
        NotFound: the endpoint is not in the caller's project and mode.
    """
    if await endpoints.by_id(tx, principal.project_id, principal.livemode, endpoint_id) is None:
        raise NotFound("webhook endpoint", endpoint_id)
    first = now // DAY_MS - days + 1
    found = await records.outcomes(tx, endpoint_id, first, days)
    return [(day, found.get(day, records.Outcomes())) for day in range(first, first + days)]


async def list_failed(tx: Transaction, principal: Principal, page: PageRequest) -> Page[FailedDelivery]:
    """The deliveries that were given up, of all endpoints of this project and mode, newest first."""
    checked_cursor(page, ids.DELIVERY)
    found: list[Delivery] = []
    by_id = await _endpoints_of(tx, principal)
    # An index holds each endpoint's in their order; so no more is read than a page of each of the few that there are.
    for endpoint_id in by_id:
        found += await records.of_endpoint(tx, endpoint_id, page, abandoned=True)
    newest = cut(sorted(found, key=lambda one: one.id, reverse=True), page.limit)
    return Page(await _failed(tx, principal, newest.data, by_id), newest.has_more)


async def failed_by_id(tx: Transaction, principal: Principal, delivery_ids: Sequence[str]) -> list[FailedDelivery]:
    """Those deliveries of this project and mode that were given up, in this order."""
    found = [await records.by_id(tx, principal.project_id, principal.livemode, one) for one in delivery_ids]
    failed = [one for one in found if one is not None and one.status is DeliveryStatus.ABANDONED]
    return await _failed(tx, principal, failed, await _endpoints_of(tx, principal))


async def _endpoints_of(tx: Transaction, principal: Principal) -> dict[str, WebhookEndpoint]:
    # A project has fewer than a page holds.
    whole = PageRequest(LIMIT_MAX)
    found = await endpoints.newest(tx, principal.project_id, principal.livemode, whole, None, ANY_TIME)
    return {one.id: one for one in found}


async def _failed(
    tx: Transaction, principal: Principal, deliveries: list[Delivery], by_id: Mapping[str, WebhookEndpoint]
) -> list[FailedDelivery]:
    events_of = list({one.event_id for one in deliveries if one.event_id is not None})
    others = await records.of_events(tx, principal.project_id, principal.livemode, events_of)
    # What was sent again later says the outcome of it.
    since: dict[tuple[str, str | None], Delivery] = {(one.endpoint_id, one.event_id): one for one in others}
    rows = []
    for one in await _with_attempts(tx, deliveries):
        delivery = one.delivery
        last = since.get((delivery.endpoint_id, delivery.event_id))
        again = last.status if last is not None and last.id > delivery.id else None
        rows.append(FailedDelivery(one, by_id[delivery.endpoint_id], again))
    return rows


async def list_deliveries_of_events(
    tx: Transaction, principal: Principal, event_ids: list[str]
) -> dict[str, list[DeliveryWithAttempts]]:
    """The outcome of several events, by event id, oldest first, each delivery with its attempts.

    An event that is not in the caller's project and mode, or was sent nowhere, has no entry.
    """
    found: dict[str, list[DeliveryWithAttempts]] = {}
    deliveries = await records.of_events(tx, principal.project_id, principal.livemode, event_ids)
    for one in await _with_attempts(tx, deliveries):
        found.setdefault(present(one.delivery.event_id, "the event of its delivery"), []).append(one)
    return found


async def get_delivery(tx: Transaction, principal: Principal, delivery_id: str) -> DeliveryWithAttempts:
    """One delivery with its attempts.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    delivery = await records.by_id(tx, principal.project_id, principal.livemode, delivery_id)
    if delivery is None:
        raise NotFound("delivery", delivery_id)
    return (await _with_attempts(tx, [delivery]))[0]


async def replay(tx: Transaction, outbox: Outbox, clock: Clock, principal: Principal, delivery_id: str) -> Delivery:
    """Send an event to an endpoint again, as a delivery of its own with all its attempts.

    The event id is the same, so a receiver that keeps ids does nothing twice.

    Raises:
        NotFound: the delivery is not in the caller's project and mode.
        Conflict: it was a test send, which has no event to send again.
    """
    delivery = (await get_delivery(tx, principal, delivery_id)).delivery
    if delivery.event_id is None:
        raise Conflict(
            "This is a test delivery, which has no event. Send another test instead.",
            code="delivery_not_replayable",
        )
    new_id = await records.insert(
        tx,
        endpoint_id=delivery.endpoint_id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        attempts_max=delivery.attempts_max,
        now=clock.now(),
    )
    tx.after_commit(outbox.wake.now)
    return (await get_delivery(tx, principal, new_id)).delivery


async def replay_event(
    tx: Transaction, outbox: Outbox, clock: Clock, principal: Principal, event_id: str, endpoint_id: str | None = None
) -> list[Delivery]:
    """Send an event again: to the named endpoint, or to each active one that subscribed to its type.

    Raises:
        NotFound: the event is not in the caller's project and mode.
        InvalidInput: the endpoint is not.
        Conflict: the event has no form in the dialect of the named endpoint.
    """
    event = await events.held(tx, principal.project_id, principal.livemode, event_id)
    if event is None:
        raise NotFound("event", event_id)
    kept = await events.dialects_of(tx, event.id)
    if endpoint_id is None:
        found = await records.subscribers(tx, principal.project_id, principal.livemode)
        targets = [(one.endpoint_id, one.dialect) for one in found if one.wants(event.type)]
    else:
        likely = ids.is_id(ids.WEBHOOK_ENDPOINT, endpoint_id)
        named = await endpoints.locked(tx, principal.project_id, principal.livemode, endpoint_id) if likely else None
        if named is None:
            raise InvalidInput("endpoint_id", Problem.NO_SUCH, noun="webhook endpoint")
        if not outbox.styles.can_send(named.dialect, kept):
            raise Conflict(
                "This event was not kept in the dialect of this endpoint: it is not one that the dialect has, or it "
                "happened before the project had such an endpoint.",
                code="delivery_not_replayable",
            )
        targets = [(endpoint_id, named.dialect)]
    now = clock.now()
    made = [
        await records.insert(
            tx,
            endpoint_id=target,
            event_id=event.id,
            event_type=event.type,
            attempts_max=outbox.styles.of(dialect).attempts_max,
            now=now,
        )
        for target, dialect in targets
        if outbox.styles.can_send(dialect, kept)
    ]
    tx.after_commit(outbox.wake.now)
    return [(await get_delivery(tx, principal, delivery_id)).delivery for delivery_id in made]


class Replayed(NamedTuple):
    """What a replay of a range came to.

    Attributes:
        deliveries: how many were made.
        next_after: where to go on; None where the range's end was reached.
    """

    deliveries: int
    next_after: int | None


async def replay_range(
    tx: Transaction,
    outbox: Outbox,
    clock: Clock,
    principal: Principal,
    endpoint_id: str,
    *,
    after: int,
    before: int = SEQUENCE_MAX,
    failed_only: bool = False,
) -> Replayed:
    """Send an endpoint the events between two sequences again, both ends excluded, oldest first.

    What it has not subscribed to is left out, and so is what is still on its way to it, and what was not kept in its
    dialect.

    Args:
        failed_only: leave out what has arrived, and what is older than the endpoint. What it missed while it was
            switched off is among the failed.

    Raises:
        NotFound: the endpoint is not in the caller's project and mode.
        SequenceAhead: the event log does not reach as far as ``after``.
    """
    endpoint = await endpoints.locked(tx, principal.project_id, principal.livemode, endpoint_id)
    if endpoint is None:
        raise NotFound("webhook endpoint", endpoint_id)
    await require_place(tx, principal.project_id, principal.livemode, after)
    found = await records.events_in_range(tx, principal.project_id, endpoint, after, before, REPLAY_MAX + 1)
    looked_at, now = found[:REPLAY_MAX], clock.now()
    style = outbox.styles.find(endpoint.dialect)
    again = [
        one
        for one in looked_at
        if not one.pending
        and subscribes(endpoint.events, one.type)
        and not (failed_only and (one.delivered or one.created_at < endpoint.created_at))
        and outbox.styles.can_send(endpoint.dialect, (endpoint.dialect,) if one.own_form else ())
    ]
    if style is not None and again:
        for one in again:
            await records.insert(
                tx,
                endpoint_id=endpoint_id,
                event_id=one.event_id,
                event_type=one.type,
                attempts_max=style.attempts_max,
                now=now,
            )
        tx.after_commit(outbox.wake.now)
    return Replayed(len(again), looked_at[-1].sequence if len(found) > REPLAY_MAX else None)


async def _with_attempts(tx: Transaction, deliveries: list[Delivery]) -> list[DeliveryWithAttempts]:
    attempts = await records.attempts_of(tx, [delivery.id for delivery in deliveries])
    return [DeliveryWithAttempts(delivery, attempts.get(delivery.id, [])) for delivery in deliveries]
