"""The documentation at /docs, which has no scripts, in a browser."""

import pytest
from playwright.sync_api import expect

from tests.axe import run_axe
from tests.browser import OpenPage
from tests.running import RunningServer

GUIDE = "/docs/reference/keyturn-errors"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_screen_begins_with_the_text(running: RunningServer, open_page: OpenPage, scheme: str) -> None:
    """The navigation opens over the text and closes by Escape; axe finds nothing, open or closed."""
    page = open_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.goto(running.url + GUIDE)
    title, here = page.get_by_role("heading", level=1), page.get_by_role("link", name="Keyturn errors", exact=True)
    box = title.bounding_box()
    assert box is not None and box["y"] < 300
    expect(here).to_be_hidden()
    assert run_axe(page).violations == []
    page.get_by_role("button", name="Contents").click()
    expect(here).to_be_visible()
    expect(here).to_have_attribute("aria-current", "page")
    assert run_axe(page).violations == []
    page.keyboard.press("Escape")
    expect(here).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_wide_screen_has_the_navigation_beside_the_text(
    running: RunningServer, open_page: OpenPage, scheme: str
) -> None:
    """Without being asked for; and what is searched is found on the overview."""
    page = open_page(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    page.goto(running.url + GUIDE)
    expect(page.get_by_role("link", name="Keyturn errors", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Contents")).to_be_hidden()
    assert run_axe(page).violations == []
    page.get_by_role("link", name="Search and overview").click()
    page.get_by_label("Search the documentation").fill("session_not_pending")
    page.keyboard.press("Enter")
    page.get_by_role("main").get_by_role("link", name="session_not_pending").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("session_not_pending")
    assert run_axe(page).violations == []
