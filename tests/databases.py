"""Both databases, for tests that must hold on either: a test that asks for `database` runs twice."""

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


@pytest.fixture
async def database(database_url: str, anyio_backend: object) -> AsyncIterator[Database]:
    """An opened database with the real schema, empty but for the identity of its event logs."""
    opened = await open_database(database_url)
    try:
        await migrate(opened, [*keys.migrations(), *store.migrations()], now=SystemClock().now())
        await ensure_identity(opened)
        yield opened
    finally:
        await opened.close()
