"""Crossmint's requirements on client-side and server-side keys, R1 to R32, by the routes that Tillgate has for them.

The document's own samples are sent as they stand. Those that need a browser or Node are in ``test_browsers.py`` and
``test_samples.py``.
"""

import json
from typing import Any

import httpx
import pytest

from keyturn import InvalidApp, InvalidKind, InvalidOrigin, Kind
from tests.cli.test_mistakes import complaint, run
from tests.dialects.crossmint.conftest import LOCAL, ROOT, Mint, database_url, mint
from tests.house.source import ROOT as REPOSITORY
from tests.requirements.calling import key_of

__all__ = ["database_url", "mint"]

pytestmark = pytest.mark.anyio

APP, OTHER_APP = "com.yourcompany.yourapp", "com.yourcompany.otherapp"
JSON = {"content-type": "application/json"}


def refused(answer: httpx.Response, status: int, words: str) -> None:
    """An error in the envelope that the document describes."""
    told = answer.json()
    assert (answer.status_code, told["error"]) == (status, True), answer.text
    assert words in told["message"], told


async def created(mint: Mint, key: str, **headers: str) -> dict[str, Any]:
    """What the browser sample's call answers with."""
    answer = await mint.call("POST", "/orders", mint.order(), key=key, **headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


# Two kinds of key, each where it belongs.


@pytest.mark.spec("crossmint R1", "crossmint R2", "crossmint R16")
async def test_both_kinds_of_key_are_accepted_each_from_where_it_belongs(mint: Mint) -> None:
    """R1: server-side and client-side keys both create orders. R2: where the request comes from decides: the server's
    needs no origin, the browser's needs one of its own. R16: the first call needs no clientSecret."""
    assert (mint.server[:11], mint.client[:11]) == ("sk_staging_", "ck_staging_")
    await created(mint, mint.server)
    await created(mint, mint.client, origin=LOCAL)
    refused(await mint.call("POST", "/orders", mint.order(), key=mint.client), 403, "Origin")


@pytest.mark.spec("crossmint R3", "crossmint R4", "crossmint R5", "crossmint R6", "crossmint R7", "crossmint R8")
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
async def test_a_server_side_key_works_from_playground_curl_scripts_and_backends(
    mint: Mint, headers: dict[str, str]
) -> None:
    """R3, R4, R5, R6: the key in ``x-api-key`` is all it takes; an origin, a referer or a user agent change nothing.
    R7, R8: the input is posted to ``{base}/orders`` as it came; a call without a body sends none."""
    made = await created(mint, mint.server, **headers)
    path = f"/orders/{made['order']['orderId']}"
    assert (await mint.call("GET", path, **headers)).status_code == 200


@pytest.mark.spec("crossmint R9", "crossmint R10", "crossmint R11")
async def test_the_doubled_slash_and_every_answer_are_as_the_sample_takes_them(mint: Mint) -> None:
    """R9: ``{base}/`` and ``/orders`` reach the route. R10, R11: whatever is wrong, the body is JSON, which the sample
    parses and relays without a look at the status."""
    made = await mint.call("POST", f"{ROOT}//orders", mint.order())
    assert made.status_code == 201
    for method, path, body, key in (
        ("POST", "//orders", {"payment": {}}, mint.server),
        ("POST", "//orders", None, mint.server),
        ("POST", "//orders", {}, "junk"),
        ("GET", "//orders//nothing", None, mint.server),
        ("GET", "//", None, mint.server),
        ("PUT", "//orders", {}, mint.server),
    ):
        answer = await mint.call(method, ROOT + path, body, key=key)
        assert answer.json()["error"] is True, answer.text
        assert answer.headers["content-type"] == "application/json"


# A client-side key in a browser.


@pytest.mark.spec("crossmint R12", "crossmint R23")
@pytest.mark.parametrize("path", ["/orders", "//orders"])
async def test_a_browsers_preflight_succeeds_for_an_authorized_origin(mint: Mint, path: str) -> None:
    """R12, R23: the sample's POST with ``Content-Type`` and ``x-api-key``, and later ``authorization``, is asked for
    beforehand and allowed; for an origin that nobody has authorized it is not. A real browser does the same in
    ``test_browsers.py``."""
    wanted = {
        "Origin": LOCAL,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-api-key,x-app-identifier",
    }
    answer = await mint.call("OPTIONS", ROOT + path, key="", **wanted)
    assert answer.is_success
    assert answer.headers["access-control-allow-origin"] == LOCAL
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "x-api-key", "x-app-identifier"))
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers
    stranger = await mint.call("OPTIONS", ROOT + path, key="", **(wanted | {"Origin": "https://evil.example"}))
    assert "access-control-allow-origin" not in stranger.headers


