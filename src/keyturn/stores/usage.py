"""How much keys are used, in SQLite or PostgreSQL, and in this process's memory."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from keyturn.database import Database, Row, Transaction
from keyturn.stores.ports import Count
from keyturn.stores.rows import as_rows, insert_rows

_ADD: Final = insert_rows(
    "key_usage",
    {
        "key_id": "TEXT",
        "day": "BIGINT",
        "outcome": "TEXT",
        "reported": "BIGINT",
        "scope": "TEXT",
        "project_id": "TEXT",
        "requests": "BIGINT",
    },
    "(key_id, day, outcome, reported, scope) DO UPDATE SET requests = key_usage.requests + excluded.requests",
)
_COLUMNS: Final = "key_id, day, outcome, reported, scope, project_id, requests"
_OF_KEY: Final = (
    f"SELECT {_COLUMNS} FROM key_usage WHERE project_id = $1 AND key_id = $3 AND day >= $2 "
    "ORDER BY day, outcome, reported, scope"
)
_SINCE: Final = "SELECT MIN(day) FROM key_usage"
_FORGET: Final = (
    "DELETE FROM key_usage WHERE (key_id, day, outcome, reported, scope) IN "
    "(SELECT o.key_id, o.day, o.outcome, o.reported, o.scope FROM key_usage o WHERE o.day < $1 LIMIT $2)"
)


class SqlUsage:
    """Counts in a database that the caller opened and migrated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_counts(self, counts: Mapping[Count, int]) -> None:
        # In the order of their keys, so that two processes never wait for each other in a circle.
        rows = [
            (one.key_id, one.day, one.outcome, int(one.reported), one.scope, one.project_id, requests)
            for one, requests in sorted(counts.items())
        ]

        async def operation(tx: Transaction) -> None:
            await tx.execute(_ADD, as_rows(rows))

        await self._database.write(operation)

    async def counts(self, project_id: str, key_id: str, since_day: int) -> dict[Count, int]:
        async def operation(tx: Transaction) -> list[Row]:
            return await tx.fetch_all(_OF_KEY, project_id, since_day, key_id)

        return {
            Count(row[0], row[1], row[2], bool(row[3]), row[4], row[5]): row[6]
            for row in await self._database.read(operation)
        }

    async def counted_since(self) -> int | None:
        async def operation(tx: Transaction) -> Row | None:
            return await tx.fetch_one(_SINCE)

        row = await self._database.read(operation)
        day: int | None = row[0] if row is not None else None
        return day

    async def forget_counts(self, before_day: int, limit: int) -> int:
        async def operation(tx: Transaction) -> int:
            return await tx.execute(_FORGET, before_day, limit)

        return await self._database.write(operation)


class MemoryUsage:
    """Counts that end with this process."""

    def __init__(self) -> None:
        self._counts: Counter[Count] = Counter()

    async def add_counts(self, counts: Mapping[Count, int]) -> None:
        self._counts.update(counts)

    async def counts(self, project_id: str, key_id: str, since_day: int) -> dict[Count, int]:
        return {
            one: requests
            for one, requests in sorted(self._counts.items())
            if one.project_id == project_id and one.key_id == key_id and one.day >= since_day
        }

    async def counted_since(self) -> int | None:
        return min((one.day for one in self._counts), default=None)

    async def forget_counts(self, before_day: int, limit: int) -> int:
        old = [one for one in self._counts if one.day < before_day][:limit]
        for one in old:
            del self._counts[one]
        return len(old)
