"""What came of the attempts of an attack."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from attacks.scene import Scene

SHOWN_MAX = 5


class Tally:
    """Counts attempts, keeps those that succeeded, and those whose control failed: an attack that a server refuses for
    another reason than the one that is tested proves nothing."""

    def __init__(self) -> None:
        self.attempts = 0
        self.successes: list[str] = []
        self.blunt: list[str] = []
        self._lock = threading.Lock()

    def attempt(self, holds: bool, what: object) -> None:
        """One attempt. ``what`` says what was sent and what came of it, for who has to mend it."""
        with self._lock:
            self.attempts += 1
            if not holds:
                self.successes.append(str(what)[:600])

    def control(self, works: bool, what: object) -> None:
        """What is allowed works, in the same way as the attack is made."""
        if not works:
            self.blunt.append(str(what)[:600])

    @property
    def result(self) -> str:
        if self.successes:
            return f"BROKEN, {len(self.successes)} times"
        if self.blunt or not self.attempts:
            return "NOTHING PROVED"
        return "held"

    @property
    def details(self) -> list[str]:
        """A few of the attempts that the result is about."""
        return [*self.successes[:SHOWN_MAX], *(f"control: {one}" for one in self.blunt[:SHOWN_MAX])]


class Attack(NamedTuple):
    """One kind of attack.

    Attributes:
        title: what is tried, in a few words.
        run: makes the attempts on a scene.
    """

    title: str
    run: "Callable[[Scene, Tally], None]"


class Outcome(NamedTuple):
    """A row of the table."""

    scene: str
    attack: str
    tally: Tally
    seconds: float


def table(outcomes: list[Outcome]) -> str:
    """One row an attack, aligned; below it what succeeded."""
    rows = [("server", "attack", "attempts", "result", "seconds")]
    rows += [
        (one.scene, one.attack, f"{one.tally.attempts:,}", one.tally.result, f"{one.seconds:.1f}") for one in outcomes
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if column in (2, 4) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    for one in outcomes:
        lines += [f"{one.scene}, {one.attack}: {detail}" for detail in one.tally.details]
    attempts = sum(one.tally.attempts for one in outcomes)
    succeeded = sum(len(one.tally.successes) for one in outcomes)
    blunt = sum(one.tally.result == "NOTHING PROVED" for one in outcomes)
    lines.append(f"{attempts:,} attempts, {succeeded} succeeded, {blunt} attacks proved nothing.")
    return "\n".join(lines)


def all_held(outcomes: list[Outcome]) -> bool:
    """Whether nothing succeeded and every attack proved something."""
    return all(one.tally.result == "held" for one in outcomes)
