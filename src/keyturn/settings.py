"""What an operator may set for ``keyturn serve``: ``KEYTURN_…`` variables. Keyturn's only reader of the environment."""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from keyturn.connections import SECONDS_MAX, UNIX, ConnectionLimits
from keyturn.environment import Variable, cannot_be_meant, flag, in_a_file, meant, one_of, unknown, whole, with_files
from keyturn.errors import InvalidNetwork
from keyturn.http.key_places import DEFAULT_HEADERS, DEFAULT_SCHEMES, USUAL, InvalidKeyPlace, KeyPlaces
from keyturn.http.proxies import LOOPBACK, Networks
from keyturn.keys.model import is_scope_name
from keyturn.leaks.responding import LeakResponse, LeakRules
from keyturn.limiting.gcra import DEFAULT_LIMIT, Limit

PREFIX: Final = "KEYTURN_"
DATABASE_DEFAULT: Final = "sqlite:///keyturn.db"
HOST_DEFAULT: Final = "127.0.0.1"
PORT_DEFAULT: Final = 8090
ROOT_LENGTH_MIN: Final = 32

# What the server itself asks of keys, beside the scopes that the operator offers.
VERIFY: Final = "keys:verify"
READ: Final = "keys:read"
WRITE: Final = "keys:write"
OWN_SCOPES: Final = (READ, VERIFY, WRITE)

_ORIGIN: Final = re.compile(r"https://[a-z0-9.-]{1,253}(:[0-9]{1,5})?", re.ASCII)
_OWN_ORIGIN: Final = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.ASCII)
_SEPARATORS: Final = re.compile(r"[\s,]+")


class SettingsError(Exception):
    """A setting cannot be used; the message names it and says what was expected."""


class Settings(NamedTuple):
    """Everything the server is told.

    Attributes:
        roots: the SHA-256 of each root credential; the credentials themselves are forgotten at once.
        scopes: those that keys may be given, the server's own among them.
        trusted_proxies: who is believed about where a request came from, and what it was.
        plain_http_from: who may speak to the server without TLS.
        rules: the file that says what each path needs, for forward-auth.
        key_places: where the requests that proxies ask about carry their keys.
        limit: what a key without a rate of its own may do; None for no limit.
        leaks: what is done with keys that are found where they should not be.
        github_public_keys: where GitHub's public keys are, if it reports here: an address or a file.
        valkey_url: where several servers count limits together; None if each counts alone.
        connections: how many there may be, and how long they take.
        portal_url: the origin at which customers manage their own keys; empty where they do not.
    """

    database_url: str = DATABASE_DEFAULT
    roots: tuple[bytes, ...] = ()
    scopes: tuple[str, ...] = OWN_SCOPES
    publishable: tuple[str, ...] = ()
    trusted_proxies: Networks = Networks((*LOOPBACK, UNIX))
    plain_http_from: Networks = Networks((*LOOPBACK, UNIX))
    rules: Path | None = None
    key_places: KeyPlaces = USUAL
    limit: Limit | None = DEFAULT_LIMIT
    valkey_url: str | None = None
    leaks: LeakRules = LeakRules()
    github_public_keys: str | None = None
    connections: ConnectionLimits = ConnectionLimits()
    portal_url: str = ""


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _SEPARATORS.split(text) if word)


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _rules(text: str) -> Path | None:
    if text and not Path(text).is_file():
        raise ValueError(f"there is no file {text}")
    return _path(text)


def _portal_url(text: str) -> str:
    """A bare origin over HTTPS, or of this machine."""
    if not text:
        return ""
    origin = text.rstrip("/")
    secure = _ORIGIN.fullmatch(origin) is not None
    if not secure and _OWN_ORIGIN.fullmatch(origin) is None:
        raise ValueError("expected an origin without a path, such as https://keys.example.com")
    return origin


def _networks(text: str) -> Networks:
    try:
        return Networks(_words(text))
    except InvalidNetwork as error:
        raise ValueError(str(error)) from None


def _roots(text: str) -> tuple[bytes, ...]:
    """The digests of the root credentials: several of them, separated by commas or lines, while one is replaced."""
    roots = _words(text)
    if any(len(root) < ROOT_LENGTH_MIN or not root.isascii() for root in roots):
        raise ValueError(
            f"a root credential is random and has at least {ROOT_LENGTH_MIN} ASCII characters; "
            "make one with: openssl rand -hex 32"
        )
    return tuple(hashlib.sha256(root.encode()).digest() for root in roots)


