"""What Smartpay's callers send and get: camel case, minor units as integers, milliseconds, null as absent."""

from typing import Annotated, Any, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

T = TypeVar("T")

ITEMS_MAX: Final = 50
RESULTS_DEFAULT: Final = 20
RESULTS_MAX: Final = 100
AMOUNT_MAX: Final = 2**32 - 1
# How many captures of an order are shown in it at most; the rest is had from the list of payments.
PAYMENTS_SHOWN_MAX: Final = 100

MinorUnits = Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
JsonObject = dict[str, Any]


class Query(msgspec.Struct, frozen=True, rename="camel"):
    """What every call may bring: the clients add their language and version, which say nothing here."""

    expand: Literal["all", "no"] = "no"


class ListQuery(Query, frozen=True, rename="camel"):
    """What every list takes."""

    page_token: str | None = None
    max_results: Annotated[int, Meta(ge=1, le=RESULTS_MAX)] = RESULTS_DEFAULT


class Item(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One thing of an order; of a discount, ``amount`` is what one takes off."""

    name: str | None = None
    amount: MinorUnits | None = None
    currency: str | None = None
    kind: Literal["product", "tax", "discount"] | None = None
    quantity: Annotated[int, Meta(ge=0)] | None = None


class CreateSession(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An order that a shopper confirms on the checkout page. What is null is absent, what is unknown is ignored."""

    mode: str | None = None
    amount: MinorUnits | None = None
    currency: str | None = None
    items: list[JsonObject] | None = None
    customer_info: JsonObject | None = None
    shipping_info: JsonObject | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    capture_method: str | None = None
    description: str | None = None
    reference: str | None = None
    locale: Literal["en", "ja"] | None = None
    metadata: JsonObject | None = None
    promotion_code: str | None = None


class CreatePayment(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A capture of an order, in full or in part."""

    order: str | None = None
    amount: MinorUnits | None = None
    currency: str | None = None
    cancel_remainder: str | None = None
    reference: str | None = None
    description: str | None = None
    line_items: list[str] | None = None
    metadata: JsonObject | None = None


class CreateRefund(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Money of a payment that goes back; without ``amount`` all that is left."""

    payment: str | None = None
    amount: MinorUnits | None = None
    currency: str | None = None
    reason: Literal["requested_by_customer", "fraudulent"] | None = None
    reference: str | None = None
    description: str | None = None
    line_items: list[str] | None = None
    metadata: JsonObject | None = None


class Change(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a merchant may change of a payment or a refund; what is absent stays."""

    reference: str | None = None
    description: str | None = None
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


class SessionObject(_Object, frozen=True, rename="camel", kw_only=True):
    """A checkout session; send the shopper to ``url``."""

    customer_info: JsonObject
    order: str | OrderObject
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


def collection(query: ListQuery, data: list[Any], *, has_more: bool) -> Collection[Any]:
    """A page in its envelope."""
    return Collection(
        page_token=query.page_token if query.page_token is not None else UNSET,
        next_page_token=data[-1].id if has_more else UNSET,
        max_results=query.max_results,
        results=len(data),
        data=data,
    )
