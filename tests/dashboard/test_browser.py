"""The dashboard in a real browser, before a real server."""

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.axe import run_axe
from tests.browser import OpenPage
from tests.dashboard.conftest import RAW_KEY, RAW_SECRET
from tests.receiver import Receiver
from tests.running import OWNER_EMAIL, OWNER_PASSWORD, RunningServer
from tillgate.access import API_SCOPES

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
LONG = "A title that goes on and on, as titles do when nobody stops them, " * 3


def sign_in(page: Page, url: str, path: str = "/dashboard") -> None:
    page.goto(f"{url}{path}")
    page.get_by_label("E-mail address").fill(OWNER_EMAIL)
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{url}{path}")


def setup_link(server: RunningServer) -> str:
    """The link that the server printed for its operator."""
    found = re.search(r"http://\S+/dashboard/setup/\S+(?=\s)", server.log.read_text())
    assert found is not None, f"no set-up link was printed:\n{server.log.read_text()}"
    return found[0]


@pytest.fixture
def owner(running: RunningServer, page: Page) -> Page:
    """The owner's browser, signed in, on the overview."""
    sign_in(page, running.url)
    return page


def create_key(page: Page, url: str, name: str, mode: str = "Test") -> str:
    """Make a key as a person does; its text."""
    page.goto(f"{url}/dashboard/api-keys")
    page.get_by_role("button", name="Create key").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("radio", name=mode, exact=True).check()
    page.get_by_role("checkbox", name="sessions:read", exact=True).check()
    page.get_by_role("button", name="Create", exact=True).click()
    key = page.locator("#new-key").inner_text()
    assert RAW_KEY.fullmatch(key)
    return key


def status_with(url: str, key: str) -> int:
    answer = httpx.get(f"{url}/api/v1/checkout_sessions", headers={"Authorization": f"Bearer {key}"}, trust_env=False)
    return answer.status_code


def test_a_fresh_server_is_set_up_with_the_link_of_the_terminal(fresh_server: RunningServer, page: Page) -> None:
    """From the printed link to the first page in one form; the link does not work again. crypto-checkout R11."""
    link = setup_link(fresh_server)
    page.goto(link)
    page.get_by_label("Shop or project").fill("Corner shop")
    page.get_by_label("E-mail address").fill("me@example.com")
    page.get_by_label("Password", exact=True).fill("a good long password")
    page.get_by_role("button", name="Set up and sign in").click()
    expect(page.get_by_role("heading", name="Corner shop")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("This server is set up.")
    page.goto(link)
    expect(page.get_by_role("heading", name="This set-up link does not work.")).to_be_visible()


def test_signing_in_leads_to_where_one_was_headed(running: RunningServer, page: Page) -> None:
    """A wrong password is told and the address kept; then in, and out again. crypto-checkout R11, R12."""
    page.goto(f"{running.url}/dashboard/api-keys")
    page.get_by_label("E-mail address").fill(OWNER_EMAIL)
    page.get_by_label("Password", exact=True).fill("wrong password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("is wrong")
    expect(page.get_by_label("E-mail address")).to_have_value(OWNER_EMAIL)
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="API Keys", exact=True)).to_be_visible()
    expect(page).to_have_url(f"{running.url}/dashboard/api-keys")
    cookie = next(one for one in page.context.cookies() if one["name"] == "tillgate_session")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert not cookie["secure"]  # plain http, here
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    page.go_back()
    page.reload()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_key_is_shown_once_copied_and_never_again(running: RunningServer, open_page: OpenPage) -> None:
    """By the navigation to the page, by the button to the form, by Create to the key; then it is gone for good.

    crypto-checkout R12, R13, R14, R15, R16, R18, R65.
    """
    page = open_page(viewport=DESKTOP, permissions=["clipboard-read", "clipboard-write"])
    sign_in(page, running.url)
    page.get_by_role("navigation", name="Dashboard").get_by_role("link", name="API Keys").click()
    expect(page).to_have_url(f"{running.url}/dashboard/api-keys")
    key = create_key(page, running.url, "Copied key")
    expect(page.get_by_text("It is not shown again.")).to_be_visible()
    page.get_by_role("button", name="Copy key").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == key
    assert key not in page.url
    assert status_with(running.url, key) == 200

    page.reload()
    expect(page.get_by_role("heading", name="API Keys", exact=True)).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Copied key")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(f"{key[:14]}…{key[-4:]}")
    assert key not in page.content()
    page.go_back()
    assert key not in page.content()
    page.go_forward()
    assert key not in page.content()
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    assert key not in stored


