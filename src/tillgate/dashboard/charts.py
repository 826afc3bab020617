"""A small bar chart as numbers that a template draws: no script, and nothing that the page's policy forbids."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

HEIGHT: Final = 64
STEP: Final = 10
BAR: Final = 7
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Bar(NamedTuple):
    """One day: two heights that stand on each other, in pixels from the top.

    Attributes:
        counts: what the heights stand for.
    """

    x: int
    day: str
    counts: tuple[int, int]
    lower_y: int
    lower_height: int
    upper_y: int
    upper_height: int


class Chart(NamedTuple):
    """The bars and the box that they fit into.

    Attributes:
        step, bar: how wide a day is, and what is drawn of it.
        most: the most that was counted on one day.
    """

    bars: list[Bar]
    width: int
    height: int
    step: int
    bar: int
    most: int


def bars(days: Sequence[tuple[int, tuple[int, int]]]) -> Chart:
    """A chart of days, each with two counts; whatever was counted at all is at least two pixels high.

    Args:
        days: the number of the day since 1970, and its counts.
    """
    most = max((sum(counts) for _, counts in days), default=0)
    drawn = []
    for place, (day, counts) in enumerate(days):
        lower, upper = (max(round(count * HEIGHT / most), 2) if count else 0 for count in counts)
        lower = min(lower, HEIGHT - upper)
        drawn.append(
            Bar(
                place * STEP,
                (_EPOCH + timedelta(days=day)).strftime("%-d %b"),
                counts,
                HEIGHT - lower,
                lower,
                HEIGHT - lower - upper,
                upper,
            )
        )
    return Chart(drawn, len(days) * STEP, HEIGHT, STEP, BAR, most)
