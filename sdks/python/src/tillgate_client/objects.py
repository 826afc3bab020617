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

from tillgate_client.errors import EventDataError

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
SalesSort = Literal["amount", "-amount"]
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
    """A price to ask for: ``{"value": "50.00", "currency": "USD"}``. ``value`` is text, never a float.

    Attributes:
        value: The price as a decimal string with at most the currency's own decimal places.
        currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
    """

    value: str
    currency: str


class NewLineItem(TypedDict):
    """A line of an order to be: ``{"name": "Tea", "unit_amount": "4.50", "quantity": 2}``, or with a ``product_id``
    that brings both. ``unit_amount`` is text.

    Attributes:
        name: What it is called; None for no name.
        unit_amount: The price of one, as a decimal string; of a discount, what one takes off.
        quantity: How many of them.
        kind: What the line is: a ``product``, a ``tax``, or a ``discount`` that is taken off.
        product_id: The product; None for a line that you describe yourself.
    """

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
    """An amount of the session's asset: the smallest unit and the human one, both as decimal text.

    Attributes:
        wei: The amount in wei, as a whole number in text.
        eth: The amount in ether, as a decimal string.
    """

    wei: str
    eth: str


class FiatAmount(ApiObject, frozen=True):
    """A price with all of the currency's minor digits, and its ISO 4217 code.

    Attributes:
        amount: An amount of money as a decimal string, in the currency that is named beside it.
        currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
    """

    amount: str
    currency: str


class PaymentLink(ApiObject, frozen=True, rename="camel", kw_only=True):
    """A price with an address of its own: ``checkout_url`` shows the offer; each buyer who continues gets a session.

    Attributes:
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        slug: The last part of the link's address: words of its title, then unguessable characters.
        title: What buyers read as the name.
        description: A longer text that buyers see below the title; None for none.
        fiat_amount: The price as a decimal string, in ``fiat_currency``.
        fiat_currency: The currency of the price: an ISO 4217 code in capital letters.
        success_url: Where the buyer is sent after paying; None to show a page of the checkout instead.
        cancel_url: Where the buyer is sent after they turn back; None to show a page of the checkout instead.
        active: Whether it can be used. False stops new uses; what was begun goes on.
        archived: Whether it was archived. Archived links are left out of lists unless they are asked for.
        allow_promotion_codes: Whether the buyer may enter a promotion code on the checkout page.
        expires_at: When it stops being usable, in UTC; None where it has no end.
        completed_sessions: How many sessions of this link were paid.
        max_completed_sessions: How many sessions of this link can be paid; None for any number.
        checkout_url: The page on which the buyer pays. Send the buyer there.
        created_at: When the object was created, in UTC.
        updated_at: When the object last changed, in UTC.
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
    """What the recipient got on a chain.

    Attributes:
        locator: Where the token is: ``<chain>:<contract>:<token id>``, or ``<chain>:<mint hash>``.
        contract_address: The contract of the token that was delivered; None where it has none.
        token_id: The token's number within its contract; None where it has none.
        mint_hash: The transaction or account that minted the token; None where the contract and its id name it.
    """

    locator: str
    contract_address: str | None = None
    token_id: str | None = None
    mint_hash: str | None = None


class Delivery(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What you have said of handing a line over: ``delivered`` or ``failed``.

    Attributes:
        livemode: True for real money, false for test mode.
        status: Where the object stands; its moves are listed under "Events and webhooks".
        transaction_id: The transaction or parcel by which it was delivered, in your own words; None for none.
        tokens: The tokens that the recipient got on a chain; empty for none.
        reason: Why it could not be delivered, in your own words; None where it was.
        at: When it was said to be delivered or failed, in UTC.
    """

    livemode: bool | None = None
    status: str
    transaction_id: str | None
    tokens: list[Token]
    reason: str | None
    at: datetime


