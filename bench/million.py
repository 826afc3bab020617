"""Very many keys: what one that is remembered takes in memory.

python -m bench.million DATA   remembers every key of that database and prints what it took, as JSON
"""

import asyncio
import gc
import hashlib
import json
import os
import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bench.machine import resident_mb
from keyturn import Gate, Primary
from keyturn.keys.secret import KeyDigest
from keyturn.stores.sql import _INSERT, _INSERT_TEXT, SqlKeyStore
from tillgate.base.clock import SystemClock
from tillgate.opening import open_migrated
from tillgate.settings import load

ALGORITHM = "sha256"
WARM = 20_000
KEYS_A_PROJECT = 100


class Remembered(NamedTuple):
    """What remembering came to.

    Attributes:
        bytes_each: resident memory of the process, more than before, for each key.
        dictionary_bytes_each: the same for a bare dictionary of digests and ids.
        find_us: to find one of them in memory, elapsed.
    """

    keys: int
    bytes_each: float
    dictionary_bytes_each: float
    find_us: float


def seed(path: Path, count: int, *, project: str | None = None) -> None:
    """Put so many keys into a database that is migrated and that nobody uses, a hundred for each project, or all for
    the one that is named. Their texts are known to nobody."""
    now = SystemClock().now()

    def rows() -> Iterator[tuple[str, str, bytes]]:
        for number in range(count):
            digest = hashlib.sha256(secrets.token_bytes(16)).digest()
            yield f"key_{number:022d}", project or f"proj_{number // KEYS_A_PROJECT:026d}", digest

    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    left = rows()
    while chunk := list(islice(left, 10_000)):
        connection.execute("BEGIN")
        unrestricted = (None, "", "", "", None, None, "", "", None, "{}", "", None)
        key = ("test", "secret", "bench", "native", "sessions:read", now, "operator:bench", None, 0, 0)
        connection.executemany(
            _INSERT.replace("$", "?"),
            [(key_id, project_id, *key, *unrestricted) for key_id, project_id, _ in chunk],
        )
        connection.executemany(
            _INSERT_TEXT.replace("$", "?"),
            [
                (digest, ALGORITHM, key_id, 1, "ck_test_000000", "0000", now, now, 0, None)
                for key_id, _, digest in chunk
            ],
        )
        connection.execute("COMMIT")
    connection.close()


def remembered(data: Path) -> Remembered:
    """What it takes to remember every key of a database, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.million", str(data)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    if done.returncode != 0:
        raise RuntimeError("remembering the keys failed")
    return Remembered(**json.loads(done.stdout))


async def _remember(data: Path) -> Remembered:
    database = await open_migrated(load(data=str(data)), SystemClock())
    store = SqlKeyStore(database)
    gate = Gate(store, "gate_bench")
    connection = sqlite3.connect(data / "tillgate.db")

    def digests() -> Iterator[bytes]:
        for (digest,) in connection.execute("SELECT digest FROM key_secrets"):
            yield digest

    # What the database and the interpreter keep for themselves is there before anything is weighed.
    for digest in islice(digests(), WARM):
        await Primary(store).find(KeyDigest(ALGORITHM, digest))
    await gate.renew()
    before = _resident()
    for digest in digests():
        await gate.find(KeyDigest(ALGORITHM, digest))
    weighed = _resident()
    keys = gate.remembered
    await gate.renew()
    sample = [KeyDigest(ALGORITHM, digest) for digest in islice(digests(), WARM)]
    begun = time.perf_counter()
    for one in sample:
        await gate.find(one)
    find_us = (time.perf_counter() - begun) / len(sample) * 1e6
    await gate.give_back()
    await database.close()
    bare_before = _resident()
    bare = {digest: f"key_{number:022d}" for number, digest in enumerate(digests())}
    bare_bytes = (_resident() - bare_before) / len(bare)
    connection.close()
    return Remembered(keys, (weighed - before) / keys, bare_bytes, find_us)


def _resident() -> float:
    gc.collect()
    mb = resident_mb(os.getpid())
    return (mb or 0.0) * 1e6


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_remember(Path(sys.argv[1])))._asdict()))
