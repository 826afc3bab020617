"""Events go after 90 days, their deliveries and attempts with them."""

import asyncio
from typing import Final

import structlog

from keyturn.database import StoreUnavailable
from tillgate.base.clock import Clock
from tillgate.events import operations
from tillgate.store import Database, Transaction

LOOK_SECONDS: Final = 600.0

_log = structlog.get_logger("events")


async def keep_dropping(database: Database, clock: Clock, *, look_seconds: float = LOOK_SECONDS) -> None:
    """Drop what is old until cancelled; what fell due while nobody ran is caught up at once, batch by batch."""

    async def batch(tx: Transaction) -> int:
        return await operations.drop_old(tx, clock.now())

    while True:
        try:
            while await database.write(batch):
                pass
        except StoreUnavailable:
            pass  # said once by what watches the database; it is tried again
        except Exception:
            _log.exception("events.retention_failed")
        await asyncio.sleep(look_seconds)
