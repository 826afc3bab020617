"""A portal session and what it allows: values and rules, without a database or HTTP."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import msgspec

from keyturn.errors import InvalidPortalSession, InvalidScope
from keyturn.keys.model import EVERY_SCOPE, Key, Mode, Status
from keyturn.keys.secret import BASE62
from keyturn.limiting.gcra import Limit
from keyturn.words import LANGUAGES, language_of

SECRET_LENGTH: Final = 32
LINK_MS: Final = 10 * 60_000
LIFETIME_MIN_SECONDS: Final = 300
LIFETIME_DEFAULT_SECONDS: Final = 3_600
LIFETIME_MAX_SECONDS: Final = 86_400
KEYS_MAX: Final = 100
KEYS_DEFAULT: Final = 5
KEY_DAYS_MAX: Final = 3_650
SCOPES_MAX: Final = 50
RETURN_URL_MAX: Final = 2_000
# What manages keys is nothing that a customer's key is given on a page.
MANAGING: Final = "keys:"
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class PortalAction(StrEnum):
    """What a customer may do on the page, beside seeing which keys there are."""

    CREATE = "create"
    ROTATE = "rotate"
    REVOKE = "revoke"
    USAGE = "usage"


class PortalStatus(StrEnum):
    """A session's life: its link waits, it was opened, or it is over."""

    PENDING = "pending"
    OPEN = "open"
    ENDED = "ended"
    EXPIRED = "expired"


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer is allowed.

    Attributes:
        scopes: those that a key may be given.
        keys_max: how many keys the customer may have that are not revoked, whoever made them.
        key_days_max: within how many days each key ends; None where it need not.
        rate: of each key that is made; None for the installation's own.
        monthly_quota: of each key that is made, at most; None for none.
        networks: to which each key that is made is bound.
        format: in which keys are written.
    """

    actions: frozenset[PortalAction]
    scopes: tuple[str, ...]
    keys_max: int
    key_days_max: int | None
    rate: Limit | None
    monthly_quota: int | None
    networks: tuple[str, ...]
    format: str

    def may(self, action: PortalAction) -> bool:
        """Whether the customer may do that."""
        return action in self.actions

    def covers(self, key: Key, rate_limit: Limit | None) -> bool:
        """Whether a key could have been made here, so that a further secret of it gives nobody more than is allowed.

        Args:
            rate_limit: the limit of a key without one of its own.
        """
        most, own = self.rate or rate_limit, key.limit or rate_limit
        slow = most is None or (own is not None and own.per_second <= most.per_second and own.burst <= most.burst)
        quota = self.monthly_quota
        few = quota is None or (key.monthly_quota is not None and key.monthly_quota <= quota)
        bound = not self.networks or (bool(key.networks) and set(key.networks) <= set(self.networks))
        days = self.key_days_max
        ends = days is None or (key.expires_at is not None and key.expires_at <= key.created_at + days * 86_400_000)
        return key.scopes <= set(self.scopes) and slow and few and bound and ends and not key.report_only


class PortalSession(msgspec.Struct, frozen=True, kw_only=True):
    """One session of a customer. Instants are Unix milliseconds.

    Attributes:
        external_id: the customer, as the API's maker calls them.
        maker_id: the key that made it; None where an operator did.
        locale: the language that its maker asks for; None for that of the customer's browser.
        link_expires_at: until when its link opens it, once.
    """

    id: str
    project_id: str
    mode: Mode
    external_id: str
    maker_id: str | None
    created_by: str
    created_at: int
    allowed: Allowed
    return_url: str | None
    locale: str | None
    link_expires_at: int
    opened_at: int | None
    expires_at: int
    ended_at: int | None
    ended_by: str | None

    @property
    def actor(self) -> str:
        """The customer, as the audit log names them."""
        return f"customer:{self.external_id}"

    def status(self, now: int) -> PortalStatus:
        """What it is at this instant, without a look at the key that made it."""
        if self.ended_at is not None:
            return PortalStatus.ENDED
        if now >= self.expires_at or (self.opened_at is None and now >= self.link_expires_at):
            return PortalStatus.EXPIRED
        return PortalStatus.PENDING if self.opened_at is None else PortalStatus.OPEN

    def shows(self, key: Key) -> bool:
        """Whether a key is one of those that this session is about: of the customer, and, where a key made the session,
        made by that key. Nobody uses a canary, so nobody is shown one."""
        own = (key.project_id, key.mode, key.external_id) == (self.project_id, self.mode, self.external_id)
        return own and not key.canary and self.maker_id in (None, key.parent_id)


class PortalSecret:
    """What opens a session, or goes on with one. It can be shown once and digested, never stored or printed."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text, for the link or the cookie that carries it."""
        return self._text

    def digest(self) -> bytes:
        """SHA-256, which is what is kept: the text has 190 random bits."""
        return hashlib.sha256(self._text.encode()).digest()

    def form_token(self) -> str:
        """What each form of the page carries, so that no other page can send one."""
        return hmac.new(self._text.encode(), b"keyturn portal form", hashlib.sha256).hexdigest()

    def __repr__(self) -> str:
        return "PortalSecret(…)"


def new_secret() -> PortalSecret:
    """A fresh one, from the operating system's random source."""
    return PortalSecret("".join(secrets.choice(BASE62) for _ in range(SECRET_LENGTH)))


def read_secret(text: str) -> PortalSecret | None:
    """A text as a secret; None where it has not the form of one."""
    return PortalSecret(text) if len(text) == SECRET_LENGTH and text.isascii() and text.isalnum() else None


def can_make(maker: Key | None, now: int) -> bool:
    """Whether the key that made a session still stands behind it; what an operator made does."""
    if maker is None:
        return True
    ended = maker.expires_at is not None and maker.expires_at <= now
    return maker.status is Status.ACTIVE and not ended and not maker.project_suspended


def checked_scopes(scopes: Iterable[str], offered: Iterable[str]) -> tuple[str, ...]:
    """The scopes that a customer's keys may be given, each once.

    Raises:
        InvalidScope: one is unknown, manages keys, or is every scope.
    """
    wished, there = tuple(dict.fromkeys(scopes)), set(offered)
    for scope in wished:
        if scope == EVERY_SCOPE or scope.startswith(MANAGING):
            raise InvalidScope(f"a customer's keys cannot have {scope}; name the scopes of your API one by one")
        if scope not in there:
            possible = ", ".join(sorted(one for one in there if not one.startswith(MANAGING)))
            raise InvalidScope(f"unknown scope {scope[:40]!r}; choose from: {possible}")
    if len(wished) > SCOPES_MAX:
        raise InvalidScope(f"a session allows at most {SCOPES_MAX} scopes")
    return wished


def checked_locale(tag: str | None) -> str | None:
    """The language of a session's pages.

    Raises:
        InvalidPortalSession: the pages do not have it.
    """
    if tag is None:
        return None
    language = language_of(tag)
    if language is None:
        raise InvalidPortalSession(f"the page's languages are {', '.join(LANGUAGES)}", field="locale")
    return language.tag


def checked_return_url(text: str | None) -> str | None:
    """Where the page leads back to.

    Raises:
        InvalidPortalSession: it is no address of a page over HTTPS (or on this machine).
    """
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if (
        host is None
        or len(text) > RETURN_URL_MAX
        or not (text.isascii() and text.isprintable())
        or any(one in text for one in ' "<>\\')
        or parts.username is not None
        or not (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))
    ):
        raise InvalidPortalSession(
            f"a return URL is an https:// address of at most {RETURN_URL_MAX} characters, such as "
            "https://app.example.com/settings",
            field="return_url",
        )
    return text
