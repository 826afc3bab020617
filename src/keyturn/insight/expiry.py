"""Events when a key is about to expire: 14 days and 3 days before, and when it has expired.

Each is emitted once, whichever process looks: that it was emitted is recorded in the same transaction. A key that was
near its expiry when somebody first looked is reported once, not once for each date that was missed. One that was made
for less than three days is reported when it has expired, and not before: its owner knows.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from keyturn.invariants import present
from keyturn.stores.ports import Act, Clock, ExpiryStore

ACTOR: Final = "system:expiry"
DAY_MS: Final = 86_400_000
# The nearest first, so that only this one is reported of those that were missed.
DAYS: Final = (0, 3, 14)
SHORT_LIVED_MS: Final = 3 * DAY_MS
LOOK_SECONDS: Final = 60.0
BATCH_MAX: Final = 100


async def emit_expiring(store: ExpiryStore, clock: Clock) -> int:
    """Emit an event for each key that is due; answers with how many."""
    emitted = 0
    for days in DAYS:
        while True:
            now = clock.now()
            keys = await store.expiring(now + days * DAY_MS, days, BATCH_MAX)
            noted = 0
            for key in keys:
                expires_at = present(key.expires_at, "an expiry of a key that expires")
                quietly = days > 0 and expires_at - key.created_at < SHORT_LIVED_MS
                if await store.emit_expiry(key, days, Act(now, ACTOR), quietly=quietly):
                    noted += 1
                    emitted += not quietly
            if len(keys) < BATCH_MAX or not noted:
                break  # that was all of them, or others are at it
    return emitted


async def keep_emitting_expiry(
    store: ExpiryStore, clock: Clock, *, failed: Callable[[Exception], None], look_seconds: float = LOOK_SECONDS
) -> None:
    """Look every minute until cancelled; what fell due while nobody ran is caught up at once.

    Args:
        failed: emitted when the store did not answer; the next look does what this one did not.
    """
    while True:
        try:
            await emit_expiring(store, clock)
        except Exception as error:
            failed(error)
        await asyncio.sleep(look_seconds)
