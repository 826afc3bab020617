"""``/tokens``: what a shopper has approved once, and orders are made with later."""

from http import HTTPStatus
from typing import Any, Final

from keyturn import Need
from tillgate.base import ids
from tillgate.base.errors import Conflict, NotFound
from tillgate.checkout.payment_tokens import operations
from tillgate.checkout.payment_tokens.model import TokenStatus
from tillgate.dialects.smartpay.errors import Missing
from tillgate.dialects.smartpay.ids import as_asked, page
from tillgate.dialects.smartpay.ids import required as required_id
from tillgate.dialects.smartpay.shapes import Collection, ListQuery, Query, TokenObject, collection
from tillgate.dialects.smartpay.view import token_object
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("orders:read"), Need("orders:write")
LISTED: Final = (TokenStatus.ACTIVE, TokenStatus.DISABLED)


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> TokenObject:
    """One token; none that was deleted."""
    token_id = required_id(call.id, ids.PAYMENT_TOKEN, call.principal)
    try:
        return as_asked(call, token_object(await operations.get_payment_token(tx, call.principal, token_id)))
    except NotFound as error:
        raise Missing("token") from error


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Collection[Any]:
    """A page of the tokens that are active or disabled."""
    query: ListQuery = call.query
    asked = page(query.page_token, query.max_results, ids.PAYMENT_TOKEN, call.principal)
    found = await operations.list_payment_tokens(tx, call.principal, asked, LISTED)
    return collection(query, [token_object(one) for one in found.data], has_more=found.has_more)


async def enable(context: ApiContext, tx: Transaction, call: Call) -> None:
    """Orders can be made with it again."""
    await _switch(context, tx, call, on=True)


async def disable(context: ApiContext, tx: Transaction, call: Call) -> None:
    """No order can be made with it until it is enabled."""
    await _switch(context, tx, call, on=False)


async def delete(context: ApiContext, tx: Transaction, call: Call) -> None:
    """It is gone for good."""
    token_id = required_id(call.id, ids.PAYMENT_TOKEN, call.principal)
    try:
        await operations.delete_payment_token(context.checkout, tx, call.principal, token_id)
    except NotFound as error:
        raise Missing("token") from error


async def _switch(context: ApiContext, tx: Transaction, call: Call, *, on: bool) -> None:
    token_id = required_id(call.id, ids.PAYMENT_TOKEN, call.principal)
    try:
        await operations.switch_payment_token(context.checkout, tx, call.principal, token_id, on=on)
    except (NotFound, Conflict) as error:
        # As documented: one that the shopper has not approved is no token yet.
        raise Missing("token") from error


ROUTES: Final = (
    Route(
        "GET",
        "/tokens",
        READ,
        "List tokens that are active or disabled, newest first",
        Reads(list_all),
        Collection[TokenObject],
        query=ListQuery,
    ),
    Route("GET", "/tokens/{id}", READ, "Retrieve a token", Reads(retrieve), TokenObject, query=Query),
    Route("PUT", "/tokens/{id}/enable", WRITE, "Enable a token", Writes(enable), None, query=Query),
    Route("PUT", "/tokens/{id}/disable", WRITE, "Disable a token", Writes(disable), None, query=Query),
    Route(
        "DELETE",
        "/tokens/{id}",
        WRITE,
        "Delete a token",
        Writes(delete),
        None,
        HTTPStatus.NO_CONTENT,
        query=Query,
    ),
)
