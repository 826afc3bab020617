"""Several server processes on one database do everything once, and what a dead one held is done by another."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter as Counted
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn.database import Database, open_database
from tests.guarantees.test_killed import let_leases_run_out, query
from tests.makers import counter_over, execute, one, rows
from tests.receiver import Received, Receiver
from tests.running import GREETING_ENDS, RunningServer, clean_environment, free_port, run_cli
from tillgate.base.clock import DAY_MS
from tillgate.checkout.settlement import expiring
from tillgate.events import operations as events
from tillgate.events.model import RETENTION_MS
from tillgate.settings import load
from tillgate.store import Transaction, idempotency
from tillgate.store.idempotency import IdempotentRequest

WORKERS = 3
PATIENCE_SECONDS = 30
AMOUNT = {"amount": {"value": "5.00", "currency": "USD"}}


def until(found: Callable[[], Any]) -> Any:
    """What ``found`` gives as soon as it is truthy."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := found()):
        assert time.monotonic() < deadline, "this did not happen in time"
        time.sleep(0.02)
    return value


def children(pid: int) -> set[int]:
    """The living processes that this one has started."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    lines = [line.split() for line in listed.splitlines()]
    return {int(child) for child, parent, state in lines if int(parent) == pid and not state.startswith("Z")}


def alive(pids: set[int]) -> set[int]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True, check=True).stdout
    return pids & {int(line.split()[0]) for line in listed.splitlines() if not line.split()[1].startswith("Z")}


class Served(RunningServer):
    """``tillgate serve --workers 3`` on PostgreSQL."""

    def begin(self) -> "Served":
        self.start(TILLGATE_WORKERS=str(WORKERS))
        return self

    @property
    def pids(self) -> set[int]:
        assert self.process is not None
        return children(self.process.pid)


@pytest.fixture
def served(postgres_database_url: str, tmp_path: Path) -> Iterator[Served]:
    server = Served(tmp_path / "data", postgres_database_url).begin()
    try:
        server.project()
        yield server
    finally:
        for pid in server.pids if server.process and server.process.poll() is None else set():
            os.kill(pid, signal.SIGCONT)
        server.stop()


@pytest.mark.slow
def test_several_workers_serve_as_one_and_a_dead_one_is_replaced(served: Served) -> None:
    """One greeting, one socket, one count; a killed worker costs its own connections and nothing else. SIGTERM to the
    one process that was started ends all of them, with status 0."""
    before = until(lambda: served.pids if len(served.pids) == WORKERS else None)
    assert served.log.read_text().count(GREETING_ENDS) == 1
    assert served.log.read_text().count("/dashboard/setup/") == 1
    assert f"running with {WORKERS} workers" in served.log.read_text()
    key, made = served.key(), []
    for round_number in range(3):
        with served.client(key) as client:
            made.append(client.post("/checkout_sessions", json=AMOUNT).json()["id"])
        victim = max(served.pids)
        os.kill(victim, signal.SIGKILL)
        until(lambda victim=victim: victim not in served.pids and len(served.pids) == WORKERS)
        for session_id in made:
            with served.client(key) as client:
                assert client.get(f"/checkout_sessions/{session_id}").status_code == 200, round_number
    assert served.pids - before
    told = httpx.get(f"{served.url}/metrics", trust_env=False).text
    assert 'tillgate_api_responses_total{status="201"} 3.0' in told
    assert 'tillgate_api_responses_total{status="200"} 6.0' in told
    assert served.log.read_text().count("workers.died") == 3
    last = served.pids
    assert served.stop() == 0
    assert alive(last) == set()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{served.url}/healthz", trust_env=False)


@pytest.mark.slow
def test_ctrl_c_ends_all_of_them_and_so_does_the_end_of_their_supervisor(served: Served) -> None:
    """A terminal sends SIGINT to every process of the group; and a supervisor that is killed leaves no worker behind,
    which would hold the port."""
    assert served.process is not None
    for pid in served.pids:
        os.kill(pid, signal.SIGINT)
    served.process.send_signal(signal.SIGINT)
    last = served.pids
    assert served.process.wait(PATIENCE_SECONDS) == 0
    assert alive(last) == set()

    served.begin()
    last = until(lambda: served.pids if len(served.pids) == WORKERS else None)
    served.kill()
    until(lambda: not alive(last))
    served.begin()


def test_several_workers_on_sqlite_are_refused_before_anything_starts(tmp_path: Path) -> None:
    """The message says what to do; no database, no key and no directory was made."""
    data = tmp_path / "data"
    said = run_cli("serve", "--workers", "2", "--data", str(data), "--port", str(free_port()), status=1)
    assert "SQLite is served by one process" in said and "--database-url" in said
    assert not data.exists()
    finds = subprocess.run(
        [sys.executable, "-m", "tillgate.cli", "doctor", "--data", str(data)],
        env=clean_environment() | {"TILLGATE_WORKERS": "2"}, capture_output=True, text=True,
    )  # fmt: skip
    assert finds.returncode == 1 and "PROBLEM  TILLGATE_WORKERS=2: SQLite is served by one process" in finds.stdout
    for count in ("0", "65", "x"):
        run_cli("serve", "--workers", count, "--data", str(data), status=2)
    assert not data.exists()


@pytest.mark.slow
def test_workers_that_cannot_begin_end_the_server_with_one_line(postgres_database_url: str, tmp_path: Path) -> None:
    """As for one process: what is wrong is said once, and the status is 1."""
    run_cli("migrate", "--data", str(tmp_path), "--database-url", postgres_database_url)
    nowhere = postgres_database_url.replace("host=", "host=/nowhere")
    for url, word in ((nowhere, "cannot connect"), ("postgresql://h:x/", "not well formed")):
        said = run_cli(
            "serve", "--workers", "2", "--data", str(tmp_path), "--database-url", url, "--port", str(free_port()),
            status=1,
        )  # fmt: skip
        assert word in said and len(said.strip().splitlines()) == 1


def test_the_processes_of_a_server_share_its_connections(tmp_path: Path) -> None:
    """Together they stay below PostgreSQL's default of 100, until there are enough that each has the least it can
    work with."""
    for workers, each in ((1, 24), (2, 24), (4, 12), (8, 6), (16, 4), (64, 4)):
        assert load(data=str(tmp_path), workers=workers).connections_max == each


@pytest.mark.slow
def test_a_form_is_sent_once_whichever_worker_it_reaches(served: Served) -> None:
    """A double click that ends at two processes makes one key, and shows it once."""
    served.owner()
    origin = {"Origin": served.url}
    with httpx.Client(base_url=f"{served.url}/dashboard", headers=origin, trust_env=False, timeout=20) as browser:
        signed = {"email": served.owner_email, "password": served.owner_password}
        assert browser.post("/sign-in", data=signed).status_code == 303
        page = browser.get("/api-keys/new").text
        fields = {
            name: match[1]
            for name in ("csrf", "form_id")
            if (match := re.search(rf'name="{name}" value="([^"]*)"', page))
        } | {"name": "Twice", "mode": "test", "scopes": "links:read"}
        cookies = dict(browser.cookies)
        statuses: list[int] = []

        def send() -> None:
            # A connection of its own, which whichever worker is free takes.
            with httpx.Client(cookies=cookies, headers=origin, trust_env=False, timeout=20) as another:
                statuses.append(another.post(f"{served.url}/dashboard/api-keys", data=fields).status_code)

        threads = [threading.Thread(target=send) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [201] + [409] * 11
        named = [key["name"] for key in json.loads(served.cli("keys", "list", "--json"))]
        assert named.count("Twice") == 1


class Slow(Receiver):
    """Answers only while it is let; counts what it is asked meanwhile."""

    def __init__(self) -> None:
        self.released = threading.Event()
        super().__init__()
        self._server.socket.listen(128)

    def _keep(self, received: Received) -> None:
        super()._keep(received)
        self.released.wait(PATIENCE_SECONDS)


def ids_of(received: list[Received]) -> list[str]:
    return [one.headers["webhook-id"] for one in received]


@pytest.mark.slow
def test_no_delivery_is_made_twice_while_its_lease_is_live_and_none_is_lost_when_workers_die(
    served: Served, postgres_database_url: str, receiver: Receiver
) -> None:
    """Every worker is killed while it waits for an answer. Those that take over leave the held deliveries alone, for
    the leases are live, and deliver what is new; once the leases have run out each comes again, the same event."""
    slow = Slow()
    try:
        with served.client(served.key()) as client:
            for url in (slow.url, receiver.url):
                event = "session.created" if url == slow.url else "session.paid"
                made = client.post("/webhook_endpoints", json={"url": url, "events": [event]})
                assert made.status_code == 201, made.text
            opened = [client.post("/checkout_sessions", json=AMOUNT).json()["id"] for _ in range(6)]
        held = ids_of(slow.wait_for(lambda got: len(got) >= 6))
        assert len(set(held)) == 6
        for pid in served.pids:
            os.kill(pid, signal.SIGKILL)
        until(lambda: len(served.pids) == WORKERS)

        # A worker looks at all that is due: what is new is delivered by one that saw the held ones, too.
        with served.client(served.key()) as client:
            for session_id in opened[:3]:
                client.post(f"/checkout_sessions/{session_id}/simulate", json={"outcome": "paid"})
        receiver.wait_for(lambda got: len(got) >= 3)
        # An answer that is not recorded yet is repeated, too, once its lease has run out.
        pending = "SELECT 1 FROM webhook_deliveries WHERE status = 'pending'"
        until(lambda: len(query(postgres_database_url, pending)) == len(held))
        assert ids_of(slow.received) == held

        slow.released.set()
        let_leases_run_out(postgres_database_url)
        until(lambda: not query(postgres_database_url, pending))
        assert Counted(ids_of(slow.received)) == dict.fromkeys(held, 2)
        assert Counted(ids_of(receiver.received)) == dict.fromkeys(ids_of(receiver.received), 1)
        attempts = query(postgres_database_url, "SELECT delivery_id, number FROM webhook_attempts")
        assert len(attempts) == len({row["delivery_id"] for row in attempts}) == 9
    finally:
        slow.released.set()
        slow.close()


@pytest.mark.slow
def test_many_workers_deliver_each_event_once(served: Served, postgres_database_url: str, receiver: Receiver) -> None:
    """Two hundred deliveries that fall due at once, for all the workers to see: each is sent by one of them."""
    receiver._server.socket.listen(128)
    count = 200
    with served.client(served.key()) as client:
        for number in range(4):
            client.post("/webhook_endpoints", json={"url": f"{receiver.url}/{number}", "events": ["session.created"]})
        for _ in range(count // 4):
            assert client.post("/checkout_sessions", json=AMOUNT).status_code == 201
        receiver.wait_for(lambda got: len(got) >= count)
        until(lambda: not query(postgres_database_url, "SELECT 1 FROM webhook_deliveries WHERE status = 'pending'"))
        first = Counted((one.path, one.headers["webhook-id"]) for one in receiver.received)
        assert len(first) == count and set(first.values()) == {1}
        # All of them again, due by one commit that no worker is notified of: they find it by looking.
        due = "UPDATE webhook_deliveries SET status = 'pending', attempts = attempts + 10, attempts_max = 99"
        receiver.received.clear()

        async def again() -> None:
            database = await open_database(postgres_database_url)
            try:
                await execute(database, due)
            finally:
                await database.close()

        asyncio.run(again())
        receiver.wait_for(lambda got: len(got) >= count)
        until(lambda: not query(postgres_database_url, "SELECT 1 FROM webhook_deliveries WHERE status = 'pending'"))
    again_counted = Counted((one.path, one.headers["webhook-id"]) for one in receiver.received)
    assert again_counted == first


@pytest.mark.anyio
async def test_jobs_that_run_in_several_processes_do_everything_once(database: Database, database_url: str) -> None:
    """Expiry, retention and the forgetting of answers, each by four processes' connections at once: one event for each
    session that ran out, no number missing, nothing old left, and nobody fails."""
    counter = await counter_over(database)
    sessions = [await counter.session() for _ in range(120)]
    others = [await open_database(database_url) for _ in range(4)]
    try:

        async def all_of_it(step: Callable[[Database], Any]) -> int:
            async def work(own: Database) -> int:
                done = 0
                while batch := await step(own):
                    done += batch
                return done

            return sum(await asyncio.gather(*map(work, others)))

        counter.clock.forward(DAY_MS)

        async def expire(tx: Transaction) -> int:
            return await expiring.expire_due(counter.context, tx, counter.project_id)

        assert await all_of_it(lambda own: own.write(expire)) == 120
        told = await counter.events()
        assert [event.sequence for event in told] == list(range(1, len(told) + 1))
        expired = await rows(database, "SELECT object_id FROM events WHERE type = 'session.expired'")
        assert sorted(row["object_id"] for row in expired) == sorted(session.id for session in sessions)

        for number in range(2_500):
            request = IdempotentRequest(counter.principal, f"key-{number}", "", counter.clock.now())
            await database.write(lambda tx, request=request: idempotency.begin(tx, request))
        counter.clock.forward(RETENTION_MS + 1)
        now = counter.clock.now()
        assert await all_of_it(lambda own: own.write(lambda tx: events.drop_old(tx, now))) == len(told)
        assert await all_of_it(lambda own: own.write(lambda tx: idempotency.forget(tx, now))) == 2_500
        assert await one(database, "SELECT COUNT(*) FROM events") == 0
    finally:
        for other in others:
            await other.close()
