"""A database that hangs: whoever asks is told soon, and nothing of it is left when it goes on."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from keyturn.database import Database, StoreUnavailable, StoreWatch, Transaction, Trouble, open_database
from tests.makers import execute, one, rows
from tests.postgres import PostgresServer
from tests.shop import eventually

pytestmark = pytest.mark.anyio

# Only so that a test which hangs ends: what is asserted is that there is an answer.
GUARD_SECONDS = 30
# As good as at once, so that nobody waits for what is to be shown.
SHORT = 0.3


@pytest.fixture
async def hanging(postgres_database_url: str, anyio_backend: object) -> AsyncIterator[Database]:
    """A pool of four connections to PostgreSQL, with one small table."""
    opened = await open_database(postgres_database_url, connections_max=4)
    try:
        await execute(opened, "CREATE TABLE boxes (name TEXT PRIMARY KEY)")
        yield opened
    finally:
        await opened.close()


async def count(tx: Transaction) -> int:
    row = await tx.fetch_one("SELECT COUNT(*) FROM boxes")
    assert row is not None
    return int(row[0])


async def put(tx: Transaction, name: str) -> None:
    await tx.execute("INSERT INTO boxes VALUES ($1)", name)


async def test_a_hung_postgres_is_unavailable_soon_and_the_pool_is_whole_afterwards(
    hanging: Database, postgres_server: PostgresServer
) -> None:
    """Reads, writes and those for whom there is no connection left: each ends in its time, with every connection of
    the pool in use. When the server goes on, all connections are there again, and each operation was done once or
    not at all."""
    with postgres_server.stopped():
        async with asyncio.timeout(GUARD_SECONDS):
            answers = await asyncio.gather(
                *(hanging.read(count, within_seconds=SHORT) for _ in range(10)),
                *(hanging.write(lambda tx, n=n: put(tx, str(n)), within_seconds=SHORT) for n in range(10)),
                return_exceptions=True,
            )
        assert {type(answer) for answer in answers} == {StoreUnavailable}, answers
    async with asyncio.timeout(GUARD_SECONDS):
        together = asyncio.Barrier(4)

        async def all_at_once(tx: Transaction) -> None:
            await together.wait()
            await tx.execute("SELECT 1")

        await asyncio.gather(*(hanging.write(all_at_once) for _ in range(4)))
        assert await hanging.read(count) <= 10
        await hanging.write(lambda tx: put(tx, "after"))


async def test_a_statement_under_way_when_postgres_hangs_is_unavailable(
    hanging: Database, postgres_server: PostgresServer
) -> None:
    """Also in the middle of a transaction, and its COMMIT: no ROLLBACK is waited for on a connection that hangs."""
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def operation(tx: Transaction) -> None:
        await put(tx, "half")
        reached.set()
        await go_on.wait()
        await put(tx, "whole")

    writing = asyncio.ensure_future(hanging.write(operation, within_seconds=1.0))
    async with asyncio.timeout(GUARD_SECONDS):
        await reached.wait()
        with postgres_server.stopped():
            go_on.set()
            with pytest.raises(StoreUnavailable):
                await writing
        assert await hanging.read(count) == 0


async def test_who_is_cancelled_while_postgres_hangs_goes_at_once(
    hanging: Database, postgres_server: PostgresServer
) -> None:
    """A caller that goes away is not held by the server that it waited for."""
    with postgres_server.stopped():
        asking = [asyncio.ensure_future(hanging.read(count)) for _ in range(8)]
        await asyncio.wait(asking, timeout=0.1)
        for task in asking:
            task.cancel()
        async with asyncio.timeout(5):  # far less than a read may take
            done = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(one) for one in done} == {asyncio.CancelledError}
    async with asyncio.timeout(GUARD_SECONDS):
        assert await hanging.read(count) == 0


async def test_a_database_closes_although_postgres_hangs(
    postgres_database_url: str, postgres_server: PostgresServer
) -> None:
    """A server that is told to stop does so, also one that listens for notices."""
    database = await open_database(postgres_database_url, connections_max=4)
    told = asyncio.Event()
    database.listen("boxes", told.set)
    async with asyncio.timeout(GUARD_SECONDS):
        await told.wait()
        with postgres_server.stopped():
            await database.close()


async def test_a_watch_says_once_that_postgres_hangs_and_once_that_it_is_over(
    hanging: Database, postgres_server: PostgresServer
) -> None:
    """All who ask share one look; what is found is told at its beginning and at its end, and not in between."""
    told: list[Trouble | None] = []
    watch = StoreWatch(hanging, told.append)
    assert await watch.look() is None
    running = asyncio.create_task(watch.run())
    try:
        async with asyncio.timeout(GUARD_SECONDS):
            with postgres_server.stopped():
                found = await eventually(watch.look)  # what was found before holds for a second
                assert (found.check, len(told)) == ("answers", 1)
                looks = await asyncio.gather(*(watch.look() for _ in range(3)))
                assert [look and look.check for look in looks] == ["answers"] * 3

            async def is_over() -> bool:
                return await watch.look() is None

            await eventually(is_over)
        assert [trouble and trouble.check for trouble in told] == ["answers", None]
    finally:
        running.cancel()


async def test_an_unknown_error_of_the_driver_is_unavailable(
    hanging: Database, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a statement that is wrong is a defect. Whatever else the driver or the server raises is an outage."""
    for error in (
        asyncpg.InternalClientError("got result for unknown protocol state 3"),
        asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
        asyncpg.PostgresError("of a class that nobody knows"),
        asyncpg.exceptions.InternalServerError("unexpected chunk number"),
        asyncpg.exceptions.DataCorruptedError("invalid page in block 3"),
        asyncpg.exceptions.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
        asyncpg.exceptions.InsufficientPrivilegeError("permission denied for table boxes"),
        asyncpg.exceptions.InvalidPasswordError("password authentication failed"),
        EOFError("unexpected end of stream"),
        TimeoutError(),
        ConnectionResetError("reset by peer"),
    ):

        async def fails(tx: Transaction, error: Exception = error) -> None:
            raise error

        with pytest.raises(StoreUnavailable):
            await hanging.write(fails)
        with pytest.raises(StoreUnavailable):
            await hanging.read(fails)
    assert await hanging.read(count) == 0


