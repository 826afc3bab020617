"""What belongs to one sale: an order, its session, its payment and its refunds."""

from typing import Final

from tillgate.base import ids
from tillgate.base.errors import NotFound
from tillgate.base.pages import PageRequest
from tillgate.base.principal import Principal
from tillgate.checkout.orders.operations import get_order, list_orders
from tillgate.checkout.payments.operations import get_payment, transactions_by_id
from tillgate.checkout.refunds.operations import get_refund, list_refunds
from tillgate.store import Transaction

# The newest; an order has few.
REFUNDS_MAX: Final = 25


async def related_ids(tx: Transaction, principal: Principal, id: str) -> list[str]:
    """The ids of all that belongs to the sale that an object belongs to; its own alone where it belongs to none.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    order_id = await _order_of(tx, principal, id)
    if order_id is None:
        return [id]
    order = await get_order(tx, principal, order_id)
    refunds = await list_refunds(tx, principal, PageRequest(REFUNDS_MAX), order_id=order.id)
    return [order.session_id, order.id, order.payment.id, *(one.id for one in refunds.data)]


async def _order_of(tx: Transaction, principal: Principal, id: str) -> str | None:
    if ids.is_id(ids.ORDER, id):
        return id
    if ids.is_id(ids.CHECKOUT_SESSION, id):
        found = (await list_orders(tx, principal, PageRequest(1), session_id=id)).data
        if not found:
            raise NotFound("checkout session", id)
        return found[0].id
    if ids.is_id(ids.REFUND, id):
        return (await get_refund(tx, principal, id)).order_id
    if ids.is_id(ids.TRANSACTION, id):
        moved = await transactions_by_id(tx, principal, [id])
        if id not in moved:
            raise NotFound("transaction", id)
        id = moved[id].payment_id
    if ids.is_id(ids.PAYMENT, id):
        return (await get_payment(tx, principal, id)).order_id
    return None
