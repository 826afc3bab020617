"""``/checkout_sessions``."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec

from keyturn import Need, Reach
from keyturn.http.vocabulary import declares
from tillgate.api import coupons, orders, promotions
from tillgate.api.kept import kept_answer, kept_page
from tillgate.api.paging import ListObject
from tillgate.api.sales import NOTHING, ListSales, asked_of, page_asked, page_of
from tillgate.base import ids
from tillgate.base.clock import SECOND_MS
from tillgate.base.errors import InvalidInput, TooOften
from tillgate.base.invariants import present
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.checkout import kept
from tillgate.checkout.coupons.model import CouponObject
from tillgate.checkout.orders.model import LineItemKind
from tillgate.checkout.orders.operations import NewLineItem
from tillgate.checkout.payments.model import CaptureMethod
from tillgate.checkout.promotions.model import PromotionCodeObject
from tillgate.checkout.redemptions.operations import redemptions_of_sessions
from tillgate.checkout.sessions import choosing, operations
from tillgate.checkout.sessions.model import LIFETIME_MAX_MS, LIFETIME_MIN_MS, SessionStatus
from tillgate.checkout.sessions.object import CheckoutSessionObject, to_api
from tillgate.checkout.sessions.opening import NewAmount, NewSession, open_kept_session
from tillgate.checkout.sessions.records import SessionFilters
from tillgate.checkout.settlement import deciding, expiring, receiving, simulating
from tillgate.checkout.settlement.simulating import Outcome
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import Relation, Resource
from tillgate.wire.fields import (
    ASSET_MAX,
    CodeText,
    CurrencyText,
    DecimalText,
    IdText,
    NameText,
    Quantity,
    ReferenceText,
    UrlText,
)
from tillgate.wire.reading import given, instant, object_id, price
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("sessions:read"), Need("sessions:write")
# What a buyer's own browser or app may do, which holds a publishable key and the session's client secret.
CREATE, LOOK, DRIVE = (
    Need("sessions:write", Reach.CREATES),
    Need("sessions:read", Reach.OPENS),
    Need("sessions:write", Reach.OPENS),
)

Payer = Literal[
    "payer_pays",
    "payer_pays_slowly",
    "payer_pays_less",
    "payer_pays_twice",
    "payer_pays_more",
    "payer_pays_late",
    "payer_authorizes",
    "payer_declines",
    "payer_declines_then_pays",
    "payer_is_reorged",
    "payer_fails",
]


LifetimeSeconds = Annotated[int, declares(minimum=LIFETIME_MIN_MS // SECOND_MS, maximum=LIFETIME_MAX_MS // SECOND_MS)]


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A price: ``value`` is a decimal string, ``currency`` an ISO 4217 code."""

    value: DecimalText
    currency: CurrencyText


