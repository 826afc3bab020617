"""Every statement of the rail of payments by mail."""

from typing import Final

from tillgate.store import Transaction

_IS_TAKEN: Final = "SELECT 1 FROM payments WHERE address = $1"


async def is_taken(tx: Transaction, reference: str) -> bool:
    """Whether a reference code was given out before, to whomever. No two payments can have the same: the database
    refuses the second."""
    return await tx.fetch_one(_IS_TAKEN, reference) is not None
