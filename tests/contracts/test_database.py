"""What SQLite and PostgreSQL promise alike behind the unit of work."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from keyturn.database import (
    Both,
    Database,
    StoreUnavailable,
    StrayAwait,
    Transaction,
    UniqueViolation,
    open_database,
)
from tests.makers import ON_POSTGRES, ON_SQLITE, execute, one, rows, settle

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


async def names(database: Database) -> list[str]:
    return [row["name"] for row in await rows(database, "SELECT name FROM boxes ORDER BY name")]


async def test_what_was_written_is_read_by_the_next_question(boxes: Database) -> None:
    """A read sees all that was committed before it was asked."""
    for number in range(20):
        await execute(boxes, INSERT, f"box {number}", number)
        assert await one(boxes, "SELECT count FROM boxes WHERE name = $1", f"box {number}") == number
    assert await one(boxes, "SELECT COUNT(*) FROM boxes") == 20


async def test_columns_are_read_by_name_and_by_position(boxes: Database) -> None:
    """A row answers to both, on either database."""
    await execute(boxes, INSERT, "a", 7)
    [row] = await rows(boxes, "SELECT name, count AS how_many FROM boxes")
    assert (row[0], row[1], row["name"], row["how_many"]) == ("a", 7, "a", 7)


async def test_parameters_go_by_their_number_not_by_their_place(boxes: Database) -> None:
    """``$2`` before ``$1``, and one of them twice, mean what they say."""
    await execute(boxes, "INSERT INTO boxes (count, name) VALUES ($2, $1)", "a", 7)
    found = await rows(
        boxes, "SELECT name FROM boxes WHERE count > $2 AND name = $1 AND name <> $3 AND $1 = name", "a", 6, "b"
    )
    assert [row["name"] for row in found] == ["a"]


async def test_execute_returns_how_many_rows_it_changed(boxes: Database) -> None:
    """Conditional updates are checked by that number; a statement that changes no rows answers 0."""
    for name in "abc":
        assert await execute(boxes, INSERT, name, 1) == 1
    assert await execute(boxes, "UPDATE boxes SET count = 2 WHERE name <> $1", "a") == 2
    assert await execute(boxes, "UPDATE boxes SET count = 2 WHERE name = $1", "z") == 0
    assert await execute(boxes, "INSERT INTO boxes (name, count) VALUES ('a', 9) ON CONFLICT DO NOTHING") == 0
    assert await execute(boxes, "DELETE FROM boxes") == 3
    assert await execute(boxes, "CREATE TABLE others (name TEXT)") == 0


async def test_fetch_one_is_none_where_there_is_no_row(boxes: Database) -> None:
    """Absent is None, not an error; and of several rows it is the first."""

    async def operation(tx: Transaction) -> list[Any]:
        nothing = await tx.fetch_one("SELECT name FROM boxes")
        first = await tx.fetch_one("INSERT INTO boxes (name, count) VALUES ('a', 1), ('b', 2) RETURNING name")
        both = await tx.fetch_all("SELECT name FROM boxes")
        return [nothing, first["name"] if first is not None else None, len(both)]

    assert await boxes.write(operation) == [None, "a", 2]


async def test_a_statement_that_must_differ_says_both(boxes: Database) -> None:
    """Of a ``Both`` each database runs its own text."""
    found = await one(boxes, Both(sqlite="SELECT 'sqlite'", postgres="SELECT 'postgres'"))  # type: ignore[arg-type]
    assert found == boxes.dialect


async def test_an_operation_that_fails_leaves_nothing(boxes: Database) -> None:
    """An error rolls back all that its operation wrote, and the caller gets that very error."""
    problem = LookupError("on purpose")

    async def operation(tx: Transaction) -> None:
        await tx.execute(INSERT, "a", 1)
        await tx.execute(INSERT, "b", 1)
        raise problem

    with pytest.raises(LookupError) as caught:
        await boxes.write(operation)
    assert caught.value is problem
    assert await names(boxes) == []


async def test_a_failing_operation_does_not_harm_its_neighbours(boxes: Database) -> None:
    """Operations that are committed together still fail each for itself (on SQLite: one commit, many savepoints)."""

    async def operation(tx: Transaction, number: int) -> int:
        await tx.execute(INSERT, f"{number:03d}", number)
        if number % 3 == 0:
            raise LookupError(f"{number} fails")
        return number

    done = await settle(*(boxes.write(lambda tx, number=number: operation(tx, number)) for number in range(150)))
    assert sorted(done.answers) == [number for number in range(150) if number % 3]
    assert sorted(str(error) for error in done.errors) == sorted(f"{number} fails" for number in range(0, 150, 3))
    assert await names(boxes) == [f"{number:03d}" for number in range(150) if number % 3]


async def test_a_doubled_key_is_a_unique_violation(boxes: Database) -> None:
    """It is told by its own error, by whichever way the statement was run, and harms no neighbour."""
    await execute(boxes, INSERT, "a", 1)

    async def by_execute(tx: Transaction) -> None:
        await tx.execute(INSERT, "a", 2)

    async def by_fetch_one(tx: Transaction) -> None:
        await tx.fetch_one(f"{INSERT} RETURNING name", "a", 2)

    async def by_fetch_all(tx: Transaction) -> None:
        await tx.fetch_all(f"{INSERT} RETURNING name", "a", 2)

    async def neighbour(tx: Transaction) -> None:
        await tx.execute(INSERT, "b", 2)

    done = await settle(*(boxes.write(one) for one in (by_execute, by_fetch_one, neighbour, by_fetch_all)))
    assert [type(error) for error in done.errors] == [UniqueViolation] * 3
    assert await names(boxes) == ["a", "b"]


async def test_after_commit_runs_once_it_is_durable_and_never_else(boxes: Database) -> None:
    """What an operation asks for afterwards happens on the event loop, for it alone, and only if it held."""
    happened: list[tuple[str, threading.Thread]] = []

    async def operation(tx: Transaction, name: str, fails: bool) -> None:
        await tx.execute(INSERT, name, 1)
        tx.after_commit(lambda: happened.append((name, threading.current_thread())))
        if fails:
            raise LookupError

    await settle(*(boxes.write(lambda tx, n=n: operation(tx, str(n), n % 2 == 1)) for n in range(10)))
    assert sorted(name for name, _ in happened) == ["0", "2", "4", "6", "8"]
    assert {thread for _, thread in happened} == {threading.current_thread()}


async def test_after_commit_sees_what_was_committed(boxes: Database) -> None:
    """When the bell rings, the work is there to be found; and it has rung when the answer comes."""
    seen: list[asyncio.Task[Any]] = []

    async def operation(tx: Transaction) -> None:
        tx.after_commit(lambda: seen.append(asyncio.ensure_future(names(boxes))))
        await tx.execute(INSERT, "a", 1)

    await boxes.write(operation)
    assert [await task for task in seen] == [["a"]]


async def test_a_callback_that_fails_keeps_no_answer_back(boxes: Database) -> None:
    """What is committed is answered, to its own caller and to all others of the same commit."""
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))

    async def operation(tx: Transaction, name: str) -> str:
        tx.after_commit(lambda: [][0])
        await tx.execute(INSERT, name, 1)
        return name

    async with asyncio.timeout(10):
        done = await settle(*(boxes.write(lambda tx, name=name: operation(tx, name)) for name in "abc"))
    assert done.answers == ["a", "b", "c"]
    assert [type(context["exception"]) for context in told] == [IndexError] * 3


async def test_many_writes_at_once_all_count(boxes: Database) -> None:
    """Concurrent changes of one row are applied one after another: none is lost."""
    await execute(boxes, INSERT, "a", 0)

    async def operation(tx: Transaction) -> int:
        await tx.execute("UPDATE boxes SET count = count + 1 WHERE name = 'a'")
        row = await tx.fetch_one("SELECT count FROM boxes WHERE name = 'a'")
        assert row is not None
        return int(row["count"])

    seen = await asyncio.gather(*(boxes.write(operation) for _ in range(200)))
    assert sorted(seen) == list(range(1, 201))
    assert await one(boxes, "SELECT count FROM boxes") == 200


async def test_a_cancelled_write_leaves_the_database_usable(boxes: Database) -> None:
    """Whoever stops waiting harms nobody: no lock stays, no connection is lost."""

    async def operation(tx: Transaction, name: str) -> None:
        await tx.execute(INSERT, name, 1)

    waiting = [asyncio.ensure_future(boxes.write(lambda tx, n=n: operation(tx, f"{n:02d}"))) for n in range(40)]
    await asyncio.sleep(0)
    for task in waiting[::2]:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await execute(boxes, INSERT, "last", 1)
    found = set(await names(boxes))
    assert found >= {f"{n:02d}" for n in range(1, 40, 2)} | {"last"}
    assert await execute(boxes, "DELETE FROM boxes") == len(found)


async def test_a_closed_database_says_so(boxes: Database) -> None:
    """After ``close`` every question is StoreUnavailable; closing again is no error."""
    await boxes.close()
    with pytest.raises(StoreUnavailable):
        await names(boxes)
    with pytest.raises(StoreUnavailable):
        await execute(boxes, INSERT, "a", 1)
    await boxes.close()


async def test_close_finishes_what_is_under_way(boxes: Database, database_url: str) -> None:
    """A write that was begun before ``close`` is answered, and durable."""
    writes = [asyncio.ensure_future(execute(boxes, INSERT, str(number), number)) for number in range(20)]
    await asyncio.sleep(0)
    await boxes.close()
    done = await settle(*writes)
    again = await open_database(database_url)
    try:
        assert await one(again, "SELECT COUNT(*) FROM boxes") == len(done.answers)
        assert {type(error) for error in done.errors} <= {StoreUnavailable}
    finally:
        await again.close()


async def test_a_wrong_statement_is_a_defect_not_an_outage(boxes: Database) -> None:
    """A typo in SQL, a missing parameter or a value of a wrong type is never reported as "try again later"."""

    async def wrong(sql: str, *params: Any) -> None:
        with pytest.raises(Exception) as caught:
            await execute(boxes, sql, *params)
        assert not isinstance(caught.value, StoreUnavailable), caught.value

    await wrong("INSERT INTO nowhere VALUES (1)")
    await wrong(INSERT, "a")
    await wrong(INSERT, "a", {"not": "a number"})


@ON_SQLITE
async def test_a_stray_await_in_a_write_is_an_error(boxes: Database) -> None:
    """On SQLite, where a write holds up everybody else, awaiting anything but the transaction cannot work."""

    async def sleeps(tx: Transaction) -> None:
        await tx.execute(INSERT, "a", 1)
        await asyncio.sleep(0.01)

    async def yields(tx: Transaction) -> None:
        await tx.execute(INSERT, "a", 1)
        await asyncio.sleep(0)

    async def nothing(_: Transaction) -> None: ...

    async def waits_for_another(tx: Transaction) -> None:
        await tx.execute(INSERT, "a", 1)
        await execute(boxes, INSERT, "b", 1)

    for operation in (sleeps, yields, waits_for_another):
        with pytest.raises(StrayAwait):
            await boxes.write(operation)
        await boxes.write(nothing)  # what waited for its turn has had it
        assert await names(boxes) == []


@ON_SQLITE
async def test_a_stray_await_in_a_read_is_an_error(boxes: Database) -> None:
    """A read runs inline on the loop, so it may not wait for it either."""

    async def sleeps(tx: Transaction) -> None:
        await asyncio.sleep(0.01)

    with pytest.raises(StrayAwait):
        await boxes.read(sleeps)


@ON_SQLITE
async def test_a_read_cannot_change_anything(boxes: Database) -> None:
    """On SQLite the connection for reads refuses to write."""

    async def writes(tx: Transaction) -> int:
        return await tx.execute(INSERT, "a", 1)

    with pytest.raises(StoreUnavailable):
        await boxes.read(writes)
    assert await names(boxes) == []


@ON_SQLITE
async def test_sqlite_commits_are_forced_to_disk(boxes: Database) -> None:
    """WAL with synchronous=FULL: a commit that was answered outlives a power cut."""

    async def operation(tx: Transaction) -> tuple[int, str]:
        synchronous, journal = await tx.fetch_one("PRAGMA synchronous"), await tx.fetch_one("PRAGMA journal_mode")
        assert synchronous is not None
        assert journal is not None
        return synchronous[0], journal[0]

    # 2 is FULL: https://www.sqlite.org/pragma.html#pragma_synchronous
    assert await boxes.write(operation) == (2, "wal")


@ON_SQLITE
async def test_a_write_waits_for_a_lock_of_another_process(boxes: Database, database_url: str) -> None:
    """Another writer on the same file, such as the command line, delays a write and does not fail it."""
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    try:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO boxes VALUES ('theirs', 1)")
        ours = asyncio.ensure_future(execute(boxes, INSERT, "ours", 1))
        done, _ = await asyncio.wait([ours], timeout=0.1)
        assert not done
        assert await names(boxes) == []
        other.execute("COMMIT")
        await ours
    finally:
        other.close()
    assert await names(boxes) == ["ours", "theirs"]


@ON_POSTGRES
async def test_a_serialization_failure_is_tried_again(boxes: Database) -> None:
    """On PostgreSQL an operation that lost against another is run again, its callbacks called once."""
    await execute(boxes, INSERT, "a", 0)
    runs, rung = 0, []
    ready = asyncio.Barrier(2)

    async def operation(tx: Transaction, first: bool) -> None:
        nonlocal runs
        runs += 1
        tx.after_commit(lambda: rung.append(first))
        await tx.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        row = await tx.fetch_one("SELECT count FROM boxes WHERE name = 'a'")
        assert row is not None
        if runs <= 2:
            await ready.wait()
        await tx.execute("UPDATE boxes SET count = $1 WHERE name = 'a'", row["count"] + 1)

    await asyncio.gather(boxes.write(lambda tx: operation(tx, True)), boxes.write(lambda tx: operation(tx, False)))
    assert await one(boxes, "SELECT count FROM boxes") == 2
    assert runs == 3
    assert sorted(rung) == [False, True]


@ON_POSTGRES
async def test_a_deadlock_is_tried_again(boxes: Database) -> None:
    """On PostgreSQL two operations that wait for each other are sorted out, and both hold in the end."""
    for name in "ab":
        await execute(boxes, INSERT, name, 0)
    ready, runs = asyncio.Barrier(2), 0

    async def operation(tx: Transaction, first: str, second: str) -> None:
        nonlocal runs
        runs += 1
        await tx.execute("SET LOCAL deadlock_timeout = '20ms'")
        await tx.execute("UPDATE boxes SET count = count + 1 WHERE name = $1", first)
        if runs <= 2:
            await ready.wait()
        await tx.execute("UPDATE boxes SET count = count + 1 WHERE name = $1", second)

    await asyncio.gather(
        boxes.write(lambda tx: operation(tx, "a", "b")), boxes.write(lambda tx: operation(tx, "b", "a"))
    )
    assert [row["count"] for row in await rows(boxes, "SELECT count FROM boxes")] == [2, 2]
    assert runs >= 3, "the one that was ended is tried again, and may meet the other once more"


@ON_POSTGRES
async def test_conflicts_without_end_become_unavailable(boxes: Database) -> None:
    """Retries are bounded: after the last the caller is told to try again later."""
    runs = 0

    async def operation(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        raise asyncpg.SerializationError("on purpose")

    with pytest.raises(StoreUnavailable):
        await boxes.write(operation)
    assert runs == 8


@ON_POSTGRES
async def test_a_connection_that_the_server_ended_is_unavailable(boxes: Database) -> None:
    """A restart of PostgreSQL is told as "try again", and the next question gets a new connection."""

    async def operation(tx: Transaction) -> None:
        await tx.execute(INSERT, "a", 1)
        await tx.fetch_one("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StoreUnavailable):
        await boxes.write(operation)
    await execute(boxes, INSERT, "b", 1)
    assert await names(boxes) == ["b"]
