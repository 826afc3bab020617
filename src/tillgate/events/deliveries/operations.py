"""Reading the delivery log, and sending again."""

from typing import NamedTuple

from tillgate.base import ids
from tillgate.base.clock import Clock
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.events.deliveries import records
from tillgate.events.deliveries.model import Attempt, Delivery
from tillgate.events.endpoints import records as endpoints
from tillgate.events.operations import get_event
from tillgate.events.wake import Wake
from tillgate.store import Transaction


class DeliveryWithAttempts(NamedTuple):
    """A delivery and every attempt at it, oldest first."""

    delivery: Delivery
    attempts: list[Attempt]


async def list_deliveries(
    tx: Transaction, principal: Principal, endpoint_id: str, page: PageRequest
) -> Page[DeliveryWithAttempts]:
    """An endpoint's deliveries, newest first, each with its attempts.

    Raises:
        NotFound: the endpoint is not in the caller's project and mode.
    """
    checked_cursor(page, ids.DELIVERY)
    if await endpoints.by_id(tx, principal.project_id, principal.livemode, endpoint_id) is None:
        raise NotFound("webhook endpoint", endpoint_id)
    found = cut(await records.of_endpoint(tx, endpoint_id, page), page.limit)
    return Page([await _with_attempts(tx, delivery) for delivery in found.data], found.has_more)


async def list_deliveries_of_event(tx: Transaction, principal: Principal, event_id: str) -> list[DeliveryWithAttempts]:
    """An event's deliveries to all endpoints, oldest first, each with its attempts.

    Raises:
        NotFound: the event is not in the caller's project and mode.
    """
    await get_event(tx, principal, event_id)
    return [await _with_attempts(tx, delivery) for delivery in await records.of_event(tx, event_id)]


async def get_delivery(tx: Transaction, principal: Principal, delivery_id: str) -> DeliveryWithAttempts:
    """One delivery with its attempts.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    delivery = await records.by_id(tx, principal.project_id, principal.livemode, delivery_id)
    if delivery is None:
        raise NotFound("delivery", delivery_id)
    return await _with_attempts(tx, delivery)


async def replay(tx: Transaction, wake: Wake, clock: Clock, principal: Principal, delivery_id: str) -> Delivery:
    """Send an event to an endpoint once more, as a delivery of its own with all its attempts.

    The event id is the same, so a receiver that keeps ids does nothing twice.

    Raises:
        NotFound: the delivery is not in the caller's project and mode.
        Conflict: it was a test send, which has no event to send again.
    """
    delivery = (await get_delivery(tx, principal, delivery_id)).delivery
    if delivery.event_id is None:
        raise Conflict(
            "This was a test send, which has no event; use the endpoint's test instead.",
            code="delivery_not_replayable",
        )
    new_id = await records.insert(
        tx,
        endpoint_id=delivery.endpoint_id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        now=clock.now(),
    )
    tx.after_commit(wake.now)
    return (await get_delivery(tx, principal, new_id)).delivery


async def _with_attempts(tx: Transaction, delivery: Delivery) -> DeliveryWithAttempts:
    return DeliveryWithAttempts(delivery, await records.attempts_of(tx, delivery.id))
