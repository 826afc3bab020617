"""``make bench``: what Tillgate and Keyturn cost, each as a ratio against a baseline of the same run.

It asserts no times: it ends with an error only where something is broken, such as an answer that is no 2xx.
"""

import argparse
import contextlib
import shutil
import sys
import time
from collections.abc import Callable, Mapping

from bench import machine
from bench.checkout import Checkout
from bench.keys import Keys
from bench.measuring import FULL, QUICK, Broken, Stage, say
from bench.peers.serving import Peers
from bench.postgres import running_postgres
from bench.scaling import Scaling
from bench.table import Row, printed
from tests.postgres import find_postgres

PARTS: Mapping[str, Callable[[Stage], list[Row]]] = {
    "checkout": lambda stage: Checkout(stage).run(),
    "scaling": lambda stage: Scaling(stage).run(),
    "keys": lambda stage: Keys(stage).run(),
    "peers": lambda stage: Peers(stage).run(),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less than half as long, with wider spreads")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; may be said again")
    chosen = parser.parse_args()
    pace = QUICK if chosen.quick else FULL
    begun = time.monotonic()
    directory = machine.directory_on_disk()
    directory.chmod(0o711)  # PostgreSQL may run as another user
    try:
        installation = find_postgres()
        if installation is None:
            say("PostgreSQL's wheel is not installed here, so its rows are left out")
        print("\n".join(machine.facts(directory, installation)), end="\n\n", flush=True)
        for name in chosen.only or PARTS:
            # A part's servers end with it, so that they do not run beside the next one's.
            place = directory / name
            place.mkdir(mode=0o711)
            with contextlib.ExitStack() as stack:
                postgres = stack.enter_context(running_postgres(installation, place)) if installation else None
                try:
                    rows = PARTS[name](Stage(pace, place, postgres, stack))
                except (Broken, RuntimeError) as error:
                    print(f"bench: broken: {error}", file=sys.stderr)
                    return 1
            print(f"{name}\n{printed(rows)}\n", flush=True)
        print(f"{pace.rounds} rounds of {pace.seconds} s each, interleaved; {time.monotonic() - begun:.0f} s in all.")
        print(
            "By CPU: processor time of the server process, baseline's over ours. What limits each: docs/performance.md"
        )
        return 0
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
