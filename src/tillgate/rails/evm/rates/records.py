"""Every statement about rates."""

from typing import Final

from tillgate.rails.evm.rates.model import EVERY_PROJECT, RATES_MAX, Rate
from tillgate.store import Row, Transaction
from tillgate.store.alone import alone

_COLUMNS: Final = "project_id, base, quote, value, source, as_of, valid_until, trouble"
_EVERY: Final = f"SELECT {_COLUMNS} FROM rates ORDER BY project_id, base, quote LIMIT $1"
_OF_PROJECT: Final = (
    f"SELECT {_COLUMNS} FROM rates WHERE project_id IN ('{EVERY_PROJECT}', $1) ORDER BY project_id, base, quote "
    f"LIMIT {2 * RATES_MAX}"
)
_BETWEEN: Final = (
    f"SELECT {_COLUMNS} FROM rates WHERE project_id = $1 AND ((base = $2 AND quote = $3) OR (base = $3 AND quote = $2))"
)
_COUNT: Final = "SELECT COUNT(*) FROM rates WHERE project_id = $1"
_REMOVE: Final = (
    "DELETE FROM rates WHERE project_id = $1 AND ((base = $2 AND quote = $3) OR (base = $3 AND quote = $2))"
)
_INSERT: Final = f"INSERT INTO rates ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"


async def every(tx: Transaction, limit: int) -> list[Rate]:
    """Rates of the installation, then of each project."""
    return [_rate(row) for row in await tx.fetch_all(_EVERY, limit)]


async def of_project(tx: Transaction, project_id: str) -> list[Rate]:
    """The installation's rates, then a project's own."""
    return [_rate(row) for row in await tx.fetch_all(_OF_PROJECT, project_id)]


async def between(tx: Transaction, project_id: str, base: str, quote: str) -> Rate | None:
    """The rate between two currencies, in whichever direction it was said."""
    row = await tx.fetch_one(_BETWEEN, project_id, base, quote)
    return _rate(row) if row is not None else None


async def count(tx: Transaction, project_id: str) -> int:
    """How many rates a project, or the installation, has."""
    row = await tx.fetch_one(_COUNT, project_id)
    return int(row[0]) if row is not None else 0


async def lock_pair(tx: Transaction, project_id: str, base: str, quote: str) -> None:
    """Whoever changes the rate between two currencies, in whichever direction, waits for those before them."""
    await alone(tx, "/".join(("rates", project_id, *sorted((base, quote)))))


async def replace(tx: Transaction, rate: Rate) -> None:
    """Keep a rate instead of the one between its currencies, in either direction."""
    await lock_pair(tx, rate.project_id, rate.base, rate.quote)
    await tx.execute(_REMOVE, rate.project_id, rate.base, rate.quote)
    await tx.execute(_INSERT, *rate)


async def remove(tx: Transaction, project_id: str, base: str, quote: str) -> bool:
    """Remove the rate between two currencies; whether there was one."""
    return await tx.execute(_REMOVE, project_id, base, quote) > 0


def _rate(row: Row) -> Rate:
    return Rate(
        project_id=row["project_id"],
        base=row["base"],
        quote=row["quote"],
        value=row["value"],
        source=row["source"],
        as_of=int(row["as_of"]),
        valid_until=int(row["valid_until"]),
        trouble=row["trouble"],
    )
