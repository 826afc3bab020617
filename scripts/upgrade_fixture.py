#!/usr/bin/env python3
"""Write what a release leaves in its databases, for the test that later versions go on with it.

python scripts/upgrade_fixture.py 0.2.0                   of this tree, at a release
python scripts/upgrade_fixture.py 0.1.0 --source ../old   of another checkout of this repository

It starts the server on SQLite and on PostgreSQL, does over HTTP what a shop does, stops it with webhooks still to be
sent, and puts into tests/upgrades/fixtures/NAME what the databases hold, as SQL, and what the test has to know. The
keys in it are of these databases alone, and are written in two parts, so that nothing that looks like a key is kept.
"""

import argparse
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.postgres import PostgresServer, find_postgres, running_postgres  # noqa: E402
from tests.running import clean_environment, free_port  # noqa: E402

FIXTURES = ROOT / "tests" / "upgrades" / "fixtures"
# Those that there were from the beginning.
SCOPES = (
    "sessions:read",
    "sessions:write",
    "webhooks:read",
    "webhooks:write",
    "events:read",
    "links:read",
    "links:write",
)
# Nobody listens there; the test puts its receiver in its place.
RECEIVER = "http://127.0.0.1:9/upgraded"
AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
NAMED = {"Idempotency-Key": "from-before-the-upgrade"}
# What a dump says besides the database's content.
NOISE = re.compile(r"^(--.*|\\(un)?restrict .*|SET .*|)$")


class Release:
    """A server of a checkout on one database."""

    def __init__(self, source: Path, data: Path, database_url: str | None) -> None:
        self.data = data
        self.where = ["--data", str(data), *(["--database-url", database_url] if database_url else [])]
        self.environment = clean_environment() | {
            "PYTHONPATH": str(source / "src"), "TILLGATE_KEY_RATE_PER_SECOND": "0",
        }  # fmt: skip

    def cli(self, *arguments: str) -> Any:
        command = [sys.executable, "-m", "tillgate.cli", *arguments, *self.where]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True)
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    def fill(self) -> dict[str, Any]:
        """Do what a shop does; what of it the test has to know."""
        project = self.cli("projects", "create", "--name", "Upgraded shop", "--json")["id"]
        chosen = [part for scope in SCOPES for part in ("--scope", scope)]
        key, revoked = (
            self.cli("keys", "create", "--name", name, "--mode", "test", *chosen, "--json")
            for name in ("kept", "ended")
        )
        self.cli("keys", "revoke", "--yes", revoked["id"])
        port = free_port()
        command = [sys.executable, "-m", "tillgate.cli", "serve", *self.where, "--port", str(port), "--dev"]
        server = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            base = f"http://127.0.0.1:{port}"
            _wait_for(f"{base}/healthz")
            headers = {"Authorization": f"Bearer {key['key']}"}
            with httpx.Client(base_url=f"{base}/api/v1", headers=headers, timeout=20, trust_env=False) as api:

                def post(path: str, body: dict[str, Any], **headers: str) -> Any:
                    answer = api.post(path, json=body, headers=headers)
                    answer.raise_for_status()
                    return answer.json()

                endpoint = post("/webhook_endpoints", {"url": RECEIVER, "events": ["session.created", "session.paid"]})
                link = post("/payment_links", {"title": "Before the upgrade", "fiatAmount": "9.90"})
                waiting = post("/checkout_sessions", AMOUNT | {"metadata": {"order": "1"}}, **NAMED)
                paid = post("/checkout_sessions", AMOUNT)
                post(f"/checkout_sessions/{paid['id']}/simulate", {"outcome": "paid"})
                events = api.get("/events", params={"after": 0, "limit": 100}).json()["data"]
                made_at = time.time_ns() // 1_000_000
        finally:
            server.terminate()
            server.wait(20)
        return {
            "made_at": made_at,
            "project": project,
            "secret_key": (self.data / "secret.key").read_text().strip(),
            "key": _in_parts(key["key"]),
            "revoked_key": _in_parts(revoked["key"]),
            "webhook_secret": _in_parts(endpoint["secret"]),
            "receiver": RECEIVER,
            "endpoint": endpoint["id"],
            "link": link["id"],
            "waiting": waiting,
            "paid": paid["id"],
            "idempotent": {"headers": NAMED, "body": AMOUNT | {"metadata": {"order": "1"}}},
            "events": [{name: event[name] for name in ("id", "type", "sequence")} for event in events],
        }


def _in_parts(secret: str) -> list[str]:
    head, separator, rest = secret.rpartition("_")
    return [head + separator, rest]


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.get(url, timeout=1, trust_env=False).raise_for_status()
            return
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _of_sqlite(file: Path) -> str:
    connection = sqlite3.connect(file)
    try:
        return "".join(f"{line}\n" for line in connection.iterdump())
    finally:
        connection.close()


def _of_postgres(server: PostgresServer, url: str) -> str:
    command = [server.psql.with_name("pg_dump"), "--no-owner", "--no-privileges", "--no-comments", url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return "".join(f"{line}\n" for line in text.splitlines() if not NOISE.fullmatch(line))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="the release, or the day of the state")
    parser.add_argument("--source", type=Path, default=ROOT, help="a checkout of it [this one]")
    chosen = parser.parse_args()
    into = FIXTURES / chosen.name
    installation = find_postgres()
    if installation is None:
        sys.exit("PostgreSQL is needed: make test installs it")
    with tempfile.TemporaryDirectory() as folder, running_postgres(installation) as server:
        lite = Release(chosen.source.resolve(), Path(folder) / "sqlite", None)
        facts = {"sqlite": lite.fill()}
        into.mkdir(parents=True)
        (into / "sqlite.sql").write_text(_of_sqlite(lite.data / "tillgate.db"))
        with server.fresh_database() as url:
            facts["postgres"] = Release(chosen.source.resolve(), Path(folder) / "postgres", url).fill()
            (into / "postgres.sql").write_text(_of_postgres(server, url))
    (into / "facts.json").write_text(json.dumps(facts, indent=1) + os.linesep)
    print(f"Written to {into.relative_to(ROOT)}: commit it.")


if __name__ == "__main__":
    main()
