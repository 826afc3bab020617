"""Every statement about partners and the keys of their tokens."""

from typing import Final

import msgspec

from keyturn.database import Both
from tillgate.documents.partners.model import KEYS_MAX, Holder, Partner, VerifyingKey
from tillgate.store import Row, Sealer, Transaction

_COLUMNS: Final = "project_id, live_key, test_key, origins, suspended_at, created_at, updated_at"
_BY_PROJECT: Final = f"SELECT {_COLUMNS} FROM embed_partners WHERE project_id = $1"
_LOCKED: Final = Both(sqlite=_BY_PROJECT, postgres=f"{_BY_PROJECT} FOR NO KEY UPDATE")
_KEY: Final = "id, project_id, holder, public_key, created_at, ends_at"


async def insert(tx: Transaction, one: Partner) -> bool:
    """Keep a new partner; False where its project is one."""
    return (
        await tx.execute(
            f"INSERT INTO embed_partners ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            one.project_id,
            one.live_key,
            one.test_key,
            msgspec.json.encode(one.origins).decode(),
            one.suspended_at,
            one.created_at,
            one.updated_at,
        )
        == 1
    )


async def of_project(tx: Transaction, project_id: str) -> Partner | None:
    """The partner that a project is; None where embed was never enabled."""
    row = await tx.fetch_one(_BY_PROJECT, project_id)
    return _partner(row) if row is not None else None


async def locked(tx: Transaction, project_id: str) -> Partner | None:
    """The same, and nobody else changes it until this transaction ends."""
    row = await tx.fetch_one(_LOCKED, project_id)
    return _partner(row) if row is not None else None


async def by_issuer(tx: Transaction, issuer: str) -> Partner | None:
    """The partner with this publishable key, of either mode."""
    row = await tx.fetch_one(f"SELECT {_COLUMNS} FROM embed_partners WHERE live_key = $1 OR test_key = $1", issuer)
    return _partner(row) if row is not None else None


async def update(tx: Transaction, one: Partner) -> None:
    """Write what may be changed of a locked partner."""
    await tx.execute(
        "UPDATE embed_partners SET origins = $1, suspended_at = $2, updated_at = $3 WHERE project_id = $4",
        msgspec.json.encode(one.origins).decode(),
        one.suspended_at,
        one.updated_at,
        one.project_id,
    )


async def insert_key(tx: Transaction, sealer: Sealer, key: VerifyingKey, private: str | None) -> None:
    """Keep a new key, and of the server's own the private half, sealed."""
    await tx.execute(
        f"INSERT INTO embed_keys ({_KEY}, private_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        key.id,
        key.project_id,
        key.holder.value,
        key.public,
        key.created_at,
        key.ends_at,
        sealer.seal(private) if private is not None else None,
    )


async def end_keys(tx: Transaction, project_id: str, ends_at: int) -> None:
    """Let the keys in use end then."""
    await tx.execute(
        "UPDATE embed_keys SET ends_at = $1 WHERE project_id = $2 AND ends_at IS NULL", ends_at, project_id
    )


async def drop_keys(tx: Transaction, project_id: str, before: int) -> None:
    """Forget a project's keys that ended before this instant."""
    await tx.execute("DELETE FROM embed_keys WHERE project_id = $1 AND ends_at < $2", project_id, before)


async def key_by_id(tx: Transaction, key_id: str) -> VerifyingKey | None:
    """One key, without its private half."""
    row = await tx.fetch_one(f"SELECT {_KEY} FROM embed_keys WHERE id = $1", key_id)
    return _key(row) if row is not None else None


async def keys_of(tx: Transaction, project_id: str) -> list[VerifyingKey]:
    """A project's keys, the newest first."""
    rows = await tx.fetch_all(
        f"SELECT {_KEY} FROM embed_keys WHERE project_id = $1 ORDER BY created_at DESC LIMIT $2", project_id, KEYS_MAX
    )
    return [_key(row) for row in rows]


async def signing_key(tx: Transaction, sealer: Sealer, project_id: str) -> tuple[VerifyingKey, str] | None:
    """The server's key in use for a project, with its private half."""
    row = await tx.fetch_one(
        f"SELECT {_KEY}, private_sealed FROM embed_keys WHERE project_id = $1 AND ends_at IS NULL "
        "AND private_sealed IS NOT NULL ORDER BY created_at DESC LIMIT 1",
        project_id,
    )
    return (_key(row), sealer.open(row["private_sealed"])) if row is not None else None


def _key(row: Row) -> VerifyingKey:
    return VerifyingKey(
        id=row["id"],
        project_id=row["project_id"],
        holder=Holder(row["holder"]),
        public=row["public_key"],
        created_at=row["created_at"],
        ends_at=row["ends_at"],
    )


def _partner(row: Row) -> Partner:
    return Partner(
        project_id=row["project_id"],
        live_key=row["live_key"],
        test_key=row["test_key"],
        origins=tuple(msgspec.json.decode(row["origins"], type=list[str])),
        suspended_at=row["suspended_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
