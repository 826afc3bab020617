"""The highest numbers given out are kept beside the database, cheaply and safely."""

import multiprocessing
import os
import signal
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from keyturn.database import HighWater, Mark, StoreUnavailable, Transaction, open_database
from keyturn.database.high_water import BLOCK
from tests.makers import ON_SQLITE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "marks" / "high-water"


def test_a_number_is_reserved_a_block_ahead_and_noted_exactly(file: Path) -> None:
    """One write a block; what was given out is known to the number after a clean end."""
    marks = HighWater(file)
    written: list[str] = []
    marks._durable.set_trace_callback(written.append)
    for number in range(1, BLOCK + 2):
        marks.reserve("events/a", number)
        marks.note("events/a", number)
    assert len([one for one in written if one.startswith("INSERT")]) == 1
    marks.close()
    again = HighWater(file)
    assert again.marks("events/") == [Mark("events/a", BLOCK + 1, BLOCK + 1)]
    again.reserve("events/a", BLOCK + 2)
    assert again.marks("events/") == [Mark("events/a", BLOCK + 1, 2 * BLOCK + 2)]
    again.close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_marks_are_read_by_the_head_of_their_names_a_page_at_a_time(file: Path) -> None:
    """What belongs to something else is not among them; a number never goes down."""
    marks = HighWater(file)
    for name, number in (("events/b", 7), ("events/a", 5), ("documents/a", 9), ("events/b", 3)):
        marks.reserve(name, number)
        marks.note(name, number)
    marks.flush()
    assert [(one.name, one.given) for one in marks.marks("events/")] == [("events/a", 5), ("events/b", 7)]
    assert [one.name for one in marks.marks("events/", "events/a")] == ["events/b"]
    with pytest.raises(ValueError, match="characters"):
        marks.reserve("x" * 201, 1)
    marks.close()


def give_out(file: Path, name: str, numbers: range, die: bool) -> None:
    marks = HighWater(file)
    for number in numbers:
        marks.reserve(name, number)
        marks.note(name, number)
    if die:
        marks.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    marks.close()


@pytest.mark.parametrize("die", [False, True])
def test_processes_share_it_and_a_kill_loses_nothing(file: Path, die: bool) -> None:
    """Several write at once; the highest of them stands, and what was written outlives a killed process."""
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=give_out, args=(file, "events/a", range(first, 300, 3), die)) for first in (1, 2, 3)
    ]
    for one in processes:
        one.start()
    for one in processes:
        one.join(60)
        assert one.exitcode == (-signal.SIGKILL if die else 0)
    marks = HighWater(file)
    [mark] = marks.marks("events/")
    assert (mark.given, mark.reserved >= 299) == (299, True)
    marks.close()


def test_threads_share_it(file: Path) -> None:
    """Loops and commit threads of one process use one object."""
    marks = HighWater(file)

    def work(first: int) -> None:
        for number in range(first, 4 * BLOCK, 4):
            marks.reserve("events/a", number)
            marks.note("events/a", number)

    threads = [threading.Thread(target=work, args=(first,)) for first in (1, 2, 3, 4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    marks.flush()
    [mark] = marks.marks("events/")
    assert mark.given == 4 * BLOCK - 1 and mark.reserved >= mark.given
    marks.close()


def test_a_file_that_cannot_be_used_is_reported_by_its_name(tmp_path: Path) -> None:
    """No database, or no place for one: what to look at is in the message."""
    wrong = tmp_path / "wrong"
    wrong.write_text("this is no database at all, whatever its name says")
    for path in (wrong, wrong / "high-water"):
        with pytest.raises(StoreUnavailable, match="wrong"):
            HighWater(path)


@pytest.mark.anyio
async def test_a_number_is_on_disk_before_its_transaction_commits(file: Path, database_url: str) -> None:
    """Reserved inside, noted after; what is rolled back is reserved and never noted."""
    database = await open_database(database_url, high_water=HighWater(file))
    seen: list[tuple[int, int]] = []

    async def gives(tx: Transaction) -> None:
        tx.given_out("events/a", 1)
        with sqlite3.connect(file) as other:
            seen.append(other.execute("SELECT given, reserved FROM marks").fetchone())

    async def fails(tx: Transaction) -> None:
        tx.given_out("events/b", 5)
        raise KeyError

    await database.write(gives)
    with pytest.raises(KeyError):
        await database.write(fails)
    await database.close()
    assert seen == [(0, BLOCK + 1)]
    marks = HighWater(file)
    assert [(one.given, one.reserved) for one in marks.marks("events/")] == [(1, BLOCK + 1), (0, BLOCK + 5)]
    marks.close()


@ON_SQLITE
@pytest.mark.anyio
async def test_without_a_place_nothing_is_kept(database_url: str) -> None:
    """Keyturn's own databases have none."""
    database = await open_database(database_url)

    async def gives(tx: Transaction) -> None:
        tx.given_out("events/a", 1)

    await database.write(gives)
    assert database.high_water is None
    await database.close()
