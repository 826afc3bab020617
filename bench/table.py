"""The table at the end: one row a question, aligned."""

import statistics
from collections.abc import Sequence
from typing import Literal, NamedTuple

HEADINGS = ("what", "measured", "baseline", "ratio (middle half)", "by CPU", "target", "met")


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
    met: bool | Literal["unclear"] | None = None


def ratios(measured: Sequence[float], baseline: Sequence[float]) -> list[float]:
    """Round by round, so that what both rounds suffered falls out."""
    return [one / other for one, other in zip(measured, baseline, strict=True)]


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Where the middle half begins, the median, and where the middle half ends."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def spread(values: Sequence[float], *, percent: bool) -> str:
    """Median and middle half."""
    low, middle, high = quartiles(values)
    if percent:
        return f"{middle:.0%} ({low:.0%} to {high:.0%})"
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def reached(values: Sequence[float], target: float) -> bool | Literal["unclear"]:
    """Whether the values reach the target; unclear where it lies within their middle half."""
    low, _, high = quartiles(values)
    if low < target <= high:
        return "unclear"
    return low >= target


def printed(rows: Sequence[Row]) -> str:
    """The rows under their headings."""
    words = {True: "yes", False: "NO", "unclear": "unclear", None: "–"}
    cells = [HEADINGS, *((*row[:6], words[row.met]) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
