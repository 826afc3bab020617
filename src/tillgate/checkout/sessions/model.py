"""Checkout sessions: states, the legal moves between them, and what the money and the clock lead to."""

from enum import StrEnum
from typing import Final, NamedTuple, assert_never

import msgspec

from tillgate.base.clock import DAY_MS, MINUTE_MS
from tillgate.base.errors import InvalidInput, NotFound
from tillgate.base.invariants import present
from tillgate.base.money import Money
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.checkout.orders.model import OrderStatus, PaymentRequired
from tillgate.checkout.payments.model import (
    Decision,
    Payment,
    PaymentState,
    PaymentStatus,
    Standing,
    Unusual,
    exceptions_of,
    standing,
)
from tillgate.events import types
from tillgate.events.types import EventType

LIFETIME_MIN_MS: Final = 5 * MINUTE_MS
LIFETIME_MAX_MS: Final = 7 * DAY_MS


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

# Every legal move. Only the merchant moves a session on from underpaid and overpaid, if only by saying that they wait
# for the rest. A payment is the one way out of expired: one whose block is punctual; a late one inside the grace window
# automatically, after it if the merchant accepts it. What was detected and then dropped is not known to be
# failed: the session waits as before, until its time is up.
EDGES: Final[dict[SessionStatus, frozenset[SessionStatus]]] = {
    _S.PENDING: frozenset(_S) - {_S.PENDING},
    _S.DETECTED: frozenset({_S.PENDING, _S.UNDERPAID, _S.OVERPAID, _S.PAID, _S.PAID_LATE, _S.EXPIRED, _S.FAILED}),
    _S.UNDERPAID: frozenset({_S.OVERPAID, _S.PAID, _S.PAID_LATE, _S.FAILED}),
    _S.OVERPAID: frozenset({_S.PAID, _S.PAID_LATE, _S.FAILED}),
    _S.EXPIRED: frozenset({_S.PAID, _S.PAID_LATE}),
    _S.PAID: frozenset(),
    _S.PAID_LATE: frozenset(),
    _S.FAILED: frozenset(),
}


# The event of a move. That a session waits again is an update: what changed says that money is gone.
EVENT_OF: Final[dict[SessionStatus, EventType]] = {
    _S.PENDING: types.SESSION_UPDATED,
    _S.DETECTED: types.SESSION_DETECTED,
    _S.UNDERPAID: types.SESSION_UNDERPAID,
    _S.OVERPAID: types.SESSION_OVERPAID,
    _S.PAID: types.SESSION_PAID,
    _S.PAID_LATE: types.SESSION_PAID_LATE,
    _S.EXPIRED: types.SESSION_EXPIRED,
    _S.FAILED: types.SESSION_FAILED,
}

IN_REVIEW: Final = frozenset({_S.UNDERPAID, _S.OVERPAID})


