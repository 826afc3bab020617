"""``make soak``: thousands of sessions on a server that is killed again and again, and then the proof.

It ends with status 1 where anything does not hold; what it wrote is then kept, and it says where.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

from bench.machine import directory_on_disk
from bench.postgres import running_postgres
from keyturn.database import Database, Transaction, open_database
from soak import live
from soak.buyers import Buyers, Surprise
from soak.faults import Fault, faults_for, live_faults_for
from soak.live import Chain, LiveBuyers, prove_live
from soak.proof import heard_again, prove, read_books, report
from soak.receiver import EVENTS
from tests.postgres import find_postgres
from tests.rails.evm.anvil import Anvil, running_anvil
from tests.rails.evm.live_shop import operated_server
from tests.running import RunningServer

SESSIONS: Final = 10_000
WORKERS: Final = 3
MINUTES_MAX: Final = 20
PAUSED_SECONDS: Final = 2.0
# How often the clock is put forward at the end: as many attempts as a delivery may need, and room to spare.
LOOK_SECONDS: Final = 0.25


class NotInTime(Exception):
    """The run was not over when it had to be."""


class Receiver:
    """The receiver's process, from this side."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "soak.receiver", str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.ports: dict[str, int] = json.loads(self._line())

    def say(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        self._line()

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class Soak:
    """One run on one database."""

    def __init__(self, name: str, url: str, directory: Path, sessions: int, workers: int, seed: int) -> None:
        self.name = name
        self._url = url
        self._directory = directory
        self._sessions = sessions
        self._workers = workers
        self._seed = seed
        self._server = RunningServer(directory / name, url)
        self._done: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, minutes_max: float) -> bool:
        """Whether everything holds; what was seen is printed."""
        begun = time.monotonic()
        self._directory.mkdir(exist_ok=True)
        receiver = Receiver(self._directory / f"{self.name}.received")
        try:
            async with asyncio.timeout(minutes_max * 60):
                return await self._run(receiver, begun)
        except TimeoutError as error:
            raise NotInTime(f"{self.name}: not over after {minutes_max:g} minutes") from error
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.stop()
            receiver.close()

    async def _run(self, receiver: Receiver, begun: float) -> bool:
        self._start()
        self._server.project()
        key = self._server.key()
        names = self._endpoints(key, receiver)
        buyers = Buyers(self._server.url, key, self._sessions, self._seed)
        await self._with_faults(buyers, receiver)
        bought_in = time.monotonic() - begun
        say(f"{self.name}: {len(buyers.bought)} sessions, waiting for the webhooks …")
        await self._settle()
        async with opened(self._url) as database:
            books = await read_books(database, names, receiver.log, buyers.bought)
        claims = prove(books)
        faults = ", ".join(f"{name} {count} times" for name, count in sorted(self._done.items()))
        counts = ", ".join(f"{count:,} {name}" for name, count in sorted(buyers.counts.items()))
        kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(one.kind for one in books.bought).most_common())
        print(
            f"{self.name}, {self._workers} process{'es' if self._workers > 1 else ''}, seed {self._seed}: "
            f"{len(books.bought):,} sessions in {bought_in:.0f} s, all delivered after "
            f"{time.monotonic() - begun:.0f} s\n"
            f"  faults    {faults}\n  sessions  {kinds}\n  requests  {counts}\n"
            f"  events    {len(books.events):,}; {len(books.heard):,} webhooks answered with success, "
            f"{heard_again(books)} of them again\n{report(claims)}\n",
            flush=True,
        )
        return not any(claim.against for claim in claims)

    def _endpoints(self, key: str, receiver: Receiver) -> dict[str, str]:
        """The receiver's name for each new endpoint, by its id."""
        names = {}
        with self._server.client(key) as client:
            for name, port in receiver.ports.items():
                new = {"url": f"http://127.0.0.1:{port}/", "events": EVENTS[name]}
                names[client.post("/webhook_endpoints", json=new).raise_for_status().json()["id"]] = name
        return names

    # Faults.

    def _faults(self) -> list[Fault]:
        return faults_for(self._workers)

    def _start(self) -> None:
        self._server.start(TILLGATE_WORKERS=str(self._workers))

    async def _with_faults(self, buyers: "Buyers | LiveBuyers", receiver: Receiver) -> None:
        acts: dict[str, Callable[[], Awaitable[None]]] = {
            "server killed": self._kill_server,
            "worker killed": self._kill_worker,
            "worker paused": self._pause_worker,
            "receiver away": lambda: asyncio.to_thread(receiver.say, "away"),
            "receiver back": lambda: asyncio.to_thread(receiver.say, "back"),
        }
        buying = asyncio.create_task(buyers.run())
        try:
            for fault in self._faults():
                while len(buyers.bought) < fault.at * self._sessions and not buying.done():
                    await buyers.moved.wait()
                    buyers.moved.clear()
                    await asyncio.sleep(0)
                if buying.done():
                    break
                await acts[fault.name]()
                self._done[fault.name] += 1
                say(f"{self.name}: {len(buyers.bought)} of {self._sessions} sessions, {fault.name}")
            await buying
        finally:
            buying.cancel()
            await asyncio.gather(buying, *self._tasks, return_exceptions=True)

    async def _kill_server(self) -> None:
        self._server.kill()
        await self._gone()
        await asyncio.to_thread(self._start)

    async def _kill_worker(self) -> None:
        os.kill(self._seed_of(self._pids()), signal.SIGKILL)

    async def _pause_worker(self) -> None:
        """As a machine does that swaps, or a host that is moved: it knows nothing of it when it goes on."""
        pid = self._seed_of(self._pids())
        os.kill(pid, signal.SIGSTOP)

        async def go_on() -> None:
            await asyncio.sleep(PAUSED_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

        task = asyncio.create_task(go_on())
        self._tasks.add(task)

    def _pids(self) -> list[int]:
        assert self._server.process is not None
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
        return sorted(pid for pid, parent in pairs if parent == self._server.process.pid)

    def _seed_of(self, pids: list[int]) -> int:
        return pids[sum(self._done.values()) % len(pids)]

    async def _gone(self) -> None:
        """Workers notice that their supervisor is gone, and give up its port."""
        await asyncio.gather(*self._tasks)
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
            except OSError:
                return
            writer.close()
            await asyncio.sleep(0.02)

    # The end.

    async def _settle(self) -> None:
        """Let time pass until everything is delivered: what failed is due again, and nobody holds what the dead held.

        The retries are spread over 31 hours, for which nobody waits: their clock is put forward in the table. A lease
        is only ended while no server runs, so that none is broken that somebody holds.
        """
        self._server.kill()
        await self._gone()
        async with opened(self._url) as database:
            pending = "WHERE status = 'pending'"
            await execute(database, f"UPDATE webhook_deliveries SET lease_until = 0, next_attempt_at = 0 {pending}")
            await asyncio.to_thread(self._start)
            while await count(database, f"SELECT COUNT(*) FROM webhook_deliveries {pending}"):
                await execute(
                    database, f"UPDATE webhook_deliveries SET next_attempt_at = 0 {pending} AND lease_until = 0"
                )
                await asyncio.sleep(LOOK_SECONDS)


class LiveSoak(Soak):
    """One run on one database and one chain."""

    _chain: Chain | None = None

    async def _run(self, receiver: Receiver, begun: float) -> bool:
        with running_anvil("--gas-limit", str(10**9)) as anvil:
            anvil.mine(live.CONFIRMATIONS)
            async with operated_server(self._server, anvil, confirmations=live.CONFIRMATIONS):
                return await self._run_on(anvil, receiver, begun)

    async def _run_on(self, anvil: Anvil, receiver: Receiver, begun: float) -> bool:
        self._start()
        key = self._server.key(mode="live")
        names = self._endpoints(key, receiver)
        self._chain = chain = Chain(anvil, self._seed)
        buyers = LiveBuyers(self._server.url, key, self._sessions, chain, self._seed)
        await self._with_faults(buyers, receiver)
        bought_in = time.monotonic() - begun
        say(f"{self.name}: {len(buyers.bought)} sessions, waiting for what is final …")
        await chain.mine(live.CONFIRMATIONS + 2)
        await live.concluded(buyers, chain)
        concluded_in = time.monotonic() - begun
        await self._settle()
        async with opened(self._url) as database:
            books = await read_books(database, names, receiver.log, buyers.bought)
        claims, proof = await prove_live(buyers, chain, books, self._server.database)
        faults = ", ".join(f"{name} {count} times" for name, count in sorted(self._done.items()))
        kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(one.kind for one in books.bought).most_common())
        mined = ", ".join(f"{count:,} {name}" for name, count in sorted(chain.counts.items()))
        requests = ", ".join(f"{count:,} {name}" for name, count in sorted(buyers.counts.items()))
        print(
            f"{self.name}, {self._workers} process{'es' if self._workers > 1 else ''}, seed {self._seed}: "
            f"{len(books.bought):,} live sessions paid in {bought_in:.0f} s, all concluded after {concluded_in:.0f} s\n"
            f"  faults    {faults}\n  sessions  {kinds}\n  chain     {mined}\n  requests  {requests}\n"
            f"  proof     {' '.join(proof.split())}\n"
            f"  events    {len(books.events):,}; {len(books.heard):,} webhooks answered with success, "
            f"{heard_again(books)} of them again\n{report(claims)}\n",
            flush=True,
        )
        return not any(claim.against for claim in claims)

    def _faults(self) -> list[Fault]:
        return live_faults_for(self._workers, self._sessions)

    async def _gone(self) -> None:
        """Hundreds of blocks are mined before another server is there."""
        await super()._gone()
        if self._chain is not None:
            await self._chain.mine(live.MISSED)


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = await open_database(url)
    try:
        yield database
    finally:
        await database.close()


