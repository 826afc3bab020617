"""What a session costs, changed while it waits for its first money: by what is taken off, or by what its buyer says."""

from collections.abc import Awaitable, Callable

import msgspec

from tillgate.base.errors import Conflict
from tillgate.base.invariants import present
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.checkout.books import operations as books
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.orders import operations as orders
from tillgate.checkout.orders.model import LineItem, Order
from tillgate.checkout.payments import operations as payments
from tillgate.checkout.payments import records as payment_records
from tillgate.checkout.products.model import Product
from tillgate.checkout.products.operations import products_by_id
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus, order_status, payment_state, require_own
from tillgate.checkout.sessions.moving import emit_event, move, waits_until
from tillgate.events.types import SESSION_UPDATED
from tillgate.rails.port import PaymentTerms, QuoteRequest
from tillgate.store import Transaction


async def say_price(
    context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str, line_id: str, amount: str
) -> CheckoutSession:
    """The buyer says what a line costs whose product leaves that to them, between the product's bounds.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        InvalidInput: the line is not theirs to price, or the amount is not one, or out of bounds.
        Conflict: the session does not wait for its first money, or a discount is reckoned from the price.
    """
    session, now = require_own(await records.locked(tx, session_id), principal, session_id), context.clock.now()
    refuse_unless_untouched(session, now, Problem.PRICE_IS_FINAL)
    order = await orders.get_order_of_session(tx, session.id)
    if order.discounts:
        raise Conflict(Problem.PRICE_HAS_DISCOUNT)
    after = await orders.named_price(tx, principal, order, line_id, amount, now)
    return session if after == order else await reprice(context, tx, session, order, after, now)


async def complete(context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """The buyer takes what costs nothing: the session is paid without a payment. Doing it again changes nothing.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        Conflict: it costs something, or has ended.
    """
    session, now = require_own(await records.locked(tx, session_id), principal, session_id), context.clock.now()
    if session.status is SessionStatus.PAID and not session.price.minor:
        return session
    refuse_unless_untouched(session, now, Problem.PRICE_IS_FINAL)
    if session.price.minor:
        raise Conflict(Problem.HAS_A_PRICE, code="session_not_payable")
    if not await redemptions.consume(tx, session.id, now=now):
        raise Conflict(Problem.CODE_IS_GONE, code="discount_used_up")
    return await move(context, tx, session, SessionStatus.PAID, paid_at=now, now=now)


async def requote(
    context: CheckoutContext,
    tx: Transaction,
    principal: Principal,
    session_id: str,
    *,
    lifetime_ms: int,
    keep: Callable[[Order], Awaitable[None]],
) -> CheckoutSession:
    """Offer a session that waits for money at what its products cost now and at the rates of now, for ``lifetime_ms``
    from now on. Its address stays; once money was seen, its price and its offers do as well. Money that was sent on
    what was offered before counts at the rate of that time.

    Args:
        keep: writes down what a language keeps of the order, before the events report it.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        Conflict: money was seen for it, or it has ended, or nothing can be offered for it now.
        TooOften: it was offered at other rates too often lately.
    """
    session, now = require_own(await records.locked(tx, session_id), principal, session_id), context.clock.now()
    if session.status is not SessionStatus.PENDING or now >= session.expires_at:
        raise Conflict(Problem.PRICE_IS_FINAL, code="session_not_pending")
    order = after = await orders.get_order_of_session(tx, session.id)
    untouched = not (session.payment.transfers or session.payment.dropped)
    # A discount is reckoned from the price that it was given for.
    if untouched and not order.discounts:
        after = await orders.priced_again(tx, principal, order, now)
    terms = session.payment.terms
    if untouched and terms.options:
        rail = present(context.rails.networks, "the rail of a payment on networks")
        request = QuoteRequest(session.project_id, session.livemode, session.payment.id, after.price, allocates=False)
        terms = await rail.offer_again(tx, request, terms, price=session.price)
    offered = msgspec.structs.replace(after, payment=msgspec.structs.replace(order.payment, terms=terms))
    await keep(offered)
    if offered != order:
        session = await reprice(context, tx, session, order, after, now, terms=terms if terms.options else None)
    await records.set_expiry(tx, session.id, now + lifetime_ms)
    return await waits_until(context, tx, session, now + lifetime_ms, now)


async def open_lines(tx: Transaction, principal: Principal, order: Order) -> list[tuple[LineItem, Product]]:
    """The lines of an order whose price is the buyer's to say, while nothing is taken off."""
    lines = [one for one in order.line_items if one.buyer_priced and one.product_id is not None]
    if not lines or order.discounts:
        return []
    found = await products_by_id(tx, principal, [one.product_id for one in lines if one.product_id is not None])
    return [(one, found[one.product_id]) for one in lines if one.product_id in found]


def refuse_unless_untouched(session: CheckoutSession, now: int, problem: Problem) -> None:
    """What somebody has sent money for keeps its price, also if that money is reversed: it may come back."""
    payment = session.payment
    if session.status is not SessionStatus.PENDING or now >= session.expires_at or payment.transfers or payment.dropped:
        raise Conflict(problem, code="session_not_pending")


async def reprice(
    context: CheckoutContext,
    tx: Transaction,
    session: CheckoutSession,
    before: Order,
    after: Order,
    now: int,
    *,
    terms: PaymentTerms | None = None,
) -> CheckoutSession:
    """A locked session whose order has come to cost something else, its payment with it; one event each.

    Args:
        terms: how the price is offered from now on; the present offers for that price, where none are given.
    """
    price = after.price
    if terms is None:
        terms = context.rail_of(session.payment.rail, livemode=session.livemode).requote(session.payment.terms, price)
    payment = msgspec.structs.replace(session.payment, terms=terms, price=price)
    await payment_records.reprice(tx, payment, now)
    if await records.reprice(tx, session, price, now) != 1:
        raise Conflict(Problem.SESSION_CHANGED, code="session_changed")
    moved = msgspec.structs.replace(session, price=price, payment=payment, updated_at=now)
    deadlines = (session.expires_at, session.expires_at)
    was, now_is = await payments.sync_payment(
        context, tx, session.payment, payment, payment_state(moved), now, expires=deadlines
    )
    await orders.sync_order(
        context, tx, before, msgspec.structs.replace(after, payment=payment), order_status(moved), now
    )
    await books.book_change(tx, was, now_is, (before.totals, after.totals), now)
    await emit_event(context, tx, moved, SESSION_UPDATED, now)
    return moved
