"""The middleware in front of Starlette, FastAPI and plain ASGI applications."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from keyturn.admission.layer import KeyLayer
from keyturn.admission.needs import ANY_KEY, OPEN, InvalidNeed, needs
from keyturn.database import StoreUnavailable
from keyturn.http.asgi import KeyturnMiddleware
from keyturn.http.proxies import LOOPBACK
from keyturn.keys.client_secrets import new_client_secret
from keyturn.keys.issuing import KeyWish
from keyturn.keys.model import Kind, Mode, Need, Reach
from keyturn.keys.secret import digest_of
from keyturn.limiting.gcra import Limit
from keyturn.stores.memory import MemoryKeyStore
from tests.shop import lifespan

pytestmark = pytest.mark.anyio

SCOPES = ("invoices:read", "invoices:write")
PAGE = "https://shop.example"


async def told(request: Request) -> JSONResponse:
    key = request.state.keyturn
    return JSONResponse({"key": key.id if key is not None else None})


@needs("invoices:read")
async def read(request: Request) -> JSONResponse:
    return await told(request)


@needs("invoices:write")
async def write(request: Request) -> JSONResponse:
    return await told(request)


@needs(OPEN)
async def health(request: Request) -> JSONResponse:
    return await told(request)


@needs(ANY_KEY)
async def anybody(request: Request) -> JSONResponse:
    return await told(request)


async def forgotten(request: Request) -> JSONResponse:
    raise AssertionError("nobody gets here")


class Resource(HTTPEndpoint):
    """Each method has a need of its own; one has none."""

    @needs("invoices:read")
    async def get(self, request: Request) -> JSONResponse:
        return await told(request)

    @needs("invoices:write")
    async def put(self, request: Request) -> JSONResponse:
        return await told(request)

    async def delete(self, request: Request) -> JSONResponse:
        raise AssertionError("nobody gets here")


@needs(Need("invoices:read", Reach.OPENS))
async def one(request: Request) -> JSONResponse:
    return await told(request)


def routes() -> list[Any]:
    return [
        Route("/invoices", read),
        Route("/invoices", needs(Need("invoices:write", Reach.CREATES))(partial(told)), methods=["POST"]),
        Route("/invoices/{id}", one),
        Route("/health", health),
        Route("/any", anybody),
        Route("/forgotten", forgotten),
        Route("/resource", Resource),
        Mount("/v2", routes=[Route("/invoices", write), Mount("/deep", app=Router([Route("/{name}", read)]))]),
        Mount("/files", app=StaticFiles(directory=".")),
    ]


class CommandContext:
    """A layer in memory, and keys of it."""

    def __init__(self, limit: Limit | None = None) -> None:
        self.layer = KeyLayer(MemoryKeyStore(), scopes=SCOPES, publishable=SCOPES, limit=limit)

    async def key(self, *scopes: str, **wish: Any) -> str:
        made = await self.layer.issuer.issue(
            KeyWish(project_id="shop", mode=Mode.LIVE, name="test", scopes=scopes, **wish), by="test"
        )
        return made.secret.reveal()

    @contextlib.asynccontextmanager
    async def client(self, app: Any, peer: str = "198.51.100.1") -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app, client=(peer, 1))
        async with lifespan(app), httpx.AsyncClient(transport=transport, base_url="https://api.test") as client:
            yield client


@pytest.fixture
def context(anyio_backend: object) -> CommandContext:
    return CommandContext()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_endpoints_say_what_they_need_and_what_says_nothing_is_reached_by_nobody(
    context: CommandContext, caplog: pytest.LogCaptureFixture
) -> None:
    """Functions, classes, methods, mounted routers; wrapped as an application or added as middleware. A route without a
    word, files, and what is no route are not reached by a key that may do everything."""
    inner = Starlette(routes=routes())
    inner.add_middleware(KeyturnMiddleware, keys=context.layer)
    reader, everything = await context.key("invoices:read"), await context.key("*")
    for app in (KeyturnMiddleware(Starlette(routes=routes()), keys=context.layer), inner):
        async with context.client(app) as client:
            for key, method, path, status in (
                (reader, "GET", "/invoices", 200),
                (reader, "HEAD", "/invoices", 200),
                (reader, "POST", "/invoices", 403),
                (reader, "GET", "/resource", 200),
                (reader, "HEAD", "/resource", 200),
                (reader, "PUT", "/resource", 403),
                (everything, "PUT", "/resource", 200),
                (everything, "DELETE", "/resource", 403),
                (reader, "GET", "/v2/invoices", 403),
                (everything, "GET", "/v2/invoices", 200),
                (reader, "GET", "/v2/deep/7", 200),
                (everything, "GET", "/forgotten", 403),
                (everything, "GET", "/files/README.md", 403),
                (everything, "GET", "/nothing", 404),
                (everything, "GET", "/invoices/", 404),
                (everything, "PATCH", "/invoices", 405),
                (None, "GET", "/nothing", 401),
                (None, "GET", "/invoices", 401),
                (None, "GET", "/health", 200),
                (None, "GET", "/any", 401),
                (reader, "GET", "/any", 200),
            ):
                answer = await client.request(method, path, headers=bearer(key) if key else {})
                assert answer.status_code == status, (method, path, answer.text)
                if (status == 403 and path in ("/forgotten", "/files/README.md")) or method == "DELETE":
                    assert answer.json()["code"] == "need_not_declared"
                if status == 401:
                    assert answer.headers["www-authenticate"] == 'Bearer realm="keyturn"'
                    assert answer.headers["content-type"] == "application/problem+json"
            assert (await client.patch("/invoices", headers=bearer(everything))).headers["allow"] == "GET, HEAD, POST"
            assert (await client.get("/health")).json() == {"key": None}
            for path in (f"/{everything}", f"/files/{everything}", f"/invoices?key={everything}"):
                assert everything not in (await client.get(path, headers=bearer(everything))).text
    assert everything not in caplog.text


async def test_rules_over_paths_serve_any_application(context: CommandContext) -> None:
    """An application without routes is admitted by rules alone, sees the key in its scope, and needs no life of its
    own."""
    seen: list[Any] = []

    async def plain(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"  # of a lifespan it knows nothing
        seen.append(scope["keyturn"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Vary", b"Accept")]})
        await send({"type": "http.response.body", "body": b"done"})

    app = KeyturnMiddleware(
        plain, keys=context.layer, needs={"GET /invoices/*": "invoices:read", "/health": OPEN, "POST /x": ANY_KEY}
    )
    key = await context.key("invoices:read")
    async with context.client(app) as client:
        assert (await client.get("/invoices/1", headers=bearer(key))).text == "done"
        assert (await client.post("/invoices/1", headers=bearer(key))).json()["code"] == "need_not_declared"
        assert (await client.get("/invoices", headers=bearer(key))).status_code == 403
        assert (await client.get("/health")).status_code == 200
        assert (await client.post("/x", headers=bearer(await context.key()))).status_code == 200
        # What may be read as two paths is read by nobody; a key anywhere in the path is told.
        for path in ("/HEALTH", "/health/", "/Invoices/1", "/x"):
            assert (await client.get(path, headers=bearer(key))).status_code == 403, "no rule has it"
        for path in ("/invoices/", "/invoices//1", "/invoices/%2e%2e/x", "/invoices/..;/x", "/invoices/1%20"):
            answer = await client.get(path, headers=bearer(key))
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request_target"), path
        assert (await client.get(f"/invoices/1/{key}", headers=bearer(key))).json()["reason"] == "key_in_url"
    assert [one.project_id if one is not None else None for one in seen] == ["shop", None, "shop"]
    with pytest.raises(InvalidNeed):
        KeyturnMiddleware(plain, keys=context.layer, needs={"/x": "invoices"})
    with pytest.raises(InvalidNeed):
        needs("invoices")


async def test_fastapi_routers_are_asked_through_and_through(context: CommandContext) -> None:
    """Included routers, also within each other, with their prefixes; FastAPI's own pages need to be declared."""
    api, inner, outer = FastAPI(), APIRouter(prefix="/inner"), APIRouter(prefix="/outer")

    @inner.get("/{id}")
    @needs("invoices:read")
    async def get_one(id: int) -> dict[str, int]:
        return {"id": id}

    @inner.post("/{id}")
    async def post_one(id: int) -> None:
        raise AssertionError("nobody gets here")

    outer.include_router(inner)
    api.include_router(outer, prefix="/v1")
    api.add_middleware(KeyturnMiddleware, keys=context.layer, needs={"/openapi.json": OPEN})
    key = await context.key("*")
    async with context.client(api) as client:
        assert (await client.get("/v1/outer/inner/7", headers=bearer(key))).json() == {"id": 7}
        assert (await client.get("/v1/outer/inner/7", headers=bearer(await context.key()))).status_code == 403
        assert (await client.post("/v1/outer/inner/7", headers=bearer(key))).json()["code"] == "need_not_declared"
        assert (await client.delete("/v1/outer/inner/7", headers=bearer(key))).status_code == 405
        assert (await client.get("/outer/inner/7", headers=bearer(key))).status_code == 404
        assert (await client.get("/openapi.json")).status_code == 200
        assert (await client.get("/docs", headers=bearer(key))).json()["code"] == "need_not_declared"


async def test_a_browser_is_answered_for_the_origins_of_keys(context: CommandContext) -> None:
    """A preflight from the union of registered origins, without a key; then the key's own list decides, and its page
    may read the answer, the refusal included. The application's own CORS headers stand."""
    key = await context.key("invoices:write", kind=Kind.PUBLISHABLE, origins=[PAGE])
    asking = {"Access-Control-Request-Method": "POST"}
    app = KeyturnMiddleware(Starlette(routes=routes()), keys=context.layer)
    async with context.client(app) as client:
        known = await client.options("/invoices", headers={"Origin": PAGE} | asking)
        assert (known.status_code, known.headers["access-control-allow-origin"]) == (204, PAGE)
        assert known.headers["access-control-allow-methods"] == "GET, HEAD, POST"
        unknown = await client.options("/invoices", headers={"Origin": "https://evil.example"} | asking)
        assert unknown.status_code == 405 and "access-control-allow-origin" not in unknown.headers
        made = await client.post("/invoices", headers=bearer(key) | {"Origin": PAGE})
        assert (made.status_code, made.headers["access-control-allow-origin"]) == (200, PAGE)
        assert made.headers["vary"] == "Origin" and "access-control-allow-credentials" not in made.headers
        elsewhere = await client.post("/invoices", headers=bearer(key) | {"Origin": "https://evil.example"})
        assert elsewhere.json()["code"] == "origin_not_allowed"
        assert "access-control-allow-origin" not in elsewhere.headers
        refused = await client.get("/invoices", headers=bearer(key) | {"Origin": PAGE})
        assert refused.json()["code"] == "secret_key_required"
        assert refused.headers["access-control-allow-origin"] == PAGE


