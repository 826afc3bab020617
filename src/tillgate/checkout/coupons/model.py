"""Coupons, inside and on the wire."""

import re
from typing import Final, Literal

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import InvalidInput
from tillgate.base.invariants import ensure, present
from tillgate.base.money import Money, format_minor, parse_amount, parse_currency, worded
from tillgate.base.problems import Problem
from tillgate.checkout.metadata import metadata_to_api

WHOLE_HUNDREDTHS: Final = 10_000
DISCOUNT_TYPES: Final = ("amount", "percentage")
_PERCENTAGE: Final = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?", re.ASCII)


class AmountOff(msgspec.Struct, frozen=True):
    """So much less, in one currency."""

    off: Money

    def on(self, subtotal: Money) -> Money:
        """What is taken off a price of the same currency: never more than there is."""
        ensure(subtotal.currency == self.off.currency, "a discount is in the currency of the price")
        return Money(min(self.off.minor, subtotal.minor), subtotal.currency)


class PercentageOff(msgspec.Struct, frozen=True):
    """A part less, in hundredths of a percent, of whatever currency."""

    hundredths: int

    def on(self, subtotal: Money) -> Money:
        """What is taken off a price, rounded down: never less than what is due is charged."""
        return Money(subtotal.minor * self.hundredths // WHOLE_HUNDREDTHS, subtotal.currency)


Discount = AmountOff | PercentageOff


class Uses(msgspec.Struct, frozen=True, kw_only=True):
    """How often something may be redeemed, and was.

    Attributes:
        most: None for no limit.
        reserved: held by sessions that may still be paid.
        redeemed: taken by sessions that were paid.
    """

    most: int | None
    reserved: int = 0
    redeemed: int = 0

    @property
    def exhausted(self) -> bool:
        return self.most is not None and self.reserved + self.redeemed >= self.most


class Coupon(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken off. Instants are Unix milliseconds.

    Attributes:
        discount: never changes, so that what was promised stays true.
        expires_at: from then on no new session gets it; one that has it may still be paid.
        metadata: the merchant's JSON object as text.
    """

    id: str
    project_id: str
    livemode: bool
    name: str
    description: str | None
    discount: Discount
    expires_at: int | None
    uses: Uses
    active: bool
    metadata: str | None
    created_at: int
    updated_at: int


class CouponObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A coupon as the API shows it.

    Attributes:
        discount_amount, currency: of an ``amount`` coupon, as a decimal string and its ISO 4217 code.
        discount_percentage: of a ``percentage`` coupon, as a decimal string such as ``"12.5"``.
        max_redemptions: null for no limit.
        reserved_redemptions: held by sessions that may still be paid; they count against the limit.
        redemptions: by sessions that were paid.
    """

    id: str
    object: Literal["coupon"] = "coupon"
    livemode: bool
    name: str
    description: str | None
    discount_type: Literal["amount", "percentage"]
    discount_amount: str | None
    currency: str | None
    discount_percentage: str | None
    expires_at: str | None
    max_redemptions: int | None
    reserved_redemptions: int
    redemptions: int
    active: bool
    metadata: msgspec.Raw
    created_at: str
    updated_at: str


def checked_discount(type: str, amount: str | None, currency: str | None, percentage: str | None) -> Discount:
    """A discount out of what a merchant says.

    Raises:
        InvalidInput: a part is missing, malformed, or belongs to the other type; it is named.
    """
    if type not in DISCOUNT_TYPES:
        raise InvalidInput("discount_type", Problem.NOT_A_CHOICE, choices=DISCOUNT_TYPES)
    wanted, others = (
        ({"discount_amount": amount, "currency": currency}, {"discount_percentage": percentage})
        if type == "amount"
        else ({"discount_percentage": percentage}, {"discount_amount": amount, "currency": currency})
    )
    for field, value in wanted.items():
        if value is None:
            raise InvalidInput(field, Problem.REQUIRED, where=("discount_type", type))
    for field, value in others.items():
        if value is not None:
            raise InvalidInput(field, Problem.NOT_WHERE, where=("discount_type", type))
    if percentage is not None:
        return PercentageOff(_hundredths(percentage))
    amount, currency = (
        present(amount, "an amount that was asked for"),
        present(currency, "a currency that was asked for"),
    )
    return AmountOff(parse_amount(amount, parse_currency(currency, field="currency"), field="discount_amount"))


def _hundredths(percentage: str) -> int:
    match = _PERCENTAGE.fullmatch(percentage)
    hundredths = int(match[1] + (match[2] or "").ljust(2, "0")) if match is not None else 0
    if not 1 <= hundredths <= WHOLE_HUNDREDTHS:
        raise InvalidInput("discount_percentage", Problem.NOT_A_PERCENTAGE)
    return hundredths


def to_api(coupon: Coupon) -> CouponObject:
    """The coupon in the API's form."""
    discount = coupon.discount
    off = discount.off if isinstance(discount, AmountOff) else None
    return CouponObject(
        id=coupon.id,
        livemode=coupon.livemode,
        name=coupon.name,
        description=coupon.description,
        discount_type="amount" if off is not None else "percentage",
        discount_amount=worded(off.minor, off.currency) if off is not None else None,
        currency=off.currency if off is not None else None,
        discount_percentage=percentage_of(discount),
        expires_at=to_rfc3339(coupon.expires_at) if coupon.expires_at is not None else None,
        max_redemptions=coupon.uses.most,
        reserved_redemptions=coupon.uses.reserved,
        redemptions=coupon.uses.redeemed,
        active=coupon.active,
        metadata=metadata_to_api(coupon.metadata),
        created_at=to_rfc3339(coupon.created_at),
        updated_at=to_rfc3339(coupon.updated_at),
    )


def percentage_of(discount: Discount) -> str | None:
    """``"12.5"``: the percentage without needless zeros; None where the discount is an amount."""
    if isinstance(discount, AmountOff):
        return None
    whole, _, rest = format_minor(discount.hundredths, 2).partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole
