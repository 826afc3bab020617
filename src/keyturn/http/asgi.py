"""Middleware for any ASGI application: nobody passes without a key that may do what the endpoint says that it needs.

    app = Starlette(routes=[Route("/invoices", list_invoices)])
    app = KeyturnMiddleware(app, keys=partial(open_key_layer, "sqlite:///keys.db", scopes=["invoices:read"]))

Endpoints say what they need by :func:`keyturn.needs.needs`, or rules over paths do. What says nothing is reached by
nobody. Plain ASGI: it imports no framework; of Starlette's and FastAPI's routes it asks ``matches``, as they do.
"""

import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from keyturn.admission.layer import Admitted, Caller, KeyLayer
from keyturn.admission.needs import Access, InvalidNeed, Rules, Stated, UnclearPath
from keyturn.admission.origins import answer_headers
from keyturn.admission.verifying import Presented
from keyturn.database import StoreError
from keyturn.http.admitted import AdmittedAnswer, App, Judged, Receive, Scope, Send
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
from keyturn.http.headers import by_lower_name
from keyturn.http.proxies import Networks, Transport, client_of
from keyturn.http.targets import Target, Targets
from keyturn.insight.usage import PATH_MAX
from keyturn.keys.model import Need, Refused

SCOPE_KEY: Final = "keyturn"

OpenLayer = Callable[[], AbstractAsyncContextManager[KeyLayer]]
Needs = Callable[[str, str], Stated | None]
Envelope = Callable[[Denial], tuple[bytes, bytes]]

_ALL_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")

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
        self._targets = Targets(app)
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
        headers = by_lower_name(scope["headers"])
        method = "GET" if scope["type"] == "websocket" else scope["method"]
        target, found_in = self._targets.find(scope, method)
        layer = self._layer
        try:
            if layer is None:
                _log.error(
                    "the key layer is not open: the server has not run the application's lifespan startup (ASGI)"
                )
                await self._refuse(UNAVAILABLE, scope, receive, send)
            elif _is_preflight(scope, headers):
                methods = target.methods if target is not None and target.methods else _ALL_METHODS
                headers_of_preflight = await layer.origins.preflight(headers[b"origin"].decode("latin-1"), methods)
                await _answer(send, 204, headers_of_preflight, b"")
            else:
                admitted = await self._admit(layer, scope, headers, method, target)
                if isinstance(admitted, Denial):
                    await self._refuse(admitted, scope, receive, send)
                    return
                judged, more = admitted
                key = judged.key if judged is not None else None
                scope[SCOPE_KEY] = key
                scope.setdefault("state", {})[SCOPE_KEY] = key
                if judged is None:
                    await self._app(scope, receive, send)
                    return
                if target is not None and found_in is not None:
                    self._targets.remember(scope, method, target, found_in)
                if judged.presented.origin is not None:
                    more = [*more, *answer_headers(judged.presented.origin, judged.key)]
                await AdmittedAnswer(layer, judged, more, send).run(self._app, scope, receive)
        except _Unavailable as error:
            _log.error("the store does not answer: %s", error.__cause__)
            await self._refuse(UNAVAILABLE, scope, receive, send)

    async def _admit(
        self, layer: KeyLayer, scope: Scope, headers: Mapping[bytes, bytes], method: str, target: Target | None
    ) -> Denial | tuple[Judged | None, Headers]:
        """By what the request was admitted, None where it needs no key, and what its answer is to carry; or why it is
        refused.

        Raises:
            _Unavailable: the decision is unknown.
        """
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        try:
            need = self._needs(method, path) if self._needs is not None else None
        except UnclearPath as error:
            return unreadable(str(error))
        nowhere = False
        if need is None and target is not None:
            need, nowhere = target.need, target.endpoint is None
        if need is None:
            logged_path = layer.carriers.clipped(path, PATH_MAX)
            _log.error("%s %s declares no scope, so every request to it is refused", method, logged_path)
            return UNDECLARED
        if need is Access.OPEN:
            return None, ()
        peer = scope["client"][0] if scope.get("client") else None
        client = client_of(
            peer,
            scope.get("scheme"),
            _text(headers.get(b"x-forwarded-for")),
            _text(headers.get(b"x-forwarded-proto")),
            self._trusted,
        )
        presented = Presented(
            authorization=_text(headers.get(b"authorization")),
            api_key=_text(headers.get(b"x-api-key")),
            path=path,
            query_string=scope["query_string"].decode("latin-1"),
            secure=client.is_secure(self._plain_http_from),
            exposed=client.transport is Transport.CLEAR,
            address=client.address,
            origin=_text(headers.get(b"origin")),
            app=_text(headers.get(b"x-app-identifier")),
            object_id=target.object_id if target is not None else None,
        )
        asked = need if isinstance(need, Need) else None
        epoch = layer.gate.epoch
        caller = Caller(f"{method} {path}", _text(headers.get(b"user-agent")))
        decision = layer.admit_now(presented, asked, caller)
        if decision is None:
            try:
                decision = await layer.admit(presented, asked, caller)
            except StoreError as error:
                raise _Unavailable from error
        if isinstance(decision, Admitted):
            if nowhere:
                return _nowhere(method, layer.carriers.clipped(path, 80), target.methods if target is not None else ())
            more = rate_headers(decision.allowance) if decision.allowance is not None else ()
            return Judged(decision.key, presented, asked, epoch), more
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


def _nowhere(method: str, path: str, methods: tuple[str, ...]) -> Denial:
    """That no route says what this needs, because there is none. It is not handed on: what the application might find
    for it beside its routes has not answered what it needs, either."""
    if not methods:
        return Denial(404, "unknown_path", f"There is no {path}.")
    allowed = ", ".join(methods)
    message = f"{method[:16]} is not allowed here; use {allowed}."
    return Denial(405, "method_not_allowed", message, headers=[(b"allow", allowed.encode())])


def _is_preflight(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] == "OPTIONS"
        and b"origin" in headers
        and b"access-control-request-method" in headers
    )


async def _answer(send: Send, status: int, headers: Headers, body: bytes, kind: str = "http.response") -> None:
    length = () if status == 204 else ((b"content-length", b"%d" % len(body)),)
    await send({"type": f"{kind}.start", "status": status, "headers": [*headers, *length]})
    await send({"type": f"{kind}.body", "body": body})


def _text(value: bytes | None) -> str | None:
    return value.decode("latin-1") if value is not None else None
