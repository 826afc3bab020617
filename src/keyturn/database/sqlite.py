"""SQLite behind the unit of work: writes in groups, one commit for each; reads inline on the loop.

A write waits for the next group. The event loop begins a transaction and runs each operation of the group to its
end, one after another; a thread then commits them together with ``synchronous=FULL``, and only after that any of
them is answered: one fsync serves everybody who waited for it, and what was answered survives ``kill -9``. Whatever
comes meanwhile is the next group. Operations are short and await nothing but their transaction, so running them on
the loop costs it little; on another thread they would fight it for the interpreter with every statement.

Where another process holds the file's write lock, the thread waits for it and runs the whole group, so that the loop
never waits.

A savepoint around each operation would keep its neighbours from its failure, but it copies every
page that the operation touches, which costs more than the operation. So they run without; if one
fails after it has changed something, the transaction is taken back and all of them run anew, now in
savepoints. Most operations that fail do so before their first change, and cost nobody anything.

Reads run on a connection of their own (WAL: they never wait for the writer) directly on the event
loop: an indexed read costs less than handing it to a thread.
"""

import asyncio
import contextlib
import contextvars
import functools
import queue
import re
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeVar

from keyturn.database.errors import StoreUnavailable, StrayAwait, UniqueViolation
from keyturn.database.high_water import HighWater
from keyturn.database.ports import Both, Dialect, Operation, Row, Sql, Transaction, call_all

T = TypeVar("T")

# As many as keep the loop busy for some milliseconds.
GROUP_MAX = 128
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

    __slots__ = ("_changes_before", "_connection", "_executed", "_high_water", "callbacks")

    dialect: Dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, high_water: HighWater | None = None) -> None:
        self._connection = connection
        self._high_water = high_water
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

    def given_out(self, name: str, number: int) -> None:
        if self._high_water is not None:
            self._high_water.reserve(name, number)
            self.callbacks.append(functools.partial(self._high_water.note, name, number))

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
        # The committing thread has no event loop, which is what a sleep or a socket looks for first.
        if str(error) == "no running event loop":
            raise StrayAwait(_STRAY) from error
        raise
    coroutine.close()
    raise StrayAwait(_STRAY)


class _Waiting:
    """One write that waits for its group, and where its answer goes."""

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


class _Group(NamedTuple):
    """Writes that are committed together.

    Attributes:
        ran: whether they are in an open transaction; else that is still to be waited for.
    """

    writes: list[_Waiting]
    ran: bool


