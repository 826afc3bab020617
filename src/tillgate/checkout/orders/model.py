"""Orders: their lines, totals that add up, states, and the legal moves between them."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

import msgspec

from tillgate.base.errors import InvalidInput
from tillgate.base.money import INTEGER_DIGITS_MAX, MINOR_DIGITS, Money
from tillgate.base.problems import Field, Problem
from tillgate.checkout.payments.model import Payment, Unusual, exceptions_of
from tillgate.events import types
from tillgate.events.types import EventType

REFERENCE_MAX: Final = 200
LINE_ITEMS_MAX: Final = 100
QUANTITY_MAX: Final = 1_000_000
TRANSACTION_ID_MAX: Final = 200
REASON_MAX: Final = 500
TOKENS_MAX: Final = 100
TOKEN_TEXT_MAX: Final = 400


class OrderStatus(StrEnum):
    """Where an order stands. What is unusual about its money is told beside it, by ``exceptions``."""

    OPEN = "open"
    PROCESSING = "processing"
    REVIEW = "review"
    PAID = "paid"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    CANCELED = "canceled"


_O = OrderStatus

# Every legal move. Money may come for an order that nobody expected any of any more, and may go away again.
EDGES: Final[dict[OrderStatus, frozenset[OrderStatus]]] = {
    _O.OPEN: frozenset({_O.PROCESSING, _O.REVIEW, _O.PAID, _O.EXPIRED, _O.CANCELED}),
    _O.PROCESSING: frozenset({_O.OPEN, _O.REVIEW, _O.PAID, _O.REFUNDED, _O.EXPIRED, _O.CANCELED}),
    _O.REVIEW: frozenset({_O.OPEN, _O.PROCESSING, _O.PAID, _O.REFUNDED, _O.EXPIRED, _O.CANCELED}),
    _O.EXPIRED: frozenset({_O.REVIEW, _O.PAID, _O.CANCELED}),
    _O.CANCELED: frozenset({_O.REVIEW, _O.REFUNDED}),
    _O.PAID: frozenset({_O.REVIEW, _O.REFUNDED, _O.CANCELED}),
    _O.REFUNDED: frozenset({_O.REVIEW, _O.PAID, _O.CANCELED}),
}

# The event of a move. That an order is open again is an update: what changed says that money is gone.
EVENT_OF: Final[dict[OrderStatus, EventType]] = {
    _O.OPEN: types.ORDER_UPDATED,
    _O.PROCESSING: types.ORDER_PROCESSING,
    _O.REVIEW: types.ORDER_REVIEW,
    _O.PAID: types.ORDER_PAID,
    _O.REFUNDED: types.ORDER_REFUNDED,
    _O.EXPIRED: types.ORDER_EXPIRED,
    _O.CANCELED: types.ORDER_CANCELED,
}


class PaymentRequired(StrEnum):
    """Whether an order's price is paid: what people fulfil on."""

    UNPAID = "unpaid"
    PAID = "paid"
    NOT_REQUIRED = "no_payment_required"


def payment_required(status: OrderStatus, price: Money) -> PaymentRequired:
    """Whether an order in this state and of this price is paid; what was given back is not paid any more."""
    if status is not OrderStatus.PAID:
        return PaymentRequired.UNPAID
    return PaymentRequired.PAID if price.minor else PaymentRequired.NOT_REQUIRED


class Fulfillment(StrEnum):
    """What the merchant has done about it; theirs to set, whatever the money does."""

    UNFULFILLED = "unfulfilled"
    FULFILLED = "fulfilled"


class LineItemKind(StrEnum):
    """What a line is: something bought, a tax on top, or a reduction."""

    PRODUCT = "product"
    TAX = "tax"
    DISCOUNT = "discount"


class DeliveryStatus(StrEnum):
    """How the delivery of a line ended; both are final."""

    DELIVERED = "delivered"
    FAILED = "failed"


