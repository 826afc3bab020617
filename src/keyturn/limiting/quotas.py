"""Monthly quotas: how many requests a key, or all keys of one customer, may make in a calendar month (UTC).

They are counted in the database, so that they outlast a restart and hold for all processes together. A process takes
requests out of what is left in blocks, a hundredth of the rest at most, and spends them in memory; so nobody ever gets
more than the quota, nearly no request asks the database, and of the last hundred requests each does. What a process has
taken and does not use goes back within seconds. A process that is killed keeps its blocks: the quota is then used up by
as many requests earlier, one in a hundred at most.
"""

import asyncio
import datetime
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

from keyturn.errors import InvalidQuota

QUOTA_MAX: Final = 10**12
BLOCK_MAX: Final = 1_000
BLOCK_SHARE: Final = 100
# For how long it is believed that nothing is left: others may give back.
EXHAUSTED_SECONDS: Final = 1.0
TRACKED_MAX: Final = 100_000
MONTHS_KEPT: Final = 14


class Quota(NamedTuple):
    """How many requests of a month there are.

    Attributes:
        subject: what they are counted for: a key's id, or a customer of a project.
    """

    subject: str
    requests: int


class QuotaLeft(NamedTuple):
    """What is left of a quota.

    Attributes:
        exceeded: nothing was left for this request.
        reset_seconds: until the next month begins.
        window_seconds: how long this month is.
        resets_at: Unix milliseconds.
    """

    limit: int
    remaining: int
    reset_seconds: float
    window_seconds: int
    resets_at: int
    exceeded: bool = False


class Month(NamedTuple):
    """A calendar month in UTC, numbered from year 0; its instants are Unix milliseconds."""

    number: int
    begins_at: int
    ends_at: int


class QuotaStore(Protocol):
    """What was used of quotas, by month."""

    async def take(self, quota: Quota, month: int, least: int) -> tuple[int, int]:
        """Take requests out of what is left, ``least`` of them or a block if that is more; how many that were, and how
        many are taken by now, by whomever. None are taken where none are left."""
        ...

    async def give_back(self, subject: str, month: int, requests: int) -> None:
        """Give back what was taken and not used."""
        ...

    async def used(self, subject: str, month: int) -> int:
        """How many are taken by now."""
        ...

    async def forget_quotas(self, before: int, limit: int) -> int:
        """Drop some of the counts of months before this one; how many that was."""
        ...


def checked_quota(requests: int | None) -> int | None:
    """A monthly quota; None for none.

    Raises:
        InvalidQuota: it is no number of requests.
    """
    if requests is None:
        return None
    if not 1 <= requests <= QUOTA_MAX:
        raise InvalidQuota(f"a monthly quota is 1 to {QUOTA_MAX} requests")
    return requests


def customer(project_id: str, mode: str, external_id: str) -> str:
    """What the requests of all keys of a customer are counted for."""
    return f"{project_id}/{mode}/{external_id}"


