"""Live sessions over HTTP, paid on a real node: detected, confirmed, paid, through forks and killed servers.

All tests share one chain, which is afterwards as it was before; each has a server of its own."""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn.limiting.gcra import Limit
from tests.dialects.smartpay.conftest import PAYLOAD, own
from tests.makers import execute
from tests.rails.evm.anvil import Anvil, running_anvil
from tests.rails.evm.live_shop import ATOMIC, CONFIRMATIONS, accept, live_shop, opened, operated_server, reaches
from tests.requirements.calling import key_of
from tests.running import RunningServer
from tests.shop import PUBLIC_URL, Shop, eventually
from tillgate import app
from tillgate.checkout.projects.model import NETWORKS, ProjectSettings
from tillgate.checkout.projects.operations import change_project
from tillgate.rails.evm import watching
from tillgate.rails.evm.explaining import Explainer
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.node import TRANSFER_TOPIC, UINT256_MAX, topic_of
from tillgate.rails.evm.rates import operations as rates
from tillgate.rails.evm.rates.operations import NewRate

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


MISSED = 200
# What has nothing to do with the database; the stories on both are told above all of forks.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OTHER_CHAIN_ID = 777


@pytest.fixture(scope="module")
def node() -> Iterator[Anvil]:
    with running_anvil() as running:
        running.mine(CONFIRMATIONS)
        yield running


@pytest.fixture
def anvil(node: Anvil) -> Iterator[Anvil]:
    before = node.snapshot()
    yield node
    node.revert(before)


