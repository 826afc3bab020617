"""``/docs/errors``: the installation's own pages of what its API answers."""

import re
from html import unescape

import httpx
import pytest

from tests.shop import PUBLIC_URL, Shop
from tillgate.api.errors import ERRORS
from tillgate.pages.rendering import HEADERS

pytestmark = pytest.mark.anyio

LINK = re.compile(r'<a href="([^"]*)"')


def site(shop: Shop) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(shop.app), base_url=PUBLIC_URL)


async def test_every_code_has_a_page_that_is_served(sqlite_shop: Shop) -> None:
    """Meaning, status, an example with this installation's own address, what to do; plainly, under the same policy as
    the buyer's pages. No page leads nowhere."""
    async with site(sqlite_shop) as browser:
        index = await browser.get("/docs/errors")
        linked = links(index.text)
        for code, kind in ERRORS.items():
            page = await browser.get(f"/docs/errors/{code}")
            assert page.status_code == 200 and f'<h1 id="{code}">{code}</h1>' in page.text
            shown = unescape(re.sub(r"<[^>]+>", "", page.text))
            assert str(kind.status) in shown and "What to do" in shown
            assert f'"docUrl": "{PUBLIC_URL}/docs/errors/{code}"' in shown
            assert kind.meaning.replace("`", "") in shown
            assert f"/docs/errors/{code}" in linked
            linked.update(links(page.text))
            for name, value in HEADERS.items():
                assert page.headers[name] == value or name == "Cache-Control"
            assert " style=" not in page.text and "<script" not in page.text and "<style" not in page.text
        for address in linked:
            assert address.startswith("/docs"), address
            assert (await browser.get(address)).status_code == 200, address


async def test_a_page_leads_to_those_beside_it(sqlite_shop: Shop) -> None:
    """To the codes that are met in the same place, and from there back, and to guides."""
    async with site(sqlite_shop) as browser:
        pages = {code: (await browser.get(f"/docs/errors/{code}")).text for code in ERRORS}
    for code, page in pages.items():
        others = {one.rpartition("/")[2] for one in links(page) if one.startswith("/docs/errors/")}
        assert others and code not in others, code
        assert all(f"/docs/errors/{code}" in links(pages[other]) for other in others), code
    assert "/docs/reference/api" in links(pages["invalid_body"]) and ".md" not in pages["invalid_body"]


def links(page: str) -> set[str]:
    """Where a page's text leads, without the navigation beside it and without what is on the page itself."""
    return {one.partition("#")[0] for one in LINK.findall(page.partition("<main")[2])}


@pytest.mark.parametrize("code", ["nonsense", "<script>", "a" * 500, "invalid_body.md", "INVALID_BODY"])
async def test_what_is_no_code_has_no_page(sqlite_shop: Shop, code: str) -> None:
    """404, with the way to all codes; what was asked for is text and no more than a line of it."""
    async with site(sqlite_shop) as browser:
        answer = await browser.get(f"/docs/errors/{code}")
        assert answer.status_code == 404
        assert 'href="/docs/errors"' in answer.text
        assert "<script>" not in answer.text and "a" * 100 not in answer.text
        assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


async def test_where_an_error_says_that_its_page_is_there_is_one(sqlite_shop: Shop) -> None:
    """Refused, in the wrong place, wrong, in conflict or too often: every answer of the API that is no success."""
    api, nobody = await sqlite_shop.client(), await sqlite_shop.caller()
    answers = [
        await nobody.get("/events"),
        await api.get("/nowhere"),
        await api.put("/payment_links"),
        await api.post("/payment_links", json={}),
        await api.get("/payment_links?limit=0"),
        await api.get("/payment_links/pl_1"),
    ]
    async with site(sqlite_shop) as browser:
        for answer in answers:
            error = answer.json()["error"]
            assert error["docUrl"] == f"{PUBLIC_URL}/docs/errors/{error['code']}"
            assert (await browser.get(error["docUrl"])).status_code == 200
