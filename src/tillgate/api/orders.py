"""``/orders``."""

from typing import Annotated, Any, Literal

import msgspec

from keyturn import Need
from keyturn.http.pipeline import Answer
from tillgate.api import refunds
from tillgate.api.kept import kept_answer, kept_page
from tillgate.api.paging import ListObject
from tillgate.api.sales import NOTHING, ListSales, asked_of, page_asked, page_of
from tillgate.base import ids
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.base.text import identity
from tillgate.checkout import kept
from tillgate.checkout.customers.model import CustomerObject
from tillgate.checkout.customers.model import to_api as customer_to_api
from tillgate.checkout.issued.model import DocumentKind
from tillgate.checkout.issued.operations import get_document
from tillgate.checkout.orders import operations
from tillgate.checkout.orders.model import (
    LINE_ITEMS_MAX,
    REASON_MAX,
    REFERENCE_MAX,
    TRANSACTION_ID_MAX,
    DeliveryStatus,
    Fulfillment,
    OrderStatus,
    Token,
)
from tillgate.checkout.orders.object import DiscountObject, LineItemObject, OrderObject, to_api
from tillgate.checkout.orders.operations import OrderChanges, RecordedDelivery
from tillgate.checkout.orders.records import OrderFilters
from tillgate.checkout.refunds.operations import fail_delivery as refund_undelivered
from tillgate.checkout.refunds.operations import refund_order
from tillgate.checkout.settlement import deciding
from tillgate.documents.printing.jobs import printed
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import Part, Relation, Resource
from tillgate.wire.fields import IdText, text
from tillgate.wire.reading import given, instant, object_id, price
from tillgate.wire.routing import Asks, Call, Reads, Route, Writes

# More refunds than that no order has.
PLACE_DIGITS_MAX = 9
READ, WRITE = Need("orders:read"), Need("orders:write")
REFUND = Need("refunds:write")


class UpdateOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What may be changed; fields that are left out stay, ``metadata`` is merged by key, where null removes one."""

    fulfillment: Literal["unfulfilled", "fulfilled"] | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET


class DeliverItems(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Items that were delivered: ``lineItemIds``, or all that are still open. ``transactionId`` names a transaction or
    a parcel, ``tokens`` what the recipient got on a chain."""

    line_item_ids: list[IdText] | None = None
    transaction_id: Annotated[str, text(TRANSACTION_ID_MAX)] | None = None
    tokens: list[Token] = msgspec.field(default_factory=list)


class FailDelivery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Items that cannot be delivered: ``lineItemIds``, or all that are still open; ``reason`` is yours."""

    line_item_ids: list[IdText] | None = None
    reason: Annotated[str, text(REASON_MAX)] | None = None


class RefundOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``excess`` gives back what is too much and takes the rest as payment; ``everything`` ends the order."""

    what: Literal["everything", "excess"]


class ListOrders(ListSales, frozen=True, forbid_unknown_fields=True, rename={"session_id": "sessionId"}):
    """Filters combine; ``reference`` matches exactly, ``createdAfter`` is inclusive, ``createdBefore`` is not;
    ``amount`` is exact, with its ``currency``. ``q`` finds by e-mail address where the key may read customers."""

    status: OrderStatus | msgspec.UnsetType = msgspec.UNSET
    fulfillment: Fulfillment | msgspec.UnsetType = msgspec.UNSET
    reference: Annotated[str, msgspec.Meta(max_length=REFERENCE_MAX)] | msgspec.UnsetType = msgspec.UNSET
    session_id: IdText | msgspec.UnsetType = msgspec.UNSET


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> OrderObject | msgspec.Raw:
    if (answer := await kept_answer(context, tx, call, kept.ORDER)) is not None:
        return answer
    return to_api(await operations.get_order(tx, call.principal, call.id), context.public_url)


