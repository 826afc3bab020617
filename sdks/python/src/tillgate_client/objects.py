"""What the server answers with, as frozen values.

Names are Python's (``fiat_amount`` for ``fiatAmount``). Instants are aware ``datetime``, money is decimal
text. Fields that a newer server adds are ignored; words such as a status are plain ``str``, so that a new one
is no error. ``livemode`` of what stands inside an object is None where an older server, or an event of its time, does
not say it.

What ``expand`` asks for stands beside the id that names it (``order.customer`` beside ``order.customer_id``), and is
None where nothing is named or nobody asked.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Generic, Literal, NotRequired, TypedDict, TypeVar

import msgspec

T = TypeVar("T")

Outcome = Literal[
    "detected",
    "paid",
    "underpaid",
    "overpaid",
    "late",
    "failed",
    "authorized",
    "declined",
    "top_up",
    "reorged",
    "dust",
]
SessionStatus = Literal["pending", "detected", "underpaid", "overpaid", "paid", "paid_late", "expired", "failed"]

OrderStatus = Literal["open", "processing", "review", "paid", "refunded", "expired", "canceled"]
Fulfillment = Literal["unfulfilled", "fulfilled"]
Expand = str | Sequence[str]
"""Paths of what is to be put into an answer, by its fields: ``["customer", "order.line_items.product"]``."""
OrderRefund = Literal["everything", "excess"]
CaptureMethod = Literal["automatic", "manual"]
Locale = Literal["en", "de", "fr", "es", "pt-BR", "ja", "ar"]
PaymentStatus = Literal[
    "awaiting", "detected", "requires_capture", "review", "succeeded", "expired", "canceled", "failed"
]
TransactionKind = Literal["transfer", "capture", "refund"]
RefundStatus = Literal["pending", "succeeded", "failed", "canceled"]
RedemptionStatus = Literal["reserved", "redeemed", "released"]
UnassignedStatus = Literal["confirming", "unassigned", "assigned", "returned", "orphaned"]
RefundReason = Literal["requested_by_customer", "duplicate", "fraudulent", "underpaid", "overpaid", "late", "other"]

EVENT_TYPES: Final = (
    "session.created",
    "session.detected",
    "session.paid",
    "session.paid_late",
    "session.underpaid",
    "session.overpaid",
    "session.expired",
    "session.failed",
    "session.updated",
    "payment_link.created",
    "payment_link.updated",
    "customer.created",
    "customer.updated",
    "customer.erased",
    "webhook_endpoint.failing",
    "webhook_endpoint.disabled",
    "product.created",
    "product.updated",
    "coupon.created",
    "coupon.updated",
    "promotion_code.created",
    "promotion_code.updated",
    "order.processing",
    "order.review",
    "order.paid",
    "order.refunded",
    "order.expired",
    "order.canceled",
    "order.delivered",
    "order.delivery_failed",
    "order.updated",
    "api_key.exposed",
    "api_key.canary_used",
    "api_key.disabled",
    "api_key.enabled",
    "api_key.revoked",
    "api_key.expiring",
    "api_key.expired",
    "payment.detected",
    "payment.declined",
    "payment.requires_capture",
    "payment.captured",
    "payment.review",
    "payment.succeeded",
    "payment.expired",
    "payment.canceled",
    "payment.failed",
    "payment.updated",
    "refund.created",
    "refund.succeeded",
    "refund.failed",
    "refund.canceled",
    "refund.reorganized",
    "refund.updated",
    "unassigned_transfer.created",
    "unassigned_transfer.assigned",
    "unassigned_transfer.returned",
    "unassigned_transfer.updated",
    "payment_token.created",
    "payment_token.approved",
    "payment_token.rejected",
    "payment_token.enabled",
    "payment_token.disabled",
    "payment_token.deleted",
    "payment_token.used",
    "render.succeeded",
    "render.failed",
    "alert.needs_review",
    "alert.unassigned_transfer",
    "alert.endpoint_failing",
    "alert.key_expiring",
    "alert.key_exposed",
    "alert.new_device",
    "alert.setting_changed",
    "alert.refund_reorganized",
    "alert.network_behind",
    "alert.network_disagreement",
    "alert.network_reorganized",
    "alert.token_changed",
)


class Amount(TypedDict):
    """A price to ask for: ``{"value": "50.00", "currency": "USD"}``. ``value`` is text, never a float."""

    value: str
    currency: str


class NewLineItem(TypedDict):
    """A line of an order to be: ``{"name": "Tea", "unit_amount": "4.50", "quantity": 2}``, or with a ``product_id``
    that brings both. ``unit_amount`` is text."""

    name: NotRequired[str]
    unit_amount: NotRequired[str]
    quantity: NotRequired[int]
    kind: NotRequired[Literal["product", "tax", "discount"]]
    product_id: NotRequired[str]


def to_plain(value: Any) -> Any:
    """Objects as plain dicts and lists under Python's names, instants as RFC 3339 text: what JSON can hold."""
    match value:
        case ApiObject():
            return value.to_dict()
        case list() | tuple():
            return [to_plain(one) for one in value]
        case datetime():
            return msgspec.to_builtins(value)
        case _:
            return value


