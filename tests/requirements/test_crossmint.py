"""Crossmint's requirements on client-side and server-side keys, R1 to R4 and R12 to R32.

The document's own samples, sent as they stand to its own routes before Keyturn; and the same by Tillgate's routes.
"""

import json
from typing import Any

import httpx
import pytest

from keyturn import InvalidApp, InvalidKind, InvalidOrigin, Kind, Mode
from tests.cli.test_mistakes import complaint, run
from tests.house.source import ROOT
from tests.requirements.calling import AMOUNT, key_of, send, why
from tests.requirements.orders_api import VERSION, OrdersApi
from tests.shop import Shop, shop, sqlite_shop

__all__ = ["shop", "sqlite_shop"]

pytestmark = pytest.mark.anyio

LOCAL = "http://localhost:3000"
APP, OTHER_APP = "com.yourcompany.yourapp", "com.yourcompany.otherapp"
ORDER = {"payment": {"method": "base-sepolia", "currency": "usdc"}, "lineItems": {"collectionLocator": "crossmint:x"}}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def orders() -> OrdersApi:
    """The staging host."""
    return OrdersApi()


async def ask(app: OrdersApi, method: str, path: str, headers: dict[str, str], body: Any = None) -> httpx.Response:
    host = {Mode.TEST: "staging.crossmint.example", Mode.LIVE: "www.crossmint.example"}[app.mode]
    return await send(app, method, path, headers, json=body, root="", host=host)


async def created(app: OrdersApi, headers: dict[str, str]) -> dict[str, Any]:
    """What the browser sample's call answers with."""
    answer = await ask(app, "POST", f"{VERSION}/orders", JSON | headers, ORDER)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


# Two kinds of key, each where it belongs.


@pytest.mark.spec("crossmint R1", "crossmint R2", "crossmint R16")
async def test_both_kinds_of_key_are_accepted_each_from_where_it_belongs(orders: OrdersApi) -> None:
    """R1: server-side and client-side keys both create orders. R2: where the request comes from decides: the server's
    needs no origin, the browser's needs one of its own. R16: the first call needs no clientSecret."""
    _, server = await orders.key(Kind.SECRET)
    _, client = await orders.key(Kind.PUBLISHABLE, origins=[LOCAL])
    assert (server[:3], client[:3]) == ("sk_", "ck_")
    await created(orders, {"x-api-key": server})
    await created(orders, {"x-api-key": client, "Origin": LOCAL})
    nowhere = await ask(orders, "POST", f"{VERSION}/orders", JSON | {"x-api-key": client}, ORDER)
    assert (nowhere.status_code, nowhere.json()["code"]) == (403, "origin_not_allowed")


@pytest.mark.spec("crossmint R3", "crossmint R4")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"user-agent": "curl/8.5.0", "accept": "*/*"},
        {"user-agent": "python-requests/2.32", "accept-encoding": "gzip", "accept": "*/*", "connection": "keep-alive"},
        {"origin": "https://docs.crossmint.example", "referer": "https://docs.crossmint.example/playground"},
        {"accept": "application/json", "content-type": "application/json"},
    ],
    ids=["bare", "curl", "script", "playground", "sample"],
)
async def test_a_server_side_key_works_from_playground_curl_and_scripts(
    orders: OrdersApi, sqlite_shop: Shop, headers: dict[str, str]
) -> None:
    """R3, R4: the key in ``x-api-key`` is all it takes; an origin, a referer or a user agent change nothing."""
    _, server = await orders.key(Kind.SECRET)
    made = await created(orders, headers | {"x-api-key": server})
    path = f"{VERSION}/orders/{made['order']['orderId']}"
    assert (await ask(orders, "GET", path, headers | {"x-api-key": server})).status_code == 200
    native = await key_of(sqlite_shop, format="crossmint")
    answer = await send(sqlite_shop.app, "GET", "/checkout_sessions", headers | {"x-api-key": native.secret.reveal()})
    assert answer.status_code == 200


# A client-side key in a browser.


