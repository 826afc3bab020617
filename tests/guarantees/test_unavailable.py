"""A dependency that hangs, is full, damaged or gone is a 503, soon: of a real server, over HTTP, in every way in."""

import contextlib
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.keyturn.test_serving import ROOT, serving
from tests.keyturn.test_shared_limiting import redis_on
from tests.postgres import PostgresServer
from tests.running import RunningServer, free_port

# Only so that a request which hangs ends: far longer than any may take, and far shorter than for ever.
GUARD_SECONDS = 20
NEW_SESSION = {"amount": {"value": "5.00", "currency": "USD"}}


def eventually(found: Callable[[], Any]) -> Any:
    """What ``found`` gives as soon as it is truthy."""
    deadline = time.monotonic() + GUARD_SECONDS
    while not (value := found()):
        assert time.monotonic() < deadline, "this did not happen in time"
        time.sleep(0.05)
    return value


def readiness(url: str) -> tuple[int, dict[str, str]]:
    answer = httpx.get(f"{url}/readyz", timeout=GUARD_SECONDS, trust_env=False)
    return answer.status_code, answer.json()


def is_ready(server: RunningServer) -> bool:
    return readiness(server.url)[0] == 200


def told(server: RunningServer) -> list[str]:
    """Which checks failed, as the log has it, and when it was over."""
    lines = re.findall(r"database\.(?:unavailable .*|available_again)", server.log.read_text())
    return [found[1] if (found := re.search(r"check=(\w+)", line)) else "over" for line in lines]


@contextlib.contextmanager
def started(data: Path, database_url: str | None = None, log: Path | None = None) -> Iterator[RunningServer]:
    server = RunningServer(data, database_url)
    server.log = log or server.log
    server.start()
    try:
        server.project()
        yield server
    finally:
        server.stop()


def test_a_hung_postgres_is_503_in_every_way_in(
    tmp_path: Path, postgres_database_url: str, postgres_server: PostgresServer
) -> None:
    """PostgreSQL is stopped while requests come: the API, the buyer's page, the metrics and readiness say so, all at
    once and more than there are connections for; none is a 500, the log has no traceback
    and says it once. When PostgreSQL goes on, so does the server, without a restart."""
    with started(tmp_path / "data", postgres_database_url) as server:
        key = server.key()
        with server.client(key) as client:
            session = client.post("/checkout_sessions", json=NEW_SESSION).json()["id"]

        def ask(path: str) -> httpx.Response:
            with httpx.Client(
                base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=GUARD_SECONDS, trust_env=False
            ) as client:
                return (
                    client.get(path) if path != "POST" else client.post("/api/v1/checkout_sessions", json=NEW_SESSION)
                )

        paths = [
            "/readyz",
            "/readyz",
            f"/api/v1/checkout_sessions/{session}",
            "/api/v1/checkout_sessions",
            f"/checkout/{session}",
            "/metrics",
            "POST",
        ]
        with postgres_server.stopped(), ThreadPoolExecutor(60) as pool:
            answers = list(pool.map(ask, paths * 6))
            assert {answer.status_code for answer in answers} <= {503, 200}, {answer.url: answer for answer in answers}
            by_path = dict(zip(paths * 6, answers, strict=True))
            for path in (paths[0], paths[2], paths[3], paths[4], "/metrics", "POST"):
                assert by_path[path].status_code == 503, path
            assert by_path[paths[2]].headers["retry-after"] == "1"
            assert by_path[paths[0]].json()["check"] == "answers"
            assert "does not answer" in by_path[paths[0]].json()["problem"]
        eventually(lambda: is_ready(server))
        with server.client(key) as client:
            assert client.post("/checkout_sessions", json=NEW_SESSION).status_code == 201
        eventually(lambda: told(server) == ["answers", "over"])
        assert "Traceback" not in server.log.read_text()


def test_verification_with_a_hung_postgres_is_503_soon(
    tmp_path: Path, postgres_database_url: str, postgres_server: PostgresServer
) -> None:
    """The key server alone: a key that it does not remember is refused as unavailable, and so is readiness."""
    settings = {"KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": "invoices:read"}
    with (
        serving(postgres_database_url, tmp_path, **settings) as (here, _),
        httpx.Client(headers={"Authorization": f"Bearer {ROOT}"}, timeout=GUARD_SECONDS, trust_env=False) as client,
    ):
        made = client.post(f"{here}/v1/keys", json={"name": "a", "scopes": ["invoices:read"]}).json()
        with postgres_server.stopped():
            answer = client.post(f"{here}/v1/keys/verify", json={"key": made["key"]})
            assert (answer.status_code, answer.json()["code"]) == (503, "auth_unavailable")
            status, told = readiness(here)
            assert (status, told["check"]) == (503, "answers")
        eventually(lambda: readiness(here)[0] == 200)
        assert client.post(f"{here}/v1/keys/verify", json={"key": made["key"]}).json()["valid"]


def test_a_hung_valkey_delays_nobody(tmp_path: Path) -> None:
    """Stopped while requests come: each process counts for itself, and nobody is refused or kept for it."""
    port = free_port()
    with redis_on(port, tmp_path) as part:
        server = RunningServer(tmp_path / "data").start(
            TILLGATE_VALKEY_URL=f"redis://127.0.0.1:{port}/0", TILLGATE_KEY_RATE_PER_SECOND="1000"
        )
        try:
            server.project()
            with server.client(server.key()) as client:
                assert client.get("/checkout_sessions").status_code == 200
                part.process.send_signal(signal.SIGSTOP)
                assert {client.get("/checkout_sessions").status_code for _ in range(30)} == {200}
                assert is_ready(server)
                part.process.send_signal(signal.SIGCONT)
                eventually(lambda: "limits.shared_again" in server.log.read_text())
            assert server.log.read_text().count("limits.unshared") == 1
        finally:
            part.process.send_signal(signal.SIGCONT)
            server.stop()