class ApiObject(msgspec.Struct, frozen=True, weakref=True):
    """What all objects have."""

    def to_dict(self) -> dict[str, Any]:
        """The object as a plain dict that JSON can hold, under Python's names also inside; instants as RFC 3339 text.

        ``metadata`` and an event's ``data`` stay as they are. A one-time secret is there by its beginning only.
        """
        return {name: to_plain(getattr(self, name)) for name in self.__struct_fields__}


class CryptoAmount(ApiObject, frozen=True):
    """An amount of the session's asset: the smallest unit and the human one, both as decimal text."""

    wei: str
    eth: str


class FiatAmount(ApiObject, frozen=True):
    """A price with all of the currency's minor digits, and its ISO 4217 code."""

    amount: str
    currency: str


class PaymentLink(ApiObject, frozen=True, rename="camel", kw_only=True):
    """A price with an address of its own: ``checkout_url`` shows the offer; each buyer who continues gets a session.

    Attributes:
        expires_at: from then on it opens no session.
        completed_sessions: how many of its sessions were paid, whatever was refunded later.
        max_completed_sessions: at this number it opens no more.
    """

    id: str
    object: str
    livemode: bool
    slug: str
    title: str
    description: str | None
    fiat_amount: str
    fiat_currency: str
    success_url: str | None
    cancel_url: str | None
    active: bool
    archived: bool
    allow_promotion_codes: bool = False
    expires_at: datetime | None = None
    completed_sessions: int = 0
    max_completed_sessions: int | None = None
    checkout_url: str
    created_at: datetime
    updated_at: datetime


