"""The guides at /docs: all of them, with links that lead somewhere, found by their words."""

import re
import tomllib

import pytest

from tests.house.documents import ROOT
from tests.shop import Shop
from tillgate.api import error_pages
from tillgate.pages import documents, guides

LINK = re.compile(r'href="([^"]+)"')
HOST = "https://shop.example"
ANCHOR = re.compile(r'id="([^"]+)"')


def test_every_document_is_a_page_and_in_the_wheel() -> None:
    """A new document is in the navigation, and in what is released."""
    written = {
        file.relative_to(ROOT / "docs")
        for kind in ("*", "reference/*", "dialects/*")
        for file in (ROOT / "docs").glob(f"{kind}.md")
    }
    assert {f"{name}.md" for name in guides.names()} == {file.as_posix() for file in written}
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]
    packed = {name.removeprefix("docs/") for name in hatch["wheel"]["force-include"]}
    assert packed == {file.parts[0] for file in written} | set(guides.PICTURES)


def test_every_link_leads_to_a_page_and_its_anchor() -> None:
    """What a page links to is served, and the heading is there."""
    anchors = {f"{guides.ROOT}/{name}": set(ANCHOR.findall(guides.html_of(name))) for name in guides.names()}
    wrong = []
    for name in guides.names():
        for link in LINK.findall(guides.html_of(name)):
            path, _, anchor = link.partition("#")
            if link.startswith(("https://", "http://", "mailto:")) or path.startswith(f"{guides.ROOT}/errors"):
                continue
            there = anchors.get(path or f"{guides.ROOT}/{name}")
            if there is None or (anchor and anchor not in there):
                wrong.append(f"{name}: {link}")
    assert wrong == []


def test_a_section_is_found_by_its_words() -> None:
    """Those with all words; a heading goes before a text; nothing is found where one word is nowhere."""
    found = guides.search("catching UP")
    assert (found[0].heading, found[0].address) == ("Catching up", "/docs/reference/events#catching-up")
    assert guides.search("webhook zzyzx") == []
    errors = documents.sections(error_pages.served("https://shop.example"))
    assert guides.search("session_not_pending", errors)[0].address == "/docs/errors/session_not_pending"
    assert len(guides.search("the")) == guides.FOUND_MAX


@pytest.mark.anyio
async def test_the_pages_are_served_under_the_strict_policy(sqlite_shop: Shop) -> None:
    """No script, no style of its own; what is asked for is escaped; another path is a 404 with the way back."""
    client = await sqlite_shop.client()
    shown = await client.get(f"{HOST}/docs/reference/api")
    assert shown.status_code == 200, shown.text[:300]
    assert "<script" not in shown.text.lower()
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert 'aria-current="page"' in shown.text
    found = await client.get(f"{HOST}/docs", params={"q": "<b>sequence"})
    assert "Nothing was found" in found.text and "<b>" not in found.text
    assert "Catching up" in (await client.get(f"{HOST}/docs", params={"q": "catching up"})).text
    for path in (
        "/docs/nothing",
        "/docs/../pyproject",
        "/docs/decisions/0001-one-database-layer-for-both",
        "/docs/%2e%2e/README",
    ):
        assert (await client.get(f"{HOST}{path}")).status_code == 404, path
    assert "invalid_api_key" in (await client.get(f"{HOST}/docs/errors")).text


@pytest.mark.anyio
async def test_a_page_is_kept_and_asked_about(sqlite_shop: Shop) -> None:
    """A browser that has the page is told so; another page, or a changed one, is another tag."""
    client = await sqlite_shop.client()
    tags = set()
    for path in ("/docs", "/docs/webhooks", "/docs/errors", "/docs/errors/not_found"):
        shown = await client.get(f"{HOST}{path}")
        tag = shown.headers["etag"]
        assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-cache")
        again = await client.get(f"{HOST}{path}", headers={"if-none-match": f'"other", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["content-security-policy"] == shown.headers["content-security-policy"]
        assert (await client.get(f"{HOST}{path}", headers={"if-none-match": '"other"'})).status_code == 200
        tags.add(tag)
    assert len(tags) == 4


@pytest.mark.anyio
async def test_a_slash_at_the_end_leads_to_the_page(sqlite_shop: Shop) -> None:
    """Also for the overview; to no other host, and to no page that is not there."""
    client = await sqlite_shop.client()
    for path in ("/docs", "/docs/webhooks", "/docs/reference/api", "/docs/errors", "/docs/errors/not_found"):
        moved = await client.get(f"{HOST}{path}/", follow_redirects=False)
        assert (moved.status_code, moved.headers["location"]) == (303, path)
    for path in ("/docs/nothing/", "/docs//other.example/"):
        assert (await client.get(f"{HOST}{path}", follow_redirects=False)).status_code == 404, path


@pytest.mark.anyio
async def test_the_pictures_of_the_documents_are_shown(sqlite_shop: Shop) -> None:
    """Each that a document has is served as what it is."""
    shown = {one for name in guides.names() for one in re.findall(r'<img src="([^"]+)"', guides.html_of(name))}
    assert shown
    client = await sqlite_shop.client()
    for path in shown:
        picture = await client.get(f"{HOST}{path}")
        assert (picture.status_code, picture.headers["content-type"].partition("/")[0]) == (200, "image"), path
    assert (await client.get(f"{HOST}/docs/pictures/nothing.webp")).status_code == 404