_LIMITS: Final = ConnectionLimits()
_COUNT: Final = whole(0, 999_999)
_SECONDS: Final = whole(1, SECONDS_MAX, " seconds")

# Every setting, in the order in which docs/keyturn.md lists them; a test compares the two.
TABLE: Final = (
    Variable(
        "KEYTURN_DATABASE_URL",
        str,
        DATABASE_DEFAULT,
        "`sqlite:///path` or `postgresql://user@host/name`",
    ),
    in_a_file("KEYTURN_DATABASE_URL"),
    Variable(
        "KEYTURN_ROOT_KEY",
        _roots,
        "",
        "the root credential, 32 characters or more; two, separated by a comma, while you replace it",
        instead="none: keys manage keys",
        secret=True,
    ),
    in_a_file("KEYTURN_ROOT_KEY"),
    Variable(
        "KEYTURN_SCOPES",
        _words,
        "",
        "the scopes that your API has, `resource:action`",
        instead="only Keyturn's own",
    ),
    Variable(
        "KEYTURN_PUBLISHABLE_SCOPES",
        _words,
        "",
        "those of them that a publishable key may have",
        instead="none",
    ),
    Variable(
        "KEYTURN_RULES",
        _rules,
        "",
        "what each path needs, for forward-auth",
        instead="none",
    ),
    Variable(
        "KEYTURN_KEY_HEADERS",
        _words,
        " ".join(DEFAULT_HEADERS),
        "the headers in which a proxy's requests carry their keys ([where keys are](#where-keys-are))",
    ),
    Variable(
        "KEYTURN_KEY_SCHEMES",
        _words,
        " ".join(DEFAULT_SCHEMES),
        "the schemes of `Authorization` by which they do, such as `api-key`, `token` and `basic-password`",
    ),
    Variable(
        "KEYTURN_TRUSTED_PROXIES",
        _networks,
        ",".join((*LOOPBACK, UNIX)),
        "networks whose word on where a request came from is believed",
        instead="this machine",
    ),
    Variable(
        "KEYTURN_PLAIN_HTTP_FROM",
        _networks,
        ",".join((*LOOPBACK, UNIX)),
        "networks that may speak to it without TLS",
        instead="this machine",
    ),
    Variable(
        "KEYTURN_RATE_PER_SECOND",
        _COUNT,
        f"{DEFAULT_LIMIT.per_second:.0f}",
        "requests a second of a key that has no rate limit of its own; 0 for no limit",
    ),
    Variable(
        "KEYTURN_BURST",
        _COUNT,
        str(DEFAULT_LIMIT.burst),
        "requests at once after a pause, for such a key",
    ),
    Variable(
        "KEYTURN_QUARANTINE",
        flag,
        "0",
        "1: disable a live secret key that came in clear text or in a URL",
    ),
    Variable(
        "KEYTURN_QUARANTINE_MAX",
        _COUNT,
        str(LeakRules().quarantined_max),
        "that many an hour at most",
    ),
    Variable(
        "KEYTURN_LEAK_RESPONSE",
        one_of(LeakResponse),
        LeakResponse.REVOKE.value,
        "what is done with a live key that GitHub found: `revoke`, `disable`, `alert`",
    ),
    Variable(
        "KEYTURN_GITHUB_PUBLIC_KEYS",
        str,
        "",
        "with what GitHub signs its reports: an address or a file",
        instead="none are taken",
    ),
    Variable(
        "KEYTURN_CONNECTIONS",
        _COUNT,
        str(_LIMITS.open_max),
        "connections that the process holds; 0 for as many as its open files allow",
    ),
    Variable(
        "KEYTURN_CONNECTIONS_PER_CLIENT",
        _COUNT,
        str(_LIMITS.per_client_max),
        "connections of one client; 0 for a quarter of all",
    ),
    Variable(
        "KEYTURN_IDLE_SECONDS",
        _SECONDS,
        str(_LIMITS.idle_seconds),
        "how long a connection waits for its next request; longer than your proxy keeps its own",
    ),
    Variable(
        "KEYTURN_HEAD_SECONDS",
        _SECONDS,
        str(_LIMITS.head_seconds),
        "how long a request's head may take ([connections](operating.md#connections))",
    ),
    Variable(
        "KEYTURN_BODY_SECONDS",
        _SECONDS,
        str(_LIMITS.body_seconds),
        "how long a request's body may take, and one second more for each 1,000 bytes of it",
    ),
    Variable(
        "KEYTURN_VALKEY_URL",
        str,
        "",
        "where several servers count limits together",
        instead="each for itself",
    ),
    in_a_file("KEYTURN_VALKEY_URL"),
    Variable(
        "KEYTURN_PUBLIC_URL",
        _portal_url,
        "",
        "the origin at which your customers reach their [page](#a-page-for-your-customers): `https://keys.example.com`",
        instead="no page",
    ),
)
_IN_FILES: Final = tuple(one.name.removesuffix("_FILE") for one in TABLE if one.name.endswith("_FILE"))
VARIABLES: Final = tuple(one.name for one in TABLE)


