"""The worker that sends: claim from the table, post outside of any transaction, record, repeat."""

from collections import Counter
from typing import Final

import structlog

from keyturn.database import StoreUnavailable
from tillgate.base.clock import HOUR_MS, SECOND_MS, Clock
from tillgate.events.deliveries import records
from tillgate.events.deliveries.model import IN_FLIGHT_MAX, Attempt, next_step, share
from tillgate.events.deliveries.records import Claimed
from tillgate.events.deliveries.sending import Sender
from tillgate.events.endpoints.operations import conclude
from tillgate.events.outbox import Outbox
from tillgate.store import Database, Transaction
from tillgate.store.working import Workload

# However many receivers are dead, half of the places stay for those that are not.
FAILING_MAX: Final = IN_FLIGHT_MAX // 2
CLAIM_MAX: Final = 32
LEASE_MS: Final = 40 * SECOND_MS
# What is left of a dialect that this server does not have any more waits for one that has it.
UNSPOKEN_GAP_MS: Final = HOUR_MS

_log = structlog.get_logger("webhooks")


class DeliveryWorker:
    """Delivers at least once. A lease keeps others away meanwhile; if we die, it runs out and they go on."""

    def __init__(
        self, database: Database, sender: Sender, clock: Clock, outbox: Outbox, *, tests: Sender | None = None
    ) -> None:
        """
        Args:
            tests: sends what a merchant tries, so that it takes no connection from what happened.
        """
        self._database = database
        self._sender = sender
        self._tests = tests or sender
        self._clock = clock
        self._outbox = outbox
        self._work: Workload[Claimed] = Workload("webhooks", outbox.wake, IN_FLIGHT_MAX)

    async def run(self) -> None:
        """Work until cancelled; what is in flight then is finished first, or left to its lease."""
        await self._work.run(self._claim, self._deliver)

    async def attempt_now(self, claimed: Claimed) -> Attempt:
        """Attempt one delivery whose lease the caller holds, and record what came of it."""
        style = self._outbox.styles.find(claimed.dialect)
        if style is not None:
            attempt = await (self._tests if claimed.is_test else self._sender).attempt(claimed, style)
        else:
            attempt = Attempt(
                number=claimed.number,
                attempted_at=self._clock.now(),
                duration_ms=0,
                error=f"this server sends no webhooks in the dialect {claimed.dialect}",
            )
        now = self._clock.now()
        gaps_ms = style.gaps_ms if style is not None else (UNSPOKEN_GAP_MS,) * claimed.attempts_max
        status, next_attempt_at = next_step(attempt, claimed.attempts_max, now, gaps_ms)

        async def operation(tx: Transaction) -> tuple[bool, str | None]:
            # The endpoint first: whoever deletes it takes its row and those of its deliveries in the same order.
            change = await conclude(tx, self._outbox, claimed.endpoint_id, attempt, is_test=claimed.is_test, now=now)
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
        free, under_way = self._work.free, self._work.under_way
        now, places, held = self._clock.now(), share(free), Counter(one.project_id for one in under_way)
        failing_left = FAILING_MAX - sum(one.failing for one in under_way)

        async def anything_due(tx: Transaction) -> bool:
            found = records.claimable(await records.waiting(tx, now), now, places, free, held)
            return any(not one.failing or failing_left > 0 for one in found)

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
                failing_limit=failing_left,
                places=places,
                free=free,
                held=held,
            )

        return await self._database.write(operation)

    async def _deliver(self, claimed: Claimed) -> None:
        try:
            await self.attempt_now(claimed)
        except StoreUnavailable as error:
            # Its lease runs out, and somebody tries again: at least once.
            _log.warning("webhooks.attempt_not_recorded", delivery=claimed.delivery_id, detail=str(error))
        except Exception:
            _log.exception("webhooks.attempt_failed", delivery=claimed.delivery_id)
