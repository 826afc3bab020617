"""Every network that is in use is watched, paused ones as well: those that are named later join without a restart."""

import asyncio
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

_TAGS: Final = {Finality.SAFE: Tag.SAFE, Finality.FINALIZED: Tag.FINALIZED, Finality.DEPTH: None}
_log: Final = structlog.get_logger("watcher")


class _InUse(NamedTuple):
    """A network and its tokens, as they were read: a change is seen by comparing two."""

    network: Network
    tokens: tuple[Token, ...]


class ChainWatchers:
    """A watcher for each network, in this process or in another that holds its lease."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, receivers: Receivers) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._receivers = receivers
        self._running: dict[_InUse, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Watch until cancelled."""
        version: int | None = None
        try:
            while True:
                seen = self._database.version()
                if seen is None or seen != version:
                    try:
                        await self._follow(await self._database.read(_in_use))
                        version = seen
                    except StoreUnavailable as error:
                        _log.warning("watcher.networks_unknown", detail=str(error))
                    except Exception:
                        # Networks that are watched already go on.
                        _log.exception("watcher.networks_unknown")
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await self._stop(list(self._running))

    async def _follow(self, in_use: list[_InUse]) -> None:
        await self._stop([one for one in self._running if one not in in_use])
        for one in in_use:
            task = self._running.get(one)
            if task is None or task.done():
                self._running[one] = asyncio.create_task(self._watch(one), name=f"watcher:{one.network.name}")

    async def _stop(self, gone: list[_InUse]) -> None:
        tasks = [self._running.pop(one) for one in gone]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, one: _InUse) -> None:
        try:
            async with operations.opened(self._database, self._sealer, one.network) as nodes:
                watched = Watched(watched_network(one.network, one.tokens), nodes.all)
                await ChainWorker(self._database, self._clock, self._receivers, watched).run()
        except (NetworkError, SealingError, StoreUnavailable) as error:
            _log.error("watcher.not_started", network=one.network.name, detail=str(error))


def watched_network(network: Network, tokens: tuple[Token, ...]) -> WatchedNetwork:
    """What a watcher has to know of a network that the operator named."""
    limits = network.limits
    return WatchedNetwork(
        network.chain_id,
        model.Finality(network.confirmations, _TAGS[network.finality]),
        frozenset(token.address.lower() for token in tokens),
        block_ms=limits.block_ms,
        range_blocks_max=limits.range_blocks_max,
        topics_max=limits.topics_max,
    )


async def _in_use(tx: Transaction) -> list[_InUse]:
    """All networks that have a token: on one that is paused nothing new is offered, and what was may still be paid."""
    read = [_InUse(one, tuple(await records.tokens_of(tx, one.chain_id))) for one in await records.every(tx)]
    return [one for one in read if one.tokens]
