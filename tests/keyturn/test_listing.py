"""Keys of a large project: found in pages, and revoked in batches."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn.admission.layer import KeyLayer
from keyturn.database import Both, Database, Transaction, migrate, open_database
from keyturn.http.server import KeyturnServer
from keyturn.keys.listing import ALL_KEYS, SCANNED_MAX, KeyFilter, every_key
from keyturn.keys.model import Kind, Mode, Status
from keyturn.keys.revoking import REVOKED_TOGETHER_MAX
from keyturn.settings import load
from keyturn.stores import sql
from keyturn.stores.sql import SqlKeyStore
from keyturn.testing.contract import act, digest, key

pytestmark = pytest.mark.anyio

ROOT = "root-credential-of-the-tests-0123456789"
ALL = "/v1/keys?projectId=prj_a"


class House:
    def __init__(self, store: SqlKeyStore, http: httpx.AsyncClient) -> None:
        self.store = store
        self.http = http

    async def keys(self, count: int, **more: Any) -> None:
        """As an import makes them."""
        name = more.get("name", "key")
        made = [key(f"{name}{n:05}", created_at=1_000 + n, **{"name": name} | more) for n in range(count)]
        await self.store.import_keys([(one, digest(one.id)) for one in made], [], act(1_000))

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def revoke(self, status: int = 200, **body: Any) -> Any:
        answer = await self.http.post("/v1/keys/revoke", json={"projectId": "prj_a", **body})
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    settings = load({"KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": "links:read"})
    store = SqlKeyStore(database)
    layer = KeyLayer(store, scopes=settings.scopes)
    transport = httpx.ASGITransport(KeyturnServer(layer, settings), client=("127.0.0.1", 50_000))
    headers = {"Authorization": f"Bearer {ROOT}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://keyturn.test", headers=headers) as http:
        yield House(store, http)


async def test_a_rare_key_is_found_over_pages_that_may_be_empty(house: House) -> None:
    """One page looks at a bounded number of keys, and says where to go on."""
    await house.keys(1, name="rare")
    await house.keys(SCANNED_MAX + 10)
    page = await house.get(f"{ALL}&name=RARE")
    assert (page["data"], page["hasMore"]) == ([], True)
    page = await house.get(f"{ALL}&name=RARE&startingAfter={page['nextCursor']}")
    assert ([one["name"] for one in page["data"]], page["hasMore"]) == (["rare"], False)
    assert len(await every_key(house.store, "prj_a", KeyFilter(name="rare"))) == 1


async def test_many_keys_are_revoked_in_batches_each_with_its_receipt(house: House) -> None:
    """Those that match and no others; a second time there is nothing left to do."""
    count = REVOKED_TOGETHER_MAX + 5
    await house.keys(count, name="old")
    await house.keys(2, name="young")
    done = await house.revoke(matching={"name": "old"}, reason="spring cleaning")
    assert (len(done["revoked"]), len(done["receipts"]), done["hasMore"]) == (count, 2, False)
    assert {one.name for one in await every_key(house.store, "prj_a", KeyFilter(status=Status.REVOKED))} == {"old"}
    assert len(await every_key(house.store, "prj_a", KeyFilter(status=Status.ACTIVE))) == 2
    assert (await house.revoke(matching={"name": "old"}))["revoked"] == []
    [left, _] = await every_key(house.store, "prj_a", KeyFilter(status=Status.ACTIVE))
    assert (await house.revoke(keyIds=[left.id, "key_nobody"]))["revoked"] == [left.id]


async def test_all_keys_are_never_revoked_by_leaving_something_out(house: House) -> None:
    """Nor is it guessed which of two selections was meant."""
    await house.keys(1)
    for body in ({}, {"matching": {}}, {"keyIds": ["key_a"], "matching": {"name": "key"}}, {"keyIds": []}):
        assert (await house.revoke(400, **body))["code"] == "invalid_body"
    assert len(await every_key(house.store, "prj_a", KeyFilter(status=Status.ACTIVE))) == 1


FILTERS = [
    (ALL_KEYS, "api_keys_newest"),
    (KeyFilter(mode=Mode.LIVE), "api_keys_by_mode"),
    (KeyFilter(kind=Kind.PUBLISHABLE), "api_keys_by_kind"),
    (KeyFilter(status=Status.DISABLED), "api_keys_by_status"),
    (KeyFilter(status=Status.REVOKED, mode=Mode.LIVE, name="x", unused_since=5), "api_keys_by_status"),
    (KeyFilter(name="x"), "api_keys_newest"),
]


@pytest.mark.parametrize(("wanted", "index"), FILTERS, ids=[index + str(n) for n, (_, index) in enumerate(FILTERS)])
async def test_each_page_is_found_in_an_index(
    house: House, database: Database, wanted: KeyFilter, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the list's order: no table is read from end to end, and nothing but the page itself is sorted."""
    await house.keys(50)
    asked: list[tuple[str, tuple[Any, ...]]] = []

    async def explained(tx: Transaction) -> list[str]:
        lines = []
        if tx.dialect == "postgres":
            await tx.execute("SET LOCAL enable_seqscan = off")
            await tx.execute("SET LOCAL enable_bitmapscan = off")
        for statement, params in asked:
            rows = await tx.fetch_all(
                f"{'EXPLAIN' if tx.dialect == 'postgres' else 'EXPLAIN QUERY PLAN'} {statement}", *params
            )
            lines += [row[0] if tx.dialect == "postgres" else row[3] for row in rows]
        return lines

    class Noting:
        def __init__(self, tx: Transaction) -> None:
            self._tx = tx
            self.dialect = tx.dialect

        async def fetch_all(self, sql: Any, *params: Any) -> Any:
            asked.append((sql, params))
            return await self._tx.fetch_all(sql, *params)

        async def fetch_one(self, sql: Any, *params: Any) -> Any:
            return await self._tx.fetch_one(sql, *params)

    read = database.read

    async def noting(operation: Any, **more: Any) -> Any:
        return await read(lambda tx: operation(Noting(tx)), **more)

    monkeypatch.setattr(house.store, "_database", type("Noted", (), {"read": staticmethod(noting)})())
    await house.store.page("prj_a", wanted, None, 20)
    plan = "\n".join(await read(explained))
    assert index in plan
    assert "SCAN k" not in plan and "SCAN a" not in plan and "Seq Scan on api_keys" not in plan, plan