class SqliteDatabase:
    """One SQLite file. Open it with :func:`open_sqlite`."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path, high_water: HighWater | None = None) -> None:
        self.path = path
        self.high_water = high_water
        self._writer = _connect(path, busy_timeout_ms=0)
        self._reads = SqliteTransaction(_connect(path, reads_only=True))
        self._closed = False
        # Guards the three that follow: several event loops may write to one database.
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        # Whether a group is under way, and so the writing connection somebody's; no other begins one.
        self._under_way = False
        # The loop that was asked to run the next group and has not come to it yet.
        self._asked: asyncio.AbstractEventLoop | None = None
        self._groups: queue.SimpleQueue[_Group | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._keep_committing, name=f"commits {path.name}", daemon=True)
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
        return await self._enqueue(operation)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self._enqueue(_do_nothing)  # once this is answered, so is all that waited
        self._groups.put(None)
        await asyncio.to_thread(self._thread.join)
        self._reads._connection.close()
        self._writer.close()
        if self.high_water is not None:
            await asyncio.to_thread(self.high_water.close)

    # On the event loop.

    def _enqueue(self, operation: Operation[T]) -> "asyncio.Future[T]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._lock:
            self._waiting.append(_Waiting(operation, future))
            # A loop may have ended between being asked and coming to it.
            if self._under_way and not (self._asked is not None and self._asked.is_closed()):
                return future
            self._under_way = True
            self._asked = loop
        # Not at once: what else this turn of the loop brings goes with it.
        loop.call_soon(self._run_next, context=contextvars.Context())
        return future

    def _run_next(self) -> None:
        """Run what waits, as far as the write lock can be had without waiting; the thread does the rest."""
        with self._lock:
            writes = self._take()
        begun = self._begin()
        if begun:
            self._run_together(writes)
        self._groups.put(_Group(writes, ran=begun))

    def _take(self) -> list[_Waiting]:
        """The next group; the lock is held."""
        self._asked = None
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_MAX))]

    def _begin(self) -> bool:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            return False  # locked, or worse: the thread tries again, and says so if it has to
        return True

    def _answer(self, writes: list[_Waiting], *, goes_on: bool) -> None:
        try:
            for waiting in writes:
                waiting.deliver()
        finally:
            if goes_on:
                self._run_next()

    # On the thread.

    def _keep_committing(self) -> None:
        while (group := self._groups.get()) is not None:
            self._commit(group)
            self._hand_back(group.writes)

    def _commit(self, group: _Group) -> None:
        try:
            if not group.ran:
                self._begin_by_waiting()
                self._run_together(group.writes)
            if self._writer.in_transaction:
                self._writer.execute("COMMIT")
        except BaseException as error:
            self._fail(group.writes, error)

    def _begin_by_waiting(self) -> None:
        self._writer.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        finally:
            self._writer.execute("PRAGMA busy_timeout = 0")

    def _hand_back(self, writes: list[_Waiting]) -> None:
        """Answer each event loop that waits, waking it once; one of them runs the next group."""
        by_loop: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
        for waiting in writes:
            by_loop.setdefault(waiting.future.get_loop(), []).append(waiting)
        with self._lock:
            self._under_way = bool(self._waiting)
            self._asked = self._waiting[0].future.get_loop() if self._waiting else None
            asked = self._asked
        for loop in [*by_loop, *([asked] if asked is not None and asked not in by_loop else [])]:
            try:
                answer = functools.partial(self._answer, by_loop.get(loop, []), goes_on=loop is asked)
                loop.call_soon_threadsafe(answer)
            except RuntimeError:  # a loop that is closed has nobody left to tell; but what it asked for is done
                with self._lock:
                    if loop is self._asked:
                        self._groups.put(_Group(self._take(), ran=False))

    # On either, in whose hands the group is.

    def _run_together(self, writes: list[_Waiting]) -> None:
        """Run a group in the transaction that has begun."""
        try:
            try:
                for waiting in writes:
                    self._run(waiting)
            except _TakeBack as failure:
                # Fails, and with it the whole group, where SQLite has already given the transaction up.
                self._writer.execute("ROLLBACK")
                if len(writes) == 1:
                    writes[0].error = failure.__cause__
                    return
                self._writer.execute("BEGIN IMMEDIATE")
                for waiting in writes:
                    self._run_in_savepoint(waiting)
        except BaseException as error:
            self._fail(writes, error)

    def _fail(self, writes: list[_Waiting], error: BaseException) -> None:
        """Nothing of a group was done."""
        if self._writer.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")
        unavailable = StoreUnavailable(f"SQLite could not commit: {error}")
        unavailable.__cause__ = error
        for waiting in writes:
            if waiting.error is None:
                waiting.error = unavailable

    def _run(self, waiting: _Waiting) -> None:
        transaction = SqliteTransaction(self._writer, self.high_water)
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


async def _do_nothing(_: Transaction) -> None:
    """What waits for its turn, and nothing else."""


def _connect(path: Path, *, reads_only: bool = False, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_CACHED
    )
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")  # also for what follows
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    if reads_only:
        connection.execute("PRAGMA query_only = ON")
    if busy_timeout_ms != BUSY_TIMEOUT_MS:
        connection.execute(f"PRAGMA busy_timeout = {busy_timeout_ms}")
    return connection


def open_sqlite(path: Path, high_water: HighWater | None = None) -> SqliteDatabase:
    """Open, or create, the database file at ``path``, readable by its owner only.

    Raises:
        StoreUnavailable: the file cannot be opened, or is not an SQLite database.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
        return SqliteDatabase(path, high_water)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(f"cannot open the SQLite database {path}: {error}") from error
