"""The worker that watches networks: one watcher a network at a time, under a lease that runs out within seconds."""

import asyncio
import contextlib
import os
import secrets
import socket
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import structlog

from keyturn.database import StoreUnavailable
from tillgate.base.clock import SECOND_MS, Clock
from tillgate.rails.evm import records
from tillgate.rails.evm.books import Receivers, SqlBooks
from tillgate.rails.evm.model import WatchedNetwork
from tillgate.rails.evm.node import Node
from tillgate.rails.evm.watcher import Look, Watcher
from tillgate.store import Database, Transaction

LEASE_MS: Final = 10 * SECOND_MS
# However quickly blocks come, and however slowly: a look at the head costs two calls.
PAUSE_MS_MIN: Final = 250
PAUSE_MS_MAX: Final = 4 * SECOND_MS
LOOKS_IN_A_ROW_MAX: Final = 1_000

_log: Final = structlog.get_logger("watcher")


class Watched(NamedTuple):
    """A network to watch, and the nodes that are asked."""

    network: WatchedNetwork
    nodes: Sequence[Node]


class ChainWorker:
    """Watches one network whenever no other process does."""

    def __init__(self, database: Database, clock: Clock, receivers: Receivers, watched: Watched) -> None:
        self.owner = f"{socket.gethostname()[:64]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._database = database
        self._clock = clock
        self._chain_id = watched.network.chain_id
        self._block_ms = watched.network.block_ms
        self._books = SqlBooks(database, clock, receivers, chain_id=self._chain_id, owner=self.owner)
        self._watcher = Watcher(watched.network, watched.nodes, self._books, lambda: time.monotonic_ns() // 1_000_000)

    async def run(self) -> None:
        """Watch until cancelled; then another may take over at once."""
        try:
            while True:
                try:
                    await self.work()
                except StoreUnavailable as error:
                    _log.warning("watcher.not_recorded", chain=self._chain_id, detail=str(error))
                except Exception:
                    # A defect in the reading of one network stops no other, and is tried again.
                    _log.exception("watcher.failed", chain=self._chain_id)
                await asyncio.sleep(min(max(self._block_ms // 4, PAUSE_MS_MIN), PAUSE_MS_MAX) / 1_000)
        finally:
            with contextlib.suppress(StoreUnavailable, asyncio.CancelledError):
                await self._database.write(lambda tx: records.release(tx, self._chain_id, self.owner))

    async def work(self) -> Look | None:
        """Look until nothing more is found, and tell it; None where another process watches."""
        look: Look | None = None
        for _ in range(LOOKS_IN_A_ROW_MAX):
            if not await self._database.write(self._lease):
                return None
            look = await self._watcher.look()
            await self._note(look)
            told = await self._books.tell()
            if not look.moved and not told:
                break
        return look

    async def _lease(self, tx: Transaction) -> bool:
        now = self._clock.now()
        return await records.lease(tx, self._chain_id, self.owner, now + LEASE_MS, now)

    async def _note(self, look: Look) -> None:
        now = self._clock.now()
        trouble = look.trouble.value if look.trouble is not None else None
        await self._database.write(
            lambda tx: records.note_look(tx, self._chain_id, self.owner, head=look.head, trouble=trouble, now=now)
        )
