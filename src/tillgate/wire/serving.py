"""A dialect spoken: what :mod:`keyturn.http.pipeline` asks of a language, out of a :class:`Dialect`."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from msgspec.structs import replace

from keyturn import Allowance, Needs, RefusalReason, Refused, each_need
from keyturn.admission.origins import EveryOrigin, Preflights
from keyturn.database import StoreUnavailable
from keyturn.http.denials import Headers
from keyturn.http.pipeline import Answer, Exchange, Pipeline, masked_path
from keyturn.http.proxies import LOOPBACK, Networks
from keyturn.http.routing import Router, variables_of
from keyturn.insight.request_log import RequestLog
from keyturn.needs import Access
from tillgate.access import principal_of
from tillgate.base import ids
from tillgate.base.errors import InvalidInput, NotFound, TillgateError, TooOften, Unavailable
from tillgate.base.invariants import ensure
from tillgate.base.pages import LIMIT_MAX
from tillgate.base.problems import NO_FIELD, Problem, Verbatim
from tillgate.wire.acting import act
from tillgate.wire.context import ApiContext
from tillgate.wire.dialect import NOBODY, Dialect
from tillgate.wire.expanding import PARAM, Expansion
from tillgate.wire.fields import length_max
from tillgate.wire.reading import declares_too_much, decode_body, decode_query, read_body, read_query
from tillgate.wire.routing import Call, Needed, Route, check_needs
from tillgate.wire.tags import ETAG

_INSECURE: Final = Refused(RefusalReason.INSECURE)
_NOTHING_GIVEN: Final[dict[str, str]] = {}
_UNREADABLE: Final = frozenset({Problem.NOT_JSON, Problem.EMPTY_BODY, Problem.BODY_CUT_OFF})
_WHEN_AGAIN: Final = {"idempotency_key_in_use": 1, "unavailable": 1, "document_not_ready": 5}

# Bound once: a member of an enum that is looked up by its class goes through several calls in Python 3.11.
_OPEN: Final = Access.OPEN

_log = structlog.get_logger("api")


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What a call asks for, by its route and its query alone: known before anybody is admitted.

    Attributes:
        needs: the route's own, those of its query's parameters and those of each path of its expansion.
        problem: why the query is not well formed, which only an admitted caller is told. It needs nothing then but what
            the route does.
    """

    needs: Needs | Access
    given: dict[str, str]
    expansion: Expansion | None = None
    problem: InvalidInput | None = None


def asked(dialect: Dialect, route: Route, query_string: bytes) -> Asked:
    """What a call of this route with this query asks for. Whoever holds no key gets no further: it costs little."""
    if not query_string:
        return Asked(route.need, _NOTHING_GIVEN)
    try:
        given = read_query(query_string)
        expansions = dialect.expansions
        resource = expansions.of_answer(route.answers) if expansions is not None and PARAM in given else None
        if expansions is None or resource is None or isinstance(route.need, Access):
            return Asked(_needs(route, given), given)
        expansion = expansions.parse(resource, given.pop(PARAM))
    except InvalidInput as problem:
        return Asked(route.need, _NOTHING_GIVEN, None, problem)
    needed = _needs(route, given)
    own = () if isinstance(needed, Access) else each_need(needed)
    # Another object of the same noun is not opened by the client secret of this one.
    stricter = {need.scope: need for need in expansion.needs}
    first = tuple(stricter.pop(need.scope, need) for need in own)
    needs = (*first, *stricter.values())
    return Asked(needs if len(needs) > 1 else needs[0], given, expansion)


def _needs(route: Route, given: dict[str, str]) -> Needed:
    """What a route needs with these parameters."""
    if not route.parameter_needs:
        return route.need
    more = [need for name, need in route.parameter_needs.items() if name in given and need not in route.needs]
    return (*route.needs, *dict.fromkeys(more)) if more else route.need


def needs_of(dialect: Dialect, method: str, target: str) -> Needs:
    """What a call needs, by its method and its path with the query; None where any key will do, or none is needed.

    Raises:
        LookupError: there is no such operation; the message says which option of the command line is wrong.
    """
    path, _, query = target.partition("?")
    split = dialect.split(path)
    found = _router_of(dialect).find(split[1] if split is not None else path)
    if found is None:
        raise LookupError(f"--path: there is no {path[:100]!r}; a path is one such as {dialect.mounts[0]}/links")
    route = found.route(method.upper())
    if route is None:
        raise LookupError(f"--method: {path[:100]} takes {found.allow}, not {method[:20]}")
    needs = asked(dialect, route, query.encode("utf-8", "replace")).needs
    return None if isinstance(needs, Access) else needs


