"""Every statement about figures."""

from collections.abc import Mapping
from typing import Final

from tillgate.checkout.figures.model import Figures, Run
from tillgate.store import Row, Transaction

# More than the currencies that there are, times the days that are looked at at once.
ROWS_MAX: Final = 20_000
_SUMS: Final = (
    "SUM(succeeded) AS succeeded, SUM(ended) AS ended, SUM(refunds) AS refunds, "
    "SUM(received_minor) AS received_minor, SUM(refunded_minor) AS refunded_minor"
)
_ADD: Final = (
    "INSERT INTO payment_figures (project_id, livemode, quarter, currency, succeeded, ended, refunds, received_minor, "
    "refunded_minor) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
    "ON CONFLICT (project_id, livemode, quarter, currency) DO UPDATE SET "
    "succeeded = payment_figures.succeeded + excluded.succeeded, ended = payment_figures.ended + excluded.ended, "
    "refunds = payment_figures.refunds + excluded.refunds, "
    "received_minor = payment_figures.received_minor + excluded.received_minor, "
    "refunded_minor = payment_figures.refunded_minor + excluded.refunded_minor"
)
_IN: Final = "FROM payment_figures WHERE project_id = $1 AND livemode = $2 AND quarter >= $3 AND quarter < $4"
_BY_DAY: Final = f"SELECT (quarter - $3) / $5 AS day, currency, {_SUMS} {_IN} GROUP BY 1, 2 LIMIT {ROWS_MAX}"
_BY_CURRENCY: Final = f"SELECT currency, {_SUMS} {_IN} GROUP BY 1 LIMIT {ROWS_MAX}"


async def add(tx: Transaction, project_id: str, livemode: bool, quarter: int, currency: str, figures: Figures) -> None:
    """Add to the sums of a quarter of an hour; whoever does so holds the row of the project's last event number."""
    await tx.execute(_ADD, project_id, livemode, quarter, currency, *figures)


async def by_day(tx: Transaction, project_id: str, livemode: bool, run: Run) -> dict[tuple[int, str], Figures]:
    """The sums of each day of a run, by the day's number in it and by currency."""
    rows = await tx.fetch_all(_BY_DAY, project_id, livemode, run.begin, run.end, run.length)
    return {(int(row["day"]), row["currency"]): _figures(row) for row in rows}


async def by_currency(tx: Transaction, project_id: str, livemode: bool, begin: int, end: int) -> Mapping[str, Figures]:
    """The sums from one quarter of an hour up to another one, by currency."""
    rows = await tx.fetch_all(_BY_CURRENCY, project_id, livemode, begin, end)
    return {row["currency"]: _figures(row) for row in rows}


def _figures(row: Row) -> Figures:
    return Figures(*(int(row[name]) for name in Figures._fields))
