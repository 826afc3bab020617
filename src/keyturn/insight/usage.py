"""How keys are used: when and whence last, how often and for what. Buffered, so that bookkeeping never blocks
admission.

A note is a few dictionary look-ups; every few seconds :meth:`Usage.flush` writes down what has come together. What a
crash loses is those seconds. Nothing of a key's text is in it: keys go by their ids, addresses by their networks, and
what looks like a key in a user agent or a path is cut out.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from itertools import islice
from typing import Any, Final, TypeVar

from keyturn.admission.carriers import without_keys
from keyturn.keys.model import Kind, KnownKey, Need, Needs, Reach, RefusalReason, Refused, Verified
from keyturn.keys.restrictions import coarse
from keyturn.stores.ports import Count, LastUseStore, UsageStore, Use

FLUSH_SECONDS: Final = 2.0
BUFFERED_MAX: Final = 100_000
ROWS_A_WRITE: Final = 500
AGENT_MAX: Final = 200
PATH_MAX: Final = 200
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
# Bound once: a member of an enum that is looked up by its class goes through several calls in Python 3.11.
_PUBLISHABLE: Final = Kind.PUBLISHABLE

ALLOWED: Final = "allowed"
RATE_LIMITED: Final = "rate_limited"
# A request counts once, by its outcome and the first scope that it needed. Its further scopes are counted beside that,
# for the counts of scopes alone: those that let it in, and those that it wanted though it was refused.
ALLOWED_TOO: Final = "allowed_too"
WANTED_TOO: Final = "wanted_too"

T = TypeVar("T")


class LastUsed:
    """Collects uses in memory; :meth:`flush` writes them down. What a crash loses is a few seconds of it."""

    def __init__(self, clean: Callable[[str], str] = without_keys) -> None:
        """
        Args:
            clean: takes out of a text what may be a key.
        """
        self._clean = clean
        self._used: dict[tuple[str, int], Use] = {}

    def note(self, key_id: str, secret: int, use: Use) -> None:
        """Remember a use of one of the key's secrets."""
        if len(self._used) < BUFFERED_MAX or (key_id, secret) in self._used:
            self._used[key_id, secret] = use

    async def flush(self, store: LastUseStore) -> None:
        """Write what was collected. If the store fails, it is kept for the next time."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            await store.touch(
                {
                    secret: Use(
                        use.at,
                        coarse(use.address),
                        self._visible(use.agent, AGENT_MAX),
                        self._visible(use.path, PATH_MAX),
                    )
                    for secret, use in used.items()
                }
            )
        except BaseException:
            self._used = used | self._used
            raise

    def _visible(self, text: str | None, length_max: int) -> str | None:
        return clipped(text, length_max, self._clean)


def clipped(text: str | None, length_max: int, clean: Callable[[str], str] = without_keys) -> str | None:
    """A text from outside as it may be kept: nothing that may be a key, nothing that a database cannot keep, not too
    long."""
    if text is None:
        return None
    # Cut twice: a key must not be cut to what does not look like one, and cleaning a book must cost what a page does.
    kept = clean(text[: length_max + 200].replace("\0", ""))[:length_max]
    return kept.encode("utf-8", "replace").decode()


class _Tally:
    """What one key did on one day, since it was last written down."""

    __slots__ = ("allowed", "day", "others", "project_id")

    def __init__(self, project_id: str, day: int) -> None:
        self.project_id = project_id
        self.day = day
        self.allowed: dict[str, int] = {}
        self.others: dict[tuple[str, bool, str], int] = {}


class Usage:
    """Notes the outcome of each request with a known key."""

    def __init__(self, clean: Callable[[str], str] = without_keys) -> None:
        """
        Args:
            clean: takes out of a text what may be a key.
        """
        self.last_used = LastUsed(clean)
        self._tallies: dict[str, _Tally] = {}
        self._unwritten: Counter[Count] = Counter()
        self._flushing = asyncio.Lock()

    def allowed(self, verified: Verified, need: Needs, use: Use) -> None:
        """Note an allowed request."""
        key = verified.key
        self.last_used.note(key.id, key.secret, use)
        tally = self._tally(key, use.at)
        if tally is None:
            return
        if isinstance(need, tuple):
            scope = _scope(key, need[0])
            for other in need[1:]:
                _add(tally, ALLOWED_TOO, False, _scope(key, other))
        else:
            scope = _scope(key, need)
        counts = tally.allowed
        counts[scope] = counts.get(scope, 0) + 1
        for reason in verified.reported:
            _add(tally, reason.value, True, _lacking(key, need) if reason is RefusalReason.SCOPE_MISSING else scope)

    def rate_limited(self, key: KnownKey, need: Needs, use: Use) -> None:
        """Note a request that was rate limited. It counts as a use of the key."""
        self.last_used.note(key.id, key.secret, use)
        self._other(key, RATE_LIMITED, need, use.at)

    def refused(self, refused: Refused, need: Needs, at: int) -> None:
        """Note a refusal, where it is known whose key it was. It is no use of the key."""
        if refused.key is not None:
            self._other(refused.key, refused.reason.value, need, at, refused.need)

    def _other(self, key: KnownKey, outcome: str, needs: Needs, at: int, failed: Need | None = None) -> None:
        """Args:
        failed: which of the needs was not met, where it was one of them.
        """
        tally = self._tally(key, at)
        if tally is None:
            return
        if not isinstance(needs, tuple):
            _add(tally, outcome, False, _scope(key, needs))
            return
        first = failed or needs[0]
        _add(tally, outcome, False, _scope(key, first))
        for other in needs:
            if other is not first:
                _add(tally, WANTED_TOO, False, _scope(key, other))

    def _tally(self, key: KnownKey, at: int) -> _Tally | None:
        """Where this key's requests of this day are counted; None where there is no room for another key."""
        day = at // DAY_MS
        tally = self._tallies.get(key.id)
        if tally is not None and tally.day == day:
            return tally
        if tally is not None:
            self._unwritten.update(_counts({key.id: tally}))
        elif len(self._tallies) + len(self._unwritten) >= BUFFERED_MAX:
            return None
        tally = self._tallies[key.id] = _Tally(key.terms.project_id, day)
        return tally

    async def flush(self, keys: LastUseStore, counts: UsageStore) -> None:
        """Store what was noted. If a store fails, the rest is kept for the next time.

        It ends only with what it has begun, also when it is cancelled, and one flush waits for another: nothing is
        counted twice.
        """
        async with self._flushing:
            try:
                await to_the_end(self.last_used.flush(keys))
            finally:
                tallies, self._tallies = self._tallies, {}
                self._unwritten.update(_counts(tallies))
                await to_the_end(self._write(counts))

    async def _write(self, store: UsageStore) -> None:
        rows = iter(sorted(self._unwritten.items()))
        while some := dict(islice(rows, ROWS_A_WRITE)):
            await store.add_counts(some)
            for one, requests in some.items():
                self._unwritten[one] -= requests
                if not self._unwritten[one]:
                    del self._unwritten[one]


def _scope(key: KnownKey, need: Need | None) -> str:
    """The scope that counts for a need: none where a client secret stands for it."""
    if need is None or (key.terms.kind is _PUBLISHABLE and need.publishable is Reach.OPENS):
        return ""
    return need.scope


def _lacking(key: KnownKey, needs: Needs) -> str:
    """The first scope of those needed that the key has not been given."""
    if not isinstance(needs, tuple):
        return _scope(key, needs)
    return next((scope for need in needs if (scope := _scope(key, need)) and not key.terms.grants(scope)), "")


def _add(tally: _Tally, outcome: str, reported: bool, scope: str) -> None:
    what = (outcome, reported, scope)
    tally.others[what] = tally.others.get(what, 0) + 1


def _counts(tallies: Mapping[str, _Tally]) -> dict[Count, int]:
    counts: dict[Count, int] = {}
    for key_id, tally in tallies.items():
        for scope, requests in tally.allowed.items():
            counts[Count(key_id, tally.day, ALLOWED, False, scope, tally.project_id)] = requests
        for (outcome, reported, scope), requests in tally.others.items():
            counts[Count(key_id, tally.day, outcome, reported, scope, tally.project_id)] = requests
    return counts


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Run this to its end, even if whoever waits for it is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # told to nobody: what failed is kept for the next time
        raise
