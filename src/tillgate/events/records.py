"""Every statement about events."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.clock import to_rfc3339
from tillgate.base.invariants import present
from tillgate.base.pages import PageRequest, since, until
from tillgate.events.model import EventObject
from tillgate.store import Row, Transaction
from tillgate.store.lists import newest_first

_COLUMNS: Final = "id, livemode, sequence, type, data, previous_attributes, created_at"

MARK_HEAD: Final = "events/"

_NEXT_SEQUENCE: Final = (
    "INSERT INTO event_sequences (project_id, livemode, last) VALUES ($1, $2, 1) "
    "ON CONFLICT (project_id, livemode) DO UPDATE SET last = event_sequences.last + 1 RETURNING last"
)
_EVENT: Final = "project_id, livemode, id, type, object_id, data, previous_attributes, created_at, sequence"
# Both at once where the database can: each statement there is a way over the network, and back, with the number's row
# locked.
_INSERT: Final = Both(
    sqlite=f"INSERT INTO events ({_EVENT}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    postgres=f"WITH taken AS ({_NEXT_SEQUENCE}) INSERT INTO events ({_EVENT}) "
    "SELECT $1, $2, $3, $4, $5, $6, $7, $8, last FROM taken RETURNING sequence AS last",
)
_INSERT_FORM: Final = "INSERT INTO event_forms (event_id, dialect, body) VALUES ($1, $2, $3)"
_DIALECTS: Final = "SELECT dialect FROM event_forms WHERE event_id = $1"
_LAST_SEQUENCE: Final = "SELECT last FROM event_sequences WHERE project_id = $1 AND livemode = $2"
_HOLD_SEQUENCE: Final = Both(sqlite=_LAST_SEQUENCE, postgres=f"{_LAST_SEQUENCE} FOR UPDATE")
# Every project, also one that has no event yet: its numbers may have been given out all the same.
_LAST_SEQUENCES: Final = with_list(
    "SELECT p.id, t.livemode, t.last FROM projects p LEFT JOIN event_sequences t ON t.project_id = p.id "
    "WHERE p.id IN {list}"
)
_RAISE: Final = (
    "INSERT INTO event_sequences (project_id, livemode, last) VALUES ($1, $2, $4) "
    "ON CONFLICT (project_id, livemode) DO UPDATE SET last = excluded.last WHERE event_sequences.last < $3"
)
_LOG_SEED: Final = "SELECT value FROM instance_facts WHERE name = 'event_log'"
_ADD_LOG_SEED: Final = "INSERT INTO instance_facts (name, value) VALUES ('event_log', $1) ON CONFLICT DO NOTHING"
_SET_LOG_SEED: Final = (
    "INSERT INTO instance_facts (name, value) VALUES ('event_log', $1) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM events WHERE id = $1 AND project_id = $2 AND livemode = $3"
_HELD: Final = Both(sqlite=_BY_ID, postgres=f"{_BY_ID} FOR KEY SHARE")
_LIST: Final = (
    f"SELECT {_COLUMNS} FROM events "
    "WHERE project_id = $1 AND livemode = $2 AND id < $3 AND id >= $5 AND created_at >= $4"
)
_OF_OBJECTS: Final = with_list(
    f"SELECT {_COLUMNS} FROM events WHERE object_id IN {{list}} AND project_id = $2 AND livemode = $3 "
    "ORDER BY sequence LIMIT 1000"
)
_OLDEST: Final = (
    f"SELECT {_COLUMNS} FROM events WHERE project_id = $1 AND livemode = $2 AND sequence > $3 AND created_at >= $4"
)
# For one who asks for an old period the log ends where its ids are too young: it is not walked to today.
_ENDS: Final = (
    " AND created_at < $5 AND sequence <= COALESCE((SELECT sequence FROM events "
    "WHERE project_id = $1 AND livemode = $2 AND id < $6 ORDER BY id DESC LIMIT 1), 0)"
)
_LATEST_DATA: Final = (
    "SELECT data FROM events WHERE object_id = $1 AND project_id = $2 AND livemode = $3 ORDER BY sequence DESC LIMIT 1"
)
_OLD: Final = "SELECT id FROM events WHERE created_at < $1 ORDER BY created_at LIMIT $2"
_DROP: Final = Both(
    sqlite=f"DELETE FROM events WHERE id IN ({_OLD})",
    postgres=f"DELETE FROM events WHERE id IN ({_OLD} FOR UPDATE SKIP LOCKED)",
)


async def last_sequence(tx: Transaction, project_id: str, livemode: bool) -> int:
    """The number of this log's newest event; 0 while it has none."""
    row = await tx.fetch_one(_LAST_SEQUENCE, project_id, livemode)
    return int(row["last"]) if row is not None else 0


