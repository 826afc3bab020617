"""Crypto Checkout's requirements on keys, scopes and modes, as far as the API shows them.

Those on the dashboard are shown by the dashboard's tests.
"""

import re
from typing import Any

import httpx
import pytest

from keyturn import NATIVE, Kind, Mode, generate
from tests.shop import PUBLIC_URL, Shop, eventually
from tillgate.access import API_SCOPES
from tillgate.api.application import ROUTES

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
LINK = {"title": "Pro plan", "fiatAmount": "99.00"}
ENDPOINT = {"url": "https://merchant.example/in", "events": ["*"]}
UNKNOWN_ID = {
    "payment_links": "pl",
    "checkout_sessions": "cs",
    "webhook_endpoints": "we",
    "events": "evt",
    "customers": "cus",
    "products": "prod",
    "coupons": "cou",
    "promotion_codes": "promo",
    "test_clocks": "clk",
}
BODIES = {"/payment_links": LINK, "/checkout_sessions": AMOUNT, "/webhook_endpoints": ENDPOINT}

# What the routes below an object need before they look for it; an empty object suffices for all others.
WANTED: dict[str, dict[str, Any]] = {
    "/checkout_sessions/{id}/payment_option": {"asset": "eip155:8453/slip44:60"},
    "/orders/{id}/refund": {"what": "everything"},
    "/payments/{id}": {"metadata": None},
    "/refunds/{id}": {"metadata": None},
    "/refunds/{id}/settle": {"txHash": "0xa"},
    "/checkout_sessions/{id}/simulate": {"outcome": "paid"},
    "/webhook_endpoints/{id}/replay": {"after": 0},
    "/test_clocks/{id}/advance": {"seconds": 60},
    "/unassigned_transfers/{id}/assign": {"orderId": "ord_01hxyz0000000000000000000"},
}


def concrete(path: str) -> str:
    """A route's path with an id of the right form that nothing has."""
    prefix = UNKNOWN_ID.get(path.split("/")[1], "dlv")
    return path.replace("{id}", f"{prefix}_01hxyz0000000000000000000").replace("{hash}", "0x" + "12" * 32)


EVERY_ENDPOINT = [(route.method, concrete(route.path), route.scope) for route in ROUTES]


