"""Every statement about saved filters."""

from typing import Final, NamedTuple

from tillgate.store import Transaction

_OF: Final = (
    "SELECT name, query FROM saved_filters WHERE user_id = $1 AND project_id = $2 AND list = $3 ORDER BY name LIMIT $4"
)
_SAVE: Final = (
    "INSERT INTO saved_filters (user_id, project_id, list, name, query, created_at) VALUES ($1, $2, $3, $4, $5, $6) "
    "ON CONFLICT (user_id, project_id, list, name) DO UPDATE SET query = excluded.query"
)
_RENAME: Final = (
    "UPDATE saved_filters SET name = $5 WHERE user_id = $1 AND project_id = $2 AND list = $3 AND name = $4 "
    "AND NOT EXISTS (SELECT 1 FROM saved_filters o WHERE o.user_id = $1 AND o.project_id = $2 AND o.list = $3 "
    "AND o.name = $5)"
)
_REMOVE: Final = "DELETE FROM saved_filters WHERE user_id = $1 AND project_id = $2 AND list = $3 AND name = $4"


class Owner(NamedTuple):
    """Whose filters, and of which list."""

    user_id: str
    project_id: str
    list: str


class Saved(NamedTuple):
    """Filters under a name, as they stand in a list's address."""

    name: str
    query: str


async def of(tx: Transaction, owner: Owner, limit: int) -> list[Saved]:
    """What somebody has saved of a list, by name."""
    return [Saved(row["name"], row["query"]) for row in await tx.fetch_all(_OF, *owner, limit)]


async def save(tx: Transaction, owner: Owner, one: Saved, now: int) -> None:
    """Keep filters under a name, in place of those that have it."""
    await tx.execute(_SAVE, *owner, *one, now)


async def rename(tx: Transaction, owner: Owner, name: str, to: str) -> int:
    """Give them another name; 0 if there are none of the first name, or some of the other."""
    return await tx.execute(_RENAME, *owner, name, to)


async def remove(tx: Transaction, owner: Owner, name: str) -> int:
    """Forget them; 0 if there are none."""
    return await tx.execute(_REMOVE, *owner, name)
