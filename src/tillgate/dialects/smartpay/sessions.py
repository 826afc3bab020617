"""``/checkout-sessions``."""

from typing import Any, Final

from keyturn import Need
from tillgate.base import ids
from tillgate.base.errors import Conflict, NotFound
from tillgate.checkout.orders.model import Order
from tillgate.checkout.orders.operations import orders_by_id
from tillgate.checkout.payment_tokens import operations as tokens
from tillgate.checkout.payment_tokens.model import PaymentToken, TokenStatus
from tillgate.checkout.payment_tokens.operations import NewPaymentToken
from tillgate.checkout.sessions import operations
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.opening import Beside, open_session
from tillgate.dialects.smartpay import checking, ordering
from tillgate.dialects.smartpay.checking import required
from tillgate.dialects.smartpay.errors import Documented, Missing
from tillgate.dialects.smartpay.ids import as_asked, page
from tillgate.dialects.smartpay.ids import required as required_id
from tillgate.dialects.smartpay.records import NOTHING, Kept, as_came, keep, kept_of
from tillgate.dialects.smartpay.shapes import (
    Collection,
    CreateSession,
    ListQuery,
    Query,
    SessionObject,
    collection,
)
from tillgate.dialects.smartpay.view import orders_in_words, session_object, token_session_object
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = (Need("sessions:read"), Need("orders:read")), (Need("sessions:write"), Need("orders:write"))
_SHOWN: Final = tuple(one for one in TokenStatus if one is not TokenStatus.DELETED)


async def create(context: ApiContext, tx: Transaction, call: Call) -> SessionObject:
    """A new session with its order."""
    body: CreateSession = call.body
    if body.mode == "token":
        return await _ask_for_token(context, tx, call, body)
    described = ordering.described(body)
    new = described.session._replace(
        success_url=required(body.success_url, "successUrl"),
        cancel_url=required(body.cancel_url, "cancelUrl"),
        promotion_code=body.promotion_code,
        allow_promotion_codes=body.promotion_code is None,
        locale=body.locale,
    )

    async def keep_of(order: Order) -> None:
        await keep(tx, order.id, described.kept)

    beside = Beside(keep=keep_of, customer_email=described.email)
    session = await open_session(context.checkout, tx, call.principal, new, beside)
    kept = {session.order_id: described.kept}
    return (await _in_words(context, tx, call, [session], expanded=True, kept=kept))[0]


async def _ask_for_token(context: ApiContext, tx: Transaction, call: Call, body: CreateSession) -> SessionObject:
    new = NewPaymentToken(
        success_url=required(body.success_url, "successUrl"),
        cancel_url=required(body.cancel_url, "cancelUrl"),
        reference=checking.text(body.reference, "reference", checking.REFERENCE_MAX),
        metadata=checking.metadata(body.metadata) or None,
        locale=body.locale,
    )
    kept = Kept(customer_info=as_came(checking.document(body.customer_info or {}, "customerInfo")))
    try:
        token = await tokens.create_payment_token(context.checkout, tx, call.principal, new)
    except Conflict as error:
        raise Documented("request.invalid", f"mode: {error.public}", code="invalid_body") from error
    await keep(tx, token.id, kept)
    return token_session_object(token, kept, context.public_url, expanded=True)


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> SessionObject:
    """One session."""
    query: Query = call.query
    expanded = query.expand == "all"
    session_id = required_id(call.id, ids.CHECKOUT_SESSION, call.principal)
    found = await operations.sessions_by_id(tx, call.principal, [session_id])
    if session_id in found:
        [shown] = await _in_words(context, tx, call, [found[session_id]], expanded=expanded)
        return as_asked(call, shown)
    try:
        token = await tokens.get_payment_token(tx, call.principal, ids.renamed(ids.PAYMENT_TOKEN, session_id))
    except NotFound as error:
        raise Missing("checkout-session") from error
    [shown] = await _of_tokens(context, tx, [token], expanded=expanded)
    return as_asked(call, shown)


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Collection[Any]:
    """A page of sessions, of both modes in one order."""
    query: ListQuery = call.query
    expanded = query.expand == "all"
    asked = page(query.page_token, query.max_results, ids.CHECKOUT_SESSION, call.principal)
    after = asked.starting_after
    found = await operations.list_sessions(tx, call.principal, asked)
    asking = await tokens.list_payment_tokens(
        tx,
        call.principal,
        asked._replace(starting_after=ids.renamed(ids.PAYMENT_TOKEN, after) if after is not None else None),
        _SHOWN,
    )
    # Ids of both sort by time, and their writing keeps that order.
    data = sorted(
        [
            *await _in_words(context, tx, call, found.data, expanded=expanded),
            *await _of_tokens(context, tx, asking.data, expanded=expanded),
        ],
        key=lambda one: one.id,
        reverse=True,
    )
    has_more = found.has_more or asking.has_more or len(data) > asked.limit
    return collection(query, data[: asked.limit], has_more=has_more)


async def _in_words(
    context: ApiContext,
    tx: Transaction,
    call: Call,
    sessions: list[CheckoutSession],
    *,
    expanded: bool,
    kept: dict[str, Kept] | None = None,
) -> list[SessionObject]:
    order_ids = [one.order_id for one in sessions]
    orders = await orders_by_id(tx, call.principal, order_ids)
    if kept is None:
        kept = await kept_of(tx, order_ids)
    shown = await orders_in_words(tx, call.principal, [orders[id] for id in order_ids], expanded=expanded, kept=kept)
    return [
        session_object(one, order, kept.get(one.order_id, NOTHING), context.public_url, expanded=expanded)
        for one, order in zip(sessions, shown, strict=True)
    ]


async def _of_tokens(
    context: ApiContext, tx: Transaction, asking: list[PaymentToken], *, expanded: bool
) -> list[SessionObject]:
    kept = await kept_of(tx, [one.id for one in asking])
    return [
        token_session_object(one, kept.get(one.id, NOTHING), context.public_url, expanded=expanded) for one in asking
    ]


ROUTES: Final = (
    Route(
        "POST",
        "/checkout-sessions",
        WRITE,
        "Create a checkout session and its order",
        Writes(create),
        SessionObject,
        query=Query,
        body=CreateSession,
    ),
    Route(
        "GET",
        "/checkout-sessions",
        READ,
        "List checkout sessions, newest first",
        Reads(list_all),
        Collection[SessionObject],
        query=ListQuery,
    ),
    Route(
        "GET",
        "/checkout-sessions/{id}",
        READ,
        "Retrieve a checkout session",
        Reads(retrieve),
        SessionObject,
        query=Query,
    ),
)
