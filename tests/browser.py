"""A real Chromium for tests. `python -m tests.browser` prints which one would be used.

Playwright's sync API keeps an event loop of its own, suspended between calls, and leaves it registered as
the thread's running loop, which would make every later async test of the process fail. Here it is
registered only while a test that uses the browser runs. Such a test is sync, talks to a real server
process, and cannot call `asyncio.run` itself.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

OpenPage = Callable[..., Page]

_browser_loop: asyncio.AbstractEventLoop | None = None


def find_chromium(playwright: Playwright) -> str | None:
    """The Chromium to use: named by TILLGATE_CHROMIUM, else on PATH, else the one Playwright installed."""
    named = os.environ.get("TILLGATE_CHROMIUM")
    if named:
        return shutil.which(named)
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        path = shutil.which(name)
        # Asked, not only found: on Ubuntu `chromium-browser` may be a stub that wants a snap.
        if path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    installed = playwright.chromium.executable_path
    return installed if os.access(installed, os.X_OK) else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for this test process."""
    global _browser_loop
    with sync_playwright() as playwright:
        _browser_loop = asyncio.get_running_loop()
        try:
            chromium = find_chromium(playwright)
            if chromium is None:
                pytest.skip(
                    "real browser: no Chromium on PATH, in TILLGATE_CHROMIUM or from `playwright install "
                    "chromium` (`make test` tries to install one)"
                )
            launched = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
            yield launched
            asyncio._set_running_loop(_browser_loop)  # this may be the end of another test
            launched.close()
        finally:
            asyncio._set_running_loop(_browser_loop)
            _browser_loop = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    if _browser_loop is not None and "browser" in getattr(item, "fixturenames", ()):
        asyncio._set_running_loop(_browser_loop)
    try:
        return (yield)
    finally:
        asyncio._set_running_loop(None)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open a page in a context (cookies, storage) of its own; the arguments are Playwright's `new_context`:
    `open_page(color_scheme="dark", viewport={"width": 390, "height": 844})`.

    At the end of the test, no page may have met an uncaught script error or a breach of its own
    Content-Security-Policy.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(**options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and "Content Security Policy" in message.text
                else None
            ),
        )
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()
    assert not complaints, "the browser complained:\n" + "\n".join(complaints)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A page in a context of its own, 1280 by 800, light."""
    return open_page(viewport={"width": 1280, "height": 800}, color_scheme="light")


if __name__ == "__main__":
    with sync_playwright() as running:
        found = find_chromium(running)
    print(found or "no Chromium found")
    sys.exit(found is None)
