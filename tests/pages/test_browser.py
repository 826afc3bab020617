"""The buyer's pages in a real browser, before a real server."""

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.axe import run_axe
from tests.browser import OpenPage
from tests.running import RunningServer
from tillgate.base.clock import SystemClock

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
NARROW = {"width": 320, "height": 640}
SERIOUS = {"serious", "critical"}
# What the page offers to have simulated while the session is pending; more can be driven by API.
OFFERED = ("detected", "paid", "underpaid", "overpaid", "late", "failed")
STATES = ("pending", "expired", *OFFERED)
AFTERWARDS = ("refunded", "partly refunded", "rest awaited", "accepted", "captured in part")
PLACES = (
    *STATES,
    *AFTERWARDS,
    "cancel",
    "other outcomes",
    "reversed",
    "wrong code",
    "code",
    "closed link",
    "offer",
    "free offer",
    "offer with a wrong address",
    "no such checkout",
    "/docs?q=sequence",
    "/docs/reference/events",
)

# A shared machine may be busy; what is waited for comes within two seconds on an idle one.
expect.set_options(timeout=20_000)
DESCRIPTION = "Two bags of freshly roasted beans, every month."


class Merchant:
    """Somebody who sells by the API. A paid buyer is sent to the server's own health page, to stay on this machine."""

    def __init__(self, running: RunningServer, api: httpx.Client) -> None:
        self.url = running.url
        self.after = f"{running.url}/healthz"
        self._database = running.data / "tillgate.db"
        self._api = api

    def link(self, **fields: Any) -> dict[str, Any]:
        offered = {"title": "Beans", "description": DESCRIPTION, "fiatAmount": "49.00"}
        return self._post("/payment_links", **(offered | fields))

    def close(self, link: dict[str, Any]) -> None:
        self._api.patch(f"/payment_links/{link['id']}", json={"active": False}).raise_for_status()

    def session(self, **fields: Any) -> dict[str, Any]:
        if "linkId" not in fields:
            fields["amount"] = {"value": "49.00", "currency": "USD"}
        session = self._post("/checkout_sessions", **fields)
        return session | {"url": f"{self.url}/checkout/{session['id']}"}

    def simulate(self, session: dict[str, Any], outcome: str) -> None:
        self._post(f"/checkout_sessions/{session['id']}/simulate", outcome=outcome)

    def status(self, session_url: str) -> str:
        status: str = self._api.get(f"/checkout_sessions/{session_url.rpartition('/')[2]}").json()["status"]
        return status

    def run_down(self, session: dict[str, Any], seconds_left: int) -> None:
        """Put a session's deadline close, which nobody can do by the API."""
        with contextlib.closing(sqlite3.connect(self._database, timeout=20, isolation_level=None)) as database:
            database.execute(
                "UPDATE checkout_sessions SET expires_at = ? WHERE id = ?",
                (SystemClock().now() + seconds_left * 1_000, session["id"]),
            )

    def session_in(self, state: str) -> dict[str, Any]:
        """A session of a link that has come to stand there."""
        session = self.session(linkId=self.link()["id"], cancelUrl="https://shop.example/cart")
        if state == "expired":
            self.run_down(session, 0)
        elif state != "pending":
            self.simulate(session, state)
        return session

    def session_after(self, what: str) -> dict[str, Any]:
        """A session of which something became after its money had come."""
        manual = what == "captured in part"
        session = self.session(captureMethod="manual" if manual else "automatic", cancelUrl=self.after)
        first = {"rest awaited": "underpaid", "accepted": "underpaid", "captured in part": "authorized"}
        self.simulate(session, first.get(what, "paid"))
        refund = {"paymentId": session["paymentId"], "reason": "other"}
        if what == "captured in part":
            self._post(f"/payments/{session['paymentId']}/capture", amount="30.00")
        elif what in ("refunded", "partly refunded"):
            self._post("/refunds", **refund, **({"amount": "9.00"} if what.startswith("partly") else {}))
        else:
            self._post(f"/orders/{session['orderId']}/{'wait' if what == 'rest awaited' else 'accept'}")
        return session

    def code(self, code: str) -> None:
        """A promotion code for a tenth."""
        coupon = self._post("/coupons", name="Spring", discountType="percentage", discountPercentage="10")
        self._post("/promotion_codes", code=code, couponId=coupon["id"])

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self._api.post(path, json=body)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made


