"""How keys are used, as a running server counts it."""

import json
import sqlite3
from pathlib import Path

import pytest

from keyturn.database import open_database
from keyturn.insight.advice import usage_of_key
from keyturn.stores.usage import SqlUsage
from tests.guarantees.test_workers import until
from tests.running import RunningServer, run_cli
from tests.shop import open_shop
from tillgate.base.clock import SystemClock


@pytest.mark.anyio
async def test_a_server_counts_what_came_of_each_request_and_forgets_none_when_it_stops(
    tmp_path: Path, database_url: str, anyio_backend: object
) -> None:
    """By scope, refusal and pace; what was not yet written down when it is told to stop is written then."""
    async with open_shop(tmp_path, database_url) as shop:
        issued = await shop.issued(["customers:read"])
        client = await shop.caller(issued.secret.reveal())
        for _ in range(3):
            assert (await client.get("/customers")).status_code == 200
        assert (await client.get("/customers/cus_none")).status_code == 404
        assert (await client.post("/customers", json={})).status_code == 403
        assert (await client.get("/no_such_path")).status_code == 404
        project_id, key_id = shop.project_id, issued.key.id
        await shop.revoke(key_id)
        assert (await client.get("/customers")).status_code == 401
    database = await open_database(database_url)
    try:
        usage = SqlUsage(database)
        used = await usage_of_key(usage, SystemClock(), project_id=project_id, key_id=key_id)
        assert used.outcomes == {"allowed": 5, "scope_missing": 1, "revoked": 1}
        assert used.scopes == {"customers:read": 4}
    finally:
        await database.close()


@pytest.mark.slow
def test_a_kill_loses_what_was_not_yet_written_and_nothing_else(tmp_path: Path) -> None:
    """After ``kill -9`` the counts are those of the last few seconds before at the latest; the key is as it was, and
    counting goes on. ``tillgate keys usage`` shows it all."""
    server = RunningServer(tmp_path / "data").start()
    try:
        server.project()
        key = server.issued(["customers:read", "customers:write"])

        def counted() -> int:
            with sqlite3.connect(server.data / "tillgate.db") as connection:
                return connection.execute("SELECT COALESCE(SUM(requests), 0) FROM key_usage").fetchone()[0]

        def ask(times: int) -> None:
            with server.client(key["key"]) as client:
                for _ in range(times):
                    assert client.get("/customers").status_code == 200

        ask(5)
        until(lambda: counted() == 5)
        ask(3)
        server.kill()
        kept = counted()
        assert kept in range(5, 9)
        server.start()
        ask(2)
        assert server.stop() == 0
        assert counted() == kept + 2
        shown = json.loads(server.cli("keys", "usage", key["id"], "--json"))
        assert (shown["outcomes"], shown["scopes"]) == ({"allowed": kept + 2}, {"customers:read": kept + 2})
        assert (shown["unusedScopes"], shown["watchedForAllOfIt"]) == ([], False)  # advice waits for seven watched days
        assert shown["days"][-1]["allowed"] == kept + 2
        assert len(shown["days"]) == 30
        secret = shown["secrets"][0]
        assert (secret["lastUsedAddress"], secret["lastUsedPath"]) == ("127.0.0.0/24", "GET /customers")
        told = server.cli("keys", "usage", key["id"], "--days", "2")
        assert f"{kept + 2} requests in the last 2 days" in told
        assert "Unused in" not in told
        assert key["key"] not in told + json.dumps(shown)
        assert "there is no key" in run_cli("keys", "usage", "key_none", *server.database, status=1)
    finally:
        server.stop()
