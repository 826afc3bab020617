"""A backup of a database in one file, of either kind of database and for either.

A ZIP archive: ``manifest.json``, and each table as ``tables/NAME.jsonl``, one JSON array a row, its columns in the
order that the manifest gives; bytes are in base 64. The manifest names the migrations that the database had, and of
each table the number of rows and the SHA-256 of its lines. Whatever reads it needs no more than ZIP and JSON.

Which tables there are is read from the schema that the migrations make, so a new one is in the next backup. A backup is
one moment of the database, is written and read in bounded memory, and counts as made only once it was read back whole.
A backup from before an upgrade is put into the schema of then, and upgraded as a database is.
"""

import base64
import contextlib
import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import msgspec

from keyturn.database.errors import BackupError
from keyturn.database.migrations import Migration, applied_to, migrate_within
from keyturn.database.ports import Transaction
from keyturn.database.shape import Kind, Table, tables_of
from keyturn.database.transfer import ROWS_AT_ONCE, Rows, Source, Target, open_source, open_target

T = TypeVar("T")

FORMAT: Final = "tillgate-backup"
FORMAT_VERSION: Final = 1
MANIFEST: Final = "manifest.json"
MIGRATIONS_TABLE: Final = "schema_migrations"
# Longer than any row can be; what is longer is no backup of ours, and is not read into memory.
LINE_BYTES_MAX: Final = 64 * 1024 * 1024
MANIFEST_BYTES_MAX: Final = 16 * 1024 * 1024

_TYPES: Final[dict[Kind, tuple[type, ...]]] = {
    "text": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "bytes": (str,),
    "float": (float, int),
}
_encode: Final = msgspec.json.Encoder().encode


class AppliedMigration(msgspec.Struct, frozen=True):
    """A step that the database had, by its script's SHA-256."""

    house: str
    number: int
    name: str
    checksum: str


class ColumnEntry(msgspec.Struct, frozen=True):
    """A column as the manifest has it."""

    name: str
    kind: Kind


class TableEntry(msgspec.Struct, frozen=True):
    """A table as the manifest has it; ``sha256`` is over its lines, uncompressed."""

    name: str
    columns: tuple[ColumnEntry, ...]
    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """What a backup holds.

    Attributes:
        program: what wrote it, with its version.
        made_at: Unix milliseconds; the moment that it is of.
        dialect: of the database that it is of.
        facts: what the program wants to know before it restores it; no secrets.
    """

    format: str
    version: int
    program: str
    made_at: int
    dialect: str
    migrations: tuple[AppliedMigration, ...]
    tables: tuple[TableEntry, ...]
    facts: dict[str, str] = {}

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(table.rows for table in self.tables)


