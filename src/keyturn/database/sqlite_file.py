"""Whether an SQLite file can still be relied on: it is the one that was opened, it is sound, and its disk has room.

Nothing here opens the file other than through SQLite: closing any descriptor of a file gives up every lock that the
process holds on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
"""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from keyturn.database.ports import Trouble

# With less than this, the next commits find no room.
FREE_BYTES_MIN = 1024 * 1024
# For how long the pages of the file are gone through. A large file is not read to its end by that.
LOOK_SECONDS = 0.15
# How often SQLite asks whether to go on, in instructions of its virtual machine.
_ASKED_EVERY = 20_000

_Identity = tuple[int, int]


class DatabaseFile:
    """The file at a path as it was when this was made, which is just after it was opened, with its log and its index.

    What was committed lies in the log (``-wal``) until it is moved into the file, so to lose either is to lose it; by
    the index (``-shm``) processes keep out of each other's way.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parts = [(name, identity) for name in _names(path) if (identity := _identity(name)) is not None]

    def replaced(self) -> Trouble | None:
        """Whether somebody has deleted the file, or put another one into its place."""
        for name, identity in self._parts:
            found = _identity(name)
            if found != identity:
                what = "was deleted" if found is None else "was replaced by another file"
                return Trouble(
                    "file",
                    f"the database file {what} while it was in use; nothing is read from it or written to it",
                    "put the very file back, or restore a backup and restart every process that uses it",
                    name,
                )
        return None

    def full(self) -> Trouble | None:
        """Whether the disk has no room for another commit."""
        try:
            about = os.statvfs(self._path.parent)
        except (OSError, AttributeError):  # Windows has none
            return None
        if about.f_bavail * about.f_frsize >= FREE_BYTES_MIN:
            return None
        return Trouble(
            "disk",
            "the disk that the database file is on is full",
            "free space on it, or enlarge it; writes then go on without a restart",
            str(self._path),
        )

    def broken(self) -> Trouble | None:
        """Whether the file is damaged, as far as can be told in a moment: a small one is read as a whole."""
        ends = time.monotonic() + LOOK_SECONDS
        try:
            with closing(sqlite3.connect(f"file:{quote(str(self._path))}?mode=rw", uri=True)) as connection:
                connection.execute("PRAGMA busy_timeout = 0")
                connection.execute("PRAGMA query_only = ON")
                # The list of tables first: without it, nothing else is.
                connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
                connection.set_progress_handler(lambda: time.monotonic() >= ends, _ASKED_EVERY)
                found: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.Error as error:
            if _code(error) not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                return None  # the time was over, or a lock was met
            found = str(error)
        if found == "ok":
            return None
        return damaged(f"{self._path}: {found}")


def damaged(detail: str) -> Trouble:
    """The error for a file that SQLite did not write as it is."""
    return Trouble(
        "intact",
        "the database file is damaged",
        "stop every process that uses it, and restore a backup",
        detail,
    )


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _names(path: Path) -> list[str]:
    return [f"{path}{ending}" for ending in ("", "-wal", "-shm")]


def _identity(name: str) -> _Identity | None:
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_dev, found.st_ino