def needs_of_path(dialects: Sequence[Dialect], method: str, target: str) -> Needs:
    """The same on a host where several dialects are spoken: of the one that has the path, the longest mount first, as
    a request would find it.

    Args:
        dialects: the first is who says it where none has the path.

    Raises:
        LookupError: there is no such operation.
    """
    path = target.partition("?")[0]
    below = [(split, one) for one in dialects if (split := one.split(path)) is not None]
    for (_, rest), one in sorted(below, key=lambda found: -len(found[0][0])):
        if _router_of(one).find(rest) is not None:
            return needs_of(one, method, target)
    return needs_of(dialects[0], method, target)


def _router_of(dialect: Dialect) -> Router[Route]:
    return Router(dialect.routes, end_slash=True, one_slash=dialect.one_slash)


class Spoken:
    """One dialect as the pipeline's language. An endpoint that does not declare its need keeps it from starting."""

    def __init__(
        self,
        context: ApiContext,
        dialect: Dialect,
        hint_of_format: Callable[[tuple[str, ...]], str | None],
        plain_http_from: Networks,
    ) -> None:
        check_needs(dialect.routes)
        self._hint_of_format = hint_of_format
        self._plain_http_from = plain_http_from
        self._context = context
        self._dialect = dialect
        self._always = tuple(dialect.always)
        self._router = _router_of(dialect)
        bodies = {route.body for route in dialect.routes if route.body is not None}
        self._decoders = {body: msgspec.json.Decoder(body) for body in bodies}
        self._receiving = {
            id(route) for route in dialect.routes if route.body is not None or route.reads_raw or route.hears
        }
        self._without_query = {id(route): asked(dialect, route, b"") for route in dialect.routes}
        self._variables = {
            id(route): [(name, length_max(name)) for name in variables_of(route.path)] for route in dialect.routes
        }

    def below(self, path: str) -> str:
        """A path without the mount; empty where that is all there is."""
        split = self._dialect.split(path)
        return split[1] if split is not None else ""

    def has_below(self, path: str) -> bool:
        """Whether one of its routes has this path below its mount, whatever the method."""
        return self._router.find(path) is not None

    def route(self, exchange: Exchange) -> None:
        if self._dialect.bearer_only:
            exchange.headers = _bearer_alone(exchange.headers)
        path = self.below(exchange.path)
        exchange.found = found = self._router.find(path)
        if found is None:
            exchange.logged_path = masked_path(path)
            return
        route = exchange.route = found.route(exchange.method)
        exchange.logged_path = route.path if route is not None else masked_path(path)

    def needs(self, exchange: Exchange) -> Needs | Access:
        query, route = exchange.scope["query_string"], exchange.route
        exchange.asked = wanted = asked(self._dialect, route, query) if query else self._without_query[id(route)]
        if wanted.needs is _OPEN and self._dialect.visitors is not None and _shows_key(exchange):
            return Access.ANY_KEY
        return wanted.needs

    async def act(self, exchange: Exchange) -> Answer:
        route: Route = exchange.route
        params = self._params(route, exchange)
        if exchange.key is not None:
            principal = principal_of(exchange.key)
        elif (signed_in := self._dialect.signed_in) is not None:
            if not exchange.client.is_secure(self._plain_http_from):
                return self.refused(exchange, _INSECURE)
            principal = NOBODY
            if route.signed_in:
                principal = await signed_in.principal(self._context, _bearer(exchange), exchange.client.address)
        else:
            visitors = self._dialect.visitors
            principal = visitors.principal(params) if visitors is not None else NOBODY
        call = Call(principal, params, None, None)
        if route.query is not None or exchange.asked is not self._without_query[id(route)]:
            call = _with_query(self._dialect, route, exchange.asked, call)
        if route.admits is not None:
            call = await route.admits(self._context, call, exchange.client.address) or call
        headers = exchange.headers
        if id(route) in self._receiving:
            call = await self._received(route, call, exchange)
        elif b"content-length" in headers:
            _check_no_body(headers)
        if route.guard is not None:
            call = await route.guard(self._context, call, exchange.client.address) or call
        return self._with_headers(await act(self._context, self._dialect, route, call, exchange))

    async def _received(self, route: Route, call: Call, exchange: Exchange) -> Call:
        """The call with what it was sent.

        Raises:
            InvalidInput: that is not what the route takes.
        """
        if route.hears:
            heard = {name: text for name in route.hears if (text := exchange.header(name.encode())) is not None}
            call = replace(call, heard=heard)
        most, headers = route.body_bytes_max, exchange.headers
        if route.reads_raw:
            return replace(call, raw=await read_body(headers, exchange.receive, most=most, any_media_type=True))
        if route.body is None:
            _check_no_body(headers)
            return call
        lenient = self._dialect.any_media_type
        sent = await read_body(headers, exchange.receive, most=most, any_media_type=lenient)
        return replace(call, body=decode_body(self._decoders[route.body], sent or b"{}" if lenient else sent))

    def refused(self, exchange: Exchange, refusal: Refused) -> Answer:
        note_refusal(refusal, exchange.id, exchange.method)
        if refusal.formats:
            refusal = replace(refusal, hint=self._hint_of_format(refusal.formats))
        return self._with_headers(self._dialect.errors.refused(refusal, exchange.id))

    def rate_limited(self, exchange: Exchange, allowance: Allowance, *, by_visitor: bool) -> Answer:
        key_id = exchange.key.id if exchange.key is not None else None
        _log.debug("api.rate_limited", request_id=exchange.id, key_id=key_id, method=exchange.method)
        return self._with_headers(self._dialect.errors.rate_limited(allowance, exchange.id, by_visitor))

    def nowhere(self, exchange: Exchange) -> Answer:
        found = exchange.found
        if found is None:
            described = self._dialect.described_at
            listed = f"; the paths are listed in {described}" if described else ""
            message = f"There is no {exchange.path[:80]}{listed}."
            return self._failure(exchange, TillgateError(message, code="unknown_path"))
        message = f"{exchange.method[:16]} is not allowed here; use {found.allow}."
        failure = self._failure(exchange, TillgateError(message, code="method_not_allowed"))
        return failure.adding([(b"allow", found.allow.encode())])

    def failed(self, exchange: Exchange, error: Exception) -> Answer:
        if isinstance(error, TillgateError):
            if error.internal is not None:
                _log.warning("api.refused", request_id=exchange.id, code=error.code, detail=error.internal)
            return self._failure(exchange, error)
        if isinstance(error, StoreUnavailable):
            _log.error("api.store_unavailable", request_id=exchange.id, detail=str(error))
            unavailable = Unavailable(Problem.STORE_UNAVAILABLE, values={"other": "idempotency_key"})
            return self._failure(exchange, unavailable)
        _log.error(
            "api.failed", request_id=exchange.id, method=exchange.method, path=exchange.logged_path, exc_info=error
        )
        unknown = "Something went wrong on our side. Nothing is known of the outcome; check before retrying."
        return self._failure(exchange, TillgateError(unknown))

    def is_root(self, exchange: Exchange) -> bool:
        return False

    def is_object_id(self, text: str) -> bool:
        return self._dialect.spelling.is_id(text)

    def _failure(self, exchange: Exchange, error: TillgateError) -> Answer:
        exchange.error = error.code
        seconds = error.retry_after_seconds if isinstance(error, TooOften) else _WHEN_AGAIN.get(error.code)
        answer = self._with_headers(self._dialect.errors.failed(error, exchange.id))
        status = exchange.route.invalid_status if exchange.route is not None else None
        if status is not None and answer.status == HTTPStatus.BAD_REQUEST and _is_invalid(error):
            answer = replace(answer, status=int(status))
        return answer if seconds is None else answer.adding([(b"retry-after", b"%d" % seconds)])

    def _with_headers(self, answer: Answer) -> Answer:
        always: Headers = self._always
        headers = answer.headers
        if len(headers) == 1 and headers[0][0] is ETAG:
            return Answer(answer.status, answer.body, answer.media_type, (*always, headers[0]))
        if headers:
            if any(name == b"cache-control" for name, _ in headers):
                always = [header for header in always if header[0] != b"cache-control"]
            always = (*always, *headers)
        return Answer(answer.status, answer.body, answer.media_type, always)

    def _params(self, route: Route, exchange: Exchange) -> dict[str, str]:
        """The path's variables by name.

        Raises:
            NotFound: one is nothing that an object could be called.
        """
        params: dict[str, str] = {}
        values = exchange.found.values if exchange.found is not None else ()
        read = self._dialect.spelling.read
        for (name, longest), value in zip(self._variables[id(route)], values, strict=True):
            own = read(value) if len(value) <= longest and value.isascii() and value.isprintable() else None
            if own is None:
                raise NotFound("object")
            params[name] = own
        return params


