"""Holding, taking and giving back a coupon's places: what sessions call as they open, are paid, or end.

Whoever holds a place holds its row in the counters' tables, coupons first and promotion codes second, and only then
tells an event, which locks the project's sequence. An operation that moves several sessions releases all of them
before it reports the first.
"""

from collections import Counter
from collections.abc import Sequence
from typing import assert_never

from tillgate.base import ids
from tillgate.base.errors import InvalidInput, NotFound
from tillgate.base.invariants import ensure, present
from tillgate.base.money import Money
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.checkout.coupons import operations as coupons
from tillgate.checkout.customers import operations as customers
from tillgate.checkout.promotions import operations as promotions
from tillgate.checkout.promotions.model import PromotionCode
from tillgate.checkout.redemptions import records
from tillgate.checkout.redemptions.model import (
    DiscountRefusal,
    DiscountRefused,
    Hold,
    Offer,
    RecordedRedemption,
    Redemption,
    RedemptionStatus,
    not_applicable,
    offered,
    refuse_unavailable,
    used_up,
)
from tillgate.store import Transaction


async def offer(
    tx: Transaction,
    principal: Principal,
    *,
    coupon_id: str | None,
    promotion_code: str | None,
    subtotal: Money,
    customer_id: str | None,
    has_paid_before: bool,
    now: int,
) -> Offer:
    """What a coupon or a promotion code takes off; nothing is held yet.

    Args:
        subtotal: what the goods cost, before tax and shipping.
        customer_id: who buys, if that is known: a customer of the caller's project and mode.
        has_paid_before: whether they have paid for anything before.

    Raises:
        InvalidInput: both were named, or what was named is not there.
        Conflict: it is switched off, expired or used up, or not for this customer or price; the message says which.
    """
    if coupon_id is not None and promotion_code is not None:
        raise InvalidInput("promotion_code", Problem.ONE_OF, others=("coupon_id", "promotion_code"), count=2)
    promotion: PromotionCode | None = None
    if promotion_code is not None:
        try:
            promotion = await promotions.find_promotion_code(tx, principal, promotion_code)
        except NotFound as error:
            raise InvalidInput("promotion_code", Problem.NO_SUCH, noun="promotion code") from error
        coupon_id = promotion.coupon_id
    try:
        coupon = await coupons.get_coupon(tx, principal, present(coupon_id, "a coupon or a code"))
    except NotFound as error:
        raise InvalidInput("coupon_id", Problem.NO_SUCH, noun="coupon") from error
    found = offered(coupon, promotion, subtotal, now=now)
    if promotion is not None and promotion.asks_who:
        if customer_id is None:
            first = promotion.first_time_transaction
            raise not_applicable(
                found,
                DiscountRefusal.FIRST_PAYMENT_ONLY if first else DiscountRefusal.ONCE_PER_CUSTOMER,
                Problem.DISCOUNT_NEEDS_CUSTOMER,
                other="customer_id",
            )
        if promotion.first_time_transaction and has_paid_before:
            raise not_applicable(
                found,
                DiscountRefusal.FIRST_PAYMENT_ONLY,
                Problem.DISCOUNT_FIRST_PAYMENT,
            )
        # Their other sessions wait: what a code asks of a customer is asked of one session after the other.
        await customers.hold_customer(tx, principal, customer_id)
    return found


async def reserve(
    tx: Transaction,
    offer: Offer,
    *,
    session_id: str,
    customer_id: str | None,
    now: int,
    held_until: int | None = None,
) -> None:
    """Hold a place for a session that is being opened; its row is there already.

    Args:
        held_until: from then on the place is free for others while no money was seen; None for as long as the session
            waits.

    Raises:
        Conflict: somebody else has got the last one meanwhile, or the same customer has it in another session.
    """
    promotion = offer.promotion
    redemption = Redemption(
        session_id=session_id,
        coupon_id=offer.coupon.id,
        promotion_code_id=promotion.id if promotion is not None else None,
        customer_id=customer_id,
        first_time_transaction=promotion is not None and promotion.first_time_transaction,
        one_per_customer=promotion is not None and promotion.one_per_customer,
        status=RedemptionStatus.RESERVED,
    )
    for table, object_id in _places(redemption):
        if not await records.take(tx, table, object_id, now):
            raise await _unavailable(tx, offer, now)
    claimed = await _claimed(tx, redemption)
    if claimed is not None:
        raise not_applicable(offer, *claimed)
    await records.insert(tx, offer.coupon.project_id, offer.coupon.livemode, redemption, now, held_until=held_until)


