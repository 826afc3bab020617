"""Items of a paid order, on its session's page: the merchant says that they were delivered, or that they cannot be."""

from typing import Final, NamedTuple

from starlette.responses import Response

from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.money import Money
from tillgate.base.text import checked_text
from tillgate.checkout.orders.model import (
    REASON_MAX,
    TOKEN_TEXT_MAX,
    TRANSACTION_ID_MAX,
    DeliveryStatus,
    LineItem,
    Order,
    Token,
)
from tillgate.checkout.orders.operations import RecordedDelivery, get_order_of_session, record_delivery
from tillgate.checkout.refunds.operations import due_for_undelivered, fail_delivery
from tillgate.checkout.sessions.operations import get_session
from tillgate.dashboard.calls import MONEY, SELL, Call, View
from tillgate.dashboard.forms import Draft, Form, draft, problems_of
from tillgate.dashboard.orders import SESSION, known_order
from tillgate.store import Transaction

# One token a line; what is longer is refused as too many of them.
TOKENS_TEXT_MAX: Final = 20_000


class Asked(NamedTuple):
    """What a page is about: the items that are named, or all that are open."""

    order: Order
    items: tuple[LineItem, ...]


async def deliver_form(call: Call) -> Response:
    """The form that says what was delivered."""
    return await _deliver_form(call, [call.query("item") or ""], draft(transactionId="", tokens=""))


async def deliver(call: Call) -> Response:
    """Mark items as delivered. A form that is refused comes back with its values, the error at the field."""
    form = call.form

    async def operation(tx: Transaction) -> None:
        order = await _order(tx, call)
        handed = RecordedDelivery(
            DeliveryStatus.DELIVERED, form.many("item"), form.optional("transactionId"), _tokens(form)
        )
        await record_delivery(call.context.checkout, tx, call.principal, order.id, handed)

    try:
        await call.write(operation)
    except InvalidInput as error:
        values: dict[str, object] = {name: form.one(name) for name in ("transactionId", "tokens")}
        return await _deliver_form(call, form.many("item"), Draft(values, problems_of(error, "tokens")))
    return _done(call, "items_delivered")


async def fail_form(call: Call) -> Response:
    """The form that says what cannot be delivered, and what goes back for it."""
    return await _fail_form(call, [call.query("item") or ""], draft(reason=""))


async def fail(call: Call) -> Response:
    """Mark items as not delivered, and refund what was paid for them."""
    form = call.form

    async def operation(tx: Transaction) -> None:
        order = await _order(tx, call)
        handed = RecordedDelivery(DeliveryStatus.FAILED, form.many("item"), reason=form.optional("reason"))
        await fail_delivery(call.context.checkout, tx, call.principal, order.id, handed)

    try:
        await call.write(operation)
    except InvalidInput as error:
        filled = Draft({"reason": form.one("reason")}, problems_of(error, "reason"))
        return await _fail_form(call, form.many("item"), filled)
    return _done(call, "items_failed")


async def _deliver_form(call: Call, named: list[str], filled: Draft) -> Response:
    asked = await _asked(call, named)
    return call.page(
        "orders/deliver_form.html",
        status_code=filled.status_code,
        section="sessions",
        the=await known_order(call),
        items=asked.items,
        draft=filled,
        transaction_id_max=TRANSACTION_ID_MAX,
        tokens_max=TOKENS_TEXT_MAX,
    )


async def _fail_form(call: Call, named: list[str], filled: Draft) -> Response:
    asked = await _asked(call, named)
    order = asked.order
    due = due_for_undelivered(order, order.payment, {one.id for one in asked.items})
    return call.page(
        "orders/fail_form.html",
        status_code=filled.status_code,
        section="sessions",
        the=await known_order(call),
        items=asked.items,
        due=f"{Money(due, order.currency)} {order.currency}",
        draft=filled,
        reason_max=REASON_MAX,
    )


async def _asked(call: Call, named: list[str]) -> Asked:
    wanted = {one for one in named if one}

    async def operation(tx: Transaction) -> Order:
        return await _order(tx, call)

    order = await call.read(operation)
    items = tuple(one for one in order.open_items if not wanted or one.id in wanted)
    if not items:
        raise Conflict("These items wait for no delivery any more, or their order is not paid.")
    return Asked(order, items)


async def _order(tx: Transaction, call: Call) -> Order:
    session = await get_session(tx, call.principal, call.param("session"))
    return await get_order_of_session(tx, session.id)


def _tokens(form: Form) -> tuple[Token, ...]:
    """The tokens that somebody typed, one a line: ``<chain>:<contract>:<token id>`` or ``<chain>:<mint hash>``."""
    text = checked_text(form.one("tokens"), field="tokens", length_max=TOKENS_TEXT_MAX, may_be_empty=True)
    return tuple(_token(line) for line in text.split("\n") if line.strip())


def _token(text: str) -> Token:
    locator = checked_text(text, field="tokens", length_max=TOKEN_TEXT_MAX)
    _, _, rest = locator.partition(":")
    contract, colon, token_id = rest.partition(":")
    if colon:
        return Token(locator=locator, contract_address=contract or None, token_id=token_id or None)
    return Token(locator=locator, mint_hash=contract or None)


def _done(call: Call, flash: str) -> Response:
    return call.go(SESSION.replace("{session}", call.param("session")), flash=flash)


VIEWS: Final = (
    View("GET", f"{SESSION}/deliver", deliver_form, SELL),
    View("POST", f"{SESSION}/deliver", deliver, SELL),
    View("GET", f"{SESSION}/fail-delivery", fail_form, MONEY),
    View("POST", f"{SESSION}/fail-delivery", fail, MONEY),
)
