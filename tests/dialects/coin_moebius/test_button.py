"""The buy button on a plain page of another origin, in a real browser: click, provider, paid, status."""

import base64
import hashlib
import http.server
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.axe import run_axe
from tests.browser import OpenPage
from tests.running import RunningServer
from tillgate.dialects.coin_moebius.script import PATH, integrity, latest, snippet

BYTES_MAX = 12 * 1024
BASE = "/coin-moebius"


class Site:
    """A plain page elsewhere."""

    def __init__(self) -> None:
        self.html = ""
        site = self

        class Plain(http.server.BaseHTTPRequestHandler):
            """The page, whatever is asked for; no inline script or style is allowed on it."""

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("content-security-policy", "default-src 'none'; script-src *; connect-src *")
                self.end_headers()
                self.wfile.write(site.html.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Plain)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://localhost:{self._server.server_port}/"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Seller(NamedTuple):
    """A shop's server, and its plain page with the button on it."""

    server: RunningServer
    project: str
    product: str
    site: Site
    key: str

    @property
    def base(self) -> str:
        return f"{self.server.url}{BASE}"

    def show(self, page: Page, html: str | None = None) -> None:
        """Open the plain page, with the snippet on it or with other HTML."""
        body = html if html is not None else snippet(self.base, self.project, self.product)
        self.site.html = (
            f'<!doctype html><html lang="en"><title>A plain page</title><main><h1>A poster</h1>{body}</main></html>'
        )
        page.goto(self.site.url)

    def pay(self, page: Page) -> str:
        """Let the session that the page has come to be paid; its transaction."""
        page.wait_for_url(f"{self.server.url}/checkout/cs_*")
        session = page.url.rpartition("/")[2].partition("?")[0]
        with self.server.client(self.key) as client:
            answer = client.post(f"/checkout_sessions/{session}/simulate", json={"outcome": "paid"})
            assert answer.status_code == 200, answer.text
        return f"tx_{session[3:]}"

    def status(self, transaction: str) -> Any:
        return httpx.get(f"{self.base}/status/{self.project}/{transaction}", trust_env=False).json()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def seller(running: RunningServer, site: Site) -> Seller:
    project = running.first_project
    assert project is not None
    key = running.key()
    with running.client(key) as client:
        made = client.post("/products", json={"name": "Poster", "price": "29.99"}).json()
    return Seller(running, f"proj_{project[4:]}", made["id"], site, key)


def test_it_is_one_small_file_that_browsers_keep(running: RunningServer) -> None:
    """12 KiB at most, without dependencies; pages of every origin may load it, a named version for good, and the hash
    of the snippet is that of what is served."""
    assert len(latest()) <= BYTES_MAX
    assert b"import " not in latest()
    with httpx.Client(base_url=f"{running.url}{BASE}", trust_env=False) as client:
        plain = client.get(PATH)
        assert plain.content == latest()
        assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
        assert plain.headers.get_list("cache-control") == ["public, max-age=3600"]
        assert plain.headers["access-control-allow-origin"] == "*"
        version = snippet("https://x", "proj_1", "prod_1").partition("?v=")[2][:12]
        pinned = client.get(PATH, params={"v": version})
        assert pinned.headers.get_list("cache-control") == ["public, max-age=31536000, immutable"]
        assert client.get(PATH, params={"v": "unknown"}).headers["cache-control"] == "public, max-age=3600"
    assert integrity() == f"sha384-{base64.b64encode(hashlib.sha384(plain.content).digest()).decode()}"


@pytest.mark.spec("coin-moebius R2", "coin-moebius R6", "coin-moebius R22")
def test_a_click_leads_to_a_provider_and_to_the_money(seller: Seller, page: Page) -> None:
    """R2, R6, R22: with nothing but the pasted snippet, which holds no key, by mouse; what is paid natively is paid."""
    assert "cmk_" not in snippet(seller.base, seller.project, seller.product)
    seller.show(page)
    page.get_by_role("button", name="Buy now").click()
    page.get_by_role("button", name="Crypto").click()
    status = seller.status(seller.pay(page))
    assert (status["status"], status["amount"], status["currency"]) == ("succeeded", 29.99, "USD")


