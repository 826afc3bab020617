"""How a session that is paid on networks is paid: its buyer chooses one of its options, or their money does."""

import msgspec

from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.invariants import present
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.payments import records as payments
from tillgate.checkout.payments.model import Payment
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import CheckoutSession, require_own
from tillgate.checkout.sessions.moving import emit_event, sync_records
from tillgate.checkout.sessions.pricing import refuse_unless_untouched
from tillgate.events.types import SESSION_UPDATED
from tillgate.rails.port import EarlierOffer, Observation, PaymentTerms, QuoteRequest
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


async def choose_what_arrived(
    context: CheckoutContext, tx: Transaction, session: CheckoutSession, first: Observation, now: int
) -> CheckoutSession:
    """Ask a locked session first for what its first money came in, at the rate that it was offered at when that was
    sent."""
    payment = session.payment
    if not changes_choice(payment, first):
        return session
    terms, earlier = payment.terms, _earlier_offer(payment, first)
    if earlier is not None:
        rail = context.rail_of(payment.rail, livemode=session.livemode)
        restored = rail.requote(terms.with_option(earlier.option), session.price)
        terms = terms.replaced_by(restored, session.price, now)
    return await _changed(context, tx, session, terms.chosen(present(terms.option(first.asset), "an option")), now)


def changes_choice(payment: Payment, first: Observation) -> bool:
    """Whether what a payment asks for first is to change with the first money that has come for it."""
    if payment.transfers or payment.dropped:
        return False
    other = first.asset != payment.terms.asset and payment.terms.option(first.asset) is not None
    return other or _earlier_offer(payment, first) is not None


def _earlier_offer(payment: Payment, first: Observation) -> EarlierOffer | None:
    terms, block = payment.terms, first.block
    return terms.earlier_offer(first.asset, block.mined_at) if terms.earlier and block is not None else None


async def _changed(
    context: CheckoutContext, tx: Transaction, session: CheckoutSession, terms: PaymentTerms, now: int
) -> CheckoutSession:
    payment = msgspec.structs.replace(session.payment, terms=terms)
    await payments.choose(tx, payment, now)
    if terms.options != session.payment.terms.options:
        await payments.reprice(tx, payment, now)
    moved = msgspec.structs.replace(session, payment=payment)
    await sync_records(context, tx, session, moved, now)
    await emit_event(context, tx, moved, SESSION_UPDATED, now)
    return moved
