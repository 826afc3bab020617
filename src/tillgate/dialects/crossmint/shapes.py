"""What Crossmint's orders look like on the wire: what is asked, what is answered, and what is kept beside an order."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tillgate.base.text import EMAIL_MAX
from tillgate.dialects.crossmint.model import DeliveryStatus, LineQuoteStatus, PaymentStatus, Phase, QuoteStatus

Locale = Literal[
    "en-US", "es-ES", "fr-FR", "it-IT", "ko-KR", "pt-PT", "ja-JP", "zh-CN", "zh-TW", "de-DE", "ru-RU", "tr-TR", "uk-UA",
    "th-TH", "vi-VN", "Klingon",
]  # fmt: skip
LIMIT_DEFAULT: Final = 30
LIMIT_MAX: Final = 100
# Why an item cannot be bought, and why money has not come.
NOT_FOR_SALE: Final = "product-not-for-sale"
ORDER_CANCELED: Final = "order-canceled"
INSUFFICIENT: Final = "insufficient-funds"
UNKNOWN: Final = "unknown"

Line = Annotated[str, Meta(min_length=1, max_length=200)]
Email = Annotated[str, Meta(min_length=3, max_length=EMAIL_MAX, extra_json_schema={"format": "email"})]
Wallet = Annotated[str, Meta(min_length=32, max_length=44)]
LOCATOR_MAX: Final = 400
Locator = Annotated[str, Meta(min_length=1, max_length=LOCATOR_MAX)]


class Asked(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What is asked; unknown fields are refused."""


class PhysicalAddress(Asked, frozen=True, kw_only=True, omit_defaults=True):
    """Where goods are sent; ``country`` is an ISO 3166-1 alpha-2 code."""

    name: Line
    line1: Line
    line2: Line | None = None
    city: Line
    state: Line | None = None
    postal_code: Annotated[str, Meta(min_length=1, max_length=20)]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]


class Recipient(Asked, frozen=True, kw_only=True, omit_defaults=True):
    """Who gets the items: by ``email`` or by ``walletAddress``, one of them."""

    email: Email | None = None
    wallet_address: Wallet | None = None
    physical_address: PhysicalAddress | None = None


class PaymentWish(Asked, frozen=True, kw_only=True, omit_defaults=True):
    """How the order is to be paid: on the network ``method``, from ``payerAddress``."""

    method: Annotated[str, Meta(max_length=40)]
    currency: Annotated[str, Meta(max_length=20)] | None = None
    payer_address: Wallet | None = None
    receipt_email: Email | None = None


class AskedLine(Asked, frozen=True, kw_only=True, omit_defaults=True):
    """One item: ``collectionLocator`` is ``crossmint:<product>[:<variant>]``, and so may ``productLocator`` be."""

    collection_locator: Locator | None = None
    product_locator: Locator | None = None
    token_locator: Locator | None = None
    call_data: dict[str, Any] | None = None
    execution_parameters: dict[str, Any] | None = None


class CreateOrder(Asked, frozen=True, kw_only=True, omit_defaults=True):
    """A new order, for one item or several."""

    payment: PaymentWish
    line_items: list[AskedLine] | AskedLine
    recipient: Recipient | None = None
    locale: Locale = "en-US"
    state: Literal["create", "draft"] = "create"
    metadata: dict[str, Any] | None = None


class EditOrder(Asked, frozen=True, kw_only=True, omit_defaults=True):
    """What may be changed until money is seen; a part that is sent replaces the whole part."""

    recipient: Recipient | UnsetType = UNSET
    payment: PaymentWish | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET


class ListOrders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``cursor`` is one that a page gave; ``sort`` is ``desc`` (newest first) or ``asc``."""

    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT
    cursor: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    sort: Literal["desc", "asc"] = "desc"


class Unavailability(msgspec.Struct, frozen=True, kw_only=True):
    """Why an item cannot be bought."""

    code: str
    message: str


class KeptLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a line: how it was named, and what its product said when it was quoted last."""

    line_id: str
    collection_locator: str | None = None
    product_locator: str | None = None
    call_data: dict[str, Any] | None = None
    description: str | None = None
    image_url: str | None = None
    physical: bool = False
    unavailable: Unavailability | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept beside an order that was made in this language. Instants are Unix milliseconds."""

    locale: str
    payment: PaymentWish
    quoted_at: int
    expires_at: int
    lines: tuple[KeptLine, ...]
    recipient: Recipient | None = None


class ResponseShape(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """What is answered; what is not known is left out."""


class Amount(ResponseShape, frozen=True, kw_only=True):
    """A decimal string, and a currency in lower case."""

    amount: str
    currency: str


class OrderRecipient(ResponseShape, frozen=True, kw_only=True):
    """Who gets an item; ``locator`` is ``email:<email>:<network>`` or ``<network>:<address>``."""

    locator: str
    email: str | UnsetType = UNSET
    wallet_address: str | UnsetType = UNSET
    physical_address: PhysicalAddress | UnsetType = UNSET


class DeliveredToken(ResponseShape, frozen=True, kw_only=True):
    """What the recipient got on a chain."""

    locator: str
    contract_address: str | UnsetType = UNSET
    token_id: str | UnsetType = UNSET
    mint_hash: str | UnsetType = UNSET


class Delivery(ResponseShape, frozen=True, kw_only=True):
    """How far handing an item over is."""

    status: DeliveryStatus
    recipient: OrderRecipient | UnsetType = UNSET
    tx_id: str | UnsetType = UNSET
    tokens: list[DeliveredToken] | UnsetType = UNSET


class Charges(ResponseShape, frozen=True, kw_only=True):
    """What one costs."""

    unit: Amount


class LineQuote(ResponseShape, frozen=True, kw_only=True):
    """What a line costs."""

    status: LineQuoteStatus
    charges: Charges
    total_price: Amount
    unavailability_reason: Unavailability | UnsetType = UNSET


class LineMetadata(ResponseShape, frozen=True, kw_only=True):
    """What an item is, for people."""

    name: str
    description: str | UnsetType = UNSET
    image_url: str | UnsetType = UNSET


class LineItem(ResponseShape, frozen=True, kw_only=True):
    """One item. ``productId`` is this server's own name for what was bought."""

    chain: str | UnsetType = UNSET
    quantity: int
    collection_locator: str | UnsetType = UNSET
    product_locator: str | UnsetType = UNSET
    call_data: dict[str, Any] | UnsetType = UNSET
    metadata: LineMetadata
    quote: LineQuote
    delivery: Delivery


class Quote(ResponseShape, frozen=True, kw_only=True):
    """What the order costs, and until when."""

    status: QuoteStatus
    quoted_at: str
    expires_at: str
    total_price: Amount


class Preparation(ResponseShape, frozen=True, kw_only=True):
    """What the payer's wallet signs and sends."""

    chain: str
    payer_address: str
    serialized_transaction: str


class Received(ResponseShape, frozen=True, kw_only=True):
    """What has arrived, at the locked price."""

    amount: str
    currency: str
    tx_id: str | UnsetType = UNSET
    chain: str | UnsetType = UNSET


class FailureReason(ResponseShape, frozen=True, kw_only=True):
    """Why money has not arrived in full."""

    code: Literal["unknown", "tx-id-not-found", "insufficient-funds"]
    message: str


class Payment(ResponseShape, frozen=True, kw_only=True):
    """How the order is paid, and how far that is."""

    status: PaymentStatus
    method: str | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    receipt_email: str | UnsetType = UNSET
    preparation: Preparation | UnsetType = UNSET
    received: Received | UnsetType = UNSET
    refunded: Amount | UnsetType = UNSET
    failure_reason: FailureReason | UnsetType = UNSET


class OrderObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An order as Crossmint shows it."""

    order_id: str
    phase: Phase
    locale: str
    line_items: list[LineItem]
    quote: Quote
    payment: Payment


class CreatedOrder(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A new order, and what opens it to a client-side key: shown in this one answer."""

    client_secret: str | UnsetType = UNSET
    order: OrderObject

    @property
    def id(self) -> str:
        """What the client secret is for, as it stands in later paths."""
        return self.order.order_id


class OrderList(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One page, and the ways on from it; null where a way ends."""

    data: list[OrderObject]
    next_cursor: str | None
    previous_cursor: str | None
