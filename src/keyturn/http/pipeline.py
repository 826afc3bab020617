"""From request to answer, in whatever language an API speaks: preflight, admit, read, act, answer, log.

Nothing here knows an envelope, a route's shape or what is done. A :class:`Language` says all of that; the order in
which it is asked is the pipeline's promise: who is asking and whether they may comes before everything else that may be
wrong. Plain ASGI, because it is the hot path.
"""

import re
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

from keyturn.admission.layer import Admitted, Caller, KeyLayer
from keyturn.admission.needs import Access
from keyturn.admission.origins import Preflights, answer_headers
from keyturn.admission.verifying import Presented
from keyturn.database import StoreError
from keyturn.http.denials import Headers, rate_headers
from keyturn.http.headers import headers_of
from keyturn.http.proxies import Client, Networks, Transport, client_by_headers
from keyturn.http.routing import AnyFound
from keyturn.insight.explain import scopes_of
from keyturn.insight.logged import FAILED, LoggedRequest
from keyturn.insight.request_log import RequestLog
from keyturn.insight.usage import RATE_LIMITED
from keyturn.invariants import present
from keyturn.keys.client_secrets import CLIENT_SECRET
from keyturn.keys.model import KnownKey, Needs, Reach, RefusalReason, Refused, each_need
from keyturn.limiting.gcra import Allowance
from keyturn.stores.ports import Clock

# Where in the scope stands who sent the request (:class:`keyturn.http.proxies.Client`).
CLIENT: Final = "keyturn.client"
JSON: Final = b"application/json"
NOT_STORED: Final = (b"cache-control", b"no-store")

_NO_PROXIES: Final = Networks(())
# Bound once: a member of an enum that is looked up by its class goes through several calls in Python 3.11.
_OPEN: Final = Access.OPEN
_CLEAR: Final = Transport.CLEAR
# Segments of an unknown path that are shown: words, as in a path that was misspelt. Anything else may be a secret.
_WORD: Final = re.compile(r"[a-z][a-z_.-]{0,31}")


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What a request is answered: JSON is one case, an empty body and a PDF are others.

    Attributes:
        media_type: of the body; empty where there is none.
    """

    status: int
    body: bytes = b""
    media_type: bytes = JSON
    headers: Headers = ()

    def adding(self, headers: Headers) -> "Answer":
        """The same with more headers after its own."""
        return Answer(self.status, self.body, self.media_type, (*self.headers, *headers)) if headers else self


class Exchange:
    """One request, and what becomes known of it on its way. Most of that is never set, hence no long ``__init__``."""

    found: AnyFound | None = None
    route: Any = None
    logged_path: str = ""
    """The route's template, or as much of an unknown path as may be kept."""
    needs: Needs = None
    asked: Any = None
    """What the language has made of the query before it said what the call needs."""
    presented: Presented | None = None
    client: Client
    key: KnownKey | None = None
    allowance: Allowance | None = None
    refusal: str | None = None
    error: str | None = None
    """The code of what went wrong after admission, for the log."""
    reported: tuple[RefusalReason, ...] = ()

    def __init__(self, scope: Any, receive: Any, id: str) -> None:
        self.scope = scope
        self.receive = receive
        self.id = id
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers = headers_of(scope)

    def header(self, name: bytes) -> str | None:
        """A header's text; None where it did not come."""
        value = self.headers.get(name)
        return value.decode("latin-1") if value is not None else None


class Language(Protocol):
    """What one API says, and how. Each method answers for one exchange."""

    def route(self, exchange: Exchange) -> None:
        """Set ``found`` and, where the method is one that it has, ``route``; and ``logged_path``."""

    def needs(self, exchange: Exchange) -> Needs | Access:
        """All that the call needs. It raises nothing: what is wrong with a query is told after admission."""

    async def act(self, exchange: Exchange) -> Answer:
        """Read what was sent, and do it. Whatever it raises is told by :meth:`failed`."""

    def refused(self, exchange: Exchange, refusal: Refused) -> Answer:
        """The key layer lets nobody in."""

    def rate_limited(self, exchange: Exchange, allowance: Allowance, *, by_visitor: bool) -> Answer:
        """The key is over its rate limit, or one visitor who uses it."""

    def nowhere(self, exchange: Exchange) -> Answer:
        """There is no such path, or it has not this method."""

    def failed(self, exchange: Exchange, error: Exception) -> Answer:
        """It was not done."""

    def is_root(self, exchange: Exchange) -> bool:
        """Whether the credential is the installation's own, which is no key."""

    def is_object_id(self, text: str) -> bool:
        """Whether a text out of the path has the form of an id, so that it may be logged."""


