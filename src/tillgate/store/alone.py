"""One transaction at a time for what is counted before it is added to."""

from typing import Final

from keyturn.database import Both
from tillgate.store import Transaction

# SQLite's one writer is lock enough.
_ALONE: Final = Both(sqlite="SELECT $1", postgres="SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")


async def alone(tx: Transaction, name: str) -> None:
    """Wait until no other transaction of this name is open; it ends with the transaction.

    Rows that are not there yet cannot be locked: two that count them at once both find room for one more.
    """
    await tx.fetch_one(_ALONE, name)
