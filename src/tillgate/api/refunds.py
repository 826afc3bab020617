"""``/refunds``."""

from http import HTTPStatus
from typing import Annotated, Any

import msgspec

from keyturn import Need
from tillgate.api.paging import ListObject
from tillgate.api.sales import NOTHING, OF_ORDERS, ListSales, asked_of, page_asked, page_of
from tillgate.api.transfers import may_ask
from tillgate.base import ids
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.checkout.refunds import confirming, destinations, operations
from tillgate.checkout.refunds.destinations import RefundLinkObject
from tillgate.checkout.refunds.model import DESTINATION_MAX, HASH_MAX, RefundObject, RefundReason, RefundStatus, to_api
from tillgate.checkout.refunds.operations import NewRefund
from tillgate.checkout.refunds.records import RefundFilters
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import EACH_MAX, Relation, Resource
from tillgate.wire.fields import DecimalText, IdText, text
from tillgate.wire.paging import pages_of
from tillgate.wire.reading import given, instant, object_id, price
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("refunds:read"), Need("refunds:write")


class CreateRefund(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """Money of a payment that goes back; ``amount`` is a decimal string, by default all that is left."""

    payment_id: IdText
    reason: RefundReason
    amount: DecimalText | None = None
    destination: Annotated[str, text(DESTINATION_MAX)] | None = None
    metadata: dict[str, Any] | None = None


class UpdateRefund(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """``metadata`` is merged by key, where null removes one."""

    metadata: dict[str, Any] | None


class SettleRefund(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """``txHash`` names the transaction with which you sent the money."""

    tx_hash: Annotated[str, text(HASH_MAX)]


class CreateRefundLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """``mail`` sends the link to the order's customer, instead of answering with it."""

    mail: bool = False


class ListRefunds(
    ListSales,
    frozen=True,
    forbid_unknown_fields=True,
    rename={
        "payment_id": "paymentId",
        "order_id": "orderId",
    },
):
    """Filters combine; ``createdAfter`` is inclusive, ``createdBefore`` is not; ``amount`` is exact, with its
    ``currency``. ``customerId`` and ``q`` need ``orders:read`` as well; ``q`` finds by e-mail address where the key may
    read customers."""

    status: RefundStatus | msgspec.UnsetType = msgspec.UNSET
    payment_id: IdText | msgspec.UnsetType = msgspec.UNSET
    order_id: IdText | msgspec.UnsetType = msgspec.UNSET


async def create(context: ApiContext, tx: Transaction, call: Call) -> RefundObject:
    body: CreateRefund = call.body
    new = NewRefund(body.payment_id, body.reason, body.amount, body.destination, body.metadata)
    return to_api(await operations.create_refund(context.checkout, tx, call.principal, new))


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> RefundObject:
    return to_api(await operations.get_refund(tx, call.principal, call.id))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[RefundObject]:
    query: ListRefunds = call.query
    currency, amount_minor = price(query.currency, query.amount)
    filters = RefundFilters(
        status=given(query.status),
        payment_id=object_id(query.payment_id, ids.PAYMENT, field="payment_id"),
        order_id=object_id(query.order_id, ids.ORDER, field="order_id"),
        created_after=instant(query.created_after, field="created_after"),
        created_before=instant(query.created_before, field="created_before"),
        currency=currency,
        amount_minor=amount_minor,
    )
    if query.asks_for_sales:
        asked = await asked_of(tx, call, ids.REFUND)
        if asked is None:
            return NOTHING
        filters["id"], filters["reference"], filters["customer_id"] = asked
    page = await operations.list_refunds(tx, call.principal, page_asked(call), **filters)
    shown = [to_api(one) for one in page.data]
    return page_of(query, shown, page.data[-1].amount if page.data else None, has_more=page.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> RefundObject:
    return to_api(await operations.update_refund(context.checkout, tx, call.principal, call.id, call.body.metadata))


async def look_at(context: ApiContext, call: Call, _: str | None) -> Call:
    """What the network of a refund says of the transaction, before it is settled by it.

    Raises:
        NotFound: the refund is not in the caller's project and mode.
        TooOften: this project has had transactions looked up often enough for now.
    """
    if not await context.database.read(
        lambda tx: confirming.is_looked_at(context.checkout, tx, call.principal, call.id)
    ):
        return call
    await may_ask(context, call, None)
    seen = await confirming.look_at(context.checkout, context.database, call.principal, call.id, call.body.tx_hash)
    return msgspec.structs.replace(call, found=seen)


async def settle(context: ApiContext, tx: Transaction, call: Call) -> RefundObject:
    return to_api(
        await operations.settle_refund(
            context.checkout, tx, call.principal, call.id, call.body.tx_hash, seen=call.found
        )
    )


async def cancel(context: ApiContext, tx: Transaction, call: Call) -> RefundObject:
    return to_api(await operations.cancel_refund(context.checkout, tx, call.principal, call.id))


async def create_destination_link(context: ApiContext, tx: Transaction, call: Call) -> RefundLinkObject:
    checkout = context.checkout
    if call.body.mail:
        return await destinations.mail_link(checkout, tx, call.principal, call.id)
    link = await destinations.make_link(checkout, tx, call.principal, call.id)
    return destinations.link_to_api(link, context.public_url, livemode=call.principal.livemode)


async def of_payments(
    context: ApiContext, tx: Transaction, principal: Principal, payment_ids: list[str]
) -> dict[str, Page[RefundObject]]:
    found = await operations.refunds_of(tx, principal, "payment_id", payment_ids, EACH_MAX + 1)
    return pages_of("payment_id", [to_api(one) for one in found], EACH_MAX)


async def of_orders(
    context: ApiContext, tx: Transaction, principal: Principal, order_ids: list[str]
) -> dict[str, Page[RefundObject]]:
    found = await operations.refunds_of(tx, principal, "order_id", order_ids, EACH_MAX + 1)
    return pages_of("order_id", [to_api(one) for one in found], EACH_MAX)


REFUND = Resource(
    "refund",
    RefundObject,
    READ,
    places=(
        Relation("payment", "payment", "payment_id"),
        Relation("order", "order", "order_id"),
        Relation("transaction", "transaction", "transaction_id"),
    ),
)

ROUTES = [
    Route(
        "POST",
        "/refunds",
        WRITE,
        "Refund a payment, in full or in part",
        Writes(create),
        RefundObject,
        HTTPStatus.CREATED,
        body=CreateRefund,
    ),
    Route(
        "GET",
        "/refunds",
        READ,
        "List refunds, newest first",
        Reads(list_all),
        ListObject[RefundObject],
        query=ListRefunds,
        parameter_needs=OF_ORDERS,
    ),
    Route("GET", "/refunds/{id}", READ, "Retrieve a refund", Reads(retrieve), RefundObject),
    Route(
        "PATCH",
        "/refunds/{id}",
        WRITE,
        "Change a refund's metadata",
        Writes(update),
        RefundObject,
        body=UpdateRefund,
    ),
    Route(
        "POST",
        "/refunds/{id}/settle",
        WRITE,
        "Mark a pending refund as sent",
        Writes(settle),
        RefundObject,
        body=SettleRefund,
        guard=look_at,
    ),
    Route(
        "POST",
        "/refunds/{id}/cancel",
        WRITE,
        "Cancel a pending refund",
        Writes(cancel),
        RefundObject,
    ),
    Route(
        "POST",
        "/refunds/{id}/destination_link",
        WRITE,
        "Make a link with which the buyer enters where a refund goes",
        Writes(create_destination_link, kept=destinations.without_token),
        RefundLinkObject,
        HTTPStatus.CREATED,
        body=CreateRefundLink,
    ),
]
