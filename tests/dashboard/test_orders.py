"""Orders on their sessions' pages: lines, totals, and the merchant's buttons."""

import re

import pytest

from tests.dashboard.conftest import Owner, browser_of, hidden
from tests.running import OWNER_PASSWORD
from tillgate.access.accounts import Role
from tillgate.rails.simulated import REFUND_STAYS_PENDING

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
    assert "Mark as unfulfilled" in await owner.page(path)
    assert (await owner.send(f"{path}/fulfil", fulfillment="maybe")).status_code == 400


async def test_a_paid_order_is_refunded_by_its_button(owner_of_both: Owner) -> None:
    """In part, then the rest; the button is there while something is left, and more than that is refused in words."""
    owner = owner_of_both
    path = await owner.session()
    assert 'id="refund"' not in await owner.page(path)
    await owner.done(f"{path}/simulate", outcome="paid")
    assert await owner.done(f"{path}/refund", amount="9.00", reason="other", destination="") == path
    page = await owner.page(path)
    assert "40.00 USD can be refunded" in page
    refused = await owner.send(f"{path}/refund", amount="40.01", reason="other", destination="0xfeed")
    assert refused.status_code == 422
    for words in ("At most 40.00 USD", 'value="40.01"', 'value="other" selected', 'value="0xfeed"', 'href="#amount"'):
        assert words in refused.text
    await owner.done(f"{path}/refund", amount="", reason="requested_by_customer", destination="")
    page = await owner.page(path)
    assert 'id="refund"' not in page
    assert "Refunded" in page
    told = re.findall(r'<code class="mono">([a-z_]+\.[a-z_]+)</code>', page.partition('id="timeline"')[2])
    refunded = ["refund.created", "refund.succeeded"]
    assert [one for one in reversed(told) if not one.endswith(".updated")] == [
        "session.created",
        "payment.succeeded",
        "order.paid",
        "session.paid",
        *refunded,
        *refunded,
        "order.refunded",
    ]
    assert (await owner.send(f"{path}/refund", amount="1", reason="other", destination="")).status_code == 422


