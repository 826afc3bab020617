"""The tables that a list of migrations makes, read from SQLite after it has run them."""

import sqlite3
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from keyturn.database.errors import MigrationError
from keyturn.database.migrations import Migration

Kind = Literal["text", "integer", "boolean", "bytes", "float"]

_KINDS: Final[dict[str, Kind]] = {
    "TEXT": "text",
    "BIGINT": "integer",
    "INTEGER": "integer",
    "BOOLEAN": "boolean",
    "BYTEA": "bytes",
    "DOUBLE PRECISION": "float",
}


class Column(NamedTuple):
    """A column, and what it holds besides NULL."""

    name: str
    kind: Kind


class Table(NamedTuple):
    """A table and its columns, in the order in which they were made."""

    name: str
    columns: tuple[Column, ...]


def tables_of(migrations: Iterable[Migration]) -> list[Table]:
    """Every table that there is once these migrations were applied, by name; not the list of migrations itself.

    Raises:
        MigrationError: a column is of a type that the two databases do not share.
    """
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for migration in migrations:
            for statement in migration.statements:
                connection.execute(statement)
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        return [Table(name, tuple(_columns(connection, name))) for (name,) in names]
    finally:
        connection.close()


def _columns(connection: sqlite3.Connection, table: str) -> Iterable[Column]:
    for name, declared in connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,)):
        if declared.upper() not in _KINDS:
            raise MigrationError(
                f"{table}.{name} is declared {declared!r}; expected one of {', '.join(sorted(_KINDS))}, which SQLite "
                "and PostgreSQL share"
            )
        yield Column(name, _KINDS[declared.upper()])
