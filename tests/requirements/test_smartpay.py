"""Smartpay's requirements on keys, modes and authentication schemes, by its own routes."""

import base64
import re
from typing import Any

import httpx
import pytest

from keyturn import Kind, Mode, revoke, set_enabled
from keyturn.keys.listing import KeyFilter, every_key
from keyturn.keys.pairs import STANDING_SLOTS, issue_standing_keys
from tests.dashboard.conftest import owner_of
from tests.dialects.smartpay.conftest import PAYLOAD
from tests.house.source import ROOT
from tests.requirements.calling import AMOUNT, bearer, ended, key_of, send
from tests.shop import Shop, eventually, shop, sqlite_shop
from tillgate.checkout.projects.model import ProjectSettings
from tillgate.checkout.projects.operations import change_project
from tillgate.dialects.smartpay import SMARTPAY

__all__ = ["shop", "sqlite_shop"]

pytestmark = pytest.mark.anyio

SESSIONS = "/checkout-sessions"
NATIVE_SESSIONS = "/checkout_sessions"
SHOP = "https://shop.example"
V1 = {"root": "/v1"}
ROUTES = [(one.method, re.sub(r"\{\w+\}", "order_test_0", one.path), one.body) for one in SMARTPAY.routes]
UNAUTHORIZED = {"realm": "smartpay", "scheme": "Basic", "statusCode": 401}


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status of a refusal and its words, in the document's envelope: of a 401 it is one of its own."""
    told = answer.json()
    if answer.status_code == 401:
        assert {name: told[name] for name in UNAUTHORIZED} == UNAUTHORIZED
    else:
        assert (told["statusCode"], bool(told["errorCode"])) == (answer.status_code, True)
    return answer.status_code, told["message"]


def refused(answer: httpx.Response, status: int, words: str) -> None:
    """It was refused with this status, for this reason."""
    found, message = refusal(answer)
    assert found == status, answer.text
    assert words in message, message


async def every_route(shop: Shop, headers: dict[str, str]) -> list[tuple[str, str, httpx.Response]]:
    """What each route answers to somebody who names nothing that exists, and sends nothing that makes sense."""
    return [
        (method, path, await send(shop.app, method, path, headers, json={} if body is not None else None, **V1))
        for method, path, body in ROUTES
    ]


async def session_of(shop: Shop, key: Any) -> dict[str, Any]:
    """A new checkout session with its order."""
    answer = await send(shop.app, "POST", SESSIONS, bearer(key), json=PAYLOAD, **V1)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def basic(user: str) -> dict[str, str]:
    """What curl's ``-u`` sends."""
    return {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()}


# Authentication.


@pytest.mark.spec("smartpay R1", "smartpay R3", "smartpay R4", "smartpay R5", "smartpay R15", "smartpay R30")
async def test_requests_are_authenticated_by_keys_and_by_nothing_else(shop: Shop) -> None:
    """R1, R15: the secret key lets a server in. R3, R30: without a key 401. R4: with an incorrect one 401. R5: with an
    outdated one (expired, rotated, disabled, revoked) 401, each told by its reason."""
    key = await key_of(shop, format="smartpay")
    text = key.secret.reveal()

    async def listed(headers: dict[str, str]) -> httpx.Response:
        return await send(shop.app, "GET", SESSIONS, headers, **V1)

    assert (await listed(bearer(key))).status_code == 200
    refused(await listed({}), 401, "Send the header")
    for wrong in (text[:-1], text + "x", text.swapcase(), "password"):
        refused(await listed(bearer(wrong)), 401, "")
    refused(await listed(bearer("sk_test_Ho1BrYTcg3gAX4vTKk1taz")), 401, "")
    rotated = await shop.keys.issuer.rotate(
        project_id=shop.project_id, key_id=key.key.id, by="user:1", overlap_ms=0, at_once=True
    )
    refused(await listed(bearer(key)), 401, "rotated")
    assert (await listed(bearer(rotated))).status_code == 200
    ends = await key_of(shop, format="smartpay", expires_at=shop.clock.now() + 1_000)
    shop.clock.ahead_ms += 1_000
    refused(await listed(bearer(ends)), 401, "expired")
    named = {"project_id": shop.project_id, "key_id": key.key.id, "by": "user:1"}
    await set_enabled(shop.keys.store, shop.clock, enabled=False, **named)
    refused(await listed(bearer(rotated)), 401, "disabled")
    await revoke(shop.keys.store, shop.clock, **named)
    refused(await listed(bearer(rotated)), 401, "revoked")