class CreateLineItem(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """A line of the order; ``unitAmount`` is a decimal string, of a ``discount`` what one takes off. With ``productId``
    both come from the product, unless the buyer says what it costs."""

    name: NameText | None = None
    unit_amount: DecimalText | None = None
    quantity: Quantity = 1
    kind: Literal["product", "tax", "discount"] = "product"
    product_id: IdText | None = None


class CreateCheckoutSession(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """A new session with its order: from a link (``linkId``), for an ``amount``, or for ``lineItems`` in a ``currency``
    (with ``shippingAmount``). ``reference`` is the order's, and unique where ``uniqueReference`` says so;
    ``clientReferenceId`` is what whoever sends the buyer calls it, and never unique. The three URLs may hold
    ``{CHECKOUT_SESSION_ID}`` and ``{ORDER_REFERENCE}``, which are filled in once the buyer is sent there.
    ``promotionCode`` (case does not matter) or ``couponId`` takes something off the goods; with
    ``allowPromotionCodes`` the buyer may type a code on the checkout's page (left out, the link says so, or nobody).
    ``locale`` is the language of the checkout's page and of the buyer's mails (left out, the project says so, then the
    buyer's browser). In test mode ``testClockId`` names a clock that can be put forward."""

    link_id: IdText | None = None
    amount: Amount | None = None
    metadata: dict[str, Any] | None = None
    success_url: UrlText | None = None
    cancel_url: UrlText | None = None
    return_url: UrlText | None = None
    expires_in_seconds: LifetimeSeconds | None = None
    line_items: list[CreateLineItem] | None = None
    currency: CurrencyText | None = None
    shipping_amount: DecimalText | None = None
    reference: ReferenceText | None = None
    unique_reference: bool = False
    customer_id: IdText | None = None
    coupon_id: IdText | None = None
    promotion_code: CodeText | None = None
    test_clock_id: IdText | None = None
    allow_promotion_codes: bool | None = None
    locale: Literal["en", "de", "fr", "es", "pt-BR", "ja", "ar"] | None = None
    capture_method: Literal["automatic", "manual"] = "automatic"
    client_reference_id: ReferenceText | None = None


class ListCheckoutSessions(ListSales, frozen=True, forbid_unknown_fields=True, rename={"link_id": "linkId"}):
    """Filters combine; ``createdAfter`` is inclusive, ``createdBefore`` is not; ``amount`` is exact, with its
    ``currency``. ``q`` finds by e-mail address where the key may read customers."""

    status: SessionStatus | msgspec.UnsetType = msgspec.UNSET
    link_id: IdText | msgspec.UnsetType = msgspec.UNSET


class ChoosePaymentOption(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The ``asset`` of one of the session's ``paymentOptions``."""

    asset: Annotated[str, msgspec.Meta(min_length=1, max_length=ASSET_MAX)]


class ReceivePayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What came by mail: a decimal ``amount`` in the session's currency, or its price where it is left out. Another
    amount than the price leads where such money always does."""

    amount: DecimalText | None = None


class SimulatePayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to happen to the test session: one ``outcome``, or all that a test ``payer`` does."""

    outcome: Outcome | None = None
    payer: Payer | None = None


async def may_try_code(context: ApiContext, call: Call, address: str | None) -> None:
    """A code that comes with a publishable key is a try like those on the checkout's page, right or wrong.

    Raises:
        TooOften: this visitor has tried too many, or all who use the key have.
    """
    principal = call.principal
    if not principal.publishable or call.body.promotion_code is None:
        return
    key_id = present(principal.key_id, "the key of a caller that holds a publishable one")
    if seconds := await context.codes.seconds_to_wait(principal.project_id, key_id, address):
        raise TooOften(
            f"promotionCode: too many codes were tried. Try again in {seconds} s, or open the session without a code.",
            retry_after_seconds=seconds,
        )


async def create(context: ApiContext, tx: Transaction, call: Call) -> CheckoutSessionObject | msgspec.Raw:
    body: CreateCheckoutSession = call.body
    new = NewSession(
        link_id=body.link_id,
        amount=NewAmount(body.amount.value, body.amount.currency) if body.amount is not None else None,
        metadata=body.metadata,
        success_url=body.success_url,
        cancel_url=body.cancel_url,
        return_url=body.return_url,
        expires_in_seconds=body.expires_in_seconds,
        line_items=tuple(_line_item(one) for one in body.line_items) if body.line_items is not None else None,
        currency=body.currency,
        shipping_amount=body.shipping_amount,
        reference=body.reference,
        unique_reference=body.unique_reference,
        customer_id=body.customer_id,
        coupon_id=body.coupon_id,
        promotion_code=body.promotion_code,
        test_clock_id=body.test_clock_id,
        allow_promotion_codes=body.allow_promotion_codes,
        locale=body.locale,
        capture_method=CaptureMethod(body.capture_method),
        client_reference_id=body.client_reference_id,
    )
    session, form = await open_kept_session(context.checkout, tx, call.principal, new)
    # What more is put into needs the object.
    if form is not None and call.expansion is None and not call.principal.publishable:
        return msgspec.Raw(form)
    return to_api(session, context.public_url)


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> CheckoutSessionObject | msgspec.Raw:
    if (answer := await kept_answer(context, tx, call, kept.SESSION)) is not None:
        return answer
    return to_api(await operations.get_session(tx, call.principal, call.id), context.public_url)


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[Any]:
    query: ListCheckoutSessions = call.query
    currency, amount_minor = price(query.currency, query.amount)
    filters = SessionFilters(
        status=given(query.status),
        link_id=object_id(query.link_id, ids.PAYMENT_LINK, field="link_id"),
        created_after=instant(query.created_after, field="created_after"),
        created_before=instant(query.created_before, field="created_before"),
        currency=currency,
        amount_minor=amount_minor,
    )
    if query.asks_for_sales:
        asked = await asked_of(tx, call, ids.CHECKOUT_SESSION)
        if asked is None:
            return NOTHING
        filters["id"], filters["reference"], filters["customer_id"] = asked
    if call.expansion is None and query.sort is msgspec.UNSET:
        found = await operations.list_kept_sessions(tx, call.principal, call.page, context.public_url, **filters)
        return await kept_page(context, tx, call, found, by_ids)
    page = await operations.list_sessions(tx, call.principal, page_asked(call), **filters)
    shown = [to_api(one, context.public_url) for one in page.data]
    return page_of(query, shown, page.data[-1].price if page.data else None, has_more=page.has_more)


async def simulate(context: ApiContext, tx: Transaction, call: Call) -> CheckoutSessionObject:
    body: SimulatePayment = call.body
    if body.outcome is not None and body.payer is None:
        session = await simulating.simulate(context.checkout, tx, call.principal, call.id, body.outcome)
    elif body.payer is not None and body.outcome is None:
        session = await simulating.simulate_payer(context.checkout, tx, call.principal, call.id, body.payer)
    else:
        count = sum(one is not None for one in (body.outcome, body.payer))
        raise InvalidInput("outcome", Problem.ONE_OF, others=("outcome", "payer"), count=count)
    return to_api(session, context.public_url)


async def choose_option(context: ApiContext, tx: Transaction, call: Call) -> CheckoutSessionObject:
    session = await choosing.choose(context.checkout, tx, call.principal, call.id, call.body.asset)
    return to_api(session, context.public_url)


async def accept(context: ApiContext, tx: Transaction, call: Call) -> CheckoutSessionObject:
    return to_api(await deciding.accept(context.checkout, tx, call.principal, call.id), context.public_url)


async def expire(context: ApiContext, tx: Transaction, call: Call) -> CheckoutSessionObject:
    return to_api(await expiring.expire(context.checkout, tx, call.principal, call.id), context.public_url)


async def cancel(context: ApiContext, tx: Transaction, call: Call) -> CheckoutSessionObject:
    return to_api(await deciding.cancel(context.checkout, tx, call.principal, call.id), context.public_url)


async def receive(context: ApiContext, tx: Transaction, call: Call) -> CheckoutSessionObject:
    session = await receiving.mark_received(context.checkout, tx, call.principal, call.id, call.body.amount)
    return to_api(session, context.public_url)


async def undo_received(context: ApiContext, tx: Transaction, call: Call) -> CheckoutSessionObject:
    session = await receiving.undo_received(context.checkout, tx, call.principal, call.id)
    return to_api(session, context.public_url)


def _line_item(one: CreateLineItem) -> NewLineItem:
    return NewLineItem(one.name, one.unit_amount, one.quantity, LineItemKind(one.kind), one.product_id)


async def by_ids(
    context: ApiContext, tx: Transaction, principal: Principal, session_ids: list[str]
) -> dict[str, CheckoutSessionObject]:
    found = await operations.sessions_by_id(tx, principal, session_ids)
    return {id: to_api(one, context.public_url) for id, one in found.items()}


async def coupons_of_sessions(
    context: ApiContext, tx: Transaction, principal: Principal, session_ids: list[str]
) -> dict[str, CouponObject]:
    taken = await redemptions_of_sessions(tx, session_ids)
    found = await coupons.by_ids(context, tx, principal, sorted({one.coupon_id for one in taken.values()}))
    return {session_id: found[one.coupon_id] for session_id, one in taken.items()}


async def promotion_codes_of_sessions(
    context: ApiContext, tx: Transaction, principal: Principal, session_ids: list[str]
) -> dict[str, PromotionCodeObject]:
    taken = await redemptions_of_sessions(tx, session_ids)
    by_session = {id: one.promotion_code_id for id, one in taken.items() if one.promotion_code_id is not None}
    found = await promotions.by_ids(context, tx, principal, sorted(set(by_session.values())))
    return {session_id: found[code_id] for session_id, code_id in by_session.items()}


SESSION = Resource(
    "checkout_session",
    CheckoutSessionObject,
    READ,
    by_ids,
    (
        Relation("order", "order", "order_id"),
        Relation("payment", "payment", "payment_id"),
        Relation("customer", "customer", "id", orders.customers_of_sessions),
        Relation("paymentLink", "payment_link", "link_id"),
        Relation("coupon", "coupon", "id", coupons_of_sessions),
        Relation("promotionCode", "promotion_code", "id", promotion_codes_of_sessions),
        Relation("testClock", "test_clock", "test_clock_id"),
    ),
)

ROUTES = [
    Route(
        "POST",
        "/checkout_sessions",
        CREATE,
        "Create a checkout session from a link, for an amount or for line items, and its order",
        Writes(create),
        CheckoutSessionObject,
        HTTPStatus.CREATED,
        body=CreateCheckoutSession,
        guard=may_try_code,
    ),
    Route(
        "GET",
        "/checkout_sessions",
        READ,
        "List checkout sessions, newest first",
        Reads(list_all),
        ListObject[CheckoutSessionObject],
        query=ListCheckoutSessions,
    ),
    Route(
        "GET",
        "/checkout_sessions/{id}",
        LOOK,
        "Retrieve a checkout session",
        Reads(retrieve),
        CheckoutSessionObject,
    ),
    Route(
        "POST",
        "/checkout_sessions/{id}/accept",
        WRITE,
        "Accept the amount received as payment, although it is too little, too much or late",
        Writes(accept),
        CheckoutSessionObject,
    ),
    Route(
        "POST",
        "/checkout_sessions/{id}/cancel",
        WRITE,
        "Cancel a session, and release what was authorized for it",
        Writes(cancel),
        CheckoutSessionObject,
    ),
    Route(
        "POST",
        "/checkout_sessions/{id}/expire",
        DRIVE,
        "Expire a pending session early; it can still be paid late",
        Writes(expire),
        CheckoutSessionObject,
    ),
    Route(
        "POST",
        "/checkout_sessions/{id}/payment_option",
        DRIVE,
        "Choose how a session on networks is paid; a payment link's session gets its address by it",
        Writes(choose_option),
        CheckoutSessionObject,
        body=ChoosePaymentOption,
    ),
    Route(
        "POST",
        "/checkout_sessions/{id}/receive",
        WRITE,
        "Mark a payment by mail as received",
        Writes(receive),
        CheckoutSessionObject,
        body=ReceivePayment,
    ),
    Route(
        "POST",
        "/checkout_sessions/{id}/simulate",
        DRIVE,
        "Simulate a payment of a test session",
        Writes(simulate),
        CheckoutSessionObject,
        body=SimulatePayment,
    ),
    Route(
        "POST",
        "/checkout_sessions/{id}/undo_received",
        WRITE,
        "Undo that a payment by mail was received: its order is canceled, for good",
        Writes(undo_received),
        CheckoutSessionObject,
    ),
]