def test_without_scripts_a_reload_shows_no_key_and_makes_none(running: RunningServer, open_page: OpenPage) -> None:
    """The browser sends the form again, and the server knows it. crypto-checkout R16, R18."""
    page = open_page(java_script_enabled=False, viewport=DESKTOP)
    sign_in(page, running.url)
    key = create_key(page, running.url, "Plain key")
    expect(page.get_by_role("button", name="Copy key")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("heading", name="This key was already created.")).to_be_visible()
    assert key not in page.content()
    page.goto(f"{running.url}/dashboard/api-keys")
    expect(page.get_by_role("row").filter(has_text="Plain key")).to_have_count(1)


def test_a_key_is_revoked_from_the_list(running: RunningServer, owner: Page) -> None:
    """Asked first; the very next request gets 401, and its successor works. crypto-checkout R19, R51, R67, R68, R69."""
    lost = create_key(owner, running.url, "Lost key")
    successor = create_key(owner, running.url, "Successor key")
    owner.goto(f"{running.url}/dashboard/api-keys")
    owner.get_by_role("link", name="Revoke Lost key").click()
    expect(owner.get_by_role("heading", name="Revoke “Lost key”?")).to_be_visible()
    owner.get_by_role("link", name="Keep it").click()
    assert status_with(running.url, lost) == 200
    owner.get_by_role("link", name="Revoke Lost key").click()
    owner.get_by_role("button", name="Revoke key").click()
    expect(owner.get_by_role("status")).to_contain_text("No process accepts the key any more.")
    expect(owner.get_by_text("Confirmed by")).to_be_visible()
    owner.get_by_role("main").get_by_role("link", name="Back to API Keys").click()
    expect(owner.get_by_role("row").filter(has_text="Lost key")).to_contain_text("Revoked")
    expect(owner.get_by_role("link", name="Revoke Lost key")).to_have_count(0)
    assert status_with(running.url, lost) == 401
    assert status_with(running.url, successor) == 200


def test_the_helpers_choose_scopes(running: RunningServer, owner: Page) -> None:
    """All, those that only read, none; each box still goes on its own. crypto-checkout R35, R38."""
    owner.goto(f"{running.url}/dashboard/api-keys/new")
    boxes = owner.get_by_role("group", name="Scopes").get_by_role("checkbox")

    def chosen() -> list[str]:
        values: list[str] = boxes.evaluate_all("all => all.filter(one => one.checked).map(one => one.value)")
        return values

    assert chosen() == []
    owner.get_by_role("button", name="Select all").click()
    assert chosen() == list(API_SCOPES)
    owner.get_by_role("button", name="Read only").click()
    assert chosen() == [scope for scope in API_SCOPES if scope.endswith(":read")]
    owner.get_by_role("checkbox", name="events:read", exact=True).uncheck()
    assert "events:read" not in chosen()
    owner.get_by_role("button", name="Clear").click()
    assert chosen() == []


def test_the_mode_can_not_be_misread(running: RunningServer, owner: Page) -> None:
    """Both words are spelled out, the bands have different colours, and the switch says where it leads."""
    band = owner.get_by_role("region", name="Mode")
    expect(band).to_contain_text("Test mode")
    amber = band.evaluate("one => getComputedStyle(one).backgroundColor")
    owner.get_by_role("button", name="Switch to live mode").click()
    expect(band).to_contain_text("Live mode")
    assert band.evaluate("one => getComputedStyle(one).backgroundColor") != amber
    owner.get_by_role("button", name="Switch to test mode").click()
    expect(band).to_contain_text("Test mode")


def test_a_link_is_shared_visited_and_paid_and_its_session_follows(running: RunningServer, owner: Page) -> None:
    """The session's page moves on its own while somebody looks at it."""
    owner.goto(f"{running.url}/dashboard/payment-links")
    owner.get_by_role("link", name="New link").first.click()
    owner.get_by_label("Title").fill("Browser plan")
    owner.get_by_label("Amount").fill("49.00")
    owner.get_by_role("button", name="Create link").click()
    expect(owner.get_by_role("heading", name="Browser plan")).to_be_visible()
    share = owner.locator("#share-url").inner_text()
    visit = httpx.post(share, trust_env=False)
    assert visit.status_code == 303
    session = visit.headers["location"].rpartition("/")[2]
    owner.goto(f"{running.url}/dashboard/sessions/{session}")
    status = owner.locator("#session .figure").get_by_role("status")
    expect(status).to_have_text("Pending")
    owner.evaluate("window.untouched = true")
    with running.client(running.key()) as api:
        api.post(f"/checkout_sessions/{session}/simulate", json={"outcome": "detected"}).raise_for_status()
    expect(status).to_have_text("Detected")
    assert owner.evaluate("window.untouched") is True
    owner.get_by_role("button", name="Paid", exact=True).click()
    expect(status).to_have_text("Paid")
    # A second payment can be rehearsed.
    expect(owner.get_by_role("button", name="Paid", exact=True)).to_be_visible()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_times_are_the_viewers_and_utc_where_the_pointer_rests(
    running: RunningServer, open_page: OpenPage, zone: str
) -> None:
    """Whatever zone the browser is in: each time is told in it, with its name; the same instant in UTC is its title."""
    page = open_page(timezone_id=zone)
    sign_in(page, running.url)
    create_key(page, running.url, f"From {zone}")
    page.goto(f"{running.url}/dashboard/api-keys")
    times = page.locator("main time[title]")
    expect(times.first).to_be_visible()
    hours = {"America/New_York": "GMT-[45]", "Asia/Tokyo": r"GMT\+9"}[zone]
    for time in times.all():
        at = datetime.fromisoformat(time.get_attribute("datetime") or "")
        local, utc = at.astimezone(ZoneInfo(zone)), time.get_attribute("title") or ""
        if re.search(r"just now$|ago$", time.text_content() or ""):
            continue  # when a key was last used is the same everywhere
        assert re.search(rf"{local:%H:%M}.* {hours}$", time.text_content() or ""), (zone, time.text_content())
        assert f"{at.astimezone(UTC):%H:%M}" in utc
        assert "UTC" in utc
        assert f"{local.day} " in (time.text_content() or "")


