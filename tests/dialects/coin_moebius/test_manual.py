"""Pay by mail: from what is shown first to a letter that came, and each way in which it ends."""

import html
import re
from typing import Any

import msgspec
import pytest

from tests.dashboard.conftest import Owner, browser_of, hidden, owner_of, sign_in
from tests.dialects.coin_moebius.conftest import Coin
from tests.makers import one
from tests.shop import eventually
from tillgate.base.clock import DAY_MS
from tillgate.checkout.projects.model import ProjectSettings
from tillgate.checkout.projects.operations import change_project
from tillgate.checkout.sessions.model import EDGES, SessionStatus
from tillgate.checkout.sessions.operations import get_public_session
from tillgate.dialects.coin_moebius.statuses import OF_MAIL, RANKS, Status, is_regression
from tillgate.dialects.coin_moebius.webhooks import event_of
from tillgate.rails.manual import new_reference, written

pytestmark = pytest.mark.anyio

ADDRESS, INSTRUCTIONS = "Corner Shop\nMain Street 1\n12345 Town", "Cheques only, please."
CODE = re.compile(r"[A-HJKMNP-Z2-9]{3}-[A-HJKMNP-Z2-9]{3}-[A-HJKMNP-Z2-9]{4}")


async def takes_mail(coin: Coin) -> None:
    settings = ProjectSettings(post_address=ADDRESS, post_instructions=INSTRUCTIONS)
    await coin.shop.database.write(lambda tx: change_project(tx, coin.shop.project_id, "Test shop", settings))


async def confirmed(coin: Coin, price: str = "29.99", **more: Any) -> Any:
    product = await coin.product(price, **more)
    answer = await coin.check_out(product.id, "manual", confirm=True, metadata={"customerRef": "user_77"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def path_of(made: Any) -> str:
    return f"/sessions/cs_{made['txId'][3:]}"


async def native(coin: Coin, made: Any) -> tuple[str, str]:
    """The states of the session and of its order."""
    mode = "test" if (await coin.status(made["txId"]))["isTest"] else "live"
    client = await coin.shop.client(mode=mode)
    session = (await client.get(f"/checkout_sessions/cs_{made['txId'][3:]}?expand=order")).json()
    return session["status"], session["order"]["status"]


async def status(coin: Coin, made: Any) -> tuple[str, Any]:
    found = await coin.status(made["txId"])
    return found["status"], found["amount"]


async def receive(owner: Owner, made: Any, amount: str, currency: str = "USD") -> str:
    return await owner.done(f"{path_of(made)}/receive", amount=amount, currency=currency)


def test_a_code_is_read_however_it_is_typed() -> None:
    """With or without what stands between its groups, in either case; what is none leads nowhere."""
    code = new_reference()
    assert CODE.fullmatch(code)
    for typed in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' – ')} "):
        assert written(typed) == code
    for wrong in ("", code[:-1], f"{code}A", code.replace(code[0], "0"), "x" * 100_000, "ＸXX-XXX-XXXX"):
        assert written(wrong) is None


def test_no_move_of_a_letter_leads_to_a_lower_rank() -> None:
    """As for every other provider; undone is the end."""
    assert set(OF_MAIL) == set(SessionStatus)
    for before, edges in EDGES.items():
        for after in edges:
            assert not is_regression(OF_MAIL[before], OF_MAIL[after]), (before, after)
    assert all(is_regression(Status.MANUAL_REVOKED, one) for one in RANKS if RANKS[one] < 3)