class LineItem(ApiObject, frozen=True, rename="camel", kw_only=True):
    """A line of an order; a ``discount``'s amounts are what it takes off.

    Attributes:
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        kind: What the line is: a ``product``, a ``tax``, or a ``discount`` that is taken off.
        name: What it is called; None for no name.
        quantity: How many of them.
        unit_amount: The price of one, as a decimal string; of a discount, what one takes off.
        amount: An amount of money as a decimal string, in the currency that is named beside it.
        product_id: The product; None for a line that you describe yourself.
        delivery: The outcome of handing over this item; None while it is open.
        product: Where ``expand`` asks for ``product``.
    """

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
    """What a coupon takes off the whole order.

    Attributes:
        livemode: True for real money, false for test mode.
        name: What it is called; None for no name.
        amount: An amount of money as a decimal string, in the currency that is named beside it.
        coupon_id: The coupon that sets the discount.
        promotion_code_id: The promotion code that was used; None where the coupon was applied directly.
        coupon: Where ``expand`` asks for ``coupon``.
        promotion_code: Where ``expand`` asks for ``promotion_code``.
    """

    livemode: bool | None = None
    name: str
    amount: str
    coupon_id: str | None
    promotion_code_id: str | None
    coupon: "Coupon | None" = None
    promotion_code: "PromotionCode | None" = None


class OrderAmounts(ApiObject, frozen=True, kw_only=True):
    """``total = subtotal + tax + shipping - discount``.

    Attributes:
        subtotal: What the goods cost before discounts, tax and shipping, as a decimal string.
        tax: The tax, as a decimal string.
        shipping: What shipping costs, as a decimal string.
        discount: What discounts take off, as a decimal string.
        total: What is to be paid in all, as a decimal string.
    """

    subtotal: str
    tax: str
    shipping: str
    discount: str
    total: str


class ExchangeRateLeg(ApiObject, frozen=True, rename="camel", kw_only=True):
    """One rate that a price was converted by: ``value`` units of ``quote`` for one unit of ``base``.

    Attributes:
        base: The asset that is priced, as a symbol.
        quote: The currency or asset in which the price is told, as a symbol.
        value: What one unit of ``base`` costs in ``quote``, as a decimal string.
        source: Where the quote came from.
        as_of: When the source stated this rate, in UTC.
    """

    base: str
    quote: str
    value: str
    source: str
    as_of: datetime


