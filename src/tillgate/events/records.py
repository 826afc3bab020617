"""Every statement about events."""

from typing import Final

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.base.pages import PageRequest
from tillgate.events.model import EventObject
from tillgate.store import Row, Transaction

_COLUMNS: Final = "id, livemode, sequence, type, data, created_at"

_NEXT_SEQUENCE: Final = (
    "INSERT INTO event_sequences (project_id, livemode, last) VALUES ($1, $2, 1) "
    "ON CONFLICT (project_id, livemode) DO UPDATE SET last = event_sequences.last + 1 RETURNING last"
)
_INSERT: Final = (
    "INSERT INTO events (id, project_id, livemode, sequence, type, object_id, data, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM events WHERE id = $1 AND project_id = $2 AND livemode = $3"
_LIST: Final = (
    f"SELECT {_COLUMNS} FROM events WHERE project_id = $1 AND livemode = $2 "
    "AND id < $3 AND created_at >= $4 ORDER BY id DESC LIMIT $5"
)
_LIST_BY_TYPE: Final = (
    f"SELECT {_COLUMNS} FROM events WHERE project_id = $1 AND livemode = $2 AND type = $6 "
    "AND id < $3 AND created_at >= $4 ORDER BY id DESC LIMIT $5"
)
_OF_OBJECT: Final = (
    f"SELECT {_COLUMNS} FROM events WHERE object_id = $1 AND project_id = $2 AND livemode = $3 ORDER BY id LIMIT 200"
)


async def next_sequence(tx: Transaction, project_id: str, livemode: bool) -> int:
    """The next number of this project and mode; the row stays locked until the transaction ends."""
    row = await tx.fetch_one(_NEXT_SEQUENCE, project_id, livemode)
    assert row is not None
    return int(row["last"])


async def insert(
    tx: Transaction,
    *,
    event_id: str,
    project_id: str,
    livemode: bool,
    sequence: int,
    type: str,
    object_id: str,
    data: str,
    created_at: int,
) -> None:
    """Write an event down for good."""
    await tx.execute(_INSERT, event_id, project_id, livemode, sequence, type, object_id, data, created_at)


async def by_id(tx: Transaction, project_id: str, livemode: bool, event_id: str) -> EventObject | None:
    """One event of this project and mode."""
    row = await tx.fetch_one(_BY_ID, event_id, project_id, livemode)
    return event_from(row) if row is not None else None


async def newest(
    tx: Transaction,
    project_id: str,
    livemode: bool,
    page: PageRequest,
    *,
    type: str | None,
    created_after: int | None,
) -> list[EventObject]:
    """Up to ``limit + 1`` events, newest first."""
    params = (project_id, livemode, page.before, created_after or 0, page.limit + 1)
    if type is None:
        rows = await tx.fetch_all(_LIST, *params)
    else:
        rows = await tx.fetch_all(_LIST_BY_TYPE, *params, type)
    return [event_from(row) for row in rows]


async def of_object(tx: Transaction, project_id: str, livemode: bool, object_id: str) -> list[EventObject]:
    """What happened to one object, oldest first."""
    return [event_from(row) for row in await tx.fetch_all(_OF_OBJECT, object_id, project_id, livemode)]


def event_from(row: Row) -> EventObject:
    """An event out of a row that has its columns under their own names."""
    return EventObject(
        id=row["id"],
        type=row["type"],
        livemode=bool(row["livemode"]),
        sequence=row["sequence"],
        data=msgspec.Raw(row["data"].encode()),
        created_at=to_rfc3339(row["created_at"]),
    )
