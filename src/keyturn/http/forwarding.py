"""Forward-auth: a proxy asks, for each request, whether it may pass, and is told whose it is.

nginx (``auth_request``) says in ``X-Original-URI`` and ``X-Original-Method`` which request it means, ingress-nginx in
``X-Original-URL`` (with scheme and host) and ``X-Original-Method``, Caddy (``forward_auth``) and Traefik
(``ForwardAuth``) in ``X-Forwarded-Uri`` and ``X-Forwarded-Method``, Envoy (``ext_authz`` over HTTP) by its own path and
method below ours. What a client may have sent in their place is told apart: two of them at once that disagree, or none,
is refused. Who is believed at all is a setting.
"""

import json
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from keyturn.admission.layer import Admitted, Caller, KeyLayer
from keyturn.admission.needs import Access, Rules, Stated, UnclearPath, checked_target
from keyturn.admission.origins import answer_headers
from keyturn.admission.verifying import Presented
from keyturn.http.denials import (
    PROBLEM_TYPE,
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
from keyturn.http.proxies import Transport, client_of
from keyturn.http.reading import Denied
from keyturn.keys import labels
from keyturn.keys.model import KnownKey, Need, Reach, RefusalReason, Refused
from keyturn.settings import Settings

FORWARD_PATH: Final = "/v1/forward-auth"
KEY_ID: Final = b"x-keyturn-key-id"
PROJECT: Final = b"x-keyturn-project"
MODE: Final = b"x-keyturn-mode"
SCOPES: Final = b"x-keyturn-scopes"
EXTERNAL_ID: Final = b"x-keyturn-external-id"
METADATA: Final = b"x-keyturn-metadata"
PROBLEM: Final = b"x-keyturn-problem"

# Always all of them, so that none of a client's own is left standing.
_NOBODY: Final = tuple((name, b"") for name in (KEY_ID, PROJECT, MODE, SCOPES, EXTERNAL_ID, METADATA))
_ALL_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_STATED: Final = frozenset({Access.ANY_KEY.value, Access.OPTIONAL.value})
_SHOWN_MAX: Final = 100_000
_PARAMETERS_MAX: Final = 20
# All identity headers together stay below what proxies take for the head of an answer, 4 kB with nginx by default.
SCOPES_LENGTH_MAX: Final = 2_000
_AND_MORE: Final = "..."
# ingress-nginx: the client's own Host stands in it, so that is told apart strictly.
_URL: Final = re.compile(r"(https?)://[0-9A-Za-z.:_\[\]-]{1,300}(/.{0,8192})?", re.DOTALL)
_OURS: Final = b"x-keyturn-"
# How preflights that are not ours are left to the application.
_LEFT: Final = ("application", "only")
_APART: Final = re.compile(rb"[^0-9a-z]")
_PROBLEM: Final = (b"content-type", PROBLEM_TYPE)
_NOT_STORED: Final = (b"cache-control", b"no-store")


class Original(NamedTuple):
    """The request that the proxy asks about.

    Attributes:
        forwards_body: whether the proxy hands our body on to its client; nginx hands on headers only.
        scheme: that by which the client came, where the proxy says it with the request.
    """

    method: str
    path: str
    query: str
    forwards_body: bool = True
    scheme: str | None = None


class Forwarding:
    """Answers proxies over a key layer."""

    def __init__(self, layer: KeyLayer, settings: Settings, rules: Rules | None) -> None:
        """
        Args:
            rules: what each path needs, where the proxy does not say it.
        """
        self._layer = layer
        self._trusted = settings.trusted_proxies
        self._plain_http_from = settings.plain_http_from
        self._offered = frozenset(settings.scopes)
        self._rules = rules
        self._places = settings.key_places
        self._spelt: dict[str, tuple[KnownKey, Headers]] = {}

    async def answer(self, scope: Any) -> tuple[int, Headers, bytes]:
        """Whether the request may pass: 200 with whose it is, or what its client is to be answered.

        Raises:
            Denied: the proxy is not trusted, or is not set up as it must be.
            StoreError: the decision is unknown.
        """
        headers = texts_by_name(scope["headers"])
        peer = scope["client"][0] if scope.get("client") else None
        if not self._trusted.has(peer):
            raise Denied(
                Denial(
                    HTTPStatus.FORBIDDEN,
                    "proxy_not_trusted",
                    "Only a trusted proxy can call this endpoint. Add its address to KEYTURN_TRUSTED_PROXIES.",
                )
            )
        origin = headers.get("origin")
        if origin is not None and "access-control-request-method" in headers:
            # Where the proxy asks with GET, its configuration says that it hands on what Keyturn answers.
            preflight = _declared(scope).get("preflight")
            if scope["method"] == "OPTIONS" or (
                preflight is not None and _original_methods(scope, headers) == {"OPTIONS"}
            ):
                return await self._preflight(scope, headers, origin, preflight)
        _refuse_disguised(scope["headers"])
        asked, declared = _asked(scope, headers)
        client = client_of(
            peer, None, headers.get("x-forwarded-for"), headers.get("x-forwarded-proto") or asked.scheme, self._trusted
        )
        authorization, api_key = self._places.find(headers.get)
        presented = Presented(
            authorization=authorization,
            api_key=api_key,
            path=asked.path,
            query_string=asked.query,
            secure=client.is_secure(self._plain_http_from),
            exposed=client.transport is Transport.CLEAR,
            address=client.address,
            origin=origin,
            app=headers.get("x-app-identifier"),
        )
        caller = Caller(f"{asked.method} {asked.path}", headers.get("user-agent"))
        try:
            need = self._need(declared, asked)
        except Denied:
            # A key in a URL has been seen by whoever logs URLs, wherever that URL leads.
            exposed = await self._exposed(asked, client.address, caller)
            if exposed is None:
                raise
            return _refused(denied(exposed), asked, ())
        if need is Access.OPEN:
            return 200, (_NOT_STORED, *_NOBODY), b""
        if need is Access.OPTIONAL and not self._carries(presented):
            return 200, (_NOT_STORED, *_NOBODY), b""
        decision = await self._layer.admit(presented, need if isinstance(need, Need) else None, caller)
        cors = answer_headers(origin, decision.key) if origin is not None else ()
        if isinstance(decision, Admitted):
            left = rate_headers(decision.allowance) if decision.allowance is not None else ()
            return 200, (_NOT_STORED, *self._identity(decision.key), *left, *cors), b""
        denial = (
            denied(decision, self._places)
            if isinstance(decision, Refused)
            else rate_limited_denial(decision.allowance, by_visitor=decision.by_visitor)
        )
        return _refused(denial, asked, cors)

    async def _preflight(
        self, scope: Any, headers: Mapping[str, str], origin: str, left: str | None
    ) -> tuple[int, Headers, bytes]:
        """What a browser is answered that asks before it calls: 204 for the origin of a key.

        Args:
            left: how the proxy's configuration has preflights of other origins and of open endpoints left to the
                application: ``application`` for a 200, with nobody's identity; ``only`` for a 404, for a proxy that
                hands on either; None where it does not.
        """
        if left not in (None, *_LEFT):
            raise _not_set_up(f"preflight: expected {' or '.join(_LEFT)}")
        if left is not None and (not await self._layer.origins.is_registered(origin) or self._is_open(scope, headers)):
            _refuse_disguised(scope["headers"])
            if left == "application":
                return 200, (_NOT_STORED, *_NOBODY), b""
            message = "No key is for this origin, or the endpoint is open: the application answers this preflight."
            raise Denied(Denial(HTTPStatus.NOT_FOUND, "preflight_not_answered", message))
        wanted = headers.get("access-control-request-headers")
        allowed = await self._layer.origins.preflight(origin, _ALL_METHODS, wanted)
        return HTTPStatus.NO_CONTENT, [_NOT_STORED, *_NOBODY, *allowed], b""

    def _is_open(self, scope: Any, headers: Mapping[str, str]) -> bool:
        """Whether the rules say that what the page wants to call needs no key."""
        if self._rules is None:
            return False
        try:
            asked, declared = _asked(scope, headers)
            stated = self._need(declared, asked._replace(method=headers["access-control-request-method"]))
        except Denied:
            return False
        return stated is Access.OPEN

    def _carries(self, presented: Presented) -> bool:
        """Whether anything came that is to be judged as a key."""
        headers = (presented.authorization, presented.api_key)
        return any(one is not None and one.strip() for one in headers) or bool(
            self._layer.carriers.in_url(f"{presented.path}?{presented.query_string}")
        )

    async def _exposed(self, asked: Original, address: str | None, caller: Caller) -> Refused | None:
        """The refusal of a request that has a key in its URL; None for one that has not."""
        url = f"{asked.path}?{asked.query}"
        if not self._layer.carriers.in_url(url):
            return None
        # Nothing else is presented, so that nobody can be admitted by this.
        decision = await self._layer.admit(Presented(query_string=url, address=address), None, caller)
        return decision if isinstance(decision, Refused) and decision.reason is RefusalReason.KEY_IN_URL else None

    def _need(self, declared: Mapping[str, str], asked: Original) -> Stated:
        """What the request needs: as the proxy's configuration says, or else by the rules.

        Raises:
            Denied: neither says anything, or what it says cannot be used; or the request is none.
        """
        try:
            checked_target(asked.path)
            checked_target(asked.query)
        except UnclearPath as error:
            raise Denied(unreadable(str(error))) from error
        if unknown := sorted(set(declared) - {"scope", "publishable", "access", "preflight"}):
            raise _not_set_up(f"the parameter {unknown[0][:40]!r} of {FORWARD_PATH} is unknown")
        if "access" in declared:
            if declared["access"] not in _STATED or declared.keys() - {"access", "preflight"}:
                raise _not_set_up("access: expected any-key or optional, without a scope; open routes need no call")
            return Access(declared["access"])
        if "scope" in declared:
            if declared["scope"] not in self._offered:
                raise _not_set_up(f"the scope {declared['scope'][:40]!r} is not among KEYTURN_SCOPES")
            try:
                return Need(declared["scope"], Reach(declared.get("publishable", Reach.NEVER)))
            except ValueError as error:
                raise _not_set_up(f"publishable: {error}") from error
        need = None
        if self._rules is not None:
            try:
                need = self._rules.need_of_target(asked.method, asked.path)
            except UnclearPath as error:
                raise Denied(unreadable(str(error))) from error
        if need is None:
            raise Denied(UNDECLARED)
        return need

    def _identity(self, key: KnownKey) -> Headers:
        """Whose request it is, spelt once for as long as the gate answers with the same."""
        spelt = self._spelt.get(key.id)
        if spelt is None or spelt[0] is not key:
            if len(self._spelt) >= _SHOWN_MAX:
                self._spelt.clear()
            terms = key.terms
            identity = (
                (KEY_ID, key.id.encode()),
                (PROJECT, terms.project_id.encode()),
                (MODE, terms.mode.value.encode()),
                (SCOPES, _spelt(terms.scopes)),
                (EXTERNAL_ID, (terms.external_id or "").encode("ascii")),
                (METADATA, labels.spelt(terms.metadata)),
            )
            spelt = self._spelt[key.id] = (key, identity)
        return spelt[1]


def _spelt(scopes: Iterable[str]) -> bytes:
    """Scopes, separated by spaces: all of them, or as many as a header has room for, and then ``...``."""
    listed = sorted(scopes)
    text = " ".join(listed)
    if len(text) <= SCOPES_LENGTH_MAX:
        return text.encode()
    fitting = text[: SCOPES_LENGTH_MAX - len(_AND_MORE)].rpartition(" ")[0]
    return f"{fitting} {_AND_MORE}".encode()


def refuse(refusal: Denied, scope: Any) -> tuple[int, Headers, bytes]:
    """A refusal as the proxy can hand it on, whichever it is."""
    return _refused(
        refusal.denial, Original("", "", "", _forwards_body(name.decode() for name, _ in scope["headers"])), ()
    )


def _refused(denial: Denial, asked: Original, cors: Headers) -> tuple[int, Headers, bytes]:
    body = problem(denial)
    headers: list[tuple[bytes, bytes]] = [_PROBLEM, _NOT_STORED, *denial.headers, *cors]
    if not asked.forwards_body:
        # Its body is thrown away, so it is told in a header, too, and that is ASCII.
        headers.append((PROBLEM, json.dumps(json.loads(body), separators=(",", ":")).encode("ascii")))
    return int(denial.status), headers, body


def _declared(scope: Any) -> Mapping[str, str]:
    """What the proxy's configuration says beside the request itself."""
    path: str = scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or scope["path"]
    rest = path.removeprefix(FORWARD_PATH)
    return _parameters(rest.partition("/")[0].removeprefix(";") if rest else scope["query_string"].decode("latin-1"))


def _original_methods(scope: Any, headers: Mapping[str, str]) -> set[str]:
    """Each method that the request is said to have; none below Envoy's prefix, where it is asked for with its own."""
    if scope["path"] != FORWARD_PATH:
        return set()
    return {headers[name] for name in ("x-original-method", "x-forwarded-method") if name in headers}


def _asked(scope: Any, headers: Mapping[str, str]) -> tuple[Original, Mapping[str, str]]:
    """The request that is meant, and what the proxy's configuration says that it needs.

    Raises:
        Denied: the proxy does not say it, or somebody else has said something else.
    """
    path: str = scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or scope["path"]
    query: str = scope["query_string"].decode("latin-1")
    rest = path.removeprefix(FORWARD_PATH)
    if rest:
        # Envoy puts its own prefix before the request's path, which begins with a slash whatever a client sends.
        parameters, slash, below = rest.partition("/")
        return Original(scope["method"], slash + below, query), _parameters(parameters.removeprefix(";"))
    found = [
        Original(headers[method], *_parts(headers[where]))
        for method, where in (
            ("x-original-method", "x-original-uri"),
            ("x-original-method", "x-original-url"),
            ("x-forwarded-method", "x-forwarded-uri"),
        )
        if headers.get(method) and headers.get(where)
    ]
    if not found:
        raise _not_set_up(
            "the proxy does not name the original request: X-Original-URI (or X-Original-URL) and X-Original-Method, "
            "or X-Forwarded-Uri and X-Forwarded-Method"
        )
    if any(one[:3] != found[0][:3] for one in found):
        raise Denied(
            Denial(
                HTTPStatus.FORBIDDEN,
                "ambiguous_request",
                "Two headers name two different requests; the proxy has to strip those that it does not set.",
            )
        )
    if query and query == found[0].query:
        raise _not_set_up(
            "the client's query string was passed on; in Caddy, rewrite to /v1/forward-auth? with a question mark"
        )
    # The first is the proxy's own; of others a client's may be one that only agrees in where it leads.
    return found[0]._replace(forwards_body=_forwards_body(headers)), _parameters(query)


def _parts(where: str) -> tuple[str, str, bool, str | None]:
    """Path and query of what a proxy names, and the scheme where it names that, too.

    Raises:
        Denied: it is a URL whose host cannot be one.
    """
    scheme = None
    if not where.startswith("/") and "://" in where:
        url = _URL.fullmatch(where)
        if url is None:
            raise Denied(unreadable("The Host header is not a host name, or the request target is not below it."))
        scheme, where = url[1], url[2] or "/"
    path, _, query = where.partition("?")
    return path, query, True, scheme


def _forwards_body(names: Iterable[str]) -> bool:
    """Whether the proxy hands on our body; nginx, which sends these, does not."""
    return {"x-original-uri", "x-original-url"}.isdisjoint(names)


def _parameters(text: str) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_PARAMETERS_MAX)
    except ValueError as error:
        raise _not_set_up(f"more than {_PARAMETERS_MAX} parameters are given") from error
    if len({name for name, _ in pairs}) < len(pairs):
        raise _not_set_up("a parameter is given twice")
    return dict(pairs)


def _not_set_up(what: str) -> Denied:
    return Denied(Denial(HTTPStatus.BAD_REQUEST, "forward_auth_misconfigured", f"Forward-auth is not set up: {what}."))


def _refuse_disguised(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """A client's ``X_Keyturn_Project``: proxies hand it on, and CGI and WSGI take it for ``X-Keyturn-Project``.

    Raises:
        Denied: there is one.
    """
    for name, _ in headers:
        if b"keyturn" in name and not name.startswith(_OURS) and _APART.sub(b"-", name).startswith(_OURS):
            raise Denied(
                Denial(
                    HTTPStatus.FORBIDDEN,
                    "ambiguous_request",
                    "A header name could be read as one of the identity headers. Send no X_Keyturn_ headers.",
                )
            )
