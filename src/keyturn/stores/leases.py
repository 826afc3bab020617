"""Gates and epochs in SQLite or PostgreSQL: the rows by which ``keyturn.admission.leases`` keeps its promise."""

from collections.abc import Callable
from typing import Final

from keyturn.database import SOON_SECONDS, Database, Row, Transaction
from keyturn.invariants import present
from keyturn.stores.head import CHANNEL, restrict
from keyturn.stores.ports import CHANGES_READ_MAX, Change, HeldLease

# Whoever asks has at most a lease's length to wait, and learns no more from a store that hangs.
HELD_SECONDS: Final = 0.5

_EPOCH: Final = "SELECT epoch FROM key_head WHERE id = 1"
_HOLD: Final = (
    "INSERT INTO key_gates (gate, epoch_seen, renewals, ended_after, streams_ended) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (gate) DO UPDATE SET epoch_seen = excluded.epoch_seen, renewals = excluded.renewals, "
    "ended_after = excluded.ended_after, streams_ended = excluded.streams_ended"
)
_CHANGES: Final = "SELECT epoch, key_id, project_id FROM key_changes WHERE epoch > $1 ORDER BY epoch LIMIT $2"
_RELEASE: Final = "DELETE FROM key_gates WHERE gate = $1"
_HELD: Final = "SELECT gate, epoch_seen, renewals, ended_after, streams_ended FROM key_gates"
_LET_GO: Final = "DELETE FROM key_gates WHERE gate = $1 AND renewals = $2"
# A gate that was away for longer than these are kept notices the gap, and forgets all that it knew. So the last one
# stays, however old: without it there would be nothing before which to find a gap.
_FORGET: Final = "DELETE FROM key_changes WHERE changed_at < $1 AND epoch < (SELECT epoch FROM key_head WHERE id = 1)"


class SqlLeases:
    """The leases of gates, in a database that the caller opened and migrated."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listening: list[Callable[[], None]] = []

    async def epoch(self) -> int:
        async def operation(tx: Transaction) -> Row | None:
            return await tx.fetch_one(_EPOCH)

        row = await self._database.read(operation, within_seconds=SOON_SECONDS)
        epoch: int = present(row, "the head of the key tables")[0]
        return epoch

    async def hold(
        self, gate: str, epoch_seen: int, renewals: int, ended_after: int = 0, streams_ended: int = 0
    ) -> None:
        async def operation(tx: Transaction) -> None:
            await tx.execute(_HOLD, gate, epoch_seen, renewals, ended_after, streams_ended)

        await self._database.write(operation, within_seconds=SOON_SECONDS)

    async def changes_after(self, epoch: int) -> list[Change]:
        async def operation(tx: Transaction) -> list[Row]:
            return await tx.fetch_all(_CHANGES, epoch, CHANGES_READ_MAX)

        return [
            Change(row[0], row[1], row[2]) for row in await self._database.read(operation, within_seconds=SOON_SECONDS)
        ]

    async def release(self, gate: str) -> None:
        async def operation(tx: Transaction) -> None:
            await tx.execute(_RELEASE, gate)

        await self._database.write(operation, within_seconds=SOON_SECONDS)

    async def held(self) -> list[HeldLease]:
        async def operation(tx: Transaction) -> list[Row]:
            return await tx.fetch_all(_HELD)

        return [
            HeldLease(row[0], row[1], row[2], row[3], row[4])
            for row in await self._database.read(operation, within_seconds=SOON_SECONDS)
        ]

    async def release_lapsed(self, lease: HeldLease) -> None:
        async def operation(tx: Transaction) -> None:
            await tx.execute(_LET_GO, lease.gate, lease.renewals)

        await self._database.write(operation, within_seconds=SOON_SECONDS)

    async def advance_epoch(self, key_id: str, at: int) -> int:
        """Commit a new epoch that touches a key which does not exist, to see how long it takes to be seen."""

        async def operation(tx: Transaction) -> int:
            epoch = await restrict(tx, at, key_ids=[key_id])
            tx.after_commit(self._wake_listeners)
            return epoch

        return await self._database.write(operation)

    async def forget_changes(self, before: int) -> int:
        """Drop the changes from before this instant, which no gate with a lease can still be waiting for; the last
        one stays."""

        async def operation(tx: Transaction) -> int:
            return await tx.execute(_FORGET, before)

        return await self._database.write(operation)

    def hint(self) -> int | None:
        return self._database.version()

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        self._listening.append(wake)
        stop = self._database.listen(CHANNEL, wake)

        def end() -> None:
            self._listening.remove(wake)
            stop()

        return end

    def _wake_listeners(self) -> None:
        """Wake the gates of this process, which need not wait for the database to tell them."""
        for wake in self._listening:
            wake()