def test_an_outcome_that_comes_too_late_is_explained(running: RunningServer, open_page: OpenPage) -> None:
    """The button of a page that is older than its session changes nothing, says why, and leads back."""
    page = open_page(java_script_enabled=False, viewport=DESKTOP)
    sign_in(page, running.url)
    with running.client(running.key()) as api:
        made = api.post("/checkout_sessions", json={"amount": {"value": "49.00", "currency": "USD"}}).json()
        page.goto(f"{running.url}/dashboard/sessions/{made['id']}")
        simulate = {"outcome": "paid"}
        api.post(f"/checkout_sessions/{made['id']}/simulate", json=simulate).raise_for_status()
        page.get_by_role("button", name="Failed", exact=True).click()
        expect(page.get_by_role("heading", name="That is not possible right now.")).to_be_visible()
        expect(page.get_by_text("it is paid; only a second payment can still arrive")).to_be_visible()
        assert api.get(f"/checkout_sessions/{made['id']}").json()["status"] == "paid"
    page.go_back()
    page.reload()
    expect(page.locator("#session .figure").get_by_role("status")).to_have_text("Paid")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_refund_is_asked_for_and_sent_once(running: RunningServer, open_page: OpenPage, scripts: bool) -> None:
    """What is possible is filled in; too much comes back at its field; a form that is sent again after its answer was
    lost gives nothing back again. With and without scripts."""
    page = open_page(java_script_enabled=scripts, viewport=PHONE)
    sign_in(page, running.url)
    with running.client(running.key()) as api:
        made = api.post("/checkout_sessions", json={"amount": {"value": "49.00", "currency": "USD"}}).json()
        api.post(f"/checkout_sessions/{made['id']}/simulate", json={"outcome": "paid"}).raise_for_status()
        page.goto(f"{running.url}/dashboard/sessions/{made['id']}")
        page.get_by_role("link", name="Refund", exact=True).click()
        amount = page.get_by_label("Amount")
        expect(amount).to_have_value("49.00")
        amount.fill("50.00")
        page.get_by_role("button", name="Refund", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("At most 49.00 USD")
        expect(amount).to_have_value("50.00")
        amount.fill("2.00")
        sent: list[str] = []

        def lose_the_answer(route: Any) -> None:
            route.fetch(max_redirects=0)
            sent.append(route.request.post_data or "")
            route.abort()

        page.route("**/refund", lose_the_answer, times=1)
        page.get_by_role("button", name="Refund", exact=True).click()
        page.wait_for_function("() => true") if scripts else page.wait_for_load_state()
        assert len(sent) == 1
        with httpx.Client(
            trust_env=False, cookies={one["name"]: one["value"] for one in page.context.cookies()}
        ) as again:
            headers = {"Origin": running.url, "Content-Type": "application/x-www-form-urlencoded"}
            answer = again.post(
                f"{running.url}/dashboard/sessions/{made['id']}/refund", content=sent[0], headers=headers
            )
        assert answer.status_code == 303
        refunds = api.get("/refunds", params={"paymentId": made["paymentId"]}).json()["data"]
        assert [one["amount"] for one in refunds] == ["2.00"]
        # Another page: this one may still be on its way to the browser's own page of errors.
        page = page.context.new_page()
        page.goto(f"{running.url}/dashboard/sessions/{made['id']}")
        expect(page.locator("#session .figure").get_by_role("status")).to_have_text("Partly refunded")


def test_a_webhook_is_added_tested_and_replayed(running: RunningServer, owner: Page, receiver: Receiver) -> None:
    """Its secret is shown once; the test's answer and each delivery are there to be read."""
    owner.goto(f"{running.url}/dashboard/webhooks")
    owner.get_by_role("link", name="New endpoint").first.click()
    owner.get_by_label("URL").fill(f"{receiver.url}/hook")
    expect(owner.get_by_role("checkbox", name="All events")).to_be_checked()
    owner.locator("summary").filter(has_text="Session").click()
    owner.get_by_role("checkbox", name="session.created", exact=True).check()
    expect(owner.get_by_role("checkbox", name="All events")).not_to_be_checked()
    owner.get_by_role("button", name="Create", exact=True).click()
    secret = owner.locator("#new-secret").inner_text()
    assert RAW_SECRET.fullmatch(secret)
    owner.reload()
    expect(owner.get_by_role("heading", name=f"{receiver.url}/hook")).to_be_visible()
    assert secret not in owner.content()

    owner.get_by_role("button", name="Test", exact=True).click()
    expect(owner.get_by_role("heading", name="The test arrived")).to_be_visible()
    expect(owner.get_by_role("region", name="The test arrived")).to_contain_text("thank you")
    with running.client(running.key()) as api:
        amount = {"value": "5.00", "currency": "USD"}
        api.post("/checkout_sessions", json={"amount": amount}).raise_for_status()
    receiver.wait_for(lambda received: len(received) == 2)
    owner.goto(owner.url.partition("?")[0])
    first = owner.locator(".deliveries > li").first
    expect(first).to_contain_text("session.created")
    first.locator("summary").click()
    first.get_by_role("button", name="Replay").click()
    expect(owner.get_by_role("status")).to_contain_text("sent again")
    receiver.wait_for(lambda received: len(received) == 3)
    expect(owner.locator(".deliveries > li")).to_have_count(3)
    expect(owner.locator(".deliveries > li").first).to_contain_text("Delivered")

    owner.get_by_role("link", name="Replay events").click()
    expect(owner.get_by_role("radio", name="Missed events only")).to_be_checked()
    owner.get_by_role("radio", name="All events in the range").check()
    owner.get_by_label("Before sequence").fill("nothing")
    owner.get_by_role("button", name="Replay").click()
    expect(owner.get_by_role("alert")).to_be_focused()
    owner.get_by_label("Before sequence").fill("")
    owner.get_by_role("button", name="Replay").click()
    expect(owner.get_by_role("status")).to_contain_text("being sent again")
    receiver.wait_for(lambda received: len(received) > 3)

    owner.get_by_role("link", name="Rotate").click()
    expect(owner.get_by_role("radio", name="One day")).to_be_checked()
    owner.get_by_role("radio", name="One hour").check()
    owner.get_by_role("button", name="Rotate secret").click()
    rotated = owner.locator("#new-secret").inner_text()
    assert RAW_SECRET.fullmatch(rotated) and rotated != secret
    owner.reload()
    expect(owner.get_by_text("The previous secret also signs until")).to_be_visible()
    assert rotated not in owner.content()
    owner.get_by_role("link", name="Edit").click()
    owner.get_by_label("Description").fill("Orders of the corner shop")
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_text("Orders of the corner shop")).to_be_visible()


