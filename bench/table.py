"""The table at the end: one row a question, aligned."""

import statistics
from collections.abc import Sequence
from typing import Literal, NamedTuple

from bench.measuring import Numbers

HEADINGS = ("what", "measured", "baseline", "ratio (middle half)", "by rate", "target", "met")


class Row(NamedTuple):
    """One line.

    Attributes:
        ratio: of processor times where both are known, with its middle half; of rates or of elapsed times elsewhere.
        by_rate: the ratio of rates where the other is of processor times. It waits for whoever uses the machine, too.
        met: None where there is no target.
    """

    what: str
    measured: str
    baseline: str
    ratio: str
    by_rate: str = "–"
    target: str = "–"
    met: bool | Literal["unclear"] | None = None


def ratios(measured: Sequence[float], baseline: Sequence[float]) -> list[float]:
    """Round by round, so that what both rounds suffered falls out."""
    return [one / other for one, other in zip(measured, baseline, strict=True)]


def compared(
    what: str,
    measured: Numbers,
    baseline: Numbers,
    *,
    against: str,
    unit: str = "req",
    baseline_unit: str | None = None,
    target: float | None = None,
    said: str | None = None,
    times: bool = False,
) -> Row:
    """A row of two that were measured in the same rounds, judged by processor time where both sides' is known.

    Args:
        times: the ratio is said as ``12.0×``, not in percent.
    """
    by_rate = ratios(measured.rates, baseline.rates)
    known = len(baseline.cpu_us) == len(measured.cpu_us) > 0
    share = ratios(baseline.cpu_us, measured.cpu_us) if known else by_rate
    return Row(
        what,
        said or measured.said(unit),
        f"{against}: {baseline.said(baseline_unit or unit)}",
        spread(share, percent=not times),
        (f"{statistics.median(by_rate):.2f}" if times else f"{statistics.median(by_rate):.0%}") if known else "–",
        target=(f"≥ {target:g}×" if times else f"≥ {target:.0%}") if target else "–",
        met=reached(share, target) if target else None,
    )


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
