"""Operations that wait together are committed together, and still are each other's strangers."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from keyturn.database import Database, Transaction, open_database
from keyturn.database.sqlite import GROUP_MAX, SqliteDatabase
from tests.makers import ON_SQLITE, execute, one, rows, settle
from tests.shop import eventually

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
    await put(tx, "rolled back")
    raise ValueError("after a change")


async def return_and_fail(tx: Transaction) -> str:
    await tx.fetch_one(f"{INSERT} RETURNING name", "rolled back too", 1)
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


async def test_a_batch_that_runs_again_forgets_its_first_run(boxes: Database) -> None:
    """An answer, an error or a callback of the run that was rolled back is nobody's."""
    rung: list[str] = []

    async def put_and_ring(tx: Transaction, name: str) -> int:
        tx.after_commit(lambda: rung.append(name))
        await put(tx, name)
        return len(await tx.fetch_all("SELECT name FROM boxes"))

    async def only_where_there_is_none(tx: Transaction) -> str:
        if await tx.fetch_one("SELECT name FROM boxes WHERE name = $1", "rolled back") is not None:
            raise LookupError("there is one")
        return "there is none"

    writes = [
        lambda tx: put_and_ring(tx, "a"),
        put_and_fail,
        only_where_there_is_none,
        lambda tx: put_and_ring(tx, "b"),
    ]
    done = await settle(*(boxes.write(write) for write in writes))
    if boxes.dialect == "sqlite":  # where what is asked for in one turn of the loop is one group
        assert done.answers == [1, "there is none", 2]
    else:
        assert "there is none" in done.answers
    assert [type(error) for error in done.errors] == [ValueError]
    assert sorted(rung) == ["a", "b"]
    assert sorted(row["name"] for row in await rows(boxes, "SELECT name FROM boxes")) == ["a", "b"]


@ON_SQLITE
async def test_more_than_one_group_of_writes_is_all_there(boxes: Database) -> None:
    """Whatever number waits at once, each is done once, and in the order in which they were asked for."""
    numbers = range(3 * GROUP_MAX + 7)
    order: list[int] = []

    async def numbered(tx: Transaction, number: int) -> None:
        order.append(number)
        await put(tx, str(number))

    await asyncio.gather(*(boxes.write(lambda tx, number=number: numbered(tx, number)) for number in numbers))  # type: ignore[misc]
    assert order == list(numbers)
    assert await one(boxes, "SELECT COUNT(*) FROM boxes") == len(numbers)


@ON_SQLITE
async def test_a_group_that_waits_for_another_process_holds_up_no_read(boxes: Database, database_url: str) -> None:
    """Behind another process's lock the whole group waits on the thread, also for what fails in it; meanwhile the loop
    answers reads."""
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    try:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.ensure_future(
            settle(
                boxes.write(lambda tx: put(tx, "a")), boxes.write(put_and_fail), boxes.write(lambda tx: put(tx, "b"))
            )
        )
        for _ in range(20):
            assert await one(boxes, "SELECT COUNT(*) FROM boxes") == 0
            await asyncio.sleep(0.005)
        assert not waiting.done()
        other.execute("COMMIT")
        done = await waiting
    finally:
        other.close()
    assert done.answers == ["a", "b"]
    assert [type(error) for error in done.errors] == [ValueError]
    assert sorted(row["name"] for row in await rows(boxes, "SELECT name FROM boxes")) == ["a", "b"]


@ON_SQLITE
async def test_several_event_loops_write_to_one_database(boxes: Database) -> None:
    """Each gets its own answers, on its own loop, and none is lost where they write at the same time."""

    async def writes(name: str) -> list[str]:
        return [await boxes.write(lambda tx, n=n: put(tx, f"{name} {n}")) for n in range(50)]  # type: ignore[misc]

    names = [f"loop {number}" for number in range(4)]
    answers = await asyncio.gather(*(asyncio.to_thread(asyncio.run, writes(name)) for name in names), writes("this"))
    assert answers == [[f"{name} {n}" for n in range(50)] for name in [*names, "this"]]
    assert await one(boxes, "SELECT COUNT(*) FROM boxes") == 250


@ON_SQLITE
async def test_a_loop_that_ends_before_its_writes_leaves_the_database_usable(boxes: Database) -> None:
    """Whether it ends before its group is run, or while that is committed: nobody else waits for ever."""

    async def walk_off(turns: int) -> None:
        for number in range(3):
            asyncio.ensure_future(boxes.write(lambda tx, n=number: put(tx, f"left {turns} {n}")))  # type: ignore[misc] # noqa: RUF006
        for _ in range(turns):
            await asyncio.sleep(0)

    def run(turns: int) -> None:
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda *_: None)  # to which it says that they never ended
        loop.run_until_complete(walk_off(turns))
        loop.close()  # without a word to what is still under way

    for turns in range(6):
        await asyncio.to_thread(run, turns)
        assert await boxes.write(lambda tx, turns=turns: put(tx, f"after {turns}")) == f"after {turns}"  # type: ignore[misc]
    there = {row["name"] for row in await rows(boxes, "SELECT name FROM boxes")}
    assert {f"after {turns}" for turns in range(6)} <= there


@ON_SQLITE
async def test_what_a_loop_asked_for_is_done_although_it_ended_meanwhile(
    boxes: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asked while another's group was being committed, and was gone when its turn came; nobody writes after it."""
    goes_on = threading.Event()
    commit = boxes._commit

    def held(group: Any) -> None:
        assert goes_on.wait(10)
        commit(group)

    async def ask() -> None:
        asyncio.ensure_future(boxes.write(lambda tx: put(tx, "left")))  # noqa: RUF006
        await asyncio.sleep(0)

    def ask_and_end() -> None:
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda *_: None)  # to which it says that the write never ended
        loop.run_until_complete(ask())
        loop.close()

    monkeypatch.setattr(boxes, "_commit", held)
    ours = asyncio.ensure_future(boxes.write(lambda tx: put(tx, "ours")))
    await asyncio.sleep(0)
    await asyncio.to_thread(ask_and_end)
    goes_on.set()
    assert await ours == "ours"

    async def both_there() -> bool:
        return await one(boxes, "SELECT COUNT(*) FROM boxes") == 2

    await eventually(both_there)
