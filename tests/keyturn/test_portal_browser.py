"""The customers' page in a real browser, before a real server, with scripts and without."""

import os
import re
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Page, expect
from redis import Redis

from keyturn.words import LANGUAGES
from tests.axe import run_axe
from tests.browser import OpenPage
from tests.keyturn.test_serving import ROOT, serving

pytestmark = pytest.mark.slow

ALLOWED: Final = {"scopes": ["invoices:read", "invoices:write"], "keyDaysMax": 90, "monthlyQuota": 1_000}
SCREENSHOTS: Final = os.environ.get("PORTAL_SCREENSHOTS")


@pytest.mark.parametrize(
    ("width", "scripts", "scheme"), [(1440, True, "light"), (390, False, "dark")], ids=["wide", "narrow, no scripts"]
)
def test_a_customer_goes_through_their_page(
    open_page: OpenPage, tmp_path: Path, redis_server: str, width: int, scripts: bool, scheme: Any
) -> None:
    """From the link to a revoked key; axe finds nothing on any page, and nothing is broader than the window. Where a
    Valkey is configured, it counts the visits."""
    settings = {
        "KEYTURN_ROOT_KEY": ROOT,
        "KEYTURN_SCOPES": "invoices:read invoices:write",
        "KEYTURN_PUBLIC_URL": "http://127.0.0.1:{port}",
        "KEYTURN_VALKEY_URL": redis_server,
    }
    with serving(f"sqlite:///{tmp_path / 'keys.db'}", tmp_path, **settings) as (where, _):
        root = {"Authorization": f"Bearer {ROOT}"}
        body = {"externalId": "cus_1042", "mode": "test", "returnUrl": "https://app.example.com/", "allowed": ALLOWED}
        url = httpx.post(f"{where}/v1/portal/sessions", json=body, headers=root).raise_for_status().json()["url"]
        page = open_page(viewport={"width": width, "height": 900}, java_script_enabled=scripts, color_scheme=scheme)
        before = counted(redis_server)
        page.goto(url)
        expect(page).to_have_url(f"{where}/portal")
        assert counted(redis_server) > before
        looked_at(page, f"empty-{width}", scripts)

        page.get_by_label("Name").fill("Nightly report")
        page.get_by_label("invoices:read").check()
        page.get_by_role("button", name="Create key").click()
        text = page.locator("#secret").inner_text()
        looked_at(page, f"secret-{width}", scripts)
        assert (page.get_by_role("button", name="Copy").count() == 1) is scripts
        asked = {"key": text, "scope": "invoices:read"}

        def valid() -> bool:
            return bool(httpx.post(f"{where}/v1/keys/verify", json=asked, headers=root).json()["valid"])

        assert valid()
        # Sent again, as by a reload, it makes no second key.
        page.get_by_role("link", name="Done").click()
        expect(page.locator(".keys li")).to_have_count(1)
        looked_at(page, f"keys-{width}", scripts)
        page.get_by_role("link", name="Nightly report").click()
        looked_at(page, f"key-{width}", scripts)
        page.get_by_role("button", name="Rotate").click()
        second = page.locator("#secret").inner_text()
        assert second != text and valid()
        page.get_by_role("link", name="Done").click()
        page.get_by_role("link", name="Nightly report").click()
        looked_at(page, f"rotated-{width}", scripts)
        page.get_by_label("Revoke Nightly report for good").check()
        page.get_by_role("button", name="Revoke").click()
        expect(page.get_by_role("main")).to_contain_text(re.compile("is revoked for good.*is refused everywhere"))
        looked_at(page, f"revoked-{width}", scripts)
        assert not valid()
        page.get_by_role("link", name="Back to your keys").click()
        page.get_by_role("button", name="End this session").click()
        expect(page.get_by_role("heading")).to_have_text("The session is over")
        page.goto(f"{where}/portal")
        expect(page.get_by_role("heading")).to_have_text("Not signed in")
        looked_at(page, f"over-{width}", scripts)
        logs = "".join(one.read_text() for one in tmp_path.glob("*.log"))
        assert [one for one in (url.rpartition("/")[2], text, second) if one in logs] == []


def counted(url: str) -> int:
    """How often a limit was counted in Redis."""
    calls: int = Redis.from_url(url).info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"]
    return calls


def test_a_customer_picks_their_language(open_page: OpenPage, tmp_path: Path) -> None:
    """Also one that runs from right to left: each page fits a phone and a desk, and axe finds nothing."""
    settings = {"KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": "invoices:read invoices:write"}
    settings["KEYTURN_PUBLIC_URL"] = "http://127.0.0.1:{port}"
    with serving(f"sqlite:///{tmp_path / 'keys.db'}", tmp_path, **settings) as (where, _):
        root = {"Authorization": f"Bearer {ROOT}"}
        body = {"externalId": "cus_1", "mode": "test", "returnUrl": "https://app.example.com/", "allowed": ALLOWED}
        url = httpx.post(f"{where}/v1/portal/sessions", json=body, headers=root).raise_for_status().json()["url"]
        page = open_page(color_scheme="dark", locale="pt-PT")
        page.goto(url)
        expect(page.locator("html")).to_have_attribute("lang", "pt-BR")
        page.get_by_label("Nome").fill("\u05d0\u05d1 nightly")
        page.get_by_label("invoices:read").check()
        page.get_by_role("button", name="Criar chave").click()
        page.goto(f"{where}/portal")
        key = f"{where}{page.locator('.keys a').get_attribute('href')}"
        for language in LANGUAGES.values() if SCREENSHOTS else (LANGUAGES["de"], LANGUAGES["ar"]):
            page.goto(key)
            if page.locator("html").get_attribute("lang") != language.tag:
                page.get_by_role("link", name=language.name, exact=True).click()
            expect(page.locator("html")).to_have_attribute("dir", language.direction)
            for width in (1440, 390):
                page.set_viewport_size({"width": width, "height": 900})
                looked_at(page, f"{language.tag}-key-{width}", language.right_to_left)
            page.get_by_role("main").get_by_role("link").first.click()
            looked_at(page, f"{language.tag}-keys-390", language.right_to_left)
        page.goto(key)
        page.get_by_role("button", name="تدوير").click()
        expect(page.get_by_role("button", name="نسخ")).to_be_visible()
        looked_at(page, "ar-secret-390", True)


def looked_at(page: Page, name: str, scripts: bool) -> None:
    if SCREENSHOTS:
        page.screenshot(path=f"{SCREENSHOTS}/{name}.png", full_page=True)
    if scripts:
        report = run_axe(page)
        assert report.violations == [], name
    width = page.viewport_size["width"] if page.viewport_size is not None else 0
    box = page.locator("body").bounding_box()
    assert box is not None and box["width"] <= width