class Token(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What the recipient got on a chain."""

    locator: str
    contract_address: str | None = None
    token_id: str | None = None
    mint_hash: str | None = None


class Delivery(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What you have said of handing a line over: ``delivered`` or ``failed``."""

    livemode: bool | None = None
    status: str
    transaction_id: str | None
    tokens: list[Token]
    reason: str | None
    at: datetime


class LineItem(ApiObject, frozen=True, rename="camel", kw_only=True):
    """A line of an order; a ``discount``'s amounts are what it takes off."""

    id: str
    object: str
    livemode: bool | None = None
    kind: str
    name: str
    quantity: int
    unit_amount: str
    amount: str
    product_id: str | None
    delivery: Delivery | None = None
    product: "Product | None" = None


class Discount(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What a coupon takes off the whole order."""

    livemode: bool | None = None
    name: str
    amount: str
    coupon_id: str | None
    promotion_code_id: str | None
    coupon: "Coupon | None" = None
    promotion_code: "PromotionCode | None" = None


class OrderAmounts(ApiObject, frozen=True, kw_only=True):
    """``total = subtotal + tax + shipping - discount``."""

    subtotal: str
    tax: str
    shipping: str
    discount: str
    total: str


class ExchangeRateLeg(ApiObject, frozen=True, rename="camel", kw_only=True):
    """One rate that a price was converted by: ``value`` units of ``quote`` for one unit of ``base``."""

    base: str
    quote: str
    value: str
    source: str
    as_of: datetime


class ExchangeRate(ApiObject, frozen=True, rename="camel", kw_only=True):
    """The rate that was locked: ``value`` units of ``quote`` for one unit of ``base``, the price's currency.

    Attributes:
        value: an exact decimal where one is, else cut off after twelve decimals.
        as_of: since when the older of its legs was said.
        locked_until: the deadline of the session.
        legs: the rates that lead from the one currency to the other, each in the direction in which it was said.
    """

    base: str
    quote: str
    value: str
    as_of: datetime
    locked_until: datetime
    legs: list[ExchangeRateLeg]


class Order(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What was promised for which price, and what came of it. Amounts are in its ``currency``.

    Attributes:
        exceptions: what is unusual about its money: ``underpaid``, ``overpaid``, ``late``, ``reorged``.
        received: what has arrived and is confirmed, at the price that was locked.
        refunded: what has gone back of it.
        customer_stated: whether the customer is only who the buyer of a payment link said they are; nothing is proved.
        client_reference_id: what whoever sent the buyer calls it; never unique.
        decision: what you said last about unusual money.
        receipt_url: where the buyer downloads the receipt, without a key; None while the order is not paid.
        expires_at: money that is complete at this instant or later is late.
    """

    id: str
    object: str
    livemode: bool
    session_id: str
    payment_id: str
    customer_id: str | None
    customer_stated: bool = False
    status: str
    payment_status: str | None = None
    exceptions: list[str]
    fulfillment: str
    reference: str | None
    unique_reference: bool
    client_reference_id: str | None = None
    currency: str
    line_items: list[LineItem]
    discounts: list[Discount]
    amounts: OrderAmounts
    received: str
    refunded: str
    decision: str | None
    metadata: dict[str, Any] | None
    expires_at: datetime
    created_at: datetime
    updated_at: datetime
    session: "CheckoutSession | None" = None
    payment: "Payment | None" = None
    customer: "Customer | None" = None
    refunds: "ListAnswer[Refund] | None" = None
    exchange_rate: ExchangeRate | None = None
    receipt_url: str | None = None


class PaymentAmounts(ApiObject, frozen=True, kw_only=True):
    """In the payment's currency: amounts asked for, authorized, capturable, received, refunded, and refundable."""

    requested: str
    authorized: str
    capturable: str
    received: str
    refunded: str
    refundable: str


class Decline(ApiObject, frozen=True, rename="camel", kw_only=True):
    """The last time that the payer's side said no, and its word for why."""

    livemode: bool | None = None
    code: str
    declined_at: datetime


class Payment(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What a session waits for, and what came of it.

    Attributes:
        amount: what the payer is to send, in the rail's asset.
        capture_before: when an authorization lapses.
        release_reason: why what was authorized and not captured was released.
    """

    id: str
    object: str
    livemode: bool
    session_id: str
    order_id: str
    status: str
    exceptions: list[str]
    currency: str
    amounts: PaymentAmounts
    capture_method: str
    authorized_at: datetime | None
    capture_before: datetime | None
    release_reason: str | None
    last_decline: Decline | None
    decision: str | None
    rail: str
    chain_id: int
    asset: str
    address: str
    amount: CryptoAmount
    metadata: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    order: Order | None = None
    session: "CheckoutSession | None" = None
    customer: "Customer | None" = None
    transactions: "ListAnswer[Transaction] | None" = None
    refunds: "ListAnswer[Refund] | None" = None


class Transaction(ApiObject, frozen=True, rename="camel", kw_only=True):
    """A movement of money: transfers and captures come in, refunds go out; what is ``dropped`` does not count."""

    id: str
    object: str
    livemode: bool
    payment_id: str
    order_id: str
    kind: str
    status: str
    amount: CryptoAmount
    value: str
    currency: str
    chain_id: int
    network: str | None
    asset: str
    symbol: str | None
    tx_hash: str | None
    confirmed_at: datetime | None
    created_at: datetime
    payment: Payment | None = None
    order: Order | None = None


class Refund(ApiObject, frozen=True, rename="camel", kw_only=True):
    """Money that you give back; ``amount`` is in ``currency``."""

    id: str
    object: str
    livemode: bool
    payment_id: str
    order_id: str
    transaction_id: str
    status: str
    amount: str
    currency: str
    reason: str
    destination: str | None
    metadata: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    payment: Payment | None = None
    order: Order | None = None
    transaction: Transaction | None = None


class RefundLink(ApiObject, frozen=True, rename="camel", kw_only=True):
    """A link with which a buyer enters where a refund goes; ``url`` and ``expires_at`` are null where it was mailed."""

    object: str
    livemode: bool
    refund_id: str
    url: str | None
    expires_at: datetime | None
    mailed_to: str | None


class UnassignedTransfer(ApiObject, frozen=True, rename="camel", kw_only=True):
    """Money that came to an address of yours and fits no payment; ``amount`` is an exact decimal."""

    id: str
    object: str
    livemode: bool
    status: str
    reason: str
    network: str
    chain_id: int
    tx_hash: str | None
    asset: str
    symbol: str
    amount: str
    amount_atomic: str
    currency: str | None
    sender: str
    recipient: str
    block_number: int
    doubted: bool
    suggested_order_id: str | None
    order_id: str | None
    note: str | None
    mined_at: datetime
    decided_at: datetime | None
    created_at: datetime
    updated_at: datetime
    suggested_order: Order | None = None
    order: Order | None = None


class PaymentOption(ApiObject, frozen=True, rename="camel", kw_only=True):
    """One way to pay a session on a network.

    Attributes:
        asset: CAIP-19 asset type of the token.
        amount: what must arrive, as an exact decimal; ``amount_atomic`` is the same in the token's smallest unit.
        confirmations_needed: how deep a transfer has to lie; None where the network's nodes say what is final.
        chosen: it is what the session's own ``amount`` and ``chain_id`` show.
    """

    network: str
    network_title: str
    exchange_label: str
    explorer: str | None
    chain_id: int
    asset: str
    symbol: str
    decimals: int
    amount: str
    amount_atomic: str
    confirmations_needed: int | None
    confirmations_seen: int | None
    block_seconds: float
    chosen: bool
    exchange_rate: ExchangeRate | None = None


class CheckoutSession(ApiObject, frozen=True, rename="camel", kw_only=True):
    """One visit of one buyer: send them to ``checkout_url``.

    Attributes:
        amount: what the buyer is to send.
        received: what has arrived or was captured, and is confirmed; ``fiat_received`` is what it is worth at the
            price that was locked.
        reference, customer_id: the order's.
        customer_stated: whether the customer is only who the buyer of a payment link said they are; nothing is proved.
        client_reference_id: what whoever sent the buyer calls it; never unique.
        address: None until a payment link's buyer has chosen a network.
        eth_price_usd: the rate that was locked when the session was made; None on networks.
        payment_options: the ways to pay a session on networks, all to ``payment_address``.
        exceptions: what is unusual about the money: ``underpaid``, ``overpaid``, ``late``.
    """

    id: str
    object: str
    livemode: bool
    link_id: str | None
    order_id: str
    payment_id: str
    status: str
    exceptions: list[str]
    address: str | None
    amount: CryptoAmount
    received: CryptoAmount
    fiat: FiatAmount
    eth_price_usd: str | None
    chain_id: int
    tx_hash: str | None
    metadata: dict[str, Any] | None
    success_url: str | None
    cancel_url: str | None
    return_url: str | None
    checkout_url: str
    expires_at: datetime
    paid_at: datetime | None
    canceled_at: datetime | None = None
    test_clock_id: str | None = None
    allow_promotion_codes: bool = False
    payment_status: str | None = None
    reference: str | None = None
    customer_id: str | None = None
    customer_stated: bool = False
    locale: str | None = None
    client_reference_id: str | None = None
    fiat_received: FiatAmount | None = None
    payment_address: str | None = None
    payment_options: list[PaymentOption] = []
    created_at: datetime
    order: Order | None = None
    payment: Payment | None = None
    customer: "Customer | None" = None
    payment_link: PaymentLink | None = None
    coupon: "Coupon | None" = None
    promotion_code: "PromotionCode | None" = None
    test_clock: "TestClock | None" = None


class WebhookEndpoint(ApiObject, frozen=True, rename="camel", kw_only=True):
    """Where events are sent. ``secret_prefix`` is all that is ever shown again of its secret.

    Attributes:
        previous_secret_expires_at: until then the secret before a rotation signs as well.
        failing_since: nothing but failures came of it since then; after five days it is switched off.
        disabled_reason: why it was: ``failing`` or ``gone`` (it answered 410). ``active=True`` switches it on again.
        dialect: the language in which its events are written.
    """

    id: str
    object: str
    livemode: bool
    url: str
    description: str | None
    events: list[str]
    active: bool
    secret_prefix: str
    previous_secret_expires_at: datetime | None
    failing_since: datetime | None
    disabled_reason: str | None
    created_at: datetime
    updated_at: datetime
    dialect: str = "native"


class CreatedWebhookEndpoint(WebhookEndpoint, frozen=True, rename="camel", kw_only=True):
    """A webhook endpoint with its new secret.

    Attributes:
        secret: signs what is sent there. Keep it: it is shown this one time. None when this is the repeated answer to
            a repeated request whose first answer was lost; then ``rotate_secret`` gives another.
    """

    secret: str | None

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"CreatedWebhookEndpoint({shown})"

    def to_dict(self) -> dict[str, Any]:
        """As all objects have it: ``secret`` by its beginning. The whole of it is the attribute ``secret``."""
        return {name: to_plain(value) for name, value in self.__rich_repr__()}

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        # What pretty-printers show, too: all but the secret, of which there is its beginning.
        shown = [(name, getattr(self, name)) for name in self.__struct_fields__ if name != "secret"]
        return [*shown, ("secret", f"{self.secret_prefix}…" if self.secret is not None else None)]


class DeletedWebhookEndpoint(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What is left of a deleted webhook endpoint."""

    id: str
    object: str
    livemode: bool
    deleted: bool


class DeliveryAttempt(ApiObject, frozen=True, rename="camel", kw_only=True):
    """One try: what came back (its first 2 kB), or why nothing did."""

    livemode: bool | None = None
    number: int
    attempted_at: datetime
    duration_ms: int
    response_status: int | None
    response_excerpt: str | None
    error: str | None


class WebhookTest(ApiObject, frozen=True, rename="camel", kw_only=True):
    """The outcome of a test send."""

    object: str
    livemode: bool
    delivery_id: str
    event_id: str
    delivered: bool
    attempt: DeliveryAttempt


class WebhookDelivery(ApiObject, frozen=True, rename="camel", kw_only=True):
    """One event on its way to one endpoint. ``event_id`` is None for a test send."""

    id: str
    object: str
    livemode: bool
    endpoint_id: str
    event_id: str | None
    event_type: str
    status: str
    attempts: list[DeliveryAttempt]
    attempts_max: int
    next_attempt_at: datetime | None
    created_at: datetime


class WebhookReplay(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What a replay of a range came to.

    Attributes:
        deliveries: how many events are on their way.
        next_after: the ``after`` to go on from, where the range was too long for one call; None where it is done.
    """

    object: str
    livemode: bool
    endpoint_id: str
    deliveries: int
    next_after: int | None


class Event(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What happened, as the event log lists it and as webhooks carry it.

    Attributes:
        sequence: 1, 2, 3 … for each project and mode, without a gap.
        data: the object as it was at that moment, exactly as sent (``data["fiat"]["amount"]``).
        previous_attributes: what its changed fields held at its event before; None where there is none.
    """

    id: str
    object: str = "event"
    type: str
    livemode: bool
    sequence: int | None = None
    data: dict[str, Any]
    created_at: datetime
    previous_attributes: dict[str, Any] | None = None

    @property
    def session(self) -> CheckoutSession:
        """``data`` as a checkout session.

        Raises:
            TypeError: this event is about something else.
        """
        if self.data.get("object") != "checkout_session":
            raise TypeError(f"an event of type {self.type} is about no checkout session; see its data")
        return msgspec.convert(self.data, CheckoutSession)

    @property
    def resource(self) -> "Resource":
        """``data`` as what it is: an ``Order``, a ``Refund``, a ``Customer`` … under Python's names.

        Raises:
            TypeError: this client does not know such an object; its ``data`` is as it was sent.
        """
        kind = _RESOURCES.get(self.data.get("object", ""))
        if kind is None:
            raise TypeError(f"an event of type {self.type} is about an object that this client does not know")
        try:
            return msgspec.convert(self.data, kind)
        except msgspec.ValidationError as error:
            raise TypeError(f"the data of an event of type {self.type} is not what was expected: {error}") from error


class Customer(ApiObject, frozen=True, rename="camel", kw_only=True):
    """Somebody who buys. ``reference`` is your own name for them.

    Attributes:
        email_stated: whether a buyer only typed the address at a payment link; false once you set it.
        erased_at: when their personal data was erased; the other fields are None since then.
    """

    id: str
    object: str
    livemode: bool
    email: str | None
    email_stated: bool = False
    name: str | None
    reference: str | None
    metadata: dict[str, Any] | None
    erased_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class Product(ApiObject, frozen=True, rename="camel", kw_only=True):
    """Something for sale, at a price of yours or of the buyer's.

    Attributes:
        pricing: ``fixed``, or ``buyer`` where the buyer says what they pay, from ``price_min`` to ``price_max``.
        price: the price; of a buyer-priced product the suggested one, if there is one.
        reference: what you call it; the product of the other mode that has the same one is its twin.
    """

    id: str
    object: str
    livemode: bool
    name: str
    description: str | None
    pricing: str
    price: str | None
    currency: str
    price_min: str | None
    price_max: str | None
    active: bool
    reference: str | None = None
    metadata: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime


class Coupon(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What is taken off: ``discount_amount`` in ``currency``, or ``discount_percentage``, by ``discount_type``.

    Attributes:
        reserved_redemptions: held by sessions that may still be paid; they count against ``max_redemptions``.
        redemptions: by sessions that were paid.
    """

    id: str
    object: str
    livemode: bool
    name: str
    description: str | None
    discount_type: str
    discount_amount: str | None
    currency: str | None
    discount_percentage: str | None
    expires_at: datetime | None
    max_redemptions: int | None
    reserved_redemptions: int
    redemptions: int
    active: bool
    metadata: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime


class PromotionCode(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What buyers type to get a coupon.

    Attributes:
        minimum_amount: what the goods must cost, in ``currency``, before the discount.
    """

    id: str
    object: str
    livemode: bool
    code: str
    coupon_id: str
    coupon: Coupon | None = None
    first_time_transaction: bool
    one_per_customer: bool
    minimum_amount: str | None
    currency: str | None
    expires_at: datetime | None
    max_redemptions: int | None
    reserved_redemptions: int
    redemptions: int
    active: bool
    metadata: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime


class Redemption(ApiObject, frozen=True, rename="camel", kw_only=True):
    """One session's place in a coupon: ``reserved`` while it may still be paid, ``redeemed`` once it is, ``released``
    when it ended unpaid.

    Attributes:
        promotion_code_id: the code through which it came; None where the coupon was applied directly.
        amount: what is taken off the order, in ``currency``.
    """

    id: str
    object: str
    livemode: bool
    coupon_id: str
    promotion_code_id: str | None
    customer_id: str | None
    session_id: str
    order_id: str
    status: str
    amount: str
    currency: str
    created_at: datetime
    updated_at: datetime
    coupon: Coupon | None = None
    promotion_code: PromotionCode | None = None
    customer: Customer | None = None
    session: CheckoutSession | None = None
    order: Order | None = None


class TransferMovement(ApiObject, frozen=True, rename="camel", kw_only=True):
    """One movement of money in a transaction.

    Attributes:
        asset: the token's contract; None for the network's own coin.
        symbol, decimals: None for a token that the server does not know.
        verdict: whether it counts, or why not; ``next_step`` says what to do.
        payment_id: None for what belongs to no payment of yours.
        single_source: it came to you, and one node alone reported it.
        value, currency: what it counts as towards its payment; None where it belongs to none of yours.
        offer_ended_at: when a new quote replaced the offer that it counts by; None where it counts by the present one.
    """

    asset: str | None
    symbol: str | None
    decimals: int | None
    sender: str
    recipient: str | None
    amount_atomic: str
    verdict: str
    next_step: str
    confirmations: int
    payment_id: str | None
    single_source: bool = False
    value: str | None = None
    currency: str | None = None
    offer_ended_at: str | None = None


class TransferOnNetwork(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What one network knows of a transaction.

    Attributes:
        found: ``mined``, ``reverted``, ``pending``, ``unknown`` or ``not_answered``.
        confirmations_needed: None where the network waits for a finality tag.
        left_out: movements between others that are not listed.
    """

    name: str
    title: str
    chain_id: int
    found: str
    block_number: int | None
    explorer_url: str | None
    confirmations_needed: int | None
    movements: list[TransferMovement]
    left_out: int


class TransferExplanation(ApiObject, frozen=True, rename="camel", kw_only=True):
    """The outcome of a transaction, the networks that know it first."""

    object: str
    livemode: bool
    tx_hash: str
    summary: str
    networks: list[TransferOnNetwork]


class SearchResult(ApiObject, frozen=True, rename="camel", kw_only=True):
    """Something that was found.

    Attributes:
        type: what it is, as the object calls itself.
        matched: by what it was found: ``id``, ``reference``, ``customer``, ``transaction_hash``, ``address`` or
            ``code``.
        title: what a person calls it.
    """

    object: str
    livemode: bool
    type: str
    id: str
    matched: str
    title: str


class SearchResults(ApiObject, frozen=True, rename="camel", kw_only=True):
    """Up to 20 results; ``has_more`` says that there are others. A longer text finds fewer."""

    data: list[SearchResult]
    has_more: bool


class KeyUsage(ApiObject, frozen=True, rename="camel", kw_only=True):
    """``key`` is the id of the key that asked, ``hook``, ``server`` or ``embed``."""

    key: str
    renders: int


class RenderUsage(ApiObject, frozen=True, rename="camel", kw_only=True):
    """How many live renders of a month have succeeded, and who asked for them; up to 1,000 of ``keys``.

    Attributes:
        month: such as ``2026-11``, in UTC.
        renders: of all together.
    """

    object: str
    livemode: bool
    month: str
    renders: int
    keys: list[KeyUsage]


class ReportBalances(ApiObject, frozen=True, rename="camel", kw_only=True):
    """Decimal strings in the line's currency: money that you have to decide on, and money that no order has earned."""

    in_review: str
    owed: str


class ReportLine(ApiObject, frozen=True, rename="camel", kw_only=True):
    """One currency, on one network or, where that is None, on all. ``sales = goods - discounts + tax + shipping +
    difference``, and ``kept = received - refunded``; any of them can be below zero."""

    currency: str
    network: str | None
    orders: int
    goods: str
    discounts: str
    tax: str
    shipping: str
    difference: str
    sales: str
    received: str
    refunds: int
    refunded: str
    kept: str
    opening: ReportBalances
    closing: ReportBalances


class MonthlyReport(ApiObject, frozen=True, rename="camel", kw_only=True):
    """A month of the books, of one moment. Its closing balances are the opening ones of the next month.

    Attributes:
        closed: the month is over, and stays as it is.
        complete: False while payments of before an upgrade are still being booked.
        totals: by currency; ``lines``, by currency and network.
    """

    object: str
    livemode: bool
    month: str
    time_zone: str
    begins_at: str
    ends_at: str
    closed: bool
    complete: bool
    totals: list[ReportLine]
    lines: list[ReportLine]


class TestClock(ApiObject, frozen=True, rename="camel", kw_only=True):
    """In test mode, what brings the deadlines nearer of the sessions that were created with its id.

    Attributes:
        advanced_seconds: by how much it was put forward in all.
        sessions: how many it has.
    """

    __test__ = False

    id: str
    object: str
    livemode: bool
    name: str | None
    advanced_seconds: int
    sessions: int
    created_at: datetime
    updated_at: datetime


class ListAnswer(ApiObject, Generic[T], frozen=True, rename="camel"):
    """A list as it is on the wire. One that ``expand`` puts into an object holds the newest; the method that lists
    them goes on from ``next_cursor``."""

    data: list[T]
    has_more: bool
    next_cursor: str | None
    log_id: str | None = None


class NumberedListAnswer(ApiObject, Generic[T], frozen=True):
    """A list that counts, as it is on the wire."""

    data: list[T]
    total: int
    page: int
    limit: int


Resource = (
    CheckoutSession
    | Coupon
    | Customer
    | Order
    | Payment
    | PaymentLink
    | Product
    | PromotionCode
    | Refund
    | UnassignedTransfer
    | WebhookEndpoint
)
"""What an event may be about."""
_RESOURCES: Final[dict[str, type[Resource]]] = {
    "checkout_session": CheckoutSession,
    "coupon": Coupon,
    "customer": Customer,
    "order": Order,
    "payment": Payment,
    "payment_link": PaymentLink,
    "product": Product,
    "promotion_code": PromotionCode,
    "refund": Refund,
    "unassigned_transfer": UnassignedTransfer,
    "webhook_endpoint": WebhookEndpoint,
}
