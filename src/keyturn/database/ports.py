"""The interface that SQLite and PostgreSQL share: one transaction, one database.

SQL is written in the dialect that both understand, with ``$1`` parameters. A statement that must
differ is a :class:`Both`, which shows the two texts side by side.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from keyturn.database.high_water import HighWater

T = TypeVar("T")

READ_SECONDS = 5.0
WRITE_SECONDS = 10.0
# For admission and for readiness, on which a caller waits: so that a refusal is there within two seconds.
SOON_SECONDS = 1.8

Dialect = Literal["sqlite", "postgres"]


class Row(Protocol):
    """One row of an answer; columns by name or position."""

    def __getitem__(self, column: Any, /) -> Any: ...


class Both(NamedTuple):
    """One statement in the two dialects, for the few places where they differ."""

    sqlite: str
    postgres: str


Sql = str | Both


def with_list(sql: str) -> Both:
    """A statement in which ``{list}`` stands for the texts of a JSON array, given as ``$1``: ``id IN {list}``.

    One statement for any number of them, so that it is prepared once and nothing is asked in a loop.
    """
    return Both(
        sqlite=sql.replace("{list}", "(SELECT value FROM json_each($1))"),
        postgres=sql.replace("{list}", "(SELECT json_array_elements_text(CAST(CAST($1 AS TEXT) AS JSON)))"),
    )


class Transaction(Protocol):
    """What an operation is handed: statements, and what is to happen once they are durable."""

    @property
    def dialect(self) -> Dialect: ...

    async def fetch_one(self, sql: Sql, *params: Any) -> Row | None:
        """The first row, or None."""
        ...

    async def fetch_all(self, sql: Sql, *params: Any) -> list[Row]:
        """Every row. The statement carries its own LIMIT."""
        ...

    async def execute(self, sql: Sql, *params: Any) -> int:
        """Run a change and answer with how many rows it changed.

        Raises:
            UniqueViolation: a row with the same unique key is already there. On PostgreSQL the
                transaction is lost with it; use ``ON CONFLICT DO NOTHING`` where it is expected.
        """
        ...

    def given_out(self, name: str, number: int) -> None:
        """Keep beside the database, before this transaction commits, that it gives ``number`` out under ``name``, so
        that a restored database does not give it out again (:mod:`keyturn.database.high_water`). Does nothing where the
        database was opened without a place for it.

        Raises:
            StoreUnavailable: that cannot be written.
        """
        ...

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` on the event loop once this transaction is durable; never if it is not.

        What was committed stays so: a callback that raises is told to the loop's exception handler.
        """
        ...


def call_all(callbacks: list[Callable[[], None]]) -> None:
    """Call what waited for a commit. One that raises keeps neither the others nor the answer back."""
    for callback in callbacks:
        try:
            callback()
        except Exception as error:
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a callback after a commit failed", "exception": error}
            )


Operation = Callable[[Transaction], Coroutine[Any, Any, T]]


class Trouble(NamedTuple):
    """Why a database cannot be used right now.

    Attributes:
        check: what failed, in one word: ``answers``, ``file``, ``disk``, ``intact`` or ``writable``.
        problem: what is wrong, in words that anybody may read.
        remedy: what an operator does about it.
        detail: what belongs into the log alone: a path, or what the driver said.
    """

    check: str
    problem: str
    remedy: str
    detail: str = ""


class Database(Protocol):
    """One database, opened. Operations are coroutines that await nothing but their transaction.

    Nothing here waits without end: who does not answer in time is unavailable.
    """

    @property
    def dialect(self) -> Dialect: ...

    async def read(self, operation: Operation[T], *, within_seconds: float = READ_SECONDS) -> T:
        """Run an operation that only reads. Each statement sees all that was committed before it. It may be run more
        than once, where the database was locked for a moment.

        Args:
            within_seconds: for how long it is waited for, a connection included.

        Raises:
            StoreUnavailable: there was no answer in time, or none at all.
        """
        ...

    def snapshot(self, *, within_seconds: float) -> AbstractAsyncContextManager[Transaction]:
        """One moment, to be read in many steps between which others have their turn: nothing that is committed later
        is seen. While it is held, PostgreSQL keeps every row that was changed since, and SQLite its log, so it ends.

        Args:
            within_seconds: for how long it is held at most, the wait for a connection included. What runs in it is
                cancelled then.

        Raises:
            StoreUnavailable: the time is over, or the database cannot be read.
        """
        ...

    def version(self) -> int | None:
        """A number that differs from every earlier one after any commit, whichever process made it.

        So what was read under a number still stands while the number does. None where the database
        cannot tell it for less than reading again.
        """
        ...

    async def check(self, *, durably: bool = True) -> Trouble | None:
        """Find out whether it can be used: answers, and takes writes that last. Within two seconds where it answers.

        Args:
            durably: whether something is written for it; else only what costs next to nothing is looked at.
        """
        ...

    async def write(self, operation: Operation[T], *, within_seconds: float | None = WRITE_SECONDS) -> T:
        """Run an operation in one transaction and answer once it is durable on disk.

        The operation may be run more than once (after a serialization failure), so it has no
        effect outside of its transaction; ``after_commit`` is the place for those.

        Args:
            within_seconds: for how long it is waited for, locks and a connection included; None for as long as it
                takes, as a migration does.

        Raises:
            StoreUnavailable: there was no answer in time, or none at all. Whether it was done may not be known.
        """
        ...

    def listen(self, channel: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` on this loop soon after another process or this one has notified the channel, where the
        database can report it (PostgreSQL's NOTIFY); what comes back ends that. A hint, not a promise: a notice is
        lost while the connection is down.
        """
        ...

    @property
    def high_water(self) -> HighWater | None:
        """Where ``given_out`` keeps its numbers; None where nowhere."""
        ...

    async def close(self) -> None:
        """Finish what is under way and release the database."""
        ...