async def asked(client: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    return await client.request(method, path, json=BODIES.get(path, {}) if method in ("POST", "PATCH") else None)


def body_for(method: str, path: str) -> dict[str, Any] | None:
    """A body that a route with an id lets through to its object, or None where it takes none.

    Args:
        path: as it is declared.
    """
    [route] = [route for route in ROUTES if (route.method, route.path) == (method, path)]
    if route.body is None:
        return None
    return WANTED.get(route.path, {})


async def everything(shop: Shop, mode: str = "test") -> list[Any]:
    """Whatever there is of the project in one mode."""
    client = await shop.client(mode=mode)
    paths = ("/payment_links", "/checkout_sessions", "/webhook_endpoints", "/events", "/customers")
    return [(await client.get(path)).json()["data"] for path in paths]


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["type"], error.get("reason", error["code"])


@pytest.mark.parametrize(("method", "path", "scope"), EVERY_ENDPOINT)
async def test_every_endpoint_asks_for_a_key(sqlite_shop: Shop, method: str, path: str, scope: str) -> None:
    """crypto-checkout R1, crypto-checkout R48: without a valid key as a Bearer token, every request is a 401."""
    nobody = await sqlite_shop.caller()
    assert refusal(await asked(nobody, method, path)) == (401, "authentication", "missing")
    client = await sqlite_shop.client()
    assert (await asked(client, method, path)).status_code in (200, 201, 400, 404)


async def test_a_dashboard_cookie_is_no_credential(sqlite_shop: Shop) -> None:
    """crypto-checkout R2: a signed-in dashboard cookie opens the dashboard and nothing under /api/v1."""
    await sqlite_shop.app.accounts.create_user("owner@example.com", "correct horse battery")
    cookie = await sqlite_shop.app.accounts.sign_in("owner@example.com", "correct horse battery", address="127.0.0.1")
    assert cookie is not None
    nobody = await sqlite_shop.caller()
    names = ("session", "tillgate", "tillgate_session", "__Host-tillgate", "token", "api_key")
    headers = {"Cookie": "; ".join(f"{name}={cookie}" for name in names)}
    assert refusal(await nobody.get("/payment_links", headers=headers)) == (401, "authentication", "missing")
    refused = await nobody.get("/payment_links", headers=headers | {"Authorization": f"Bearer {cookie}"})
    assert refusal(refused) == (401, "authentication", "malformed")


async def test_there_is_no_oauth_and_no_token_exchange(sqlite_shop: Shop) -> None:
    """crypto-checkout R3, crypto-checkout R10: no path issues or exchanges tokens; the key itself goes into every
    request, and no answer hands out another credential."""
    paths = [route.path for route in ROUTES]
    assert not [path for path in paths if re.search("oauth|token|authori|login", path)]
    client = await sqlite_shop.client()
    for path in ("/oauth/token", "/token", "/authorize", "/login"):
        assert (await client.post(path, json={})).status_code == 404
    answer = await client.get("/payment_links")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    schemes = (await client.get(f"{PUBLIC_URL}/openapi.json")).json()["components"]["securitySchemes"]
    told = [(scheme["type"], scheme.get("scheme") or scheme["name"]) for scheme in schemes.values()]
    assert told == [("http", "bearer"), ("http", "basic"), ("apiKey", "x-api-key")]


async def test_a_key_works_from_any_address(sqlite_shop: Shop) -> None:
    """crypto-checkout R4: there is no IP allowlist."""
    key = (await sqlite_shop.issued()).secret.reveal()
    for address in ("127.0.0.1", "127.0.0.2", "203.0.113.7", "2001:db8::7"):
        caller = await sqlite_shop.caller(key, address=address)
        assert (await caller.get("/payment_links")).status_code == 200


async def test_the_key_alone_is_enough_and_nothing_else_is(sqlite_shop: Shop) -> None:
    """crypto-checkout R5: beside the key in its header nothing is needed, and no other place carries one."""
    key = (await sqlite_shop.issued()).secret.reveal()
    nobody = await sqlite_shop.caller()
    bare = httpx.Request("GET", "https://shop.example/api/v1/payment_links", headers={"Authorization": f"Bearer {key}"})
    assert (await nobody.send(bare)).status_code == 200
    elsewhere: list[dict[str, Any]] = [
        {"params": {"api_key": key}},
        {"params": {"access_token": key}},
        {"headers": {"Cookie": f"api_key={key}"}},
        {"headers": {"Authorization": key}},
        {"headers": {"Proxy-Authorization": f"Bearer {key}"}},
    ]
    for carrier in elsewhere:
        assert (await nobody.get("/payment_links", **carrier)).status_code == 401, carrier


async def test_a_key_in_the_path_is_refused_as_one_in_a_query_is(shop: Shop) -> None:
    """crypto-checkout R65: whatever else is right with the request, for its URL is logged on its way; the key's owner
    can see that it was exposed, and no answer holds it. An id that is none is still only not found."""
    client = await shop.client()
    for exposed in (await shop.issued(mode="live"), await shop.issued()):
        text = exposed.secret.reveal()
        for path in (f"/checkout_sessions/{text}", f"/{text}", f"/nowhere/{text}/more", f"/events?after=1&k={text}"):
            answer = await client.get(path)
            assert refusal(answer) == (401, "authentication", "key_in_url"), path
            assert text not in answer.text

        async def is_noted(key_id: str = exposed.key.id) -> bool:
            key = await shop.keys.store.by_id(shop.project_id, key_id)
            return key is not None and key.exposed_at is not None

        await eventually(is_noted)
    for path in ("/checkout_sessions/" + "a" * 60, "/checkout_sessions/ck_live_nothing", "/nowhere"):
        assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("refused_for", ["missing", "malformed", "unknown", "revoked", "expired", "scope"])
async def test_a_refused_request_has_no_effect_and_is_not_even_read(shop: Shop, refused_for: str) -> None:
    """crypto-checkout R6, crypto-checkout R7, crypto-checkout R8: the refusal comes before any business logic: no
    side effect, and the same answer whatever is wrong with the path, the method, the query or the body."""
    key: str | None = None
    status = 403 if refused_for == "scope" else 401
    if refused_for == "malformed":
        key = "ck_test_123"
    elif refused_for == "unknown":
        key = generate(NATIVE, Kind.SECRET, Mode.TEST).reveal()
    elif refused_for == "expired":
        key = (await shop.issued(expires_at=shop.clock.now() + 1_000)).secret.reveal()
        shop.clock.ahead_ms += 2_000
    elif refused_for == "revoked":
        issued = await shop.issued()
        await shop.revoke(issued.key.id)
        key = issued.secret.reveal()
    elif refused_for == "scope":
        key = (await shop.issued([])).secret.reveal()
    before = await everything(shop)
    caller = await shop.caller(key)
    json = {"Content-Type": "application/json"}
    attempts: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/checkout_sessions", {"json": AMOUNT}),
        ("POST", "/payment_links", {"json": LINK}),
        ("POST", "/webhook_endpoints", {"json": ENDPOINT}),
        ("POST", "/customers", {"json": {"name": "Ada"}}),
        ("POST", "/checkout_sessions", {"content": b"{", "headers": json}),
        ("POST", "/checkout_sessions", {"content": b"x", "headers": {"Content-Type": "text/plain"}}),
        ("POST", "/checkout_sessions", {"content": b" " * 1_100_000, "headers": json}),
        ("GET", "/checkout_sessions", {"params": {"limit": "no"}}),
        ("GET", "/checkout_sessions/nothing", {}),
    ]
    # What is no endpoint needs no scope, so only a caller without a valid key is refused for it.
    if status == 401:
        attempts += [("GET", "/nowhere", {}), ("PUT", "/checkout_sessions", {}), ("BREW", "/", {})]
    for method, path, more in attempts:
        answer = await caller.request(method, path, **more)
        assert answer.status_code == status, (method, path, answer.text)
    # That the key was revoked, or expired, is an event, and the only thing that ever happened here.
    about_keys = ("api_key.revoked", "api_key.expired")
    for books in (before, await everything(shop)):
        assert [one for kind in books for one in kind if one.get("type") not in about_keys] == []


