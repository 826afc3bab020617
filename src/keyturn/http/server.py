"""The server as an ASGI application. Plain ASGI, because verifying is the hot path: one look at the headers, one JSON
decoder, no await that suspends while the gate holds its lease."""

import functools
import logging
import time
from collections import Counter
from typing import Any, Final

import msgspec
from msgspec import UNSET

from keyturn.admission.layer import Admitted, Caller, KeyLayer, RateLimited
from keyturn.admission.needs import read_rules
from keyturn.admission.verifying import Presented
from keyturn.connections.counting import OpenConnections
from keyturn.database import StoreError
from keyturn.http import error_pages, metrics
from keyturn.http.denials import (
    UNAVAILABLE,
    denied,
    rate_limited_denial,
)
from keyturn.http.error_pages import PAGES_PATH
from keyturn.http.forwarding import FORWARD_PATH, Forwarding, refuse
from keyturn.http.key_places import USUAL, KeyPlaces
from keyturn.http.key_routes import ROUTES as KEY_ROUTES
from keyturn.http.language import AnsweredEarly, ServerLanguage
from keyturn.http.openapi import DOCUMENT_PATH, document
from keyturn.http.pipeline import NOT_STORED, Answer, Exchange, Pipeline, send_answer
from keyturn.http.playground_pages import PLAYGROUND_PATH, playground
from keyturn.http.portal_pages import PortalPages
from keyturn.http.portal_routes import ROUTES as PORTAL_ROUTES
from keyturn.http.proxies import client_of
from keyturn.http.reading import BODY_BYTES_MAX, Denied, bad_request, decode_body, read_body
from keyturn.http.routing import Only, Route
from keyturn.http.shapes import QuotaState, RateLimitState, Verdict, Verify, quota_state, rate_limit_state, verified_key
from keyturn.keys.model import KnownKey, Need, Needs, Reach, RefusalReason, Refused
from keyturn.leaks.reporting import PATHS as REPORT_PATHS
from keyturn.leaks.reporting import LeakReports, SignedReports
from keyturn.limiting.gcra import Limiter
from keyturn.portal.html import PORTAL_PATH
from keyturn.readiness import readiness
from keyturn.settings import VERIFY, Settings

VERIFY_PATH: Final = "/v1/keys/verify"
ERROR_PATH: Final = f"{PAGES_PATH}/{{id}}"

ROUTES: Final = [
    Route("POST", VERIFY_PATH, VERIFY, "Verify a key", None, Verdict, body=Verify),
    *KEY_ROUTES,
    *PORTAL_ROUTES,
    Route("GET", FORWARD_PATH, Only.PROXY, "Verify a request for a proxy (forward-auth)", None, None),
    Route("GET", DOCUMENT_PATH, Only.NOBODY, "This description", None, None, media_type="application/json"),
    Route("GET", PAGES_PATH, Only.NOBODY, "The error codes", None, None, media_type="text/html"),
    Route("GET", ERROR_PATH, Only.NOBODY, "What an error code means", None, None, media_type="text/html"),
    Route("GET", "/healthz", Only.NOBODY, "Liveness", None, None, media_type="text/plain"),
    Route("GET", "/readyz", Only.NOBODY, "Readiness", None, None),
    Route("GET", "/metrics", Only.ROOT, "Metrics", None, None, media_type="text/plain"),
]

_VERIFIES: Final = Need(VERIFY)
_TEXT: Final = b"text/plain; charset=utf-8"
# Beyond this number of keys, they are spelt again.
SPELT_MAX: Final = 100_000

_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_verify_decoder: Final = msgspec.json.Decoder(Verify)
_log = logging.getLogger("keyturn")


