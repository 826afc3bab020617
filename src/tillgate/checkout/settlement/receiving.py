"""Payments by mail: the merchant says what came, or undoes that."""

from typing import Final

from tillgate.base.clock import DAY_MS
from tillgate.base.errors import Conflict
from tillgate.base.money import parse_amount
from tillgate.base.principal import Principal
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus, require_own
from tillgate.checkout.settlement.holding import hold_counters
from tillgate.checkout.settlement.observing import observe
from tillgate.store import Transaction

# For so long a payment by mail is waited for.
LIFETIME_MS: Final = 30 * DAY_MS
_PAID: Final = frozenset({SessionStatus.PAID, SessionStatus.PAID_LATE})


async def mark_received(
    context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str, amount: str | None = None
) -> CheckoutSession:
    """What a payment by mail has brought: the price, or another amount, which then leads where such money always does.

    Args:
        amount: a decimal in the session's currency; None for the price.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        InvalidInput: the amount is none, or nothing.
        Conflict: it is not paid by mail, or does not wait any more.
    """
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    now, payment = context.clock.now(), session.payment
    if not payment.by_mail:
        raise Conflict("This session is not paid by mail: its rail reports what arrives.")
    if not awaits_mail(session, now):
        over = "its 30 days are over" if session.status is SessionStatus.PENDING else f"it is {session.status.value}"
        raise Conflict(
            f"Only a payment that is waited for can be marked as received: {over}. Send the money back, or create a "
            "new session for it.",
            code="session_not_pending",
        )
    came = session.price if amount is None else parse_amount(amount, session.price.currency, field="amount")
    # What completes counts a coupon and a link: they are held before any event.
    await hold_counters(tx, [session])
    seen = context.by_mail().receive(payment.terms, came.minor)
    return await observe(context, tx, session, [seen], now)


async def undo_received(
    context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str
) -> CheckoutSession:
    """The money of a payment by mail had not come after all: its order is canceled, for good.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        Conflict: it is not paid by mail, or some of its money went back.
    """
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    payment = session.payment
    if not can_be_undone(session):
        raise Conflict("Only a paid session that was paid by mail, and of which nothing was refunded, can be undone.")
    rail = context.by_mail()
    seen = [rail.undo(one.observed(payment.terms)) for one in payment.transfers]
    return await observe(context, tx, session, seen, context.clock.now())


def awaits_mail(session: CheckoutSession, now: int) -> bool:
    """Whether a payment by mail is waited for."""
    return session.payment.by_mail and session.status is SessionStatus.PENDING and now < session.expires_at


def can_be_undone(session: CheckoutSession) -> bool:
    """Whether the merchant may undo that a payment came by mail."""
    payment = session.payment
    return payment.by_mail and session.status in _PAID and bool(payment.transfers) and not payment.given_back


def matches(session: CheckoutSession) -> bool:
    """Whether what came by mail is what was asked for; true also where nothing came yet."""
    payment = session.payment
    return not payment.by_mail or not payment.transfers or payment.received_value == session.price
