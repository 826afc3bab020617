"""An SQLite file that is removed, replaced, damaged or out of room: said, and nothing is answered and lost."""

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keyturn.database import Database, StoreUnavailable, open_database
from keyturn.database.sqlite import SqliteDatabase
from tests.makers import execute, one

pytestmark = pytest.mark.anyio

INSERT = "INSERT INTO boxes VALUES ($1)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


@pytest.fixture
async def boxes(path: Path, anyio_backend: object) -> AsyncIterator[Database]:
    """A database with one small table."""
    opened = await open_database(f"sqlite:///{path}")
    try:
        await execute(opened, "CREATE TABLE boxes (name TEXT)")
        yield opened
    finally:
        await opened.close()


async def check_of(database: Database) -> str | None:
    trouble = await database.check()
    return trouble.check if trouble is not None else None


async def test_a_sound_file_is_ready_and_to_look_changes_nothing(boxes: Database, path: Path) -> None:
    """The look writes what was there before."""
    await execute(boxes, INSERT, "a")
    assert await check_of(boxes) is None
    assert await one(boxes, "PRAGMA user_version") == 0
    assert await one(boxes, "SELECT COUNT(*) FROM boxes") == 1


@pytest.mark.parametrize("ending", ["", "-wal", "-shm"])
async def test_a_part_of_the_file_that_is_gone_ends_every_answer(boxes: Database, path: Path, ending: str) -> None:
    """The file, its log and its index: whichever is moved away, no write is answered as if it lasted, not even the
    first one, and what is read is not told either. Put back, it goes on, with all that was answered."""
    await execute(boxes, INSERT, "before")
    part, away = f"{path}{ending}", f"{path}.away"
    os.rename(part, away)
    with pytest.raises(StoreUnavailable, match="deleted while it was in use"):
        await execute(boxes, INSERT, "lost")
    with pytest.raises(StoreUnavailable):
        await one(boxes, "SELECT COUNT(*) FROM boxes")
    with pytest.raises(StoreUnavailable):
        boxes.version()
    assert await check_of(boxes) == "file"
    os.rename(away, part)
    assert await check_of(boxes) is None
    await execute(boxes, INSERT, "after")
    assert await one(boxes, "SELECT COUNT(*) FROM boxes WHERE name IN ('before', 'after')") == 2


async def test_another_file_in_its_place_ends_every_answer(boxes: Database, path: Path) -> None:
    """A backup that is put into place under a running process: the process says so, and touches neither."""
    with sqlite3.connect(path.with_name("backup")) as backup:
        backup.execute("CREATE TABLE boxes (name TEXT)")
    os.replace(path.with_name("backup"), path)
    assert await check_of(boxes) == "file"
    with pytest.raises(StoreUnavailable, match="replaced by another file"):
        await execute(boxes, INSERT, "lost")
    with pytest.raises(StoreUnavailable):
        await one(boxes, "SELECT COUNT(*) FROM boxes")
    async with asyncio.timeout(20):
        await boxes.close()


async def test_what_is_answered_while_the_file_is_removed_is_in_it(boxes: Database, path: Path) -> None:
    """Hundreds of writes at once, and the file vanishes between them: each that was answered is in it."""
    answered: list[str] = []

    async def write(name: str) -> None:
        await execute(boxes, INSERT, name)
        answered.append(name)
        if len(answered) == 200:
            for ending in ("", "-wal", "-shm"):
                os.rename(f"{path}{ending}", path.with_name(f"away.db{ending}"))

    done = await asyncio.gather(*(write(str(number)) for number in range(1_000)), return_exceptions=True)
    assert {type(error) for error in done if error is not None} == {StoreUnavailable}
    with sqlite3.connect(path.with_name("away.db")) as found:
        kept = {name for (name,) in found.execute("SELECT name FROM boxes")}
    assert set(answered) <= kept


async def test_a_damaged_file_is_not_ready(boxes: Database, path: Path) -> None:
    """Garbage in the middle of the file is found by looking, and no statement that meets it is a defect of ours."""
    for number in range(50):
        await execute(boxes, INSERT, f"{number}" * 1_000)
    await execute(boxes, "CREATE INDEX boxes_name ON boxes (name)")
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _damage(path)
    assert await check_of(boxes) == "intact"
    again = sqlite3.connect(path)
    with pytest.raises(sqlite3.DatabaseError):
        again.execute("SELECT name FROM boxes ORDER BY name").fetchall()
    again.close()


async def test_damage_that_a_statement_meets_is_not_forgotten(boxes: Database, path: Path) -> None:
    """The statement is refused as an outage, and the database is not ready from then on, wherever one looks."""

    async def meets_it(_: object) -> None:
        from keyturn.database.sqlite import _raise

        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT | (1 << 8)
        _raise(error)

    with pytest.raises(StoreUnavailable):
        await boxes.write(meets_it)
    assert await check_of(boxes) == "intact"


async def test_unknown_errors_of_sqlite_are_unavailable(boxes: Database) -> None:
    """Whatever its library says beside "this statement is wrong" is an outage."""
    from keyturn.database.sqlite import _raise

    for code in (
        sqlite3.SQLITE_IOERR | (3 << 8),
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
    ):
        error = sqlite3.OperationalError("unheard of")
        error.sqlite_errorcode = code
        with pytest.raises(StoreUnavailable):
            _raise(error)


async def test_every_part_of_the_file_is_known(boxes: Database) -> None:
    """The log and the index are there as soon as it is opened, so that their loss is noticed too."""
    assert isinstance(boxes, SqliteDatabase)
    assert len(boxes._file._parts) == 3


def _damage(path: Path) -> None:
    # By another process: to close the file here would take SQLite's locks from it.
    blocks = path.stat().st_size // 4_096 - 3
    subprocess.run(
        ["dd", "if=/dev/urandom", f"of={path}", "bs=4096", "seek=1", f"count={blocks}", "conv=notrunc"],
        check=True,
        stderr=subprocess.DEVNULL,
    )
