"""Everything that a database holds, before and after: to say of a refused request that it changed nothing."""

import json
from collections import Counter
from typing import Any

from keyturn.database import Both, Database, Transaction

TABLES = Both(
    sqlite="SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    postgres="SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
)
_COLUMNS = "SELECT name FROM pragma_table_info($1) ORDER BY cid"

# The rows of each table, and how often each is there: as tuples from SQLite, as JSON from PostgreSQL.
Snapshot = dict[str, Counter[Any]]


class Books:
    """All tables of a database. Nothing is left out: in a still shop (see ``tests.shop``) only requests write, and what
    the server keeps of them for itself (last uses, counts, the request log, rate limits) waits in memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._columns: dict[str, tuple[str, ...]] = {}

    async def read(self) -> Snapshot:
        """All that is there now."""
        return await self._database.read(self._of_postgres if self._database.dialect == "postgres" else self._of_sqlite)

    async def _of_postgres(self, tx: Transaction) -> Snapshot:
        """In one statement, for the way there and back is what costs."""
        if not self._columns:
            self._columns = {row[0]: () for row in await tx.fetch_all(TABLES)}
        found: Snapshot = {table: Counter() for table in self._columns}
        every = " UNION ALL ".join(f"SELECT '{name}', row_to_json(x)::TEXT FROM {name} x" for name in found)  # noqa: S608
        for row in await tx.fetch_all(every):
            found[row[0]][row[1]] += 1
        return found

    async def _of_sqlite(self, tx: Transaction) -> Snapshot:
        if not self._columns:
            for row in await tx.fetch_all(TABLES):
                self._columns[row[0]] = tuple(one[0] for one in await tx.fetch_all(_COLUMNS, row[0]))
        return {
            name: Counter(
                tuple(row[position] for position in range(len(columns)))
                for row in await tx.fetch_all(f"SELECT * FROM {name}")  # noqa: S608
            )
            for name, columns in self._columns.items()
        }

    def difference(self, before: Snapshot, after: Snapshot) -> list[str]:
        """What changed, a line each: the table, the row by its first column, and what of it."""
        lines = []
        for name, was in before.items():
            now = after[name]
            if was == now:
                continue
            gone, come = (self._named(name, (one - other).elements()) for one, other in ((was, now), (now, was)))
            for key, row in gone.items():
                other = come.pop(key, None)
                if other is None:
                    lines.append(f"{name}: {key} is gone: {_shown(row)}")
                    continue
                changes = [
                    f"{column} {old!r} -> {other[column]!r}" for column, old in row.items() if old != other[column]
                ]
                lines.append(f"{name}: {key} changed: {', '.join(changes)}")
            lines += [f"{name}: {key} is new: {_shown(row)}" for key, row in come.items()]
        return lines

    def _named(self, table: str, rows: Any) -> dict[Any, dict[str, Any]]:
        """Rows by the value of their first column, their values by column."""
        columns = self._columns[table]
        named = [json.loads(row) if isinstance(row, str) else dict(zip(columns, row, strict=True)) for row in rows]
        return {next(iter(row.values())): row for row in named}


def _shown(row: dict[str, Any]) -> str:
    return ", ".join(f"{column}={value!r}" for column, value in row.items() if value is not None)