class CheckoutSession(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to collect a payment. Instants are Unix milliseconds.

    Attributes:
        title, description: the link's at the time of the visit; None for a session made without a link.
        metadata: the merchant's JSON object as text, kept as it came.
        test_clock_id: what can bring its deadlines nearer; in test mode only.
        canceled_at: when it was canceled, which is how it failed; None where it was not.
        allow_promotion_codes: whether its buyer may type a promotion code; never where it was opened with a discount.
        reference, customer_id, client_reference_id, customer_stated: its order's, which never change.
    """

    id: str
    project_id: str
    livemode: bool
    link_id: str | None
    order_id: str
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
    test_clock_id: str | None = None
    canceled_at: int | None = None
    allow_promotion_codes: bool = False
    reference: str | None = None
    customer_id: str | None = None
    locale: str | None = None
    client_reference_id: str | None = None
    customer_stated: bool = False

    @property
    def exceptions(self) -> list[Unusual]:
        """What is unusual about the money, in words that combine."""
        return exceptions_of(self.payment, self.expires_at)


def changed(before: CheckoutSession, after: CheckoutSession) -> bool:
    """Whether a session has changed in what its events report: its own fields, what it asks for, or what has come."""
    return _money(after) != _money(before) or msgspec.structs.replace(after, payment=before.payment) != before


def _money(session: CheckoutSession) -> tuple[object, ...]:
    payment = session.payment
    last = payment.transfers[-1].tx_hash if payment.transfers else None
    return payment.id, payment.terms, payment.received, payment.received_value, last, session.exceptions


class Conclusion(NamedTuple):
    """The state of a session by its money and the clock.

    Attributes:
        status: the session's own, or one that a legal move leads to.
        paid_at: set exactly for ``paid`` and ``paid_late``.
    """

    status: SessionStatus
    paid_at: int | None


def conclude(session: CheckoutSession, payment: Payment, *, looked_until: int, late_grace_ms: int) -> Conclusion:
    """The state that the transfers of ``payment`` lead the session to.

    Where all that was detected was dropped, it waits for money as before, or has expired if its rail has looked past
    its deadline. Money is in time or late by its block's time, whenever it was seen.
    Money that completes after the expiry makes it ``paid_late``; where nothing was seen in time, only
    inside the grace window. Where the money leads to no legal move, the session stays as it is: what comes
    after its end, or while it waits for the merchant, is written down all the same. So is what a person has to look at
    first: it is seen, and pays nothing.
    """
    # An authorization is concluded by what the merchant takes of it.
    reviewed = session.status in IN_REVIEW and payment.decision is not Decision.WAITING
    if reviewed or payment.authorization is not None:
        return Conclusion(session.status, session.paid_at)
    if payment.is_held and payment.transfers:
        seen = session.status is _S.PENDING
        return Conclusion(_S.DETECTED if seen else session.status, session.paid_at)
    # What was given back before the price was there pays for nothing.
    money = standing(payment, given_back=payment.given_back)
    wanted = _wanted(session, money, looked_until, late_grace_ms)
    return wanted if wanted.status in EDGES[session.status] else Conclusion(session.status, session.paid_at)


def _wanted(session: CheckoutSession, money: Standing, looked_until: int, late_grace_ms: int) -> Conclusion:
    if money.status is PaymentStatus.AWAITING:
        if session.status is not _S.DETECTED:
            return Conclusion(session.status, session.paid_at)
        return Conclusion(_S.PENDING if looked_until < session.expires_at else _S.EXPIRED, None)
    if money.status is not PaymentStatus.PAID:
        return Conclusion(_S(money.status.value), None)
    settled_at = present(money.settled_at, "when a paid payment was settled")
    if settled_at < session.expires_at:
        return Conclusion(_S.PAID, settled_at)
    unseen = session.status in (_S.PENDING, _S.EXPIRED)
    if unseen and settled_at >= session.expires_at + late_grace_ms:
        return Conclusion(_S.EXPIRED, None)
    return Conclusion(_S.PAID_LATE, settled_at)


def accepted(session: CheckoutSession) -> Conclusion | None:
    """Where the merchant's acceptance of what has come leads; None where there is nothing to accept.

    Money may be accepted that is too little, too much, or came after the grace window.
    """
    settled_at = standing(session.payment).settled_at
    payment = session.payment
    if settled_at is None or not payment.refundable_atomic:
        return None
    if session.status not in IN_REVIEW and session.status is not _S.EXPIRED and not held(session):
        return None
    late = settled_at >= session.expires_at
    return Conclusion(_S.PAID_LATE if late else _S.PAID, settled_at)


def held(session: CheckoutSession) -> bool:
    """Whether a session's money was seen, is final, and waits for a person to look at it."""
    payment = session.payment
    return session.status is _S.DETECTED and payment.is_held and standing(payment).settled_at is not None


def acceptable(session: CheckoutSession) -> bool:
    """Whether the merchant has something to accept: unusual money, what a reorganisation has left of a payment, or
    money for what had ended."""
    if session.status is _S.FAILED:
        return order_status(session) is OrderStatus.REVIEW
    return accepted(session) is not None or (session.paid_at is not None and _open_question(session.payment))


def waits_for_decision(session: CheckoutSession) -> bool:
    """Whether money is there that the merchant may give back in full, instead of taking it."""
    waiting = session.status in IN_REVIEW or session.status is _S.EXPIRED
    return waiting or order_status(session) is OrderStatus.REVIEW


def excess(session: CheckoutSession) -> int:
    """Atomic units that are there beyond the price and that the merchant has not accepted."""
    payment = session.payment
    paid = session.status in (_S.PAID, _S.PAID_LATE) and payment.decision is not Decision.ACCEPTED
    if session.status is not _S.OVERPAID and not paid:
        return 0
    return max(payment.refundable_atomic - payment.terms.amount_atomic, 0)


def order_status(session: CheckoutSession) -> OrderStatus:
    """Where a session's order stands: it follows its session, and says where money waits for the merchant."""
    if is_fully_refunded(session.payment) and session.status is not SessionStatus.DETECTED:
        return OrderStatus.REFUNDED
    if session.payment.is_revoked:
        return OrderStatus.CANCELED
    match session.status:
        case SessionStatus.PENDING:
            return OrderStatus.OPEN
        case SessionStatus.DETECTED:
            return OrderStatus.REVIEW if held(session) else OrderStatus.PROCESSING
        case SessionStatus.UNDERPAID | SessionStatus.OVERPAID:
            return OrderStatus.REVIEW
        case SessionStatus.PAID | SessionStatus.PAID_LATE:
            return OrderStatus.REVIEW if _open_question(session.payment) else OrderStatus.PAID
        case SessionStatus.EXPIRED:
            return OrderStatus.REVIEW if session.payment.received else OrderStatus.EXPIRED
        case SessionStatus.FAILED if _taken(session.payment):
            return OrderStatus.PAID
        case SessionStatus.FAILED:
            return OrderStatus.REVIEW if session.payment.refundable_atomic else OrderStatus.CANCELED
        case never:
            assert_never(never)


def payment_required(session: CheckoutSession) -> PaymentRequired:
    """Whether a session was paid, as Stripe's ``payment_status`` says: what is given back later does not change it."""
    if session.status not in (SessionStatus.PAID, SessionStatus.PAID_LATE) or session.payment.is_revoked:
        return PaymentRequired.UNPAID
    return PaymentRequired.PAID if session.price.minor else PaymentRequired.NOT_REQUIRED


def payment_state(session: CheckoutSession) -> PaymentState:
    """The state of a session's payment."""
    payment = session.payment
    if payment.is_revoked:
        return PaymentState.CANCELED
    match session.status:
        case SessionStatus.PENDING:
            return PaymentState.AWAITING
        case SessionStatus.DETECTED:
            if payment.authorization is not None:
                return PaymentState.REQUIRES_CAPTURE
            return PaymentState.REVIEW if held(session) else PaymentState.DETECTED
        case SessionStatus.UNDERPAID | SessionStatus.OVERPAID:
            return PaymentState.REVIEW
        case SessionStatus.PAID | SessionStatus.PAID_LATE:
            return PaymentState.REVIEW if _open_question(payment) else PaymentState.SUCCEEDED
        case SessionStatus.EXPIRED:
            left = payment.received and not is_fully_refunded(payment)
            return PaymentState.REVIEW if left else PaymentState.EXPIRED
        case SessionStatus.FAILED if _taken(payment):
            return PaymentState.SUCCEEDED
        case SessionStatus.FAILED if payment.refundable_atomic:
            return PaymentState.REVIEW
        case SessionStatus.FAILED:
            canceled = payment.authorization is not None or session.canceled_at is not None
            return PaymentState.CANCELED if canceled else PaymentState.FAILED
        case never:
            assert_never(never)


def is_fully_refunded(payment: Payment) -> bool:
    """Whether everything that came for a payment has gone back."""
    sent = sum(one.amount_atomic for one in payment.returned if one.confirmed_at is not None)
    return 0 < payment.received <= sent


def is_underpaid(payment: Payment) -> bool:
    """Whether a reorganisation dropped what a payment was settled with, and the merchant has not accepted the rest."""
    short = payment.received < payment.least_atomic
    return bool(payment.dropped) and short and payment.decision is not Decision.ACCEPTED


def is_paid_twice(payment: Payment) -> bool:
    """Whether more is there of a settled payment than was asked for. Dust that is worth nothing in the price's currency
    is no second payment: anybody can send it to an address that is public."""
    if not payment.price.minor:
        return False
    more = payment.received_exactly - payment.given_back - payment.terms.amount_atomic
    return more > payment.tolerance and payment.value_of(more).minor > 0


def _open_question(payment: Payment) -> bool:
    """Whether the merchant has to decide on a payment that was settled: less is left of it, or more came after it was
    paid or all of it had gone back. Where exactly the excess has gone back, that is
    decided; who undid a payment by mail has decided, too."""
    if payment.is_revoked:
        return False
    returned = payment.decision is Decision.REFUNDED and _is_the_price(payment)
    twice = is_paid_twice(payment) and payment.decision is not Decision.ACCEPTED
    return is_underpaid(payment) or (payment.is_held and not returned) or twice


def _is_the_price(payment: Payment) -> bool:
    """Whether what is left of a payment's money is what was asked for."""
    left = payment.received_exactly - payment.given_back - payment.terms.amount_atomic
    return -payment.tolerance <= left <= payment.tolerance


def _taken(payment: Payment) -> bool:
    """Whether the merchant has taken what came for a session that had failed: the session stays as it is."""
    return payment.received > 0 and payment.decision is Decision.ACCEPTED


def require_own(session: CheckoutSession | None, principal: Principal, session_id: str) -> CheckoutSession:
    """The session, if it is in the caller's project and mode.

    Raises:
        NotFound: there is none, or it is not.
    """
    if session is None or session.project_id != principal.project_id or session.livemode != principal.livemode:
        raise NotFound("checkout session", session_id)
    return session


def checked_lifetime(seconds: int) -> int:
    """A session's lifetime in milliseconds.

    Raises:
        InvalidInput: it is not between five minutes and seven days.
    """
    milliseconds = seconds * 1_000
    if not LIFETIME_MIN_MS <= milliseconds <= LIFETIME_MAX_MS:
        raise InvalidInput(
            "expires_in_seconds",
            Problem.SECONDS_OUT_OF_RANGE,
            minimum=LIFETIME_MIN_MS // 1_000,
            maximum=LIFETIME_MAX_MS // 1_000,
            given=seconds,
        )
    return milliseconds
