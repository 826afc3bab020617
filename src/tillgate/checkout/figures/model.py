"""What is summed up, and which quarters of an hour a day of a time zone has."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from tillgate.base.clock import MINUTE_MS

# Every time zone's days begin with one of these, which no hour or day of UTC would do.
QUARTER_MS: Final = 15 * MINUTE_MS
DAYS_MAX: Final = 100
# More than anybody pays at once. What comes to more is counted with this, so that sums stay within 64 bits however many
# payments of invented money there are in test mode.
VALUE_MAX: Final = 10**13
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)


class Figures(NamedTuple):
    """Sums over payments; amounts are in minor units of one currency.

    Attributes:
        succeeded, ended: payments that have succeeded, and that failed or were canceled.
        refunds: how many times money went back.
    """

    succeeded: int = 0
    ended: int = 0
    refunds: int = 0
    received_minor: int = 0
    refunded_minor: int = 0

    def plus(self, other: "Figures") -> "Figures":
        """Both together."""
        return Figures(*(one + another for one, another in zip(self, other, strict=True)))

    def minus(self, other: "Figures") -> "Figures":
        """What is left without the other."""
        return Figures(*(one - another for one, another in zip(self, other, strict=True)))

    @property
    def conversion(self) -> int | None:
        """How many of a hundred payments that were concluded have succeeded; None where there was none."""
        concluded = self.succeeded + self.ended
        return round(100 * self.succeeded / concluded) if self.succeeded >= 0 and concluded > 0 else None


class Run(NamedTuple):
    """Days that follow each other and have the same length, in quarters of an hour.

    Attributes:
        first: the number of its first day, counted from the first of all.
        begin, end: the first quarter, and the one after the last.
        length: how many quarters a day has: 96, but when clocks are changed.
    """

    first: int
    begin: int
    end: int
    length: int


def quarter_of(at: int) -> int:
    """The quarter of an hour that an instant is in."""
    return at // QUARTER_MS


def day_of(at: int, zone: str) -> date:
    """The day that it is there."""
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(ZoneInfo(zone)).date()


def begins(day: date, zone: str) -> int:
    """The quarter of an hour with which a day begins there."""
    midnight = datetime.combine(day, datetime.min.time(), ZoneInfo(zone))
    return quarter_of(int((midnight - _EPOCH) / timedelta(milliseconds=1)))


def runs(first: date, days: int, zone: str) -> Iterator[Run]:
    """These days, in runs of the same length."""
    if not 0 < days <= DAYS_MAX:
        raise ValueError(f"{days} days: expected 1 to {DAYS_MAX}")
    edges = [begins(first + number * _DAY, zone) for number in range(days + 1)]
    start = 0
    for number in range(1, days + 1):
        length = edges[start + 1] - edges[start]
        if number == days or edges[number + 1] - edges[number] != length:
            # A day that some zone has skipped has none.
            if length:
                yield Run(start, edges[start], edges[number], length)
            start = number
