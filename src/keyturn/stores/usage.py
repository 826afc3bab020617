"""How much keys are used, in SQLite or PostgreSQL, and in this process's memory."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from keyturn.database import Database, Row, Transaction, with_list
from keyturn.insight.usage import ALLOWED, ALLOWED_TOO, WANTED_TOO
from keyturn.stores.ports import Count, Traffic
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
_TRAFFIC: Final = with_list(
    "SELECT key_id, day, SUM(CASE WHEN outcome = 'allowed' THEN requests ELSE 0 END) AS allowed, "
    "SUM(CASE WHEN outcome = 'allowed' THEN 0 ELSE requests END) AS refused FROM key_usage "
    "WHERE key_id IN {list} AND project_id = $2 AND day >= $3 AND reported = 0 "
    "AND outcome NOT IN ('allowed_too', 'wanted_too') GROUP BY key_id, day ORDER BY key_id, day LIMIT $4"
)
# As many keys as a page of them has, on as many days as anything is kept of.
TRAFFIC_MAX: Final = 100_000
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

    async def traffic(self, project_id: str, key_ids: Sequence[str], since_day: int) -> dict[tuple[str, int], Traffic]:
        if not key_ids:
            return {}
        listed = json.dumps(list(key_ids))

        async def operation(tx: Transaction) -> list[Row]:
            return await tx.fetch_all(_TRAFFIC, listed, project_id, since_day, TRAFFIC_MAX)

        return {(row[0], row[1]): Traffic(int(row[2]), int(row[3])) for row in await self._database.read(operation)}

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

    async def traffic(self, project_id: str, key_ids: Sequence[str], since_day: int) -> dict[tuple[str, int], Traffic]:
        found: dict[tuple[str, int], Traffic] = {}
        for one, requests in self._counts.items():
            wanted = one.project_id == project_id and one.key_id in key_ids and one.day >= since_day
            if not wanted or one.reported or one.outcome in (ALLOWED_TOO, WANTED_TOO):
                continue
            allowed, refused = found.get((one.key_id, one.day), Traffic())
            more = (requests, 0) if one.outcome == ALLOWED else (0, requests)
            found[one.key_id, one.day] = Traffic(allowed + more[0], refused + more[1])
        return found

    async def counted_since(self) -> int | None:
        return min((one.day for one in self._counts), default=None)

    async def forget_counts(self, before_day: int, limit: int) -> int:
        old = [one for one in self._counts if one.day < before_day][:limit]
        for one in old:
            del self._counts[one]
        return len(old)