@pytest.mark.spec("smartpay R2")
async def test_keys_are_viewed_and_managed_in_the_dashboard(sqlite_shop: Shop) -> None:
    """R2: listed with what is known of them, switched off and on, and revoked; their text is not among it."""
    key = await key_of(sqlite_shop, format="smartpay", name="Shop server")
    async with owner_of(sqlite_shop) as owner:
        page = await owner.page("/api-keys")
        assert "Shop server" in page
        assert key.key.masked in page
        assert key.secret.reveal() not in page
        await owner.done(f"/api-keys/{key.key.id}/disable")
        refused(await send(sqlite_shop.app, "GET", SESSIONS, bearer(key), **V1), 401, "disabled")
        await owner.done(f"/api-keys/{key.key.id}/enable")
        assert (await send(sqlite_shop.app, "GET", SESSIONS, bearer(key), **V1)).status_code == 200
        await ended(owner, f"/api-keys/{key.key.id}/revoke")
        refused(await send(sqlite_shop.app, "GET", SESSIONS, bearer(key), **V1), 401, "revoked")


# Modes.


@pytest.mark.spec("smartpay R6", "smartpay R7", "smartpay R8", "smartpay R9")
async def test_the_key_decides_the_mode_and_no_object_is_seen_from_the_other(shop: Shop) -> None:
    """R6: nothing else says the mode, and each object carries it. R7: in both directions, by list, by id and by what
    would change it, an object of the other mode is not there. R8, R9: what a test key makes is simulated."""
    keys = {mode: await key_of(shop, format="smartpay", mode=mode) for mode in ("test", "live")}
    assert {mode: key.secret.reveal()[:8] for mode, key in keys.items()} == {"test": "sk_test_", "live": "sk_live_"}
    made = await session_of(shop, keys["test"])
    assert (made["test"], made["order"]["test"]) == (True, True)
    # A live order needs a rail on which it is paid for real; without one, nothing live is pretended.
    at_once = PAYLOAD | {"captureMethod": "automatic"}
    live = await send(shop.app, "POST", SESSIONS, bearer(keys["live"]), json=at_once, **V1)
    refused(live, 409, "live")
    paths = {"checkout-sessions": made["id"], "orders": made["order"]["id"]}
    for noun, own in paths.items():
        for mode, there in (("test", [own]), ("live", [])):
            listed = (await send(shop.app, "GET", f"/{noun}", bearer(keys[mode]), **V1)).json()["data"]
            assert [one["id"] for one in listed] == there
    calls: list[tuple[str, str, Any]] = [
        ("GET", f"/checkout-sessions/{made['id']}", None),
        ("GET", f"/orders/{made['order']['id']}", None),
        ("GET", f"/orders/{made['order']['id'].replace('_test_', '_live_')}", None),
        ("PUT", f"/orders/{made['order']['id']}/cancellation", None),
        ("POST", "/payments", {"order": made["order"]["id"], "amount": 1, "currency": "JPY"}),
    ]
    for method, path, body in calls:
        refused(await send(shop.app, method, path, bearer(keys["live"]), json=body, **V1), 404, "No such")
    own = await send(shop.app, "GET", f"/orders/{made['order']['id']}", bearer(keys["test"]), **V1)
    assert own.json()["status"] == "requires_authorization"


# Keys.


@pytest.mark.spec("smartpay R14", "smartpay R18", "smartpay R19", "smartpay R20")
async def test_a_project_has_four_standing_keys(shop: Shop) -> None:
    """R14: a publishable and a secret key for each mode, four in all; asking again makes no fifth, and one that was
    revoked is replaced. R18 to R20: written as the document's samples are."""
    keys = shop.keys

    async def filled() -> dict[tuple[Mode, Kind], str]:
        made = await issue_standing_keys(keys.store, keys.issuer, shop.clock, project_id=shop.project_id, by="user:1")
        return {(one.key.mode, one.key.kind): one.secret.reveal() for one in made}

    texts = await filled()
    forms = {
        (Mode.TEST, Kind.PUBLISHABLE): r"pk_test_[0-9A-Za-z]{22}",
        (Mode.TEST, Kind.SECRET): r"sk_test_[0-9A-Za-z]{22}",
        (Mode.LIVE, Kind.PUBLISHABLE): r"pk_live_[0-9A-Za-z]{22}",
        (Mode.LIVE, Kind.SECRET): r"sk_live_[0-9A-Za-z]{22}",
    }
    assert set(texts) == set(forms) == {(slot.mode, slot.kind) for slot in STANDING_SLOTS}
    for slot, form in forms.items():
        assert re.fullmatch(form, texts[slot])
    for sample in ("pk_test_PCLEGPw9RrKIAlRcK504Bj", "sk_test_Ho1BrYTcg3gAX4vTKk1taz"):
        assert any(re.fullmatch(form, sample) for form in forms.values())
    assert await filled() == {}
    assert len(await every_key(keys.store, shop.project_id)) == 4
    [secret] = await every_key(keys.store, shop.project_id, KeyFilter(mode=Mode.TEST, kind=Kind.SECRET))
    await revoke(keys.store, shop.clock, project_id=shop.project_id, key_id=secret.id, by="user:1")
    assert list(await filled()) == [(Mode.TEST, Kind.SECRET)]


