"""Typed ids: sorted by creation, unguessable, unmistakable."""

import itertools
import os
import threading

import pytest

from tillgate.base import ids

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def number(ulid: str) -> int:
    value = 0
    for char in ulid:
        value = value * 32 + CROCKFORD.index(char)
    return value


def test_ids_sort_by_creation() -> None:
    """Text order is time order, also within one millisecond: a page's cursor is an id."""
    made = [ids.new_ulid() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_sort_by_creation_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A corrected clock repeats no id and breaks no order."""
    now = 1_767_225_600_000
    before = ids.new_ulid()
    made = [before]
    for step in (0, 1, -5_000, -4_999, 0, 2):
        monkeypatch.setattr("tillgate.base.ids.time.time_ns", lambda step=step: (now + step) * 1_000_000)
        made.append(ids.new_ulid())
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_made_in_many_threads_are_distinct_and_sorted_in_each() -> None:
    """No two threads are given one id."""
    made: list[list[str]] = [[] for _ in range(8)]
    start = threading.Barrier(8)

    def work(mine: list[str]) -> None:
        start.wait()
        for _ in range(2_000):
            mine.append(ids.new_ulid())

    threads = [threading.Thread(target=work, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mine == sorted(mine) for mine in made)
    assert len({ulid for mine in made for ulid in mine}) == 16_000


def test_the_next_id_cannot_be_guessed_from_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within one millisecond the step to the next id is random, with 64 bits to guess."""
    monkeypatch.setattr("tillgate.base.ids.time.time_ns", lambda: 1_900_000_000_000 * 1_000_000)
    made = [number(ids.new_ulid()) for _ in range(1_000)]
    steps = [after - before for before, after in itertools.pairwise(made)]
    assert len(set(steps)) == len(steps)
    assert min(steps) >= 1
    # Each of the upper bits of a step is set about half of the time; 350 of 999 is ten sigma away.
    for bit in range(48, 64):
        assert 350 < sum(step >> bit & 1 for step in steps) < 650


def test_an_id_carries_its_time_and_its_kind() -> None:
    """``cs_01j…``: a prefix, 26 characters, the first ten of which are the milliseconds."""
    made = ids.new_id(ids.CHECKOUT_SESSION)
    prefix, _, ulid = made.partition("_")
    assert prefix == "cs"
    assert len(ulid) == 26
    assert set(ulid) <= set(CROCKFORD)
    assert ids.is_id(ids.CHECKOUT_SESSION, made)
    assert not ids.is_id(ids.EVENT, made)


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that a test turned forward does not stay in the ids of others."""
    for name in ("_last", "_high", "_head"):
        monkeypatch.setattr(ids, name, getattr(ids, name))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cs_",
        "cs",
        "01j0000000000000000000000a",
        "cs_01j0000000000000000000000",
        "cs_01j0000000000000000000000ab",
        "cs_01J0000000000000000000000A",
        "cs_81j0000000000000000000000a",
        "cs_01j000000000000000000000il",
        "cs_01j0000000000000000000000a\n",
        " cs_01j0000000000000000000000a",
        "cs_01j000000000000000000000０a",
        "cs_01j0000000000000000000000\0",
        "cs__01j0000000000000000000000a",
    ],
)
def test_what_no_id_looks_like_is_none(text: str) -> None:
    """Other lengths, letters, prefixes and a trailing line break are not ids."""
    assert not ids.is_id("cs", text)


def test_a_forked_process_makes_other_ids() -> None:
    """Randomness is drawn in blocks, and a child does not go on with its parent's."""
    ids.new_ulid()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, ids.new_ulid()[-8:].encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as told:
        drawn = told.read().decode()
    assert len(drawn) == 8
    assert drawn != ids.new_ulid()[-8:]
