"""From a URL to an opened database."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from keyturn.database.errors import DatabaseMissing, StoreUnavailable
from keyturn.database.high_water import HighWater
from keyturn.database.ports import Database
from keyturn.database.sqlite import open_sqlite

SQLITE_SCHEME = "sqlite:///"
POSTGRES_SCHEMES = ("postgresql://", "postgres://")
CONNECTIONS_MAX = 24


def require_file(url: str) -> None:
    """Refuse an SQLite database that is not there, and a file that no migration was ever applied to. Nothing is written
    and nothing made; of PostgreSQL :func:`keyturn.database.require_schema` tells once it is open.

    Raises:
        DatabaseMissing: there is none at that place.
        StoreUnavailable: the file cannot be read.
    """
    if not url.startswith(SQLITE_SCHEME):
        return
    path = Path(url.removeprefix(SQLITE_SCHEME))
    if not path.is_file():
        raise DatabaseMissing(f"there is no database at {path}")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'").fetchone()
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_NOTADB":
            raise DatabaseMissing(f"{path} is no database") from None
        raise StoreUnavailable(f"{path} cannot be read: {error}") from error
    if found is None:
        raise DatabaseMissing(f"the database at {path} holds nothing of ours")


async def open_database(
    url: str, *, connections_max: int = CONNECTIONS_MAX, high_water: HighWater | None = None
) -> Database:
    """Open ``sqlite:///path/to/file`` (four slashes for an absolute path) or ``postgresql://…``.

    Args:
        connections_max: to PostgreSQL; SQLite has a writer and a reader.
        high_water: where the highest numbers given out are kept; closed with the database.

    Raises:
        StoreUnavailable: the scheme is neither, the driver is not installed, or the database
            cannot be reached.
    """
    if url.startswith(SQLITE_SCHEME):
        return open_sqlite(Path(url.removeprefix(SQLITE_SCHEME)), high_water)
    if url.startswith(POSTGRES_SCHEMES):
        try:
            from keyturn.database.postgres import open_postgres
        except ModuleNotFoundError as error:
            raise StoreUnavailable("PostgreSQL needs the driver asyncpg: pip install 'keyturn[postgres]'") from error
        return await open_postgres(url, connections_max=connections_max, high_water=high_water)
    scheme = url.partition(":")[0]
    raise StoreUnavailable(
        f"unknown database URL scheme {scheme!r}: expected sqlite:///path or postgresql://user@host/name"
    )
