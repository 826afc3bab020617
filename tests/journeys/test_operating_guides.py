"""The guides on operating and on going live: each of their blocks, as it stands but for addresses and ports."""

import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from tests.guarantees.test_workers import children
from tests.journeys.test_readme import shell_blocks
from tests.postgres import PostgresServer
from tests.running import GREETING_ENDS, RunningServer, clean_environment, free_port

pytestmark = pytest.mark.slow

OPERATING, GOING_LIVE = "docs/operating.md", "docs/going-live.md"
PATIENCE_SECONDS = 60
AMOUNT = {"amount": {"value": "5.00", "currency": "USD"}}


class Host:
    """A machine with ``tillgate`` and PostgreSQL's programs on its path, and a shell in a directory of its own."""

    def __init__(self, place: Path, replaced: Mapping[str, str], programs: Path | None = None) -> None:
        self.place = place
        self.replaced = dict(replaced)
        bin = place / "bin"
        bin.mkdir()
        (bin / "tillgate").write_text(f'#!/bin/sh\nexec {sys.executable} -m tillgate.cli "$@"\n')
        (bin / "tillgate").chmod(0o755)
        paths = [str(bin), *([str(programs)] if programs else []), os.environ["PATH"]]
        self.environment = clean_environment() | {"PATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}
        self.servers: list[subprocess.Popen[bytes]] = []

    def here(self, block: str) -> str:
        for written, meant in self.replaced.items():
            block = block.replace(written, meant)
        return block

    def run(self, block: str, **more: str) -> str:
        """What a block prints; it has to end well."""
        done = subprocess.run(
            ["bash", "-c", f"set -euo pipefail\n{self.here(block)}"], cwd=self.place,
            env=self.environment | more, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def remember(self, block: str, *names: str) -> str:
        """Run a block that exports variables, and keep those for what comes after it."""
        printed = self.run(block + "".join(f'\necho "{name}=${name}"' for name in names))
        for name in names:
            self.environment[name] = re.findall(rf"^{name}=(.*)$", printed, re.MULTILINE)[-1]
        return printed

    def serve(self, block: str) -> tuple[str, str, int]:
        """Start a server with the block's last line; its address, its greeting and its process id."""
        port = free_port()
        line = self.here(block.strip().splitlines()[-1])
        line = re.sub(r" --port \d+", "", line).replace("tillgate serve", f"exec env tillgate serve --port {port}")
        line = re.sub(r"^(\w+=\S+) exec env", r"exec env \1", line)
        log = self.place / f"{port}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                ["bash", "-c", line], cwd=self.place, env=self.environment, stdout=file, stderr=file
            )
        self.servers.append(process)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while GREETING_ENDS not in log.read_text():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        return f"http://127.0.0.1:{port}", log.read_text(), process.pid

    def stop(self) -> list[int]:
        """Stop every server; their exit statuses."""
        for process in self.servers:
            process.send_signal(signal.SIGTERM)
        statuses = [process.wait(PATIENCE_SECONDS) for process in self.servers]
        self.servers.clear()
        return statuses


def client(url: str, key: str) -> httpx.Client:
    """What a proxy that ends TLS makes of a merchant's request."""
    headers = {"Authorization": f"Bearer {key}", "X-Forwarded-Proto": "https"}
    return httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=20, trust_env=False)


@pytest.fixture
def host(tmp_path: Path, postgres_server: PostgresServer, postgres_database_url: str) -> Iterator[Host]:
    """A host before a PostgreSQL with an empty database."""
    replaced = {
        "postgresql://tillgate@localhost/tillgate": postgres_database_url,
        "postgresql://tillgate@localhost/restored": postgres_server.url("restored"),
    }
    made = Host(tmp_path, replaced, postgres_server.psql.parent)
    try:
        yield made
    finally:
        made.stop()
        postgres_server.execute("DROP DATABASE IF EXISTS restored WITH (FORCE)")