async def test_items_are_delivered_or_failed_one_by_one_or_together(owner_of_both: Owner) -> None:
    """Each with what the merchant says of it; a failed one says first what goes back. Crossmint's language and the API
    tell the same, and nothing is said twice."""
    owner = owner_of_both
    api = await owner.shop.client()
    lines = [
        {"name": name, "unitAmount": price} for name, price in (("Tea", "4.50"), ("Cup", "9.00"), ("Pot", "20.00"))
    ]
    tax = [{"name": "Tax", "unitAmount": "3.35", "kind": "tax"}]
    body = {"lineItems": [*lines, *tax], "currency": "USD"}
    made = (await api.post("/checkout_sessions?expand=order", json=body)).json()
    path, items = f"/sessions/{made['id']}", [one["id"] for one in made["order"]["lineItems"]]
    assert 'id="delivery"' not in await owner.page(path)
    for verb in ("deliver", "fail-delivery"):
        assert (await owner.http.get(f"/dashboard{path}/{verb}")).status_code == 409
    await owner.done(f"{path}/simulate", outcome="paid")
    page = await owner.page(path)
    assert "Not delivered yet: 3 of 3 items" in page and f"{path}/deliver?item={items[0]}" in page

    form = await owner.page(f"{path}/deliver?item={items[0]}")
    assert "1 × Tea" in form and "Cup" not in form and "Pot" not in form
    refused = await owner.send(f"{path}/deliver", item=items[0], transactionId="x" * 201, tokens="base:0x1:7")
    assert refused.status_code == 422 and "base:0x1:7" in refused.text and 'href="#transactionId"' in refused.text
    refused = await owner.send(f"{path}/deliver", item=items[0], tokens="x:" + "1" * 400)
    assert refused.status_code == 422 and 'href="#tokens"' in refused.text
    mark = hidden(form, "form_id")
    for _ in range(2):
        fields = {"item": items[0], "transactionId": "0xfeed", "tokens": "base:0x1:7\r\n\r\nsolana:hash"}
        assert await owner.done(f"{path}/deliver", **fields, form_id=mark) == path
    page = await owner.page(path)
    for words in ("Delivered", "0xfeed", "base:0x1:7", "Not delivered yet: 2 of 3"):
        assert words in page

    # The pot with its share of the tax: 20.00 of 33.50 are 2.00 of 3.35.
    form = await owner.page(f"{path}/fail-delivery?item={items[2]}")
    assert "22.00 USD" in form and "1 × Pot" in form
    assert (await owner.send(f"{path}/fail-delivery", item=items[2], reason="x" * 501)).status_code == 422
    mark = hidden(form, "form_id")
    for _ in range(2):
        await owner.done(f"{path}/fail-delivery", item=items[2], reason="Broken", form_id=mark)
    order = (await api.get(f"/orders/{made['orderId']}?expand=refunds")).json()
    told = [one["delivery"] and (one["delivery"]["status"], one["delivery"]["reason"]) for one in order["lineItems"]]
    assert told == [("delivered", None), None, ("failed", "Broken"), None]
    assert order["lineItems"][0]["delivery"]["tokens"] == [
        {"locator": "base:0x1:7", "contractAddress": "0x1", "tokenId": "7"},
        {"locator": "solana:hash", "mintHash": "hash"},
    ]
    assert [one["amount"] for one in order["refunds"]["data"]] == ["22.00"]
    assert (await owner.send(f"{path}/fail-delivery", item=items[0])).status_code == 409
    assert (await owner.send(f"{path}/deliver", item="li_unknown")).status_code in (409, 422)

    await owner.done(f"{path}/deliver", item=items[1])
    page = await owner.page(path)
    assert 'id="delivery"' not in page and "Fulfilled" in page and "Broken" in page
    assert (await owner.http.get(f"/dashboard{path}/deliver")).status_code == 409


async def test_an_authorized_payment_is_captured_by_its_button(owner: Owner) -> None:
    """A part now, the rest release; and another one canceled whole."""
    path = await owner.session(captureMethod="manual")
    await owner.done(f"{path}/simulate", outcome="authorized")
    assert "49.00 USD are authorized until" in await owner.page(path)
    await owner.done(f"{path}/capture", amount="9.00", keep="yes")
    assert "40.00 USD are authorized until" in await owner.page(path)
    await owner.done(f"{path}/cancel")
    page = await owner.page(path)
    assert 'id="capture"' not in page
    assert "9.00 USD can be refunded" in page
    for list_page in ("/sessions", "/orders"):
        assert ">Paid in part<" in await owner.page(list_page)
    assert (await owner.send(f"{path}/capture", amount="")).status_code == 422


@pytest.mark.parametrize(
    ("outcome", "button", "fields", "then"),
    [
        ("underpaid", "wait", {}, "Waiting for the rest"),
        ("underpaid", "give-back", {"what": "everything"}, "<dd>Refunded</dd>"),
        ("overpaid", "give-back", {"what": "excess"}, "Accepted the amount received"),
    ],
)
async def test_the_merchant_decides_by_a_button(
    owner: Owner, outcome: str, button: str, fields: dict[str, str], then: str
) -> None:
    """Each decision has one, which is there only while it can be taken."""
    path = await owner.session()
    assert f"{path}/{button}" not in await owner.page(path)
    await owner.done(f"{path}/simulate", outcome=outcome)
    page = await owner.page(path)
    assert f'="/dashboard{path}/{button}' in page
    assert await owner.done(f"{path}/{button}", **fields) == path
    page = await owner.page(path)
    assert then in page
    assert f"{path}/{button}" not in page
    if button == "give-back":
        assert (await owner.send(f"{path}/{button}", **fields)).status_code == 409
        assert (await owner.send(f"{path}/{button}", what="nothing")).status_code == 400