def test_a_damaged_file_is_reported_and_nothing_is_answered_and_lost(tmp_path: Path) -> None:
    """One server, and everything that happens to files. It may not grow: an outage of what writes, and known to
    readiness. It is deleted: every session that was answered is in the file that was there, and all else is 503 until
    it is back. Another one is put in its place: the same. Each is said once in the log, and so is its end."""
    file, away = tmp_path / "data" / "tillgate.db", tmp_path / "away"
    away.mkdir()

    def move(there: Path, here: Path) -> None:
        for ending in ("", "-wal", "-shm"):
            Path(f"{there}{ending}").rename(f"{here}{ending}")

    with started(tmp_path / "data") as server, server.client(server.key()) as client:

        def open_one() -> int:
            answer = client.post("/checkout_sessions", json=NEW_SESSION)
            if answer.status_code == 201:
                answered.append(answer.json()["id"])
            return answer.status_code

        def check() -> str:
            status, told_now = readiness(server.url)
            assert str(tmp_path) not in str(told_now)
            return told_now["check"] if status == 503 else ""

        answered: list[str] = []
        # The log of writes is emptied, so that it is as long as what is in it: that of the schema would leave room.
        with contextlib.closing(sqlite3.connect(file)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert open_one() == 201

        assert server.process is not None
        size = file.with_name("tillgate.db-wal").stat().st_size
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        eventually(lambda: open_one() == 503)
        assert client.get(f"/checkout_sessions/{answered[0]}").status_code == 200
        eventually(lambda: check() == "writable")
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        eventually(lambda: is_ready(server))
        assert open_one() == 201

        move(file, away / "tillgate.db")
        assert {open_one() for _ in range(20)} == {503}
        assert client.get(f"/checkout_sessions/{answered[0]}").status_code == 503
        eventually(lambda: check() == "file")
        with sqlite3.connect(away / "tillgate.db") as found:
            assert set(answered) <= {id for (id,) in found.execute("SELECT id FROM checkout_sessions")}
        move(away / "tillgate.db", file)
        eventually(lambda: is_ready(server))
        assert open_one() == 201

        move(file, away / "tillgate.db")
        shutil.copy(away / "tillgate.db", file)
        assert {open_one() for _ in range(20)} == {503}
        eventually(lambda: check() == "file")
        eventually(lambda: told(server) == ["writable", "over", "file", "over", "file"])
        assert "Traceback" not in server.log.read_text()


def can_mount() -> bool:
    return os.name == "posix" and os.geteuid() == 0 and shutil.which("mount") is not None


@contextlib.contextmanager
def small_disk(at: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own, where this machine lets one be mounted."""
    at.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(at)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk: it cannot be mounted here: {mounted.stderr}")
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)


@pytest.mark.skipif(not can_mount(), reason="a small disk: only root can mount one")
def test_a_full_disk_is_not_ready_until_there_is_room(tmp_path: Path) -> None:
    """Writes are 503, reads go on, readiness says what is full, the log says it once; with room again, all goes on."""
    with small_disk(tmp_path / "disk", 24) as disk, started(disk / "data", log=tmp_path / "log") as server:
        with server.client(server.key()) as client:
            made = client.post("/checkout_sessions", json=NEW_SESSION).json()["id"]
            ballast = disk / "ballast"
            with contextlib.suppress(OSError), ballast.open("wb") as file:
                while True:
                    file.write(b"\0" * 65_536)
                    file.flush()
            status, told_now = readiness(server.url)
            assert (status, told_now["check"]) == (503, "disk")
            assert client.get(f"/checkout_sessions/{made}").status_code == 200
            statuses = [client.post("/checkout_sessions", json=NEW_SESSION).status_code for _ in range(300)]
            assert set(statuses) <= {201, 503}  # the log that is there has some room
            ballast.unlink()
            eventually(lambda: is_ready(server))
            assert client.post("/checkout_sessions", json=NEW_SESSION).status_code == 201
        eventually(lambda: told(server) == ["disk", "over"])
        assert "Traceback" not in server.log.read_text()


def test_a_damaged_file_is_not_ready(tmp_path: Path) -> None:
    """Garbage over the file, under the server: readiness says so, and no request is a 500."""
    with started(tmp_path / "data") as server:
        file = tmp_path / "data" / "tillgate.db"
        with server.client(server.key()) as client:
            made = client.post("/checkout_sessions", json=NEW_SESSION).json()["id"]
            with sqlite3.connect(file) as other:
                other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with file.open("r+b") as opened:
                opened.write(os.urandom(file.stat().st_size))
            status, told_now = readiness(server.url)
            assert (status, told_now["check"]) == (503, "intact")
            answers = [
                client.get(f"/checkout_sessions/{made}"),
                client.get("/products"),
                *(client.post("/checkout_sessions", json=NEW_SESSION) for _ in range(5)),
            ]
            assert {answer.status_code for answer in answers} <= {200, 201, 503}
        assert told(server) == ["intact"]
