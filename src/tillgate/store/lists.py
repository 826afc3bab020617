"""Pages of rows, newest first."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any


def newest_first(
    select: str, params: Sequence[Any], filters: Mapping[str, Any], *, by: str, limit: int
) -> tuple[str, list[Any]]:
    """A list's statement and its parameters: what is asked for, newest first, and one row more than the page has, which
    says whether there is another page.

    Args:
        select: the statement up to its last condition, with the parameters that it has already.
        filters: further conditions, with ``{}`` for their parameter, and that; None where nobody asked for it.
        by: the column of ids, which sort by time.
    """
    sql, given = select, list(params)
    for condition, wanted in filters.items():
        if wanted is not None:
            given.append(wanted.value if isinstance(wanted, Enum) else wanted)
            sql += " AND " + condition.format(f"${len(given)}")
    given.append(limit + 1)
    return f"{sql} ORDER BY {by} DESC LIMIT ${len(given)}", given