@pytest.mark.parametrize("livemode", [False, True])
async def test_a_letter_is_confirmed_received_and_undone(coin: Coin, livemode: bool) -> None:
    """What is shown first records nothing; the code finds the transaction; the merchant's word pays the order, and
    undoes that for good."""
    product = await coin.product(livemode=livemode)
    refused = await coin.check_out(product.id, "manual", confirm=True)
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "provider_not_available")
    await takes_mail(coin)
    info = (await coin.http.get(f"/api/projects/{coin.project}/public-info")).json()
    assert [each["id"] for each in info["providers"]] == ["crypto", "manual"]
    assert info["providers"][1] == {"id": "manual", "name": "Pay by mail", "mailingAddress": ADDRESS}

    shown = {"mailingAddress": ADDRESS, "expectedAmount": 29.99, "expectedCurrency": "USD",
             "instructions": INSTRUCTIONS}  # fmt: skip
    assert (await coin.check_out(product.id, "manual")).json() == shown
    assert await one(coin.shop.database, "SELECT COUNT(*) FROM checkout_sessions") == 0
    made = (await coin.check_out(product.id, "manual", confirm=True)).json()
    assert made == shown | {"txId": made["txId"], "referenceCode": made["referenceCode"]}
    assert CODE.fullmatch(made["referenceCode"])
    assert await status(coin, made) == ("pending_manual", 29.99)
    assert await native(coin, made) == ("pending", "open")

    async with owner_of(coin.shop) as owner:
        await owner.done("/mode", mode="live" if livemode else "test", back="/dashboard")
        path = path_of(made)
        page = await owner.page(f"/transactions?q={made['referenceCode'].lower().replace('-', '')}")
        assert f"/dashboard{path}" in page and "Waiting for mail" in await owner.page("/transactions")
        assert "Nothing found" in await owner.page("/transactions?q=ZZZ-ZZZ-ZZZZ")
        form = await owner.page(f"{path}/receive")
        assert made["referenceCode"] in form and 'value="29.99"' in form
        refused = await owner.send(f"{path}/receive", amount="nine", currency="USD")
        assert (refused.status_code, 'value="nine"' in refused.text) == (422, True)
        mark = hidden(form, "form_id")
        for _ in range(2):
            await owner.done(f"{path}/receive", amount="29.99", currency="USD", form_id=mark)
        assert await status(coin, made) == ("succeeded", 29.99)
        assert await native(coin, made) == ("paid", "paid")
        assert (await owner.send(f"{path}/receive", amount="29.99", currency="USD")).status_code == 409
        assert "29.99 USD" in await owner.page(f"{path}/undo-received")
        await owner.done(f"{path}/undo-received")
        assert await status(coin, made) == ("manual_revoked", 29.99)
        assert await native(coin, made) == ("paid", "canceled")
        for form in ("receive", "undo-received", "accept"):
            assert (await owner.send(f"{path}/{form}", amount="29.99", currency="USD")).status_code == 409, form
        detail = await owner.page(path)
        assert "The confirmation was undone" in detail and "reorganisation" not in detail
    client = await coin.shop.client(mode="live" if livemode else "test")
    told = [event["type"] for event in (await client.get("/events?limit=100")).json()["data"]]
    assert {"session.created", "payment.succeeded", "order.paid", "session.paid", "payment.canceled", "order.canceled",
            "session.updated"} <= set(told)  # fmt: skip


async def test_a_letter_is_received_and_undone_by_the_native_api(coin: Coin) -> None:
    """As in the dashboard, and with the same events; a retry with one name is one effect."""
    await takes_mail(coin)
    client = await coin.shop.client()
    exact, less = await confirmed(coin), await confirmed(coin)
    path, short = (f"/checkout_{path_of(made)[1:]}" for made in (exact, less))
    early = await client.post(f"{path}/undo_received")
    assert (early.status_code, early.json()["error"]["type"]) == (409, "conflict")
    for wrong, param in (({"amount": "nine"}, "amount"), ({"amount": "0"}, "amount"), ({"sum": "1"}, "sum")):
        refused = await client.post(f"{path}/receive", json=wrong)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, param), wrong
    once = {"Idempotency-Key": "letter-1"}
    answers = [await client.post(f"{path}/receive", json={}, headers=once) for _ in range(3)]
    assert {(one.status_code, one.content) for one in answers} == {(200, answers[0].content)}
    assert (answers[0].json()["status"], answers[0].json()["fiatReceived"]["amount"]) == ("paid", "29.99")
    assert await status(coin, exact) == ("succeeded", 29.99)
    again = await client.post(f"{path}/receive", json={})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "session_not_pending")
    underpaid = (await client.post(f"{short}/receive?expand=order", json={"amount": "20"})).json()
    assert (underpaid["status"], underpaid["order"]["status"]) == ("underpaid", "review")
    assert await status(coin, less) == ("partial", 20)
    once = {"Idempotency-Key": "letter-2"}
    undone = [await client.post(f"{path}/undo_received?expand=order", headers=once) for _ in range(3)]
    assert {(one.status_code, one.content) for one in undone} == {(200, undone[0].content)}
    assert undone[0].json()["order"]["status"] == "canceled"
    assert await status(coin, exact) == ("manual_revoked", 29.99)
    assert (await client.post(f"{path}/undo_received")).status_code == 409
    told = [one["type"] for one in (await client.get("/events?limit=100")).json()["data"]]
    for type in ("session.paid", "order.paid", "payment.succeeded", "session.underpaid", "order.canceled"):
        assert told.count(type) == 1, type
    simulated = (await client.post("/checkout_sessions", json={"amount": {"value": "5", "currency": "USD"}})).json()
    for form in ("receive", "undo_received"):
        refused = await client.post(
            f"/checkout_sessions/{simulated['id']}/{form}", json={} if form == "receive" else None
        )
        assert refused.status_code == 409 and "by mail" in refused.json()["error"]["message"], form
    live = await coin.shop.client(mode="live")
    assert (await live.post(f"{path}/receive", json={})).status_code == 404


