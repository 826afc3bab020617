"""Live sessions over HTTP, paid on a real node: detected, confirmed, paid."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.rails.evm.anvil import Anvil, running_anvil
from tests.rails.evm.live_shop import ATOMIC, CONFIRMATIONS, live_shop, opened, reaches
from tests.shop import Shop
from tillgate.rails.evm import watching

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