class Pipeline:
    """One language over a key layer, as an ASGI application."""

    def __init__(
        self,
        language: Language,
        layer: KeyLayer,
        *,
        plain_http_from: Networks,
        clock: Clock,
        origins: Preflights | None = None,
        trusted: Networks = _NO_PROXIES,
        key_first: bool = True,
        key_format: str = "",
        any_origin: bool = False,
        new_id: Callable[[], str] | None = None,
        count_response: Callable[[int], None] = lambda _: None,
        requests: RequestLog | None = None,
    ) -> None:
        """
        Args:
            plain_http_from: where TLS is not asked for, as is handy in development.
            origins: answers browsers that ask before they call; None where browsers do not call.
            trusted: proxies that say who sent a request, where nobody has looked through them yet.
            key_first: whether it takes a key to be told that there is no such path.
            key_format: the only format that keys are accepted in; empty for every format.
            any_origin: pages of every origin may call with a key. The language itself says so in its answers, and a
                secret key that a page sends is noted as exposed.
            new_id: names each request, and its answer.
            count_response: told the status of every answer.
            requests: keeps a line of each request with a known key.
        """
        self._language = language
        self._layer = layer
        self._plain_http_from = plain_http_from
        self._clock = clock
        self._origins = origins
        self._trusted = trusted
        self._key_first = key_first
        self._key_format = key_format
        self._any_origin = any_origin
        self._new_id = new_id
        self._count_response = count_response
        self._requests = requests

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        begun_ns = time.perf_counter_ns()
        exchange = Exchange(scope, receive, self._new_id() if self._new_id is not None else "")
        try:
            if self._origins is not None and _is_preflight(exchange):
                answer = await self._preflight(exchange, self._origins)
            else:
                answer = await self._answer(exchange)
        except Exception as error:
            answer = self._language.failed(exchange, error)
        self._count_response(answer.status)
        key = exchange.key
        log = self._requests
        if key is not None and log is not None:
            log.count(key.terms.project_id, key.terms.mode, answer.status)
            failed = answer.status >= FAILED
            if log.has_room(key.terms.project_id, key.id, begun_ns, failed):
                log.note(self._line(exchange, key, answer.status, begun_ns))
        await send_answer(send, answer, exchange.id)

    async def _preflight(self, exchange: Exchange, origins: Preflights) -> Answer:
        """What a browser asks before it calls from another origin. There is no key to ask for, nor any harm done."""
        self._language.route(exchange)
        methods = sorted(exchange.found.by_method) if exchange.found is not None else ()
        origin = exchange.headers[b"origin"].decode("latin-1")
        headers = await origins.preflight(origin, methods, _text(exchange.headers, b"access-control-request-headers"))
        return Answer(204, media_type=b"", headers=(NOT_STORED, *headers))

    async def _answer(self, exchange: Exchange) -> Answer:
        language = self._language
        language.route(exchange)
        if exchange.route is None and not self._key_first:
            return language.nowhere(exchange)
        exchange.client = self.client(exchange)
        # The key comes first, whatever else is wrong with the request.
        needs = language.needs(exchange) if exchange.route is not None else None
        always: Headers = ()
        if needs is not _OPEN:
            exchange.needs = None if isinstance(needs, Access) else needs
            refusal = await self.admit(exchange, exchange.needs)
            if refusal is not None:
                return refusal
            always = self._always(exchange)
        if exchange.route is None:
            return language.nowhere(exchange).adding(always)
        try:
            answer = await language.act(exchange)
        except StoreError:
            raise  # the outcome of the request is unknown
        except Exception as error:
            answer = language.failed(exchange, error)
        return answer.adding(always)

    async def admit(self, exchange: Exchange, needs: Needs, *, limited: bool = True) -> Answer | None:
        """Why the caller is not admitted; None if it is, and then the exchange knows by which key.

        Args:
            limited: whether a key without a rate of its own has the installation's.
        """
        language = self._language
        presented = self._presented(exchange)
        if language.is_root(exchange):
            return None if presented.secure else language.refused(exchange, _INSECURE)
        caller = Caller(f"{exchange.method} {exchange.logged_path}", exchange.header(b"user-agent"))
        decision = self._layer.admit_now(presented, needs, caller, limited=limited)
        if decision is None:
            decision = await self._layer.admit(presented, needs, caller, limited=limited)
        exchange.key = decision.key
        if isinstance(decision, Admitted):
            exchange.allowance = decision.allowance
            exchange.reported = decision.reported
            if self._any_origin and presented.origin is not None:
                self._layer.sent_by_page(decision.key)
            return None
        if isinstance(decision, Refused):
            exchange.refusal = decision.reason.value
            return self._readable(language.refused(exchange, decision), exchange)
        exchange.allowance = decision.allowance
        exchange.refusal = RATE_LIMITED
        answer = language.rate_limited(exchange, decision.allowance, by_visitor=decision.by_visitor)
        return self._readable(answer, exchange)

    def _always(self, exchange: Exchange) -> Headers:
        """What every answer to an admitted caller carries."""
        always = rate_headers(exchange.allowance) if exchange.allowance is not None else ()
        if b"origin" in exchange.headers and not self._any_origin:
            return *always, *answer_headers(exchange.headers[b"origin"].decode("latin-1"), exchange.key)
        return always

    def _readable(self, refusal: Answer, exchange: Exchange) -> Answer:
        """A refusal that the browser lets its page read, where the key is for that page's origin."""
        origin = exchange.header(b"origin")
        if origin is None or self._any_origin:
            return refusal
        return refusal.adding(answer_headers(origin, exchange.key))

    def client(self, exchange: Exchange) -> Client:
        """Who sent the request: as somebody has found out already, or by what trusted proxies say."""
        scope = exchange.scope
        client: Client | None = scope.get(CLIENT)
        if client is not None:
            return client
        peer = scope["client"][0] if scope.get("client") else None
        return client_by_headers(peer, scope.get("scheme"), exchange.headers, self._trusted)

    def _presented(self, exchange: Exchange) -> Presented:
        """What the key layer is to look at."""
        scope, headers, client = exchange.scope, exchange.headers, exchange.client
        found = exchange.found
        values = found.values if found is not None else (exchange.path,)
        exchange.presented = presented = Presented(
            authorization=_text(headers, b"authorization"),
            api_key=_text(headers, b"x-api-key"),
            path="" if len(values) < 2 else "/".join(values),
            query_string=scope["query_string"].decode("latin-1"),
            secure=client.is_secure(self._plain_http_from),
            exposed=client.transport is _CLEAR,
            address=client.address,
            origin=_text(headers, b"origin"),
            app=_text(headers, b"x-app-identifier"),
            object_id=values[-1] if values else "",
            format=self._key_format,
        )
        return presented

    def _line(self, exchange: Exchange, key: KnownKey, status: int, begun_ns: int) -> LoggedRequest:
        """What is kept of a request. What the log keeps of each text is its own affair."""
        presented = present(exchange.presented, "a key that was presented, without which nothing is logged")
        object_id, needs = presented.object_id, each_need(exchange.needs)
        transport = exchange.client.transport
        return LoggedRequest(
            id=exchange.id,
            at=self._clock.now(),
            project_id=key.project_id,
            mode=key.mode,
            key_id=key.id,
            secret=key.secret,
            method=exchange.method,
            path=exchange.logged_path,
            status=status,
            duration_us=(time.perf_counter_ns() - begun_ns) // 1_000,
            # Only what has an id's form: anything may have been put there.
            object_id=object_id if object_id and self._language.is_object_id(object_id) else None,
            refusal=exchange.refusal,
            error=exchange.error,
            scope=scopes_of(exchange.needs) or None,
            reach=needs[0].publishable if needs else None,
            network=presented.address,
            origin=presented.origin,
            app=presented.app,
            opened=_opened(exchange, presented),
            agent=exchange.header(b"user-agent"),
            reported=tuple(one.value for one in exchange.reported),
            secure=None if transport is Transport.UNKNOWN else transport is Transport.TLS,
        )


