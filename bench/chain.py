"""The watcher of a chain: blocks a second when it catches up, what a block costs at the node, how soon a payment is
told, and memory; with 10, 1,000 and 100,000 addresses given out, on a real node (anvil).

python -m bench.chain ADDRESSES OPEN BLOCKS FOLLOWED   watches so many addresses in a process of its own; JSON
"""

import asyncio
import contextlib
import json
import os
import random
import secrets
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from bench.machine import resident_mb
from bench.measuring import Stage, run, say
from bench.table import Row
from bench.webhooks import receiving
from keyturn.database import open_database
from tests.databases import lay_out
from tests.makers import execute
from tests.rails.evm.anvil import Anvil, running_anvil
from tests.rails.evm.live_shop import operated_server
from tests.rails.evm.lying import Proxy, RefusesTopics, lying_proxy
from tests.rails.evm.watching import watching_over
from tests.running import RunningServer, free_port
from tillgate.base.clock import DAY_MS

# Addresses that were given out, and how many of them lately.
SIZES = ((10, 10), (1_000, 1_000), (100_000, 1_000), (100_000, 20_000))
CONFIRMATIONS = 12
PAID_OF_BLOCKS = 20
ATOMIC = 10**6
LATE_SECONDS_MAX = 60
TARGET_MS = 2_000.0
WARM_UP = 3


