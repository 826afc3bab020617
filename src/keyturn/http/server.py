"""The server as an ASGI application. Plain ASGI, because verifying is the hot path: one look at the headers, one JSON
decoder, no await that suspends while the gate holds its lease."""

import functools
import hashlib
import hmac
import logging
import time
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from msgspec import UNSET

from keyturn.admission.layer import Admitted, Caller, KeyLayer, RateLimited
from keyturn.admission.needs import read_rules
from keyturn.admission.verifying import Presented
from keyturn.connections.counting import OpenConnections
from keyturn.database import StoreError
from keyturn.errors import InvalidKey, KeyConflict, KeyNotFound, KeyturnError
from keyturn.http import metrics
from keyturn.http.denials import (
    PROBLEM_TYPE,
    RATE_LIMITED,
    UNAVAILABLE,
    Denial,
    Headers,
    denied,
    problem,
    rate_headers,
    rate_limited_denial,
)
from keyturn.http.forwarding import FORWARD_PATH, Forwarding, refuse
from keyturn.http.key_routes import ROUTES as KEY_ROUTES
from keyturn.http.openapi import document
from keyturn.http.proxies import LOOPBACK, Client, Networks, client_of, is_own_host
from keyturn.http.reading import BODY_BYTES_MAX, Denied, bad_request, decode_body, decode_query, read_body
from keyturn.http.routing import Call, Found, Only, Route, Router, Whoever
from keyturn.http.shapes import RateLimitState, Verdict, Verify, rate_limit_state, verified_key
from keyturn.insight.usage import PATH_MAX
from keyturn.keys.model import KnownKey, Need, Reach, RefusalReason, Refused
from keyturn.leaks.reporting import PATHS as REPORT_PATHS
from keyturn.leaks.reporting import LeakReports, SignedReports
from keyturn.limiting.gcra import Limiter
from keyturn.readiness import readiness
from keyturn.settings import VERIFY, Settings

VERIFY_PATH: Final = "/v1/keys/verify"
DOCUMENT_PATH: Final = "/v1/openapi.json"

ROUTES: Final = [
    Route("POST", VERIFY_PATH, VERIFY, "Verify a key", None, Verdict, body=Verify),
    *KEY_ROUTES,
    Route("GET", FORWARD_PATH, Only.PROXY, "Whether a proxy may let a request pass", None, None),
    Route("GET", DOCUMENT_PATH, Only.NOBODY, "This description", None, None, media_type="application/json"),
    Route("GET", "/healthz", Only.NOBODY, "Whether the process lives", None, None, media_type="text/plain"),
    Route("GET", "/readyz", Only.NOBODY, "Whether the store can be used", None, None),
    Route("GET", "/metrics", Only.ROOT, "What is counted", None, None, media_type="text/plain"),
]

_VERIFIES: Final = Need(VERIFY)
_ROOT: Final = Whoever(None)
_JSON: Final = (b"content-type", b"application/json")
_PROBLEM: Final = (b"content-type", PROBLEM_TYPE)
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
_NOT_STORED: Final = (b"cache-control", b"no-store")
_STATUSES: Final[dict[type[KeyturnError], int]] = {InvalidKey: 400, KeyConflict: 409, KeyNotFound: 404}
_ANYWHERE: Final = Networks(LOOPBACK)
_ROOT_REQUIRED: Final = Denial(
    HTTPStatus.FORBIDDEN, "root_required", "Only the root credential may do this; no key can be given the right to."
)
_CLEAR_TEXT: Final = denied(Refused(RefusalReason.INSECURE))

