"""``/promotion_codes``."""

from http import HTTPStatus
from typing import Annotated, Any

import msgspec

from keyturn import Need
from tillgate.api.paging import ListObject, ListQuery, period
from tillgate.base import ids
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.checkout.promotions import operations
from tillgate.checkout.promotions.model import CODE_LENGTH_MAX, PromotionCodeObject, to_api
from tillgate.checkout.promotions.operations import NewPromotionCode, PromotionCodeChanges
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import Relation, Resource
from tillgate.wire.fields import CodeText, CurrencyText, DecimalText, IdText, InstantText, Uses
from tillgate.wire.reading import given, object_id
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("coupons:read"), Need("coupons:write")


class CreatePromotionCode(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """A new code for a coupon, unique whatever its case. ``minimumAmount`` and ``currency`` come together."""

    code: CodeText
    coupon_id: IdText
    first_time_transaction: bool = False
    one_per_customer: bool = False
    minimum_amount: DecimalText | None = None
    currency: CurrencyText | None = None
    expires_at: InstantText | None = None
    max_redemptions: Uses | None = None
    active: bool = True
    metadata: dict[str, Any] | None = None


class UpdatePromotionCode(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """What may be changed; fields that are left out stay, ``metadata`` is merged by key, where null removes one."""

    active: bool | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET


class ListPromotionCodes(ListQuery, frozen=True, forbid_unknown_fields=True, rename={"coupon_id": "couponId"}):
    """Filters combine; ``code`` ignores case."""

    active: bool | msgspec.UnsetType = msgspec.UNSET
    coupon_id: IdText | msgspec.UnsetType = msgspec.UNSET
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=CODE_LENGTH_MAX)] | msgspec.UnsetType = msgspec.UNSET


async def create(context: ApiContext, tx: Transaction, call: Call) -> PromotionCodeObject:
    new = NewPromotionCode(**{name: getattr(call.body, name) for name in call.body.__struct_fields__})
    return to_api(await operations.create_promotion_code(context.checkout, tx, call.principal, new))


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> PromotionCodeObject:
    return to_api(await operations.get_promotion_code(tx, call.principal, call.id))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[PromotionCodeObject]:
    query: ListPromotionCodes = call.query
    page = await operations.list_promotion_codes(
        tx,
        call.principal,
        call.page,
        active=given(query.active),
        coupon_id=object_id(query.coupon_id, ids.COUPON, field="coupon_id"),
        code=given(query.code),
        period=period(query),
    )
    return Page([to_api(promotion) for promotion in page.data], page.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> PromotionCodeObject:
    changes = PromotionCodeChanges(**{name: getattr(call.body, name) for name in call.body.__struct_fields__})
    return to_api(await operations.update_promotion_code(context.checkout, tx, call.principal, call.id, changes))


async def by_ids(
    context: ApiContext, tx: Transaction, principal: Principal, wanted: list[str]
) -> dict[str, PromotionCodeObject]:
    found = await operations.promotion_codes_by_id(tx, principal, wanted)
    return {id: to_api(one) for id, one in found.items()}


PROMOTION_CODE = Resource(
    "promotion_code", PromotionCodeObject, READ, by_ids, (Relation("coupon", "coupon", "coupon_id"),)
)

ROUTES = [
    Route(
        "POST",
        "/promotion_codes",
        WRITE,
        "Create a promotion code for a coupon",
        Writes(create),
        PromotionCodeObject,
        HTTPStatus.CREATED,
        body=CreatePromotionCode,
    ),
    Route(
        "GET",
        "/promotion_codes",
        READ,
        "List promotion codes, newest first",
        Reads(list_all),
        ListObject[PromotionCodeObject],
        query=ListPromotionCodes,
    ),
    Route(
        "GET",
        "/promotion_codes/{id}",
        READ,
        "Retrieve a promotion code",
        Reads(retrieve),
        PromotionCodeObject,
    ),
    Route(
        "PATCH",
        "/promotion_codes/{id}",
        WRITE,
        "Update a promotion code",
        Writes(update),
        PromotionCodeObject,
        body=UpdatePromotionCode,
    ),
]
