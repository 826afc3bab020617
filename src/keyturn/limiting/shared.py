"""The rate limits of :mod:`keyturn.limiting.gcra`, counted for many processes together in Valkey or Redis.

The same algorithm and the same exactness: a script reads and moves a key's theoretical arrival time where it is kept,
so that no two processes can take the same place. The time is the server's own, so the processes' clocks do not matter.
Lua has no integers but doubles, exact up to 2^53, so an instant is whole microseconds and a rest in 1/rate of one:
nothing is ever rounded, but for the fraction of a microsecond when a key's limit is changed.

All that is asked while an answer is under way goes to the server together: one round trip, however many they are.

Without an answer each process counts for itself until there is one again: a key may then make as many times its
limit's requests as there are processes, which is better than to refuse all of them, or none.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from keyturn.invariants import present
from keyturn.limiting.gcra import Allowance, Limit, Limiter, ratio

PREFIX: Final = "keyturn:limit:"
ANSWER_SECONDS: Final = 0.25
RETRY_SECONDS: Final = 1.0
BATCH_MAX: Final = 256
SCHEMES: Final = ("redis://", "rediss://", "valkey://", "valkeys://", "unix://")

_SECOND_US: Final = 1_000_000
# A burst takes at most so long to come back. With it, every number in the script stays below 2^53.
_WINDOW_US_MAX: Final = 4 * 10**15
_RATE_MAX: Final = 2**52

# KEYS[1]: the key. ARGV: the rate's numerator n; the interval and the burst, each as whole microseconds and a rest in
# 1/n of one. The answer: whether it was exceeded, and how far the arrival time then lies ahead, in the same two parts.
SCRIPT: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local n, step, step_rest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local latest, latest_rest = now + ARGV[4], tonumber(ARGV[5])
local arrival, rest = now, 0
local function keep(at, part)
  local ttl_ms = math.floor((at - now) / 1000) + 1
  redis.call('SET', KEYS[1], string.format('%.0f %.0f %.0f', at, part, n), 'PX', string.format('%.0f', ttl_ms))
end
local known = redis.call('GET', KEYS[1])
if known then
  local at, part, of = string.match(known, '^(%d+) (%d+) (%d+)$')
  at, part = tonumber(at) or 0, tonumber(part) or 0
  if tonumber(of) ~= n and part > 0 then at, part = at + 1, 0 end
  if at >= now then arrival, rest = at, part end
  -- Further ahead than the burst: its limit was changed, or this clock set back. Nobody is locked out for either.
  if arrival > latest or (arrival == latest and rest > latest_rest) then
    arrival, rest = latest, latest_rest
    keep(arrival, rest)
  end
end
local moved, moved_rest = arrival + step, rest + step_rest
if moved_rest >= n then moved, moved_rest = moved + 1, moved_rest - n end
if moved > latest or (moved == latest and moved_rest > latest_rest) then return {1, arrival - now, rest} end
keep(moved, moved_rest)
return {0, moved - now, moved_rest}
"""


class _Plan(NamedTuple):
    """A limit as the script takes it. Interval and tolerance are in units of 1/rate microseconds."""

    rate: int
    interval: int
    tolerance: int
    arguments: tuple[str, ...]


