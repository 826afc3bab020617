"""A revoked key stops working on its next use, whoever revoked it and however busy the server is."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from keyturn import KeyWish, Mode
from keyturn.database import open_database
from tests.running import RunningServer
from tillgate.access.accounts.records import projects
from tillgate.base.clock import SystemClock
from tillgate.cli.commands import app as tillgate_cli
from tillgate.opening import open_keys

TRIALS = 20
PROCESSES = 2


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[RunningServer]:
    """A server process on either database, with a project."""
    running = RunningServer(tmp_path / "data", database_url).start()
    try:
        running.project()
        yield running
    finally:
        running.stop()


class Load:
    """Clients that use one key without pause."""

    def __init__(self, server: RunningServer, key: str, clients: int = 2) -> None:
        self._server, self._key = server, key
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]
        self.answers: list[int] = []

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        with self._server.client(self._key) as client:
            while not self._stop.is_set():
                self.answers.append(client.get("/checkout_sessions").status_code)


class Other:
    """``tillgate`` on the same database: its own connections, and for some trials a process of its own."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server

    def run(self, *arguments: str, process: bool) -> str:
        if process:
            return self._server.cli(*arguments, process=True)
        done = CliRunner().invoke(tillgate_cli, [*arguments, *self._server.database])
        assert done.exit_code == 0, done.output
        return done.stdout


def issued_at_once(server: RunningServer, count: int) -> list[tuple[str, str]]:
    """Ids and texts of new keys, made beside the server."""

    async def run() -> list[tuple[str, str]]:
        clock = SystemClock()
        database = await open_database(server.database[3])
        try:
            project = (await database.read(projects))[0].id
            issuer = open_keys(database, clock).issuer
            made = [
                await issuer.issue(
                    KeyWish(project_id=project, mode=Mode.TEST, name=f"trial {n}", scopes=["sessions:read"]),
                    by="operator:test",
                )
                for n in range(count)
            ]
            return [(one.key.id, one.secret.reveal()) for one in made]
        finally:
            await database.close()

    return asyncio.run(run())


@pytest.mark.slow
@pytest.mark.spec("crypto-checkout R51", "crypto-checkout R68")
def test_a_key_revoked_elsewhere_is_refused_on_the_very_next_request(server: RunningServer) -> None:
    """R51, R68: when the command line's ``revoke`` has returned, a server under load answers 401 to the next request,
    on a connection that the key had just used; and never lets it in again."""
    other = Other(server)
    steady = server.key(["sessions:read"])
    keys = issued_at_once(server, TRIALS)
    with Load(server, steady) as load:
        for trial, (key_id, key) in enumerate(keys):
            with server.client(key) as client:
                # Used until the last moment, so that whatever may be remembered of it is.
                for _ in range(3):
                    assert client.get("/checkout_sessions").status_code == 200
                other.run("keys", "revoke", "--yes", key_id, process=trial < PROCESSES)
                for _ in range(3):
                    refused = client.get("/checkout_sessions")
                    assert refused.status_code == 401, f"trial {trial}"
                    assert refused.json()["error"]["code"] == "invalid_api_key"
                    assert refused.json()["error"]["reason"] == "revoked"
    assert set(load.answers) == {200}
    assert len(load.answers) > TRIALS
    for _, key in keys:
        with server.client(key) as client:
            assert client.get("/checkout_sessions").status_code == 401


@pytest.mark.slow
@pytest.mark.spec("crypto-checkout R68")
def test_a_key_in_use_is_refused_everywhere_from_the_answer_on(server: RunningServer) -> None:
    """While many clients use the very key: no request that is sent after ``revoke`` has returned gets through."""
    other = Other(server)
    for trial in range(3):
        issued = server.issued(["sessions:read"], name=f"busy {trial}")
        revoked = threading.Event()
        let_in_afterwards: list[int] = []
        refused: list[int] = []

        def use(key: str, revoked: threading.Event, late: list[int], refused: list[int]) -> None:
            with server.client(key) as client:
                while len(refused) < 20:
                    after = revoked.is_set()
                    status = client.get("/checkout_sessions").status_code
                    if status == 401:
                        refused.append(status)
                    elif after:
                        late.append(status)
                        return

        threads = [
            threading.Thread(target=use, args=(issued["key"], revoked, let_in_afterwards, refused)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        other.run("keys", "revoke", "--yes", issued["id"], process=False)
        revoked.set()
        for thread in threads:
            thread.join()
        assert let_in_afterwards == []
        assert len(refused) >= 20


@pytest.mark.slow
def test_a_revoked_key_stays_revoked_when_its_last_use_is_written_down(server: RunningServer) -> None:
    """The server's bookkeeping, which is written later, brings no key back: not after a restart either."""
    issued = server.issued(["sessions:read"])
    with server.client(issued["key"]) as client:
        assert client.get("/checkout_sessions").status_code == 200
        server.cli("keys", "revoke", "--yes", issued["id"])
        assert client.get("/checkout_sessions").status_code == 401
    server.stop()  # writes what it noted
    [listed] = json.loads(server.cli("keys", "list", "--json"))
    assert listed["status"] == "revoked"
    assert listed["lastUsedAt"] is not None
    server.start()
    with server.client(issued["key"]) as client:
        assert client.get("/checkout_sessions").status_code == 401
    with pytest.raises(httpx.HTTPStatusError):
        httpx.get(f"{server.url}/api/v1/events", trust_env=False).raise_for_status()
