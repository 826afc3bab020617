"""The page on which customers manage their own keys: what it lets them do, and everything it does not."""

import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from keyturn.admission.layer import KeyLayer, open_key_layer
from keyturn.database import Row, Transaction
from keyturn.errors import InvalidPortalSession, InvalidScope
from keyturn.http import portal_pages
from keyturn.http.server import KeyturnServer
from keyturn.instants import to_rfc3339
from keyturn.limiting import shared
from keyturn.limiting.gcra import Limit, Limiter
from keyturn.limiting.shared import SharedLimiter, client_for
from keyturn.portal.html import element
from keyturn.portal.model import checked_return_url, checked_scopes, new_secret, read_secret
from keyturn.settings import SettingsError, load
from keyturn.stores.portal import SqlPortal
from keyturn.stores.ports import Act, RateLimiter
from keyturn.stores.restoring import after_restore
from tests.keyturn.test_server import ROOT

pytestmark = pytest.mark.anyio

ORIGIN: Final = "https://keys.example.test"
CUSTOMER: Final = "cus_1042"
ALLOWED: Final = {"scopes": ["invoices:read"], "keysMax": 3, "monthlyQuota": 1_000, "keyDaysMax": 90}


class Browser:
    """A customer's browser: it keeps cookies, and sends forms as one does."""

    def __init__(self, app: KeyturnServer, peer: str = "198.51.100.7") -> None:
        transport = httpx.ASGITransport(app, client=(peer, 50_000))
        self.client = httpx.AsyncClient(transport=transport, base_url=ORIGIN)

    async def open(self, url: str) -> httpx.Response:
        return await self.client.get(url, headers={"sec-fetch-dest": "document", "sec-fetch-site": "cross-site"})

    async def see(self, path: str = "/portal") -> httpx.Response:
        return await self.client.get(path)

    async def send(self, path: str, origin: str | None = ORIGIN, **fields: Any) -> httpx.Response:
        """Send a form with the token of the page that is there, unless another one is given."""
        page = await self.see()
        given = {"token": field_of(page.text, "token"), "once": field_of(page.text, "once")} | fields
        headers = {"origin": origin, "sec-fetch-site": "same-origin"} if origin == ORIGIN else {"origin": origin or ""}
        if origin is None:
            headers = {}
        return await self.client.post(path, data=given, headers=headers)

    async def make(self, name: str = "nightly", **fields: Any) -> str:
        """A new key's text."""
        made = await self.send("/portal/keys", name=name, **({"scope": "invoices:read", "days": "30"} | fields))
        assert made.status_code == 200, made.text
        return secret_of(made.text)


class Portal:
    """A server with a portal, its maker and its customers."""

    def __init__(self, layer: KeyLayer) -> None:
        self.layer = layer
        assert layer.portal is not None
        self.sessions: SqlPortal = layer.portal
        settings = load(
            {"KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": "invoices:read invoices:write", "KEYTURN_PUBLIC_URL": ORIGIN}
        )
        self.app = KeyturnServer(layer, settings)

    async def call(self, method: str, path: str, body: Any = None, by: str = ROOT) -> tuple[int, Any]:
        transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://keyturn.test") as client:
            answer = await client.request(method, path, json=body, headers={"authorization": f"Bearer {by}"})
        return answer.status_code, answer.json()

    async def session(self, by: str = ROOT, **more: Any) -> dict[str, Any]:
        body = {"externalId": CUSTOMER, "allowed": ALLOWED} | more
        status, made = await self.call("POST", "/v1/portal/sessions", body, by)
        assert status == 201, made
        return dict(made)

    async def signed_in(self, by: str = ROOT, **more: Any) -> Browser:
        browser = Browser(self.app)
        opened = await browser.open((await self.session(by, **more))["url"])
        assert (opened.status_code, opened.headers["location"]) == (303, "/portal"), opened.text
        return browser

    async def key(self, *scopes: str, **more: Any) -> dict[str, Any]:
        status, made = await self.call("POST", "/v1/keys", {"name": "test", "scopes": list(scopes), **more})
        assert status == 201, made
        return dict(made)

    async def verdict(self, key: str) -> Any:
        return (await self.call("POST", "/v1/keys/verify", {"key": key, "scope": "invoices:read"}))[1]

    async def keys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.call("GET", f"/v1/keys?externalId={CUSTOMER}"))[1]["data"]
        return found