@lru_cache(maxsize=1_000)
def _plan(limit: Limit) -> _Plan:
    rate, per = ratio(limit.per_second)
    if rate > _RATE_MAX:
        meant = Fraction(limit.per_second).limit_denominator(max(_RATE_MAX // ceil(limit.per_second), 1))
        rate, per = meant.as_integer_ratio()
    interval = per * _SECOND_US
    tolerance = interval * max(min(limit.burst, _WINDOW_US_MAX * rate // interval), 1)
    numbers = (rate, interval // rate, interval % rate, tolerance // rate, tolerance % rate)
    return _Plan(rate, interval, tolerance, tuple(map(str, numbers)))


class _Waiting(NamedTuple):
    key_id: str
    limit: Limit
    answer: "asyncio.Future[Allowance]"


def client_for(url: str) -> Redis:
    """A client that waits for nothing longer than a request can. It connects when it is first used.

    Args:
        url: ``redis://host:6379/0``, ``rediss://…`` over TLS, ``unix:///path``; ``valkey`` for ``redis`` as one likes.

    Raises:
        ValueError: it is no such URL.
    """
    if not url.startswith(SCHEMES):
        raise ValueError(f"expected a URL that begins with {', '.join(SCHEMES)}")
    url = f"redis{url.removeprefix('valkey')}" if url.startswith("valkey") else url
    # One more try, for a connection that was closed while nobody used it.
    retry = Retry(NoBackoff(), 1)
    return Redis.from_url(url, retry=retry, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS)


class SharedLimiter:
    """Limits for all processes that use the same server, as exact as one process's own."""

    script = SCRIPT

    def __init__(
        self,
        client: Redis,
        alone: Limiter,
        *,
        prefix: str = PREFIX,
        retry_seconds: float = RETRY_SECONDS,
        on_change: Callable[[Exception | None], None] = lambda _: None,
        count_alone: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Args:
            alone: counts for this process while the server does not answer.
            prefix: what its keys begin with.
            on_change: called once when an outage begins, with its error, and once when it is over, with None.
            count_alone: called for every decision that this process made alone.
        """
        self._client = client
        self._alone = alone
        self._prefix = prefix
        self._retry_seconds = retry_seconds
        self._on_change = on_change
        self._count_alone = count_alone
        self._waiting: list[_Waiting] = []
        self._asking: asyncio.Task[None] | None = None
        self._recovering: asyncio.Task[None] | None = None
        self._sha: str | None = None

    @property
    def is_alone(self) -> bool:
        """Whether this process counts alone, because the server does not answer."""
        return self._recovering is not None

    def take(self, key_id: str, limit: Limit) -> Allowance | Awaitable[Allowance]:
        """Count one request of this key; a refused one costs nothing."""
        if self._recovering is not None:
            return self._take_alone(key_id, limit)
        answer: asyncio.Future[Allowance] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(key_id, limit, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return answer

    async def probe(self) -> None:
        """Find out whether the server answers, so that no request need wait for that."""
        if self._recovering is None:
            try:
                await self._ping()
            except (RedisError, OSError) as error:
                self._lose(error)

    async def check(self) -> None:
        """Count a request of nobody, to see that the server lets this be done.

        Raises:
            RedisError, OSError: it does not answer, or refuses.
        """
        await self._send([("check", _plan(Limit(1_000.0, 1_000)))])

    async def close(self) -> None:
        """Release the server."""
        for task in (self._asking, self._recovering):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self._client.aclose()

    def _take_alone(self, key_id: str, limit: Limit) -> Allowance:
        self._count_alone()
        return self._alone.take(key_id, limit)

    async def _ask(self) -> None:
        """Ask for all that wait, until nobody does."""
        batch: list[_Waiting] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
                try:
                    answers = await self._send([(one.key_id, _plan(one.limit)) for one in batch])
                    allowances = [_allowance(one.limit, answer) for one, answer in zip(batch, answers, strict=True)]
                except Exception as error:  # whatever it is: nobody who asked may be left without an answer
                    self._lose(error)
                    batch, self._waiting = batch + self._waiting, []
                    allowances = [self._take_alone(one.key_id, one.limit) for one in batch]
                for one, allowance in zip(batch, allowances, strict=True):
                    if not one.answer.done():  # whoever asked may have gone
                        one.answer.set_result(allowance)
        finally:
            self._asking = None
            for one in (*batch, *self._waiting):
                one.answer.cancel()  # of those that were answered, this cancels nothing

    async def _send(self, takes: list[tuple[str, _Plan]]) -> list[list[int]]:
        """One round trip; one more where the server has lost the script, or never had it."""
        answers: list[Any] = []
        async with asyncio.timeout(2 * ANSWER_SECONDS):
            if self._sha is not None:
                answers = await self._run(takes)
            if not answers or any(isinstance(answer, NoScriptError) for answer in answers):
                # Nothing was counted of those that found no script; those that found one are not asked again.
                self._sha = await self._client.script_load(self.script)
                missing = [at for at in range(len(takes)) if not answers or isinstance(answers[at], NoScriptError)]
                found = await self._run([takes[at] for at in missing])
                answers = answers or [None] * len(takes)
                for at, answer in zip(missing, found, strict=True):
                    answers[at] = answer
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    async def _run(self, takes: list[tuple[str, _Plan]]) -> list[Any]:
        sha = present(self._sha, "a script that was loaded")
        pipeline = self._client.pipeline(transaction=False)
        for key_id, plan in takes:
            pipeline.evalsha(sha, 1, self._prefix + key_id, *plan.arguments)
        answers: list[Any] = await pipeline.execute(raise_on_error=False)
        return answers

    def _lose(self, error: Exception) -> None:
        if self._recovering is None:
            self._on_change(error)
            self._recovering = asyncio.create_task(self._recover())

    async def _recover(self) -> None:
        while True:
            await asyncio.sleep(self._retry_seconds)
            with contextlib.suppress(RedisError, OSError):
                await self._ping()
                break
        self._recovering = None
        self._on_change(None)

    async def _ping(self) -> None:
        async with asyncio.timeout(2 * ANSWER_SECONDS):
            await self._client.ping()


def _allowance(limit: Limit, answer: list[int]) -> Allowance:
    """What the script's answer means."""
    plan = _plan(limit)
    exceeded, whole, rest = answer
    ahead, second = whole * plan.rate + rest, plan.rate * _SECOND_US
    if exceeded:
        return Allowance(limit, 0, ahead / second, (ahead + plan.interval - plan.tolerance) / second)
    return Allowance(limit, (plan.tolerance - ahead) // plan.interval, ahead / second, 0.0)
