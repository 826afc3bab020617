"""What earlier releases left in their databases goes on in this one: keys, sessions, webhooks under way, retries.

Each fixture is what a release wrote, as SQL; `scripts/upgrade_fixture.py` makes the next one.
"""

import contextlib
import json
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn.database import open_database, pending
from keyturn.database.backup import back_up, restore
from tests.makers import execute, rows
from tests.postgres import PostgresServer
from tests.receiver import Receiver
from tests.shop import MovableClock, eventually, lifespan, settings_for
from tillgate.access.accounts import Role
from tillgate.app import running
from tillgate.base.clock import MINUTE_MS, SystemClock
from tillgate.events.signing import SigningSecret
from tillgate.opening import all_migrations
from tillgate.settings import Settings

pytestmark = pytest.mark.anyio

FIXTURES = Path(__file__).parent / "fixtures"
# Later than the first retry, sooner than the end of a session or an idempotency key.
LATER_MS = 10 * MINUTE_MS


class Left:
    """What a release left: the facts of its fixture, and its database, loaded."""

    def __init__(self, facts: dict[str, Any], settings: Settings) -> None:
        self.facts = facts
        self.settings = settings
        self.clock = MovableClock()
        self.clock.ahead_ms = facts["made_at"] + LATER_MS - SystemClock().now()

    @property
    def url(self) -> str:
        return self.settings.database_url

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client of this version, on that database, at that time, with its key."""
        async with running(self.settings, self.clock) as app, lifespan(app):
            transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
            headers = {"Authorization": f"Bearer {''.join(self.facts['key'])}"}
            async with httpx.AsyncClient(
                transport=transport, base_url="https://shop.example/api/v1", headers=headers
            ) as client:
                yield client


@pytest.fixture(params=sorted(one.name for one in FIXTURES.iterdir()))
def left(request: pytest.FixtureRequest, tmp_path: Path, database_url: str, receiver: Receiver) -> Left:
    """Each fixture on each database, its receiver of webhooks being the test's."""
    dialect = "sqlite" if database_url.startswith("sqlite") else "postgres"
    facts = json.loads((FIXTURES / request.param / "facts.json").read_text())[dialect]
    script = (FIXTURES / request.param / f"{dialect}.sql").read_text().replace(facts["receiver"], f"{receiver.url}/in")
    if dialect == "sqlite":
        with contextlib.closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(script)
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        command = [server.psql, "-Xq", "-v", "ON_ERROR_STOP=1", "-d", database_url]
        done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
    return Left(facts, settings_for(tmp_path, database_url, secret_key=facts["secret_key"]))


async def test_it_goes_on_where_it_was(left: Left, receiver: Receiver) -> None:
    """Keys are known and the revoked one refused, a retry gets its first answer, webhooks arrive, sessions are paid."""
    facts = left.facts
    async with left.opened() as client:
        revoked = {"Authorization": f"Bearer {''.join(facts['revoked_key'])}"}
        refused = await client.get("/events", headers=revoked)
        assert (refused.status_code, refused.json()["error"]["reason"]) == (401, "revoked")
        session = facts["waiting"]
        sent = facts["idempotent"]
        again = await client.post("/checkout_sessions", json=sent["body"], headers=sent["headers"])
        assert (again.status_code, again.json()) == (201, session)
        assert (await client.get(f"/checkout_sessions/{facts['paid']}")).json()["status"] == "paid"
        assert (await client.get(f"/payment_links/{facts['link']}")).json()["title"] == "Before the upgrade"
        log = (await client.get("/events", params={"after": 0, "limit": 100})).json()["data"]
        assert [{name: one[name] for name in ("id", "type", "sequence")} for one in log] == facts["events"]

        wanted = {one["id"] for one in facts["events"] if one["type"] in ("session.created", "session.paid")}
        assert len(wanted) == 3
        await eventually(lambda: {one.json["id"] for one in receiver.received} >= wanted)
        secret = SigningSecret("".join(facts["webhook_secret"]))
        for one in receiver.received:
            at = int(one.headers["webhook-timestamp"])
            expected = httpx.Headers(secret.headers(event_id=one.json["id"], body=one.body, timestamp=at))
            assert one.headers["webhook-signature"] == expected["webhook-signature"]

        paid = await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
        assert (paid.status_code, paid.json()["status"]) == (200, "paid")
        new = await client.post("/checkout_sessions", json={"amount": {"value": "1.00", "currency": "USD"}})
        assert new.status_code == 201
        newest = facts["events"][-1]["sequence"]
        later = (await client.get("/events", params={"after": newest, "limit": 100})).json()["data"]
        assert [one["sequence"] for one in later] == [newest + 1 + place for place in range(len(later))]
        assert {"session.paid", "session.created"} <= {one["type"] for one in later}
    database = await open_database(left.url)
    try:
        assert await pending(database, all_migrations()) == []
    finally:
        await database.close()


async def test_a_backup_of_it_is_restored(left: Left, tmp_path: Path) -> None:
    """Backed up as it is, before any upgrade, and restored into this version: the keys and the log are there."""
    file, known = tmp_path / "before.zip", all_migrations()
    await back_up(left.url, file, known, program="tillgate before", now=left.clock.now())
    await restore(left.url, file, known, now=left.clock.now(), replace=True)
    async with left.opened() as client:
        log = (await client.get("/events", params={"after": 0, "limit": 100})).json()["data"]
        assert [one["id"] for one in log] == [one["id"] for one in left.facts["events"]]


def test_no_release_is_forgotten() -> None:
    """There is a fixture of the state that this began on, and of two earlier ones."""
    assert {one.name for one in FIXTURES.iterdir()} >= {"2026-11-22", "2026-11-27", "2026-11-29"}


async def test_text_of_before_is_found(left: Left) -> None:
    """A customer's address as an earlier version kept it, with what nobody can see, is brought into the form in
    which it is looked for, soon after the upgrade."""
    database = await open_database(left.url)
    try:
        await execute(
            database,
            "INSERT INTO customers (id, project_id, livemode, email, created_at, updated_at) "
            "SELECT 'cus_00000000000000000000000000', id, $1, $2, 1, 1 FROM projects ORDER BY id LIMIT 1",
            False,
            "ada\u200b@shop.example",
        )
    finally:
        await database.close()
    async with left.opened():
        database = await open_database(left.url)
        try:
            assert await eventually(
                lambda: rows(database, "SELECT id FROM customers WHERE email = $1", "ada@shop.example")
            )
        finally:
            await database.close()


async def test_people_keep_what_they_were(left: Left) -> None:
    """Whoever was an owner owns the installation; everybody else has their role in each project that there is."""
    database = await open_database(left.url)
    new = "INSERT INTO users (id, email, password_hash, role, created_at) VALUES ($1, $2, 'x', $3, 1)"
    try:
        for role in ("owner", "viewer"):
            await execute(database, new, f"usr_{role}", f"{role}@example.com", role)
    finally:
        await database.close()
    async with running(left.settings, left.clock) as app:
        projects = await app.accounts.list_projects()
        found = [
            (membership.user.email, membership.role, membership.project)
            for membership in await app.accounts.memberships()
        ]
    assert found == [
        ("owner@example.com", Role.OWNER, None),
        *(("viewer@example.com", Role.VIEWER, project) for project in projects),
    ]
