"""What an operator may set: ``TILLGATE_…`` variables and command line options. The only reader of the environment."""

import os
import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Final, Literal, NamedTuple

from keyturn import DEFAULT_LIMIT, Limit
from keyturn.connections import SECONDS_MAX, ConnectionLimits
from keyturn.database.opening import SQLITE_SCHEME
from keyturn.environment import cannot_be_meant
from keyturn.leaks.responding import LeakResponse, LeakRules
from tillgate.base.clock import DAY_MS, MINUTE_MS
from tillgate.checkout.sessions.model import LIFETIME_MAX_MS, LIFETIME_MIN_MS
from tillgate.events.deliveries.guard import IPNetwork
from tillgate.store.sealing import key_from

DATA_DEFAULT: Final = "./data"
DATABASE_FILE: Final = "tillgate.db"
HIGH_WATER_FILE: Final = "high-water"
HOST_DEFAULT: Final = "127.0.0.1"
PORT_DEFAULT: Final = 8080
WORKERS_MAX: Final = 64
# Sessions that one visitor opens from one payment link: as many as a shop's till behind one address may need.
VISITS_PER_MINUTE: Final = 10
VISITS_BURST: Final = 30
# Requests of one visitor with a publishable key. Sixty people behind one address, as in a hall, who open their
# checkouts in the same moment and look at them every three seconds are all served; one who loops leaves the others most
# of the key's rate.
VISITOR_PER_SECOND: Final = 20
VISITOR_BURST: Final = 100
REQUEST_LOG_DAYS: Final = 14
REQUEST_LOG_DAYS_MAX: Final = 400
# Of a server's processes together; each has some, however many they are.
CONNECTIONS_MAX: Final = 48
CONNECTIONS_OF_PROCESS_MAX: Final = 24
CONNECTIONS_OF_PROCESS_MIN: Final = 4

# What a merchant's own program is set up with, too.
API_KEY_VARIABLE: Final = "CHECKOUT_API_KEY"
WEBHOOK_SECRET_VARIABLE: Final = "CHECKOUT_WEBHOOK_SECRET"  # noqa: S105 — where it is, not what it is

VARIABLES: Final = (
    API_KEY_VARIABLE,
    WEBHOOK_SECRET_VARIABLE,
    "TILLGATE_BODY_SECONDS",
    "TILLGATE_CONNECTIONS",
    "TILLGATE_CONNECTIONS_PER_CLIENT",
    "TILLGATE_DATABASE_URL",
    "TILLGATE_DATA",
    "TILLGATE_DEV",
    "TILLGATE_GITHUB_PUBLIC_KEYS",
    "TILLGATE_HEAD_SECONDS",
    "TILLGATE_HIGH_WATER",
    "TILLGATE_IDLE_SECONDS",
    "TILLGATE_KEY_BURST",
    "TILLGATE_KEY_RATE_PER_SECOND",
    "TILLGATE_LATE_GRACE_HOURS",
    "TILLGATE_LEAK_RESPONSE",
    "TILLGATE_LINK_VISITS_BURST",
    "TILLGATE_LINK_VISITS_PER_MINUTE",
    "TILLGATE_PUBLIC_URL",
    "TILLGATE_QUARANTINE",
    "TILLGATE_QUARANTINE_MAX",
    "TILLGATE_REQUEST_LOG_DAYS",
    "TILLGATE_SECRET_KEY",
    "TILLGATE_SESSION_LIFETIME_MINUTES",
    "TILLGATE_TRUSTED_PROXIES",
    "TILLGATE_VALKEY_URL",
    "TILLGATE_VISITOR_BURST",
    "TILLGATE_VISITOR_RATE_PER_SECOND",
    "TILLGATE_WEBHOOK_NETWORKS",
    "TILLGATE_WORKERS",
)

# PostgreSQL's URLs may carry it among the parameters, too.
_QUERY_PASSWORD: Final = re.compile(r"([?&](?:ssl)?password=)[^&]*", re.IGNORECASE)

# What the client takes (keyturn.limiting.shared), which is not loaded where nobody uses it.
VALKEY_SCHEMES: Final = ("valkey://", "valkeys://", "redis://", "rediss://", "unix://")

Origin = Literal["default", "environment", "command line"]


class SettingsError(Exception):
    """A setting cannot be used; the message names it and says what was expected."""


class Setting(NamedTuple):
    """One setting as ``tillgate doctor`` lists it. A secret's value is never among it."""

    name: str
    value: str
    origin: Origin


