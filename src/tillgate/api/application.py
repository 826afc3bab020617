"""The API as an ASGI application: let in, find, read, act, answer. Plain ASGI, because it is the hot path."""

import re
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog

from keyturn import KnownKey, Need, Presented, Reach, RefusalReason, Refused
from keyturn.admission.layer import Caller, RateLimited
from keyturn.admission.origins import Origins, answer_headers
from keyturn.database import StoreUnavailable
from keyturn.http.denials import rate_headers
from keyturn.http.proxies import LOOPBACK, Client, Networks, Transport, client_of
from keyturn.insight.logged import FAILED, LoggedRequest
from keyturn.insight.request_log import RequestLog
from keyturn.insight.usage import RATE_LIMITED
from keyturn.keys.client_secrets import CLIENT_SECRET
from tillgate.access import principal_of
from tillgate.api import (
    clocks,
    coupons,
    customers,
    events,
    links,
    orders,
    payments,
    products,
    promotions,
    redemptions,
    refunds,
    sessions,
    webhooks,
)
from tillgate.api.acting import Done, act
from tillgate.api.context import ApiContext
from tillgate.api.errors import Failure, Headers, rate_limited, refused, to_failure
from tillgate.api.expanding import PARAM
from tillgate.api.openapi import document
from tillgate.api.reading import declares_too_much, decode_body, decode_query, read_body, read_query
from tillgate.api.resources import EXPANSIONS
from tillgate.api.routing import ROOT, Call, Found, Route, Router
from tillgate.base import ids
from tillgate.base.errors import InvalidInput, NotFound, TillgateError, TooOften, Unavailable
from tillgate.base.invariants import present

ROUTES: Final[list[Route]] = [
    *links.ROUTES,
    *sessions.ROUTES,
    *orders.ROUTES,
    *payments.ROUTES,
    *refunds.ROUTES,
    *webhooks.ROUTES,
    *events.ROUTES,
    *customers.ROUTES,
    *products.ROUTES,
    *coupons.ROUTES,
    *promotions.ROUTES,
    *redemptions.ROUTES,
    *clocks.ROUTES,
]
DOCUMENT_PATH: Final = "/openapi.json"
# Where in the scope stands who sent the request (:class:`keyturn.http.proxies.Client`).
CLIENT: Final = "keyturn.client"
SEGMENT_LENGTH_MAX: Final = 64
# Segments of an unknown path that are shown: words, as in a path that was misspelt. Anything else may be a secret.
_WORD: Final = re.compile(r"[a-z][a-z_.-]{0,31}")

_NO_PROXIES: Final = Networks(())
_JSON: Final = (b"content-type", b"application/json")
_NOT_STORED: Final = (b"cache-control", b"no-store")
_REPLAYED: Final = (b"idempotency-replayed", b"true")
_WHEN_AGAIN: Final[dict[str, Headers]] = {
    "idempotency_key_in_use": [(b"retry-after", b"1")],
    "unavailable": [(b"retry-after", b"1")],
}

_log = structlog.get_logger("api")


def _when_again(error: TillgateError) -> Headers:
    if isinstance(error, TooOften):
        return [(b"retry-after", b"%d" % error.retry_after_seconds)]
    return _WHEN_AGAIN.get(error.code, [])


