"""What a key is and what is decided about it: frozen values, no I/O."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from keyturn.errors import InvalidKeyName, InvalidScope
from keyturn.limiting import Limit

NAME_MAX: Final = 100

_SCOPE = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z0-9_]*")


class Mode(StrEnum):
    """The two worlds that never meet."""

    TEST = "test"
    LIVE = "live"


class Status(StrEnum):
    """A key's life. A disabled key can be enabled again; a revoked one is gone for good."""

    ACTIVE = "active"
    DISABLED = "disabled"
    REVOKED = "revoked"


class RefusalReason(StrEnum):
    """Why a request was not let in, in the order in which it is looked for."""

    MISSING = "missing"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    DISABLED = "disabled"
    EXPIRED = "expired"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    SCOPE_MISSING = "scope_missing"


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a key. Its text is not among it. Instants are Unix milliseconds.

    Attributes:
        prefix: the shown part, ``ck_live_abc123``.
        created_by: the actor who made it, such as ``user:usr_01j…`` or ``operator:cli``.
        networks: where it may be used from, in CIDR form; from anywhere if there is none.
        limit: its own pace, instead of the server's default.
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
    expires_at: int | None = None
    revoked_at: int | None = None
    revoked_by: str | None = None
    last_used_at: int | None = None
    disabled_at: int | None = None
    disabled_by: str | None = None
    networks: tuple[str, ...] = ()
    limit: Limit | None = None

    @property
    def masked(self) -> str:
        """How the key is shown in lists: ``ck_live_abc123…wxyz``."""
        return f"{self.prefix}…{self.last_four}"


class Need(msgspec.Struct, frozen=True):
    """What an endpoint asks of its caller: one scope, stated as a value."""

    scope: str


class Verified(msgspec.Struct, frozen=True):
    """The caller holds this key and may do what was asked."""

    key: Key


class Refused(msgspec.Struct, frozen=True):
    """The caller is not let in.

    Attributes:
        key: the key that was presented, where it is known; never to be shown to the caller.
    """

    reason: RefusalReason
    key: Key | None = None
    need: Need | None = None


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