@pytest.fixture
async def shop(tmp_path: Path, database_url: str, anvil: Anvil, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    # What forks past finality is believed after ten minutes otherwise.
    watched = watching.watched_network
    monkeypatch.setattr(watching, "watched_network", lambda *of: watched(*of)._replace(patience_ms=0))
    async with live_shop(tmp_path, database_url, anvil) as opened_shop:
        yield opened_shop


async def test_a_live_session_is_detected_confirmed_and_paid(anvil: Anvil, shop: Shop) -> None:
    """The session says where and what to send; its money is seen in the next block and counts once it is deep enough;
    the order follows, and every event is written."""
    client = await shop.client(mode="live")
    session = await opened(client)
    (option,) = session["paymentOptions"]
    assert session["livemode"] and session["status"] == "pending" and session["ethPriceUsd"] is None
    assert session["address"] == session["paymentAddress"] and session["chainId"] == 31_337
    assert (option["amount"], option["amountAtomic"], option["symbol"], option["decimals"]) == (
        "50",
        "50000000",
        "TUSD",
        6,
    )
    assert session["amount"] == {"wei": "50000000", "eth": "50"}
    assert option["asset"].lower() == f"eip155:31337/erc20:{anvil.token.lower()}" and option["chosen"]
    assert (option["confirmationsNeeded"], option["confirmationsSeen"]) == (CONFIRMATIONS, None)

    sent = anvil.pay(session["address"], 50 * ATOMIC)
    anvil.mine()
    seen = await reaches(client, session, "detected")
    assert seen["txHash"] == sent and seen["paymentOptions"][0]["confirmationsSeen"] == 1
    anvil.mine(CONFIRMATIONS)
    paid = await reaches(client, session, "paid")
    assert paid["received"]["eth"] == "50" and paid["fiatReceived"]["amount"] == "50.00"
    order = (await client.get(f"/orders/{session['orderId']}")).json()
    assert order["status"] == "paid"
    told = [one["type"] for one in (await client.get("/events", params={"limit": 100})).json()["data"]]
    for one in ("session.created", "session.detected", "session.paid", "payment.succeeded", "order.paid"):
        assert told.count(one) == 1

    (on,) = (await client.get(f"/transfers/{sent}")).json()["networks"]
    (movement,) = on["movements"]
    assert (on["name"], on["found"], on["chainId"], on["leftOut"]) == ("anvil", "mined", 31_337, 0)
    assert (movement["verdict"], movement["amountAtomic"]) == ("counted", "50000000")
    assert movement["paymentId"] == order["paymentId"] and movement["confirmations"] > CONFIRMATIONS
    other = await shop.client(["payments:read"], mode="test")
    assert 'paymentId":"' not in (await other.get(f"/transfers/{sent}")).text


@ON_SQLITE
async def test_looking_transactions_up_costs_a_bounded_number_of_questions(
    anvil: Anvil, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By API as often as a project may, on a buyer's page as often as one buyer, one session, and all buyers of a
    project together may: then it is a 429 that says when, and no node is asked."""
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(app, "PROJECT_HASH_LIMIT", Limit(1 / 3_600, 14))
    explain, asked, unknown = Explainer._explain, 0, "0x" + "12" * 32

    async def counting(*of: Any, **how: Any) -> Any:
        nonlocal asked
        asked += 1
        return await explain(*of, **how)

    monkeypatch.setattr(Explainer, "_explain", counting)

    async def until_refused(look: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        nonlocal asked
        asked = 0
        for made in range(100):
            answer = await look()
            if answer.status_code == 429:
                assert asked == made and int(answer.headers["retry-after"]) >= 1
                return answer
            assert answer.status_code == 200, answer.text
        raise AssertionError("nobody is refused")

    async with live_shop(tmp_path, database_url, anvil) as shop:
        client = await shop.client(mode="live")
        refused = await until_refused(lambda: client.get(f"/transfers/{unknown}"))
        assert refused.json()["error"]["code"] == "rate_limited" and asked >= 30
        session = await opened(client)
        buyer = await shop.caller(address="203.0.113.1")
        refused = await until_refused(
            lambda: buyer.post(f"{session['checkoutUrl']}/transaction", data={"hash": unknown})
        )
        assert "Too many tries" in refused.text and asked >= 10
        # Of others, each with a session and an address of its own.
        others = iter([(await opened(client), await shop.caller(address=f"203.0.113.{at}")) for at in range(2, 8)])

        async def another() -> httpx.Response:
            session, buyer = next(others)
            return await buyer.post(f"{session['checkoutUrl']}/transaction", data={"hash": unknown})

        await until_refused(another)
        assert asked <= 4


@ON_SQLITE
async def test_two_transfers_in_one_transaction_pay_a_session_together(anvil: Anvil, shop: Shop) -> None:
    """Neither alone is too little: all that a block brings to an address is concluded at once."""
    client = await shop.client(mode="live")
    session = await opened(client)
    anvil.pay_all([(session["address"], 20 * ATOMIC), (session["address"], 30 * ATOMIC)])
    anvil.mine(CONFIRMATIONS + 1)
    paid = await reaches(client, session, "paid")
    assert paid["received"]["wei"] == str(50 * ATOMIC)
    told = [one["type"] for one in (await client.get("/events", params={"limit": 100})).json()["data"]]
    assert "session.underpaid" not in told


@ON_SQLITE
async def test_one_transaction_pays_three_sessions(anvil: Anvil, shop: Shop) -> None:
    """Each has an address of its own, and gets what came to it."""
    client = await shop.client(mode="live")
    sessions = [await opened(client, f"{value}.00") for value in (10, 20, 30)]
    assert len({one["address"] for one in sessions}) == 3
    anvil.pay_all([(one["address"], value * ATOMIC) for one, value in zip(sessions, (10, 20, 30), strict=True)])
    anvil.mine(CONFIRMATIONS + 1)
    for one in sessions:
        await reaches(client, one, "paid")


@ON_SQLITE
async def test_fractions_of_two_tokens_add_up_exactly(
    anvil: Anvil, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each transfer is the fraction of its own token's offered amount: a third of one and two thirds of the other are
    the price, and one unit less of either is not."""
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    async with live_shop(tmp_path, database_url, anvil, second="USD") as shop:
        client = await shop.client(mode="live")
        session, short = await opened(client, "0.03"), await opened(client, "0.03")
        assert {one["symbol"] for one in session["paymentOptions"]} == {"TUSD", "TEUR"}
        anvil.send("mint(address,uint256)", anvil.account, 10**9, to=anvil.other_token)
        for one, amount in ((session, 20_000), (short, 19_999)):
            anvil.pay(one["address"], 10_000)
            anvil.send("transfer(address,uint256)", one["address"], amount, to=anvil.other_token)
        anvil.mine(CONFIRMATIONS + 1)
        paid = await reaches(client, session, "paid")
        assert paid["fiatReceived"]["amount"] == "0.03" and paid["exceptions"] == []
        assert [one["confirmationsSeen"] is not None for one in paid["paymentOptions"]] == [True, True]
        moved = (await client.get("/transactions", params={"orderId": paid["orderId"]})).json()["data"]
        offered_assets = {one["symbol"]: one["asset"] for one in paid["paymentOptions"]}
        assert {one["symbol"]: one["asset"] for one in moved} == offered_assets
        assert {one["network"] for one in moved} == {"anvil"}
        await reaches(client, short, "underpaid")


@ON_SQLITE
async def test_an_order_in_euros_is_paid_in_dollars_at_its_locked_rate_and_in_euros_without_one(
    anvil: Anvil, shop: Shop
) -> None:
    """The euro token is offered first, one for one; the dollar token at the rate, which the buyer's page shows with its
    end. Another rate changes neither. An order in yen, made in Smartpay's language, is paid by way of the dollar."""
    await accept(shop, anvil.other_token)
    client = await shop.client(mode="live")
    for base, quote, value in (("EUR", "USD", "1.0832"), ("USD", "JPY", "151.25")):
        rate = rates.checked(NewRate(base, quote, value), shop.clock.now())
        await shop.database.write(lambda tx, rate=rate: rates.set_rate(tx, rate))  # type: ignore[misc]
    euros = {"amount": {"value": "50.00", "currency": "EUR"}}
    in_euros, in_dollars = [(await client.post("/checkout_sessions", json=euros)).json() for _ in range(2)]
    euro, dollar = in_dollars["paymentOptions"]
    assert (euro["symbol"], euro["amount"], "exchangeRate" in euro) == ("TEUR", "50", False)
    assert (dollar["symbol"], dollar["amount"], dollar["exchangeRate"]["value"]) == ("TUSD", "54.16", "1.0832")
    chosen = await client.post(f"/checkout_sessions/{in_dollars['id']}/payment_option", json={"asset": dollar["asset"]})
    assert chosen.status_code == 200, chosen.text
    buyer = await shop.caller()
    page = (await buyer.get(f"{PUBLIC_URL}/checkout/{in_dollars['id']}")).text
    assert "1 EUR = 1.0832 TUSD, locked until " in page and "54.16" in page
    assert "locked until" not in (await buyer.get(f"{PUBLIC_URL}/checkout/{in_euros['id']}")).text
    key = (await key_of(shop, format="smartpay", mode="live")).secret.reveal()
    whole = PAYLOAD | {"captureMethod": "automatic", "reference": "yen"}
    asked = await buyer.post(
        f"{PUBLIC_URL}/v1/checkout-sessions", json=whole, headers={"Authorization": f"Basic {key}"}
    )
    assert asked.status_code == 200, asked.text
    in_yen = (await client.get(f"/checkout_sessions/{own('cs', asked.json()['id'])}")).json()
    assert in_yen["fiat"] == {"amount": "500", "currency": "JPY"}
    dollars = next(one for one in in_yen["paymentOptions"] if one["symbol"] == "TUSD")
    assert dollars["amountAtomic"] == "3305786"
    changed = rates.checked(NewRate("EUR", "USD", "1.2"), shop.clock.now())
    await shop.database.write(lambda tx: rates.set_rate(tx, changed))
    anvil.pay(in_dollars["address"], 54_160_000)
    anvil.pay(in_yen["address"], 3_305_786)
    anvil.send("transfer(address,uint256)", in_euros["address"], 50 * ATOMIC, to=anvil.other_token)
    anvil.mine(CONFIRMATIONS + 1)
    for one in (in_euros, in_dollars, in_yen):
        paid = await reaches(client, one, "paid")
        assert paid["fiatReceived"] == paid["fiat"]
    order = await buyer.get(
        f"{PUBLIC_URL}/v1/orders/{asked.json()['order']['id']}", headers={"Authorization": f"Basic {key}"}
    )
    assert order.json()["status"] == "succeeded", order.text
    orders = [(await client.get(f"/orders/{one['orderId']}")).json() for one in (in_euros, in_dollars)]
    assert [one.get("exchangeRate", {}).get("value") for one in orders] == [None, "1.0832"]


@ON_SQLITE
async def test_what_cannot_be_paid_is_refused_with_what_can(anvil: Anvil, shop: Shop) -> None:
    """Another currency is a 409 that names those there are; a paused network offers nothing; a project without a wallet
    has no live mode. Nothing is kept of any."""
    client = await shop.client(mode="live")
    refused = await client.post("/checkout_sessions", json={"amount": {"value": "500", "currency": "JPY"}})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "currency_not_accepted")
    assert "USD" in refused.json()["error"]["message"]
    other = await shop.client(mode="live", project=await shop.project())
    refused = await other.post("/checkout_sessions", json={"amount": {"value": "5.00", "currency": "USD"}})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "live_mode_not_configured")
    now = shop.clock.now()
    await shop.database.write(lambda tx: networks.pause(tx, "anvil", now))
    refused = await client.post("/checkout_sessions", json={"amount": {"value": "5.00", "currency": "USD"}})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "currency_not_accepted")
    await shop.database.write(lambda tx: networks.resume(tx, "anvil", now))
    assert (await client.get("/checkout_sessions")).json()["data"] == []


