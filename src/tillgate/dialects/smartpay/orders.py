"""``/orders``."""

from typing import Any, Final

import msgspec

from keyturn import Need
from tillgate.base import ids
from tillgate.base.errors import Conflict, NotFound
from tillgate.checkout.orders import operations
from tillgate.checkout.orders.model import Order
from tillgate.checkout.payment_tokens import operations as tokens
from tillgate.checkout.sessions.opening import Beside, open_session
from tillgate.checkout.settlement import capturing
from tillgate.checkout.settlement.simulating import Outcome, simulate
from tillgate.dialects.smartpay import ordering
from tillgate.dialects.smartpay.checking import required
from tillgate.dialects.smartpay.errors import Documented, Missing
from tillgate.dialects.smartpay.ids import as_asked, page
from tillgate.dialects.smartpay.ids import required as required_id
from tillgate.dialects.smartpay.model import Status, status_of
from tillgate.dialects.smartpay.records import BESIDE_ORDERS, keep, kept_in
from tillgate.dialects.smartpay.shapes import Collection, CreateOrder, ListQuery, OrderObject, Query, collection
from tillgate.dialects.smartpay.view import order_in_words, orders_in_words
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("orders:read"), Need("orders:write")


async def order_of(tx: Transaction, call: Call, text: str) -> Order:
    """The order that a text names.

    Raises:
        Missing: it names none of the key's mode and project.
    """
    try:
        return await operations.get_order(tx, call.principal, required_id(text, ids.ORDER, call.principal))
    except NotFound as error:
        raise Missing("order") from error


async def create(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    """An order by a token that its shopper has approved. It is authorized at once, or rejected."""
    body: CreateOrder = call.body
    named = required(body.token, "token")
    token_id = required_id(named, ids.PAYMENT_TOKEN, call.principal)
    described = ordering.described(body)
    try:
        token = await tokens.usable_payment_token(context.checkout, tx, call.principal, token_id)
    except NotFound as error:
        raise Missing("token") from error
    except Conflict as error:
        raise Documented("token.invalid", error.public, code="invalid_body") from error

    async def keep_of(order: Order) -> None:
        await keep(tx, order.id, msgspec.structs.replace(described.kept, token=token.id))

    beside = Beside(keep=keep_of, customer_email=described.email)
    session = await open_session(context.checkout, tx, call.principal, described.session, beside)
    if session.price.minor:
        outcome = Outcome.DECLINED if token.declines else Outcome.AUTHORIZED
        session = await simulate(context.checkout, tx, call.principal, session.id, outcome)
    if session.price.minor and token.declines:
        await capturing.call_off(context.checkout, tx, session, context.clock.now())
    await tokens.emit_used(context.checkout, tx, token)
    order = await operations.get_order(tx, call.principal, session.order_id)
    [shown] = await orders_in_words(tx, call.principal, [order], expanded=True)
    return msgspec.structs.replace(shown, token_id=named) if ids.is_typed(named) else shown


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    """One order."""
    query: Query = call.query
    try:
        order, document = await operations.get_order_beside(
            tx, call.principal, required_id(call.id, ids.ORDER, call.principal), BESIDE_ORDERS
        )
    except NotFound as error:
        raise Missing("order") from error
    # One id has one writing in each language, so that it need not be written again.
    return await order_in_words(
        tx, call.principal, order, kept_in(document), id=call.id, expanded=query.expand == "all"
    )


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Collection[Any]:
    """A page of orders."""
    query: ListQuery = call.query
    asked = page(query.page_token, query.max_results, ids.ORDER, call.principal)
    found = await operations.list_orders(tx, call.principal, asked)
    data = await orders_in_words(tx, call.principal, found.data, expanded=query.expand == "all")
    return collection(query, data, has_more=found.has_more)


async def cancel(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    """An order called off: what is authorized and not captured is released. Doing it again changes nothing."""
    order = await order_of(tx, call, call.id)
    status = status_of(order)
    if status is Status.REJECTED:
        raise _cannot_cancel(status)
    if status is not Status.CANCELED:
        try:
            await capturing.cancel(context.checkout, tx, call.principal, order.payment.id)
        except Conflict as error:
            raise _cannot_cancel(status) from error
        order = await operations.get_order(tx, call.principal, order.id)
    return as_asked(call, (await orders_in_words(tx, call.principal, [order], expanded=False))[0])


def _cannot_cancel(status: Status) -> Documented:
    message = f"Only an order that is requires_capture or canceled can be canceled; this one is {status.value}."
    return Documented("order.cannot-cancel", message, code="conflict")


ROUTES: Final = (
    Route(
        "POST",
        "/orders",
        WRITE,
        "Create an order by a token",
        Writes(create),
        OrderObject,
        query=Query,
        body=CreateOrder,
    ),
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
