"""Sessions expire by themselves: a small loop that looks every second."""

import asyncio
from typing import Final

import structlog

from tillgate.checkout.desk import CheckoutDesk
from tillgate.checkout.sessions import operations, records
from tillgate.store import Database, Transaction

LOOK_SECONDS: Final = 1.0

_log = structlog.get_logger("sessions")


async def keep_expiring(database: Database, desk: CheckoutDesk) -> None:
    """Expire due sessions until cancelled; what fell due while nobody ran is caught up at once."""

    async def anything(tx: Transaction) -> bool:
        return await records.any_to_expire(tx, desk.clock.now())

    async def batch(tx: Transaction) -> int:
        return await operations.expire_due(desk, tx)

    while True:
        try:
            while await database.read(anything):
                if not await database.write(batch):
                    break  # others hold what is left
        except Exception:
            _log.exception("sessions.expiry_failed")
        await asyncio.sleep(LOOK_SECONDS)
