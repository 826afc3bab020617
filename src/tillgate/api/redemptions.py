"""``/redemptions``."""

import msgspec

from keyturn import Need
from tillgate.api.paging import ListObject, ListQuery
from tillgate.base import ids
from tillgate.base.pages import Page
from tillgate.checkout.redemptions import operations
from tillgate.checkout.redemptions.model import RedemptionObject, RedemptionStatus, to_api
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import Relation, Resource
from tillgate.wire.fields import IdText
from tillgate.wire.reading import given, instant, object_id
from tillgate.wire.routing import Call, Reads, Route

READ = Need("coupons:read")


class ListRedemptions(
    ListQuery,
    frozen=True,
    forbid_unknown_fields=True,
    rename={
        "coupon_id": "couponId",
        "promotion_code_id": "promotionCodeId",
        "customer_id": "customerId",
        "session_id": "sessionId",
        "order_id": "orderId",
    },
):
    """Filters combine; ``createdAfter`` is inclusive, ``createdBefore`` is not."""

    coupon_id: IdText | msgspec.UnsetType = msgspec.UNSET
    promotion_code_id: IdText | msgspec.UnsetType = msgspec.UNSET
    customer_id: IdText | msgspec.UnsetType = msgspec.UNSET
    session_id: IdText | msgspec.UnsetType = msgspec.UNSET
    order_id: IdText | msgspec.UnsetType = msgspec.UNSET
    status: RedemptionStatus | msgspec.UnsetType = msgspec.UNSET


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> RedemptionObject:
    return to_api(await operations.get_redemption(tx, call.principal, call.id))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[RedemptionObject]:
    query: ListRedemptions = call.query
    page = await operations.list_redemptions(
        tx,
        call.principal,
        call.page,
        coupon_id=object_id(query.coupon_id, ids.COUPON, field="coupon_id"),
        promotion_code_id=object_id(query.promotion_code_id, ids.PROMOTION_CODE, field="promotion_code_id"),
        customer_id=object_id(query.customer_id, ids.CUSTOMER, field="customer_id"),
        session_id=object_id(query.session_id, ids.CHECKOUT_SESSION, field="session_id"),
        order_id=object_id(query.order_id, ids.ORDER, field="order_id"),
        status=given(query.status),
        created_after=instant(query.created_after, field="created_after"),
        created_before=instant(query.created_before, field="created_before"),
    )
    return Page([to_api(one) for one in page.data], page.has_more)


REDEMPTION = Resource(
    "redemption",
    RedemptionObject,
    READ,
    places=(
        Relation("coupon", "coupon", "coupon_id"),
        Relation("promotionCode", "promotion_code", "promotion_code_id"),
        Relation("customer", "customer", "customer_id"),
        Relation("session", "checkout_session", "session_id"),
        Relation("order", "order", "order_id"),
    ),
)

ROUTES = [
    Route(
        "GET",
        "/redemptions",
        READ,
        "List redemptions of coupons, newest first: reserved, redeemed and released ones",
        Reads(list_all),
        ListObject[RedemptionObject],
        query=ListRedemptions,
    ),
    Route("GET", "/redemptions/{id}", READ, "Retrieve a redemption", Reads(retrieve), RedemptionObject),
]
