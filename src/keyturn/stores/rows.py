"""Many rows in one statement: given as one JSON array, so that it is prepared once whatever their number."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from keyturn.database import Both

_ENCODER = msgspec.json.Encoder()


def insert_rows(table: str, columns: Mapping[str, str], conflict: str) -> Both:
    """A statement that inserts the rows of a JSON array of arrays, given as ``$1``, in their order.

    Args:
        columns: each column's name and type, in the order of the values.
        conflict: what comes after ``ON CONFLICT``.
    """
    names = ", ".join(columns)
    sqlite = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(columns)))
    postgres = ", ".join(f"CAST(value ->> {place} AS {sort})" for place, sort in enumerate(columns.values()))
    rows = "json_array_elements(CAST(CAST($1 AS TEXT) AS JSON)) AS given (value)"
    # Without WHERE, SQLite would take ON for the condition of a join.
    return Both(
        sqlite=f"INSERT INTO {table} ({names}) SELECT {sqlite} FROM json_each($1) WHERE 1 = 1 ON CONFLICT {conflict}",
        postgres=f"INSERT INTO {table} ({names}) SELECT {postgres} FROM {rows} WHERE 1 = 1 ON CONFLICT {conflict}",
    )


def as_rows(rows: Sequence[Sequence[Any]]) -> str:
    """The rows as such a statement takes them."""
    return _ENCODER.encode(rows).decode()
