"""What Smartpay's callers send and get: camel case, minor units as integers, milliseconds, null as absent."""

from typing import Annotated, Any, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from keyturn.http.vocabulary import declares
from tillgate.base import ids
from tillgate.base.clock import INSTANT_MAX
from tillgate.dialects.smartpay.checking import (
    AUTOMATIC,
    CURRENCY,
    DESCRIPTION_MAX,
    ID_LENGTH_MAX,
    IDS_MAX,
    MANUAL,
    REFERENCE_MAX,
)
from tillgate.dialects.smartpay.ids import ID_FORM
from tillgate.wire.fields import EVENT_TYPE, CodeText, CurrencyText, DescriptionText, NameText, UrlText, Uses, text

T = TypeVar("T")

ITEMS_MAX: Final = 50
RESULTS_DEFAULT: Final = 20
RESULTS_MAX: Final = 100
CODES_MAX: Final = 100
AMOUNT_MAX: Final = 2**32 - 1
# How many captures of an order are shown in it at most; the rest is had from the list of payments.
PAYMENTS_SHOWN_MAX: Final = 100

MinorUnits = Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
SomeMinorUnits = Annotated[int, Meta(ge=1, le=AMOUNT_MAX)]
Milliseconds = Annotated[int, Meta(ge=0, le=INSTANT_MAX)]
# In hundredths of a percent, as coupons are kept.
Percentage = Annotated[float, Meta(ge=0.01, le=100)]
JsonObject = dict[str, Any]
Currency = Annotated[str, declares(enum=[CURRENCY])]
Automatic = Annotated[str, declares(enum=[AUTOMATIC, MANUAL])]
Reference = Annotated[str, text(REFERENCE_MAX)]
Description = Annotated[str, text(DESCRIPTION_MAX)]
Id = Annotated[str, declares(pattern=f"^({ID_FORM}|{ids.PATTERN})$")]
Lines = Annotated[list[Annotated[str, text(ID_LENGTH_MAX)]], declares(maxItems=IDS_MAX)]
Subscriptions = Annotated[
    list[Annotated[str, declares(pattern=EVENT_TYPE)]],
    Meta(max_length=CODES_MAX),
]


class Query(msgspec.Struct, frozen=True, rename="camel"):
    """What every call may bring: the clients add their language and version, which say nothing here."""

    expand: Literal["all", "no"] = "no"


class ListQuery(Query, frozen=True, rename="camel"):
    """What every list takes."""

    page_token: Id | None = None
    max_results: Annotated[int, Meta(ge=1, le=RESULTS_MAX)] = RESULTS_DEFAULT


