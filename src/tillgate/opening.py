"""The database, opened and migrated, and the key layer over it: what the server and every command begin with.

Apart from ``app.py``, so that ``tillgate keys create`` does not load a web server.
"""

from typing import NamedTuple

from keyturn import NATIVE, Issuer, LastUsed, Verifier
from keyturn.stores.sql import SqlKeyStore
from keyturn.stores.sql import migrations as key_migrations
from tillgate.base.clock import Clock
from tillgate.door import API_SCOPES
from tillgate.settings import Settings
from tillgate.store import migrations
from unitofwork import Database, Migration, migrate, open_database


def all_migrations() -> list[Migration]:
    """Every house's schema, in the order in which it is made."""
    return [*key_migrations(), *migrations()]


class Keys(NamedTuple):
    """Keyturn, set up for this installation."""

    store: SqlKeyStore
    issuer: Issuer
    verifier: Verifier
    last_used: LastUsed


def open_keys(database: Database, clock: Clock) -> Keys:
    """The key layer over a database that is migrated."""
    store, last_used = SqlKeyStore(database), LastUsed()
    return Keys(store, Issuer(store, NATIVE, clock, API_SCOPES), Verifier(store, NATIVE, clock, last_used), last_used)


async def open_migrated(settings: Settings, clock: Clock) -> Database:
    """The database that the settings name, brought to the newest schema."""
    database = await open_database(settings.database_url, connections_max=settings.connections_max)
    try:
        await migrate(database, all_migrations(), now=clock.now())
    except BaseException:
        await database.close()
        raise
    return database
