"""Deliveries, wherever a page shows them."""

from collections.abc import Iterable
from typing import Final

from tillgate.base.clock import SECOND_MS
from tillgate.events.deliveries.model import DeliveryStatus
from tillgate.events.deliveries.operations import DeliveryWithAttempts

LOOK_AHEAD_MS: Final = 15 * SECOND_MS


def due_soon(deliveries: Iterable[DeliveryWithAttempts], now: int) -> bool:
    """Whether an attempt is due or will be in a moment, so that a page that shows them is worth another look."""
    return any(
        one.delivery.status is DeliveryStatus.PENDING and one.delivery.next_attempt_at <= now + LOOK_AHEAD_MS
        for one in deliveries
    )


def standing(deliveries: Iterable[DeliveryWithAttempts]) -> list[tuple[str, int]]:
    """Where each of them stands: equal for two looks between which nothing happened."""
    return [(one.delivery.id, one.delivery.updated_at) for one in deliveries]
