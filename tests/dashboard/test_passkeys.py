"""Passkeys and codes in a real browser, with a virtual authenticator (WebAuthn, section 11)."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.axe import run_axe
from tests.browser import OpenPage
from tests.dashboard.test_browser import DESKTOP, PHONE
from tests.running import OWNER_EMAIL, OWNER_PASSWORD, RunningServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server for each test: its owner gets a second factor."""
    started = RunningServer(tmp_path / "data").start()
    try:
        started.owner()
        started.project()
        yield started
    finally:
        started.stop()


def at(server: RunningServer) -> str:
    """Where browsers keep passkeys of a server on this machine: at its name, not its number."""
    return f"http://localhost:{server.port}"


def sign_in(page: Page, url: str, password: str = OWNER_PASSWORD) -> None:
    page.goto(f"{url}/dashboard/sign-in")
    page.get_by_label("E-mail address").fill(OWNER_EMAIL)
    page.get_by_label("Password", exact=True).fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in").click()


def with_authenticator(page: Page) -> None:
    """Give the browser a device that keeps passkeys and that its owner unlocks."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )


def check(page: Page, pictures: Path | None = None) -> None:
    """No finding of axe, and nothing wider than the screen, on a phone and a desk in both colour schemes."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for size in (PHONE, DESKTOP):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
            assert run_axe(page).violations == []
            if pictures is not None:
                name = re.sub(r"\W+", "-", page.title()).strip("-")
                page.screenshot(path=pictures / f"{name}-{scheme}-{size['width']}.png", full_page=True)


def test_a_passkey_is_made_signs_in_and_confirms(server: RunningServer, open_page: OpenPage) -> None:
    """Made on the account's page, with recovery codes; asked for after the password; without it nobody is in, and a
    recovery code stands in for it once."""
    page = open_page(viewport=DESKTOP)
    with_authenticator(page)
    url = at(server)
    sign_in(page, url)
    page.goto(f"{url}/dashboard/account")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Test device")
    page.get_by_role("button", name="Make passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    codes = page.locator("#recovery-codes").inner_text().split()
    assert len(codes) == 10
    page.get_by_role("button", name="Sign out", exact=True).click()

    sign_in(page, url)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    check(page)
    page.goto(f"{url}/dashboard/account")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    sign_in(page, url)
    page.get_by_role("button", name="Use a passkey").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{url}/dashboard")
    page.goto(f"{url}/dashboard/account")
    expect(page.get_by_text("Test device")).to_be_visible()
    check(page)

    other = open_page(viewport=PHONE, java_script_enabled=False)
    sign_in(other, url)
    other.get_by_label("Recovery code").fill(codes[0])
    other.get_by_role("button", name="Sign in").click()
    expect(other).to_have_url(f"{url}/dashboard")
    page.reload()
    expect(page.get_by_text("9 left")).to_be_visible()
    page.get_by_role("button", name="Remove Test device").click()
    expect(page.get_by_role("status")).to_have_text("The passkey was removed.")


def test_an_app_is_set_up_and_people_are_invited_by_keyboard(server: RunningServer, open_page: OpenPage) -> None:
    """Without scripts for the codes; the pages of people and of the account hold on a phone and a desk."""
    page = open_page(viewport=DESKTOP)
    url = at(server)
    sign_in(page, url)
    page.goto(f"{url}/dashboard/account")
    page.get_by_role("button", name="Set up an app").click()
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
    check(page)
    secret = re.sub(r"\s", "", page.locator("code[translate=no]").inner_text())
    page.get_by_label("Code from the app").fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    check(page)
    page.goto(f"{url}/dashboard/people")
    check(page)
    page.get_by_label("E-mail address").fill("colleague@example.com")
    page.get_by_role("radio", name="Viewer").check()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Invitation created")).to_be_visible()
    check(page)
    link = page.locator("#invitation-link").inner_text().replace("127.0.0.1", "localhost")
    page.reload()
    expect(page.get_by_role("heading", name="People", exact=True)).to_be_visible()
    check(page)

    other = open_page(viewport=PHONE, java_script_enabled=False)
    other.goto(link)
    other.get_by_label("Choose a password").fill("another good password")
    other.get_by_role("button", name="Accept and sign in").click()
    expect(other.get_by_role("status")).to_contain_text("You accepted the invitation.")
    page.reload()
    page.get_by_role("link", name="Change colleague@example.com").click()
    check(page)
    page.get_by_role("button", name="Remove colleague@example.com").click()
    expect(page.get_by_role("status")).to_contain_text("The person was removed.")
    other.reload()
    expect(other.get_by_role("button", name="Sign in")).to_be_visible()
    check_invited = open_page(viewport=DESKTOP)
    check_invited.goto(link)
    expect(check_invited.get_by_role("heading", name="This invitation does not work.")).to_be_visible()


def test_an_app_signs_in_and_a_recovery_code_stands_in_for_it(server: RunningServer, open_page: OpenPage) -> None:
    """Set up, signed out, signed in: a wrong code, one that was used and a used recovery code let nobody in."""
    page = open_page(viewport=DESKTOP)
    url = at(server)
    sign_in(page, url)
    page.goto(f"{url}/dashboard/account")
    page.get_by_role("button", name="Set up an app").click()
    app = pyotp.TOTP(re.sub(r"\s", "", page.locator("code[translate=no]").inner_text()))
    # A code is taken once, and that of the step to come is taken already.
    now = time.time()
    first, following = app.at(now), app.at(now + app.interval)
    page.get_by_label("Code from the app").fill(first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    recovery = page.locator("#recovery-codes").inner_text().split()[0]

    def second_step(code: str) -> None:
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_role("button", name="Sign in").click()

    def sign_out() -> None:
        page.get_by_role("button", name="Sign out", exact=True).click()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()

    sign_out()
    sign_in(page, url)
    second_step(first)
    expect(page.get_by_role("alert")).to_be_visible()
    second_step(following)
    expect(page).to_have_url(f"{url}/dashboard")
    sign_out()
    sign_in(page, url)
    second_step(recovery)
    expect(page).to_have_url(f"{url}/dashboard")
    sign_out()
    sign_in(page, url)
    second_step(recovery)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page).not_to_have_url(f"{url}/dashboard")
