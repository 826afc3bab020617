"""The database, opened and migrated, and the key layer over it: what the server and every command begin with.

Apart from ``app.py``, so that ``tillgate keys create`` does not load a web server.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import structlog

from keyturn import Issuer, Limit, RateLimiter
from keyturn.admission.layer import KeyLayer, LayerObserver
from keyturn.database import Database, HighWater, Migration, migrate, open_database
from keyturn.leaks.responding import LeakRules
from keyturn.stores.quotas import SqlQuotas
from keyturn.stores.requests import SqlRequests
from keyturn.stores.sql import SqlKeyStore
from keyturn.stores.sql import migrations as key_migrations
from keyturn.stores.usage import SqlUsage
from tillgate.access import API_SCOPES, KEY_FORMATS, PUBLISHABLE_SCOPES, KeyEventLog, checked_allow
from tillgate.access.alerts import operations as alerts
from tillgate.base.clock import Clock
from tillgate.dialects import SPOKEN
from tillgate.events.log import Behind, continue_above, ensure_identity
from tillgate.events.native import NATIVE_STYLE
from tillgate.events.outbox import Outbox
from tillgate.events.styles import Styles
from tillgate.events.wake import Wake
from tillgate.rails.evm.wallets import operations as wallets
from tillgate.rails.evm.wallets.model import Position
from tillgate.settings import Settings
from tillgate.store import migrations

# Of the languages in which commands tell facts, such as that a key was revoked.
STYLES: Final = Styles([NATIVE_STYLE, *(one.webhooks for one in SPOKEN if one.webhooks is not None)])

_log: Final = structlog.get_logger("opening")


def all_migrations() -> list[Migration]:
    """Every house's schema, in the order in which it is made."""
    return [*key_migrations(), *migrations()]


class Keys(NamedTuple):
    """What there is to know and to change of this installation's keys. It admits nobody."""

    store: SqlKeyStore
    issuer: Issuer
    usage_store: SqlUsage
    requests: SqlRequests


def open_keys(database: Database, clock: Clock) -> Keys:
    """The keys of a database that is migrated."""
    store = SqlKeyStore(database, KeyEventLog(Outbox(Wake(), STYLES, alerts.FOLLOW_UPS)))
    issuer = Issuer(
        store, clock, API_SCOPES, publishable=PUBLISHABLE_SCOPES, checked_allow=checked_allow, formats=KEY_FORMATS
    )
    return Keys(store, issuer, SqlUsage(database), SqlRequests(database))


def open_layer(
    database: Database,
    clock: Clock,
    outbox: Outbox,
    *,
    limit: Limit | None = None,
    visitor_limit: Limit | None = None,
    limiter: RateLimiter | None = None,
    visitors: RateLimiter | None = None,
    leak_rules: LeakRules | None = None,
    request_days: int = 0,
    observer: LayerObserver | None = None,
    upkeep: bool = True,
) -> KeyLayer:
    """The key layer that lets requests in, over a database that is migrated; the arguments are its own.

    Args:
        outbox: for the webhooks about keys.
    """
    return KeyLayer(
        SqlKeyStore(database, KeyEventLog(outbox)),
        scopes=API_SCOPES,
        publishable=PUBLISHABLE_SCOPES,
        checked_allow=checked_allow,
        formats=KEY_FORMATS,
        clock=clock,
        limit=limit,
        visitor_limit=visitor_limit,
        limiter=limiter,
        visitors=visitors,
        usage_store=SqlUsage(database),
        quota_store=SqlQuotas(database),
        leak_rules=leak_rules,
        request_store=SqlRequests(database),
        request_days=request_days,
        observer=observer,
        database=database,
        upkeep=upkeep,
    )


def log_behind(behind: list[Behind]) -> None:
    """Log that the database is an older one than it was."""
    for one in behind:
        _log.warning(
            "database.behind",
            project_id=one.project_id,
            livemode=one.livemode,
            newest_sequence=one.had,
            given_out=one.given,
            goes_on_after=one.goes_on_after,
            detail="the database is older than it was, as after the restore of a backup; the event log has another id",
        )


def log_wallets_behind(behind: list[Position]) -> None:
    """Log that wallets would have given addresses out again."""
    for one in behind:
        _log.warning(
            "wallets.behind",
            project_id=one.project_id,
            wallet=one.fingerprint,
            next_index=one.had,
            given_out=one.given,
            goes_on_at=one.goes_on_at,
            detail="the database is older than it was, as after the restore of a backup; no address is given out again",
        )


async def open_migrated(
    settings: Settings, clock: Clock, tell_behind: Callable[[list[Behind]], None] = log_behind
) -> Database:
    """The database that the settings name, brought to the newest schema, and above every number it ever gave out.

    Args:
        tell_behind: told where the database was behind what is kept beside it.
    """
    kept = settings.high_water_file
    high_water = HighWater(kept) if kept is not None else None
    try:
        database = await open_database(
            settings.database_url, connections_max=settings.connections_max, high_water=high_water
        )
    except BaseException:
        if high_water is not None:
            high_water.close()
        raise
    try:
        await migrate(database, all_migrations(), now=clock.now())
        await ensure_identity(database)
        behind = await continue_above(database)
        if behind:
            tell_behind(behind)
        log_wallets_behind(await wallets.continue_above(database))
    except BaseException:
        await database.close()
        raise
    return database