class Chain:
    """The part ``chain`` of one run."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def run(self) -> list[Row]:
        pace = self._stage.pace
        blocks, followed = pace.webhooks * 10, pace.revokes
        rows = []
        for count, lately in SIZES:
            say(f"{count:,} addresses, {lately:,} of them lately …")
            # A block at the head costs the more, the more addresses there are lately.
            rows += _rows(count, lately, _measured(count, lately, blocks, min(followed, 100_000 // lately)))
        for block_ms in (2_000, 12_000):
            say(f"payments on a network with a block every {block_ms // 1_000} s …")
            rows.append(run(self._told(block_ms, pace.revokes)))
        return rows

    async def _told(self, block_ms: int, count: int) -> Row:
        """From the moment that a block is mined to the first byte of the webhook ``session.detected``."""
        server = RunningServer(self._stage.directory / f"live-{block_ms}")
        with running_anvil() as anvil:
            # The time between blocks is read off the chain, and with it how often the head is asked for.
            anvil.ask("anvil_mine", hex(1_100), hex(block_ms // 1_000))
            async with operated_server(server, anvil, confirmations=count + 100):
                server.start()
                try:
                    took = await self._latencies(server, anvil, count + WARM_UP)
                finally:
                    server.stop()
        took = sorted(took[WARM_UP:])
        p50, p99 = statistics.median(took), took[min(int(len(took) * 0.99), len(took) - 1)]
        return Row(
            f"block mined → session.detected, a block every {block_ms // 1_000} s",
            f"p50 {p50:,.0f} ms, p99 {p99:,.0f} ms, at most {took[-1]:,.0f} ms",
            "–",
            "–",
            target=f"p99 ≤ {TARGET_MS:,.0f} ms",
            met=p99 <= TARGET_MS,
        )

    async def _latencies(self, server: RunningServer, anvil: Anvil, count: int) -> list[float]:
        key, port = server.key(mode="live"), free_port()
        chance = random.Random(1)
        took = []
        async with (
            httpx.AsyncClient(
                base_url=f"{server.url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=20, trust_env=False
            ) as client,
            receiving(port) as arrived,
        ):
            new = {"url": f"http://127.0.0.1:{port}/", "events": ["session.detected"]}
            (await client.post("/webhook_endpoints", json=new)).raise_for_status()
            for _ in range(count):
                address = await _address(client)
                await asyncio.to_thread(anvil.pay, address, ATOMIC)
                # At any moment between two looks.
                await asyncio.sleep(chance.uniform(0.0, 4.0))
                mined_at = time.perf_counter()
                await asyncio.to_thread(anvil.mine)
                async with asyncio.timeout(LATE_SECONDS_MAX):
                    took.append((await arrived.get() - mined_at) * 1_000)
        return took


async def _address(client: httpx.AsyncClient) -> str:
    deadline = time.monotonic() + LATE_SECONDS_MAX
    while True:
        answer = await client.post("/checkout_sessions", json={"amount": {"value": "1.00", "currency": "USD"}})
        if answer.status_code == 201:
            address: str = answer.json()["address"]
            return address
        # The first look at the network is not over yet.
        if answer.status_code != 503 or time.monotonic() > deadline:
            raise RuntimeError(f"no session: {answer.text[:300]}")
        await asyncio.sleep(0.1)


class Measured(NamedTuple):
    """What watching came to.

    Attributes:
        rate: blocks a second when catching up.
        caught_up, following: of one block, when catching up and one by one at the head: calls, bytes there and back.
        topics_max: the most recipients in one question.
        rested_mb, watched_mb: resident memory before and after.
    """

    rate: float
    caught_up: tuple[float, float, float]
    following: tuple[float, float, float]
    topics_max: int
    refused: int
    rested_mb: float
    watched_mb: float


def _measured(count: int, lately: int, blocks: int, followed: int) -> Measured:
    words = [str(one) for one in (count, lately, blocks, followed)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.chain", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    if done.returncode != 0:
        raise RuntimeError("watching a chain failed")
    return Measured(**json.loads(done.stdout))


def _rows(count: int, lately: int, found: Measured) -> list[Row]:
    what = f"{count:,} addresses, {lately:,} of them lately"

    def told(cost: tuple[float, float, float]) -> str:
        calls, sent, received = cost
        return f"{calls:.2f} calls, {sent / 1e3:,.1f} kB there, {received / 1e3:,.1f} kB back"

    return [
        Row(f"{what}: catching up", f"{found.rate:,.0f} blocks/s", "–", "–"),
        Row("… a block of it", told(found.caught_up), "–", "–"),
        Row("… a block at the head", told(found.following), "–", "–"),
        Row(
            "… recipients in one question",
            f"at most {found.topics_max}",
            f"a node that refuses more than {RefusesTopics.taken:,}",
            "–",
            target="none refused",
            met=found.refused == 0,
        ),
        Row("… memory", f"{found.watched_mb:.0f} MB", f"before: {found.rested_mb:.0f} MB", "–"),
    ]


async def _watch(count: int, lately: int, blocks: int, followed: int) -> Measured:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder, running_anvil() as anvil:
        path = Path(folder) / "tillgate.db"
        url = f"sqlite:///{path}"
        await lay_out(url)
        database = await open_database(url)
        anvil.mine(CONFIRMATIONS)
        shop = await watching_over(database, anvil.token, [anvil.url])
        try:
            await shop.look()
            paid = (await shop.counter.session("50.00")).payment.terms.address
            rested = resident_mb(os.getpid()) or 0.0
            _give_out(path, count - 1, lately - 1, shop.counter.clock.now())
            _mine(anvil, paid, blocks)
            begun = time.perf_counter()
            await shop.look()
            rate = blocks / (time.perf_counter() - begun)
            watched = resident_mb(os.getpid()) or 0.0
            with lying_proxy(anvil.url) as proxy:
                lie = RefusesTopics()
                proxy.lie = lie
                shop.urls = [proxy.url]
                await execute(database, "UPDATE watched_chains SET lease_until = 0")
                shop.worker = shop.started()
                await shop.look()
                with _costs(proxy, blocks) as caught_up:
                    _mine(anvil, paid, blocks)
                    await shop.look()
                with _costs(proxy, followed) as following:
                    for _ in range(followed):
                        anvil.mine()
                        await shop.look()
            return Measured(rate, _cost(caught_up), _cost(following), lie.most, lie.refused, rested, watched)
        finally:
            await shop.close()
            await database.close()


@contextlib.contextmanager
def _costs(proxy: Proxy, blocks: int) -> Iterator[list[float]]:
    """What the block asks of the node, for each block of the chain."""
    before = (sum(proxy.asked.values()), proxy.bytes_asked, proxy.bytes_told)
    found: list[float] = []
    yield found
    after = (sum(proxy.asked.values()), proxy.bytes_asked, proxy.bytes_told)
    found += [(one - other) / blocks for one, other in zip(after, before, strict=True)]


def _cost(found: list[float]) -> tuple[float, float, float]:
    calls, sent, received = found
    return calls, sent, received


def _mine(anvil: Anvil, address: str, blocks: int) -> None:
    """Blocks, of which one in some has a payment of the smallest amount."""
    for _ in range(blocks // PAID_OF_BLOCKS):
        anvil.pay(address, 1)
        anvil.mine(PAID_OF_BLOCKS)


def _give_out(path: Path, count: int, lately: int, now: int) -> None:
    """More addresses beside the one that there is, of sessions that nobody asks for."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    first = dict(connection.execute("SELECT * FROM payments").fetchone())
    names = ", ".join(first)
    places = ", ".join(f":{name}" for name in first)

    def rows() -> Iterator[dict[str, Any]]:
        for number in range(count):
            name = secrets.token_hex(13)
            created_at = now if number < lately else now - 30 * DAY_MS
            address = f"0x{secrets.token_hex(20)}"
            yield first | {
                "id": f"pay_{name}",
                "session_id": f"cs_{name}",
                "address": address,
                "created_at": created_at,
            }

    connection.executemany(f"INSERT INTO payments ({names}) VALUES ({places})", rows())
    connection.commit()
    connection.close()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_watch(*map(int, sys.argv[1:])))._asdict()))