async def pending_refund(owner: Owner, amount: str = "9.00") -> tuple[str, str]:
    """The paths of a paid session and of a refund of it that waits to be sent."""
    path = await owner.session()
    await owner.done(f"{path}/simulate", outcome="paid")
    await owner.done(f"{path}/refund", amount=amount, reason="other", destination=REFUND_STAYS_PENDING)
    found = re.search(rf'href="/dashboard({path}/refunds/re_\w+)"', await owner.page(path))
    assert found is not None
    return path, found[1]


async def test_a_pending_refund_is_settled_or_canceled_on_a_page_of_its_own(owner_of_both: Owner) -> None:
    """Settled, it has gone back under the name that was typed; canceled, its amount can be refunded again; either is
    said once, and its events are told."""
    owner = owner_of_both
    api = await owner.shop.client()
    path, refund = await pending_refund(owner)
    page = await owner.page(refund)
    for words in ("9.00 USD", "Pending", "This cannot be undone.", "Cancel the refund"):
        assert words in page
    refused = await owner.send(f"{refund}/settle", txHash=" ")
    assert (refused.status_code, 'id="txHash-problem"' in refused.text) == (422, True)
    assert await owner.done(f"{refund}/settle", txHash=" 0xfeed ") == path
    page = await owner.page(path)
    assert "The refund was marked as sent" in page
    assert refund not in page
    assert "Mark as sent" not in await owner.page(refund)
    assert (await owner.send(f"{refund}/cancel")).status_code == 409
    settled = (await api.get(f"/refunds/{refund.rpartition('/')[2]}")).json()
    assert settled["status"] == "succeeded"
    assert (await api.get(f"/transactions/{settled['transactionId']}")).json()["txHash"] == "0xfeed"

    other, canceled = await pending_refund(owner, "49.00")
    assert 'id="refund"' not in await owner.page(other)
    for _ in range(2):
        assert await owner.done(f"{canceled}/cancel") == other
    assert "49.00 USD can be refunded" in await owner.page(other)
    assert (await owner.send(f"{canceled}/settle", txHash="0xfeed")).status_code == 409
    told = [one["type"] for one in (await api.get("/events?limit=100")).json()["data"]]
    assert (told.count("refund.succeeded"), told.count("refund.canceled")) == (1, 1)
    # By the address of another session it is nobody's.
    assert (await owner.send(f"{path}/refunds/{canceled.rpartition('/')[2]}/cancel")).status_code == 404


async def test_who_may_only_look_changes_nothing(owner: Owner) -> None:
    """A viewer reads everything and is offered no button for the refund; a form sent all the same is refused, whichever
    it is, but for those that change what they look at themselves."""
    path, refund = await pending_refund(owner)
    await owner.shop.app.accounts.create_user("viewer@example.com", OWNER_PASSWORD, Role.VIEWER, owner.shop.project_id)
    async with browser_of(owner.shop) as http:
        signed_in = {"email": "viewer@example.com", "password": OWNER_PASSWORD}
        assert (await http.post("/dashboard/sign-in", data=signed_in)).status_code == 303
        viewer = Owner(owner.shop, http)
        page = await viewer.page(refund)
        viewer.csrf = hidden(page, "csrf")
        assert "9.00 USD" in page
        assert "/settle" not in page
        for form in (f"{refund}/settle", f"{refund}/cancel", f"{path}/refund", f"{path}/fulfil", "/payment-links"):
            refused = await viewer.send(form, txHash="0xfeed", title="x", fiatAmount="1", fiatCurrency="USD")
            assert (refused.status_code, "Your role does not allow this." in refused.text) == (403, True)
        assert await viewer.done("/mode", mode="live", back="/dashboard") == ""
    assert "Cancel the refund" in await owner.page(refund)
    links = (await (await owner.shop.client()).get("/payment_links")).json()["data"]
    assert links == []


