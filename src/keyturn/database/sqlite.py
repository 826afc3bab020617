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
fails after it has changed something, the transaction is rolled back and all of them run again, now in
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
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

from keyturn.database.errors import StoreUnavailable, StrayAwait, UniqueViolation
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
from keyturn.database.sqlite_file import DatabaseFile, damaged

T = TypeVar("T")

# As many as keep the loop busy for some milliseconds.
GROUP_MAX = 128
# How long a connection waits for a lock when it is opened.
BUSY_TIMEOUT_MS = 10_000
# How long a read that met a lock is put off, and the loop goes on meanwhile.
READ_AGAIN_SECONDS = 0.005
STATEMENTS_CACHED = 512
CLOSE_SECONDS = 15.0

_PARAMETER = re.compile(r"\$(\d+)")
_translated: dict[Sql, str] = {}

# The driver asks of each value but an int, a float and a str whether it adapts itself, which raises and catches an
# error (a tenth of a transaction, where many columns are empty). These are what they seem to be.
sqlite3.register_adapter(type(None), {}.get)  # type: ignore[arg-type]  # gives None for None, without a frame
sqlite3.register_adapter(bytes, bytes)
sqlite3.register_adapter(bool, int)

_UNIQUE_CODES = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
# A statement that is wrong, or whose values are: a defect of ours, which no second try mends. Every other error is the
# file's, its disk's or a lock's.
_DEFECT_CODES = {
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_MISUSE,
    sqlite3.SQLITE_RANGE,
    sqlite3.SQLITE_TOOBIG,
}
_LOCKED_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class _Locked(StoreUnavailable):
    """Another process holds a lock."""


class _Damaged(StoreUnavailable):
    """A page is not as SQLite writes it."""


def _text(sql: Sql) -> str:
    """The statement as SQLite reads it: ``$1`` is a *named* parameter there, ``?1`` the numbered one. Found without a
    call from now on."""
    known = _translated[sql] = _PARAMETER.sub(r"?\1", sql.sqlite if isinstance(sql, Both) else sql)
    return known


def _raise(error: sqlite3.Error) -> NoReturn:
    code = getattr(error, "sqlite_errorcode", 0)
    if code in _UNIQUE_CODES:
        raise UniqueViolation(str(error)) from error
    # Without a code it is the driver's own: a wrong number of arguments, or one of a wrong type.
    if code & 0xFF in _DEFECT_CODES or code == 0:
        raise error
    if code & 0xFF in _LOCKED_CODES:
        raise _Locked(f"SQLite: {error}") from error
    if code & 0xFF in _DAMAGED_CODES:
        raise _Damaged(f"SQLite: {error}") from error
    raise StoreUnavailable(f"SQLite: {error}") from error


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
            row: Row | None = self._connection.execute(_translated.get(sql) or _text(sql), params).fetchone()
        except sqlite3.Error as error:
            _raise(error)
        return row

    async def fetch_all(self, sql: Sql, *params: Any) -> list[Row]:
        try:
            return self._connection.execute(_translated.get(sql) or _text(sql), params).fetchall()
        except sqlite3.Error as error:
            _raise(error)

    async def execute(self, sql: Sql, *params: Any) -> int:
        self._executed = True
        try:
            found = self._connection.execute(_translated.get(sql) or _text(sql), params)
            return max(found.rowcount, 0)  # -1 for what changes no rows
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
        """Whether there may be something to roll back. SQLite counts rows only, so a change of the schema is not."""
        return self._executed or self._connection.total_changes != self._changes_before


class _TakeBack(Exception):
    """An operation failed with ``__cause__`` after it may have changed something."""


_STRAY = "an operation awaited something that is not its transaction; do network calls and sleeps before or after it"


class _Closing(threading.local):
    """Whether this thread closes an operation for a stray await: what that asked for is not done either."""

    stray = False


_closing = _Closing()


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
    _closing.stray = True
    try:
        coroutine.close()
    finally:
        _closing.stray = False
    raise StrayAwait(_STRAY)


class _Waiting(Generic[T]):
    """One write that waits for its group, and where its answer goes.

    Attributes:
        ends: on the monotonic clock, when it is waited for no longer; None for never.
        given_up: whether it was answered for want of time, or its operation was refused. It is not begun any more.
    """

    __slots__ = ("answer", "callbacks", "ends", "error", "future", "given_up", "operation", "timer")

    def __init__(self, operation: Operation[T], future: "asyncio.Future[T]", seconds: float | None) -> None:
        self.operation = operation
        self.future = future
        self.given_up = False
        self.ends: float | None = None
        self.timer: asyncio.TimerHandle | None = None
        if seconds is not None:
            self.ends = time.monotonic() + seconds
            # A moment later than the lock is waited for, which says more when it fails.
            self.timer = future.get_loop().call_later(seconds + 0.1, self._give_up)
        self.answer: Any = None
        self.error: BaseException | None = None
        self.callbacks: list[Callable[[], None]] = []

    def _give_up(self) -> None:
        self.given_up = True
        if not self.future.done():
            self.future.set_exception(StoreUnavailable("SQLite: the write was not on the disk in time"))

    def deliver(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        if self.error is None:
            call_all(self.callbacks)
        if self.future.done():
            return  # the caller was cancelled or has given up; what was done is durable all the same
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.answer)


