"""GCRA: what a key may do, to the nanosecond, and in how much memory."""

from fractions import Fraction
from itertools import pairwise
from math import ceil, ulp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn import DEFAULT_LIMIT, Allowance, Limit, Limiter
from keyturn.limiting.gcra import PER_SECOND_MIN, SECOND_NS, SWEPT_PER_NEWCOMER, ratio

# A process that starts, one that has run for months (where a float's last digit is worth several
# nanoseconds), and one for a century.
STARTS = st.sampled_from([0, 12_345_678_901_234_567, 3_155_760_000 * SECOND_NS])
RATES = st.one_of(
    st.sampled_from([0.001 / 3_600, 1 / 60, 5 / 60, 0.1, 1 / 3, 0.5, 1.0, 3.0, 7.0, 100.0, 333.0, 1e6, 999_999_999.0]),
    st.floats(min_value=0.01, max_value=1e9, allow_nan=False),
)
LIMITS = st.builds(Limit, RATES, st.integers(1, 300))


def rate_of(limit: Limit) -> Fraction:
    return Fraction(*ratio(limit.per_second))


class Watch:
    """A monotonic clock that goes when told."""

    def __init__(self, at_ns: int = 0) -> None:
        self.at_ns = at_ns

    def __call__(self) -> int:
        return self.at_ns


class Exact:
    """The token bucket as textbooks have it, in fractions and with endless memory."""

    def __init__(self) -> None:
        self.buckets: dict[str, tuple[Fraction, int]] = {}

    def take(self, key_id: str, limit: Limit, at_ns: int) -> bool:
        tokens, before = self.buckets.get(key_id, (Fraction(limit.burst), at_ns))
        tokens += rate_of(limit) * (at_ns - before) / SECOND_NS
        tokens = min(tokens, Fraction(limit.burst))
        admitted = tokens >= 1
        self.buckets[key_id] = (tokens - admitted, at_ns)
        return admitted

    def is_busy(self, key_id: str, limit: Limit, at_ns: int) -> bool:
        tokens, before = self.buckets[key_id]
        return tokens + rate_of(limit) * (at_ns - before) / SECOND_NS < limit.burst


@st.composite
def timelines(draw: st.DrawFn) -> tuple[Limit, int, list[int]]:
    """A limit, a start, and pauses between requests that are near what the limit allows."""
    limit = draw(LIMITS)
    interval_ns = ceil(SECOND_NS / rate_of(limit))
    near = st.sampled_from([0, 0, 0, 1, interval_ns - 1, interval_ns, interval_ns + 1, interval_ns * limit.burst])
    pauses = draw(st.lists(st.one_of(near, st.integers(0, 3 * interval_ns)), max_size=150))
    return limit, draw(STARTS), pauses


@given(timelines())
def test_every_decision_is_that_of_an_exact_token_bucket(timeline: tuple[Limit, int, list[int]]) -> None:
    """GCRA is the token bucket with one number; nothing is lost to rounding, at any rate and after any uptime."""
    limit, start, pauses = timeline
    watch, exact = Watch(start), Exact()
    limiter = Limiter(watch)
    for pause in pauses:
        watch.at_ns += pause
        assert limiter.take("key", limit).exceeded is not exact.take("key", limit, watch.at_ns)


@given(timelines())
def test_no_window_holds_more_than_the_burst_and_the_rate(timeline: tuple[Limit, int, list[int]]) -> None:
    """Never more than burst + rate x time is let through, between any two moments."""
    limit, start, pauses = timeline
    watch = Watch(start)
    limiter = Limiter(watch)
    admitted = []
    for pause in pauses:
        watch.at_ns += pause
        for _ in range(3):
            if not limiter.take("key", limit).exceeded:
                admitted.append(watch.at_ns)
    for first in range(len(admitted)):
        for last in range(first, len(admitted)):
            seconds = Fraction(admitted[last] - admitted[first], SECOND_NS)
            assert last - first + 1 <= limit.burst + rate_of(limit) * seconds


@given(LIMITS, STARTS, st.lists(st.integers(0, 3), max_size=300))
def test_a_steady_rate_within_the_limit_is_never_refused(limit: Limit, start: int, late: list[int]) -> None:
    """A client that leaves the interval of its limit between requests is let through for ever, with any burst."""
    watch = Watch(start)
    limiter = Limiter(watch)
    interval_ns = ceil(SECOND_NS / rate_of(limit))
    for more in late:
        assert not limiter.take("key", limit).exceeded
        watch.at_ns += interval_ns + more


