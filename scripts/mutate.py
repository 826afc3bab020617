"""Run mutmut over the modules that pyproject.toml lists, print the score of each, and write down what survived.

A mutant is *killed* if a test fails, *survives* if all its tests pass, and is *not judged* if no quick test of the
selection runs its function or if its tests ran out of time, which proves nothing on a busy machine. A survivor that
changes only the wording of a message is counted apart.

All of them take hours. They can be judged in slices: verdicts are kept in mutants/, a changed function loses its
own, and --resume goes on with what has none. A random sample of those that a test runs says in minutes where the score
lies: it comes with an interval that holds the whole's score 95 times of 100.

usage: scripts/mutate.py --only "tillgate.base.money*"         mutants by their names; again for more patterns
       scripts/mutate.py --resume --minutes 30                 a slice: what was not judged yet, and the score so far
       scripts/mutate.py --resume --again                      the survivors, too, for tests were added since
       scripts/mutate.py --sample 100 --seed 7 --minutes 20    some of them, the same ones for the same seed
       scripts/mutate.py --report                              what the last run found
"""

import argparse
import fnmatch
import json
import math
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
MUTMUT = ROOT / ".venv/bin/mutmut"
REPORT = ROOT / "build/mutants.txt"
STATS = ROOT / "mutants/mutmut-stats.json"
KILLED, SURVIVED = {1, 3}, 0  # a failed test, or an error of pytest itself
# mutmut begins with what runs fastest. In batches, a sample that is cut short is a sample all the same.
BATCH = 40
NO_MUTANT = "no mutant has this name"
Z_95 = 1.96


class Survivor(NamedTuple):
    """A mutant that no test noticed."""

    name: str
    change: list[str]
    wording: bool


def run(arguments: list[str], seconds: float | None = None, *, quiet: bool = False) -> int:
    """Run mutmut in the background of the machine; its progress goes to the terminal, if there is one.

    Args:
        seconds: how long, before it is ended; what it has judged by then is kept.
    """
    workers = os.environ.get("TEST_WORKERS", "2")
    command = ["nice", "-n", "19", str(MUTMUT), "run", "--max-children", workers, *arguments]
    with open(os.devnull, "wb") as nowhere:
        out = None if sys.stdout.isatty() and not quiet else nowhere
        err = nowhere if quiet else None
        begun = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        try:
            return begun.wait(seconds)
        except subprocess.TimeoutExpired:
            begun.terminate()
            begun.wait()
            return 0


def reached(patterns: list[str]) -> dict[str, int | None]:
    """The mutants whose function a quick test runs, each with its verdict so far."""
    run([NO_MUTANT], quiet=True)  # makes the mutants, notes which tests run what, and stops at the name
    if not STATS.exists():
        sys.exit("mutmut could not run the tests once: run .venv/bin/mutmut run to see why")
    stats = json.loads(STATS.read_text("utf-8"))
    run_by_tests = {name for name, tests in stats["tests_by_mangled_function_name"].items() if tests}
    return {
        name: code
        for codes in verdicts().values()
        for name, code in sorted(codes.items())
        if name.partition("__mutmut_")[0] in run_by_tests and matches(name, patterns)
    }


def chosen(patterns: list[str], count: int, seed: int) -> list[str]:
    """A random sample of the mutants whose function a quick test runs."""
    names = sorted(reached(patterns))
    return random.Random(seed).sample(names, min(count, len(names)))


def pending(codes: Mapping[str, int | None], *, again: bool) -> list[str]:
    """What is still to be judged: what has no verdict, and with ``again`` whatever no test has killed so far."""
    return [name for name, code in codes.items() if code is None or (again and code not in KILLED)]


