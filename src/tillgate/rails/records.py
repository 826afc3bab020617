"""Every statement that rails share. Addresses are allocated: each wallet counts them, and no number is given twice."""

from typing import Final

from tillgate.base.invariants import present
from tillgate.store import Transaction

_NEXT: Final = (
    "INSERT INTO address_indexes (project_id, livemode, wallet, next_index) VALUES ($1, $2, $3, 1) "
    "ON CONFLICT (project_id, livemode, wallet) DO UPDATE SET next_index = address_indexes.next_index + 1 "
    "RETURNING next_index - 1"
)


async def next_address_index(tx: Transaction, *, project_id: str, livemode: bool, wallet: str) -> int:
    """The next free index of a project's wallet, from 0 without a gap: an index is given back with its transaction.

    Whoever asks waits for those before them, as for the project's event sequence.
    """
    row = present(await tx.fetch_one(_NEXT, project_id, livemode, wallet), "the address index just allocated")
    index: int = row[0]
    return index
