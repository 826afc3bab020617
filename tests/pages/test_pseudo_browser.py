"""What a buyer's browser shows of every page stands in the catalogues, what its script writes included."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.axe import run_axe
from tests.browser import OpenPage
from tests.pages.pseudo import CLOSE, OPEN
from tests.pages.test_browser import AFTERWARDS, DESKTOP, PHONE, SERIOUS, STATES, Merchant
from tests.pages.test_languages import READ, outside
from tests.running import RunningServer

LOOK = f"""() => [...document.querySelectorAll("*")].flatMap(
  (one) => {list(READ)}.map((name) => one.getAttribute(name)).filter(Boolean))"""
# The texts that are wider than what shows them, and are not shown beyond it.
CUT_OFF = """() => [...document.querySelectorAll("h1, h2, p, a, button, label, summary, dt, dd, li, td, th")]
  .filter((one) => one.getClientRects().length && one.scrollWidth > one.clientWidth + 1
    && getComputedStyle(one).overflowX !== "visible" && !one.closest(".unseen, .skip"))
  .map((one) => one.outerHTML.slice(0, 200))"""
# A merchant's own words.
OWN = ("Beans", "Two bags of freshly roasted beans, every month.", "Test shop", "Spring", "SPRING")


class Pseudo(RunningServer):
    """A server whose buyers' pages speak in brackets."""

    program = "tests.pages.pseudo"


@pytest.fixture(scope="module")
def seller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    server = Pseudo(tmp_path_factory.mktemp("pseudo") / "data").start()
    try:
        server.owner()
        server.project()
        with server.client(server.key()) as api:
            yield Merchant(server, api)
    finally:
        server.stop()


def assert_all_from_catalogues(page: Page) -> None:
    shown = [page.title(), page.inner_text("body"), *page.evaluate(LOOK)]
    assert OPEN in shown[1] and CLOSE in shown[1]
    for text in shown:
        for own in OWN:
            text = text.replace(own, " ")
        assert list(outside(text)) == [], (page.url, text)


def assert_there_is_room(page: Page) -> None:
    """Nothing sticks out on a phone or a desk, no text is cut off, and axe finds nothing serious."""
    for viewport in (DESKTOP, PHONE):
        page.set_viewport_size(viewport)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], page.url
        assert page.evaluate(CUT_OFF) == [], page.url
    assert [one for one in run_axe(page).violations if one.impact in SERIOUS] == [], page.url


@pytest.mark.parametrize("scripts", [True, False])
def test_a_browser_shows_no_text_from_outside_of_the_catalogues(
    seller: Merchant, open_page: OpenPage, scripts: bool
) -> None:
    """Each state and what comes after it, the offer and its end, the question before one leaves, and a page that is
    none; all that is folded away is opened. There is room for longer words."""
    link, closed = seller.link(), seller.link()
    seller.close(closed)
    sessions = [seller.session_in(state) for state in STATES] + [seller.session_after(what) for what in AFTERWARDS]
    page = open_page(java_script_enabled=scripts, viewport=PHONE)
    paths = [one["url"] for one in sessions] + [f"{sessions[0]['url']}/cancel", f"{seller.url}/checkout/cs_unknown"]
    for url in [
        *paths,
        link["checkoutUrl"],
        f"{link['checkoutUrl']}?email=",
        closed["checkoutUrl"],
        f"{seller.url}/l/no",
    ]:
        page.goto(url)
        for summary in page.locator("summary").all():
            summary.click()
        assert_all_from_catalogues(page)
        if scripts:
            assert_there_is_room(page)


def test_what_a_script_writes_is_from_the_catalogues(seller: Merchant, open_page: OpenPage) -> None:
    """The word on a button that has copied, the announcement of the last minute, and what changes as money comes."""
    session = seller.session()
    seller.run_down(session, 50)
    page = open_page(viewport=PHONE)
    page.goto(session["url"])
    expect(page.get_by_role("status")).to_contain_text(OPEN)
    assert_all_from_catalogues(page)
    page.locator("[data-copy]").first.click()
    assert_all_from_catalogues(page)
    before = page.locator("#headline").inner_text()
    seller.simulate(session, "detected")
    expect(page.locator("#headline")).not_to_have_text(before)
    assert_all_from_catalogues(page)