@pytest.fixture(scope="module")
def merchant(running: RunningServer) -> Iterator[Merchant]:
    with running.client(running.key()) as api:
        yield Merchant(running, api)


def heading(page: Page) -> Any:
    return page.locator("#headline")


def stop_the_clock(page: Page) -> None:
    """From here on the page's time goes by only as the test says."""
    page.clock.install(time=0)
    page.clock.pause_at(1_000)


def test_link_visit_pay_success(merchant: Merchant, page: Page) -> None:
    """The whole way of a buyer: from the merchant's link to the merchant's thank-you page."""
    link = merchant.link(successUrl=merchant.after)
    stop_the_clock(page)

    page.goto(link["checkoutUrl"])
    expect(page.get_by_role("heading", name="Beans")).to_be_visible()
    page.get_by_role("button", name="Continue to payment").click()
    expect(page).to_have_url(re.compile(r"/checkout/cs_\w{26}$"))
    expect(page.get_by_role("heading", name="Beans")).to_be_visible()
    expect(page.get_by_text(DESCRIPTION)).to_be_visible()
    expect(heading(page)).to_have_text("Send 0.0196 test ETH")
    checkout = page.url
    page.get_by_role("button", name="Simulate: pay in full").click()

    expect(page).to_have_url(checkout)
    expect(heading(page)).to_have_text("Payment complete")
    expect(page.get_by_role("link", name="Continue to 127.0.0.1")).to_have_attribute("href", merchant.after)
    expect(page.get_by_text("Continuing in 5 s")).to_be_visible()
    page.clock.run_for(3_000)
    expect(page.get_by_text("Continuing in 2 s")).to_be_visible()
    page.clock.run_for(3_000)
    page.wait_for_url(merchant.after)
    assert merchant.status(checkout) == "paid"

    # Who comes back is not sent away again.
    page.go_back()
    expect(heading(page)).to_have_text("Payment complete")
    expect(page.get_by_role("button", name="Stay here")).to_be_hidden()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_offer_is_taken_by_the_keyboard_alone(merchant: Merchant, open_page: OpenPage, scripts: bool) -> None:
    """With and without scripts: the address can be changed, and Enter continues. A reload of the checkout opens nothing
    more, nor does the way back to the offer; whoever continues from there once more buys once more."""
    link = merchant.link()
    page = open_page(java_script_enabled=scripts, viewport=PHONE)
    page.goto(f"{link['checkoutUrl']}?client_reference_id=A-77&email=ada@shop.example")
    page.get_by_label("Your e-mail address").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("grace@shop.example")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/checkout/"))
    first = page.url
    session = merchant._api.get(f"/checkout_sessions/{first.rpartition('/')[2]}?expand=customer").json()
    assert (session["clientReferenceId"], session["customer"]["email"]) == ("A-77", "grace@shop.example")

    page.reload()
    page.go_back()
    expect(page.get_by_role("heading", name="Beans")).to_be_visible()
    assert len(merchant._api.get("/checkout_sessions", params={"linkId": link["id"]}).json()["data"]) == 1
    page.goto(link["checkoutUrl"])
    page.get_by_role("button", name="Continue to payment").click()
    page.wait_for_url(re.compile("/checkout/"))
    assert page.url != first
    listed = merchant._api.get("/checkout_sessions", params={"linkId": link["id"]}).json()["data"]
    assert len(listed) == 2


def test_two_tabs_of_one_offer_are_two_purchases(merchant: Merchant, open_page: OpenPage) -> None:
    """Each tab was shown an offer of its own; a free one is complete in each."""
    link = merchant.link(fiatAmount="0")
    tabs = [open_page(), open_page()]
    for tab in tabs:
        tab.goto(link["checkoutUrl"])
    for tab in tabs:
        tab.get_by_role("button", name="Complete the order").dblclick()
        tab.wait_for_url(re.compile("/checkout/"))
        expect(heading(tab)).to_have_text("Nothing to pay")
    assert tabs[0].url != tabs[1].url
    assert merchant._api.get(f"/payment_links/{link['id']}").json()["completedSessions"] == 2


