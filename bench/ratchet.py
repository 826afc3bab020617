"""Instructions of a GET, a list, a POST and a verification, held to what they were.

python -m bench.ratchet [--keep]

More than 2 % above the figures in ``ratchet.json`` fails, and names the functions of ours that run more bytecode than
they did. The figures belong to a build of Python; one for which none are kept is counted and not judged. ``--keep``
writes the figures of this build: for an improvement, or for a growth that is worth its price.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench import machine
from bench.instructions import ANSWER_SECONDS_MAX, Instructions, asking
from bench.measuring import QUICK, Broken, Stage, say
from bench.targets import GET, LIST, POST, VERIFY, Target

FIGURES: Final = Path(__file__).with_name("ratchet.json")
GROWTH_MAX: Final = 0.02
HELD: Final = (f"{GET}, SQLite", f"{LIST}, SQLite", f"{POST}, SQLite", VERIFY)
TRACED: Final = 20
NAMED_MAX: Final = 12

Functions = Mapping[str, Mapping[str, float]]


def build() -> str:
    """What the figures depend on besides the source."""
    return f"Python {platform.python_version()} ({platform.python_compiler()}), SQLite {sqlite3.sqlite_version}"


def language() -> str:
    """What bytecode depends on besides the source."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def grown(kept: Mapping[str, int], counted: Mapping[str, int]) -> list[str]:
    """What takes more instructions than it may."""
    return [name for name, count in counted.items() if name in kept and count > kept[name] * (1 + GROWTH_MAX)]


def growth(kept: Mapping[str, float], traced: Mapping[str, float]) -> list[str]:
    """The functions that run more bytecode than they did, the largest growth first."""
    more = {name: count - kept.get(name, 0) for name, count in traced.items()}
    worst = sorted((name for name in more if more[name] >= 1), key=lambda name: -more[name])[:NAMED_MAX]
    return [f"{name}: {kept.get(name, 0):,.0f} → {traced[name]:,.0f}" for name in worst]


def judged(figures: Mapping[str, Any], counted: Mapping[str, int], traced: Functions) -> list[str]:
    """A line for all that has grown; none where nothing has, or no figures of this build are kept."""
    kept, functions = figures["instructions"].get(build(), {}), figures["bytecode"].get(language(), {})
    lines = []
    for name in grown(kept, counted):
        share = counted[name] / kept[name] - 1
        lines.append(f"{name}: {counted[name]:,} instructions, {share:.1%} above {kept[name]:,}. Bytecode by function:")
        lines += [f"  {one}" for one in growth(functions.get(name, {}), traced[name])]
    return lines


def counted(stage: Stage) -> dict[str, int]:
    """Instructions for one request of each kind: the least of several blocks, for what comes by the clock or by chance
    only adds to one."""
    counting = Instructions(stage, pick=min)
    found: dict[str, int] = {}
    for starts in (counting._checkout, counting._verification):
        with stage.under(counting._valgrind()):
            targets = starts()
        for name, target in targets.items():
            say(f"counting: {name} …")
            found[name] = counting._count(target)
        _close(targets)
    return found


def traced(stage: Stage) -> dict[str, dict[str, float]]:
    """Bytecode of our functions for one request of each kind."""
    counting = Instructions(stage)
    found: dict[str, dict[str, float]] = {}
    written = stage.directory / "bytecode.json"
    for starts in (counting._checkout, counting._verification):
        with stage.under([], ["bench.traced", str(written)]):
            targets = starts()
        for name, target in targets.items():
            found[name] = _traced(target, written)
        _close(targets)
    return found


def _traced(target: Target, written: Path) -> dict[str, float]:
    written.unlink(missing_ok=True)
    with contextlib.closing(asking(target)) as asked:
        asked.ask(TRACED)
        os.kill(target.server.pid, signal.SIGUSR1)
        asked.ask(TRACED)
        os.kill(target.server.pid, signal.SIGUSR1)
        # It takes the signal while it runs.
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while not written.exists():
            asked.ask(1)
            if time.monotonic() > deadline:
                raise Broken("no bytecode was counted")
    counts = json.loads(written.read_text("utf-8"))
    return {name: round(count / TRACED, 1) for name, count in sorted(counts.items()) if count >= TRACED}


def _close(targets: Mapping[str, Target]) -> None:
    for server in {id(target.server): target.server for target in targets.values()}.values():
        server.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.ratchet", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="write the figures of this build of Python")
    keep = parser.parse_args().keep
    if missing := [name for name in ("valgrind", "callgrind_control") if shutil.which(name) is None]:
        say(f"There is no {missing[0]} here. Install valgrind by that name (Debian, Ubuntu, brew).")
        return 1
    figures = json.loads(FIGURES.read_text("utf-8"))
    with contextlib.ExitStack() as stack:
        directory = machine.directory_on_disk()
        directory.chmod(0o711)
        stack.callback(shutil.rmtree, directory, True)
        stage = Stage(QUICK, directory, None, stack)
        now = counted(stage)
        kept = figures["instructions"].get(build())
        lines: list[str] = []
        if keep:
            figures["instructions"][build()] = now
            figures["bytecode"][language()] = traced(stage)
            FIGURES.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", "utf-8")
        elif kept is not None and grown(kept, now):
            lines = judged(figures, now, traced(stage))
    for name, count in now.items():
        before = f", {count / kept[name] - 1:+.1%} of {kept[name]:,}" if kept and name in kept else ", none kept"
        say(f"{name}: {count:,} instructions{before}")
    for line in lines:
        say(line)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
