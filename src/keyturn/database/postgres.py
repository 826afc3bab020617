"""PostgreSQL behind the unit of work: a pool of asyncpg connections, one transaction an operation."""

import asyncio
import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, TypeVar

import asyncpg
from asyncpg.connect_utils import SessionAttribute
from asyncpg.exceptions import TargetServerAttributeNotMatched

from keyturn.database.errors import StoreUnavailable, UniqueViolation
from keyturn.database.high_water import HighWater
from keyturn.database.ports import Both, Dialect, Operation, Row, Sql, call_all

T = TypeVar("T")

POOL_MIN = 2
CONNECT_TIMEOUT_SECONDS = 10
RETRIES_MAX = 8
LISTEN_AGAIN_SECONDS = 1.0

# The last one: a migration elsewhere changed a table under a prepared statement, which asyncpg has then dropped.
_RETRIED = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.InvalidCachedStatementError)
_UNAVAILABLE = (
    asyncpg.LockNotAvailableError,
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


class _Connection(asyncpg.Connection):
    """A pooled connection that is handed on as it is, unless somebody left a transaction open.

    asyncpg's reset query costs a round trip on every release; our operations set nothing that
    outlives their transaction.
    """

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 — asyncpg's signature
        if self.is_in_transaction():
            await super().reset(timeout=timeout)


def _raise(error: Exception) -> NoReturn:
    # asyncpg's InterfaceError is both a closed connection and a wrong call; only the first may pass by itself.
    if isinstance(error, _UNAVAILABLE) or "clos" in str(error):
        raise StoreUnavailable(f"PostgreSQL: {error}") from error
    raise error


def _text(sql: Sql) -> str:
    return sql.postgres if isinstance(sql, Both) else sql


class PostgresTransaction:
    """Statements on one connection of the pool."""

    __slots__ = ("_connection", "_high_water", "callbacks")

    dialect: Dialect = "postgres"

    def __init__(self, connection: Any, high_water: HighWater | None = None) -> None:
        self._connection = connection
        self._high_water = high_water
        self.callbacks: list[Callable[[], None]] = []

    async def fetch_one(self, sql: Sql, *params: Any) -> Row | None:
        try:
            row: Row | None = await self._connection.fetchrow(_text(sql), *params)
        except asyncpg.UniqueViolationError as error:
            raise UniqueViolation(str(error)) from error
        return row

    async def fetch_all(self, sql: Sql, *params: Any) -> list[Row]:
        try:
            rows: list[Row] = await self._connection.fetch(_text(sql), *params)
        except asyncpg.UniqueViolationError as error:
            raise UniqueViolation(str(error)) from error
        return rows

    async def execute(self, sql: Sql, *params: Any) -> int:
        try:
            status: str = await self._connection.execute(_text(sql), *params)
        except asyncpg.UniqueViolationError as error:
            raise UniqueViolation(str(error)) from error
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    def given_out(self, name: str, number: int) -> None:
        if self._high_water is not None:
            self._high_water.reserve(name, number)
            self.callbacks.append(functools.partial(self._high_water.note, name, number))

    def after_commit(self, callback: Callable[[], None]) -> None:
        self.callbacks.append(callback)


class PostgresDatabase:
    """One PostgreSQL database. Open it with :func:`open_postgres`."""

    dialect: Dialect = "postgres"

    def __init__(self, pool: Any, high_water: HighWater | None = None) -> None:
        self._pool = pool
        self.high_water = high_water
        self._listening: set[asyncio.Task[None]] = set()

    async def read(self, operation: Operation[T]) -> T:
        try:
            async with self._pool.acquire() as connection:
                return await operation(PostgresTransaction(connection))
        except (*_UNAVAILABLE, asyncpg.InterfaceError) as error:
            _raise(error)

    def version(self) -> int | None:
        return None  # it would take the round trip that it is to save

    async def write(self, operation: Operation[T]) -> T:
        for attempt in range(RETRIES_MAX):
            try:
                async with self._pool.acquire() as connection:
                    transaction = PostgresTransaction(connection, self.high_water)
                    async with connection.transaction():
                        answer = await operation(transaction)
            except _RETRIED:
                await asyncio.sleep(0.002 * 2**attempt)
                continue
            except (*_UNAVAILABLE, asyncpg.InterfaceError) as error:
                _raise(error)
            call_all(transaction.callbacks)
            return answer
        raise StoreUnavailable(f"PostgreSQL: gave up after {RETRIES_MAX} conflicts with other transactions")

    def listen(self, channel: str, callback: Callable[[], None]) -> Callable[[], None]:
        task = asyncio.get_running_loop().create_task(self._keep_listening(channel, callback))
        self._listening.add(task)
        task.add_done_callback(self._listening.discard)

        def stop() -> None:
            task.cancel()

        return stop

    async def _keep_listening(self, channel: str, callback: Callable[[], None]) -> None:
        """Hold a connection of the pool that is told of the channel; another one when that is lost."""

        def told(*_: object) -> None:
            callback()

        while True:
            with contextlib.suppress(*_UNAVAILABLE, asyncpg.PostgresError, asyncpg.InterfaceError):
                async with self._pool.acquire() as connection:
                    lost = asyncio.Event()

                    def gone(_: object, lost: asyncio.Event = lost) -> None:
                        lost.set()

                    connection.add_termination_listener(gone)
                    await connection.add_listener(channel, told)
                    try:
                        callback()  # whatever was missed before
                        await lost.wait()
                    finally:
                        if not connection.is_closed():
                            await connection.remove_listener(channel, told)
                            connection.remove_termination_listener(gone)
            await asyncio.sleep(LISTEN_AGAIN_SECONDS)

    async def close(self) -> None:
        for task in list(self._listening):
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        await self._pool.close()
        if self.high_water is not None:
            await asyncio.to_thread(self.high_water.close)


async def open_postgres(url: str, *, connections_max: int, high_water: HighWater | None = None) -> PostgresDatabase:
    """Connect to ``postgresql://user@host/name``.

    Raises:
        StoreUnavailable: the server does not answer, or refuses. The message never holds the URL,
            which may carry a password.
    """
    with connecting():
        pool = await asyncpg.create_pool(
            url,
            min_size=POOL_MIN,
            max_size=max(connections_max, POOL_MIN),
            timeout=CONNECT_TIMEOUT_SECONDS,
            # A standby answers by what was true a moment ago: keys that were revoked since, for one.
            target_session_attrs=SessionAttribute.primary,
            connection_class=_Connection,
            server_settings={"application_name": "tillgate", "jit": "off", "lock_timeout": "10s"},
        )
    return PostgresDatabase(pool, high_water)


@contextlib.contextmanager
def connecting() -> Iterator[None]:
    """Tell why PostgreSQL cannot be connected to, without the URL.

    Raises:
        StoreUnavailable: it cannot.
    """
    try:
        yield
    except TargetServerAttributeNotMatched:
        raise StoreUnavailable(
            "cannot connect to PostgreSQL: this is a standby, which answers by what was true a moment ago; name the "
            "primary, or all of them: postgresql://user@first,second/name"
        ) from None
    except (OSError, asyncpg.PostgresError) as error:
        raise StoreUnavailable(f"cannot connect to PostgreSQL: {str(error) or 'no answer in time'}") from error
    except (asyncpg.InterfaceError, asyncpg.InternalClientError, ValueError):
        # Told without its cause, which quotes what it could not read: a piece of the password, as a rule.
        raise StoreUnavailable(
            "cannot connect to PostgreSQL: the database URL is not well formed; expected "
            "postgresql://user:password@host:5432/name, with special characters percent-encoded"
        ) from None
