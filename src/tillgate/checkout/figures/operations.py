"""Adding to the figures, and reading them for a period and the one before it."""

from datetime import date, timedelta
from typing import Final, NamedTuple

from tillgate.base.principal import Principal
from tillgate.checkout.figures import records
from tillgate.checkout.figures.model import Figures, begins, day_of, quarter_of, runs
from tillgate.store import Transaction

# The periods that end now, in days; each is compared with as many days before it.
PERIODS: Final = (1, 7, 30)
NONE: Final = Figures()


class Period(NamedTuple):
    """The sums of some days up to now, and of as long a time before them."""

    days: int
    now: Figures
    before: Figures


class Overview(NamedTuple):
    """What came in one currency.

    Attributes:
        by_day: of the longest period, oldest first.
    """

    currency: str
    periods: list[Period]
    by_day: list[tuple[date, Figures]]


async def add(tx: Transaction, project_id: str, livemode: bool, at: int, currency: str, figures: Figures) -> None:
    """Add to the sums of an instant. The caller has written an event of that project and mode in this transaction, or
    holds its number's row otherwise, so that nobody waits in a circle."""
    await add_to(tx, project_id, livemode, quarter_of(at), currency, figures)


async def add_to(
    tx: Transaction, project_id: str, livemode: bool, quarter: int, currency: str, figures: Figures
) -> None:
    """The same, to those of a quarter of an hour."""
    if any(figures):
        await records.add(tx, project_id, livemode, quarter, currency, figures)


async def overview(tx: Transaction, principal: Principal, now: int, zone: str) -> list[Overview]:
    """The figures of the last 30 days and the 30 before, in days of a time zone, by currency: that in which most
    payments succeeded first.

    A period ends now; the one before it ends as long before as it is long, at the same time of day.
    """
    today, longest = day_of(now, zone), PERIODS[-1]
    first = today - timedelta(days=2 * longest - 1)
    found: dict[str, dict[int, Figures]] = {}
    for run in runs(first, 2 * longest, zone):
        for (day, currency), figures in (
            await records.by_day(tx, principal.project_id, principal.livemode, run)
        ).items():
            found.setdefault(currency, {})[run.first + day] = figures
    since_midnight = quarter_of(now) + 1 - begins(today, zone)
    rests: dict[int, dict[str, Figures]] = {}
    for days in PERIODS:
        # Of the day that the period before ends in, what came later than it is now.
        last = today - timedelta(days=days)
        ends = begins(last + timedelta(days=1), zone)
        rests[days] = dict(
            await records.by_currency(
                tx, principal.project_id, principal.livemode, min(begins(last, zone) + since_midnight, ends), ends
            )
        )
    made = []
    for currency, by_day in found.items():
        line = [by_day.get(number, NONE) for number in range(2 * longest)]
        periods = [
            Period(days, _sum(line[-days:]), _sum(line[-2 * days : -days]).minus(rests[days].get(currency, NONE)))
            for days in PERIODS
        ]
        shown = [(first + timedelta(days=number), line[number]) for number in range(longest, 2 * longest)]
        made.append(Overview(currency, periods, shown))
    return sorted(made, key=lambda one: (-one.periods[-1].now.succeeded, one.currency))


def _sum(figures: list[Figures]) -> Figures:
    total = NONE
    for one in figures:
        total = total.plus(one)
    return total
