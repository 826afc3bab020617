"""The table at the end: one row a question, aligned."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

HEADINGS = ("what", "measured", "baseline", "ratio (lowest to highest)", "by CPU", "target", "met")


class Row(NamedTuple):
    """One line.

    Attributes:
        by_cpu: the ratio of processor times, where both are known; steadier than throughput on a busy machine.
        met: None where there is no target.
    """

    what: str
    measured: str
    baseline: str
    ratio: str
    by_cpu: str = "–"
    target: str = "–"
    met: bool | None = None


def ratios(measured: Sequence[float], baseline: Sequence[float]) -> list[float]:
    """Round by round, so that what both rounds suffered falls out."""
    return [one / other for one, other in zip(measured, baseline, strict=True)]


def spread(values: Sequence[float], *, percent: bool) -> str:
    """Median, lowest and highest."""
    low, middle, high = min(values), statistics.median(values), max(values)
    if percent:
        return f"{middle:.0%} ({low:.0%} to {high:.0%})"
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def printed(rows: Sequence[Row]) -> str:
    """The rows under their headings."""
    words = {True: "yes", False: "NO", None: "–"}
    cells = [HEADINGS, *((*row[:6], words[row.met]) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
