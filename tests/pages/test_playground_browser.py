"""The API playground in a real browser: a session is made and paid, and the key stays in the page's memory."""

import json

import pytest
from playwright.sync_api import Page, Route, expect

from tests.axe import run_axe
from tests.browser import OpenPage
from tests.playground import choose, opened, pressed, sent
from tests.running import OWNER_EMAIL, OWNER_PASSWORD, RunningServer

SIZES = ({"width": 390, "height": 844}, {"width": 1440, "height": 900})
CREATE = "POST /api/v1/checkout_sessions"
SIMULATE = "POST /api/v1/checkout_sessions/{id}/simulate"
RETRIEVE = "GET /api/v1/checkout_sessions/{id}"


@pytest.mark.spec("crossmint R3")
def test_a_session_is_made_and_paid_by_the_playground(running: RunningServer, page: Page) -> None:
    """crossmint R3, "Testing in the API Playground": the key goes to the server in a header, and nowhere else. The id
    of an answer is at hand for the next call; each body is there as an
    example; what is shown of the request is the curl of it, without the key."""
    key = running.key()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.post_data or ''}"))
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    opened(page, running.url)
    choose(page, CREATE)
    page.get_by_label("Test key").fill(key)
    made = json.loads(sent(page, "201 Created"))
    assert made["status"] == "pending" and made["livemode"] is False
    shown = page.locator(".headers").inner_text()
    assert "x-request-id" in shown and "content-type" in shown

    choose(page, SIMULATE)
    expect(page.get_by_label("id (path)")).to_have_value(made["id"])
    curl = page.get_by_role("region", name="The same request with curl").inner_text()
    assert f"/api/v1/checkout_sessions/{made['id']}/simulate" in curl and "$CHECKOUT_API_KEY" in curl
    assert json.loads(sent(page, "200 OK"))["status"] == "paid"

    choose(page, RETRIEVE)
    assert json.loads(sent(page, "200 OK"))["status"] == "paid"
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, history.state, document.cookie, location.href])"
    assert key not in page.evaluate(kept) and not page.context.cookies()
    assert key not in page.content() + "".join(asked) + "".join(said)
    page.goto(f"{running.url}/docs")
    page.go_back()
    expect(page.get_by_label("Test key")).to_have_value("")


def test_only_a_test_key_leaves_the_page(running: RunningServer, page: Page) -> None:
    """A live key of any language, none, and what is no key are refused here, with what to do; nothing is sent. A key
    that the server does not know is refused by it, in its words."""
    called: list[str] = []
    page.on("request", lambda request: called.append(request.url) if "/api/" in request.url else None)
    opened(page, running.url)
    choose(page, RETRIEVE)
    page.get_by_label("id (path)").fill("cs_x")
    for text, told in (
        (running.key(mode="live"), "live mode key"),
        ("sk_production_" + "x" * 44, "live mode key"),
        ("", "Enter a test mode key"),
        ("eyJhbGciOi", "no test mode key"),
        ("ck_test_ä", "odd character"),
    ):
        page.get_by_label("Test key").fill(text)
        pressed(page, told)
    page.get_by_label("id (path)").fill(" ")
    page.get_by_label("Test key").fill("ck_test_" + "x" * 32)
    pressed(page, "id is empty")
    assert called == []
    page.get_by_label("id (path)").fill("../../dashboard?x=<b>'")
    assert "error" in json.loads(sent(page, "401"))
    assert called == [f"{running.url}/api/v1/checkout_sessions/..%2F..%2Fdashboard%3Fx%3D%3Cb%3E'"]


def test_while_a_language_loads_nothing_of_another_is_offered(running: RunningServer, page: Page) -> None:
    """Two languages have paths of the same name; what is chosen is of the language that is shown."""
    held: list[Route] = []
    page.route("**/openapi/smartpay.json", lambda route: held.append(route))
    opened(page, running.url)
    choose(page, "GET /orders", "Crossmint")
    with page.expect_request("**/openapi/smartpay.json"):
        page.get_by_label("Language").select_option(label="Smartpay")
    expect(page.get_by_label("Operation").locator("option")).to_have_count(0)
    expect(page.get_by_role("button", name="Send request")).to_be_disabled()
    held[0].continue_()
    expect(page.get_by_label("Operation").locator("option").first).to_contain_text("/checkout-sessions")


def test_each_language_is_there_and_answers(running: RunningServer, page: Page) -> None:
    """Every language with its operations; one of another language is called with that language's key."""
    key = json.loads(
        running.cli(
            "keys",
            "create",
            "--name",
            "s",
            "--mode",
            "test",
            "--scope",
            "orders:read",
            "--format",
            "smartpay",
            "--json",
        )
    )["key"]
    opened(page, running.url)
    titles = page.get_by_label("Language").locator("option").all_inner_texts()
    assert titles == ["Crypto Checkout", "Smartpay", "Smartpay: shoppers", "Crossmint", "Coin Moebius", "CraftKit"]
    for title in titles[1:]:
        page.get_by_label("Language").select_option(label=title)
        expect(page.get_by_label("Operation").locator("option").first).not_to_contain_text("/api/v1/")
    choose(page, "GET /orders", "Smartpay")
    page.get_by_label("Test key").fill(key)
    assert json.loads(sent(page, "200"))["object"] == "collection"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=["phone", "desktop"])
def test_the_playground_is_used_by_keyboard_and_has_no_barrier(
    running: RunningServer, open_page: OpenPage, size: dict[str, int], scheme: str
) -> None:
    """axe finds nothing, nothing is wider than the window; Enter in a field sends the request."""
    page = opened(open_page(viewport=size, color_scheme=scheme), running.url)
    choose(page, RETRIEVE)
    page.get_by_label("Test key").fill("ck_test_nobody")
    page.get_by_label("id (path)").fill("cs_x")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("401")
    assert run_axe(page).violations == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_dashboard_has_it_and_does_not_lend_it_the_sign_in(running: RunningServer, page: Page) -> None:
    """By the navigation; the browser's cookie is not sent along, so that only the key opens anything."""
    page.goto(f"{running.url}/dashboard")
    page.get_by_label("E-mail address").fill(OWNER_EMAIL)
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Playground").click()
    expect(page.get_by_role("heading", name="Playground", level=1)).to_be_visible()
    choose(page, "GET /api/v1/checkout_sessions")
    page.get_by_label("Test key").fill(running.key())
    with page.expect_request("**/api/v1/checkout_sessions") as call:
        sent(page, "200 OK")
    assert "cookie" not in call.value.all_headers()
    assert run_axe(page).violations == []
