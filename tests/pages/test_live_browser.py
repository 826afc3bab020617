"""A live session's page in a real browser, before a real server that watches a real node: by wallet, by hand, without
scripts."""

import re
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import Page, expect

from tests.axe import run_axe
from tests.browser import OpenPage
from tests.rails.evm.anvil import CHAIN_ID, Anvil, running_anvil
from tests.rails.evm.live_shop import Operated, operated_server
from tests.running import OWNER_EMAIL, OWNER_PASSWORD, RunningServer
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks.operations import NewToken

pytestmark = pytest.mark.slow

CONFIRMATIONS = 3
ATOMIC = 10**6
WAIT_MS = 30_000
BUYER = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"

# A wallet as EIP-6963 has it. What it is asked goes to the node, and what it would ask its owner the test has said.
WALLET = """
() => {
  const asked = (window.askedOfWallet = []);
  const provider = {
    request: async ({ method, params }) => {
      asked.push({ method, params });
      const told = await window.wallet(method, params ?? []);
      if (told.code) throw Object.assign(new Error("refused"), { code: told.code });
      return told.result;
    },
  };
  const info = { uuid: "350670db-19fa-4704-a166-e52e178b59d2", name: "<b>Purse</b>", icon: "", rdns: "example.purse" };
  const detail = Object.freeze({ info, provider });
  window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
}
"""


class Owner:
    """The owner of the wallet in the browser: what they and their wallet answer."""

    def __init__(self, anvil: Anvil) -> None:
        self._anvil = anvil
        self.chain = hex(CHAIN_ID)
        self.refusals: dict[str, int] = {}
        self.results: dict[str, Any] = {}

    def answer(self, method: str, params: list[Any]) -> dict[str, Any]:
        if method in self.refusals:
            return {"code": self.refusals[method]}
        if method in self.results:
            return {"result": self.results[method]}
        match method:
            case "eth_requestAccounts":
                return {"result": [self._anvil.account]}
            case "eth_chainId":
                return {"result": self.chain}
            case "wallet_switchEthereumChain" | "wallet_addEthereumChain":
                self.chain = params[0]["chainId"]
                return {"result": None}
            case "eth_sendTransaction":
                (transaction,) = params
                del transaction["chainId"]
                return {"result": self._anvil.ask(method, {"gas": hex(1_000_000)} | transaction)}
            case _:
                raise AssertionError(f"a wallet was asked for {method}")


class Live(NamedTuple):
    """A shop that is paid on anvil's chain."""

    anvil: Anvil
    url: str
    api: httpx.Client
    untaken: str

    def session(self, **fields: Any) -> dict[str, Any]:
        if "linkId" not in fields:
            fields["amount"] = {"value": "50.00", "currency": "USD"}
        answer = self.api.post("/checkout_sessions", json=fields)
        assert answer.status_code == 201, answer.text
        session: dict[str, Any] = answer.json()
        return session | {"url": f"{self.url}/checkout/{session['id']}"}

    def link(self) -> dict[str, Any]:
        answer = self.api.post("/payment_links", json={"title": "Beans", "fiatAmount": "50.00"})
        assert answer.is_success, answer.text
        link: dict[str, Any] = answer.json()
        return link


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    server = RunningServer(tmp_path_factory.mktemp("live") / "data")
    with running_anvil() as anvil, start_blocking_portal() as portal:
        anvil.mine(CONFIRMATIONS)
        operated = operated_server(server, anvil, second="USD", confirmations=CONFIRMATIONS)
        with portal.wrap_async_context_manager(operated) as shop:
            server.owner()
            untaken = anvil.another_token()
            portal.call(add_token, shop, untaken)
            server.start()
            try:
                with server.client(server.key(mode="live")) as api:
                    yield Live(anvil, server.url, api, untaken)
            finally:
                server.stop()


async def add_token(shop: Operated, address: str) -> None:
    """Let the operator add a token that the project does not take."""
    new = NewToken("anvil-0", address, "USD", "OWN")
    token = await networks.ask_token(shop.database, shop.sealer, new)
    await shop.database.write(lambda tx: networks.add_token(tx, token, shop.clock.now()))


