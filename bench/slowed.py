"""A server for which time passes as slowly as valgrind makes it run.

python -m bench.slowed MODULE ARGUMENTS…

A lease of a second would else run out between two requests, and each would be counted with a look into the database
that none has in service; and the look for changes, which is due every 20 ms, would come with each request.
"""

import runpy
import sys
import time

from keyturn.admission import leases

FACTOR = 50


def main() -> None:
    real, begun = time.clock_gettime_ns, time.clock_gettime_ns(leases._CLOCK)
    time.clock_gettime_ns = lambda clock: begun + (real(clock) - begun) // FACTOR
    leases.HINT_MS *= FACTOR  # type: ignore[misc]
    module, sys.argv = sys.argv[1], sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
