"""The API as an ASGI application: let in, find, read, act, answer. Plain ASGI, because it is the hot path."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog

from keyturn import Refused
from tillgate.api import coupons, customers, events, links, products, promotions, sessions, webhooks
from tillgate.api.acting import Done, act
from tillgate.api.desk import ApiDesk
from tillgate.api.errors import Failure, Headers, rate_headers, rate_limited, refused, told
from tillgate.api.openapi import document
from tillgate.api.reading import BODY_BYTES_MAX, decode_body, decode_query, read_body
from tillgate.api.routing import ROOT, Call, Found, Route, Router
from tillgate.base import ids
from tillgate.base.errors import InvalidInput, NotFound, TillgateError, Unavailable
from tillgate.door import RateLimited
from unitofwork import StoreUnavailable

ROUTES: Final[list[Route]] = [
    *links.ROUTES,
    *sessions.ROUTES,
    *webhooks.ROUTES,
    *events.ROUTES,
    *customers.ROUTES,
    *products.ROUTES,
    *coupons.ROUTES,
    *promotions.ROUTES,
]
DOCUMENT_PATH: Final = "/openapi.json"
SEGMENT_LENGTH_MAX: Final = 64

_JSON: Final = (b"content-type", b"application/json")
_NOT_STORED: Final = (b"cache-control", b"no-store")
_REPLAYED: Final = (b"idempotency-replayed", b"true")
_WHEN_AGAIN: Final[dict[str, Headers]] = {
    "idempotency_key_in_use": [(b"retry-after", b"1")],
    "unavailable": [(b"retry-after", b"1")],
}

_log = structlog.get_logger("api")


class _Envelope(Exception):
    """Carries a ready refusal out of the pipeline."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure


class NativeApi:
    """Everything under ``/api/v1``. An endpoint that does not declare its need keeps it from starting."""

    def __init__(
        self,
        desk: ApiDesk,
        routes: list[Route] | None = None,
        *,
        count_response: Callable[[int], None] = lambda _: None,
    ) -> None:
        """
        Args:
            count_response: told the status of every answer.
        """
        declared = ROUTES if routes is None else routes
        self._desk = desk
        self._count_response = count_response
        self._router = Router(declared)
        self._decoders = {route.body: msgspec.json.Decoder(route.body) for route in declared if route.body is not None}
        self._document = msgspec.json.encode(document(declared, desk.public_url))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request_id = ids.new_id(ids.REQUEST)
        headers: Headers = ()
        try:
            status, body, headers = await self._answer(scope, receive, request_id)
        except _Envelope as envelope:
            status, body, headers = envelope.failure
        except StoreUnavailable as error:
            _log.error("api.store_unavailable", request_id=request_id, detail=str(error))
            status, body, headers = told(
                Unavailable(
                    "The database does not answer. Try again; if this was to change something, with the same "
                    "Idempotency-Key: whether it was done may not be known."
                ),
                request_id,
                _WHEN_AGAIN["unavailable"],
            )
        except Exception:
            _log.exception("api.failed", request_id=request_id, method=scope["method"], path=scope["path"])
            status, body, headers = told(
                TillgateError(
                    "Something went wrong on our side. Nothing is known of the outcome; check before retrying."
                ),
                request_id,
            )
        self._count_response(status)
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    _JSON,
                    _NOT_STORED,
                    (b"content-length", str(len(body)).encode()),
                    (b"x-request-id", request_id.encode()),
                    *headers,
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Any, receive: Any, request_id: str) -> tuple[int, bytes, Headers]:
        path: str = scope["path"].removeprefix(ROOT) if scope["path"].startswith(f"{ROOT}/") else ""
        method: str = "GET" if scope["method"] == "HEAD" else scope["method"]
        if path == DOCUMENT_PATH and method == "GET":
            return 200, self._document, ()
        headers = _by_name(scope["headers"])
        found = self._router.find(path)
        route = found.by_method.get(method) if found is not None else None

        # The key comes first, whatever else is wrong with the request.
        authorization = headers.get(b"authorization")
        admitted = await self._desk.door.admit(
            authorization.decode("latin-1") if authorization is not None else None,
            route.need if route is not None else None,
            address=scope["client"][0] if scope["client"] else None,
        )
        if isinstance(admitted, Refused):
            failure = refused(admitted, request_id)
            key_id = admitted.key.id if admitted.key is not None else None
            # Whoever holds no key could fill the log at will; a known key's refusal is worth a line.
            note = _log.info if key_id is not None else _log.debug
            note("api.refused", request_id=request_id, reason=admitted.reason.value, key_id=key_id, method=method)
            raise _Envelope(failure)
        if isinstance(admitted, RateLimited):
            _log.debug("api.rate_limited", request_id=request_id, key_id=admitted.key_id, method=method)
            raise _Envelope(rate_limited(admitted.allowance, request_id))
        limits = rate_headers(admitted.allowance) if admitted.allowance is not None else ()
        if found is None or route is None:
            failure = _unknown(scope["path"], scope["method"], found, request_id)
            raise _Envelope(failure._replace(headers=(*failure.headers, *limits)))
        try:
            done = await self._act(route, Call(admitted.principal, found.id, None, None), scope, headers, receive)
        except TillgateError as error:
            if error.internal is not None:
                _log.warning("api.refused", request_id=request_id, code=error.code, detail=error.internal)
            raise _Envelope(told(error, request_id, (*_WHEN_AGAIN.get(error.code, ()), *limits))) from error
        return done.status, done.body, (*limits, _REPLAYED) if done.replayed else limits

    async def _act(self, route: Route, call: Call, scope: Any, headers: dict[bytes, bytes], receive: Any) -> Done:
        """Read what the caller sent, and do it.

        Raises:
            TillgateError: it is not well formed, or was refused.
        """
        if call.id and not (call.id.isascii() and call.id.isprintable() and len(call.id) <= SEGMENT_LENGTH_MAX):
            raise NotFound("object")
        if route.query is not None:
            call = call._replace(query=decode_query(route.query, scope["query_string"]))
        elif scope["query_string"]:
            raise InvalidInput("This operation takes no query parameters.", code="invalid_query")
        if route.body is not None:
            call = call._replace(body=decode_body(self._decoders[route.body], await read_body(headers, receive)))
        else:
            _refuse_large(headers)
        key = headers.get(b"idempotency-key")
        return await act(self._desk, route, call, key.decode("latin-1") if key is not None else None)


def _by_name(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Headers by name. One that came more than once is joined (RFC 9110, 5.3): two keys are then no key."""
    by_name = dict(headers)
    if len(by_name) != len(headers):
        for name in by_name:
            by_name[name] = b", ".join(value for other, value in headers if other == name)
    return by_name


def _unknown(path: str, method: str, found: Found | None, request_id: str) -> Failure:
    if found is None:
        return told(
            TillgateError(
                f"There is no {path[:80]}; the paths are listed in {ROOT}{DOCUMENT_PATH}.",
                code="unknown_path",
            ),
            request_id,
        )
    return told(
        TillgateError(f"{method[:16]} is not possible here; use {found.allow}.", code="method_not_allowed"),
        request_id,
        [(b"allow", found.allow.encode())],
    )


def _refuse_large(headers: dict[bytes, bytes]) -> None:
    """An operation without a body may be sent one, which is never read; but not without bound."""
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > BODY_BYTES_MAX:
        raise InvalidInput("The body is too large; this operation takes none.", code="body_too_large")
