"""A moment of a database that is held: what is committed later is not seen, and it ends."""

import asyncio

import pytest

from keyturn.database import Database, StoreUnavailable, Transaction

pytestmark = pytest.mark.anyio

ALL = "SELECT name, number FROM things ORDER BY name"


async def put(database: Database, name: str, number: int) -> None:
    async def operation(tx: Transaction) -> None:
        await tx.execute("DELETE FROM things WHERE name = $1", name)
        await tx.execute("INSERT INTO things (name, number) VALUES ($1, $2)", name, number)

    await database.write(operation)


@pytest.fixture
async def things(database: Database) -> Database:
    await database.write(
        lambda tx: tx.execute("CREATE TABLE things (name TEXT PRIMARY KEY, number BIGINT NOT NULL)"),
    )
    await put(database, "a", 1)
    return database


async def test_what_is_committed_later_is_not_seen(things: Database) -> None:
    """However many steps the read takes; writers do not wait for it, and the next read sees all."""
    async with things.snapshot(within_seconds=20) as tx:
        assert [tuple(row) for row in await tx.fetch_all(ALL)] == [("a", 1)]
        await put(things, "a", 2)
        await put(things, "b", 3)
        assert [tuple(row) for row in await tx.fetch_all(ALL)] == [("a", 1)]
    assert [tuple(row) for row in await things.read(lambda tx: tx.fetch_all(ALL))] == [("a", 2), ("b", 3)]


async def test_nothing_is_written_in_it(things: Database) -> None:
    """A read that writes is a defect, and is told as one."""
    with pytest.raises(Exception, match=r"read.?only"):
        async with things.snapshot(within_seconds=20) as tx:
            await tx.execute("DELETE FROM things")
    assert await things.read(lambda tx: tx.fetch_all(ALL))


async def test_it_ends_however_long_somebody_waits(things: Database) -> None:
    """Whoever holds it for too long is cut off with a reason, and the database goes on."""
    with pytest.raises(StoreUnavailable, match="was held for"):
        async with things.snapshot(within_seconds=0.2) as tx:
            await tx.fetch_all(ALL)
            await asyncio.Event().wait()
    async with things.snapshot(within_seconds=20) as tx:
        assert await tx.fetch_all(ALL)


async def test_most_connections_are_left_to_others(things: Database) -> None:
    """More moments than may be held at once wait for one another, and nobody else waits for them."""
    held, let_go = 0, asyncio.Event()

    async def hold() -> None:
        nonlocal held
        async with things.snapshot(within_seconds=60) as tx:
            await tx.fetch_all(ALL)
            held += 1
            await let_go.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(30):
            group.create_task(hold())
        await put(things, "c", 4)
        assert await things.read(lambda tx: tx.fetch_all(ALL))
        let_go.set()
    assert held == 30
