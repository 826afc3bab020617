"""``/payments`` and ``/transactions``."""

from typing import Any

import msgspec

from keyturn import Need
from tillgate.api import orders, refunds
from tillgate.api.kept import kept_answer, kept_page
from tillgate.api.paging import ListObject, ListQuery
from tillgate.api.sales import NOTHING, OF_ORDERS, ListSales, asked_of, page_asked, page_of
from tillgate.base import ids
from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.checkout import kept
from tillgate.checkout.payments import operations
from tillgate.checkout.payments.model import PaymentState, TransactionKind
from tillgate.checkout.payments.object import PaymentObject, TransactionObject, to_api, transaction_to_api
from tillgate.checkout.payments.records import PaymentFilters
from tillgate.checkout.settlement import capturing
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import EACH_MAX, Relation, Resource
from tillgate.wire.fields import DecimalText, IdText
from tillgate.wire.paging import pages_of
from tillgate.wire.reading import given, instant, object_id, price
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("payments:read"), Need("payments:write")


class CapturePayment(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """``amount`` is a decimal string, by default all that is left; ``cancelRemainder`` releases the rest."""

    amount: DecimalText | None = None
    cancel_remainder: bool = True


class UpdatePayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """``metadata`` is merged by key, where null removes one."""

    metadata: dict[str, Any] | None


class ListPayments(
    ListSales,
    frozen=True,
    forbid_unknown_fields=True,
    rename={
        "order_id": "orderId",
        "session_id": "sessionId",
    },
):
    """Filters combine; ``createdAfter`` is inclusive, ``createdBefore`` is not; ``amount`` is exact, with its
    ``currency``. ``customerId`` and ``q`` need ``orders:read`` as well; ``q`` finds by e-mail address where the key may
    read customers."""

    status: PaymentState | msgspec.UnsetType = msgspec.UNSET
    order_id: IdText | msgspec.UnsetType = msgspec.UNSET
    session_id: IdText | msgspec.UnsetType = msgspec.UNSET


class ListTransactions(
    ListQuery,
    frozen=True,
    forbid_unknown_fields=True,
    rename={
        "payment_id": "paymentId",
        "order_id": "orderId",
    },
):
    """Filters combine; ``createdAfter`` is inclusive, ``createdBefore`` is not."""

    payment_id: IdText | msgspec.UnsetType = msgspec.UNSET
    order_id: IdText | msgspec.UnsetType = msgspec.UNSET
    kind: TransactionKind | msgspec.UnsetType = msgspec.UNSET


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> PaymentObject | msgspec.Raw:
    if (answer := await kept_answer(context, tx, call, kept.PAYMENT)) is not None:
        return answer
    return to_api(await operations.get_payment(tx, call.principal, call.id))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[Any]:
    query: ListPayments = call.query
    currency, amount_minor = price(query.currency, query.amount)
    filters = PaymentFilters(
        state=given(query.status),
        order_id=object_id(query.order_id, ids.ORDER, field="order_id"),
        session_id=object_id(query.session_id, ids.CHECKOUT_SESSION, field="session_id"),
        created_after=instant(query.created_after, field="created_after"),
        created_before=instant(query.created_before, field="created_before"),
        currency=currency,
        amount_minor=amount_minor,
    )
    if query.asks_for_sales:
        asked = await asked_of(tx, call, ids.PAYMENT)
        if asked is None:
            return NOTHING
        filters["id"], filters["reference"], filters["customer_id"] = asked
    if call.expansion is None and query.sort is msgspec.UNSET:
        found = await operations.list_kept_payments(tx, call.principal, call.page, context.public_url, **filters)
        return await kept_page(context, tx, call, found, by_ids)
    page = await operations.list_payments(tx, call.principal, page_asked(call), **filters)
    shown = [to_api(one) for one in page.data]
    return page_of(query, shown, page.data[-1].payment.price if page.data else None, has_more=page.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> PaymentObject:
    return to_api(await operations.update_payment(context.checkout, tx, call.principal, call.id, call.body.metadata))


async def capture(context: ApiContext, tx: Transaction, call: Call) -> PaymentObject:
    body: CapturePayment = call.body
    return to_api(
        await capturing.capture(
            context.checkout,
            tx,
            call.principal,
            call.id,
            amount=body.amount,
            cancel_remainder=body.cancel_remainder,
        )
    )


async def cancel(context: ApiContext, tx: Transaction, call: Call) -> PaymentObject:
    return to_api(await capturing.cancel(context.checkout, tx, call.principal, call.id))


async def retrieve_transaction(context: ApiContext, tx: Transaction, call: Call) -> TransactionObject:
    return transaction_to_api(await operations.get_transaction(tx, call.principal, call.id))


async def list_transactions(context: ApiContext, tx: Transaction, call: Call) -> Page[TransactionObject]:
    query: ListTransactions = call.query
    page = await operations.list_transactions(
        tx,
        call.principal,
        call.page,
        payment_id=object_id(query.payment_id, ids.PAYMENT, field="payment_id"),
        order_id=object_id(query.order_id, ids.ORDER, field="order_id"),
        kind=given(query.kind),
        created_after=instant(query.created_after, field="created_after"),
        created_before=instant(query.created_before, field="created_before"),
    )
    return Page([transaction_to_api(one) for one in page.data], page.has_more)


async def by_ids(
    context: ApiContext, tx: Transaction, principal: Principal, payment_ids: list[str]
) -> dict[str, PaymentObject]:
    found = await operations.payments_by_id(tx, principal, payment_ids)
    return {id: to_api(one) for id, one in found.items()}


async def transactions_by_id(
    context: ApiContext, tx: Transaction, principal: Principal, transaction_ids: list[str]
) -> dict[str, TransactionObject]:
    found = await operations.transactions_by_id(tx, principal, transaction_ids)
    return {id: transaction_to_api(one) for id, one in found.items()}


async def transactions_of_payments(
    context: ApiContext, tx: Transaction, principal: Principal, payment_ids: list[str]
) -> dict[str, Page[TransactionObject]]:
    found = await operations.transactions_of_payments(tx, principal, payment_ids, EACH_MAX + 1)
    return pages_of("payment_id", [transaction_to_api(one) for one in found], EACH_MAX)


PAYMENT = Resource(
    "payment",
    PaymentObject,
    READ,
    by_ids,
    (
        Relation("order", "order", "order_id"),
        Relation("session", "checkout_session", "session_id"),
        Relation("customer", "customer", "session_id", orders.customers_of_sessions),
        Relation("transactions", "transaction", "id", transactions_of_payments, many=True),
        Relation("refunds", "refund", "id", refunds.of_payments, many=True),
    ),
)
TRANSACTION = Resource(
    "transaction",
    TransactionObject,
    READ,
    transactions_by_id,
    (Relation("payment", "payment", "payment_id"), Relation("order", "order", "order_id")),
)

ROUTES = [
    Route(
        "GET",
        "/payments",
        READ,
        "List payments, newest first",
        Reads(list_all),
        ListObject[PaymentObject],
        query=ListPayments,
        parameter_needs=OF_ORDERS,
    ),
    Route("GET", "/payments/{id}", READ, "Retrieve a payment", Reads(retrieve), PaymentObject),
    Route(
        "PATCH",
        "/payments/{id}",
        WRITE,
        "Change a payment's metadata",
        Writes(update),
        PaymentObject,
        body=UpdatePayment,
    ),
    Route(
        "POST",
        "/payments/{id}/capture",
        WRITE,
        "Capture an authorized payment, in full or in part",
        Writes(capture),
        PaymentObject,
        body=CapturePayment,
    ),
    Route(
        "POST",
        "/payments/{id}/cancel",
        WRITE,
        "Cancel a payment: release the amount that is authorized and not captured",
        Writes(cancel),
        PaymentObject,
    ),
    Route(
        "GET",
        "/transactions",
        READ,
        "List transactions, newest first",
        Reads(list_transactions),
        ListObject[TransactionObject],
        query=ListTransactions,
    ),
    Route(
        "GET",
        "/transactions/{id}",
        READ,
        "Retrieve a transaction",
        Reads(retrieve_transaction),
        TransactionObject,
    ),
]
