"""Everything that a database holds, before and after: to say of a refused request that it changed nothing."""

from collections import Counter
from typing import Any, NamedTuple

from unitofwork import Both, Database, Row, Transaction

TABLES = Both(
    sqlite="SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    postgres="SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
)
_COLUMNS = Both(
    sqlite="SELECT name FROM pragma_table_info($1) ORDER BY cid",
    postgres="SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 "
    "ORDER BY ordinal_position",
)


class Table(NamedTuple):
    """A table's rows, each with how often it is there, and what its columns are called."""

    columns: tuple[str, ...]
    rows: Counter[tuple[Any, ...]]


Snapshot = dict[str, Table]


class Books:
    """All tables of a database. Nothing is left out: in a still shop (see ``tests.shop``) only requests write, and what
    the server keeps of them for itself (last uses, counts, the request log, rate limits) waits in memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._columns: dict[str, tuple[str, ...]] = {}

    async def read(self) -> Snapshot:
        """All that is there now."""

        async def operation(tx: Transaction) -> Snapshot:
            if not self._columns:
                for row in await tx.fetch_all(TABLES):
                    self._columns[row[0]] = tuple(one[0] for one in await tx.fetch_all(_COLUMNS, row[0]))
            return {
                name: Table(columns, Counter(_values(row, len(columns)) for row in await tx.fetch_all(_all_of(name))))
                for name, columns in self._columns.items()
            }

        return await self._database.read(operation)


def _all_of(table: str) -> str:
    return f"SELECT * FROM {table}"  # noqa: S608


def _values(row: Row, columns: int) -> tuple[Any, ...]:
    return tuple(row[position] for position in range(columns))


def difference(before: Snapshot, after: Snapshot) -> list[str]:
    """What changed, a line each: the table, the row by its first column, and what of it."""
    lines = []
    for name, was in before.items():
        now = after[name]
        gone, come = was.rows - now.rows, now.rows - was.rows
        by_id = {row[0]: row for row in come}
        for row in gone:
            other = by_id.pop(row[0], None)
            if other is None:
                lines.append(f"{name}: {row[0]} is gone: {_shown(was.columns, row)}")
                continue
            changes = [
                f"{column} {old!r} -> {new!r}"
                for column, old, new in zip(was.columns, row, other, strict=True)
                if old != new
            ]
            lines.append(f"{name}: {row[0]} changed: {', '.join(changes)}")
        lines += [f"{name}: {row[0]} is new: {_shown(was.columns, row)}" for row in by_id.values()]
    return lines


def _shown(columns: tuple[str, ...], row: tuple[Any, ...]) -> str:
    return ", ".join(f"{column}={value!r}" for column, value in zip(columns, row, strict=True) if value is not None)
