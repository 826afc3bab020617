"""The highest number given out under each name, kept beside the database and not in it.

A database that is restored from a backup forgets the numbers that it gave out since. What must never be given out twice
is therefore noted here as well: ``tx.given_out(name, number)`` in the transaction that takes the number.

Two numbers a name. ``reserved`` is on disk before the transaction commits; it runs ahead by a block, so that there is
one fsync a block and not one a number. ``given`` follows the commits within a fraction of a second, without fsync: it
outlives a killed process, not a power failure. So a database that has less than ``given`` is behind for certain, and
above ``reserved`` every number is fresh.

The file is an SQLite database, which several processes may write to at once.
"""

import contextlib
import sqlite3
import threading
from pathlib import Path
from typing import Final, NamedTuple

from keyturn.database.errors import StoreUnavailable

BLOCK: Final = 1_000
FLUSH_SECONDS: Final = 0.2
BUSY_TIMEOUT_MS: Final = 5_000
NAME_LENGTH_MAX: Final = 200
MARKS_READ_MAX: Final = 500

_CREATE: Final = (
    "CREATE TABLE IF NOT EXISTS marks "
    "(name TEXT PRIMARY KEY, given INTEGER NOT NULL, reserved INTEGER NOT NULL) WITHOUT ROWID"
)
_RESERVE: Final = (
    "INSERT INTO marks (name, given, reserved) VALUES (?, 0, ?) "
    "ON CONFLICT (name) DO UPDATE SET reserved = MAX(reserved, excluded.reserved) RETURNING reserved"
)
_GIVEN: Final = (
    "INSERT INTO marks (name, given, reserved) VALUES (?1, ?2, ?2) ON CONFLICT (name) DO UPDATE "
    "SET given = MAX(given, excluded.given), reserved = MAX(reserved, excluded.reserved)"
)
_AFTER: Final = (
    "SELECT name, given, reserved FROM marks "
    "WHERE name > ?1 AND substr(name, 1, length(?2)) = ?2 ORDER BY name LIMIT ?3"
)


class Mark(NamedTuple):
    """What is known of one name.

    Attributes:
        given: a number that was given out and committed.
        reserved: no higher number was ever given out.
    """

    name: str
    given: int
    reserved: int


class HighWater:
    """Marks in one file. Safe to use from several threads, and from several processes on one machine."""

    def __init__(self, path: Path) -> None:
        """Open, or create, the file, readable by its owner only.

        Raises:
            StoreUnavailable: the file cannot be used.
        """
        self.path = path
        self._lock = threading.Lock()
        self._reserved: dict[str, int] = {}
        self._noted: dict[str, int] = {}
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._durable = _connect(path, "FULL")
            self._quick = _connect(path, "NORMAL")
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error

    def reserve(self, name: str, number: int) -> None:
        """Return once it is on disk that ``number`` may have been given out.

        Raises:
            StoreUnavailable: that cannot be written; the number must not be given out then.
        """
        if number <= self._reserved.get(name, 0):
            return
        if not 0 < len(name) <= NAME_LENGTH_MAX:
            raise ValueError(f"a mark's name has 1 to {NAME_LENGTH_MAX} characters")
        try:
            with self._lock:
                row = self._durable.execute(_RESERVE, (name, number + BLOCK)).fetchone()
                self._reserved[name] = row[0]
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def note(self, name: str, number: int) -> None:
        """Remember that ``number`` was given out and committed; it is written within a fraction of a second."""
        with self._lock:
            if number <= self._noted.get(name, 0):
                return
            self._noted[name] = number
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep_writing, name=f"marks {self.path.name}", daemon=True)
                self._thread.start()
        # Looking costs a fraction of setting, and it is set until what was noted by then is about to be written.
        if not self._wake.is_set():
            self._wake.set()

    def flush(self) -> None:
        """Write what was noted.

        Raises:
            StoreUnavailable: that cannot be written; it stays noted.
        """
        with self._lock:
            noted, self._noted = self._noted, {}
        try:
            with self._quick:
                self._quick.execute("BEGIN IMMEDIATE")
                self._quick.executemany(_GIVEN, noted.items())
        except sqlite3.Error as error:
            with self._lock:
                self._noted = noted | self._noted
            raise self._unusable(error) from error

    def marks(self, head: str, after: str = "") -> list[Mark]:
        """Up to 500 marks whose name begins with ``head`` and comes after ``after``, by name.

        Raises:
            StoreUnavailable: the file cannot be read.
        """
        try:
            with self._lock:
                return [Mark(*row) for row in self._durable.execute(_AFTER, (after, head, MARKS_READ_MAX))]
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def close(self) -> None:
        """Write what was noted and release the file."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        with contextlib.suppress(StoreUnavailable):
            self.flush()
        self._quick.close()
        self._durable.close()

    def _keep_writing(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._closing.wait(FLUSH_SECONDS)
            self._wake.clear()
            with contextlib.suppress(StoreUnavailable):  # `reserve` says so where it matters
                self.flush()

    def _unusable(self, error: Exception) -> StoreUnavailable:
        return StoreUnavailable(f"cannot use {self.path}, where the highest numbers given out are kept: {error}")


def _connect(path: Path, synchronous: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute(_CREATE)
    return connection