class DialectApp:
    """One dialect as an ASGI application."""

    def __init__(
        self,
        context: ApiContext,
        dialect: Dialect,
        *,
        origins: Preflights | None = None,
        plain_http_from_here: bool = False,
        count_response: Callable[[int], None] = lambda _: None,
        requests: RequestLog | None = None,
        hint_of_format: Callable[[tuple[str, ...]], str | None] = lambda _: None,
    ) -> None:
        """
        Args:
            origins: answers browsers that ask before they call.
            hint_of_format: where a key of one of these formats belongs.
            plain_http_from_here: let this machine in without TLS, as is handy in development.
            count_response: told the status of every answer.
            requests: keeps a line of each request with a known key.
        """
        self.context = context
        self.dialect = dialect
        any_origin = dialect.any_origin or (dialect.visitors is not None and dialect.visitors.any_origin)
        if any_origin:
            origins = EveryOrigin(with_keys=dialect.any_origin)
        self.origins = origins
        plain_http_from = Networks(LOOPBACK if plain_http_from_here else ())
        self._spoken = Spoken(context, dialect, hint_of_format, plain_http_from)
        self._pipeline = Pipeline(
            self._spoken,
            context.keys,
            plain_http_from=plain_http_from,
            origins=origins,
            key_first=dialect.visitors is None and dialect.signed_in is None,
            key_format=dialect.key_format,
            any_origin=any_origin,
            clock=context.clock,
            new_id=partial(ids.new_id, ids.REQUEST),
            count_response=count_response,
            requests=requests,
        )

    def has_below(self, path: str) -> bool:
        """Whether one of its routes has this path below its mount, whatever the method."""
        return self._spoken.has_below(path)

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        return self._pipeline(scope, receive, send)