@ON_SQLITE
async def test_a_links_visitor_gets_an_address_with_their_choice(anvil: Anvil, shop: Shop) -> None:
    """A visit costs no address of the wallet, however many there are; the choice of an option brings one, once, and the
    session is paid there."""
    client = await shop.client(mode="live")
    link = {"title": "Course", "fiatAmount": "12.00", "fiatCurrency": "USD"}
    made = await client.post("/payment_links", json=link)
    assert made.status_code == 201, made.text
    session = (await client.post("/checkout_sessions", json={"linkId": made.json()["id"]})).json()
    assert session["address"] is None and session["paymentAddress"] is None
    beside = (await client.post("/checkout_sessions", json={"linkId": made.json()["id"]})).json()
    assert beside["address"] is None and (await client.get(f"/payments/{beside['paymentId']}")).json()["address"] == ""
    (option,) = session["paymentOptions"]
    path = f"/checkout_sessions/{session['id']}/payment_option"
    wrong = await client.post(path, json={"asset": "eip155:1/slip44:60"})
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "asset")
    chosen = (await client.post(path, json={"asset": option["asset"]})).json()
    again = (await client.post(path, json={"asset": option["asset"]})).json()
    assert chosen["paymentAddress"] == again["paymentAddress"] is not None
    other = await client.post(f"/checkout_sessions/{beside['id']}/payment_option", json={"asset": option["asset"]})
    assert other.json()["paymentAddress"] not in (None, chosen["paymentAddress"])
    anvil.pay(chosen["address"], 12 * ATOMIC)
    anvil.mine(CONFIRMATIONS + 1)
    await reaches(client, session, "paid")