async def execute(database: Database, sql: str) -> int:
    async def operation(tx: Transaction) -> int:
        return await tx.execute(sql)

    return await database.write(operation)


async def count(database: Database, sql: str) -> int:
    async def operation(tx: Transaction) -> int:
        row = await tx.fetch_one(sql)
        assert row is not None
        return int(row[0])

    return await database.read(operation)


def say(words: str) -> None:
    print(f"soak: {words}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--live", action="store_true", help="live sessions, paid on a chain that reorganises at random")
    parser.add_argument("--sessions", type=int, help=f"on each database [{SESSIONS}; live {live.SESSIONS}]")
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--workers", type=int, default=WORKERS, help=f"processes on PostgreSQL [{WORKERS}]")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="what becomes of each session")
    parser.add_argument("--minutes-max", type=float, default=MINUTES_MAX, help=f"for each database [{MINUTES_MAX}]")
    chosen = parser.parse_args()
    soak = LiveSoak if chosen.live else Soak
    sessions = chosen.sessions or (live.SESSIONS if chosen.live else SESSIONS)
    directory = directory_on_disk()
    directory.chmod(0o711)  # PostgreSQL may run as another user
    held = []
    try:
        with contextlib.ExitStack() as stack:
            runs = []
            if chosen.database in ("sqlite", "both"):
                url = f"sqlite:///{directory / 'sqlite' / 'tillgate.db'}"
                runs.append(soak("sqlite", url, directory, sessions, 1, chosen.seed))
            if chosen.database in ("postgres", "both"):
                installation = find_postgres()
                if installation is None:
                    say("PostgreSQL's wheel is not installed here")
                    return 1
                postgres = stack.enter_context(running_postgres(installation, directory))
                postgres.execute("CREATE DATABASE soak")
                url = postgres.url("soak")
                runs.append(soak("postgres", url, directory, sessions, chosen.workers, chosen.seed))
            for run in runs:
                held.append(asyncio.run(run.run(chosen.minutes_max)))
    except* (Surprise, NotInTime) as errors:
        for error in errors.exceptions:
            say(f"broken: {error}")
        held.append(False)
    if all(held):
        shutil.rmtree(directory, ignore_errors=True)
        return 0
    say(f"what was written is kept in {directory}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
