"""Every statement about the books."""

from collections.abc import Sequence
from typing import Final, NamedTuple

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
_PART: Final = (
    f"SELECT {{part}} AS part, currency, network, {', '.join(f'SUM({name}) AS {name}' for name in _NAMES)} "
    "FROM book_figures WHERE project_id = $1 AND livemode = $2 AND span = ${span} AND quarter >= ${begin} "
    "AND quarter < ${end} GROUP BY currency, network"
)
# Before a month and in it: the quarters before the first whole day, whole days, and the quarters after the last.
PARTS: Final = 6
# One statement, so that all of it is of one moment.
SUMS: Final = (
    " UNION ALL ".join(
        _PART.format(part=part, span=3 + 3 * part, begin=4 + 3 * part, end=5 + 3 * part) for part in range(PARTS)
    )
    + f" LIMIT {ROWS_MAX}"
)


class Range(NamedTuple):
    """Spans of this length that begin from one quarter of an hour up to another one."""

    span: int
    begin: int
    end: int


async def add(tx: Transaction, project_id: str, livemode: bool, quarter: int, account: Account, change: Entry) -> None:
    """Add to a quarter of an hour and its day; whoever does so holds the row of the project's last event number."""
    day = quarter - quarter % DAY_QUARTERS
    await tx.execute(_ADD, project_id, livemode, quarter, day, *account, *change)


async def sums(
    tx: Transaction, project_id: str, livemode: bool, ranges: Sequence[Range]
) -> list[tuple[int, Account, Entry]]:
    """The sums of six ranges, each with its place among them, as they all are at one moment."""
    rows = await tx.fetch_all(SUMS, project_id, livemode, *(number for one in ranges for number in one))
    return [(int(row["part"]), Account(row["currency"], row["network"]), _entry(row)) for row in rows]


def _entry(row: Row) -> Entry:
    return Entry(*(int(row[name]) for name in _NAMES))
