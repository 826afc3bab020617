"""Sessions expire and authorisations lapse on their own: a small loop that looks every second."""

import asyncio
from typing import Final

import structlog

from keyturn.database import StoreUnavailable
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.sessions import captures, operations, records
from tillgate.store import Database, Transaction

LOOK_SECONDS: Final = 1.0

_log = structlog.get_logger("sessions")


async def keep_expiring(database: Database, context: CheckoutContext) -> None:
    """Expire and lapse what is due until cancelled; what fell due while nobody ran is caught up at once."""

    async def anything(tx: Transaction) -> bool:
        now = context.clock.now()
        return await records.any_to_expire(tx, now) or await captures.any_to_lapse(tx, now)

    async def batch(tx: Transaction) -> int:
        return await operations.expire_due(context, tx) + await captures.lapse_due(context, tx)

    while True:
        try:
            while await database.read(anything):
                if not await database.write(batch):
                    break  # others hold what is left
        except StoreUnavailable:
            pass  # said once by what watches the database; it is tried again
        except Exception:
            _log.exception("sessions.expiry_failed")
        await asyncio.sleep(LOOK_SECONDS)
