"""Every statement about renders."""

from typing import Final

from tillgate.documents.renders.model import Counted, Render, RenderStatus
from tillgate.store import Row, Transaction

_COLUMNS: Final = (
    "id, project_id, livemode, template_id, version_number, status, asked_by, named, filename, error, pages, "
    "created_at, started_at, completed_at"
)
# A name that is there already is another's render: nothing is written then.
_INSERT: Final = (
    f"INSERT INTO renders ({_COLUMNS}, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) "
    "ON CONFLICT DO NOTHING"
)
_OPEN: Final = (
    "SELECT COUNT(*) AS found FROM (SELECT 1 FROM renders WHERE project_id = $1 AND livemode = $2 "
    "AND status IN ('queued', 'rendering') LIMIT $3) AS unended"
)

# Of those that have not come to their end, the ones whose jobs have failed for good.
_ABANDONED: Final = (
    "SELECT j.key FROM jobs j JOIN renders r ON r.id = j.key WHERE j.state = 'failed' AND j.run_at IS NULL "
    "AND j.kind IN ($1, $2) AND r.status IN ('queued', 'rendering') ORDER BY j.id LIMIT $3"
)


async def insert(tx: Transaction, one: Render, data: str) -> bool:
    """Keep a new render; False where its project and mode have one of this name."""
    return (
        await tx.execute(
            _INSERT,
            one.id,
            one.project_id,
            one.livemode,
            one.template_id,
            one.version_number,
            one.status.value,
            one.asked_by,
            one.named,
            one.filename,
            one.error,
            one.pages,
            one.created_at,
            one.started_at,
            one.completed_at,
            data,
        )
        == 1
    )


async def by_id(tx: Transaction, project_id: str, livemode: bool, render_id: str) -> Render | None:
    """One render of this project and mode."""
    row = await tx.fetch_one(
        f"SELECT {_COLUMNS} FROM renders WHERE id = $1 AND project_id = $2 AND livemode = $3",
        render_id,
        project_id,
        livemode,
    )
    return _render(row) if row is not None else None


async def by_name(tx: Transaction, project_id: str, livemode: bool, named: str) -> Render | None:
    """The render that its caller has named so."""
    row = await tx.fetch_one(
        f"SELECT {_COLUMNS} FROM renders WHERE project_id = $1 AND livemode = $2 AND named = $3",
        project_id,
        livemode,
        named,
    )
    return _render(row) if row is not None else None


async def of_template(tx: Transaction, template_id: str, livemode: bool, after: str | None, limit: int) -> list[Render]:
    """Up to ``limit`` renders of a template in a mode, the newest first, older than ``after``."""
    older = "AND id < $4" if after is not None else "AND $4 = ''"
    rows = await tx.fetch_all(
        f"SELECT {_COLUMNS} FROM renders WHERE template_id = $1 AND livemode = $2 {older} ORDER BY id DESC LIMIT $3",
        template_id,
        livemode,
        limit,
        after or "",
    )
    return [_render(row) for row in rows]


async def waiting(tx: Transaction, project_id: str, livemode: bool, most: int) -> int:
    """How many renders of this project and mode have not come to their end, counted up to ``most``."""
    row = await tx.fetch_one(_OPEN, project_id, livemode, most)
    return int(row["found"]) if row is not None else 0


async def begun(tx: Transaction, render_id: str, now: int) -> tuple[Render, str] | None:
    """Note that a worker has begun, and give the render and its data; None where it has come to its end."""
    changed = await tx.execute(
        "UPDATE renders SET status = 'rendering', started_at = COALESCE(started_at, $2) "
        "WHERE id = $1 AND status IN ('queued', 'rendering')",
        render_id,
        now,
    )
    if changed != 1:
        return None
    row = await tx.fetch_one(f"SELECT {_COLUMNS}, data FROM renders WHERE id = $1", render_id)
    return (_render(row), row["data"]) if row is not None else None


async def end(tx: Transaction, one: Render) -> bool:
    """Note how a render ended; False where it had ended before."""
    return (
        await tx.execute(
            "UPDATE renders SET status = $2, error = $3, pages = $4, completed_at = $5 "
            "WHERE id = $1 AND status = 'rendering'",
            one.id,
            one.status.value,
            one.error,
            one.pages,
            one.completed_at,
        )
        == 1
    )


async def abandoned(tx: Transaction, kinds: tuple[str, str], limit: int) -> list[str]:
    """Up to ``limit`` renders that have not ended, and whose jobs of these kinds have failed for good."""
    return [row["key"] for row in await tx.fetch_all(_ABANDONED, *kinds, limit)]


async def ended_before(tx: Transaction, before: int, limit: int) -> list[str]:
    """Up to ``limit`` renders that ended before this instant."""
    rows = await tx.fetch_all(
        "SELECT id FROM renders WHERE completed_at < $1 ORDER BY completed_at LIMIT $2", before, limit
    )
    return [row["id"] for row in rows]


async def delete(tx: Transaction, render_id: str) -> int:
    """Forget a render."""
    return await tx.execute("DELETE FROM renders WHERE id = $1", render_id)


async def count_one(tx: Transaction, project_id: str, month: str, asked_by: str) -> None:
    """Count a live render that succeeded, in the month of its end."""
    await tx.execute(
        "INSERT INTO render_counts (project_id, month, asked_by, renders) VALUES ($1, $2, $3, 1) "
        "ON CONFLICT (project_id, month, asked_by) DO UPDATE SET renders = render_counts.renders + 1",
        project_id,
        month,
        asked_by,
    )


async def counts(tx: Transaction, project_id: str, month: str, limit: int) -> list[Counted]:
    """Up to ``limit`` counts of a month, by who asked."""
    rows = await tx.fetch_all(
        "SELECT asked_by, renders FROM render_counts WHERE project_id = $1 AND month = $2 ORDER BY asked_by LIMIT $3",
        project_id,
        month,
        limit,
    )
    return [Counted(row["asked_by"], row["renders"]) for row in rows]


async def counted_in(tx: Transaction, project_id: str, month: str) -> int:
    """How many live renders of a month have succeeded."""
    row = await tx.fetch_one(
        "SELECT COALESCE(SUM(renders), 0) AS found FROM render_counts WHERE project_id = $1 AND month = $2",
        project_id,
        month,
    )
    return int(row["found"]) if row is not None else 0


def _render(row: Row) -> Render:
    return Render(
        id=row["id"],
        project_id=row["project_id"],
        livemode=bool(row["livemode"]),
        template_id=row["template_id"],
        version_number=row["version_number"],
        status=RenderStatus(row["status"]),
        asked_by=row["asked_by"],
        named=row["named"],
        filename=row["filename"],
        error=row["error"],
        pages=row["pages"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        completed_at=row["completed_at"],
    )