async def test_the_applications_own_cors_answers_for_open_endpoints_and_unknown_origins(
    context: CommandContext,
) -> None:
    """A page of the application's own is none that a key is for. What looks like a preflight reaches no endpoint that
    needs a key, whatever its methods are: anybody can send one."""
    await context.key("invoices:write", kind=Kind.PUBLISHABLE, origins=[PAGE])
    own = "https://console.shop.example"
    inside = [
        *routes(),
        Route("/both", read, methods=["GET", "OPTIONS"]),
        Route("/asked", needs(OPEN)(partial(told)), methods=["OPTIONS"]),
    ]
    cors = Middleware(CORSMiddleware, allow_origins=[own], allow_methods=["GET"], allow_credentials=True)
    app = KeyturnMiddleware(Starlette(routes=inside, middleware=[cors]), keys=context.layer)
    bare = KeyturnMiddleware(Starlette(routes=inside), keys=context.layer)

    async def preflight(app: Any, path: str, origin: str) -> httpx.Response:
        async with context.client(app) as client:
            asking = {"Origin": origin, "Access-Control-Request-Method": "GET"}
            return await client.options(path, headers=asking)

    for path in ("/health", "/invoices"):
        answer = await preflight(app, path, own)
        assert answer.headers["access-control-allow-credentials"] == "true", path
    assert (await preflight(app, "/invoices", PAGE)).headers["access-control-allow-origin"] == PAGE
    for path in ("/both", "/resource"):
        kept = await preflight(bare, path, own)
        assert (kept.status_code, kept.content) == (204, b""), path
    assert (await preflight(bare, "/asked", own)).json() == {"key": None}

    async def everything(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await JSONResponse({"secret": True})(scope, receive, send)

    rules = {"/invoices": "invoices:read", "/open": OPEN, "OPTIONS /left": OPEN, "GET /left": "invoices:read"}
    ruled = KeyturnMiddleware(everything, keys=context.layer, needs=rules)
    assert (await preflight(ruled, "/invoices", own)).status_code == 204
    assert (await preflight(ruled, "/open", own)).status_code == 200
    assert (await preflight(ruled, "/left", own)).status_code == 200
    assert (await preflight(ruled, "/elsewhere", own)).status_code == 204


async def test_a_publishable_key_opens_what_it_made_with_its_client_secret(context: CommandContext) -> None:
    """The object is the one that the path names, by the route's own parameter."""
    key = await context.key("invoices:write", kind=Kind.PUBLISHABLE, origins=[PAGE])
    secret = new_client_secret("inv_1")
    await context.layer.store.keep_client_secret(
        digest_of(secret), project_id="shop", mode="live", key_id="key_x", object_id="inv_1", at=0
    )
    app = KeyturnMiddleware(Starlette(routes=routes()), keys=context.layer)
    async with context.client(app) as client:
        both = {"x-api-key": key, "authorization": secret, "origin": PAGE}
        assert (await client.get("/invoices/inv_1", headers=both)).status_code == 200
        assert (await client.get("/invoices/inv_2", headers=both)).json()["code"] == "client_secret_wrong"
        alone = await client.get("/invoices/inv_1", headers={"x-api-key": key, "origin": PAGE})
        assert alone.json()["code"] == "client_secret_missing"


async def test_limits_transport_and_address_hold_here_too(anyio_backend: object) -> None:
    """429 with what is left; plain http refused but where it is allowed; the address that a trusted proxy names."""
    context = CommandContext(Limit(0.1, 2))
    key = await context.key("invoices:read")
    bound = await context.key("invoices:read", networks=["203.0.113.0/24"], limit=Limit(100, 100))
    starlette = Starlette(routes=routes())
    app = KeyturnMiddleware(
        starlette, keys=context.layer, trusted_proxies=["10.0.0.0/8"], plain_http_from=["127.0.0.0/8"],
        envelope=lambda denial: (b"text/plain", f"no: {denial.code}".encode()),
    )  # fmt: skip
    async with context.client(app) as client:
        first = await client.get("/invoices", headers=bearer(key))
        assert first.headers["ratelimit"].startswith('"key";r=1;') and first.headers["ratelimit-policy"]
        await client.get("/invoices", headers=bearer(key))
        third = await client.get("/invoices", headers=bearer(key))
        assert (third.status_code, third.text) == (429, "no: rate_limited") and int(third.headers["retry-after"]) >= 1
        assert third.headers["content-type"] == "text/plain"

    async def asked(peer: str, **headers: str) -> str | int:
        transport = httpx.ASGITransport(app, client=(peer, 1))
        sent = bearer(bound) | {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            answer = await client.get("/invoices", headers=sent)
        return answer.status_code if answer.status_code == 200 else answer.text

    assert await asked("203.0.113.7") == "no: https_required"
    assert await asked("203.0.113.7", x_forwarded_proto="https") == "no: https_required", "anybody can say that"
    by_proxy = {"x_forwarded_proto": "https", "x_forwarded_for": "198.51.100.1, 203.0.113.7"}
    assert await asked("10.0.0.1", **by_proxy) == 200
    assert await asked("10.0.0.1", **(by_proxy | {"x_forwarded_for": "203.0.113.7, 198.51.100.1"})) == (
        "no: address_not_allowed"
    )
    assert await asked("127.0.0.1") == "no: address_not_allowed", "plain http from there is allowed, not the address"


async def test_without_keys_to_ask_nobody_passes(context: CommandContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it has started, after it has ended, and while the store is away, every need is 503; what is open, is."""

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[KeyLayer]:
        async with context.layer.running():
            yield context.layer

    app = KeyturnMiddleware(Starlette(routes=routes()), keys=opened, plain_http_from=LOOPBACK)
    key = await context.key("invoices:read")
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:

        async def status() -> int:
            answer = await client.get("/invoices", headers=bearer(key))
            assert answer.status_code == 200 or answer.json()["code"] == "auth_unavailable"
            return answer.status_code

        assert await status() == 503
        for _ in range(2):  # and it may be started again
            async with lifespan(app):
                assert await status() == 200
            assert await status() == 503

        async def away(*_: object) -> None:
            raise StoreUnavailable("the database is away")

        async with lifespan(app):
            for name in ("by_digest", "hold", "changes_after"):
                monkeypatch.setattr(context.layer.store, name, away)
            context.layer.gate._entries.clear()
            answer = await client.get("/invoices", headers=bearer(key))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            assert (await client.get("/health")).status_code == 200


async def test_a_layer_that_cannot_be_opened_keeps_the_application_from_starting(anyio_backend: object) -> None:
    """The server is told why, in ASGI's own words."""

    @contextlib.asynccontextmanager
    async def broken() -> AsyncIterator[KeyLayer]:
        raise StoreUnavailable("unknown database URL")
        yield  # type: ignore[unreachable]

    app = KeyturnMiddleware(Starlette(routes=routes()), keys=broken)
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        said.append(message)

    await app({"type": "lifespan"}, receive, send)
    assert said == [{"type": "lifespan.startup.failed", "message": "keys: unknown database URL"}]


async def test_a_rule_with_an_unknown_scope_keeps_the_application_from_starting(context: CommandContext) -> None:
    """Nobody but holders of every scope would ever reach its path; which was meant is said."""
    app = KeyturnMiddleware(Starlette(routes=routes()), keys=context.layer.running, needs={"/x": "invoice:read"})
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        said.append(message)

    await app({"type": "lifespan"}, receive, send)
    [failed] = said
    assert failed["type"] == "lifespan.startup.failed"
    assert failed["message"].endswith("did you mean invoices:read?")


async def test_a_socket_needs_a_key_before_it_is_opened(context: CommandContext) -> None:
    """A web socket's need is its endpoint's; refused, it is closed before it was accepted, with the refusal."""

    @needs("invoices:read")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(socket.state.keyturn.project_id)
        await socket.close()

    async def silent(socket: WebSocket) -> None:
        raise AssertionError("nobody gets here")

    app = KeyturnMiddleware(
        Starlette(routes=[WebSocketRoute("/talk", talk), WebSocketRoute("/silent", silent)]), keys=context.layer
    )
    key = await context.key("invoices:read")

    async def shake(path: str, sent: dict[str, str], **more: Any) -> list[Any]:
        said: list[Any] = []
        waiting = [{"type": "websocket.connect"}]

        async def receive() -> Any:
            return waiting.pop() if waiting else {"type": "websocket.disconnect", "code": 1005}

        async def send(message: Any) -> None:
            said.append(message)

        headers = [(name.lower().encode(), value.encode()) for name, value in sent.items()]
        scope = {"type": "websocket", "path": path, "scheme": "wss", "headers": headers, "query_string": b""}
        await app(scope | {"client": ("203.0.113.7", 1), "subprotocols": []} | more, receive, send)
        return said

    accepted = await shake("/talk", bearer(key))
    assert [one["type"] for one in accepted] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert accepted[1]["text"] == "shop"
    for path, sent, code in (("/talk", {}, "invalid_api_key"), ("/silent", bearer(key), "need_not_declared")):
        assert await shake(path, sent) == [{"type": "websocket.close", "code": 1008, "reason": code}]
        start, body = await shake(path, sent, extensions={"websocket.http.response": {}})
        assert (start["type"], start["status"]) == ("websocket.http.response.start", 403 if sent else 401)
        assert code.encode() in body["body"]
