"""A live session that is paid in a network's own coin, in a real browser: a wallet is asked for a plain transfer."""

import re
from collections.abc import Iterator

import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import Page, expect

from tests.pages.test_live_browser import CONFIRMATIONS, WAIT_MS, WALLET, Live, with_wallet
from tests.rails.evm.anvil import running_anvil
from tests.rails.evm.live_shop import Operated, accept, operated_server
from tests.running import RunningServer
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks.operations import NewToken
from tillgate.rails.evm.rates import operations as rates
from tillgate.rails.evm.rates.operations import NewRate
from tillgate.rails.port import COIN

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    server = RunningServer(tmp_path_factory.mktemp("coin") / "data")
    with running_anvil() as anvil, start_blocking_portal() as portal:
        anvil.mine(CONFIRMATIONS)
        operated = operated_server(server, anvil, confirmations=CONFIRMATIONS)
        with portal.wrap_async_context_manager(operated) as shop:
            portal.call(take_coin, shop)
            server.start()
            try:
                with server.client(server.key(mode="live")) as api:
                    yield Live(anvil, server.url, api, "")
            finally:
                server.stop()


async def take_coin(shop: Operated) -> None:
    """The coin at 2,500 dollars, and a token that is offered first."""
    coin = await networks.ask_token(shop.database, shop.sealer, NewToken("anvil-0", COIN, ""))
    now = shop.clock.now()
    await shop.database.write(lambda tx: networks.add_token(tx, coin, now))
    await accept(shop, COIN, name="anvil-0")
    rate = rates.checked(NewRate("ETH", "USD", "2500"), now)
    await shop.database.write(lambda tx: rates.set_rate(tx, rate))


def test_a_wallet_sends_coin_by_a_plain_transfer(live: Live, page: Page) -> None:
    """Chosen on the page, to the session's address, of exactly what is asked for; the gas is the wallet's business."""
    session = live.session()
    with_wallet(page, live.anvil)
    page.goto(session["url"])
    page.get_by_text("Pay in another way").click()
    page.get_by_role("button", name=re.compile("ETH")).click()
    expect(page.get_by_text("Leave the gas limit to your wallet")).to_be_visible()
    expect(page.get_by_text("1 ETH = 2500 USD, locked until")).to_be_visible()
    link = page.get_by_role("link", name="Open in a wallet app").get_attribute("href")
    assert link == f"ethereum:{session['paymentAddress']}@{live.anvil.chain_id}?value={2 * 10**16}"
    page.evaluate(WALLET)
    page.get_by_role("button", name="Pay with").click()
    expect(page.locator("[data-wallets-status]")).to_have_text(re.compile("Your wallet has sent it"), timeout=WAIT_MS)
    [sent] = [one["params"][0] for one in page.evaluate("askedOfWallet") if one["method"] == "eth_sendTransaction"]
    assert (sent["to"], sent["data"], sent["value"], "gas" in sent) == (
        session["paymentAddress"],
        "0x",
        hex(2 * 10**16),
        False,
    )
    live.anvil.mine(CONFIRMATIONS + 1)
    expect(page.locator("#live")).to_have_attribute("data-status", "paid", timeout=WAIT_MS)
