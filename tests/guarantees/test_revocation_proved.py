"""Once ``revoke`` has returned, no process accepts the key: several servers, under load, one stopped, one cut off."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pytest

from keyturn import Issued, KeyWish, Mode, Receipt, revoke
from keyturn.admission.leases import LEASE_MS
from keyturn.database import open_database
from tests.relay import Relay
from tests.running import RunningServer
from tillgate.access.accounts.records import projects
from tillgate.base.clock import SystemClock
from tillgate.opening import Keys, open_keys
from tillgate.store.sealing import new_key

# Each key is asked for at each server before and after: thousands of trials in all.
TRIALS = {"postgres": 600, "sqlite": 300}
SERVERS = {"postgres": 4, "sqlite": 3}
DISTURBED_EVERY = 60
LOADING_KEYS = 20


class Line:
    """One keep-alive connection to a server, as bare as can be."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)

    def send(self, key: str) -> None:
        self._socket.sendall(
            f"GET /api/v1/events?limit=1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\r\n".encode()
        )

    def status(self) -> int:
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._more()
        head, _, body = head.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = int(next(line for line in lines if line.startswith(b"content-length:")).split(b":")[1])
        while len(body) < length:
            body += self._more()
        return int(lines[0].split()[1])

    def _more(self) -> bytes:
        data = self._socket.recv(65_536)
        assert data, "the server hung up"
        return data

    def ask(self, key: str) -> int:
        self.send(key)
        return self.status()

    def close(self) -> None:
        self._socket.close()