async def redemptions_of_sessions(tx: Transaction, session_ids: Sequence[str]) -> dict[str, Redemption]:
    """What sessions that the caller may see hold, took or gave back, by session id; most have none."""
    return {one.session_id: one for one in await records.of_sessions(tx, session_ids)}


async def get_redemption(tx: Transaction, principal: Principal, redemption_id: str) -> RecordedRedemption:
    """One redemption, by its own id.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    found = None
    if ids.is_id(ids.REDEMPTION, redemption_id):
        session_id = ids.renamed(ids.CHECKOUT_SESSION, redemption_id)
        found = await records.by_session(tx, principal.project_id, principal.livemode, session_id)
    if found is None:
        raise NotFound("redemption", redemption_id)
    return found


async def list_redemptions(
    tx: Transaction,
    principal: Principal,
    page: PageRequest,
    *,
    coupon_id: str | None = None,
    promotion_code_id: str | None = None,
    customer_id: str | None = None,
    session_id: str | None = None,
    order_id: str | None = None,
    status: RedemptionStatus | None = None,
    created_after: int | None = None,
    created_before: int | None = None,
) -> Page[RecordedRedemption]:
    """Redemptions, newest session first, that match what is given; ``created_after`` is inclusive, ``created_before``
    is not."""
    checked_cursor(page, ids.REDEMPTION)
    found = await records.newest(
        tx,
        principal.project_id,
        principal.livemode,
        page,
        coupon_id=coupon_id,
        promotion_code_id=promotion_code_id,
        customer_id=customer_id,
        session_id=session_id,
        order_id=order_id,
        status=status,
        created_after=created_after,
        created_before=created_before,
    )
    return cut(found, page.limit)


async def hold_counters(tx: Transaction, session_ids: Sequence[str]) -> None:
    """Hold the counters that the places of several sessions are counted in, in the order in which everybody does."""
    places = {place for redemption in await records.held(tx, session_ids) for place in _places(redemption)}
    for table, object_id in sorted(places, key=lambda one: (records.COUNTED.index(one[0]), one[1])):
        await records.hold(tx, table, object_id)


async def consume(tx: Transaction, session_id: str, *, now: int, beyond_limit: bool = False) -> bool:
    """Take the place of a session that is paid; True also where it has none, or has taken it.

    A session that has ended gave its place back: it takes one again if there is one, for the price that it promised.

    Args:
        beyond_limit: take one even if there is none, because the merchant accepts the money for it.

    Returns:
        Whether the session may be paid for at its price; False if its place is gone. Then nothing was changed.
    """
    found = await records.held(tx, [session_id])
    if not found or found[0].status is RedemptionStatus.REDEEMED:
        return True
    [redemption] = found
    if redemption.status is RedemptionStatus.RELEASED and not await _retake(tx, redemption, beyond_limit):
        return False
    await _settle(tx, [redemption], RedemptionStatus.REDEEMED, now)
    return True


async def consume_held(tx: Transaction, session_ids: Sequence[str], *, now: int) -> None:
    """Take the places of sessions that are paid and hold them still; all others stay as they are."""
    reserved = [one for one in await records.held(tx, session_ids) if one.status is RedemptionStatus.RESERVED]
    await _settle(tx, reserved, RedemptionStatus.REDEEMED, now)


async def renew_hold(tx: Transaction, session_id: str, *, now: int, held_until: int | None = None) -> bool:
    """Hold the place of a session also where it was held for a while and that is over; True also where it has none, or
    has taken it.

    Args:
        held_until: for how long it is held where it was given back; None to hold it for as long as the session goes on.

    Returns:
        False if the place is somebody else's now. Then nothing was changed.
    """
    for redemption in await records.held(tx, [session_id]):
        match redemption.status:
            case RedemptionStatus.RESERVED:
                if held_until is None:
                    await records.hold_until(tx, session_id, None)
            case RedemptionStatus.RELEASED:
                if not await _retake(tx, redemption, beyond_limit=False):
                    return False
                await _move(tx, redemption, RedemptionStatus.RESERVED, now)
                if held_until is not None:
                    await records.hold_until(tx, session_id, held_until)
            case RedemptionStatus.REDEEMED:
                pass
            case never:
                assert_never(never)
    return True


async def hold_of(tx: Transaction, session_id: str, *, now: int) -> Hold | None:
    """How the place stands that a session has by a code that its buyer typed; None where it has none, has it for as
    long as it goes on, or nobody else can take it: a code without a limit has a place for everybody."""
    found = await records.hold_of(tx, session_id)
    if found is None:
        return None
    status, held_until = found
    if status is RedemptionStatus.RELEASED:
        return Hold.OVER
    if held_until is None:
        return None
    return Hold.HELD if now < held_until else Hold.OVER


async def shorten_holds(tx: Transaction, clock_id: str, milliseconds: int) -> None:
    """Bring the ends nearer of what the sessions of a locked test clock hold for a while."""
    await records.bring_forward(tx, clock_id, milliseconds)


async def give_up(tx: Transaction, session_id: str) -> None:
    """Give back the place of a session that goes on without it, as if it had never had one.

    The session waits for money: its place is held or was for a while, and is not taken.
    """
    found = await records.held(tx, [session_id])
    for redemption in found:
        ensure(redemption.status is not RedemptionStatus.REDEEMED, "a session that waits for money took no place")
        for table, object_id in _places(redemption) if redemption.status is RedemptionStatus.RESERVED else ():
            await records.free(tx, table, object_id, 1)
        await records.delete(tx, redemption)


async def release(tx: Transaction, session_ids: Sequence[str], *, now: int) -> None:
    """Give the places back of sessions that end unpaid, or whose buyers held one long enough; doing it again changes
    nothing."""
    reserved = [one for one in await records.held(tx, session_ids) if one.status is RedemptionStatus.RESERVED]
    await _settle(tx, reserved, RedemptionStatus.RELEASED, now)


async def _settle(tx: Transaction, reserved: list[Redemption], to: RedemptionStatus, now: int) -> None:
    """Turn held places into taken or free ones, in the order in which everybody locks."""
    count_as = records.redeem if to is RedemptionStatus.REDEEMED else records.free
    counts = Counter(place for redemption in reserved for place in _places(redemption))
    for (table, object_id), count in sorted(counts.items(), key=lambda one: (records.COUNTED.index(one[0][0]), one[0])):
        await count_as(tx, table, object_id, count)
    for redemption in reserved:
        await _move(tx, redemption, to, now)


async def _move(tx: Transaction, redemption: Redemption, to: RedemptionStatus, now: int) -> None:
    ensure(await records.move(tx, redemption, to, now) == 1, "a redemption whose row is held can be moved")


async def _retake(tx: Transaction, redemption: Redemption, beyond_limit: bool) -> bool:
    taken: list[tuple[records.Counted, str]] = []
    for table, object_id in _places(redemption):
        if not await records.retake(tx, table, object_id, beyond_limit=beyond_limit):
            break
        taken.append((table, object_id))
    else:
        if beyond_limit or await _claimed(tx, redemption) is None:
            return True
    for table, object_id in taken:
        await records.free(tx, table, object_id, 1)
    return False


async def _claimed(tx: Transaction, redemption: Redemption) -> tuple[DiscountRefusal, Problem] | None:
    """Why the customer may not have it, because of what they have in other sessions."""
    customer_id, code = redemption.customer_id, redemption.promotion_code_id
    if customer_id is None or code is None:
        return None
    beside = redemption.session_id
    if redemption.one_per_customer and await records.has_code(tx, customer_id, code, beside=beside):
        return DiscountRefusal.ONCE_PER_CUSTOMER, Problem.DISCOUNT_ONCE
    if redemption.first_time_transaction and await records.has_first(tx, customer_id, beside=beside):
        return DiscountRefusal.FIRST_PAYMENT_ONLY, Problem.DISCOUNT_FIRST_PAYMENT_HELD
    return None


async def _unavailable(tx: Transaction, offer: Offer, now: int) -> DiscountRefused:
    """Why no redemption could be reserved, by the current state."""
    coupon = await coupons.reread(tx, offer.coupon)
    promotion = offer.promotion
    if promotion is not None:
        promotion = await promotions.reread(tx, promotion)
    try:
        refuse_unavailable(offer._replace(coupon=coupon, promotion=promotion), now=now)
    except DiscountRefused as why:
        return why
    # It was gone for a moment only: others gave theirs back between the two looks.
    return used_up(offer, "discount")


def _places(redemption: Redemption) -> list[tuple[records.Counted, str]]:
    """Whose counters it is counted in, in the order in which they are locked."""
    places: list[tuple[records.Counted, str]] = [("coupons", redemption.coupon_id)]
    if redemption.promotion_code_id is not None:
        places.append(("promotion_codes", redemption.promotion_code_id))
    return places
