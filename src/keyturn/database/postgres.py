"""PostgreSQL behind the unit of work: a pool of asyncpg connections, one transaction an operation."""

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, NoReturn, TypeVar

import asyncpg
from asyncpg.connect_utils import SessionAttribute
from asyncpg.exceptions import TargetServerAttributeNotMatched

from keyturn.database.errors import StoreUnavailable, UniqueViolation
from keyturn.database.high_water import HighWater
from keyturn.database.ports import (
    READ_SECONDS,
    SOON_SECONDS,
    WRITE_SECONDS,
    Both,
    Dialect,
    Operation,
    Row,
    Sql,
    Transaction,
    Trouble,
    call_all,
)

T = TypeVar("T")

CONNECTIONS_MIN = 2
CONNECT_TIMEOUT_SECONDS = 10
RETRIES_MAX = 8
LISTEN_AGAIN_SECONDS = 1.0
CLOSE_SECONDS = 5.0
# After a write that found no space, the disk counts as full for so long: a smaller write may still find some.
FULL_SECONDS = 10.0

# The last one: a migration elsewhere changed a table under a prepared statement, which asyncpg has then dropped.
_RETRIED = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.InvalidCachedStatementError)
# What the driver and the server raise. Our own code's errors pass through an operation as they are.
_OF_THE_DRIVER = (OSError, EOFError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
# The SQLSTATE classes of a statement that is wrong, or whose values are: a defect of ours, which no second try mends.
_DEFECTS = ("0A", "21", "22", "23", "26", "34", "42")
_NOT_ALLOWED = "42501"


class _Connection(asyncpg.Connection):
    """A pooled connection that is handed on as it is, unless somebody left a transaction open.

    asyncpg's reset query costs a round trip on every release; our operations set nothing that
    outlives their transaction.
    """

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 — asyncpg's signature
        if self.is_in_transaction():
            await super().reset(timeout=timeout)


def _raise(error: BaseException) -> NoReturn:
    if _is_defect(error):
        raise error
    raise StoreUnavailable(f"PostgreSQL: {str(error) or type(error).__name__}") from error


def _is_defect(error: BaseException) -> bool:
    """Whether a statement or its arguments are wrong. Whatever else the driver raises may pass without help, or is for
    the operator to mend: the database is unavailable then."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in _DEFECTS and error.sqlstate != _NOT_ALLOWED
    # The driver's own: a value of a wrong type is a ValueError too, a wrong number of them is told by its words alone.
    return isinstance(error, ValueError) or "the server expects" in str(error)


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
        self._full_until = 0.0
        # However many moments are held, most connections are for everybody else.
        self._snapshots = asyncio.Semaphore(max(1, pool.get_max_size() // 4))

    async def read(self, operation: Operation[T], *, within_seconds: float = READ_SECONDS) -> T:
        return await self._run(lambda connection: operation(PostgresTransaction(connection)), within_seconds)

    @contextlib.asynccontextmanager
    async def snapshot(self, *, within_seconds: float) -> AsyncIterator[Transaction]:
        deadline = asyncio.timeout(within_seconds)
        try:
            async with deadline, self._snapshots:
                connection = await self._pool.acquire()
                try:
                    async with connection.transaction(isolation="repeatable_read", readonly=True):
                        # Others have their turn between two steps, for as long as the moment is held.
                        idle = f"SET LOCAL idle_in_transaction_session_timeout = '{within_seconds + 1:.0f}s'"
                        await connection.execute(idle)
                        yield PostgresTransaction(connection)
                except asyncio.CancelledError:
                    with contextlib.suppress(asyncpg.InterfaceError):  # it is gone already
                        connection.terminate()
                    raise
                finally:
                    await self._pool.release(connection)
        except TimeoutError as error:
            if deadline.expired():
                raise StoreUnavailable(f"PostgreSQL: a moment was held for {within_seconds:.0f} seconds") from error
            _raise(error)
        except _OF_THE_DRIVER as error:
            _raise(error)

    def version(self) -> int | None:
        return None  # it would take the round trip that it is to save

    async def write(self, operation: Operation[T], *, within_seconds: float | None = WRITE_SECONDS) -> T:
        async def run(connection: Any) -> tuple[T, PostgresTransaction]:
            transaction = PostgresTransaction(connection, self.high_water)
            return await _in_transaction(connection, transaction, operation, bounded=within_seconds is not None)

        answer, transaction = await self._run(run, within_seconds)
        call_all(transaction.callbacks)
        return answer

    async def _run(self, run: Callable[[Any], Awaitable[T]], seconds: float | None) -> T:
        """Run something on a connection, again where it lost against another transaction."""
        ends = None if seconds is None else time.monotonic() + seconds
        for attempt in range(RETRIES_MAX):
            try:
                return await self._run_once(run, None if ends is None else max(ends - time.monotonic(), 0.0))
            except _RETRIED:
                await asyncio.sleep(0.002 * 2**attempt)
        raise StoreUnavailable(f"PostgreSQL: gave up after {RETRIES_MAX} conflicts with other transactions")

    async def check(self, *, durably: bool = True) -> Trouble | None:
        if self._full_until > time.monotonic():
            return Trouble(
                "disk",
                "PostgreSQL found no space for a write",
                "free space on the disk of PostgreSQL's data directory, or enlarge it",
            )
        try:
            row = await self.read(_look, within_seconds=SOON_SECONDS)
            if row is not None and (row[0] or row[1] == "on"):
                return Trouble(
                    "writable",
                    "PostgreSQL only reads: it is a standby now, or was made read-only",
                    "name the primary in the database URL; a provider may have made it read-only for a full disk",
                )
            if durably:
                await self.write(_take_a_number, within_seconds=SOON_SECONDS)
        except StoreUnavailable as error:
            return Trouble(
                "answers",
                "PostgreSQL does not answer, or refuses",
                "see whether it runs, can be reached, takes connections and has not been stopped",
                str(error),
            )
        return None

    async def _run_once(self, run: Callable[[Any], Awaitable[T]], seconds: float | None) -> T:
        """Run something on a connection of the pool, for so long at most.

        Whoever is cancelled, by this deadline or by another, leaves a connection on which a statement may still be
        under way. It is thrown away at once: the driver would first wait for the server to have stopped that
        statement, which a server that hangs never does, and the connection would be lost to the pool until then.

        Raises:
            StoreUnavailable: the time is over, or the server cannot be reached or does not do it.
        """
        deadline = asyncio.timeout(seconds)
        try:
            async with deadline:
                connection = await self._pool.acquire()
                try:
                    return await run(connection)
                except asyncio.CancelledError:
                    with contextlib.suppress(asyncpg.InterfaceError):  # it is gone already
                        connection.terminate()
                    raise
                finally:
                    await self._pool.release(connection)
        except TimeoutError as error:
            if deadline.expired():
                raise StoreUnavailable(f"PostgreSQL: no answer in time, after {seconds:.1f} seconds") from error
            _raise(error)
        except _RETRIED:
            raise
        except _OF_THE_DRIVER as error:
            if isinstance(error, asyncpg.DiskFullError):
                self._full_until = time.monotonic() + FULL_SECONDS
            _raise(error)

    def listen(self, channel: str, callback: Callable[[], None]) -> Callable[[], None]:
        task = asyncio.get_running_loop().create_task(self._keep_listening(channel, callback))
        self._listening.add(task)
        task.add_done_callback(self._listening.discard)

        def stop() -> None:
            task.cancel()

        return stop

    async def _keep_listening(self, channel: str, callback: Callable[[], None]) -> None:
        """Hold a connection of the pool that listens on the channel; another one when that is lost."""

        def notified(*_: object) -> None:
            callback()

        async def hold(connection: Any) -> None:
            lost = asyncio.Event()

            def terminated(_: object) -> None:
                lost.set()

            connection.add_termination_listener(terminated)
            await connection.add_listener(channel, notified)
            try:
                callback()  # whatever was missed before
                await lost.wait()
            finally:
                # Nobody else may have a connection that listens on it, and to say so takes an answer.
                with contextlib.suppress(asyncpg.InterfaceError):
                    connection.terminate()

        while True:
            with contextlib.suppress(StoreUnavailable, *_OF_THE_DRIVER):
                await self._run_once(hold, None)
            await asyncio.sleep(LISTEN_AGAIN_SECONDS)

    async def close(self) -> None:
        for task in list(self._listening):
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._pool.close()
        except (TimeoutError, *_OF_THE_DRIVER):  # it does not answer, and need not be told
            self._pool.terminate()
        if self.high_water is not None:
            await asyncio.to_thread(self.high_water.close)


async def _in_transaction(
    connection: Any, transaction: PostgresTransaction, operation: Operation[T], *, bounded: bool
) -> tuple[T, PostgresTransaction]:
    """Run an operation between BEGIN and COMMIT."""
    around = connection.transaction()
    await around.start()
    try:
        if not bounded:
            await connection.execute("SET LOCAL statement_timeout = 0")
        answer = await operation(transaction)
    except asyncio.CancelledError:
        raise  # the connection is thrown away, and with it what was done
    except BaseException:
        # What failed is the reason, not that it could not be rolled back: a connection that was lost does that itself.
        with contextlib.suppress(*_OF_THE_DRIVER):
            await around.rollback()
        raise
    await around.commit()
    return answer, transaction


async def _look(tx: Transaction) -> Row | None:
    return await tx.fetch_one("SELECT pg_is_in_recovery(), current_setting('transaction_read_only')")


async def _take_a_number(tx: Transaction) -> None:
    # A transaction with a number of its own is written down when it commits; one that only looked is not.
    await tx.fetch_one("SELECT txid_current()")


async def open_postgres(url: str, *, connections_max: int, high_water: HighWater | None = None) -> PostgresDatabase:
    """Connect to ``postgresql://user@host/name``.

    Raises:
        StoreUnavailable: the server does not answer, or refuses. The message never holds the URL,
            which may carry a password.
    """
    with connecting():
        pool = await asyncpg.create_pool(
            url,
            # None is kept for its own sake: the driver would try for ever to make it again, each time with a traceback
            # in the log, while the server does not answer.
            min_size=0,
            max_size=max(connections_max, CONNECTIONS_MIN),
            timeout=CONNECT_TIMEOUT_SECONDS,
            # A standby answers by what was true a moment ago: keys that were revoked since, for one.
            target_session_attrs=SessionAttribute.primary,
            connection_class=_Connection,
            server_settings={
                "application_name": "tillgate",
                "jit": "off",
                # The server gives up a little before we do, so that what it did not do is said by it; and what is
                # left of a process that was stopped, or of a connection that was cut, holds no lock for longer.
                "lock_timeout": f"{WRITE_SECONDS * 0.9:.0f}s",
                "statement_timeout": f"{WRITE_SECONDS:.0f}s",
                "idle_in_transaction_session_timeout": f"{WRITE_SECONDS:.0f}s",
            },
        )
        async with pool.acquire():  # so that what is wrong with the URL is known now
            pass
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
    except (OSError, EOFError, asyncpg.PostgresError) as error:
        raise StoreUnavailable(f"cannot connect to PostgreSQL: {str(error) or 'no answer in time'}") from error
    except (asyncpg.InterfaceError, asyncpg.InternalClientError, ValueError):
        # Told without its cause, which quotes what it could not read: a piece of the password, as a rule.
        raise StoreUnavailable(
            "cannot connect to PostgreSQL: the database URL is not well formed; expected "
            "postgresql://user:password@host:5432/name, with special characters percent-encoded"
        ) from None
