"""What Keyturn's own server says, and how: RFC 9457's problems, and the root credential beside keys."""

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from keyturn.admission.layer import KeyLayer
from keyturn.admission.needs import Access
from keyturn.database import StoreError
from keyturn.errors import InvalidKey, KeyConflict, KeyNotFound, KeyturnError, PortalSessionNotFound
from keyturn.http.denials import PROBLEM_TYPE, UNAVAILABLE, Denial, denied, problem, rate_limited_denial
from keyturn.http.error_pages import PAGES_PATH
from keyturn.http.forms import ID_LENGTH_MAX
from keyturn.http.pipeline import NOT_STORED, Answer, Exchange
from keyturn.http.proxies import LOOPBACK, Networks, is_own_host
from keyturn.http.reading import Denied, bad_request, decode_body, decode_query, read_body
from keyturn.http.routing import Call, Only, Route, Router, Whoever
from keyturn.http.shapes import CreatedKey
from keyturn.insight.usage import PATH_MAX
from keyturn.keys.model import Need, Needs, RefusalReason, Refused
from keyturn.limiting.gcra import Allowance
from keyturn.settings import Settings

_STATUSES: Final[dict[type[KeyturnError], int]] = {
    InvalidKey: 400,
    KeyConflict: 409,
    KeyNotFound: 404,
    PortalSessionNotFound: 404,
}
IDEMPOTENCY_KEY_MAX: Final = 255
REPLAYED: Final = (b"idempotency-replayed", b"true")
# What a wish for a key calls otherwise than its bodies do.
_FIELDS: Final = {"apps": "app_identifiers", "limit": "rate"}
_HERE: Final = Networks(LOOPBACK)
_ROOT_REQUIRED: Final = Denial(
    HTTPStatus.FORBIDDEN, "root_required", "Only the root credential may do this; no key can be given the right to."
)
_FAILED: Final = Denial(
    500, "internal_error", "Something went wrong on our side; look at what was done before retrying."
)
_CLEAR_TEXT: Final = Refused(RefusalReason.INSECURE)
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_log = logging.getLogger("keyturn")

# Given what stands in the path for a variable; nothing where there is none.
Plain = Callable[[str], Awaitable[Answer]]


