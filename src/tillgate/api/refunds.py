"""``/refunds``."""

from http import HTTPStatus
from typing import Any

import msgspec

from keyturn import Need
from tillgate.api.paging import ListObject, ListQuery
from tillgate.base import ids
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.checkout.refunds import operations
from tillgate.checkout.refunds.model import RefundObject, RefundReason, RefundStatus, to_api
from tillgate.checkout.refunds.operations import NewRefund
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import EACH_MAX, Relation, Resource
from tillgate.wire.fields import DecimalText, IdText, InstantText
from tillgate.wire.paging import pages_of
from tillgate.wire.reading import given, instant, object_id
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("refunds:read"), Need("refunds:write")


class CreateRefund(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """Money of a payment that goes back; ``amount`` is a decimal string, by default all that is left."""

    payment_id: IdText
    reason: RefundReason
    amount: DecimalText | None = None
    destination: str | None = None
    metadata: dict[str, Any] | None = None


class UpdateRefund(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """``metadata`` is replaced as a whole."""

    metadata: dict[str, Any] | None


class SettleRefund(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """``txHash`` names the transaction with which you sent the money."""

    tx_hash: str


class ListRefunds(
    ListQuery,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"payment_id": "paymentId", "order_id": "orderId", "created_after": "createdAfter"},
):
    """Filters combine; ``createdAfter`` is inclusive."""

    status: RefundStatus | msgspec.UnsetType = msgspec.UNSET
    payment_id: IdText | msgspec.UnsetType = msgspec.UNSET
    order_id: IdText | msgspec.UnsetType = msgspec.UNSET
    created_after: InstantText | msgspec.UnsetType = msgspec.UNSET


async def create(context: ApiContext, tx: Transaction, call: Call) -> RefundObject:
    body: CreateRefund = call.body
    new = NewRefund(body.payment_id, body.reason, body.amount, body.destination, body.metadata)
    return to_api(await operations.create_refund(context.checkout, tx, call.principal, new))


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> RefundObject:
    return to_api(await operations.get_refund(tx, call.principal, call.id))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[RefundObject]:
    query: ListRefunds = call.query
    page = await operations.list_refunds(
        tx,
        call.principal,
        call.page,
        status=given(query.status),
        payment_id=object_id(query.payment_id, ids.PAYMENT, field="payment_id"),
        order_id=object_id(query.order_id, ids.ORDER, field="order_id"),
        created_after=instant(query.created_after, field="created_after"),
    )
    return Page([to_api(one) for one in page.data], page.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> RefundObject:
    return to_api(await operations.update_refund(context.checkout, tx, call.principal, call.id, call.body.metadata))


async def settle(context: ApiContext, tx: Transaction, call: Call) -> RefundObject:
    return to_api(await operations.settle_refund(context.checkout, tx, call.principal, call.id, call.body.tx_hash))


async def cancel(context: ApiContext, tx: Transaction, call: Call) -> RefundObject:
    return to_api(await operations.cancel_refund(context.checkout, tx, call.principal, call.id))


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
    ),
    Route("GET", "/refunds/{id}", READ, "Retrieve a refund", Reads(retrieve), RefundObject),
    Route(
        "PATCH",
        "/refunds/{id}",
        WRITE,
        "Replace a refund's metadata",
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
    ),
    Route(
        "POST",
        "/refunds/{id}/cancel",
        WRITE,
        "Cancel a pending refund",
        Writes(cancel),
        RefundObject,
    ),
]
