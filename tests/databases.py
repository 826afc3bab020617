"""Both databases, for tests that must hold on either: a test that asks for `database` runs twice."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
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
_TEMPLATE = "tillgate_schema"
_WITH_TEMPLATE: set[str] = set()


async def lay_out(database_url: str) -> None:
    """Give a database that is not there yet, or empty, the real schema: a copy of one that was migrated once in this
    process, which costs a fortieth of the migrations. Everything else is left to be migrated."""
    if database_url.startswith("sqlite:///"):
        await _lay_out_file(Path(database_url.removeprefix("sqlite:///")))
    else:
        await _lay_out_postgres(database_url)


async def _lay_out_file(path: Path) -> None:
    if path.exists():  # noqa: ASYNC240 (a test's own file)
        return
    if not _MIGRATED:
        with tempfile.TemporaryDirectory() as folder:
            first = Path(folder) / "first.db"
            await _migrate(f"sqlite:///{first}")
            _MIGRATED["schema"] = first.read_bytes()
    path.write_bytes(_MIGRATED["schema"])  # noqa: ASYNC240


async def _lay_out_postgres(database_url: str) -> None:
    server = urlsplit(database_url)
    name = server.path.removeprefix("/")
    template = server._replace(path=f"/{_TEMPLATE}").geturl()
    if await _run(database_url, "SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace LIMIT 1"):
        return
    own = server._replace(path="/postgres").geturl()
    if server.query not in _WITH_TEMPLATE:
        await _run(own, f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0 STRATEGY FILE_COPY")
        await _migrate(template)
        _WITH_TEMPLATE.add(server.query)
    await _run(
        own, f"DROP DATABASE {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY"
    )


async def _run(url: str, *statements: str) -> list[asyncpg.Record]:
    """Run statements, each a transaction of its own; the rows of the last one."""
    connection = await asyncpg.connect(url)
    try:
        return [await connection.fetch(statement) for statement in statements][-1]
    finally:
        await connection.close()


async def _migrate(url: str) -> None:
    opened = await open_database(url)
    await migrate(opened, [*keys.migrations(), *store.migrations()], now=SystemClock().now())
    await opened.close()


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
