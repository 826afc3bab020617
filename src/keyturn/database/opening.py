"""From a URL to an opened database."""

from pathlib import Path

from keyturn.database.errors import StoreUnavailable
from keyturn.database.high_water import HighWater
from keyturn.database.ports import Database
from keyturn.database.sqlite import open_sqlite

SQLITE_SCHEME = "sqlite:///"
POSTGRES_SCHEMES = ("postgresql://", "postgres://")
CONNECTIONS_MAX = 24


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
            raise StoreUnavailable("PostgreSQL needs the driver asyncpg: pip install 'tillgate[postgres]'") from error
        return await open_postgres(url, connections_max=connections_max, high_water=high_water)
    scheme = url.partition(":")[0]
    raise StoreUnavailable(
        f"unknown database URL scheme {scheme!r}: expected sqlite:///path or postgresql://user@host/name"
    )