def can_be_written(file: Path) -> bool:
    """Whether nobody holds an SQLite file's write lock for long."""
    with contextlib.closing(sqlite3.connect(file, timeout=1, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
    return True


class Fleet:
    """Servers on one database, the last of them behind a relay where the database is reached over a network."""

    def __init__(self, servers: list[RunningServer], relay: Relay | None, file: Path | None) -> None:
        """
        Args:
            file: their database's, on SQLite.
        """
        self.servers = servers
        self.file = file
        self.relay = relay
        self.lines = [Line(server.port) for server in servers]

    def stop_process(self, number: int) -> None:
        """Stop it, at a moment when it does not hold SQLite's write lock: with that nobody could commit a revocation
        until it goes on."""
        self._signal(number, signal.SIGSTOP)
        while self.file is not None and not can_be_written(self.file):
            self.continue_process(number)
            time.sleep(0.005)
            self._signal(number, signal.SIGSTOP)

    def continue_process(self, number: int) -> None:
        self._signal(number, signal.SIGCONT)

    def _signal(self, number: int, what: signal.Signals) -> None:
        process = self.servers[number].process
        assert process is not None
        os.kill(process.pid, what)

    def close(self) -> None:
        for line in self.lines:
            line.close()


def relayed(url: str) -> tuple[Relay, str]:
    """A relay to PostgreSQL, and the URL that goes through it."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    host = query.pop("host", parts.hostname or "127.0.0.1")
    port = int(query.pop("port", parts.port or 5432))
    relay = Relay(f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port))
    user = f"{parts.username}{':' + parts.password if parts.password else ''}@" if parts.username else ""
    rest = "&".join(f"{name}={value}" for name, value in query.items())
    return relay, urlunsplit((parts.scheme, f"{user}127.0.0.1:{relay.port}", parts.path, rest, ""))


@pytest.fixture
def fleet(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Fleet]:
    """Several server processes on either database."""
    dialect = "postgres" if database_url.startswith("postgres") else "sqlite"
    secret = new_key()
    relay: Relay | None = None
    servers: list[RunningServer] = []
    try:
        for number in range(SERVERS[dialect]):
            url = database_url
            if dialect == "postgres" and number == SERVERS[dialect] - 1:
                relay, url = relayed(database_url)
            server = RunningServer(tmp_path / f"data{number}", url)
            servers.append(server.start(TILLGATE_SECRET_KEY=secret))
        servers[0].project()
        file = Path(database_url.removeprefix("sqlite:///")) if dialect == "sqlite" else None
        fleet = Fleet(servers, relay, file)
        try:
            yield fleet
        finally:
            fleet.close()
    finally:
        if relay is not None:
            relay.mend()
        for server in servers:
            with contextlib.suppress(ProcessLookupError):
                assert server.process is not None
                os.kill(server.process.pid, signal.SIGCONT)
            server.stop()
        if relay is not None:
            relay.close()


@contextlib.asynccontextmanager
async def keys_beside(url: str) -> AsyncIterator[tuple[Keys, str]]:
    """The key layer in this process, as the dashboard or the command line has it, and the first project."""
    database = await open_database(url)
    try:
        yield open_keys(database, SystemClock()), (await database.read(projects))[0].id
    finally:
        await database.close()


async def issue(keys: Keys, project_id: str, name: str) -> Issued:
    wish = KeyWish(project_id=project_id, mode=Mode.TEST, name=name, scopes=["events:read"])
    return await keys.issuer.issue(wish, by="operator:test")


class Load:
    """Clients that use other keys at all servers without pause, so that every gate holds its lease all the time."""

    def __init__(self, fleet: Fleet, keys: list[str]) -> None:
        self._keys = keys
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(server.port,)) for server in fleet.servers]
        self.refused: list[int] = []
        self.asked = 0

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, port: int) -> None:
        line = Line(port)
        while not self._stop.is_set():
            status = line.ask(random.choice(self._keys))
            self.asked += 1
            if status not in (200, 503):  # a server that is cut off says that it cannot tell
                self.refused.append(status)
            time.sleep(0.005)
        line.close()


@pytest.mark.slow
@pytest.mark.spec("crypto-checkout R51", "crypto-checkout R68", "coin-moebius R27", "craftkit R20")
def test_nobody_accepts_a_key_after_its_revocation_has_returned(fleet: Fleet, database_url: str) -> None:
    """Every server has just used the key, and remembers it. Then it is revoked by another process; whatever is sent
    to any server after that returned is refused: also what waits in front of a server that was stopped meanwhile and
    goes on, and at one that is cut off from the database and is unknown."""
    dialect = "postgres" if database_url.startswith("postgres") else "sqlite"
    receipts: list[Receipt] = []
    accepted: list[str] = []
    unavailable = 0

    async def run() -> None:
        nonlocal unavailable
        async with keys_beside(database_url) as (keys, project):
            loading = [(await issue(keys, project, f"load {n}")).secret.reveal() for n in range(LOADING_KEYS)]
            with Load(fleet, loading) as load:
                for trial in range(TRIALS[dialect]):
                    issued = await issue(keys, project, f"trial {trial}")
                    text = issued.secret.reveal()
                    for line in fleet.lines:
                        assert line.ask(text) == 200
                        assert line.ask(text) == 200
                    disturbed = trial % DISTURBED_EVERY == DISTURBED_EVERY - 1
                    stopped, cut = disturbed, disturbed and fleet.relay is not None
                    if stopped:
                        fleet.stop_process(0)
                    if cut:
                        assert fleet.relay is not None
                        fleet.relay.cut()
                    revocation = await revoke(
                        keys.store, SystemClock(), project_id=project, key_id=issued.key.id, by="operator:test"
                    )
                    receipts.append(revocation.receipt)
                    for line in fleet.lines:
                        line.send(text)
                    if stopped:
                        fleet.continue_process(0)
                    for number, line in enumerate(fleet.lines):
                        if cut and number == len(fleet.lines) - 1:
                            assert fleet.relay is not None
                            fleet.relay.mend()  # it has been asked already, and may answer as soon as it can tell
                        status = line.status()
                        unavailable += status == 503
                        if status not in (401, 503):
                            accepted.append(f"trial {trial}, server {number}: {status}")
            assert load.refused == []
            assert load.asked > TRIALS[dialect]

    asyncio.run(run())
    assert accepted == []
    undisturbed = [receipt for number, receipt in enumerate(receipts) if (number + 1) % DISTURBED_EVERY]
    # Proved by word of the gates, not by waiting: all of them held a lease.
    confirmed = [receipt for receipt in undisturbed if len(receipt.confirmed) == len(fleet.servers)]
    assert len(confirmed) > len(undisturbed) // 2
    for receipt in receipts:
        assert receipt.waited_ms < LEASE_MS * 3  # on a busy machine; as a rule it is a few milliseconds
    disturbed = receipts[DISTURBED_EVERY - 1 :: DISTURBED_EVERY]
    assert any(receipt.lapsed for receipt in disturbed)


@pytest.mark.slow
def test_a_killed_server_keeps_nobody_waiting_for_long(fleet: Fleet, database_url: str) -> None:
    """What was killed with a lease is waited for once, for as long as a lease is; then it is known to be gone."""

    async def run() -> tuple[Receipt, Receipt]:
        async with keys_beside(database_url) as (keys, project):
            issued = [await issue(keys, project, f"key {n}") for n in range(2)]
            for one in issued:
                for line in fleet.lines:
                    assert line.ask(one.secret.reveal()) == 200
            # Until its gate holds a lease, which it takes a moment after the first request.
            while len(await keys.store.held()) < len(fleet.servers):
                fleet.lines[0].ask(issued[0].secret.reveal())
                await asyncio.sleep(0.01)
            fleet.servers[0].kill()
            first, second = [
                (
                    await revoke(keys.store, SystemClock(), project_id=project, key_id=one.key.id, by="operator:test")
                ).receipt
                for one in issued
            ]
            return first, second

    first, second = asyncio.run(run())
    assert len(first.lapsed) == 1
    assert first.lapsed[0] not in (*second.confirmed, *second.lapsed)
