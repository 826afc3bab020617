"""``/checkout-sessions``."""

from typing import Any, Final

import msgspec

from keyturn import Need
from tillgate.base import ids
from tillgate.base.clock import DAY_MS
from tillgate.base.errors import InvalidInput
from tillgate.base.money import Money
from tillgate.base.problems import Problem, Verbatim
from tillgate.checkout.orders.model import LineItemKind
from tillgate.checkout.orders.operations import NewLineItem, orders_by_id
from tillgate.checkout.payments.model import CaptureMethod
from tillgate.checkout.sessions import operations
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.opening import NewSession, open_session
from tillgate.dialects.smartpay import checking
from tillgate.dialects.smartpay.checking import CURRENCY, required
from tillgate.dialects.smartpay.errors import Documented, Missing
from tillgate.dialects.smartpay.ids import page
from tillgate.dialects.smartpay.ids import required as required_id
from tillgate.dialects.smartpay.records import NOTHING, Kept, keep, kept_of
from tillgate.dialects.smartpay.shapes import (
    ITEMS_MAX,
    Collection,
    CreateSession,
    Item,
    ListQuery,
    Query,
    SessionObject,
    collection,
)
from tillgate.dialects.smartpay.view import orders_in_words, session_object
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = (Need("sessions:read"), Need("orders:read")), (Need("sessions:write"), Need("orders:write"))
LIFETIME_SECONDS: Final = 7 * DAY_MS // 1_000


class _Priced(msgspec.Struct, frozen=True):
    """The items as lines of this server, and what they come to."""

    lines: tuple[NewLineItem, ...]
    minor: int


async def create(context: ApiContext, tx: Transaction, call: Call) -> SessionObject:
    """A new session with its order."""
    body: CreateSession = call.body
    if body.mode == "token":
        raise Documented(
            400,
            "request.invalid",
            "mode: sessions that ask for a token are not supported on this server. Leave mode out, and send amount, "
            "currency, items, customerInfo and shippingInfo.",
            code="invalid_body",
        )
    amount = required(body.amount, "amount")
    checking.yen(body.currency)
    priced = _priced(required(body.items, "items"))
    customer_info = checking.document(required(body.customer_info, "customerInfo"), "customerInfo")
    shipping_info = required(body.shipping_info, "shippingInfo")
    fee = checking.shipping(shipping_info)
    if priced.minor + fee != amount:
        raise Documented(
            400,
            "request.invalid",
            f"amount: expected {priced.minor + fee}, which the items (discounts taken off) and shippingInfo.feeAmount "
            f"come to; it is {amount}.",
            code="invalid_body",
        )
    session = await open_session(
        context.checkout,
        tx,
        call.principal,
        NewSession(
            line_items=priced.lines,
            currency=CURRENCY,
            shipping_amount=str(Money(fee, CURRENCY)) if fee else None,
            metadata=checking.metadata(body.metadata) or None,
            success_url=required(body.success_url, "successUrl"),
            cancel_url=required(body.cancel_url, "cancelUrl"),
            expires_in_seconds=LIFETIME_SECONDS,
            capture_method=(
                CaptureMethod.AUTOMATIC
                if checking.automatic(body.capture_method, "captureMethod")
                else CaptureMethod.MANUAL
            ),
            reference=checking.text(body.reference, "reference", checking.REFERENCE_MAX),
            promotion_code=body.promotion_code,
            allow_promotion_codes=body.promotion_code is None,
            locale=body.locale,
        ),
    )
    kept = Kept(
        description=checking.text(body.description, "description", checking.DESCRIPTION_MAX),
        items=body.items or [],
        customer_info=customer_info,
        shipping_info=shipping_info,
    )
    await keep(tx, session.order_id, kept)
    return (await _in_words(context, tx, call, [session], expanded=True))[0]


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> SessionObject:
    """One session."""
    query: Query = call.query
    session_id = required_id(call.id, ids.CHECKOUT_SESSION, call.principal)
    found = await operations.sessions_by_id(tx, call.principal, [session_id])
    if session_id not in found:
        raise Missing("checkout-session")
    return (await _in_words(context, tx, call, [found[session_id]], expanded=query.expand == "all"))[0]


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Collection[Any]:
    """A page of sessions."""
    query: ListQuery = call.query
    asked = page(query.page_token, query.max_results, ids.CHECKOUT_SESSION, call.principal)
    found = await operations.list_sessions(tx, call.principal, asked)
    data = await _in_words(context, tx, call, found.data, expanded=query.expand == "all")
    return collection(query, data, has_more=found.has_more)


async def _in_words(
    context: ApiContext, tx: Transaction, call: Call, sessions: list[CheckoutSession], *, expanded: bool
) -> list[SessionObject]:
    order_ids = [one.order_id for one in sessions]
    orders = await orders_by_id(tx, call.principal, order_ids)
    shown = await orders_in_words(tx, call.principal, [orders[id] for id in order_ids], expanded=expanded)
    kept = await kept_of(tx, order_ids)
    return [
        session_object(one, order, kept.get(one.order_id, NOTHING), context.public_url, expanded=expanded)
        for one, order in zip(sessions, shown, strict=True)
    ]


def _priced(items: list[dict[str, Any]]) -> _Priced:
    if not 1 <= len(items) <= ITEMS_MAX:
        raise InvalidInput(Verbatim("items"), Problem.COUNT, minimum=1, maximum=ITEMS_MAX, count=len(items))
    lines, total = [], 0
    for at, one in enumerate(items):
        field = f"items[{at}]"
        checking.document(one, field)
        try:
            item = msgspec.convert(one, Item)
        except msgspec.ValidationError as error:
            raise Documented(400, "request.invalid", f"{field}: {error}", code="invalid_body") from error
        amount = required(item.amount, f"{field}.amount")
        checking.yen(item.currency, Verbatim(f"{field}.currency"))
        quantity = 1 if item.quantity is None else item.quantity
        kind = LineItemKind(item.kind or "product")
        name = required(item.name, f"{field}.name")
        lines.append(NewLineItem(name, str(Money(amount, CURRENCY)), quantity, kind, None))
        total += -amount * quantity if kind is LineItemKind.DISCOUNT else amount * quantity
    return _Priced(tuple(lines), total)


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
