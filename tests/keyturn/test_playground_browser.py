"""Keyturn's own playground in a real browser, before ``keyturn serve``."""

import json
import os
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import expect

from tests.axe import run_axe
from tests.browser import OpenPage
from tests.keyturn.test_serving import ROOT, serving
from tests.playground import choose, opened, pressed, sent

pytestmark = pytest.mark.slow

SCREENSHOTS: Final = os.environ.get("PLAYGROUND_SCREENSHOTS")
SIZES: Final = tuple((width, scheme) for width in (1440, 390) for scheme in ("light", "dark"))


def test_keys_are_made_and_verified_in_the_playground(open_page: OpenPage, tmp_path: Path) -> None:
    """A key makes, verifies and revokes another, under the page's own policy. It is in no storage, cookie, address or
    log and not in the page. A live key and what needs the root credential are refused before anything is sent."""
    settings = {"KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": "invoices:read"}
    with serving(f"sqlite:///{tmp_path / 'keys.db'}", tmp_path, **settings) as (where, _):
        wish = {"name": "tries", "scopes": ["keys:read", "keys:write", "keys:verify", "invoices:read"]}
        root = {"Authorization": f"Bearer {ROOT}"}

        def made(mode: str) -> Any:
            return httpx.post(f"{where}/v1/keys", json=wish | {"mode": mode}, headers=root).raise_for_status().json()

        own, live = made("test"), made("live")
        page = open_page(viewport={"width": 1440, "height": 900})
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        calls: list[str] = []
        page.on("request", lambda request: calls.append(f"{request.url} {request.post_data or ''}"))
        opened(page, where)
        policy = httpx.get(f"{where}/docs/playground").headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy

        choose(page, "POST /v1/keys", None)
        before = len(calls)
        page.get_by_label("Test key").fill(live["key"])
        pressed(page, "live mode key")
        page.get_by_label("Test key").fill(ROOT)
        pressed(page, "no test mode key")
        choose(page, "POST /v1/keys/revoke", None)
        page.get_by_label("Test key").fill(own["key"])
        pressed(page, "Only the root credential")
        choose(page, "POST /v1/keys/verify", None)
        page.get_by_label("Body (JSON)").fill(json.dumps({"key": live["key"], "scope": "invoices:read"}))
        pressed(page, "This holds a live mode key")
        assert calls[before:] == []

        choose(page, "POST /v1/keys", None)
        body = {"name": "made here", "mode": "test", "scopes": ["invoices:read"]}
        page.get_by_label("Body (JSON)").fill(json.dumps(body))
        other = json.loads(sent(page, "201 Created"))
        choose(page, "POST /v1/keys/verify", None)
        asked = {"key": other["key"], "scope": "invoices:read"}
        page.get_by_label("Body (JSON)").fill(json.dumps(asked))
        assert json.loads(sent(page, "200 OK"))["valid"] is True
        choose(page, "POST /v1/keys/{id}/revoke", None)
        page.get_by_label("id (path)").fill(other["id"])
        assert json.loads(sent(page, "200 OK"))["status"] == "revoked"
        curl = page.get_by_role("region", name="The same request with curl").inner_text()
        assert f"{where}/v1/keys/{other['id']}/revoke" in curl and "$KEYTURN_KEY" in curl

        kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, history.state, document.cookie, location.href])"
        logs = "".join(one.read_text() for one in tmp_path.glob("*.log"))
        everywhere = page.evaluate(kept) + page.content() + "".join(calls) + "".join(said) + logs
        assert own["key"] not in everywhere and other["key"] not in logs
        found = httpx.get(f"{where}/v1/keys/{own['id']}", headers=root).json()
        assert (found["status"], found["exposedAt"]) == ("active", None)
        assert not any("Content Security Policy" in text for text in said)

        for width, scheme in SIZES:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            if SCREENSHOTS:
                page.screenshot(path=f"{SCREENSHOTS}/keyturn-{width}-{scheme}.png", full_page=True)
            assert run_axe(page).violations == [], (width, scheme)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.goto(f"{where}/docs/errors")
        page.go_back()
        expect(page.get_by_label("Test key")).to_have_value("")