@pytest.mark.spec("crossmint R13", "crossmint R14", "crossmint R28", "crossmint R29")
async def test_whoever_creates_a_client_side_key_must_say_where_it_may_be_used(mint: Mint) -> None:
    """R13, R28: without an authorized origin or an app identifier there is no such key; the error says how they are
    written. R14: local development's plain http is one. R29: several of one sort, never both."""

    async def make(**wish: Any) -> Any:
        return (await key_of(mint.shop, format="crossmint", kind=Kind.PUBLISHABLE, **wish)).key

    with pytest.raises(InvalidKind, match=r"http://localhost:3000 or com\.yourcompany\.yourapp"):
        await make()
    for origin in (LOCAL, "http://localhost:5173", "http://127.0.0.1:8000", "http://[::1]:3000"):
        key = await make(origins=[origin, "https://shop.example"])
        assert key.origins == (origin, "https://shop.example")
    assert (await make(apps=[APP, OTHER_APP])).apps == (APP, OTHER_APP)
    with pytest.raises(InvalidKind, match="not for both"):
        await make(origins=[LOCAL], apps=[APP])
    with pytest.raises(InvalidOrigin):
        await make(origins=["http://shop.example"])
    with pytest.raises(InvalidApp):
        await make(apps=["My App"])


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
async def test_a_request_from_another_origin_is_denied(mint: Mint, origin: str | None) -> None:
    """R15: another host, port or scheme, and none at all; it says what to do, and has no effect."""
    headers = {"origin": origin} if origin is not None else {}
    answer = await mint.call("POST", "/orders", mint.order(), key=mint.client, **headers)
    refused(answer, 403, "registered web origins")
    assert "access-control-allow-origin" not in answer.headers
    assert (await mint.call("GET", "/orders")).json()["data"] == []


@pytest.mark.spec("crossmint R17", "crossmint R18", "crossmint R23")
async def test_the_browser_sample_gets_an_order_and_its_client_secret(mint: Mint) -> None:
    """R17, R18, R23: ``order.order`` and ``order.clientSecret`` are what the sample keeps in state; the secret is in no
    later answer."""
    made = await created(mint, mint.client, origin=LOCAL)
    assert set(made) == {"clientSecret", "order"}
    assert made["order"]["lineItems"][0]["collectionLocator"] == f"crossmint:{mint.product}"
    assert len(made["clientSecret"]) > 32
    read = await mint.call("GET", f"/orders/{made['order']['orderId']}")
    assert made["clientSecret"] not in read.text


@pytest.mark.spec("crossmint R19", "crossmint R20", "crossmint R21", "crossmint R22")
async def test_later_calls_need_the_client_secret_of_that_very_order(mint: Mint) -> None:
    """R19, R21, R22: get-order and update-order stand beside create-order, and take the clientSecret itself as
    ``authorization``, without a scheme word. R20: without it, or with another's, they are refused."""
    mine, other = await created(mint, mint.client, origin=LOCAL), await created(mint, mint.client, origin=LOCAL)
    path = f"/orders/{mine['order']['orderId']}"
    change = {"recipient": {"email": "else@example.com"}}
    for method, body in (("GET", None), ("PATCH", change)):

        async def call(method: str = method, body: Any = body, **more: str) -> httpx.Response:
            return await mint.call(method, path, body, key=mint.client, origin=LOCAL, **more)

        opened = await call(authorization=mine["clientSecret"])
        assert (opened.status_code, opened.json()["orderId"]) == (200, mine["order"]["orderId"])
        assert opened.headers["access-control-allow-origin"] == LOCAL
        refused(await call(), 403, "requires the order's clientSecret")
        refused(await call(authorization=other["clientSecret"]), 403, "does not belong to this order")
        refused(await call(authorization=f"Bearer {mine['clientSecret']}"), 401, "clientSecret alone")
    assert (await mint.call("GET", path)).json()["lineItems"][0]["delivery"]["recipient"]["email"] == "else@example.com"