_INSECURE: Final = Refused(RefusalReason.INSECURE)


async def send_answer(send: Any, answer: Answer, request_id: str = "") -> None:
    """Send an answer whole. One without content has no length either (RFC 9110, 8.6)."""
    status, body = int(answer.status), answer.body
    headers: list[tuple[bytes, bytes]] = [(b"content-type", answer.media_type)] if answer.media_type else []
    if status != 204:
        headers.append((b"content-length", b"%d" % len(body)))
    if request_id:
        headers.append((b"x-request-id", request_id.encode()))
    headers += answer.headers
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def masked_path(path: str) -> str:
    """A path that leads nowhere, as far as it may be kept."""
    segments = [segment if _WORD.fullmatch(segment) else "…" for segment in path.strip("/").split("/")[:10]]
    return f"/{'/'.join(segments)}"


def _is_preflight(exchange: Exchange) -> bool:
    headers = exchange.headers
    return exchange.method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers


def _opened(exchange: Exchange, presented: Presented) -> bool | None:
    """Whether the client secret that came along opened the object. Where that was not asked, because something else
    came first, it is taken to have been the right one."""
    if exchange.refusal == RefusalReason.CLIENT_SECRET_WRONG.value:
        return False
    opens = any(need.publishable is Reach.OPENS for need in each_need(exchange.needs))
    if not opens or presented.api_key is None:
        return None
    return True if CLIENT_SECRET.fullmatch((presented.authorization or "").strip()) else None


def _text(headers: dict[bytes, bytes], name: bytes) -> str | None:
    return headers[name].decode("latin-1") if name in headers else None