def with_wallet(page: Page, anvil: Anvil) -> Owner:
    owner = Owner(anvil)
    page.expose_function("wallet", owner.answer)
    return owner


def headline(page: Page) -> Any:
    return page.locator("#headline")


def test_a_wallet_that_comes_late_pays_and_the_page_follows_to_the_end(live: Live, page: Page) -> None:
    """Connect, switch the network, send: the transfer of exactly what is asked for; then seen, confirmations, paid. The
    wallet's name is text, whatever it is called."""
    session, owner = live.session(), with_wallet(page, live.anvil)
    owner.chain = "0x1"
    page.goto(session["url"])
    expect(page.get_by_text("The amount that must arrive")).to_be_visible()
    assert page.locator("[data-address]").inner_text() == session["paymentAddress"]
    expect(page.locator("[data-wallets]")).to_be_hidden()

    page.evaluate(WALLET)
    page.get_by_role("button", name="Pay with <b>Purse</b>").click()
    expect(page.locator("[data-wallets-status]")).to_have_text(re.compile("Your wallet has sent it"), timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Pay with")).to_be_disabled()
    asked = [one["method"] for one in page.evaluate("askedOfWallet")]
    assert asked == [
        "eth_requestAccounts",
        "eth_chainId",
        "wallet_switchEthereumChain",
        "eth_chainId",
        "eth_sendTransaction",
    ]

    live.anvil.mine()
    expect(page.locator("[data-depth]")).to_have_text(f"Confirmations: 1 of {CONFIRMATIONS}", timeout=WAIT_MS)
    live.anvil.mine()
    expect(page.locator("[data-depth]")).to_have_text(f"Confirmations: 2 of {CONFIRMATIONS}", timeout=WAIT_MS)
    live.anvil.mine(CONFIRMATIONS)
    expect(page.locator("#live")).to_have_attribute("data-status", "paid", timeout=WAIT_MS)
    found = live.api.get(f"/checkout_sessions/{session['id']}").json()
    assert found["received"]["eth"] == "50"


# What a wallet refuses or answers, and what the page says of it.
ANSWERS: list[tuple[dict[str, int], dict[str, Any], str]] = [
    ({"eth_sendTransaction": 4001}, {}, "You declined in your wallet. Nothing was sent."),
    ({"eth_requestAccounts": 4001}, {}, "You declined in your wallet. Nothing was sent."),
    ({"eth_requestAccounts": -32002}, {}, "already shows a request"),
    # The catalogue has no public node of this chain, so no wallet can add it.
    ({"wallet_switchEthereumChain": 4902}, {"eth_chainId": "0x1"}, "nothing was sent. You can still"),
    ({"eth_sendTransaction": -32603}, {}, "did not say whether it sent the payment"),
    ({}, {"eth_sendTransaction": None}, "did not say whether it sent the payment"),
]


def test_what_a_wallet_answers_is_said_calmly(live: Live, page: Page) -> None:
    """Nothing was sent, where that is known; what is not known is never called failed."""
    session, owner = live.session(), with_wallet(page, live.anvil)
    for refusals, results, words in ANSWERS:
        owner.refusals, owner.results = refusals, results
        page.goto(session["url"])
        page.evaluate(WALLET)

        page.get_by_role("button", name="Pay with").click()

        status = page.locator("[data-wallets-status]")
        expect(status).to_contain_text(words, timeout=WAIT_MS)
        assert "failed" not in status.inner_text().lower()


def test_a_wallet_that_does_not_know_the_network_is_told_public_facts(live: Live, page: Page) -> None:
    """The catalogue's public node, and never one of the operator's."""
    session, owner = live.session(), with_wallet(page, live.anvil)
    owner.chain, owner.refusals = "0x1", {"wallet_switchEthereumChain": 4902}
    page.goto(session["url"])
    known = {"rpc": "https://rpc.example", "name": "Example", "coin": "ETH", "explorer": "https://scan.example"}
    page.evaluate("known => Object.assign(document.querySelector('[data-wallets]').dataset, known)", known)
    page.evaluate(WALLET)

    page.get_by_role("button", name="Pay with").click()

    expect(page.locator("[data-wallets-status]")).to_have_text(re.compile("has sent it"), timeout=WAIT_MS)
    (added,) = [
        one["params"][0] for one in page.evaluate("askedOfWallet") if one["method"] == "wallet_addEthereumChain"
    ]
    assert added["rpcUrls"] == ["https://rpc.example"] and added["chainId"] == hex(CHAIN_ID)
    assert live.anvil.url not in page.content()


def test_without_scripts_a_network_is_chosen_and_a_hash_explained(live: Live, open_page: OpenPage) -> None:
    """A link's session has no address until its buyer has chosen; the hash is explained, and what is no hash is said to
    be none."""
    page = open_page(java_script_enabled=False)
    page.goto(live.link()["checkoutUrl"])
    page.get_by_role("button", name="Continue to payment").click()
    expect(headline(page)).to_have_text("Choose how to pay")
    assert page.locator("[data-address]").count() == 0

    page.get_by_role("button", name="TEUR").click()
    address = page.locator("[data-address]").inner_text()
    assert re.fullmatch(r"0x[0-9a-fA-F]{40}", address) and address != address.lower()
    link = page.get_by_role("link", name="Open in a wallet app").get_attribute("href")
    assert link is not None and link.lower() == (
        f"ethereum:{live.anvil.other_token}@{CHAIN_ID}/transfer?address={address}&uint256={50 * ATOMIC}".lower()
    )

    sent = live.anvil.pay(address, 50 * ATOMIC)
    page.locator(".look-up summary").last.click()
    page.get_by_label("Transaction hash").fill(sent)
    page.get_by_role("button", name="Look it up").click()
    expect(page.locator("[data-looked-up]")).to_contain_text("waits for its turn")
    page.get_by_label("Transaction hash").fill("0x12")
    page.get_by_role("button", name="Look it up").click()
    expect(page.locator("[data-looked-up]")).to_contain_text("This is not a transaction hash.")


@pytest.mark.parametrize(("width", "scheme", "language"), [(390, "dark", "ar"), (1440, "light", "en")])
def test_the_page_can_be_used_by_everybody(
    live: Live, open_page: OpenPage, width: int, scheme: str, language: str
) -> None:
    """Nothing for axe to complain about and nothing to scroll sideways for, choosing and paying."""
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    with_wallet(page, live.anvil)
    page.goto(f"{live.session(locale=language)['url']}")
    page.evaluate(WALLET)
    expect(page.locator("[data-wallets]")).to_be_visible()
    for one in page.locator(".look-up summary").all():
        one.click()

    assert run_axe(page).violations == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_what_is_known_of_a_payment_can_be_read_by_everybody(live: Live, open_page: OpenPage) -> None:
    """The operator's networks, a transaction explained to the merchant and to the buyer, and money that fits nothing:
    true, nothing for axe to complain about, and nothing to scroll sideways for, on a phone and on a desk."""
    session = live.session()
    live.anvil.send("mint(address,uint256)", live.anvil.account, 10**9, to=live.untaken)
    part, lost = live.anvil.pay(session["address"], 20 * ATOMIC), session["address"]
    live.anvil.send("transfer(address,uint256)", lost, 7 * ATOMIC, to=live.untaken)
    live.anvil.mine(CONFIRMATIONS + 1)
    page = open_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page.goto(f"{live.url}/dashboard")
    page.get_by_label("E-mail address").fill(OWNER_EMAIL)
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Switch to live mode").click()

    def settled() -> bool:
        told = live.api.get("/unassigned_transfers", params={"status": "unassigned"}).json()["data"]
        return bool(told) and live.api.get(f"/checkout_sessions/{session['id']}").json()["received"]["eth"] == "20"

    deadline = time.monotonic() + WAIT_MS / 1_000
    while not settled():
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)
    seen = {
        "networks": (f"{live.url}/dashboard/networks", "anvil-0"),
        "explained": (f"{live.url}/dashboard/transfers/explain?hash={part}", "Counts as 20.00 USD"),
        "unassigned": (f"{live.url}/dashboard/unassigned", "7 OWN"),
        "buyer": (session["url"], "Transaction hash"),
    }
    problems = {}
    for name, (url, words) in seen.items():
        page.goto(url)
        if name == "buyer":
            page.locator(".look-up summary").last.click()
            page.get_by_label("Transaction hash").fill(part)
            page.get_by_role("button", name="Look it up").click()
            expect(page.locator("[data-looked-up]")).to_contain_text("counted towards your payment")
        expect(page.locator("main")).to_contain_text(words)
        for width, scheme in ((390, "dark"), (1440, "light")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = [one.rule for one in run_axe(page).violations]
            wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
            problems[name, width, scheme] = found + ["too wide"] * wide
    assert {one: found for one, found in problems.items() if found} == {}


def test_a_refund_goes_where_its_buyer_says_by_a_wallet_in_the_browser(live: Live, open_page: OpenPage) -> None:
    """On a phone the buyer enters an address, sees the whole of it and confirms it, once; the merchant sees amount,
    address and code, sends with a wallet whose hash fills the form, and the refund succeeds once that is final."""
    session = live.session()
    live.anvil.pay(session["address"], 50 * ATOMIC)
    live.anvil.mine(CONFIRMATIONS + 1)
    becomes(live, f"/checkout_sessions/{session['id']}", "paid")
    asked = {"paymentId": session["paymentId"], "amount": "20.00", "reason": "requested_by_customer"}
    refund = f"/refunds/{live.api.post('/refunds', json=asked).json()['id']}"
    link = live.api.post(f"{refund}/destination_link", json={}).json()["url"]
    buyer = open_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    buyer.goto(f"{live.url}/refunds/{link.rpartition('/')[2]}")
    looked_at(buyer)
    buyer.get_by_label("Your address on").fill("0x12")
    buyer.get_by_role("button", name="Continue").click()
    expect(buyer.get_by_role("alert")).to_contain_text("begins with 0x")
    buyer.get_by_label("Your address on").fill(BUYER.lower())
    buyer.get_by_role("button", name="Continue").click()
    expect(headline(buyer)).to_have_text("Is this your address?")
    assert "".join(buyer.locator(".address-groups span").all_inner_texts()) == BUYER
    looked_at(buyer)
    buyer.get_by_role("button", name="Yes, send my refund there").click()
    expect(headline(buyer)).to_have_text("Your address is confirmed")
    looked_at(buyer)
    assert (buyer.goto(f"{live.url}/refunds/{link.rpartition('/')[2]}") or buyer).status == 404  # type: ignore[union-attr]

    page = open_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
    with_wallet(page, live.anvil)
    page.goto(f"{live.url}/dashboard")
    page.get_by_label("E-mail address").fill(OWNER_EMAIL)
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Switch to live mode").click()
    page.goto(f"{live.url}/dashboard{refund}")
    expect(page.locator("#refund-destination")).to_have_text(BUYER)
    expect(page.locator("#refund-amount")).to_have_text("20")
    expect(page.get_by_alt_text("QR code with the destination alone")).to_be_visible()
    looked_at(page)
    page.evaluate(WALLET)
    page.get_by_role("button", name="Send with <b>Purse</b>").click()
    expect(page.get_by_label("Transaction hash")).to_have_value(re.compile("0x[0-9a-f]{64}"), timeout=WAIT_MS)
    live.anvil.mine()
    page.get_by_role("button", name="Mark as sent").click()
    expect(page.locator("main")).to_contain_text(f"of {CONFIRMATIONS} confirmations", timeout=WAIT_MS)
    looked_at(page)
    live.anvil.mine(CONFIRMATIONS)
    becomes(live, refund, "succeeded")
    assert live.anvil.received([BUYER]) == {BUYER: 20 * ATOMIC}


def becomes(live: Live, path: str, status: str) -> None:
    """Wait until what is at a path of the API has a status."""
    deadline = time.monotonic() + WAIT_MS / 1_000
    while (told := live.api.get(path).json()["status"]) != status:
        assert time.monotonic() < deadline, told
        time.sleep(0.1)


def looked_at(page: Page) -> None:
    """Nothing for axe to complain about, nothing to scroll sideways for."""
    assert [one.rule for one in run_axe(page).violations] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