def block(left: int, least: int) -> int:
    """How many requests are taken at once of what is left."""
    return max(min(max(left // BLOCK_SHARE, least), BLOCK_MAX, left), 0)


def month_of(at: int) -> Month:
    """The month of an instant."""
    day = datetime.datetime.fromtimestamp(at / 1_000, datetime.UTC)
    first = datetime.datetime(day.year, day.month, 1, tzinfo=datetime.UTC)
    number = day.year * 12 + day.month - 1
    after = datetime.datetime((number + 1) // 12, (number + 1) % 12 + 1, 1, tzinfo=datetime.UTC)
    return Month(number, round(first.timestamp()) * 1_000, round(after.timestamp()) * 1_000)


class _Share:
    """What this process holds of a quota."""

    __slots__ = ("beyond", "exhausted_until", "limit", "lock", "month", "taken", "unused", "waiting")

    def __init__(self, month: int, limit: int) -> None:
        self.month = month
        self.limit = limit
        self.unused = 0
        # What is left for whoever takes next.
        self.beyond = 0
        self.exhausted_until = 0.0
        self.taken = False
        self.waiting = 0
        self.lock = asyncio.Lock()


class Quotas:
    """Counts requests against quotas, for this process out of what all share."""

    def __init__(self, store: QuotaStore, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self._shares: dict[str, _Share] = {}
        self._month = Month(0, 0, 0)

    def take_now(self, quotas: Sequence[Quota], now: int) -> QuotaLeft | None:
        """Count a request against each of these, or against none: what is left of the one that has least left. None
        where the store has to be asked; nothing is counted then."""
        month = self._at(now)
        lacking: Quota | None = None
        least: _Share | None = None
        for quota in quotas:
            share = self._shares.get(quota.subject)
            if share is None or share.month != month.number or share.limit != quota.requests:
                return None
            if share.unused == 0:
                if self._monotonic() >= share.exhausted_until:
                    return None
                lacking = lacking or quota
            elif least is None or share.unused + share.beyond < least.unused + least.beyond:
                least = share
        if lacking is not None or least is None:
            return self._left(lacking.requests if lacking is not None else 0, 0, month, now, exceeded=True)
        for quota in quotas:
            share = self._shares[quota.subject]
            share.unused -= 1
            share.taken = True
        return self._left(least.limit, least.unused + least.beyond, month, now)

    def is_ready(self, quotas: Sequence[Quota], now: int) -> bool:
        """Whether :meth:`take_now` can say it without the store."""
        month = self._at(now).number
        for quota in quotas:
            share = self._shares.get(quota.subject)
            if share is None or share.month != month or share.limit != quota.requests:
                return False
            if share.unused == 0 and self._monotonic() >= share.exhausted_until:
                return False
        return True

    async def take(self, quotas: Sequence[Quota], now: int) -> QuotaLeft:
        """The same, with the store asked where it has to be.

        Raises:
            StoreError: it does not answer; the request is not counted.
        """
        while True:
            left = self.take_now(quotas, now)
            if left is not None:
                return left
            for quota in quotas:
                await self._refill(quota, self._at(now).number)

    async def used(self, quota: Quota, now: int) -> QuotaLeft:
        """What is left of a quota, as far as this process knows."""
        month = month_of(now)
        share = self._shares.get(quota.subject)
        mine = share.unused if share is not None and share.month == month.number else 0
        taken = await self._store.used(quota.subject, month.number)
        return self._left(quota.requests, max(quota.requests - taken + mine, 0), month, now)

    async def flush(self, *, closing: bool = False) -> None:
        """Give back what was not used since the last time.

        Args:
            closing: all of it, because nothing is taken here any more.
        """
        for subject, share in list(self._shares.items()):
            if share.lock.locked() or (share.taken and not closing):
                share.taken = False
                continue
            # From here on nobody finds it: whoever comes next takes again.
            del self._shares[subject]
            try:
                if share.unused:
                    await self._store.give_back(subject, share.month, share.unused)
            except BaseException:
                self._shares.setdefault(subject, share)
                raise

    async def _refill(self, quota: Quota, month: int) -> None:
        share = self._shares.get(quota.subject)
        if share is None or share.month != month:
            self._make_room()
            share = self._shares[quota.subject] = _Share(month, quota.requests)
        share.waiting += 1
        try:
            async with share.lock:
                if share.limit != quota.requests:
                    # The quota was changed: what was taken out of the former one is not spent by it.
                    unused, share.unused, share.limit, share.exhausted_until = share.unused, 0, quota.requests, 0.0
                    await self._store.give_back(quota.subject, share.month, unused)
                if share.unused or self._monotonic() < share.exhausted_until:
                    return
                given, taken = await self._store.take(quota, share.month, share.waiting)
                share.unused += given
                share.taken = True
                share.beyond = max(quota.requests - taken, 0)
                if not given:
                    share.exhausted_until = self._monotonic() + EXHAUSTED_SECONDS
        finally:
            share.waiting -= 1

    def _make_room(self) -> None:
        """Forget some that hold nothing; what holds something is given back by the next :meth:`flush`."""
        if len(self._shares) >= TRACKED_MAX:
            for subject in [one for one, share in self._shares.items() if not share.unused and not share.waiting]:
                del self._shares[subject]

    def _at(self, now: int) -> Month:
        if not self._month.begins_at <= now < self._month.ends_at:
            self._month = month_of(now)
        return self._month

    @staticmethod
    def _left(limit: int, remaining: int, month: Month, now: int, *, exceeded: bool = False) -> QuotaLeft:
        window = (month.ends_at - month.begins_at) // 1_000
        return QuotaLeft(limit, remaining, (month.ends_at - now) / 1_000, window, month.ends_at, exceeded)


class MemoryQuotas:
    """Counts that end with this process."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, int], int] = {}

    async def take(self, quota: Quota, month: int, least: int) -> tuple[int, int]:
        used = self._used.get((quota.subject, month), 0)
        given = block(quota.requests - used, least)
        self._used[quota.subject, month] = used + given
        return given, used + given

    async def give_back(self, subject: str, month: int, requests: int) -> None:
        self._used[subject, month] = max(self._used.get((subject, month), 0) - requests, 0)

    async def used(self, subject: str, month: int) -> int:
        return self._used.get((subject, month), 0)

    async def forget_quotas(self, before: int, limit: int) -> int:
        old = [one for one in self._used if one[1] < before][:limit]
        for one in old:
            del self._used[one]
        return len(old)
