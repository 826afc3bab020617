"""Orders in Crossmint's language that are quoted again while rates move: a new quote replaces what is offered and keeps
session and address, and money that was sent on the old one counts at its rate. What comes the test says, as a watcher
does."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.dialects.crossmint.conftest import PAYER, ROOT
from tests.makers import execute, rows
from tests.rails.evm.offered import TOKENS, LiveBeside, offering, seen_now
from tests.requirements.calling import HERE, key_of
from tests.shop import PUBLIC_URL, ShopBeside, still_shop_beside
from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS
from tillgate.checkout.settlement.watching import LivePayments
from tillgate.dialects.crossmint.ids import own_id
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.rail import EARLIER_QUOTES_MAX
from tillgate.rails.evm.rates import operations
from tillgate.rails.evm.rates.operations import NewRate
from tillgate.rails.port import Sighted

__all__ = ["still_shop_beside"]

SIX, WEI = TOKENS
# What the document calls networks, which are those of that name here.
NAMES = {SIX.network: "base", WEI.network: "polygon"}
EARLIER = 5 * MINUTE_MS


class Quoting:
    """A live shop with a product in euros, whose tokens are worth dollars."""

    def __init__(self, live: LiveBeside) -> None:
        self.live = live
        self.key = live.run(lambda: key_of(live.shop, format="crossmint", mode="live")).secret.reveal()
        made = live.request("POST", "/products", json={"name": "Mug", "price": "50.00", "currency": "EUR"})
        self.product = made.json()["id"]

    def rate(self, value: str) -> None:
        """What one euro is in dollars from now on."""
        rate = operations.checked(NewRate("EUR", "USD", value, 30 * DAY_MS), self.live.shop.clock.now())
        self.live.run(self.live.shop.database.write, lambda tx: operations.set_rate(tx, rate))

    def later(self, ms: int) -> None:
        self.live.shop.clock.ahead_ms += ms

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self.live.shop.app, client=(HERE, 50_000))
            async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
                return await client.request(method, f"{ROOT}{path}", json=body, headers={"x-api-key": self.key})

        answer: httpx.Response = self.live.run(sent)
        return answer

    def made(self) -> tuple[str, dict[str, Any]]:
        """A new order's id, and its native session."""
        body = {
            "recipient": {"email": "buyer@example.com"},
            "payment": {"method": "base", "payerAddress": PAYER},
            "lineItems": {"collectionLocator": f"crossmint:{self.product}"},
        }
        answer = self.call("POST", "/orders", body)
        assert answer.status_code == 201, answer.text
        order_id = answer.json()["order"]["orderId"]
        return order_id, self.session(order_id)

    def session(self, order_id: str) -> dict[str, Any]:
        order = self.live.request("GET", f"/orders/{own_id('ord', order_id)}").json()
        found: dict[str, Any] = self.live.request("GET", f"/checkout_sessions/{order['sessionId']}").json()
        return found

    def quoted(self, order_id: str, status: int = 200) -> dict[str, Any]:
        answer = self.call("PATCH", f"/orders/{order_id}", {"recipient": {"email": "buyer@example.com"}})
        assert answer.status_code == status, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def transactions(self, session: dict[str, Any]) -> list[dict[str, Any]]:
        order = self.live.request("GET", f"/orders/{session['orderId']}").json()
        found = self.live.request("GET", "/transactions", params={"paymentId": order["paymentId"]})
        listed: list[dict[str, Any]] = found.json()["data"]
        return listed


@pytest.fixture
def quoting(still_shop_beside: ShopBeside) -> Iterator[Quoting]:
    with offering(still_shop_beside) as live:
        for name, called in NAMES.items():
            live.run(execute, live.shop.database, "UPDATE networks SET name = $1 WHERE name = $2", called, name)
        yield Quoting(live)


def amounts(session: dict[str, Any]) -> list[int]:
    return [int(one["amountAtomic"]) for one in session["paymentOptions"]]