def field_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    return found[1] if found is not None else ""


def secret_of(page: str) -> str:
    found = re.search(r'id="secret"[^>]*>([^<]+)<', page)
    assert found is not None, page
    return found[1]


@pytest.fixture
async def portal(database_url: str, anyio_backend: object) -> AsyncIterator[Portal]:
    """A server on a database of its own."""
    async with open_portal(database_url) as opened:
        yield opened


@contextlib.asynccontextmanager
async def open_portal(url: str, portal_url: str = ORIGIN, visitors: RateLimiter | None = None) -> AsyncIterator[Portal]:
    scopes = ("invoices:read", "invoices:write", "keys:read", "keys:verify", "keys:write")
    async with open_key_layer(url, scopes=scopes, portal_url=portal_url, visitors=visitors) as layer:
        yield Portal(layer)


async def test_a_customer_makes_uses_rotates_and_revokes_a_key(portal: Portal, caplog: Any) -> None:
    """Within what is allowed, from the link to the proof. Each step is in the audit log under the customer's name;
    neither the link, the cookie nor a key's text is in a log, in the database or in what the maker reads."""
    caplog.set_level(logging.DEBUG)
    session = await portal.session(returnUrl="https://app.example.com/settings")
    assert (session["status"], session["allowed"]["keysMax"], session["keyId"]) == ("pending", 3, None)
    browser = Browser(portal.app)
    opened = await browser.open(session["url"])
    cookie = opened.headers["set-cookie"]
    assert opened.status_code == 303 and opened.headers["referrer-policy"] == "no-referrer"
    for part in ("__Host-keyturn_portal=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert part in cookie
    page = await browser.see()
    assert page.status_code == 200 and "There are no keys here yet." in page.text
    assert 'href="https://app.example.com/settings"' in page.text and page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy

    text = await browser.make("nightly <script>")
    [key] = await portal.keys()
    assert (key["name"], key["scopes"], key["monthlyQuota"]) == ("nightly <script>", ["invoices:read"], 1_000)
    assert (key["externalId"], key["createdBy"]) == (CUSTOMER, f"customer:{CUSTOMER}") and key["expiresAt"] is not None
    assert (await portal.verdict(text))["valid"] is True
    await portal.layer._flush()
    page = await browser.see()
    assert "<script>" not in page.text.replace('<script src="/portal/page.js" defer></script>', "")
    assert "nightly &lt;script&gt;" in page.text and "Requests in 30 days</dt><dd>1<" in page.text
    one = await browser.see(f"/portal/keys/{key['id']}")
    assert "This key: 1 of 1,000 requests of this month are used" in one.text and "<td>1</td><td>0</td>" in one.text

    rotated = await browser.send(f"/portal/keys/{key['id']}/rotate", overlap="86400")
    second = secret_of(rotated.text)
    assert (await portal.verdict(text))["valid"] and "1 day after the first use" in rotated.text
    again = await browser.send(f"/portal/keys/{key['id']}/rotate", overlap="86400")
    assert again.status_code == 409 and "the new key was not used yet" in again.text
    assert (await browser.send(f"/portal/keys/{key['id']}/withdraw")).status_code == 200
    assert (await portal.verdict(second))["valid"] is False
    third = secret_of((await browser.send(f"/portal/keys/{key['id']}/rotate", overlap="0")).text)
    assert ((await portal.verdict(text))["valid"], (await portal.verdict(third))["valid"]) == (False, True)

    unsure = await browser.send(f"/portal/keys/{key['id']}/revoke")
    assert unsure.status_code == 400 and (await portal.verdict(third))["valid"]
    gone = await browser.send(f"/portal/keys/{key['id']}/revoke", confirmed="yes")
    assert "is revoked for good" in gone.text and "is refused everywhere" in gone.text
    assert (await portal.verdict(third))["reason"] == "revoked"

    ended = await browser.send("/portal/end")
    assert "The session is over" in ended.text and (await browser.see()).status_code == 403
    lines = (await portal.call("GET", "/v1/audit?limit=100"))[1]["data"]
    done = [(line["action"], line["actor"]) for line in reversed(lines)]
    by = f"customer:{CUSTOMER}"
    assert done[:3] == [
        ("portal_session.created", "operator:root"), ("portal_session.opened", by), ("key.created", by),
    ]  # fmt: skip
    assert done[-2:] == [("key.revoked", by), ("portal_session.ended", by)]
    assert {actor for _, actor in done[3:]} <= {by, f"key:{key['id']}"}
    link = session["url"].rpartition("/")[2]
    secret_texts = [link, cookie.partition("=")[2].partition(";")[0], text, second, third]
    logged = "".join(one.getMessage() for one in caplog.records if not one.name.startswith("httpx"))
    told = logged + repr(await everything(portal)) + repr(lines)
    told += repr(await portal.call("GET", "/v1/portal/sessions"))
    assert [one for one in secret_texts if one in told] == []


async def test_a_failure_tells_no_secret(portal: Portal, caplog: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the link's exchange fails, the log says so without the path, in which the secret stands."""
    url = (await portal.session())["url"]

    async def failing(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(portal.sessions, "open", failing)
    caplog.set_level(logging.DEBUG)
    assert (await Browser(portal.app).open(url)).status_code == 500
    ours = [one for one in caplog.records if one.name == "keyturn"]
    assert ours and url.rpartition("/")[2] not in "".join(logging.Formatter().format(one) for one in ours)


async def everything(portal: Portal) -> list[tuple[Any, ...]]:
    """What the database holds of sessions, as it holds it."""

    async def operation(tx: Transaction) -> list[Row]:
        return await tx.fetch_all("SELECT * FROM key_portal_sessions LIMIT 100")

    rows = await portal.sessions._database.read(operation)
    return [tuple(row[place] for place in range(16)) for row in rows]


async def test_a_link_opens_once_and_only_as_a_page(portal: Portal) -> None:
    """A second browser gets nothing of a spent link, and the first goes on; what looks ahead, frames it or asks for its
    head spends none; an old or misspelt one opens nothing."""
    url = (await portal.session())["url"]
    browser, thief = Browser(portal.app), Browser(portal.app)
    for headers in ({"sec-purpose": "prefetch"}, {"purpose": "prefetch"}, {"sec-fetch-dest": "iframe"}):
        assert (await thief.client.get(url, headers=headers)).status_code == 403
    assert (await thief.client.head(url)).status_code == 403
    assert (await thief.open(url + "x")).status_code == 404
    assert (await browser.open(url)).status_code == 303
    assert (await thief.open(url)).status_code == 410 and (await thief.see()).status_code == 403
    assert (await browser.open(url)).status_code == 303 and (await browser.see()).status_code == 200
    other = await portal.signed_in(externalId="cus_2")
    assert (await other.open(url)).status_code == 410
    late, cookie = await portal.session(), new_secret()
    found = await portal.sessions.by_id(late["id"])
    assert found is not None
    link = late["url"].rpartition("/")[2]
    text = read_secret(link)
    assert text is not None
    assert await portal.sessions.open(text.digest(), cookie.digest(), found.link_expires_at) is None


async def test_a_customer_reaches_no_key_but_their_own(portal: Portal) -> None:
    """Another customer's, the other mode's, a canary, one without an external id: each is as if it were not there, in
    the list, on its page, and for every form that names it."""
    others = [
        await portal.key("invoices:read", externalId="cus_2"),
        await portal.key("invoices:read"),
        await portal.key("invoices:read", externalId=CUSTOMER, mode="test"),
        await portal.key("invoices:read", externalId=CUSTOMER, canary=True),
        await portal.key("invoices:read", externalId=CUSTOMER, projectId="elsewhere"),
    ]
    own = await portal.key("invoices:read", externalId=CUSTOMER, name="own", monthlyQuota=5, expiresAt=day(portal, 1))
    browser = await portal.signed_in()
    page = (await browser.see()).text
    assert own["id"] in page and [one["id"] for one in others if one["id"] in page] == []
    for one in others:
        assert (await browser.see(f"/portal/keys/{one['id']}")).status_code == 404
        for action in ("rotate", "withdraw", "revoke"):
            answer = await browser.send(f"/portal/keys/{one['id']}/{action}", confirmed="yes", overlap="0")
            assert answer.status_code == 404, (one, action)
        assert (await portal.call("GET", f"/v1/keys/{one['id']}"))[1]["status"] == "active"
        if one["canary"] is False:
            assert (await browser.see(f"/portal?after={one['id']}")).status_code == 404
    assert (await browser.see(f"/portal/keys/{own['id']}")).status_code == 200


async def test_what_is_made_there_never_exceeds_what_is_allowed(portal: Portal) -> None:
    """A scope or an action that is not offered, a longer life, more keys than may be, the text of a key that may more:
    each is refused, and nothing is made. A form that is sent again makes no second key."""
    browser = await portal.signed_in()
    for scope in ("invoices:write", "*", "keys:write", ""):
        assert (await browser.send("/portal/keys", name="x", scope=scope, days="30")).status_code == 400
    assert await portal.keys() == []
    page = await browser.see()
    form = {"token": field_of(page.text, "token"), "once": "the-same", "name": "x", "scope": "invoices:read"}
    answers = [await browser.client.post("/portal/keys", data=form, headers={"origin": ORIGIN}) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 409] and "made its key already" in answers[1].text
    await browser.make(days="3650")
    for key in await portal.keys():
        assert key["expiresAt"] <= day(portal, 90)
    await browser.make()
    full = await browser.send("/portal/keys", name="x", scope="invoices:read")
    assert full.status_code == 409 and "as many keys as you may have (3)" in full.text
    assert len(await portal.keys()) == 3

    strong = await portal.key("invoices:read", "invoices:write", externalId=CUSTOMER)
    page = await browser.see(f"/portal/keys/{strong['id']}")
    assert "Ask your provider to rotate it" in page.text
    taken = await browser.send(f"/portal/keys/{strong['id']}/rotate", overlap="0")
    assert (
        taken.status_code == 400 and 'id="secret"' not in taken.text and (await portal.verdict(strong["key"]))["valid"]
    )

    looking = await portal.signed_in(allowed={"actions": [], "scopes": ["invoices:read"]})
    page = await looking.see()
    assert "Create a key" not in page.text and "Requests in" not in page.text
    for path in ("/portal/keys", f"/portal/keys/{strong['id']}/rotate", f"/portal/keys/{strong['id']}/revoke"):
        answer = await looking.send(path, name="x", scope="invoices:read", confirmed="yes", once="1")
        assert answer.status_code == 400 and "ask your provider" in answer.text.lower(), path


def day(portal: Portal, days: int) -> str:
    return to_rfc3339(portal.layer.clock.now() + days * 86_400_000)


async def test_a_form_of_another_page_does_nothing(portal: Portal) -> None:
    """Without our origin, from another one, with another session's token or none, as JSON, with too many fields or too
    large: nothing is made."""
    browser, other = await portal.signed_in(), await portal.signed_in(externalId="cus_2")
    wish = {"name": "x", "scope": "invoices:read"}
    for origin in ("https://evil.example", "null", None):
        assert (await browser.send("/portal/keys", origin=origin, **wish)).status_code == 403
    foreign = field_of((await other.see()).text, "token")
    for token in (foreign, "", "é"):
        assert (await browser.send("/portal/keys", token=token, **wish)).status_code == 403
    headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
    assert (await browser.client.post("/portal/keys", json=wish, headers=headers)).status_code == 415
    many = {f"f{n}": "1" for n in range(200)}
    assert (await browser.client.post("/portal/keys", data=many, headers=headers)).status_code == 400
    huge = {"name": "x" * 70_000}
    assert (await browser.client.post("/portal/keys", data=huge, headers=headers)).status_code == 413
    assert (await browser.client.put("/portal/keys", data=wish, headers=headers)).status_code == 404
    crossed = headers | {"sec-fetch-site": "cross-site"}
    assert (await browser.client.post("/portal/keys", data=wish, headers=crossed)).status_code == 403
    assert await portal.keys() == []


async def test_a_session_ends_with_the_key_that_made_it(portal: Portal) -> None:
    """Its keys are that key's, and no stronger. Once that is revoked or disabled, or its project suspended, the next
    request is refused. A session that an operator ends is over as well, and another key cannot end it."""
    maker = await portal.key("keys:write", "keys:read", "invoices:read")
    status, refused = await portal.call(
        "POST", "/v1/portal/sessions", {"externalId": CUSTOMER, "allowed": {"scopes": ["invoices:write"]}}, maker["key"]
    )
    assert (status, refused["code"]) == (400, "stronger_than_parent")
    theirs = await portal.key("invoices:read", externalId=CUSTOMER, name="the operators")
    browser = await portal.signed_in(maker["key"])
    text = await browser.make()
    page = await browser.see()
    assert theirs["id"] not in page.text
    made = next(key for key in await portal.keys() if key["name"] == "nightly")
    assert made["parentId"] == maker["id"]
    await portal.call("POST", f"/v1/keys/{maker['id']}/disable", {})
    assert (await browser.see()).status_code == 403
    await portal.call("POST", f"/v1/keys/{maker['id']}/enable", {})
    assert (await browser.see()).status_code == 200
    await portal.call("POST", "/v1/projects/default/suspend", {})
    assert (await browser.see()).status_code == 403
    await portal.call("POST", "/v1/projects/default/resume", {})
    await portal.call("POST", f"/v1/keys/{maker['id']}/revoke?tree=true", {})
    assert (await browser.see()).status_code == 403
    assert (await portal.verdict(text))["reason"] == "revoked"

    session = await portal.session()
    browser = Browser(portal.app)
    await browser.open(session["url"])
    stranger = await portal.key("keys:write", "keys:read")
    at = f"/v1/portal/sessions/{session['id']}"
    assert (await portal.call("POST", f"{at}/end", by=stranger["key"]))[0] == 404
    test = await portal.key("keys:write", "keys:read", mode="test")
    assert (await portal.call("GET", at, by=test["key"]))[0] == 404
    assert (await portal.call("GET", at, by=stranger["key"]))[1]["status"] == "open"
    status, ended = await portal.call("POST", f"{at}/end")
    assert (status, ended["status"], ended["endedBy"]) == (200, "ended", "operator:root")
    assert (await browser.see()).status_code == 403
    assert (await portal.call("POST", f"{at}/end"))[1] == ended


async def test_sessions_are_listed_in_pages_and_dropped_when_they_are_old(portal: Portal) -> None:
    """Newest first, by customer where that is asked for; a cursor of another project or mode is an error."""
    made = [(await portal.session(externalId=f"cus_{n % 2}"))["id"] for n in range(5)]
    status, first = await portal.call("GET", "/v1/portal/sessions?limit=3")
    assert (status, first["hasMore"], len(first["data"])) == (200, True, 3)
    rest = (await portal.call("GET", f"/v1/portal/sessions?limit=3&startingAfter={first['nextCursor']}"))[1]
    assert sorted(one["id"] for one in first["data"] + rest["data"]) == sorted(made) and not rest["hasMore"]
    its = (await portal.call("GET", "/v1/portal/sessions?externalId=cus_1"))[1]["data"]
    assert {one["externalId"] for one in its} == {"cus_1"} and len(its) == 2
    query = f"projectId=elsewhere&startingAfter={made[0]}"
    assert (await portal.call("GET", f"/v1/portal/sessions?{query}"))[0] == 400
    # A key lists its own mode in whole pages, and no session of the other leads on from there.
    tests = [(await portal.session(mode="test"))["id"] for _ in range(2)]
    await portal.session()
    by = (await portal.key("keys:read", mode="test"))["key"]
    page = (await portal.call("GET", "/v1/portal/sessions?limit=2", by=by))[1]
    assert sorted(one["id"] for one in page["data"]) == sorted(tests) and not page["hasMore"]
    assert (await portal.call("GET", f"/v1/portal/sessions?startingAfter={made[0]}", by=by))[0] == 400
    assert await portal.sessions.forget_sessions(portal.layer.clock.now(), 100) == 0
    assert await portal.sessions.forget_sessions(portal.layer.clock.now() + 86_400_000, 3) == 3


async def test_a_visitor_who_asks_too_often_waits(portal: Portal) -> None:
    """By address; and in one session, changes have a rate of their own."""
    browser = Browser(portal.app, "203.0.113.9")
    answers = [await browser.see() for _ in range(100)]
    assert {one.status_code for one in answers} == {403, 429}
    assert int(answers[-1].headers["retry-after"]) >= 1
    other = Browser(portal.app, "203.0.113.10")
    assert (await other.see()).status_code == 403


async def test_servers_with_a_valkey_count_visitors_and_changes_together(
    tmp_path: Any, redis_server: str, monkeypatch: pytest.MonkeyPatch, anyio_backend: object
) -> None:
    """Who has used up their rate at one server has used it up at the other, and no other customer has."""
    hourly = Limit(1 / 3_600, 1)
    monkeypatch.setattr(portal_pages, "CHANGES", hourly)
    # A busy machine may not let Redis answer within a request's patience, and each would count alone.
    monkeypatch.setattr(shared, "ANSWER_SECONDS", 20.0)
    url = f"sqlite:///{tmp_path}/keys.db"
    async with contextlib.AsyncExitStack() as stack:
        servers = []
        for _ in range(2):
            limiter = SharedLimiter(client_for(redis_server), Limiter(time.monotonic_ns))
            stack.push_async_callback(limiter.close)
            servers.append(await stack.enter_async_context(open_portal(url, visitors=limiter)))
        one, two = servers
        customers = [await one.signed_in(externalId=f"cus_{uuid4().hex}") for _ in range(2)]
        await customers[0].make()
        for at, status in ((0, 429), (1, 200)):
            moved = Browser(two.app)
            moved.client.cookies = customers[at].client.cookies
            wish = {"name": "second", "scope": "invoices:read", "days": "30"}
            assert (await moved.send("/portal/keys", **wish)).status_code == status
        monkeypatch.setattr(portal_pages, "LOOKS", hourly)
        address = f"2001:db8:{uuid4().hex[:4]}:1::9"
        assert [(await Browser(each.app, address).see()).status_code for each in servers] == [403, 429]


async def test_a_server_that_nobody_gave_an_address_has_no_portal(tmp_path: Any, anyio_backend: object) -> None:
    """It says what to set; and plain HTTP from elsewhere is no way to the page."""
    async with open_portal(f"sqlite:///{tmp_path}/keys.db", portal_url="") as portal:
        status, told = await portal.call("POST", "/v1/portal/sessions", {"externalId": "cus_1"})
        assert (status, told["code"]) == (409, "portal_not_set_up") and "KEYTURN_PUBLIC_URL" in told["detail"]
        assert (await portal.call("GET", "/portal"))[0] == 404
    async with open_portal(f"sqlite:///{tmp_path}/keys.db") as portal:
        transport = httpx.ASGITransport(portal.app, client=("203.0.113.9", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://keys.example.test") as client:
            assert (await client.get("/portal")).status_code == 403


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "http://app.example", "//app.example", "https://", "https://u@app.example", "https://a b",
     'https://a.example/"><script>', "https://[::1", "https://a.example:99999999/", "https://a.example/\n", "https://ä.example",
     "https://a.example/" + "x" * 2_000],
)  # fmt: skip
async def test_a_return_url_leads_to_a_page_over_https(text: str) -> None:
    """Nothing else becomes a link on the page: no script, no other scheme, no user name, no markup."""
    with pytest.raises(InvalidPortalSession):
        checked_return_url(text)
    assert checked_return_url("http://localhost:3000/settings") and checked_return_url("https://app.example/x?y=z")


async def test_scopes_that_manage_keys_are_never_offered() -> None:
    """Whoever made the session could be outlived by keys that make keys."""
    offered = ("invoices:read", "keys:write")
    for wrong in ("*", "keys:write", "keys:else", "invoices:steal"):
        with pytest.raises(InvalidScope):
            checked_scopes([wrong], offered)
    assert checked_scopes(["invoices:read", "invoices:read"], offered) == ("invoices:read",)


@pytest.mark.parametrize("url", ["http://keys.example.com", "keys.example.com", "https://a.example/path", "https://"])
async def test_the_portals_address_is_an_origin_over_https(url: str) -> None:
    """Or one of this machine; a slash at its end is removed."""
    with pytest.raises(SettingsError, match="KEYTURN_PUBLIC_URL"):
        load({"KEYTURN_PUBLIC_URL": url})
    assert load({"KEYTURN_PUBLIC_URL": "https://keys.example.com/"}).portal_url == "https://keys.example.com"
    assert load({"KEYTURN_PUBLIC_URL": "http://localhost:8090"}).portal_url == "http://localhost:8090"


async def test_what_is_no_element_is_escaped() -> None:
    """Texts and attributes alike, so that no page has to think of it."""
    assert element("p", "<b>", element("i", "&"), title='"<') == '<p title="&quot;&lt;">&lt;b&gt;<i>&amp;</i></p>'


async def test_a_restored_database_ends_all_sessions(portal: Portal) -> None:
    """One that was ended since the backup does not go on."""
    browser = await portal.signed_in()

    async def operation(tx: Transaction) -> None:
        await after_restore(tx, Act(portal.layer.clock.now(), "operator:cli"), None)

    await portal.sessions._database.write(operation)
    assert (await browser.see()).status_code == 403