@pytest.mark.spec("crossmint R12", "crossmint R23")
async def test_a_browsers_preflight_succeeds_for_an_authorised_origin(sqlite_shop: Shop, orders: OrdersApi) -> None:
    """R12, R23: the sample's POST with ``Content-Type`` and ``x-api-key``, and later ``authorization``, is asked for
    beforehand and allowed; for an origin that nobody has authorised it is not. A real browser does the same in
    ``test_browsers.py``."""
    await orders.key(Kind.PUBLISHABLE, origins=[LOCAL])
    await key_of(sqlite_shop, kind=Kind.PUBLISHABLE, origins=[LOCAL])
    wanted = {
        "Origin": LOCAL,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-api-key",
    }
    for answer in (
        await ask(orders, "OPTIONS", f"{VERSION}/orders", wanted),
        await send(sqlite_shop.app, "OPTIONS", "/checkout_sessions", wanted),
    ):
        assert answer.is_success
        assert answer.headers["access-control-allow-origin"] == LOCAL
        assert "POST" in answer.headers["access-control-allow-methods"]
        allowed = answer.headers["access-control-allow-headers"].lower()
        assert all(name in allowed for name in ("authorization", "content-type", "x-api-key", "x-app-identifier"))
        assert answer.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in answer.headers
    stranger = await send(sqlite_shop.app, "OPTIONS", "/checkout_sessions", wanted | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in stranger.headers


@pytest.mark.spec("crossmint R13", "crossmint R14", "crossmint R28", "crossmint R29")
async def test_whoever_creates_a_client_side_key_must_say_where_it_may_be_used(orders: OrdersApi) -> None:
    """R13, R28: without an authorised origin or an app identifier there is no such key; the error says how they are
    written. R14: local development's plain http is one. R29: several of one sort, never both."""
    with pytest.raises(InvalidKind, match=r"http://localhost:3000 or com\.yourcompany\.yourapp"):
        await orders.key(Kind.PUBLISHABLE)
    for origin in (LOCAL, "http://localhost:5173", "http://127.0.0.1:8000", "http://[::1]:3000"):
        key, _ = await orders.key(Kind.PUBLISHABLE, origins=[origin, "https://shop.example"])
        assert key.origins == (origin, "https://shop.example")
    key, _ = await orders.key(Kind.PUBLISHABLE, apps=[APP, OTHER_APP])
    assert key.apps == (APP, OTHER_APP)
    with pytest.raises(InvalidKind, match="not for both"):
        await orders.key(Kind.PUBLISHABLE, origins=[LOCAL], apps=[APP])
    with pytest.raises(InvalidOrigin):
        await orders.key(Kind.PUBLISHABLE, origins=["http://shop.example"])
    with pytest.raises(InvalidApp):
        await orders.key(Kind.PUBLISHABLE, apps=["My App"])


@pytest.mark.spec("crossmint R13", "crossmint R28", "crossmint R29")
def test_creation_has_a_field_for_origins_and_one_for_apps(tmp_path_factory: pytest.TempPathFactory) -> None:
    """R13, R28, R29: on the command line ``--origin`` and ``--app-identifier``, each as often as one likes; left out,
    no key is made."""
    data = str(tmp_path_factory.mktemp("crossmint") / "data")
    run("projects", "create", "--name", "Shop", "--data", data)
    create = ("keys", "create", "--name", "app", "--mode", "test", "--kind", "publishable", "--format", "crossmint")
    create = (*create, "--scope", "sessions:write", "--data", data, "--json")  # type: ignore[assignment]
    assert "a publishable key needs the web origins or the mobile app identifiers" in complaint(*create)
    for fields, shown in (
        (("--origin", LOCAL, "--origin", "https://shop.example"), ("origins", [LOCAL, "https://shop.example"])),
        (("--app-identifier", APP, "--app-identifier", OTHER_APP), ("appIdentifiers", [APP, OTHER_APP])),
    ):
        status, out, err = run(*create, *fields)
        assert status == 0, err
        made = json.loads(out)
        assert made["key"].startswith("ck_staging_")
        told = json.loads(run("keys", "show", made["id"], "--json", "--data", data)[1])
        assert told[shown[0]] == shown[1]


@pytest.mark.spec("crossmint R15")
@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:3001",
        "https://localhost:3000",
        "http://127.0.0.1:3000",
        "http://localhost",
        "https://evil.example",
        "null",
        None,
    ],
)
async def test_a_request_from_another_origin_is_denied(
    sqlite_shop: Shop, orders: OrdersApi, origin: str | None
) -> None:
    """R15: another host, port or scheme, and none at all; with a code of its own, and without any effect."""
    _, client = await orders.key(Kind.PUBLISHABLE, origins=[LOCAL])
    headers = {"Origin": origin} if origin is not None else {}
    answer = await ask(orders, "POST", f"{VERSION}/orders", JSON | headers | {"x-api-key": client}, ORDER)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")
    assert orders.orders == {}
    native = await key_of(sqlite_shop, kind=Kind.PUBLISHABLE, format="crossmint", origins=[LOCAL])
    carried = headers | {"x-api-key": native.secret.reveal()}
    refused = await send(sqlite_shop.app, "POST", "/checkout_sessions", carried, json=AMOUNT)
    assert why(refused) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in refused.headers
    server = (await key_of(sqlite_shop)).secret.reveal()
    assert (await send(sqlite_shop.app, "GET", "/checkout_sessions", {"x-api-key": server})).json()["data"] == []


