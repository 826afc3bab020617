"""How a session that is paid on networks is paid: its buyer chooses one of its options, or their money does."""

import msgspec

from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.invariants import present
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.payments import records as payments
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import CheckoutSession, require_own
from tillgate.checkout.sessions.moving import emit_event, sync_records
from tillgate.checkout.sessions.pricing import refuse_unless_untouched
from tillgate.events.types import SESSION_UPDATED
from tillgate.rails.port import PaymentTerms, QuoteRequest
from tillgate.store import Transaction


async def choose(
    context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str, asset: str
) -> CheckoutSession:
    """Ask for one of a session's options first; it gets its address, where it has none. Choosing the same again changes
    nothing.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        InvalidInput: it is none of its options.
        Conflict: the session is not paid on networks, or does not wait for its first money.
        Unavailable: no address lies ready.
    """
    session, now = require_own(await records.locked(tx, session_id), principal, session_id), context.clock.now()
    terms = session.payment.terms
    if not terms.options:
        raise Conflict(Problem.HAS_NO_OPTIONS, code="session_not_payable")
    option = terms.option(asset)
    if option is None:
        raise InvalidInput("asset", Problem.NOT_A_CHOICE, choices=tuple(one.asset for one in terms.options))
    if terms.address and terms.asset == asset:
        return session
    refuse_unless_untouched(session, now, Problem.PAYMENT_HAS_BEGUN)
    chosen = terms.chosen(option)
    if not chosen.address:
        if not session.price.minor:
            raise Conflict(Problem.COSTS_NOTHING, code="session_not_payable")
        rail = present(context.rails.networks, "the rail of a payment on networks")
        request = QuoteRequest(session.project_id, session.livemode, session.payment.id, session.price)
        chosen = await rail.allocate(tx, request, chosen)
    return await _changed(context, tx, session, chosen, now)


async def follow_the_buyer(
    context: CheckoutContext, tx: Transaction, session: CheckoutSession, asset: str, now: int
) -> CheckoutSession:
    """Ask a locked session first for what its first money came in."""
    payment = session.payment
    option = payment.terms.option(asset)
    if option is None or asset == payment.terms.asset or payment.transfers or payment.dropped:
        return session
    return await _changed(context, tx, session, payment.terms.chosen(option), now)


async def _changed(
    context: CheckoutContext, tx: Transaction, session: CheckoutSession, terms: PaymentTerms, now: int
) -> CheckoutSession:
    payment = msgspec.structs.replace(session.payment, terms=terms)
    await payments.choose(tx, payment, now)
    moved = msgspec.structs.replace(session, payment=payment)
    await sync_records(context, tx, session, moved, now)
    await emit_event(context, tx, moved, SESSION_UPDATED, now)
    return moved
