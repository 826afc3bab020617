"""Orders, on their sessions' pages: what was promised, what came, and the merchant's part in it."""

from typing import Any, Final, NamedTuple

from starlette.responses import Response

from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.money import Money
from tillgate.base.pages import LIMIT_MAX, PageRequest
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.checkout.customers.model import Customer
from tillgate.checkout.customers.operations import get_customer
from tillgate.checkout.issued.model import INVOICED, RECEIPTED, DocumentKind, name_of
from tillgate.checkout.issued.operations import issued_for
from tillgate.checkout.orders.model import Fulfillment, Order
from tillgate.checkout.orders.object import OrderObject
from tillgate.checkout.orders.object import to_api as order_to_api
from tillgate.checkout.orders.operations import OrderChanges, get_order_of_session, update_order
from tillgate.checkout.payments.model import PaymentState
from tillgate.checkout.payments.object import PaymentObject
from tillgate.checkout.payments.object import to_api as payment_to_api
from tillgate.checkout.payments.operations import get_payment
from tillgate.checkout.refunds.destinations import asks_for_address
from tillgate.checkout.refunds.model import DESTINATION_MAX, Refund, RefundObject, RefundReason
from tillgate.checkout.refunds.model import to_api as refund_to_api
from tillgate.checkout.refunds.operations import (
    NewRefund,
    create_refund,
    list_refunds,
    refund_order,
)
from tillgate.checkout.sessions.model import (
    CheckoutSession,
    SessionStatus,
    acceptable,
    excess,
    waits_for_decision,
)
from tillgate.checkout.sessions.operations import get_session
from tillgate.checkout.settlement import capturing
from tillgate.checkout.settlement.deciding import keep_waiting
from tillgate.checkout.statements.model import order_standing
from tillgate.checkout.statements.words import ORDER, MerchantWords
from tillgate.dashboard.calls import MONEY, SELL, Call, Unusable, View
from tillgate.dashboard.forms import Draft, draft, problems_of
from tillgate.store import Transaction

SESSION: Final = "/dashboard/sessions/{session}"


class OrderView(NamedTuple):
    """What the page shows of an order.

    Attributes:
        standing: where the order stands, in words.
        customer: whose it is; None where that is not known.
        deliverable: the items of which nothing has been said, once it is paid.
        documents: what can be downloaded: its name, and where it is below the session's path.
        waits: money is there that the merchant has to decide on; ``excess`` of it is too much, worth ``excess_value``.
    """

    order: OrderObject
    standing: MerchantWords
    payment: PaymentObject
    refunds: list[RefundObject]
    capturable: bool
    refundable: bool
    waits: bool
    excess: bool
    excess_value: str
    can_wait: bool
    customer: Customer | None
    customer_stated: bool
    sending: frozenset[str]
    deliverable: frozenset[str]
    documents: list[tuple[str, str]]


async def order_view(tx: Transaction, principal: Principal, session: CheckoutSession, public_url: str) -> OrderView:
    """The order of a session that the caller may see, with its payment and its refunds."""
    order = await get_order_of_session(tx, session.id)
    recorded = await get_payment(tx, principal, session.payment.id)
    refunds = await list_refunds(tx, principal, PageRequest(LIMIT_MAX), order_id=order.id)
    payment, status = recorded.payment, session.status
    there = payment.refundable_atomic > 0
    return OrderView(
        order=order_to_api(order, public_url),
        standing=ORDER[order_standing(order)],
        payment=payment_to_api(recorded),
        refunds=[refund_to_api(one) for one in refunds.data],
        capturable=recorded.state is PaymentState.REQUIRES_CAPTURE,
        refundable=there,
        waits=there and waits_for_decision(session),
        excess=excess(session) > 0,
        excess_value=str(Money(max(payment.refundable_minor - payment.price.minor, 0), payment.price.currency)),
        can_wait=status is SessionStatus.UNDERPAID and order.payment.decision is None,
        customer=await get_customer(tx, principal, order.customer_id) if order.customer_id is not None else None,
        customer_stated=order.customer_stated,
        sending=frozenset(one.id for one in refunds.data if one.asked),
        deliverable=frozenset(one.id for one in order.open_items),
        documents=await _documents(tx, order),
    )


async def _documents(tx: Transaction, order: Order) -> list[tuple[str, str]]:
    issued = await issued_for(tx, order.id)
    latest = {one.kind: name_of(one.kind, one.number, livemode=order.livemode) for one in issued}
    found = []
    if order.status in RECEIPTED or DocumentKind.RECEIPT in latest:
        found.append((f"Receipt {latest.get(DocumentKind.RECEIPT, '')}".rstrip(), "/receipt"))
    if order.status in INVOICED:
        found.append((f"Invoice {latest.get(DocumentKind.INVOICE, '')}".rstrip(), "/invoice"))
    for one in issued:
        if one.kind is DocumentKind.CREDIT_NOTE:
            name = name_of(one.kind, one.number, livemode=order.livemode)
            found.append((f"Credit note {name}", f"/credit-notes/{one.place}"))
    return found


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