@pytest.mark.spec("crossmint R17", "crossmint R18", "crossmint R23")
async def test_the_browser_sample_gets_an_order_and_its_client_secret(orders: OrdersApi) -> None:
    """R17, R18, R23: ``order.order`` and ``order.clientSecret`` are what the sample keeps in state."""
    _, client = await orders.key(Kind.PUBLISHABLE, origins=[LOCAL])
    order = await created(orders, {"x-api-key": client, "Origin": LOCAL})
    assert order["order"]["lineItems"] == ORDER["lineItems"]
    assert isinstance(order["clientSecret"], str) and len(order["clientSecret"]) > 32


@pytest.mark.spec("crossmint R19", "crossmint R20", "crossmint R21", "crossmint R22")
async def test_later_calls_need_the_client_secret_of_that_very_order(orders: OrdersApi) -> None:
    """R19, R21, R22: get-order and update-order stand beside create-order, and take the clientSecret itself as
    ``authorization``, without a scheme word. R20: without it, or with another's, they are refused."""
    _, client = await orders.key(Kind.PUBLISHABLE, origins=[LOCAL])
    here = JSON | {"x-api-key": client, "Origin": LOCAL}
    mine, other = await created(orders, here), await created(orders, here)
    path = f"{VERSION}/orders/{mine['order']['orderId']}"
    change = {"recipient": {"email": "a@b.example"}}
    opened = here | {"authorization": mine["clientSecret"]}
    assert (await ask(orders, "GET", path, opened)).json()["orderId"] == mine["order"]["orderId"]
    assert (await ask(orders, "PATCH", path, opened, change)).json()["recipient"] == change["recipient"]
    before = dict(orders.orders)
    for method in ("GET", "PATCH"):
        refused = await ask(orders, method, path, here, change)
        assert (refused.status_code, refused.json()["code"]) == (403, "client_secret_missing")
        wrong = await ask(orders, method, path, here | {"authorization": other["clientSecret"]}, change)
        assert (wrong.status_code, wrong.json()["code"]) == (403, "client_secret_wrong")
        dressed = await ask(orders, method, path, here | {"authorization": f"Bearer {mine['clientSecret']}"}, change)
        assert (dressed.status_code, dressed.json()["reason"]) == (401, "ambiguous")
    assert orders.orders == before
    _, server = await orders.key(Kind.SECRET)
    assert (await ask(orders, "GET", path, {"x-api-key": server})).status_code == 200


@pytest.mark.spec("crossmint R17", "crossmint R19", "crossmint R20", "crossmint R22")
async def test_a_session_is_opened_by_the_client_secret_it_answered_with(shop: Shop) -> None:
    """R17, R19, R20, R22 by Tillgate's own routes: created from a page, read and changed with the clientSecret only; it
    is in no later answer, a replay of the first included, and nowhere in the database."""
    key = await key_of(shop, kind=Kind.PUBLISHABLE, format="crossmint", origins=[LOCAL])
    here = {"x-api-key": key.secret.reveal(), "Origin": LOCAL}
    named = here | {"Idempotency-Key": "cart-1"}
    made = (await send(shop.app, "POST", "/checkout_sessions", named, json=AMOUNT)).json()
    path, secret = f"/checkout_sessions/{made['id']}", made["clientSecret"]
    assert why(await send(shop.app, "GET", path, here)) == (403, "client_secret_missing")
    opened = here | {"authorization": secret}
    read = await send(shop.app, "GET", path, opened)
    assert read.status_code == 200
    assert read.headers["access-control-allow-origin"] == LOCAL
    assert secret not in read.text
    other = (await send(shop.app, "POST", "/checkout_sessions", here, json=AMOUNT)).json()
    for method, where in (("GET", path), ("POST", f"{path}/expire")):
        wrong = await send(shop.app, method, where, here | {"authorization": other["clientSecret"]})
        assert why(wrong) == (403, "client_secret_wrong")
    assert (await send(shop.app, "POST", f"{path}/expire", opened)).json()["status"] == "expired"
    again = await send(shop.app, "POST", "/checkout_sessions", named, json=AMOUNT)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert secret not in again.text
    listing = await send(shop.app, "GET", "/checkout_sessions", opened)
    assert why(listing) == (403, "secret_key_required")