@pytest.mark.spec("smartpay R16", "smartpay R31")
async def test_a_secret_key_may_by_default_perform_any_request(sqlite_shop: Shop) -> None:
    """R16, R31: the standing secret key is admitted at every route there is, and makes orders; only what it asks for
    may be wrong."""
    keys = sqlite_shop.keys
    made = await issue_standing_keys(
        keys.store, keys.issuer, sqlite_shop.clock, project_id=sqlite_shop.project_id, by="user:1"
    )
    secret = next(one for one in made if (one.key.mode, one.key.kind) == (Mode.TEST, Kind.SECRET))
    for method, path, answer in await every_route(sqlite_shop, bearer(secret)):
        assert answer.status_code not in (401, 403), (method, path, answer.text)
    assert (await session_of(sqlite_shop, secret))["order"]["status"] == "requires_authorization"


@pytest.mark.spec("smartpay R16", "smartpay R21")
async def test_a_public_key_opens_checkouts_and_nothing_that_is_the_secret_keys(sqlite_shop: Shop) -> None:
    """R21: on every route of the document the standing public key is 401, from whatever page it comes; it opens
    checkouts of the project's products from every origin, at the merchant's price and with the project's own URLs.
    R16: the secret one beside it is admitted everywhere."""
    shop, keys = sqlite_shop, sqlite_shop.keys
    made = await issue_standing_keys(keys.store, keys.issuer, shop.clock, project_id=shop.project_id, by="user:1")
    texts = {(one.key.mode, one.key.kind): one.secret.reveal() for one in made}
    secret, public = texts[Mode.TEST, Kind.SECRET], texts[Mode.TEST, Kind.PUBLISHABLE]
    bound = await key_of(shop, kind=Kind.PUBLISHABLE, format="smartpay", origins=["https://other.example"])
    for route in SMARTPAY.routes:
        path = route.path.replace("{id}", "order_test_AAAAAAAAAAAAAAAAAAAAAA")
        for key in (public, bound.secret.reveal()):
            for origin in ({}, {"Origin": SHOP}):
                answer = await send(shop.app, route.method, path, bearer(key) | origin, json={}, root="/v1")
                assert answer.status_code == 401, (route.method, path)
                told = answer.json()
                assert (told["statusCode"], told["realm"], told["scheme"]) == (401, "smartpay", "Basic")
        answer = await send(shop.app, route.method, path, bearer(secret), json={}, root="/v1")
        assert answer.status_code not in (401, 403), (route.method, path)

    urls = {"success_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"}
    await shop.database.write(lambda tx: change_project(tx, shop.project_id, "Shop", ProjectSettings(**urls)))
    mug = {"name": "Mug", "price": "9.00", "currency": "USD"}
    product = (await send(shop.app, "POST", "/products", bearer(secret), json=mug)).json()["id"]
    wanted: dict[str, object] = {"lineItems": [{"productId": product, "quantity": 2}]}
    for origin in ({}, {"Origin": SHOP}, {"Origin": "https://anywhere.example"}):
        opened = await send(shop.app, "POST", NATIVE_SESSIONS, bearer(public) | origin, json=wanted)
        assert (opened.status_code, opened.json()["fiat"]["amount"]) == (201, "18.00")
        assert opened.headers.get("access-control-allow-origin") == origin.get("Origin")
    session = (await send(shop.app, "GET", f"{NATIVE_SESSIONS}/{opened.json()['id']}", bearer(secret))).json()
    assert (session["successUrl"], session["cancelUrl"]) == (urls["success_url"], urls["cancel_url"])
    elsewhere = wanted | {"successUrl": "https://evil.example/"}
    assert (await send(shop.app, "POST", NATIVE_SESSIONS, bearer(public), json=elsewhere)).status_code == 400
    assert (await send(shop.app, "POST", NATIVE_SESSIONS, bearer(public), json=AMOUNT)).status_code == 403