def test_a_page_that_has_ended_looks_for_refunds_and_then_rests(merchant: Merchant, page: Page) -> None:
    """Twice a minute, for half an hour; then only when its reader comes back, who sees at once what was given back."""
    session = merchant.session_in("failed")
    looks: list[str] = []
    page.on("request", lambda request: looks.append(request.url) if "/state?" in request.url else None)
    stop_the_clock(page)
    page.goto(session["url"])
    for _ in range(2):
        with page.expect_response(re.compile("/state")):
            page.clock.run_for(31_000)
    assert len(looks) == 2
    page.clock.fast_forward(30 * 60_000)
    page.clock.run_for(10 * 60_000)
    assert len(looks) == 2
    with page.expect_response(re.compile("/state")):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_each_buyer_who_continues_opens_one_session(merchant: Merchant, open_page: OpenPage) -> None:
    """None for who only looks, not two for a double click, a favicon or a preload, and not the one before."""
    link = merchant.link()
    open_page().goto(link["checkoutUrl"], wait_until="networkidle")
    found = set()
    for _ in range(2):
        page = open_page()
        page.goto(link["checkoutUrl"], wait_until="networkidle")
        page.get_by_role("button", name="Continue to payment").dblclick()
        page.wait_for_url(re.compile("/checkout/"))
        found.add(page.url)

    listed = merchant._api.get("/checkout_sessions", params={"linkId": link["id"]}).json()["data"]

    assert {f"{merchant.url}/checkout/{one['id']}" for one in listed} == found
    assert len(found) == 2


def test_the_page_follows_the_payment_automatically(merchant: Merchant, page: Page) -> None:
    """Nobody reloads: the panel, the title and a screen reader's announcement change as the money moves."""
    session = merchant.session()
    page.goto(session["url"])
    expect(page).to_have_title(re.compile("Pay \\$49.00 USD"))
    page.evaluate("window.untouched = true")

    merchant.simulate(session, "detected")
    expect(heading(page)).to_have_text("Payment seen")
    expect(page).to_have_title(re.compile("Payment seen"))
    expect(page.get_by_role("status")).to_contain_text("Your payment was seen")
    expect(page.get_by_role("button", name="Simulate: confirm")).to_be_visible()
    merchant.simulate(session, "paid")
    expect(heading(page)).to_have_text("Payment complete")
    expect(page.get_by_role("status")).to_contain_text("Your payment is complete. Thank you.")
    # A second payment can be rehearsed, so nothing is called final.
    expect(page.get_by_role("button", name="Simulate: pay again")).to_be_visible()
    assert page.evaluate("window.untouched") is True


def test_a_buyer_who_watches_the_payment_arrive_returns_to_the_shop(merchant: Merchant, page: Page) -> None:
    """Without a click, and without a reload."""
    session = merchant.session(successUrl=merchant.after)
    page.goto(session["url"])

    merchant.simulate(session, "paid")

    page.wait_for_url(merchant.after, timeout=30_000)


def test_stay_here_stays(merchant: Merchant, page: Page) -> None:
    """The button ends the countdown, and so does any key, because a screen reader needs longer."""
    for way in ("click", "key"):
        session = merchant.session(successUrl=merchant.after)
        merchant.simulate(session, "paid")
        if way == "click":
            stop_the_clock(page)
        page.goto(session["url"])
        expect(page.get_by_role("button", name="Stay here")).to_be_visible()
        if way == "click":
            page.get_by_role("button", name="Stay here").click()
        else:
            page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Stay here")).to_be_hidden()
        page.clock.run_for(20_000)
        expect(page).to_have_url(session["url"])