async def ask_give_back(call: Call) -> Response:
    """Ask before money that waits for a decision goes back."""
    what = _what(call.query("what") or "everything")
    the = await known_order(call)
    money, currency = the.payment.amounts.refundable, the.payment.currency
    everything = what == "everything"
    if not (the.view.waits if everything else the.view.excess):
        raise Conflict("No money waits for this decision any more.")
    return ask_first(
        call,
        the,
        title="Refund everything?" if everything else "Refund the excess?",
        words="Everything that came for this order goes back, and the order ends without a sale."
        if everything
        else "What came beyond the price goes back, and you accept the rest as payment.",
        amount=f"{money if everything else the.view.excess_value} {currency}",
        button="Refund everything" if everything else "Refund the excess",
        form="give-back",
        fields={"what": what},
    )


async def give_back(call: Call) -> Response:
    """Give back money that waits for a decision: all of it, or what is too much."""
    what = _what(call.form.one("what"))

    async def operation(tx: Transaction) -> Order:
        order = await _order(tx, call)
        return await refund_order(call.context.checkout, tx, call.principal, order.id, excess_only=what == "excess")

    return await _done(call, operation, "refund_requested")


async def ask_accept(call: Call) -> Response:
    """Ask before the amount received is taken as payment."""
    the = await known_order(call)
    if not acceptable(the.session):
        raise Conflict("No money waits for this decision any more.")
    return ask_first(
        call,
        the,
        title="Accept the amount received?",
        words=f"You take it as payment of {the.order.amounts.total} {the.order.currency}, and the order is paid. This "
        "cannot be undone; you can still refund it.",
        amount=f"{the.payment.amounts.received} {the.payment.currency}",
        button="Accept as payment",
        form="accept",
        danger=False,
    )


async def ask_call_off(call: Call) -> Response:
    """Ask before a session is called off."""
    the = await known_order(call)
    if the.session.status is not SessionStatus.PENDING:
        raise Conflict(f"Only a pending session can be canceled; this one is {the.session.status.value}.")
    return ask_first(
        call,
        the,
        title="Cancel this session?",
        words="The buyer can no longer pay, not even late. Cancelling is final.",
        amount=f"{the.order.amounts.total} {the.order.currency}",
        button="Cancel session",
        form="call-off",
    )


async def ask_cancel(call: Call) -> Response:
    """Ask before an authorization is released."""
    the = await known_order(call)
    if not the.view.capturable:
        raise Conflict("Nothing is authorized for this order any more.")
    captured = the.payment.amounts.received
    some = the.session.payment.captured_minor > 0
    return ask_first(
        call,
        the,
        title="Release the rest?" if some else "Cancel the payment?",
        words=f"The order stays paid with the {captured} {the.payment.currency} that you captured."
        if some
        else "The authorization is released, nothing is captured, and the order is canceled. This is final.",
        amount=f"{the.payment.amounts.capturable} {the.payment.currency}",
        button="Release the rest" if some else "Cancel the payment",
        form="cancel",
    )


async def refund_form(call: Call) -> Response:
    """The form for a refund: what is possible is filled in."""
    the = await known_order(call)
    if not the.view.refundable:
        raise Conflict("Nothing of what came for this order can be refunded any more.")
    filled = draft(
        amount=the.payment.amounts.refundable, reason=RefundReason.REQUESTED_BY_CUSTOMER.value, destination=""
    )
    return _refund_form(call, the, filled)


async def refund(call: Call) -> Response:
    """Give money of a payment back. A form that is refused comes back with its values, the error at the field."""
    form = call.form

    async def operation(tx: Transaction) -> tuple[Refund, bool]:
        order = await _order(tx, call)
        amount = form.optional_amount("amount", "amount", order.currency)
        new = NewRefund(order.payment.id, _reason(form.one("reason")), amount, form.optional("destination"))
        made = await create_refund(call.context.checkout, tx, call.principal, new)
        return made, await asks_for_address(call.context.checkout, tx, made)

    back = SESSION.replace("{session}", call.param("session"))
    try:
        made, on_network = await call.write(operation)
        return call.go(f"{back}/refunds/{made.id}" if on_network else back, flash="refunded")
    except (InvalidInput, Conflict) as error:
        values: dict[str, object] = {name: form.one(name) for name in ("amount", "reason", "destination")}
        return _refund_form(call, await known_order(call), Draft(values, problems_of(error, "amount")))


