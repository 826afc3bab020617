"""What an operator may set: ``TILLGATE_…`` variables and command line options. The only reader of the environment."""

import os
import re
from collections.abc import Container, Mapping
from email.errors import HeaderParseError
from email.headerregistry import Address
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from keyturn import DEFAULT_LIMIT, Limit
from keyturn.connections import SECONDS_MAX, ConnectionLimits
from keyturn.database.opening import SQLITE_SCHEME
from keyturn.environment import Variable, cannot_be_meant, flag, in_a_file, misspelt, one_of, unknown, whole, with_files
from keyturn.leaks.responding import LeakResponse, LeakRules
from tillgate.base.clock import DAY_MS, MINUTE_MS
from tillgate.base.errors import InvalidInput
from tillgate.base.text import checked_email, is_loopback_host
from tillgate.checkout.sessions.model import LIFETIME_MAX_MS, LIFETIME_MIN_MS
from tillgate.documents.context import DocumentSettings
from tillgate.documents.engine import Limits
from tillgate.events.deliveries.guard import IPNetwork
from tillgate.mail.model import MailServer, Tls
from tillgate.store.sealing import key_from

PREFIX: Final = "TILLGATE_"
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
# One year, as OWASP and browsers' lists ask for.
HSTS_SECONDS: Final = 31_536_000
HSTS_SECONDS_MAX: Final = 10 * HSTS_SECONDS
REQUEST_LOG_DAYS: Final = 14
REQUEST_LOG_DAYS_MAX: Final = 400
# Of a server's processes together; each has some, however many they are.
CONNECTIONS_MAX: Final = 48
CONNECTIONS_OF_PROCESS_MAX: Final = 24
CONNECTIONS_OF_PROCESS_MIN: Final = 4

# What a merchant's own program is set up with, too.
API_KEY_VARIABLE: Final = "CHECKOUT_API_KEY"
BASE_URL_VARIABLE: Final = "CHECKOUT_BASE_URL"
WEBHOOK_SECRET_VARIABLE: Final = "CHECKOUT_WEBHOOK_SECRET"  # noqa: S105 — where it is, not what it is

# PostgreSQL's URLs may carry it among the parameters, too.
_QUERY_PASSWORD: Final = re.compile(r"([?&](?:ssl)?password=)[^&]*", re.IGNORECASE)

# What the client takes (keyturn.limiting.shared), which is not loaded where nobody uses it.
_HOST: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")

VALKEY_SCHEMES: Final = ("valkey://", "valkeys://", "redis://", "rediss://", "unix://")

Origin = Literal["default", "environment", "command line"]


_LIMITS: Final = ConnectionLimits()
_DOCUMENTS: Final = DocumentSettings()
MEGABYTE: Final = 1024 * 1024
RENDER_WORKERS_MAX: Final = 64
RENDER_SECONDS_MAX: Final = 600


class SettingsError(Exception):
    """A setting cannot be used; the message names it and says what was expected."""