class ExchangeRate(ApiObject, frozen=True, rename="camel", kw_only=True):
    """The rate that was locked: ``value`` units of ``quote`` for one unit of ``base``, the price's currency.

    Attributes:
        base: The asset that is priced, as a symbol.
        quote: The currency or asset in which the price is told, as a symbol.
        value: What one unit of ``base`` costs in ``quote``, as a decimal string.
        as_of: When the source stated this rate, in UTC.
        locked_until: Until when the rate holds, in UTC.
        legs: The quotes that the rate was computed from, in order.
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
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        session_id: The checkout session.
        payment_id: The payment. Null for what belongs to none of yours.
        customer_id: The customer; None where none is known.
        customer_stated: Whether the customer is only who the buyer said they are. Nobody has verified it.
        status: Where the object stands; its moves are listed under "Events and webhooks".
        payment_status: Whether it is paid, as one of three words; partial payments are ``unpaid``.
        exceptions: What is unusual about the payment; empty where nothing is.
        fulfillment: Whether what was bought was handed over. You set it, or it follows from delivered items.
        reference: Your own name for the object, such as an order number; None for none.
        unique_reference: Whether no other open or paid order may have the same reference.
        client_reference_id: What whoever sends the buyer calls this visit. It need not be unique, and proves nothing;
            None if none was given.
        currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
        line_items: What was bought, line by line.
        discounts: The discounts that were applied; empty for none.
        amounts: What the total is made of, and its outcome.
        received: How much has come and is confirmed, as a decimal string.
        refunded: How much was given back, as a decimal string.
        decision: What was decided about money that did not fit: ``accepted``, ``refunded`` or ``waiting``; None while
            nothing was.
        metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
        expires_at: The session's deadline, in UTC. Money that is complete at it or later is late.
        created_at: When the object was created, in UTC.
        updated_at: When the object last changed, in UTC.
        session: Where ``expand`` asks for ``session``.
        payment: Where ``expand`` asks for ``payment``.
        customer: Where ``expand`` asks for ``customer``.
        refunds: Where ``expand`` asks for ``refunds``.
        exchange_rate: The rate at which the price was converted, with its sources.
        receipt_url: Where the buyer downloads the receipt, without a key; None while the order is not paid.
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
    """In the payment's currency: amounts asked for, authorized, capturable, received, refunded, and refundable.

    Attributes:
        requested: What is to be paid, as a decimal string.
        authorized: How much the buyer has authorized, as a decimal string.
        capturable: How much of what is authorized can still be captured, as a decimal string.
        received: How much has come and is confirmed, as a decimal string.
        refunded: How much was given back, as a decimal string.
        refundable: How much can still be refunded, as a decimal string.
    """

    requested: str
    authorized: str
    capturable: str
    received: str
    refunded: str
    refundable: str


class Decline(ApiObject, frozen=True, rename="camel", kw_only=True):
    """The last time that the payer's side said no, and its word for why.

    Attributes:
        livemode: True for real money, false for test mode.
        code: Why the payment was declined, as a stable word.
        declined_at: When the payment was declined, in UTC.
    """

    livemode: bool | None = None
    code: str
    declined_at: datetime


class Payment(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What a session waits for, and what came of it.

    Attributes:
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        session_id: The checkout session.
        order_id: The order. Null where it belongs to none yet.
        status: Where the object stands; its moves are listed under "Events and webhooks".
        exceptions: What is unusual about the payment; empty where nothing is.
        currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
        amounts: What the total is made of, and its outcome.
        capture_method: ``automatic`` takes the money once it is confirmed; ``manual`` authorizes it and waits for your
            capture.
        authorized_at: When the payment was authorized, in UTC; None if it was not.
        capture_before: Until when the authorized amount can be captured, in UTC; None where nothing waits for capture.
        release_reason: Why an authorized remainder was released: ``captured``, ``lapsed`` or ``requested``; None where
            none was.
        last_decline: The last refusal of this payment; None if there was none.
        decision: What was decided about money that did not fit: ``accepted``, ``refunded`` or ``waiting``; None while
            nothing was.
        rail: The payment rail on which the money comes.
        chain_id: The network's EIP-155 chain id.
        asset: What is paid with, as a CAIP-19 asset type or as a name of the payment rail.
        address: The address the buyer pays to; None until the buyer of a payment link has chosen how to pay.
        amount: The price in ether, at the payment's locked rate.
        metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
        created_at: When the object was created, in UTC.
        updated_at: When the object last changed, in UTC.
        order: Where ``expand`` asks for ``order``.
        session: Where ``expand`` asks for ``session``.
        customer: Where ``expand`` asks for ``customer``.
        transactions: Where ``expand`` asks for ``transactions``.
        refunds: Where ``expand`` asks for ``refunds``.
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
    """A movement of money: transfers and captures come in, refunds go out; what is ``dropped`` does not count.

    Attributes:
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        payment_id: The payment. Null for what belongs to none of yours.
        order_id: The order. Null where it belongs to none yet.
        kind: What moved: a ``transfer`` from the buyer, a ``capture``, or a ``refund``.
        status: Where the object stands; its moves are listed under "Events and webhooks".
        amount: The amount that moved, in ether.
        value: What it counts as in the payment's currency, as a decimal string.
        currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
        chain_id: The network's EIP-155 chain id.
        network: The network, by the name the server's operator gave it; None for simulated money.
        asset: What is paid with, as a CAIP-19 asset type or as a name of the payment rail.
        symbol: The asset's symbol; None for a token that this server does not know.
        tx_hash: The hash of the transaction on its network; None while there is none.
        confirmed_at: When it became final, in UTC; None while it has not.
        created_at: When the object was created, in UTC.
        payment: Where ``expand`` asks for ``payment``.
        order: Where ``expand`` asks for ``order``.
    """

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
    """Money that you give back; ``amount`` is in ``currency``.

    Attributes:
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        payment_id: The payment. Null for what belongs to none of yours.
        order_id: The order. Null where it belongs to none yet.
        transaction_id: The transaction that the refund is recorded as.
        status: Where the object stands; its moves are listed under "Events and webhooks".
        amount: An amount of money as a decimal string, in the currency that is named beside it.
        currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
        reason: Why the money is given back.
        destination: The address to which the money goes back; None while it is not known.
        metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
        created_at: When the object was created, in UTC.
        updated_at: When the object last changed, in UTC.
        payment: Where ``expand`` asks for ``payment``.
        order: Where ``expand`` asks for ``order``.
        transaction: Where ``expand`` asks for ``transaction``.
    """

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
    """A link with which a buyer enters where a refund goes; ``url`` and ``expires_at`` are null where it was mailed.

    Attributes:
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        refund_id: The refund that the link is for.
        url: The page on which the customer says where the money is to go; None where it was mailed.
        expires_at: Until when the link works, in UTC; None where it was mailed.
        mailed_to: The address the link was mailed to; None where it was not mailed.
    """

    object: str
    livemode: bool
    refund_id: str
    url: str | None
    expires_at: datetime | None
    mailed_to: str | None


class UnassignedTransfer(ApiObject, frozen=True, rename="camel", kw_only=True):
    """Money that came to an address of yours and fits no payment; ``amount`` is an exact decimal.

    Attributes:
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        status: Where the object stands; its moves are listed under "Events and webhooks".
        reason: Why the transfer fits no payment.
        network: The network, by the name the server's operator gave it; None for simulated money.
        chain_id: The network's EIP-155 chain id.
        tx_hash: The hash of the transaction; None where a contract sent the network's own coin.
        asset: What is paid with, as a CAIP-19 asset type or as a name of the payment rail.
        symbol: The asset's symbol; None for a token that this server does not know.
        amount: An amount of money as a decimal string, in the currency that is named beside it.
        amount_atomic: The amount in the asset's smallest unit, as a whole number in text (wei for ether).
        currency: The currency that the token is worth one for one; None where nothing is known of the token.
        sender: The address that the money came from; the zero address where nobody knows it.
        recipient: The address that the money went to; None where the transaction created a contract.
        block_number: The block that holds the transaction; None while none does.
        doubted: Whether the balance of the address does not cover it, so that a person has to look first.
        suggested_order_id: The order of the session that had this address; None where none had.
        order_id: The order. Null where it belongs to none yet.
        note: Your note on the decision; None for none.
        mined_at: When its block was made, in UTC.
        decided_at: When it was decided what is done with it, in UTC; None while that is open.
        created_at: When the object was created, in UTC.
        updated_at: When the object last changed, in UTC.
        suggested_order: Where ``expand`` asks for ``suggested_order``.
        order: Where ``expand`` asks for ``order``.
    """

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
        network: The network, by the name the server's operator gave it; None for simulated money.
        network_title: The network's name as buyers see it.
        exchange_label: The network's name as exchanges show it on their withdrawal pages.
        explorer: The network's block explorer; None if none is set.
        chain_id: The network's EIP-155 chain id.
        asset: What is paid with, as a CAIP-19 asset type or as a name of the payment rail.
        symbol: The asset's symbol; None for a token that this server does not know.
        decimals: How many decimal places the asset's smallest unit stands for; None for a token that this server does
            not know.
        amount: What is to be paid with this option, as a decimal number of the asset.
        amount_atomic: The amount in the asset's smallest unit, as a whole number in text (wei for ether).
        confirmations_needed: How many confirmations make the money final; None where the network names its final blocks
            itself.
        confirmations_seen: How many confirmations were seen so far; None before anything was seen.
        block_seconds: The network's usual time between two blocks, in seconds.
        chosen: Whether the buyer has chosen this option.
        exchange_rate: The rate at which the price was converted, with its sources.
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
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        link_id: The payment link that the session was opened from; None if there was none.
        order_id: The order. Null where it belongs to none yet.
        payment_id: The payment. Null for what belongs to none of yours.
        status: Where the object stands; its moves are listed under "Events and webhooks".
        exceptions: What is unusual about the payment; empty where nothing is.
        address: The address the buyer pays to; None until the buyer of a payment link has chosen how to pay.
        amount: The price in ether, at the session's locked rate.
        received: What has come or was captured and is confirmed, in ether.
        fiat: The price in the currency in which you set it.
        eth_price_usd: The price of one ether in US dollars at which this session was locked; None where no native coin
            is asked for.
        chain_id: The network's EIP-155 chain id.
        tx_hash: The hash of the transaction on its network; None while there is none.
        metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
        success_url: Where the buyer is sent after paying; None to show a page of the checkout instead.
        cancel_url: Where the buyer is sent after they turn back; None to show a page of the checkout instead.
        return_url: Where the buyer may go back to at any time; None for no such link.
        checkout_url: The page on which the buyer pays. Send the buyer there.
        expires_at: Until when the session can be paid, in UTC. Money that comes later is recorded as late.
        paid_at: When the session was paid in full, in UTC; None while it is not.
        canceled_at: When the session was canceled, in UTC; None if it was not.
        test_clock_id: The test clock that the session follows, in test mode only; None for none.
        allow_promotion_codes: Whether the buyer may enter a promotion code on the checkout page.
        payment_status: Whether it is paid, as one of three words; partial payments are ``unpaid``.
        reference: Your own name for the object, such as an order number; None for none.
        customer_id: The customer; None where none is known.
        customer_stated: Whether the customer is only who the buyer said they are. Nobody has verified it.
        locale: The language of the checkout page and the buyer's mails; None follows the project, then the buyer's
            browser.
        client_reference_id: What whoever sends the buyer calls this visit. It need not be unique, and proves nothing;
            None if none was given.
        fiat_received: What has come so far, counted in the currency of the price.
        payment_address: The address to pay to, absent where the money is simulated; None until the buyer has chosen how
            to pay.
        payment_options: What the buyer can pay with, each with its amount.
        created_at: When the object was created, in UTC.
        order: Where ``expand`` asks for ``order``.
        payment: Where ``expand`` asks for ``payment``.
        customer: Where ``expand`` asks for ``customer``.
        payment_link: Where ``expand`` asks for ``payment_link``.
        coupon: Where ``expand`` asks for ``coupon``.
        promotion_code: Where ``expand`` asks for ``promotion_code``.
        test_clock: Where ``expand`` asks for ``test_clock``.
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
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        url: The address that events are posted to. It must be reachable for this server.
        description: A longer text that buyers see below the title; None for none.
        events: The event types the endpoint receives; ``*`` is every type, including later ones.
        active: Whether it can be used. False stops new uses; what was begun goes on.
        secret_prefix: The beginning of the signing secret, by which you can tell it from others.
        previous_secret_expires_at: Until when the earlier secret signs as well, in UTC; None where there is none.
        failing_since: Since when every delivery to this endpoint has failed, in UTC; None if the last one succeeded.
        disabled_reason: Why deliveries stopped: ``failing`` after days of failures, ``gone`` after a 410; None where
            nothing stopped them.
        created_at: When the object was created, in UTC.
        updated_at: When the object last changed, in UTC.
        dialect: The language in which events are sent to this endpoint.
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
        secret: The signing secret, shown only in this answer; None when the answer is a repeated one.
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
    """What is left of a deleted webhook endpoint.

    Attributes:
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        deleted: Always true: the object is gone.
    """

    id: str
    object: str
    livemode: bool
    deleted: bool


class DeliveryAttempt(ApiObject, frozen=True, rename="camel", kw_only=True):
    """One try: what came back (its first 2 kB), or why nothing did.

    Attributes:
        livemode: True for real money, false for test mode.
        number: Which attempt it was, counted from 1.
        attempted_at: When the attempt was made, in UTC.
        duration_ms: How long the attempt took, in milliseconds.
        response_status: The HTTP status of the receiver's answer; None where none came.
        response_excerpt: The first 2 kB of the receiver's answer; None where none came.
        error: Why no answer came, in a few words; None where one did.
    """

    livemode: bool | None = None
    number: int
    attempted_at: datetime
    duration_ms: int
    response_status: int | None
    response_excerpt: str | None
    error: str | None


class WebhookTest(ApiObject, frozen=True, rename="camel", kw_only=True):
    """The outcome of a test send.

    Attributes:
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        delivery_id: The delivery that was made for the test.
        event_id: The id that the test event had.
        delivered: Whether the receiver answered with a 2xx status in time.
        attempt: The attempt that was made, with its answer.
    """

    object: str
    livemode: bool
    delivery_id: str
    event_id: str
    delivered: bool
    attempt: DeliveryAttempt


class WebhookDelivery(ApiObject, frozen=True, rename="camel", kw_only=True):
    """One event on its way to one endpoint. ``event_id`` is None for a test send.

    Attributes:
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        endpoint_id: The webhook endpoint. In a replay of one event, None means each active endpoint that subscribed.
        event_id: The event that is delivered; None for a test send.
        event_type: The type of the event that is delivered.
        status: Where the object stands; its moves are listed under "Events and webhooks".
        attempts: The attempts so far, oldest first.
        attempts_max: How many attempts are made at most, before the delivery is abandoned.
        next_attempt_at: When the next attempt is due, in UTC; None where none is.
        created_at: When the object was created, in UTC.
    """

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
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        endpoint_id: The webhook endpoint. In a replay of one event, None means each active endpoint that subscribed.
        deliveries: How many deliveries the replay created.
        next_after: The ``after`` with which the replay goes on; None where the whole range was looked at.
    """

    object: str
    livemode: bool
    endpoint_id: str
    deliveries: int
    next_after: int | None