async def test_money_that_a_fork_of_five_blocks_removed_counts_once_when_it_is_mined_again(
    anvil: Anvil, shop: Shop
) -> None:
    """What is in no block any more is not detected. One transaction is mined again at another log index, one was
    replaced by another, one is sent again later: each session is paid once."""
    client = await shop.client(mode="live")
    again, replaced, later = [await opened(client, f"{value}.00") for value in (50, 60, 70)]
    before = anvil.snapshot()
    first = anvil.pay(again["address"], 50 * ATOMIC)
    anvil.pay(replaced["address"], 60 * ATOMIC)
    anvil.pay(later["address"], 70 * ATOMIC)
    anvil.mine(5)
    for one in (again, replaced, later):
        assert (await reaches(client, one, "detected"))["paymentOptions"][0]["confirmationsSeen"] == 5
    raw, place = anvil.ask("eth_getRawTransactionByHash", first), place_of(anvil, first)

    anvil.revert(before)
    other = anvil.ask("eth_accounts")[1]
    for amount in (5, 6):
        anvil.send("mint(address,uint256)", other, amount, sender=other, tip=10**10)
    assert anvil.ask("eth_sendRawTransaction", raw) == first
    second = anvil.pay_all([(replaced["address"], 60 * ATOMIC)])
    anvil.mine(6)
    assert place_of(anvil, first) > place
    await reaches(client, later, "pending")
    # The same call under the same nonce would be the same transaction.
    third = anvil.pay_all([(later["address"], 70 * ATOMIC)])
    anvil.mine(CONFIRMATIONS + 1)

    for session, value, sent in ((again, 50, first), (replaced, 60, second), (later, 70, third)):
        paid = await reaches(client, session, "paid")
        assert paid["received"]["wei"] == str(value * ATOMIC)
        assert paid["exceptions"] == ([] if sent == first else ["reorged"])
        assert paid["txHash"] == sent
    told = await counted(client)
    assert told["session.paid"] == told["payment.succeeded"] == told["order.paid"] == 3