@pytest.mark.spec("crossmint R24")
async def test_staging_and_production_are_two_hosts_with_keys_of_their_own() -> None:
    """R24: the version is part of the path, and a key works on the host of its own environment only."""
    staging, production = OrdersApi(Mode.TEST), OrdersApi(Mode.LIVE)
    _, test_key = await staging.key(Kind.SECRET)
    _, live_key = await production.key(Kind.SECRET)
    assert test_key.startswith("sk_staging_")
    assert live_key.startswith("sk_production_")
    await created(staging, {"x-api-key": test_key})
    await created(production, {"x-api-key": live_key})
    for app, key in ((staging, live_key), (production, test_key)):
        answer = await ask(app, "POST", f"{VERSION}/orders", JSON | {"x-api-key": key}, ORDER)
        assert (answer.status_code, answer.json()["reason"]) == (401, "unknown")
    # One installation behind both hosts knows the key, and tells that it is of the other mode.
    _, other = await staging.key(Kind.SECRET, mode=Mode.LIVE)
    wrong = await ask(staging, "POST", f"{VERSION}/orders", JSON | {"x-api-key": other}, ORDER)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_mode")


@pytest.mark.spec("crossmint R25")
async def test_a_failed_call_surfaces_to_its_caller(orders: OrdersApi, sqlite_shop: Shop) -> None:
    """R25: a status that is no success, and JSON that says what was wrong, so that the sample's own error can."""
    for headers in ({}, {"x-api-key": "junk"}, {"x-api-key": "ck_staging_junk", "Origin": LOCAL}):
        answer = await ask(orders, "POST", f"{VERSION}/orders", JSON | headers, ORDER)
        assert answer.status_code == 401
        assert answer.json()["message"]
        native = await send(sqlite_shop.app, "POST", "/checkout_sessions", headers, json=AMOUNT)
        assert native.status_code == 401
        assert native.json()["error"]["detail"]
    # A page may read why it was refused, where the key is for it.
    key = await key_of(sqlite_shop, kind=Kind.PUBLISHABLE, origins=[LOCAL])
    here = {"x-api-key": key.secret.reveal(), "Origin": LOCAL}
    refused = await send(sqlite_shop.app, "GET", "/checkout_sessions", here)
    assert refused.status_code == 403
    assert refused.headers["access-control-allow-origin"] == LOCAL


# Mobile applications.


@pytest.mark.spec("crossmint R26", "crossmint R27", "crossmint R29", "crossmint R30", "crossmint R31")
async def test_a_mobile_app_names_itself_on_every_request(sqlite_shop: Shop, orders: OrdersApi) -> None:
    """R26, R27, R31: the sample's four headers; any of the key's identifiers will do (R29). R30: a missing or another
    value is refused on creating, reading and updating alike."""
    _, client = await orders.key(Kind.PUBLISHABLE, apps=[APP, OTHER_APP])
    native = await key_of(sqlite_shop, kind=Kind.PUBLISHABLE, apps=[APP, OTHER_APP])
    for app in (APP, OTHER_APP):
        headers = JSON | {"x-api-key": client, "x-app-identifier": app}
        made = await created(orders, headers)
        path = f"{VERSION}/orders/{made['order']['orderId']}"
        opened = headers | {"authorization": made["clientSecret"]}
        for method in ("GET", "PATCH"):
            assert (await ask(orders, method, path, opened, {})).status_code == 200
        for wrong in ("com.evil.app", "", APP.upper(), f"{APP}.debug", None):
            told = {name: value for name, value in opened.items() if name != "x-app-identifier"}
            told |= {"x-app-identifier": wrong} if wrong is not None else {}
            for method, where in (("POST", f"{VERSION}/orders"), ("GET", path), ("PATCH", path)):
                refused = await ask(orders, method, where, told, {})
                assert (refused.status_code, refused.json()["code"]) == (403, "app_not_allowed")
        carried = {"x-api-key": native.secret.reveal(), "x-app-identifier": app}
        assert (await send(sqlite_shop.app, "POST", "/checkout_sessions", carried, json=AMOUNT)).status_code == 201
    carried = {"x-api-key": native.secret.reveal(), "Origin": LOCAL}
    refused = await send(sqlite_shop.app, "POST", "/checkout_sessions", carried, json=AMOUNT)
    assert why(refused) == (403, "app_not_allowed")


@pytest.mark.spec("crossmint R32")
def test_app_identifiers_are_explained_on_the_page_about_keys() -> None:
    """R32: what they are, how they are set up and sent, and that they can be made up by whoever holds the key."""
    guide = (ROOT / "docs/keys.md").read_text()
    section = guide[guide.index("## From a mobile app") :]
    section = section[: section.index("\n## ", 1)]
    for words in ("x-app-identifier", "--app-identifier", "bundle identifier", "package name", "made up"):
        assert words in section
    assert "docs/keys.md" in (ROOT / "README.md").read_text()
