"""Middleware for any ASGI application: nobody passes without a key that may do what the endpoint says that it needs.

    app = Starlette(routes=[Route("/invoices", list_invoices)])
    app = KeyturnMiddleware(app, keys=partial(open_key_layer, "sqlite:///keys.db", scopes=["invoices:read"]))

Endpoints say what they need by :func:`keyturn.needs.needs`, or rules over paths do. What says nothing is reached by
nobody. Plain ASGI: it imports no framework; of Starlette's and FastAPI's routes it asks ``matches``, as they do.
"""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, NamedTuple

from keyturn.admission.layer import Admitted, Caller, KeyLayer, Stream
from keyturn.admission.needs import Access, InvalidNeed, Rules, Stated, UnclearPath, need_of
from keyturn.admission.origins import answer_headers
from keyturn.admission.verifying import Presented
from keyturn.database import StoreError
from keyturn.http.denials import (
    PROBLEM_TYPE,
    UNAVAILABLE,
    UNDECLARED,
    Denial,
    Headers,
    denied,
    problem,
    rate_headers,
    rate_limited_denial,
    unreadable,
)
from keyturn.http.headers import texts_by_name
from keyturn.http.proxies import Networks, Transport, client_of
from keyturn.insight.usage import PATH_MAX
from keyturn.invariants import present
from keyturn.keys.model import KnownKey, Need, Refused

SCOPE_KEY: Final = "keyturn"

Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
OpenLayer = Callable[[], AbstractAsyncContextManager[KeyLayer]]
Needs = Callable[[str, str], Stated | None]
Envelope = Callable[[Denial], tuple[bytes, bytes]]

_ALL_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_DEPTH_MAX: Final = 20

_log = logging.getLogger("keyturn")


def problem_details(denial: Denial) -> tuple[bytes, bytes]:
    """A refusal's media type and body as RFC 9457 has them."""
    return PROBLEM_TYPE, problem(denial)


