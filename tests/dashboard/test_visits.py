"""The road in, the same for every page."""

import re
from pathlib import Path

import httpx
import pytest

from tests.dashboard.conftest import Owner, browser_of
from tests.shop import PUBLIC_URL, MovableClock, Shop, settings_for
from tillgate.app import running
from tillgate.dashboard.calls import PublicView, View
from tillgate.dashboard.routing import VIEWS
from tillgate.store.sealing import new_key

pytestmark = pytest.mark.anyio

FOREIGN = "https://evil.example"
FOREIGN_HEADERS: tuple[dict[str, str], ...] = (
    {"Origin": FOREIGN},
    {"Origin": "null"},
    {"Origin": f"{PUBLIC_URL}.evil.example"},
    {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "cross-site"},
    {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-site"},
    {"Origin": "", "Sec-Fetch-Site": "same-origin"},
)
PARTS = re.compile(r"{\w+(:path)?}")


def path_of(view: View | PublicView) -> str:
    return PARTS.sub("x", view.path)


async def test_only_setting_up_and_signing_in_are_open(sqlite_shop: Shop) -> None:
    """And asking for a link to another password. Every other page sends a stranger to sign in, and every other form
    does nothing. crypto-checkout R11."""
    assert {view.path for view in VIEWS if isinstance(view, PublicView)} == {
        "/dashboard/sign-in",
        "/dashboard/sign-in/second",
        "/dashboard/setup/{token}",
        "/dashboard/invitations/{token}",
        "/dashboard/password",
        "/dashboard/password/asked",
        "/dashboard/password/{token}",
    }
    async with browser_of(sqlite_shop) as http:
        for view in VIEWS:
            if isinstance(view, View):
                answer = await http.request(
                    view.method, path_of(view), data={"a": "b"} if view.method == "POST" else None
                )
                assert answer.status_code == 303, view
                assert answer.headers["location"].startswith("/dashboard/sign-in")


async def test_an_api_key_does_not_open_the_dashboard(sqlite_shop: Shop) -> None:
    """A key is for the API; the dashboard is for people."""
    key = (await sqlite_shop.issued()).secret.reveal()
    async with browser_of(sqlite_shop) as http:
        answer = await http.get("/dashboard/api-keys", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 303


async def test_every_answer_has_the_strict_headers(owner: Owner) -> None:
    """Pages, redirects and errors alike; what holds a secret is never stored. crypto-checkout R65."""
    for method, path in (
        ("GET", "/dashboard"),
        ("GET", "/dashboard/nothing"),
        ("PUT", "/dashboard/api-keys"),
        ("POST", "/dashboard/mode"),
        ("GET", "/dashboard/sign-in"),
    ):
        headers = (await owner.http.request(method, path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


async def test_browsers_that_come_over_tls_are_told_to_stay_there(tmp_path: Path, anyio_backend: object) -> None:
    """On pages, redirects, errors and static files, for the time that is set; not over plain HTTP, where anybody could
    have said it, and not where the operator has no https address or lets the proxy say it."""
    url, key = f"sqlite:///{tmp_path / 'tillgate.db'}", new_key()
    paths = (
        "/dashboard",
        "/dashboard/sign-in",
        "/dashboard/nothing",
        "/checkout/cs_none",
        "/nothing",
        "/static/tokens.css",
    )
    for public_url, seconds, scheme, told in (
        ("https://pay.example", 86_400, "https", "max-age=86400"),
        ("https://pay.example", 86_400, "http", None),
        ("https://pay.example", 0, "https", None),
        ("http://pay.example", 86_400, "https", None),
    ):
        settings = settings_for(tmp_path, url, secret_key=key, hsts_seconds=seconds)._replace(public_url=public_url)
        async with running(settings, MovableClock()) as app:
            transport = httpx.ASGITransport(app, client=("203.0.113.7", 50_000))
            async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://pay.example") as http:
                for path in paths:
                    answer = await http.get(path)
                    assert answer.headers.get("strict-transport-security") == told, (path, scheme)


async def test_no_page_has_inline_script_or_style(owner: Owner) -> None:
    """What the policy would refuse is not there to begin with."""
    for path in ("", "/api-keys/new", "/payment-links/new", "/webhooks/new", "/sessions", "/events", "/projects"):
        page = await owner.page(path)
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|hx-on", page)
        for script in re.findall(r"<script[^>]*>[^<]*", page):
            assert re.fullmatch(r'<script src="/static/[\w./-]+\?v=[0-9a-f]{12}" defer>', script)


async def test_a_form_of_another_site_is_refused(owner: Owner) -> None:
    """Even one that knows the token; nothing is changed. crypto-checkout R19."""
    issued = await owner.shop.issued()
    path = f"/dashboard/api-keys/{issued.key.id}/revoke"
    for headers in FOREIGN_HEADERS:
        answer = await owner.http.post(path, data={"csrf": owner.csrf}, headers=headers)
        assert answer.status_code == 403, headers
        assert "was not sent by this dashboard" in answer.text
    key = await owner.shop.keys.store.by_id(owner.shop.project_id, issued.key.id)
    assert key is not None and key.status.value == "active"


async def test_a_form_of_no_browser_is_refused(owner: Owner) -> None:
    """Neither header there: no browser of today sends a form like that."""
    request = owner.http.build_request("POST", "/dashboard/sign-out", data={"csrf": owner.csrf})
    del request.headers["origin"]
    assert (await owner.http.send(request)).status_code == 403
    await owner.page("")


async def test_either_header_suffices(owner: Owner) -> None:
    """Plain http beyond this machine carries no Sec-Fetch-Site."""
    request = owner.http.build_request("POST", "/dashboard/mode", data={"csrf": owner.csrf, "mode": "live"})
    del request.headers["origin"]
    request.headers["sec-fetch-site"] = "same-origin"
    assert (await owner.http.send(request)).status_code == 303


async def test_a_form_without_the_right_token_is_refused(owner: Owner) -> None:
    """From this very origin, too: the token is of this sign-in."""
    for token in ("", "0" * 64, "é"):
        answer = await owner.http.post("/dashboard/mode", data={"csrf": token, "mode": "live"})
        assert answer.status_code == 403, token
        assert "earlier sign-in" in answer.text
    assert "Switch to live mode" in await owner.page("")


async def test_signing_in_and_setting_up_check_the_origin_too(sqlite_shop: Shop) -> None:
    """Nobody is signed in to somebody else's account by another site."""
    async with browser_of(sqlite_shop) as http:
        for path in ("/dashboard/sign-in", "/dashboard/setup/x"):
            assert (await http.post(path, data={"a": "b"}, headers={"Origin": FOREIGN})).status_code == 403


async def test_what_is_no_form_is_refused(owner: Owner) -> None:
    """Another type 415, another size 413, a thousand fields 400, another method 405 with Allow."""
    http = owner.http
    assert (await http.post("/dashboard/mode", json={"mode": "live"})).status_code == 415
    big = await http.post("/dashboard/mode", data={"csrf": owner.csrf, "mode": "x" * 70_000})
    assert big.status_code == 413
    many = {f"field{number}": "" for number in range(200)}
    assert (await http.post("/dashboard/mode", data=many)).status_code == 400
    answer = await http.delete("/dashboard/api-keys")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert (await http.head("/dashboard/api-keys")).status_code == 200


async def test_what_is_not_there_is_said_inside_the_layout(owner_of_both: Owner) -> None:
    """Unknown paths, unknown ids and ids with a NUL: a friendly 404 with the way back, on both databases."""
    for path in (
        "/nothing",
        "/a/b/c",
        "/sessions/cs_nope",
        "/sessions/%00",
        "/payment-links/a%00b",
        "/payment-links/pl_01m804r6xd1r1f47c8zrt63rpm/edit",
        "/webhooks/nope",
        "/events/nope",
        "/api-keys/key_nope/revoke",
    ):
        page = await owner_of_both.page(path, 404)
        assert "API Keys" in page, path
        assert 'href="/dashboard"' in page


async def test_a_slash_too_many_leads_on(owner: Owner) -> None:
    """And never away from here."""
    for path, where in (("/", ""), ("/api-keys/", "/api-keys"), ("//evil.example//", "//evil.example")):
        answer = await owner.http.get(f"/dashboard{path}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/dashboard{where}")


async def test_a_malformed_query_is_a_400(owner_of_both: Owner) -> None:
    """A cursor, a filter or a link that no page ever gave: 400 with words, never a 500."""
    for path in (
        "/sessions?after=nope",
        "/sessions?after=%00",
        "/sessions?status=nope",
        "/sessions?link=nope%00",
        "/events?type=nope",
        "/events?after=x",
        "/payment-links?after=x",
        "/webhooks?after=x",
    ):
        await owner_of_both.page(path, 400)


async def test_a_fragment_is_not_replaced_by_the_sign_in_page(sqlite_shop: Shop) -> None:
    """When a sign-in ends while a page looks for news, the whole browser goes to sign in."""
    async with browser_of(sqlite_shop) as http:
        answer = await http.get("/dashboard/sessions/cs_x", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/dashboard/sign-in?next=%2Fdashboard%2Fsessions%2Fcs_x"


async def test_an_unforeseen_failure_is_a_page_and_a_log_line(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """No stack trace reaches the browser."""

    async def fail(*_: object) -> httpx.Response:
        raise RuntimeError("secret words")

    monkeypatch.setattr("tillgate.dashboard.projects._page", fail)
    page = await owner.page("/projects", 500)
    assert "Something went wrong on our side" in page
    assert "secret words" not in page
