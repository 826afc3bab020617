"""Products, inside and on the wire."""

from enum import StrEnum
from typing import Final, Literal

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import InvalidInput
from tillgate.base.invariants import present
from tillgate.base.money import Money, parse_amount, parse_currency, worded
from tillgate.base.problems import Field, Problem
from tillgate.checkout.metadata import metadata_to_api

REFERENCE_MAX: Final = 200


class Pricing(StrEnum):
    """Who says what a product costs."""

    FIXED = "fixed"
    BUYER = "buyer"


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What a product costs, in minor units of its currency.

    Attributes:
        suggested: the price itself where it is fixed; where the buyer says it, what they are offered first.
        least, most: what a buyer may say, both included; None for no bound.
    """

    pricing: Pricing
    currency: str
    suggested: int | None
    least: int | None = None
    most: int | None = None

    def charged(self, amount: str | None, *, field: Field) -> Money:
        """What is charged for one, given what the buyer says.

        Raises:
            InvalidInput: a fixed price was to be changed, or a buyer's price is missing, malformed or out of bounds.
        """
        if self.pricing is Pricing.FIXED:
            fixed = Money(present(self.suggested, "the price of a product whose price is fixed"), self.currency)
            if amount is not None and parse_amount(amount, self.currency, field=field, may_be_zero=True) != fixed:
                raise InvalidInput(field, Problem.FIXED_PRICE, price=fixed)
            return fixed
        if amount is None:
            if self.suggested is None:
                raise InvalidInput(field, Problem.BUYER_SETS_PRICE)
            return Money(self.suggested, self.currency)
        price = parse_amount(amount, self.currency, field=field, may_be_zero=self.least == 0)
        for bound, beyond, problem in (
            (self.least, self.least is not None and price.minor < self.least, Problem.PRICE_BELOW),
            (self.most, self.most is not None and price.minor > self.most, Problem.PRICE_ABOVE),
        ):
            if bound is not None and beyond:
                raise InvalidInput(field, problem, bound=Money(bound, self.currency))
        return price


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """Something for sale. Instants are Unix milliseconds.

    Attributes:
        active: whether it can be bought; what was bought stays bought.
        metadata: the merchant's JSON object as text.
        reference: what the merchant calls it; its twin in the other mode has the same one.
    """

    id: str
    project_id: str
    livemode: bool
    name: str
    description: str | None
    price: Price
    active: bool
    metadata: str | None
    created_at: int
    updated_at: int
    reference: str | None = None


class ProductObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A product as the API shows it.

    Attributes:
        pricing: ``fixed``, or ``buyer`` where the buyer says what they pay.
        price: the price; of a buyer-priced product the suggested one, if there is one.
        price_min, price_max: the bounds of what a buyer may say, both included.
        reference: what the merchant calls it; unique in its mode. The product of the other mode that has the same one
            is its twin.
    """

    id: str
    object: Literal["product"] = "product"
    livemode: bool
    name: str
    description: str | None
    pricing: Literal["fixed", "buyer"]
    price: str | None
    currency: str
    price_min: str | None
    price_max: str | None
    active: bool
    reference: str | None
    metadata: msgspec.Raw
    created_at: str
    updated_at: str


def checked_price(pricing: str, currency: str, price: str | None, least: str | None, most: str | None) -> Price:
    """A price out of what a merchant says: decimal strings and an ISO 4217 code.

    A fixed price may be zero, and so may the least that a buyer says; what they are offered, only where that is so.

    Raises:
        InvalidInput: a part is malformed or does not fit the others; it is named.
    """
    if pricing not in tuple(Pricing):
        raise InvalidInput("pricing", Problem.NOT_A_CHOICE, choices=tuple(Pricing))
    parse_currency(currency, field="currency")

    def minor(text: str | None, field: str, *, may_be_zero: bool) -> int | None:
        return parse_amount(text, currency, field=field, may_be_zero=may_be_zero).minor if text is not None else None

    lowest = minor(least, "price_min", may_be_zero=True)
    checked = Price(
        pricing=Pricing(pricing),
        currency=currency,
        suggested=minor(price, "price", may_be_zero=pricing == Pricing.FIXED or lowest == 0),
        least=lowest,
        most=minor(most, "price_max", may_be_zero=False),
    )
    if checked.pricing is Pricing.FIXED:
        if checked.suggested is None:
            raise InvalidInput("price", Problem.REQUIRED, where=("pricing", "fixed"))
        for bound, field in ((checked.least, "price_min"), (checked.most, "price_max")):
            if bound is not None:
                raise InvalidInput(field, Problem.FIXED_HAS_NO_BOUNDS)
        return checked
    if checked.least is not None and checked.most is not None and checked.least > checked.most:
        raise InvalidInput("price_max", Problem.AT_LEAST_FIELD, other="price_min")
    if checked.suggested is not None:
        if checked.least is not None and checked.suggested < checked.least:
            raise InvalidInput("price", Problem.AT_LEAST_FIELD, other="price_min")
        if checked.most is not None and checked.suggested > checked.most:
            raise InvalidInput("price", Problem.AT_MOST_FIELD, other="price_max")
    return checked


def to_api(product: Product) -> ProductObject:
    """The product in the API's form."""
    price = product.price
    return ProductObject(
        id=product.id,
        livemode=product.livemode,
        name=product.name,
        description=product.description,
        pricing=price.pricing.value,
        price=worded(price.suggested, price.currency),
        currency=price.currency,
        price_min=worded(price.least, price.currency),
        price_max=worded(price.most, price.currency),
        active=product.active,
        reference=product.reference,
        metadata=metadata_to_api(product.metadata),
        created_at=to_rfc3339(product.created_at),
        updated_at=to_rfc3339(product.updated_at),
    )