def test_the_time_runs_down_and_out(merchant: Merchant, page: Page) -> None:
    """The countdown moves, the last minute is announced, and the end shows on its own with a way on."""
    session = merchant.session(linkId=merchant.link()["id"])
    merchant.run_down(session, 10)
    page.goto(session["url"])

    timer = page.get_by_role("timer")
    first = timer.inner_text()
    expect(timer).not_to_have_text(first)
    expect(heading(page)).to_have_text("The time is up", timeout=40_000)
    expect(page.get_by_role("status")).to_contain_text("do not send anything to this address")
    page.get_by_role("link", name="Start again").click()
    page.get_by_role("button", name="Continue to payment").click()
    expect(heading(page)).to_have_text("Send 0.0196 test ETH")
    assert page.url != session["url"]


def test_the_last_minute_is_announced(merchant: Merchant, page: Page) -> None:
    """Once, to somebody who cannot see the numbers turn red."""
    session = merchant.session()
    merchant.run_down(session, 50)
    page.goto(session["url"])

    expect(page.get_by_role("status")).to_have_text("One minute is left to pay.")


@pytest.mark.parametrize("outcome", OFFERED)
def test_each_outcome_without_javascript(merchant: Merchant, open_page: OpenPage, outcome: str) -> None:
    """The test controls are plain forms, and the page a plain page that refreshes itself."""
    session = merchant.session(successUrl=merchant.after)
    page = open_page(java_script_enabled=False, viewport=PHONE)
    page.goto(session["url"])

    expect(page.get_by_text(session["address"])).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    if outcome != "paid":
        page.get_by_text("Other outcomes").click()
    page.locator(f"button[name=outcome][value={outcome}]").click()

    expect(page).to_have_url(session["url"])
    expected = "paid_late" if outcome == "late" else outcome
    expect(page.locator(f"[data-status={expected}]")).to_be_visible()
    assert merchant.status(session["url"]) == expected
    if outcome == "paid":
        page.get_by_role("link", name="Continue to 127.0.0.1").click()
        expect(page).to_have_url(merchant.after)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_buyer_types_a_promotion_code_and_pays_less(merchant: Merchant, open_page: OpenPage, scripts: bool) -> None:
    """A wrong one is told beside the field, which keeps it; the right one changes the price, and can be removed."""
    code = f"TENTH{scripts}"
    merchant.code(code)
    session = merchant.session(allowPromotionCodes=True)
    page = open_page(java_script_enabled=scripts, viewport=PHONE)
    page.goto(session["url"])
    page.get_by_text("Add a promotion code").click()
    field = page.get_by_label("Promotion code")

    field.fill("TENHT")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert")).to_have_text("This code is not valid. Please check the spelling.")
    expect(field).to_have_value("TENHT")
    expect(field).to_be_focused()
    field.fill(code.lower())
    field.press("Enter")
    expect(page.locator("#sum")).to_contain_text("−$4.90")
    expect(heading(page)).to_have_text("Send 0.01764 test ETH")
    page.get_by_role("button", name="Remove the code").click()
    expect(heading(page)).to_have_text("Send 0.0196 test ETH")
    page.get_by_text("Add a promotion code").click()
    field.fill(code)
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("button", name="Simulate: pay in full").click()
    expect(page.get_by_text("has your payment of $44.10 USD")).to_be_visible()


def test_a_code_that_is_applied_elsewhere_shows_here_too(merchant: Merchant, open_page: OpenPage) -> None:
    """Two windows of one checkout never ask for two prices; what is being typed in one is not lost to looking again."""
    merchant.code("BOTH")
    session = merchant.session(allowPromotionCodes=True)
    here, there = open_page(), open_page()
    for page in (here, there):
        page.goto(session["url"])
        page.get_by_text("Add a promotion code").click()
    with here.expect_response("**/state?*"):
        here.get_by_label("Promotion code").fill("BO")
    expect(here.get_by_label("Promotion code")).to_have_value("BO")
    there.get_by_label("Promotion code").fill("BOTH")
    there.get_by_role("button", name="Apply").click()

    expect(here.locator("#sum")).to_contain_text("$44.10")
    expect(heading(here)).to_have_text("Send 0.01764 test ETH")