def test_everything_goes_by_keyboard(running: RunningServer, owner: Page) -> None:
    """The skip link comes first, focus is seen everywhere, and Enter and Space do what they do."""
    owner.goto(f"{running.url}/dashboard/api-keys/new")
    owner.keyboard.press("Tab")
    expect(owner.get_by_role("link", name="Skip to content")).to_be_focused()
    owner.keyboard.press("Enter")
    expect(owner.locator("#main")).to_be_focused()
    for _ in range(2):
        owner.keyboard.press("Tab")
    expect(owner.get_by_label("Name", exact=True)).to_be_focused()
    owner.keyboard.type("Typed key")
    for expected in ("mode", "kind", "Select all", "Read only", "Clear", "links:read"):
        owner.keyboard.press("Tab")
        focused = owner.evaluate("document.activeElement.name || document.activeElement.textContent")
        assert focused in (expected, "scopes"), focused
        outline = "one => getComputedStyle(one.closest('.choice') ?? one).outlineStyle"
        assert owner.locator(":focus").evaluate(outline) == "solid"
    owner.keyboard.press("Space")
    owner.keyboard.press("Enter")
    assert RAW_KEY.fullmatch(owner.locator("#new-key").inner_text())
    for shortcut in ("/", "Control+k"):
        owner.keyboard.press(shortcut)
        expect(owner.get_by_role("searchbox", name="Search", exact=True)).to_be_focused()
    owner.keyboard.type("webh")
    owner.keyboard.press("Enter")
    expect(owner.locator("#main").get_by_role("link", name="Webhooks")).to_be_visible()


