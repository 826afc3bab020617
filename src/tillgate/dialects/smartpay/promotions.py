"""``/promotion-codes``: what shoppers type to get a coupon."""

from typing import Any, Final

import msgspec

from tillgate.base import ids
from tillgate.base.clock import to_rfc3339
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.money import Money
from tillgate.checkout.metadata import Replaced
from tillgate.checkout.promotions import operations
from tillgate.checkout.promotions.model import PromotionCode
from tillgate.checkout.promotions.operations import NewPromotionCode, PromotionCodeChanges
from tillgate.dialects.smartpay import checking
from tillgate.dialects.smartpay.checking import CURRENCY, required
from tillgate.dialects.smartpay.coupons import READ, WRITE, coupon_of
from tillgate.dialects.smartpay.errors import Documented, Missing
from tillgate.dialects.smartpay.ids import as_asked, page
from tillgate.dialects.smartpay.ids import required as required_id
from tillgate.dialects.smartpay.shapes import (
    ChangePromotionCode,
    Collection,
    CreatePromotionCode,
    ListQuery,
    PromotionCodeObject,
    Query,
    collection,
    or_unset,
)
from tillgate.dialects.smartpay.view import promotion_code_object
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route, Writes

_EXISTS: Final = "promotion_code_exists"


async def create(context: ApiContext, tx: Transaction, call: Call) -> PromotionCodeObject:
    """A new promotion code of a coupon."""
    body: CreatePromotionCode = call.body
    if body.currency is not None:
        checking.yen(body.currency)
    named = required(body.coupon, "coupon")
    coupon = await coupon_of(tx, call, named)
    minimum = body.minimum_amount
    if minimum is not None:
        required(body.currency, "currency")
    new = NewPromotionCode(
        code=required(body.code, "code"),
        coupon_id=coupon.id,
        first_time_transaction=body.first_time_transaction is True,
        one_per_customer=body.one_per_customer is True,
        minimum_amount=str(Money(minimum, CURRENCY)) if minimum is not None else None,
        currency=body.currency if minimum is not None else None,
        expires_at=to_rfc3339(body.expires_at) if body.expires_at is not None else None,
        max_redemptions=body.max_redemption_count,
        active=body.active is not False,
        metadata=checking.metadata(body.metadata) or None,
    )
    try:
        made = await operations.create_promotion_code(context.checkout, tx, call.principal, new)
    except Conflict as error:
        raise _documented(error) from error
    shown = promotion_code_object(made)
    return msgspec.structs.replace(shown, coupon=named) if ids.is_typed(named) else shown


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> PromotionCodeObject:
    """One promotion code."""
    return as_asked(call, promotion_code_object(await _promotion_of(tx, call)))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Collection[Any]:
    """A page of promotion codes."""
    query: ListQuery = call.query
    asked = page(query.page_token, query.max_results, ids.PROMOTION_CODE, call.principal)
    found = await operations.list_promotion_codes(tx, call.principal, asked)
    return collection(query, [promotion_code_object(one) for one in found.data], has_more=found.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> PromotionCodeObject:
    """A promotion code switched on or off, or with other metadata."""
    body: ChangePromotionCode = call.body
    promotion = await _promotion_of(tx, call)
    changes = PromotionCodeChanges(
        active=or_unset(body.active),
        metadata=Replaced(checking.metadata(body.metadata)) if body.metadata is not None else msgspec.UNSET,
    )
    try:
        changed = await operations.update_promotion_code(context.checkout, tx, call.principal, promotion.id, changes)
    except Conflict as error:
        raise _documented(error) from error
    return as_asked(call, promotion_code_object(changed))


async def _promotion_of(tx: Transaction, call: Call) -> PromotionCode:
    promotion_id = required_id(call.id, ids.PROMOTION_CODE, call.principal)
    try:
        return await operations.get_promotion_code(tx, call.principal, promotion_id)
    except NotFound as error:
        raise Missing("promotion-code") from error


def _documented(error: Conflict) -> Conflict | Documented:
    if error.code != _EXISTS:
        return error
    return Documented("promotion-code.exists", error.public, code="conflict")


ROUTES: Final = (
    Route(
        "POST",
        "/promotion-codes",
        WRITE,
        "Create a promotion code of a coupon",
        Writes(create),
        PromotionCodeObject,
        query=Query,
        body=CreatePromotionCode,
    ),
    Route(
        "GET",
        "/promotion-codes",
        READ,
        "List promotion codes, newest first",
        Reads(list_all),
        Collection[PromotionCodeObject],
        query=ListQuery,
    ),
    Route(
        "GET",
        "/promotion-codes/{id}",
        READ,
        "Retrieve a promotion code",
        Reads(retrieve),
        PromotionCodeObject,
        query=Query,
    ),
    Route(
        "PATCH",
        "/promotion-codes/{id}",
        WRITE,
        "Switch a promotion code on or off, or change its metadata",
        Writes(update),
        PromotionCodeObject,
        query=Query,
        body=ChangePromotionCode,
    ),
)
