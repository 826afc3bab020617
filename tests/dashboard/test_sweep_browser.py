"""A treasury's sweep in a real browser: its wallet button sends the transaction, on a real node."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import expect

from tests.axe import run_axe
from tests.browser import OpenPage
from tests.pages.test_live_browser import WAIT_MS, WALLET, with_wallet
from tests.rails.evm.anvil import Anvil, running_anvil
from tests.rails.evm.live_shop import ATOMIC, operated_server
from tests.running import OWNER_EMAIL, OWNER_PASSWORD, RunningServer
from tillgate.rails.evm.treasury import contract
from tillgate.rails.evm.treasury.rehearsing import GAS_OF_ADDRESS, GAS_OF_TOKEN

pytestmark = pytest.mark.slow

CONFIRMATIONS = 3
TREASURY = "0x" + "7e" * 20


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with running_anvil() as node:
        node.mine(CONFIRMATIONS)
        yield node


def test_a_wallet_sends_the_sweep_and_nothing_lies_there_any_more(
    anvil: Anvil, tmp_path: Path, open_page: OpenPage
) -> None:
    """The page has addresses, gas and call; without scripts the call can be copied; the wallet in the browser sends it,
    and once it is final the page is empty and the treasury has the money."""
    server = RunningServer(tmp_path / "data")
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(operated_server(server, anvil, confirmations=CONFIRMATIONS)),
    ):
        server.owner()
        server.cli("wallets", "set", "--treasury", TREASURY, "--yes")
        made = {
            "from": anvil.account,
            "to": contract.DEPLOYER,
            "gas": hex(3_000_000),
            "data": contract.deploying_call(),
        }
        anvil.ask("eth_sendTransaction", made)
        anvil.mine()
        assert "there" in server.cli("wallets", "factory")
        server.start()
        try:
            swept(server, anvil, open_page)
        finally:
            server.stop()


def swept(server: RunningServer, anvil: Anvil, open_page: OpenPage) -> None:
    with server.client(server.key(mode="live")) as api:
        deadline = time.monotonic() + WAIT_MS / 1_000
        # Addresses are looked at on the chain before they are given out.
        while not (answer := api.post("/checkout_sessions", json=PRICE)).is_success:
            assert answer.status_code == 503 and time.monotonic() < deadline, answer.text
            time.sleep(0.1)
        session = answer.json()
        anvil.pay(session["address"], 50 * ATOMIC)
        anvil.mine(CONFIRMATIONS + 1)
        while api.get(f"/checkout_sessions/{session['id']}").json()["status"] != "paid":
            assert time.monotonic() < deadline
            time.sleep(0.1)
    page = open_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    owner = with_wallet(page, anvil)
    page.goto(f"{server.url}/dashboard")
    page.get_by_label("E-mail address").fill(OWNER_EMAIL)
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{server.url}/dashboard/wallet/sweep")
    expect(page.get_by_text("Together 50 TUSD.")).to_be_visible()
    expect(page.get_by_text("gas, which costs")).to_be_visible()
    data = page.locator("#sweep-data").inner_text()
    assert not run_axe(page).violations
    page.evaluate(WALLET)
    button = page.get_by_role("button", name="Send with <b>Purse</b>")
    button.click()
    expect(page.get_by_text("Your wallet has sent it.")).to_be_visible()
    [sent] = [one for one in page.evaluate("window.askedOfWallet") if one["method"] == "eth_sendTransaction"]
    asked = sent["params"][0]
    assert (asked["to"], asked["data"], asked["value"]) == (contract.factory(), data, "0x0")
    assert f"{int(asked['gas'], 16):,}" in page.content() and int(asked["gas"], 16) > GAS_OF_ADDRESS + GAS_OF_TOKEN
    assert owner.chain == sent["params"][0]["chainId"]
    anvil.mine(CONFIRMATIONS + 1)
    assert anvil.received([TREASURY]) == {TREASURY: 50 * ATOMIC}

    deadline = time.monotonic() + WAIT_MS / 1_000
    while "Nothing lies there now" not in page.content():
        assert time.monotonic() < deadline
        page.wait_for_timeout(200)
        page.reload()


PRICE = {"amount": {"value": "50.00", "currency": "USD"}}