@pytest.fixture(scope="module")
def pages(running: RunningServer) -> Iterator[dict[str, str]]:
    """Every page's path by its name, in a project with something of everything, some of it very long."""
    with running.client(running.key()) as api:

        def post(path: str, **body: Any) -> dict[str, Any]:
            answer = api.post(path, json=body)
            answer.raise_for_status()
            made: dict[str, Any] = answer.json()
            return made

        hook = post("/webhook_endpoints", url="http://127.0.0.1:9/" + "long-path/" * 20, events=["*"])
        link = post("/payment_links", title=LONG[:200], fiatAmount="999999999.99", description=LONG)
        gone = post("/payment_links", title="Gone", fiatAmount="1")
        api.delete(f"/payment_links/{gone['id']}").raise_for_status()
        long_metadata = {"order": "x" * 500, "cart": {"items": list(range(50))}}
        session = post("/checkout_sessions", linkId=link["id"], metadata=long_metadata)
        for outcome in ("detected", "paid", "underpaid", "overpaid", "late", "failed"):
            paid = post("/checkout_sessions", amount={"value": "49.00", "currency": "USD"})
            post(f"/checkout_sessions/{paid['id']}/simulate", outcome=outcome)
        sold = post("/checkout_sessions?expand=order", amount={"value": "999999999.99", "currency": "USD"})
        post(f"/checkout_sessions/{sold['id']}/simulate", outcome="paid")
        returned = {"reason": "requested_by_customer", "amount": "999999999.00", "destination": "refund_stays_pending"}
        refund = post("/refunds", paymentId=sold["order"]["paymentId"], **returned)
        held = post("/checkout_sessions", amount={"value": "49.00", "currency": "USD"}, captureMethod="manual")
        post(f"/checkout_sessions/{held['id']}/simulate", outcome="authorized")
        less = post("/checkout_sessions", amount={"value": "49.00", "currency": "USD"}, reference="r" * 200)
        post(f"/checkout_sessions/{less['id']}/simulate", outcome="underpaid")
        product = post("/products", name="p" * 200, price="999999999.99", description=LONG)
        post("/products", name="Tip", pricing="buyer", priceMin="1", priceMax="999999999.99")
        off = post("/coupons", name="x" * 200, discountType="percentage", discountPercentage="99.99", active=False)
        new = {"discountType": "amount", "discountAmount": "9999999.99", "currency": "USD", "maxRedemptions": 10**9}
        coupon = post("/coupons", name=LONG[:200], description=LONG, **new)
        asked = {"firstTimeTransaction": True, "onePerCustomer": True, "minimumAmount": "99.99", "currency": "USD"}
        post("/promotion_codes", code="W" * 80, couponId=coupon["id"], **asked)
        customer = post("/customers", name="n" * 200, email="x" * 240 + "@example.com", reference="r" * 200)
        post("/customers", metadata=long_metadata)
        bought = {"amount": {"value": "999999999.99", "currency": "USD"}, "reference": "r" * 200}
        post("/checkout_sessions", **bought, customerId=customer["id"], couponId=coupon["id"], expiresInSeconds=600)
        clock = post("/test_clocks")
        lines = [
            {"productId": product["id"]},
            {"name": "n" * 200, "unitAmount": "1", "quantity": 1_000_000},
            {"name": "VAT", "unitAmount": "999999.99", "kind": "tax"},
            {"name": "Loyal", "unitAmount": "0.99", "kind": "discount"},
        ]
        basket = {"lineItems": lines, "shippingAmount": "4.90", "customerId": customer["id"], "reference": "r" * 200}
        long = post("/checkout_sessions", **basket, couponId=coupon["id"], testClockId=clock["id"])
        test = post(f"/webhook_endpoints/{hook['id']}/test")
        assert test
        event = api.get("/events").json()["data"][0]
    key = running.issued(name="A key with a rather long name that goes on until it has to wrap somewhere")
    revoked = running.issued(name="Revoked key", mode="live")
    running.cli("keys", "revoke", "--yes", revoked["id"])
    with contextlib.closing(sqlite3.connect(running.data / "tillgate.db", isolation_level=None)) as database:
        database.execute(
            "INSERT INTO jobs SELECT 'job_01k00000000000000000000000', 'refunds.send', ?, NULL, 'refunds.send ', '{}', "
            "'failed', NULL, 0, NULL, 6, ?, created_at, updated_at FROM jobs WHERE kind = 'events.drop'",
            (refund["id"], "RuntimeError: " + "no route to host, " * 27),
        )
        database.execute(
            "UPDATE webhook_deliveries SET status = 'abandoned' WHERE id IN "
            "(SELECT id FROM webhook_deliveries WHERE event_id IS NOT NULL ORDER BY id DESC LIMIT 3)"
        )
        failed = database.execute("SELECT id FROM webhook_deliveries WHERE status = 'abandoned'").fetchone()[0]
        database.execute(
            "INSERT INTO saved_filters "
            "SELECT u.id, p.id, 'orders', ?, 'currency=USD&q=' || ?, 1 FROM users u, projects p",
            ("W" * 60, "r" * 200),
        )
    yield {
        "overview": "",
        "projects": "/projects",
        "keys": "/api-keys",
        "new key": "/api-keys/new",
        "revoke key": f"/api-keys/{key['id']}/revoke",
        "key": f"/api-keys/{key['id']}?method=POST&path=/api/v1/payment_links&address=198.51.100.7",
        "edit key": f"/api-keys/{key['id']}/edit",
        "rotate key": f"/api-keys/{key['id']}/rotate",
        "revoked key": f"/api-keys/{revoked['id']}",
        "credentials": "/credentials",
        "audit": "/audit",
        "jobs": "/jobs",
        "failed jobs": "/jobs?show=failed",
        "no jobs": "/jobs?show=running",
        "requests": "/requests",
        "no requests": "/requests?show=5xx",
        "links": "/payment-links",
        "archived links": "/payment-links?archived=1",
        "new link": "/payment-links/new",
        "link": f"/payment-links/{link['id']}",
        "edit link": f"/payment-links/{link['id']}/edit",
        "archive link": f"/payment-links/{link['id']}/archive",
        "archived link": f"/payment-links/{gone['id']}",
        "sessions": "/sessions",
        "no sessions": "/sessions?status=expired",
        "session": f"/sessions/{session['id']}",
        "session with a long order": f"/sessions/{long['id']}",
        "settled session": f"/sessions/{paid['id']}",
        "session with a refund": f"/sessions/{sold['id']}",
        "pending refund": f"/sessions/{sold['id']}/refunds/{refund['id']}",
        "new refund": f"/sessions/{sold['id']}/refund",
        "capture": f"/sessions/{held['id']}/capture",
        "cancel authorization": f"/sessions/{held['id']}/cancel",
        "accept": f"/sessions/{less['id']}/accept",
        "give back": f"/sessions/{less['id']}/give-back",
        "cancel session": f"/sessions/{session['id']}/call-off",
        "customers": "/customers",
        "no customers": "/customers?q=nobody",
        "orders": "/orders?from=2020-01-01",
        "orders, largest first": "/orders?sort=-amount",
        "sessions, oldest first": "/sessions?sort=created&currency=USD",
        "sessions of no such currency": "/sessions?currency=EURO",
        "nothing to review": "/transactions?todo=review&currency=JPY",
        "new test transaction": "/transactions/new",
        "no orders": "/orders?amount=5",
        "fulfil orders": f"/orders/fulfil?order={sold['order']['id']}&order={long['orderId']}",
        "fulfilled orders": f"/orders/fulfilled?order={sold['order']['id']}&left={long['orderId']}",
        "saved filter": f"/saved?list=orders&name={'W' * 60}",
        "tag keys": f"/api-keys/tag?key={key['id']}",
        "failed deliveries": "/webhooks/failed",
        "replay deliveries": f"/webhooks/failed/replay?delivery={failed}",
        "replayed deliveries": f"/webhooks/failed/replayed?delivery={failed}&left=dlv_x",
        "payments": "/payments",
        "refunds": "/refunds",
        "customer": f"/customers/{customer['id']}",
        "products": "/products",
        "no products": "/products?off=1",
        "new product": "/products/new",
        "product": f"/products/{product['id']}",
        "edit product": f"/products/{product['id']}/edit",
        "switch product": f"/products/{product['id']}/switch",
        "coupons": "/coupons",
        "coupons that are off": "/coupons?off=1",
        "new coupon": "/coupons/new",
        "coupon": f"/coupons/{coupon['id']}",
        "coupon that is off": f"/coupons/{off['id']}",
        "webhooks": "/webhooks",
        "new webhook": "/webhooks/new",
        "webhook": f"/webhooks/{hook['id']}",
        "edit webhook": f"/webhooks/{hook['id']}/edit",
        "rotate webhook secret": f"/webhooks/{hook['id']}/rotate",
        "replay to webhook": f"/webhooks/{hook['id']}/replay",
        "delete webhook": f"/webhooks/{hook['id']}/delete",
        "events": "/events",
        "event": f"/events/{event['id']}",
        "search": "/search?q=p",
        "report": "/reports",
        "report of no month": "/reports?month=2026-00&zone=Nowhere",
        "no such session": "/sessions/cs_0",
        "nothing found": "/search?q=zzz",
        "nothing": "/nothing",
    }