def _reason(text: str) -> RefundReason:
    try:
        return RefundReason(text)
    except ValueError as error:
        choices = tuple(one.value.replace("_", " ") for one in RefundReason)
        raise InvalidInput("reason", Problem.NOT_A_CHOICE, choices=choices) from error


async def capture_form(call: Call) -> Response:
    """The form for a capture: what is possible is filled in."""
    the = await known_order(call)
    if not the.view.capturable:
        raise Conflict("Nothing is authorized for this order any more.")
    return _capture_form(call, the, draft(amount=the.payment.amounts.capturable, keep=""))


async def capture(call: Call) -> Response:
    """Take what was authorized, or a part of it."""
    remainder = call.form.one("keep") != "yes"

    async def operation(tx: Transaction) -> Any:
        order = await _order(tx, call)
        return await capturing.capture(
            call.context.checkout,
            tx,
            call.principal,
            order.payment.id,
            amount=call.form.optional_amount("amount", "amount", order.currency),
            cancel_remainder=remainder,
        )

    try:
        return await _done(call, operation, "captured")
    except (InvalidInput, Conflict) as error:
        values: dict[str, object] = {name: call.form.one(name) for name in ("amount", "keep")}
        return _capture_form(call, await known_order(call), Draft(values, problems_of(error, "amount")))


async def cancel(call: Call) -> Response:
    """Release what was authorized and not captured."""

    async def operation(tx: Transaction) -> Any:
        order = await _order(tx, call)
        return await capturing.cancel(call.context.checkout, tx, call.principal, order.payment.id)

    return await _done(call, operation, "released")


class Known(NamedTuple):
    """What a page names that asks before money moves."""

    session: CheckoutSession
    view: OrderView
    customer: Customer | None

    @property
    def order(self) -> OrderObject:
        return self.view.order

    @property
    def payment(self) -> PaymentObject:
        return self.view.payment


async def known_order(call: Call) -> Known:
    async def operation(tx: Transaction) -> Known:
        session = await get_session(tx, call.principal, call.param("session"))
        view = await order_view(tx, call.principal, session, call.context.public_url)
        customer_id = view.order.customer_id
        customer = await get_customer(tx, call.principal, customer_id) if customer_id is not None else None
        return Known(session, view, customer)

    return await call.read(operation)


def ask_first(
    call: Call,
    the: Known,
    *,
    title: str,
    words: str,
    amount: str,
    button: str,
    form: str,
    fields: dict[str, str] | None = None,
    danger: bool = True,
) -> Response:
    """The page that asks: it names amount, order and customer, and its one button does it."""
    return call.page(
        "orders/ask.html",
        section="sessions",
        the=the,
        title=title,
        words=words,
        amount=amount,
        button=button,
        form=form,
        fields=fields or {},
        danger=danger,
    )


def _refund_form(call: Call, the: Known, filled: Draft) -> Response:
    checkout, payment = call.context.checkout, the.session.payment
    return call.page(
        "orders/refund_form.html",
        status_code=filled.status_code,
        section="sessions",
        the=the,
        on_network=checkout.paid_on_networks(payment.rail, livemode=the.session.livemode) is not None,
        draft=filled,
        reasons=list(RefundReason),
        destination_max=DESTINATION_MAX,
    )


def _capture_form(call: Call, the: Known, filled: Draft) -> Response:
    return call.page(
        "orders/capture_form.html", status_code=filled.status_code, section="sessions", the=the, draft=filled
    )


def _what(text: str) -> str:
    if text not in ("everything", "excess"):
        raise Unusable("Choose one of the buttons.")
    return text


async def _order(tx: Transaction, call: Call) -> Order:
    """The order of the session that the address names, if it is the visitor's to see."""
    session = await get_session(tx, call.principal, call.param("session"))
    return await get_order_of_session(tx, session.id)


async def _done(call: Call, operation: Any, flash: str) -> Response:
    await call.write(operation)
    return call.go(SESSION.replace("{session}", call.param("session")), flash=flash)


VIEWS: Final = (
    View("POST", f"{SESSION}/fulfil", fulfil, SELL),
    View("POST", f"{SESSION}/wait", wait, MONEY),
    View("GET", f"{SESSION}/give-back", ask_give_back, MONEY),
    View("POST", f"{SESSION}/give-back", give_back, MONEY),
    View("GET", f"{SESSION}/accept", ask_accept, MONEY),
    View("GET", f"{SESSION}/call-off", ask_call_off, MONEY),
    View("GET", f"{SESSION}/cancel", ask_cancel, MONEY),
    View("GET", f"{SESSION}/refund", refund_form, MONEY),
    View("POST", f"{SESSION}/refund", refund, MONEY),
    View("GET", f"{SESSION}/capture", capture_form, MONEY),
    View("POST", f"{SESSION}/capture", capture, MONEY),
    View("POST", f"{SESSION}/cancel", cancel, MONEY),
)
