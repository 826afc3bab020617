"""The database, opened and migrated, and the key layer over it: what the server and every command begin with.

Apart from ``app.py``, so that ``tillgate keys create`` does not load a web server.
"""

from typing import NamedTuple

from keyturn import FORMATS, Carriers, Gate, Issuer, KeyParser, Primary, Usage, Verifier
from keyturn.stores.requests import SqlRequests
from keyturn.stores.sql import SqlKeyStore
from keyturn.stores.sql import migrations as key_migrations
from keyturn.stores.usage import SqlUsage
from tillgate.base import ids
from tillgate.base.clock import Clock
from tillgate.door import API_SCOPES, PUBLISHABLE_SCOPES, KeyEventLog
from tillgate.events.wake import Wake
from tillgate.settings import Settings
from tillgate.store import migrations
from unitofwork import Database, Migration, migrate, open_database


def all_migrations() -> list[Migration]:
    """Every house's schema, in the order in which it is made."""
    return [*key_migrations(), *migrations()]


class Keys(NamedTuple):
    """Keyturn, set up for this installation.

    Attributes:
        gate: what remembers keys under a lease, where somebody keeps that lease; else None.
    """

    store: SqlKeyStore
    parser: KeyParser
    carriers: Carriers
    issuer: Issuer
    verifier: Verifier
    usage: Usage
    usage_store: SqlUsage
    requests: SqlRequests
    gate: Gate | None


def open_keys(database: Database, clock: Clock, *, remembering: bool = False, wake: Wake | None = None) -> Keys:
    """The key layer over a database that is migrated.

    Args:
        remembering: verify from memory, under a lease that the caller keeps by running the gate.
        wake: rung when there are webhooks about keys to be sent; other processes find them by themselves.
    """
    store = SqlKeyStore(database, KeyEventLog(wake or Wake()))
    gate = Gate(store, ids.new_ulid()) if remembering else None
    parser = KeyParser(FORMATS.values())
    carriers = Carriers(parser)
    return Keys(
        store,
        parser,
        carriers,
        Issuer(store, clock, API_SCOPES, publishable=PUBLISHABLE_SCOPES),
        Verifier(store, gate or Primary(store), carriers, clock),
        Usage(carriers.clean),
        SqlUsage(database),
        SqlRequests(database),
        gate,
    )


async def open_migrated(settings: Settings, clock: Clock) -> Database:
    """The database that the settings name, brought to the newest schema."""
    database = await open_database(settings.database_url, connections_max=settings.connections_max)
    try:
        await migrate(database, all_migrations(), now=clock.now())
    except BaseException:
        await database.close()
        raise
    return database
