"""How the networks stand, for whoever runs the installation: out of what their watchers have written down, so that
every process tells the same of all of them. No node is asked."""

import asyncio
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from keyturn.database import StoreError
from tillgate.base.clock import MINUTE_MS, Clock
from tillgate.rails.evm import records
from tillgate.rails.evm.networks import records as networks
from tillgate.rails.evm.networks.model import Finality, Network
from tillgate.rails.evm.rail import AWAY_MS
from tillgate.rails.evm.records import NodeLine, WatchedLine
from tillgate.rails.evm.watcher import Trouble
from tillgate.store import Database, Transaction

NodeStanding = NodeLine
"""How one node has answered, as it was written down."""

# A tag of the slowest network moves every few minutes.
STALLED_MS: Final = 30 * MINUTE_MS
# Far enough behind for a buyer to wait for what is there already.
BEHIND_MS: Final = 2 * MINUTE_MS
# A look at how networks stand answers whoever asks within this time, and gives up after that one.
FRESH_SECONDS: Final = 1.0
LOOK_SECONDS_MAX: Final = 1.0


class NetworkState(StrEnum):
    """How a network stands, in one word."""

    IN_STEP = "in_step"
    STARTING = "starting"
    NO_TOKEN = "no_token"  # noqa: S105 (of a chain, no secret)
    AWAY = "away"
    OTHER_CHAIN = "other_chain"
    NO_FINALITY = "no_finality"
    FINALITY_BACK = "finality_back"
    FINALITY_STALLED = "finality_stalled"
    DISAGREEMENT = "disagreement"
    ALONE = "alone"
    INCOMPLETE = "incomplete"
    BEHIND = "behind"


# What an operator does nothing about.
WELL: Final = frozenset({NetworkState.IN_STEP, NetworkState.STARTING, NetworkState.NO_TOKEN})

_OF_TROUBLE: Final = {
    Trouble.NO_NODE.value: NetworkState.AWAY,
    Trouble.OTHER_CHAIN.value: NetworkState.OTHER_CHAIN,
    Trouble.NO_FINALITY.value: NetworkState.NO_FINALITY,
    Trouble.FINALITY_BACK.value: NetworkState.FINALITY_BACK,
    Trouble.ALONE.value: NetworkState.ALONE,
    Trouble.DISAGREEMENT.value: NetworkState.DISAGREEMENT,
    Trouble.INCOMPLETE.value: NetworkState.INCOMPLETE,
}
# Told at once: nodes that contradict each other do not get over it alone.
_AT_ONCE: Final = frozenset({NetworkState.OTHER_CHAIN, NetworkState.DISAGREEMENT})


class Standing(NamedTuple):
    """How a network and its nodes stand. Instants are Unix milliseconds.

    Attributes:
        seen: the highest block that was read; the final one where no session waits, for then nothing above it is.
        looked_at: when its watcher last asked.
        state_since: since when it stands so, where that is known.
        single_source: what is concluded now was told by one node alone.
        nodes: one line for each host that is asked.
    """

    network: Network
    state: NetworkState
    head: int | None = None
    seen: int | None = None
    final: int | None = None
    looked_at: int | None = None
    state_since: int | None = None
    single_source: bool = False
    nodes: tuple[NodeLine, ...] = ()

    @property
    def lag_blocks(self) -> int | None:
        """How far what was read lies behind the best head."""
        return max(self.head - self.seen, 0) if self.head is not None and self.seen is not None else None

    @property
    def is_well(self) -> bool:
        """Nobody has to do anything."""
        return self.state in WELL

    def lag_of(self, node: NodeLine) -> int | None:
        """How far a node lies behind the best head; None where it did not tell its own."""
        return max(self.head - node.head, 0) if self.head is not None and node.head is not None else None


async def standings(tx: Transaction, now: int) -> list[Standing]:
    """Every network, by its chain id."""
    watched = {one.chain_id: one for one in await records.watched_lines(tx)}
    nodes: dict[int, list[NodeLine]] = {}
    for line in await records.node_lines(tx):
        nodes.setdefault(line.chain_id, []).append(line)
    found = []
    for network in await networks.every(tx):
        chain_id = network.chain_id
        has_token = await networks.count_tokens(tx, chain_id) > 0
        one = _standing(network, watched.get(chain_id), now, has_token=has_token)
        found.append(one._replace(nodes=tuple(nodes.get(chain_id, ()))))
    return found


def _standing(network: Network, line: WatchedLine | None, now: int, *, has_token: bool) -> Standing:
    if not has_token:
        return Standing(network, NetworkState.NO_TOKEN)
    if line is None or line.final is None or line.looked_at is None:
        begun = now - network.updated_at < AWAY_MS
        return Standing(
            network,
            NetworkState.STARTING if begun else _OF_TROUBLE.get(line.trouble or "" if line else "", NetworkState.AWAY),
            head=line.head if line is not None else None,
            looked_at=line.looked_at if line is not None else None,
        )
    seen = max(line.final, line.tip or line.final)
    state, since = _state(network, line, seen, now)
    return Standing(network, state, line.head, seen, line.final, line.looked_at, since, line.single_source)


def _state(network: Network, line: WatchedLine, seen: int, now: int) -> tuple[NetworkState, int | None]:
    looked_at = line.looked_at or 0
    if now - looked_at >= AWAY_MS:
        # Nobody watches it.
        return NetworkState.AWAY, looked_at
    trouble = _OF_TROUBLE.get(line.trouble or "")
    if trouble is not None and (trouble in _AT_ONCE or now - (line.trouble_since or 0) >= AWAY_MS):
        return trouble, line.trouble_since
    if line.head is None or line.final is None:
        return NetworkState.IN_STEP, None
    if network.finality is not Finality.DEPTH and line.final_at is not None and now - line.final_at >= STALLED_MS:
        return NetworkState.FINALITY_STALLED, line.final_at
    # What no session waits for is read at finality only; what has been read above it shows how far that is.
    behind = line.head - seen if seen > line.final else 0
    if network.finality is Finality.DEPTH:
        behind = max(behind, line.head - network.confirmations + 1 - line.final)
    if behind * network.limits.block_ms >= BEHIND_MS:
        return NetworkState.BEHIND, None
    return NetworkState.IN_STEP, None


class BehindWatch:
    """Which networks are behind, for ``GET /readyz``: looked at once a second, however many ask."""

    def __init__(self, database: Database, clock: Clock, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._looked_at: float | None = None
        self._found: dict[str, str] = {}

    async def look(self) -> dict[str, str]:
        """The state of each network in use that is behind, by its name. Where the books cannot be read, what was last
        found: the database's own state is told elsewhere."""
        async with self._lock:
            now = self._monotonic()
            if self._looked_at is None or not 0 <= now - self._looked_at < FRESH_SECONDS:
                try:
                    async with asyncio.timeout(LOOK_SECONDS_MAX):
                        found = await self._database.read(lambda tx: standings(tx, self._clock.now()))
                except (StoreError, TimeoutError):
                    pass
                else:
                    self._found = behind(found)
                self._looked_at = self._monotonic()
            return self._found


def behind(found: Sequence[Standing]) -> dict[str, str]:
    """Those in use that are not well, by name."""
    return {one.network.name: one.state.value for one in found if not one.is_well and one.network.paused_at is None}