async def accept(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    order = await operations.get_order(tx, call.principal, call.id)
    await deciding.accept(context.checkout, tx, call.principal, order.session_id)
    return to_api(await operations.get_order(tx, call.principal, call.id), context.public_url)


async def wait(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    order = await operations.get_order(tx, call.principal, call.id)
    await deciding.keep_waiting(context.checkout, tx, call.principal, order.session_id)
    return to_api(await operations.get_order(tx, call.principal, call.id), context.public_url)


async def refund(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    excess_only = call.body.what == "excess"
    return to_api(
        await refund_order(context.checkout, tx, call.principal, call.id, excess_only=excess_only), context.public_url
    )


async def deliver(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    body: DeliverItems = call.body
    handed = RecordedDelivery(DeliveryStatus.DELIVERED, body.line_item_ids, body.transaction_id, tuple(body.tokens))
    order, _ = await operations.record_delivery(context.checkout, tx, call.principal, call.id, handed)
    return to_api(order, context.public_url)


async def fail_delivery(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    body: FailDelivery = call.body
    handed = RecordedDelivery(DeliveryStatus.FAILED, body.line_item_ids, reason=body.reason)
    return to_api(await refund_undelivered(context.checkout, tx, call.principal, call.id, handed), context.public_url)


async def receipt(context: ApiContext, call: Call) -> Answer:
    return await _document(context, call, DocumentKind.RECEIPT)


async def invoice(context: ApiContext, call: Call) -> Answer:
    return await _document(context, call, DocumentKind.INVOICE)


async def credit_note(context: ApiContext, call: Call) -> Answer:
    text = call.params["n"]
    is_number = text.isascii() and text.isdigit() and len(text) <= PLACE_DIGITS_MAX
    # Whose order it is comes first: there is no credit note 0.
    return await _document(context, call, DocumentKind.CREDIT_NOTE, int(text) if is_number else 0)


async def _document(context: ApiContext, call: Call, kind: DocumentKind, place: int | None = None) -> Answer:
    """The file of an order's document; who asks first waits until it is made."""
    found = await get_document(context.checkout, context.database, call.principal, call.id, kind, place)
    content = await printed(context.documents, context.database, found.id, found.project_id)
    disposition = f'attachment; filename="{found.filename}"'.encode()
    return Answer(200, content, b"application/pdf", ((b"content-disposition", disposition),))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[Any]:
    query: ListOrders = call.query
    currency, amount_minor = price(query.currency, query.amount)
    filters = OrderFilters(
        status=given(query.status),
        fulfillment=given(query.fulfillment),
        reference=given(query.reference),
        session_id=object_id(query.session_id, ids.CHECKOUT_SESSION, field="session_id"),
        customer_id=object_id(query.customer_id, ids.CUSTOMER, field="customer_id"),
        created_after=instant(query.created_after, field="created_after"),
        created_before=instant(query.created_before, field="created_before"),
        currency=currency,
        amount_minor=amount_minor,
    )
    if query.q is not msgspec.UNSET:
        asked = await asked_of(tx, call, ids.ORDER)
        reference = filters["reference"]
        if asked is None or (reference is not None and asked.reference not in (None, identity(reference))):
            return NOTHING
        filters["id"], filters["reference"], filters["customer_id"] = asked
        filters["reference"] = asked.reference or reference
    if call.expansion is None and query.sort is msgspec.UNSET:
        found = await operations.list_kept_orders(tx, call.principal, call.page, context.public_url, **filters)
        return await kept_page(context, tx, call, found, by_ids)
    page = await operations.list_orders(tx, call.principal, page_asked(call), **filters)
    shown = [to_api(order, context.public_url) for order in page.data]
    return page_of(query, shown, page.data[-1].price if page.data else None, has_more=page.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> OrderObject:
    body: UpdateOrder = call.body
    fulfillment = body.fulfillment
    changes = OrderChanges(
        fulfillment=Fulfillment(fulfillment) if fulfillment is not msgspec.UNSET else msgspec.UNSET,
        metadata=body.metadata,
    )
    return to_api(
        await operations.update_order(context.checkout, tx, call.principal, call.id, changes), context.public_url
    )


async def by_ids(
    context: ApiContext, tx: Transaction, principal: Principal, order_ids: list[str]
) -> dict[str, OrderObject]:
    found = await operations.orders_by_id(tx, principal, order_ids)
    return {id: to_api(one, context.public_url) for id, one in found.items()}


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
    Route("GET", "/orders/{id}/receipt", READ, "Download the receipt of a paid order", Asks(receipt), None),
    Route(
        "GET",
        "/orders/{id}/invoice",
        READ,
        "Download the invoice of an order, which is issued when it is first asked for",
        Asks(invoice),
        None,
    ),
    Route(
        "GET",
        "/orders/{id}/credit_notes/{n}",
        READ,
        "Download the credit note of an order's first, second, … refund that succeeded",
        Asks(credit_note),
        None,
    ),
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
        "/orders/{id}/deliver",
        WRITE,
        "Mark items of a paid order as delivered; once all items are final, the order is fulfilled",
        Writes(deliver),
        OrderObject,
        body=DeliverItems,
    ),
    Route(
        "POST",
        "/orders/{id}/fail_delivery",
        (WRITE, REFUND),
        "Mark items of a paid order as not delivered, and refund their price",
        Writes(fail_delivery),
        OrderObject,
        body=FailDelivery,
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
