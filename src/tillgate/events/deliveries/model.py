"""Deliveries, their attempts and their schedule."""

from enum import StrEnum
from typing import Final

import msgspec

from tillgate.base.clock import HOUR_MS, MINUTE_MS

# Six attempts over 31 hours and 11 minutes: at once, then after 1 min, 10 min, 1 h, 6 h and 24 h more.
GAPS_MS: Final = (MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS)
ATTEMPTS_MAX: Final = len(GAPS_MS) + 1

EXCERPT_BYTES_MAX: Final = 2_048


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    ABANDONED = "abandoned"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one endpoint. Instants are Unix milliseconds.

    Attributes:
        event_id: None for a test send.
        next_attempt_at: meaningful while it is pending.
        response_status: of the latest attempt that was answered.
    """

    id: str
    endpoint_id: str
    event_id: str | None
    event_type: str
    status: DeliveryStatus
    attempts: int
    attempts_max: int
    next_attempt_at: int
    response_status: int | None
    created_at: int
    updated_at: int


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to hand an event over, and what came of it.

    Attributes:
        response_excerpt: the first 2 kB of the answer's body.
        error: why there was no answer, where there was none.
    """

    number: int
    attempted_at: int
    duration_ms: int
    response_status: int | None = None
    response_excerpt: str | None = None
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        """Any 2xx counts."""
        return self.response_status is not None and 200 <= self.response_status < 300


def next_step(attempt: Attempt, attempts_max: int, now: int) -> tuple[DeliveryStatus, int]:
    """What an attempt leads to: the new status, and when to try again if it is still pending."""
    if attempt.succeeded:
        return DeliveryStatus.DELIVERED, now
    if attempt.number >= attempts_max:
        return DeliveryStatus.ABANDONED, now
    return DeliveryStatus.PENDING, now + GAPS_MS[attempt.number - 1]