async def test_the_seeds_own_curl_works(sqlite_shop: Shop) -> None:
    """crypto-checkout R9: GET on the collection with the Authorization header is all it takes."""
    for mode in ("live", "test"):
        key = (await sqlite_shop.issued(["sessions:read"], mode=mode)).secret.reveal()
        assert key.startswith(f"ck_{mode}_")
        nobody = await sqlite_shop.caller()
        answer = await nobody.get("/checkout_sessions", headers={"Authorization": f"Bearer {key}", "Accept": "*/*"})
        assert (answer.status_code, answer.json()["data"]) == (200, [])


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_is_read_without_regard_to_case(sqlite_shop: Shop, scheme: str) -> None:
    """crypto-checkout R1: an authentication scheme is case-insensitive (RFC 9110, 11.1)."""
    key = (await sqlite_shop.issued()).secret.reveal()
    nobody = await sqlite_shop.caller()
    assert (await nobody.get("/events", headers={"Authorization": f"{scheme} {key}"})).status_code == 200


async def test_the_database_keeps_only_the_hash_of_a_key(shop: Shop) -> None:
    """crypto-checkout R17, crypto-checkout R18: SHA-256 of the whole text is stored; the text is nowhere, so that
    neither the API nor anybody else can show it again."""
    issued = await shop.issued()
    text = issued.secret.reveal()
    stored = "SELECT s.*, k.* FROM api_keys k JOIN key_secrets s ON s.key_id = k.id"

    async def read(tx: Any) -> list[Any]:
        return list(await tx.fetch_all(stored))

    [row] = await shop.database.read(read)
    assert row["digest_algorithm"] == "sha256"
    assert bytes(row["digest"]) == issued.secret.digest().value
    random_part = text.rpartition("_")[2]
    assert not [value for value in tuple(row) if random_part[6:] in str(value)]
    client = await shop.caller(text)
    paths = ("/payment_links", "/checkout_sessions", "/webhook_endpoints", "/events", "/openapi.json", "/nothing")
    assert not [path for path in paths if random_part in (await client.get(path)).text]


async def test_every_key_has_the_documented_form(sqlite_shop: Shop) -> None:
    """crypto-checkout R20: ^ck_(live|test)_[0-9A-Za-z]{32}$."""
    for mode in ("live", "test"):
        for _ in range(20):
            text = (await sqlite_shop.issued([], mode=mode)).secret.reveal()
            assert re.fullmatch(f"ck_{mode}_[0-9A-Za-z]{{32}}", text)


