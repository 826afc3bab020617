"""Bar charts as numbers that a template draws: no script, and nothing that the page's policy forbids."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

HEIGHT: Final = 64
STEP: Final = 10
BAR: Final = 7
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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


PLOT_HEIGHT: Final = 120
PLOT_STEP: Final = 24
PLOT_BAR: Final = 18
_NICE: Final = (1, 2, 5, 10)


class Column(NamedTuple):
    """One day or hour of a plot: how high it stands, in pixels from the top, and what its words say.

    Attributes:
        words: the day with its figures, as one sentence.
        bad_y, bad_height: what stands on top of it in the colour of what failed; of no height where nothing does.
    """

    x: int
    y: int
    height: int
    words: str
    bad_y: int = 0
    bad_height: int = 0


class Plot(NamedTuple):
    """Days beside each other under a scale.

    Attributes:
        most: the value at the top of the scale, in the smallest unit.
        first, middle: the days below the plot, beside today.
    """

    columns: list[Column]
    width: int
    height: int
    step: int
    bar: int
    most: int
    first: str
    middle: str


def plot(days: Sequence[tuple[date, int, str]]) -> Plot:
    """A plot of days, each with a value in the smallest unit and its words; one that has a value is at least two pixels
    high, and what is below zero stands at zero."""
    most = scale_of(max((value for _, value, _ in days), default=0))
    columns = []
    for place, (_, value, words) in enumerate(days):
        height = max(round(value * PLOT_HEIGHT / most), 2) if value > 0 else 0
        columns.append(Column(place * PLOT_STEP, PLOT_HEIGHT - height, height, words))
    return Plot(
        columns,
        len(days) * PLOT_STEP,
        PLOT_HEIGHT,
        PLOT_STEP,
        PLOT_BAR,
        most,
        day_words(days[0][0]),
        day_words(days[len(days) // 2][0]),
    )


def stacked(columns: Sequence[tuple[str, int, int, str]]) -> Plot:
    """A plot of counts, each of what went well and what failed on top of it, under a short name and with its words;
    whatever was counted at all is at least two pixels high."""
    most = scale_of(max((good + bad for _, good, bad, _ in columns), default=0))
    drawn = []
    for place, (_, good, bad, words) in enumerate(columns):
        low, high = (max(round(count * PLOT_HEIGHT / most), 2) if count else 0 for count in (good, bad))
        high = min(high, PLOT_HEIGHT - min(low, 2))
        low = min(low, PLOT_HEIGHT - high)
        top = PLOT_HEIGHT - low - high
        drawn.append(Column(place * PLOT_STEP, PLOT_HEIGHT - low, low, words, top, high))
    names = [name for name, *_ in columns]
    width = len(columns) * PLOT_STEP
    return Plot(drawn, width, PLOT_HEIGHT, PLOT_STEP, PLOT_BAR, most, names[0], names[len(names) // 2])


def hour_words(hour: int) -> str:
    """``21 Nov 14:00``, in UTC."""
    return (_EPOCH + timedelta(hours=hour)).strftime("%-d %b %H:00")


def day_of(day: int) -> str:
    """``21 Nov``, of a day since 1970."""
    return day_words((_EPOCH + timedelta(days=day)).date())


class Spark(NamedTuple):
    """A line of small bars in a row of a list, and what they say."""

    chart: Chart
    words: str


def spark(days: Sequence[tuple[int, tuple[int, int]]]) -> Spark | None:
    """A key's days, each with what was allowed and refused; None where there was nothing."""
    allowed, refused = (sum(counts[place] for _, counts in days) for place in (0, 1))
    if not allowed + refused:
        return None
    return Spark(bars(days), f"{allowed} allowed and {refused} refused in {len(days)} days")


def scale_of(value: int) -> int:
    """The next round number that is not below a value and can be halved."""
    power: int = 10 ** max(len(str(value)) - 1, 1)
    return next(nice * power for nice in _NICE if nice * power >= value)


def day_words(day: date) -> str:
    """``21 Nov``."""
    return f"{day.day} {_MONTHS[day.month - 1]}"
