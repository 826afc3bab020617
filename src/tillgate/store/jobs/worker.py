"""The worker that runs jobs: claim from the table, run outside of any transaction, record, repeat."""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from keyturn.database import StoreUnavailable
from tillgate.base.clock import Clock
from tillgate.store import Database, Transaction
from tillgate.store.bell import Bell
from tillgate.store.jobs import operations
from tillgate.store.jobs.kinds import Kind, kinds_by_name
from tillgate.store.jobs.model import Again, Job, NotYet
from tillgate.store.working import Workload

AT_ONCE_MAX: Final = 8
CLAIM_MAX: Final = 8
# However little changes, there is a look after this long.
LOOK_SECONDS_MAX: Final = 60.0
# How long a job that was stopped may take to end; after this nobody waits for it.
STOP_SECONDS: Final = 2.0

_log: Final = structlog.get_logger("jobs")


class JobWorker:
    """Runs jobs at least once. A lease keeps others away meanwhile; if we die, it runs out and they go on."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        kinds: Sequence[Kind],
        bell: Bell,
        *,
        count: Callable[[str, bool], None] = lambda _kind, _failed: None,
    ) -> None:
        """
        Args:
            bell: rung when a job was enqueued.
            count: called after each attempt with its kind, and whether it failed.
        """
        self._database = database
        self._clock = clock
        self._kinds = kinds_by_name(kinds)
        self._count = count
        # Which process it is, for whoever reads the list; the rest tells two of them apart.
        self.owner = f"{socket.gethostname()[:64]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._work: Workload[Job] = Workload("jobs", bell, AT_ONCE_MAX)
        self._recurring = False
        self._quiet: tuple[int, int | None] | None = None
        self._looked_at = float("-inf")

    async def run(self) -> None:
        """Work until cancelled; what is under way then is finished first, or left to its lease."""
        await self._work.run(self._claim, self._perform)

    async def _claim(self) -> list[Job]:
        now = self._clock.now()
        if not self._recurring:
            recurring = list(self._kinds.values())
            await self._database.write(lambda tx: operations.ensure_recurring(tx, recurring, now))
            self._recurring = True
        version = self._database.version()
        if self._is_quiet(version, now):
            return []
        # A look costs no commit; claiming does.
        found = await self._database.read(lambda tx: operations.look(tx, self._kinds, now))
        self._looked_at = time.monotonic()
        self._quiet = (version, found.next_at) if version is not None and not found.found else None
        if not found.found:
            return []
        limit = min(CLAIM_MAX, self._work.free)
        return await self._database.write(
            lambda tx: operations.claim_due(tx, self._kinds, owner=self.owner, now=now, limit=limit)
        )

    def _is_quiet(self, version: int | None, now: int) -> bool:
        """Whether nothing was committed since a look that found nothing, and nothing has become due."""
        if self._quiet is None or time.monotonic() - self._looked_at > LOOK_SECONDS_MAX:
            return False
        then, next_at = self._quiet
        return version == then and (next_at is None or now < next_at)

    async def _perform(self, job: Job) -> None:
        """Run one job whose lease this process holds, and record what came of it."""
        kind = self._kinds[job.kind]
        answer, problem = await self._attempt(kind, job)
        now = self._clock.now()
        self._count(kind.name, problem is not None)

        async def record(tx: Transaction) -> bool:
            if problem is not None:
                return await operations.record_failure(tx, kind, job, problem, now) is not None
            again_ms = answer.after_ms if answer is not None else None
            return await operations.record_done(tx, kind, job, again_ms=again_ms, now=now)

        try:
            kept = await self._database.write(record)
        except StoreUnavailable as error:
            # Its lease runs out, and somebody tries again: at least once.
            _log.warning("jobs.not_recorded", job=job.id, kind=job.kind, key=job.key, detail=str(error))
            return
        if not kept:
            _log.warning("jobs.lease_lost", job=job.id, kind=job.kind, key=job.key, attempt=job.attempts)
        if problem is not None:
            _log.warning(
                "jobs.attempt_failed", job=job.id, kind=job.kind, key=job.key, attempt=job.attempts, reason=problem
            )

    async def _attempt(self, kind: Kind, job: Job) -> tuple[Again | None, str | None]:
        """What running it came to: its answer, or why it failed."""
        running = asyncio.ensure_future(kind.run(job))
        try:
            await asyncio.wait({running}, timeout=kind.seconds_max)
            if not running.done():
                running.cancel()
                await asyncio.wait({running}, timeout=STOP_SECONDS)
                running.add_done_callback(_forget)
                return None, f"It was stopped because it had not ended after {kind.seconds_max:g} seconds."
        except asyncio.CancelledError:
            running.cancel()
            await asyncio.wait({running}, timeout=STOP_SECONDS)
            running.add_done_callback(_forget)
            raise
        if running.cancelled():
            return None, "It was cancelled from within."
        error = running.exception()
        if error is not None:
            if not isinstance(error, (StoreUnavailable, NotYet)):
                _log.error("jobs.handler_failed", job=job.id, kind=job.kind, key=job.key, exc_info=error)
            return None, operations.reason_of(error)
        return running.result(), None


def _forget(running: "asyncio.Future[Again | None]") -> None:
    """Read the outcome of a job that was stopped, so that asyncio does not warn that nobody did."""
    if not running.cancelled():
        running.exception()
