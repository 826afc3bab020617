"""Limits counted in a real Redis: the in-process limiter's own decisions, whichever process asks, and what happens when
Redis does not answer."""

import asyncio
import itertools
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from keyturn import Allowance, Limit, Limiter, RateLimiter
from keyturn.limiting import shared
from keyturn.limiting.shared import SharedLimiter, client_for
from tests.keyturn.test_limiting import Exact, Watch, rate_of
from tests.parts import Part, require_part, started
from tests.running import free_port
from tillgate.settings import VALKEY_SCHEMES

# A clock that a test moves: two numbers in Redis, as TIME answers, and keys that outlive the test's slower time.
MOVABLE = shared.SCRIPT.replace("redis.call('TIME')", "redis.call('LRANGE', 'clock', 0, -1)").replace(
    "math.floor((at - now) / 1000) + 1", "600000"
)
# Numbers for keys, so that no example meets what another left.
NUMBERS = itertools.count()

# A busy machine may not let Redis answer within a request's patience; who counts alone then is not looked at here.
PATIENCE_SECONDS = 20.0

RATES = st.one_of(
    st.sampled_from([0.001 / 3_600, 1 / 60, 5 / 60, 0.1, 1 / 3, 0.5, 1.0, 3.0, 7.0, 100.0, 333.0, 1e6, 999_999_999.0]),
    st.floats(min_value=0.01, max_value=1e6, allow_nan=False),
)
LIMITS = st.builds(Limit, RATES, st.integers(1, 300))
# Unix microseconds: the epoch, today, and in a hundred years.
STARTS = st.sampled_from([0, 1_767_225_600_123_457, 4_922_985_600_000_001])


@st.composite
def timelines(draw: st.DrawFn) -> tuple[Limit, int, list[int]]:
    """A limit, a start, and pauses between requests (µs) that are near what the limit allows."""
    limit = draw(LIMITS)
    interval = ceil(1_000_000 / rate_of(limit))
    near = st.sampled_from([0, 0, 0, 1, max(interval - 1, 0), interval, interval + 1, interval * limit.burst])
    return limit, draw(STARTS), draw(st.lists(st.one_of(near, st.integers(0, 3 * interval)), max_size=40))


class Bench:
    """Limiters on an event loop of their own, by a clock that a test moves."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.runner = asyncio.Runner()
        self.redis = Redis.from_url(url.replace("valkey:", "redis:"))
        self.limiters: list[SharedLimiter] = []

    def limiter(self, **more: Any) -> SharedLimiter:
        """As another process would make it."""
        made = SharedLimiter(client_for(self.url), Limiter(time.monotonic_ns), **more)
        self.limiters.append(made)
        return made

    def take(self, limiter: RateLimiter, key_id: str, limit: Limit) -> Allowance:
        return self.run(lambda: limiter.take(key_id, limit))

    def run(self, take: Callable[[], Any]) -> Any:
        async def taken() -> Any:
            answer = take()
            return answer if isinstance(answer, Allowance) else await answer

        return self.runner.run(taken())

    def set_clock(self, at_us: int) -> None:
        self.redis.pipeline().delete("clock").rpush("clock", *divmod(at_us, 1_000_000)).execute()  # type: ignore[attr-defined]

    def close(self) -> None:
        for limiter in self.limiters:
            self.runner.run(limiter.close())
        self.redis.close()
        self.runner.close()


@pytest.fixture(scope="module", autouse=True)
def _patient() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared, "ANSWER_SECONDS", PATIENCE_SECONDS)
        yield


@pytest.fixture(scope="module")
def redis_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of this file alone, whose clock the tests move and whose scripts they drop."""
    directory, port = tmp_path_factory.mktemp("redis"), free_port()
    with redis_on(port, directory):
        yield f"redis://127.0.0.1:{port}/0"


