"""Keys in SQLite or PostgreSQL. Every statement about keys is here."""

from collections.abc import Mapping
from typing import Final

from keyturn.limiting import Limit
from keyturn.model import Key, Mode, Status
from keyturn.secret import KeyDigest
from unitofwork import Database, Migration, Row, Transaction, migrations_of

_COLUMNS: Final = (
    "id, project_id, mode, name, format, prefix, last_four, scopes, status, created_at, created_by, "
    "expires_at, revoked_at, revoked_by, last_used_at, disabled_at, disabled_by, networks, rate_per_second, "
    "rate_burst"
)
_BY_DIGEST: Final = f"SELECT {_COLUMNS} FROM api_keys WHERE digest = $1 AND digest_algorithm = $2"
_BY_ID: Final = f"SELECT {_COLUMNS} FROM api_keys WHERE id = $1 AND project_id = $2"
_LIST: Final = (
    f"SELECT {_COLUMNS} FROM api_keys WHERE project_id = $1 AND (CAST($2 AS TEXT) IS NULL OR mode = $2) "
    "ORDER BY created_at DESC, id DESC"
)
_INSERT: Final = (
    "INSERT INTO api_keys (id, project_id, mode, name, format, digest_algorithm, digest, prefix, last_four, "
    "scopes, status, created_at, created_by, expires_at, networks, rate_per_second, rate_burst) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
)
_REVOKE: Final = (
    "UPDATE api_keys SET status = 'revoked', revoked_at = $1, revoked_by = $2 "
    "WHERE id = $3 AND project_id = $4 AND status = 'active'"
)
_DISABLE: Final = (
    "UPDATE api_keys SET disabled_at = $1, disabled_by = $2 "
    "WHERE id = $3 AND project_id = $4 AND status = 'active' AND disabled_at IS NULL"
)
_ENABLE: Final = (
    "UPDATE api_keys SET disabled_at = NULL, disabled_by = NULL "
    "WHERE id = $1 AND project_id = $2 AND status = 'active' AND disabled_at IS NOT NULL"
)
_CHANGE: Final = (
    "UPDATE api_keys SET name = $1, scopes = $2, expires_at = $3, networks = $4, rate_per_second = $5, "
    "rate_burst = $6 WHERE id = $7 AND project_id = $8 AND status = 'active'"
)
_TOUCH: Final = "UPDATE api_keys SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1)"

# Keys held in memory between two commits; each takes about a kilobyte.
READ_MAX: Final = 10_000


def migrations() -> list[Migration]:
    """The steps that make and change the key tables."""
    return migrations_of("keyturn", "keyturn.stores")


class SqlKeyStore:
    """Keys in a database that the caller opened and migrated."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # What was read while the database has this version. No entry outlives a commit, by whomever.
        self._version: int | None = None
        self._read: dict[KeyDigest, Key] = {}

    async def insert(self, key: Key, digest: KeyDigest) -> None:
        async def operation(tx: Transaction) -> None:
            await tx.execute(
                _INSERT,
                key.id,
                key.project_id,
                key.mode.value,
                key.name,
                key.format,
                digest.algorithm,
                digest.value,
                key.prefix,
                key.last_four,
                " ".join(sorted(key.scopes)),
                Status.ACTIVE.value,
                key.created_at,
                key.created_by,
                key.expires_at,
                *_narrowing(key),
            )

        await self._database.write(operation)

    async def by_digest(self, digest: KeyDigest) -> Key | None:
        # Asked before the row is read, so a row is never older than the version it is kept under.
        version = self._database.version()
        if version is None or version != self._version:
            self._read.clear()
            self._version = version
        elif (known := self._read.get(digest)) is not None:
            return known

        async def operation(tx: Transaction) -> Row | None:
            return await tx.fetch_one(_BY_DIGEST, digest.value, digest.algorithm)

        row = await self._database.read(operation)
        if row is None:
            return None
        key = _key(row)
        if version is not None and len(self._read) < READ_MAX:
            self._read[digest] = key
        return key

    async def by_id(self, project_id: str, key_id: str) -> Key | None:
        async def operation(tx: Transaction) -> Row | None:
            return await tx.fetch_one(_BY_ID, key_id, project_id)

        row = await self._database.read(operation)
        return _key(row) if row is not None else None

    async def list(self, project_id: str, mode: str | None) -> list[Key]:
        async def operation(tx: Transaction) -> list[Row]:
            return await tx.fetch_all(_LIST, project_id, mode)

        return [_key(row) for row in await self._database.read(operation)]

    async def revoke(self, project_id: str, key_id: str, *, at: int, by: str) -> bool:
        async def operation(tx: Transaction) -> bool:
            return await tx.execute(_REVOKE, at, by, key_id, project_id) == 1

        return await self._database.write(operation)

    async def set_enabled(self, project_id: str, key_id: str, *, enabled: bool, at: int, by: str) -> bool:
        async def operation(tx: Transaction) -> bool:
            if enabled:
                return await tx.execute(_ENABLE, key_id, project_id) == 1
            return await tx.execute(_DISABLE, at, by, key_id, project_id) == 1

        return await self._database.write(operation)

    async def change(self, key: Key) -> bool:
        async def operation(tx: Transaction) -> bool:
            scopes = " ".join(sorted(key.scopes))
            changed = await tx.execute(
                _CHANGE, key.name, scopes, key.expires_at, *_narrowing(key), key.id, key.project_id
            )
            return changed == 1

        return await self._database.write(operation)

    async def touch(self, used_at: Mapping[str, int]) -> None:
        async def operation(tx: Transaction) -> None:
            # In the order of the ids, so that two processes never wait for each other in a circle.
            for key_id in sorted(used_at):
                await tx.execute(_TOUCH, used_at[key_id], key_id)

        await self._database.write(operation)


def _narrowing(key: Key) -> tuple[str, float | None, int | None]:
    limit = key.limit
    return " ".join(key.networks), limit.per_second if limit else None, limit.burst if limit else None


def _key(row: Row) -> Key:
    status = Status(row[8])
    if status is Status.ACTIVE and row[15] is not None:
        status = Status.DISABLED
    return Key(
        id=row[0],
        project_id=row[1],
        mode=Mode(row[2]),
        name=row[3],
        format=row[4],
        prefix=row[5],
        last_four=row[6],
        scopes=frozenset(row[7].split()),
        status=status,
        created_at=row[9],
        created_by=row[10],
        expires_at=row[11],
        revoked_at=row[12],
        revoked_by=row[13],
        last_used_at=row[14],
        disabled_at=row[15],
        disabled_by=row[16],
        networks=tuple(row[17].split()),
        limit=Limit(row[18], row[19]) if row[18] is not None else None,
    )
