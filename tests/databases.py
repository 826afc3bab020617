"""Both databases, for tests that must hold on either: a test that asks for `database` runs twice."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keyturn.database import Database, migrate, open_database
from keyturn.stores import sql as keys
from tillgate import store
from tillgate.base.clock import SystemClock
from tillgate.events.log import ensure_identity


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: a file of its own, or a database of the real PostgreSQL server."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_database_url")
        return url
    return f"sqlite:///{tmp_path / 'tillgate.db'}"


_MIGRATED: dict[str, bytes] = {}


async def lay_out(database_url: str) -> None:
    """Give a SQLite database that is not there yet the real schema: a copy of one that was migrated once in this
    process, which costs a fortieth of the migrations. Everything else is left to be migrated."""
    path = Path(database_url.removeprefix("sqlite:///"))
    if not database_url.startswith("sqlite:///") or path.exists():  # noqa: ASYNC240 (a test's own file)
        return
    if not _MIGRATED:
        with tempfile.TemporaryDirectory() as folder:
            first = Path(folder) / "first.db"
            opened = await open_database(f"sqlite:///{first}")
            await migrate(opened, [*keys.migrations(), *store.migrations()], now=SystemClock().now())
            await opened.close()
            _MIGRATED["schema"] = first.read_bytes()
    path.write_bytes(_MIGRATED["schema"])  # noqa: ASYNC240


@pytest.fixture
async def database(database_url: str, anyio_backend: object) -> AsyncIterator[Database]:
    """An opened database with the real schema, empty but for the identity of its event logs."""
    await lay_out(database_url)
    opened = await open_database(database_url)
    try:
        await migrate(opened, [*keys.migrations(), *store.migrations()], now=SystemClock().now())
        await ensure_identity(opened)
        yield opened
    finally:
        await opened.close()
