"""What is taken off a session's price: as it is opened, or by a promotion code that its buyer types."""

from typing import Final

from tillgate.base.clock import MINUTE_MS
from tillgate.base.errors import Conflict, InvalidInput, NotFound
from tillgate.base.principal import Principal
from tillgate.base.problems import Field, Problem
from tillgate.base.text import folded
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.orders import operations as orders
from tillgate.checkout.orders.model import Basket, Discount, Order, checked_basket
from tillgate.checkout.promotions.model import checked_code
from tillgate.checkout.promotions.operations import find_promotion_code, get_promotion_code
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.redemptions.model import DiscountRefusal, DiscountRefused, Offer
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus, require_own
from tillgate.checkout.sessions.pricing import refuse_unless_untouched, reprice
from tillgate.store import Transaction

# How long a code that a buyer typed keeps its place from others while nothing was sent.
HOLD_MS: Final = 30 * MINUTE_MS


async def named(
    tx: Transaction,
    principal: Principal,
    *,
    coupon_id: str | None,
    promotion_code: str | None,
    basket: Basket,
    customer_id: str | None,
    now: int,
) -> Offer | None:
    """What a coupon or a code takes off the basket; None where none is named, or it would take nothing off.

    Raises:
        InvalidInput: there is no such coupon or code, or both are named.
        Conflict: it does not apply; a :class:`~tillgate.checkout.redemptions.model.DiscountRefused` says why.
    """
    if coupon_id is None and promotion_code is None:
        return None
    found = await redemptions.offer(
        tx,
        principal,
        coupon_id=coupon_id,
        promotion_code=promotion_code,
        subtotal=basket.goods,
        customer_id=customer_id,
        has_paid_before=customer_id is not None and await orders.has_paid(tx, customer_id),
        now=now,
    )
    # What rounds to nothing is no mistake of the shop's: the session goes on without it, and no place is taken.
    return found if found.off.minor else None


def taken_off(basket: Basket, offer: Offer | None, *, field: Field) -> Basket:
    """The basket with what is taken off it.

    Raises:
        InvalidInput: less than nothing is left to pay, or too much.
    """
    if offer is None:
        return checked_basket(basket, field=field)
    return checked_basket(basket._replace(discounts=(_discount(offer),)), field=offer.field)


async def code_of(tx: Transaction, principal: Principal, order: Order) -> str | None:
    """The promotion code that is taken off an order; None where there is none."""
    applied = next((one.promotion_code_id for one in order.discounts if one.promotion_code_id is not None), None)
    return (await get_promotion_code(tx, principal, applied)).code if applied is not None else None


async def is_code(tx: Transaction, principal: Principal, code: str) -> bool:
    """Whether there is a promotion code of this word."""
    try:
        await find_promotion_code(tx, principal, code)
    except (InvalidInput, NotFound):
        return False
    return True


async def apply_promotion_code(
    context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str, code: str
) -> CheckoutSession:
    """Take off what a code gives: the order's total, the session's price and what is to be sent change with it, and
    its place is held as if the session had been opened with it, but for half an hour only: a code that anybody may type
    is nobody's for as long as a session may wait. Money that is seen by then keeps the place; who pays later has the
    price while there is a place. Applying the same code again changes nothing, or holds its place again.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        InvalidInput: there is no such code.
        DiscountRefused: it does not apply here; ``why`` says the reason.
        Conflict: no code may be typed here, the session does not wait for its first money, or it has a discount.
    """
    session, now = await _locked(tx, principal, session_id), context.clock.now()
    order = await orders.get_order_of_session(tx, session.id)
    applied, wanted = await code_of(tx, principal, order), checked_code(code)
    if applied is not None and folded(applied) == folded(wanted):
        waits = session.status is SessionStatus.PENDING and now < session.expires_at
        if waits and not await redemptions.renew_hold(tx, session.id, now=now, held_until=now + HOLD_MS):
            raise DiscountRefused(
                DiscountRefusal.USED_UP,
                Problem.DISCOUNT_USED_UP,
                code="discount_used_up",
                field="promotion_code",
                values={"what": "promotion code"},
            )
        return session
    refuse_unless_untouched(session, now, Problem.CODE_IS_FINAL)
    if order.discounts:
        raise Conflict(Problem.CODE_APPLIES)
    # Who only said who they are is no known customer: anybody could say so, under as many addresses as they like.
    customer_id = None if order.customer_stated else order.customer_id
    offer = await named(
        tx,
        principal,
        coupon_id=None,
        promotion_code=wanted,
        basket=order.basket,
        customer_id=customer_id,
        now=now,
    )
    if offer is None:
        raise DiscountRefused(
            DiscountRefusal.NOTHING_TO_TAKE_OFF,
            Problem.DISCOUNT_OF_NOTHING,
            code="discount_not_applicable",
            field="promotion_code",
            values={},
        )
    await redemptions.reserve(
        tx, offer, session_id=session.id, customer_id=customer_id, now=now, held_until=now + HOLD_MS
    )
    return await _reprice(context, tx, session, order, (_discount(offer),), now)


async def remove_promotion_code(
    context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str
) -> CheckoutSession:
    """Ask for the whole price again, and give the code's place back; where there is no code, nothing changes.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        Conflict: no code may be typed here, or the session does not wait for its first money.
    """
    session, now = await _locked(tx, principal, session_id), context.clock.now()
    order = await orders.get_order_of_session(tx, session.id)
    if not order.discounts:
        return session
    refuse_unless_untouched(session, now, Problem.CODE_IS_FINAL)
    # Before the first event: whoever opens a session locks a coupon first and the sequence second.
    await redemptions.give_up(tx, session.id)
    return await _reprice(context, tx, session, order, (), now)


async def _locked(tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    if not session.allow_promotion_codes:
        raise Conflict(Problem.TAKES_NO_CODES)
    return session


async def _reprice(
    context: CheckoutContext,
    tx: Transaction,
    session: CheckoutSession,
    order: Order,
    discounts: tuple[Discount, ...],
    now: int,
) -> CheckoutSession:
    """A locked session with these discounts, its order and its payment with it; one event each."""
    return await reprice(context, tx, session, order, await orders.discounted(tx, order, discounts, now), now)


def _discount(offer: Offer) -> Discount:
    return Discount(
        name=offer.coupon.name,
        amount_minor=offer.off.minor,
        coupon_id=offer.coupon.id,
        promotion_code_id=offer.promotion.id if offer.promotion is not None else None,
    )
