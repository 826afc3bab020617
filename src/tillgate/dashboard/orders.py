"""Orders, on their sessions' pages: what was promised, what came, and the merchant's part in it."""

from typing import Any, Final, NamedTuple

from starlette.responses import Response

from tillgate.base.errors import NotFound
from tillgate.base.pages import LIMIT_MAX, PageRequest
from tillgate.base.principal import Principal
from tillgate.checkout.orders.model import Fulfillment, Order
from tillgate.checkout.orders.object import OrderObject
from tillgate.checkout.orders.object import to_api as order_to_api
from tillgate.checkout.orders.operations import OrderChanges, get_order_of_session, update_order
from tillgate.checkout.payments.model import PaymentState
from tillgate.checkout.payments.object import PaymentObject
from tillgate.checkout.payments.object import to_api as payment_to_api
from tillgate.checkout.payments.operations import get_payment
from tillgate.checkout.refunds.model import HASH_MAX, Refund, RefundObject, RefundReason
from tillgate.checkout.refunds.model import to_api as refund_to_api
from tillgate.checkout.refunds.operations import (
    NewRefund,
    cancel_refund,
    create_refund,
    get_refund,
    list_refunds,
    refund_order,
    settle_refund,
)
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus, excess, waits_for_decision
from tillgate.checkout.sessions.operations import get_session
from tillgate.checkout.settlement import capturing
from tillgate.checkout.settlement.deciding import keep_waiting
from tillgate.dashboard.calls import MONEY, READ, SELL, Call, Unusable, View
from tillgate.store import Transaction

SESSION: Final = "/dashboard/sessions/{session}"


class OrderView(NamedTuple):
    """What the page shows of an order.

    Attributes:
        waits: money is there that the merchant has to decide on; ``excess`` of it is too much.
    """

    order: OrderObject
    payment: PaymentObject
    refunds: list[RefundObject]
    reasons: list[RefundReason]
    capturable: bool
    refundable: bool
    waits: bool
    excess: bool
    can_wait: bool


async def order_view(tx: Transaction, principal: Principal, session: CheckoutSession) -> OrderView:
    """The order of a session that the caller may see, with its payment and its refunds."""
    order = await get_order_of_session(tx, session.id)
    recorded = await get_payment(tx, principal, session.payment.id)
    refunds = await list_refunds(tx, principal, PageRequest(LIMIT_MAX), order_id=order.id)
    payment, status = recorded.payment, session.status
    there = payment.refundable_atomic > 0
    return OrderView(
        order=order_to_api(order),
        payment=payment_to_api(recorded),
        refunds=[refund_to_api(one) for one in refunds.data],
        reasons=list(RefundReason),
        capturable=recorded.state is PaymentState.REQUIRES_CAPTURE,
        refundable=there,
        waits=there and waits_for_decision(session),
        excess=excess(session) > 0,
        can_wait=status is SessionStatus.UNDERPAID and order.payment.decision is None,
    )


async def fulfil(call: Call) -> Response:
    """Say that the order is fulfilled, or that it is not after all."""
    try:
        fulfillment = Fulfillment(call.form.one("fulfillment"))
    except ValueError as error:
        raise Unusable("Choose one of the buttons.") from error

    async def operation(tx: Transaction) -> Order:
        order = await _order(tx, call)
        changes = OrderChanges(fulfillment=fulfillment)
        return await update_order(call.context.checkout, tx, call.principal, order.id, changes)

    return await _done(call, operation, f"order_{fulfillment.value}")


async def wait(call: Call) -> Response:
    """Wait for the rest of an underpaid order."""

    async def operation(tx: Transaction) -> CheckoutSession:
        return await keep_waiting(call.context.checkout, tx, call.principal, call.param("session"))

    return await _done(call, operation, "waiting")