class KeyturnMiddleware:
    """Lets requests in by their keys.

    The admitted caller is in ``scope["keyturn"]``, and for Starlette and FastAPI in ``request.state.keyturn``: a
    :class:`keyturn.KnownKey`, or None where the endpoint is open.
    """

    def __init__(
        self,
        app: App,
        *,
        keys: KeyLayer | OpenLayer,
        needs: Needs | Mapping[str, Stated | str] | None = None,
        trusted_proxies: Iterable[str] = (),
        plain_http_from: Iterable[str] = (),
        envelope: Envelope = problem_details,
    ) -> None:
        """
        Args:
            keys: the key layer, or what opens one, such as a ``partial`` of :func:`keyturn.layer.open_key_layer`. It
                runs for as long as the application does (ASGI's lifespan).
            needs: what requests need, by method and path; goes before what endpoints say. A mapping is made
                :class:`keyturn.admission.needs.Rules`.
            trusted_proxies: networks whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed.
            plain_http_from: networks that may come without TLS; ``keyturn.http.proxies.LOOPBACK`` for development.
            envelope: how a refusal is told: its media type and body.

        Raises:
            InvalidNeed, InvalidNetwork: what was given is none.
        """
        self._app = app
        self._open = keys.running if isinstance(keys, KeyLayer) else keys
        self._layer: KeyLayer | None = keys if isinstance(keys, KeyLayer) else None
        self._needs: Needs | None = Rules(needs) if isinstance(needs, Mapping) else needs
        self._trusted = Networks(trusted_proxies)
        self._plain_http_from = Networks(plain_http_from)
        self._envelope = envelope

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] in ("http", "websocket"):
            await self._let_in(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = texts_by_name(scope["headers"])
        origin = headers.get("origin")
        target = _find(_routes_of(self._app), scope)
        layer = self._layer
        try:
            if layer is None:
                _log.error(
                    "the key layer is not open: the server has not run the application's lifespan startup (ASGI)"
                )
                await self._refuse(UNAVAILABLE, scope, receive, send)
            elif _is_preflight(scope, headers):
                methods = target.methods if target is not None and target.methods else _ALL_METHODS
                headers_of_preflight = await layer.origins.preflight(headers["origin"], methods)
                await _answer(send, 204, headers_of_preflight, b"")
            else:
                admitted = await self._admit(layer, scope, headers, target)
                if isinstance(admitted, Denial):
                    await self._refuse(admitted, scope, receive, send)
                    return
                key, more, judged = admitted
                scope[SCOPE_KEY] = key
                scope.setdefault("state", {})[SCOPE_KEY] = key
                if origin is not None and key is not None:
                    more = [*more, *answer_headers(origin, key)]
                if more:
                    send = _adding(send, more)
                if judged is None or not layer.gate.runs:
                    await self._app(scope, receive, send)
                else:
                    await _Answer(layer, judged, send).run(self._app, scope, receive)
        except _Unavailable as error:
            _log.error("the store does not answer: %s", error.__cause__)
            await self._refuse(UNAVAILABLE, scope, receive, send)

    async def _admit(
        self, layer: KeyLayer, scope: Scope, headers: Mapping[str, str], target: "_Target | None"
    ) -> "Denial | tuple[KnownKey | None, Headers, _Judged | None]":
        """Whose request it is, what its answer is to carry and by what it was admitted; or why it is refused.

        Raises:
            _Unavailable: the decision is unknown.
        """
        method = "GET" if scope["type"] == "websocket" else scope["method"]
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        try:
            need = self._needs(method, path) if self._needs is not None else None
        except UnclearPath as error:
            return unreadable(str(error))
        nowhere = False
        if need is None and target is not None:
            # Where there is no such path or method, whoever has a key is told that.
            need = Access.ANY_KEY if target.endpoint is None else _declared(target.endpoint, method)
            nowhere = target.endpoint is None
        if need is None:
            logged_path = layer.carriers.clipped(path, PATH_MAX)
            _log.error("%s %s declares no scope, so every request to it is refused", method, logged_path)
            return UNDECLARED
        if need is Access.OPEN:
            return None, (), None
        peer = scope["client"][0] if scope.get("client") else None
        client = client_of(
            peer,
            scope.get("scheme"),
            headers.get("x-forwarded-for"),
            headers.get("x-forwarded-proto"),
            self._trusted,
        )
        presented = Presented(
            authorization=headers.get("authorization"),
            api_key=headers.get("x-api-key"),
            path=path,
            query_string=scope["query_string"].decode("latin-1"),
            secure=client.is_secure(self._plain_http_from),
            exposed=client.transport is Transport.CLEAR,
            address=client.address,
            origin=headers.get("origin"),
            app=headers.get("x-app-identifier"),
            object_id=target.object_id if target is not None else None,
        )
        asked = need if isinstance(need, Need) else None
        epoch = layer.gate.epoch
        try:
            decision = await layer.admit(presented, asked, Caller(f"{method} {path}", headers.get("user-agent")))
        except StoreError as error:
            raise _Unavailable from error
        if isinstance(decision, Admitted):
            if nowhere:
                return _nowhere(method, layer.carriers.clipped(path, 80), target.methods if target is not None else ())
            more = rate_headers(decision.allowance) if decision.allowance is not None else ()
            return decision.key, more, _Judged(decision.key, presented, asked, epoch)
        denial = (
            denied(decision)
            if isinstance(decision, Refused)
            else rate_limited_denial(decision.allowance, by_visitor=decision.by_visitor)
        )
        if presented.origin is not None:
            denial = denial._replace(headers=(*denial.headers, *answer_headers(presented.origin, decision.key)))
        return denial

    async def _refuse(self, denial: Denial, scope: Scope, receive: Receive, send: Send) -> None:
        media_type, body = self._envelope(denial)
        headers = [(b"content-type", media_type), (b"cache-control", b"no-store"), *denial.headers]
        if scope["type"] == "http":
            await _answer(send, int(denial.status), headers, body)
            return
        await receive()  # websocket.connect
        if "websocket.http.response" in scope.get("extensions", {}):
            await _answer(send, int(denial.status), headers, body, "websocket.http.response")
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": denial.code})

    # The application's life.

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open the key layer before the application starts, and close it when that has stopped."""
        first = await receive()
        # The server ends its loop once it hears that all is over, so it hears that last.
        farewell: list[Any] = []
        async with contextlib.AsyncExitStack() as stack:
            try:
                layer = await stack.enter_async_context(self._open())
            except Exception as error:
                await send({"type": "lifespan.startup.failed", "message": f"keys: {error}"})
                return
            try:
                if isinstance(self._needs, Rules):
                    self._needs.check_scopes(layer.issuer.offered)
            except InvalidNeed as error:
                await send({"type": "lifespan.startup.failed", "message": f"keys: {error}"})
                return
            self._layer = layer
            stack.callback(self._forget, layer)
            waiting, answered = [first], False

            async def replayed() -> Any:
                return waiting.pop() if waiting else await receive()

            async def noted(message: Any) -> None:
                nonlocal answered
                answered = True
                if message["type"].startswith("lifespan.shutdown."):
                    farewell.append(message)
                else:
                    await send(message)

            try:
                await self._app(scope, replayed, noted)
            except Exception:
                if answered:
                    raise
                # An application without a life of its own (ASGI, lifespan: it may raise). Then it is ours alone.
                await send({"type": "lifespan.startup.complete"})
                await receive()
                farewell.append({"type": "lifespan.shutdown.complete"})
        for message in farewell:
            await send(message)

    def _forget(self, layer: KeyLayer) -> None:
        # One that was handed in can be asked without a lease, too: it then asks the store each time.
        if self._open != layer.running:
            self._layer = None


class _Unavailable(Exception):
    """A key could not be verified; ``__cause__`` says why."""


class _Judged(NamedTuple):
    """What a request was admitted by: enough to judge it again.

    Attributes:
        epoch: the gate's, before it was judged.
    """

    key: KnownKey
    presented: Presented
    need: Need | None
    epoch: int | None


class _Answer:
    """What the application sends to somebody with a key. Where it goes on after its first piece, or is a web socket, it
    is ended as soon as the key is refused: the application's task is canceled, server-sent events end as a stream does,
    and a web socket is closed with 1008 and the refusal's code."""

    __slots__ = (
        "_bounded",
        "_canceled",
        "_judged",
        "_layer",
        "_over",
        "_refusal",
        "_send",
        "_stream",
        "_task",
        "_task_canceled",
    )

    def __init__(self, layer: KeyLayer, judged: _Judged, send: Send) -> None:
        self._layer = layer
        self._judged = judged
        self._send = send
        self._task: asyncio.Task[Any] | None = None
        self._stream: Stream | None = None
        self._bounded = False
        self._over = False
        self._canceled = False
        self._task_canceled = False
        self._refusal: Refused | None = None

    async def run(self, app: App, scope: Scope, receive: Receive) -> None:
        self._task = asyncio.current_task()
        try:
            await app(scope, receive, self._pass_on)
        except BaseException:
            if not self._canceled:
                raise
        finally:
            stream, self._stream = self._stream, None
            if stream is not None:
                stream.close()
        if self._canceled:
            if self._task is not None and self._task_canceled and self._task.uncancel() > 0:
                raise asyncio.CancelledError  # somebody else wants that, too
            await self._close(scope["type"])

    async def _pass_on(self, message: Any) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self._bounded = any(name.lower() == b"content-length" for name, _ in message.get("headers", ()))
        elif kind == "websocket.accept" or (kind == "http.response.body" and message.get("more_body")):
            if self._stream is None and not self._canceled:
                await self._open()
        elif kind in ("http.response.body", "websocket.close"):
            self._over = True
        if self._canceled:
            raise _Ended
        if self._stream is not None and not self._stream.goes_on:
            self._end(None)
            raise _Ended
        await self._send(message)

    async def _open(self) -> None:
        judged = self._judged
        try:
            opened = await self._layer.open_stream(
                judged.key, judged.presented, judged.need, judged_at=judged.epoch, end=self._end
            )
        except StoreError as error:
            _log.error("an answer was ended, for the store does not answer: %s", error)
            self._end(None)
            return
        if isinstance(opened, Refused):
            self._end(opened)
        elif self._canceled:
            opened.close()
        else:
            self._stream = opened

    def _end(self, refusal: Refused | None) -> None:
        if not self._canceled:
            self._canceled = True
            self._refusal = refusal
            # It does not cancel itself: the exception that follows is enough, and is all that is to be caught.
            if self._task is not None and self._task is not asyncio.current_task():
                self._task_canceled = True
                self._task.cancel()

    async def _close(self, kind: str) -> None:
        """Say that it is over, as far as the application has not."""
        if self._over:
            return
        # The client or its connection may be gone, which is as good.
        with contextlib.suppress(Exception):
            if kind == "websocket":
                code = denied(self._refusal).code if self._refusal is not None else UNAVAILABLE.code
                await self._send({"type": "websocket.close", "code": 1008, "reason": code})
            elif not self._bounded:
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            # Of what is shorter than was announced the server closes the connection.


class _Ended(OSError):
    """Nothing is sent any more: the key of the request is refused by now."""


class _Target(NamedTuple):
    """Where the application's own routes lead a request.

    Attributes:
        endpoint: None where they lead nowhere.
        methods: those that the path has.
        object_id: what the path names, where it names one thing.
    """

    endpoint: object
    methods: tuple[str, ...] = ()
    object_id: str | None = None


def _declared(endpoint: object, method: str) -> Stated | None:
    """What an endpoint says that it needs: a function, a class, or one of a class's methods."""
    while isinstance(endpoint, functools.partial) and need_of(endpoint) is None:
        endpoint = endpoint.func
    handler = getattr(endpoint, "get" if method == "HEAD" and not hasattr(endpoint, "head") else method.lower(), None)
    return need_of(handler) or need_of(endpoint)


def _routes_of(app: object) -> list[Any] | None:
    """The routes of a Starlette or FastAPI application, through whatever is wrapped around them."""
    for _ in range(_DEPTH_MAX):
        routes = getattr(app, "routes", None)
        if isinstance(routes, list | tuple):
            return list(routes)
        app = getattr(app, "app", None)
        if app is None:
            break
    return None


def _find(routes: list[Any] | None, scope: Scope) -> _Target | None:
    """Where the routes lead, by their own word; None for an application that has no routes to ask."""
    if routes is None:
        return None
    methods: set[str] = set()
    for route in routes:
        match, child = route.matches({**scope})
        if match.name == "NONE":
            continue
        # An included router (FastAPI) says only that one of its routes fits.
        candidates = getattr(route, "effective_candidates", None)
        inside = list(candidates()) if callable(candidates) else _routes_of(child.get("endpoint"))
        if inside is not None and need_of(child.get("endpoint")) is None:
            found = present(_find(inside, {**scope, **child}), "what an included router found")
            if match.name == "FULL":
                return found
            methods |= set(found.methods)
            continue
        methods |= set(getattr(route, "methods", None) or ())
        if match.name != "FULL":
            continue
        parameters = child.get("path_params", {})
        named = parameters.get("id", next(iter(parameters.values())) if len(parameters) == 1 else None)
        return _Target(child.get("endpoint", route), tuple(sorted(methods)), str(named) if named is not None else None)
    return _Target(None, tuple(sorted(methods)))


def _nowhere(method: str, path: str, methods: tuple[str, ...]) -> Denial:
    """That no route says what this needs, because there is none. It is not handed on: what the application might find
    for it beside its routes has not answered what it needs, either."""
    if not methods:
        return Denial(404, "unknown_path", f"There is no {path}.")
    allowed = ", ".join(methods)
    message = f"{method[:16]} is not allowed here; use {allowed}."
    return Denial(405, "method_not_allowed", message, headers=[(b"allow", allowed.encode())])


def _is_preflight(scope: Scope, headers: Mapping[str, str]) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] == "OPTIONS"
        and "origin" in headers
        and "access-control-request-method" in headers
    )


async def _answer(send: Send, status: int, headers: Headers, body: bytes, kind: str = "http.response") -> None:
    length = () if status == 204 else ((b"content-length", b"%d" % len(body)),)
    await send({"type": f"{kind}.start", "status": status, "headers": [*headers, *length]})
    await send({"type": f"{kind}.body", "body": body})


def _adding(send: Send, more: Headers) -> Send:
    """Headers added to the application's answer, but for those that it has set itself; ``Vary`` adds up."""

    async def adding(message: Any) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            headers = list(message.get("headers", ()))
            own = {name.lower() for name, _ in headers}
            message = {**message, "headers": headers + [one for one in more if one[0] == b"vary" or one[0] not in own]}
        await send(message)

    return adding
