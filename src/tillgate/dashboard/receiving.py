"""Payments by mail, on their sessions' pages: what came is marked as received, or that is undone."""

from typing import Final

from starlette.responses import Response

from tillgate.base.errors import Conflict, InvalidInput
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.settlement.receiving import awaits_mail, can_be_undone, mark_received, undo_received
from tillgate.dashboard.calls import MONEY, Call, View
from tillgate.dashboard.forms import Draft, draft, problems_of
from tillgate.dashboard.orders import SESSION, Known, ask_first, known_order
from tillgate.store import Transaction


async def received_form(call: Call) -> Response:
    """The form that says what came; the price is filled in."""
    the = await known_order(call)
    if not awaits_mail(the.session, call.context.clock.now()):
        raise Conflict("This payment is not waited for any more.")
    return _form(call, the, draft(amount=str(the.session.price)))


async def receive(call: Call) -> Response:
    """Mark a payment as received. A form that is refused comes back with its value, and the error at the field."""

    async def operation(tx: Transaction) -> CheckoutSession:
        # Exactly what was typed: another amount than the price is flagged.
        session, form = call.param("session"), call.form
        amount = form.optional_amount("amount", "amount", form.text("currency"))
        return await mark_received(call.context.checkout, tx, call.principal, session, amount or "0")

    try:
        await call.write(operation)
    except InvalidInput as error:
        filled = Draft({"amount": call.form.one("amount")}, problems_of(error, "amount"))
        return _form(call, await known_order(call), filled)
    return _done(call, "received")


async def ask_undo(call: Call) -> Response:
    """Ask before a confirmation is undone."""
    the = await known_order(call)
    if not can_be_undone(the.session):
        raise Conflict("This payment cannot be undone any more.")
    return ask_first(
        call,
        the,
        title="Undo the confirmation?",
        words="The payment had not come after all: the order is canceled. This is final.",
        amount=f"{the.payment.amounts.received} {the.payment.currency}",
        button="Undo the confirmation",
        form="undo-received",
    )


async def undo(call: Call) -> Response:
    """Undo a confirmation."""

    async def operation(tx: Transaction) -> CheckoutSession:
        return await undo_received(call.context.checkout, tx, call.principal, call.param("session"))

    await call.write(operation)
    return _done(call, "received_undone")


def _form(call: Call, the: Known, filled: Draft) -> Response:
    return call.page(
        "orders/receive_form.html",
        status_code=filled.status_code,
        section="transactions",
        the=the,
        draft=filled,
        reference=the.session.payment.terms.address,
    )


def _done(call: Call, flash: str) -> Response:
    return call.go(SESSION.replace("{session}", call.param("session")), flash=flash)


VIEWS: Final = (
    View("GET", f"{SESSION}/receive", received_form, MONEY),
    View("POST", f"{SESSION}/receive", receive, MONEY),
    View("GET", f"{SESSION}/undo-received", ask_undo, MONEY),
    View("POST", f"{SESSION}/undo-received", undo, MONEY),
)