async def test_a_postgres_that_only_reads_is_not_ready(hanging: Database, postgres_server: PostgresServer) -> None:
    """A provider makes a database read-only when its disk is full; reads go on, and readiness says what is wrong."""
    name = await one(hanging, "SELECT current_database()")
    postgres_server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    again = await open_database(postgres_server.url(name))
    try:
        trouble = await again.check()
        assert trouble is not None
        assert trouble.check == "writable"
    finally:
        await again.close()
    assert await hanging.check() is None


# SQLite, whose lock another process may hold.


async def test_a_write_waits_for_sqlites_lock_as_long_as_it_may_and_no_longer(tmp_path: Path) -> None:
    """Each of those that wait together has its own time: the hurried one is told, and the others get the lock."""
    database = await open_database(f"sqlite:///{tmp_path / 'a.db'}")
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None, check_same_thread=False)
    try:
        await execute(database, "CREATE TABLE boxes (name TEXT PRIMARY KEY)")
        other.execute("BEGIN IMMEDIATE")
        patient = asyncio.ensure_future(database.write(lambda tx: put(tx, "patient")))
        hurried = [
            asyncio.ensure_future(database.write(lambda tx: put(tx, "hurried"), within_seconds=SHORT)) for _ in range(3)
        ]
        async with asyncio.timeout(GUARD_SECONDS):
            answers = await asyncio.gather(*hurried, return_exceptions=True)
            assert {type(answer) for answer in answers} == {StoreUnavailable}
            assert not patient.done()
            other.execute("COMMIT")
            await patient
        # What was given up is not done later.
        assert [row["name"] for row in await rows(database, "SELECT name FROM boxes")] == ["patient"]
    finally:
        other.close()
        await database.close()


async def test_a_read_that_meets_a_lock_does_not_hold_the_loop(tmp_path: Path) -> None:
    """Where a process keeps the file to itself, a read is put off until it may, or fails in its time; meanwhile
    everything else goes on."""
    database = await open_database(f"sqlite:///{tmp_path / 'a.db'}")
    await execute(database, "CREATE TABLE boxes (name TEXT PRIMARY KEY)")
    turns = 0

    async def takes_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    locked = True

    async def meets_a_lock(tx: Transaction) -> int:
        if locked:
            raise _busy(tmp_path / "a.db")
        return await count(tx)

    turning = asyncio.create_task(takes_turns())
    try:
        with pytest.raises(StoreUnavailable):
            await database.read(meets_a_lock, within_seconds=SHORT)
        assert turns > 10
        reading = asyncio.ensure_future(database.read(meets_a_lock))
        await asyncio.wait([reading], timeout=0.05)
        locked = False
        async with asyncio.timeout(GUARD_SECONDS):
            assert await reading == 0
    finally:
        turning.cancel()
        await database.close()


def _busy(path: Path) -> StoreUnavailable:
    """What the database raises where SQLite says that it is locked."""
    from keyturn.database.sqlite import _raise

    with sqlite3.connect(path, isolation_level=None) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with sqlite3.connect(path, isolation_level=None, timeout=0) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                try:
                    _raise(error)
                except StoreUnavailable as raised:
                    return raised
            finally:
                holder.execute("ROLLBACK")
    raise AssertionError("it was not locked")
