"""Every statement about test clocks."""

from collections.abc import Sequence
from typing import Final

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.pages import PageRequest, Period
from tillgate.checkout.clocks.model import TestClock
from tillgate.store import Row, Transaction
from tillgate.store.lists import newest_within

_COLUMNS: Final = "id, project_id, name, advanced_ms, sessions, created_at, updated_at"
_INSERT: Final = f"INSERT INTO test_clocks ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)"
_BY_ID: Final = f"SELECT {_COLUMNS} FROM test_clocks WHERE id = $1 AND project_id = $2"
_LOCKED: Final = Both(sqlite=_BY_ID, postgres=f"{_BY_ID} FOR NO KEY UPDATE")
_BY_IDS: Final = with_list(f"SELECT {_COLUMNS} FROM test_clocks WHERE id IN {{list}} AND project_id = $2")
_NEWEST: Final = f"SELECT {_COLUMNS} FROM test_clocks WHERE project_id = $1"
_COUNT_SESSION: Final = "UPDATE test_clocks SET sessions = sessions + 1 WHERE id = $1 AND sessions < $2"
_ADVANCE: Final = "UPDATE test_clocks SET advanced_ms = $1, updated_at = $2 WHERE id = $3"


async def insert(tx: Transaction, clock: TestClock) -> None:
    """Keep a new clock."""
    await tx.execute(
        _INSERT,
        clock.id,
        clock.project_id,
        clock.name,
        clock.advanced_ms,
        clock.sessions,
        clock.created_at,
        clock.updated_at,
    )


async def by_id(tx: Transaction, project_id: str, clock_id: str) -> TestClock | None:
    """One clock of this project."""
    row = await tx.fetch_one(_BY_ID, clock_id, project_id)
    return _clock(row) if row is not None else None


async def locked(tx: Transaction, project_id: str, clock_id: str) -> TestClock | None:
    """The same, and nobody else changes it until this transaction ends."""
    row = await tx.fetch_one(_LOCKED, clock_id, project_id)
    return _clock(row) if row is not None else None


async def by_ids(tx: Transaction, project_id: str, clock_ids: Sequence[str]) -> list[TestClock]:
    """Several clocks of this project, in no order."""
    if not clock_ids:
        return []
    rows = await tx.fetch_all(_BY_IDS, msgspec.json.encode(clock_ids).decode(), project_id)
    return [_clock(row) for row in rows]


async def newest(tx: Transaction, project_id: str, page: PageRequest, period: Period) -> list[TestClock]:
    """Up to ``limit + 1`` clocks, newest first."""
    sql, params = newest_within(_NEWEST, [project_id], {}, prefix=ids.TEST_CLOCK, page=page, period=period)
    return [_clock(row) for row in await tx.fetch_all(sql, *params)]


async def count_session(tx: Transaction, clock_id: str, sessions_max: int) -> bool:
    """Count one session more; False if there are as many as may be."""
    return await tx.execute(_COUNT_SESSION, clock_id, sessions_max) == 1


async def advance(tx: Transaction, clock: TestClock) -> None:
    """Write how far a locked clock was put forward."""
    await tx.execute(_ADVANCE, clock.advanced_ms, clock.updated_at, clock.id)


def _clock(row: Row) -> TestClock:
    return TestClock(
        id=row["id"],
        project_id=row["project_id"],
        name=row["name"],
        advanced_ms=row["advanced_ms"],
        sessions=row["sessions"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
