"""``/orders``."""

from typing import Annotated, Any, Literal

import msgspec

from keyturn import Need
from tillgate.api import refunds
from tillgate.api.kept import kept_answer, kept_page
from tillgate.api.paging import ListObject, ListQuery
from tillgate.base import ids
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.checkout import kept
from tillgate.checkout.customers.model import CustomerObject
from tillgate.checkout.customers.model import to_api as customer_to_api
from tillgate.checkout.orders import operations
from tillgate.checkout.orders.model import LINE_ITEMS_MAX, REFERENCE_MAX, Fulfillment, OrderStatus
from tillgate.checkout.orders.object import DiscountObject, LineItemObject, OrderObject, to_api
from tillgate.checkout.orders.operations import OrderChanges
from tillgate.checkout.orders.records import OrderFilters
from tillgate.checkout.refunds.operations import refund_order
from tillgate.checkout.settlement import deciding
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import Part, Relation, Resource
from tillgate.wire.fields import IdText, InstantText
from tillgate.wire.reading import given, instant, object_id
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("orders:read"), Need("orders:write")
REFUND = Need("refunds:write")


class UpdateOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What may be changed; fields that are left out stay, ``metadata`` is replaced as a whole."""

    fulfillment: Literal["unfulfilled", "fulfilled"] | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET


class RefundOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``excess`` gives back what is too much and takes the rest as payment; ``everything`` ends the order."""

    what: Literal["everything", "excess"]


class ListOrders(
    ListQuery,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"session_id": "sessionId", "customer_id": "customerId", "created_after": "createdAfter"},
):
    """Filters combine; ``reference`` matches exactly, ``createdAfter`` is inclusive."""

    status: OrderStatus | msgspec.UnsetType = msgspec.UNSET
    fulfillment: Fulfillment | msgspec.UnsetType = msgspec.UNSET
    reference: Annotated[str, msgspec.Meta(max_length=REFERENCE_MAX)] | msgspec.UnsetType = msgspec.UNSET
    session_id: IdText | msgspec.UnsetType = msgspec.UNSET
    customer_id: IdText | msgspec.UnsetType = msgspec.UNSET
    created_after: InstantText | msgspec.UnsetType = msgspec.UNSET


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> OrderObject | msgspec.Raw:
    if (answer := await kept_answer(context, tx, call, kept.ORDER)) is not None:
        return answer
    return to_api(await operations.get_order(tx, call.principal, call.id))


async def accept(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    order = await operations.get_order(tx, call.principal, call.id)
    await deciding.accept(context.checkout, tx, call.principal, order.session_id)
    return to_api(await operations.get_order(tx, call.principal, call.id))


async def wait(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    order = await operations.get_order(tx, call.principal, call.id)
    await deciding.keep_waiting(context.checkout, tx, call.principal, order.session_id)
    return to_api(await operations.get_order(tx, call.principal, call.id))


async def refund(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    excess_only = call.body.what == "excess"
    return to_api(await refund_order(context.checkout, tx, call.principal, call.id, excess_only=excess_only))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[Any]:
    query: ListOrders = call.query
    filters = OrderFilters(
        status=given(query.status),
        fulfillment=given(query.fulfillment),
        reference=given(query.reference),
        session_id=object_id(query.session_id, ids.CHECKOUT_SESSION, field="session_id"),
        customer_id=object_id(query.customer_id, ids.CUSTOMER, field="customer_id"),
        created_after=instant(query.created_after, field="created_after"),
    )
    if call.expansion is None:
        found = await operations.list_kept_orders(tx, call.principal, call.page, context.public_url, **filters)
        return await kept_page(context, tx, call, found, by_ids)
    page = await operations.list_orders(tx, call.principal, call.page, **filters)
    return Page([to_api(order) for order in page.data], page.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    body: UpdateOrder = call.body
    fulfillment = body.fulfillment
    changes = OrderChanges(
        fulfillment=Fulfillment(fulfillment) if fulfillment is not msgspec.UNSET else msgspec.UNSET,
        metadata=body.metadata,
    )
    return to_api(await operations.update_order(context.checkout, tx, call.principal, call.id, changes))


async def by_ids(
    context: ApiContext, tx: Transaction, principal: Principal, order_ids: list[str]
) -> dict[str, OrderObject]:
    found = await operations.orders_by_id(tx, principal, order_ids)
    return {id: to_api(one) for id, one in found.items()}


async def customers_of_sessions(
    context: ApiContext, tx: Transaction, principal: Principal, session_ids: list[str]
) -> dict[str, CustomerObject]:
    found = await operations.customers_of_sessions(tx, principal, session_ids)
    return {session_id: customer_to_api(one) for session_id, one in found.items()}


ORDER = Resource(
    "order",
    OrderObject,
    READ,
    by_ids,
    (
        Relation("session", "checkout_session", "session_id"),
        Relation("payment", "payment", "payment_id"),
        Relation("customer", "customer", "customer_id"),
        Relation("refunds", "refund", "id", refunds.of_orders, many=True),
        Part(
            "lineItems",
            "line_items",
            LineItemObject,
            LINE_ITEMS_MAX,
            (Relation("product", "product", "product_id"),),
        ),
        Part(
            "discounts",
            "discounts",
            DiscountObject,
            1,
            (
                Relation("coupon", "coupon", "coupon_id"),
                Relation("promotionCode", "promotion_code", "promotion_code_id"),
            ),
        ),
    ),
)

ROUTES = [
    Route(
        "GET",
        "/orders",
        READ,
        "List orders, newest first",
        Reads(list_all),
        ListObject[OrderObject],
        query=ListOrders,
    ),
    Route("GET", "/orders/{id}", READ, "Retrieve an order", Reads(retrieve), OrderObject),
    Route(
        "PATCH",
        "/orders/{id}",
        WRITE,
        "Mark an order as fulfilled, or update its metadata",
        Writes(update),
        OrderObject,
        body=UpdateOrder,
    ),
    Route(
        "POST",
        "/orders/{id}/accept",
        WRITE,
        "Accept the amount received as payment, although it is too little, too much, late, or partly reversed",
        Writes(accept),
        OrderObject,
    ),
    Route(
        "POST",
        "/orders/{id}/wait",
        WRITE,
        "Wait for the rest of an underpaid order: a further payment settles it automatically",
        Writes(wait),
        OrderObject,
    ),
    Route(
        "POST",
        "/orders/{id}/refund",
        REFUND,
        "Refund money that needs a decision",
        Writes(refund),
        OrderObject,
        body=RefundOrder,
    ),
]
