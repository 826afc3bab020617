"""Migrations: forward only, one at a time, each remembered by its checksum."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import keyturn.stores.sql
import tillgate.store
from keyturn.database import Database, Migration, MigrationError, migrate, migrations_of, open_database, pending
from keyturn.stores.sql import migrations as key_migrations
from tests.makers import execute, one, rows, settle
from tests.running import clean_environment
from tillgate.store import migrations as tillgate_migrations

pytestmark = pytest.mark.anyio

FIRST = Migration(
    "shop", 1, "boxes", "CREATE TABLE boxes (name TEXT);\n-- A word about it.\nINSERT INTO boxes VALUES ('a');"
)
SECOND = Migration("shop", 2, "more", "ALTER TABLE boxes ADD COLUMN count BIGINT;\n")
OTHER = Migration("house", 1, "doors", "CREATE TABLE doors (name TEXT);")


@pytest.fixture
async def empty(database_url: str, anyio_backend: object) -> AsyncIterator[Database]:
    """A database without any table."""
    opened = await open_database(database_url)
    try:
        yield opened
    finally:
        await opened.close()


async def tables(database: Database) -> set[str]:
    if database.dialect == "sqlite":
        found = await rows(database, "SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        found = await rows(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {row[0] for row in found}


async def test_what_is_missing_is_applied_in_order_and_once(empty: Database) -> None:
    """The answer names what was done; doing it again does nothing."""
    assert await migrate(empty, [FIRST], now=1) == [FIRST]
    assert await migrate(empty, [FIRST, SECOND, OTHER], now=2) == [SECOND, OTHER]
    assert await migrate(empty, [FIRST, SECOND, OTHER], now=3) == []
    found = await rows(
        empty, "SELECT house, number, name, applied_at FROM schema_migrations ORDER BY applied_at, house"
    )
    assert [tuple(row[i] for i in range(4)) for row in found] == [
        ("shop", 1, "boxes", 1),
        ("house", 1, "doors", 2),
        ("shop", 2, "more", 2),
    ]
    assert await one(empty, "SELECT COUNT(count) + COUNT(*) FROM boxes") == 1


async def test_pending_looks_without_touching(empty: Database) -> None:
    """It names what is missing, also in a database that has nothing yet, and changes nothing."""
    assert await pending(empty, [FIRST, SECOND]) == [FIRST, SECOND]
    assert await tables(empty) == set()
    await migrate(empty, [FIRST], now=1)
    assert await pending(empty, [FIRST, SECOND]) == [SECOND]
    assert await pending(empty, [FIRST]) == []


async def test_a_step_that_fails_is_not_half_applied(empty: Database) -> None:
    """A migration is one transaction: its tables and its row come together or not at all."""
    broken = Migration("shop", 2, "broken", "CREATE TABLE crates (name TEXT);\nINSERT INTO nowhere VALUES (1);")
    with pytest.raises(Exception, match="nowhere"):
        await migrate(empty, [FIRST, broken], now=1)
    assert await tables(empty) == {"boxes", "schema_migrations"}
    assert await pending(empty, [FIRST, broken]) == [broken]


async def test_a_step_that_was_changed_afterwards_is_refused(empty: Database) -> None:
    """The database remembers what was applied by its checksum; nothing is applied, and the message says what to do."""
    await migrate(empty, [FIRST], now=1)
    changed = FIRST._replace(script=FIRST.script + "\n")
    with pytest.raises(MigrationError, match=r"shop 0001_boxes was changed .* new migration"):
        await migrate(empty, [OTHER, changed, SECOND], now=2)
    with pytest.raises(MigrationError, match="was changed"):
        await pending(empty, [changed])
    assert await tables(empty) == {"boxes", "schema_migrations"}


async def test_a_newer_database_is_refused(empty: Database) -> None:
    """An old program does not touch a database of a newer one, not even the part that it knows."""
    await migrate(empty, [FIRST, SECOND], now=1)
    with pytest.raises(MigrationError, match=r"shop migration 0002, newer .* \(0001\)"):
        await migrate(empty, [OTHER, FIRST], now=2)
    with pytest.raises(MigrationError, match="newer"):
        await pending(empty, [FIRST])
    assert await tables(empty) == {"boxes", "schema_migrations"}


async def test_migrations_of_another_package_are_ignored(empty: Database) -> None:
    """Keyturn may share a database with a house it has never heard of."""
    await migrate(empty, [FIRST, SECOND], now=1)
    assert await migrate(empty, [OTHER], now=2) == [OTHER]


async def test_many_who_migrate_at_once_apply_each_step_once(empty: Database) -> None:
    """The lock lets one through at a time; the others find it done."""
    wanted = [FIRST, SECOND, OTHER]
    done = await settle(*(migrate(empty, wanted, now=1) for _ in range(8)))
    assert done.errors == []
    assert sorted(step.name for answer in done.answers for step in answer) == ["boxes", "doors", "more"]


def started(command: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())


async def test_processes_that_start_at_once_all_succeed(database_url: str, tmp_path: Path) -> None:
    """Four processes on one fresh database: each ends well, and each step is there once."""
    commands = [
        [sys.executable, "-m", "tillgate.cli", "migrate", "--data", str(tmp_path), "--database-url", database_url]
        for _ in range(4)
    ]
    processes = [started(command) for command in commands]
    said = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said
    expected = len(key_migrations()) + len(tillgate_migrations())
    assert sum(out.count("applied ") for out, _ in said) == expected
    opened = await open_database(database_url)
    try:
        assert await one(opened, "SELECT COUNT(*) FROM schema_migrations") == expected
    finally:
        await opened.close()


def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> str:
    """An importable package with these files in it."""
    name = f"steps_{tmp_path.name.replace('-', '_')}"
    folder = tmp_path / name / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / name / "__init__.py").touch()
    for file in names:
        (folder / file).write_text("SELECT 1;\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


async def test_migrations_are_read_in_the_order_of_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of other kinds are passed over."""
    where = package(tmp_path, monkeypatch, "0002_b.sql", "0001_a.sql", "README.md")
    assert [(step.number, step.name) for step in migrations_of("shop", where)] == [(1, "a"), (2, "b")]