@pytest.mark.spec("crossmint R24")
async def test_the_version_is_in_the_path_and_each_environment_has_keys_of_its_own(mint: Mint) -> None:
    """R24: ``/api/2022-06-09/orders``. Staging is test mode and production live mode, each with keys that are written
    so; a staging order is none of production's."""
    live = (await key_of(mint.shop, format="crossmint", mode="live")).secret.reveal()
    assert live.startswith("sk_production_")
    order_id = (await mint.made())["order"]["orderId"]
    assert (await mint.call("GET", f"/api/2022-06-09/orders/{order_id}")).status_code == 200
    refused(await mint.call("GET", f"/orders/{order_id}", key=live), 404, "No such order")


@pytest.mark.spec("crossmint R25")
async def test_a_failed_call_surfaces_to_its_caller(mint: Mint) -> None:
    """R25: a status that is no success, and JSON that says what was wrong, which a page of the key's may read."""
    for key, status in (("", 401), ("junk", 401), ("ck_staging_junk", 401), (mint.client, 400)):
        answer = await mint.call(
            "POST", "/orders", {"payment": {"method": "x"}, "lineItems": []}, key=key, origin=LOCAL
        )
        refused(answer, status, "")
        assert answer.json()["message"]
    assert answer.headers["access-control-allow-origin"] == LOCAL


# Mobile applications.


@pytest.mark.spec("crossmint R26", "crossmint R27", "crossmint R29", "crossmint R30", "crossmint R31")
async def test_a_mobile_app_names_itself_on_every_request(mint: Mint) -> None:
    """R26, R27, R31: the sample's four headers; any of the key's identifiers will do (R29). R30: a missing or another
    value is refused on creating, reading and updating alike."""
    issued = await key_of(mint.shop, format="crossmint", kind=Kind.PUBLISHABLE, apps=[APP, OTHER_APP])
    key = issued.secret.reveal()
    for app in (APP, OTHER_APP):
        made = await created(mint, key, x_app_identifier=app)
        path, secret = f"/orders/{made['order']['orderId']}", made["clientSecret"]
        for method, change in (("GET", None), ("PATCH", {})):
            opened = await mint.call(method, path, change, key=key, authorization=secret, x_app_identifier=app)
            assert opened.status_code == 200
    for wrong in ("com.evil.app", "", APP.upper(), f"{APP}.debug", None):
        told = {"x_app_identifier": wrong} if wrong is not None else {}
        for method, where, body in (("POST", "/orders", mint.order()), ("GET", path, None), ("PATCH", path, {})):
            answer = await mint.call(method, where, body, key=key, authorization=secret, **told)
            refused(answer, 403, "x-app-identifier")


@pytest.mark.spec("crossmint R32")
def test_app_identifiers_are_explained_on_the_page_about_keys() -> None:
    """R32: what they are, how they are set up and sent, and that they can be made up by whoever holds the key."""
    guide = (REPOSITORY / "docs/keys.md").read_text()
    section = guide[guide.index("## From a mobile app") :]
    section = section[: section.index("\n## ", 1)]
    for words in ("x-app-identifier", "--app-identifier", "bundle identifier", "package name", "made up"):
        assert words in section
    assert "docs/keys.md" in (REPOSITORY / "README.md").read_text()
