"""What a rail observed is recorded, and moves the session by its rules."""

from collections.abc import Sequence

import msgspec

from tillgate.base.invariants import present
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.payments import records as payment_records
from tillgate.checkout.payments.model import Decision, Payment
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import (
    EDGES,
    CheckoutSession,
    Conclusion,
    SessionStatus,
    changed,
    conclude,
    is_fully_refunded,
    is_paid_twice,
)
from tillgate.checkout.sessions.moving import emit_event, keep_form, move, sync_records
from tillgate.events.types import SESSION_UPDATED
from tillgate.rails.port import Observation
from tillgate.store import Transaction

_PAID = (SessionStatus.PAID, SessionStatus.PAID_LATE)


async def observe_payment(
    context: CheckoutContext, tx: Transaction, payment_id: str, observations: Sequence[Observation]
) -> CheckoutSession:
    """What a rail reports of a payment that it quoted: seen again, it changes nothing.

    Raises:
        BrokenInvariant: there is no such payment, or it is no money of its payment.
    """
    session = present(await records.locked_by_payment(tx, payment_id), "the session of a payment that a rail quoted")
    return await observe(context, tx, session, observations, context.clock.now())


async def observe(
    context: CheckoutContext,
    tx: Transaction,
    session: CheckoutSession,
    observations: Sequence[Observation],
    now: int,
) -> CheckoutSession:
    """Record what a rail observed for a locked session, and move the session by its rules."""
    before = session.payment
    payment = await payment_records.observe(tx, before, observations, now)
    marked = payment
    if payment.decision is Decision.ACCEPTED and len(payment.dropped) > len(before.dropped):
        # The acceptance was about money that was there then: the merchant decides again without it.
        marked = msgspec.structs.replace(marked, decision=None)
    over = session.status is SessionStatus.FAILED or is_fully_refunded(before)
    if payment.received > before.received:
        # An earlier decision was not about this money.
        if over and not payment.unexpected:
            marked = msgspec.structs.replace(marked, unexpected=True, decision=None)
        elif session.status in _PAID and is_paid_twice(payment):
            marked = msgspec.structs.replace(marked, decision=None)
    if marked != payment:
        await payment_records.write(tx, marked, now)
    return await settle(context, tx, session, marked, now)


async def settle(
    context: CheckoutContext, tx: Transaction, session: CheckoutSession, payment: Payment, now: int
) -> CheckoutSession:
    """Move a locked session by the present state of its payment."""
    looked_until = now
    if session.status is SessionStatus.DETECTED:
        looked_until = await context.looked_until(
            tx, session.payment.rail, session.payment.terms, livemode=session.livemode
        )
    conclusion = conclude(session, payment, looked_until=looked_until, late_grace_ms=context.settings.late_grace_ms)
    paid = conclusion.status is not session.status and conclusion.status in _PAID
    # What its price was promised with may have been given back when its time was up, and be somebody else's now: then
    # it ends with its money, and the merchant decides.
    if paid and not await redemptions.consume(tx, session.id, now=now):
        ends = SessionStatus.EXPIRED in EDGES[session.status]
        conclusion = Conclusion(SessionStatus.EXPIRED if ends else session.status, session.paid_at)
    if conclusion.status is not session.status:
        return await move(context, tx, session, conclusion.status, paid_at=conclusion.paid_at, now=now, payment=payment)
    settled = msgspec.structs.replace(session, payment=payment)
    if payment != session.payment:
        await sync_records(context, tx, session, settled, now)
        if changed(session, settled):
            await emit_event(context, tx, settled, SESSION_UPDATED, now)
        else:
            await keep_form(context, tx, settled)
    return settled
