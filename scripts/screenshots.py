#!/usr/bin/env python3
"""Make the pictures of the README from a running server: a shop with a few days of business, seen in Chromium.

usage: .venv/bin/python scripts/screenshots.py [DIRECTORY]        (docs/pictures, unless another is named)
"""

import base64
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import CHROMIUM_ARGUMENTS, find_chromium  # noqa: E402 — the tests' own server and browser
from tests.receiver import Receiver  # noqa: E402
from tests.running import RunningServer  # noqa: E402

PICTURE_BYTES_MAX = 100_000
WEBP_QUALITY = 88
SHOP = "Northwind Coffee"
SALES = (
    ("Beans, a bag every month", "24.00", "paid"),
    ("Grinder", "189.00", "paid"),
    ("Barista course", "120.00", "underpaid"),
    ("Beans, two bags", "38.50", "paid"),
    ("Filter papers", "6.90", "overpaid"),
    ("Espresso cups, set of four", "42.00", "paid"),
    ("Gift card", "50.00", "pending"),
)


def sell(api: httpx.Client, webhooks_to: str) -> dict[str, Any]:
    """A little business: a webhook endpoint, orders in several states, and a session that waits to be paid."""

    def post(path: str, **body: Any) -> dict[str, Any]:
        answer = api.post(path, json=body)
        answer.raise_for_status()
        made: dict[str, Any] = answer.json()
        return made

    post("/webhook_endpoints", url=webhooks_to, events=["session.*", "order.*"])
    for number, (title, price, outcome) in enumerate(SALES, start=1):
        session = post(
            "/checkout_sessions",
            lineItems=[{"name": title, "unitAmount": price, "quantity": 1}],
            currency="EUR", reference=f"NW-10{number:02}",
        )  # fmt: skip
        if outcome != "pending":
            post(f"/checkout_sessions/{session['id']}/simulate", outcome=outcome)
    return post(
        "/checkout_sessions",
        lineItems=[
            {"name": "House blend, 1 kg", "unitAmount": "29.00", "quantity": 2},
            {"name": "Espresso cups, set of four", "unitAmount": "42.00", "quantity": 1},
        ],
        currency="EUR", shippingAmount="4.90", reference="NW-1042",
    )  # fmt: skip


def sign_in(page: Page, server: RunningServer) -> None:
    """As the owner would."""
    page.goto(f"{server.url}/dashboard")
    page.get_by_label("E-mail address").fill(server.owner_email)
    page.get_by_label("Password", exact=True).fill(server.owner_password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{server.url}/dashboard**")


@contextlib.contextmanager
def light(browser: Browser, width: int, height: int) -> Iterator[Page]:
    """A window in the light theme, without motion."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="light", reduced_motion="reduce", locale="en-GB"
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def take(page: Page, address: str, file: Path) -> None:
    """A picture of the window as it stands, once nothing loads any more."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    # WebP, which Playwright itself does not write: a third of the same picture as PNG.
    devtools = page.context.new_cdp_session(page)
    taken = devtools.send("Page.captureScreenshot", {"format": "webp", "quality": WEBP_QUALITY})
    file.write_bytes(base64.b64decode(taken["data"]))
    size = file.stat().st_size
    if size > PICTURE_BYTES_MAX:
        sys.exit(f"{file}: {size} bytes, and a picture has at most {PICTURE_BYTES_MAX}")
    print(f"{file}  {size // 1024} KiB")


def pictures(server: RunningServer, browser: Browser, directory: Path) -> None:
    """All of them."""
    project = server.project(SHOP)
    server.owner()
    issued = server.issued(project=project, name="Shop backend")
    server.issued(("sessions:read", "events:read"), project=project, name="Bookkeeping")
    with contextlib.closing(Receiver()) as receiver, server.client(issued["key"]) as api:
        session = sell(api, receiver.url)
        api.get("/orders")
        with light(browser, 900, 760) as page:
            take(page, f"{server.url}/checkout/{session['id']}", directory / "checkout.webp")
        with light(browser, 1200, 760) as page:
            sign_in(page, server)
            take(page, f"{server.url}/dashboard", directory / "overview.webp")
            take(page, f"{server.url}/dashboard/sessions", directory / "sessions.webp")
            take(page, f"{server.url}/dashboard/api-keys/{issued['id']}", directory / "key.webp")


def main() -> None:
    """Start a server on a throw-away database, and look at it."""
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/pictures"
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        if (chromium := find_chromium(playwright)) is None:
            sys.exit("no Chromium: install one, or name it in TILLGATE_CHROMIUM")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        server = RunningServer(Path(scratch) / "data").start()
        try:
            pictures(server, browser, directory)
        finally:
            server.stop()
            browser.close()


if __name__ == "__main__":
    main()
