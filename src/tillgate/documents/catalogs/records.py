"""Every statement about catalogs."""

from typing import Final

import msgspec

from tillgate.documents.catalogs.model import Catalog, Variables
from tillgate.store import Row, Transaction

_COLUMNS: Final = "id, project_id, name, version, catalog, created_at"


async def insert(tx: Transaction, one: Catalog) -> bool:
    """Keep a new version; False where there is one of this number."""
    return (
        await tx.execute(
            f"INSERT INTO embed_catalogs ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            one.id,
            one.project_id,
            one.name,
            one.version,
            msgspec.json.encode(one.variables).decode(),
            one.created_at,
        )
        == 1
    )


async def newest(tx: Transaction, project_id: str, name: str) -> Catalog | None:
    """The current version of a catalog."""
    row = await tx.fetch_one(
        f"SELECT {_COLUMNS} FROM embed_catalogs WHERE project_id = $1 AND name = $2 ORDER BY version DESC LIMIT 1",
        project_id,
        name,
    )
    return _catalog(row) if row is not None else None


async def by_version(tx: Transaction, project_id: str, name: str, version: int) -> Catalog | None:
    """One version of a catalog."""
    row = await tx.fetch_one(
        f"SELECT {_COLUMNS} FROM embed_catalogs WHERE project_id = $1 AND name = $2 AND version = $3",
        project_id,
        name,
        version,
    )
    return _catalog(row) if row is not None else None


async def names(tx: Transaction, project_id: str, most: int) -> int:
    """How many catalogs a project has, counted up to ``most``."""
    row = await tx.fetch_one(
        "SELECT COUNT(*) AS found FROM (SELECT DISTINCT name FROM embed_catalogs WHERE project_id = $1 LIMIT $2) "
        "AS named",
        project_id,
        most,
    )
    return int(row["found"]) if row is not None else 0


async def drop_before(tx: Transaction, project_id: str, name: str, version: int) -> None:
    """Forget the versions of a catalog that are older than this one."""
    await tx.execute(
        "DELETE FROM embed_catalogs WHERE project_id = $1 AND name = $2 AND version < $3", project_id, name, version
    )


def _catalog(row: Row) -> Catalog:
    return Catalog(
        id=row["id"],
        project_id=row["project_id"],
        name=row["name"],
        version=row["version"],
        variables=msgspec.json.decode(row["catalog"], type=Variables),
        created_at=row["created_at"],
    )
