"""Every statement about price feeds."""

from typing import Final

from tillgate.rails.evm.feeds.model import FEEDS_MAX, Feed
from tillgate.store import Row, Transaction

_COLUMNS: Final = (
    "chain_id, address, base, quote, decimals, age_ms_max, uptime_address, low, high, value, as_of, waiting, trouble, "
    "read_at"
)
_ALL: Final = f"SELECT {_COLUMNS} FROM rate_feeds ORDER BY chain_id, address LIMIT {FEEDS_MAX}"
_BETWEEN: Final = f"SELECT {_COLUMNS} FROM rate_feeds WHERE (base = $1 AND quote = $2) OR (base = $2 AND quote = $1)"
_OF_BASE: Final = f"SELECT {_COLUMNS} FROM rate_feeds WHERE base = $1 ORDER BY chain_id, address LIMIT 1"
_COUNT: Final = "SELECT COUNT(*) FROM rate_feeds"
_INSERT: Final = (
    f"INSERT INTO rate_feeds ({_COLUMNS}, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
    "$14, $14)"
)
_NOTE: Final = (
    "UPDATE rate_feeds SET value = $1, as_of = $2, waiting = $3, trouble = $4, read_at = $5 WHERE chain_id = $6 AND "
    "address = $7"
)
_REMOVE: Final = "DELETE FROM rate_feeds WHERE base = $1 AND quote = $2"


async def every(tx: Transaction) -> list[Feed]:
    """All feeds, by network."""
    return [_feed(row) for row in await tx.fetch_all(_ALL)]


async def between(tx: Transaction, base: str, quote: str) -> Feed | None:
    """The feed of two currencies, in whichever direction; or of a token."""
    row = await tx.fetch_one(_BETWEEN, base, quote)
    return _feed(row) if row is not None else None


async def of_base(tx: Transaction, base: str) -> Feed | None:
    """A feed of a currency or of a coin, in whatever it is told."""
    row = await tx.fetch_one(_OF_BASE, base)
    return _feed(row) if row is not None else None


async def count(tx: Transaction) -> int:
    """How many there are."""
    row = await tx.fetch_one(_COUNT)
    return int(row[0]) if row is not None else 0


async def insert(tx: Transaction, feed: Feed) -> None:
    """Keep a feed."""
    await tx.execute(_INSERT, *feed)


async def note(tx: Transaction, feed: Feed) -> bool:
    """Keep what a feed said last; whether it is still there."""
    return (
        await tx.execute(
            _NOTE, feed.value, feed.as_of, feed.waiting, feed.trouble, feed.read_at, feed.chain_id, feed.address
        )
        == 1
    )


async def remove(tx: Transaction, base: str, quote: str) -> bool:
    """Remove a feed; whether there was one."""
    return await tx.execute(_REMOVE, base, quote) == 1


def _feed(row: Row) -> Feed:
    return Feed(
        chain_id=int(row["chain_id"]),
        address=row["address"],
        base=row["base"],
        quote=row["quote"],
        decimals=int(row["decimals"]),
        age_ms_max=int(row["age_ms_max"]),
        uptime_address=row["uptime_address"],
        low=row["low"],
        high=row["high"],
        value=row["value"],
        as_of=row["as_of"],
        waiting=row["waiting"],
        trouble=row["trouble"],
        read_at=row["read_at"],
    )