# What is read of few rows, or beside no server.
WHOLE = re.compile(r"api_keys_\w+ \(project_id=\?\)|^SCAN ([kausd]|api_keys|key_secrets|key_origins)\b")
SMALL = {"_QUARANTINED", "_FORGET_QUARANTINES", "_FORMS"}
# What statements begin with.
FRAGMENTS = {"_KEYS", "_LINES"}


async def test_no_statement_about_keys_looks_at_all_of_a_project(tmp_path: Path, anyio_backend: object) -> None:
    """By SQLite's own word: each goes by an id, a digest, a parent or a place in a list, never by the project alone."""
    path = tmp_path / "keys.db"
    database = await open_database(f"sqlite:///{path}")
    await migrate(database, sql.migrations(), now=0)
    await database.close()
    statements = {
        name: one.sqlite if isinstance(one, Both) else one
        for name, one in vars(sql).items()
        if isinstance(one, str | Both) and name not in SMALL
    }
    wrong = []
    looked_at = 0
    with closing(sqlite3.connect(path)) as connection:
        for name, text in statements.items():
            if not re.match("(WITH|SELECT|UPDATE|DELETE) ", text) or name in FRAGMENTS:
                continue
            looked_at += 1
            bound = re.sub(r"\$(\d+)", r"?\1", text)
            params = ["x"] * max(map(int, re.findall(r"\?(\d+)", bound)))
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {bound}", params)]
            wrong += [
                (name, line) for line in plan if re.search(r"api_keys_\w+ \(project_id=\?\)|^SCAN [kausd]\b", line)
            ]
            wrong += [(name, line) for line in plan if WHOLE.search(line)]
    assert not wrong
    assert looked_at > 20
