"""What the key layer needs from outside, each with at least two implementations."""

import builtins
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

import msgspec

from keyturn.database import Transaction
from keyturn.insight.audit import AuditEntry
from keyturn.insight.logged import Answered, Cursor, Hour, LoggedRequest, RequestFilter, RequestPage
from keyturn.keys.listing import KeyFilter, KeyPage
from keyturn.keys.model import Key, KnownKey, Mode
from keyturn.keys.secret import ForeignForm, KeyDigest, PublicText
from keyturn.limiting.gcra import Allowance, Limit

# The number of changes read at once; a gate that was away for longer reads again.
CHANGES_READ_MAX: Final = 10_000


class Clock(Protocol):
    """Where "now" comes from."""

    def now(self) -> int:
        """Unix milliseconds, UTC."""
        ...


class RateLimiter(Protocol):
    """Counts requests, in this process or for several together."""

    def take(self, key_id: str, limit: Limit) -> Allowance | Awaitable[Allowance]:
        """Count one request of this key; a refused one costs nothing. What is known at once need not be awaited."""
        ...


class Act(NamedTuple):
    """Who does something to keys, and when; written into the audit log with what was done.

    Attributes:
        at: Unix milliseconds.
        by: the actor, such as ``user:owner@example.com``, ``operator:cli`` or ``system:leak-desk``.
        reason: why, in the words of the actor or the system; None if none was given.
    """

    at: int
    by: str
    reason: str | None = None


class Creation(NamedTuple):
    """What a request to create a key is known by when it comes again.

    Attributes:
        name: SHA-256 of who asks and of the ``Idempotency-Key``.
        content: SHA-256 of what is asked for.
    """

    name: bytes
    content: bytes


class KeyEventType(StrEnum):
    """What a key's owner may want to know."""

    EXPOSED = "key.exposed"
    CANARY_USED = "key.canary_used"
    DISABLED = "key.disabled"
    ENABLED = "key.enabled"
    REVOKED = "key.revoked"
    EXPIRING = "key.expiring"
    EXPIRED = "key.expired"


class KeyEvent(NamedTuple):
    """Something that happened to a key.

    Attributes:
        key: as it is after that.
    """

    type: KeyEventType
    key: Key
    act: Act


class KeyEvents(Protocol):
    """Whoever wants to be told what happens to keys."""

    async def emit(self, tx: Transaction | None, event: KeyEvent) -> None:
        """Write it down. What is written in ``tx`` is there exactly if what it tells is: once, and never without.

        Args:
            tx: the transaction in which it happens, beside which nothing may be awaited; None where the store has none.
        """
        ...


class Quarantine(NamedTuple):
    """The outcome of an automatic disabling of a key.

    Attributes:
        epoch: of the change; None if the key was not active.
        held_back: as many were disabled lately as may be, so this one was left alone.
    """

    epoch: int | None
    held_back: bool = False


class Change(NamedTuple):
    """One restricting change: from this epoch on, what was known of the key, or of a project's keys, is out of date."""

    epoch: int
    key_id: str | None
    project_id: str | None


class HeldLease(NamedTuple):
    """A gate that may be answering from its cache.

    Attributes:
        epoch_seen: the last change it has acted upon.
        renewals: how often the gate has written that, all in all: another number each time.
        ended_after, streams_ended: how many open answers it ended when it last acted upon changes, which were those
            after the first of these numbers.
    """

    gate: str
    epoch_seen: int
    renewals: int
    ended_after: int = 0
    streams_ended: int = 0


