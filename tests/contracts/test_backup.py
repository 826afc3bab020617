"""A backup holds every row of every table, and goes from either database into either."""

import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keyturn.database import BackupError, Database, Migration, StoreError, Transaction, migrate, open_database
from keyturn.database.backup import MANIFEST, back_up, read_manifest, restore, verify
from keyturn.database.shape import tables_of
from keyturn.database.transfer import open_source
from keyturn.stores.ports import Act
from keyturn.stores.restoring import after_restore, restrictions_in
from tests.makers import Counter, counter_over, execute, one, rows
from tests.postgres import PostgresServer
from tillgate.opening import all_migrations

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000_000


@pytest.fixture
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Another empty database, on what ``request.param`` says."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'other' / 'tillgate.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.fresh_database() as url:
            yield url


BOTH_WAYS = pytest.mark.parametrize("other_url", ["sqlite", "postgres"], indirect=True)


async def content(url: str) -> dict[str, list[Any]]:
    """All that is in a database, but for which steps made it."""
    async with open_source(url) as source:
        found = {}
        for table in tables_of(all_migrations()):
            lines = [row async for some in source.rows(table) for row in some]
            found[table.name] = sorted(lines, key=repr)
        return found


async def some_of_everything(database: Database) -> Counter:
    """A checkout with sessions, endpoints and events, and odd values where rows can hold them."""
    counter = await counter_over(database)
    for number in range(3):
        await counter.session(metadata={"odd": f"\u2028 'quoted' \\ {chr(0x1F600)} {number}", "large": 2**53 - 1})
    await execute(
        database,
        "INSERT INTO key_secrets (digest, digest_algorithm, key_id, number, prefix, last_four, created_at, active_at, "
        "overlap_ms) VALUES ($1, 'sha256', 'key_1', 1, 'ck_test_', '0000', 1, NULL, 0)",
        bytes(range(256)),
    )
    await execute(
        database,
        "INSERT INTO api_keys (id, project_id, mode, kind, name, format, scopes, status, created_at, created_by, "
        "imported, canary, networks, origins, apps, rate_per_second, rate_burst, report_only) VALUES "
        "('key_1', $1, 'test', 'secret', 'x', 'f', '', 'active', 1, 'operator:test', 0, 0, '', '', '', 0.1, 5, '')",
        counter.project_id,
    )
    return counter


def test_the_tables_are_all_that_the_schema_makes() -> None:
    """What the backup walks is read from the migrations: with another one, another table is in it."""
    known = all_migrations()
    names = {table.name for table in tables_of(known)}
    more = Migration("tillgate", 9_999, "more", "CREATE TABLE brand_new (id TEXT PRIMARY KEY, amount BIGINT);\n")
    assert {table.name for table in tables_of([*known, more])} - names == {"brand_new"}


async def test_no_table_and_no_column_of_the_database_is_left_out(database: Database, database_url: str) -> None:
    """What the migrations make in memory is what is in the real database, column by column."""
    async with open_source(database_url) as source:
        there = await source.table_names()
    expected = {table.name: {column.name for column in table.columns} for table in tables_of(all_migrations())}
    assert there - {"schema_migrations"} == set(expected)
    for name, columns in expected.items():
        if database.dialect == "sqlite":
            found = await rows(database, "SELECT name FROM pragma_table_info($1)", name)
        else:
            found = await rows(
                database, "SELECT column_name FROM information_schema.columns WHERE table_name = CAST($1 AS TEXT)", name
            )
        assert {row[0] for row in found} == columns


@BOTH_WAYS
async def test_every_row_comes_back(database: Database, database_url: str, other_url: str, tmp_path: Path) -> None:
    """From either database into either and back again: the same rows, value by value."""
    await some_of_everything(database)
    there, back = tmp_path / "there.zip", tmp_path / "back.zip"
    manifest = await back_up(database_url, there, all_migrations(), program="tillgate test", now=NOW)
    assert stat.S_IMODE(there.stat().st_mode) == 0o600
    assert verify(there) == read_manifest(there) == manifest
    assert (manifest.dialect, manifest.program, manifest.made_at) == (database.dialect, "tillgate test", NOW)
    await restore(other_url, there, all_migrations(), now=NOW)
    before = await content(database_url)
    assert sum(map(len, before.values())) == manifest.rows > 15
    assert await content(other_url) == before
    await back_up(other_url, back, all_migrations(), program="tillgate test", now=NOW)
    await restore(database_url, back, all_migrations(), now=NOW, replace=True)
    assert await content(database_url) == before
    other = await open_database(other_url)
    try:  # references are held to again
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            await execute(other, "INSERT INTO events VALUES ('evt_1','prj_none',FALSE,1,'x','y','{}',1,NULL)")
    finally:
        await other.close()


