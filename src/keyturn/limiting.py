"""Rate limits per key by GCRA, the leaky bucket that needs one number a key.

Generic Cell Rate Algorithm (ITU-T I.371): each request moves the key's theoretical arrival time on by one
interval; a request is refused while that time lies further ahead than the burst allows. It never lets more
through than ``burst + rate x time``, and never refuses a client that keeps a steady pace below its rate.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

TRACKED_MAX: Final = 100_000


class Limit(NamedTuple):
    """How much a key may do.

    Attributes:
        per_second: requests a second in the long run.
        burst: requests at once after a pause.
    """

    per_second: float
    burst: int

    @property
    def window_seconds(self) -> float:
        """How long a full burst takes to come back."""
        return self.burst / self.per_second


DEFAULT_LIMIT: Final = Limit(100.0, 200)


class Allowance(NamedTuple):
    """What a key has left after a request, and how long until it has all of it, or may try again.

    Attributes:
        retry_after_seconds: zero if the request was let through.
    """

    limit: Limit
    remaining: int
    reset_seconds: float
    retry_after_seconds: float

    @property
    def exceeded(self) -> bool:
        return self.retry_after_seconds > 0


class Limiter:
    """Limits within this process."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """
        Args:
            monotonic: seconds that only go forward.
        """
        self._monotonic = monotonic
        self._arrivals: dict[str, float] = {}

    def take(self, key_id: str, limit: Limit) -> Allowance:
        """Count one request of this key; a refused one costs nothing."""
        now = self._monotonic()
        interval = 1.0 / limit.per_second
        tolerance = interval * limit.burst
        arrival = max(self._arrivals.get(key_id, now), now)
        wait = arrival + interval - tolerance - now
        # A float's rounding must not refuse the client that keeps exactly its pace.
        if wait > 1e-9:
            return Allowance(limit, 0, arrival - now, wait)
        if len(self._arrivals) >= TRACKED_MAX and key_id not in self._arrivals:
            self._forget_idle(now)
        self._arrivals[key_id] = arrival + interval
        ahead = arrival + interval - now
        return Allowance(limit, max(int((tolerance - ahead) / interval + 1e-9), 0), ahead, 0.0)

    def _forget_idle(self, now: float) -> None:
        """Drop keys whose whole burst has come back: they are as if never seen."""
        self._arrivals = {key_id: arrival for key_id, arrival in self._arrivals.items() if arrival > now}