async def test_a_fork_past_finality_un_pays_nothing(anvil: Anvil, shop: Shop) -> None:
    """Its order is for a person to look at, and says so; what comes on the new branch counts."""
    client = await shop.client(mode="live")
    session, other = await opened(client), await opened(client, "7.00")
    before = anvil.snapshot()
    anvil.pay(session["address"], 50 * ATOMIC)
    anvil.mine(CONFIRMATIONS + 3)
    await reaches(client, session, "paid")
    anvil.revert(before)
    anvil.pay(other["address"], 7 * ATOMIC)
    anvil.mine(CONFIRMATIONS + 6)
    await reaches(client, other, "paid")

    async def reorged() -> bool:
        found = (await client.get(f"/checkout_sessions/{session['id']}")).json()
        assert found["status"] == "paid"
        return "reorged" in found["exceptions"]

    await eventually(reorged)
    order = (await client.get(f"/orders/{session['orderId']}")).json()
    assert order["status"] == "review", order
    assert (await counted(client))["session.paid"] == 2


@ON_SQLITE
async def test_logs_that_are_no_payment_are_nothing(anvil: Anvil, shop: Shop) -> None:
    """A token that looks the same, a contract that logs our address, transfers of nothing, logs of the token itself
    that are no ERC-20 transfer; and the largest amounts there are, which no balance covers. What was offered counts, in
    the same blocks."""
    client = await shop.client(mode="live")
    session, lied, other = await opened(client), await opened(client), await opened(client, "7.00")
    address, word = session["address"], f"{50 * ATOMIC:064x}"
    anvil.send("mint(address,uint256)", anvil.account, 10**9, to=anvil.other_token)
    anvil.send("transfer(address,uint256)", address, 50 * ATOMIC, to=anvil.other_token)
    anvil.send("pretend(address,uint256)", address, 50 * ATOMIC, to=anvil.other_token)
    anvil.pay(address, 0)
    from_, to = topic_of(anvil.account), topic_of(address)
    anvil.emit([TRANSFER_TOPIC, from_, to, f"0x{word}"], "")
    anvil.emit([TRANSFER_TOPIC, from_], to[2:] + word)
    anvil.emit([TRANSFER_TOPIC, from_, to], "")
    anvil.emit([TRANSFER_TOPIC, from_, to], word * 2)
    anvil.emit([TRANSFER_TOPIC, "0x01" + from_[4:], to], word)
    anvil.emit([topic_of(anvil.token), from_, to], word)
    for _ in range(2):
        anvil.send("pretend(address,uint256)", lied["address"], UINT256_MAX)
    anvil.pay(other["address"], 7 * ATOMIC)
    anvil.mine(CONFIRMATIONS + 1)
    await reaches(client, other, "paid")
    found = (await client.get(f"/checkout_sessions/{session['id']}")).json()
    assert (found["status"], found["received"]["wei"], found["txHash"]) == ("pending", "0", None)
    await reaches(client, lied, "detected")
    assert (await counted(client))["session.paid"] == 1