class Item(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One thing of an order; of a discount, ``amount`` is what one takes off."""

    name: str | None = None
    amount: MinorUnits | None = None
    currency: str | None = None
    kind: Literal["product", "tax", "discount"] | None = None
    quantity: Annotated[int, Meta(ge=0)] | None = None


class CreateSession(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """An order that a shopper confirms on the checkout page. What is null is absent, what is unknown is ignored."""

    mode: str | None = None
    amount: MinorUnits | None = None
    currency: Currency | None = None
    items: list[JsonObject] | None = None
    customer_info: JsonObject | None = None
    shipping_info: JsonObject | None = None
    success_url: UrlText | None = None
    cancel_url: UrlText | None = None
    capture_method: Automatic | None = None
    description: Description | None = None
    reference: Reference | None = None
    locale: Literal["en", "ja"] | None = None
    metadata: JsonObject | None = None
    promotion_code: CodeText | None = None


class CreateOrder(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """An order by a token that a shopper has approved."""

    token: Id | None = None
    amount: MinorUnits | None = None
    currency: Currency | None = None
    items: list[JsonObject] | None = None
    customer_info: JsonObject | None = None
    shipping_info: JsonObject | None = None
    capture_method: Automatic | None = None
    description: Description | None = None
    reference: Reference | None = None
    metadata: JsonObject | None = None


class CreateCoupon(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """What is taken off: an amount of yen, or a percentage."""

    name: NameText | None = None
    discount_type: Literal["amount", "percentage"] | None = None
    discount_amount: SomeMinorUnits | None = None
    currency: Currency | None = None
    discount_percentage: Percentage | None = None
    description: DescriptionText | None = None
    expires_at: Milliseconds | None = None
    max_redemption_count: Uses | None = None
    metadata: JsonObject | None = None


class ChangeCoupon(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """What a merchant may change of a coupon; what is absent stays."""

    name: NameText | None = None
    description: DescriptionText | None = None
    active: bool | None = None
    metadata: JsonObject | None = None


class CreatePromotionCode(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """What shoppers type to get a coupon. It is on unless it says otherwise."""

    coupon: Id | None = None
    code: CodeText | None = None
    active: bool | None = None
    currency: Currency | None = None
    expires_at: Milliseconds | None = None
    first_time_transaction: bool | None = None
    one_per_customer: bool | None = None
    max_redemption_count: Uses | None = None
    minimum_amount: SomeMinorUnits | None = None
    metadata: JsonObject | None = None


class ChangePromotionCode(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """What a merchant may change of a promotion code; what is absent stays."""

    active: bool | None = None
    metadata: JsonObject | None = None


class CreateWebhookEndpoint(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """Where events go. Without ``eventSubscriptions``, or with none, these are all."""

    url: UrlText | None = None
    event_subscriptions: Subscriptions | None = None
    description: DescriptionText | None = None
    metadata: JsonObject | None = None


class ChangeWebhookEndpoint(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """What a merchant may change of an endpoint; what is absent stays."""

    active: bool | None = None
    url: UrlText | None = None
    event_subscriptions: Subscriptions | None = None
    description: DescriptionText | None = None
    metadata: JsonObject | None = None


class CreatePayment(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """A capture of an order, in full or in part."""

    order: Id | None = None
    amount: SomeMinorUnits | None = None
    currency: CurrencyText | None = None
    cancel_remainder: Automatic | None = None
    reference: Reference | None = None
    description: Description | None = None
    line_items: Lines | None = None
    metadata: JsonObject | None = None


class CreateRefund(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """Money of a payment that goes back; without ``amount`` all that is left."""

    payment: Id | None = None
    amount: SomeMinorUnits | None = None
    currency: CurrencyText | None = None
    reason: Literal["requested_by_customer", "fraudulent"] | None = None
    reference: Reference | None = None
    description: Description | None = None
    line_items: Lines | None = None
    metadata: JsonObject | None = None


class Change(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """What a merchant may change of a payment or a refund; what is absent stays."""

    reference: Reference | None = None
    description: Description | None = None
    metadata: JsonObject | None = None


class _Object(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    id: str
    object: str
    test: bool
    created_at: int
    updated_at: int
    metadata: Any


class LineItemObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A line, with what was said of it; ``price`` holds the rest of what came with the item."""

    id: str
    object: Literal["lineItem"] = "lineItem"
    kind: Literal["product", "tax", "discount"]
    name: str
    amount: int
    currency: str
    quantity: int
    description: str | UnsetType = UNSET
    price: JsonObject


class RefundObject(_Object, frozen=True, rename="camel", kw_only=True):
    """Money that goes back."""

    amount: int
    currency: str
    status: Literal["succeeded", "failed", "pending"]
    reason: Literal["requested_by_customer", "fraudulent"]
    payment: str
    line_items: list[str]
    description: str | UnsetType = UNSET
    reference: str | UnsetType = UNSET


class PaymentObject(_Object, frozen=True, rename="camel", kw_only=True):
    """One capture."""

    amount: int
    currency: str
    status: Literal["processed", "refunded"]
    order: str
    refunds: list[str | RefundObject]
    line_items: list[str]
    description: str | UnsetType = UNSET
    reference: str | UnsetType = UNSET


class OrderObject(_Object, frozen=True, rename="camel", kw_only=True):
    """An order; its lines and payments are ids, or objects where they were asked for."""

    amount: int
    currency: str
    status: Literal["requires_authorization", "requires_capture", "succeeded", "canceled", "rejected"]
    discount_amount: int
    discounts: list[JsonObject]
    line_items: list[str | LineItemObject]
    payments: list[str | PaymentObject]
    shipping_info: JsonObject
    description: str | UnsetType = UNSET
    reference: str | UnsetType = UNSET
    expires_at: int | UnsetType = UNSET
    token_id: str | UnsetType = UNSET


class TokenObject(_Object, frozen=True, rename="camel", kw_only=True):
    """What a shopper approves once; orders are made with it while it is active."""

    status: Literal["requires_authorization", "active", "disabled", "rejected", "deleted"]
    reference: str | UnsetType = UNSET


class CouponObject(_Object, frozen=True, rename="camel", kw_only=True):
    """What is taken off."""

    active: bool
    name: str
    discount_type: Literal["amount", "percentage"]
    discount_amount: int | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    discount_percentage: int | float | UnsetType = UNSET
    description: str | UnsetType = UNSET
    expires_at: int | UnsetType = UNSET
    max_redemption_count: int | UnsetType = UNSET
    redemption_count: int
    sponsored: bool = False


class PromotionCodeObject(_Object, frozen=True, rename="camel", kw_only=True):
    """What shoppers type to get a coupon."""

    active: bool
    code: str
    coupon: str
    currency: str | None
    expires_at: int | None
    first_time_transaction: bool
    one_per_customer: bool
    max_redemption_count: int | None
    redemption_count: int
    minimum_amount: int | None


class WebhookEndpointObject(_Object, frozen=True, rename="camel", kw_only=True):
    """Where events go; ``signingSecret`` is in the answer that creates it alone."""

    active: bool
    url: str
    description: str | UnsetType = UNSET
    event_subscriptions: list[str]
    signing_secret: str | UnsetType = UNSET


class SessionObject(_Object, frozen=True, rename="camel", kw_only=True):
    """A checkout session; send the shopper to ``url``. It asks for an order, or for a token."""

    customer_info: JsonObject
    order: str | OrderObject | UnsetType = UNSET
    token: str | TokenObject | UnsetType = UNSET
    url: str
    success_url: str | UnsetType = UNSET
    cancel_url: str | UnsetType = UNSET
    locale: str | UnsetType = UNSET
    reference: str | UnsetType = UNSET


class Collection(msgspec.Struct, Generic[T], frozen=True, rename="camel", kw_only=True):
    """One page, newest first; ``nextPageToken`` is absent on the last."""

    object: Literal["collection"] = "collection"
    page_token: str | UnsetType = UNSET
    next_page_token: str | UnsetType = UNSET
    max_results: int
    results: int
    data: list[T]


def or_unset(value: T | None) -> T | UnsetType:
    """What may be absent, as it is where absent and null are two things."""
    return UNSET if value is None else value


def collection(query: ListQuery, data: list[Any], *, has_more: bool) -> Collection[Any]:
    """A page in its envelope."""
    return Collection(
        page_token=query.page_token if query.page_token is not None else UNSET,
        next_page_token=data[-1].id if has_more else UNSET,
        max_results=query.max_results,
        results=len(data),
        data=data,
    )
