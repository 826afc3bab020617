"""What a key is and what is decided about it: frozen values, no I/O."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar, Final, NamedTuple

import msgspec

from keyturn.errors import InvalidKeyName, InvalidScope
from keyturn.limiting.gcra import Limit

NAME_MAX: Final = 100
# The whole of what an installation offers, also what it will offer later. Only when it was chosen, never by default.
EVERY_SCOPE: Final = "*"

_SCOPE = re.compile(r"[a-z][a-z0-9_]{0,63}:[a-z][a-z0-9_]{0,63}")


class Mode(StrEnum):
    """The two worlds that never meet."""

    TEST = "test"
    LIVE = "live"


class Kind(StrEnum):
    """Who may hold a key: a server, or anybody at all."""

    SECRET = "secret"  # noqa: S105 — a word, not a password
    PUBLISHABLE = "publishable"


class Status(StrEnum):
    """A key's life. A disabled key can be enabled again; a revoked one is gone for good."""

    ACTIVE = "active"
    DISABLED = "disabled"
    REVOKED = "revoked"


class Reach(StrEnum):
    """How far a publishable key gets at an endpoint."""

    NEVER = "never"
    CREATES = "creates"
    """With the scope; what is made there answers with its one-time client secret."""
    OPENS = "opens"
    """To the one object whose client secret comes along; then the scope does not matter."""


class RefusalReason(StrEnum):
    """Why a request was refused, in the order of the checks."""

    KEY_IN_URL = "key_in_url"
    MISSING = "missing"
    AMBIGUOUS = "ambiguous"
    INSECURE = "insecure"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    DISABLED = "disabled"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    PROJECT_SUSPENDED = "project_suspended"
    WRONG_MODE = "wrong_mode"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    APP_NOT_ALLOWED = "app_not_allowed"
    SECRET_KEY_REQUIRED = "secret_key_required"  # noqa: S105 — a word, not a password
    CLIENT_SECRET_MISSING = "client_secret_missing"  # noqa: S105
    CLIENT_SECRET_WRONG = "client_secret_wrong"  # noqa: S105
    SCOPE_MISSING = "scope_missing"


REPORTABLE: Final = frozenset(
    {
        RefusalReason.ADDRESS_NOT_ALLOWED,
        RefusalReason.ORIGIN_NOT_ALLOWED,
        RefusalReason.APP_NOT_ALLOWED,
        RefusalReason.SCOPE_MISSING,
    }
)
"""Restrictions that can be tried out: while only reported, a request they would refuse is allowed and counted."""


