"""Operations that wait together are committed together, and still are each other's strangers."""

import threading
from collections.abc import AsyncIterator

import pytest

from tests.makers import execute, one, rows, settle
from unitofwork import Database, Transaction, open_database

pytestmark = pytest.mark.anyio

INSERT = "INSERT INTO boxes (name, count) VALUES ($1, $2)"


@pytest.fixture
async def boxes(database_url: str, anyio_backend: object) -> AsyncIterator[Database]:
    """A database with one small table."""
    opened = await open_database(database_url)
    try:
        await execute(opened, "CREATE TABLE boxes (name TEXT PRIMARY KEY, count BIGINT NOT NULL)")
        yield opened
    finally:
        await opened.close()


async def put(tx: Transaction, name: str) -> str:
    await tx.execute(INSERT, name, 1)
    return name


async def refuse(_: Transaction) -> str:
    raise LookupError("before any change")


async def put_and_fail(tx: Transaction) -> str:
    await put(tx, "taken back")
    raise ValueError("after a change")


async def return_and_fail(tx: Transaction) -> str:
    await tx.fetch_one(f"{INSERT} RETURNING name", "taken back too", 1)
    raise ValueError("after a change by RETURNING")


async def define_and_fail(tx: Transaction) -> str:
    await tx.execute("CREATE TABLE taken_back (name TEXT)")
    raise ValueError("after a change of the schema")


@pytest.mark.parametrize("failing", [refuse, put_and_fail, return_and_fail, define_and_fail])
async def test_what_fails_in_a_batch_is_gone_and_all_else_is_there_once(boxes: Database, failing: object) -> None:
    """Wherever it stands among the others, and whether or not it had changed something."""
    for place in range(3):
        names = [f"{place}-{number}" for number in range(4)]
        writes = [lambda tx, name=name: put(tx, name) for name in names]
        writes.insert((0, 2, 4)[place], failing)  # type: ignore[arg-type]
        done = await settle(*(boxes.write(write) for write in writes))
        assert done.answers == names
        assert [type(error) for error in done.errors] == [LookupError if failing is refuse else ValueError]
    assert await one(boxes, "SELECT COUNT(*) FROM boxes") == 12
    assert await one(boxes, "SELECT SUM(count) FROM boxes") == 12
    await execute(boxes, "CREATE TABLE taken_back (name TEXT)")  # which is not there, by whatever way it failed


async def test_a_batch_that_runs_anew_forgets_its_first_run(boxes: Database) -> None:
    """An answer, an error or a callback of the run that was taken back is nobody's."""
    rung: list[str] = []
    first = threading.Event()

    async def hold(tx: Transaction) -> None:
        first.wait(10)

    async def put_and_ring(tx: Transaction, name: str) -> int:
        tx.after_commit(lambda: rung.append(name))
        await put(tx, name)
        return len(await tx.fetch_all("SELECT name FROM boxes"))

    async def only_where_there_is_none(tx: Transaction) -> str:
        if await tx.fetch_one("SELECT name FROM boxes WHERE name = $1", "taken back") is not None:
            raise LookupError("there is one")
        return "there is none"

    writes = [
        lambda tx: put_and_ring(tx, "a"),
        put_and_fail,
        only_where_there_is_none,
        lambda tx: put_and_ring(tx, "b"),
    ]
    if boxes.dialect == "sqlite":  # so that the others wait together
        first.clear()
        threading.Timer(0.1, first.set).start()
        done = await settle(boxes.write(hold), *(boxes.write(write) for write in writes))
        assert done.answers == [None, 1, "there is none", 2]
    else:
        done = await settle(*(boxes.write(write) for write in writes))
        assert "there is none" in done.answers
    assert [type(error) for error in done.errors] == [ValueError]
    assert sorted(rung) == ["a", "b"]
    assert sorted(row["name"] for row in await rows(boxes, "SELECT name FROM boxes")) == ["a", "b"]
