"""``/orders`` as Crossmint documents it."""

from http import HTTPStatus
from typing import Final

import msgspec

from keyturn import Need, Reach
from tillgate.dialects.crossmint import operations
from tillgate.dialects.crossmint.shapes import CreatedOrder, CreateOrder, EditOrder, ListOrders, OrderList, OrderObject
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route, Writes

# orders.create, orders.read and orders.update, in this server's own scopes.
CREATE: Final = Need("sessions:write", Reach.CREATES)
LIST: Final = Need("orders:read")
LOOK: Final = Need("orders:read", Reach.OPENS)
UPDATE: Final = Need("orders:write", Reach.OPENS)


async def create(context: ApiContext, tx: Transaction, call: Call) -> CreatedOrder:
    """A new order, and its client secret."""
    return await operations.create_order(context.checkout, tx, call.principal, call.body)


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> OrderObject | msgspec.Raw:
    """One order."""
    return await operations.read_order(context.checkout, tx, call.principal, call.id)


async def update(context: ApiContext, tx: Transaction, call: Call) -> OrderObject | msgspec.Raw:
    """An order changed, and quoted again."""
    return await operations.edit_order(context.checkout, tx, call.principal, call.id, call.body)


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> OrderList:
    """A page of orders."""
    return await operations.list_orders(context.checkout, tx, call.principal, call.query)


def _public(created: CreatedOrder) -> CreatedOrder:
    return msgspec.structs.replace(created, client_secret=msgspec.UNSET)


ROUTES: Final = (
    Route(
        "POST",
        "/orders",
        CREATE,
        "Create an order",
        Writes(create, _public),
        CreatedOrder,
        HTTPStatus.CREATED,
        body=CreateOrder,
        client_secret=True,
    ),
    Route("GET", "/orders", LIST, "List orders", Reads(list_all), OrderList, query=ListOrders),
    Route("GET", "/orders/{id}", LOOK, "Retrieve an order", Reads(retrieve), OrderObject),
    Route("PATCH", "/orders/{id}", UPDATE, "Edit an order", Writes(update), OrderObject, body=EditOrder),
)
