"""Every statement about the addresses of live payments."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from keyturn.database import with_list
from tillgate.store import Transaction

_LATELY: Final = (
    "SELECT LOWER(p.address) AS address FROM payments p WHERE p.rail = 'evm' AND p.created_at >= $1 "
    "AND p.address NOT LIKE 'none:%' ORDER BY p.created_at DESC LIMIT $2"
)
_AWAITED: Final = (
    "SELECT 1 FROM payments p JOIN checkout_sessions s ON s.id = p.session_id WHERE p.rail = 'evm' "
    "AND p.created_at >= $1 AND s.status IN ('pending', 'detected', 'underpaid') LIMIT 1"
)
# A session whose time is up is still paid when its money comes within the grace period.
_WAITING: Final = (
    "SELECT LOWER(p.address) AS address FROM payments p JOIN checkout_sessions s ON s.id = p.session_id "
    "WHERE p.rail = 'evm' AND p.created_at >= $1 AND p.address NOT LIKE 'none:%' "
    "AND (s.status IN ('pending', 'detected', 'underpaid') OR (s.status = 'expired' AND s.expires_at >= $2)) "
    "ORDER BY p.created_at DESC LIMIT $3"
)
_EVERY: Final = (
    "SELECT LOWER(p.address) AS address FROM payments p WHERE p.rail = 'evm' AND LOWER(p.address) > $1 "
    "AND p.address NOT LIKE 'none:%' "
    "ORDER BY LOWER(p.address) LIMIT $2"
)
_QUOTED: Final = (
    "SELECT p.id, p.session_id, p.order_id, p.project_id, p.livemode FROM payments p "
    "WHERE p.rail = 'evm' AND LOWER(p.address) = $1 LIMIT 1"
)
_OF_PROJECT: Final = with_list(
    "SELECT LOWER(p.address) AS address FROM payments p "
    "WHERE p.rail = 'evm' AND LOWER(p.address) IN {list} AND p.project_id = $2 AND ($3 OR p.livemode = $4)"
)


async def is_awaited(tx: Transaction, since: int) -> bool:
    """A live session that was opened since then waits for money."""
    return await tx.fetch_one(_AWAITED, since) is not None


async def lately(tx: Transaction, since: int, limit: int) -> list[str]:
    """The addresses of live payments since then, lower case."""
    return [row["address"] for row in await tx.fetch_all(_LATELY, since, limit)]


async def waiting(tx: Transaction, since: int, expired_since: int, limit: int) -> list[str]:
    """The addresses of sessions that wait for money, lower case, and of those whose time was up since then."""
    return [row["address"] for row in await tx.fetch_all(_WAITING, since, expired_since, limit)]


async def every(tx: Transaction, after: str, limit: int) -> list[str]:
    """A page of the addresses of all live payments, lower case and in order."""
    return [row["address"] for row in await tx.fetch_all(_EVERY, after, limit)]


class Quoted(NamedTuple):
    """The payment that an address was given to."""

    payment_id: str
    session_id: str
    order_id: str
    project_id: str
    livemode: bool


async def quoted(tx: Transaction, address: str) -> Quoted | None:
    """The payment that an address was given to."""
    row = await tx.fetch_one(_QUOTED, address)
    if row is None:
        return None
    return Quoted(row["id"], row["session_id"], row["order_id"], row["project_id"], bool(row["livemode"]))


async def of_project(
    tx: Transaction, project_id: str, addresses: Sequence[str], livemode: bool | None = None
) -> list[str]:
    """Those of these addresses, lower case, that payments of a project have, of one mode or of both."""
    listed = msgspec.json.encode(addresses).decode()
    return [
        row["address"] for row in await tx.fetch_all(_OF_PROJECT, listed, project_id, livemode is None, bool(livemode))
    ]