def test_all_of_it_works_by_keyboard(seller: Seller, page: Page) -> None:
    """Enter opens, Tab stays inside of the dialog, Escape closes and the focus is back on the button; targets are 44
    pixels, and the state is told to who cannot see it."""
    seller.show(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Choose how to pay")
    expect(dialog.get_by_role("button", name="Crypto")).to_be_visible()
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    focused = "document.querySelector('coin-moebius-buy').shadowRoot.activeElement.getAttribute('part')"
    seen = []
    for key in ("Tab", "Tab", "Shift+Tab", "Shift+Tab"):
        page.keyboard.press(key)
        seen.append(page.evaluate(focused))
    assert seen == ["provider", "close", "provider", "close"]
    for one in dialog.get_by_role("button").all():
        box = one.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.evaluate(focused) == "button"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert seller.status(seller.pay(page))["status"] == "succeeded"


EVENTS = """types => { window.heard = []; for (const type of types) document.addEventListener(type, event => {
    window.heard.push([type, event.detail?.provider ?? event.detail?.error?.message ?? null]);
    if (window.prevented?.includes(type)) event.preventDefault();
}) }"""


def test_events_reach_the_page_and_can_be_prevented(seller: Seller, page: Page) -> None:
    """`cm-load-providers`, `cm-checkout-started` with the provider, `cm-error` with the error: each bubbles to the
    document; whoever prevents one takes over."""
    seller.show(page)
    page.evaluate(EVENTS, ["cm-load-providers", "cm-checkout-started", "cm-error"])
    buy = page.get_by_role("button", name="Buy now")
    page.evaluate("window.prevented = ['cm-load-providers']")
    buy.click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.evaluate("window.prevented = ['cm-checkout-started']")
    buy.click()
    page.get_by_role("button", name="Crypto").click()
    assert page.evaluate("window.heard") == [
        ["cm-load-providers", None], ["cm-load-providers", None], ["cm-checkout-started", "crypto"],
    ]  # fmt: skip
    page.evaluate(
        "() => { window.prevented = [];"
        " document.querySelector('coin-moebius-buy').setAttribute('product-id', 'prod_none') }"
    )
    page.get_by_role("button", name="Crypto").click()
    expect(page.get_by_role("alert")).to_contain_text("No such product")
    assert page.evaluate("window.heard").pop()[0] == "cm-error"


def test_attributes_are_sent_along_and_hooks_take_over(seller: Seller, page: Page) -> None:
    """`amount`, `currency` and `customer-ref` for a price that the buyer says, slotted text as the label, another
    `endpoint`, `open()`, `setFetch` and `setNavigate`; a name that nobody guesses goes along, and stays that of the
    click."""
    script = snippet(seller.base, "x", "y").partition("\n")[0]
    seller.show(
        page,
        f'{script}<coin-moebius-buy project-id="proj_a b" product-id="p" amount="7.50" currency="USD" '
        'customer-ref="user_77" endpoint="https://relay.example/">Give what you like</coin-moebius-buy>',
    )
    expect(page.get_by_role("button", name="Give what you like")).to_be_visible()
    page.evaluate(
        """() => {
            const element = document.querySelector("coin-moebius-buy");
            window.calls = [];
            element.setFetch(async (url, request) => {
                window.calls.push([url, request.body ?? null, request.headers?.["Idempotency-Key"] ?? null]);
                const offered = { providers: [{ id: "crypto", name: "C" }] };
                const told = request.body ? { url: "https://pay.example/1" } : offered;
                return new Response(JSON.stringify(told));
            });
            element.setNavigate((url) => { window.went = url; });
            element.open();
        }"""
    )
    choice = page.get_by_role("button", name="C", exact=True)
    choice.click()
    page.wait_for_function("window.went")
    choice.click()
    page.wait_for_function("window.calls.length === 3")
    calls = page.evaluate("window.calls")
    assert calls[0][0] == "https://relay.example/api/projects/proj_a%20b/public-info"
    assert calls[1][0] == "https://relay.example/api/checkout/crypto/proj_a%20b"
    assert calls[1][1] == ('{"productId":"p","amount":7.5,"currency":"USD","metadata":{"customerRef":"user_77"}}')
    assert len(calls[1][2]) == 32
    assert calls[1] == calls[2]
    assert page.evaluate("window.went") == "https://pay.example/1"


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nobody_is_hindered(seller: Seller, open_page: OpenPage, look: str, width: int) -> None:
    """An axe run against WCAG 2.2 AA finds nothing, with the dialog closed and open; parts and variables style it, and
    a page whose policy allows no inline style shows it all the same."""
    page = open_page(color_scheme=look, viewport={"width": width, "height": 800})
    seller.show(page)
    page.evaluate("document.documentElement.style.colorScheme = 'light dark'")
    for _ in range(2):
        assert run_axe(page).violations == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if page.get_by_role("dialog").is_hidden():
            page.get_by_role("button", name="Buy now").click()
            expect(page.get_by_role("button", name="Crypto")).to_be_visible()
    parts = page.evaluate(
        "[...document.querySelector('coin-moebius-buy').shadowRoot.querySelectorAll('[part]')].map(one => one.part[0])"
    )
    assert {
        "button", "modal", "dialog", "provider", "provider-icon", "provider-name", "close", "instructions", "error",
    } <= set(parts)  # fmt: skip
    colour = page.evaluate(
        """() => {
            const element = document.querySelector("coin-moebius-buy");
            element.style.setProperty("--cm-button-bg", "rgb(1, 2, 3)");
            return getComputedStyle(element.shadowRoot.querySelector("[part=button]")).backgroundColor;
        }"""
    )
    assert colour == "rgb(1, 2, 3)"


def test_what_is_sent_by_mail_is_looked_at_and_then_confirmed(seller: Seller, page: Page) -> None:
    """In the dialog: first where to and how much, in the currency's own digits, which records nothing; then the code to
    write on it, which finds the payment."""
    server, project = seller.server, seller.server.project("By mail")
    server.cli("projects", "set", project, "--post-address", "1 Main Street, Berlin")
    key = server.key(project=project)
    with server.client(key) as client:
        product = client.post("/products", json={"name": "Print", "price": "25.00"}).json()["id"]
        by_mail = seller._replace(project=f"proj_{project[4:]}", product=product, key=key)
        by_mail.show(page)
        page.get_by_role("button", name="Buy now").click()
        page.get_by_role("button", name="Pay by mail").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("25.00 USD")).to_be_visible()
        expect(dialog.get_by_text("1 Main Street, Berlin")).to_be_visible()
        assert client.get("/orders").json()["data"] == []
        dialog.get_by_role("button", name="Confirm").click()
        expect(dialog.get_by_role("status")).to_have_text("Noted. Please send your payment.")
        expect(dialog.get_by_text("25.00 USD")).to_be_visible()
        [order] = client.get("/orders").json()["data"]
        session = client.get(f"/checkout_sessions/{order['sessionId']}").json()
        expect(dialog.get_by_text(f"Write this code on it: {session['address']}")).to_be_visible()
