"""Every network that is in use is watched, paused ones as well: those that are named later join without a restart."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, NamedTuple

import structlog

from keyturn.database import StoreUnavailable
from tillgate.base.clock import Clock
from tillgate.rails.evm import model
from tillgate.rails.evm.books import Receivers
from tillgate.rails.evm.model import WatchedNetwork
from tillgate.rails.evm.networks import operations, records
from tillgate.rails.evm.networks.model import Finality, Network, NetworkError, Token
from tillgate.rails.evm.node import Tag
from tillgate.rails.evm.worker import ChainWorker, Watched
from tillgate.store import Database, Sealer, SealingError, Transaction

# After this long a network that was named or changed is watched so.
LOOK_SECONDS: Final = 2.0
# One that cannot be opened is tried again after a time that doubles up to this; at once when it is changed.
REST_SECONDS_MAX: Final = 300.0

_TAGS: Final = {Finality.SAFE: Tag.SAFE, Finality.FINALIZED: Tag.FINALIZED, Finality.DEPTH: None}
_log: Final = structlog.get_logger("watcher")


class _InUse(NamedTuple):
    """A network and its tokens, as they were read: a change is seen by comparing two."""

    network: Network
    tokens: tuple[Token, ...]


class _Failed(NamedTuple):
    """A network whose nodes could not be opened, and when that is tried again."""

    times: int
    again_at: float
    detail: str


class ChainWatchers:
    """A watcher for each network, in this process or in another that holds its lease."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        receivers: Receivers,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._receivers = receivers
        self._running: dict[_InUse, asyncio.Task[None]] = {}
        self._failed: dict[_InUse, _Failed] = {}

    async def run(self) -> None:
        """Watch until cancelled."""
        version: int | None = None
        in_use: list[_InUse] = []
        trouble: str | None = None
        try:
            while True:
                seen = self._database.version()
                try:
                    if seen is None or seen != version:
                        in_use = await self._database.read(_in_use)
                        version = seen
                    await self._follow(in_use)
                    trouble = None
                except Exception as error:
                    # Networks that are watched already go on. It is reported once, until it is another or has ended.
                    if trouble != (trouble := f"{type(error).__name__}: {error}"):
                        expected = isinstance(error, StoreUnavailable)
                        _log.warning("watcher.networks_unknown", detail=str(error), exc_info=not expected)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await self._stop(list(self._running))

    async def _follow(self, in_use: list[_InUse]) -> None:
        await self._stop([one for one in self._running if one not in in_use])
        self._failed = {one: failed for one, failed in self._failed.items() if one in in_use}
        for one in in_use:
            task, failed = self._running.get(one), self._failed.get(one)
            due = failed is None or self._monotonic() >= failed.again_at
            if (task is None or task.done()) and due:
                self._running[one] = asyncio.create_task(self._watch(one), name=f"watcher:{one.network.name}")

    async def _stop(self, gone: list[_InUse]) -> None:
        tasks = [self._running.pop(one) for one in gone]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, one: _InUse) -> None:
        try:
            async with operations.opened(self._database, self._sealer, one.network) as nodes:
                self._failed.pop(one, None)
                watched = Watched(watched_network(one.network, one.tokens), nodes.all)
                await ChainWorker(self._database, self._clock, self._receivers, watched).run()
        except Exception as error:
            self._note_failed(one, error)

    def _note_failed(self, one: _InUse, error: Exception) -> None:
        """Try it again after a time that doubles; it is reported once, until it is another."""
        before = self._failed.get(one)
        times = before.times + 1 if before is not None else 0
        detail = f"{type(error).__name__}: {error}"
        rest = min(LOOK_SECONDS * 2.0 ** min(times, 16), REST_SECONDS_MAX)
        self._failed[one] = _Failed(times, self._monotonic() + rest, detail)
        if before is None or before.detail != detail:
            expected = isinstance(error, NetworkError | SealingError | StoreUnavailable)
            _log.error("watcher.not_started", network=one.network.name, detail=str(error), exc_info=not expected)


def watched_network(network: Network, tokens: tuple[Token, ...]) -> WatchedNetwork:
    """What a watcher has to know of a network that the operator named."""
    limits = network.limits
    return WatchedNetwork(
        network.chain_id,
        model.Finality(network.confirmations, _TAGS[network.finality]),
        frozenset(token.address.lower() for token in tokens if not token.is_coin),
        block_ms=limits.block_ms,
        range_blocks_max=limits.range_blocks_max,
        topics_max=limits.topics_max,
        takes_coin=any(token.is_coin for token in tokens),
    )


async def _in_use(tx: Transaction) -> list[_InUse]:
    """All networks that have a token: on one that is paused nothing new is offered, and what was may still be paid."""
    read = [_InUse(one, tuple(await records.tokens_of(tx, one.chain_id))) for one in await records.every(tx)]
    return [one for one in read if one.tokens]
