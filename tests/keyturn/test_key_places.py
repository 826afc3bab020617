"""Where an operator says that keys are: headers and schemes, in the middleware and behind a proxy."""

import base64
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from keyturn.admission.layer import KeyLayer
from keyturn.admission.needs import OPTIONAL, needs
from keyturn.errors import InvalidOrigin
from keyturn.http.asgi import KeyturnMiddleware
from keyturn.http.key_places import InvalidKeyPlace, KeyPlaces
from keyturn.keys.issuing import KeyWish
from keyturn.keys.model import Kind, Mode
from keyturn.settings import SettingsError, load
from keyturn.stores.memory import MemoryKeyStore
from tests.keyturn.test_asgi import CommandContext
from tests.keyturn.test_forwarding import ask, identity
from tests.keyturn.test_server import open_harness

pytestmark = pytest.mark.anyio

JWT = "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@needs("invoices:read")
async def read(request: Request) -> JSONResponse:
    """Whose request it is, and what the application finds in its own header."""
    return JSONResponse({"key": request.state.keyturn.id, "authorization": request.headers.get("authorization")})


@needs(OPTIONAL)
async def perhaps(request: Request) -> JSONResponse:
    key = request.state.keyturn
    return JSONResponse({"key": key.id if key is not None else None})


@pytest.fixture
def context(anyio_backend: object) -> CommandContext:
    return CommandContext()


def app(context: CommandContext, **places: Any) -> KeyturnMiddleware:
    routes = [Route("/invoices", read), Route("/perhaps", perhaps)]
    return KeyturnMiddleware(Starlette(routes=routes), keys=context.layer, **places)


@pytest.mark.parametrize(
    ("places", "sent"),
    [
        ({"key_headers": ["apikey"]}, {"apikey": "KEY"}),
        ({"key_headers": ["API-Key", "x-api-key"]}, {"api-key": "KEY"}),
        ({"key_headers": ["api-key", "x-api-key"]}, {"api-key": "KEY", "x-api-key": " KEY "}),
        ({"key_schemes": ["api-key"]}, {"authorization": "Api-Key KEY"}),
        ({"key_schemes": ["token"]}, {"authorization": "token  KEY"}),
        ({"key_schemes": ["Bearer", "token"]}, {"authorization": "bearer KEY"}),
        ({"key_schemes": ["basic-password"]}, {"authorization": "BASIC-PASSWORD"}),
        ({"key_schemes": ["basic", "basic-password"]}, {"authorization": "BASIC-NAME"}),
        ({"key_headers": ["x-api-key"]}, {"x-api-key": "KEY", "authorization": JWT}),
        ({"key_headers": ["x-api-key"]}, {"x-api-key": "KEY", "authorization": basic("ada", "secret")}),
        ({"key_schemes": ["api-key"]}, {"x-api-key": "KEY", "authorization": JWT}),
    ],
)
async def test_a_key_is_found_where_it_was_said_to_be(
    context: CommandContext, places: dict[str, Any], sent: dict[str, str]
) -> None:
    """Headers and schemes in any case; ``Authorization`` that carries no key passes to the application as it came."""
    key = await context.key("invoices:read")
    spelt = {"BASIC-PASSWORD": basic("api", key), "BASIC-NAME": basic(key, "")}
    headers = {name: spelt.get(value, value.replace("KEY", key)) for name, value in sent.items()}
    async with context.client(app(context, **places)) as client:
        answer = await client.get("/invoices", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["authorization"] == headers.get("authorization")


@pytest.mark.parametrize(
    ("places", "sent", "words", "challenge"),
    [
        ({"key_headers": ["apikey"]}, {"authorization": "Bearer KEY"}, "Send 'apikey: <key>'.", "ApiKey"),
        ({"key_headers": ["apikey"]}, {}, "Send 'apikey: <key>'.", "ApiKey"),
        ({"key_headers": ["apikey"]}, {"apikey": "nothing"}, "This is no key. Expected 'apikey: <key>'.", "ApiKey"),
        ({"key_headers": ["apikey", "x-api-key"]}, {"apikey": "KEY", "x-api-key": "OTHER"}, "Expected", "ApiKey"),
        (
            {"key_headers": ["authorization"], "key_schemes": ["api-key", "token"]},
            {"authorization": "Bearer KEY"},
            "Send 'Authorization: Api-Key <key>' or 'Authorization: Token <key>'.",
            "Api-Key",
        ),
        (
            {"key_headers": ["authorization"], "key_schemes": ["basic-password"]},
            {"authorization": "BASIC-NAME"},
            "HTTP Basic with <key> as the password",
            "Basic",
        ),
    ],
)
async def test_a_key_elsewhere_is_none_and_the_answer_names_where_it_belongs(
    context: CommandContext, places: dict[str, Any], sent: dict[str, str], words: str, challenge: str
) -> None:
    """401 with the configured places and the configured scheme; two different keys are never one."""
    key, other = await context.key("invoices:read"), await context.key("invoices:read")
    spelt = {"BASIC-NAME": basic(key, ""), "OTHER": other}
    headers = {name: spelt.get(value, value.replace("KEY", key)) for name, value in sent.items()}
    async with context.client(app(context, **places)) as client:
        answer = await client.get("/invoices", headers=headers)
    assert answer.status_code == 401 and words in answer.json()["detail"], answer.text
    assert answer.headers["www-authenticate"].startswith(f"{challenge} realm=")
    assert key not in answer.text


async def test_an_optional_key_is_checked_where_it_came_and_nobody_is_asked_where_none_did(
    context: CommandContext,
) -> None:
    """A wrong one is refused, an empty header is none, one in the URL is never passed over."""
    key = await context.key()
    async with context.client(app(context)) as client:
        for headers, expected in (
            ({}, (200, None)),
            ({"x-api-key": " "}, (200, None)),
            ({"authorization": f"Bearer {key}"}, (200, "key")),
            ({"authorization": f"Bearer {key[:-1]}"}, (401, None)),
            ({"authorization": JWT}, (401, None)),
        ):
            answer = await client.get("/perhaps", headers=headers)
            assert answer.status_code == expected[0], headers
            if answer.status_code == 200:
                assert (answer.json()["key"] is not None) is (expected[1] is not None)
        assert (await client.get("/perhaps", params={"q": key})).json()["reason"] == "key_in_url"


async def test_a_public_key_in_the_url_does_not_refuse_a_good_secret_key_in_the_header(context: CommandContext) -> None:
    """It is no secret that was lost. Alone it is refused as before, and so is a secret key beside it."""
    secret = await context.key("invoices:read")
    public = await context.key(kind=Kind.PUBLISHABLE, origins=["https://shop.example"])
    made = await context.layer.issuer.issue(KeyWish(project_id="shop", mode=Mode.LIVE, name="lost"), by="test")
    async with context.client(app(context)) as client:
        good = {"authorization": f"Bearer {secret}"}
        assert (await client.get("/invoices", params={"client": public}, headers=good)).status_code == 200
        alone = await client.get("/invoices", params={"client": public})
        assert alone.json()["reason"] == "key_in_url"
        for lost in (made.secret.reveal(), public[:-1]):
            both = await client.get("/invoices", params={"client": public, "key": lost}, headers=good)
            assert both.json()["reason"] == "key_in_url", lost[:8]
        many = await client.get("/invoices", params=[("k", public)] * 3, headers=good)
        assert many.status_code == 200


def test_what_cannot_carry_a_key_is_refused_by_name() -> None:
    """Headers that frame, lead or name a request, cookies, what is no name, none and too many."""
    for wrong in (
        ["host"],
        ["Cookie"],
        ["x-forwarded-for"],
        ["content-type"],
        ["x y"],
        [""],
        [],
        list("abcdefghi"),
    ):
        with pytest.raises(InvalidKeyPlace):
            KeyPlaces(headers=wrong)
    for wrong in (["Bearer:"], [], [str(n) for n in range(9)]):
        with pytest.raises(InvalidKeyPlace):
            KeyPlaces(schemes=wrong)
    with pytest.raises(SettingsError, match=r"KEYTURN_KEY_HEADERS.*the header cookie has a meaning of its own"):
        load({"KEYTURN_KEY_HEADERS": "x-api-key, cookie"})


async def test_a_proxys_requests_carry_their_keys_where_the_settings_say(tmp_path: Any) -> None:
    """Behind nginx, Caddy, Traefik and Envoy, all of which hand the headers on; and ``access=optional`` there."""
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    async with open_harness(url, KEYTURN_KEY_HEADERS="apikey authorization", KEYTURN_KEY_SCHEMES="api-key") as context:
        made = await context.key("invoices:read")
        at = "/v1/forward-auth?scope=invoices:read"
        for sent in ({"apikey": made["key"]}, {"authorization": f"Api-Key {made['key']}"}):
            answer = await ask(context, None, at=at, **sent)
            assert identity(answer)[0] == made["id"], answer.text
        beside = await ask(context, None, at=at, apikey=made["key"], authorization=JWT)
        assert identity(beside)[0] == made["id"]
        elsewhere = await ask(context, made["key"], at=at)
        assert (elsewhere.status_code, elsewhere.json()["reason"]) == (401, "missing")
        assert "'apikey: <key>' or 'Authorization: Api-Key <key>'" in elsewhere.json()["detail"]
        request = {"request": {"headers": {"ApiKey": made["key"], "Authorization": JWT}}, "scope": "invoices:read"}
        status, verdict = await context.call("POST", "/v1/keys/verify", request)
        assert (status, verdict["valid"]) == (200, True)
        request["request"] = {"headers": {"authorization": f"Bearer {made['key']}"}}
        status, verdict = await context.call("POST", "/v1/keys/verify", request)
        assert verdict["reason"] == "missing" and "apikey: <key>" in verdict["message"]
        optional = "/v1/forward-auth?access=optional"
        assert identity(await ask(context, None, at=optional)) == ["", "", "", ""]
        assert identity(await ask(context, None, at=optional, apikey=made["key"]))[0] == made["id"]
        assert (await ask(context, None, at=optional, apikey=made["key"][:-1])).status_code == 401


async def test_a_preflight_allows_what_the_page_asks_for(context: CommandContext) -> None:
    """Whichever headers, by a registered origin: never an asterisk, nor what is no name, nor credentials."""
    await context.key(kind=Kind.PUBLISHABLE, origins=["https://shop.example"])
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "apikey, TraceParent,x-page,*,bad name,,é",
    }
    async with context.client(app(context)) as client:
        answer = await client.options("/invoices", headers={name: value.encode() for name, value in asked.items()})
    assert answer.headers["access-control-allow-headers"] == "apikey, traceparent, x-page"
    assert "access-control-allow-credentials" not in answer.headers


async def test_keys_of_apps_and_extensions_are_for_exact_origins() -> None:
    """As their web views send them; an asterisk, a port or a path makes none."""
    layer = KeyLayer(MemoryKeyStore(), scopes=(), publishable=())
    exact = [
        "capacitor://localhost",
        "ionic://localhost",
        "tauri://localhost",
        "http://tauri.localhost",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    ]

    async def issued(origins: list[str]) -> tuple[str, ...]:
        wish = KeyWish(project_id="shop", mode=Mode.LIVE, name="app", kind=Kind.PUBLISHABLE, origins=origins)
        return (await layer.issuer.issue(wish, by="test")).key.origins

    assert await issued([*exact, "Capacitor://LOCALHOST/"]) == tuple(exact)
    for wrong in ("capacitor://*", "capacitor://localhost:80", "tauri://localhost/x", "file://localhost", "tauri://"):
        with pytest.raises(InvalidOrigin, match="no web origin"):
            await issued([wrong])
