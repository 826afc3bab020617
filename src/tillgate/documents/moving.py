"""Files of documents, moved between the database and a directory while servers run.

A file is in both places before it leaves one, so whoever reads it finds it; what was moved is found as moved by whoever
goes on after an interruption.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, NamedTuple

from keyturn.database import Database
from tillgate.documents import file_records
from tillgate.documents.files import file_of, write_file

PAGE: Final = 200


class Moved(NamedTuple):
    """Where all files are now.

    Attributes:
        stayed: were where they are to be already.
        missing: the ids of those that are nowhere.
    """

    moved: int
    stayed: int
    missing: list[str]


class Differs(Exception):
    """There are two different files of one document."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.id = id


async def to_directory(database: Database, directory: Path) -> Moved:
    """Move all files into a directory.

    Raises:
        Differs: another file of the same name is there.
        OSError: it cannot be written.
    """
    moved = stayed = 0
    async for id, elsewhere in _all(database):
        if elsewhere:
            stayed += 1
            continue
        content = await database.read(lambda tx, id=id: file_records.by_id(tx, id))  # type: ignore[misc]
        if not content:
            continue  # dropped, or moved by another, meanwhile
        await asyncio.to_thread(write_file, directory, id, content)
        if _digest(await asyncio.to_thread(file_of(directory, id).read_bytes)) != _digest(content):
            raise Differs(id)
        changed = await database.write(lambda tx, id=id: file_records.empty(tx, id))  # type: ignore[misc]
        if not changed and await database.read(lambda tx, id=id: file_records.by_id(tx, id)) is None:  # type: ignore[misc]
            await asyncio.to_thread(file_of(directory, id).unlink, missing_ok=True)  # dropped meanwhile
        moved += changed
    return Moved(moved, stayed, [])


async def to_database(database: Database, directory: Path) -> Moved:
    """Move all files into the database.

    Raises:
        Differs: what was written is not what was read.
        OSError: a file cannot be read or removed.
    """
    moved = stayed = 0
    missing: list[str] = []
    async for id, elsewhere in _all(database):
        path = file_of(directory, id)
        if not elsewhere:
            stayed += 1
            if path.exists():  # an earlier run was interrupted
                await _leave(database, path, id)
            continue
        try:
            content = await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            missing.append(id)
            continue
        moved += await database.write(lambda tx, id=id, content=content: file_records.fill(tx, id, content))  # type: ignore[misc]
        await _leave(database, path, id)
    return Moved(moved, stayed, missing)


async def _leave(database: Database, path: Path, id: str) -> None:
    """Remove a file that the database has, committed and whole."""
    kept = await database.read(lambda tx: file_records.by_id(tx, id))
    if kept and _digest(kept) != _digest(await asyncio.to_thread(path.read_bytes)):
        raise Differs(id)
    if kept:
        await asyncio.to_thread(path.unlink, missing_ok=True)


async def _all(database: Database) -> AsyncIterator[tuple[str, bool]]:
    """Each document by its id, and whether its bytes are elsewhere."""
    after = ""
    while found := await database.read(lambda tx, after=after: file_records.page(tx, after, PAGE)):  # type: ignore[misc]
        for one in found:
            yield one
        after = found[-1][0]


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