def matches(name: str, patterns: list[str]) -> bool:
    """Whether a mutant is one of those that were asked for; all are where no pattern is given."""
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def interval(killed: int, judged: int) -> tuple[float, float]:
    """Wilson's interval of 95 % for the share of mutants that are killed, of which a sample was judged."""
    share, z2 = killed / judged, Z_95**2
    middle = (share + z2 / (2 * judged)) / (1 + z2 / judged)
    half = Z_95 / (1 + z2 / judged) * math.sqrt(share * (1 - share) / judged + z2 / (4 * judged**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def verdicts() -> dict[str, dict[str, int | None]]:
    """The exit code of each mutant, by module; None where it was not run yet."""
    found = {}
    for path in sorted((ROOT / "mutants").rglob("*.py.meta")):
        codes = json.loads(path.read_text("utf-8"))["exit_code_by_key"]
        if codes:
            found[path.relative_to(ROOT / "mutants/src").as_posix().removesuffix(".meta")] = codes
    return found


def change_of(name: str) -> list[str]:
    """What a mutant changes: lines that begin with - and +."""
    shown = subprocess.run([MUTMUT, "show", name], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return [
        f"{line[0]} {line[1:].strip()}"
        for line in shown.splitlines()
        if line.startswith(("-", "+")) and not line.startswith(("---", "+++"))
    ]


def is_wording(change: list[str]) -> bool:
    """Whether only the text of a message changed: what is left without texts that have a space is the same."""
    before, after = ("\n".join(line[2:] for line in change if line[0] == sign) for sign in "-+")
    return without_messages(before) == without_messages(after)


def without_messages(code: str) -> str:
    """Code with each text of several words, and a None in its place, cut out; how much of a value is quoted, too."""
    cut = re.sub(r"""[fr]?"(?:[^"\\]|\\.)* (?:[^"\\]|\\.)*"|\[:\d+\]""", "", code)
    return re.sub(r"\bNone\b|[\s,]", "", cut)


def main() -> int:
    """Run, count, print and write down."""
    parser = argparse.ArgumentParser(description="Change the code in small ways and count what no test notices.")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help="mutants by their names")
    parser.add_argument("--sample", type=int, metavar="N", help="this number of them, at random")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which ones (default: %(default)s)")
    parser.add_argument("--minutes", type=float, metavar="N", help="stop after this time")
    parser.add_argument("--resume", action="store_true", help="go on with those that have no verdict yet")
    parser.add_argument("--again", action="store_true", help="with --resume: judge survivors again, too")
    parser.add_argument("--report", action="store_true", help="run nothing; print what was found before")
    asked = parser.parse_args()
    if asked.resume:
        codes = reached(asked.only)
        names, left = list(codes), pending(codes, again=asked.again)
        print(f"{len(left)} of {len(names)} mutants are to be judged")
        status = run(left, asked.minutes and asked.minutes * 60) if left else 0
    elif asked.sample is not None:
        names = chosen(asked.only, asked.sample, asked.seed)
        status = run_sample(names, asked.minutes) if not asked.report else 0
    else:
        status = run(asked.only) if not asked.report else 0
        names = [name for codes in verdicts().values() for name in codes if matches(name, asked.only)]
    if status != 0:
        print("mutmut failed: run .venv/bin/mutmut run to see why", file=sys.stderr)
        return status
    report(set(names))
    return 0


def run_sample(names: list[str], minutes: float | None) -> int:
    """Judge a sample, a batch after the other, until all is judged or time is up."""
    ends = time.monotonic() + minutes * 60 if minutes is not None else None
    for start in range(0, len(names), BATCH):
        left = ends - time.monotonic() if ends is not None else None
        if left is not None and left <= 0:
            break
        if status := run(names[start : start + BATCH], left):
            return status
    return 0


def report(names: Collection[str]) -> None:
    """Print the table of these mutants, and write down the survivors."""
    REPORT.parent.mkdir(exist_ok=True)
    total: Counter[str] = Counter()
    lines = []
    print(f"{'module':44} {'mutants':>8} {'killed':>7} {'wording':>8} {'survived':>9} {'not judged':>11}  score")
    for module, every in verdicts().items():
        codes = {name: code for name, code in every.items() if name in names}
        if not codes:
            continue
        survivors = [
            Survivor(name, change := change_of(name), is_wording(change))
            for name, code in codes.items()
            if code == SURVIVED
        ]
        count = Counter(
            mutants=len(codes),
            killed=sum(code in KILLED for code in codes.values()),
            wording=sum(one.wording for one in survivors),
            survived=sum(not one.wording for one in survivors),
            not_judged=sum(code != SURVIVED and code not in KILLED for code in codes.values()),
        )
        total += count
        print(row(module, count))
        for one in survivors:
            lines += [f"{one.name}{' (wording)' if one.wording else ''}", *(f"    {line}" for line in one.change), ""]
    print(row("all", total))
    if judged := total["killed"] + total["survived"]:
        low, high = interval(total["killed"], judged)
        print(f"{total['killed']} of {judged} judged mutants were killed; 95 % interval {low:.0%} to {high:.0%}")
    REPORT.write_text("\n".join(lines), "utf-8")
    print(f"Survivors: {REPORT.relative_to(ROOT)}")


def row(name: str, count: Counter[str]) -> str:
    """One line of the table; the score is what was killed of what a test ran, wording left out."""
    judged = count["killed"] + count["survived"]
    score = f"{count['killed'] / judged:.0%}" if judged else "–"
    numbers = (count["mutants"], count["killed"], count["wording"], count["survived"], count["not_judged"])
    return f"{name:44} {numbers[0]:>8} {numbers[1]:>7} {numbers[2]:>8} {numbers[3]:>9} {numbers[4]:>11}  {score}"


if __name__ == "__main__":
    sys.exit(main())