class Settings(NamedTuple):
    """Everything the server is told. ``listed`` says where each came from; a limit that is None is none."""

    data: Path
    database_url: str
    public_url: str
    dev: bool
    session_lifetime_ms: int
    late_grace_ms: int
    given_secret_key: str | None
    listed: tuple[Setting, ...]
    key_limit: Limit | None = None
    webhook_networks: tuple[IPNetwork, ...] = ()
    trusted_proxies: tuple[IPNetwork, ...] = ()
    workers: int = 1
    valkey_url: str | None = None
    leaks: LeakRules = LeakRules()
    github_public_keys: str = ""
    request_log_days: int = REQUEST_LOG_DAYS
    visit_limit: Limit | None = Limit(VISITS_PER_MINUTE / 60, VISITS_BURST)
    connections: ConnectionLimits = ConnectionLimits()
    high_water_dir: Path | None = None
    visitor_limit: Limit | None = Limit(float(VISITOR_PER_SECOND), VISITOR_BURST)

    @property
    def connections_max(self) -> int:
        """How many connections to PostgreSQL each of the server's processes may hold."""
        share = CONNECTIONS_MAX // self.workers
        return max(min(share, CONNECTIONS_OF_PROCESS_MAX), CONNECTIONS_OF_PROCESS_MIN)

    @property
    def high_water_file(self) -> Path | None:
        """Where numbers that must never be given out twice are kept: beside SQLite's file unless a directory is set."""
        if self.high_water_dir is not None:
            return self.high_water_dir / HIGH_WATER_FILE
        if not self.database_url.startswith(SQLITE_SCHEME):
            return None
        file = Path(self.database_url.removeprefix(SQLITE_SCHEME))
        return file.with_name(f"{file.name}.{HIGH_WATER_FILE}")

    def secret_key(self) -> str:
        """The instance's key: from ``TILLGATE_SECRET_KEY``, or else kept in the data directory."""
        return self.given_secret_key if self.given_secret_key is not None else key_from(self.data)

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{one.name}={one.value}' for one in self.listed)})"


def _connection_limits(pick: Callable[[str, str | None, str], str]) -> ConnectionLimits:
    default = ConnectionLimits()
    return ConnectionLimits(
        _whole(pick("CONNECTIONS", None, str(default.open_max)), "CONNECTIONS"),
        _whole(pick("CONNECTIONS_PER_CLIENT", None, str(default.per_client_max)), "CONNECTIONS_PER_CLIENT"),
        _seconds(pick("IDLE_SECONDS", None, str(default.idle_seconds)), "IDLE_SECONDS"),
        _seconds(pick("HEAD_SECONDS", None, str(default.head_seconds)), "HEAD_SECONDS"),
        _seconds(pick("BODY_SECONDS", None, str(default.body_seconds)), "BODY_SECONDS"),
    )


