"""What counting a rate limit costs: in this process, and for many processes together in a real redis-server."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.measuring import run
from keyturn import Limit, Limiter
from keyturn.limiting.shared import SharedLimiter, client_for
from tests.parts import running_redis

AT_ONCE = 32
CALLS = 2_000
UNREACHED = Limit(1e8, 100_000_000)


async def _take(limiter: SharedLimiter, key_id: str) -> None:
    taken = limiter.take(key_id, UNREACHED)
    assert isinstance(taken, Awaitable)
    assert not (await taken).exceeded and not limiter.is_alone


def alone_us(rounds: int) -> list[float]:
    """Microseconds of processor time that one process's own limiter takes to count a request, for each round."""
    limiter = Limiter(time.monotonic_ns)
    found = []
    for _ in range(rounds):
        begun = time.thread_time()
        for _ in range(CALLS):
            limiter.take("key_bench", UNREACHED)
        found.append((time.thread_time() - begun) / CALLS * 1e6)
    return found


def shared_us(directory: Path, rounds: int) -> dict[str, list[float]]:
    """Elapsed microseconds for each request that is counted together, for each round: ``one`` at a time and ``many``
    (32 keys at once), and beside them the same number of PINGs by the bare client: ``ping``, and ``pings`` in one
    pipeline."""

    async def measured(url: str) -> dict[str, list[float]]:
        client = client_for(url)
        limiter = SharedLimiter(client, Limiter(time.monotonic_ns))
        await limiter.check()
        found: dict[str, list[float]] = {"ping": [], "one": [], "pings": [], "many": []}

        async def pings() -> None:
            pipeline = client.pipeline(transaction=False)
            for _ in range(AT_ONCE):
                pipeline.ping()
            await pipeline.execute()

        async def many() -> None:
            await asyncio.gather(*(_take(limiter, f"key_{number}") for number in range(AT_ONCE)))

        for _ in range(rounds):
            found["ping"].append(await _each(client.ping, CALLS // 4))
            found["one"].append(await _each(lambda: _take(limiter, "key_bench"), CALLS // 4))
            found["pings"].append(await _each(pings, CALLS // AT_ONCE) / AT_ONCE)
            found["many"].append(await _each(many, CALLS // AT_ONCE) / AT_ONCE)
        await limiter.close()
        return found

    with running_redis(directory) as url:
        return run(measured(url))


async def _each(call: Callable[[], Awaitable[object]], calls: int) -> float:
    begun = time.perf_counter()
    for _ in range(calls):
        await call()
    return (time.perf_counter() - begun) / calls * 1e6
