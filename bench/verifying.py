"""What the key layer costs by itself, in this process: microseconds of processor time a call."""

import sqlite3
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple

from keyturn import Need, Presented, Verified, Verifier
from keyturn.secret import NATIVE, parse

CALLS = 2_000


class Costs(NamedTuple):
    """Microseconds a call, for each round."""

    verify: list[float]
    junk: list[float]
    select: list[float]


async def _each(call: Callable[[], Coroutine[Any, Any, Any]]) -> float:
    begun = time.thread_time()
    for _ in range(CALLS):
        await call()
    return (time.thread_time() - begun) / CALLS * 1e6


async def costs(verifier: Verifier, path: Path, key: str, need: Need, rounds: int) -> Costs:
    """Verify a good key and a junk one, and beside them the bare driver's indexed read of the same row."""
    junk = key[:-1] + ("0" if key[-1] != "0" else "1")
    secret = parse(NATIVE, key)
    assert secret is not None and parse(NATIVE, junk) is None
    assert isinstance(await verifier.verify(Presented(authorization=f"Bearer {key}"), need), Verified)
    connection = sqlite3.connect(path, isolation_level=None)
    digest = secret.digest().value

    async def select() -> None:
        connection.execute("SELECT * FROM api_keys WHERE digest = ?", (digest,)).fetchone()

    found = Costs([], [], [])
    for _ in range(rounds):
        found.select.append(await _each(select))
        found.verify.append(await _each(lambda: verifier.verify(Presented(authorization=f"Bearer {key}"), need)))
        found.junk.append(await _each(lambda: verifier.verify(Presented(authorization=f"Bearer {junk}"), need)))
    connection.close()
    return found