def too_wide(page: Page) -> int:
    """By how many pixels the page goes beyond the screen, whether one can scroll there or not. A table of many columns
    may, in a region of its own; but on a phone it is a list."""
    beyond: int = page.evaluate(
        """Math.max(
            document.documentElement.scrollWidth - document.documentElement.clientWidth,
            ...[...document.querySelectorAll(".sideways")]
                .filter(() => document.documentElement.clientWidth < 500)
                .map(one => one.scrollWidth - one.clientWidth),
            ...[...document.querySelectorAll("main *")]
                .filter(one => !one.closest("pre, .unseen, thead, .sideways *") && one.getClientRects().length)
                .map(one => Math.floor(one.getBoundingClientRect().right - document.documentElement.clientWidth)),
        )"""
    )
    return beyond


def complaints(page: Page) -> list[str]:
    """What axe finds wrong with the page, in every grade, and whether it is wider than the screen."""
    found = [f"{one.rule} ({one.impact}): {one.html[:200]}" for one in run_axe(page).violations]
    return found + ([f"{too_wide(page)} px too wide"] if too_wide(page) > 0 else [])


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_every_page_is_accessible_and_fits(
    running: RunningServer, pages: dict[str, str], open_page: OpenPage, size: dict[str, int], scheme: str
) -> None:
    """WCAG 2.2 AA as far as axe can tell, with everything folded out; no page scrolls sideways."""
    page = open_page(viewport=size, color_scheme=scheme)
    page.goto(f"{running.url}/dashboard/sign-in")
    found = {"sign in": complaints(page)}
    sign_in(page, running.url)
    for name, path in pages.items():
        page.goto(f"{running.url}/dashboard{path}")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        found[name] = complaints(page)
    create_key(page, running.url, f"For axe, {scheme}")
    found["key created"] = complaints(page)
    page.goto(f"{running.url}/dashboard/payment-links/new")
    page.get_by_label("Title").fill("x")
    page.get_by_label("Amount").fill("1e9")
    page.get_by_role("button", name="Create link").click()
    expect(page.get_by_role("alert")).to_be_focused()
    found["link with a problem"] = complaints(page)
    page.get_by_role("button", name="Switch to live mode").click()
    for name, path in (("live overview", ""), ("live links", "/payment-links"), ("live events", "/events")):
        page.goto(f"{running.url}/dashboard{path}")
        found[name] = complaints(page)
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize(("scripts", "size"), [(True, DESKTOP), (False, PHONE)], ids=["scripts", "phone"])
def test_a_list_is_sorted_from_the_keyboard(
    running: RunningServer, pages: dict[str, str], open_page: OpenPage, scripts: bool, size: dict[str, int]
) -> None:
    """A head is a link that says which way it sorts; on a phone it stands above the cards. A filter stays."""
    page = open_page(viewport=size, java_script_enabled=scripts)
    sign_in(page, running.url, "/dashboard/orders?currency=USD")
    head = page.get_by_role("columnheader", name="Total")
    for direction, query in (("descending", "sort=-amount"), ("ascending", "sort=amount")):
        head.get_by_role("link").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"{running.url}/dashboard/orders?currency=USD&{query}")
        expect(head).to_have_attribute("aria-sort", direction)
        expect(head).to_be_visible()
    page.get_by_role("link", name="Newest first").click()
    page.wait_for_url(f"{running.url}/dashboard/orders?currency=USD")