async def test_a_server_that_is_killed_while_it_is_paid_on_two_networks_counts_each_payment_once(
    anvil: Anvil, tmp_path: Path
) -> None:
    """Killed with a payment detected, and again while it catches up on hundreds of blocks; one session is paid in part
    on each network. Nothing is lost or told twice."""
    server = RunningServer(tmp_path / "data")
    with running_anvil(chain_id=OTHER_CHAIN_ID) as second:
        second.mine(CONFIRMATIONS)
        async with operated_server(server, anvil, second) as operated:
            key = server.key(mode="live")

            def start() -> None:
                server.start()

            def kill() -> None:
                server.kill()

            async def forget_the_dead() -> None:
                # Its lease would run out within seconds; a test does not wait for that.
                await execute(operated.database, "UPDATE watched_chains SET lease_until = 0")

            start()
            async with httpx.AsyncClient(
                base_url=f"{server.url}/api/v1",
                headers={"Authorization": f"Bearer {key}"},
                timeout=20,
                trust_env=False,
                limits=httpx.Limits(max_keepalive_connections=0),
            ) as client:
                try:
                    seen, split, missed, last = [
                        await eventually(lambda value=value: offered(client, f"{value}.00"))  # type: ignore[misc]
                        for value in (10, 50, 30, 40)
                    ]
                    assert {one["chainId"] for one in split["paymentOptions"]} == {anvil.chain_id, OTHER_CHAIN_ID}
                    anvil.pay(seen["address"], 10 * ATOMIC)
                    anvil.pay(split["address"], 20 * ATOMIC)
                    second.pay(split["address"], 30 * ATOMIC)
                    for one in (anvil, second):
                        one.mine()
                    await reaches(client, seen, "detected")
                    await eventually(lambda: seen_on_both(client, split))
                    kill()
                    anvil.pay_all([(missed["address"], 29 * ATOMIC), (missed["address"], ATOMIC)])
                    for one in (anvil, second):
                        one.mine(MISSED)
                    await forget_the_dead()
                    start()
                    kill()
                    second.pay(last["address"], 40 * ATOMIC)
                    for one in (anvil, second):
                        one.mine(MISSED)
                    await forget_the_dead()
                    start()
                    for session, value in ((seen, 10), (split, 50), (missed, 30), (last, 40)):
                        paid = await reaches(client, session, "paid")
                        assert paid["received"]["wei"] == str(value * ATOMIC) and paid["exceptions"] == []
                    told = await counted(client)
                    # More are opened where one was offered before both networks were ready.
                    assert told["session.created"] >= 4
                    for name in ("session.paid", "payment.succeeded", "order.paid"):
                        assert told[name] == 4, (name, told)
                finally:
                    server.stop()


async def test_a_restored_backup_gives_no_address_out_again(anvil: Anvil, tmp_path: Path) -> None:
    """Sessions after the backup are lost with the database that is put in its place; their addresses are nobody's new
    ones, and what is paid to one of them is an unassigned transfer."""
    server, backup = RunningServer(tmp_path / "data"), str(tmp_path / "backup")
    async with operated_server(server, anvil):
        headers = {"Authorization": f"Bearer {server.key(mode='live')}"}

    @contextlib.asynccontextmanager
    async def started() -> AsyncIterator[httpx.AsyncClient]:
        server.start()
        try:
            async with httpx.AsyncClient(
                base_url=f"{server.url}/api/v1", headers=headers, timeout=20, trust_env=False
            ) as client:
                yield client
        finally:
            server.stop()

    async def address(client: httpx.AsyncClient) -> str | None:
        answer = await client.post("/checkout_sessions", json={"amount": {"value": "5.00", "currency": "USD"}})
        return answer.json()["address"] if answer.status_code == 201 else None

    async with started() as client:
        kept = await eventually(lambda: address(client))
        server.cli("backup", backup)
        lost = [await eventually(lambda: address(client)) for _ in range(3)]
    server.cli("restore", backup, "--replace", "--yes")
    async with started() as client:
        given = [await eventually(lambda: address(client)) for _ in range(3)]
        assert len({kept, *lost, *given}) == 7
        anvil.pay(lost[-1], 5 * ATOMIC)
        # As far as the slow round over every address waits.
        anvil.mine(CONFIRMATIONS + 300)

        async def unassigned() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = (await client.get("/unassigned_transfers")).json()["data"]
            return [one for one in found if one["status"] == "unassigned"]

        [found] = await eventually(unassigned)
        assert (found["recipient"], found["reason"]) == (lost[-1], "no_session")