def unknown_variables() -> dict[str, str]:
    """The variables that begin as ours do and are like none of our settings, each with what is said of it."""
    return unknown(os.environ, PREFIX, VARIABLES)


def load(environment: Mapping[str, str] | None = None, *, database_url: str | None = None) -> Settings:
    """The settings out of the environment; what is given here wins over it.

    Raises:
        SettingsError: a value cannot be used.
    """
    given = os.environ if environment is None else environment
    if (problem := cannot_be_meant(given, PREFIX, VARIABLES)) is not None:
        raise SettingsError(problem)
    given = with_files(given, _IN_FILES, SettingsError)
    found: dict[str, Any] = {
        one.name.removeprefix(PREFIX): one.value(_text_of(one, given), SettingsError) for one in TABLE
    }
    offered = tuple(dict.fromkeys((*found["SCOPES"], *OWN_SCOPES)))
    _check_scopes(offered, found["PUBLISHABLE_SCOPES"])
    if found["RATE_PER_SECOND"] and not found["BURST"]:
        raise SettingsError("KEYTURN_BURST: expected at least 1")
    try:
        key_places = KeyPlaces(found["KEY_HEADERS"], found["KEY_SCHEMES"])
    except InvalidKeyPlace as error:
        raise SettingsError(f"KEYTURN_KEY_HEADERS, KEYTURN_KEY_SCHEMES: {error}") from error
    limit = Limit(float(found["RATE_PER_SECOND"]), found["BURST"]) if found["RATE_PER_SECOND"] else None
    return Settings(
        database_url=database_url or found["DATABASE_URL"],
        roots=found["ROOT_KEY"],
        scopes=offered,
        publishable=found["PUBLISHABLE_SCOPES"],
        trusted_proxies=found["TRUSTED_PROXIES"],
        plain_http_from=found["PLAIN_HTTP_FROM"],
        rules=found["RULES"],
        key_places=key_places,
        limit=limit,
        valkey_url=found["VALKEY_URL"] or None,
        leaks=LeakRules(
            response=LeakResponse(found["LEAK_RESPONSE"]),
            quarantine=found["QUARANTINE"],
            quarantined_max=found["QUARANTINE_MAX"],
        ),
        github_public_keys=found["GITHUB_PUBLIC_KEYS"] or None,
        connections=ConnectionLimits(
            open_max=found["CONNECTIONS"],
            per_client_max=found["CONNECTIONS_PER_CLIENT"],
            idle_seconds=found["IDLE_SECONDS"],
            head_seconds=found["HEAD_SECONDS"],
            body_seconds=found["BODY_SECONDS"],
        ),
        portal_url=found["PUBLIC_URL"],
    )


def _text_of(one: Variable, given: Mapping[str, str]) -> str:
    # Nobody is trusted where these are set and empty; everything else is then as if it were not set.
    if one.parse is _networks:
        return given.get(one.name, one.default)
    return given.get(one.name) or one.default


def _check_scopes(offered: tuple[str, ...], publishable: tuple[str, ...]) -> None:
    for scope in (*offered, *publishable):
        if not is_scope_name(scope):
            raise SettingsError(
                f"KEYTURN_SCOPES: {scope[:40]!r} is no scope; expected resource:action, each in a-z0-9_"
            )
    if wrong := sorted(set(publishable) - set(offered)):
        raise SettingsError(
            f"KEYTURN_PUBLISHABLE_SCOPES: {wrong[0]} is not among KEYTURN_SCOPES{meant(wrong[0], offered)}"
        )
    if wrong := sorted(set(publishable) & set(OWN_SCOPES)):
        raise SettingsError(f"KEYTURN_PUBLISHABLE_SCOPES: {wrong[0]} is not for keys that anybody may hold")