def test_the_guide_to_several_processes_and_hosts_works_as_it_is_written(host: Host, redis_server: str) -> None:
    """From an empty PostgreSQL to two hosts with four workers each; then a backup, and a server on what is restored."""
    [prepare] = shell_blocks(OPERATING, "PostgreSQL")
    assert "Everything is in order" in host.remember(prepare, "TILLGATE_DATABASE_URL", "TILLGATE_SECRET_KEY")
    alone, together = shell_blocks(OPERATING, "Several processes")
    [another] = shell_blocks(OPERATING, "Several hosts")
    host.replaced["valkey://localhost:6379/0"] = redis_server

    url, greeting, pid = host.serve(alone)
    assert len(children(pid)) == 4
    assert "counted per worker" in greeting
    host.run("tillgate projects create --name Shop")
    make = "tillgate keys create --name x --mode test --scope sessions:read --scope sessions:write --json"
    key = re.findall(r'"key": "([^"]+)"', host.run(make))[0]
    with client(url, key) as first:
        session = first.post("/checkout_sessions", json=AMOUNT).json()["id"]
    assert host.stop() == [0]

    one, greeting, _ = host.serve(together)
    assert "counted per worker" not in greeting
    two, _, pid = host.serve(another)
    assert len(children(pid)) == 4
    for address in (one, two):
        with client(address, key) as anywhere:
            assert anywhere.get(f"/checkout_sessions/{session}").status_code == 200

    back_up, _, _, restore = shell_blocks(OPERATING, "Backup and restore")
    host.run(back_up)
    with client(one, key) as late:
        after = late.post("/checkout_sessions", json=AMOUNT).json()["id"]
    assert "Everything is in order" in host.run(restore)
    assert host.stop() == [0, 0]
    [upgrade] = shell_blocks(OPERATING, "Upgrade")
    assert "up to date" in host.run(upgrade)
    host.environment["TILLGATE_DATABASE_URL"] = host.replaced["postgresql://tillgate@localhost/restored"]
    url, _, _ = host.serve("tillgate serve")
    with client(url, key) as restored:
        assert restored.get(f"/checkout_sessions/{session}").status_code == 200
        assert restored.get(f"/checkout_sessions/{after}").status_code == 404


def test_the_guide_to_backups_works_as_it_is_written(
    tmp_path: Path, postgres_server: PostgresServer, postgres_database_url: str
) -> None:
    """While SQLite's server runs; restored into SQLite and into PostgreSQL, with sessions, keys and webhook secrets."""
    back_up, keep_key, into_sqlite, into_postgres = shell_blocks(OPERATING, "Backup and restore")
    replaced = {"postgresql://tillgate@localhost/restored": postgres_server.url("restored")}
    server = RunningServer(tmp_path / "data").start()
    try:
        server.project()
        key, ended = server.key(), server.issued()
        with server.client(key) as api:
            session = api.post("/checkout_sessions", json=AMOUNT).json()["id"]
            receiver = {"url": "http://localhost:9/", "events": ["session.expired"]}
            endpoint = api.post("/webhook_endpoints", json=receiver).json()
            log = api.get("/events").json()["logId"]
            host = Host(tmp_path, replaced, postgres_server.psql.parent)
            host.run(back_up + keep_key)
            after = api.post("/checkout_sessions", json=AMOUNT).json()["id"]
            server.cli("keys", "revoke", "--yes", ended["id"])
        assert (tmp_path / "backup.zip").stat().st_mode & 0o077 == 0
        with zipfile.ZipFile(tmp_path / "backup.zip") as archive:
            for secret in (key, ended["key"], endpoint["secret"], (tmp_path / "backup.key").read_text().strip()):
                assert not any(secret.encode() in archive.read(name) for name in archive.namelist())
        said = host.run(into_sqlite)
        assert "Everything is in order" in said and "2 keys are accepted" in said and "put the secret key" not in said
        said = host.run(into_postgres, TILLGATE_DATABASE_URL=postgres_database_url)
        assert "Everything is in order" in said
    finally:
        server.stop()
    moved = RunningServer(tmp_path / "moved", postgres_server.url("restored"))
    moved.data.mkdir()
    (moved.data / "secret.key").write_bytes((tmp_path / "backup.key").read_bytes())
    for restored in (RunningServer(tmp_path / "restored"), moved):
        restored.start()
        try:
            with restored.client(key) as api:
                assert api.get(f"/checkout_sessions/{session}").status_code == 200
                assert api.get(f"/checkout_sessions/{after}").status_code == 404
                refused = api.get("/events", params={"after": 1, "log": log})
                assert refused.json()["error"]["code"] == "sequence_ahead"
                [endpoint] = api.get("/webhook_endpoints").json()["data"]
                sent = api.post(f"/webhook_endpoints/{endpoint['id']}/test")
                assert sent.status_code == 200, "its signing secret can be opened"
        finally:
            restored.stop()
    # Over the database that knows of the revocation, it holds.
    again = server.cli("restore", str(tmp_path / "backup.zip"), "--replace", "--yes")
    assert "1 keys are accepted" in again and "stay so" in again
    postgres_server.execute("DROP DATABASE restored WITH (FORCE)")


