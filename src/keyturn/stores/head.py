"""The one row that orders all that is done to keys: the epoch of restricting changes, and the end of the audit log.

A transaction that restricts a key or writes a line locks it until the commit. So epochs and lines become visible in the
order of
their numbers, without a gap: who has read up to a number has missed nothing before it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from keyturn.database import Both, Row, Transaction
from keyturn.insight.audit import AuditEntry, canonical, chained
from keyturn.invariants import present
from keyturn.stores.ports import Act

CHANNEL: Final = "keyturn_changes"

LOCK: Final = Both(
    sqlite="SELECT epoch, audit_sequence, audit_hash FROM key_head WHERE id = 1",
    postgres="SELECT epoch, audit_sequence, audit_hash FROM key_head WHERE id = 1 FOR UPDATE",
)
_SET_EPOCH: Final = "UPDATE key_head SET epoch = $1 WHERE id = 1"
_CHANGED: Final = "INSERT INTO key_changes (epoch, key_id, project_id, changed_at) VALUES ($1, $2, $3, $4)"
_NOTIFY: Final = Both(sqlite="SELECT 1", postgres=f"SELECT pg_notify('{CHANNEL}', '')")

_END: Final = "SELECT audit_sequence, audit_hash FROM key_head WHERE id = 1"
_SET_AUDIT: Final = "UPDATE key_head SET audit_sequence = $1, audit_hash = $2 WHERE id = 1"
_COLUMNS: Final = "sequence, at, actor, action, project_id, key_id, detail, previous, hash"
_WRITE: Final = f"INSERT INTO key_audit ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_AFTER: Final = f"SELECT {_COLUMNS} FROM key_audit WHERE sequence > $1 ORDER BY sequence LIMIT $2"
_OF_PROJECT: Final = (
    f"SELECT {_COLUMNS} FROM key_audit WHERE project_id = $1 AND (CAST($2 AS BIGINT) IS NULL OR sequence < $2) "
    "ORDER BY sequence DESC LIMIT $3"
)
_OF_NONE: Final = (
    f"SELECT {_COLUMNS} FROM key_audit WHERE project_id IS NULL AND (CAST($1 AS BIGINT) IS NULL OR sequence < $1) "
    "ORDER BY sequence DESC LIMIT $2"
)
_OF_KEY: Final = (
    f"SELECT {_COLUMNS} FROM key_audit WHERE project_id = $1 AND key_id = $4 "
    "AND (CAST($2 AS BIGINT) IS NULL OR sequence < $2) ORDER BY sequence DESC LIMIT $3"
)


async def restrict(tx: Transaction, at: int, *, key_ids: Sequence[str] = (), project_id: str | None = None) -> int:
    """Give what was known of these keys, or of the project's, up for out of date; the last epoch of it."""
    head = present(await tx.fetch_one(LOCK), "the head of the key tables")
    epoch: int = head[0]
    for key_id in key_ids:
        epoch += 1
        await tx.execute(_CHANGED, epoch, key_id, None, at)
    if project_id is not None:
        epoch += 1
        await tx.execute(_CHANGED, epoch, None, project_id, at)
    await tx.execute(_SET_EPOCH, epoch)
    await tx.fetch_one(_NOTIFY)
    return epoch


async def write_down(
    tx: Transaction, act: Act, action: str, project_id: str | None, key_id: str | None, **detail: Any
) -> None:
    """Append a line to the audit log."""
    await write_down_all(tx, act, [(action, project_id, key_id, detail)])


async def write_down_all(
    tx: Transaction, act: Act, lines: Iterable[tuple[str, str | None, str | None, dict[str, Any]]]
) -> None:
    """Append lines to the audit log: action, project, key and detail of each."""
    head = present(await tx.fetch_one(LOCK), "the head of the key tables")
    sequence, previous = head[1], head[2]
    for action, project_id, key_id, detail in lines:
        sequence += 1
        recorded = detail | ({"reason": act.reason} if act.reason is not None else {})
        entry = chained(
            previous,
            sequence,
            at=act.at,
            actor=act.by,
            action=action,
            project_id=project_id,
            key_id=key_id,
            detail=recorded,
        )
        await tx.execute(
            _WRITE,
            sequence,
            entry.at,
            entry.actor,
            entry.action,
            entry.project_id,
            entry.key_id,
            canonical(entry.detail).decode(),
            entry.previous,
            entry.hash,
        )
        previous = entry.hash
    await tx.execute(_SET_AUDIT, sequence, previous)


async def last_line(tx: Transaction) -> tuple[int, str]:
    """Number and hash of the last line that was written."""
    row = present(await tx.fetch_one(_END), "the head of the key tables")
    return row[0], row[1]


async def lines_after(tx: Transaction, after: int, limit: int) -> list[AuditEntry]:
    """The log's lines after this number, oldest first."""
    return [_entry(row) for row in await tx.fetch_all(_AFTER, after, limit)]


async def lines_of(
    tx: Transaction, project_id: str | None, key_id: str | None, before: int | None, limit: int
) -> list[AuditEntry]:
    """A project's lines, newest first; those of one key where that is given. Without a project, those of none."""
    if project_id is None:
        return [_entry(row) for row in await tx.fetch_all(_OF_NONE, before, limit)]
    if key_id is None:
        return [_entry(row) for row in await tx.fetch_all(_OF_PROJECT, project_id, before, limit)]
    return [_entry(row) for row in await tx.fetch_all(_OF_KEY, project_id, before, limit, key_id)]


def _entry(row: Row) -> AuditEntry:
    return AuditEntry(
        sequence=row[0],
        at=row[1],
        actor=row[2],
        action=row[3],
        project_id=row[4],
        key_id=row[5],
        detail=_detail(row[6]),
        previous=row[7],
        hash=row[8],
    )


def _detail(kept: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(kept, type=dict[str, Any])
    except msgspec.MsgspecError:
        # Nobody wrote this here, and it fits no hash.
        return {"unreadable": str(kept)}
