"""``/promotion_codes``."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec

from keyturn import Need
from tillgate.api.desk import ApiDesk
from tillgate.api.lists import ListObject, listed
from tillgate.api.reading import ListQuery, given, object_id
from tillgate.api.routing import Call, Reads, Route, Writes
from tillgate.base import ids
from tillgate.checkout.coupons import model as coupon_model
from tillgate.checkout.coupons import operations as coupons
from tillgate.checkout.promotions import operations
from tillgate.checkout.promotions.model import CODE_LENGTH_MAX, PromotionCode, PromotionCodeObject, shown
from tillgate.checkout.promotions.operations import NewPromotionCode, PromotionCodeChanges
from tillgate.store import Transaction

READ, WRITE = Need("coupons:read"), Need("coupons:write")

Expand = Literal["coupon"] | msgspec.UnsetType


class CreatePromotionCode(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A new code for a coupon, unique whatever its case. ``minimumAmount`` and ``currency`` come together."""

    code: str
    coupon_id: str
    first_time_transaction: bool = False
    one_per_customer: bool = False
    minimum_amount: str | None = None
    currency: str | None = None
    expires_at: str | None = None
    max_redemptions: int | None = None
    active: bool = True
    metadata: dict[str, Any] | None = None


class UpdatePromotionCode(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """What may be changed; fields that are left out stay, ``metadata`` is replaced as a whole."""

    active: bool | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET


class RetrievePromotionCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``expand=coupon`` shows the whole coupon."""

    expand: Expand = msgspec.UNSET


class ListPromotionCodes(ListQuery, frozen=True, forbid_unknown_fields=True, rename={"coupon_id": "couponId"}):
    """Filters combine; ``code`` matches in whatever case. ``expand=coupon`` shows the whole coupons."""

    active: bool | msgspec.UnsetType = msgspec.UNSET
    coupon_id: str | msgspec.UnsetType = msgspec.UNSET
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=CODE_LENGTH_MAX)] | msgspec.UnsetType = msgspec.UNSET
    expand: Expand = msgspec.UNSET


async def create(desk: ApiDesk, tx: Transaction, call: Call) -> PromotionCodeObject:
    new = NewPromotionCode(**{name: getattr(call.body, name) for name in call.body.__struct_fields__})
    return shown(await operations.create_promotion_code(desk.checkout, tx, call.principal, new))


async def retrieve(desk: ApiDesk, tx: Transaction, call: Call) -> PromotionCodeObject:
    found = await operations.get_promotion_code(tx, call.principal, call.id)
    [answer] = await _shown(tx, [found], call.query.expand)
    return answer


async def list_all(desk: ApiDesk, tx: Transaction, call: Call) -> ListObject[PromotionCodeObject]:
    query: ListPromotionCodes = call.query
    page = await operations.list_promotion_codes(
        tx,
        call.principal,
        query.page,
        active=given(query.active),
        coupon_id=object_id(query.coupon_id, ids.COUPON, param="couponId"),
        code=given(query.code),
    )
    return listed(await _shown(tx, page.data, query.expand), page.has_more)


async def update(desk: ApiDesk, tx: Transaction, call: Call) -> PromotionCodeObject:
    changes = PromotionCodeChanges(**{name: getattr(call.body, name) for name in call.body.__struct_fields__})
    return shown(await operations.update_promotion_code(desk.checkout, tx, call.principal, call.id, changes))


async def _shown(tx: Transaction, found: list[PromotionCode], expand: Expand) -> list[PromotionCodeObject]:
    if expand is msgspec.UNSET:
        return [shown(promotion) for promotion in found]
    theirs = await coupons.coupons_by_id(tx, sorted({promotion.coupon_id for promotion in found}))
    return [shown(promotion, coupon_model.shown(theirs[promotion.coupon_id])) for promotion in found]


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
        query=RetrievePromotionCode,
    ),
    Route(
        "PATCH",
        "/promotion_codes/{id}",
        WRITE,
        "Change a promotion code",
        Writes(update),
        PromotionCodeObject,
        body=UpdatePromotionCode,
    ),
]
