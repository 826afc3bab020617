"""Every statement about embed sessions."""

from typing import Final

import msgspec

from tillgate.documents.embedding.model import EmbedSession, Terms
from tillgate.store import Row, Transaction

_COLUMNS: Final = "id, project_id, livemode, subject, tenant, actor, terms, publishes, created_at, expires_at"
_INSERT: Final = (
    f"INSERT INTO embed_sessions ({_COLUMNS}, renew_digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
    "ON CONFLICT (project_id, livemode, subject) DO NOTHING"
)


async def insert(tx: Transaction, one: EmbedSession, renew_digest: str | None) -> bool:
    """Keep a new session; False where its project and mode have one with this subject."""
    return (
        await tx.execute(
            _INSERT,
            one.id,
            one.project_id,
            one.livemode,
            one.subject,
            one.tenant,
            one.actor,
            msgspec.json.encode(one.terms).decode() if one.terms is not None else None,
            one.publishes,
            one.created_at,
            one.expires_at,
            renew_digest,
        )
        == 1
    )


async def by_subject(tx: Transaction, project_id: str, livemode: bool, subject: str) -> EmbedSession | None:
    """The session whose tokens have this subject."""
    row = await tx.fetch_one(
        f"SELECT {_COLUMNS} FROM embed_sessions WHERE project_id = $1 AND livemode = $2 AND subject = $3",
        project_id,
        livemode,
        subject,
    )
    return _session(row) if row is not None else None


async def renew(
    tx: Transaction, project_id: str, livemode: bool, digest: str, next_digest: str, now: int, expires_at: int
) -> EmbedSession | None:
    """Use a renew token up: the session that it is of, which has the next one from now on; None where it is of none."""
    changed = await tx.execute(
        "UPDATE embed_sessions SET renew_digest = $1, expires_at = $2 "
        "WHERE renew_digest = $3 AND project_id = $4 AND livemode = $5 AND expires_at > $6",
        next_digest,
        expires_at,
        digest,
        project_id,
        livemode,
        now,
    )
    if changed != 1:
        return None
    row = await tx.fetch_one(f"SELECT {_COLUMNS} FROM embed_sessions WHERE renew_digest = $1", next_digest)
    return _session(row) if row is not None else None


async def count_publish(tx: Transaction, session_id: str, most: int) -> bool:
    """Count something that is published; False where as much was published as may be."""
    return (
        await tx.execute(
            "UPDATE embed_sessions SET publishes = publishes + 1 WHERE id = $1 AND publishes < $2", session_id, most
        )
        == 1
    )


async def prolong(tx: Transaction, session_id: str, expires_at: int) -> None:
    """Keep a session at least until then."""
    await tx.execute(
        "UPDATE embed_sessions SET expires_at = $1 WHERE id = $2 AND expires_at < $1", expires_at, session_id
    )


async def ended_before(tx: Transaction, before: int, limit: int) -> list[str]:
    """Up to ``limit`` sessions that ended before this instant."""
    rows = await tx.fetch_all(
        "SELECT id FROM embed_sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2", before, limit
    )
    return [row["id"] for row in rows]


async def delete(tx: Transaction, session_id: str) -> None:
    """Forget a session."""
    await tx.execute("DELETE FROM embed_sessions WHERE id = $1", session_id)


def _session(row: Row) -> EmbedSession:
    return EmbedSession(
        id=row["id"],
        project_id=row["project_id"],
        livemode=bool(row["livemode"]),
        subject=row["subject"],
        tenant=row["tenant"],
        actor=row["actor"],
        terms=msgspec.json.decode(row["terms"], type=Terms) if row["terms"] is not None else None,
        publishes=row["publishes"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )
