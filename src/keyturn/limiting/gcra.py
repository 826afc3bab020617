"""Rate limits per key by GCRA, the leaky bucket that needs one number a key.

Generic Cell Rate Algorithm (ITU-T I.371): each request moves the key's theoretical arrival time on by one
interval; a request is refused while that time lies further ahead than the burst allows. It never lets more
through than ``burst + rate x time``, and never refuses a client that keeps a steady pace within its rate. Both
hold to the nanosecond, however long the process runs, because time and rate are whole numbers here: added up
in floats, they drift apart by a rounding with each request.
"""

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from keyturn.limiting.quotas import QuotaLeft

TRACKED_MAX: Final = 100_000
SWEPT_PER_NEWCOMER: Final = 4
SECOND_NS: Final = 1_000_000_000
PER_SECOND_MIN: Final = 1e-7
UNITS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


class Limit(NamedTuple):
    """How much a key may do.

    Attributes:
        per_second: requests a second in the long run; one in ten million seconds at least.
        burst: requests at once after a pause.
    """

    per_second: float
    burst: int

    @property
    def window_seconds(self) -> float:
        """How long a full burst takes to come back."""
        return self.burst / self.per_second

    @property
    def rate(self) -> tuple[str, str]:
        """The rate as it is meant: a count, and ``second``, ``minute``, ``hour`` or ``day``. That of which the burst is
        one, or else the shortest in which the count is a whole number."""
        rate, per = ratio(self.per_second)
        for unit, seconds in UNITS.items():
            if rate * seconds == self.burst * per:
                return str(self.burst), unit
        for unit, seconds in UNITS.items():
            if rate * seconds % per == 0:
                return str(rate * seconds // per), unit
        return f"{self.per_second:g}", "second"

    def __str__(self) -> str:
        """``6 a minute, 6 at once``."""
        count, unit = self.rate
        return f"{count} {'an' if unit == 'hour' else 'a'} {unit}, {self.burst} at once"


DEFAULT_LIMIT: Final = Limit(100.0, 200)


@lru_cache(maxsize=1_000)
def ratio(per_second: float) -> tuple[int, int]:
    """The rate as a fraction of whole numbers: what was meant, such as 1/60, of which a float falls short."""
    meant = max(Fraction(per_second).limit_denominator(round(1 / PER_SECOND_MIN)), Fraction(PER_SECOND_MIN))
    return meant.as_integer_ratio()


@lru_cache(maxsize=1_000)
def _units(limit: Limit) -> tuple[int, int, int, int]:
    """The rate's numerator n, and a second, the interval and the whole burst in units of 1/n ns: all whole numbers."""
    rate, per = ratio(limit.per_second)
    interval = SECOND_NS * per
    return rate, SECOND_NS * rate, interval, interval * limit.burst


class Allowance(NamedTuple):
    """What a key has left after a request, and how long until it has all of it, or may try again.

    Attributes:
        limit: its rate limit; None where it has none, but a quota.
        retry_after_seconds: zero if the request was let through.
        quota: what is left of the month's, where it has one; the tightest where it counts against several.
    """

    limit: Limit | None
    remaining: int
    reset_seconds: float
    retry_after_seconds: float
    quota: QuotaLeft | None = None

    @property
    def exceeded(self) -> bool:
        return self.retry_after_seconds > 0


class Limiter:
    """Limits within this process, in memory that is bounded.

    A key whose whole burst has come back is as if never seen, and is forgotten; a few are looked at whenever a
    new one comes, so that no request pays for all of them. While no more than half of ``tracked_max`` keys are in
    use within one window, only such keys are forgotten and every decision is exact. Beyond that, a key may get its
    burst back early, rather than have its requests refused for what others do.
    """

    def __init__(self, monotonic_ns: Callable[[], int], tracked_max: int = TRACKED_MAX) -> None:
        """
        Args:
            monotonic_ns: nanoseconds that only go forward.
        """
        self._monotonic_ns = monotonic_ns
        self._tracked_max = tracked_max
        # Each key's theoretical arrival time in units of 1/rate ns, and that rate; so nothing is ever rounded.
        self._arrivals: dict[str, tuple[int, int]] = {}
        # The same keys, the one that was not looked at for longest first.
        self._to_sweep: deque[str] = deque()

    @property
    def tracked(self) -> int:
        """How many keys are remembered."""
        return len(self._arrivals)

    def take(self, key_id: str, limit: Limit) -> Allowance:
        """Count one request of this key; a refused one costs nothing."""
        now_ns = self._monotonic_ns()
        rate, second, interval, tolerance = _units(limit)
        now = now_ns * rate
        known = self._arrivals.get(key_id)
        if known is None:
            arrival = now
        else:
            arrival, its_rate = known
            if its_rate != rate:
                # A key whose limit was changed keeps the time that it is ahead by, up to the whole of its new burst.
                arrival = -(-arrival * rate // its_rate)
            if arrival < now:
                arrival = now
            elif arrival > now + tolerance:
                arrival = now + tolerance
                self._arrivals[key_id] = (arrival, rate)
        moved = arrival + interval
        ahead = moved - now
        if ahead > tolerance:
            return Allowance(limit, 0, (arrival - now) / second, (ahead - tolerance) / second)
        if known is None:
            self._make_room(now_ns)
            self._to_sweep.append(key_id)
        self._arrivals[key_id] = (moved, rate)
        # What `Allowance(…)` does, for half of its price: this is on the way of every request.
        return tuple.__new__(Allowance, (limit, (tolerance - ahead) // interval, ahead / second, 0.0, None))

    def _make_room(self, now_ns: int) -> None:
        """Forget some idle keys. Four for each that comes keep the table below 4/3 of the keys that are in use."""
        for _ in range(min(SWEPT_PER_NEWCOMER, len(self._to_sweep))):
            key_id = self._to_sweep.popleft()
            arrival, rate = self._arrivals[key_id]
            if arrival <= now_ns * rate:
                del self._arrivals[key_id]
            else:
                self._to_sweep.append(key_id)
        if len(self._to_sweep) >= self._tracked_max:
            del self._arrivals[self._to_sweep.popleft()]