class _Envelope(Exception):
    """Carries a ready refusal out of the pipeline."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure


class _Trace:
    """What becomes known of a request on its way, for the log. Most of it is never set, hence no ``__init__``."""

    key: KnownKey | None = None
    route: Route | None = None
    path: str = ""
    presented: Presented | None = None
    refusal: str | None = None
    error: str | None = None
    reported: tuple[RefusalReason, ...] = ()


class NativeApi:
    """Everything under ``/api/v1``. An endpoint that does not declare its need keeps it from starting."""

    def __init__(
        self,
        context: ApiContext,
        routes: list[Route] | None = None,
        *,
        origins: Origins,
        plain_http_from_here: bool = False,
        count_response: Callable[[int], None] = lambda _: None,
        requests: RequestLog | None = None,
    ) -> None:
        """
        Args:
            origins: answers browsers that ask before they call.
            plain_http_from_here: let this machine in without TLS, as is handy in development.
            count_response: told the status of every answer.
            requests: keeps a line of each request with a known key.
        """
        declared = ROUTES if routes is None else routes
        self._context = context
        self._origins = origins
        self._plain_http_from = Networks(LOOPBACK if plain_http_from_here else ())
        self._count_response = count_response
        self._requests = requests
        self._router = Router(declared)
        self._decoders = {route.body: msgspec.json.Decoder(route.body) for route in declared if route.body is not None}
        self._document = msgspec.json.encode(document(declared, context.public_url))

    def need_of(self, method: str, path: str) -> Need | None:
        """What is asked for at a method and path; None where there is no such operation."""
        found = self._router.find(path.partition("?")[0].removeprefix(ROOT))
        wanted = method.upper()
        route = found.by_method.get("GET" if wanted == "HEAD" else wanted) if found is not None else None
        return route.need if route is not None else None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        begun_ns = time.perf_counter_ns()
        request_id = ids.new_id(ids.REQUEST)
        trace = _Trace()
        headers = _by_name(scope["headers"])
        if scope["method"] == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers:
            status, body, answered = await self._preflight(scope["path"], headers[b"origin"])
        else:
            status, body, answered = await self._answer_or_apologise(scope, headers, receive, request_id, trace)
        self._count_response(status)
        if trace.key is not None and self._requests is not None:
            key = trace.key
            if self._requests.has_room(key.terms.project_id, key.id, begun_ns, status >= FAILED):
                duration_us = (time.perf_counter_ns() - begun_ns) // 1_000
                at = self._context.clock.now()
                self._requests.note(_line(trace, key, request_id, at, scope, headers, status, duration_us))
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    _JSON,
                    _NOT_STORED,
                    (b"content-length", str(len(body)).encode()),
                    (b"x-request-id", request_id.encode()),
                    *answered,
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def _preflight(self, path: str, origin: bytes) -> tuple[int, bytes, Headers]:
        """What a browser asks before it calls from another origin. There is no key to ask for, nor any harm done."""
        found = self._router.find(path.removeprefix(ROOT))
        methods = sorted(found.by_method) if found is not None else ()
        try:
            return 204, b"", await self._origins.preflight(origin.decode("latin-1"), methods)
        except StoreUnavailable:
            return 503, b"", _WHEN_AGAIN["unavailable"]

    async def _answer_or_apologise(
        self, scope: Any, headers: dict[bytes, bytes], receive: Any, request_id: str, trace: _Trace
    ) -> tuple[int, bytes, Headers]:
        try:
            return await self._answer(scope, headers, receive, request_id, trace)
        except _Envelope as envelope:
            return envelope.failure
        except StoreUnavailable as error:
            _log.error("api.store_unavailable", request_id=request_id, detail=str(error))
            trace.error = Unavailable.default_code
            return to_failure(
                Unavailable(
                    "The database does not answer. Try again; if this was to change something, with the same "
                    "Idempotency-Key: whether it was done may not be known."
                ),
                request_id,
                _WHEN_AGAIN["unavailable"],
            )
        except Exception:
            _log.exception("api.failed", request_id=request_id, method=scope["method"], path=trace.path)
            trace.error = TillgateError.default_code
            return to_failure(
                TillgateError(
                    "Something went wrong on our side. Nothing is known of the outcome; check before retrying."
                ),
                request_id,
            )

    async def _answer(
        self, scope: Any, headers: dict[bytes, bytes], receive: Any, request_id: str, trace: _Trace
    ) -> tuple[int, bytes, Headers]:
        path: str = scope["path"].removeprefix(ROOT) if scope["path"].startswith(f"{ROOT}/") else ""
        method: str = "GET" if scope["method"] == "HEAD" else scope["method"]
        if path == DOCUMENT_PATH and method == "GET":
            return 200, self._document, ()
        found = self._router.find(path)
        route = found.by_method.get(method) if found is not None else None

        trace.route = route
        trace.path = route.path if route is not None else _words(path)
        presented = self._presented(scope, headers, found.id if found is not None else path)
        trace.presented = presented

        # The key comes first, whatever else is wrong with the request.
        admitted = await self._context.keys.admit(
            presented,
            route.need if route is not None else None,
            Caller(f"{method} {trace.path}", _text(headers.get(b"user-agent"))),
        )
        trace.key = admitted.key
        origin = _text(headers.get(b"origin"))
        if isinstance(admitted, Refused):
            trace.refusal = admitted.reason.value
            note_refusal(admitted, request_id, method)
            raise _Envelope(_readable(refused(admitted, request_id), origin, admitted.key))
        if isinstance(admitted, RateLimited):
            trace.refusal = RATE_LIMITED
            _log.debug("api.rate_limited", request_id=request_id, key_id=admitted.key.id, method=method)
            raise _Envelope(
                _readable(
                    rate_limited(admitted.allowance, request_id, by_visitor=admitted.by_visitor), origin, admitted.key
                )
            )
        trace.reported = admitted.reported
        always = list(rate_headers(admitted.allowance)) if admitted.allowance is not None else []
        if origin is not None:
            always += answer_headers(origin, admitted.key)
        if found is None or route is None:
            trace.error = "unknown_path" if found is None else "method_not_allowed"
            failure = _unknown(scope["path"], scope["method"], found, request_id)
            raise _Envelope(failure._replace(headers=(*failure.headers, *always)))
        try:
            done = await self._act(
                route, Call(principal_of(admitted.key), found.id, None, None), scope, headers, receive
            )
        except TillgateError as error:
            trace.error = error.code
            if error.internal is not None:
                _log.warning("api.refused", request_id=request_id, code=error.code, detail=error.internal)
            raise _Envelope(to_failure(error, request_id, (*_when_again(error), *always))) from error
        return done.status, done.body, (*always, _REPLAYED) if done.replayed else always

    def _presented(self, scope: Any, headers: dict[bytes, bytes], object_id: str | None) -> Presented:
        """What the key layer is to look at."""
        client: Client = scope.get(CLIENT) or _connected(scope)
        return Presented(
            authorization=_text(headers.get(b"authorization")),
            api_key=_text(headers.get(b"x-api-key")),
            query_string=_text(scope["query_string"]) or "",
            secure=client.is_secure(self._plain_http_from),
            exposed=client.transport is Transport.CLEAR,
            address=client.address,
            origin=_text(headers.get(b"origin")),
            app=_text(headers.get(b"x-app-identifier")),
            object_id=object_id,
        )

    async def _act(self, route: Route, call: Call, scope: Any, headers: dict[bytes, bytes], receive: Any) -> Done:
        """Read what the caller sent, and do it.

        Raises:
            TillgateError: it is not well formed, or was refused.
        """
        if call.id and not (call.id.isascii() and call.id.isprintable() and len(call.id) <= SEGMENT_LENGTH_MAX):
            raise NotFound("object")
        call = _asked(route, call, scope["query_string"])
        if route.body is not None:
            call = call._replace(body=decode_body(self._decoders[route.body], await read_body(headers, receive)))
        else:
            _refuse_large(headers)
        if route.guard is not None:
            client: Client = scope.get(CLIENT) or _connected(scope)
            await route.guard(self._context, call, client.address)
        key = headers.get(b"idempotency-key")
        return await act(self._context, route, call, key.decode("latin-1") if key is not None else None)


def _connected(scope: Any) -> Client:
    """Who sent a request that nobody has looked through proxies for: the connection's other end."""
    return client_of(scope["client"][0] if scope["client"] else None, scope.get("scheme"), None, None, _NO_PROXIES)


