# ruff: noqa: S608 (statements are put together of the declared places)
"""Every statement that looks for a person in a declared place: a page of its rows at a time."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from keyturn.database import Row, Transaction, with_list
from tillgate.store.erasing import Person, Place

# Few enough that nobody notices while they are looked through.
ROWS_MAX: Final = 200
_ESCAPED: Final = str.maketrans({"!": "!!", "%": "!%", "_": "!_"})

IDEMPOTENT_ANSWERS: Final = Place(
    "idempotency_names",
    ("namespace", "owner", "key"),
    "project_id = $1 AND livemode = $2",
    documents=("body",),
    by_id=True,
)


class Looked(NamedTuple):
    """What a page has come to.

    Attributes:
        after: the last row that was looked at; None where the place is through.
        retry: somebody has changed a row in the same moment: the page is looked at again.
    """

    after: tuple[str, ...] | None
    retry: bool = False


class Found(NamedTuple):
    """What a page of a place holds.

    Attributes:
        last: the last row of the page; None where it is the last page.
        rows: those that name the person.
    """

    last: tuple[str, ...] | None
    rows: Sequence[Row]


def beginning(place: Place) -> tuple[str, ...]:
    """Before the first row of a place."""
    return ("",) * len(place.key)


@lru_cache(maxsize=128)
def _page_end(place: Place) -> str:
    keys = ", ".join(place.key)
    after = ", ".join(f"${number}" for number in range(3, 3 + len(place.key)))
    return (
        f"SELECT {keys} FROM {place.table} WHERE {place.within} AND ({keys}) > ({after}) "
        f"ORDER BY {keys} LIMIT 1 OFFSET {ROWS_MAX - 1}"
    )


@lru_cache(maxsize=256)
def _named_on(place: Place, bounded: bool, spellings: int) -> str:
    keys = ", ".join(place.key)
    at = 3
    conditions = []
    for bound in (">", "<=") if bounded else (">",):
        given = ", ".join(f"${number}" for number in range(at, at + len(place.key)))
        conditions.append(f"({keys}) {bound} ({given})")
        at += len(place.key)
    likes = [
        f"LOWER({column}) LIKE ${number} ESCAPE '!'" for column in place.columns for number in range(at, at + spellings)
    ]
    return (
        f"SELECT {_selected(place)} FROM {place.table} WHERE {place.within} AND {' AND '.join(conditions)} "
        f"AND ({' OR '.join(likes)}) ORDER BY {keys} LIMIT {ROWS_MAX}"
    )


@lru_cache(maxsize=128)
def _linked(place: Place) -> "tuple[str, str]":
    keys = ", ".join(place.key)
    after = ", ".join(f"${number}" for number in range(2, 2 + len(place.key)))
    both = with_list(
        f"SELECT {_selected(place)} FROM {place.table} WHERE {place.linked} AND ({keys}) > ({after}) "
        f"ORDER BY {keys} LIMIT {ROWS_MAX}"
    )
    return both.sqlite, both.postgres


def _selected(place: Place) -> str:
    return ", ".join(dict.fromkeys((*place.key, *place.columns, *((place.subject,) if place.subject else ()))))


async def find(tx: Transaction, place: Place, after: Sequence[str], person: Person, of: tuple[str, bool]) -> Found:
    """Look through the next rows of a place, of a project and mode, for those that name the person."""
    spellings = person.spellings(by_id=place.by_id)
    if not spellings:
        return Found(None, [])
    end = await tx.fetch_one(_page_end(place), *of, *after)
    last = tuple(str(end[one]) for one in place.key) if end is not None else None
    likes = [f"%{one.translate(_ESCAPED)}%".lower() for one in spellings]
    statement = _named_on(place, last is not None, len(likes))
    return Found(last, await tx.fetch_all(statement, *of, *after, *(last or ()), *likes))


async def look(tx: Transaction, place: Place, after: Sequence[str], person: Person, of: tuple[str, bool]) -> Looked:
    """Take the person out of the next rows of a place that name them, of a project and mode."""
    found = await find(tx, place, after, person, of)
    if not await _erase(tx, place, found.rows, person, linked=False):
        return Looked(tuple(after), retry=True)
    return Looked(found.last)


async def look_at_linked(
    tx: Transaction, place: Place, after: Sequence[str], person: Person, object_ids: Sequence[str]
) -> Looked:
    """Take the person out of the next rows of a place that are about these objects, which are theirs."""
    sqlite, postgres = _linked(place)
    statement = sqlite if tx.dialect == "sqlite" else postgres
    rows = await tx.fetch_all(statement, msgspec.json.encode(list(object_ids)).decode(), *after)
    if not await _erase(tx, place, rows, person, linked=True):
        return Looked(tuple(after), retry=True)
    return Looked(tuple(str(rows[-1][one]) for one in place.key) if len(rows) == ROWS_MAX else None)


async def _erase(tx: Transaction, place: Place, rows: Sequence[Row], person: Person, *, linked: bool) -> bool:
    """Write the rows that name the person without that; whether all of them were as they had been read."""
    for row in rows:
        changes = place.changed(row, person, linked=linked)
        if not changes:
            continue
        given = [*changes.values(), *(row[one] for one in place.key), *(row[one] for one in changes)]
        sets = [f"{column} = ${number}" for number, column in enumerate(changes, 1)]
        held = [f"{column} = ${number}" for number, column in enumerate((*place.key, *changes), len(changes) + 1)]
        if place.also:
            sets.append(place.also)
        changed = await tx.execute(f"UPDATE {place.table} SET {', '.join(sets)} WHERE {' AND '.join(held)}", *given)
        if changed != 1:
            return False
        for statement in place.then:
            await tx.execute(statement, row[place.key[0]])
        if place.rewritten is not None:
            await place.rewritten(tx, row[place.key[0]], changes)
    return True
