"""Pages of rows, newest first."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from tillgate.base.pages import PageRequest, Period, since, until


def newest_first(
    select: str, params: Sequence[Any], filters: Mapping[str, Any], *, by: str, page: PageRequest
) -> tuple[str, list[Any]]:
    """A list's statement and its parameters: what is asked for, newest first, and one row more than the page has, which
    says whether there is another page.

    Args:
        select: the statement up to its last condition, with the parameters that it has already.
        filters: further conditions, with ``{}`` for their parameter, and that; None where nobody asked for it.
        by: the column of ids, which sort by time.
        page: where to begin; what is next newer than an object is read from there, the oldest first.
    """
    sql, given = select, list(params)
    for condition, wanted in filters.items():
        if wanted is not None:
            given.append(wanted.value if isinstance(wanted, Enum) else wanted)
            sql += " AND " + condition.format(f"${len(given)}")
    if page.ending_before is not None:
        given.append(page.ending_before)
        sql += f" AND {by} > ${len(given)}"
    given.append(page.limit + 1)
    order = "DESC" if page.ending_before is None else "ASC"
    return f"{sql} ORDER BY {by} {order} LIMIT ${len(given)}", given


def newest_within(
    select: str,
    params: Sequence[Any],
    filters: Mapping[str, Any],
    *,
    prefix: str,
    page: PageRequest,
    period: Period,
    by: str = "id",
) -> tuple[str, list[Any]]:
    """The same of what was created in a period; ids say where in the list that begins and ends.

    Args:
        prefix: of the ids.
    """
    given = [*params, until(prefix, page.before, period.created_before), since(prefix, period.created_after)]
    created = f"{by.removesuffix('id')}created_at"
    within = {f"{created} >= {{}}": period.created_after, f"{created} < {{}}": period.created_before}
    sql = f"{select} AND {by} < ${len(given) - 1} AND {by} >= ${len(given)}"
    return newest_first(sql, given, {**filters, **within}, by=by, page=page)
