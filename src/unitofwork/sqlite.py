"""SQLite behind the unit of work: one writer thread that groups commits, reads inline on the loop.

A write waits in a queue. The writer thread takes all that is waiting, runs each operation to its
end, commits them together with ``synchronous=FULL``, and only then answers any of them: one fsync
serves everybody who waited for it, and what was answered survives ``kill -9``.

A savepoint around each operation would keep its neighbours from its failure, but it copies every
page that the operation touches, which costs more than the operation. So they run without; if one
fails after it has changed something, the transaction is taken back and all of them run anew, now in
savepoints. Most operations that fail do so before their first change, and cost nobody anything.

Reads run on a connection of their own (WAL: they never wait for the writer) directly on the event
loop: an indexed read costs less than handing it to a thread.
"""

import asyncio
import contextlib
import queue
import re
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from unitofwork.errors import StoreUnavailable, StrayAwait, UniqueViolation
from unitofwork.ports import Both, Dialect, Operation, Row, Sql, call_all

T = TypeVar("T")

BATCH_MAX = 256
BUSY_TIMEOUT_MS = 10_000
STATEMENTS_CACHED = 512

_PARAMETER = re.compile(r"\$(\d+)")
_translated: dict[Sql, str] = {}

_UNIQUE_CODES = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
_UNAVAILABLE_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
}


def _text(sql: Sql) -> str:
    """The statement as SQLite reads it: ``$1`` is a *named* parameter there, ``?1`` the numbered one."""
    known = _translated.get(sql)
    if known is None:
        known = _PARAMETER.sub(r"?\1", sql.sqlite if isinstance(sql, Both) else sql)
        _translated[sql] = known
    return known


def _raise(error: sqlite3.Error) -> NoReturn:
    code = getattr(error, "sqlite_errorcode", 0)
    if code in _UNIQUE_CODES:
        raise UniqueViolation(str(error)) from error
    if code & 0xFF in _UNAVAILABLE_CODES:
        raise StoreUnavailable(f"SQLite: {error}") from error
    raise error


class SqliteTransaction:
    """Statements on one connection. Nothing here ever suspends, although it reads as if it did."""

    __slots__ = ("_changes_before", "_connection", "_executed", "callbacks")

    dialect: Dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._changes_before = connection.total_changes
        self._executed = False
        self.callbacks: list[Callable[[], None]] = []

    async def fetch_one(self, sql: Sql, *params: Any) -> Row | None:
        try:
            row: Row | None = self._connection.execute(_text(sql), params).fetchone()
        except sqlite3.Error as error:
            _raise(error)
        return row

    async def fetch_all(self, sql: Sql, *params: Any) -> list[Row]:
        try:
            return self._connection.execute(_text(sql), params).fetchall()
        except sqlite3.Error as error:
            _raise(error)

    async def execute(self, sql: Sql, *params: Any) -> int:
        self._executed = True
        try:
            return max(self._connection.execute(_text(sql), params).rowcount, 0)  # -1 for what changes no rows
        except sqlite3.Error as error:
            _raise(error)

    def after_commit(self, callback: Callable[[], None]) -> None:
        self.callbacks.append(callback)

    @property
    def may_have_changed(self) -> bool:
        """Whether there may be something to take back. SQLite counts rows only, so a change of the schema is not."""
        return self._executed or self._connection.total_changes != self._changes_before


class _TakeBack(Exception):
    """An operation failed with ``__cause__`` after it may have changed something."""


_STRAY = "an operation awaited something that is not its transaction; do network calls and sleeps before or after it"


def _run_to_end(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        coroutine.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    except RuntimeError as error:
        # The writer thread has no event loop, which is what a sleep or a socket looks for first.
        if str(error) == "no running event loop":
            raise StrayAwait(_STRAY) from error
        raise
    coroutine.close()
    raise StrayAwait(_STRAY)


class _Waiting:
    """One write in the queue, and where its answer goes."""

    __slots__ = ("answer", "callbacks", "error", "future", "operation")

    def __init__(self, operation: Operation[Any], future: "asyncio.Future[Any]") -> None:
        self.operation = operation
        self.future = future
        self.answer: Any = None
        self.error: BaseException | None = None
        self.callbacks: list[Callable[[], None]] = []

    def deliver(self) -> None:
        if self.error is None:
            call_all(self.callbacks)
        if self.future.done():
            return  # the caller was cancelled; what it asked for is durable all the same
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.answer)


