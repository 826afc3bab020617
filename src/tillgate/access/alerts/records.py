"""Every statement about alerts."""

from typing import Final

import msgspec

from keyturn.database import Both
from tillgate.access.alerts.model import Alert, AlertKind
from tillgate.store import Row, Transaction

_COLUMNS: Final = "id, project_id, livemode, kind, subject_id, detail, created_at"
_INSERT: Final = (
    "INSERT INTO alerts (id, project_id, livemode, kind, cause, subject_id, detail, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (cause) DO NOTHING"
)
_OPEN: Final = (
    f"SELECT {_COLUMNS} FROM alerts WHERE project_id = $1 AND livemode = $2 AND dismissed_at IS NULL "
    "ORDER BY id DESC LIMIT $3"
)
# Who runs a project: its owners and admins, and the owners of the installation.
_RECIPIENTS: Final = (
    "SELECT u.email, u.installation_owner, m.role FROM users u "
    "LEFT JOIN memberships m ON m.user_id = u.id AND m.project_id = $1 "
    "WHERE u.installation_owner OR m.role IN ('owner', 'admin') ORDER BY u.email LIMIT $2"
)
_OLD: Final = "SELECT id FROM alerts WHERE created_at < $1 ORDER BY created_at LIMIT $2"
_DROP: Final = Both(
    sqlite=f"DELETE FROM alerts WHERE id IN ({_OLD})",
    postgres=f"DELETE FROM alerts WHERE id IN ({_OLD} FOR UPDATE SKIP LOCKED)",
)
_READ: Final = "alerts_read_audit"


async def insert(tx: Transaction, alert: Alert, cause: str) -> bool:
    """Keep a new alert; False where there was one for this cause."""
    inserted = await tx.execute(
        _INSERT,
        alert.id,
        alert.project_id,
        alert.livemode,
        alert.kind.value,
        cause,
        alert.subject_id,
        msgspec.json.encode(alert.detail).decode(),
        alert.created_at,
    )
    return inserted == 1


async def by_id(tx: Transaction, alert_id: str) -> Alert | None:
    """One alert."""
    row = await tx.fetch_one(f"SELECT {_COLUMNS} FROM alerts WHERE id = $1", alert_id)
    return _alert(row) if row is not None else None


async def open_of(tx: Transaction, project_id: str, livemode: bool, limit: int) -> list[Alert]:
    """A project's alerts that nobody has dismissed, newest first."""
    return [_alert(row) for row in await tx.fetch_all(_OPEN, project_id, livemode, limit)]


async def dismiss(tx: Transaction, project_id: str, livemode: bool, alert_id: str, now: int) -> int:
    """Show an alert no more; 0 where it is not this project's, or is shown no more already."""
    return await tx.execute(
        "UPDATE alerts SET dismissed_at = $1 WHERE id = $2 AND project_id = $3 AND livemode = $4 "
        "AND dismissed_at IS NULL",
        now,
        alert_id,
        project_id,
        livemode,
    )


async def recipients(tx: Transaction, project_id: str | None, limit: int) -> list[tuple[str, bool, str | None]]:
    """Who runs a project: the address, whether they own the installation, and their role in the project."""
    rows = await tx.fetch_all(_RECIPIENTS, project_id or "", limit)
    return [(row["email"], bool(row["installation_owner"]), row["role"]) for row in rows]


async def drop_older(tx: Transaction, cutoff: int, limit: int) -> int:
    """Drop a batch of alerts that are older than an instant; how many."""
    return await tx.execute(_DROP, cutoff, limit)


async def read_until(tx: Transaction) -> int | None:
    """Up to which line the audit log was read for alerts; None where it never was."""
    row = await tx.fetch_one("SELECT value FROM instance_facts WHERE name = $1", _READ)
    return int(row["value"]) if row is not None else None


async def begin_reading(tx: Transaction, sequence: int) -> None:
    """Read the audit log for alerts from this line on, unless that has begun."""
    await tx.execute(
        "INSERT INTO instance_facts (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", _READ, str(sequence)
    )


async def note_read(tx: Transaction, before: int, after: int) -> bool:
    """Write up to where the audit log was read; False where somebody else has read on from there."""
    changed = await tx.execute(
        "UPDATE instance_facts SET value = $1 WHERE name = $2 AND value = $3", str(after), _READ, str(before)
    )
    return changed == 1


def _alert(row: Row) -> Alert:
    return Alert(
        id=row["id"],
        project_id=row["project_id"],
        livemode=bool(row["livemode"]),
        kind=AlertKind(row["kind"]),
        subject_id=row["subject_id"],
        detail=msgspec.json.decode(row["detail"], type=dict[str, str]),
        created_at=row["created_at"],
    )
