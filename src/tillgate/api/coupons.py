"""``/coupons``."""

from http import HTTPStatus
from typing import Any, Literal

import msgspec

from keyturn import Need
from tillgate.api.paging import ListObject, ListQuery, period
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.checkout.coupons import operations
from tillgate.checkout.coupons.model import CouponObject, to_api
from tillgate.checkout.coupons.operations import CouponChanges, NewCoupon
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import Resource
from tillgate.wire.fields import CurrencyText, DecimalText, DescriptionText, InstantText, NameText, Uses
from tillgate.wire.reading import given
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("coupons:read"), Need("coupons:write")


class CreateCoupon(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """A new coupon: ``discountAmount`` and ``currency`` where ``discountType`` is ``amount``, ``discountPercentage``
    (a decimal string such as ``"12.5"``) where it is ``percentage``. ``expiresAt`` is an RFC 3339 timestamp."""

    name: NameText
    discount_type: Literal["amount", "percentage"]
    discount_amount: DecimalText | None = None
    currency: CurrencyText | None = None
    discount_percentage: DecimalText | None = None
    description: DescriptionText | None = None
    expires_at: InstantText | None = None
    max_redemptions: Uses | None = None
    active: bool = True
    metadata: dict[str, Any] | None = None


class UpdateCoupon(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """What may be changed; fields that are left out stay, ``metadata`` is merged by key. What a coupon is worth
    never changes: make another, and switch this one off."""

    name: NameText | msgspec.UnsetType = msgspec.UNSET
    description: DescriptionText | msgspec.UnsetType | None = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET


class ListCoupons(ListQuery, frozen=True, forbid_unknown_fields=True):
    """``active`` lists those switched on, or those switched off; both where it is left out."""

    active: bool | msgspec.UnsetType = msgspec.UNSET


async def create(context: ApiContext, tx: Transaction, call: Call) -> CouponObject:
    new = NewCoupon(**{name: getattr(call.body, name) for name in call.body.__struct_fields__})
    return to_api(await operations.create_coupon(context.checkout, tx, call.principal, new))


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> CouponObject:
    return to_api(await operations.get_coupon(tx, call.principal, call.id))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[CouponObject]:
    query: ListCoupons = call.query
    page = await operations.list_coupons(
        tx, call.principal, call.page, active=given(query.active), period=period(query)
    )
    return Page([to_api(coupon) for coupon in page.data], page.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> CouponObject:
    changes = CouponChanges(**{name: getattr(call.body, name) for name in call.body.__struct_fields__})
    return to_api(await operations.update_coupon(context.checkout, tx, call.principal, call.id, changes))


async def by_ids(
    context: ApiContext, tx: Transaction, principal: Principal, wanted: list[str]
) -> dict[str, CouponObject]:
    found = await operations.coupons_by_id(tx, principal, wanted)
    return {id: to_api(one) for id, one in found.items()}


COUPON = Resource("coupon", CouponObject, READ, by_ids)

ROUTES = [
    Route(
        "POST",
        "/coupons",
        WRITE,
        "Create a coupon",
        Writes(create),
        CouponObject,
        HTTPStatus.CREATED,
        body=CreateCoupon,
    ),
    Route(
        "GET",
        "/coupons",
        READ,
        "List coupons, newest first",
        Reads(list_all),
        ListObject[CouponObject],
        query=ListCoupons,
    ),
    Route("GET", "/coupons/{id}", READ, "Retrieve a coupon", Reads(retrieve), CouponObject),
    Route("PATCH", "/coupons/{id}", WRITE, "Update a coupon", Writes(update), CouponObject, body=UpdateCoupon),
]
