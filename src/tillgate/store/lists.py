"""Pages of rows, newest first."""

from collections.abc import Mapping, Sequence
from enum import Enum
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from tillgate.base.pages import NEWEST_FIRST, PageRequest, Period, since, until
from tillgate.store import Transaction

# A list that is sorted by nothing but time.
_BY_TIME: Final[Mapping[str, Sequence[str]]] = {"created": ()}


class Walk(NamedTuple):
    """The statements of a list, by whose ids it is walked.

    Attributes:
        prefix, by: of these ids, and their column.
        select: what reads a page, up to its last condition, as :func:`newest_first` takes it.
        kept: the same for the kept forms.
        counted: as :func:`counted` takes it.
    """

    prefix: str
    by: str
    select: str
    kept: str
    counted: str


def newest_first(
    select: str,
    params: Sequence[Any],
    filters: Mapping[str, Any],
    *,
    by: str,
    page: PageRequest,
    sorts: Mapping[str, Sequence[str]] = _BY_TIME,
) -> tuple[str, list[Any]]:
    """A list's statement and its parameters: what is asked for, newest first or as the page is sorted, and one row more
    than the page has, which says whether there is another page.

    Args:
        select: the statement up to its last condition, with the parameters that it has already.
        filters: further conditions, with ``{}`` for their parameter, and that; None where nobody asked for it.
        by: the column of ids, which sort by time.
        page: where to begin; what is next newer than an object is read from there, the oldest first. ``select`` holds
            the condition that begins after one where the newest come first.
        sorts: the columns before the id that an index has, by what the list may be sorted by.
    """
    conditions, given = _asked(filters, params)
    if sorts[page.sort.by]:
        # Ids say nothing about where such a list begins; added to nothing, no index of them is chosen for it.
        select = select.replace(f" AND {by} ", f" AND {by} || '' ")
    up = page.sort.ascending is (page.ending_before is None)
    # What is asked for exactly is the same in all rows: without it the cursor is a place in the index.
    keys = [
        (column, value)
        for column, value in zip_longest(sorts[page.sort.by], page.sort.beyond)
        if filters.get(f"{column} = {{}}") is None
    ]
    cursor = page.ending_before or (page.starting_after if page.sort != NEWEST_FIRST else None)
    if cursor is not None:
        keys.append((by, cursor))
        places = ", ".join(f"${len(given) + number}" for number in range(1, len(keys) + 1))
        given += [value for _, value in keys]
        columns = ", ".join(column for column, _ in keys)
        conditions += (
            f" AND ({columns}) {'>' if up else '<'} ({places})"
            if len(keys) > 1
            else (f" AND {columns} {'>' if up else '<'} {places}")
        )
    else:
        keys.append((by, None))
    given.append(page.limit + 1)
    order = ", ".join(f"{column} {'ASC' if up else 'DESC'}" for column, _ in keys)
    return f"{select}{conditions} ORDER BY {order} LIMIT ${len(given)}", given


async def counted(
    tx: Transaction,
    select: str,
    params: Sequence[Any],
    filters: Mapping[str, Any],
    *,
    prefix: str,
    period: Period,
    most: int,
    by: str = "id",
) -> int:
    """How many rows match, counted up to ``most``. A row itself is read for its time alone: what else is
    asked for stands in the index of its filter.

    Args:
        select: a statement that selects nothing of its rows, up to its last condition.
        prefix, by: as of :func:`newest_within`.
    """
    conditions, given = _asked({**_bounds(prefix, period, by), **filters}, params)
    given.append(most)
    # In the list's order, so that the index is taken that answers the list.
    sql = f"{select}{conditions} ORDER BY {by} DESC LIMIT ${len(given)}"
    row = await tx.fetch_one(f"SELECT COUNT(*) AS count FROM ({sql}) AS found", *given)  # noqa: S608
    return int(row["count"]) if row is not None else 0


def _asked(filters: Mapping[str, Any], params: Sequence[Any]) -> tuple[str, list[Any]]:
    """The conditions of what is asked for, and all parameters so far."""
    conditions, given = "", list(params)
    for condition, wanted in filters.items():
        if wanted is not None:
            given.append(wanted.value if isinstance(wanted, Enum) else wanted)
            conditions += " AND " + condition.format(f"${len(given)}")
    return conditions, given


def _bounds(prefix: str, period: Period, by: str) -> dict[str, Any]:
    """The conditions of a period, and those of the ids that may lie in it."""
    after, before = period
    created = f"{by.removesuffix('id')}created_at"
    return {
        f"{by} >= {{}}": since(prefix, after) if after is not None else None,
        f"{by} < {{}}": until(prefix, PageRequest().before, before) if before is not None else None,
        f"{created} >= {{}}": after,
        f"{created} < {{}}": before,
    }


def newest_within(
    select: str,
    params: Sequence[Any],
    filters: Mapping[str, Any],
    *,
    prefix: str,
    page: PageRequest,
    period: Period,
    by: str = "id",
    sorts: Mapping[str, Sequence[str]] = _BY_TIME,
) -> tuple[str, list[Any]]:
    """The same of what was created in a period; ids say where in the list that begins and ends.

    Args:
        prefix: of the ids.
    """
    given = [*params, until(prefix, page.before, period.created_before), since(prefix, period.created_after)]
    created = f"{by.removesuffix('id')}created_at"
    within = {f"{created} >= {{}}": period.created_after, f"{created} < {{}}": period.created_before}
    sql = f"{select} AND {by} < ${len(given) - 1} AND {by} >= ${len(given)}"
    return newest_first(sql, given, {**filters, **within}, by=by, page=page, sorts=sorts)
