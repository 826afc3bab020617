"""A transaction's status out of the native books: pure tables, and the rank that no later event goes below.

The native states come first; what has gone back, or was lost to a reorganisation, then says more than they do.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from tillgate.base.money import Money
from tillgate.checkout.orders.model import OrderStatus
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus, is_underpaid, order_status


class Status(StrEnum):
    """What Coin Moebius says of a transaction."""

    PENDING = "pending"
    PARTIAL = "partial"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    PENDING_MANUAL = "pending_manual"
    MANUAL_CANCELED = "manual_canceled"
    MANUAL_EXPIRED = "manual_expired"
    MANUAL_REVOKED = "manual_revoked"


class Transaction(NamedTuple):
    """A checkout session as one row of Coin Moebius.

    Attributes:
        amount: what was asked for, what came, or what went back, as the status says.
        reason: of a dispute, why the money is gone.
    """

    status: Status
    amount: Money
    reason: str | None = None


RANKS: Final = {
    Status.PENDING: 0,
    Status.PARTIAL: 1,
    Status.SUCCEEDED: 2,
    Status.FAILED: 2,
    Status.REFUNDED: 3,
    Status.DISPUTED: 3,
    Status.PENDING_MANUAL: 0,
    Status.MANUAL_CANCELED: 2,
    Status.MANUAL_EXPIRED: 2,
    Status.MANUAL_REVOKED: 3,
}
REORGANISED: Final = "The chain was reorganised, and the payment is no longer part of it."

_S = SessionStatus
# What a session's own state says, while none of its money was refunded or dropped.
OF_SESSION: Final[dict[SessionStatus, Status]] = {
    _S.PENDING: Status.PENDING,
    _S.DETECTED: Status.PENDING,
    _S.UNDERPAID: Status.PARTIAL,
    _S.OVERPAID: Status.SUCCEEDED,
    _S.PAID: Status.SUCCEEDED,
    _S.PAID_LATE: Status.SUCCEEDED,
    _S.EXPIRED: Status.FAILED,
    _S.FAILED: Status.FAILED,
}
# The same of a payment by mail.
OF_MAIL: Final[dict[SessionStatus, Status]] = OF_SESSION | {
    _S.PENDING: Status.PENDING_MANUAL,
    _S.EXPIRED: Status.MANUAL_EXPIRED,
    _S.FAILED: Status.MANUAL_CANCELED,
}
# Whose amount is what has come; the others tell what was asked for.
_RECEIVED: Final = frozenset({Status.PARTIAL, Status.SUCCEEDED})


def is_regression(before: Status, after: Status) -> bool:
    """Whether an event with the status ``after`` is late, and must not overwrite ``before``."""
    return RANKS[after] < RANKS[before]


def transaction_of(session: CheckoutSession) -> Transaction:
    """How a checkout session stands."""
    payment = session.payment
    if payment.refunded_minor:
        return Transaction(Status.REFUNDED, Money(payment.refunded_minor, session.price.currency))
    if payment.is_revoked:
        return Transaction(Status.MANUAL_REVOKED, session.price)
    status = (OF_MAIL if payment.by_mail else OF_SESSION)[session.status]
    if status is Status.SUCCEEDED and is_underpaid(payment):
        return Transaction(Status.DISPUTED, session.price, REORGANISED)
    if status is Status.FAILED and order_status(session) is OrderStatus.PAID:
        status = Status.SUCCEEDED  # the merchant has taken what came after its end
    return Transaction(status, payment.received_value if status in _RECEIVED else session.price)