# What answers a POST is not stored anyway (RFC 9110, 9.3.3), and each header costs.
_JSON_ALONE: Final = (_JSON,)
# Beyond so many keys, they are spelt anew.
SPELT_MAX: Final = 100_000
# Of what stands in a path for an id or a project.
ID_LENGTH_MAX: Final = 100

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
        self._router = Router(ROUTES)
        self._decoders = {route.body: msgspec.json.Decoder(route.body) for route in ROUTES if route.body is not None}
        self._document = msgspec.json.encode(document(ROUTES))
        self._answers: Counter[int] = Counter()
        rules = read_rules(settings.rules) if settings.rules is not None else None
        if rules is not None:
            rules.check_scopes(self._offered)
        self._forwarding = Forwarding(layer, settings, rules)
        # Counted apart from keys, by each process for itself.
        self._reports = LeakReports(layer.leaks, Limiter(time.monotonic_ns), github, address=self._reporter)
        self._spelt: dict[str, tuple[KnownKey, msgspec.Raw]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await _other_than_http(scope, receive, send)
            return
        if scope["path"] in REPORT_PATHS:
            await self._reports(scope, receive, send)
            return
        try:
            if scope["path"] == VERIFY_PATH and scope["method"] == "POST":
                status, headers, body = await self._verify(scope, receive)
            elif scope["path"].startswith(FORWARD_PATH):
                status, headers, body = await self._forward(scope)
            else:
                status, headers, body = await self._answer(scope, receive)
        except Denied as refusal:
            status, headers, body = _told(refusal.denial, refusal.param)
        except StoreError as error:
            _log.error("the store does not answer: %s", error)
            status, headers, body = _told(UNAVAILABLE)
        except Exception:
            _log.exception("%s %s failed", scope["method"], self._layer.carriers.clipped(scope["path"], PATH_MAX))
            status, headers, body = _told(
                Denial(
                    500, "internal_error", "Something went wrong on our side; look at what was done before retrying."
                )
            )
        self._answers[status] += 1
        sent = headers if status == HTTPStatus.NO_CONTENT else [*headers, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body})

    def _reporter(self, scope: Any) -> str | None:
        return self._client(scope, _Seen(scope["headers"])).address

    # Verifying.

    async def _verify(self, scope: Any, receive: Any) -> tuple[int, Headers, bytes]:
        asking = await self._asking(scope)
        message = await receive()
        body = message.get("body", b"")
        if not body or message.get("more_body") or len(body) > BODY_BYTES_MAX:
            body = await _rest(message, receive)
        asked: Verify = decode_body(_verify_decoder, body)
        need = None
        if asked.scope is not None:
            if asked.scope not in self._offered:
                raise bad_request(
                    "invalid_scope", "scope: this installation offers no such scope; see KEYTURN_SCOPES.", "scope"
                )
            need = _need(asked.scope, asked.publishable)
        decision = await self._layer.admit(_presented(asked), need, _caller(asked))
        if asking is not None:
            decision = _as_seen_by(asking, decision)
        if isinstance(decision, Admitted) and not decision.reported:
            allowance = decision.allowance
            left = rate_limit_state(allowance) if allowance is not None else UNSET
            return 200, _JSON_ALONE, _encode(_Valid(self._visible(decision.key), left))
        return 200, _JSON_ALONE, _encode(_verdict(decision))

    async def _asking(self, scope: Any) -> KnownKey | None:
        """The key that wants to verify another, None for the root credential; by the short way where there is only one
        header to look at.

        Raises:
            Denied: neither may.
        """
        headers = scope["headers"]
        by_name = dict(headers)
        authorization = by_name.get(b"authorization", b"")
        peer = _peer(scope)
        if (
            authorization[:7] == b"Bearer "
            and len(by_name) == len(headers)
            and _TELLING.isdisjoint(by_name)
            and not scope["query_string"]
            and client_of(peer, scope.get("scheme"), None, None, self._trusted).is_secure(self._plain_http_from)
        ):
            if self._matches_root(authorization[7:]):
                return None
            agent = by_name.get(b"user-agent")
            decision = await self._layer.admit(
                Presented(authorization=authorization.decode("latin-1"), address=peer),
                _VERIFIES,
                Caller(VERIFY_PATH, agent.decode("latin-1") if agent is not None else None),
                limited=False,
            )
            return _admitted(decision).key
        return (await self._who(scope, _VERIFIES)).key

    def _visible(self, key: KnownKey) -> msgspec.Raw:
        """A key as a verdict shows it, spelt once for as long as the gate answers with the same."""
        to_json = self._spelt.get(key.id)
        if to_json is None or to_json[0] is not key:
            if len(self._spelt) >= SPELT_MAX:
                self._spelt.clear()
            to_json = self._spelt[key.id] = (key, msgspec.Raw(_encode(verified_key(key))))
        return to_json[1]

    # For proxies.

    async def _forward(self, scope: Any) -> tuple[int, Headers, bytes]:
        try:
            return await self._forwarding.answer(scope)
        except Denied as refusal:
            return refuse(refusal, scope)
        except StoreError as error:
            _log.error("the store does not answer: %s", error)
            return refuse(Denied(UNAVAILABLE), scope)

    # Everything else.

    async def _answer(self, scope: Any, receive: Any) -> tuple[int, Headers, bytes]:
        path: str = scope["path"]
        method: str = "GET" if scope["method"] == "HEAD" else scope["method"]
        found = self._router.find(path)
        route = found.by_method.get(method) if found is not None else None
        if found is None or route is None:
            return self._unknown(path, scope["method"], found)
        if route.run is None:
            return await self._plain(route, scope)
        who = await self._who(scope, Need(route.need) if isinstance(route.need, str) else None)
        if route.need is Only.ROOT and who.key is not None:
            raise Denied(_ROOT_REQUIRED)
        if not (found.id.isascii() and (not found.id or found.id.isprintable()) and len(found.id) <= ID_LENGTH_MAX):
            raise _refused(KeyNotFound("no such key"))
        always = rate_headers(who.allowance) if who.allowance is not None else ()
        try:
            answer = await route.run(self._layer, await self._call(route, who, found.id, scope, receive))
        except (Denied, KeyturnError) as error:
            refusal = error if isinstance(error, Denied) else _refused(error)
            raise Denied(refusal.denial._replace(headers=(*refusal.denial.headers, *always)), refusal.param) from error
        return route.status, (_JSON, _NOT_STORED, *always), _encode(answer)

    async def _call(self, route: Route, who: Whoever, id: str, scope: Any, receive: Any) -> Call:
        """What the caller sent, as the route declares it."""
        query = None
        if route.query is not None:
            query = decode_query(route.query, scope["query_string"])
        elif scope["query_string"]:
            raise bad_request("invalid_query", "This operation takes no query parameters.")
        sent = await read_body(receive)
        if route.body is None:
            return Call(who, id, query, None)
        # What has only fields that may be left out may be left out as a whole.
        return Call(who, id, query, decode_body(self._decoders[route.body], sent or b"{}"))

    async def _plain(self, route: Route, scope: Any) -> tuple[int, Headers, bytes]:
        if route.path == DOCUMENT_PATH:
            return 200, (_JSON,), self._document
        if route.path == "/healthz":
            return 200, (_TEXT, _NOT_STORED), b"ok"
        if route.path == "/readyz":
            status, told = readiness(await self._layer.trouble())
            return status, (_JSON, _NOT_STORED), _encode(told)
        seen = _Seen(scope["headers"])
        own_host = is_own_host(dict(scope["headers"]).get(b"host", b"").decode("latin-1"))
        if not own_host or not _ANYWHERE.has(self._client(scope, seen).address):
            who = await self._who(scope, None)
            if who.key is not None:
                raise Denied(_ROOT_REQUIRED)
        return 200, (_TEXT, _NOT_STORED), metrics.expose(self._layer, self._answers, self._connections)

    def _unknown(self, path: str, method: str, found: Found | None) -> tuple[int, Headers, bytes]:
        if found is None:
            return _told(
                Denial(
                    404,
                    "unknown_path",
                    f"There is no {self._layer.carriers.clipped(path, 80)}; the paths are listed in {DOCUMENT_PATH}.",
                )
            )
        return _told(
            Denial(
                405,
                "method_not_allowed",
                f"{method[:16]} is not possible here; use {found.allow}.",
                headers=[(b"allow", found.allow.encode())],
            )
        )

    # Who is asking.

    async def _who(self, scope: Any, need: Need | None) -> Whoever:
        """The root credential's holder, or the key that asks.

        Raises:
            Denied: neither, or the key may not do that; only a pace of its own limits a key that verifies others.
        """
        seen = _Seen(scope["headers"])
        client = self._client(scope, seen)
        if not client.is_secure(self._plain_http_from):
            raise Denied(_CLEAR_TEXT)
        if self._settings.roots and seen.authorization is not None and self._is_root(seen.authorization):
            return _ROOT
        presented = Presented(
            authorization=seen.authorization,
            api_key=seen.api_key,
            path=scope["path"],
            query_string=scope["query_string"].decode("latin-1"),
            address=client.address,
            origin=seen.origin,
            app=seen.app,
        )
        decision = await self._layer.admit(
            presented, need, Caller(scope["path"], seen.agent), limited=need is not _VERIFIES
        )
        admitted = _admitted(decision)
        return Whoever(admitted.key, admitted.allowance)

    def _is_root(self, authorization: str) -> bool:
        """Whether this is the root credential, found out in the same time whether it is or not."""
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return False
        return self._matches_root(text.strip().encode("latin-1", "replace"))

    def _matches_root(self, text: bytes) -> bool:
        digest = hashlib.sha256(text).digest()
        matches = [hmac.compare_digest(digest, root) for root in self._settings.roots]
        return True in matches

    def _client(self, scope: Any, seen: "_Seen") -> Client:
        return client_of(_peer(scope), scope.get("scheme"), seen.forwarded_for, seen.forwarded_proto, self._trusted)


