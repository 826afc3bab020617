"""Live sessions over HTTP, paid on a real node: detected, confirmed, paid."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.rails.evm.anvil import Anvil, running_anvil
from tests.rails.evm.live_shop import ATOMIC, CONFIRMATIONS, live_shop, opened, reaches
from tests.shop import Shop, eventually
from tillgate.checkout.projects.model import NETWORKS, ProjectSettings
from tillgate.checkout.projects.operations import change_project
from tillgate.rails.evm import watching
from tillgate.rails.evm.networks import operations as networks

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with running_anvil() as node:
        node.mine(CONFIRMATIONS)
        yield node


@pytest.fixture
async def shop(tmp_path: Path, database_url: str, anvil: Anvil, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
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


async def test_one_transaction_pays_three_sessions(anvil: Anvil, shop: Shop) -> None:
    """Each has an address of its own, and gets what came to it."""
    client = await shop.client(mode="live")
    sessions = [await opened(client, f"{value}.00") for value in (10, 20, 30)]
    assert len({one["address"] for one in sessions}) == 3
    anvil.pay_all([(one["address"], value * ATOMIC) for one, value in zip(sessions, (10, 20, 30), strict=True)])
    anvil.mine(CONFIRMATIONS + 1)
    for one in sessions:
        await reaches(client, one, "paid")


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
        await reaches(client, short, "underpaid")


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


@pytest.mark.parametrize("depth", [1, 5])
async def test_a_reorganisation_reverses_what_was_detected(anvil: Anvil, shop: Shop, depth: int) -> None:
    """What is in no block any more is not detected; mined again, it pays the session once."""
    client = await shop.client(mode="live")
    session = await opened(client)
    before = anvil.snapshot()
    anvil.pay(session["address"], 50 * ATOMIC)
    anvil.mine(min(depth, CONFIRMATIONS - 1))
    await reaches(client, session, "detected")
    anvil.revert(before)
    anvil.mine(depth + 1)
    await reaches(client, session, "pending")
    anvil.pay(session["address"], 50 * ATOMIC)
    anvil.mine(CONFIRMATIONS + 1)
    paid = await reaches(client, session, "paid")
    assert paid["received"]["wei"] == str(50 * ATOMIC)


async def test_logs_of_another_contract_are_nothing(anvil: Anvil, shop: Shop) -> None:
    """A transfer of a token that looks the same is no payment; what was offered is, in the same block."""
    client = await shop.client(mode="live")
    session, other = await opened(client), await opened(client, "7.00")
    anvil.send("mint(address,uint256)", anvil.account, 10**9, to=anvil.other_token)
    anvil.send("transfer(address,uint256)", session["address"], 50 * ATOMIC, to=anvil.other_token)
    anvil.pay(other["address"], 7 * ATOMIC)
    anvil.mine(CONFIRMATIONS + 1)
    await reaches(client, other, "paid")
    assert (await client.get(f"/checkout_sessions/{session['id']}")).json()["status"] == "pending"


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


async def test_a_session_expires_only_when_its_network_was_looked_at_past_its_deadline(
    anvil: Anvil, shop: Shop
) -> None:
    """Money in a block of before the deadline would be in time, so the clock alone ends nothing."""
    client = await shop.client(mode="live")
    session = await opened(client)
    early = (await client.post(f"/checkout_sessions/{session['id']}/expire")).json()
    assert early["status"] == "pending"
    anvil.ask("evm_increaseTime", hex(3_600))
    anvil.mine(CONFIRMATIONS + 1)
    expired = await eventually(lambda: _expired(client, session["id"]))
    assert expired["status"] == "expired"


async def _expired(client: httpx.AsyncClient, session_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] = (await client.post(f"/checkout_sessions/{session_id}/expire")).json()
    return found if found["status"] == "expired" else None
