"""How many webhooks a second leave the outbox, next to as many posted over bare sockets by nobody who keeps a book.

python -m bench.delivering PORT COUNT   the baseline, in a process of its own; prints what it came to
"""

import asyncio
import json
import subprocess
import sys
import time
from typing import NamedTuple

from bench.machine import cpu_seconds
from bench.webhooks import receiving
from keyturn.database import Database, Transaction, open_database
from tillgate.base import ids

# As many as one endpoint may have under way, times so many endpoints, is what the worker can have in flight.
ENDPOINTS = 8
AT_ONCE = 80
ARRIVE_SECONDS_MAX = 120

_DUE = (
    "INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event_type, status, attempts, attempts_max, "
    "next_attempt_at, lease_until, created_at, updated_at) VALUES ($1, $2, $3, $4, 'pending', 0, 6, $5, 0, $5, $5)"
)


class Delivered(NamedTuple):
    """What a number of webhooks came to: how many a second, and the senders' processor time for each."""

    rate: float
    cpu_us: float | None


async def deliver(database_url: str, pid: int, endpoints: list[str], port: int, count: int) -> Delivered:
    """Put events that exist into the outbox of the endpoints, all due in one commit, and wait until each has arrived.

    The clock runs from the commit on; no process is told of it, so finding it is in the time.

    Args:
        pid: the server's, for its processor time, that of its workers included.

    Raises:
        RuntimeError: some did not come.
    """
    database = await open_database(database_url)
    try:
        async with receiving(port) as arrived, asyncio.timeout(ARRIVE_SECONDS_MAX):
            before = cpu_seconds(pid)
            last = begun = await _put(database, endpoints, count)
            for _ in range(count):
                last = await arrived.get()
            # Written by another process, which can set no event of ours.
            while await database.read(_pending):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        after = cpu_seconds(pid)
        used = (after - before) / count * 1e6 if before is not None and after is not None else None
        return Delivered(count / (last - begun), used)
    except TimeoutError as error:
        raise RuntimeError("not every webhook came") from error
    finally:
        await database.close()


async def _put(database: Database, endpoints: list[str], count: int) -> float:
    async def operation(tx: Transaction) -> None:
        rows = await tx.fetch_all("SELECT id, type FROM events WHERE type = 'session.created' LIMIT $1", count)
        now = time.time_ns() // 1_000_000
        for number in range(count):
            event = rows[number % len(rows)]
            endpoint = endpoints[number % len(endpoints)]
            await tx.execute(_DUE, ids.new_id(ids.DELIVERY), endpoint, event["id"], event["type"], now)

    await database.write(operation, within_seconds=None)
    return time.perf_counter()


async def _pending(tx: Transaction) -> int:
    row = await tx.fetch_one("SELECT COUNT(*) AS count FROM webhook_deliveries WHERE status = 'pending'")
    assert row is not None
    return int(row["count"])


async def bare(port: int, count: int) -> Delivered:
    """The same number over bare sockets, in another process."""
    async with receiving(port):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.delivering", str(port), str(count), stdout=subprocess.PIPE
        )
        out, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError("the bare client failed")
    return Delivered(**json.loads(out))


async def post(port: int, count: int) -> Delivered:
    """Post, ``AT_ONCE`` at a time, each over a connection of its own."""
    body = json.dumps({"id": "evt_" + "0" * 26, "type": "session.created", "data": {"object": "x" * 900}})
    request = (
        f"POST /hook HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n{body}"
    ).encode()
    left = iter(range(count))

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in left:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            assert head.split(b" ", 2)[1] == b"200"
        writer.close()

    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    took = time.perf_counter() - begun
    return Delivered(count / took, (time.process_time() - cpu) / count * 1e6)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(post(int(sys.argv[1]), int(sys.argv[2])))._asdict()))
