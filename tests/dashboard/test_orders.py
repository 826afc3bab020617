"""Orders on their sessions' pages: lines, totals, and the merchant's buttons."""

import pytest

from tests.dashboard.conftest import Owner

pytestmark = pytest.mark.anyio


async def test_an_order_is_shown_with_its_lines_and_can_be_fulfilled(owner_of_both: Owner) -> None:
    """What was ordered, what it comes to, and the reference; nothing in it is markup."""
    owner = owner_of_both
    lines = [{"name": "<i>Tea</i>", "unitAmount": "4.50", "quantity": 2}]
    api = await owner.shop.client()
    body = {"lineItems": lines, "currency": "EUR", "shippingAmount": "3.00", "reference": "A-1001"}
    path = f"/sessions/{(await api.post('/checkout_sessions', json=body)).json()['id']}"
    raw = (await owner.http.get(f"/dashboard{path}")).text
    assert "&lt;i&gt;Tea&lt;/i&gt;" in raw
    assert "<i>Tea" not in raw
    page = await owner.page(path)
    for words in ("A-1001", "9.00", "3.00", "12.00", "Unfulfilled"):
        assert words in page
    assert await owner.done(f"{path}/fulfil", fulfillment="fulfilled") == path
    assert "Not fulfilled after all" in await owner.page(path)
    assert (await owner.send(f"{path}/fulfil", fulfillment="maybe")).status_code == 400


async def test_a_paid_order_is_refunded_by_its_button(owner_of_both: Owner) -> None:
    """In part, then the rest; the button is there while something is left, and more than that is refused in words."""
    owner = owner_of_both
    path = await owner.session()
    assert 'id="refund"' not in await owner.page(path)
    await owner.done(f"{path}/simulate", outcome="paid")
    assert await owner.done(f"{path}/refund", amount="9.00", reason="other", destination="") == path
    page = await owner.page(path)
    assert "up to 40.00 USD" in page
    refused = await owner.send(f"{path}/refund", amount="40.01", reason="other", destination="")
    assert refused.status_code == 409
    assert "At most 40.00 USD" in refused.text
    await owner.done(f"{path}/refund", amount="", reason="requested_by_customer", destination="")
    page = await owner.page(path)
    assert 'id="refund"' not in page
    assert "Refunded" in page
    assert (await owner.send(f"{path}/refund", amount="1", reason="because", destination="")).status_code == 400


async def test_an_authorised_payment_is_captured_by_its_button(owner: Owner) -> None:
    """A part now, the rest let go of; and another one canceled whole."""
    path = await owner.session(captureMethod="manual")
    await owner.done(f"{path}/simulate", outcome="authorized")
    assert "49.00 USD are authorised until" in await owner.page(path)
    await owner.done(f"{path}/capture", amount="9.00", keep="yes")
    assert "40.00 USD are authorised until" in await owner.page(path)
    await owner.done(f"{path}/cancel")
    page = await owner.page(path)
    assert 'id="capture"' not in page
    assert "up to 9.00 USD" in page
    assert (await owner.send(f"{path}/capture", amount="")).status_code == 409


@pytest.mark.parametrize(
    ("outcome", "button", "fields", "then"),
    [
        ("underpaid", "wait", {}, "Waiting for the rest"),
        ("underpaid", "give-back", {"what": "everything"}, "Gave it back"),
        ("overpaid", "give-back", {"what": "excess"}, "Accepted what came"),
    ],
)
async def test_the_merchant_decides_by_a_button(
    owner: Owner, outcome: str, button: str, fields: dict[str, str], then: str
) -> None:
    """Each decision has one, which is there only while it can be taken."""
    path = await owner.session()
    assert f"{path}/{button}" not in await owner.page(path)
    await owner.done(f"{path}/simulate", outcome=outcome)
    assert f'action="/dashboard{path}/{button}"' in await owner.page(path)
    assert await owner.done(f"{path}/{button}", **fields) == path
    page = await owner.page(path)
    assert then in page
    assert f"{path}/{button}" not in page
    if button == "give-back":
        assert (await owner.send(f"{path}/{button}", **fields)).status_code == 409
        assert (await owner.send(f"{path}/{button}", what="nothing")).status_code == 400
