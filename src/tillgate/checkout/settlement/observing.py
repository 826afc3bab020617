"""What a rail saw is written down, and moves the session where it leads."""

import msgspec

from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.payments import records as payment_records
from tillgate.checkout.payments.model import Decision, Payment
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.sessions.model import CheckoutSession, Conclusion, SessionStatus, conclude
from tillgate.checkout.sessions.moving import emit_event, move, sync_records
from tillgate.checkout.sessions.object import to_api
from tillgate.events.model import SESSION_UPDATED
from tillgate.rails.port import Observation
from tillgate.store import Transaction


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
        # They accepted money that was there; whether they do without it is for them to say anew.
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
