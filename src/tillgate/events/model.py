"""Events: what happened, immutable, numbered without a gap per project and mode."""

from typing import Final

import msgspec

from tillgate.base.errors import InvalidInput

SESSION_CREATED: Final = "session.created"
SESSION_DETECTED: Final = "session.detected"
SESSION_UNDERPAID: Final = "session.underpaid"
SESSION_OVERPAID: Final = "session.overpaid"
SESSION_PAID: Final = "session.paid"
SESSION_PAID_LATE: Final = "session.paid_late"
SESSION_EXPIRED: Final = "session.expired"
SESSION_FAILED: Final = "session.failed"

EVENT_TYPES: Final = (
    SESSION_CREATED,
    SESSION_DETECTED,
    SESSION_PAID,
    SESSION_PAID_LATE,
    SESSION_UNDERPAID,
    SESSION_OVERPAID,
    SESSION_EXPIRED,
    SESSION_FAILED,
)

# Crypto Checkout's own pages name the creation event both ways.
ALIASES: Final = {"session.pending": SESSION_CREATED}

EVERY_TYPE: Final = "*"


class EventObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An event as the API lists it and as webhooks carry it.

    Attributes:
        sequence: 1, 2, 3 … per project and mode, without a gap, in the order of commitment.
        data: the object as it was at that moment, in the API's form.
        created_at: RFC 3339, UTC, milliseconds.
    """

    id: str
    object: str = "event"
    type: str
    livemode: bool
    sequence: int
    data: msgspec.Raw
    created_at: str


def event_type(name: str, *, param: str) -> str:
    """The event type that a caller means, aliases resolved.

    Raises:
        InvalidInput: there is no such type; the message lists those there are.
    """
    known = ALIASES.get(name, name)
    if known not in EVENT_TYPES:
        raise InvalidInput(
            f"{param}: unknown event type {name[:60]!r}; choose from: {', '.join(EVENT_TYPES)}.", param=param
        )
    return known