def test_a_steady_rate_is_not_refused_after_months_of_uptime() -> None:
    """A hundred thousand requests at exactly the limit, at an uptime where floats have no nanoseconds left."""
    watch = Watch(20_000_000 * SECOND_NS)
    limiter, limit = Limiter(watch), Limit(100.0, 1)
    for _ in range(100_000):
        assert not limiter.take("key", limit).exceeded
        watch.at_ns += SECOND_NS // 100
    assert limiter.take("key", limit).exceeded is False
    assert limiter.take("key", limit).exceeded is True


def cut_off_ns(seconds: float) -> int:
    """What the float of a duration may have cut off: more than a nanosecond from a hundred days on."""
    return ceil(Fraction(ulp(seconds)) * SECOND_NS)


@given(timelines())
def test_what_an_allowance_says_comes_true(timeline: tuple[Limit, int, list[int]]) -> None:
    """``remaining`` more requests pass at once and not one beyond; after ``retry_after_seconds`` one passes, not
    earlier; after ``reset_seconds`` the whole burst is there."""
    limit, start, pauses = timeline

    def replayed() -> tuple[Watch, Limiter, Allowance]:
        watch = Watch(start)
        limiter = Limiter(watch)
        told = limiter.take("key", limit)
        for pause in pauses:
            watch.at_ns += pause
            told = limiter.take("key", limit)
        return watch, limiter, told

    watch, limiter, told = replayed()
    assert 0 <= told.remaining < limit.burst
    for _ in range(told.remaining):
        assert not limiter.take("key", limit).exceeded
    refused = limiter.take("key", limit)
    assert refused.exceeded
    assert refused.remaining == 0
    wait_ns = ceil(Fraction(refused.retry_after_seconds) * SECOND_NS)
    cut_ns = cut_off_ns(refused.retry_after_seconds)
    early_ns = max(0, wait_ns - 1 - cut_ns)
    if early_ns:
        watch.at_ns += early_ns
        assert limiter.take("key", limit).exceeded
    watch.at_ns += wait_ns - early_ns + cut_ns
    assert not limiter.take("key", limit).exceeded

    watch, limiter, told = replayed()
    assert told.reset_seconds <= limit.window_seconds * (1 + 1e-9)
    watch.at_ns += ceil(Fraction(told.reset_seconds) * SECOND_NS) + cut_off_ns(told.reset_seconds)
    whole = [limiter.take("key", limit).remaining for _ in range(limit.burst)]
    assert whole == list(range(limit.burst - 1, -1, -1))


@given(st.integers(1, 10_000_000), st.integers(1, 3_600))
def test_a_rate_is_what_was_meant_by_it(requests: int, seconds: int) -> None:
    """The declared number of requests in the declared seconds is exact, although a float cannot say most of them."""
    assert Fraction(*ratio(requests / seconds)) == Fraction(requests, seconds)


@pytest.mark.parametrize("per_second", [PER_SECOND_MIN, PER_SECOND_MIN / 10, 5e-324])
def test_even_the_slowest_rate_can_be_written(per_second: float) -> None:
    """A rate that is hardly any still gives numbers that fit, and not an error for each request."""
    limiter, slow = Limiter(Watch()), Limit(per_second, 1)
    assert limiter.take("key", slow).reset_seconds == pytest.approx(1e7)
    assert limiter.take("key", slow).retry_after_seconds == pytest.approx(1e7)


def test_once_a_minute_may_come_every_minute() -> None:
    """1/60 as a float is a little less: it would refuse a request that comes each minute on the dot."""
    watch = Watch(7 * SECOND_NS)
    limiter = Limiter(watch)
    for _ in range(1_000):
        assert not limiter.take("key", Limit(1 / 60, 1)).exceeded
        watch.at_ns += 60 * SECOND_NS - 1
        assert limiter.take("key", Limit(1 / 60, 1)).exceeded
        watch.at_ns += 1


