"""The worker that sends: claim from the table, post outside of any transaction, record, repeat."""

import asyncio
import contextlib
from collections import Counter
from typing import Final

import structlog

from keyturn.database import StoreUnavailable
from tillgate.base.clock import SECOND_MS, Clock
from tillgate.events.deliveries import records
from tillgate.events.deliveries.model import IN_FLIGHT_MAX, Attempt, next_step, share
from tillgate.events.deliveries.records import Claimed
from tillgate.events.deliveries.sending import Sender
from tillgate.events.endpoints.operations import conclude
from tillgate.events.wake import Wake
from tillgate.store import Database, Transaction

# However many receivers are dead, half of the places stay for those that are not.
FAILING_MAX: Final = IN_FLIGHT_MAX // 2
CLAIM_MAX: Final = 32
LEASE_MS: Final = 40 * SECOND_MS
POLL_SECONDS: Final = 1.0

_log = structlog.get_logger("webhooks")


class DeliveryWorker:
    """Delivers at least once. A lease keeps others away meanwhile; if we die, it runs out and they go on."""

    def __init__(
        self, database: Database, sender: Sender, clock: Clock, wake: Wake, *, tests: Sender | None = None
    ) -> None:
        """
        Args:
            tests: sends what a merchant tries, so that it takes no connection from what happened.
        """
        self._database = database
        self._sender = sender
        self._tests = tests or sender
        self._clock = clock
        self._wake = wake
        self._in_flight: set[asyncio.Task[None]] = set()
        self._failing = 0
        self._held: Counter[str] = Counter()

    async def run(self) -> None:
        """Work until cancelled; what is in flight then is finished first, or left to its lease."""
        try:
            while True:
                try:
                    claimed = await self._claim()
                except StoreUnavailable:
                    claimed = []  # said once by what watches the database; it is tried again
                except Exception:
                    _log.exception("webhooks.claim_failed")
                    claimed = []
                for one in claimed:
                    self._start(one)
                if not claimed:
                    await self._wake.wait(POLL_SECONDS)
                elif len(self._in_flight) >= IN_FLIGHT_MAX:
                    await asyncio.wait(self._in_flight, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if self._in_flight:
                await asyncio.wait(self._in_flight, timeout=5)

    async def attempt_now(self, claimed: Claimed) -> Attempt:
        """Attempt one delivery whose lease the caller holds, and record what came of it."""
        attempt = await (self._tests if claimed.is_test else self._sender).attempt(claimed)
        now = self._clock.now()
        status, next_attempt_at = next_step(attempt, claimed.attempts_max, now)

        async def operation(tx: Transaction) -> tuple[bool, str | None]:
            # The endpoint first: whoever deletes it takes its row and those of its deliveries in the same order.
            change = await conclude(tx, self._wake, claimed.endpoint_id, attempt, is_test=claimed.is_test, now=now)
            return await records.finish(tx, claimed, attempt, status, next_attempt_at, now), change

        kept, change = await self._database.write(operation)
        if not kept:
            _log.warning("webhooks.lease_lost", delivery=claimed.delivery_id, attempt=attempt.number)
        if change is not None:
            _log.warning("webhooks.endpoint", endpoint=claimed.endpoint_id, change=change)
        _log.info(
            "webhooks.attempt",
            delivery=claimed.delivery_id,
            event_id=claimed.event_id,
            attempt=attempt.number,
            status=status.value,
            response_status=attempt.response_status,
            duration_ms=attempt.duration_ms,
            error=attempt.error,
        )
        return attempt

    async def _claim(self) -> list[Claimed]:
        free = IN_FLIGHT_MAX - len(self._in_flight)
        if free <= 0:
            return []
        now, places, held = self._clock.now(), share(free), dict(self._held)

        async def anything_due(tx: Transaction) -> bool:
            found = records.claimable(await records.waiting(tx, now), now, places, free, held)
            return any(not one.failing or self._failing < FAILING_MAX for one in found)

        # A look costs no commit; claiming does.
        if not await self._database.read(anything_due):
            return []

        async def operation(tx: Transaction) -> list[Claimed]:
            return await records.claim_due(
                tx,
                now=now,
                lease_until=now + LEASE_MS,
                # A part of what is free: with the rest every endpoint's share becomes smaller.
                limit=min(CLAIM_MAX, max(free // 4, 1)),
                failing_limit=FAILING_MAX - self._failing,
                places=places,
                free=free,
                held=held,
            )

        return await self._database.write(operation)

    def _start(self, claimed: Claimed) -> None:
        task = asyncio.create_task(self._deliver(claimed))
        self._in_flight.add(task)
        self._failing += claimed.failing
        self._held[claimed.project_id] += 1

        def done(_: asyncio.Task[None]) -> None:
            self._in_flight.discard(task)
            self._failing -= claimed.failing
            self._held -= Counter({claimed.project_id: 1})
            # Its endpoint has room again.
            self._wake.now()

        task.add_done_callback(done)

    async def _deliver(self, claimed: Claimed) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await self.attempt_now(claimed)
            except StoreUnavailable as error:
                # Its lease runs out, and somebody tries again: at least once.
                _log.warning("webhooks.attempt_not_recorded", delivery=claimed.delivery_id, detail=str(error))
            except Exception:
                _log.exception("webhooks.attempt_failed", delivery=claimed.delivery_id)
