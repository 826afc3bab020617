"""The worker that sends: claim from the table, post outside of any transaction, record, repeat."""

import asyncio
import contextlib
from typing import Final

import structlog

from tillgate.base.clock import SECOND_MS, Clock
from tillgate.events.deliveries import records
from tillgate.events.deliveries.model import Attempt, next_step
from tillgate.events.deliveries.records import Claimed
from tillgate.events.deliveries.sending import Sender
from tillgate.events.wake import Wake
from tillgate.store import Database, Transaction

IN_FLIGHT_MAX: Final = 64
CLAIM_MAX: Final = 16
LEASE_MS: Final = 40 * SECOND_MS
POLL_SECONDS: Final = 1.0

_log = structlog.get_logger("webhooks")


class DeliveryWorker:
    """Delivers at least once. A lease keeps others away meanwhile; if we die, it runs out and they go on."""

    def __init__(self, database: Database, sender: Sender, clock: Clock, wake: Wake) -> None:
        self._database = database
        self._sender = sender
        self._clock = clock
        self._wake = wake
        self._in_flight: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until cancelled; what is in flight then is finished first, or left to its lease."""
        try:
            while True:
                try:
                    claimed = await self._claim()
                except Exception:
                    _log.exception("webhooks.claim_failed")
                    claimed = []
                for one in claimed:
                    task = asyncio.create_task(self._deliver(one))
                    self._in_flight.add(task)
                    task.add_done_callback(self._in_flight.discard)
                if not claimed:
                    await self._wake.wait(POLL_SECONDS)
                elif len(self._in_flight) >= IN_FLIGHT_MAX:
                    await asyncio.wait(self._in_flight, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if self._in_flight:
                await asyncio.wait(self._in_flight, timeout=5)

    async def attempt_now(self, claimed: Claimed) -> Attempt:
        """Attempt one delivery whose lease the caller holds, and record what came of it."""
        attempt = await self._sender.attempt(claimed)
        now = self._clock.now()
        status, next_attempt_at = next_step(attempt, claimed.attempts_max, now)

        async def operation(tx: Transaction) -> bool:
            return await records.finish(tx, claimed, attempt, status, next_attempt_at, now)

        if not await self._database.write(operation):
            _log.warning("webhooks.lease_lost", delivery=claimed.delivery_id, attempt=attempt.number)
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
        free = min(CLAIM_MAX, IN_FLIGHT_MAX - len(self._in_flight))
        if free <= 0:
            return []
        now = self._clock.now()

        async def anything_due(tx: Transaction) -> bool:
            due = await records.next_due(tx)
            return due is not None and due <= now

        # A look costs no commit; claiming does.
        if not await self._database.read(anything_due):
            return []

        async def operation(tx: Transaction) -> list[Claimed]:
            return await records.claim_due(tx, now=now, lease_until=now + LEASE_MS, limit=free)

        return await self._database.write(operation)

    async def _deliver(self, claimed: Claimed) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await self.attempt_now(claimed)
            except Exception:
                _log.exception("webhooks.attempt_failed", delivery=claimed.delivery_id)
