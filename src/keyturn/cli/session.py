"""Where ``keyturn`` finds its keys, and how a failure ends a command."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from keyturn.admission.layer import SystemClock
from keyturn.cli.mounting import CommandContext
from keyturn.cli.output import fail
from keyturn.database import Database, StoreError, migrate, open_database, require_file, require_schema
from keyturn.errors import KeyturnError
from keyturn.keys.issuing import Issuer
from keyturn.settings import Settings, SettingsError, load
from keyturn.stores.portal import SqlPortal
from keyturn.stores.requests import SqlRequests
from keyturn.stores.sql import SqlKeyStore, migrations
from keyturn.stores.usage import SqlUsage

T = TypeVar("T")

PROJECTS_NAMED_MAX = 20

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url", metavar="URL", help="sqlite:///path or postgresql://user@host/name  [KEYTURN_DATABASE_URL]"
    ),
]


class KeyturnInstallation:
    """A database of keys alone."""

    def __init__(self, database_url: str | None) -> None:
        self._database_url = database_url

    def work(self, task: Callable[[CommandContext], Awaitable[T]], *, creates: bool = False) -> T:
        """Run a task over the opened and migrated database; failures end the command in one line."""

        async def run() -> T:
            settings = load(database_url=self._database_url)
            if not creates:
                require_file(settings.database_url)
            database = await open_database(settings.database_url)
            try:
                if not creates:
                    await require_schema(database, migrations())
                await migrate(database, migrations(), now=SystemClock().now())
                return await task(_context(database, settings))
            finally:
                await database.close()

        try:
            return asyncio.run(run())
        except (KeyturnError, StoreError, SettingsError) as error:
            fail(str(error))


def where(database_url: DatabaseUrl = None) -> KeyturnInstallation:
    """The options by which ``keyturn``'s commands find their database."""
    return KeyturnInstallation(database_url)


def _context(database: Database, settings: Settings) -> CommandContext:
    store = SqlKeyStore(database)

    async def find_project(given: str | None) -> str:
        """A project here is a name that somebody gave it, and there is no list of those without keys."""
        if given is not None:
            return given
        there = await store.projects(PROJECTS_NAMED_MAX + 1)
        if len(there) == 1:
            return there[0]
        named = f"; there are {', '.join(there[:PROJECTS_NAMED_MAX])}" if there else ""
        more = " and more" if len(there) > PROJECTS_NAMED_MAX else ""
        raise SettingsError(f"say whose keys, with --project NAME{named}{more}")

    issuer = Issuer(store, SystemClock(), settings.scopes, publishable=settings.publishable)
    return CommandContext(
        store,
        issuer,
        SqlUsage(database),
        SqlRequests(database),
        find_project,
        portal=SqlPortal(database),
        portal_url=settings.portal_url,
    )