async def back_up(
    url: str,
    file: Path,
    known: list[Migration],
    *,
    program: str,
    now: int,
    facts: Callable[[Transaction], Awaitable[dict[str, str]]] | None = None,
) -> Manifest:
    """Write a database to a new file, readable by its owner only, and read it back.

    Servers may go on: they neither wait nor are seen half-way. The file appears under its name once it is proved.

    Args:
        known: every migration that the program knows; the database may lack the newest ones.
        now: Unix milliseconds.

    Raises:
        BackupError: the file is already there, cannot be written, or is not what was written.
        StoreError: the database cannot be read, or is not one of these migrations.
    """
    if file.exists():  # noqa: ASYNC240 — nothing else runs beside a backup
        raise BackupError(f"{file} is already there; a backup replaces no file: choose another name or move it away")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # mode 600
    except OSError as error:
        raise BackupError(f"cannot write {file}: {error.strerror or error}") from error
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as raw:
            async with open_source(url) as source:
                if MIGRATIONS_TABLE not in await source.table_names():
                    raise BackupError("there is nothing to back up: this database has no tables of this program")
                manifest = await _write(raw, source, known, program, now, facts)
            raw.flush()
            os.fsync(raw.fileno())
        if verify(beside) != manifest:
            raise BackupError(f"{file} does not hold what was written: look at the disk, and try again")
        os.link(beside, file)  # never over a file that came meanwhile
        _sync_directory(file.parent)
    except OSError as error:
        raise BackupError(f"cannot write {file}: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)  # noqa: ASYNC240 — nothing else runs beside a backup
    return manifest


def read_manifest(file: Path) -> Manifest:
    """What a backup says of itself.

    Raises:
        BackupError: the file cannot be read, or is no backup.
    """
    with _opened(file) as archive:
        return _manifest_of(file, archive)


def verify(file: Path) -> Manifest:
    """Read a backup from end to end: every line, every checksum, every count.

    Raises:
        BackupError: something is missing or was changed; the message says where.
    """
    with _opened(file) as archive:
        manifest = _manifest_of(file, archive)
        entries = {MANIFEST, *(_path_of(table.name) for table in manifest.tables)}
        if sorted(archive.namelist()) != sorted(entries):
            raise BackupError(f"{file} does not hold exactly the tables that its manifest names")
        for table in manifest.tables:
            for _ in _rows(file, archive, table):
                pass
    return manifest


async def restore(
    url: str,
    file: Path,
    known: list[Migration],
    *,
    now: int,
    replace: bool = False,
    before: Callable[[Transaction], Awaitable[T]] | None = None,
    finish: Callable[[Transaction, Manifest, T | None], Awaitable[None]] | None = None,
) -> Manifest:
    """Put a backup into an empty database, in one transaction: all of it, or nothing.

    Args:
        known: every migration that the program knows; those that the backup lacks are applied to it.
        replace: drop the program's tables first, where there are some.
        before: reads what is to be kept of the database that is replaced.
        finish: changes what must not come back as it was, given what ``before`` answered.

    Raises:
        BackupError: the file is no whole backup, of another program or a newer version, or the database is not empty.
        StoreError: the database cannot be written to; nothing was changed.
    """
    manifest = verify(file)
    had = _migrations_of(manifest, known)
    tables = {table.name: table for table in tables_of(had)}
    _require_tables(manifest, tables)
    async with open_target(url) as target:
        ours = {MIGRATIONS_TABLE, *(table.name for table in tables_of(known))}
        there = ours & await target.table_names()
        if there and not replace:
            raise BackupError(
                "this database is not empty: a backup is restored into a new one, or with --replace over what is there"
            )
        kept = None
        if there:
            # Refuses what is newer than this program; and `before` reads the newest schema only.
            await migrate_within(target.tx, known, now=now)
            kept = await before(target.tx) if before is not None else None
            await target.drop_tables(sorted(ours))
        await migrate_within(target.tx, had, now=now)
        await target.suspend_references()
        with _opened(file) as archive:
            for entry in manifest.tables:
                await target.load(tables[entry.name], _chunks(file, archive, entry, tables[entry.name]))
        await target.check_references()
        await _require_counts(target, manifest)
        await migrate_within(target.tx, known, now=now)
        if finish is not None:
            await finish(target.tx, manifest, kept)
    return manifest


async def _write(
    raw: IO[bytes],
    source: Source,
    known: list[Migration],
    program: str,
    now: int,
    facts: Callable[[Transaction], Awaitable[dict[str, str]]] | None,
) -> Manifest:
    applied = await applied_to(source.tx, known)
    entries = []
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in tables_of(applied):
            digest, count = hashlib.sha256(), 0
            with archive.open(_path_of(table.name), "w", force_zip64=True) as lines:
                async for rows in source.rows(table):
                    text = b"".join(_encode(row) + b"\n" for row in rows)  # bytes go in base 64
                    digest.update(text)
                    count += len(rows)
                    lines.write(text)
            columns = tuple(ColumnEntry(column.name, column.kind) for column in table.columns)
            entries.append(TableEntry(table.name, columns, count, digest.hexdigest()))
        manifest = Manifest(
            FORMAT,
            FORMAT_VERSION,
            program,
            now,
            source.dialect,
            tuple(AppliedMigration(one.house, one.number, one.name, one.checksum) for one in applied),
            tuple(entries),
            await facts(source.tx) if facts is not None else {},
        )
        archive.writestr(MANIFEST, msgspec.json.format(_encode(manifest), indent=1))
    return manifest


def _path_of(table: str) -> str:
    return f"tables/{table}.jsonl"


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError) as error:
        raise BackupError(f"{file} is not a complete backup: {error}") from error
    except OSError as error:
        raise BackupError(f"cannot read {file}: {error.strerror or error}") from error