class Event(ApiObject, frozen=True, rename="camel", kw_only=True):
    """What happened, as the event log lists it and as webhooks carry it.

    Attributes:
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        type: The type of the event.
        livemode: True for real money, false for test mode.
        sequence: The event's place in the log: 1, 2, 3 … for each project and mode, without a gap.
        data: The complete object as it was at that moment.
        created_at: When the object was created, in UTC.
        previous_attributes: The earlier values of the fields that changed since the object's previous event; None for
            its first event.
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
            EventDataError: this event is about something else.
        """
        if self.data.get("object") != "checkout_session":
            raise EventDataError(f"an event of type {self.type} is about no checkout session; see its data")
        return msgspec.convert(self.data, CheckoutSession)

    @property
    def resource(self) -> "Resource":
        """``data`` as what it is: an ``Order``, a ``Refund``, a ``Customer`` … under Python's names.

        Raises:
            EventDataError: this client does not know such an object; its ``data`` is as it was sent.
        """
        kind = _RESOURCES.get(self.data.get("object", ""))
        if kind is None:
            raise EventDataError(f"an event of type {self.type} is about an object that this client does not know")
        try:
            return msgspec.convert(self.data, kind)
        except msgspec.ValidationError as error:
            raise EventDataError(
                f"the data of an event of type {self.type} is not what was expected: {error}"
            ) from error