async def test_a_live_key_makes_live_objects_and_never_a_pretended_payment(shop: Shop) -> None:
    """crypto-checkout R21, crypto-checkout R43, crypto-checkout R47: a live payment would be a real transaction; as
    long as no live rail is set up, a live session is refused by 409 and nobody is shown an address."""
    live = await shop.client(mode="live")
    link = (await live.post("/payment_links", json=LINK)).json()
    assert link["livemode"] is True
    for body in (AMOUNT, {"linkId": link["id"]}):
        refused = await live.post("/checkout_sessions", json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "live_mode_not_configured")
        assert not re.search("0x[0-9a-fA-F]{40}", refused.text)
        assert "address" not in refused.text
    assert (await live.get("/checkout_sessions")).json()["data"] == []
    assert [one["type"] for one in (await live.get("/events")).json()["data"]] == ["payment_link.created"]


async def test_a_test_key_moves_no_funds(shop: Shop) -> None:
    """crypto-checkout R22, crypto-checkout R41: a test session's address is none that a wallet would pay to, and its
    payment happens on command, on no public chain."""
    client = await shop.client()
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    assert session["livemode"] is False
    assert not re.fullmatch("0x[0-9a-fA-F]{40}", session["address"])
    assert session["address"].startswith("test:")
    assert session["chainId"] == 1337
    paid = (await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})).json()
    assert (paid["status"], paid["livemode"]) == ("paid", False)


async def test_a_live_key_cannot_simulate_a_payment(shop: Shop) -> None:
    """crypto-checkout R43: simulating is a 403 test_mode_only for a live key, whatever session it names."""
    client, live = await shop.client(), await shop.client(mode="live")
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    for session_id in (session["id"], "cs_01hxyz0000000000000000000"):
        refused = await live.post(f"/checkout_sessions/{session_id}/simulate", json={"outcome": "paid"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "test_mode_only")
    assert (await client.get(f"/checkout_sessions/{session['id']}")).json() == session


async def test_scopes_are_named_resource_action(sqlite_shop: Shop) -> None:
    """crypto-checkout R25, crypto-checkout R35: all nine exist under their documented names, each on its own; so do
    those that came later."""
    assert len(GRANTS) == 9
    assert set(GRANTS) <= set(API_SCOPES)
    for scope in API_SCOPES:
        assert re.fullmatch("[a-z]+:(read|write)", scope)
        issued = await sqlite_shop.issued([scope])
        assert issued.key.scopes == {scope}


GRANTS = {
    "links:read": [("GET", "/payment_links"), ("GET", "/payment_links/{id}")],
    "links:write": [("POST", "/payment_links"), ("PATCH", "/payment_links/{id}"), ("DELETE", "/payment_links/{id}")],
    "sessions:read": [("GET", "/checkout_sessions"), ("GET", "/checkout_sessions/{id}")],
    "sessions:write": [("POST", "/checkout_sessions"), ("POST", "/checkout_sessions/{id}/simulate")],
    "webhooks:read": [
        ("GET", "/webhook_endpoints"),
        ("GET", "/webhook_endpoints/{id}"),
        ("GET", "/webhook_endpoints/{id}/deliveries"),
        ("GET", "/webhook_deliveries/{id}"),
    ],
    "webhooks:write": [
        ("POST", "/webhook_endpoints"),
        ("PATCH", "/webhook_endpoints/{id}"),
        ("DELETE", "/webhook_endpoints/{id}"),
        ("POST", "/webhook_endpoints/{id}/test"),
        ("POST", "/webhook_deliveries/{id}/replay"),
    ],
    "events:read": [("GET", "/events"), ("GET", "/events/{id}")],
    "customers:read": [("GET", "/customers"), ("GET", "/customers/{id}")],
    "customers:write": [("POST", "/customers"), ("PATCH", "/customers/{id}")],
}


def test_every_documented_endpoint_has_its_documented_scope() -> None:
    """crypto-checkout R26 to R34: what the documentation grants with a scope is declared with just that scope."""
    granted = {(method, path, scope) for scope, opened in GRANTS.items() for method, path in opened}
    assert granted <= {(route.method, route.path, route.scope) for route in ROUTES}


@pytest.mark.parametrize(
    ("scope", "requirement"),
    [
        ("links:read", "crypto-checkout R26"),
        ("links:write", "crypto-checkout R27"),
        ("sessions:read", "crypto-checkout R28"),
        ("sessions:write", "crypto-checkout R29"),
        ("webhooks:read", "crypto-checkout R30"),
        ("webhooks:write", "crypto-checkout R31"),
        ("events:read", "crypto-checkout R32"),
        ("customers:read", "crypto-checkout R33"),
        ("customers:write", "crypto-checkout R34"),
    ],
)
async def test_a_scope_opens_exactly_its_endpoints(sqlite_shop: Shop, scope: str, requirement: str) -> None:
    """A key with one scope is let into that scope's endpoints and refused by 403 at all others: a read scope does
    not imply the write scope (crypto-checkout R36), nor the reverse (crypto-checkout R37), so that a reporting key
    can do nothing else (crypto-checkout R38, crypto-checkout R66)."""
    client = await sqlite_shop.client([scope])
    opened = {(method, concrete(path)) for method, path in GRANTS[scope]}
    assert opened <= {(method, path) for method, path, needed in EVERY_ENDPOINT if needed == scope}
    for method, path, needed in EVERY_ENDPOINT:
        answer = await asked(client, method, path)
        if needed == scope:
            assert answer.status_code in (200, 201, 400, 404), (method, path, answer.text)
        else:
            assert refusal(answer) == (403, "permission", "missing_scope"), (method, path, answer.text)
            assert answer.json()["error"]["requiredScope"] == needed


async def test_the_two_modes_never_meet(shop: Shop) -> None:
    """crypto-checkout R39, crypto-checkout R40, crypto-checkout R42: lists show one mode, and links of the other
    cannot be used."""
    client, live = await shop.client(), await shop.client(mode="live")
    test_link = (await client.post("/payment_links", json=LINK)).json()
    live_link = (await live.post("/payment_links", json=LINK)).json()
    await client.post("/webhook_endpoints", json=ENDPOINT)
    await client.post("/checkout_sessions", json={"linkId": test_link["id"]})
    assert [one["id"] for one in (await client.get("/payment_links")).json()["data"]] == [test_link["id"]]
    assert [one["id"] for one in (await live.get("/payment_links")).json()["data"]] == [live_link["id"]]
    await client.post("/customers", json={"name": "Ada"})
    for path in ("/checkout_sessions", "/webhook_endpoints", "/customers"):
        assert len((await client.get(path)).json()["data"]) == 1
        assert (await live.get(path)).json()["data"] == []
    assert [one["data"]["id"] for one in (await live.get("/events")).json()["data"]] == [live_link["id"]]
    told = [one["type"] for one in (await client.get("/events")).json()["data"]]
    assert told == ["customer.created", "session.created", "payment_link.created"]
    for caller, foreign in ((client, live_link), (live, test_link)):
        refused = await caller.post("/checkout_sessions", json={"linkId": foreign["id"]})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "linkId")
        listed = await caller.get("/checkout_sessions", params={"linkId": foreign["id"]})
        assert listed.json()["data"] == []


