"""Several orders fulfilled at once: asked first, done one by one, and shown as they are then, with a way back."""

from typing import Final, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from tillgate.base import ids
from tillgate.base.errors import NotFound
from tillgate.checkout.customers.model import Customer
from tillgate.checkout.customers.operations import customers_by_id
from tillgate.checkout.orders.model import Fulfillment, Order, OrderStatus
from tillgate.checkout.orders.operations import OrderChanges, get_order, orders_by_id, update_order
from tillgate.dashboard.calls import READ, SELL, Call, Unusable, View
from tillgate.dashboard.sales import ORDERS
from tillgate.dashboard.selecting import selected
from tillgate.store import Transaction

FULFIL: Final = f"{ORDERS.root}/fulfil"
OUTCOME: Final = f"{ORDERS.root}/fulfilled"


class Chosen(NamedTuple):
    """An order that was ticked.

    Attributes:
        left: why it stays as it is; empty where it is changed.
    """

    order: Order
    customer: Customer | None
    left: str


async def ask(call: Call) -> Response:
    """Ask before the orders that were ticked are fulfilled, or are no more, and say which stay as they are."""
    to = _to(call.query("fulfillment"))
    rows = await _chosen(call, to)
    return call.page(
        "sales/fulfil.html",
        section="orders",
        to=to.value,
        root=ORDERS.root,
        changed=[one for one in rows if not one.left],
        left=[one for one in rows if one.left],
    )


async def fulfil(call: Call) -> Response:
    """Change them, each on its own, so that one which cannot be changed keeps no other from it."""
    to, wanted = _to(call.form.one("fulfillment")), selected(call, "order")
    if not wanted:
        raise Unusable("Select at least one order.")
    changed, left = list[str](), list[str]()

    async def change(order_id: str) -> bool:
        async def operation(tx: Transaction) -> bool:
            order = await get_order(tx, call.principal, order_id)
            if _left(order, to):
                return False
            changes = OrderChanges(fulfillment=to)
            await update_order(call.context.checkout, tx, call.principal, order_id, changes)
            return True

        try:
            return await call.write(operation)
        except NotFound:
            return False

    for order_id in wanted:
        (changed if await change(order_id) else left).append(order_id)
    told = [("fulfillment", to.value), *(("order", one) for one in changed), *(("left", one) for one in left)]
    return call.go(f"{OUTCOME}?{urlencode(told)}")


async def outcome(call: Call) -> Response:
    """The outcome of each: its state as it is now."""
    to = _to(call.query("fulfillment"))
    changed, left = selected(call, "order"), selected(call, "left")

    async def operation(tx: Transaction) -> dict[str, Order]:
        return dict(await orders_by_id(tx, call.principal, _orders([*changed, *left])))

    found = await call.read(operation)
    done = [found[one] for one in changed if one in found]
    return call.page(
        "sales/fulfilled.html",
        section="orders",
        to=to.value,
        other=_OTHER[to].value,
        root=ORDERS.root,
        done=done,
        undoable=[one.id for one in done if one.fulfillment is to],
        left=[(one, found.get(one), _left(found[one], to) if one in found else "") for one in left],
    )


_OTHER: Final = {
    Fulfillment.FULFILLED: Fulfillment.UNFULFILLED,
    Fulfillment.UNFULFILLED: Fulfillment.FULFILLED,
}


def _to(text: str | None) -> Fulfillment:
    if not text:
        return Fulfillment.FULFILLED
    try:
        return Fulfillment(text)
    except ValueError as error:
        raise Unusable("Choose one of the buttons.") from error


def _left(order: Order, to: Fulfillment) -> str:
    """Why an order is left out of what is done to many."""
    if order.fulfillment is to:
        return f"It is {to.value} already."
    if to is Fulfillment.FULFILLED and order.status is not OrderStatus.PAID:
        return "It is not paid. Open it to fulfil it all the same."
    return ""


def _orders(named: list[str]) -> list[str]:
    return [one for one in named if ids.is_id(ids.ORDER, one)]


async def _chosen(call: Call, to: Fulfillment) -> list[Chosen]:
    wanted = _orders(selected(call, "order"))

    async def operation(tx: Transaction) -> list[Chosen]:
        found = await orders_by_id(tx, call.principal, wanted)
        orders = [found[one] for one in wanted if one in found]
        customers = await customers_by_id(tx, call.principal, [one.customer_id for one in orders if one.customer_id])
        return [Chosen(one, customers.get(one.customer_id or ""), _left(one, to)) for one in orders]

    return await call.read(operation)


VIEWS: Final = (
    View("GET", FULFIL, ask, SELL),
    View("POST", FULFIL, fulfil, SELL),
    View("GET", OUTCOME, outcome, READ),
)