async def offered(client: httpx.AsyncClient, value: str) -> dict[str, Any] | None:
    """A new session, as soon as every network is offered."""
    answer = await client.post("/checkout_sessions", json={"amount": {"value": value, "currency": "USD"}})
    if answer.status_code == 503:
        return None
    assert answer.status_code == 201, answer.text
    session: dict[str, Any] = answer.json()
    return session if len(session["paymentOptions"]) == 2 else None


async def seen_on_both(client: httpx.AsyncClient, session: dict[str, Any]) -> bool:
    """A part of the price was seen on each network."""
    options = (await client.get(f"/checkout_sessions/{session['id']}")).json()["paymentOptions"]
    return all(one["confirmationsSeen"] == 1 for one in options)


async def counted(client: httpx.AsyncClient) -> Counter[str]:
    """How many events of each type there are; their sequences have no gap."""
    data = (await client.get("/events", params={"limit": 100})).json()["data"]
    assert sorted(one["sequence"] for one in data) == list(range(1, len(data) + 1))
    return Counter(one["type"] for one in data)


def place_of(anvil: Anvil, tx_hash: str) -> int:
    """The place of a transaction's log in its block."""
    return int(anvil.ask("eth_getTransactionReceipt", tx_hash)["logs"][0]["logIndex"], 16)


@ON_SQLITE
async def test_a_projects_test_sessions_are_paid_on_a_test_network_where_it_says_so(anvil: Anvil, shop: Shop) -> None:
    """They are simulated otherwise. On a network nothing can be simulated, and real test tokens pay them; the addresses
    are of the same counter."""
    client, live = await shop.client(), await shop.client(mode="live")
    simulated = await opened(client)
    assert simulated["address"].startswith("test:0x") and "paymentOptions" not in simulated
    settings = ProjectSettings(test_rail=NETWORKS)
    await shop.database.write(lambda tx: change_project(tx, shop.project_id, "Test shop", settings))
    session, other = await opened(client), await opened(live)
    assert not session["livemode"] and session["address"] != other["address"]
    refused = await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "session_not_payable")
    anvil.pay(session["address"], 50 * ATOMIC)
    anvil.mine(CONFIRMATIONS + 1)
    await reaches(client, session, "paid")
    simulated = (await client.post(f"/checkout_sessions/{simulated['id']}/simulate", json={"outcome": "paid"})).json()
    assert simulated["status"] == "paid"


@ON_SQLITE
async def test_a_session_expires_only_when_its_network_was_looked_at_past_its_deadline(
    anvil: Anvil, shop: Shop
) -> None:
    """Money in a block of before the deadline would be in time, so the clock alone ends nothing."""
    client = await shop.client(mode="live")
    session = await opened(client)
    early = (await client.post(f"/checkout_sessions/{session['id']}/expire")).json()
    assert early["status"] == "pending"
    anvil.ask("evm_increaseTime", hex(7_200))
    anvil.mine(CONFIRMATIONS + 1)
    expired = await eventually(lambda: _expired(client, session["id"]))
    assert expired["status"] == "expired"


async def _expired(client: httpx.AsyncClient, session_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] = (await client.post(f"/checkout_sessions/{session_id}/expire")).json()
    return found if found["status"] == "expired" else None