class SqliteDatabase:
    """One SQLite file. Open it with :func:`open_sqlite`."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._writer = _connect(path)
        self._reads = SqliteTransaction(_connect(path, reads_only=True))
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=f"writer {path.name}", daemon=True)
        self._thread.start()

    async def read(self, operation: Operation[T]) -> T:
        if self._closed:
            raise StoreUnavailable("the database is closed")
        return _run_to_end(operation(self._reads))

    def version(self) -> int | None:
        # Of the reading connection, which never commits: so this counts the commits of all others, our
        # own writer's too (https://www.sqlite.org/pragma.html#pragma_data_version).
        if self._closed:
            raise StoreUnavailable("the database is closed")
        try:
            version: int = self._reads._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            _raise(error)
        return version

    def listen(self, channel: str, callback: Callable[[], None]) -> Callable[[], None]:
        return _nothing  # it has no notices; `version` tells of a commit for next to nothing

    async def write(self, operation: Operation[T]) -> T:
        if self._closed:
            raise StoreUnavailable("the database is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put(_Waiting(operation, future))
        return await future

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._reads._connection.close()
        self._writer.close()

    # The writer thread.

    def _work(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            batch = [first]
            stop = False
            with contextlib.suppress(queue.Empty):
                while len(batch) < BATCH_MAX:
                    waiting = self._queue.get_nowait()
                    if waiting is None:
                        stop = True
                        break
                    batch.append(waiting)
            self._commit_together(batch)
            _answer(batch)
            if stop:
                return

    def _commit_together(self, batch: list[_Waiting]) -> None:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                for waiting in batch:
                    self._run(waiting)
            except _TakeBack as failure:
                # Fails, and with it the whole batch, where SQLite has already given the transaction up.
                self._writer.execute("ROLLBACK")
                if len(batch) == 1:
                    batch[0].error = failure.__cause__
                    return
                self._writer.execute("BEGIN IMMEDIATE")
                for waiting in batch:
                    self._run_in_savepoint(waiting)
            self._writer.execute("COMMIT")
        except BaseException as error:
            if self._writer.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
            unavailable = StoreUnavailable(f"SQLite could not commit: {error}")
            unavailable.__cause__ = error
            for waiting in batch:
                if waiting.error is None:
                    waiting.error = unavailable

    def _run(self, waiting: _Waiting) -> None:
        transaction = SqliteTransaction(self._writer)
        try:
            waiting.answer = _run_to_end(waiting.operation(transaction))
        except BaseException as error:
            if transaction.may_have_changed or not self._writer.in_transaction:
                raise _TakeBack from error
            waiting.error = error
        waiting.callbacks = transaction.callbacks

    def _run_in_savepoint(self, waiting: _Waiting) -> None:
        waiting.error = None
        self._writer.execute("SAVEPOINT operation")
        try:
            self._run(waiting)
        except _TakeBack as failure:
            waiting.error = failure.__cause__
            self._writer.execute("ROLLBACK TO operation")
        self._writer.execute("RELEASE operation")


def _nothing() -> None:
    """What ends the listening that SQLite does not do."""


def _answer(batch: list[_Waiting]) -> None:
    """Hand the answers to the event loops that wait, waking each loop once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
    for waiting in batch:
        by_loop.setdefault(waiting.future.get_loop(), []).append(waiting)
    for loop, answered in by_loop.items():
        # A loop that is already closed has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_deliver, answered)


def _deliver(answered: list[_Waiting]) -> None:
    for waiting in answered:
        waiting.deliver()


def _connect(path: Path, *, reads_only: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_CACHED
    )
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    if reads_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def open_sqlite(path: Path) -> SqliteDatabase:
    """Open, or create, the database file at ``path``, readable by its owner only.

    Raises:
        StoreUnavailable: the file cannot be opened, or is not an SQLite database.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
        return SqliteDatabase(path)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(f"cannot open the SQLite database {path}: {error}") from error