def _origin(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError(f"expected http(s)://host, got {text[:60]!r}")
    return text.rstrip("/")


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _valkey(text: str) -> str | None:
    if text and not text.startswith(VALKEY_SCHEMES):
        raise ValueError("expected valkey://host:6379/0, redis://…, or valkeys:// over TLS")
    return text or None


def _github(text: str) -> str:
    if "://" in text and not text.startswith(("https://", "http://")):
        raise ValueError("expected an http(s) address or a file's path")
    return text


def _host(text: str) -> str:
    if not text or _HOST.fullmatch(text):
        return text
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("expected a host name or an address, without a port") from None


def _address(text: str) -> str:
    if not text:
        return ""
    try:
        address = checked_email(text)
        Address(addr_spec=address)
    except (InvalidInput, ValueError, HeaderParseError, IndexError):
        raise ValueError("expected one e-mail address, such as shop@example.com") from None
    if not address.isascii():
        raise ValueError("expected an e-mail address in ASCII")
    return address


def _mail(found: Mapping[str, Any]) -> MailServer | None:
    """The mail server, where there is one."""
    host: str = found["SMTP_HOST"]
    if not host:
        return None
    if not found["MAIL_FROM"]:
        raise SettingsError(f"{PREFIX}MAIL_FROM: expected the address that mail comes from, with {PREFIX}SMTP_HOST")
    if bool(found["SMTP_USER"]) != bool(found["SMTP_PASSWORD"]):
        raise SettingsError(f"{PREFIX}SMTP_USER and {PREFIX}SMTP_PASSWORD: expected both or neither")
    tls = Tls(found["SMTP_TLS"])
    if tls is Tls.NONE and found["SMTP_PASSWORD"] and not is_loopback_host(host):
        raise SettingsError(
            f"{PREFIX}SMTP_TLS: expected starttls or tls: the password would cross the network in clear text"
        )
    return MailServer(
        host,
        found["SMTP_PORT"],
        tls,
        found["SMTP_USER"],
        found["SMTP_PASSWORD"],
        found["MAIL_FROM"],
        found["MAIL_RETURNS"],
    )


def _networks(text: str) -> tuple[IPNetwork, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"expected networks such as 10.1.0.0/16, separated by commas: {error}") from None


_COUNT: Final = whole(0, 999_999_999)
_SECONDS: Final = whole(1, SECONDS_MAX, " seconds")

# Every setting, in the order in which `tillgate doctor` and docs/operating.md list them; a test compares the two.
TABLE: Final = (
    Variable(
        "TILLGATE_DATA",
        Path,
        DATA_DEFAULT,
        "directory of the SQLite database and the secret key",
        option="--data",
    ),
    Variable(
        "TILLGATE_DATABASE_URL",
        str,
        "",
        "`postgresql://user@host/name`",
        instead="SQLite in the data directory",
        option="--database-url",
    ),
    in_a_file("TILLGATE_DATABASE_URL"),
    Variable(
        "TILLGATE_PUBLIC_URL",
        _origin,
        "",
        "where buyers reach the server; behind a proxy, set it",
        instead="`http://HOST:PORT`",
    ),
    Variable(
        "TILLGATE_SECRET_KEY",
        str,
        "",
        "seals webhook secrets; 32 bytes in URL-safe base 64; several, separated by commas, while it is "
        "[changed](#the-secret-key)",
        instead="kept in `DATA/secret.key`",
        secret=True,
    ),
    in_a_file("TILLGATE_SECRET_KEY"),
    Variable(
        "TILLGATE_HIGH_WATER",
        _path,
        "",
        "directory where the highest numbers given out are kept, [apart from the "
        "database](#numbers-that-are-never-given-out-twice)",
        instead="beside the SQLite file",
    ),
    Variable(
        "TILLGATE_DEV",
        flag,
        "0",
        "plain-http webhooks to this machine, readable logs",
        option="--dev",
    ),
    Variable(
        "TILLGATE_SESSION_LIFETIME_MINUTES",
        whole(LIFETIME_MIN_MS // MINUTE_MS, LIFETIME_MAX_MS // MINUTE_MS, " (seven days)"),
        "60",
        "how long a session waits for money, 5 to 10080",
    ),
    Variable(
        "TILLGATE_LATE_GRACE_HOURS",
        _COUNT,
        "24",
        "how long after its expiry a payment still counts as `paid_late`",
    ),
    Variable(
        "TILLGATE_KEY_RATE_PER_SECOND",
        _COUNT,
        f"{DEFAULT_LIMIT.per_second:.0f}",
        "requests a second that each key may make; `0` for no limit",
    ),
    Variable(
        "TILLGATE_KEY_BURST",
        _COUNT,
        str(DEFAULT_LIMIT.burst),
        "requests at once after a pause",
    ),
    Variable(
        "TILLGATE_VISITOR_RATE_PER_SECOND",
        _COUNT,
        str(VISITOR_PER_SECOND),
        "requests a second that one visitor (an address, or an IPv6 /64) may make with a publishable key, at most half "
        "of the key's own; `0` for no limit",
    ),
    Variable(
        "TILLGATE_VISITOR_BURST",
        _COUNT,
        str(VISITOR_BURST),
        "requests at once after a pause: sixty people behind one address are all served",
    ),
    Variable(
        "TILLGATE_LINK_VISITS_PER_MINUTE",
        _COUNT,
        str(VISITS_PER_MINUTE),
        "sessions a minute that one visitor (an address, or an IPv6 /64) may open from one payment link; `0` for "
        "no limit",
    ),
    Variable(
        "TILLGATE_LINK_VISITS_BURST",
        _COUNT,
        str(VISITS_BURST),
        "sessions at once after a pause",
    ),
    Variable(
        "TILLGATE_WORKERS",
        whole(1, WORKERS_MAX),
        "1",
        "server processes on one socket, 1 to 64; more than one need PostgreSQL",
        option="--workers",
    ),
    Variable(
        "TILLGATE_REQUEST_LOG_DAYS",
        whole(0, REQUEST_LOG_DAYS_MAX),
        str(REQUEST_LOG_DAYS),
        "how long each request with a known key is kept in the log; `0` for no log",
    ),
    Variable(
        "TILLGATE_VALKEY_URL",
        _valkey,
        "",
        "where processes count rate limits together: `valkey://host:6379/0`; `valkeys://` over TLS",
    ),
    in_a_file("TILLGATE_VALKEY_URL"),
    Variable(
        "TILLGATE_CONNECTIONS",
        _COUNT,
        str(_LIMITS.open_max),
        "connections that each process holds; `0` for as many as its open files allow, at most 10,000",
    ),
    Variable(
        "TILLGATE_CONNECTIONS_PER_CLIENT",
        _COUNT,
        str(_LIMITS.per_client_max),
        "connections of one client (an address, or an IPv6 /64) to each process, never more than a quarter of all; "
        "`0` for that quarter",
    ),
    Variable(
        "TILLGATE_IDLE_SECONDS",
        _SECONDS,
        str(_LIMITS.idle_seconds),
        "how long a connection waits for its next request",
    ),
    Variable(
        "TILLGATE_HEAD_SECONDS",
        _SECONDS,
        str(_LIMITS.head_seconds),
        "how long the head of a request may take",
    ),
    Variable(
        "TILLGATE_BODY_SECONDS",
        _SECONDS,
        str(_LIMITS.body_seconds),
        "how long a body may take, and one second more for each 1,000 bytes of it",
    ),
    Variable(
        "TILLGATE_TRUSTED_PROXIES",
        _networks,
        "127.0.0.1,::1",
        "proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, both read at the client's place; "
        "addresses and networks",
    ),
    Variable(
        "TILLGATE_HSTS_SECONDS",
        whole(0, HSTS_SECONDS_MAX),
        str(HSTS_SECONDS),
        "how long browsers that came over TLS use nothing else for this host (`Strict-Transport-Security`), where "
        "`TILLGATE_PUBLIC_URL` is https; `0` where the proxy says it",
    ),
    Variable(
        "TILLGATE_LEAK_RESPONSE",
        one_of(LeakResponse),
        LeakResponse.REVOKE.value,
        "a live key that GitHub found: `revoke`, `disable` or `alert` ([leaks](leaks.md))",
    ),
    Variable(
        "TILLGATE_GITHUB_PUBLIC_KEYS",
        _github,
        "",
        "address or file of GitHub's keys; without it `/leaks/github` does not exist",
    ),
    Variable(
        "TILLGATE_QUARANTINE",
        flag,
        "0",
        "disable a live secret key that arrived in clear text or in a URL",
    ),
    Variable(
        "TILLGATE_QUARANTINE_MAX",
        _COUNT,
        str(LeakRules().quarantined_max),
        "the maximum an hour; beyond it there are only alerts",
    ),
    Variable(
        "TILLGATE_SMTP_HOST",
        _host,
        "",
        "the mail server that [mail](mail.md) is handed to; without it nothing is mailed",
    ),
    Variable(
        "TILLGATE_SMTP_PORT",
        whole(1, 65_535),
        "587",
        "its port: 587 with `starttls`, 465 with `tls`",
    ),
    Variable(
        "TILLGATE_SMTP_TLS",
        one_of(Tls),
        Tls.STARTTLS.value,
        "`starttls`, which is demanded; `tls` from the first byte; `none`, and then no password beyond this machine",
    ),
    Variable(
        "TILLGATE_SMTP_USER",
        str,
        "",
        "who signs in to the mail server",
    ),
    Variable(
        "TILLGATE_SMTP_PASSWORD",
        str,
        "",
        "with which password",
        secret=True,
    ),
    in_a_file("TILLGATE_SMTP_PASSWORD"),
    Variable(
        "TILLGATE_MAIL_FROM",
        _address,
        "",
        "the address that mail comes from: `shop@example.com`; needed with `TILLGATE_SMTP_HOST`",
    ),
    Variable(
        "TILLGATE_MAIL_RETURNS",
        _address,
        "",
        "the address that [undeliverable mail](mail.md#mail-that-comes-back) comes back to; else `TILLGATE_MAIL_FROM`",
    ),
    Variable(
        "TILLGATE_WEBHOOK_NETWORKS",
        _networks,
        "",
        "networks that webhooks may go to beyond public addresses: `10.1.0.0/16,fd00::/8`",
    ),
    Variable(
        "TILLGATE_RENDER_WORKERS",
        whole(1, RENDER_WORKERS_MAX),
        str(_DOCUMENTS.workers),
        "[documents](documents.md) that each server process makes at once",
    ),
    Variable(
        "TILLGATE_RENDER_SECONDS",
        whole(1, RENDER_SECONDS_MAX, " seconds"),
        str(int(_DOCUMENTS.limits.seconds_max)),
        "how long one document may take",
    ),
    Variable(
        "TILLGATE_RENDER_CPU_SECONDS",
        whole(1, RENDER_SECONDS_MAX, " seconds"),
        str(_DOCUMENTS.limits.cpu_seconds_max),
        "how much processor time it may take",
    ),
    Variable(
        "TILLGATE_RENDER_MEMORY_MB",
        whole(384, 65_536, " MB"),
        str(_DOCUMENTS.limits.memory_bytes_max // MEGABYTE),
        "how much memory its process may take, the program itself included",
    ),
    Variable(
        "TILLGATE_RENDER_PAGES",
        whole(1, 100_000),
        str(_DOCUMENTS.limits.pages_max),
        "how many pages it may have",
    ),
    Variable(
        "TILLGATE_RENDER_OUTPUT_MB",
        whole(1, 64, " MB"),
        str(_DOCUMENTS.limits.output_bytes_max // MEGABYTE),
        "how large its file may be",
    ),
    Variable(
        "TILLGATE_RENDERS_WAITING",
        whole(1, 1_000_000),
        str(_DOCUMENTS.waiting_max),
        "how many renders of a project and mode may wait; more are refused as `queue_unavailable`",
    ),
    Variable(
        "TILLGATE_RENDERS_DAYS",
        whole(1, 36_500, " days"),
        str(_DOCUMENTS.kept_ms // DAY_MS),
        "how long renders and their files are kept",
    ),
    Variable(
        "TILLGATE_DOCUMENTS",
        _path,
        "",
        "directory that [documents](documents.md#files) are kept in",
        instead="the database",
    ),
)
BY_NAME: Final = {one.name: one for one in TABLE}
_IN_FILES: Final = tuple(one.removesuffix("_FILE") for one in BY_NAME if one.endswith("_FILE"))
VARIABLES: Final = (API_KEY_VARIABLE, BASE_URL_VARIABLE, WEBHOOK_SECRET_VARIABLE, *BY_NAME)


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
    hsts_seconds: int = HSTS_SECONDS
    mail: MailServer | None = None
    documents: DocumentSettings = DocumentSettings()

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


def misspelt_variables() -> dict[str, str]:
    """The variables that are slips of a setting's name, each with what is wrong with it."""
    return misspelt(os.environ, PREFIX, VARIABLES)


def unknown_variables() -> dict[str, str]:
    """The variables that begin as ours do and are like none of our settings, each with what is said of it."""
    return unknown(os.environ, PREFIX, VARIABLES)


def load(
    *,
    data: str | None = None,
    database_url: str | None = None,
    host: str = HOST_DEFAULT,
    port: int = PORT_DEFAULT,
    workers: int | None = None,
    dev: bool | None = None,
    passing_over: Container[str] = (),
) -> Settings:
    """The settings: what is given here wins over the environment, which wins over the defaults.

    Args:
        passing_over: variables that are known to be wrong and were reported.

    Raises:
        SettingsError: a value cannot be used.
    """
    environment = {name: value for name, value in os.environ.items() if name not in passing_over}
    if (problem := cannot_be_meant(environment, PREFIX, VARIABLES)) is not None:
        raise SettingsError(problem)
    environment = with_files(environment, _IN_FILES, SettingsError)
    public_host = "localhost" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104
    given = {
        "DATA": data,
        "DATABASE_URL": database_url,
        "WORKERS": None if workers is None else str(workers),
        "DEV": None if dev is None else str(int(dev)),
    }
    directory = data or environment.get(f"{PREFIX}DATA") or DATA_DEFAULT
    otherwise = {
        "DATABASE_URL": f"sqlite:///{Path(directory) / DATABASE_FILE}",
        "PUBLIC_URL": f"http://{public_host}:{port}",
    }
    listed: list[Setting] = []
    found: dict[str, Any] = {}
    for one in TABLE:
        name = one.name.removeprefix(PREFIX)
        text, origin = _chosen(given.get(name), environment.get(one.name), otherwise.get(name, one.default))
        shown = "(set)" if one.secret and text else _without_password(text)
        listed.append(Setting(one.name, shown, origin))
        found[name] = one.value(text, SettingsError)
    return Settings(
        data=found["DATA"],
        database_url=found["DATABASE_URL"],
        public_url=found["PUBLIC_URL"],
        dev=found["DEV"],
        session_lifetime_ms=found["SESSION_LIFETIME_MINUTES"] * MINUTE_MS,
        late_grace_ms=found["LATE_GRACE_HOURS"] * DAY_MS // 24,
        given_secret_key=found["SECRET_KEY"] or None,
        listed=tuple(listed),
        key_limit=_limit(found, "KEY_RATE_PER_SECOND", "KEY_BURST", 1),
        webhook_networks=found["WEBHOOK_NETWORKS"],
        trusted_proxies=found["TRUSTED_PROXIES"],
        workers=found["WORKERS"],
        valkey_url=found["VALKEY_URL"],
        leaks=LeakRules(
            response=LeakResponse(found["LEAK_RESPONSE"]),
            quarantine=found["QUARANTINE"],
            quarantined_max=found["QUARANTINE_MAX"],
        ),
        github_public_keys=found["GITHUB_PUBLIC_KEYS"],
        request_log_days=found["REQUEST_LOG_DAYS"],
        visit_limit=_limit(found, "LINK_VISITS_PER_MINUTE", "LINK_VISITS_BURST", 60),
        visitor_limit=_limit(found, "VISITOR_RATE_PER_SECOND", "VISITOR_BURST", 1),
        connections=ConnectionLimits(
            open_max=found["CONNECTIONS"],
            per_client_max=found["CONNECTIONS_PER_CLIENT"],
            idle_seconds=found["IDLE_SECONDS"],
            head_seconds=found["HEAD_SECONDS"],
            body_seconds=found["BODY_SECONDS"],
        ),
        high_water_dir=found["HIGH_WATER"],
        hsts_seconds=found["HSTS_SECONDS"],
        mail=_mail(found),
        documents=DocumentSettings(
            Limits(
                seconds_max=float(found["RENDER_SECONDS"]),
                cpu_seconds_max=found["RENDER_CPU_SECONDS"],
                memory_bytes_max=found["RENDER_MEMORY_MB"] * MEGABYTE,
                pages_max=found["RENDER_PAGES"],
                output_bytes_max=found["RENDER_OUTPUT_MB"] * MEGABYTE,
            ),
            workers=found["RENDER_WORKERS"],
            waiting_max=found["RENDERS_WAITING"],
            kept_ms=found["RENDERS_DAYS"] * DAY_MS,
            directory=found["DOCUMENTS"],
        ),
    )


def _chosen(given: str | None, set_there: str | None, default: str) -> tuple[str, Origin]:
    if given is not None:
        return given, "command line"
    if set_there:
        return set_there, "environment"
    return default, "default"


def _limit(found: Mapping[str, int], rate: str, burst: str, seconds: int) -> Limit | None:
    """A rate limit out of two settings; None where the rate is 0."""
    if not found[rate]:
        return None
    if not found[burst]:
        raise SettingsError(f"{PREFIX}{burst}: expected at least 1")
    return Limit(found[rate] / seconds, found[burst])


def api_key() -> str:
    """The key that commands which speak to a server over HTTP present; empty where none is set."""
    return os.environ.get(API_KEY_VARIABLE, "")


def base_url() -> str:
    """The server that such commands speak to; empty where none is set."""
    return os.environ.get(BASE_URL_VARIABLE, "")


def configuration() -> Path:
    """Where a person's own configuration is: https://specifications.freedesktop.org/basedir-spec/latest/."""
    home = os.environ.get("XDG_CONFIG_HOME", "")
    return Path(home) if home.startswith("/") else Path.home() / ".config"


def webhook_secret() -> str:
    """What ``tillgate listen`` is told to sign with; empty where it is to make a secret of its own."""
    return os.environ.get(WEBHOOK_SECRET_VARIABLE, "")


def _without_password(value: str) -> str:
    """A URL as it may be shown: no password before the host, nor in the query."""
    shown = _QUERY_PASSWORD.sub(r"\1…", value)
    userinfo, at, host = shown.rpartition("@")
    scheme, separator, names = userinfo.rpartition("://")
    return f"{scheme}{separator}{names.partition(':')[0]}:…@{host}" if at and ":" in names else shown
