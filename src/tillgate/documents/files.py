"""Where documents are kept, as a port: in the database, or in a directory that a setting names.

A row says which documents there are, in both: so what a transaction kept is there once it is committed, and not before.
In a directory the file is written ahead of its row, and goes before its row does: no row is without its file, and no
file outlives the job that drops renders.
"""

import asyncio
import os
import re
import tempfile
import zipfile
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import structlog

from tillgate.documents import file_records
from tillgate.store import Transaction

_SUFFIX: Final = ".pdf"
# What an id is made of; nothing that leads elsewhere.
_ID: Final = re.compile(r"[a-z]{1,8}_[0-9A-Za-z]{8,64}")
# A directory of files for each end of an id, so that none grows with all of them.
_SHARD: Final = 2
_ENTRY_BYTES_MAX: Final = 64 * 1024 * 1024

_log: Final = structlog.get_logger("documents")


class Kept(NamedTuple):
    """A document that is kept: its bytes, where they are in the database."""

    id: str
    content: bytes


class FileStore(Protocol):
    """Keeps documents by the ids of their renders. What takes no transaction is done outside of one."""

    async def write(self, id: str, content: bytes) -> None:
        """Write the bytes down, ahead of the transaction that keeps them. Those that are there already stay."""

    async def put(self, tx: Transaction, id: str, content: bytes, now: int) -> None:
        """Keep a document that was written; the same one again changes nothing."""

    async def find(self, tx: Transaction, id: str) -> Kept | None:
        """A document that is kept; None where there is none."""

    async def read(self, kept: Kept) -> bytes | None:
        """Its bytes; None where they are gone, as after a restore without the directory."""

    async def erase(self, ids: list[str]) -> None:
        """Forget the bytes of these, ahead of the transaction that drops them."""

    async def drop(self, tx: Transaction, id: str) -> None:
        """Forget a document."""


class DatabaseFiles:
    """Documents in the database, so that its backup has them."""

    async def write(self, id: str, content: bytes) -> None:
        """Nothing: it is all written in the transaction."""

    async def put(self, tx: Transaction, id: str, content: bytes, now: int) -> None:
        """Keep a document; the same one again changes nothing."""
        await file_records.insert(tx, id, content, now)

    async def find(self, tx: Transaction, id: str) -> Kept | None:
        """A document that is kept; None where there is none."""
        content = await file_records.by_id(tx, id)
        return Kept(id, content) if content is not None else None

    async def read(self, kept: Kept) -> bytes | None:
        """Its bytes; None where they are in a directory that is not set any more."""
        if not kept.content:
            _log.error("documents.file_missing", document=kept.id, looked_in="database")
        return kept.content or None

    async def erase(self, ids: list[str]) -> None:
        """Nothing: it all goes in the transaction."""

    async def drop(self, tx: Transaction, id: str) -> None:
        """Forget a document."""
        await file_records.delete(tx, id)


class DirectoryFiles(DatabaseFiles):
    """Documents in a directory, which each process of the server reaches; the database says which there are. What was
    kept in the database before stays there, and is read from it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    async def write(self, id: str, content: bytes) -> None:
        """Write the bytes down, on disk before this ends. Those that are there already stay."""
        await asyncio.to_thread(write_file, self.directory, id, content)

    async def put(self, tx: Transaction, id: str, content: bytes, now: int) -> None:
        """Keep a document that was written; the same one again changes nothing."""
        await file_records.insert(tx, id, b"", now)

    async def read(self, kept: Kept) -> bytes | None:
        """Its bytes; None where its file is gone."""
        if kept.content:
            return kept.content
        try:
            return await asyncio.to_thread(file_of(self.directory, kept.id).read_bytes)
        except OSError as error:
            _log.error("documents.file_missing", document=kept.id, looked_in="directory", reason=error.strerror)
            return None

    async def erase(self, ids: list[str]) -> None:
        """Forget the bytes of these, ahead of the transaction that drops them."""

        def remove() -> None:
            for id in ids:
                file_of(self.directory, id).unlink(missing_ok=True)

        await asyncio.to_thread(remove)


def files_in(directory: Path | None) -> FileStore:
    """Where documents are kept: in this directory, or in the database."""
    return DirectoryFiles(directory) if directory is not None else DatabaseFiles()


def write_file(directory: Path, id: str, content: bytes) -> None:
    """Write a file that is whole or not there, readable by its owner only; one that is there stays."""
    path = file_of(directory, id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)  # mode 600
    try:
        with os.fdopen(handle, "wb") as raw:
            raw.write(content)
            raw.flush()
            os.fsync(raw.fileno())
        os.link(name, path)
    except FileExistsError:
        return
    finally:
        os.unlink(name)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def pack(directory: Path, file: Path) -> int:
    """Copy a directory's documents into a new ZIP archive, readable by its owner only, while servers run; how many.

    Raises:
        OSError: it is there already, or cannot be written or read.
    """
    found = 0
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(directory.glob(f"*/*{_SUFFIX}")):
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue  # dropped meanwhile
            archive.writestr(path.name, content)
            found += 1
    with zipfile.ZipFile(file) as archive:
        broken = archive.testzip()
    if broken is not None:
        raise OSError(f"{broken} in {file} is not what was written")
    return found


def unpack(file: Path, directory: Path) -> int:
    """Put the documents of an archive into a directory; how many. Those that are there stay.

    Raises:
        OSError, zipfile.BadZipFile: it cannot be read, or holds what is no document.
    """
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        for entry in entries:
            id = entry.filename.removesuffix(_SUFFIX)
            if not _ID.fullmatch(id) or entry.file_size > _ENTRY_BYTES_MAX:
                raise zipfile.BadZipFile(f"{entry.filename!r} is no document")
        for entry in entries:
            write_file(directory, entry.filename.removesuffix(_SUFFIX), archive.read(entry))
    return len(entries)


def file_of(directory: Path, id: str) -> Path:
    """Where the file of a document is in a directory."""
    if not _ID.fullmatch(id):
        raise ValueError(f"no id of a document: {id!r}")
    return directory / id[-_SHARD:].lower() / f"{id}{_SUFFIX}"
