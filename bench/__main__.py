"""``make bench``: what Tillgate and Keyturn cost, each as a ratio against a baseline of the same run.

It asserts no times: it ends with an error only where something is broken, such as an answer that is no 2xx.
"""

import argparse
import contextlib
import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import machine
from bench.against import Against
from bench.alternatives import Alternatives
from bench.chain import Chain
from bench.checkout import Checkout
from bench.desk import Desk
from bench.documents import Documents
from bench.fleet import Fleet
from bench.growth import Growth
from bench.instructions import Instructions
from bench.keys import Keys
from bench.languages import Languages
from bench.measuring import FULL, QUICK, Broken, Stage, say
from bench.peers.serving import Peers
from bench.postgres import running_postgres
from bench.scaling import Scaling
from bench.table import Row, printed
from tests.postgres import find_postgres

PARTS: Mapping[str, Callable[[Stage], list[Row]]] = {
    "alternatives": lambda stage: Alternatives(stage).run(),
    "checkout": lambda stage: Checkout(stage).run(),
    "scaling": lambda stage: Scaling(stage).run(),
    "instructions": lambda stage: Instructions(stage).run(),
    "keys": lambda stage: Keys(stage).run(),
    "languages": lambda stage: Languages(stage).run(),
    "fleet": lambda stage: Fleet(stage).run(),
    "growth": lambda stage: Growth(stage).run(),
    "desk": lambda stage: Desk(stage).run(),
    "chain": lambda stage: Chain(stage).run(),
    "documents": lambda stage: Documents(stage).run(),
    "peers": lambda stage: Peers(stage).run(),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less than half as long, with wider spreads")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; may be given more than once")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there as well")
    parser.add_argument(
        "--against",
        type=Path,
        metavar="CHECKOUT",
        help="compare with another checkout instead, row by row, by paired processor time; fails below 97 %%",
    )
    chosen = parser.parse_args()
    pace = QUICK if chosen.quick else FULL
    begun = time.monotonic()
    directory = machine.directory_on_disk()
    directory.chmod(0o711)  # PostgreSQL may run as another user
    try:
        installation = find_postgres()
        if installation is None:
            say("PostgreSQL's wheel is not installed here, so its rows are left out")
        facts = machine.facts(directory, installation)
        print("\n".join(facts), end="\n\n", flush=True)
        parts = PARTS if chosen.against is None else {"against": lambda stage: Against(stage, chosen.against).run()}
        kept: dict[str, list[dict[str, object]]] = {}
        missed: list[str] = []
        for name in (chosen.only or PARTS) if chosen.against is None else parts:
            # A part's servers end with it, so that they do not run beside the next one's.
            place = directory / name
            place.mkdir(mode=0o711)
            with contextlib.ExitStack() as stack:
                postgres = stack.enter_context(running_postgres(installation, place)) if installation else None
                try:
                    rows = parts[name](Stage(pace, place, postgres, stack))
                except (Broken, RuntimeError) as error:
                    print(f"bench: broken: {error}", file=sys.stderr)
                    return 1
            print(f"{name}\n{printed(rows)}\n", flush=True)
            kept[name] = [row._asdict() for row in rows]
            missed += [row.what for row in rows if row.met is False]
        if chosen.json is not None:
            told = {"machine": facts, "rounds": pace.rounds, "seconds": pace.seconds, "parts": kept}
            chosen.json.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
        print(f"{pace.rounds} rounds of {pace.seconds} s each, interleaved; {time.monotonic() - begun:.0f} s in all.")
        print(
            "Ratios are of the server's processor time, baseline's over ours, where both sides' is known; elsewhere of"
        )
        print("rates or elapsed times. What limits each: docs/performance.md")
        if chosen.against is not None and missed:
            print(f"bench: slower than the other checkout: {', '.join(missed)}", file=sys.stderr)
            return 1
        return 0
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
