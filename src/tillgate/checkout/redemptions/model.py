"""What a discount takes off, and for whom it is not: the pure rules."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, NamedTuple

import msgspec

from tillgate.base import ids
from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import Conflict
from tillgate.base.money import Money
from tillgate.base.problems import Problem
from tillgate.checkout.coupons.model import AmountOff, Coupon
from tillgate.checkout.promotions.model import PromotionCode


class RedemptionStatus(StrEnum):
    """What a session does with its place."""

    RESERVED = "reserved"
    REDEEMED = "redeemed"
    RELEASED = "released"


class DiscountRefusal(StrEnum):
    """Why a discount that exists does not apply."""

    INACTIVE = "inactive"
    EXPIRED = "expired"
    USED_UP = "used_up"
    OTHER_CURRENCY = "other_currency"
    BELOW_MINIMUM = "below_minimum"
    NOTHING_TO_TAKE_OFF = "nothing_to_take_off"
    FIRST_PAYMENT_ONLY = "first_payment_only"
    ONCE_PER_CUSTOMER = "once_per_customer"


class DiscountRefused(Conflict):
    """A discount does not apply.

    Attributes:
        why: for whoever has words of their own for it.
    """

    def __init__(
        self, why: DiscountRefusal, problem: Problem, *, code: str, field: str, values: Mapping[str, Any]
    ) -> None:
        super().__init__(problem, code=code, field=field, values=values)
        self.why = why


class Redemption(NamedTuple):
    """One session's place in a coupon, and in the promotion code through which it came, if any.

    Attributes:
        first_time_transaction, one_per_customer: what the code asked when it was used.
    """

    session_id: str
    coupon_id: str
    promotion_code_id: str | None
    customer_id: str | None
    first_time_transaction: bool
    one_per_customer: bool
    status: RedemptionStatus


class Hold(StrEnum):
    """How a place stands that a buyer has by a code that they typed."""

    HELD = "held"
    OVER = "over"


class RecordedRedemption(NamedTuple):
    """A redemption as it is looked at afterwards. Instants are Unix milliseconds.

    Attributes:
        off: what was taken off the order.
    """

    redemption: Redemption
    livemode: bool
    order_id: str
    off: Money
    created_at: int
    updated_at: int


class RedemptionObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A redemption as the API shows it: one session's place in a coupon.

    Attributes:
        promotion_code_id: the code through which it came; null where the coupon was applied directly.
        status: ``reserved`` while the session may still be paid, ``redeemed`` once it is, ``released`` when it ended
            unpaid, or half an hour after its buyer typed the code and sent nothing. A released one can still be
            redeemed, if there is a place.
        amount: what is taken off the order, as a decimal string in ``currency``.
    """

    id: str
    object: Literal["redemption"] = "redemption"
    livemode: bool
    coupon_id: str
    promotion_code_id: str | None
    customer_id: str | None
    session_id: str
    order_id: str
    status: Literal["reserved", "redeemed", "released"]
    amount: str
    currency: str
    created_at: str
    updated_at: str


_R = DiscountRefusal


class Offer(NamedTuple):
    """What a buyer may have, before anything is held for them.

    Attributes:
        off: what is taken off; nothing where that rounds to nothing, or there is nothing to take it off.
    """

    coupon: Coupon
    promotion: PromotionCode | None
    off: Money

    @property
    def field(self) -> str:
        """The field in which it was asked for."""
        return "coupon_id" if self.promotion is None else "promotion_code"


def to_api(recorded: RecordedRedemption) -> RedemptionObject:
    """The redemption in the API's form."""
    redemption = recorded.redemption
    return RedemptionObject(
        id=ids.renamed(ids.REDEMPTION, redemption.session_id),
        livemode=recorded.livemode,
        coupon_id=redemption.coupon_id,
        promotion_code_id=redemption.promotion_code_id,
        customer_id=redemption.customer_id,
        session_id=redemption.session_id,
        order_id=recorded.order_id,
        status=redemption.status.value,
        amount=str(recorded.off),
        currency=recorded.off.currency,
        created_at=to_rfc3339(recorded.created_at),
        updated_at=to_rfc3339(recorded.updated_at),
    )


def offered(coupon: Coupon, promotion: PromotionCode | None, subtotal: Money, *, now: int) -> Offer:
    """What a coupon takes off the price of the goods, directly or through a promotion code.

    Raises:
        Conflict: it is switched off, expired or used up, or not for this price; the message says which.
    """
    offer = Offer(coupon, promotion, Money(0, subtotal.currency))
    refuse_unavailable(offer, now=now)
    discount = coupon.discount
    if isinstance(discount, AmountOff) and discount.off.currency != subtotal.currency:
        raise not_applicable(
            offer,
            _R.OTHER_CURRENCY,
            Problem.DISCOUNT_CURRENCY,
            what="coupon",
            discount=discount.off.currency,
            price=subtotal.currency,
        )
    minimum = promotion.minimum if promotion is not None else None
    if minimum is not None and minimum.currency != subtotal.currency:
        raise not_applicable(
            offer,
            _R.OTHER_CURRENCY,
            Problem.DISCOUNT_CURRENCY,
            what="minimum",
            discount=minimum.currency,
            price=subtotal.currency,
        )
    if minimum is not None and subtotal.minor < minimum.minor:
        raise not_applicable(offer, _R.BELOW_MINIMUM, Problem.DISCOUNT_MINIMUM, minimum=minimum)
    return offer._replace(off=discount.on(subtotal) if subtotal.minor > 0 else offer.off)


def refuse_unavailable(offer: Offer, *, now: int) -> None:
    """Say why nobody gets it, if nobody does.

    Raises:
        Conflict: the coupon or the code is switched off, expired or used up.
    """
    for what, one in (("promotion code", offer.promotion), ("coupon", offer.coupon)):
        if one is None:
            continue
        if not one.active:
            raise _refused(offer, _R.INACTIVE, Problem.DISCOUNT_INACTIVE, code="discount_inactive", what=what)
        if one.expires_at is not None and one.expires_at <= now:
            raise _refused(offer, _R.EXPIRED, Problem.DISCOUNT_EXPIRED, code="discount_expired", what=what)
        if one.uses.exhausted:
            raise used_up(offer, what)


def used_up(offer: Offer, what: str) -> DiscountRefused:
    """There is no place left."""
    return _refused(offer, _R.USED_UP, Problem.DISCOUNT_USED_UP, code="discount_used_up", what=what)


def not_applicable(offer: Offer, why: DiscountRefusal, problem: Problem, **values: Any) -> DiscountRefused:
    """It exists and works, but not for this buyer or this price."""
    return _refused(offer, why, problem, code="discount_not_applicable", **values)


def _refused(offer: Offer, why: DiscountRefusal, problem: Problem, *, code: str, **values: Any) -> DiscountRefused:
    return DiscountRefused(why, problem, code=code, field=offer.field, values=values)