class LeaseStore(Protocol):
    """The rows by which gates and those who restrict keys meet. Every call is a transaction of its own, and every
    answer is what was committed before the question."""

    async def epoch(self) -> int:
        """The number of the last restricting change; 0 before the first."""
        ...

    async def hold(
        self, gate: str, epoch_seen: int, renewals: int, ended_after: int = 0, streams_ended: int = 0
    ) -> None:
        """Record that this gate may answer from its cache, and has acted upon all changes up to this one.

        Args:
            renewals: the gate's own count of its calls, so that no two of its rows are ever alike.
            ended_after, streams_ended: how many open answers it ended as it acted upon the changes after that epoch.
        """
        ...

    async def changes_after(self, epoch: int) -> list[Change]:
        """The first of the changes since, oldest first, :data:`CHANGES_READ_MAX` at least if there are that many;
        without gaps, unless older ones were forgotten. The last change is never forgotten."""
        ...

    async def release(self, gate: str) -> None:
        """Record that this gate does not answer from its cache."""
        ...

    async def held(self) -> list[HeldLease]:
        """The gates that may be answering from their cache."""
        ...

    async def release_lapsed(self, lease: HeldLease) -> None:
        """Release a gate's lease for it, provided that it was not renewed since it was read."""
        ...

    async def forget_changes(self, before: int) -> int:
        """Drop the changes from before this instant, which no gate with a lease can still be waiting for; the last
        one stays. How many were dropped."""
        ...

    def hint(self) -> int | None:
        """A number that is another one after any commit, where that can be told for next to nothing."""
        ...

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` soon after a restricting change, from here or elsewhere, as far as a notification exists; what
        comes back ends that."""
        ...


class NewSecret(NamedTuple):
    """A further secret of a key.

    Attributes:
        active: whether it is in use at once; else from its first use on.
        overlap_ms: for how long the ones before it go on from then; with 0 they end at once, whatever any clock says.
        public: its text, where that is kept and shown.
    """

    digest: KeyDigest
    prefix: str
    last_four: str
    active: bool
    overlap_ms: int
    public: PublicText | None = None


class SecretState(msgspec.Struct, frozen=True, kw_only=True):
    """One of a key's secrets, as its owner may see it. Instants are Unix milliseconds.

    Attributes:
        number: counted from 1.
        active_at: since when it is in use; None while it waits for its first use, or if it was withdrawn.
        ends_at: from when on it is refused, because a later one took its place or it was withdrawn.
        last_used_address: the network it was last used from: an IPv4 /24 or an IPv6 /48.
        public: its text, where that is kept and shown.
    """

    number: int
    prefix: str
    last_four: str
    created_at: int
    active_at: int | None
    ends_at: int | None
    last_used_at: int | None = None
    last_used_address: str | None = None
    last_used_agent: str | None = None
    last_used_path: str | None = None
    public: PublicText | None = None

    @property
    def waits(self) -> bool:
        """Whether it was made by a rotation and waits for its first use."""
        return self.active_at is None and self.ends_at is None


class Use(msgspec.Struct, frozen=True, gc=False):
    """When and whence one secret was last used."""

    at: int
    address: str | None = None
    agent: str | None = None
    path: str | None = None


class VerificationStore(Protocol):
    """What verification reads, and all of it: every answer is what was committed before the question."""

    async def by_digest(self, digest: KeyDigest) -> KnownKey | None:
        """The key whose text has this digest, whatever its status."""
        ...

    async def opens(self, digest: KeyDigest, *, project_id: str, mode: str, object_id: str) -> bool:
        """Whether this is the object's client secret."""
        ...


class KeyReader(Protocol):
    """Keys, for those whose they are and for whoever runs the installation."""

    async def by_id(self, project_id: str, key_id: str) -> Key | None:
        """The key, if it belongs to this project."""
        ...

    async def project_of(self, key_id: str) -> str | None:
        """The project that a key belongs to, for whoever runs the installation."""
        ...

    async def by_digests(self, digests: Sequence[KeyDigest]) -> dict[KeyDigest, Key]:
        """Those of them that are keys here, of whatever project."""
        ...

    async def page(self, project_id: str, wanted: KeyFilter, after: str | None, limit: int) -> KeyPage:
        """Some of the project's keys, newest first: those that are wanted and come after the one with this id. What
        this costs does not grow with the number of keys.

        Raises:
            UnknownCursor: the project has no key with this id, or not of the mode that is wanted.
        """
        ...

    async def by_ids(self, project_id: str, key_ids: Collection[str]) -> dict[str, Key]:
        """Those of these keys that are the project's, by their id."""
        ...

    async def unused(self, project_id: str, since: int, now: int, limit: int) -> builtins.list[Key]:
        """Some of the project's keys that could be used and were not since then, the oldest first, as far as there are
        any among its oldest (:data:`keyturn.keys.listing.SCANNED_MAX` are looked at). Canaries are not among them."""
        ...

    async def family(self, project_id: str, key_id: str) -> builtins.list[Key]:
        """The keys that this one made, and those they made, and so on, as far as they are not revoked; not itself. What
        they come from may be revoked. There are at most :data:`keyturn.lineage.DESCENDANTS_MAX`."""
        ...

    async def customer_quota(self, project_id: str, mode: Mode, external_id: str) -> int | None:
        """How many requests all keys of this external id may make in a month together; None where that has no bound."""
        ...

    async def is_suspended(self, project_id: str) -> bool:
        """Whether the project is suspended."""
        ...


class IssuingStore(Protocol):
    """What makes keys, and what opens one object."""

    async def insert(
        self,
        key: Key,
        digest: KeyDigest,
        act: Act,
        public: PublicText | None = None,
        creation: Creation | None = None,
        at_most: int | None = None,
    ) -> None:
        """Keep a new key; durable when this returns.

        Args:
            public: its text, where that is to be shown at any time.
            creation: what the request is known by, kept with the key.
            at_most: how many keys of its project, mode and external id there may be with it, those that are revoked
                not counted; None for any number.

        Raises:
            KeyExists: there is a key with this id or digest, or one that was made under this name.
            KeyIsRevoked: the key that makes it is not active any more, by what is committed.
            TooManyKeys: there are as many already.
            TooManyDescendants: the key that makes it, or one before that, has made as many as it may.
        """
        ...

    async def created_by_name(self, name: bytes) -> tuple[bytes, str] | None:
        """What was asked for under this name (:class:`Creation`), and the id of the key that was made."""
        ...

    async def import_keys(self, keys: Sequence[tuple[Key, KeyDigest]], forms: Sequence[ForeignForm], act: Act) -> None:
        """Keep keys that were made elsewhere, and the forms in which they are written; all of it or nothing.

        Raises:
            KeyExists: there is a key with one of these digests.
        """
        ...

    async def foreign_forms(self) -> builtins.list[ForeignForm]:
        """The forms of all keys that were imported."""
        ...

    async def standing_keys(self, project_id: str) -> dict[tuple[str, str], str]:
        """The ids of the project's standing keys, by mode and kind."""
        ...

    async def set_standing_key(self, project_id: str, mode: str, kind: str, key_id: str) -> bool:
        """Make a key the project's standing one of its mode and kind; False if there is one that is not revoked."""
        ...

    async def keep_client_secret(
        self, digest: KeyDigest, *, project_id: str, mode: str, key_id: str, object_id: str, at: int
    ) -> None:
        """Remember what opens an object."""
        ...


class ChangeStore(LeaseStore, Protocol):
    """What changes keys and ends them. Whatever restricts one has a new epoch, which it answers with; the caller waits
    until no gate answers from before that."""

    async def revoke(self, project_id: str, key_ids: Sequence[str], act: Act) -> int | None:
        """Revoke keys for good, all or none; None if each was revoked before (or is not there)."""
        ...

    async def set_enabled(self, project_id: str, key_id: str, act: Act, *, enabled: bool) -> int | None:
        """Disable an active key or enable a disabled one; None if it is revoked, so already, or not there.

        Enabling restricts nothing, but is answered in the same way.
        """
        ...

    async def change(self, key: Key, act: Act, changed: Mapping[str, object]) -> int | None:
        """Write a key's name, scopes, expiry, networks, origins, apps, limit and report-only; None if it is revoked or
        not there.

        Args:
            changed: what is to be said of it in the audit log.
        """
        ...

    async def set_customer_quota(
        self, project_id: str, mode: Mode, external_id: str, monthly_quota: int | None, act: Act
    ) -> int:
        """Set how many requests all keys of this external id may make in a month together, or lift that."""
        ...

    async def set_suspended(self, project_id: str, act: Act, *, suspended: bool) -> int | None:
        """Suspend a project, so that all its keys are refused, or let it go on; None if it is so already."""
        ...


class SecretStore(LeaseStore, Protocol):
    """A key's secrets, of which a rotation makes a further one; with epochs as in :class:`ChangeStore`."""

    async def add_secret(self, project_id: str, key_id: str, secret: NewSecret, act: Act) -> int | None:
        """Give a key a further secret; None if it is revoked or not there, or waits for one to be used already. Of
        secrets that have ended, the oldest are forgotten, so that a key has at most
        :data:`keyturn.keys.rotations.SECRETS_MAX`.

        Raises:
            TooManySecrets: all of these are still accepted.
        """
        ...

    async def withdraw_secret(self, project_id: str, key_id: str, act: Act) -> int | None:
        """Withdraw a secret that was not used yet, so that it is never accepted; None if there is none."""
        ...

    async def activate(self, key_id: str, number: int, act: Act) -> int | None:
        """The first use of a secret: it is in use from now on, and those before it end after its overlap; None if it
        had been used before."""
        ...

    async def end_earlier_secrets(self, project_id: str, key_id: str, act: Act) -> int | None:
        """Refuse all secrets of a key before the newest in use from now on, whatever any clock says; None if that is so
        already."""
        ...

    async def secrets(self, project_id: str, key_id: str) -> builtins.list[SecretState]:
        """The secrets that a key has or has had, newest first, at most :data:`keyturn.keys.rotations.SECRETS_MAX`."""
        ...


class ExposureStore(Protocol):
    """What is written down of keys that were seen where they should not be."""

    async def note_exposure(self, key_id: str, act: Act, how: str) -> bool:
        """Record that a key was exposed; False if that was recorded already."""
        ...

    async def note_canary(self, key_id: str, act: Act, seen: Mapping[str, str], quiet_ms: int) -> bool:
        """Record that somebody used a canary, and what is known of them; False if that was done less than
        ``quiet_ms`` ago, or it is no canary that is active."""
        ...

    async def quarantine(self, project_id: str, key_id: str, act: Act, *, at_most: int, within_ms: int) -> Quarantine:
        """Disable an active key, unless ``at_most`` were disabled in this way within the time before."""
        ...


class OriginStore(Protocol):
    """Which web origins any key is for."""

    async def knows_origin(self, patterns: Sequence[str]) -> bool:
        """Whether any key that is not revoked may be used from one of these origins."""
        ...


class LastUseStore(Protocol):
    """When secrets were last used."""

    async def touch(self, used: Mapping[tuple[str, int], Use]) -> None:
        """Note when each secret (a key's id and its number) was last used. Writes those columns, only forward, and
        nothing else."""
        ...


class ExpiryStore(Protocol):
    """Keys that are about to end, and whose owners know."""

    async def expiring(self, before: int, days: int, limit: int) -> builtins.list[Key]:
        """Keys that end by this instant, are not revoked, and whose owner was not told yet that so few days are left;
        those that end first."""
        ...

    async def emit_expiry(self, key: Key, days: int, act: Act, *, quietly: bool = False) -> bool:
        """Tell a key's owner that it expires in this number of days, or has expired (0); False if they had been told,
        by whoever, or if this store has nobody who tells them.

        Args:
            quietly: only write down that they know.
        """
        ...


class AuditStore(Protocol):
    """The log of what was done to keys."""

    async def audit(self, after: int, limit: int) -> builtins.list[AuditEntry]:
        """Lines of the audit log after this number, oldest first."""
        ...

    async def audit_end(self) -> tuple[int, str]:
        """Number and hash of the last line that was written, as they are kept apart from it."""
        ...

    async def audit_of(
        self, project_id: str | None, key_id: str | None, before: int | None, limit: int
    ) -> builtins.list[AuditEntry]:
        """A project's lines, newest first; those of one key where that is given. Without a project, those of none."""
        ...


class KeyStore(
    VerificationStore,
    KeyReader,
    IssuingStore,
    ChangeStore,
    SecretStore,
    ExposureStore,
    OriginStore,
    LastUseStore,
    ExpiryStore,
    AuditStore,
    Protocol,
):
    """All that there is to know and to change of keys, as a store has it; each reader asks for its own part. Every
    answer is what was committed before the question. Whatever changes a key writes its line of the audit log in the
    same transaction."""


class Count(NamedTuple):
    """One counter: the requests of a key on a day with the same outcome.

    Attributes:
        day: since 1970-01-01, UTC.
        outcome: ``allowed``, ``rate_limited``, or the reason of a refusal.
        reported: it would have been refused for that, had the restriction not only been reported.
        scope: which the endpoint asked for; empty where it asked for none, or where a client secret stood in for it.
    """

    key_id: str
    day: int
    outcome: str
    reported: bool
    scope: str
    project_id: str


class Traffic(NamedTuple):
    """A key's requests of one day: those that were admitted, and those that were not."""

    allowed: int = 0
    refused: int = 0


class UsageStore(Protocol):
    """How often keys were used, by day. It has rows of its own and touches no others."""

    async def add_counts(self, counts: Mapping[Count, int]) -> None:
        """Add to what was counted before; all of it or nothing."""
        ...

    async def counts(self, project_id: str, key_id: str, since_day: int) -> dict[Count, int]:
        """What was counted of one of a project's keys from that day on, the oldest first."""
        ...

    async def traffic(self, project_id: str, key_ids: Sequence[str], since_day: int) -> dict[tuple[str, int], Traffic]:
        """How often each of these keys was admitted and refused, by key and day from that day on."""
        ...

    async def counted_since(self) -> int | None:
        """The first day of which anything is known, of whatever key; None where nothing was counted."""
        ...

    async def forget_counts(self, before_day: int, limit: int) -> int:
        """Drop some of what was counted before that day; how many rows that was."""
        ...


class RequestStore(Protocol):
    """What was asked with each key, and how much of it there was no room for."""

    async def add_requests(self, requests: Sequence[LoggedRequest], dropped: Mapping[tuple[str, int], int]) -> None:
        """Keep requests, each once, and add to what was dropped of a project on a day; all of it or nothing."""
        ...

    async def requests(self, project_id: str, wanted: RequestFilter, before: Cursor | None, limit: int) -> RequestPage:
        """A project's requests, newest first; those before the cursor where one is given."""
        ...

    async def request(self, project_id: str, request_id: str) -> LoggedRequest | None:
        """The request with this id, if it is the project's and still kept."""
        ...

    async def project_of(self, request_id: str) -> str | None:
        """The project that a request belongs to, for whoever runs the installation; None if it is not kept."""
        ...

    async def dropped(self, project_id: str, since_day: int) -> dict[int, int]:
        """How many more requests there were on each day from that one on, which were not kept."""
        ...

    async def add_hours(self, hours: Mapping[Hour, Answered]) -> None:
        """Add to what was counted of these hours before; all of it or nothing."""
        ...

    async def by_hour(self, project_id: str, mode: Mode, since_hour: int) -> dict[int, Answered]:
        """How many requests there were in each hour from that one on, those that were not kept among them."""
        ...

    async def forget_requests(self, before: int, limit: int) -> int:
        """Drop some of the requests from before this instant, the oldest first, and in the end the counts of its days
        and hours; how many requests that was."""
        ...
