"""All rows of a database, out of one moment of it and into another one. Used by :mod:`keyturn.database.backup`."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final, Protocol

from keyturn.database.errors import StoreError, StoreUnavailable
from keyturn.database.opening import POSTGRES_SCHEMES, SQLITE_SCHEME
from keyturn.database.ports import Dialect, Transaction
from keyturn.database.shape import Table
from keyturn.database.sqlite import SqliteTransaction, _connect

ROWS_AT_ONCE: Final = 200

Rows = list[tuple[Any, ...]]


class Source(Protocol):
    """One moment of a database; nothing that is committed meanwhile is seen, and nobody is held up."""

    dialect: Dialect
    tx: Transaction

    async def table_names(self) -> set[str]:
        """The tables that there are."""
        ...

    def rows(self, table: Table) -> AsyncIterator[Rows]:
        """A table's rows, some hundreds at a time, with values as Python has them."""
        ...


class Target(Protocol):
    """A database in one transaction: all that is done to it becomes visible at its end, or nothing."""

    dialect: Dialect
    tx: Transaction

    async def table_names(self) -> set[str]:
        """The tables that there are."""
        ...

    async def drop_tables(self, names: Iterable[str]) -> None:
        """Drop these tables with all their rows."""
        ...

    async def load(self, table: Table, rows: AsyncIterator[Rows]) -> None:
        """Put rows into a table. What references what is not looked at before :meth:`check_references`."""
        ...

    async def suspend_references(self) -> None:
        """Let rows come in any order."""
        ...

    async def check_references(self) -> None:
        """Hold rows to their references from here on.

        Raises:
            StoreError: one references nothing.
        """
        ...


def open_source(url: str) -> AbstractAsyncContextManager[Source]:
    """Open a database to be read as it is at this moment; it is never made.

    Raises:
        StoreUnavailable: there is none, or it cannot be read.
    """
    if url.startswith(SQLITE_SCHEME):
        return _sqlite_source(Path(url.removeprefix(SQLITE_SCHEME)))
    source: AbstractAsyncContextManager[Source] = _postgres(url).open_source(url)
    return source


def open_target(url: str) -> AbstractAsyncContextManager[Target]:
    """Open a database to be filled, within one transaction that ends with the block; SQLite's file is made.

    Raises:
        StoreUnavailable: it cannot be written to.
    """
    if url.startswith(SQLITE_SCHEME):
        return _sqlite_target(Path(url.removeprefix(SQLITE_SCHEME)))
    target: AbstractAsyncContextManager[Target] = _postgres(url).open_target(url)
    return target


def _postgres(url: str) -> Any:
    if not url.startswith(POSTGRES_SCHEMES):
        raise StoreUnavailable(f"unknown database URL scheme {url.partition(':')[0]!r}")
    try:
        from keyturn.database import postgres_transfer
    except ModuleNotFoundError as error:
        raise StoreUnavailable("PostgreSQL needs the driver asyncpg: pip install 'keyturn[postgres]'") from error
    return postgres_transfer


class _SqliteSide:
    dialect: Dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.tx: Transaction = SqliteTransaction(connection)

    async def table_names(self) -> set[str]:
        rows = self._connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        )
        return {row[0] for row in rows}


class _SqliteSource(_SqliteSide):
    async def rows(self, table: Table) -> AsyncIterator[Rows]:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        flags = [place for place, column in enumerate(table.columns) if column.kind == "boolean"]
        cursor = self._connection.execute(f'SELECT {names} FROM "{table.name}"')  # noqa: S608 — the schema's own names
        while found := cursor.fetchmany(ROWS_AT_ONCE):
            rows = [list(row) for row in found]
            for row in rows:
                for place in flags:
                    row[place] = None if row[place] is None else bool(row[place])
            yield [tuple(row) for row in rows]


class _SqliteTarget(_SqliteSide):
    async def drop_tables(self, names: Iterable[str]) -> None:
        for name in names:
            self._connection.execute(f'DROP TABLE "{name}"')

    async def load(self, table: Table, rows: AsyncIterator[Rows]) -> None:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        places = ", ".join("?" for _ in table.columns)
        self._connection.execute(f'DELETE FROM "{table.name}"')  # noqa: S608 — the schema's own names
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({places})'  # noqa: S608
        async for some in rows:
            self._connection.executemany(statement, some)

    async def suspend_references(self) -> None:
        """They are not looked at on this connection."""

    async def check_references(self) -> None:
        broken = self._connection.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise StoreError(f"a row of {broken[0]} references a row of {broken[2]} that is not there")


@contextlib.asynccontextmanager
async def _sqlite_source(path: Path) -> AsyncIterator[_SqliteSource]:
    if not path.is_file():  # noqa: ASYNC240 — nothing else runs beside a backup
        raise StoreUnavailable(f"there is no SQLite database {path}")
    with _unavailable(path), contextlib.closing(_connect(path, reads_only=True)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # the moment begins with the first read
        yield _SqliteSource(connection)


@contextlib.asynccontextmanager
async def _sqlite_target(path: Path) -> AsyncIterator[_SqliteTarget]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # noqa: ASYNC240 — nothing else runs beside a backup
    except OSError as error:
        raise StoreUnavailable(f"cannot make the SQLite database {path}: {error.strerror or error}") from error
    with _unavailable(path), contextlib.closing(_connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield _SqliteTarget(connection)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


@contextlib.contextmanager
def _unavailable(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"SQLite database {path}: {error}") from error