def test_the_guide_to_changing_the_secret_key_works_as_it_is_written(tmp_path: Path) -> None:
    """In the data directory and by the variable, webhooks keep their secrets; a lost key costs those only."""
    new, rotate, by_variable, lost = shell_blocks(OPERATING, "The secret key")
    server, host = RunningServer(tmp_path / "data").start(), Host(tmp_path, {})

    def signs(**environment: str) -> bool:
        server.start(**environment)
        try:
            with server.client(key) as api:
                [endpoint] = api.get("/webhook_endpoints").json()["data"]
                return api.post(f"/webhook_endpoints/{endpoint['id']}/test").status_code == 200
        finally:
            server.stop()

    try:
        server.project()
        key = server.key()
        with server.client(key) as api:
            api.post("/webhook_endpoints", json={"url": "http://localhost:9/", "events": ["session.expired"]})
    finally:
        server.stop()
    first = (tmp_path / "data/secret.key").read_text().split()
    host.run(new)
    assert (tmp_path / "data/secret.key").read_text().split()[1:] == first
    refused = subprocess.run(
        ["bash", "-c", rotate], cwd=tmp_path, env=host.environment, capture_output=True, text=True, timeout=60
    )
    assert refused.returncode == 1 and "restart every server" in refused.stderr
    assert signs()
    assert "1 secrets were sealed" in host.run(rotate)
    [second] = (tmp_path / "data/secret.key").read_text().split()
    assert second not in first and signs()

    host.remember(f"export TILLGATE_SECRET_KEY={second}\n{by_variable}", "TILLGATE_SECRET_KEY")
    both = host.environment["TILLGATE_SECRET_KEY"]
    assert signs(TILLGATE_SECRET_KEY=both)
    assert "first key alone" in host.run(rotate)
    third = both.partition(",")[0]
    host.environment["TILLGATE_SECRET_KEY"] = third
    assert signs(TILLGATE_SECRET_KEY=third)

    del host.environment["TILLGATE_SECRET_KEY"]  # and so it is lost: the file holds another one
    assert "replaced by random secrets" in host.run(lost)
    assert signs()


def test_the_guide_to_going_live_works_as_it_is_written(tmp_path: Path) -> None:
    """From the settings to a live key that opens nothing while nobody owns a wallet, and a live endpoint."""
    host = Host(tmp_path, {})
    try:
        settings, look = shell_blocks(GOING_LIVE, "The server")
        before, _, served = settings.rpartition("tillgate serve")
        assert served.strip() == ""
        told = host.remember(before, "TILLGATE_PUBLIC_URL", "TILLGATE_SECRET_KEY")
        assert "Everything is in order" in told and host.environment["TILLGATE_SECRET_KEY"] not in told.split("\n\n")[0]
        url, greeting, _ = host.serve("tillgate serve")
        assert "https://pay.example.com/dashboard/setup/" in greeting
        host.replaced |= {
            "http://127.0.0.1:8080": url,
            "https://pay.example.com/api": f"-H 'X-Forwarded-Proto: https' {url}/api",
        }
        assert host.run(look).startswith("ok")

        [owner] = shell_blocks(GOING_LIVE, "People")
        assert "The first project is prj_" in host.run(owner, OWNER_PASSWORD="correct horse battery")
        [keys] = shell_blocks(GOING_LIVE, "Keys")
        assert len(re.findall(r"ck_live_[0-9A-Za-z]{32}", host.run(keys))) == 2
        make = "tillgate keys create --name Ops --mode live --scope webhooks:write --scope sessions:write --json"
        key = re.findall(r'"key": "([^"]+)"', host.run(make))[0]

        [subscribe] = shell_blocks(GOING_LIVE, "Webhooks")
        host.run(subscribe, CHECKOUT_API_KEY=key)
        assert '"livemode":true' in (tmp_path / "live-endpoint.json").read_text()
        with client(url, key) as api:
            refused = api.post("/checkout_sessions", json=AMOUNT)
        assert refused.json()["error"]["code"] == "live_mode_not_configured"
        [watch] = shell_blocks(GOING_LIVE, "Watching")
        assert 'tillgate_api_responses_total{status="409"} 1.0' in host.run(watch)
        assert host.stop() == [0]
    finally:
        host.stop()