class Customer(ApiObject, frozen=True, rename="camel", kw_only=True):
    """Somebody who buys. ``reference`` is your own name for them.

    Attributes:
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        email: The customer's e-mail address, unique among your customers; None if none is known.
        email_stated: Whether the address is only what a buyer typed at a payment link. Nobody has verified it.
        name: What it is called; None for no name.
        reference: Your own name for the object, such as an order number; None for none.
        metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
        erased_at: When the customer's personal data was erased, in UTC; None if it was not.
        created_at: When the object was created, in UTC.
        updated_at: When the object last changed, in UTC.
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
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        name: What it is called; None for no name.
        description: A longer text that buyers see below the title; None for none.
        pricing: Whether the price is ``fixed``, or set by the ``buyer`` within the bounds.
        price: The price as a decimal string in ``currency``; None where the buyer sets it and none is suggested.
        currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
        price_min: The lowest price that the buyer may set, as a decimal string; None for a fixed price.
        price_max: The highest price that the buyer may set, as a decimal string; None for no upper bound.
        active: Whether it can be used. False stops new uses; what was begun goes on.
        reference: Your own name for the object, such as an order number; None for none.
        metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
        created_at: When the object was created, in UTC.
        updated_at: When the object last changed, in UTC.
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
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        name: What it is called; None for no name.
        description: A longer text that buyers see below the title; None for none.
        discount_type: Whether the coupon takes off an ``amount`` or a ``percentage``.
        discount_amount: What the coupon takes off, as a decimal string in its ``currency``; None for a percentage.
        currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
        discount_percentage: What the coupon takes off, in percent of the goods; None for an amount.
        expires_at: When it stops being usable, in UTC; None where it has no end.
        max_redemptions: How often it can be redeemed in all; None for any number.
        reserved_redemptions: How many redemptions are held by sessions that can still be paid. They count against the
            limit.
        redemptions: How often it was redeemed by a paid order.
        active: Whether it can be used. False stops new uses; what was begun goes on.
        metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
        created_at: When the object was created, in UTC.
        updated_at: When the object last changed, in UTC.
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
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        code: The code that the buyer enters. Capital and small letters are the same.
        coupon_id: The coupon that sets the discount.
        coupon: Where ``expand`` asks for ``coupon``.
        first_time_transaction: Whether only customers who have never paid you before may use the code.
        one_per_customer: Whether each customer may use the code only once.
        minimum_amount: What the goods must cost at least for the code to apply, as a decimal string in ``currency``;
            None for no minimum.
        currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
        expires_at: When it stops being usable, in UTC; None where it has no end.
        max_redemptions: How often it can be redeemed in all; None for any number.
        reserved_redemptions: How many redemptions are held by sessions that can still be paid. They count against the
            limit.
        redemptions: How often it was redeemed by a paid order.
        active: Whether it can be used. False stops new uses; what was begun goes on.
        metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
        created_at: When the object was created, in UTC.
        updated_at: When the object last changed, in UTC.
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
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        coupon_id: The coupon that sets the discount.
        promotion_code_id: The promotion code that was used; None where the coupon was applied directly.
        customer_id: The customer; None where none is known.
        session_id: The checkout session.
        order_id: The order. Null where it belongs to none yet.
        status: Where the object stands; its moves are listed under "Events and webhooks".
        amount: An amount of money as a decimal string, in the currency that is named beside it.
        currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
        created_at: When the object was created, in UTC.
        updated_at: When the object last changed, in UTC.
        coupon: Where ``expand`` asks for ``coupon``.
        promotion_code: Where ``expand`` asks for ``promotion_code``.
        customer: Where ``expand`` asks for ``customer``.
        session: Where ``expand`` asks for ``session``.
        order: Where ``expand`` asks for ``order``.
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
        asset: The token's contract; None for the network's own coin.
        symbol: The asset's symbol; None for a token that this server does not know.
        decimals: How many decimal places the asset's smallest unit stands for; None for a token that this server does
            not know.
        sender: The address that the money came from.
        recipient: The address that the money went to; None where the transaction created a contract.
        amount_atomic: The amount in the asset's smallest unit, as a whole number in text (wei for ether).
        verdict: What the movement counts as, in one word.
        next_step: What you can do about this movement, in one sentence.
        confirmations: How many blocks confirm the transaction, its own included.
        payment_id: The payment. Null for what belongs to none of yours.
        single_source: Whether a single node reported what came to you, and no second one has confirmed it.
        value: What it counts as towards its payment, as a decimal string; None where it belongs to none of yours.
        currency: The currency of ``value``; None where it belongs to no payment of yours.
        offer_ended_at: When a new quote replaced the offer that the money counts by, in UTC; None where the present
            offer counts.
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
        name: The network, by the name the server's operator gave it.
        title: The network's name as buyers see it.
        chain_id: The network's EIP-155 chain id.
        found: Whether the network knows the transaction, and its outcome there.
        block_number: The block that holds the transaction; None while none does.
        explorer_url: The transaction's page on a block explorer; None where none is set.
        confirmations_needed: How many confirmations make it final; None where the network names its final blocks
            itself.
        movements: The movements of money in the transaction that concern you.
        left_out: How many movements between other people's addresses are not listed.
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
    """The outcome of a transaction, the networks that know it first.

    Attributes:
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        tx_hash: The hash of the transaction on its network; None while there is none.
        summary: The outcome of the transaction, in one sentence.
        networks: What each network knows of the transaction; those that know it come first.
    """

    object: str
    livemode: bool
    tx_hash: str
    summary: str
    networks: list[TransferOnNetwork]


class SearchResult(ApiObject, frozen=True, rename="camel", kw_only=True):
    """Something that was found.

    Attributes:
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        type: What kind of object was found.
        id: The object's id. It never changes.
        matched: Which of the object's fields matched the query.
        title: What the object is called in lists.
    """

    object: str
    livemode: bool
    type: str
    id: str
    matched: str
    title: str


class SearchResults(ApiObject, frozen=True, rename="camel", kw_only=True):
    """Up to 20 results; ``has_more`` says that there are others. A longer text finds fewer.

    Attributes:
        data: The objects of this page.
        has_more: Whether there are more objects after this page.
    """

    data: list[SearchResult]
    has_more: bool


class KeyUsage(ApiObject, frozen=True, rename="camel", kw_only=True):
    """``key`` is the id of the key that asked, ``hook``, ``server`` or ``embed``.

    Attributes:
        key: The key's id, or hook, server or embed.
        renders: How many live renders of it have succeeded.
    """

    key: str
    renders: int


class RenderUsage(ApiObject, frozen=True, rename="camel", kw_only=True):
    """How many live renders of a month have succeeded, and who asked for them; up to 1,000 of ``keys``.

    Attributes:
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        month: A month in UTC.
        renders: Of all together, also where more than 1,000 have asked.
        keys: Who asked for them: up to 1,000, by their ids.
    """

    object: str
    livemode: bool
    month: str
    renders: int
    keys: list[KeyUsage]


class ReportBalances(ApiObject, frozen=True, rename="camel", kw_only=True):
    """Decimal strings in the line's currency: money that you have to decide on, and money that no order has earned.

    Attributes:
        in_review: Money that came and that you have to decide on, as a decimal string.
        owed: Money that no order has earned, as a decimal string: on its way back, or for an order that is not paid.
    """

    in_review: str
    owed: str


class ReportLine(ApiObject, frozen=True, rename="camel", kw_only=True):
    """One currency, on one network or, where that is None, on all. ``sales = goods - discounts + tax + shipping +
    difference``, and ``kept = received - refunded``; any of them can be below zero.

    Attributes:
        currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
        network: The network as a CAIP-2 id, ``simulated`` or ``mail``; None for all networks together.
        orders: How many orders were paid in the month. One whose payment was reversed is taken off.
        goods: What the goods of paid orders cost, as a decimal string.
        discounts: What discounts took off, as a decimal string.
        tax: The tax, as a decimal string.
        shipping: What shipping costs, as a decimal string.
        difference: How much more or less came than the totals of paid orders, as a decimal string.
        sales: ``goods - discounts + tax + shipping + difference``, as a decimal string.
        received: How much came in the month, as a decimal string.
        refunds: How many refunds were made in the month.
        refunded: How much was given back in the month, as a decimal string.
        kept: ``received - refunded``, as a decimal string.
        opening: The balances at the month's begin: the closing ones of the month before.
        closing: The balances at the month's end.
    """

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
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        month: The month that is reported, written ``2026-11``.
        time_zone: The IANA time zone in which the month begins and ends.
        begins_at: When the month begins, in UTC.
        ends_at: When the month ends, in UTC. This instant belongs to the next one.
        closed: Whether the month is over, so that its figures stay as they are.
        complete: False while payments from before an upgrade are still being booked.
        totals: The sums of all networks together, by currency.
        lines: The sums by currency and network.
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
        id: The object's id. It never changes.
        object: The kind of object, always the same word.
        livemode: True for real money, false for test mode.
        name: What it is called; None for no name.
        advanced_seconds: How far the clock was put forward in all, in seconds.
        sessions: How many sessions follow this clock.
        created_at: When the object was created, in UTC.
        updated_at: When the object last changed, in UTC.
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
