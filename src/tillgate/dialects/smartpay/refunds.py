"""``/refunds``: money of one payment that goes back."""

from typing import Any, Final

import msgspec

from keyturn import Need
from tillgate.base import ids
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.money import Money
from tillgate.checkout.payments.operations import locked_payment
from tillgate.checkout.refunds import operations
from tillgate.checkout.refunds.model import Refund, RefundReason
from tillgate.checkout.refunds.operations import NewRefund
from tillgate.dialects.smartpay import checking
from tillgate.dialects.smartpay.checking import required
from tillgate.dialects.smartpay.errors import Documented, Missing
from tillgate.dialects.smartpay.ids import as_asked, page
from tillgate.dialects.smartpay.ids import required as required_id
from tillgate.dialects.smartpay.payments import capture_of, merged
from tillgate.dialects.smartpay.records import NOTHING, Kept, keep, kept_of
from tillgate.dialects.smartpay.shapes import (
    Change,
    Collection,
    CreateRefund,
    ListQuery,
    Query,
    RefundObject,
    collection,
)
from tillgate.dialects.smartpay.view import money_of, refund_object
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("refunds:read"), Need("refunds:write")


async def create(context: ApiContext, tx: Transaction, call: Call) -> RefundObject:
    """Money of a payment goes back, in full or in part."""
    body: CreateRefund = call.body
    reason = RefundReason(required(body.reason, "reason"))
    capture = await capture_of(tx, call, required(body.payment, "payment"))
    currency = capture.value.currency
    checking.same_currency(body.currency, currency)
    await locked_payment(tx, call.principal, capture.payment_id)
    left = (await money_of(tx, call.principal, [capture.payment_id]))[capture.payment_id].left.get(capture.id, 0)
    amount = left if body.amount is None else body.amount
    if not left > 0 or amount > left:
        raise _insufficient(Money(left, currency))
    kept = Kept(
        reference=checking.text(body.reference, "reference", checking.REFERENCE_MAX),
        description=checking.text(body.description, "description", checking.DESCRIPTION_MAX),
        line_items=checking.line_items(body.line_items),
        metadata=checking.metadata(body.metadata),
        payment=capture.id,
    )
    new = NewRefund(capture.payment_id, reason, str(Money(amount, currency)))

    async def keep_of(refund: Refund) -> None:
        await keep(tx, refund.id, kept)

    try:
        refund = await operations.create_refund(context.checkout, tx, call.principal, new, keep=keep_of)
    except Conflict as error:
        raise _insufficient(Money(left, currency)) from error
    shown = refund_object(refund, capture.id, kept)
    return msgspec.structs.replace(shown, payment=body.payment) if ids.is_typed(str(body.payment)) else shown


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> RefundObject:
    """One refund."""
    return as_asked(call, (await _in_words(tx, call, [await _refund_of(tx, call)]))[0])


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Collection[Any]:
    """A page of refunds."""
    query: ListQuery = call.query
    asked = page(query.page_token, query.max_results, ids.REFUND, call.principal)
    found = await operations.list_refunds(tx, call.principal, asked)
    return collection(query, await _in_words(tx, call, found.data), has_more=found.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> RefundObject:
    """A refund with other words of the merchant's."""
    refund = await _refund_of(tx, call)
    await locked_payment(tx, call.principal, refund.payment_id)
    kept = (await kept_of(tx, [refund.id])).get(refund.id, NOTHING)
    await keep(tx, refund.id, merged(kept, call.body))
    return as_asked(call, (await _in_words(tx, call, [refund]))[0])


async def _refund_of(tx: Transaction, call: Call) -> Refund:
    refund_id = required_id(call.id, ids.REFUND, call.principal)
    try:
        return await operations.get_refund(tx, call.principal, refund_id)
    except NotFound as error:
        raise Missing("refund") from error


async def _in_words(tx: Transaction, call: Call, refunds: list[Refund]) -> list[RefundObject]:
    money = await money_of(tx, call.principal, sorted({one.payment_id for one in refunds}))
    return [
        refund_object(one, money[one.payment_id].payment_of(one), money[one.payment_id].kept.get(one.id, NOTHING))
        for one in refunds
    ]


def _insufficient(left: Money) -> Documented:
    message = f"amount: the payment has {left.minor} {left.currency} left to refund."
    return Documented("amount.insufficient", message, code="conflict")


ROUTES: Final = (
    Route(
        "POST",
        "/refunds",
        WRITE,
        "Refund a payment, in full or in part",
        Writes(create),
        RefundObject,
        query=Query,
        body=CreateRefund,
    ),
    Route(
        "GET",
        "/refunds",
        READ,
        "List refunds, newest first",
        Reads(list_all),
        Collection[RefundObject],
        query=ListQuery,
    ),
    Route("GET", "/refunds/{id}", READ, "Retrieve a refund", Reads(retrieve), RefundObject, query=Query),
    Route(
        "PATCH",
        "/refunds/{id}",
        WRITE,
        "Change a refund's reference, description or metadata",
        Writes(update),
        RefundObject,
        query=Query,
        body=Change,
    ),
)
