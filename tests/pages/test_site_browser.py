"""The documentation's static files in a real browser, from a file server that knows nothing of them."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.axe import run_axe
from tests.browser import OpenPage
from tillgate.api import error_pages
from tillgate.pages import site

SIZES = ({"width": 390, "height": 844}, {"width": 1440, "height": 900})
SHOWN = ("index.html", "keys.html", "reference/events.html", "errors/index.html", "errors/not_found.html")


class Quiet(SimpleHTTPRequestHandler):
    """A file server that prints nothing."""

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site below a prefix."""
    root = tmp_path_factory.mktemp("files")
    folder: Path = root / "some" / "where"
    site.build(folder, error_pages.served("https://pay.example"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=root))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/some/where"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_the_site_can_be_read_by_everybody(served: str, open_page: OpenPage, size: dict[str, int]) -> None:
    """axe finds nothing in either colour scheme; nothing is wider than the window; the policy is not broken."""
    page = open_page(viewport=size)
    for name in SHOWN:
        page.goto(f"{served}/{name}")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert run_axe(page).violations == [], (name, scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_sections_are_found_without_a_server(served: str, open_page: OpenPage) -> None:
    """What is asked for stands in the address; what is found leads to its heading; markup in it is text."""
    page = open_page()
    page.goto(f"{served}/index.html")
    page.get_by_label("Search the documentation").fill("catching up")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Catching up").first.click()
    expect(page).to_have_url(f"{served}/reference/events.html#catching-up")
    page.goto(f"{served}/index.html?q=%3Cb%3Ezzyzx")
    expect(page.get_by_role("status")).to_have_text("Nothing was found. Try another word, or fewer.")
    expect(page.get_by_label("Search the documentation")).to_have_value("<b>zzyzx")
