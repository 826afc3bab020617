"""What the key layer costs on its own, in this process: microseconds a call.

Processor time of this thread, but for PostgreSQL, where the answer is waited for: there it is elapsed time.
"""

import hashlib
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from keyturn import FORMATS, Carriers, KeyParser, Need, Presented, Primary, RefusalReason, Refused, Verified, Verifier
from keyturn.database import Database
from keyturn.keys.secret import NATIVE, parse
from keyturn.stores.sql import _BY_DIGEST, SqlKeyStore
from tillgate.base.clock import SystemClock
from tillgate.events.outbox import Outbox
from tillgate.events.wake import Wake
from tillgate.opening import STYLES, open_layer

CALLS = 2_000
CALLS_POSTGRES = 400


async def _each(call: Callable[[], Awaitable[object]], clock: Callable[[], float], calls: int) -> float:
    begun = clock()
    for _ in range(calls):
        await call()
    return (clock() - begun) / calls * 1e6


def junk_of(key: str) -> str:
    """The key with its last character changed, so that its checksum is wrong."""
    return key[:-1] + ("0" if key[-1] != "0" else "1")


async def sqlite_costs(database: Database, path: Path, key: str, need: Need, rounds: int) -> dict[str, list[float]]:
    """Microseconds a call, for each round: ``hot``, ``miss`` and ``junk``, and beside them what cannot be done
    without: ``digest`` (SHA-256 and a dictionary) and ``select`` (the same statement by the bare driver)."""
    layer, primary = open_layer(database, SystemClock(), Outbox(Wake(), STYLES)), _asking(database)
    gate = layer.gate
    good, junk = Presented(authorization=f"Bearer {key}"), Presented(authorization=f"Bearer {junk_of(key)}")
    secret = parse(NATIVE, key)
    assert secret is not None and parse(NATIVE, junk_of(key)) is None
    digest = secret.digest().value
    connection = sqlite3.connect(path, isolation_level=None)
    statement = _BY_DIGEST.replace("$", "?")
    assert connection.execute(statement, (digest, secret.digest().algorithm)).fetchone()
    remembered = {digest: key}

    async def hashed() -> object:
        return remembered[hashlib.sha256(key.encode()).digest()]

    async def selected() -> object:
        return connection.execute(statement, (digest, "sha256")).fetchone()

    await _holds(primary, good, junk, need)
    found: dict[str, list[float]] = {name: [] for name in ("hot", "miss", "junk", "digest", "select")}
    for _ in range(rounds):
        await gate.renew()
        await _holds(layer.verifier, good, junk, need)
        found["digest"].append(await _each(hashed, time.thread_time, CALLS))
        found["hot"].append(await _each(lambda: layer.verifier.verify(good, need), time.thread_time, CALLS))
        found["junk"].append(await _each(lambda: layer.verifier.verify(junk, need), time.thread_time, CALLS))
        found["select"].append(await _each(selected, time.thread_time, CALLS))
        found["miss"].append(await _each(lambda: primary.verify(good, need), time.thread_time, CALLS))
    await gate.give_back()
    connection.close()
    return found


async def postgres_costs(database: Database, url: str, key: str, need: Need, rounds: int) -> dict[str, list[float]]:
    """Elapsed microseconds a call, for each round: ``miss``, and the same statement by the bare driver, ``select``."""
    primary = _asking(database)
    good, junk = Presented(authorization=f"Bearer {key}"), Presented(authorization=f"Bearer {junk_of(key)}")
    secret = parse(NATIVE, key)
    assert secret is not None
    digest = secret.digest()
    await _holds(primary, good, junk, need)
    connection = await asyncpg.connect(url)
    statement = await connection.prepare(_BY_DIGEST)
    found: dict[str, list[float]] = {"miss": [], "select": []}
    for _ in range(rounds):
        found["select"].append(
            await _each(lambda: statement.fetchrow(digest.value, digest.algorithm), time.perf_counter, CALLS_POSTGRES)
        )
        found["miss"].append(await _each(lambda: primary.verify(good, need), time.perf_counter, CALLS_POSTGRES))
    await connection.close()
    return found


def _asking(database: Database) -> Verifier:
    """One that remembers nothing, and asks the database each time."""
    store = SqlKeyStore(database)
    return Verifier(store, Primary(store), Carriers(KeyParser(FORMATS.values())), SystemClock())


async def _holds(verifier: Verifier, good: Presented, junk: Presented, need: Need) -> None:
    assert isinstance(await verifier.verify(good, need), Verified)
    refused = await verifier.verify(junk, need)
    assert isinstance(refused, Refused) and refused.reason is RefusalReason.MALFORMED