def _is_invalid(error: TillgateError) -> bool:
    """Whether what was sent could be read, and does not fit."""
    return isinstance(error, InvalidInput) and error.problem not in _UNREADABLE


def _check_no_body(headers: dict[bytes, bytes]) -> None:
    """An operation without a body may be sent one, which is never read; but not without bound.

    Raises:
        InvalidInput: it is larger than any body here.
    """
    if declares_too_much(headers.get(b"content-length", b"")):
        raise InvalidInput(NO_FIELD, Problem.NO_BODY_TAKEN, code="body_too_large")


def _bearer(exchange: Exchange) -> str:
    """The token of an ``Authorization`` header; empty where it is of another scheme, or did not come."""
    scheme, _, token = (exchange.header(b"authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _bearer_alone(headers: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """The headers without a credential that is no Bearer header, as if it had not been sent."""
    bearer = headers.get(b"authorization", b"").lower().startswith(b"bearer ")
    left_out = {b"x-api-key"} if bearer else {b"x-api-key", b"authorization"}
    return {name: value for name, value in headers.items() if name not in left_out}


def _shows_key(exchange: Exchange) -> bool:
    """Whether something was presented that is meant to be a credential."""
    return b"authorization" in exchange.headers or b"x-api-key" in exchange.headers


def note_refusal(refusal: Refused, request_id: str, method: str) -> None:
    """A line in the log. Whoever holds no key could fill it at will; a known key's refusal is worth one."""
    key_id = refusal.key.id if refusal.key is not None else None
    note = _log.info if key_id is not None else _log.debug
    note("api.refused", request_id=request_id, reason=refusal.reason.value, key_id=key_id, method=method)


def _with_query(dialect: Dialect, route: Route, asked: Asked, call: Call) -> Call:
    """The call with what its query says.

    Raises:
        TillgateError: it says something else than it may.
    """
    if asked.problem is not None:
        raise asked.problem
    paging = dialect.paging
    if route.query is not None:
        query = decode_query(route.query, asked.given)
        call = replace(call, query=query)
        if paging is not None and isinstance(query, paging.query):
            call = replace(call, page=paging.asked(query))
            ensure(1 <= call.page.limit <= LIMIT_MAX, "a dialect asks for pages of a size that lists have")
    elif asked.given:
        name = next(iter(asked.given))[:60]
        raise InvalidInput(Verbatim(name), Problem.UNKNOWN_PARAMETER, code="invalid_query", choices=(), suggestion=None)
    if asked.expansion is None:
        return call
    asked.expansion.check_size(call.page.limit)
    return replace(call, expansion=asked.expansion)