def _asked(route: Route, call: Call, query_string: bytes) -> Call:
    """The call with what its query says.

    Raises:
        TillgateError: it says something else than it may.
    """
    given = read_query(query_string) if query_string else {}
    resource = EXPANSIONS.of_answer(route.answers) if PARAM in given else None
    wanted = given.pop(PARAM) if resource is not None else None
    if route.query is not None:
        call = call._replace(query=decode_query(route.query, given))
    elif given:
        raise InvalidInput(
            f"{next(iter(given))[:60]}: this operation takes no such parameter.",
            code="invalid_query",
            param=next(iter(given))[:60],
        )
    if resource is None or wanted is None:
        return call
    objects = getattr(call.query, "limit", 1)
    return call._replace(expansion=EXPANSIONS.checked(resource, wanted, call.principal, objects))


def _words(path: str) -> str:
    """A path that leads nowhere, as far as it may be kept."""
    shown = [segment if _WORD.fullmatch(segment) else "…" for segment in path.strip("/").split("/")[:10]]
    return f"/{'/'.join(shown)}"


def _line(
    trace: _Trace,
    key: KnownKey,
    request_id: str,
    at: int,
    scope: Any,
    headers: dict[bytes, bytes],
    status: int,
    duration_us: int,
) -> LoggedRequest:
    """What is kept of a request. What the log keeps of each text is its own affair."""
    need = trace.route.need if trace.route is not None else None
    presented = present(trace.presented, "a key that was presented, without which nothing is logged")
    object_id = presented.object_id
    return LoggedRequest(
        id=request_id,
        at=at,
        project_id=key.project_id,
        mode=key.mode,
        key_id=key.id,
        secret=key.secret,
        method=scope["method"],
        path=trace.path,
        status=status,
        duration_us=duration_us,
        # Only what has an id's form: anything may have been put there.
        object_id=object_id if object_id and ids.is_typed(object_id) else None,
        refusal=trace.refusal,
        error=trace.error,
        scope=need.scope if need is not None else None,
        reach=need.publishable if need is not None else None,
        network=presented.address,
        origin=presented.origin,
        app=presented.app,
        opened=_opened(trace, presented),
        agent=_text(headers.get(b"user-agent")),
        reported=tuple(one.value for one in trace.reported),
    )