class Token(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel", forbid_unknown_fields=True):
    """What the recipient got on a chain.

    Attributes:
        locator: ``<chain>:<contract>:<token id>``, or ``<chain>:<mint hash>``.
    """

    locator: Annotated[str, msgspec.Meta(min_length=1, max_length=TOKEN_TEXT_MAX)]
    contract_address: Annotated[str, msgspec.Meta(max_length=TOKEN_TEXT_MAX)] | None = None
    token_id: Annotated[str, msgspec.Meta(max_length=TOKEN_TEXT_MAX)] | None = None
    mint_hash: Annotated[str, msgspec.Meta(max_length=TOKEN_TEXT_MAX)] | None = None


class Delivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line that was handed over, or could not be.

    Attributes:
        at: when the merchant said so, as Unix milliseconds.
        transaction_id: what the merchant names it by: a transaction's hash, or a parcel's number.
        reason: why it failed, in the merchant's words.
    """

    status: DeliveryStatus
    at: int
    transaction_id: str | None = None
    tokens: tuple[Token, ...] = ()
    reason: str | None = None


class LineItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line. ``unit_minor`` is never negative: a discount's is what it takes off.

    Attributes:
        buyer_priced: what it costs was only suggested so far, and is the buyer's to say.
        delivery: what the merchant has said of handing it over; None while that is open.
        delivers_itself: in test mode, it is delivered once its order is paid.
    """

    id: str
    kind: LineItemKind
    name: str
    quantity: int
    unit_minor: int
    product_id: str | None = None
    buyer_priced: bool = False
    delivery: Delivery | None = None
    delivers_itself: bool = False

    @property
    def amount_minor(self) -> int:
        return self.quantity * self.unit_minor


class Discount(msgspec.Struct, frozen=True, kw_only=True):
    """What a coupon takes off the whole order, in minor units of its currency."""

    name: str
    amount_minor: int
    coupon_id: str | None = None
    promotion_code_id: str | None = None


class Totals(NamedTuple):
    """Minor units of the order's currency: ``total = subtotal + tax + shipping - discount``."""

    subtotal: int
    tax: int
    shipping: int
    discount: int

    @property
    def total(self) -> int:
        return self.subtotal + self.tax + self.shipping - self.discount


class Basket(NamedTuple):
    """What an order is about, before it is one: lines, discounts and shipping in one currency."""

    currency: str
    line_items: tuple[LineItem, ...]
    shipping_minor: int = 0
    discounts: tuple[Discount, ...] = ()

    @property
    def totals(self) -> Totals:
        return totals(self.line_items, self.discounts, self.shipping_minor)

    @property
    def goods(self) -> Money:
        """What the goods cost, before tax, shipping and coupons: the lines' own reductions are taken off."""
        found = totals(self.line_items, (), 0)
        return Money(found.subtotal - found.discount, self.currency)

    @property
    def price(self) -> Money:
        """What is to be paid."""
        return Money(self.totals.total, self.currency)


_NOTHING: Final = dict.fromkeys(LineItemKind, 0)


def totals(line_items: Sequence[LineItem], discounts: Sequence[Discount], shipping_minor: int) -> Totals:
    """What lines, discounts and shipping come to."""
    by_kind = _NOTHING.copy()
    for item in line_items:
        by_kind[item.kind] += item.amount_minor
    return Totals(
        subtotal=by_kind[LineItemKind.PRODUCT],
        tax=by_kind[LineItemKind.TAX],
        shipping=shipping_minor,
        discount=by_kind[LineItemKind.DISCOUNT] + sum(one.amount_minor for one in discounts),
    )


def shares(basket: Basket, paid_minor: int) -> dict[str, int]:
    """What was paid for each of the goods, by the id of its line, where ``paid_minor`` was paid for the whole.

    Tax and discounts are shared in proportion to the goods' prices, shipping is nobody's share, and of a price that was
    paid in part each has its part. Rounded so that together they are exact.
    """
    goods = [one for one in basket.line_items if one.kind is LineItemKind.PRODUCT]
    found = basket.totals
    pool = max(found.total - found.shipping, 0)
    if paid_minor < found.total:
        pool = pool * max(paid_minor, 0) // found.total
    so_far, given, shared = 0, 0, {}
    for one in goods:
        so_far += one.amount_minor
        until = pool * so_far // found.subtotal if found.subtotal else 0
        shared[one.id], given = until - given, until
    return shared


def checked_basket(basket: Basket, *, field: Field) -> Basket:
    """The basket, if somebody can pay it.

    Raises:
        InvalidInput: less than nothing is left to pay, or more than any amount may be.
    """
    found = basket.totals
    if found.total < 0:
        raise InvalidInput(
            field,
            Problem.TOTAL_BELOW_ZERO,
            discount=Money(found.discount, basket.currency),
            price=Money(found.total + found.discount, basket.currency),
        )
    if found.total + found.discount >= 10 ** (INTEGER_DIGITS_MAX + MINOR_DIGITS[basket.currency]):
        raise InvalidInput(field, Problem.TOTAL_TOO_LARGE)
    return basket


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A promise: these things for this price. Instants are Unix milliseconds.

    Attributes:
        reference: the merchant's own name for it.
        client_reference_id: what whoever sent the buyer calls it; never unique, and proves nothing.
        customer_stated: its customer is who the buyer said they are, and nobody has looked.
        unique_reference: no other order of this project and mode that says so, and is not canceled, expired or refunded
            in full, has the same one.
        total_minor: what is to be paid; the sum of its parts, kept for searching.
        expires_at: its session's deadline: money that is complete at it or later is late.
        payment: what came; the order's own amounts are sums over its transactions.
    """

    id: str
    project_id: str
    livemode: bool
    session_id: str
    customer_id: str | None
    status: OrderStatus
    fulfillment: Fulfillment
    reference: str | None
    unique_reference: bool
    currency: str
    line_items: tuple[LineItem, ...]
    discounts: tuple[Discount, ...]
    shipping_minor: int
    total_minor: int
    metadata: str | None
    created_at: int
    updated_at: int
    expires_at: int
    payment: Payment
    client_reference_id: str | None = None
    customer_stated: bool = False

    @property
    def basket(self) -> Basket:
        """What it is about."""
        return Basket(self.currency, self.line_items, self.shipping_minor, self.discounts)

    @property
    def totals(self) -> Totals:
        return self.basket.totals

    @property
    def goods(self) -> tuple[LineItem, ...]:
        """The lines that can be delivered."""
        return tuple(one for one in self.line_items if one.kind is LineItemKind.PRODUCT)

    @property
    def open_items(self) -> tuple[LineItem, ...]:
        """The goods of a paid order of which nobody has said how their delivery ended."""
        return tuple(one for one in self.goods if one.delivery is None) if self.status is OrderStatus.PAID else ()

    @property
    def is_undelivered(self) -> bool:
        """Whether it has goods, and none of them could be delivered."""
        ends = [one.delivery for one in self.goods]
        return bool(ends) and all(one is not None and one.status is DeliveryStatus.FAILED for one in ends)

    @property
    def price(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def received(self) -> Money:
        """What has come and is confirmed, at the price that was locked: always a sum over transactions."""
        return self.payment.received_value

    @property
    def exceptions(self) -> list[Unusual]:
        """What is unusual about the money, in words that combine."""
        return exceptions_of(self.payment, self.expires_at)


def changed(before: Order, after: Order) -> bool:
    """Whether an order has changed in what its events report: its own fields, or what its payment has come to. How far
    money has got on its way is reported by the payment's events."""
    return _money(after) != _money(before) or msgspec.structs.replace(after, payment=before.payment) != before


def _money(order: Order) -> tuple[object, ...]:
    payment = order.payment
    return payment.id, order.received, payment.refunded_minor, payment.decision, order.exceptions
