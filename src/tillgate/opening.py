"""The database, opened and migrated, and the key layer over it: what the server and every command begin with.

Apart from ``app.py``, so that ``tillgate keys create`` does not load a web server.
"""

from typing import NamedTuple

from keyturn import Issuer, Limit, RateLimiter
from keyturn.admission.layer import KeyLayer, LayerObserver
from keyturn.database import Database, Migration, migrate, open_database
from keyturn.leaks.responding import LeakRules
from keyturn.stores.requests import SqlRequests
from keyturn.stores.sql import SqlKeyStore
from keyturn.stores.sql import migrations as key_migrations
from keyturn.stores.usage import SqlUsage
from tillgate.access import API_SCOPES, PUBLISHABLE_SCOPES, KeyEventLog
from tillgate.base.clock import Clock
from tillgate.events.wake import Wake
from tillgate.settings import Settings
from tillgate.store import migrations


def all_migrations() -> list[Migration]:
    """Every house's schema, in the order in which it is made."""
    return [*key_migrations(), *migrations()]


class Keys(NamedTuple):
    """What there is to know and to change of this installation's keys. Nobody is let in by it."""

    store: SqlKeyStore
    issuer: Issuer
    usage_store: SqlUsage
    requests: SqlRequests


def open_keys(database: Database, clock: Clock) -> Keys:
    """The keys of a database that is migrated."""
    store = SqlKeyStore(database, KeyEventLog(Wake()))
    issuer = Issuer(store, clock, API_SCOPES, publishable=PUBLISHABLE_SCOPES)
    return Keys(store, issuer, SqlUsage(database), SqlRequests(database))


def open_layer(
    database: Database,
    clock: Clock,
    wake: Wake,
    *,
    limit: Limit | None = None,
    limiter: RateLimiter | None = None,
    leak_rules: LeakRules | None = None,
    request_days: int = 0,
    observer: LayerObserver | None = None,
) -> KeyLayer:
    """The key layer that lets requests in, over a database that is migrated; the arguments are its own.

    Args:
        wake: rung when there are webhooks about keys to be sent; other processes find them by themselves.
    """
    return KeyLayer(
        SqlKeyStore(database, KeyEventLog(wake)),
        scopes=API_SCOPES,
        publishable=PUBLISHABLE_SCOPES,
        clock=clock,
        limit=limit,
        limiter=limiter,
        usage_store=SqlUsage(database),
        leak_rules=leak_rules,
        request_store=SqlRequests(database),
        request_days=request_days,
        observer=observer,
        database=database,
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
