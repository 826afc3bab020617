"""Forward-auth: a proxy asks, for each request, whether it may pass, and is told whose it is.

nginx (``auth_request``) says in ``X-Original-URI`` and ``X-Original-Method`` which request it means, Caddy
(``forward_auth``) and Traefik (``ForwardAuth``) in ``X-Forwarded-Uri`` and ``X-Forwarded-Method``, Envoy (``ext_authz``
over HTTP) by its own path and method below ours. What a client may have sent in their place is told apart: both
families at once that disagree, or none, is refused. Who is believed at all is a setting.
"""

import contextlib
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote

from keyturn.admission.layer import Admitted, Caller, KeyLayer
from keyturn.admission.needs import Access, Rules, Stated
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
)
from keyturn.http.proxies import client_address
from keyturn.http.reading import Denied
from keyturn.keys.model import KnownKey, Need, Reach, Refused
from keyturn.settings import Settings

FORWARD_PATH: Final = "/v1/forward-auth"
KEY_ID: Final = b"x-keyturn-key-id"
PROJECT: Final = b"x-keyturn-project"
MODE: Final = b"x-keyturn-mode"
SCOPES: Final = b"x-keyturn-scopes"
PROBLEM: Final = b"x-keyturn-problem"

# Always all of them, so that none of a client's own is left standing.
_NOBODY: Final = ((KEY_ID, b""), (PROJECT, b""), (MODE, b""), (SCOPES, b""))
_ALL_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_SHOWN_MAX: Final = 100_000
_PARAMETERS_MAX: Final = 20
# What one server takes for a part of a segment, and the next for a way out of it.
_CROOKED: Final = re.compile(r"//|/\.\.?(?:/|$)|[\\;]|%(?:2[ef]|5c|25|3b|00)", re.IGNORECASE)
_PROBLEM: Final = (b"content-type", PROBLEM_TYPE)
_NOT_STORED: Final = (b"cache-control", b"no-store")


class Original(NamedTuple):
    """The request that the proxy asks about.

    Attributes:
        tells_body: whether the proxy hands our body on to its client; nginx hands on headers only.
    """

    method: str
    path: str
    query: str
    forwards_body: bool = True


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
        self._spelt: dict[str, tuple[KnownKey, Headers]] = {}

    async def answer(self, scope: Any) -> tuple[int, Headers, bytes]:
        """Whether the request may pass: 200 with whose it is, or what its client is to be answered.

        Raises:
            Denied: the proxy is not trusted, or is not set up as it must be.
            StoreError: that could not be told.
        """
        headers = _by_name(scope["headers"])
        peer = scope["client"][0] if scope.get("client") else None
        if not self._trusted.has(peer):
            raise Denied(
                Denial(
                    HTTPStatus.FORBIDDEN,
                    "proxy_not_trusted",
                    "Only a trusted proxy may ask here; its address is to be among KEYTURN_TRUSTED_PROXIES.",
                )
            )
        origin = headers.get("origin")
        if scope["method"] == "OPTIONS" and origin is not None and "access-control-request-method" in headers:
            return HTTPStatus.NO_CONTENT, [_NOT_STORED, *await self._layer.origins.preflight(origin, _ALL_METHODS)], b""
        asked, declared = _asked(scope, headers)
        need = self._need(declared, asked)
        if need is Access.OPEN:
            return 200, (_NOT_STORED, *_NOBODY), b""
        address = client_address(peer, headers.get("x-forwarded-for"), self._trusted)
        decision = await self._layer.admit(
            Presented(
                authorization=headers.get("authorization"),
                api_key=headers.get("x-api-key"),
                query_string=asked.query,
                secure=headers.get("x-forwarded-proto", "").lower() == "https" or self._plain_http_from.has(address),
                address=address,
                origin=origin,
                app=headers.get("x-app-identifier"),
            ),
            need if isinstance(need, Need) else None,
            Caller(f"{asked.method} {asked.path}", headers.get("user-agent")),
        )
        cors = answer_headers(origin, decision.key) if origin is not None else ()
        if isinstance(decision, Admitted):
            left = rate_headers(decision.allowance) if decision.allowance is not None else ()
            return 200, (_NOT_STORED, *self._identity(decision.key), *left, *cors), b""
        denial = denied(decision) if isinstance(decision, Refused) else rate_limited_denial(decision.allowance)
        return _refused(denial, asked, cors)

    def _need(self, declared: Mapping[str, str], asked: Original) -> Stated:
        """What the request needs: as the proxy's configuration says, or else by the rules.

        Raises:
            Denied: neither says anything, or what it says cannot be used.
        """
        if unknown := sorted(set(declared) - {"scope", "publishable", "access"}):
            raise _not_set_up(f"the parameter {unknown[0][:40]!r} of {FORWARD_PATH} is unknown")
        if "access" in declared:
            if declared["access"] != Access.ANY_KEY.value or len(declared) > 1:
                raise _not_set_up("access can only be any-key, and then there is no scope; what is open is not asked")
            return Access.ANY_KEY
        if "scope" in declared:
            if declared["scope"] not in self._offered:
                raise _not_set_up(f"the scope {declared['scope'][:40]!r} is not among KEYTURN_SCOPES")
            try:
                return Need(declared["scope"], Reach(declared.get("publishable", Reach.NEVER)))
            except ValueError as error:
                raise _not_set_up(f"publishable: {error}") from error
        if self._rules is not None and _CROOKED.search(asked.path) is None:
            with contextlib.suppress(UnicodeDecodeError):
                need = self._rules(asked.method, unquote(asked.path, errors="strict"))
                if need is not None:
                    return need
        raise Denied(UNDECLARED)

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
                (SCOPES, " ".join(sorted(terms.scopes)).encode()),
            )
            spelt = self._spelt[key.id] = (key, identity)
        return spelt[1]


def refuse(refusal: Denied, scope: Any) -> tuple[int, Headers, bytes]:
    """A refusal as the proxy can hand it on, whichever it is."""
    told = b"x-original-uri" in dict(scope["headers"])
    return _refused(refusal.denial, Original("", "", "", not told), ())


def _refused(denial: Denial, asked: Original, cors: Headers) -> tuple[int, Headers, bytes]:
    body = problem(denial)
    headers: list[tuple[bytes, bytes]] = [_PROBLEM, _NOT_STORED, *denial.headers, *cors]
    if not asked.forwards_body:
        # Its body is thrown away, so it is told in a header, too, and that is ASCII.
        headers.append((PROBLEM, json.dumps(json.loads(body), separators=(",", ":")).encode("ascii")))
    return int(denial.status), headers, body


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
    families = [
        (headers[f"x-{name}-method"], headers[f"x-{name}-uri"])
        for name in ("original", "forwarded")
        if headers.get(f"x-{name}-method") and headers.get(f"x-{name}-uri")
    ]
    if not families:
        raise _not_set_up(
            "the proxy does not say which request it means: X-Original-URI and X-Original-Method, or X-Forwarded-Uri "
            "and X-Forwarded-Method"
        )
    if families[0] != families[-1]:
        raise Denied(
            Denial(
                HTTPStatus.FORBIDDEN,
                "ambiguous_request",
                "Two headers name two different requests; the proxy has to strip those that it does not set.",
            )
        )
    method, uri = families[0]
    meant, _, its_query = uri.partition("?")
    return Original(method, meant, its_query, "x-original-uri" not in headers), _parameters(query)


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


def _by_name(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by name. One that came more than once is joined (RFC 9110, 5.3): two keys are then no key."""
    found: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
