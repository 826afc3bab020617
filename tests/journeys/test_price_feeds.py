"""Prices that are read from a contract on a real node: what is believed converts them, what is not ends the offer."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rails.evm.anvil import Anvil, running_anvil
from tests.rails.evm.live_shop import CONFIRMATIONS, live_shop
from tests.rails.evm.lying import Ask, Honest, Proxy, lying_proxy
from tests.shop import Shop
from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS
from tillgate.rails.evm import jobs, watching
from tillgate.rails.evm.feeds import operations as feeds
from tillgate.rails.evm.feeds.operations import NewFeed
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks.model import NetworkError
from tillgate.rails.evm.networks.operations import NewNetwork
from tillgate.rails.evm.rates.model import RateError

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

FEED, PEG, UPTIME = ("0x" + f"{number:02x}" * 20 for number in (0xFE, 0xDE, 0xBE))
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def aggregator(answer: int, updated_at: int, decimals: int = 8, round_id: int = 7) -> str:
    """The code of a contract that answers as an aggregator does: decimals() with one word, all else with five."""
    seconds = updated_at // 1_000
    words = (round_id, answer % 2**256, seconds, seconds, round_id)
    # If the first four bytes are those of decimals(), jump behind the five words.
    code = bytes.fromhex("60003560e01c63313ce567146100c957")
    for place, word in enumerate(words):
        code += b"\x7f" + word.to_bytes(32, "big") + bytes([0x60, 32 * place, 0x52])
    code += bytes.fromhex("60a06000f3")
    return "0x" + (code + bytes.fromhex("5b60") + bytes([decimals]) + bytes.fromhex("60005260206000f3")).hex()


class Tenfold(Honest):
    """Tells ten times the price of a feed that says 1.0832."""

    def answer(self, ask: Ask, method: str, params: list[Any]) -> Any:
        told = ask(method, params)
        if method == "eth_call" and len(told) == 2 + 5 * 64:
            return told.replace(f"{108_320_000:064x}", f"{1_083_200_000:064x}")
        return told


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with running_anvil() as running:
        running.mine(CONFIRMATIONS)
        yield running


@pytest.fixture
def proxy(anvil: Anvil) -> Iterator[Proxy]:
    with lying_proxy(anvil.url) as opened:
        yield opened


@pytest.fixture
async def shop(
    tmp_path: Path, database_url: str, anvil: Anvil, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    async with live_shop(tmp_path, database_url, anvil) as opened:
        new = NewNetwork("anvil", [anvil.url, proxy.url], chain_id=anvil.chain_id, confirmations=CONFIRMATIONS)
        asked = await networks.ask(new, opened.clock.now(), dev=True)
        await opened.database.write(lambda tx: networks.add(tx, opened.sealer, asked))
        yield opened


async def add(shop: Shop, base: str, address: str, uptime: str | None = None) -> None:
    """What the command does."""
    new = NewFeed("anvil", base, "USD", address, 25 * HOUR_MS, uptime, "0.98", "1.02")
    network, feed = await feeds.ask(shop.database, shop.sealer, new, shop.clock)
    await shop.database.write(lambda tx: feeds.add(tx, network, feed))


async def read(shop: Shop) -> None:
    """What the server does each minute."""
    [kind] = [one for one in jobs.kinds(shop.database, shop.sealer, shop.clock) if one.name == jobs.READ_FEEDS]
    await kind.run(None)  # type: ignore[arg-type]


@ON_SQLITE
async def test_a_feed_converts_prices_as_long_as_it_can_be_believed(anvil: Anvil, proxy: Proxy, shop: Shop) -> None:
    """Six bad answers each take the offer away and say why, and a good one brings it back; prices in the token's own
    currency are taken throughout. A token that is off its peg is not offered; a peg that is unknown is in nobody's
    way but that of converted prices."""
    client = await shop.client(mode="live")
    now = shop.clock.now()
    good = aggregator(108_320_000, now - MINUTE_MS)
    anvil.ask("anvil_setCode", FEED, good)
    anvil.ask("anvil_setCode", PEG, aggregator(100_000_000, now))
    anvil.ask("anvil_setCode", UPTIME, aggregator(1, now - 2 * HOUR_MS, 0))

    async def asked(currency: str) -> tuple[str | None, str]:
        amount = {"amount": {"value": "50.00", "currency": currency}}
        answer = await client.post("/checkout_sessions", json=amount)
        if answer.status_code != 201:
            return None, answer.json()["error"]["message"]
        [option] = answer.json()["paymentOptions"]
        return option["amount"], option.get("exchangeRate", {}).get("legs", [{}])[0].get("source", "")

    with pytest.raises(RateError, match="sequencer is down"):
        await add(shop, "EUR", FEED, UPTIME)
    anvil.ask("anvil_setCode", UPTIME, aggregator(0, now - 2 * HOUR_MS, 0))
    with pytest.raises(NetworkError):
        await add(shop, "EUR", anvil.account)
    await add(shop, "EUR", FEED, UPTIME)
    await add(shop, "TUSD", PEG)
    worth, source = await asked("EUR")
    assert worth == "54.16" and source.lower() == f"feed anvil {FEED}"
    for code, lie, reason in (
        (aggregator(0, now), Honest(), "zero"),
        (aggregator(-108_320_000, now), Honest(), "negative"),
        (aggregator(108_320_000, now + DAY_MS), Honest(), "future"),
        (aggregator(108_320_000, now - 25 * HOUR_MS - MINUTE_MS), Honest(), "25 hours old"),
        (aggregator(1_083_200_000_000_000_000, now, 18), Honest(), "other decimals than 8"),
        (good, Tenfold(), "two nodes answer with different prices"),
        (aggregator(140_000_000, now), Honest(), "more than a fifth"),
    ):
        anvil.ask("anvil_setCode", FEED, code)
        proxy.lie = lie
        await read(shop)
        worth, told = await asked("EUR")
        assert worth is None and reason in told, (reason, told)
        assert await asked("USD") == ("50", "")
    await read(shop)
    assert (await asked("EUR"))[0] == "70"
    anvil.ask("anvil_setCode", PEG, aggregator(0, now))
    await read(shop)
    worth, told = await asked("EUR")
    assert worth is None and "TUSD/USD cannot be believed" in told
    assert await asked("USD") == ("50", "")
    anvil.ask("anvil_setCode", PEG, aggregator(90_000_000, now))
    await read(shop)
    worth, told = await asked("USD")
    assert worth is None and "TUSD is not worth its USD now" in told
    anvil.ask("anvil_setCode", PEG, aggregator(100_000_000, now))
    await read(shop)
    assert await asked("USD") == ("50", "")
