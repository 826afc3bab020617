"""Whether something has changed is decided by the domain; what it says is what the API would show."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.makers import NEW_YEAR, payment_of, session_of
from tillgate.base.money import Money
from tillgate.checkout.orders import model as orders
from tillgate.checkout.orders import object as order_object
from tillgate.checkout.payments import model as payments
from tillgate.checkout.payments import object as payment_object
from tillgate.checkout.payments.model import Authorization, Decision, Decline, Payment, RecordedPayment, Transfer
from tillgate.checkout.sessions import model as sessions
from tillgate.checkout.sessions import object as session_object
from tillgate.rails.port import Block

SEEN = Transfer(tx_hash="0x1", ordinal=0, amount_atomic=400, seen_at=NEW_YEAR - 9, confirmed_at=None)
FINAL = msgspec.structs.replace(SEEN, confirmed_at=NEW_YEAR - 5)
LATE = msgspec.structs.replace(FINAL, tx_hash="0x2", confirmed_at=NEW_YEAR + 5, amount_atomic=600)
BACK = msgspec.structs.replace(FINAL, tx_hash=None, kind=payments.TransactionKind.REFUND, value_minor=100)
HELD = Authorization(amount_minor=5_000, authorized_at=NEW_YEAR - 9, lapses_at=NEW_YEAR + 9)
BLOCK = Block(number=7, hash="0x7", mined_at=NEW_YEAR - 6)

# What can happen to a payment that has seen a transfer which is final, by what a reader would call it.
CHANGES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "more is seen": {"transfers": (FINAL, SEEN)},
    "more is final": {"transfers": (FINAL, LATE)},
    "deeper in its chain": {"transfers": (msgspec.structs.replace(FINAL, confirmations=12),)},
    "its block is known": {"transfers": (msgspec.structs.replace(FINAL, block=BLOCK),)},
    "its rail names it": {"transfers": (msgspec.structs.replace(FINAL, reference="0x1/3"),)},
    "its hash is known": {"transfers": (msgspec.structs.replace(FINAL, tx_hash="0x9"),)},
    "dropped": {"transfers": (), "dropped": (FINAL,)},
    "given back": {"returned": (BACK,)},
    "on its way back": {"returned": (msgspec.structs.replace(BACK, confirmed_at=None),)},
    "authorized": {"authorization": HELD},
    "released": {"authorization": msgspec.structs.replace(HELD, released_minor=5_000)},
    "declined": {"decline": Decline(code="no", declined_at=NEW_YEAR)},
    "accepted": {"decision": Decision.ACCEPTED},
    "waits again": {"reopened": True},
    "unexpected": {"unexpected": True},
    "another price": {"price": Money(9_000, "USD")},
}


def whole(payment: Payment, expires_at: int) -> orders.Order:
    item = orders.LineItem(id="li_x", kind=orders.LineItemKind.PRODUCT, name="Tea", quantity=1, unit_minor=5_000)
    return orders.Order(
        id="ord_x", project_id="prj_x", livemode=False, session_id="cs_x", customer_id=None,
        status=orders.OrderStatus.OPEN, fulfillment=orders.Fulfillment.UNFULFILLED, reference=None,
        unique_reference=False, currency="USD", line_items=(item,), discounts=(), shipping_minor=0, total_minor=5_000,
        metadata=None, created_at=NEW_YEAR, updated_at=NEW_YEAR, expires_at=expires_at, payment=payment,
    )  # fmt: skip


def recorded(payment: Payment, expires_at: int) -> RecordedPayment:
    state = payments.PaymentState.AWAITING
    return RecordedPayment(payment, "prj_x", False, "ord_x", state, expires_at, None, NEW_YEAR, NEW_YEAR)


SESSION = session_of(payment_of(FINAL), expires_at=NEW_YEAR)


def opened(payment: Payment, expires_at: int) -> sessions.CheckoutSession:
    return msgspec.structs.replace(SESSION, payment=payment, expires_at=expires_at)


NOUNS: dict[str, tuple[Callable[[Payment, int], Any], Callable[[Any, Any], bool], Callable[[Any], Any]]] = {
    "order": (whole, orders.changed, lambda one: order_object.to_api(one, "https://shop.example")),
    "payment": (recorded, payments.changed, payment_object.to_api),
    "session": (opened, sessions.changed, lambda one: session_object.to_api(one, "https://shop.example")),
}


@pytest.mark.parametrize("noun", NOUNS)
def test_what_the_domain_calls_a_change_is_what_the_api_would_show(noun: str) -> None:
    """An event for every change that can be seen, and none for what cannot: each change alone, with and without another
    deadline."""
    made, changed, to_api = NOUNS[noun]
    told = set()
    for name, more in CHANGES.items():
        for deadline in (NEW_YEAR, NEW_YEAR - 7):
            payment = payment_of(FINAL)
            before = made(payment, NEW_YEAR)
            after = made(msgspec.structs.replace(payment, **more), deadline)
            assert changed(before, after) is (to_api(before) != to_api(after)), (noun, name, deadline)
            told |= {name} if deadline == NEW_YEAR and changed(before, after) else set()
    assert told
    assert not told & {"nothing", "deeper in its chain", "its rail names it", "waits again"}


def test_an_orders_own_fields_are_changes() -> None:
    """Whatever its payment does."""
    before = whole(payment_of(FINAL), NEW_YEAR)
    for more in ({"metadata": '{"a":1}'}, {"fulfillment": orders.Fulfillment.FULFILLED}, {"shipping_minor": 1}):
        assert orders.changed(before, msgspec.structs.replace(before, **more))
