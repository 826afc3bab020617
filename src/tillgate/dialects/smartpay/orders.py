"""``/orders``."""

from typing import Any, Final

from keyturn import Need
from tillgate.base import ids
from tillgate.base.errors import Conflict
from tillgate.checkout.orders import operations
from tillgate.checkout.orders.model import Order
from tillgate.checkout.settlement import capturing
from tillgate.dialects.smartpay.errors import Documented, Missing
from tillgate.dialects.smartpay.ids import page
from tillgate.dialects.smartpay.ids import required as required_id
from tillgate.dialects.smartpay.model import Status, status_of
from tillgate.dialects.smartpay.shapes import Collection, ListQuery, OrderObject, Query, collection
from tillgate.dialects.smartpay.view import orders_in_words
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("orders:read"), Need("orders:write")


async def order_of(tx: Transaction, call: Call, text: str) -> Order:
    """The order that a text names.

    Raises:
        Missing: it names none of the key's mode and project.
    """
    order_id = required_id(text, ids.ORDER, call.principal)
    found = await operations.orders_by_id(tx, call.principal, [order_id])
    if order_id not in found:
        raise Missing("order")
    return found[order_id]


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    """One order."""
    query: Query = call.query
    order = await order_of(tx, call, call.id)
    return (await orders_in_words(tx, call.principal, [order], expanded=query.expand == "all"))[0]


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Collection[Any]:
    """A page of orders."""
    query: ListQuery = call.query
    asked = page(query.page_token, query.max_results, ids.ORDER, call.principal)
    found = await operations.list_orders(tx, call.principal, asked)
    data = await orders_in_words(tx, call.principal, found.data, expanded=query.expand == "all")
    return collection(query, data, has_more=found.has_more)


async def cancel(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    """An order called off: what is authorised and not captured is released. Doing it again changes nothing."""
    order = await order_of(tx, call, call.id)
    if status_of(order) is not Status.CANCELED:
        try:
            await capturing.cancel(context.checkout, tx, call.principal, order.payment.id)
        except Conflict as error:
            raise Documented(
                409,
                "order.cannot-cancel",
                "Only an order that is requires_capture or canceled can be canceled; this one is "
                f"{status_of(order).value}.",
                code="conflict",
            ) from error
        order = await operations.get_order(tx, call.principal, order.id)
    return (await orders_in_words(tx, call.principal, [order], expanded=False))[0]


ROUTES: Final = (
    Route(
        "GET",
        "/orders",
        READ,
        "List orders, newest first",
        Reads(list_all),
        Collection[OrderObject],
        query=ListQuery,
    ),
    Route("GET", "/orders/{id}", READ, "Retrieve an order", Reads(retrieve), OrderObject, query=Query),
    Route(
        "PUT",
        "/orders/{id}/cancellation",
        WRITE,
        "Cancel an order",
        Writes(cancel),
        OrderObject,
        query=Query,
    ),
)
