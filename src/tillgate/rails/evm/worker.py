"""The worker that watches networks: one watcher a network at a time, under a lease that runs out within seconds."""

import asyncio
import contextlib
import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import structlog

from keyturn.database import StoreUnavailable
from tillgate.base.clock import SECOND_MS, Clock
from tillgate.rails.evm import model, records
from tillgate.rails.evm.alarms import records as alarms
from tillgate.rails.evm.alarms.model import AlarmKind
from tillgate.rails.evm.books import Receivers, SqlBooks
from tillgate.rails.evm.model import WatchedNetwork
from tillgate.rails.evm.node import Node
from tillgate.rails.evm.traffic import Traffic
from tillgate.rails.evm.watcher import Look, Trouble, Watcher
from tillgate.store import Database, Transaction

LEASE_MS: Final = 10 * SECOND_MS
PAUSE_MS_FAILED_MAX: Final = 60 * SECOND_MS
_NEVER: Final = -LEASE_MS
LOOKS_IN_A_ROW_MAX: Final = 1_000

_log: Final = structlog.get_logger("watcher")


class Watched(NamedTuple):
    """A network to watch, and the nodes that are asked."""

    network: WatchedNetwork
    nodes: Sequence[Node]


class ChainWorker:
    """Watches one network whenever no other process does."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        receivers: Receivers,
        watched: Watched,
        *,
        monotonic_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
    ) -> None:
        self.owner = f"{socket.gethostname()[:64]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._database = database
        self._clock = clock
        self._chain_id = watched.network.chain_id
        self._block_ms = watched.network.block_ms
        self._books = SqlBooks(database, clock, receivers, chain_id=self._chain_id, owner=self.owner)
        self._monotonic_ms = monotonic_ms
        self._watcher = Watcher(watched.network, watched.nodes, self._books, monotonic_ms)
        self._traffic = Traffic(self._chain_id, watched.nodes)
        self._leased_at = self._noted_at = _NEVER
        self._noted: tuple[int | None, Trouble | None, bool] | None = None

    async def run(self) -> None:
        """Watch until cancelled; then another may take over at once."""
        trouble: str | None = None
        pause_ms = usual_ms = model.pause_ms(self._block_ms)
        try:
            while True:
                try:
                    await self.work()
                    trouble, pause_ms = None, usual_ms
                except Exception as error:
                    # A defect in the reading of one network stops no other, and is tried again, ever more seldom. It
                    # is reported once, until it is another or has ended.
                    if trouble != (trouble := f"{type(error).__name__}: {error}"):
                        self._log_failure(error)
                    pause_ms = min(pause_ms * 2, PAUSE_MS_FAILED_MAX)
                await asyncio.sleep(pause_ms / 1_000)
        finally:
            with contextlib.suppress(StoreUnavailable, asyncio.CancelledError):
                await self._database.write(self._leave)

    async def _leave(self, tx: Transaction) -> None:
        await records.release(tx, self._chain_id, self.owner)
        await self._traffic.write(tx, self._traffic.notes(), self._clock.now())

    def _log_failure(self, error: Exception) -> None:
        if isinstance(error, StoreUnavailable):
            _log.warning("watcher.not_recorded", chain=self._chain_id, detail=str(error))
        else:
            _log.error("watcher.failed", chain=self._chain_id, exc_info=error)

    async def work(self) -> Look | None:
        """Look until nothing more is found, and tell it; None where another process watches."""
        look: Look | None = None
        for _ in range(LOOKS_IN_A_ROW_MAX):
            if not await self._holds_lease():
                return None
            look = await self._watcher.look()
            await self._note(look)
            reported = await self._books.report()
            if not look.moved and not reported:
                break
        return look

    async def _holds_lease(self) -> bool:
        """Take the lease, or go on with it. It is written down again when half of it is over: whoever lost it meanwhile
        is refused by each change that it makes."""
        elapsed = self._monotonic_ms() - self._leased_at
        if 0 <= elapsed < LEASE_MS // 2:
            return True
        at = self._monotonic_ms()
        now = self._clock.now()
        taken = await self._database.write(
            lambda tx: records.lease(tx, self._chain_id, self.owner, now + LEASE_MS, now)
        )
        self._leased_at = at if taken else _NEVER
        return taken

    async def _note(self, look: Look) -> None:
        """Write down what a look found, where that is new; else, and what it cost, as often as the lease."""
        found = (look.head, look.trouble, self._watcher.is_single_source)
        at = self._monotonic_ms()
        if found == self._noted and 0 <= at - self._noted_at < LEASE_MS // 2:
            return
        now = self._clock.now()
        trouble = look.trouble.value if look.trouble is not None else None
        # With every head: a node whose own was noted earlier would seem to lie behind it.
        notes = self._traffic.notes(self._watcher.heads)

        async def operation(tx: Transaction) -> None:
            ours = await records.note_look(
                tx, self._chain_id, self.owner, head=look.head, trouble=trouble, single_source=found[2], now=now
            )
            if ours and look.trouble is Trouble.DISAGREEMENT:
                await alarms.see(tx, self._chain_id, AlarmKind.DISAGREEMENT, now)
            await self._traffic.write(tx, notes, now)

        await self._database.write(operation)
        self._noted, self._noted_at = found, at
        self._traffic.written()
