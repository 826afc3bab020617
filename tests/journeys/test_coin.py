"""A dollar price paid in a network's own coin, over HTTP only: the operator takes the coin, a project does, a rate says
what it is worth, and a treasury's sweep moves it on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.makers import rows
from tests.rails.evm.anvil import Anvil, running_anvil
from tests.rails.evm.live_shop import CONFIRMATIONS, accept, add_network, is_watched, opened, reaches, read_ahead
from tests.shop import Shop, eventually, open_shop
from tillgate.checkout.refunds import confirming
from tillgate.checkout.settlement import records as settlement
from tillgate.rails.evm import watching
from tillgate.rails.evm.coin.reading import GLANCE_BLOCKS
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks import records as network_records
from tillgate.rails.evm.networks.operations import NewToken
from tillgate.rails.evm.proving import prove
from tillgate.rails.evm.rates import operations as rates
from tillgate.rails.evm.rates.operations import NewRate
from tillgate.rails.evm.treasury import contract
from tillgate.rails.evm.treasury.model import Treasury, new_treasury
from tillgate.rails.evm.treasury.sweeping import call_of, plan
from tillgate.rails.evm.wallets import operations as wallets
from tillgate.rails.evm.wallets import records as wallet_records
from tillgate.rails.port import COIN

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

TREASURY = "0x" + "7e" * 20
BUYER = "0x52908400098527886E0F7030069857D2E4169EE7"
ETH = 10**18


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with running_anvil("--gas-limit", "30000000") as node:
        node.mine(CONFIRMATIONS)
        yield node


def sent(anvil: Anvil, to: str | None, data: str = "0x", **more: str) -> str:
    """The status of a transaction that was mined."""
    asked = {"from": anvil.ask("eth_accounts")[1], "data": data, "gas": hex(25_000_000)} | ({"to": to} if to else {})
    name = anvil.ask("eth_sendTransaction", asked | more)
    anvil.mine()
    status: str = anvil.ask("eth_getTransactionReceipt", name)["status"]
    return status


def held(anvil: Anvil, address: str) -> int:
    return int(anvil.ask("eth_getBalance", address, "latest"), 16)


async def with_treasury(shop: Shop, anvil: Anvil) -> Treasury:
    """What a merchant and whoever pays the gas do."""
    source, now = new_treasury(TREASURY), shop.clock.now()
    await shop.database.write(lambda tx: wallets.propose_treasury(tx, shop.sealer, shop.project_id, source, None, now))
    typed = source.recovery_code[-5:].lower()
    await shop.database.write(
        lambda tx: wallets.confirm(tx, shop.sealer, shop.project_id, source.fingerprint, typed, now)
    )
    assert sent(anvil, contract.DEPLOYER, contract.deploying_call()) == "0x1"
    return source


async def test_a_dollar_price_is_paid_in_coin_and_swept(
    anvil: Anvil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offered once a rate says what it is worth, at the rate that is locked; paid by a plain transfer and by a
    contract, whose money has no hash, which the page says; moved by the treasury's contract, to whose address a plain
    transfer fails from then on; and the proof agrees. A part of it is refunded in coin."""
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(confirming, "ASK_MS_MIN", 20)
    monkeypatch.setattr(confirming, "ASK_MS_MAX", 20)
    async with open_shop(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}") as shop:
        await add_network(shop, anvil)
        coin = await networks.ask_token(shop.database, shop.sealer, NewToken("anvil", COIN, ""))
        now = shop.clock.now()
        await shop.database.write(lambda tx: networks.add_token(tx, coin, now))
        await accept(shop, COIN)
        source = await with_treasury(shop, anvil)
        await read_ahead(shop)
        await is_watched(shop)
        client = await shop.client(mode="live")
        price = {"amount": {"value": "50.00", "currency": "USD"}}
        refused = await client.post("/checkout_sessions", json=price)
        assert refused.status_code == 409 and "tillgate rates set ETH USD RATE" in refused.json()["error"]["message"]
        rate = rates.checked(NewRate("ETH", "USD", "2500"), now)
        await shop.database.write(lambda tx: rates.set_rate(tx, rate))

        first, second = await opened(client), await opened(client)
        [option] = first["paymentOptions"]
        assert (option["symbol"], option["asset"]) == ("ETH", f"eip155:{anvil.chain_id}/slip44:60")
        assert (option["amount"], option["amountAtomic"]) == ("0.02", str(ETH // 50))
        assert (first["amount"]["wei"], first["ethPriceUsd"], option["exchangeRate"]["legs"][0]["base"]) == (
            str(ETH // 50),
            "2500",
            "ETH",
        )
        buyer = await shop.caller()
        page = (await buyer.get(first["checkoutUrl"])).text
        assert f"ethereum:{first['address']}@{anvil.chain_id}?value={ETH // 50}" in page
        assert f'data-to="{first["address"]}" data-data="0x" data-value="{hex(ETH // 50)}"' in page
        assert "Leave the gas limit to your wallet" in page

        assert sent(anvil, first["address"], gas=hex(21_000), value=hex(ETH // 50)) == "0x1"
        target = second["address"][2:].lower()
        assert sent(anvil, None, f"0x600060006000600034{'73' + target}5af100", value=hex(ETH // 50)) == "0x1"
        # A balance is seen at the newest block, and counts when that one is final.
        await reaches(client, second, "detected")
        anvil.mine(CONFIRMATIONS)
        paid, by_contract = [await reaches(client, one, "paid") for one in (first, second)]
        assert paid["txHash"] and by_contract["txHash"] is None
        page = (await buyer.get(second["checkoutUrl"])).text
        assert "A contract sent this payment on the network" in page
        # Which of the two was booked last is the watcher's affair.
        hashes = {one["orderId"]: one["txHash"] for one in (await client.get("/transactions")).json()["data"]}
        assert hashes == {first["orderId"]: paid["txHash"], second["orderId"]: None}

        wallet = await shop.database.read(lambda tx: wallet_records.current(tx, shop.project_id))
        [network] = await shop.database.read(network_records.every)
        assert wallet is not None
        found = await plan(shop.database, wallet, network)
        assert [one.amounts_atomic for one in found.lying] == [{COIN: ETH // 50}] * 2
        call = call_of(source, found)
        assert call is not None and sent(anvil, contract.factory(), call) == "0x1"
        assert held(anvil, TREASURY) == ETH // 25
        # The clone takes coin by its code, for which 21,000 gas is too little.
        assert sent(anvil, first["address"], gas=hex(21_000), value="0x7") == "0x0"
        assert (held(anvil, first["address"]), held(anvil, second["address"])) == (0, 0)
        anvil.mine(2 * GLANCE_BLOCKS)

        async def agrees() -> bool:
            anvil.mine()
            [proof] = [one async for one in prove(shop.database, shop.sealer, settlement.every)]
            return (proof.difference_count, proof.unanswered) == (0, None) and bool(
                await rows(shop.database, "SELECT 1 FROM chain_transfers WHERE sender <> $1 AND recipient = $1", COIN)
            )

        await eventually(agrees)
        for one in (first, second):
            assert (await client.get(f"/checkout_sessions/{one['id']}")).json()["status"] == "paid"
        await refunded(shop, client, first, anvil)


async def refunded(shop: Shop, client: httpx.AsyncClient, session: dict[str, Any], anvil: Anvil) -> None:
    """A part of it goes back in coin, at the locked rate: another amount, the payment itself and a token do not settle
    it, and what does cannot be used twice."""
    asked = {"paymentId": session["paymentId"], "reason": "requested_by_customer", "destination": BUYER}
    one, two = [(await client.post("/refunds", json=asked | {"amount": "20.00"})).json()["id"] for _ in range(2)]
    mined_at = int(anvil.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    anvil.ask("evm_setNextBlockTimestamp", hex(max(mined_at, shop.clock.now() // 1_000) + 1))

    async def settled(refund_id: str, tx_hash: str) -> dict[str, Any]:
        async def answered() -> httpx.Response | None:
            answer = await client.post(f"/refunds/{refund_id}/settle", json={"txHash": tx_hash})
            return answer if answer.status_code not in (429, 503) else None

        found: dict[str, Any] = (await eventually(answered)).json()
        return found

    paid = (await client.get(f"/checkout_sessions/{session['id']}")).json()["txHash"]
    wrong = {
        "pays nothing to": paid,
        "another amount": moved(anvil, BUYER, ETH // 125 + 1),
        "in another token": anvil.pay(BUYER, 20 * 10**6),
    }
    anvil.mine()
    for sentence, tx_hash in wrong.items():
        assert sentence in (await settled(one, tx_hash))["error"]["message"]
    right = moved(anvil, BUYER, ETH // 125)
    anvil.mine()
    assert (await settled(one, right))["status"] == "pending"
    anvil.mine(CONFIRMATIONS)

    async def succeeded() -> bool:
        found: str = (await client.get(f"/refunds/{one}")).json()["status"]
        return found == "succeeded"

    await eventually(succeeded)
    assert "has sent another refund" in (await settled(two, right))["error"]["message"]


def moved(anvil: Anvil, to: str, value: int) -> str:
    """A transaction of coin that waits for the next block."""
    name: str = anvil.ask("eth_sendTransaction", {"from": anvil.account, "to": to, "value": hex(value)})
    return name
