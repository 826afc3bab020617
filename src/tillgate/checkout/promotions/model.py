"""Promotion codes, inside and on the wire."""

from typing import Final, Literal

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import InvalidInput
from tillgate.base.money import Money, parse_amount, parse_currency
from tillgate.base.problems import Problem
from tillgate.base.text import folded, without_invisible
from tillgate.checkout.coupons.model import AmountOff, Discount, Uses
from tillgate.checkout.metadata import metadata_to_api

CODE_LENGTH_MAX: Final = 80


class PromotionCode(msgspec.Struct, frozen=True, kw_only=True):
    """What buyers type to get a coupon, and when it gives it to them. Instants are Unix milliseconds.

    Attributes:
        code: as the merchant wrote it; compared by :func:`folded`.
        first_time_transaction: only for customers who have paid for nothing before.
        one_per_customer: each customer once; given back where the session was not paid.
        minimum: what the goods must cost before the discount.
        metadata: the merchant's JSON object as text.
    """

    id: str
    project_id: str
    livemode: bool
    coupon_id: str
    code: str
    first_time_transaction: bool
    one_per_customer: bool
    minimum: Money | None
    expires_at: int | None
    uses: Uses
    active: bool
    metadata: str | None
    created_at: int
    updated_at: int

    @property
    def asks_who(self) -> bool:
        """Whether it is for known customers only, because it must know what they did before."""
        return self.first_time_transaction or self.one_per_customer


class PromotionCodeObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A promotion code as the API shows it.

    Attributes:
        minimum_amount, currency: what the goods must cost before the discount; null for no minimum.
        reserved_redemptions: held by sessions that may still be paid; they count against ``maxRedemptions``.
        redemptions: by sessions that were paid.
    """

    id: str
    object: Literal["promotion_code"] = "promotion_code"
    livemode: bool
    code: str
    coupon_id: str
    first_time_transaction: bool
    one_per_customer: bool
    minimum_amount: str | None
    currency: str | None
    expires_at: str | None
    max_redemptions: int | None
    reserved_redemptions: int
    redemptions: int
    active: bool
    metadata: msgspec.Raw
    created_at: str
    updated_at: str


def checked_code(code: str) -> str:
    """A code as a merchant writes it, without what nobody can see: it may have been pasted with it.

    Raises:
        InvalidInput: it is empty, too long, or holds something that no buyer can type reliably.
    """
    visible = without_invisible(code)
    if not 1 <= len(visible) <= CODE_LENGTH_MAX:
        raise InvalidInput("code", Problem.LENGTH, minimum=1, maximum=CODE_LENGTH_MAX, length=len(visible))
    if not visible.isprintable() or any(char.isspace() for char in folded(visible)):
        raise InvalidInput("code", Problem.SPACES)
    return visible


def checked_minimum(amount: str | None, currency: str | None, discount: Discount) -> Money | None:
    """What the goods must cost, out of what a merchant says.

    Raises:
        InvalidInput: one of the two is missing or malformed, or the coupon is of another currency.
    """
    if amount is None and currency is None:
        return None
    if currency is None:
        raise InvalidInput("currency", Problem.REQUIRED, beside="minimum_amount")
    if amount is None:
        raise InvalidInput("minimum_amount", Problem.REQUIRED, beside="currency")
    minimum = parse_amount(amount, parse_currency(currency, field="currency"), field="minimum_amount")
    if isinstance(discount, AmountOff) and discount.off.currency != currency:
        raise InvalidInput("currency", Problem.COUPON_CURRENCY, coupon=discount.off.currency, currency=currency)
    return minimum


def to_api(promotion: PromotionCode) -> PromotionCodeObject:
    """The promotion code in the API's form."""
    return PromotionCodeObject(
        id=promotion.id,
        livemode=promotion.livemode,
        code=promotion.code,
        coupon_id=promotion.coupon_id,
        first_time_transaction=promotion.first_time_transaction,
        one_per_customer=promotion.one_per_customer,
        minimum_amount=str(promotion.minimum) if promotion.minimum is not None else None,
        currency=promotion.minimum.currency if promotion.minimum is not None else None,
        expires_at=to_rfc3339(promotion.expires_at) if promotion.expires_at is not None else None,
        max_redemptions=promotion.uses.most,
        reserved_redemptions=promotion.uses.reserved,
        redemptions=promotion.uses.redeemed,
        active=promotion.active,
        metadata=metadata_to_api(promotion.metadata),
        created_at=to_rfc3339(promotion.created_at),
        updated_at=to_rfc3339(promotion.updated_at),
    )
