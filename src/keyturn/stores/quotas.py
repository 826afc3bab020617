"""What was used of monthly quotas, in SQLite or PostgreSQL."""

from typing import Final

from keyturn.database import SOON_SECONDS, Both, Database, Row, Transaction
from keyturn.invariants import present
from keyturn.limiting.quotas import Quota, block

_BEGIN: Final = (
    "INSERT INTO key_quota_uses (subject, month, used) VALUES ($1, $2, 0) ON CONFLICT (subject, month) DO NOTHING"
)
_USED: Final = "SELECT used FROM key_quota_uses WHERE subject = $1 AND month = $2"
_HELD: Final = Both(sqlite=_USED, postgres=f"{_USED} FOR UPDATE")
_TAKE: Final = "UPDATE key_quota_uses SET used = used + $1 WHERE subject = $2 AND month = $3"
_GIVE_BACK: Final = (
    "UPDATE key_quota_uses SET used = CASE WHEN used > $1 THEN used - $1 ELSE 0 END WHERE subject = $2 AND month = $3"
)
_FORGET: Final = (
    "DELETE FROM key_quota_uses WHERE (subject, month) IN "
    "(SELECT o.subject, o.month FROM key_quota_uses o WHERE o.month < $1 LIMIT $2)"
)


class SqlQuotas:
    """Counts in a database that the caller opened and migrated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, quota: Quota, month: int, least: int) -> tuple[int, int]:
        async def operation(tx: Transaction) -> tuple[int, int]:
            row = await tx.fetch_one(_HELD, quota.subject, month)
            if row is None:
                await tx.execute(_BEGIN, quota.subject, month)
                row = present(await tx.fetch_one(_HELD, quota.subject, month), "the count of a quota")
            used: int = row[0]
            given = block(quota.requests - used, least)
            if given:
                await tx.execute(_TAKE, given, quota.subject, month)
            return given, used + given

        return await self._database.write(operation, within_seconds=SOON_SECONDS)

    async def give_back(self, subject: str, month: int, requests: int) -> None:
        async def operation(tx: Transaction) -> int:
            return await tx.execute(_GIVE_BACK, requests, subject, month)

        await self._database.write(operation)

    async def used(self, subject: str, month: int) -> int:
        async def operation(tx: Transaction) -> Row | None:
            return await tx.fetch_one(_USED, subject, month)

        row = await self._database.read(operation)
        return row[0] if row is not None else 0

    async def forget_quotas(self, before: int, limit: int) -> int:
        async def operation(tx: Transaction) -> int:
            return await tx.execute(_FORGET, before, limit)

        return await self._database.write(operation)