def test_without_javascript_the_page_refreshes_itself(merchant: Merchant, open_page: OpenPage) -> None:
    """Every ten seconds, by the oldest means there is."""
    session = merchant.session()
    page = open_page(java_script_enabled=False)
    page.goto(session["url"])

    refresh = page.locator("meta[http-equiv=refresh]")
    expect(refresh).to_have_attribute("content", f"10;url=/checkout/{session['id']}")


def test_copying_the_address(merchant: Merchant, open_page: OpenPage) -> None:
    """The clipboard holds exactly the address, and the button says so."""
    session = merchant.session()
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(session["url"])

    page.get_by_role("button", name="Copy the address").click()

    expect(page.get_by_role("button", name="Copied the address")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == session["address"]


def test_a_lost_connection_is_reported_and_made_again(merchant: Merchant, page: Page) -> None:
    """The page goes on looking, and says what it is waiting for."""
    session = merchant.session()
    page.goto(session["url"])
    words = page.get_by_text("No connection to the shop.")
    expect(words).to_be_hidden()

    page.route("**/state?*", lambda route: route.abort())
    expect(words).to_be_visible()
    page.unroute("**/state?*")
    expect(words).to_be_hidden()


def test_the_keyboard_reaches_everything_in_order(merchant: Merchant, page: Page) -> None:
    """Skip link, test controls, copy buttons, cancel: in the order in which they are read; focus is visible."""
    session = merchant.session(returnUrl="https://shop.example/cart")
    page.goto(session["url"])

    names = []
    for _ in range(7):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.innerText.replace(/\\s+/g, ' ').trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert outline == "3px", names[-1]

    assert names == [
        "Skip to the payment",
        "Simulate: pay in full",
        "Other outcomes",
        "Back to shop.example",
        "Copy the amount",
        "Copy the address",
        "Leave without paying",
    ]


def test_the_list_of_outcomes_opens_and_closes_by_keyboard(merchant: Merchant, page: Page) -> None:
    """Enter opens it, Escape closes it and gives the focus back."""
    page.goto(merchant.session()["url"])
    summary = page.get_by_text("Other outcomes")
    summary.focus()

    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pay too little")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Pay too little")).to_be_hidden()
    expect(summary).to_be_focused()


def test_an_open_page_follows_what_the_merchant_does(merchant: Merchant, page: Page) -> None:
    """Waiting for the rest, the rest, and a refund: each shows without a reload."""
    session = merchant.session()
    page.goto(session["url"])
    page.evaluate("window.untouched = true")
    merchant.simulate(session, "underpaid")
    expect(heading(page)).to_have_text("Part of the amount arrived")
    merchant._post(f"/orders/{session['orderId']}/wait")
    look_again(page)
    expect(heading(page)).to_have_text("Send the rest: 0.0098 test ETH")
    expect(page.get_by_text(session["address"])).to_be_visible()
    expect(page.locator(".qr img")).to_be_visible()
    merchant.simulate(session, "top_up")
    expect(heading(page)).to_have_text("Payment complete")
    merchant._post("/refunds", paymentId=session["paymentId"], reason="other")
    look_again(page)
    expect(heading(page)).to_have_text("Your payment was refunded")
    expect(page.get_by_text("has sent $49.00 USD back to you")).to_be_visible()
    assert page.evaluate("window.untouched") is True


def look_again(page: Page) -> None:
    """What happens when somebody comes back to the page, without the wait for its next look."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_the_countdown_follows_the_servers_deadline(merchant: Merchant, page: Page) -> None:
    """A test clock is put forward by half an hour, and the page's own clock stands still: the next look is right."""
    clock = merchant._post("/test_clocks")
    session = merchant.session(testClockId=clock["id"])
    page.goto(session["url"])
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^59:|^1:00:00"))
    merchant._post(f"/test_clocks/{clock['id']}/advance", seconds=1_800)
    look_again(page)
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^29:|^30:00"))


def test_focus_is_not_lost_when_the_state_changes(merchant: Merchant, page: Page) -> None:
    """Who stood on a button that is gone goes on from the new headline."""
    session = merchant.session()
    page.goto(session["url"])
    page.get_by_role("button", name="Copy the address").focus()

    merchant.simulate(session, "paid")

    expect(heading(page)).to_have_text("Payment complete")
    expect(heading(page)).to_be_focused()


def test_cancelling_leads_back_or_to_the_shop(merchant: Merchant, page: Page) -> None:
    """Nothing was charged, and the payment is one click away."""
    session = merchant.session(cancelUrl=merchant.after)
    page.goto(session["url"])
    page.get_by_role("link", name="Leave without paying").click()

    expect(page.get_by_role("heading", name="Nothing was charged")).to_be_visible()
    page.get_by_role("link", name="Back to the payment").click()
    expect(page).to_have_url(session["url"])
    page.go_back()
    page.get_by_role("link", name="Return to 127.0.0.1").click()
    expect(page).to_have_url(merchant.after)


@pytest.mark.parametrize("state", PLACES)
def test_no_page_hinders_anybody(merchant: Merchant, open_page: OpenPage, state: str) -> None:
    """An axe run against WCAG 2.2 AA finds nothing serious, light on a desk and dark on a phone, and nothing sticks out
    of a narrow one."""
    page = open_page(color_scheme="light", viewport=DESKTOP)
    if state == "closed link":
        link = merchant.link()
        merchant.close(link)
        page.goto(link["checkoutUrl"])
    elif "offer" in state:
        link = merchant.link(**({"fiatAmount": "0"} if state == "free offer" else {}))
        page.goto(f"{link['checkoutUrl']}?reference=A-77{'&email=ada@shop.example' if 'address' in state else ''}")
        if "address" in state:
            page.get_by_label("Your e-mail address").fill("ada@shop")
            page.get_by_label("Your e-mail address").evaluate("field => { field.type = 'text'; field.value = 'ada@' }")
            page.get_by_role("button", name="Continue to payment").click()
            expect(page.get_by_text("Please check this e-mail address")).to_be_visible()
    elif state.startswith("/docs"):
        page.goto(f"{merchant.url}{state}")
    elif state == "no such checkout":
        page.goto(f"{merchant.url}/checkout/cs_nothing")
    elif state == "cancel":
        page.goto(f"{merchant.session_in('pending')['url']}/cancel")
    elif state in AFTERWARDS:
        page.goto(merchant.session_after(state)["url"])
    elif state == "reversed":
        session = merchant.session_in("detected")
        merchant.simulate(session, "reorged")
        page.goto(session["url"])
        expect(page.get_by_text("the network has dropped it")).to_be_visible()
    elif state in ("wrong code", "code"):
        merchant.code(state.replace(" ", "-"))
        page.goto(merchant.session(allowPromotionCodes=True)["url"])
        page.get_by_text("Add a promotion code").click()
        page.get_by_label("Promotion code").fill("NONE" if state == "wrong code" else "code")
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_text("not valid" if state == "wrong code" else "Remove the code")).to_be_visible()
    elif state == "other outcomes":
        page.goto(merchant.session_in("pending")["url"])
        page.get_by_text("Other outcomes").click()
    else:
        page.goto(merchant.session_in(state)["url"])
        if state == "expired":
            expect(heading(page)).to_have_text("The time is up")

    # axe cannot judge text on a picture: the stub's arches are replaced by the palest colour in them.
    page.evaluate(
        """document.querySelector(".stub")?.style.setProperty(
            "background", "color-mix(in srgb, var(--stub) 95%, white)")"""
    )
    for viewport, scheme in ((NARROW, "light"), (DESKTOP, "light"), (PHONE, "dark")):
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        if viewport is NARROW:
            continue  # the phone's layout again; axe has nothing new to see
        found = run_axe(page)
        assert [one for one in found.violations if one.impact in SERIOUS] == []
        # Nor does a contrast go unexamined, but for the monogram, one letter for the eye only, and for what
        # the open list covers.
        htmls = [one.html for one in found.incomplete if one.rule == "color-contrast"]
        assert state == "other outcomes" or [html for html in htmls if "monogram" not in html] == []