def _manifest_of(file: Path, archive: zipfile.ZipFile) -> Manifest:
    with archive.open(MANIFEST) as entry:
        text = entry.read(MANIFEST_BYTES_MAX + 1)
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupError(f"{file} is not a backup: its manifest cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise BackupError(f"{file} is not a backup: its format is {manifest.format[:40]!r}")
    if manifest.version > FORMAT_VERSION:
        raise BackupError(f"{file} was written by a newer version of the program: {manifest.program[:60]}")
    return manifest


def _rows(file: Path, archive: zipfile.ZipFile, table: TableEntry) -> Iterator[list[Any]]:
    """A table's rows, each checked against its columns; at the end, their number and checksum."""
    types = [_TYPES[column.kind] for column in table.columns]
    decode = msgspec.json.Decoder(list[Any]).decode
    digest, count = hashlib.sha256(), 0
    with archive.open(_path_of(table.name)) as lines:
        while line := lines.readline(LINE_BYTES_MAX):
            digest.update(line)
            count += 1
            try:
                row = decode(line)
            except msgspec.DecodeError as error:
                raise BackupError(f"{file}: table {table.name}, line {count}: {error}") from error
            if len(row) != len(types) or any(
                value is not None and type(value) not in allowed for value, allowed in zip(row, types, strict=True)
            ):
                raise BackupError(f"{file}: table {table.name}, line {count} does not fit the table's columns")
            yield row
    if count != table.rows or digest.hexdigest() != table.sha256:
        raise BackupError(f"{file}: table {table.name} is not what the manifest says: it was changed or cut off")


async def _chunks(file: Path, archive: zipfile.ZipFile, entry: TableEntry, table: Table) -> AsyncIterator[Rows]:
    """The same some hundreds at a time, with values as the database takes them, columns in the table's order."""
    places = {column.name: place for place, column in enumerate(entry.columns)}
    order = [places[column.name] for column in table.columns]
    binary = [place for place, column in enumerate(table.columns) if column.kind == "bytes"]
    some: Rows = []
    for row in _rows(file, archive, entry):
        values = [row[place] for place in order]
        for place in binary:
            values[place] = None if values[place] is None else base64.b64decode(values[place], validate=True)
        some.append(tuple(values))
        if len(some) == ROWS_AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _migrations_of(manifest: Manifest, known: list[Migration]) -> list[Migration]:
    by_number = {(one.house, one.number): one for one in known}
    had = set()
    for one in manifest.migrations:
        migration = by_number.get((one.house, one.number))
        if migration is None or migration.checksum != one.checksum:
            raise BackupError(
                f"this backup, by {manifest.program[:60]}, has {one.house[:40]} migration {one.number:04d}, which this "
                "program does not know: restore it by a version at least as new, of the same program"
            )
        had.add(migration)
    return [one for one in known if one in had]


def _require_tables(manifest: Manifest, tables: dict[str, Table]) -> None:
    written = {table.name: {(one.name, one.kind) for one in table.columns} for table in manifest.tables}
    expected = {name: {(one.name, one.kind) for one in table.columns} for name, table in tables.items()}
    if written != expected or len(manifest.tables) != len(tables):
        raise BackupError("this backup's tables are not those of the migrations that it names: it was changed")


async def _require_counts(target: Target, manifest: Manifest) -> None:
    for table in manifest.tables:
        row = await target.tx.fetch_one(f'SELECT COUNT(*) FROM "{table.name}"')  # noqa: S608 — the schema's own names
        if row is None or row[0] != table.rows:
            raise BackupError(f"table {table.name} has other than its {table.rows} rows after the restore; undone")


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
