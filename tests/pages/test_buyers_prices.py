"""A product whose price is the buyer's: they say it on the page, between the merchant's bounds."""

import re

import pytest

from tests.pages.conftest import Till
from tillgate.base.principal import Principal
from tillgate.checkout.orders.operations import NewLineItem, get_order_of_session
from tillgate.checkout.products.operations import NewProduct, create_product
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.opening import NewSession, open_session
from tillgate.checkout.sessions.operations import get_session
from tillgate.checkout.settlement.simulating import Outcome

pytestmark = pytest.mark.anyio


async def donation(till: Till, unit_amount: str | None = None, **more: object) -> CheckoutSession:
    """A session for three of what a buyer pays 5 to 100 for, 10 being suggested, and a fixed line beside it."""
    product = await till.write(
        create_product,
        till.test,
        NewProduct(name="Donation", pricing="buyer", currency="USD", price="10", price_min="5", price_max="100"),
    )
    lines = (NewLineItem(product_id=product.id, unit_amount=unit_amount, quantity=3), NewLineItem("Card", "2.00"))
    return await till.write(open_session, till.test, NewSession(line_items=lines, currency="USD", **more))  # type: ignore[arg-type]


async def said(till: Till, session: CheckoutSession, amount: str) -> int:
    """The status of the answer to a buyer who says this on the page."""
    page = (await till.browser.get(f"/checkout/{session.id}")).text
    line = re.search(r'name="line" value="(\w+)"', page)
    form = {"line": line[1] if line else "li_none", "amount": amount}
    return (await till.browser.post(f"/checkout/{session.id}/amount", data=form)).status_code


async def price_of(till: Till, session: CheckoutSession) -> tuple[str, str, int]:
    """What session and order come to, and what is to be sent."""

    async def operation(context: object, tx: object, principal: Principal) -> tuple[str, str, int]:
        now = await get_session(tx, principal, session.id)  # type: ignore[arg-type]
        order = await get_order_of_session(tx, session.id)  # type: ignore[arg-type]
        return str(now.price), str(order.price), now.payment.terms.amount_atomic

    return await till.write(operation, till.test)


async def test_a_buyer_says_what_they_pay_between_the_bounds(till: Till) -> None:
    """The suggested price stands first; what is said changes session, order and what is to be sent together, and each
    change is told. Out of bounds, or nothing at all, is refused in words and changes nothing."""
    session = await donation(till)
    page = (await till.browser.get(f"/checkout/{session.id}")).text
    assert "Donation: you decide what you pay each (from $5.00 USD up to $100.00 USD)" in page
    assert 'value="10.00"' in page
    assert await price_of(till, session) == ("32.00", "32.00", 32 * 4 * 10**14)
    assert await said(till, session, "20.5") == 303
    assert await price_of(till, session) == ("63.50", "63.50", 635 * 4 * 10**13)
    for wrong in ("4.99", "100.01", "", "many", "-5", "5.001", "<b>"):
        assert await said(till, session, wrong) == 422, wrong
    refused = await till.browser.post(f"/checkout/{session.id}/amount", data={"line": "li_x", "amount": "7"})
    assert refused.status_code == 422
    assert await price_of(till, session) == ("63.50", "63.50", 635 * 4 * 10**13)
    assert await said(till, session, "5") == 303
    paid = await till.simulate(session, Outcome.PAID)
    assert (str(paid.payment.received_value), paid.exceptions) == ("17.00", [])
    assert await said(till, session, "50") == 409


async def test_what_the_merchant_said_is_not_the_buyers_to_change(sqlite_till: Till) -> None:
    """Neither a price that was given when the session was opened, nor that of another line, nor of a paid session."""
    session = await donation(sqlite_till, "15")
    page = (await sqlite_till.browser.get(f"/checkout/{session.id}")).text
    assert "you decide" not in page
    order = await sqlite_till.write(lambda context, tx: get_order_of_session(tx, session.id))
    for line in order.line_items:
        form = {"line": line.id, "amount": "6"}
        assert (await sqlite_till.browser.post(f"/checkout/{session.id}/amount", data=form)).status_code == 422
    assert await price_of(sqlite_till, session) == ("47.00", "47.00", 47 * 4 * 10**14)