def test_a_refused_request_costs_nothing() -> None:
    """A caller that keeps retrying is admitted as early as one that waits."""
    watch = Watch()
    limiter, limit = Limiter(watch), Limit(1.0, 2)
    assert [limiter.take("key", limit).exceeded for _ in range(4)] == [False, False, True, True]
    for _ in range(999):
        watch.at_ns += SECOND_NS // 1_000
        assert limiter.take("key", limit).exceeded
    watch.at_ns += SECOND_NS // 1_000
    assert not limiter.take("key", limit).exceeded


def test_keys_do_not_share_an_allowance() -> None:
    """What one key uses up is still there for another."""
    limiter, limit = Limiter(Watch()), Limit(1.0, 3)
    assert [limiter.take("one", limit).exceeded for _ in range(4)] == [False, False, False, True]
    assert [limiter.take("two", limit).exceeded for _ in range(4)] == [False, False, False, True]


def test_a_changed_limit_does_not_give_the_burst_back() -> None:
    """A key whose limit is changed goes on from the time that it is ahead by, at the new rate."""
    watch = Watch(5 * SECOND_NS)
    limiter = Limiter(watch)
    for _ in range(10):
        limiter.take("key", Limit(10.0, 10))
    assert limiter.take("key", Limit(10.0, 10)).exceeded
    assert limiter.take("key", Limit(3.0, 3)).exceeded
    watch.at_ns += SECOND_NS // 3 + 1
    assert not limiter.take("key", Limit(3.0, 3)).exceeded
    assert limiter.take("key", Limit(3.0, 3)).exceeded


@st.composite
def crowds(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Who comes after which pause (of a few intervals)."""
    return draw(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), max_size=400))


@given(crowds())
def test_forgetting_idle_keys_changes_no_decision(crowd: list[tuple[int, int]]) -> None:
    """While no more than half of the tracked keys are in use at once, each decision is that of endless memory."""
    limit, tracked_max = Limit(10.0, 4), 32
    watch, exact = Watch(), Exact()
    limiter = Limiter(watch, tracked_max)
    for who, pause in crowd:
        watch.at_ns += pause * SECOND_NS // 10
        key_id = f"key_{who}"
        busy = {known for known in exact.buckets if exact.is_busy(known, limit, watch.at_ns)}
        if len(busy | {key_id}) > tracked_max // 2:
            continue
        assert limiter.take(key_id, limit).exceeded is not exact.take(key_id, limit, watch.at_ns)
        assert limiter.tracked <= tracked_max


def test_memory_is_bounded_even_if_every_tracked_key_is_busy() -> None:
    """Where more keys are in use than can be tracked, the table does not grow, and nobody is refused for others."""
    limiter, slow = Limiter(Watch(), 100), Limit(0.001, 2)
    for number in range(1_000):
        assert not limiter.take(f"key_{number}", slow).exceeded
        assert limiter.tracked <= 100
    assert limiter.tracked == 100


def test_idle_keys_are_forgotten_as_new_ones_come() -> None:
    """Keys that came once and never again do not stay: the table follows what is in use."""
    watch = Watch()
    limiter = Limiter(watch)
    for number in range(10_000):
        limiter.take(f"key_{number}", DEFAULT_LIMIT)
    assert limiter.tracked == 10_000
    watch.at_ns += 10 * SECOND_NS
    for number in range(4_000):
        limiter.take(f"new_{number}", DEFAULT_LIMIT)
    assert limiter.tracked == 4_000


class Counting(dict[str, tuple[int, int]]):
    """A table that counts how often it is asked."""

    asked = 0

    def __getitem__(self, key_id: str) -> tuple[int, int]:
        self.asked += 1
        return super().__getitem__(key_id)


@pytest.mark.parametrize("busy", [True, False])
def test_a_flood_of_new_keys_costs_each_request_the_same(monkeypatch: pytest.MonkeyPatch, busy: bool) -> None:
    """A new key looks at a handful of others at most, however many are tracked; no request pays for all."""
    watch = Watch()
    limiter, table = Limiter(watch, 1_000), Counting()
    monkeypatch.setattr(limiter, "_arrivals", table)
    limit = Limit(0.001 if busy else 1e9, 2)
    counted = []
    for number in range(3_000):
        watch.at_ns += 0 if busy else 1_000
        limiter.take(f"key_{number}", limit)
        counted.append(table.asked)
    assert max(later - earlier for earlier, later in pairwise(counted)) <= SWEPT_PER_NEWCOMER
