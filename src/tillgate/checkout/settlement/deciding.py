"""The merchant's decisions: on unusual money, and to cancel a session."""

import msgspec

from tillgate.base.errors import Conflict
from tillgate.base.invariants import present
from tillgate.base.principal import Principal
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.links import operations as links
from tillgate.checkout.orders.model import OrderStatus
from tillgate.checkout.payments import records as payments
from tillgate.checkout.payments.model import Decision, Payment
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import (
    IN_REVIEW,
    CheckoutSession,
    SessionStatus,
    acceptable,
    accepted,
    held,
    order_status,
    require_own,
)
from tillgate.checkout.sessions.moving import keep_form, move, sync_records
from tillgate.checkout.settlement import capturing
from tillgate.checkout.settlement.observing import settle
from tillgate.store import Transaction


async def accept(context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """The merchant takes what has come as payment: too little, too much, too late, what a reorganisation left, or money
    for a session that had been canceled or had failed. That one stays failed; its order is paid. Accepting again what
    was accepted, with nothing new beside it, changes nothing.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        Conflict: there is no money that waits for a decision.
    """
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    now, conclusion = context.clock.now(), accepted(session)
    if not acceptable(session):
        stands = order_status(session) in (OrderStatus.PAID, OrderStatus.REFUNDED)
        if stands and session.payment.decision is Decision.ACCEPTED:
            return session
        raise Conflict(
            f"This session is {session.status.value} and has no money that waits for your decision.",
            code="nothing_to_accept",
        )
    failed = session.status is SessionStatus.FAILED
    if conclusion is not None or failed:
        # The merchant grants the discount, also if it has reached its limit meanwhile.
        await redemptions.consume(tx, session.id, now=now, beyond_limit=True)
    if failed and session.link_id is not None and await records.count_for_link(tx, session.id):
        # The session stays failed, so that nothing else counts what was bought by it; and its money may be reversed
        # and accepted once more.
        await links.count_completed(tx, session.link_id, within_limit=False)
    payment = await _decided(tx, session.payment, Decision.ACCEPTED, now)
    if conclusion is None:
        return await settle(context, tx, session, payment, now)
    return await move(context, tx, session, conclusion.status, paid_at=conclusion.paid_at, now=now, payment=payment)


async def keep_waiting(
    context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str
) -> CheckoutSession:
    """The merchant waits for the rest: from now on a top-up settles an underpaid session automatically.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        Conflict: it is not underpaid.
    """
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    if session.status is not SessionStatus.UNDERPAID:
        raise Conflict(
            f"Only an underpaid session can wait for the rest; this one is {session.status.value}.",
            code="nothing_to_wait_for",
        )
    now = context.clock.now()
    payment = await _decided(tx, session.payment, Decision.WAITING, now)
    return await settle(context, tx, session, payment, now)


async def cancel(context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """Cancel a session for good: unlike an expired one it cannot be paid late. Canceling it again changes nothing.

    What was authorized for it is released.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        Conflict: money was seen for it or captured, or it has ended otherwise.
    """
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    if session.canceled_at is not None:
        return session
    payment = session.payment
    authorized = session.status is SessionStatus.DETECTED and payment.authorization is not None
    if session.status is not SessionStatus.PENDING and not (authorized and not payment.captured_minor):
        raise Conflict(
            "Only a session without money can be canceled, one that is pending or authorized; "
            + ("of this one, a part was captured." if authorized else f"this one is {session.status.value}."),
            code="session_not_cancelable",
        )
    return await capturing.call_off(context, tx, session, context.clock.now())


async def decide_refund(tx: Transaction, payment: Payment, now: int, *, ends: bool) -> None:
    """Record that the merchant refunds unusual money of a locked session: all of it, or the excess."""
    # Before the first event: whoever opens a session locks a coupon first and the sequence second.
    if ends:
        await redemptions.release(tx, [payment.session_id], now=now)
    else:
        await redemptions.consume(tx, payment.session_id, now=now, beyond_limit=True)
    await _decided(tx, payment, Decision.REFUNDED, now)


async def give_up(context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """End a locked session that waited for the merchant, who has given its money back; others have ended."""
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    if session.status not in IN_REVIEW and not held(session):
        return session
    return await move(context, tx, session, SessionStatus.FAILED, paid_at=None, now=context.clock.now())


async def money_moved(context: CheckoutContext, tx: Transaction, before: Payment, now: int) -> None:
    """Let payment and order of a locked session show what has moved since the payment was as ``before``.

    A session that waits for the rest is paid once a refund that took of it has failed or is given up.
    """
    session = present(await records.by_id(tx, before.session_id), "the session of a payment")
    payment = await payments.read_again(tx, session.payment)
    was = msgspec.structs.replace(session, payment=before)
    if session.status is SessionStatus.UNDERPAID and payment.given_back < before.given_back:
        await settle(context, tx, was, payment, now)
    else:
        after = msgspec.structs.replace(session, payment=payment)
        await sync_records(context, tx, was, after, now)
        await keep_form(context, tx, after)


async def _decided(tx: Transaction, payment: Payment, decision: Decision, now: int) -> Payment:
    """The payment with the merchant's decision on it."""
    payment = msgspec.structs.replace(payment, decision=decision)
    await payments.write(tx, payment, now)
    return payment
