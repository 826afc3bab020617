"""Run mutmut over the modules that pyproject.toml lists, print the score of each, and write down what survived.

A mutant is *killed* if a test fails, *survives* if all its tests pass, and is *not judged* if no quick test of the
selection runs its function or if its tests ran out of time, which proves nothing on a busy machine. A survivor that
changes only the wording of a message is counted apart.

usage: scripts/mutate.py [MUTANT…]   such as "tillgate.base.money*"; all where there is none
       scripts/mutate.py --report    what the last run found
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
MUTMUT = ROOT / ".venv/bin/mutmut"
REPORT = ROOT / "build/mutants.txt"
KILLED, SURVIVED = {1, 3}, 0  # a failed test, or an error of pytest itself


class Survivor(NamedTuple):
    """A mutant that no test noticed."""

    name: str
    change: list[str]
    wording: bool


def run(arguments: list[str]) -> int:
    """Run mutmut in the background of the machine; its progress goes to the terminal, if there is one."""
    workers = os.environ.get("TEST_WORKERS", "2")
    command = ["nice", "-n", "19", str(MUTMUT), "run", "--max-children", workers, *arguments]
    with open(os.devnull, "wb") as nowhere:
        return subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=None if sys.stdout.isatty() else nowhere, check=False
        ).returncode


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
    status = run(sys.argv[1:]) if sys.argv[1:] != ["--report"] else 0
    if status != 0:
        print("mutmut failed: run .venv/bin/mutmut run to see why", file=sys.stderr)
        return status
    REPORT.parent.mkdir(exist_ok=True)
    total: Counter[str] = Counter()
    lines = []
    print(f"{'module':44} {'mutants':>8} {'killed':>7} {'wording':>8} {'survived':>9} {'not judged':>11}  score")
    for module, codes in verdicts().items():
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
    REPORT.write_text("\n".join(lines), "utf-8")
    print(f"Survivors: {REPORT.relative_to(ROOT)}")
    return 0


def row(name: str, count: Counter[str]) -> str:
    """One line of the table; the score is what was killed of what a test ran, wording left out."""
    judged = count["killed"] + count["survived"]
    score = f"{count['killed'] / judged:.0%}" if judged else "–"
    numbers = (count["mutants"], count["killed"], count["wording"], count["survived"], count["not_judged"])
    return f"{name:44} {numbers[0]:>8} {numbers[1]:>7} {numbers[2]:>8} {numbers[3]:>9} {numbers[4]:>11}  {score}"


if __name__ == "__main__":
    sys.exit(main())
