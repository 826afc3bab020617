"""What may be kept of a read, and for how long: until the next commit, by whatever process."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keyturn import KeyDigest, Status
from keyturn.database import Database, StoreUnavailable, migrate, open_database
from keyturn.stores.sql import SqlKeyStore, migrations
from keyturn.testing.contract import act, digest, key, known, put
from tests.makers import execute

pytestmark = pytest.mark.anyio


@pytest.fixture
async def two(database_url: str, anyio_backend: object) -> AsyncIterator[tuple[Database, Database]]:
    """One database with the key tables, opened twice, as by two processes."""
    here, there = await open_database(database_url), await open_database(database_url)
    try:
        await migrate(here, migrations(), now=0)
        yield here, there
    finally:
        await here.close()
        await there.close()


async def test_the_version_differs_after_every_commit(two: tuple[Database, Database]) -> None:
    """It stands still while nobody commits, and never comes back to an earlier number; or there is none."""
    here, there = two
    seen = [here.version()]
    for number in range(20):
        assert here.version() == seen[-1]
        await execute(
            (here, there)[number % 2],
            "INSERT INTO schema_migrations (house, number, name, checksum, applied_at) VALUES ('a', $1, '', '', 0)",
            number,
        )
        seen.append(here.version())
    assert len(set(seen)) == len(seen) or set(seen) == {None}


async def test_another_process_that_commits_changes_the_version(tmp_path: Path) -> None:
    """Not only connections of this process are counted."""
    path = tmp_path / "keys.db"
    database = await open_database(f"sqlite:///{path}")
    try:
        await execute(database, "CREATE TABLE boxes (name TEXT)")
        before = database.version()
        write = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('INSERT INTO boxes VALUES (1)'); "
        await asyncio.to_thread(subprocess.run, [sys.executable, "-c", f"{write}c.commit()", path], check=True)
        assert database.version() != before
    finally:
        await database.close()
    with pytest.raises(StoreUnavailable):
        database.version()


async def test_a_revocation_elsewhere_is_seen_by_the_next_question(two: tuple[Database, Database]) -> None:
    """However often a key was found before: once another process has revoked it, it is found revoked."""
    here, there = SqlKeyStore(two[0]), SqlKeyStore(two[1])
    for number in range(30):
        name = f"k{number}"
        await put(there, key(name))
        for _ in range(3):
            found = await here.by_digest(digest(name))
            assert found is not None and found.status is Status.ACTIVE
        assert await there.revoke("prj_a", [f"key_{name}"], act(2_000))
        found = await here.by_digest(digest(name))
        assert found is not None and found.status is Status.REVOKED


async def test_a_reader_that_never_pauses_sees_a_revocation_at_once(two: tuple[Database, Database]) -> None:
    """Questions that run while a key is revoked find it active or revoked; those after it, only revoked."""
    here, there = SqlKeyStore(two[0]), SqlKeyStore(two[1])
    for number in range(10):
        name = f"k{number}"
        await put(here, key(name))
        revoking = asyncio.create_task(there.revoke("prj_a", [f"key_{name}"], act(2_000)))
        found = []
        while not revoking.done():
            found.append(await here.by_digest(digest(name)))
            await asyncio.sleep(0)
        after = await here.by_digest(digest(name))
        assert after is not None and after.status is Status.REVOKED
        statuses = [one.status for one in found if one is not None]
        assert statuses == sorted(statuses)  # active … active, revoked … revoked: it moves one way


async def test_a_key_that_was_not_there_is_found_as_soon_as_it_is(two: tuple[Database, Database]) -> None:
    """What is not found is not remembered."""
    here, there = SqlKeyStore(two[0]), SqlKeyStore(two[1])
    assert await here.by_digest(digest("a")) is None
    await put(there, key("a"))
    assert await here.by_digest(digest("a")) == known(key("a"))
    assert await here.by_digest(KeyDigest("blake2", digest("a").value)) is None