async def made_of_everything(client: httpx.AsyncClient) -> dict[str, str]:
    """One object of each kind that the mode allows, by the path it is read at."""
    link = (await client.post("/payment_links", json=LINK)).json()
    # Nobody is there, so it hears of nothing: a failed delivery would be reported at some point.
    deaf = ENDPOINT | {"url": "http://127.0.0.1:9/", "events": ["session.failed"]}
    endpoint = (await client.post("/webhook_endpoints", json=deaf)).json()
    customer = (await client.post("/customers", json={"name": "Ada"})).json()
    made = {"/payment_links/": link["id"], "/webhook_endpoints/": endpoint["id"], "/customers/": customer["id"]}
    made["/products/"] = (await client.post("/products", json={"name": "Mug", "price": "1"})).json()["id"]
    coupon = {"name": "Spring", "discountType": "percentage", "discountPercentage": "10"}
    made["/coupons/"] = (await client.post("/coupons", json=coupon)).json()["id"]
    code = {"code": "SPRING", "couponId": made["/coupons/"]}
    made["/promotion_codes/"] = (await client.post("/promotion_codes", json=code)).json()["id"]
    made["/events/"] = (await client.get("/events")).json()["data"][0]["id"]
    clock = await client.post("/test_clocks", json={})
    if clock.status_code == 201:
        made["/test_clocks/"] = clock.json()["id"]
    session = await client.post("/checkout_sessions", json=AMOUNT)
    if session.status_code == 201:
        made["/checkout_sessions/"] = session.json()["id"]
    tested = (await client.post(f"/webhook_endpoints/{endpoint['id']}/test")).json()
    return made | {"/webhook_deliveries/": tested["deliveryId"]}