class Terms(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All by which a request with a key is judged, apart from time and status. Many keys share the same terms.

    Attributes:
        networks: where it may be used from, in CIDR form; from anywhere if there is none.
        origins: web origins, exact or with one label open (``https://*.example.com``).
        apps: mobile app identifiers; never together with origins.
        limit: its own rate limit, instead of the installation's default.
        report_only: restrictions that are counted instead of kept, of :data:`REPORTABLE`.
        canary: nobody uses this key; whoever does has found it where it was laid out.
        allow: of a publishable key, what it may beyond what the application lets every one do, in the application's own
            words; kept and handed on, and judged by the application alone.
        external_id, metadata: what the maker of the API has written on it (:mod:`keyturn.keys.labels`); handed on.
        monthly_quota: how many requests it may make in a calendar month (:mod:`keyturn.limiting.quotas`).
        customer_quota: how many all keys of its external id may make together.
    """

    project_id: str
    mode: Mode
    kind: Kind
    scopes: frozenset[str]
    networks: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    limit: Limit | None = None
    report_only: frozenset[str] = frozenset()
    canary: bool = False
    allow: frozenset[str] = frozenset()
    external_id: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    monthly_quota: int | None = None
    customer_quota: int | None = None

    def grants(self, scope: str) -> bool:
        """Whether the scope is among those chosen."""
        return scope in self.scopes or EVERY_SCOPE in self.scopes


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a key. Its text is not among it. Instants are Unix milliseconds.

    Attributes:
        prefix: the shown part, ``ck_live_abc123``; of its newest secret in use.
        created_by: the actor who made it, such as ``user:usr_01j…`` or ``operator:cli``.
        parent_id: the key that made it.
        project_suspended: its project is suspended, so that it is refused.
        imported: it was made elsewhere, and came here as a hash.
        exposed_at: when it was first seen where it should not be: in a URL, in clear text, in public.
        external_id, metadata, tags: what the maker of the API has written on it (:mod:`keyturn.keys.labels`).
    """

    id: str
    project_id: str
    mode: Mode
    name: str
    format: str
    prefix: str
    last_four: str
    scopes: frozenset[str]
    status: Status
    created_at: int
    created_by: str
    kind: Kind = Kind.SECRET
    expires_at: int | None = None
    revoked_at: int | None = None
    revoked_by: str | None = None
    revoked_reason: str | None = None
    last_used_at: int | None = None
    disabled_at: int | None = None
    disabled_by: str | None = None
    disabled_reason: str | None = None
    networks: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    limit: Limit | None = None
    report_only: frozenset[str] = frozenset()
    parent_id: str | None = None
    canary: bool = False
    imported: bool = False
    exposed_at: int | None = None
    exposed_how: str | None = None
    project_suspended: bool = False
    allow: frozenset[str] = frozenset()
    external_id: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    tags: frozenset[str] = frozenset()
    monthly_quota: int | None = None

    @property
    def masked(self) -> str:
        """How the key is shown in lists: ``ck_live_abc123…wxyz``."""
        return f"{self.prefix}…{self.last_four}"

    @property
    def terms(self) -> Terms:
        """By what a request with it is judged."""
        return Terms(
            project_id=self.project_id,
            mode=self.mode,
            kind=self.kind,
            scopes=self.scopes,
            networks=self.networks,
            origins=self.origins,
            apps=self.apps,
            limit=self.limit,
            report_only=self.report_only,
            canary=self.canary,
            allow=self.allow,
            external_id=self.external_id,
            metadata=self.metadata,
            monthly_quota=self.monthly_quota,
        )


class Ancestor(NamedTuple):
    """A key that made this one, itself or through others: what it may do is for all of them together."""

    id: str
    limit: Limit | None
    monthly_quota: int | None = None


class KnownKey(msgspec.Struct, frozen=True, gc=False):
    """A key as admission sees it: small, because millions of them may be in the cache.

    Attributes:
        secret: which of the key's secrets was presented, counted from 1.
        expires_at: when the key ends.
        ends_at: when this secret of it ends, because another took its place; 0 if it was ended at once.
        ancestors: the key that made it, then the one that made that, and so on; none as a rule.
        pending: this secret was made by a rotation and is used for the first time now (:class:`PendingKey`).
    """

    pending: ClassVar[bool] = False

    id: str
    terms: Terms
    status: Status
    expires_at: int | None = None
    ends_at: int | None = None
    secret: int = 1
    project_suspended: bool = False
    ancestors: tuple[Ancestor, ...] = ()

    @property
    def project_id(self) -> str:
        return self.terms.project_id

    @property
    def mode(self) -> Mode:
        return self.terms.mode

    @property
    def kind(self) -> Kind:
        return self.terms.kind

    @property
    def scopes(self) -> frozenset[str]:
        return self.terms.scopes

    @property
    def external_id(self) -> str | None:
        return self.terms.external_id

    @property
    def metadata(self) -> dict[str, str]:
        return dict(self.terms.metadata)


class PendingKey(KnownKey, frozen=True, gc=False):
    """The same of a secret that is used for the first time. No cache keeps it, so that none has a field for it."""

    pending: ClassVar[bool] = True


class Need(msgspec.Struct, frozen=True):
    """What an endpoint asks of its caller, stated as a value.

    Attributes:
        scope: what the key must have been given.
        publishable: how far a publishable key gets here; by default not at all.
    """

    scope: str
    publishable: Reach = Reach.NEVER


Needs = Need | tuple[Need, ...] | None
"""All that one call needs, known before it is admitted: nearly always one; several, all of which must be met, the
endpoint's own first; None where any valid key will do."""


def each_need(needs: Needs) -> tuple[Need, ...]:
    """The needs one by one."""
    if needs is None:
        return ()
    return needs if isinstance(needs, tuple) else (needs,)


class Asked(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a request shows beside its key, as far as a key can be bound to it.

    Attributes:
        address: the IP address it came from.
        origin: the ``Origin`` header.
        app: the ``x-app-identifier`` header.
        opened: whether the client secret that came along opens the object; None if none came.
    """

    address: str | None = None
    origin: str | None = None
    app: str | None = None
    opened: bool | None = None


NOTHING_SHOWN: Final = Asked()


class Verified(msgspec.Struct, frozen=True):
    """The caller holds this key and may do what was asked.

    Attributes:
        reported: restrictions that would have refused the request, were they not only reported.
    """

    key: KnownKey
    reported: tuple[RefusalReason, ...] = ()


class Refused(msgspec.Struct, frozen=True):
    """The caller is refused.

    Attributes:
        key: the key that was presented, where it is known; never to be shown to the caller.
        hint: what is wrong with what was presented, where that can be told without telling a secret.
        exposed: whether the reason, where it is about how the key came, is known for certain.
        formats: of a key in another format than those that are accepted here, the formats that are written so.
    """

    reason: RefusalReason
    key: KnownKey | None = None
    need: Need | None = None
    hint: str | None = None
    exposed: bool = True
    formats: tuple[str, ...] = ()


def checked_name(name: str) -> str:
    """The name without surrounding white space.

    Raises:
        InvalidKeyName: it is empty, longer than 100 characters, or holds control characters.
    """
    stripped = name.strip()
    if not 1 <= len(stripped) <= NAME_MAX or not stripped.isprintable():
        raise InvalidKeyName(
            f'a key\'s name needs 1 to {NAME_MAX} printable characters; say what the key is for, such as "shop backend"'
        )
    return stripped


def checked_scopes(scopes: Iterable[str], offered: Iterable[str]) -> frozenset[str]:
    """The scopes as a set, each of them known. A key without any may be made, and may do nothing.

    Raises:
        InvalidScope: one is unknown; the message lists those that are offered.
    """
    chosen, known = frozenset(scopes), frozenset(offered)
    unknown = sorted(chosen - known)
    if unknown:
        raise InvalidScope(f"unknown scope {unknown[0][:80]!r}; choose from: {', '.join(sorted(known))}")
    return chosen


def is_scope_name(text: str) -> bool:
    """Whether the text has the form ``resource:action``."""
    return _SCOPE.fullmatch(text) is not None