async def give_back(call: Call) -> Response:
    """Give back money that waits for a decision: all of it, or what is too much."""
    what = call.form.one("what")
    if what not in ("everything", "excess"):
        raise Unusable("Choose one of the buttons.")

    async def operation(tx: Transaction) -> Order:
        order = await _order(tx, call)
        return await refund_order(call.context.checkout, tx, call.principal, order.id, excess_only=what == "excess")

    return await _done(call, operation, "refund_requested")


async def refund(call: Call) -> Response:
    """Give money of a payment back."""
    form = call.form
    try:
        reason = RefundReason(form.one("reason"))
    except ValueError as error:
        raise Unusable("Choose one of the list.") from error

    async def operation(tx: Transaction) -> Any:
        order = await _order(tx, call)
        new = NewRefund(order.payment.id, reason, form.optional("amount"), form.optional("destination"))
        return await create_refund(call.context.checkout, tx, call.principal, new)

    return await _done(call, operation, "refunded")


async def refund_page(call: Call) -> Response:
    """One refund; while it is pending, what can be said of it."""

    async def operation(tx: Transaction) -> Refund:
        return await _refund(tx, call)

    return call.page(
        "orders/refund.html",
        section="sessions",
        session_id=call.param("session"),
        refund=refund_to_api(await call.read(operation)),
        hash_max=HASH_MAX,
    )


async def settle(call: Call) -> Response:
    """Say that a pending refund has been sent."""

    async def operation(tx: Transaction) -> Refund:
        pending = await _refund(tx, call)
        return await settle_refund(call.context.checkout, tx, call.principal, pending.id, call.form.text("txHash"))

    return await _done(call, operation, "refund_settled")


async def cancel_pending(call: Call) -> Response:
    """Give a pending refund up."""

    async def operation(tx: Transaction) -> Refund:
        pending = await _refund(tx, call)
        return await cancel_refund(call.context.checkout, tx, call.principal, pending.id)

    return await _done(call, operation, "refund_canceled")


async def capture(call: Call) -> Response:
    """Take what was authorised, or a part of it."""
    amount, remainder = call.form.optional("amount"), call.form.one("keep") != "yes"

    async def operation(tx: Transaction) -> Any:
        order = await _order(tx, call)
        return await capturing.capture(
            call.context.checkout,
            tx,
            call.principal,
            order.payment.id,
            amount=amount,
            cancel_remainder=remainder,
        )

    return await _done(call, operation, "captured")


async def cancel(call: Call) -> Response:
    """Release what was authorised and not captured."""

    async def operation(tx: Transaction) -> Any:
        order = await _order(tx, call)
        return await capturing.cancel(call.context.checkout, tx, call.principal, order.payment.id)

    return await _done(call, operation, "released")


async def _order(tx: Transaction, call: Call) -> Order:
    """The order of the session that the address names, if it is the visitor's to see."""
    session = await get_session(tx, call.principal, call.param("session"))
    return await get_order_of_session(tx, session.id)


async def _refund(tx: Transaction, call: Call) -> Refund:
    """The refund that the address names, if it is of the session that it names."""
    order, refund = await _order(tx, call), await get_refund(tx, call.principal, call.param("refund"))
    if refund.order_id != order.id:
        raise NotFound("refund", refund.id)
    return refund


async def _done(call: Call, operation: Any, flash: str) -> Response:
    await call.write(operation)
    return call.go(SESSION.replace("{session}", call.param("session")), flash=flash)


VIEWS: Final = (
    View("POST", f"{SESSION}/fulfil", fulfil, SELL),
    View("POST", f"{SESSION}/wait", wait, MONEY),
    View("POST", f"{SESSION}/give-back", give_back, MONEY),
    View("POST", f"{SESSION}/refund", refund, MONEY),
    View("GET", f"{SESSION}/refunds/{{refund}}", refund_page, READ),
    View("POST", f"{SESSION}/refunds/{{refund}}/settle", settle, MONEY),
    View("POST", f"{SESSION}/refunds/{{refund}}/cancel", cancel_pending, MONEY),
    View("POST", f"{SESSION}/capture", capture, MONEY),
    View("POST", f"{SESSION}/cancel", cancel, MONEY),
)
