"""A process that watches a chain until it is killed: `python -m tests.rails.evm.watch DATABASE_URL TOKEN URL`."""

import asyncio
import sys

from keyturn.database import open_database
from tests.makers import Counter, StillClock
from tests.rails.evm.watching import TokenRail, Watching
from tillgate.base.clock import SystemClock
from tillgate.rails.port import Rails


async def watch(database_url: str, token: str, url: str) -> None:
    """Watch for ever; a line for each time that everything was read."""
    database = await open_database(database_url)
    counter = Counter(database, StillClock(0), "")
    counter.context = counter.context._replace(rails=Rails(TokenRail(token), None), clock=SystemClock())
    counter.clock = SystemClock()  # type: ignore[assignment]
    shop = Watching(counter, token, [url])
    while True:
        look = await shop.worker.work()
        if look is not None:
            print(look.final, flush=True)


if __name__ == "__main__":
    asyncio.run(watch(*sys.argv[1:]))