@pytest.mark.spec("smartpay R22", "smartpay R23", "smartpay R32")
def test_the_guide_says_how_secret_keys_are_kept() -> None:
    """R22, R23, R32: in an environment variable or a secrets manager of the server, with whom it is needed by, out of
    version control and client code; and what to do once it was seen elsewhere."""
    guide = (ROOT / "docs/keys.md").read_text()
    kept = " ".join(guide[guide.index("## Keep secret keys secret") :].split())
    for words in (
        "environment variable",
        "secrets manager",
        "password manager",
        "version control",
        "only those who need it",
        "browser",
        "leaks.md",
    ):
        assert words in kept


# Schemes.


@pytest.mark.spec("smartpay R24", "smartpay R25", "smartpay R26")
async def test_basic_and_bearer_carry_the_same_key(shop: Shop) -> None:
    """R24, R25: the key as user name, without a password: as ``curl -u KEY`` and ``curl -u KEY:`` send it. R26: Bearer.
    A password, or the key in its place, is refused."""
    text = (await key_of(shop, format="smartpay")).secret.reveal()
    for headers in (basic(text), basic(f"{text}:"), bearer(text)):
        assert (await send(shop.app, "POST", SESSIONS, headers, json=PAYLOAD, **V1)).status_code == 200
    assert (await send(shop.app, "GET", SESSIONS, auth=(text, ""), **V1)).status_code == 200
    for headers in (basic(f"{text}:secret"), basic(f":{text}"), basic(f"user:{text}")):
        refused(await send(shop.app, "GET", SESSIONS, headers, **V1), 401, "curl -u KEY:")


@pytest.mark.spec("smartpay R27")
async def test_pages_of_every_origin_call_with_a_secret_key_and_that_is_noted(shop: Shop) -> None:
    """R27, on the document's own routes: the preflight allows ``authorization`` to every origin, the page reads each
    answer, refusals among them; and the key, which is bound to no origin, is admitted and noted as exposed."""
    key = await key_of(shop, format="smartpay")
    wanted = {
        "Origin": SHOP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    for root in SMARTPAY.mounts:
        preflight = await send(shop.app, "OPTIONS", "/checkout-sessions", wanted, root=root)
        assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
        assert "authorization" in preflight.headers["access-control-allow-headers"]
        assert "POST" in preflight.headers["access-control-allow-methods"]

    async def exposed() -> str | None:
        found = await shop.keys.store.by_id(shop.project_id, key.key.id)
        assert found is not None
        return found.exposed_how

    from_server = await send(shop.app, "GET", "/orders", bearer(key), root="/v1")
    assert (from_server.status_code, await exposed()) == (200, None)
    for sent, status in ((bearer(key), 200), (bearer("sk_test_" + "x" * 22), 401), ({}, 401)):
        answer = await send(shop.app, "GET", "/orders", sent | {"Origin": SHOP}, root="/api.smartpay/v1")
        assert (answer.status_code, answer.headers.get_list("access-control-allow-origin")) == (status, ["*"])
    await eventually(exposed)
    assert await exposed() == "was sent by a web page"
    assert (await send(shop.app, "GET", "/orders", bearer(key) | {"Origin": SHOP}, root="/v1")).status_code == 200


@pytest.mark.spec("smartpay R28", "smartpay R29")
async def test_plain_http_fails_whatever_comes_by_it(shop: Shop) -> None:
    """R28, R29: refused, not redirected, for the key was readable on its way; nothing is done, and the valid key's
    owner can see that it was exposed."""
    key = await key_of(shop, format="smartpay")
    over: dict[str, Any] = {"scheme": "http", **V1}
    answer = await send(shop.app, "POST", SESSIONS, bearer(key), json=PAYLOAD, **over)
    refused(answer, 403, "plain HTTP")
    assert "location" not in answer.headers
    refused(await send(shop.app, "GET", SESSIONS, basic(key.secret.reveal()), **over), 403, "plain HTTP")
    refused(await send(shop.app, "GET", SESSIONS, **over), 401, "Send the header")
    refused(await send(shop.app, "GET", SESSIONS, bearer("junk"), **over), 401, "")
    other = await key_of(shop, format="smartpay")
    listed = await send(shop.app, "GET", SESSIONS, bearer(other), **V1)
    assert listed.json()["data"] == []