def test_money_for_an_old_quote_counts_at_its_rate(quoting: Quoting) -> None:
    """An hour on, the order is back in its quote; the new quote asks for more dollars at the same address of the same
    session, by the rate of now. Money in a block of the new quote's time counts at the new rate; after a fork that puts
    it into one of the old quote's time, at the old one, and pays the order in full."""
    quoting.rate("1.10")
    order_id, session = quoting.made()
    assert amounts(session) == [55_000_000, 55 * 10**18]
    sent_at = quoting.live.shop.clock.now() + EARLIER
    quoting.rate("1.20")
    quoting.later(HOUR_MS)
    expired = quoting.call("GET", f"/orders/{order_id}").json()
    assert (expired["phase"], expired["quote"]["status"]) == ("quote", "expired")

    again = quoting.quoted(order_id)
    assert (again["phase"], again["quote"]["status"]) == ("payment", "valid")
    requoted = quoting.session(order_id)
    assert (requoted["id"], requoted["address"]) == (session["id"], session["address"])
    assert amounts(requoted) == [60_000_000, 60 * 10**18]
    assert {one["exchangeRate"]["value"] for one in requoted["paymentOptions"]} == {"1.2"}
    assert int(requoted["amount"]["wei"]) == 60_000_000

    seen = quoting.live.tell(session["address"], SIX, 55_000_000, confirmed=False)
    assert quoting.session(order_id)["status"] == "detected"
    block = seen.one.block
    assert block is not None
    # As a fork leaves it: the same money, in a block of the time of the first quote.
    quoting.live.tell_again(session["address"], seen, confirmed=True, block=block._replace(mined_at=sent_at))
    paid = quoting.session(order_id)
    assert (paid["status"], paid["fiatReceived"]["amount"], paid["exceptions"]) == ("paid", "50.00", [])


def test_what_is_sent_on_a_quote_is_valued_by_it(quoting: Quoting) -> None:
    """Seen after the new quote, in a block from before it: paid. The amount of the old quote in a block after it is
    less than is asked for; of the other token likewise, and both together are added up exactly."""
    quoting.rate("1.10")
    order_id, session = quoting.made()
    other_id, other = quoting.made()
    before = quoting.live.shop.clock.now() + EARLIER
    quoting.later(HOUR_MS)
    quoting.rate("1.20")
    quoting.quoted(order_id)
    quoting.quoted(other_id)

    tell_in_block(quoting.live, session["address"], 901, 55_000_000, before)
    paid = quoting.session(order_id)
    assert (paid["status"], paid["fiatReceived"], paid["exceptions"]) == (
        "paid",
        {"amount": "50.00", "currency": "EUR"},
        [],
    )
    assert amounts(paid)[0] == 55_000_000 and paid["received"]["wei"] == "55000000"
    [moved] = quoting.transactions(paid)
    assert (moved["value"], moved["currency"]) == ("50.00", "EUR")
    assert quoting.call("GET", f"/orders/{order_id}").json()["payment"]["status"] == "completed"

    quoting.live.tell(other["address"], SIX, 55_000_000, confirmed=True)
    short = quoting.session(other_id)
    assert (short["status"], short["fiatReceived"]["amount"]) == ("underpaid", "45.83")
    tell_in_block(quoting.live, other["address"], 902, 5 * 10**18, before, token=WEI)
    enough = quoting.session(other_id)
    # 5 of 55 units of the first quote are a eleventh of 50 euros, and 55 of 60 of the second eleven twelfths.
    assert enough["fiatReceived"]["amount"] == "50.37" and enough["status"] == "underpaid"
    assert sorted(one["value"] for one in quoting.transactions(enough)) == ["4.54", "45.83"]


def tell_in_block(
    live: LiveBeside, address: str, number: int, amount: int, mined_at: int, token: Any = SIX
) -> str | None:
    """A confirmed transfer in a block of this time; the payment that it is of."""
    one = seen_now(token, number, amount, mined_at, confirmed=True)
    told = Sighted(token.address.lower(), "0x" + "d1" * 20, address, one)
    payments = LivePayments(live.shop.app._checkout)
    [owner] = live.run(live.shop.database.write, lambda tx: payments.observe(tx, address.lower(), [told]))
    found: str | None = owner
    return found


