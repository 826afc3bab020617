"""Deliveries, their attempts, and what an attempt leads to."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

import msgspec

from tillgate.base.clock import DAY_MS, SECOND_MS

# How long a receiver may put a retry off.
RETRY_AFTER_MAX_MS: Final = DAY_MS
# Of its text; the longest form of an HTTP date has 33 characters.
_RETRY_AFTER_LENGTH_MAX: Final = 100

# How many deliveries to one endpoint are under way at once; one that only fails gets a single probe at a time.
# Of one process.
IN_FLIGHT_MAX: Final = 256
ENDPOINT_IN_FLIGHT_MAX: Final = 10
FAILING_IN_FLIGHT_MAX: Final = 1
# Free places are always shared as if by this number of endpoints.
ENDPOINTS_SERVED: Final = 16

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
        retry_after_ms: how long the receiver asked to be left alone.
    """

    number: int
    attempted_at: int
    duration_ms: int
    response_status: int | None = None
    response_excerpt: str | None = None
    error: str | None = None
    retry_after_ms: int | None = None

    @property
    def gone(self) -> bool:
        """410: the receiver wants no more."""
        return self.response_status == 410

    @property
    def succeeded(self) -> bool:
        """Any 2xx counts."""
        return self.response_status is not None and 200 <= self.response_status < 300


def next_step(attempt: Attempt, attempts_max: int, now: int, gaps_ms: tuple[int, ...]) -> tuple[DeliveryStatus, int]:
    """What an attempt leads to: the new status, and when to try again if it is still pending.

    Args:
        attempts_max: the delivery's own number.
        gaps_ms: its style's waits; one that has become shorter meanwhile ends it sooner.
    """
    if attempt.succeeded:
        return DeliveryStatus.DELIVERED, now
    if attempt.number >= min(attempts_max, len(gaps_ms) + 1):
        return DeliveryStatus.ABANDONED, now
    asked_ms = min(attempt.retry_after_ms or 0, RETRY_AFTER_MAX_MS)
    return DeliveryStatus.PENDING, now + max(gaps_ms[attempt.number - 1], asked_ms)


def retry_after(status: int, header: str | None, now: int) -> int | None:
    """The milliseconds for which a 429 or 503 asks to be left alone (RFC 9110, 10.2.3), at most a day.

    None where it does not ask, or in no form that is one: seconds, or an HTTP date.
    """
    if status not in (429, 503) or header is None:
        return None
    if len(header) > _RETRY_AFTER_LENGTH_MAX:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        asked_ms = int(text[:12]) * SECOND_MS
    else:
        try:
            at = parsedate_to_datetime(text)
            asked_ms = int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1_000) - now
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return min(max(asked_ms, 0), RETRY_AFTER_MAX_MS)


def share(free: int) -> int:
    """How many places one endpoint may hold while a given number are free: the fewer there are, the less each one gets,
    so that however many receivers hang, the next endpoint still finds a place."""
    return max(min(ENDPOINT_IN_FLIGHT_MAX, free // ENDPOINTS_SERVED), 1)


def project_capacity(held: int, free: int, *, idle: bool) -> int:
    """How many more places a project may take for one endpoint, if it holds some already and others are free.

    It takes places as long as it holds less than half as many as are free, and for an endpoint that holds none one more
    as long as it holds fewer than are free. So however many projects' receivers hang, as many places are left as one of
    them holds: the next project finds one, and so does the next endpoint of the same project.
    """
    return max((free - 2 * held + 2) // 3, int(idle and held < free), 0)


def capacity(in_flight: int, *, failing: bool, places: int = ENDPOINT_IN_FLIGHT_MAX) -> int:
    """How many more deliveries an endpoint may get right now, if it may hold this number of places."""
    return max((FAILING_IN_FLIGHT_MAX if failing else places) - in_flight, 0)