class _Valid(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """The verdict of nearly every request: :class:`Verdict`, with the key spelt already."""

    key: msgspec.Raw
    rate_limit: RateLimitState | msgspec.UnsetType
    valid: bool = True


class _Seen:
    """The headers that matter for who is asking. One that came more than once is joined (RFC 9110, 5.3): two keys are
    then no key."""

    __slots__ = ("agent", "api_key", "app", "authorization", "forwarded_for", "forwarded_proto", "origin")

    def __init__(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.authorization: str | None = None
        self.api_key: str | None = None
        self.origin: str | None = None
        self.app: str | None = None
        self.agent: str | None = None
        self.forwarded_for: str | None = None
        self.forwarded_proto: str | None = None
        for name, value in headers:
            attribute = _SEEN.get(name)
            if attribute is not None:
                text = value.decode("latin-1")
                before = getattr(self, attribute)
                setattr(self, attribute, text if before is None else f"{before}, {text}")


_SEEN: Final = {
    b"authorization": "authorization",
    b"x-api-key": "api_key",
    b"origin": "origin",
    b"x-app-identifier": "app",
    b"user-agent": "agent",
    b"x-forwarded-for": "forwarded_for",
    b"x-forwarded-proto": "forwarded_proto",
}


# What may change who is asking, beside the credential itself.
_TELLING: Final = frozenset(_SEEN) - {b"authorization", b"user-agent"}


def _admitted(decision: Admitted | RateLimited | Refused) -> Admitted:
    """Who was let in.

    Raises:
        Denied: nobody was.
    """
    if isinstance(decision, Admitted):
        return decision
    raise Denied(
        denied(decision)
        if isinstance(decision, Refused)
        else rate_limited_denial(decision.allowance, by_visitor=decision.by_visitor)
    )


@functools.lru_cache(maxsize=1_000)
def _need(scope: str, publishable: Reach) -> Need:
    return Need(scope, publishable)


def _peer(scope: Any) -> str | None:
    client = scope.get("client")
    return client[0] if client else None


def _presented(asked: Verify) -> Presented:
    """What is to be judged, out of a body with either a key or a request.

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
        raise bad_request("invalid_body", "Send either key, or request, and not both.", "key")
    if asked.address is not None or asked.origin is not None or asked.app_identifier is not None:
        raise bad_request("invalid_body", "With request, address and headers belong inside of it.", "request")
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        found[lower] = f"{found[lower]}, {value}" if lower in found else value
    return Presented(
        authorization=found.get("authorization"),
        api_key=found.get("x-api-key"),
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


def _verdict(decision: Admitted | RateLimited | Refused) -> Verdict:
    """A decision as it is answered."""
    if isinstance(decision, Admitted):
        allowance = decision.allowance
        reported = tuple(reason.value for reason in decision.reported) if decision.reported else ()
        return Verdict(
            valid=True,
            key=verified_key(decision.key, reported),
            rate_limit=rate_limit_state(allowance) if allowance is not None else None,
        )
    if isinstance(decision, RateLimited):
        denial = rate_limited_denial(decision.allowance, by_visitor=decision.by_visitor)
        return Verdict(
            valid=False,
            reason=RATE_LIMITED,
            status=denial.status,
            code=denial.code,
            message=denial.message,
            key=verified_key(decision.key),
            rate_limit=rate_limit_state(decision.allowance),
        )
    denial = denied(decision)
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


def _refused(error: KeyturnError) -> Denied:
    """What could not be done to a key, as it is told."""
    status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), 400)
    return Denied(Denial(status, error.code, f"{error}."))


def _told(denial: Denial, param: str | None = None) -> tuple[int, Headers, bytes]:
    return int(denial.status), (_PROBLEM, _NOT_STORED, *denial.headers), problem(denial, param)


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
