"""Rows written before text was compared as it is now: brought up to date in batches, beside the running server.

A migration would hold its table for as long as it has rows. Here each batch is a short transaction, which writes only
what differs; how far each table has been walked is kept, so that every row is looked at once for each form.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

import structlog

from tillgate.store import Database, Transaction
from tillgate.store.jobs import Again

BATCH_MAX: Final = 500
# After this number of batches it is the turn of other jobs.
BATCHES_MAX: Final = 20
# Goes up whenever the functions of `tillgate.base.text` compare otherwise: then every table is walked again.
FORM: Final = 1

_log: Final = structlog.get_logger("texts")


class Column(NamedTuple):
    """A column whose text is compared.

    Attributes:
        normal: the text as it is compared; takes what ``source`` holds.
        source: the column that it is made from; its own where it is empty.
        unique: the columns within which no two rows have the same text, none for the whole table; None where two may.
        where: a further condition on rows that have it so.
    """

    name: str
    normal: Callable[[str], str]
    source: str = ""
    unique: tuple[str, ...] | None = None
    where: str = ""


class Texts(NamedTuple):
    """A table with such columns, whose rows have an ``id``.

    Attributes:
        kept: its rows keep their form in the API beside them.
        also: a statement on the rows with an id above $1 and up to $2.
    """

    table: str
    columns: tuple[Column, ...]
    kept: bool = False
    also: str = ""

    @property
    def page(self) -> str:
        """Rows with an id above $1, in their order."""
        named = dict.fromkeys(name for one in self.columns for name in (one.name, one.source) if name)
        return f"SELECT id, {', '.join(named)} FROM {self.table} WHERE id > $1 ORDER BY id LIMIT $2"

    def change(self, column: Column) -> str:
        """The text $1 for the row $2 that has $3, unless another row has it."""
        name, table = column.name, self.table
        statement = (
            f"UPDATE {table} SET {name} = $1{', kept = NULL' if self.kept else ''} WHERE id = $2 AND {name} = $3"
        )
        if column.where:
            statement += f" AND {column.where}"
        if column.unique is not None:
            same = " AND ".join((*(f"o.{one} = {table}.{one}" for one in column.unique), f"o.{name} = $1"))
            statement += f" AND NOT EXISTS (SELECT 1 FROM {table} o WHERE {same})"
        return statement


async def renormalise(database: Database, tables: Sequence[Texts]) -> Again | None:
    """Walk the tables on from where each was left; nothing is read once all are through."""
    left = BATCHES_MAX
    for texts in tables:
        while not await database.write(partial(_batch, texts=texts)):
            left -= 1
            if not left:
                return Again()
    return None


async def _batch(tx: Transaction, *, texts: Texts) -> bool:
    """One batch; whether its table is through."""
    place = await tx.fetch_one("SELECT form, after, through FROM renormalised WHERE name = $1", texts.table)
    after = place["after"] if place is not None and place["form"] == FORM else ""
    if place is not None and place["form"] == FORM and place["through"]:
        return True
    rows = await tx.fetch_all(texts.page, after, BATCH_MAX)
    for row in rows:
        for column in texts.columns:
            held, source = row[column.name], row[column.source or column.name]
            normal = column.normal(source) if held is not None and source is not None else held
            if normal == held or not normal:
                continue
            if await tx.execute(texts.change(column), normal, row["id"], held) == 0 and not column.where:
                # Two that are the same now: which of them is meant is for a person to say.
                _log.warning("texts.left_as_it_is", table=texts.table, id=row["id"], column=column.name)
    through = len(rows) < BATCH_MAX
    last = rows[-1]["id"] if rows else after
    if texts.also and rows:
        await tx.execute(texts.also, after, last)
    await tx.execute(
        "INSERT INTO renormalised (name, form, after, through) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE "
        "SET form = excluded.form, after = excluded.after, through = excluded.through",
        texts.table,
        FORM,
        last,
        through,
    )
    return through
