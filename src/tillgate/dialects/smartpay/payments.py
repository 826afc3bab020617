"""``/payments``: each is one capture of an order."""

from typing import Any, Final

import msgspec

from keyturn import Need
from tillgate.base import ids
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.money import Money
from tillgate.checkout.payments import operations
from tillgate.checkout.payments.model import RecordedTransaction, TransactionKind
from tillgate.checkout.settlement import capturing
from tillgate.dialects.smartpay import checking
from tillgate.dialects.smartpay.checking import required
from tillgate.dialects.smartpay.errors import Documented, Missing
from tillgate.dialects.smartpay.ids import as_asked, page
from tillgate.dialects.smartpay.ids import required as required_id
from tillgate.dialects.smartpay.orders import order_of
from tillgate.dialects.smartpay.records import NOTHING, Kept, keep, kept_of
from tillgate.dialects.smartpay.shapes import (
    Change,
    Collection,
    CreatePayment,
    ListQuery,
    PaymentObject,
    Query,
    collection,
)
from tillgate.dialects.smartpay.view import is_incoming, money_of, payment_object
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("payments:read"), Need("payments:write")
_CODES: Final = {"capture_exceeds_authorization": "payment.excessive-amount"}


async def capture_of(tx: Transaction, call: Call, text: str) -> RecordedTransaction:
    """The capture that a text names.

    Raises:
        Missing: it names none of the key's mode and project.
    """
    transaction_id = required_id(text, ids.TRANSACTION, call.principal)
    try:
        found = await operations.get_transaction(tx, call.principal, transaction_id)
    except NotFound as error:
        raise Missing("payment") from error
    if not is_incoming(found):
        raise Missing("payment")
    return found


def merged(kept: Kept, change: Change) -> Kept:
    """What is kept of an object, with what a merchant changes of it.

    Raises:
        InvalidInput: a field is wrong.
    """
    named = {
        "reference": checking.text(change.reference, "reference", checking.REFERENCE_MAX),
        "description": checking.text(change.description, "description", checking.DESCRIPTION_MAX),
        "metadata": checking.metadata(change.metadata) if change.metadata is not None else None,
    }
    return msgspec.structs.replace(kept, **{name: value for name, value in named.items() if value is not None})


async def create(context: ApiContext, tx: Transaction, call: Call) -> PaymentObject:
    """A capture of an order, in full or in part."""
    body: CreatePayment = call.body
    order = await order_of(tx, call, required(body.order, "order"))
    amount = required(body.amount, "amount")
    checking.same_currency(body.currency, order.currency)
    release = checking.automatic(body.cancel_remainder, "cancelRemainder")
    kept = Kept(
        reference=checking.text(body.reference, "reference", checking.REFERENCE_MAX),
        description=checking.text(body.description, "description", checking.DESCRIPTION_MAX),
        line_items=checking.line_items(body.line_items),
        metadata=checking.metadata(body.metadata),
    )
    captured: list[str] = []

    async def keep_of(transaction_id: str) -> None:
        captured.append(transaction_id)
        await keep(tx, transaction_id, kept)

    try:
        await capturing.capture(
            context.checkout,
            tx,
            call.principal,
            order.payment.id,
            amount=str(Money(amount, order.currency)),
            cancel_remainder=release,
            keep=keep_of,
        )
    except Conflict as error:
        code = _CODES.get(error.code, "order.cannot-capture")
        message = (
            "amount: it is more than what is left to capture."
            if error.code in _CODES
            else f"The order cannot be captured. {error.public}"
        )
        raise Documented(code, message, code="conflict") from error
    made = await operations.get_transaction(tx, call.principal, captured[0])
    shown = await _in_words(tx, call, made, expanded=False)
    return msgspec.structs.replace(shown, order=body.order) if ids.is_typed(str(body.order)) else shown


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> PaymentObject:
    """One payment."""
    query: Query = call.query
    shown = await _in_words(tx, call, await capture_of(tx, call, call.id), expanded=query.expand == "all")
    return as_asked(call, shown)


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Collection[Any]:
    """A page of payments."""
    query: ListQuery = call.query
    asked = page(query.page_token, query.max_results, ids.TRANSACTION, call.principal)
    found = await operations.list_transactions(tx, call.principal, asked, kind=TransactionKind.CAPTURE)
    money = await money_of(tx, call.principal, sorted({one.payment_id for one in found.data}))
    data = [payment_object(one, money[one.payment_id], expanded=query.expand == "all") for one in found.data]
    return collection(query, data, has_more=found.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> PaymentObject:
    """A payment with other words of the merchant's."""
    transaction = await capture_of(tx, call, call.id)
    await operations.locked_payment(tx, call.principal, transaction.payment_id)
    kept = (await kept_of(tx, [transaction.id])).get(transaction.id, NOTHING)
    await keep(tx, transaction.id, merged(kept, call.body))
    return as_asked(call, await _in_words(tx, call, transaction, expanded=False))


async def _in_words(tx: Transaction, call: Call, transaction: RecordedTransaction, *, expanded: bool) -> PaymentObject:
    money = await money_of(tx, call.principal, [transaction.payment_id])
    return payment_object(transaction, money[transaction.payment_id], expanded=expanded)


ROUTES: Final = (
    Route(
        "POST",
        "/payments",
        WRITE,
        "Capture an order, in full or in part",
        Writes(create),
        PaymentObject,
        query=Query,
        body=CreatePayment,
    ),
    Route(
        "GET",
        "/payments",
        READ,
        "List payments, newest first",
        Reads(list_all),
        Collection[PaymentObject],
        query=ListQuery,
    ),
    Route("GET", "/payments/{id}", READ, "Retrieve a payment", Reads(retrieve), PaymentObject, query=Query),
    Route(
        "PATCH",
        "/payments/{id}",
        WRITE,
        "Change a payment's reference, description or metadata",
        Writes(update),
        PaymentObject,
        query=Query,
        body=Change,
    ),
)