class _Group(NamedTuple):
    """Writes that are committed together.

    Attributes:
        ran: whether they are in an open transaction; else that is still to be waited for.
    """

    writes: list[_Waiting[Any]]
    ran: bool


class SqliteDatabase:
    """One SQLite file. Open it with :func:`open_sqlite`."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path, high_water: HighWater | None = None) -> None:
        self.path = path
        self.high_water = high_water
        self._writer = _connect(path, busy_timeout_ms=0)
        self._reads = SqliteTransaction(_connect(path, reads_only=True, busy_timeout_ms=0))
        self._file = DatabaseFile(path)
        # Why nothing may be read or written: the file is another one, so that what is read is what was, and what is
        # written is lost.
        self._replaced: Trouble | None = None
        # What a statement met that read a damaged page; nothing mends that but a restart with another file.
        self._damage: str | None = None
        self._closed = False
        # Guards the three that follow: several event loops may write to one database.
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting[Any]] = deque()
        # Whether a group is under way, and so the writing connection somebody's; no other begins one.
        self._under_way = False
        # The loop that was asked to run the next group and has not come to it yet.
        self._asked: asyncio.AbstractEventLoop | None = None
        self._groups: queue.SimpleQueue[_Group | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._keep_committing, name=f"commits {path.name}", daemon=True)
        self._thread.start()

    async def read(self, operation: Operation[T], *, within_seconds: float = READ_SECONDS) -> T:
        try:
            self._refuse()
            return _run_to_end(operation(self._reads))
        except _Locked:
            return await self._read_again(operation, time.monotonic() + within_seconds)
        except _Damaged as error:
            self._damage = str(error)
            raise

    async def _read_again(self, operation: Operation[T], ends: float) -> T:
        """In WAL mode a read meets a lock only while another process opens, recovers or keeps the file to itself."""
        while True:
            await asyncio.sleep(READ_AGAIN_SECONDS)
            try:
                self._refuse()
                return _run_to_end(operation(self._reads))
            except _Locked:
                if time.monotonic() >= ends:
                    raise

    @contextlib.asynccontextmanager
    async def snapshot(self, *, within_seconds: float) -> AsyncIterator[Transaction]:
        self._refuse()
        deadline = asyncio.timeout(within_seconds)
        try:
            async with deadline:
                with contextlib.closing(_connect(self.path, reads_only=True, busy_timeout_ms=0)) as connection:
                    connection.execute("BEGIN")
                    connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # it begins with the first read
                    yield SqliteTransaction(connection)
        except sqlite3.Error as error:
            _raise(error)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise StoreUnavailable(f"SQLite: a moment was held for {within_seconds:.0f} seconds") from error

    def version(self) -> int | None:
        # Of the reading connection, which never commits: so this counts the commits of all others, our
        # own writer's too (https://www.sqlite.org/pragma.html#pragma_data_version).
        self._refuse()
        try:
            version: int = self._reads._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            _raise(error)
        return version

    def _refuse(self) -> None:
        if self._closed:
            raise StoreUnavailable("the database is closed")
        if self._replaced is not None:
            raise StoreUnavailable(self._replaced.problem)

    async def check(self, *, durably: bool = True) -> Trouble | None:
        self._replaced = self._file.replaced()
        trouble = self._replaced or self._file.full()
        if trouble is None and self._damage is not None:
            trouble = damaged(self._damage)
        if trouble is not None or not durably:
            return trouble
        try:
            async with asyncio.timeout(SOON_SECONDS):
                trouble = await asyncio.to_thread(self._file.broken)
                if trouble is None:
                    await self.write(_write_the_same, within_seconds=SOON_SECONDS)
        except TimeoutError:
            return Trouble(
                "answers",
                "the disk that the database file is on does not answer",
                "see whether the disk, or the network it is reached over, hangs",
            )
        except StoreUnavailable as error:
            return (
                self._replaced
                or self._file.full()
                or Trouble(
                    "writable",
                    "the database file cannot be written",
                    "see whether there is space and quota left, whether the file and its folder may be written, and "
                    "whether another program keeps it locked",
                    str(error),
                )
            )
        return trouble

    def listen(self, channel: str, callback: Callable[[], None]) -> Callable[[], None]:
        return _nothing  # it has no notices; `version` shows a commit at almost no cost

    async def write(self, operation: Operation[T], *, within_seconds: float | None = WRITE_SECONDS) -> T:
        self._refuse()
        waiting: _Waiting[T] = self._enqueue(operation, within_seconds)
        try:
            return await waiting.future
        except GeneratorExit:
            if _closing.stray:
                waiting.given_up = True
                waiting.future.cancel()
            raise

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(StoreUnavailable):
            await self._enqueue(_do_nothing, WRITE_SECONDS).future  # once this is answered, so is all that waited
        self._groups.put(None)
        await asyncio.to_thread(self._thread.join, CLOSE_SECONDS)
        if self._thread.is_alive():
            return  # it waits for a disk that does not answer; the connections are its own until the process ends
        self._reads._connection.close()
        self._writer.close()
        if self.high_water is not None:
            await asyncio.to_thread(self.high_water.close)

    # On the event loop.

    def _enqueue(self, operation: Operation[T], seconds: float | None) -> "_Waiting[T]":
        loop = asyncio.get_running_loop()
        waiting: _Waiting[T] = _Waiting(operation, loop.create_future(), seconds)
        with self._lock:
            self._waiting.append(waiting)
            # A loop may have ended between being asked and coming to it.
            if self._under_way and not (self._asked is not None and self._asked.is_closed()):
                return waiting
            self._under_way = True
            self._asked = loop
        # Not at once: what else this turn of the loop brings goes with it.
        loop.call_soon(self._run_next, context=contextvars.Context())
        return waiting

    def _run_next(self) -> None:
        """Run what waits, as far as the write lock is free; the thread does the rest."""
        with self._lock:
            writes = self._take()
        begun = self._begin()
        if begun:
            self._run_together(writes)
        self._groups.put(_Group(writes, ran=begun))

    def _take(self) -> list[_Waiting[Any]]:
        """The next group; the lock is held."""
        self._asked = None
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_MAX))]

    def _begin(self) -> bool:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            return False  # locked, or worse: the thread tries again, and says so if it has to
        return True

    def _answer(self, writes: list[_Waiting[Any]], *, goes_on: bool) -> None:
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
                self._begin_by_waiting(group.writes)
                self._run_together(group.writes)
            if self._writer.in_transaction:
                self._writer.execute("COMMIT")
                # What is answered is in the file that the next start will open. A look before the commit would say
                # nothing of the moment after it.
                replaced = self._replaced = self._file.replaced()
                if replaced is not None:
                    self._fail(group.writes, StoreUnavailable(replaced.problem))
        except BaseException as error:
            self._fail(group.writes, error)

    def _begin_by_waiting(self, writes: list[_Waiting[Any]]) -> None:
        """Take the write lock, as long as any of these still waits for it."""
        try:
            while True:
                left = min((one.ends for one in writes if one.ends is not None and not one.given_up), default=None)
                seconds = WRITE_SECONDS if left is None else left - time.monotonic()
                self._writer.execute(f"PRAGMA busy_timeout = {max(round(seconds * 1_000), 1)}")
                try:
                    self._writer.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF not in _LOCKED_CODES:
                        raise
                    over = time.monotonic() + 0.005  # the lock's own clock has whole milliseconds
                    for one in writes:
                        one.given_up = one.given_up or one.ends is None or one.ends <= over
                    if all(one.given_up for one in writes):
                        raise
        finally:
            self._writer.execute("PRAGMA busy_timeout = 0")

    def _hand_back(self, writes: list[_Waiting[Any]]) -> None:
        """Answer each event loop that waits, waking it once; one of them runs the next group."""
        by_loop: dict[asyncio.AbstractEventLoop, list[_Waiting[Any]]] = {}
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

    def _run_together(self, writes: list[_Waiting[Any]]) -> None:
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

    def _fail(self, writes: list[_Waiting[Any]], error: BaseException) -> None:
        """Nothing of a group was done."""
        if self._writer.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")
        unavailable = StoreUnavailable(f"SQLite could not commit: {error}")
        unavailable.__cause__ = error
        for waiting in writes:
            if waiting.error is None:
                waiting.error = unavailable

    def _run(self, waiting: _Waiting[Any]) -> None:
        if waiting.given_up:
            waiting.error = StoreUnavailable("SQLite: it was given up before it was begun")
            return
        transaction = SqliteTransaction(self._writer, self.high_water)
        try:
            waiting.answer = _run_to_end(waiting.operation(transaction))
        except BaseException as error:
            if isinstance(error, _Damaged):
                self._damage = str(error)
            if transaction.may_have_changed or not self._writer.in_transaction:
                raise _TakeBack from error
            waiting.error = error
        waiting.callbacks = transaction.callbacks

    def _run_in_savepoint(self, waiting: _Waiting[Any]) -> None:
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


async def _write_the_same(tx: Transaction) -> None:
    """Write a page that says what it said before."""
    row = await tx.fetch_one("PRAGMA user_version")
    await tx.execute(f"PRAGMA user_version = {int(row[0]) if row is not None else 0}")


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
    connection.execute("SELECT COUNT(*) FROM sqlite_master")  # opens the log, and the index of it
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
