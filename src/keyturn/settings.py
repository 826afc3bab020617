"""What an operator may set for ``keyturn serve``: ``KEYTURN_…`` variables. Keyturn's only reader of the environment."""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from keyturn.connections import SECONDS_MAX, ConnectionLimits
from keyturn.environment import cannot_be_meant, meant
from keyturn.errors import InvalidNetwork
from keyturn.http.proxies import LOOPBACK, Networks
from keyturn.keys.model import is_scope_name
from keyturn.leaks.responding import LeakResponse, LeakRules
from keyturn.limiting.gcra import DEFAULT_LIMIT, Limit

DATABASE_DEFAULT: Final = "sqlite:///keyturn.db"
HOST_DEFAULT: Final = "127.0.0.1"
PORT_DEFAULT: Final = 8090
ROOT_LENGTH_MIN: Final = 32

# What the server itself asks of keys, beside the scopes that the operator offers.
VERIFY: Final = "keys:verify"
READ: Final = "keys:read"
WRITE: Final = "keys:write"
OWN_SCOPES: Final = (READ, VERIFY, WRITE)

VARIABLES: Final = (
    "KEYTURN_BODY_SECONDS",
    "KEYTURN_BURST",
    "KEYTURN_CONNECTIONS",
    "KEYTURN_CONNECTIONS_PER_CLIENT",
    "KEYTURN_DATABASE_URL",
    "KEYTURN_GITHUB_PUBLIC_KEYS",
    "KEYTURN_HEAD_SECONDS",
    "KEYTURN_IDLE_SECONDS",
    "KEYTURN_LEAK_RESPONSE",
    "KEYTURN_PLAIN_HTTP_FROM",
    "KEYTURN_PUBLISHABLE_SCOPES",
    "KEYTURN_QUARANTINE",
    "KEYTURN_QUARANTINE_MAX",
    "KEYTURN_RATE_PER_SECOND",
    "KEYTURN_ROOT_KEY",
    "KEYTURN_ROOT_KEY_FILE",
    "KEYTURN_RULES",
    "KEYTURN_SCOPES",
    "KEYTURN_TRUSTED_PROXIES",
    "KEYTURN_VALKEY_URL",
)

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
        limit: what a key without a pace of its own may do; None for no limit.
        leaks: what becomes of keys that are found where they should not be.
        github_public_keys: where GitHub's public keys are, if it reports here: an address or a file.
        valkey_url: where several servers count limits together; None for each by itself.
        connections: how many there may be, and how long they take.
    """

    database_url: str = DATABASE_DEFAULT
    roots: tuple[bytes, ...] = ()
    scopes: tuple[str, ...] = OWN_SCOPES
    publishable: tuple[str, ...] = ()
    trusted_proxies: Networks = Networks(LOOPBACK)
    plain_http_from: Networks = Networks(LOOPBACK)
    rules: Path | None = None
    limit: Limit | None = DEFAULT_LIMIT
    valkey_url: str | None = None
    leaks: LeakRules = LeakRules()
    github_public_keys: str | None = None
    connections: ConnectionLimits = ConnectionLimits()


def load(environment: Mapping[str, str] | None = None, *, database_url: str | None = None) -> Settings:
    """The settings out of the environment; what is given here wins over it.

    Raises:
        SettingsError: a value cannot be used.
    """
    given = os.environ if environment is None else environment
    if (problem := cannot_be_meant(given, "KEYTURN_", VARIABLES)) is not None:
        raise SettingsError(problem)

    def words(name: str) -> tuple[str, ...]:
        return tuple(word for word in _SEPARATORS.split(given.get(name, "")) if word)

    offered = tuple(dict.fromkeys((*words("KEYTURN_SCOPES"), *OWN_SCOPES)))
    publishable = words("KEYTURN_PUBLISHABLE_SCOPES")
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
    rules = Path(given["KEYTURN_RULES"]) if given.get("KEYTURN_RULES") else None
    if rules is not None and not rules.is_file():
        raise SettingsError(f"KEYTURN_RULES: there is no file {rules}")
    return Settings(
        database_url=database_url or given.get("KEYTURN_DATABASE_URL") or DATABASE_DEFAULT,
        roots=_roots(given),
        scopes=offered,
        publishable=publishable,
        trusted_proxies=_networks("KEYTURN_TRUSTED_PROXIES", given),
        plain_http_from=_networks("KEYTURN_PLAIN_HTTP_FROM", given),
        rules=rules,
        limit=_limit(given),
        valkey_url=given.get("KEYTURN_VALKEY_URL") or None,
        leaks=_leaks(given),
        github_public_keys=given.get("KEYTURN_GITHUB_PUBLIC_KEYS") or None,
        connections=_connections(given),
    )


def _roots(given: Mapping[str, str]) -> tuple[bytes, ...]:
    """The digests of the root credentials: several of them, separated by commas or lines, while one is replaced."""
    text = given.get("KEYTURN_ROOT_KEY", "")
    file = given.get("KEYTURN_ROOT_KEY_FILE")
    if file and text:
        raise SettingsError("KEYTURN_ROOT_KEY and KEYTURN_ROOT_KEY_FILE are both set; keep one")
    if file:
        try:
            text = Path(file).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"KEYTURN_ROOT_KEY_FILE: {file} cannot be read: {error}") from error
    roots = [word for word in _SEPARATORS.split(text) if word]
    if any(len(root) < ROOT_LENGTH_MIN or not root.isascii() for root in roots):
        raise SettingsError(
            f"KEYTURN_ROOT_KEY: a root credential is random and has at least {ROOT_LENGTH_MIN} ASCII characters; "
            "make one with: openssl rand -hex 32"
        )
    return tuple(hashlib.sha256(root.encode()).digest() for root in roots)


def _leaks(given: Mapping[str, str]) -> LeakRules:
    word = given.get("KEYTURN_LEAK_RESPONSE") or LeakResponse.REVOKE.value
    if word not in tuple(LeakResponse):
        raise SettingsError(f"KEYTURN_LEAK_RESPONSE: expected one of {', '.join(LeakResponse)}, got {word[:20]!r}")
    flag = given.get("KEYTURN_QUARANTINE") or "0"
    if flag not in ("0", "1"):
        raise SettingsError(f"KEYTURN_QUARANTINE: expected 1 or 0, got {flag[:20]!r}")
    most = _whole("KEYTURN_QUARANTINE_MAX", given, LeakRules().quarantined_max)
    return LeakRules(response=LeakResponse(word), quarantine=flag == "1", quarantined_max=most)


def _connections(given: Mapping[str, str]) -> ConnectionLimits:
    default = ConnectionLimits()

    def seconds(name: str, otherwise: int) -> int:
        found = _whole(name, given, otherwise)
        if not 1 <= found <= SECONDS_MAX:
            raise SettingsError(f"{name}: expected 1 to {SECONDS_MAX} seconds")
        return found

    return ConnectionLimits(
        open_max=_whole("KEYTURN_CONNECTIONS", given, default.open_max),
        per_client_max=_whole("KEYTURN_CONNECTIONS_PER_CLIENT", given, default.per_client_max),
        idle_seconds=seconds("KEYTURN_IDLE_SECONDS", default.idle_seconds),
        head_seconds=seconds("KEYTURN_HEAD_SECONDS", default.head_seconds),
        body_seconds=seconds("KEYTURN_BODY_SECONDS", default.body_seconds),
    )


def _networks(name: str, given: Mapping[str, str]) -> Networks:
    if name not in given:
        return Networks(LOOPBACK)
    try:
        return Networks(word for word in _SEPARATORS.split(given[name]) if word)
    except InvalidNetwork as error:
        raise SettingsError(f"{name}: {error}") from error


def _limit(given: Mapping[str, str]) -> Limit | None:
    per_second = _whole("KEYTURN_RATE_PER_SECOND", given, int(DEFAULT_LIMIT.per_second))
    burst = _whole("KEYTURN_BURST", given, DEFAULT_LIMIT.burst)
    if per_second and not burst:
        raise SettingsError("KEYTURN_BURST: expected at least 1")
    return Limit(float(per_second), burst) if per_second else None


def _whole(name: str, given: Mapping[str, str], default: int) -> int:
    text = given.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise SettingsError(f"{name}: expected a whole number, 0 for no limit, got {text[:20]!r}")
    return int(text)