def _opened(trace: _Trace, presented: Presented) -> bool | None:
    """Whether the client secret that came along opened the object. Where that was not asked, because something else
    came first, it is taken to have been the right one."""
    if trace.refusal == RefusalReason.CLIENT_SECRET_WRONG.value:
        return False
    if trace.route is None or trace.route.need.publishable is not Reach.OPENS or presented.api_key is None:
        return None
    return True if CLIENT_SECRET.fullmatch((presented.authorization or "").strip()) else None


def _text(value: bytes | None) -> str | None:
    return value.decode("latin-1") if value is not None else None


def note_refusal(refusal: Refused, request_id: str, method: str) -> None:
    """A line in the log. Whoever holds no key could fill it at will; a known key's refusal is worth one."""
    key_id = refusal.key.id if refusal.key is not None else None
    note = _log.info if key_id is not None else _log.debug
    note("api.refused", request_id=request_id, reason=refusal.reason.value, key_id=key_id, method=method)


def _readable(failure: Failure, origin: str | None, key: KnownKey | None) -> Failure:
    """A refusal that the browser lets its page read, where the key is for that page's origin."""
    if origin is None:
        return failure
    return failure._replace(headers=(*failure.headers, *answer_headers(origin, key)))


def _by_name(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Headers by name. One that came more than once is joined (RFC 9110, 5.3): two keys are then no key."""
    by_name = dict(headers)
    if len(by_name) != len(headers):
        for name in by_name:
            by_name[name] = b", ".join(value for other, value in headers if other == name)
    return by_name


def _unknown(path: str, method: str, found: Found | None, request_id: str) -> Failure:
    if found is None:
        return to_failure(
            TillgateError(
                f"There is no {path[:80]}; the paths are listed in {ROOT}{DOCUMENT_PATH}.",
                code="unknown_path",
            ),
            request_id,
        )
    return to_failure(
        TillgateError(f"{method[:16]} is not possible here; use {found.allow}.", code="method_not_allowed"),
        request_id,
        [(b"allow", found.allow.encode())],
    )


def _refuse_large(headers: dict[bytes, bytes]) -> None:
    """An operation without a body may be sent one, which is never read; but not without bound."""
    if declares_too_much(headers.get(b"content-length", b"")):
        raise InvalidInput("The body is too large; this operation takes none.", code="body_too_large")
