"""Checkout sessions: states, the legal moves between them, and what the money and the clock lead to."""

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from tillgate.base.clock import DAY_MS, MINUTE_MS
from tillgate.base.errors import InvalidInput
from tillgate.base.money import Money
from tillgate.checkout.payments.model import Payment, PaymentStatus, standing

LIFETIME_MIN_MS: Final = 5 * MINUTE_MS
LIFETIME_MAX_MS: Final = 7 * DAY_MS

METADATA_KEYS_MAX: Final = 50
METADATA_KEY_LENGTH_MAX: Final = 40
METADATA_VALUE_LENGTH_MAX: Final = 500


class SessionStatus(StrEnum):
    """The eight states of Crypto Checkout's session lifecycle."""

    PENDING = "pending"
    DETECTED = "detected"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    PAID = "paid"
    PAID_LATE = "paid_late"
    EXPIRED = "expired"
    FAILED = "failed"


_S = SessionStatus

# Every legal move. Underpaid and overpaid wait for the merchant; a late payment inside the grace
# window is the one way out of expired.
EDGES: Final[dict[SessionStatus, frozenset[SessionStatus]]] = {
    _S.PENDING: frozenset(_S) - {_S.PENDING},
    _S.DETECTED: frozenset({_S.UNDERPAID, _S.OVERPAID, _S.PAID, _S.PAID_LATE, _S.FAILED}),
    _S.UNDERPAID: frozenset({_S.PAID, _S.PAID_LATE, _S.FAILED}),
    _S.OVERPAID: frozenset({_S.PAID, _S.PAID_LATE, _S.FAILED}),
    _S.EXPIRED: frozenset({_S.PAID_LATE}),
    _S.PAID: frozenset(),
    _S.PAID_LATE: frozenset(),
    _S.FAILED: frozenset(),
}


class CheckoutSession(msgspec.Struct, frozen=True, kw_only=True):
    """One visit. Instants are Unix milliseconds.

    Attributes:
        title, description: the link's at the time of the visit; None for a session made without a link.
        metadata: the merchant's JSON object as text, kept as it came.
    """

    id: str
    project_id: str
    livemode: bool
    link_id: str | None
    title: str | None
    description: str | None
    status: SessionStatus
    price: Money
    metadata: str | None
    success_url: str | None
    cancel_url: str | None
    return_url: str | None
    expires_at: int
    paid_at: int | None
    created_at: int
    updated_at: int
    payment: Payment

    @property
    def exceptions(self) -> list[str]:
        """What is unusual about the money, in words that combine: ``underpaid``, ``overpaid``, ``late``."""
        now_standing = standing(self.payment)
        found = []
        if now_standing.status in (PaymentStatus.UNDERPAID, PaymentStatus.OVERPAID):
            found.append(now_standing.status.value)
        if now_standing.settled_at is not None and now_standing.settled_at >= self.expires_at:
            found.append("late")
        return found


class Conclusion(NamedTuple):
    """Where a session belongs by its money and the clock.

    Attributes:
        paid_at: set exactly for ``paid`` and ``paid_late``.
    """

    status: SessionStatus
    paid_at: int | None


def conclude(session: CheckoutSession, payment: Payment, *, late_grace_ms: int) -> Conclusion:
    """The state that the transfers of ``payment`` lead the session to.

    Money that completes after the expiry makes it ``paid_late`` inside the grace window; an expired
    session stays expired for anything else that still trickles in.
    """
    money = standing(payment)
    late = money.settled_at is not None and money.settled_at >= session.expires_at
    if money.status is PaymentStatus.PAID and money.settled_at is not None:
        if not late:
            return Conclusion(_S.PAID, money.settled_at)
        if money.settled_at < session.expires_at + late_grace_ms:
            return Conclusion(_S.PAID_LATE, money.settled_at)
        return Conclusion(_S.EXPIRED, None)
    if session.status is _S.EXPIRED or money.status is PaymentStatus.AWAITING:
        return Conclusion(session.status, None)
    return Conclusion(_S(money.status.value), None)


def checked_metadata(metadata: dict[str, object] | None) -> str | None:
    """The metadata as JSON text.

    Raises:
        InvalidInput: there are more than 50 keys, a key is longer than 40 characters, or a value's JSON
            is longer than 500.
    """
    if metadata is None:
        return None
    if len(metadata) > METADATA_KEYS_MAX:
        raise InvalidInput(
            f"metadata: at most {METADATA_KEYS_MAX} keys are allowed, got {len(metadata)}.", param="metadata"
        )
    for key, value in metadata.items():
        if not 1 <= len(key) <= METADATA_KEY_LENGTH_MAX:
            raise InvalidInput(
                f"metadata: a key has 1 to {METADATA_KEY_LENGTH_MAX} characters, got {len(key)}.",
                param="metadata",
            )
        length = len(value) if isinstance(value, str) else len(msgspec.json.encode(value))
        if length > METADATA_VALUE_LENGTH_MAX:
            raise InvalidInput(
                f"metadata.{key}: a value has at most {METADATA_VALUE_LENGTH_MAX} characters, got {length}.",
                param=f"metadata.{key}",
            )
    return msgspec.json.encode(metadata).decode()


def checked_lifetime(seconds: int) -> int:
    """A session's lifetime in milliseconds.

    Raises:
        InvalidInput: it is not between five minutes and seven days.
    """
    milliseconds = seconds * 1_000
    if not LIFETIME_MIN_MS <= milliseconds <= LIFETIME_MAX_MS:
        raise InvalidInput(
            f"expiresInSeconds: expected {LIFETIME_MIN_MS // 1_000} (5 minutes) to {LIFETIME_MAX_MS // 1_000} "
            f"(7 days), got {seconds}.",
            param="expiresInSeconds",
        )
    return milliseconds
