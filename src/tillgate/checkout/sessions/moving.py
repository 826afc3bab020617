"""The one way in which a session changes its state, and what follows it: its order, its payment, their events."""

import msgspec

from tillgate.base.errors import Conflict
from tillgate.base.invariants import ensure
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.orders import operations as orders
from tillgate.checkout.payments import operations as payments
from tillgate.checkout.payments import records as payment_records
from tillgate.checkout.payments.model import Decision, Payment
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import (
    EDGES,
    CheckoutSession,
    Conclusion,
    SessionStatus,
    conclude,
    order_status,
    payment_state,
)
from tillgate.checkout.sessions.object import to_api
from tillgate.events.model import PAYMENT_UPDATED, SESSION_UPDATED
from tillgate.events.operations import emit
from tillgate.rails.port import Observation
from tillgate.store import Transaction


async def move(
    context: CheckoutContext,
    tx: Transaction,
    session: CheckoutSession,
    to: SessionStatus,
    *,
    paid_at: int | None,
    now: int,
    payment: Payment | None = None,
    expires_at: int | None = None,
) -> CheckoutSession:
    """Move a locked session: a legal edge, one row, one event. Its payment and its order follow.

    Args:
        payment, expires_at: what has changed of them together with the state.

    Raises:
        Conflict: no legal edge leads there.
    """
    if to not in EDGES[session.status]:
        raise Conflict(
            f"A session that is {session.status.value} cannot become {to.value}.", code="session_not_payable"
        )
    if await records.move(tx, session, to, paid_at=paid_at, now=now) != 1:
        raise Conflict(
            ("The session was changed by another request. Read it again, then decide."), code="session_changed"
        )
    payment = session.payment if payment is None else payment
    if to is SessionStatus.PENDING:
        payment = msgspec.structs.replace(payment, reopened=True)
    moved = msgspec.structs.replace(
        session,
        status=to,
        paid_at=paid_at,
        updated_at=now,
        payment=payment,
        expires_at=session.expires_at if expires_at is None else expires_at,
    )
    await sync_records(context, tx, session, moved, now)
    # That it waits again is no news of its own: what changed tells that money is gone.
    await emit_event(context, tx, moved, SESSION_UPDATED if to is SessionStatus.PENDING else f"session.{to.value}", now)
    return moved


async def sync_records(
    context: CheckoutContext,
    tx: Transaction,
    before: CheckoutSession,
    after: CheckoutSession,
    now: int,
    *,
    payment_event: str = PAYMENT_UPDATED,
) -> None:
    """Let a locked session's payment and order follow it, whether or not its own state has changed, and the place
    that its discount holds.

    Args:
        payment_event: the payment's event where its state stays as it is.
    """
    order = await orders.get_order_of_session(tx, after.id)
    # Before the first event: whoever opens a session locks a coupon first and the sequence second.
    if order.discounts and after.status is not before.status:
        await _take_or_give_back(tx, after, now)
    await payments.sync_payment(
        context,
        tx,
        before.payment,
        after.payment,
        payment_state(after),
        now,
        expires=(before.expires_at, after.expires_at),
        payment_event=payment_event,
    )
    await orders.sync_order(
        context,
        tx,
        msgspec.structs.replace(order, payment=before.payment, expires_at=before.expires_at),
        msgspec.structs.replace(order, payment=after.payment, expires_at=after.expires_at),
        order_status(after),
        now,
    )


async def observe(
    context: CheckoutContext,
    tx: Transaction,
    session: CheckoutSession,
    observations: list[Observation],
    now: int,
) -> CheckoutSession:
    """Write down what a rail saw for a locked session, and move the session where that leads."""
    payment = await payment_records.observe(tx, session.payment, observations, now)
    if payment.decision is Decision.ACCEPTED and len(payment.dropped) > len(session.payment.dropped):
        # They accepted money that was there; whether they do without it is for them to decide again.
        payment = msgspec.structs.replace(payment, decision=None)
        await payment_records.write(tx, payment, now)
    return await settle(context, tx, session, payment, now)


async def settle(
    context: CheckoutContext, tx: Transaction, session: CheckoutSession, payment: Payment, now: int
) -> CheckoutSession:
    """Move a locked session where its payment leads, as it is by now."""
    conclusion = conclude(session, payment, now=now, late_grace_ms=context.settings.late_grace_ms)
    late = session.status is SessionStatus.EXPIRED and conclusion.status is not session.status
    # What its price was promised with was given back, and may be somebody else's now: then the merchant decides.
    if late and not await redemptions.consume(tx, session.id, now=now):
        conclusion = Conclusion(session.status, session.paid_at)
    if conclusion.status is not session.status:
        return await move(context, tx, session, conclusion.status, paid_at=conclusion.paid_at, now=now, payment=payment)
    settled = msgspec.structs.replace(session, payment=payment)
    if payment != session.payment:
        await sync_records(context, tx, session, settled, now)
        url = context.settings.public_url
        if to_api(settled, url) != to_api(session, url):
            await emit_event(context, tx, settled, SESSION_UPDATED, now)
    return settled


async def expire_now(context: CheckoutContext, tx: Transaction, session: CheckoutSession, now: int) -> CheckoutSession:
    """Expire a locked session, its clock run down to now where it had time left."""
    expires_at = min(now, session.expires_at)
    if expires_at < session.expires_at:
        await records.set_expiry(tx, session.id, expires_at)
    return await move(context, tx, session, SessionStatus.EXPIRED, paid_at=None, now=now, expires_at=expires_at)


async def emit_event(context: CheckoutContext, tx: Transaction, session: CheckoutSession, type: str, now: int) -> None:
    """Write an event about a locked session."""
    await emit(
        tx,
        context.wake,
        project_id=session.project_id,
        livemode=session.livemode,
        type=type,
        object_id=session.id,
        data=msgspec.json.encode(to_api(session, context.settings.public_url)),
        now=now,
    )


async def _take_or_give_back(tx: Transaction, session: CheckoutSession, now: int) -> None:
    """Take the discount's place of a session that is paid, or give back that of one that has ended."""
    if session.status in (SessionStatus.PAID, SessionStatus.PAID_LATE):
        taken = await redemptions.consume(tx, session.id, now=now)
        ensure(taken, "a paid session's discount had its place: who comes from expired has taken it again")
    elif session.status in (SessionStatus.EXPIRED, SessionStatus.FAILED):
        await redemptions.release(tx, [session.id], now=now)