async def hold_sequence(tx: Transaction, project_id: str, livemode: bool) -> None:
    """Nobody writes an event of this project and mode until the transaction ends."""
    await tx.fetch_one(_HOLD_SEQUENCE, project_id, livemode)


async def last_sequences(tx: Transaction, project_ids: Sequence[str]) -> dict[tuple[str, bool], int]:
    """The same of both logs of each of these projects that there is."""
    rows = await tx.fetch_all(_LAST_SEQUENCES, msgspec.json.encode(project_ids).decode())
    found = {(row["id"], livemode): 0 for row in rows for livemode in (False, True)}
    return found | {(row["id"], bool(row["livemode"])): int(row["last"]) for row in rows if row["last"] is not None}


async def raise_sequence(tx: Transaction, project_id: str, livemode: bool, below: int, last: int) -> bool:
    """Let the next number be above ``last``, if the newest is less than ``below``; says whether it was."""
    return await tx.execute(_RAISE, project_id, livemode, below, last) == 1


async def find_log_seed(tx: Transaction) -> str | None:
    """The random text that the logs' ids are made of; None before there is one."""
    row = await tx.fetch_one(_LOG_SEED)
    return str(row["value"]) if row is not None else None


async def log_seed(tx: Transaction) -> str:
    """The same, of a database that a server or a command has opened."""
    return present(await find_log_seed(tx), "the seed of the logs' ids")


async def add_log_seed(tx: Transaction, seed: str) -> None:
    """Keep a first one; whoever came before stays."""
    await tx.execute(_ADD_LOG_SEED, seed)


async def set_log_seed(tx: Transaction, seed: str) -> None:
    """Keep another one."""
    await tx.execute(_SET_LOG_SEED, seed)


def mark_of(project_id: str, livemode: bool) -> str:
    """The name under which a log's numbers are kept beside the database."""
    return f"{MARK_HEAD}{project_id}/{'live' if livemode else 'test'}"


def log_of(mark: str) -> tuple[str, bool]:
    """The project and mode of such a name."""
    project_id, _, mode = mark.removeprefix(MARK_HEAD).rpartition("/")
    return project_id, mode == "live"


async def insert(
    tx: Transaction,
    *,
    event_id: str,
    project_id: str,
    livemode: bool,
    type: str,
    object_id: str,
    data: str,
    previous_attributes: str | None,
    created_at: int,
) -> None:
    """Write an event down for good, with the next number of its project and mode.

    The row of that number stays locked until the transaction ends.
    """
    values = project_id, livemode, event_id, type, object_id, data, previous_attributes, created_at
    if tx.dialect == "sqlite":
        row = await tx.fetch_one(_NEXT_SEQUENCE, project_id, livemode)
        sequence = int(present(row, "the next sequence number")["last"])
        await tx.execute(_INSERT, *values, sequence)
    else:
        sequence = int(present(await tx.fetch_one(_INSERT, *values), "the next sequence number")["last"])
    tx.given_out(mark_of(project_id, livemode), sequence)


async def insert_form(tx: Transaction, event_id: str, dialect: str, body: str) -> None:
    """Keep an event's form in another dialect than the native one."""
    await tx.execute(_INSERT_FORM, event_id, dialect, body)


async def dialects_of(tx: Transaction, event_id: str) -> set[str]:
    """The dialects in which an event has a form of its own."""
    return {row["dialect"] for row in await tx.fetch_all(_DIALECTS, event_id)}


async def latest_data(tx: Transaction, project_id: str, livemode: bool, object_id: str) -> str | None:
    """The snapshot in an object's latest event; None while there is none."""
    row = await tx.fetch_one(_LATEST_DATA, object_id, project_id, livemode)
    return row["data"] if row is not None else None


