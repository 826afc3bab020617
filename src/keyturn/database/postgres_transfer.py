"""All rows of a PostgreSQL database, out of one moment of it and into another one.

See :mod:`keyturn.database.transfer`.
"""

import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import asyncpg

from keyturn.database.errors import StoreError, StoreUnavailable
from keyturn.database.ports import Dialect, Transaction
from keyturn.database.postgres import CONNECT_TIMEOUT_SECONDS, PostgresTransaction, connecting
from keyturn.database.shape import Table
from keyturn.database.transfer import ROWS_AT_ONCE, Rows


class _Side:
    dialect: Dialect = "postgres"

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.tx: Transaction = PostgresTransaction(connection)

    async def table_names(self) -> set[str]:
        rows = await self._connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return {row[0] for row in rows}


class _Source(_Side):
    async def rows(self, table: Table) -> AsyncIterator[Rows]:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        cursor = await self._connection.cursor(f'SELECT {names} FROM "{table.name}"')  # noqa: S608 — the schema's names
        while found := await cursor.fetch(ROWS_AT_ONCE):
            yield [tuple(row) for row in found]


class _Target(_Side):
    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._references: list[Any] = []

    async def drop_tables(self, names: Iterable[str]) -> None:
        # In one statement, so that they may reference each other; what others have built on them is in the way.
        quoted = ", ".join(f'"{name}"' for name in names)
        await self._connection.execute(f"DROP TABLE {quoted}")

    async def load(self, table: Table, rows: AsyncIterator[Rows]) -> None:
        await self._connection.execute(f'DELETE FROM "{table.name}"')  # noqa: S608 — the schema's own names

        async def each() -> AsyncIterator[tuple[Any, ...]]:
            async for some in rows:
                for row in some:
                    yield row

        await self._connection.copy_records_to_table(
            table.name, records=each(), columns=[column.name for column in table.columns]
        )

    async def suspend_references(self) -> None:
        self._references = await self._connection.fetch(
            "SELECT conrelid::regclass::text AS holder, conname, pg_get_constraintdef(oid) AS definition "
            "FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
        )
        for one in self._references:
            await self._connection.execute(f'ALTER TABLE {one["holder"]} DROP CONSTRAINT "{one["conname"]}"')

    async def check_references(self) -> None:
        for one in self._references:
            await self._connection.execute(
                f'ALTER TABLE {one["holder"]} ADD CONSTRAINT "{one["conname"]}" {one["definition"]}'
            )


@contextlib.asynccontextmanager
async def open_source(url: str) -> AsyncIterator[_Source]:
    """See :func:`keyturn.database.transfer.open_source`. A standby will do."""
    async with _connected(url) as connection:
        with _store_errors():
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield _Source(connection)


@contextlib.asynccontextmanager
async def open_target(url: str) -> AsyncIterator[_Target]:
    """See :func:`keyturn.database.transfer.open_target`."""
    async with _connected(url) as connection:
        with _store_errors():
            async with connection.transaction():
                yield _Target(connection)


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    with connecting():
        connection = await asyncpg.connect(
            url,
            timeout=CONNECT_TIMEOUT_SECONDS,
            server_settings={"application_name": "tillgate", "jit": "off", "lock_timeout": "10s"},
        )
    try:
        yield connection
    finally:
        await connection.close()


@contextlib.contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except asyncpg.PostgresConnectionError as error:
        raise StoreUnavailable(f"PostgreSQL: {error}") from error
    except asyncpg.DataError as error:
        # A NUL, for one: SQLite holds it in a text, PostgreSQL does not.
        raise StoreError(f"PostgreSQL cannot hold a value: {error}") from error
    except asyncpg.PostgresError as error:
        raise StoreError(f"PostgreSQL: {error}") from error
