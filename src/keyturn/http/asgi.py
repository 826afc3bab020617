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
from keyturn.http.key_places import DEFAULT_HEADERS, DEFAULT_SCHEMES, KeyPlaces
from keyturn.http.proxies import Networks, Transport, client_by_headers
from keyturn.http.targets import Target, Targets
from keyturn.insight.usage import PATH_MAX
from keyturn.keys.model import KnownKey, Need, Refused

SCOPE_KEY: Final = "keyturn"

OpenLayer = Callable[[], AbstractAsyncContextManager[KeyLayer]]
Needs = Callable[[str, str], Stated | None]
Envelope = Callable[[Denial], tuple[bytes, bytes]]

_ALL_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")

# Bound once: a member of an enum that is looked up by its class goes through several calls in Python 3.11.
_OPEN: Final = Access.OPEN
_CLEAR: Final = Transport.CLEAR

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
        key_headers: Iterable[str] = DEFAULT_HEADERS,
        key_schemes: Iterable[str] = DEFAULT_SCHEMES,
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
            key_headers: the headers in which a key is looked for. Each but ``authorization`` holds the key itself;
                where that is not among them, the application's own ``Authorization`` may stand beside the key.
            key_schemes: the schemes of ``Authorization`` by which a key is looked for, such as ``api-key`` and
                ``token``; ``basic-password`` is HTTP Basic with any user name.
            envelope: how a refusal is told: its media type and body.

        Raises:
            InvalidNeed, InvalidNetwork, InvalidKeyPlace: what was given is none.
        """
        self._app = app
        self._targets = Targets(app)
        self._open = keys.running if isinstance(keys, KeyLayer) else keys
        self._layer: KeyLayer | None = keys if isinstance(keys, KeyLayer) else None
        self._needs: Needs | None = Rules(needs) if isinstance(needs, Mapping) else needs
        self._trusted = Networks(trusted_proxies)
        self._plain_http_from = Networks(plain_http_from)
        self._envelope = envelope
        self._places = KeyPlaces(key_headers, key_schemes)

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
                if await self._is_the_applications(layer, scope, headers, target):
                    _note(scope, None)
                    await self._app(scope, receive, send)
                    return
                methods = target.methods if target is not None and target.methods else _ALL_METHODS
                origin, wanted = _text(headers, b"origin"), _text(headers, b"access-control-request-headers")
                await _answer(send, 204, await layer.origins.preflight(origin or "", methods, wanted), b"")
            else:
                admitted = await self._admit(layer, scope, headers, method, target)
                if isinstance(admitted, Denial):
                    await self._refuse(admitted, scope, receive, send)
                    return
                judged, more = admitted
                key = judged.key if judged is not None else None
                _note(scope, key)
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
        path = _path_of(scope)
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
        if need is _OPEN:
            return None, ()
        authorization, api_key = self._credentials(headers)
        if need is Access.OPTIONAL:
            query = scope["query_string"].decode("latin-1")
            if not (_given(authorization) or _given(api_key) or layer.carriers.in_url(f"{path}?{query}")):
                return None, ()
            need = Access.ANY_KEY
        peer = scope["client"][0] if scope.get("client") else None
        client = client_by_headers(peer, scope.get("scheme"), headers, self._trusted)
        presented = Presented(
            authorization=authorization,
            api_key=api_key,
            path=path,
            query_string=scope["query_string"].decode("latin-1"),
            secure=client.is_secure(self._plain_http_from),
            exposed=client.transport is _CLEAR,
            address=client.address,
            origin=_text(headers, b"origin"),
            app=_text(headers, b"x-app-identifier"),
            object_id=target.object_id if target is not None else None,
        )
        asked = need if isinstance(need, Need) else None
        epoch = layer.gate.epoch
        caller = Caller(f"{method} {path}", _text(headers, b"user-agent"))
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
            denied(decision, self._places)
            if isinstance(decision, Refused)
            else rate_limited_denial(decision.allowance, by_visitor=decision.by_visitor)
        )
        if presented.origin is not None:
            denial = denial._replace(headers=(*denial.headers, *answer_headers(presented.origin, decision.key)))
        return denial

    async def _is_the_applications(
        self, layer: KeyLayer, scope: Scope, headers: Mapping[bytes, bytes], target: Target | None
    ) -> bool:
        """Whether a preflight is left to the application: for an open endpoint, or from an origin that no key is for.

        Never where the application would take ``OPTIONS`` for a call of its own that needs a key, for anybody can send
        what looks like a preflight: then its need is open by a rule or beside the endpoint, or it has no such endpoint.
        """
        path = _path_of(scope)
        method = headers[b"access-control-request-method"].decode("latin-1")
        try:
            own = self._needs("OPTIONS", path) if self._needs is not None else None
            if own is None and target is not None and target.endpoint is not None:
                own = target.need or Access.ANY_KEY
            if own is not _OPEN and (own is not None or target is None):
                return False
            need = self._needs(method, path) if self._needs is not None else None
        except UnclearPath:
            return False
        if need is None:
            asked, _ = self._targets.find({**scope, "method": method}, method)
            need = asked.need if asked is not None else None
        return need is _OPEN or not await layer.origins.is_registered(headers[b"origin"].decode("latin-1"))

    def _credentials(self, headers: Mapping[bytes, bytes]) -> tuple[str | None, str | None]:
        """What the request carries where keys are looked for: ``authorization`` and the key itself."""
        if self._places.usual:
            return _text(headers, b"authorization"), _text(headers, b"x-api-key")
        return self._places.find(lambda name: _text(headers, name.encode()))

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


def _note(scope: Scope, key: KnownKey | None) -> None:
    """Let the application find whose request it is."""
    scope[SCOPE_KEY] = key
    scope.setdefault("state", {})[SCOPE_KEY] = key


def _given(credential: str | None) -> bool:
    return credential is not None and bool(credential.strip())


def _path_of(scope: Scope) -> str:
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path or "/"


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


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str | None:
    return headers[name].decode("latin-1") if name in headers else None