def redis_on(port: int, directory: Path) -> Any:
    command = [require_part("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", "."]
    return started(command, port, directory)


@pytest.fixture
def bench(redis_of_module: str) -> Iterator[Bench]:
    made = Bench(redis_of_module)
    yield made
    made.close()


@pytest.fixture(scope="module")
def moved(redis_of_module: str) -> Iterator[Bench]:
    """Two limiters whose time the test moves."""
    assert MOVABLE.count("'clock'") == MOVABLE.count("600000") == 1
    made = Bench(redis_of_module)
    made.limiter().script = MOVABLE
    made.limiter().script = MOVABLE
    yield made
    made.close()


@given(timelines())
@settings(max_examples=60)
def test_each_allowance_is_that_of_the_limiter_in_process(moved: Bench, timeline: tuple[Limit, int, list[int]]) -> None:
    """Two processes that take turns are told what one would be, to the last digit; and each decision is that of an
    exact token bucket, so they never let too many in, and refuse nobody who keeps the pace."""
    limit, at_us, pauses = timeline
    key_id, watch, exact = f"key_{next(NUMBERS)}", Watch(), Exact()
    alone = Limiter(watch)
    for turn, pause in enumerate(pauses):
        at_us += pause
        moved.set_clock(at_us)
        watch.at_ns = at_us * 1_000
        told = moved.take(moved.limiters[turn % 2], key_id, limit)
        assert told == alone.take(key_id, limit)
        assert told.exceeded is not exact.take(key_id, limit, watch.at_ns)


@given(LIMITS, st.lists(st.integers(0, 3), max_size=40))
@settings(max_examples=40)
def test_a_steady_rate_within_the_limit_is_never_refused(moved: Bench, limit: Limit, late: list[int]) -> None:
    """A client that leaves the interval of its limit between requests is let through, whichever process it reaches."""
    key_id, at_us = f"key_{next(NUMBERS)}", 1_767_225_600_000_000
    interval = ceil(1_000_000 / rate_of(limit))
    for turn, more in enumerate(late):
        moved.set_clock(at_us)
        assert not moved.take(moved.limiters[turn % 2], key_id, limit).exceeded
        at_us += interval + more


@given(st.lists(st.tuples(LIMITS, st.integers(0, 2_000_000)), min_size=2, max_size=25))
@settings(max_examples=40)
def test_a_changed_limit_never_gives_the_burst_back(moved: Bench, takes: list[tuple[Limit, int]]) -> None:
    """Whatever a key's limit is changed to and back, what is left is at most one short of the new burst, and never more
    than what the limiter in process leaves it."""
    key_id, watch, at_us = f"key_{next(NUMBERS)}", Watch(), 1_767_225_600_000_000
    alone = Limiter(watch)
    for limit, pause in takes:
        at_us += pause
        moved.set_clock(at_us)
        watch.at_ns = at_us * 1_000
        told, expected = moved.take(moved.limiters[0], key_id, limit), alone.take(key_id, limit)
        # A fraction of a microsecond is rounded up, which may cost a request that came on the dot, never grant one.
        assert told.remaining <= expected.remaining
        assert told.reset_seconds >= expected.reset_seconds - 1e-9
        if told.exceeded is not expected.exceeded:
            assert told.exceeded
            assert told.retry_after_seconds <= 2e-6
            return


def test_a_raised_limit_holds_at_once(moved: Bench) -> None:
    """A key that was allowed one an hour and has used it up is not held to that once it may make a hundred a second."""
    watch = Watch(10**15)
    alone: RateLimiter = Limiter(watch)
    for limiter in (moved.limiters[0], alone):
        moved.set_clock(1_767_225_600_000_000)
        key_id = f"key_{next(NUMBERS)}"
        for _ in range(3):
            moved.take(limiter, key_id, Limit(1 / 3_600, 3))
        assert moved.take(limiter, key_id, Limit(1 / 3_600, 3)).exceeded
        raised = moved.take(limiter, key_id, Limit(100.0, 200))
        assert raised.exceeded
        assert raised.retry_after_seconds == pytest.approx(0.01)
        moved.set_clock(1_767_225_600_010_000)
        watch.at_ns += 10_000_000
        assert not moved.take(limiter, key_id, Limit(100.0, 200)).exceeded


def test_a_clock_that_is_set_back_costs_a_burst_at_most(moved: Bench) -> None:
    """When the server's clock is put back by a year, no key is locked out for a year: it has used up its burst."""
    limit, key_id = Limit(10.0, 5), f"key_{next(NUMBERS)}"
    moved.set_clock(1_767_225_600_000_000)
    assert not moved.take(moved.limiters[0], key_id, limit).exceeded
    moved.set_clock(1_735_689_600_000_000)
    assert moved.take(moved.limiters[0], key_id, limit).retry_after_seconds == 0.1
    moved.set_clock(1_735_689_600_100_000)
    assert not moved.take(moved.limiters[0], key_id, limit).exceeded


@pytest.mark.parametrize("limit", [Limit(1e-9, 10_000_000), Limit(5e-324, 1), Limit(1e15, 7), Limit(1e9 + 1 / 7, 2)])
def test_the_numbers_of_any_limit_are_exact_in_a_double(limit: Limit) -> None:
    """However slow, fast or odd: what the script calculates with stays below 2^53, where doubles have all integers."""
    n, step, step_rest, tolerance, tolerance_rest = map(int, shared._plan(limit).arguments)
    now = 5 * 10**15  # the year 2128
    assert n <= 2**52
    assert max(step_rest, tolerance_rest) < n
    assert now + tolerance + step < 2**53
    assert (tolerance, tolerance_rest) >= (step, step_rest)  # one request at least


def test_a_key_that_is_as_good_as_new_is_forgotten(bench: Bench) -> None:
    """What Redis keeps lives as long as the key is behind its burst, to the millisecond, and not longer."""
    key_id = f"key_{next(NUMBERS)}"
    bench.take(bench.limiter(), key_id, Limit(1 / 60, 3))
    left_ms = bench.redis.pttl(shared.PREFIX + key_id)
    assert 50_000 < left_ms <= 60_001
    bench.take(bench.limiter(prefix="other:"), key_id, Limit(1 / 60, 3))
    assert bench.redis.exists(f"other:{key_id}") == 1


def test_who_asks_at_the_same_time_is_counted_one_by_one(bench: Bench) -> None:
    """Fifty at once, of which the burst has room for ten: ten are admitted, and what they are told counts down."""
    limiter, limit, key_id = bench.limiter(), Limit(0.001, 10), f"key_{next(NUMBERS)}"

    async def crowd() -> list[Allowance]:
        return list(await asyncio.gather(*[limiter.take(key_id, limit) for _ in range(50)]))  # type: ignore[arg-type]

    told = bench.runner.run(crowd())
    assert [one.remaining for one in told if not one.exceeded] == list(range(9, -1, -1))


def test_a_server_that_lost_its_scripts_is_given_them_again(bench: Bench) -> None:
    """After SCRIPT FLUSH (or a restart) the next request is counted all the same, once."""
    limiter, limit, key_id = bench.limiter(), Limit(0.001, 10), f"key_{next(NUMBERS)}"
    assert bench.take(limiter, key_id, limit).remaining == 9
    bench.redis.script_flush()
    assert bench.take(limiter, key_id, limit).remaining == 8
    assert not limiter.is_alone


def hammer(url: str, key_id: str, limit: Limit, count: int, answer: Any) -> None:
    """A process that asks as fast as it can; how many it was let, and from when to when."""

    shared.ANSWER_SECONDS = PATIENCE_SECONDS  # type: ignore[misc]

    async def run() -> int:
        limiter = SharedLimiter(client_for(url), Limiter(time.monotonic_ns), retry_seconds=60)
        admitted = 0
        for _ in range(count // 8):
            told = await asyncio.gather(*[limiter.take(key_id, limit) for _ in range(8)])  # type: ignore[arg-type]
            admitted += sum(not one.exceeded for one in told)
        assert not limiter.is_alone
        await limiter.close()
        return admitted

    begun = time.monotonic()
    answer.put((asyncio.run(run()), begun, time.monotonic()))


@pytest.mark.slow
def test_several_processes_together_never_exceed_the_limit(bench: Bench) -> None:
    """Two processes that hammer as one key get what one would: the burst, and the rate for as long as they go on."""
    limit, key_id = Limit(200.0, 20), f"key_{next(NUMBERS)}"
    spawn = multiprocessing.get_context("spawn")
    answers: Any = spawn.Queue()
    processes = [spawn.Process(target=hammer, args=(bench.url, key_id, limit, 800, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    counted = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(20)
        assert process.exitcode == 0
    admitted, begun, ended = sum(one[0] for one in counted), min(one[1] for one in counted), max(o[2] for o in counted)
    assert limit.burst <= admitted <= limit.burst + limit.per_second * (ended - begun)
    assert admitted < 1_600  # so there was something to refuse


def until(bench: Bench, found: Callable[[], bool]) -> None:
    """Let the loop run until this is so."""

    async def wait() -> None:
        deadline = time.monotonic() + 20
        while not found():
            assert time.monotonic() < deadline, "this did not happen in time"
            await asyncio.sleep(0.01)

    bench.runner.run(wait())


def outage(part: Part, how: str) -> None:
    part.process.send_signal(signal.SIGSTOP if how == "silent" else signal.SIGKILL)
    if how == "gone":
        part.process.wait()


@pytest.mark.parametrize("how", ["silent", "gone"])
def test_without_an_answer_each_process_counts_for_itself(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When Redis is gone, or hangs, requests are still admitted up to the limit; it is logged once, each
    such decision is counted, and none but the first waits. When it is back, they are counted together again."""
    port, told, alone = free_port(), [], []
    with redis_on(port, tmp_path) as part:
        bench = Bench(f"redis://127.0.0.1:{port}/0")
        limiter = bench.limiter(retry_seconds=0.02, on_change=told.append, count_alone=lambda: alone.append(1))
        limit = Limit(0.001, 3)
        assert bench.take(limiter, "key", limit).remaining == 2
        outage(part, how)
        if how == "silent":
            monkeypatch.setattr(shared, "ANSWER_SECONDS", 0.25)
        assert [bench.take(limiter, "key", limit).exceeded for _ in range(5)] == [False, False, False, True, True]
        assert isinstance(limiter.take("key", limit), Allowance)  # known at once: nobody is asked
        assert (len(alone), len(told), limiter.is_alone) == (6, 1, True)
        assert isinstance(told[0], Exception)
        if how == "silent":
            part.process.send_signal(signal.SIGCONT)
            until(bench, lambda: not limiter.is_alone)
            # Two had been asked for and were not answered; both were counted.
            assert bench.take(limiter, "key", limit).remaining in (0, 1)
    if how == "gone":
        with redis_on(port, tmp_path):
            until(bench, lambda: not limiter.is_alone)
            assert bench.take(limiter, "key", limit).remaining == 2
            bench.close()
    else:
        bench.close()
    assert (len(told), told[1]) == (2, None)


def test_a_probe_finds_out_before_the_first_request(tmp_path: Path) -> None:
    """Where there is no server at all, that is told at the start, and no request has to find out."""
    told: list[Exception | None] = []
    bench = Bench(f"valkey://127.0.0.1:{free_port()}/0")
    limiter = bench.limiter(on_change=told.append, retry_seconds=60)
    bench.runner.run(limiter.probe())
    assert (limiter.is_alone, len(told)) == (True, 1)
    assert isinstance(limiter.take("key", Limit(1.0, 1)), Allowance)
    bench.close()


def test_a_server_that_refuses_is_an_outage_too(tmp_path: Path) -> None:
    """An error from Redis (a replica that may not be written to) opens no hole: each process counts for itself."""
    port = free_port()
    with redis_on(port, tmp_path):
        bench = Bench(f"redis://127.0.0.1:{port}/0")
        bench.redis.replicaof("127.0.0.1", str(free_port()))
        limiter = bench.limiter(retry_seconds=60)
        assert [bench.take(limiter, "key", Limit(0.001, 2)).exceeded for _ in range(3)] == [False, False, True]
        assert limiter.is_alone
        bench.close()


def test_who_goes_away_keeps_nobody_waiting(bench: Bench) -> None:
    """A request that is given up while it waits takes the answer of no other with it."""
    limiter, limit, key_id = bench.limiter(), Limit(0.001, 10), f"key_{next(NUMBERS)}"

    async def crowd() -> int:
        first, second = limiter.take(key_id, limit), limiter.take(key_id, limit)
        assert isinstance(first, asyncio.Future)
        first.cancel()
        assert not isinstance(second, Allowance)
        return (await second).remaining

    assert bench.runner.run(crowd()) == 8


def test_the_settings_name_the_schemes_that_the_client_takes() -> None:
    """Said twice, because the settings must not load the client; they agree, and anything else is refused."""
    assert sorted(VALKEY_SCHEMES) == sorted(shared.SCHEMES)
    with pytest.raises(ValueError, match="expected a URL"):
        client_for("http://localhost")
