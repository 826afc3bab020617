"""Work in batches, so that no write holds up others for long."""

from collections.abc import Awaitable, Callable
from typing import Final

from tillgate.store import Database, Transaction
from tillgate.store.jobs.model import Again

# After this number of batches it is the turn of other jobs.
BATCHES_MAX: Final = 20


async def in_batches(database: Database, batch: Callable[[Transaction], Awaitable[int]]) -> Again | None:
    """Run batches, each in a transaction of its own, until one of them finds nothing; what is left then is for another
    run, at once."""

    async def operation(tx: Transaction) -> int:
        return await batch(tx)

    for _ in range(BATCHES_MAX):
        if not await database.write(operation):
            return None
    return Again()