def test_keys_lead_to_pages_unless_they_are_switched_off(running: RunningServer, owner: Page) -> None:
    """The sheet that ? opens lists them; G and a letter lead to a page. Single keys can be switched off, and stay off
    (WCAG 2.1.4); what is typed into a field leads nowhere."""
    owner.goto(f"{running.url}/dashboard")
    sheet = owner.get_by_role("region", name="Keyboard shortcuts")
    owner.keyboard.press("?")
    expect(sheet).to_be_visible()
    assert complaints(owner) == []
    owner.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    owner.keyboard.press("/")
    expect(owner.get_by_role("searchbox", name="Search", exact=True)).to_be_focused()
    owner.keyboard.type("g?o")
    expect(sheet).to_be_hidden()
    owner.locator("h1").click()
    owner.keyboard.press("g")
    owner.keyboard.press("o")
    owner.wait_for_url(f"{running.url}/dashboard/orders")
    owner.get_by_role("button", name="Shortcuts").click()
    owner.get_by_role("button", name="Single keys are on").click()
    owner.keyboard.press("Escape")
    owner.reload()
    owner.keyboard.press("?")
    expect(sheet).to_be_hidden()
    owner.keyboard.press("Control+k")
    expect(owner.get_by_role("searchbox", name="Search", exact=True)).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_form_shows_only_what_its_choice_asks_for(running: RunningServer, open_page: OpenPage, scripts: bool) -> None:
    """A percentage or an amount, with and without scripts."""
    page = open_page(viewport=DESKTOP, java_script_enabled=scripts)
    sign_in(page, running.url, "/dashboard/coupons/new")
    expect(page.get_by_label("Percentage", exact=True)).to_be_visible()
    expect(page.get_by_label("Currency", exact=True)).to_be_hidden()
    page.get_by_role("radio", name="An amount").check()
    expect(page.get_by_label("Currency", exact=True)).to_be_visible()
    expect(page.get_by_label("Percentage", exact=True)).to_be_hidden()