async def test_a_letter_that_does_not_come_is_canceled_or_expires(coin: Coin) -> None:
    """By the merchant, or automatically after 30 days; after that nothing can be marked as received."""
    await takes_mail(coin)
    called_off, late = await confirmed(coin), await confirmed(coin)
    async with owner_of(coin.shop) as owner:
        await owner.done(f"{path_of(called_off)}/call-off")
        assert await status(coin, called_off) == ("manual_canceled", 29.99)
        assert await native(coin, called_off) == ("failed", "canceled")
        coin.shop.clock.ahead_ms += 29 * DAY_MS
        assert await status(coin, late) == ("pending_manual", 29.99)
        coin.shop.clock.ahead_ms += DAY_MS

        async def expired() -> bool:
            return await status(coin, late) == ("manual_expired", 29.99)

        assert await eventually(expired)
        assert await native(coin, late) == ("expired", "expired")
    async with browser_of(coin.shop) as http:  # the sign-in before has ended meanwhile
        assert (await sign_in(http)).status_code == 303
        owner = Owner(coin.shop, http)
        owner.csrf = hidden(await owner.page(""), "csrf")
        for made in (called_off, late):
            assert (await owner.send(f"{path_of(made)}/receive", amount="29.99", currency="USD")).status_code == 409


@pytest.mark.parametrize(
    ("currency", "price", "came"), [("JPY", "1500", "1000"), ("KWD", "0.125", "0.124"), ("USD", "29.99", "30.00")]
)
async def test_another_amount_is_flagged(coin_on_sqlite: Coin, currency: str, price: str, came: str) -> None:
    """Exactly, whatever decimals the currency has: too little waits for the merchant, too much is there."""
    coin = coin_on_sqlite
    await takes_mail(coin)
    made = await confirmed(coin, price, currency=currency)
    assert str(made["expectedAmount"]) == price
    async with owner_of(coin.shop) as owner:
        await receive(owner, made, came, currency)
        less = float(came) < float(price)
        assert await status(coin, made) == ("partial" if less else "succeeded", float(came))
        session = await coin.shop.database.read(lambda tx: get_public_session(tx, f"cs_{made['txId'][3:]}"))
        told = msgspec.json.decode(msgspec.json.encode(event_of(session)))
        assert (told["provider"], told["metadata"]["amountMatch"]) == ("manual", False)
        assert ("invoicedAmount" in told["metadata"]) is less
        assert "Other amount" in await owner.page(path_of(made))
        await owner.done(f"{path_of(made)}/accept")
    assert await status(coin, made) == ("succeeded", float(came))
    assert (await native(coin, made))[1] == "paid"


async def test_a_buyer_reads_where_to_send_it_and_nothing_of_networks(coin_on_sqlite: Coin) -> None:
    """On the checkout's page as in the button; nothing can be simulated there, or by the API."""
    coin = coin_on_sqlite
    await takes_mail(coin)
    made = await confirmed(coin)
    answer = await coin.http.get(f"https://shop.example/checkout/cs_{made['txId'][3:]}")
    text = html.unescape(answer.text)
    for words in (made["referenceCode"], "Main Street 1", INSTRUCTIONS, "29.99"):
        assert words in text
    for words in ("ethereum:", "<img", "wallet", "Network", "Pay in full"):
        assert words not in text.partition('<section class="stub"')[2].partition("</main>")[0], words
    client = await coin.shop.client()
    simulated = await client.post(f"{'/checkout_sessions'}/cs_{made['txId'][3:]}/simulate", json={"outcome": "paid"})
    assert (simulated.status_code, simulated.json()["error"]["code"]) == (409, "session_not_payable")


async def test_a_test_transaction_is_made_of_either_provider(coin_on_sqlite: Coin) -> None:
    """From the list, without a product; in live mode there is none."""
    async with owner_of(coin_on_sqlite.shop) as owner:
        for provider, words in (("mail", "Mark received"), ("crypto", "Simulate a payment")):
            path = await owner.done("/transactions", amount="10.00", currency="USD", provider=provider)
            assert words in await owner.page(path)
        refused = await owner.send("/transactions", amount="ten", currency="USD", provider="mail")
        assert (refused.status_code, 'value="ten"' in refused.text) == (422, True)
        await owner.done("/mode", mode="live", back="/dashboard")
        assert "test transaction" not in await owner.page("/transactions")
        refused = await owner.send("/transactions", amount="10.00", currency="USD", provider="mail")
        assert refused.status_code == 400
