"""The job that forgets sessions which have ended."""

from typing import Final

from tillgate.base.clock import HOUR_MS, Clock
from tillgate.documents.embedding.operations import drop_old
from tillgate.store import Database
from tillgate.store.jobs import Again, Job, Kind, in_batches

DROP_EVERY_MS: Final = HOUR_MS


class EndedSessions:
    """Forgets them, a batch at a time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def kind(self) -> Kind:
        """What it does, as a job."""
        return Kind("embed.drop", self._drop, every_ms=DROP_EVERY_MS, seconds_max=60)

    async def _drop(self, _: Job) -> Again | None:
        return await in_batches(self._database, lambda tx: drop_old(tx, self._clock.now()))