class AnsweredEarly(Exception):
    """Carries a ready answer out of what was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class ServerLanguage:
    """Keyturn's routes, as the pipeline's language."""

    def __init__(self, layer: KeyLayer, settings: Settings, routes: list[Route], plain: Mapping[str, Plain]) -> None:
        """
        Args:
            plain: what answers at the paths whose routes have no operation of their own.
        """
        self._layer = layer
        self._settings = settings
        self._plain = plain
        self._router = Router(routes)
        self._decoders = {route.body: msgspec.json.Decoder(route.body) for route in routes if route.body is not None}
        self._documents = next(route.path for route in routes if route.path.endswith("openapi.json"))

    def route(self, exchange: Exchange) -> None:
        exchange.found = found = self._router.find(exchange.path)
        exchange.route = found.route(exchange.method) if found is not None else None
        exchange.logged_path = exchange.route.path if exchange.route is not None else exchange.path

    def needs(self, exchange: Exchange) -> Needs | Access:
        route: Route = exchange.route
        if isinstance(route.need, str):
            return Need(route.need)
        if route.need is Only.KEY or (route.need is Only.ROOT and not self._is_own_metrics(exchange)):
            return Access.ANY_KEY
        return Access.OPEN

    async def act(self, exchange: Exchange) -> Answer:
        route: Route = exchange.route
        who = Whoever(exchange.key, exchange.allowance)
        if route.need is Only.ROOT and who.key is not None:
            raise Denied(_ROOT_REQUIRED)
        values = exchange.found.values if exchange.found is not None else ()
        id = values[0] if values else ""
        if route.run is None:
            return await self._plain[route.path](id)
        if not (id.isascii() and (not id or id.isprintable()) and len(id) <= ID_LENGTH_MAX):
            raise KeyNotFound("no such key")
        answer = await route.run(self._layer, await self._call(route, who, id, exchange))
        replayed = route.idempotent and isinstance(answer, CreatedKey) and answer.key is None
        return Answer(route.status, _encode(answer), headers=(NOT_STORED, *([REPLAYED] if replayed else ())))

    async def _call(self, route: Route, who: Whoever, id: str, exchange: Exchange) -> Call:
        """What the caller sent, as the route declares it."""
        query, query_string = None, exchange.scope["query_string"]
        if route.query is not None:
            query = decode_query(route.query, query_string)
        elif query_string:
            raise bad_request("invalid_query", "This operation takes no query parameters.")
        sent = await read_body(exchange.receive)
        if route.body is None:
            return Call(who, id, query, None)
        if not sent and all(not field.required for field in msgspec.structs.fields(route.body)):
            # What has only fields that may be left out may be left out as a whole.
            sent = b"{}"
        named = _idempotency_key(exchange) if route.idempotent else None
        return Call(who, id, query, decode_body(self._decoders[route.body], sent), named)

    def refused(self, exchange: Exchange, refusal: Refused) -> Answer:
        presented = exchange.presented
        if presented is not None and not presented.secure and refusal.reason is not RefusalReason.KEY_IN_URL:
            # Nothing that came in clear text is looked at any further, whatever else is wrong with it.
            refusal = _CLEAR_TEXT
        return _problem_answer(denied(refusal))

    def rate_limited(self, exchange: Exchange, allowance: Allowance, *, by_visitor: bool) -> Answer:
        return _problem_answer(rate_limited_denial(allowance, by_visitor=by_visitor))

    def nowhere(self, exchange: Exchange) -> Answer:
        found = exchange.found
        if found is None:
            path = self._layer.carriers.clipped(exchange.path, 80)
            return _problem_answer(
                Denial(404, "unknown_path", f"There is no {path}; the paths are listed in {self._documents}.")
            )
        message = f"{exchange.method[:16]} is not allowed here; use {found.allow}."
        return _problem_answer(Denial(405, "method_not_allowed", message, headers=[(b"allow", found.allow.encode())]))

    def failed(self, exchange: Exchange, error: Exception) -> Answer:
        if isinstance(error, AnsweredEarly):
            return error.answer
        if isinstance(error, Denied):
            return _problem_answer(error.denial, error.param)
        if isinstance(error, KeyturnError):
            status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), 400)
            return _problem_answer(Denial(status, error.code, f"{error}."), _param_of(error, exchange))
        if isinstance(error, StoreError):
            _log.error("the store does not answer: %s", error)
            return _problem_answer(UNAVAILABLE)
        path = self._layer.carriers.clipped(exchange.path, PATH_MAX)
        _log.error("%s %s failed", exchange.method, path, exc_info=error)
        return _problem_answer(_FAILED)

    def is_root(self, exchange: Exchange) -> bool:
        """Whether this is the root credential, found out in the same time whether it is or not."""
        scheme, _, text = (exchange.header(b"authorization") or "").partition(" ")
        if not self._settings.roots or scheme.lower() != "bearer":
            return False
        return self.matches_root(text.strip().encode("latin-1", "replace"))

    def is_object_id(self, text: str) -> bool:
        return text.startswith("key_")

    def matches_root(self, text: bytes) -> bool:
        """Whether a text is the root credential's."""
        digest = hashlib.sha256(text).digest()
        matches = [hmac.compare_digest(digest, root) for root in self._settings.roots]
        return True in matches

    def _is_own_metrics(self, exchange: Exchange) -> bool:
        """Whether somebody on this machine, under its own name, asks for what is counted."""
        if exchange.path != "/metrics" or not is_own_host(exchange.header(b"host") or ""):
            return False
        return _HERE.has(exchange.client.address)


def _param_of(error: KeyturnError, exchange: Exchange) -> str | None:
    """The field of the body that an error is about; None where it is about none."""
    field = error.field if isinstance(error, InvalidKey) else ""
    if not field or exchange.route is None or exchange.route.body is None:
        return None
    return _place_of(_FIELDS.get(field, field), exchange.route.body)


def _place_of(name: str, body: type[msgspec.Struct]) -> str | None:
    """Where a body has a field, in itself or in an object of it."""
    fields = msgspec.structs.fields(body)
    for one in fields:
        if one.name == name:
            return one.encode_name
    for one in fields:
        if isinstance(one.type, type) and issubclass(one.type, msgspec.Struct):
            place = _place_of(name, one.type)
            if place is not None:
                return f"{one.encode_name}.{place}"
    return None


def _idempotency_key(exchange: Exchange) -> str | None:
    """
    Raises:
        Denied: it is empty, too long, or holds something else than visible ASCII.
    """
    given = exchange.header(b"idempotency-key")
    if given is None:
        return None
    name = given.strip()
    if not 1 <= len(name) <= IDEMPOTENCY_KEY_MAX or not name.isascii() or not name.isprintable():
        message = f"Idempotency-Key: expected 1 to {IDEMPOTENCY_KEY_MAX} visible ASCII characters, such as a UUID."
        raise bad_request("invalid_idempotency_key", message)
    return name


def _problem_answer(denial: Denial, param: str | None = None) -> Answer:
    body = problem(denial, param, f"{PAGES_PATH}/{denial.code}")
    return Answer(int(denial.status), body, PROBLEM_TYPE, (NOT_STORED, *denial.headers))