def load(
    *,
    data: str | None = None,
    database_url: str | None = None,
    host: str = HOST_DEFAULT,
    port: int = PORT_DEFAULT,
    workers: int | None = None,
    dev: bool | None = None,
) -> Settings:
    """The settings: what is given here wins over the environment, which wins over the defaults.

    Raises:
        SettingsError: a value cannot be used.
    """
    if (problem := cannot_be_meant(os.environ, "TILLGATE_", VARIABLES)) is not None:
        raise SettingsError(problem)
    listed: list[Setting] = []

    def pick(name: str, given: str | None, default: str) -> str:
        variable = f"TILLGATE_{name}"
        if given is not None:
            value, origin = given, "command line"
        elif os.environ.get(variable):
            value, origin = os.environ[variable], "environment"
        else:
            value, origin = default, "default"
        shown = "(set)" if name == "SECRET_KEY" and value else _without_password(value)
        listed.append(Setting(variable, shown, origin))  # type: ignore[arg-type]
        return value

    data_path = Path(pick("DATA", data, DATA_DEFAULT))
    url = pick("DATABASE_URL", database_url, f"sqlite:///{data_path / DATABASE_FILE}")
    public_host = "localhost" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104
    public_url = pick("PUBLIC_URL", None, f"http://{public_host}:{port}").rstrip("/")
    if not public_url.startswith(("http://", "https://")):
        raise SettingsError(f"TILLGATE_PUBLIC_URL: expected http(s)://host, got {public_url!r}")
    dev_flag = _flag(pick("DEV", None if dev is None else str(int(dev)), "0"), "DEV")
    lifetime_ms = _whole(pick("SESSION_LIFETIME_MINUTES", None, "60"), "SESSION_LIFETIME_MINUTES") * MINUTE_MS
    if not LIFETIME_MIN_MS <= lifetime_ms <= LIFETIME_MAX_MS:
        raise SettingsError("TILLGATE_SESSION_LIFETIME_MINUTES: expected 5 to 10080 (seven days)")
    grace_ms = _whole(pick("LATE_GRACE_HOURS", None, "24"), "LATE_GRACE_HOURS") * DAY_MS // 24
    per_second = _whole(pick("KEY_RATE_PER_SECOND", None, f"{DEFAULT_LIMIT.per_second:.0f}"), "KEY_RATE_PER_SECOND")
    burst = _whole(pick("KEY_BURST", None, str(DEFAULT_LIMIT.burst)), "KEY_BURST")
    if per_second and not burst:
        raise SettingsError("TILLGATE_KEY_BURST: expected at least 1")
    visits = _whole(pick("LINK_VISITS_PER_MINUTE", None, str(VISITS_PER_MINUTE)), "LINK_VISITS_PER_MINUTE")
    visits_burst = _whole(pick("LINK_VISITS_BURST", None, str(VISITS_BURST)), "LINK_VISITS_BURST")
    if visits and not visits_burst:
        raise SettingsError("TILLGATE_LINK_VISITS_BURST: expected at least 1")
    visitor_rate = _whole(pick("VISITOR_RATE_PER_SECOND", None, str(VISITOR_PER_SECOND)), "VISITOR_RATE_PER_SECOND")
    visitor_burst = _whole(pick("VISITOR_BURST", None, str(VISITOR_BURST)), "VISITOR_BURST")
    if visitor_rate and not visitor_burst:
        raise SettingsError("TILLGATE_VISITOR_BURST: expected at least 1")
    count = _whole(pick("WORKERS", None if workers is None else str(workers), "1"), "WORKERS")
    if not 1 <= count <= WORKERS_MAX:
        raise SettingsError(f"TILLGATE_WORKERS: expected 1 to {WORKERS_MAX}")
    request_log_days = _whole(pick("REQUEST_LOG_DAYS", None, str(REQUEST_LOG_DAYS)), "REQUEST_LOG_DAYS")
    if request_log_days > REQUEST_LOG_DAYS_MAX:
        raise SettingsError(f"TILLGATE_REQUEST_LOG_DAYS: expected 0 (no request log) to {REQUEST_LOG_DAYS_MAX}")
    valkey_url = pick("VALKEY_URL", None, "")
    if valkey_url and not valkey_url.startswith(VALKEY_SCHEMES):
        raise SettingsError("TILLGATE_VALKEY_URL: expected valkey://host:6379/0, redis://…, or valkeys:// over TLS")
    networks = _networks(pick("WEBHOOK_NETWORKS", None, ""), "WEBHOOK_NETWORKS")
    proxies = _networks(pick("TRUSTED_PROXIES", None, "127.0.0.1,::1"), "TRUSTED_PROXIES")
    leaks = LeakRules(
        response=_leak_response(pick("LEAK_RESPONSE", None, LeakResponse.REVOKE.value)),
        quarantine=_flag(pick("QUARANTINE", None, "0"), "QUARANTINE"),
        quarantined_max=_whole(pick("QUARANTINE_MAX", None, "5"), "QUARANTINE_MAX"),
    )
    github_public_keys = pick("GITHUB_PUBLIC_KEYS", None, "")
    if "://" in github_public_keys and not github_public_keys.startswith(("https://", "http://")):
        raise SettingsError("TILLGATE_GITHUB_PUBLIC_KEYS: expected an http(s) address or a file's path")
    connections = _connection_limits(pick)
    high_water = pick("HIGH_WATER", None, "")
    key = pick("SECRET_KEY", None, "")
    return Settings(
        data_path,
        url,
        public_url,
        dev_flag,
        lifetime_ms,
        grace_ms,
        key or None,
        tuple(listed),
        Limit(float(per_second), burst) if per_second else None,
        networks,
        proxies,
        count,
        valkey_url or None,
        leaks,
        github_public_keys,
        request_log_days,
        Limit(visits / 60, visits_burst) if visits else None,
        connections,
        Path(high_water) if high_water else None,
        Limit(float(visitor_rate), visitor_burst) if visitor_rate else None,
    )


def api_key() -> str:
    """The key that commands which speak to a server over HTTP present; empty where none is set."""
    return os.environ.get(API_KEY_VARIABLE, "")


def webhook_secret() -> str:
    """What ``tillgate listen`` is told to sign with; empty where it is to make a secret of its own."""
    return os.environ.get(WEBHOOK_SECRET_VARIABLE, "")


def _without_password(value: str) -> str:
    """A URL as it may be shown: no password before the host, nor in the query."""
    shown = _QUERY_PASSWORD.sub(r"\1…", value)
    userinfo, at, host = shown.rpartition("@")
    scheme, separator, names = userinfo.rpartition("://")
    return f"{scheme}{separator}{names.partition(':')[0]}:…@{host}" if at and ":" in names else shown


def _flag(text: str, name: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise SettingsError(f"TILLGATE_{name}: expected 1 or 0, got {text[:20]!r}")


def _leak_response(text: str) -> LeakResponse:
    try:
        return LeakResponse(text)
    except ValueError as error:
        words = ", ".join(one.value for one in LeakResponse)
        raise SettingsError(f"TILLGATE_LEAK_RESPONSE: expected one of {words}, got {text[:20]!r}") from error


def _networks(text: str, name: str) -> tuple[IPNetwork, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise SettingsError(
            f"TILLGATE_{name}: expected networks such as 10.1.0.0/16, separated by commas: {error}"
        ) from error


def _seconds(text: str, name: str) -> int:
    found = _whole(text, name)
    if not 1 <= found <= SECONDS_MAX:
        raise SettingsError(f"TILLGATE_{name}: expected 1 to {SECONDS_MAX} seconds, got {text[:20]!r}")
    return found


def _whole(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise SettingsError(f"TILLGATE_{name}: expected a whole number, got {text[:20]!r}")
    return int(text)