def test_a_token_that_is_offered_no_longer_counts_while_it_was(quoting: Quoting) -> None:
    """The project stops taking one of two tokens: the new quote offers the other alone. What came in the first before
    that counts, and is asked for again; what comes in it afterwards is for the merchant to assign."""
    quoting.rate("1.10")
    order_id, session = quoting.made()
    other_id, other = quoting.made()
    before = quoting.live.shop.clock.now() + EARLIER
    quoting.later(2 * EARLIER)
    live = quoting.live
    live.run(
        live.shop.database.write,
        lambda tx: networks.accept(
            tx, live.shop.project_id, "base", SIX.address, accepted=False, now=live.shop.clock.now()
        ),
    )
    refused = quoting.quoted(order_id, 400)
    assert refused["message"].startswith("payment.method") and "polygon (twei)" in refused["message"]
    for one in (order_id, other_id):
        changed = {"payment": {"method": "polygon", "payerAddress": PAYER}}
        assert quoting.call("PATCH", f"/orders/{one}", changed).status_code == 200
    assert [one["symbol"] for one in quoting.session(order_id)["paymentOptions"]] == ["TWEI"]

    assert tell_in_block(live, session["address"], 911, 55_000_000, before) is not None
    paid = quoting.session(order_id)
    assert (paid["status"], paid["received"]["wei"]) == ("paid", "55000000")
    assert [(one["symbol"], one["value"]) for one in quoting.transactions(paid)] == [("TSIX", "50.00")]
    now = live.shop.clock.now()
    assert tell_in_block(live, other["address"], 912, 55_000_000, now) is None
    assert quoting.session(other_id)["status"] == "pending"
    [stray] = live.request("GET", "/unassigned_transfers").json()["data"]
    assert stray["reason"] == "network_not_offered", stray


def test_earlier_quotes_are_bounded_and_forgotten_once_nothing_can_come_for_them(quoting: Quoting) -> None:
    """A quote at the rate that stands replaces nothing. Whoever asks for ever is told to wait, in the order's own
    language, and nothing changes; once the network was read past an old quote, it is forgotten, and counts no more."""
    quoting.rate("1.10")
    order_id, session = quoting.made()
    live = quoting.live
    for chain in (SIX.chain_id, WEI.chain_id):
        watched = live.shop.clock.now()
        live.run(
            execute,
            live.shop.database,
            "UPDATE watched_chains SET final_mined_at = $1 WHERE chain_id = $2",
            watched,
            chain,
        )
    for number in range(EARLIER_QUOTES_MAX):
        quoting.later(1_000)
        quoting.rate(f"1.{11 + number}")
        quoting.quoted(order_id)
        quoting.quoted(order_id)
    before = quoting.session(order_id)
    quoting.later(1_000)
    quoting.quoted(order_id)
    quoting.rate("1.5")
    refused = quoting.call("PATCH", f"/orders/{order_id}", {"recipient": {"email": "other@example.com"}})
    assert refused.status_code == 429 and "retry-after" in refused.headers
    assert refused.json()["error"] is True and "other rates" in refused.json()["message"]
    assert quoting.session(order_id)["paymentOptions"][0]["amountAtomic"] == before["paymentOptions"][0]["amountAtomic"]
    assert quoting.call("GET", f"/orders/{order_id}").json()["lineItems"][0]["delivery"]["recipient"]["email"] == (
        "buyer@example.com"
    )

    later = live.shop.clock.now() + 2 * HOUR_MS
    live.run(execute, live.shop.database, "UPDATE watched_chains SET final_mined_at = $1", later)
    quoting.later(2 * HOUR_MS)
    quoting.quoted(order_id)
    assert amounts(quoting.session(order_id))[0] == 75_000_000
    [row] = live.run(rows, live.shop.database, "SELECT options FROM payments WHERE session_id = $1", session["id"])
    assert row["options"].count('"until"') == 2
