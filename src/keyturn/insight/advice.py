"""What a key's use tells its owner: what it may do and never did, whether anybody still needs it, and who still uses
the secret that a rotation is to replace."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from keyturn.insight.usage import ALLOWED, ALLOWED_TOO, DAY_MS, FLUSH_SECONDS, RATE_LIMITED, WANTED_TOO
from keyturn.keys.changing import KeyChanges
from keyturn.keys.issuing import KeyWish
from keyturn.keys.model import EVERY_SCOPE, Key
from keyturn.keys.revoking import known
from keyturn.stores.ports import AuditStore, Clock, Count, KeyStore, SecretState, UsageStore

DAYS_DEFAULT: Final = 30
UNUSED_DAYS: Final = 90
UNUSED_TOLD_MAX: Final = 20
# A shop that is closed on some days of the week has needed on the others whatever it needs.
WATCHED_DAYS_MIN: Final = 7
# What another process has noted and not yet written down is at most that old, and as much again for a slow write.
SEEN_LATE_MS: Final = int(2 * FLUSH_SECONDS * 1_000)
AUDIT_READ_MAX: Final = 200


class Day(msgspec.Struct, frozen=True):
    """One day (UTC, counted from 1970-01-01), by the outcome of the requests."""

    day: int
    allowed: int = 0
    rate_limited: int = 0
    refused: int = 0


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """What one key did over some days.

    Attributes:
        days: each day, also those on which nothing happened; oldest first, today last.
        outcomes: requests by their outcome: ``allowed``, ``rate_limited``, or why they were refused.
        scopes: requests that a scope allowed, by that scope; one that needed several counts for each.
        reported: requests that a restriction would have refused, were it not only reported.
    """

    days: tuple[Day, ...]
    outcomes: dict[str, int]
    scopes: dict[str, int]
    reported: dict[str, int]

    @property
    def requests(self) -> int:
        """All of them together."""
        return sum(self.outcomes.values())


def summed(counts: Mapping[Count, int], *, today: int, days: int) -> Used:
    """Counts of one key or of many, by day, outcome and scope."""
    by_day: dict[int, Counter[str]] = {day: Counter() for day in range(today - days + 1, today + 1)}
    outcomes: Counter[str] = Counter()
    scopes: Counter[str] = Counter()
    reported: Counter[str] = Counter()
    for one, requests in counts.items():
        if one.day not in by_day:
            continue
        if one.outcome in (ALLOWED_TOO, WANTED_TOO):
            if one.outcome == ALLOWED_TOO and one.scope:
                scopes[one.scope] += requests
            continue
        if one.reported:
            reported[one.outcome] += requests
            continue
        outcomes[one.outcome] += requests
        sort = one.outcome if one.outcome in (ALLOWED, RATE_LIMITED) else "refused"
        by_day[one.day][sort] += requests
        if one.outcome == ALLOWED and one.scope:
            scopes[one.scope] += requests
    return Used(
        days=tuple(Day(day, **found) for day, found in by_day.items()),
        outcomes=dict(outcomes),
        scopes=dict(scopes),
        reported=dict(reported),
    )


async def usage_of_key(
    usage: UsageStore, clock: Clock, *, project_id: str, key_id: str, days: int = DAYS_DEFAULT
) -> Used:
    """What a key did over the last days, today included."""
    today = clock.now() // DAY_MS
    return summed(await usage.counts(project_id, key_id, today - days + 1), today=today, days=days)


class ScopeAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """What a key may do and did not.

    Attributes:
        exercised: the scopes that let it in within the time.
        unused: those that it has had for all of the time and that no request wanted, whatever became of it; ``*`` where
            it is more than was wanted. None before the key was watched for :data:`WATCHED_DAYS_MIN` days, and none
            where nothing would be left to it.
        kept: what is left without them.
        enough: whether it was watched for all of the time; if not, the data may not be conclusive.
    """

    key: Key
    days: int
    exercised: tuple[str, ...]
    unused: tuple[str, ...]
    kept: tuple[str, ...]
    enough: bool

    @property
    def changes(self) -> KeyChanges:
        """How to take the unused ones away from the key itself."""
        return KeyChanges(scopes=self.kept)

    @property
    def successor(self) -> KeyWish:
        """A key like it without them, to be tried before it takes this one's place."""
        key = self.key
        return KeyWish(
            project_id=key.project_id,
            mode=key.mode,
            name=key.name,
            scopes=self.kept,
            kind=key.kind,
            expires_at=key.expires_at,
            networks=key.networks,
            origins=key.origins,
            apps=key.apps,
            limit=key.limit,
            report_only=key.report_only,
            canary=key.canary,
            allow=key.allow,
        )


async def unused_scopes(
    store: KeyStore, usage: UsageStore, clock: Clock, *, project_id: str, key_id: str, days: int = DAYS_DEFAULT
) -> ScopeAdvice:
    """The scopes of a key that nobody wanted within the last days, and at least :data:`WATCHED_DAYS_MIN`.

    Raises:
        KeyNotFound: the project has no such key.
        KeyIsRevoked: there is nothing left to restrict.
    """
    key = await known(store, project_id, key_id)
    now = clock.now()
    today, watched_since = now // DAY_MS, await usage.counted_since()
    days = max(days, WATCHED_DAYS_MIN)
    since = today - days
    counts = await usage.counts(project_id, key_id, since)
    exercised = {one.scope for one in counts if one.outcome in (ALLOWED, ALLOWED_TOO) and one.scope}
    # Another rule refused it, or its rate limit did: the scope would have been needed all the same.
    wanted = exercised | {one.scope for one in counts if one.scope and not one.reported}
    # A scope that was only given lately has not had its time.
    lately = await _granted_since(store, key, now - days * DAY_MS)
    if EVERY_SCOPE in key.scopes:
        kept = wanted | (lately - {EVERY_SCOPE})
        unused = frozenset({EVERY_SCOPE}) if EVERY_SCOPE not in lately else frozenset()
        kept = kept if unused else set(key.scopes)
    else:
        exercised &= key.scopes
        unused = key.scopes - wanted - lately
        kept = set(key.scopes - unused)
    begun = max(key.created_at // DAY_MS, watched_since if watched_since is not None else today)
    if not kept or today - begun < WATCHED_DAYS_MIN:
        # A key that nobody uses at all is known of as such (unused_keys): there is no scope to be spared.
        unused, kept = frozenset(), set(key.scopes)
    return ScopeAdvice(
        key=key,
        days=days,
        exercised=tuple(sorted(exercised)),
        unused=tuple(sorted(unused)),
        kept=tuple(sorted(kept)),
        enough=key.created_at <= now - days * DAY_MS and watched_since is not None and watched_since <= since,
    )


async def _granted_since(store: AuditStore, key: Key, at: int) -> set[str]:
    """The scopes that a key was given by a change since then, as the audit log has it."""
    granted: set[str] = set()
    for line in await store.audit_of(key.project_id, key.id, None, AUDIT_READ_MAX):
        if line.at < at:
            break
        changed = line.detail.get("scopes") if line.action == "key.changed" else None
        if isinstance(changed, dict):
            granted |= set(changed["to"]) - set(changed["from"])
    return granted & key.scopes


async def unused_keys(
    store: KeyStore, clock: Clock, *, project_id: str, days: int = UNUSED_DAYS, limit: int = UNUSED_TOLD_MAX
) -> list[Key]:
    """Some of the project's keys that could be used and were not for a number of days, the longest unused first."""
    now = clock.now()
    idle = await store.unused(project_id, now - days * DAY_MS, now, limit)
    return sorted(idle, key=lambda key: max(key.created_at, key.last_used_at or 0))


class RotationProof(msgspec.Struct, frozen=True, kw_only=True):
    """Who still uses which of a key's secrets.

    Attributes:
        newest: the secret that is to take the others' place; None while it waits for its first use, or there is but
            one.
        earlier: the secrets before it that are still accepted, newest first: when they were last used, from which
            network, by what and on which path.
        waiting: the secret that waits for its first use.
        quiet_since: the last use of any of the earlier ones, or the birth of one that was never used; None if there
            are none.
        as_of: up to when all uses are known: a moment ago, for each process writes them down every few seconds.
    """

    newest: SecretState | None
    earlier: tuple[SecretState, ...]
    waiting: SecretState | None
    quiet_since: int | None
    as_of: int

    def safe_to_revoke(self, quiet_ms: int) -> bool:
        """Whether the earlier secrets can be ended without anybody missing them: there are some, and none of them was
        used for so long."""
        return self.quiet_since is not None and self.as_of - self.quiet_since >= quiet_ms


async def rotation_proof(store: KeyStore, clock: Clock, *, project_id: str, key_id: str) -> RotationProof:
    """Who still uses a key's earlier secrets.

    Raises:
        KeyNotFound: the project has no such key.
        KeyIsRevoked: nobody can use any of them.
    """
    await known(store, project_id, key_id)
    now = clock.now()
    secrets = await store.secrets(project_id, key_id)
    in_use = [one for one in secrets if one.active_at is not None]
    newest, before = in_use[0], in_use[1:]
    earlier = tuple(one for one in before if one.ends_at is None or one.ends_at > now)
    return RotationProof(
        newest=newest if before else None,
        earlier=earlier,
        waiting=next((one for one in secrets if one.waits), None),
        quiet_since=max((one.last_used_at or one.created_at for one in earlier), default=None),
        as_of=now - SEEN_LATE_MS,
    )
