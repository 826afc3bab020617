"""``/coupons``: what is taken off."""

from typing import Any, Final

import msgspec

from keyturn import Need
from tillgate.base import ids
from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import NotFound
from tillgate.base.money import Money
from tillgate.checkout.coupons import operations
from tillgate.checkout.coupons.model import Coupon
from tillgate.checkout.coupons.operations import CouponChanges, NewCoupon
from tillgate.checkout.metadata import Replaced
from tillgate.dialects.smartpay import checking
from tillgate.dialects.smartpay.checking import CURRENCY, required
from tillgate.dialects.smartpay.errors import Missing
from tillgate.dialects.smartpay.ids import as_asked, page
from tillgate.dialects.smartpay.ids import required as required_id
from tillgate.dialects.smartpay.shapes import (
    ChangeCoupon,
    Collection,
    CouponObject,
    CreateCoupon,
    ListQuery,
    Query,
    collection,
    or_unset,
)
from tillgate.dialects.smartpay.view import coupon_object
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("coupons:read"), Need("coupons:write")


async def coupon_of(tx: Transaction, call: Call, text: str) -> Coupon:
    """The coupon that a text names.

    Raises:
        Missing: it names none of the key's mode and project.
    """
    try:
        return await operations.get_coupon(tx, call.principal, required_id(text, ids.COUPON, call.principal))
    except NotFound as error:
        raise Missing("coupon") from error


async def create(context: ApiContext, tx: Transaction, call: Call) -> CouponObject:
    """A new coupon."""
    body: CreateCoupon = call.body
    if body.currency is not None:
        checking.yen(body.currency)
    off, percentage = body.discount_amount, body.discount_percentage
    new = NewCoupon(
        name=required(body.name, "name"),
        discount_type=required(body.discount_type, "discountType"),
        discount_amount=str(Money(off, CURRENCY)) if off is not None else None,
        currency=body.currency,
        discount_percentage=repr(percentage) if percentage is not None else None,
        description=body.description,
        expires_at=to_rfc3339(body.expires_at) if body.expires_at is not None else None,
        max_redemptions=body.max_redemption_count,
        metadata=checking.metadata(body.metadata) or None,
    )
    return coupon_object(await operations.create_coupon(context.checkout, tx, call.principal, new))


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> CouponObject:
    """One coupon."""
    return as_asked(call, coupon_object(await coupon_of(tx, call, call.id)))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Collection[Any]:
    """A page of coupons."""
    query: ListQuery = call.query
    asked = page(query.page_token, query.max_results, ids.COUPON, call.principal)
    found = await operations.list_coupons(tx, call.principal, asked)
    return collection(query, [coupon_object(one) for one in found.data], has_more=found.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> CouponObject:
    """A coupon with another name, on or off. What it is worth never changes."""
    body: ChangeCoupon = call.body
    coupon = await coupon_of(tx, call, call.id)
    changes = CouponChanges(
        name=or_unset(body.name),
        description=or_unset(body.description),
        active=or_unset(body.active),
        metadata=Replaced(checking.metadata(body.metadata)) if body.metadata is not None else msgspec.UNSET,
    )
    changed = await operations.update_coupon(context.checkout, tx, call.principal, coupon.id, changes)
    return as_asked(call, coupon_object(changed))


ROUTES: Final = (
    Route("POST", "/coupons", WRITE, "Create a coupon", Writes(create), CouponObject, query=Query, body=CreateCoupon),
    Route(
        "GET",
        "/coupons",
        READ,
        "List coupons, newest first",
        Reads(list_all),
        Collection[CouponObject],
        query=ListQuery,
    ),
    Route("GET", "/coupons/{id}", READ, "Retrieve a coupon", Reads(retrieve), CouponObject, query=Query),
    Route(
        "PATCH",
        "/coupons/{id}",
        WRITE,
        "Change a coupon's name, description or metadata, or switch it on or off",
        Writes(update),
        CouponObject,
        query=Query,
        body=ChangeCoupon,
    ),
)
