"""Forward-only, numbered migrations: one at a time, under a lock, each remembered by its checksum."""

import hashlib
import re
import sqlite3
from importlib.resources import files
from typing import NamedTuple

from keyturn.database.errors import DatabaseMissing, MigrationError
from keyturn.database.ports import Both, Database, Transaction

_NAME = re.compile(r"(\d{4})_([a-z0-9_]{1,200})\.sql", re.ASCII)

# Any constant does; it only has to be the same in every process that migrates.
_LOCK = Both(sqlite="SELECT 1", postgres="SELECT pg_advisory_xact_lock(7223071)")

_CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    house TEXT NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (house, number)
)
"""


class Migration(NamedTuple):
    """One step of one house's schema."""

    house: str
    number: int
    name: str
    script: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the script's text, in hex."""
        return hashlib.sha256(self.script.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """The script's statements, in order."""
        found, begun = [], ""
        for line in self.script.splitlines(keepends=True):
            begun += line
            if sqlite3.complete_statement(begun):
                found.append(begun.strip())
                begun = ""
        if begun.strip() and not all(part.lstrip().startswith("--") for part in begun.splitlines() if part.strip()):
            raise MigrationError(f"{self.house} {self.number:04d}_{self.name}: the last statement has no ';'")
        return found


def migrations_of(house: str, package: str) -> list[Migration]:
    """The ``NNNN_name.sql`` files in a package's folder ``migrations``, in order, without a gap.

    That folder is data and no package: importing it would put a module in the way of its namesakes.

    Raises:
        MigrationError: a file is not named so, or a number is missing or doubled.
    """
    found = []
    for entry in (files(package) / "migrations").iterdir():
        if not entry.name.endswith(".sql"):
            continue
        match = _NAME.fullmatch(entry.name)
        if match is None:
            raise MigrationError(f"{package}: {entry.name!r} is not named NNNN_name.sql")
        found.append(Migration(house, int(match[1]), match[2], entry.read_text("utf-8")))
    found.sort(key=lambda migration: migration.number)
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise MigrationError(f"{package}: migrations must be numbered 0001, 0002, … without a gap")
    return found


async def migrate(database: Database, wanted: list[Migration], *, now: int) -> list[Migration]:
    """Apply what is missing and answer with it. Safe to run in many processes at once.

    Args:
        now: Unix milliseconds, written beside each applied step.

    Raises:
        MigrationError: an applied step was changed afterwards, or the database is newer than
            this code. Nothing is applied then.
    """

    async def prepare(tx: Transaction) -> list[Migration]:
        await tx.fetch_one(_LOCK)
        await tx.execute(_CREATE_TABLE)
        await _refuse_newer(tx, wanted)
        await _refuse_changed(tx, wanted)
        return await _not_applied(tx, wanted)

    applied = []
    for migration in await database.write(prepare):

        async def step(tx: Transaction, migration: Migration = migration) -> bool:
            return await _apply(tx, migration, now)

        # As long as it takes: a large table is not rewritten in seconds.
        if await database.write(step, within_seconds=None):
            applied.append(migration)
    return applied


async def migrate_within(tx: Transaction, wanted: list[Migration], *, now: int) -> None:
    """Apply what is missing in a transaction that is under way, all of it or nothing.

    Raises:
        MigrationError: as for :func:`migrate`.
    """
    await tx.fetch_one(_LOCK)
    await tx.execute(_CREATE_TABLE)
    await _refuse_newer(tx, wanted)
    await _refuse_changed(tx, wanted)
    for migration in wanted:
        await _apply(tx, migration, now)


async def applied_to(tx: Transaction, known: list[Migration]) -> list[Migration]:
    """The steps that were applied to a database, in the order of ``known``.

    Raises:
        MigrationError: one of them is not known, or was changed afterwards.
    """
    by_number = {(one.house, one.number): one for one in known}
    found = set()
    for row in await tx.fetch_all("SELECT house, number, name, checksum FROM schema_migrations"):
        one = by_number.get((row["house"], row["number"]))
        if one is None or one.checksum != row["checksum"]:
            raise MigrationError(
                f"this database has {row['house']} migration {row['number']:04d}_{row['name']}, which this version of "
                "the program does not know: use a version at least as new as the one that wrote it"
            )
        found.add(one)
    return [one for one in known if one in found]


async def pending(database: Database, wanted: list[Migration]) -> list[Migration]:
    """The steps that are not applied yet, without changing anything.

    Raises:
        MigrationError: as for :func:`migrate`.
    """

    async def look(tx: Transaction) -> list[Migration]:
        table = await tx.fetch_one(
            Both(
                sqlite="SELECT name FROM sqlite_master WHERE name = 'schema_migrations'",
                postgres="SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL",
            )
        )
        if table is None:
            return wanted
        await _refuse_newer(tx, wanted)
        await _refuse_changed(tx, wanted)
        return await _not_applied(tx, wanted)

    return await database.read(look)


async def require_schema(database: Database, wanted: list[Migration]) -> None:
    """Refuse a database that holds nothing of these houses, without changing anything.

    Raises:
        DatabaseMissing: none of the steps was ever applied to it.
        MigrationError: as for :func:`migrate`.
    """
    if len(await pending(database, wanted)) == len(wanted):
        raise DatabaseMissing("the database holds nothing of ours")


async def _not_applied(tx: Transaction, wanted: list[Migration]) -> list[Migration]:
    rows = await tx.fetch_all("SELECT house, number FROM schema_migrations")
    done = {(row["house"], row["number"]) for row in rows}
    return [migration for migration in wanted if (migration.house, migration.number) not in done]


async def _apply(tx: Transaction, migration: Migration, now: int) -> bool:
    await tx.fetch_one(_LOCK)
    if await _applied_checksum(tx, migration) is not None:
        return False  # by another process, since we looked
    for statement in migration.statements:
        await tx.execute(statement)
    await tx.execute(
        "INSERT INTO schema_migrations (house, number, name, checksum, applied_at) VALUES ($1, $2, $3, $4, $5)",
        migration.house,
        migration.number,
        migration.name,
        migration.checksum,
        now,
    )
    return True


async def _applied_checksum(tx: Transaction, migration: Migration) -> str | None:
    row = await tx.fetch_one(
        "SELECT checksum FROM schema_migrations WHERE house = $1 AND number = $2",
        migration.house,
        migration.number,
    )
    return row["checksum"] if row is not None else None


async def _refuse_changed(tx: Transaction, wanted: list[Migration]) -> None:
    for migration in wanted:
        if await _applied_checksum(tx, migration) not in (None, migration.checksum):
            raise MigrationError(
                f"{migration.house} {migration.number:04d}_{migration.name} was changed after it had been "
                "applied to this database: restore the file and put the change into a new migration"
            )


async def _refuse_newer(tx: Transaction, wanted: list[Migration]) -> None:
    known: dict[str, int] = {}
    for migration in wanted:
        known[migration.house] = max(known.get(migration.house, 0), migration.number)
    for row in await tx.fetch_all("SELECT house, MAX(number) AS newest FROM schema_migrations GROUP BY house"):
        newest = known.get(row["house"])
        if newest is not None and row["newest"] > newest:
            raise MigrationError(
                f"this database is at {row['house']} migration {row['newest']:04d}, newer than this "
                f"version of the program knows ({newest:04d}): start a version at least as new"
            )