async def by_id(tx: Transaction, project_id: str, livemode: bool, event_id: str) -> EventObject | None:
    """One event of this project and mode."""
    row = await tx.fetch_one(_BY_ID, event_id, project_id, livemode)
    return event_from(row) if row is not None else None


async def held(tx: Transaction, project_id: str, livemode: bool, event_id: str) -> EventObject | None:
    """The same, and it is not dropped before this transaction ends."""
    row = await tx.fetch_one(_HELD, event_id, project_id, livemode)
    return event_from(row) if row is not None else None


async def newest(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    *,
    types: Sequence[str],
    object_ids: Sequence[str] | None,
    created_after: int | None,
    created_before: int | None,
) -> list[EventObject]:
    """Up to ``limit + 1`` events, newest first; of any of the types, all where there are none, and about any of the
    objects."""
    oldest_id = since(ids.EVENT, created_after)
    given = [project_id, livemode, until(ids.EVENT, page.before, created_before), created_after or 0, oldest_id]
    select, params = _LIST, list[Any](given)
    if object_ids is not None and types:
        select += f" AND type IN ({_listed(params, types)})"
    # Each type, and each object, has its own piece of an index, in the list's order: of each, no more than a page is
    # read, however many there are.
    by, parts = ("object_id", object_ids) if object_ids is not None else ("type", types)
    read = [
        newest_first(select, params, {f"{by} = {{}}": one, "created_at < {}": created_before}, by="id", page=page)
        for one in parts
    ]
    if object_ids is None and not types:
        read = [newest_first(select, params, {"created_at < {}": created_before}, by="id", page=page)]
    found: dict[str, EventObject] = {}
    for sql, wanted in read:
        found |= {row["id"]: event_from(row) for row in await tx.fetch_all(sql, *wanted)}
    return [found[id] for id in sorted(found, reverse=True)[: page.limit + 1]]


async def oldest(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    after: int,
    limit: int,
    *,
    types: Sequence[str],
    object_ids: Sequence[str] | None,
    created_after: int | None,
    created_before: int | None,
) -> list[EventObject]:
    """Up to ``limit + 1`` events with a greater sequence than ``after``, oldest first."""
    sql, params = _OLDEST, list[Any]([project_id, livemode, after, created_after or 0])
    if created_before is not None:
        sql += _ENDS
        params += [created_before, until(ids.EVENT, PageRequest().before, created_before)]
    if types:
        sql += f" AND type IN ({_listed(params, types)})"
    if object_ids is not None:
        sql += f" AND object_id IN ({_listed(params, object_ids)})"
    params.append(limit + 1)
    rows = await tx.fetch_all(f"{sql} ORDER BY sequence LIMIT ${len(params)}", *params)
    return [event_from(row) for row in rows]


def _listed(params: list[Any], values: Sequence[str]) -> str:
    """Places for values, which are put among the parameters; there is one at least."""
    params += values
    return ", ".join(f"${number}" for number in range(len(params) - len(values) + 1, len(params) + 1))


async def drop_older(tx: Transaction, cutoff: int, limit: int) -> int:
    """Drop up to ``limit`` events from before the cutoff and, by cascade, their deliveries; says how many."""
    return await tx.execute(_DROP, cutoff, limit)


async def of_objects(tx: Transaction, project_id: str, livemode: bool, object_ids: Sequence[str]) -> list[EventObject]:
    """What happened to these objects, oldest first."""
    wanted = msgspec.json.encode(object_ids).decode()
    return [event_from(row) for row in await tx.fetch_all(_OF_OBJECTS, wanted, project_id, livemode)]


def event_from(row: Row) -> EventObject:
    """An event out of a row that has its columns under their own names."""
    return EventObject(
        id=row["id"],
        type=row["type"],
        livemode=bool(row["livemode"]),
        sequence=row["sequence"],
        data=msgspec.Raw(row["data"].encode()),
        previous_attributes=msgspec.Raw((row["previous_attributes"] or "null").encode()),
        created_at=to_rfc3339(row["created_at"]),
    )
