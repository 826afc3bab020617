"""Every statement about the books."""

from collections.abc import Mapping
from typing import Final

from tillgate.checkout.books.model import DAY_QUARTERS, Account, Entry
from tillgate.store import Row, Transaction

# More than the currencies that there are, times the networks that a server watches.
ROWS_MAX: Final = 20_000
_NAMES: Final = Entry._fields
_FIRST: Final = 7
_VALUES: Final = ", ".join(f"${_FIRST + place}" for place in range(len(_NAMES)))
_ADD: Final = (
    f"INSERT INTO book_figures (project_id, livemode, span, quarter, currency, network, {', '.join(_NAMES)}) "
    f"VALUES ($1, $2, 1, $3, $5, $6, {_VALUES}), ($1, $2, {DAY_QUARTERS}, $4, $5, $6, {_VALUES}) "
    "ON CONFLICT (project_id, livemode, span, quarter, currency, network) DO UPDATE SET "
    + ", ".join(f"{name} = book_figures.{name} + excluded.{name}" for name in _NAMES)
)
SUMS: Final = (
    f"SELECT currency, network, {', '.join(f'SUM({name}) AS {name}' for name in _NAMES)} FROM book_figures "
    "WHERE project_id = $1 AND livemode = $2 AND span = $3 AND quarter >= $4 AND quarter < $5 "
    f"GROUP BY currency, network LIMIT {ROWS_MAX}"
)


async def add(tx: Transaction, project_id: str, livemode: bool, quarter: int, account: Account, change: Entry) -> None:
    """Add to a quarter of an hour and its day; whoever does so holds the row of the project's last event number."""
    day = quarter - quarter % DAY_QUARTERS
    await tx.execute(_ADD, project_id, livemode, quarter, day, *account, *change)


async def sums(
    tx: Transaction, project_id: str, livemode: bool, span: int, begin: int, end: int
) -> Mapping[Account, Entry]:
    """The sums of all spans of this length that begin from one quarter of an hour up to another one."""
    if begin >= end:
        return {}
    rows = await tx.fetch_all(SUMS, project_id, livemode, span, begin, end)
    return {Account(row["currency"], row["network"]): _entry(row) for row in rows}


def _entry(row: Row) -> Entry:
    return Entry(*(int(row[name]) for name in _NAMES))