@pytest.mark.parametrize("scripts", [True, False])
def test_orders_are_selected_and_fulfilled_together(running: RunningServer, open_page: OpenPage, scripts: bool) -> None:
    """With one box for all of the page where scripts run, with each order's own where none do; undone by one button."""
    with running.client(running.key()) as api:
        body = {"amount": {"value": "3.33", "currency": "CHF"}}
        for _ in range(2):
            session = api.post("/checkout_sessions", json=body).json()["id"]
            api.post(f"/checkout_sessions/{session}/simulate", json={"outcome": "paid"}).raise_for_status()
    page = open_page(java_script_enabled=scripts)
    sign_in(page, running.url)
    page.goto(f"{running.url}/dashboard/orders?currency=CHF&fulfillment=unfulfilled")
    if scripts:
        page.get_by_label("Select all on this page").check()
    else:
        for box in page.locator("input[name=order]").all():
            box.check()
    count = page.locator("input[name=order]:checked").count()
    assert count >= 2
    page.get_by_role("button", name="Mark selected as fulfilled").press("Enter")
    expect(page.get_by_role("heading", name=f"Mark {count} orders as fulfilled?")).to_be_visible()
    page.get_by_role("button", name=f"Mark {count} as fulfilled").click()
    expect(page.get_by_role("heading", name=f"{count} of {count} orders are fulfilled")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name=f"Mark {count} as unfulfilled").click()
    expect(page.get_by_role("heading", name=f"{count} of {count} orders are unfulfilled")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_the_menu_is_folded_away(running: RunningServer, open_page: OpenPage, scripts: bool) -> None:
    """One button opens it, with and without scripts; Escape and a touch beside it close it, and the keyboard goes on
    inside of it. A wide screen shows it all, without the button."""
    page = open_page(viewport=PHONE, java_script_enabled=scripts)
    sign_in(page, running.url)
    menu, button = page.get_by_role("navigation", name="Dashboard"), page.get_by_role("button", name="Menu")
    expect(menu).to_be_hidden()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    # All of them can be reached, in each group.
    expect(menu.get_by_role("link")).to_have_count(menu.locator("a").count())
    expect(menu.get_by_role("list", name="Sell").get_by_role("link").first).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    if scripts:
        assert complaints(page) == []
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox", name="Search", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(menu.get_by_role("link", name="Overview")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    page.mouse.click(20, 700)
    expect(menu).to_be_hidden()
    button.click()
    menu.get_by_role("link", name="API Keys").click()
    expect(page.get_by_role("heading", name="API Keys", level=1)).to_be_visible()
    expect(menu).to_be_hidden()
    page.set_viewport_size(DESKTOP)
    expect(menu.get_by_role("link", name="API Keys")).to_be_visible()
    expect(button).to_be_hidden()


# What reaches beyond the window.
STICKING_OUT = """() => [...document.querySelectorAll("main *")]
  .filter((one) => one.getClientRects().length)
  .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth)
  .map((one) => one.outerHTML.slice(0, 200))"""


def test_no_page_scrolls_sideways_at_any_width(
    running: RunningServer, pages: dict[str, str], open_page: OpenPage
) -> None:
    """Down to the 320 pixels of WCAG 1.4.10, whatever is on the page."""
    page = open_page(viewport=DESKTOP)
    sign_in(page, running.url)
    found = {}
    for name, path in pages.items():
        page.goto(f"{running.url}/dashboard{path}")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        for width in (320, 768, 1024, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            if pixels := too_wide(page):
                found[name, width] = pixels, page.evaluate(STICKING_OUT)
    assert {one: where[0] for one, where in found.items()} == {}, found


def test_the_set_up_page_is_accessible(fresh_server: RunningServer, open_page: OpenPage) -> None:
    """Also when something is wrong, and after the link is spent."""
    page = open_page(viewport=PHONE, color_scheme="dark")
    page.goto(setup_link(fresh_server))
    assert complaints(page) == []
    page.evaluate("document.querySelector('form').noValidate = true")
    page.get_by_role("button", name="Set up and sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert complaints(page) == []
    page.goto(f"{fresh_server.url}/dashboard/setup/spent")
    assert complaints(page) == []
