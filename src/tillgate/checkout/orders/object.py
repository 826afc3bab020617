"""An order as the API, the events and the webhooks show it."""

from typing import Final, Literal

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.base.money import MINOR_DIGITS, format_minor
from tillgate.checkout.metadata import metadata_to_api
from tillgate.checkout.orders.model import Delivery, Order, OrderStatus, Token, payment_required
from tillgate.checkout.payments.model import Unusual
from tillgate.checkout.payments.object import RateObject, rate_to_api


class DeliveryObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What you have said of handing a line over.

    Attributes:
        transaction_id: a transaction's hash, or a parcel's number.
        tokens: what the recipient got on a chain.
        reason: why it failed.
    """

    livemode: bool
    status: Literal["delivered", "failed"]
    transaction_id: str | None
    tokens: list[Token]
    reason: str | None
    at: str


class LineItemObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A line of an order. Amounts are decimal strings in the order's currency; a ``discount``'s is taken off.

    Attributes:
        delivery: whether it was handed over; null while you have not said.
    """

    id: str
    object: Literal["line_item"] = "line_item"
    livemode: bool
    kind: Literal["product", "tax", "discount"]
    name: str
    quantity: int
    unit_amount: str
    amount: str
    product_id: str | None
    delivery: DeliveryObject | None


class DiscountObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a coupon takes off the whole order."""

    livemode: bool
    name: str
    amount: str
    coupon_id: str | None
    promotion_code_id: str | None


class OrderAmounts(msgspec.Struct, frozen=True, kw_only=True):
    """``total = subtotal + tax + shipping - discount``, as decimal strings in the order's currency."""

    subtotal: str
    tax: str
    shipping: str
    discount: str
    total: str


class OrderObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An order as the API shows it.

    Attributes:
        exceptions: what is unusual about its money: ``underpaid``, ``overpaid``, ``late``, ``reorged``,
            ``unexpected``.
        payment_status: ``paid`` while the order is; ``no_payment_required`` where its total is zero.
        received: what has arrived and is confirmed, in the order's currency at the locked price.
        refunded: what has gone back of it.
        customer_stated: whether the customer is only who the buyer of a payment link said they are; nothing is proved.
        client_reference_id: what whoever sent the buyer calls it; never unique.
        decision: what you said last about unusual money.
        expires_at: money that is complete at this instant or later is late.
        receipt_url: where the buyer downloads the receipt, without a key; null while the order is not paid.
        exchange_rate: the rate that was locked for the option that the session shows; absent where none was needed.
    """

    id: str
    object: Literal["order"] = "order"
    livemode: bool
    session_id: str
    payment_id: str
    customer_id: str | None
    customer_stated: bool
    status: Literal["open", "processing", "review", "paid", "refunded", "expired", "canceled"]
    payment_status: Literal["unpaid", "paid", "no_payment_required"]
    exceptions: list[Unusual]
    fulfillment: Literal["unfulfilled", "fulfilled"]
    reference: str | None
    unique_reference: bool
    client_reference_id: str | None
    currency: str
    line_items: list[LineItemObject]
    discounts: list[DiscountObject]
    amounts: OrderAmounts
    received: str
    refunded: str
    decision: Literal["accepted", "waiting", "refunded"] | None
    metadata: msgspec.Raw
    receipt_url: str | None
    expires_at: str
    created_at: str
    updated_at: str
    exchange_rate: RateObject | msgspec.UnsetType = msgspec.UNSET


# The orders that were paid.
_RECEIPTED: Final = frozenset({OrderStatus.PAID, OrderStatus.REFUNDED})


def to_api(order: Order, public_url: str) -> OrderObject:
    """The order in the API's form.

    Args:
        public_url: where buyers reach this server.
    """
    digits = MINOR_DIGITS[order.currency]

    def text(minor: int) -> str:
        return format_minor(minor, digits)

    totals = order.totals
    rate = order.payment.terms.rate
    return OrderObject(
        id=order.id,
        livemode=order.livemode,
        session_id=order.session_id,
        payment_id=order.payment.id,
        customer_id=order.customer_id,
        customer_stated=order.customer_stated,
        status=order.status.value,
        payment_status=payment_required(order.status, order.price).value,
        exceptions=order.exceptions,
        fulfillment=order.fulfillment.value,
        reference=order.reference,
        unique_reference=order.unique_reference,
        client_reference_id=order.client_reference_id,
        currency=order.currency,
        line_items=[
            LineItemObject(
                id=item.id,
                livemode=order.livemode,
                kind=item.kind.value,
                name=item.name,
                quantity=item.quantity,
                unit_amount=text(item.unit_minor),
                amount=text(item.amount_minor),
                product_id=item.product_id,
                delivery=_delivery(item.delivery, livemode=order.livemode),
            )
            for item in order.line_items
        ],
        discounts=[
            DiscountObject(
                livemode=order.livemode,
                name=one.name,
                amount=text(one.amount_minor),
                coupon_id=one.coupon_id,
                promotion_code_id=one.promotion_code_id,
            )
            for one in order.discounts
        ],
        amounts=OrderAmounts(
            subtotal=text(totals.subtotal),
            tax=text(totals.tax),
            shipping=text(totals.shipping),
            discount=text(totals.discount),
            total=text(order.total_minor),
        ),
        received=str(order.received),
        refunded=text(order.payment.refunded_minor),
        decision=order.payment.decision.value if order.payment.decision is not None else None,
        metadata=metadata_to_api(order.metadata),
        receipt_url=f"{public_url}/checkout/{order.session_id}/receipt" if order.status in _RECEIPTED else None,
        expires_at=to_rfc3339(order.expires_at),
        created_at=to_rfc3339(order.created_at),
        updated_at=to_rfc3339(order.updated_at),
        exchange_rate=rate_to_api(rate, order.expires_at) if rate is not None else msgspec.UNSET,
    )


def _delivery(delivery: Delivery | None, *, livemode: bool) -> DeliveryObject | None:
    if delivery is None:
        return None
    return DeliveryObject(
        livemode=livemode,
        status=delivery.status.value,
        transaction_id=delivery.transaction_id,
        tokens=list(delivery.tokens),
        reason=delivery.reason,
        at=to_rfc3339(delivery.at),
    )
