"""A hundred renders, while a process that makes them and the server itself are killed: each name has one document."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from keyturn.database import Database
from tests.guarantees.test_killed import on_database, query
from tests.makers import execute
from tests.running import RunningServer
from tillgate.documents.engine.pool import MODULE

pytestmark = pytest.mark.slow

RENDERS = 100
SECONDS_MAX = 120
SOURCE = '#let data = json("data.json")\n= #data.title\n#lorem(4000)'
MANIFEST = {"variables": [{"key": "title", "label": "Title", "dataType": "text", "required": True}]}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path / "data").start()
    try:
        running.project()
        yield running
    finally:
        running.stop()


def waited_for(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not found():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def renderers_of(pid: int) -> set[int]:
    """The rendering processes that a process has started."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and MODULE.encode() in (path / "cmdline").read_bytes().split(b"\0"):
                found.add(int(path.name))
        except OSError:
            continue  # it has ended
    return found


def test_each_name_has_one_document_whatever_is_killed(server: RunningServer, tmp_path: Path) -> None:
    """``kill -9`` of a rendering process and of the server in the middle: what was answered is made, nothing twice, and
    whoever asks again by the same name gets the same render. What is billed is counted once each."""
    url = f"sqlite:///{server.data / 'tillgate.db'}"
    source, manifest = tmp_path / "note.typ", tmp_path / "note.json"
    source.write_text(SOURCE)
    manifest.write_text(json.dumps(MANIFEST))
    files = ("--source", str(source), "--manifest", str(manifest))
    server.cli("templates", "publish", "--slug", "note", "--name", "Note", *files)
    made = server.cli("keys", "create", "--name", "press", "--mode", "live", "--format", "craftkit", "--json")
    headers = {"Authorization": f"Bearer {json.loads(made)['key']}"}

    def asked() -> dict[str, str]:
        """Each name's render, by its id."""
        with httpx.Client(base_url=f"{server.url}/v1", headers=headers, timeout=20, trust_env=False) as client:
            ids = {}
            for number in range(RENDERS):
                body = {"data": {"title": f"Number {number}"}, "jobId": f"n{number}"}
                answer = client.post("/templates/note/render", json=body)
                assert answer.status_code in (200, 202), answer.text
                ids[f"n{number}"] = answer.json()["id"]
        return ids

    def ended() -> int:
        [row] = query(url, "SELECT COUNT(*) AS found FROM renders WHERE status = 'succeeded'")
        return int(row["found"])

    first = asked()
    assert server.process is not None
    server_pid = server.process.pid
    # The moment of death is chance: in the middle on an idle machine.
    waited_for(lambda: bool(renderers_of(server_pid)))
    for pid in renderers_of(server_pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    waited_for(lambda: ended() >= 5)
    server.kill()

    async def let_leases_run_out(database: Database) -> None:
        await execute(database, "UPDATE jobs SET lease_until = 0 WHERE run_at IS NOT NULL")

    on_database(url, let_leases_run_out)
    server.start()
    assert asked() == first
    waited_for(lambda: ended() == RENDERS)
    rows = query(url, "SELECT r.named, f.id FROM renders r JOIN document_files f ON f.id = r.id WHERE f.content <> ''")
    assert sorted(row["named"] for row in rows) == sorted(first)
    assert len(query(url, "SELECT id FROM document_files")) == RENDERS
    [counted] = query(url, "SELECT SUM(renders) AS found FROM render_counts")
    assert counted["found"] == RENDERS
    told = query(url, "SELECT object_id FROM events WHERE type = 'render.succeeded'")
    assert len({row["object_id"] for row in told}) == len(told) == RENDERS
