"""A server for which time passes as slowly as valgrind makes it run.

python -m bench.slowed MODULE ARGUMENTS…

A lease of a second would else run out between two requests, so that each is counted with a look into the database that
none has in service; and what is due every few milliseconds or every second would come with each request.
"""

import asyncio
import runpy
import sys
import time
from typing import Any

from keyturn.admission import leases

FACTOR = 20


def main() -> None:
    clock, sleep, timeout = time.clock_gettime_ns, asyncio.sleep, asyncio.timeout
    begun = clock(leases._CLOCK)

    def slowed_clock(which: int) -> int:
        return begun + (clock(which) - begun) // FACTOR

    async def slowed_sleep(delay: float, result: Any = None) -> Any:
        return await sleep(delay * FACTOR, result)

    def slowed_timeout(delay: float | None) -> asyncio.Timeout:
        return timeout(delay * FACTOR if delay is not None else None)

    time.clock_gettime_ns = slowed_clock
    asyncio.sleep = slowed_sleep
    asyncio.timeout = slowed_timeout
    module, sys.argv = sys.argv[1], sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
