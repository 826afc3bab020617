"""PostgreSQL behind the unit of work: a pool of asyncpg connections, one transaction an operation."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import asyncpg

from unitofwork.errors import StoreUnavailable, UniqueViolation
from unitofwork.ports import Both, Dialect, Operation, Row, Sql

T = TypeVar("T")

POOL_MIN = 2
POOL_MAX = 24
CONNECT_TIMEOUT_SECONDS = 10
RETRIES_MAX = 8

_RETRIED = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
_UNAVAILABLE = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
)


class _Connection(asyncpg.Connection):
    """A pooled connection that is handed on as it is, unless somebody left a transaction open.

    asyncpg's reset query costs a round trip on every release; our operations set nothing that
    outlives their transaction.
    """

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 — asyncpg's signature
        if self.is_in_transaction():
            await super().reset(timeout=timeout)


def _text(sql: Sql) -> str:
    return sql.postgres if isinstance(sql, Both) else sql


class PostgresTransaction:
    """Statements on one connection of the pool."""

    __slots__ = ("_connection", "callbacks")

    dialect: Dialect = "postgres"

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.callbacks: list[Callable[[], None]] = []

    async def fetch_one(self, sql: Sql, *params: Any) -> Row | None:
        try:
            row: Row | None = await self._connection.fetchrow(_text(sql), *params)
        except asyncpg.UniqueViolationError as error:
            raise UniqueViolation(str(error)) from error
        return row

    async def fetch_all(self, sql: Sql, *params: Any) -> list[Row]:
        rows: list[Row] = await self._connection.fetch(_text(sql), *params)
        return rows

    async def execute(self, sql: Sql, *params: Any) -> int:
        try:
            status: str = await self._connection.execute(_text(sql), *params)
        except asyncpg.UniqueViolationError as error:
            raise UniqueViolation(str(error)) from error
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    def after_commit(self, callback: Callable[[], None]) -> None:
        self.callbacks.append(callback)


class PostgresDatabase:
    """One PostgreSQL database. Open it with :func:`open_postgres`."""

    dialect: Dialect = "postgres"

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def read(self, operation: Operation[T]) -> T:
        try:
            async with self._pool.acquire() as connection:
                return await operation(PostgresTransaction(connection))
        except _UNAVAILABLE as error:
            raise StoreUnavailable(f"PostgreSQL: {error}") from error

    async def write(self, operation: Operation[T]) -> T:
        for attempt in range(RETRIES_MAX):
            try:
                async with self._pool.acquire() as connection:
                    transaction = PostgresTransaction(connection)
                    async with connection.transaction():
                        answer = await operation(transaction)
            except _RETRIED:
                await asyncio.sleep(0.002 * 2**attempt)
                continue
            except _UNAVAILABLE as error:
                raise StoreUnavailable(f"PostgreSQL: {error}") from error
            for callback in transaction.callbacks:
                callback()
            return answer
        raise StoreUnavailable(f"PostgreSQL: gave up after {RETRIES_MAX} conflicts with other transactions")

    async def close(self) -> None:
        await self._pool.close()


async def open_postgres(url: str) -> PostgresDatabase:
    """Connect to ``postgresql://user@host/name``.

    Raises:
        StoreUnavailable: the server does not answer, or refuses. The message never holds the URL,
            which may carry a password.
    """
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=POOL_MIN,
            max_size=POOL_MAX,
            timeout=CONNECT_TIMEOUT_SECONDS,
            connection_class=_Connection,
            server_settings={"application_name": "tillgate", "jit": "off"},
        )
    except (*_UNAVAILABLE, asyncpg.PostgresError, TimeoutError, ValueError) as error:
        raise StoreUnavailable(f"cannot connect to PostgreSQL: {error}") from error
    return PostgresDatabase(pool)