@pytest.mark.parametrize(
    "names",
    [
        ("0001_a.sql", "0003_c.sql"),
        ("0002_b.sql",),
        ("0001_a.sql", "0001_b.sql"),
        ("0000_a.sql",),
        ("1_a.sql",),
        ("0001_A.sql",),
        ("0001-a.sql",),
    ],
)
async def test_a_gap_or_a_wrong_name_is_refused(
    names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing, doubled or misspelt number is found before any database is touched."""
    where = package(tmp_path, monkeypatch, *names)
    with pytest.raises(MigrationError):
        migrations_of("shop", where)


async def test_a_script_is_split_at_the_ends_of_its_statements() -> None:
    """Semicolons inside of strings and comments do not end a statement; a forgotten last one is told."""
    script = "INSERT INTO a VALUES ('x;y');\n-- one; two\nCREATE TABLE b (\n  c TEXT\n);\n-- the end\n"
    assert Migration("shop", 1, "a", script).statements == [
        "INSERT INTO a VALUES ('x;y');",
        "-- one; two\nCREATE TABLE b (\n  c TEXT\n);",
    ]
    with pytest.raises(MigrationError, match="no ';'"):
        _ = Migration("shop", 1, "a", "CREATE TABLE a (b TEXT)").statements


async def test_the_shipped_migrations_are_well_formed() -> None:
    """Both houses' steps can be read from the installed packages, again and again, and each has statements."""
    for _ in range(2):
        for step in [*keyturn.stores.sql.migrations(), *tillgate.store.migrations()]:
            assert step.statements, step.name


async def test_a_house_is_known_by_its_own_tables_only(database: Database) -> None:
    """The real schema is complete after one run: nothing is pending."""
    assert await pending(database, [*key_migrations(), *tillgate_migrations()]) == []
    assert await execute(database, "DELETE FROM api_keys") == 0