class KeyturnServer:
    """Everything that ``keyturn serve`` answers, over a running key layer."""

    def __init__(
        self,
        layer: KeyLayer,
        settings: Settings,
        github: SignedReports | None = None,
        connections: OpenConnections | None = None,
    ) -> None:
        """
        Args:
            github: takes what GitHub reports of leaked keys, where that is set up.
            connections: those of the server around it, for its metrics.

        Raises:
            InvalidNeed: the rules for forward-auth cannot be used.
        """
        self._layer = layer
        self._settings = settings
        self._connections = connections
        self._trusted = settings.trusted_proxies
        self._plain_http_from = settings.plain_http_from
        self._offered = frozenset(settings.scopes)
        self._document = msgspec.json.encode(document(ROUTES))
        self._answers: Counter[int] = Counter()
        rules = read_rules(settings.rules) if settings.rules is not None else None
        if rules is not None:
            rules.check_scopes(self._offered)
        plain = {
            DOCUMENT_PATH: self._describe,
            "/healthz": self._health,
            "/readyz": self._readiness,
            "/metrics": self._metrics,
            PAGES_PATH: self._document_error,
            ERROR_PATH: self._document_error,
        }
        self._language = ServerLanguage(layer, settings, ROUTES, plain)
        self._pipeline = Pipeline(
            self._language,
            layer,
            plain_http_from=settings.plain_http_from,
            clock=layer.clock,
            trusted=settings.trusted_proxies,
            key_first=False,
            count_response=self._count,
        )
        self._forwarding = Forwarding(layer, settings, rules)
        # Counted apart from keys, by each process for itself.
        self._reports = LeakReports(layer.leaks, Limiter(time.monotonic_ns), github, address=self._reporter)
        self._portal = (
            PortalPages(layer, plain_http_from=settings.plain_http_from, trusted=settings.trusted_proxies)
            if layer.portal is not None and layer.portal_url
            else None
        )
        self._spelt: dict[str, tuple[KnownKey, msgspec.Raw]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http":
            await _other_than_http(scope, receive, send)
        elif path in REPORT_PATHS:
            await self._reports(scope, receive, send)
        elif path == VERIFY_PATH and scope["method"] == "POST":
            exchange = Exchange(scope, receive, "")
            try:
                answer = await self._verify(exchange)
            except Exception as error:
                answer = self._language.failed(exchange, error)
            self._answers[answer.status] += 1
            await send_answer(send, answer)
        elif path.startswith(FORWARD_PATH):
            answer = await self._forward(scope)
            self._answers[answer.status] += 1
            await send_answer(send, answer)
        elif self._portal is not None and (path == PORTAL_PATH or path.startswith(f"{PORTAL_PATH}/")):
            answer = await self._portal.answer(scope, receive)
            self._answers[answer.status] += 1
            await send_answer(send, answer)
        elif path.startswith(PLAYGROUND_PATH) and scope["method"] in ("GET", "HEAD") and (page := playground(path)):
            self._answers[page.status] += 1
            await send_answer(send, page)
        else:
            await self._pipeline(scope, receive, send)

    def _reporter(self, scope: Any) -> str | None:
        return self._pipeline.client(Exchange(scope, None, "")).address

    def _count(self, status: int) -> None:
        self._answers[status] += 1

    # What is no JSON, or needs no key.

    async def _describe(self, _: str) -> Answer:
        return Answer(200, self._document)

    async def _health(self, _: str) -> Answer:
        return Answer(200, b"ok", _TEXT, (NOT_STORED,))

    async def _readiness(self, _: str) -> Answer:
        status, told = readiness(await self._layer.trouble())
        return Answer(status, _encode(told), headers=(NOT_STORED,))

    async def _metrics(self, _: str) -> Answer:
        return Answer(200, metrics.expose(self._layer, self._answers, self._connections), _TEXT, (NOT_STORED,))

    async def _document_error(self, code: str) -> Answer:
        status, body = error_pages.page_of(code)
        return Answer(status, body, error_pages.HTML, (NOT_STORED, *error_pages.HEADERS))

    # Verifying.

    async def _verify(self, exchange: Exchange) -> Answer:
        asking = await self._asking(exchange)
        receive = exchange.receive
        message = await receive()
        body = message.get("body", b"")
        if not body or message.get("more_body") or len(body) > BODY_BYTES_MAX:
            body = await _rest(message, receive)
        asked: Verify = decode_body(_verify_decoder, body)
        need = self._needed(asked)
        presented, caller = _presented(asked, self._settings.key_places), _caller(asked)
        decision = self._layer.admit_now(presented, need, caller)
        if decision is None:
            decision = await self._layer.admit(presented, need, caller)
        if asking is not None:
            decision = _as_seen_by(asking, decision)
        if isinstance(decision, Admitted) and not decision.reported:
            allowance = decision.allowance
            left: RateLimitState | msgspec.UnsetType = UNSET
            quota: QuotaState | msgspec.UnsetType = UNSET
            if allowance is not None:
                left = rate_limit_state(allowance) or UNSET
                quota = quota_state(allowance.quota) if allowance.quota is not None else UNSET
            return Answer(200, _encode(_Valid(self._visible(decision.key), left, quota)))
        places = USUAL if asked.request is UNSET else self._settings.key_places
        return Answer(200, _encode(_verdict(decision, places)))

    def _needed(self, asked: Verify) -> Needs:
        """What is to be done with the key; None where any key will do.

        Raises:
            Denied: a scope is none of this installation's, or they are named in two ways.
        """
        if asked.scopes is UNSET:
            if asked.scope is None:
                return None
            if asked.scope not in self._offered:
                raise _unknown_scope("scope")
            return _need(asked.scope, asked.publishable)
        if asked.scope is not None:
            raise bad_request("invalid_body", "Send either scope or scopes, not both.", "scopes")
        if not self._offered.issuperset(asked.scopes):
            raise _unknown_scope("scopes")
        return tuple(_need(scope, asked.publishable) for scope in dict.fromkeys(asked.scopes))

    async def _asking(self, exchange: Exchange) -> KnownKey | None:
        """The key that wants to verify another, None for the root credential; by the short way where there is only one
        header to look at.

        Raises:
            Told: neither may.
        """
        scope, by_name = exchange.scope, exchange.headers
        authorization = by_name.get(b"authorization", b"")
        peer = _peer(scope)
        if (
            authorization[:7] == b"Bearer "
            and len(by_name) == len(scope["headers"])
            and _TELLING.isdisjoint(by_name)
            and not scope["query_string"]
            and client_of(peer, scope.get("scheme"), None, None, self._trusted).is_secure(self._plain_http_from)
        ):
            if self._language.matches_root(authorization[7:]):
                return None
            agent = by_name.get(b"user-agent")
            decision = await self._layer.admit(
                Presented(authorization=authorization.decode("latin-1"), address=peer),
                _VERIFIES,
                Caller(VERIFY_PATH, agent.decode("latin-1") if agent is not None else None),
                limited=False,
            )
            if isinstance(decision, Admitted):
                return decision.key
            raise AnsweredEarly(
                self._language.refused(exchange, decision)
                if isinstance(decision, Refused)
                else self._language.rate_limited(exchange, decision.allowance, by_visitor=decision.by_visitor)
            )
        exchange.logged_path, exchange.client = VERIFY_PATH, self._pipeline.client(exchange)
        refusal = await self._pipeline.admit(exchange, _VERIFIES, limited=False)
        if refusal is not None:
            raise AnsweredEarly(refusal)
        return exchange.key

    def _visible(self, key: KnownKey) -> msgspec.Raw:
        """A key as a verdict shows it, spelt once for as long as the gate answers with the same."""
        to_json = self._spelt.get(key.id)
        if to_json is None or to_json[0] is not key:
            if len(self._spelt) >= SPELT_MAX:
                self._spelt.clear()
            to_json = self._spelt[key.id] = (key, msgspec.Raw(_encode(verified_key(key))))
        return to_json[1]

    # For proxies.

    async def _forward(self, scope: Any) -> Answer:
        try:
            status, headers, body = await self._forwarding.answer(scope)
        except Denied as refusal:
            status, headers, body = refuse(refusal, scope)
        except StoreError as error:
            _log.error("the store does not answer: %s", error)
            status, headers, body = refuse(Denied(UNAVAILABLE), scope)
        except Exception as error:
            return self._language.failed(Exchange(scope, None, ""), error)
        return Answer(status, body, b"", headers)


class _Valid(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """The verdict of nearly every request: :class:`Verdict`, with the key spelt already."""

    key: msgspec.Raw
    rate_limit: RateLimitState | msgspec.UnsetType
    quota: QuotaState | msgspec.UnsetType = msgspec.UNSET
    valid: bool = True


# What may change who is asking, beside the credential itself.
_TELLING: Final = frozenset({b"x-api-key", b"origin", b"x-app-identifier", b"x-forwarded-for", b"x-forwarded-proto"})


@functools.lru_cache(maxsize=1_000)
def _need(scope: str, publishable: Reach) -> Need:
    return Need(scope, publishable)


def _unknown_scope(field: str) -> Denied:
    message = f"{field}: unknown scope; KEYTURN_SCOPES lists the scopes of this installation."
    return bad_request("invalid_scope", message, field)


def _peer(scope: Any) -> str | None:
    client = scope.get("client")
    return client[0] if client else None


def _presented(asked: Verify, places: KeyPlaces) -> Presented:
    """What is to be judged, out of a body with either a key or a request, which carries its key in one of the places.

    Raises:
        Denied: it has both, or neither.
    """
    key, request = asked.key, asked.request
    if key is not UNSET and request is UNSET:
        return Presented(
            authorization=f"Bearer {key}",
            address=asked.address,
            origin=asked.origin,
            app=asked.app_identifier,
            object_id=asked.object_id,
        )
    if request is UNSET or key is not UNSET:
        raise bad_request("invalid_body", "Send either key or request, not both.", "key")
    if asked.address is not None or asked.origin is not None or asked.app_identifier is not None:
        raise bad_request("invalid_body", "With request, put address and headers inside it.", "request")
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        found[lower] = f"{found[lower]}, {value}" if lower in found else value
    authorization, api_key = places.find(found.get)
    return Presented(
        authorization=authorization,
        api_key=api_key,
        query_string=request.path.partition("?")[2],
        secure=request.secure,
        address=request.address,
        origin=found.get("origin"),
        app=found.get("x-app-identifier"),
        object_id=asked.object_id,
    )


def _caller(asked: Verify) -> Caller:
    request = asked.request
    if request is UNSET:
        return _NO_CALLER
    agent = next((value for name, value in request.headers.items() if name.lower() == "user-agent"), None)
    return Caller(request.path.partition("?")[0] or None, agent)


_NO_CALLER: Final = Caller()


def _as_seen_by(asking: KnownKey, decision: Admitted | RateLimited | Refused) -> Admitted | RateLimited | Refused:
    """A key that asks learns nothing of another project's or mode's keys."""
    if decision.key is not None:
        terms, own = decision.key.terms, asking.terms
        if terms.project_id != own.project_id or terms.mode is not own.mode:
            return Refused(RefusalReason.UNKNOWN)
    return decision


def _verdict(decision: Admitted | RateLimited | Refused, places: KeyPlaces) -> Verdict:
    """A decision as it is answered."""
    if isinstance(decision, Admitted):
        allowance = decision.allowance
        reported = tuple(reason.value for reason in decision.reported) if decision.reported else ()
        return Verdict(
            valid=True,
            key=verified_key(decision.key, reported),
            rate_limit=rate_limit_state(allowance) if allowance is not None else None,
            quota=quota_state(allowance.quota) if allowance is not None and allowance.quota is not None else None,
        )
    if isinstance(decision, RateLimited):
        denial = rate_limited_denial(decision.allowance, by_visitor=decision.by_visitor)
        return Verdict(
            valid=False,
            reason=denial.code,
            status=denial.status,
            code=denial.code,
            message=denial.message,
            key=verified_key(decision.key),
            rate_limit=rate_limit_state(decision.allowance),
            quota=quota_state(decision.allowance.quota) if decision.allowance.quota is not None else None,
        )
    denial = denied(decision, places)
    return Verdict(
        valid=False,
        reason=decision.reason.value,
        status=denial.status,
        code=denial.code,
        message=denial.message,
        required_scope=denial.required_scope,
        key=verified_key(decision.key) if decision.key is not None else None,
    )


async def _rest(message: Any, receive: Any) -> bytes:
    """The whole of a body that came in pieces.

    Raises:
        Denied: it is too large.
    """
    first = [message]

    async def again() -> Any:
        return first.pop() if first else await receive()

    return await read_body(again)


async def _other_than_http(scope: Any, receive: Any, send: Any) -> None:
    """The layer runs already; a web socket there is none."""
    if scope["type"] != "lifespan":
        await receive()
        await send({"type": "websocket.close", "code": 1000})
        return
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
