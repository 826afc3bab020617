"""Every statement about the coin at addresses that were given out."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from keyturn.database import with_list
from tillgate.rails.evm import records
from tillgate.rails.evm.coin.model import FEE_ORDINAL, Known
from tillgate.rails.evm.model import Booked
from tillgate.rails.port import COIN
from tillgate.store import Transaction

PAGE: Final = 1_000

_OFFER: Final = (
    "INSERT INTO coin_addresses (chain_id, address, created_at) VALUES ($1, $2, $3) "
    "ON CONFLICT (chain_id, address) DO NOTHING"
)
_AMONG: Final = with_list(
    "SELECT address FROM coin_addresses WHERE address IN {list} AND chain_id = $2 ORDER BY address LIMIT $3"
)
_EVERY: Final = "SELECT address FROM coin_addresses WHERE chain_id = $1 AND address > $2 ORDER BY address LIMIT $3"
_MOVED: Final = (
    "SELECT id, sender, recipient, amount_atomic, ordinal, doubt FROM chain_transfers WHERE {side} IN {{list}} "
    "AND token = $2 AND chain_id = $3 AND state <> 'orphaned' AND block_number <= $4 AND id > $5 ORDER BY id LIMIT $6"
)
_CAME: Final = with_list(_MOVED.format(side="recipient"))
_WENT: Final = with_list(_MOVED.format(side="sender"))
_LOOKS: Final = (
    f"SELECT {records.TRANSFER_COLUMNS} FROM chain_transfers WHERE chain_id = $1 AND block_number >= $2 "
    "AND block_number <= $3 AND state = 'seen' AND token = $4 AND tx_hash LIKE '%:%' AND id > $5 ORDER BY id LIMIT $6"
)
_PENDING: Final = (
    "SELECT sender, recipient, amount_atomic FROM chain_transfers WHERE {side} IN {{list}} AND token = $2 "
    "AND chain_id = $3 AND state = 'seen' AND tx_hash LIKE '%:%' ORDER BY id LIMIT $4"
)
_COMING: Final = with_list(_PENDING.format(side="recipient"))
_GOING: Final = with_list(_PENDING.format(side="sender"))


async def offer(tx: Transaction, chain_id: int, address: str, now: int) -> None:
    """The coin of a network is asked for at an address, lower case."""
    await tx.execute(_OFFER, chain_id, address, now)


async def among(tx: Transaction, chain_id: int, addresses: Sequence[str]) -> list[str]:
    """Of these addresses, lower case, those at which the coin of a network is asked for."""
    if not addresses:
        return []
    return [row["address"] for row in await tx.fetch_all(_AMONG, _listed(addresses), chain_id, len(addresses))]


async def every(tx: Transaction, chain_id: int, after: str, limit: int) -> list[str]:
    """A page of the addresses at which the coin of a network was ever asked for, in order."""
    return [row["address"] for row in await tx.fetch_all(_EVERY, chain_id, after, limit)]


async def known(tx: Transaction, chain_id: int, addresses: Sequence[str], last: int) -> dict[str, Known]:
    """What the books have of the coin of these addresses up to a block, seen money included."""
    held: Counter[str] = Counter()
    own: Counter[str] = Counter()
    unclear: set[str] = set()
    listed, after = _listed(addresses), ""
    while True:
        rows = await tx.fetch_all(_CAME, listed, COIN, chain_id, last, after, PAGE)
        for row in rows:
            held[row["recipient"]] += int(row["amount_atomic"])
            if row["doubt"] is not None:
                unclear.add(row["recipient"])
        if len(rows) < PAGE:
            break
        after = rows[-1]["id"]
    after = ""
    while True:
        rows = await tx.fetch_all(_WENT, listed, COIN, chain_id, last, after, PAGE)
        for row in rows:
            held[row["sender"]] -= int(row["amount_atomic"])
            own[row["sender"]] += row["ordinal"] == FEE_ORDINAL
        if len(rows) < PAGE:
            break
        after = rows[-1]["id"]
    return {one: Known(held[one], own[one], one in unclear) for one in addresses}


async def looks(tx: Transaction, chain_id: int, first: int, last: int) -> list[Booked]:
    """What only balances showed in blocks of a range, and is not concluded yet."""
    found: list[Booked] = []
    after = ""
    while True:
        rows = await tx.fetch_all(_LOOKS, chain_id, first, last, COIN, after, PAGE)
        for row in rows:
            one = records.transfer_of(row)
            found.append(Booked(one.money, False, one.single_source, one.doubt, one.held_atomic))
        if len(rows) < PAGE:
            return found
        after = rows[-1]["id"]


async def pending(tx: Transaction, chain_id: int, addresses: Sequence[str]) -> dict[str, int]:
    """What balances showed to have come to these addresses, less what left them, and is not concluded yet."""
    moved: Counter[str] = Counter()
    for row in await tx.fetch_all(_COMING, _listed(addresses), COIN, chain_id, PAGE):
        moved[row["recipient"]] += int(row["amount_atomic"])
    for row in await tx.fetch_all(_GOING, _listed(addresses), COIN, chain_id, PAGE):
        moved[row["sender"]] -= int(row["amount_atomic"])
    return dict(moved)


def _listed(addresses: Sequence[str]) -> str:
    return msgspec.json.encode(list(addresses)).decode()
