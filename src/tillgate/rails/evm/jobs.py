"""What is done in the background for live mode: addresses are looked at ahead, and tokens compared."""

import contextlib
from collections.abc import Sequence
from typing import Final

import structlog

from tillgate.base.clock import DAY_MS, MINUTE_MS, Clock
from tillgate.rails.evm.networks import operations, records
from tillgate.rails.evm.networks.model import Network, NetworkError
from tillgate.rails.evm.networks.probing import read_decimals
from tillgate.rails.evm.node import AccountUse, Malformed, Node, NodeError
from tillgate.rails.evm.rpc import Nodes
from tillgate.rails.evm.wallets.reading_ahead import read_ahead
from tillgate.store import Database, Sealer, SealingError, Transaction
from tillgate.store.jobs import Job, Kind

READ_AHEAD: Final = "wallets.read_ahead"
COMPARE: Final = "tokens.compare"
READ_AHEAD_EVERY_MS: Final = MINUTE_MS
_SECONDS_MAX: Final = 120

_log: Final = structlog.get_logger("networks")


def kinds(database: Database, sealer: Sealer, clock: Clock) -> list[Kind]:
    """The jobs about networks and wallets. They do nothing where there are none."""

    async def in_use(tx: Transaction) -> list[Network]:
        return [one for one in await records.every(tx) if one.paused_at is None]

    async def look_ahead(_: Job) -> None:
        networks = await database.read(in_use)
        if not networks:
            return
        since = max(one.joined_at for one in networks)
        async with contextlib.AsyncExitStack() as stack:
            opened = [await stack.enter_async_context(operations.opened(database, sealer, one)) for one in networks]
            await read_ahead(database, sealer, clock, [_Look(one) for one in opened], networks_since=since)

    async def compare(_: Job) -> None:
        for network in await database.read(in_use):
            try:
                await _compare(database, sealer, clock, network)
            except (NodeError, NetworkError, SealingError) as error:
                _log.warning("tokens.not_compared", network=network.name, detail=str(error))

    return [
        Kind(READ_AHEAD, look_ahead, at_once=1, every_ms=READ_AHEAD_EVERY_MS, seconds_max=_SECONDS_MAX),
        Kind(COMPARE, compare, at_once=1, every_ms=DAY_MS, seconds_max=_SECONDS_MAX),
    ]


class _Look:
    """Asks the nodes of a network what they know of addresses. One that somebody has used is lost for good, so that two
    nodes have to say so where there are two."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes

    async def __call__(self, addresses: Sequence[str]) -> Sequence[AccountUse]:
        written = [one.lower() for one in addresses]
        first, told = await self._nodes.ask(lambda node: _told(node, written))
        used = [at for at, use in enumerate(told) if not use.is_fresh]
        others = [node for node in self._nodes.all if node is not first]
        if not used or not others:
            return told
        # Where no other one answers now, nothing is known of these, and the next round asks again.
        again = await Nodes(others).ask(lambda node: node.account_uses([written[at] for at in used]))
        if any(use.is_fresh for use in again):
            raise Malformed("expected the same of an address from two nodes: one says that it was used, one does not")
        return told


async def _told(node: Node, addresses: list[str]) -> tuple[Node, list[AccountUse]]:
    return node, await node.account_uses(addresses)


async def _compare(database: Database, sealer: Sealer, clock: Clock, network: Network) -> None:
    """Compare what the contracts of a network's tokens say with what was pinned."""
    tokens = await database.read(lambda tx: records.tokens_of(tx, network.chain_id))
    async with operations.opened(database, sealer, network) as nodes:
        for token in tokens:
            address = token.address
            try:
                decimals = await nodes.ask(lambda node, address=address: read_decimals(node, address))  # type: ignore[misc]
            except NetworkError:
                # No contract, or none that says decimals: not what was pinned either.
                decimals = -1
            if decimals != token.decimals:
                _log.error(
                    "tokens.changed",
                    network=network.name,
                    token=address,
                    pinned=token.decimals,
                    found=decimals if decimals >= 0 else None,
                    detail="the token is offered to no new session until its contract says what was pinned",
                )
            await database.write(
                lambda tx, address=address, decimals=decimals: records.note_decimals(  # type: ignore[misc]
                    tx, network.chain_id, address, decimals, clock.now()
                )
            )