async def known_order(owner: Owner, outcome: str, **fields: object) -> tuple[str, str]:
    """The path of a session whose order has a reference and a customer, and the order's id."""
    api = await owner.shop.client()
    customer = (await api.post("/customers", json={"email": "ada@example.com"})).json()
    path = await owner.session(reference="A-77", customerId=customer["id"], **fields)
    if outcome:
        await owner.done(f"{path}/simulate", outcome=outcome)
    order_id = (await api.get(f"/checkout_sessions/{path.rpartition('/')[2]}")).json()["orderId"]
    return path, order_id


ASKED = {
    "refund": ("paid", {}, "refund", "49.00 USD", "Refund"),
    "everything": ("underpaid", {}, "give-back?what=everything", "24.50 USD", "Refund everything"),
    "excess": ("overpaid", {}, "give-back?what=excess", "24.50 USD", "Refund the excess"),
    "accept": ("underpaid", {}, "accept", "24.50 USD", "Accept as payment"),
    "call off": ("", {}, "call-off", "49.00 USD", "Cancel session"),
    "capture": ("authorized", {"captureMethod": "manual"}, "capture", "49.00 USD", "Capture"),
    "cancel": ("authorized", {"captureMethod": "manual"}, "cancel", "49.00 USD", "Cancel the payment"),
}


@pytest.mark.parametrize("name", ASKED)
async def test_before_money_moves_a_page_asks(owner: Owner, name: str) -> None:
    """It names amount, order and customer, leads back, and its form does it; no session's page does it by one click.
    What is possible is filled in, so that the form can be sent as it is."""
    outcome, fields, page_path, amount, button = ASKED[name]
    path, order_id = await known_order(owner, outcome, **fields)
    form = page_path.partition("?")[0]
    session_page = await owner.page(path)
    assert f'href="/dashboard{path}/{page_path}"' in session_page
    assert f'action="/dashboard{path}/{form}"' not in session_page
    page = await owner.page(f"{path}/{page_path}")
    for words in (amount, order_id, "A-77", "ada@example.com", f">{button}</button>", f'href="/dashboard{path}"'):
        assert words in page
    asked = page.partition(f'action="/dashboard{path}/{form}"')[2].partition("</form>")[0]
    sent = dict(re.findall(r'<input [^>]*?name="(\w+)"[^>]*?value="([^"]*)"', asked))
    sent |= {"reason": "requested_by_customer"} if name == "refund" else {}
    sent.pop("keep", None)
    assert {"csrf", "form_id"} <= set(sent)
    assert await owner.done(f"{path}/{form}", **sent) == path
    # It was done, so the page has nothing to ask any more.
    answer = await owner.http.get(f"/dashboard{path}/{page_path}")
    assert answer.status_code == 409


@pytest.mark.parametrize(("form", "outcome"), [("capture", "authorized"), ("refund", "paid")])
async def test_an_amount_that_is_refused_comes_back_at_its_field(owner: Owner, form: str, outcome: str) -> None:
    """With what was typed, the error beside it, and a mark of its own; corrected, it works."""
    fields = {"captureMethod": "manual"} if form == "capture" else {}
    path, _ = await known_order(owner, outcome, **fields)
    for typed in ("49.01", "nine", "1.234"):
        refused = await owner.send(f"{path}/{form}", amount=typed, reason="other", destination="")
        assert refused.status_code == 422
        assert f'value="{typed}"' in refused.text
        assert 'id="amount-problem"' in refused.text
    if form == "refund":
        refused = await owner.send(f"{path}/{form}", amount="9.00", reason="", destination="")
        assert refused.status_code == 422
        assert 'id="reason-problem"' in refused.text and "Choose requested by customer, duplicate, " in refused.text
        assert 'value="9.00"' in refused.text
    assert await owner.done(f"{path}/{form}", amount="9.00", reason="other", destination="") == path
