"""The instalments page in a real browser: everybody can use it, and it leads back to the shop."""

import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.axe import run_axe
from tests.browser import OpenPage
from tests.dialects.smartpay.conftest import ADDRESS
from tests.pages.test_browser import DESKTOP, PHONE
from tests.running import EVERY_SCOPE, RunningServer

expect.set_options(timeout=20_000)
# Where somebody who wants to look at the page has it kept.
SHOTS = os.environ.get("TILLGATE_SHOTS")


def session_url(running: RunningServer, **changes: Any) -> str:
    """Where a shopper of a new Smartpay session goes."""
    create = ("keys", "create", "--name", "shop", "--mode", "test", "--format", "smartpay", "--json")
    key = json.loads(running.cli(*create, *(word for scope in EVERY_SCOPE for word in ("--scope", scope))))["key"]
    item = {"name": "Coffee beans, roasted on Monday", "amount": 4_999, "currency": "JPY", "quantity": 2}
    order = {
        "amount": 10_498,
        "currency": "JPY",
        "items": [item],
        "customerInfo": {},
        "shippingInfo": {"address": ADDRESS, "feeAmount": 500, "feeCurrency": "JPY"},
        "successUrl": f"{running.url}/healthz?done",
        "cancelUrl": f"{running.url}/healthz?left",
    }
    answer = httpx.post(f"{running.url}/v1/checkout-sessions", json=order | changes, auth=(key, ""), trust_env=False)
    assert answer.status_code == 200, answer.text
    url: str = answer.json()["url"]
    return url


def looked_at(page: Page, name: str) -> None:
    """Nothing for axe to complain about, and nothing to scroll sideways for."""
    # axe cannot judge text on a picture: the stub's arches are replaced by the palest colour in them.
    for viewport in (PHONE, DESKTOP):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{viewport['width']}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert run_axe(page).violations == []


@pytest.mark.parametrize(("look", "locale"), [("light", "en"), ("dark", "ja")])
def test_a_shopper_approves_an_order_and_is_back_at_the_shop(
    running: RunningServer, open_page: OpenPage, look: str, locale: str
) -> None:
    """Signs up, enters the code that is filled in, approves; axe finds nothing at any step, in either language."""
    page = open_page(color_scheme=look, viewport=DESKTOP)
    page.goto(session_url(running, locale=locale))
    looked_at(page, f"{look}-sign-up")
    page.locator("#email").fill("mei+test@example.com")
    page.locator("#phone").fill("03")
    page.locator("form.offer button").click()
    expect(page.locator("#phone-problem")).to_be_visible()
    looked_at(page, f"{look}-wrong")
    page.locator("#phone").fill("090-1234-5678")
    page.locator("form.offer button").click()
    expect(page.locator("#code[name=code][autocomplete=one-time-code]")).to_be_visible()
    looked_at(page, f"{look}-code")
    page.locator("form.offer button").click()
    expect(page.locator("#method")).to_be_visible()
    looked_at(page, f"{look}-decide")
    page.locator("button[value=approve]").click()
    page.wait_for_url("**/healthz?done")


@pytest.mark.parametrize(("look", "locale"), [("light", "ja"), ("dark", "en")])
def test_a_shopper_approves_a_token_and_is_back_at_the_shop(
    running: RunningServer, open_page: OpenPage, look: str, locale: str
) -> None:
    """By keyboard alone, in either language; axe finds nothing at any step."""
    page = open_page(color_scheme=look, viewport=DESKTOP)
    page.goto(session_url(running, locale=locale, mode="token"))
    looked_at(page, f"{look}-token")
    page.locator("#email").fill("mei+test@example.com")
    page.locator("#phone").fill("090-1234-5678")
    page.keyboard.press("Enter")
    expect(page.locator("#code[name=code][autocomplete=one-time-code]")).to_be_visible()
    page.locator("form.offer button").press("Enter")
    expect(page.locator("#method")).to_be_visible()
    looked_at(page, f"{look}-token-decide")
    page.locator("#method").select_option("pm_test_visaActionRequired")
    page.locator("button[value=approve]").press("Enter")
    expect(page.locator("[data-step=confirm]")).to_be_visible()
    looked_at(page, f"{look}-token-confirm")
    page.locator("button[value=approve]").press("Enter")
    page.wait_for_url("**/healthz?done")