@pytest.mark.parametrize("wall", ["a live key, a test object", "a test key, a live object", "another project"])
async def test_what_is_not_yours_is_as_if_it_were_not(shop: Shop, wall: str) -> None:
    """crypto-checkout R44, crypto-checkout R45: reading or changing across modes or projects is a 404 whose body
    is, but for requestId and id, the one of an object that never was. Nothing is changed by it."""
    other = await shop.project()
    owner = await shop.client(mode="live" if wall == "a test key, a live object" else "test")
    stranger = await shop.client(
        mode="live" if wall == "a live key, a test object" else "test",
        project=other if wall == "another project" else None,
    )
    made = await made_of_everything(owner)
    before = {path: (await owner.get(path + object_id)).json() for path, object_id in made.items()}

    def blank(answer: httpx.Response, object_id: str) -> tuple[int, str, list[str]]:
        text = answer.text.replace(answer.json()["error"]["requestId"], "REQUEST").replace(object_id, "ID")
        return answer.status_code, text, sorted(set(answer.headers) - {"x-request-id"})

    for declared in ROUTES:
        method, path = declared.method, concrete(declared.path)
        head, _, rest = path.removeprefix("/").partition("/")
        if not rest or (head == "checkout_sessions" and rest.endswith("/simulate") and "live key" in wall):
            continue
        owned = made.get(f"/{head}/")
        if owned is None:
            continue
        never = rest.partition("/")[0]
        json = body_for(method, declared.path)
        theirs = await stranger.request(method, path.replace(never, owned), json=json)
        nobodys = await stranger.request(method, path, json=json)
        assert blank(theirs, owned) == blank(nobodys, never), (method, path)
        assert theirs.status_code == 404, (method, path, theirs.text)
        assert theirs.json()["error"]["code"] == "not_found"
    assert {path: (await owner.get(path + object_id)).json() for path, object_id in made.items()} == before


async def test_every_object_says_which_mode_it_belongs_to(shop: Shop) -> None:
    """crypto-checkout R46: livemode is a boolean on every object, in answers, lists, events and test sends."""

    def objects(value: Any) -> list[dict[str, Any]]:
        found = [value] if isinstance(value, dict) and "object" in value else []
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        return found + [one for part in inside for one in objects(part)]

    for mode in ("test", "live"):
        client = await shop.client(mode=mode)
        made = await made_of_everything(client)
        answers = [(await client.get(path + object_id)).json() for path, object_id in made.items()]
        answers += [(await client.get(path.rstrip("/"))).json() for path in made if "deliveries" not in path]
        answers.append((await client.get(f"/webhook_endpoints/{made['/webhook_endpoints/']}/deliveries")).json())
        answers.append((await client.post(f"/webhook_endpoints/{made['/webhook_endpoints/']}/test")).json())
        answers.append((await client.delete(f"/webhook_endpoints/{made['/webhook_endpoints/']}")).json())
        found = objects(answers)
        kinds = {"payment_link", "customer", "webhook_endpoint", "webhook_delivery", "webhook_test"}
        kinds |= {"product", "coupon", "promotion_code", "event"}
        kinds |= {"checkout_session", "test_clock"} if mode == "test" else set()
        assert {one["object"] for one in found} == kinds
        assert [one for one in found if one["livemode"] is not (mode == "live")] == []


async def test_several_keys_work_at_once_and_end_one_by_one(shop: Shop) -> None:
    """crypto-checkout R67, crypto-checkout R68, crypto-checkout R69, crypto-checkout R19: a new key works beside the
    old one; a revoked key, used or never used, is refused from the next request on, without a grace period."""
    old, new, unused = [await shop.issued() for _ in range(3)]
    callers = [await shop.caller(one.secret.reveal()) for one in (old, new, unused)]
    assert [(await caller.get("/events")).status_code for caller in callers[:2]] == [200, 200]
    for ended in (old, unused):
        await shop.revoke(ended.key.id)
    assert [(await caller.get("/events")).status_code for caller in callers] == [401, 200, 401]
    assert refusal(await callers[0].get("/events")) == (401, "authentication", "revoked")
    fresh = await shop.client()
    assert (await fresh.get("/events")).status_code == 200