async def test_it_is_of_one_moment_and_delays_nobody(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is committed while it is written is not in it, in no table, and is committed at once."""
    counter = await some_of_everything(database)
    begun = await content(database_url)
    written = []

    async def facts(tx: Transaction) -> dict[str, str]:
        await counter.session()  # the snapshot is open, and the writer goes on
        written.append(await one(database, "SELECT COUNT(*) FROM checkout_sessions"))
        seen = await tx.fetch_one("SELECT COUNT(*) FROM checkout_sessions")
        assert seen is not None
        return {"seen": str(seen[0])}

    manifest = await back_up(database_url, tmp_path / "b.zip", all_migrations(), program="x", now=NOW, facts=facts)
    assert (written, manifest.facts) == ([4], {"seen": "3"})
    assert manifest.rows == sum(map(len, begun.values()))


async def test_only_an_empty_database_is_filled(database: Database, database_url: str, tmp_path: Path) -> None:
    """One with tables of ours is refused without --replace, and nothing of it is touched."""
    await some_of_everything(database)
    file = tmp_path / "b.zip"
    await back_up(database_url, file, all_migrations(), program="x", now=NOW)
    before = await content(database_url)
    with pytest.raises(BackupError, match="not empty"):
        await restore(database_url, file, all_migrations(), now=NOW)
    assert await content(database_url) == before


async def test_others_tables_stay(database_url: str, tmp_path: Path) -> None:
    """Where a database is shared, what belongs to others is neither written nor dropped."""
    database = await open_database(database_url)
    try:
        await migrate(database, all_migrations(), now=NOW)
        await execute(database, "CREATE TABLE theirs (name TEXT)")
        await execute(database, "INSERT INTO theirs (name) VALUES ('a')")
        file = tmp_path / "b.zip"
        manifest = await back_up(database_url, file, all_migrations(), program="x", now=NOW)
        assert "theirs" not in {table.name for table in manifest.tables}
        await restore(database_url, file, all_migrations(), now=NOW, replace=True)
        assert await one(database, "SELECT name FROM theirs") == "a"
    finally:
        await database.close()


async def test_a_failed_restore_changes_nothing(database: Database, database_url: str, tmp_path: Path) -> None:
    """Whatever goes wrong until the last step, what was there is there."""
    await some_of_everything(database)
    file = tmp_path / "b.zip"
    await back_up(database_url, file, all_migrations(), program="x", now=NOW)
    await execute(database, "UPDATE projects SET name = 'later'")
    before = await content(database_url)

    async def fails(tx: Transaction, manifest: Any, kept: Any) -> None:
        raise StoreError("the last step fails")

    with pytest.raises(StoreError, match="last step"):
        await restore(database_url, file, all_migrations(), now=NOW, replace=True, finish=fails)
    assert await content(database_url) == before


async def test_a_backup_from_before_an_upgrade_is_upgraded(database_url: str, tmp_path: Path) -> None:
    """It is put into the schema of then, and the steps that it lacks are applied to it."""
    known = all_migrations()
    old = [one for one in known if one.house != "tillgate" or one.number <= 10]
    database = await open_database(database_url)
    try:
        await migrate(database, old, now=NOW)
        await execute(database, "INSERT INTO projects (id, name, created_at) VALUES ('prj_1', 'Old', 1)")
    finally:
        await database.close()
    file = tmp_path / "b.zip"
    manifest = await back_up(database_url, file, known, program="x", now=NOW)
    assert len(manifest.migrations) == len(old)
    await restore(database_url, file, known, now=NOW, replace=True)
    assert [row[1] for row in (await content(database_url))["projects"]] == ["Old"]
    with pytest.raises(BackupError, match="does not know"):
        newer = tmp_path / "newer.zip"
        await back_up(database_url, newer, known, program="x", now=NOW)
        await restore(f"sqlite:///{tmp_path / 'older.db'}", newer, old, now=NOW)


async def test_no_database_is_made_to_be_read(tmp_path: Path) -> None:
    """A mistyped path is told, and neither a database nor a backup is there afterwards."""
    with pytest.raises(StoreError, match="no SQLite database"):
        await back_up(f"sqlite:///{tmp_path / 'typo.db'}", tmp_path / "b.zip", all_migrations(), program="x", now=NOW)
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240


def damaged(file: Path, into: Path, change: Any) -> Path:
    """The same archive, with its entries as ``change`` makes them."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(into, "w") as new:
        for name, text in change({one: old.read(one) for one in old.namelist()}).items():
            new.writestr(name, text)
    return into


async def test_what_was_changed_is_not_restored(database: Database, database_url: str, tmp_path: Path) -> None:
    """Cut off, a row changed, a row removed, a table left out, another program's: told before anything is done."""
    await some_of_everything(database)
    file = tmp_path / "b.zip"
    await back_up(database_url, file, all_migrations(), program="x", now=NOW)
    target = tmp_path / "new" / "t.db"

    def manifest(entries: dict[str, bytes], **changes: Any) -> dict[str, bytes]:
        return entries | {MANIFEST: json.dumps(json.loads(entries[MANIFEST]) | changes).encode()}

    sessions = "tables/checkout_sessions.jsonl"
    changes = {
        "changed": lambda all: all | {sessions: all[sessions].replace(b"5000", b"9000")},
        "fewer": lambda all: all | {sessions: b"".join(all[sessions].splitlines(keepends=True)[1:])},
        "no JSON": lambda all: all | {sessions: b"{" + all[sessions]},
        "other columns": lambda all: all | {sessions: b"[1]\n" + all[sessions]},
        "left out": lambda all: {name: text for name, text in all.items() if name != sessions},
        "no manifest": lambda all: {name: text for name, text in all.items() if name != MANIFEST},
        "one more": lambda all: all | {"tables/more.jsonl": b""},
        "tables gone": lambda all: manifest({MANIFEST: all[MANIFEST]}, tables=[]),
        "another format": lambda all: manifest(all, format="tar"),
        "newer format": lambda all: manifest(all, version=2),
        "unknown step": lambda all: manifest(
            all, migrations=[{"house": "tillgate", "number": 999, "name": "x", "checksum": ""}]
        ),
    }
    broken = [damaged(file, tmp_path / f"{name}.zip", change) for name, change in changes.items()]
    short = tmp_path / "short.zip"
    short.write_bytes(file.read_bytes()[:-100])
    flipped = tmp_path / "flipped.zip"
    whole = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as packed:
        largest = max(packed.infolist(), key=lambda one: one.compress_size)
    # In what is packed, not in a time of the ZIP's own that means nothing here.
    whole[largest.header_offset + 30 + len(largest.filename) + largest.compress_size // 2] ^= 1
    flipped.write_bytes(whole)
    for one_of_them in [*broken, short, flipped, tmp_path / "absent.zip"]:
        with pytest.raises(BackupError):
            await restore(f"sqlite:///{target}", one_of_them, all_migrations(), now=NOW)
        assert not target.exists(), one_of_them


async def test_a_backup_replaces_no_file(database: Database, database_url: str, tmp_path: Path) -> None:
    """An earlier backup is never lost to a later one, and nothing is left beside it."""
    file = tmp_path / "b.zip"
    file.write_text("earlier")
    with pytest.raises(BackupError, match="already there"):
        await back_up(database_url, file, all_migrations(), program="x", now=NOW)
    with pytest.raises(BackupError, match="cannot write"):
        await back_up(database_url, tmp_path / "no" / "b.zip", all_migrations(), program="x", now=NOW)
    assert file.read_text() == "earlier"
    assert [one.name for one in tmp_path.glob("*.zip*")] == ["b.zip"]  # noqa: ASYNC240


@pytest.mark.parametrize("replace", [True, False])
async def test_what_was_restricted_since_stays_so_where_that_is_known(
    database: Database, database_url: str, tmp_path: Path, replace: bool
) -> None:
    """Over the database that revoked it, a key stays revoked; into an empty one, it can be disabled with all others."""
    await some_of_everything(database)
    file = tmp_path / "b.zip"
    await back_up(database_url, file, all_migrations(), program="x", now=NOW)
    await execute(database, "UPDATE api_keys SET status = 'revoked', revoked_at = 5, revoked_by = 'user:a'")
    await execute(database, "UPDATE key_secrets SET ended = 1")
    await execute(database, "UPDATE key_head SET epoch = 77")
    await execute(database, "INSERT INTO key_gates (gate, epoch_seen, renewals) VALUES ('g', 1, 1)")
    found = []

    async def finish(tx: Transaction, manifest: Any, kept: Any) -> None:
        found.append(await after_restore(tx, Act(NOW, "operator:test", "why"), kept, disable=not replace))

    url = database_url if replace else f"sqlite:///{tmp_path / 'empty.db'}"
    await restore(url, file, all_migrations(), now=NOW, replace=replace, before=restrictions_in, finish=finish)
    restored = await open_database(url)
    try:
        [key] = await rows(restored, "SELECT status, revoked_by, disabled_by FROM api_keys")
        assert tuple(key) == (("revoked", "user:a", None) if replace else ("active", None, "operator:test"))
        assert await one(restored, "SELECT ended FROM key_secrets") == int(replace)
        assert tuple(found[0]) == ((0, 2, 0) if replace else (0, 0, 1))
        assert await one(restored, "SELECT epoch FROM key_head") == (78 if replace else 1)
        assert await one(restored, "SELECT COUNT(*) FROM key_gates") == 0
        assert await one(restored, "SELECT action FROM key_audit ORDER BY sequence DESC LIMIT 1") == "database.restored"
    finally:
        await restored.close()
