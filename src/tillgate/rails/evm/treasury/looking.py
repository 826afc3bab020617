"""What is looked up on the chains for treasuries: whether the factory is there, and where a treasury is a contract."""

from collections.abc import Sequence
from typing import Final

import structlog

from tillgate.base.clock import Clock
from tillgate.rails.evm.networks import operations, records
from tillgate.rails.evm.networks.model import Network, NetworkError
from tillgate.rails.evm.node import NodeError
from tillgate.rails.evm.rpc import Nodes
from tillgate.rails.evm.treasury import contract
from tillgate.rails.evm.treasury.model import TreasuryError
from tillgate.rails.evm.wallets import records as wallets
from tillgate.store import Database, Sealer, SealingError, Transaction

# The code of an account that has named another one's code for itself (EIP-7702): its key still moves everything.
_DELEGATED: Final = "0xef0100"
_DELEGATED_LENGTH: Final = 2 + 2 * 23

_log: Final = structlog.get_logger("treasuries")


async def find_factories(database: Database, sealer: Sealer, clock: Clock, *, again: bool) -> None:
    """Note on which networks the factory is, where a project has a treasury.

    Args:
        again: networks on which it was seen are looked at, too.
    """

    async def look(tx: Transaction) -> list[Network]:
        if not await wallets.has_treasuries(tx):
            return []
        return [one for one in await records.every(tx) if one.paused_at is None]

    for network in await database.read(look):
        if network.factory_seen_at is not None and not again:
            continue
        try:
            async with operations.opened(database, sealer, network) as nodes:
                there = await has_factory(nodes)
        except (NodeError, NetworkError, SealingError) as error:
            _log.warning("treasuries.factory_not_looked_for", network=network.name, detail=str(error))
            continue
        if not there and network.factory_seen_at is not None:
            _log.error(
                "treasuries.factory_gone",
                network=network.name,
                detail="nothing is offered there to projects with a treasury: its nodes do not show the contract that "
                "they showed before",
            )
        if there != (network.factory_seen_at is not None):
            await note_factory(database, network, clock.now() if there else None)


async def note_factory(database: Database, network: Network, at: int | None) -> None:
    """Write down since when the factory is known to be on a network; None where it is not."""
    await database.write(lambda tx: records.set_factory_seen(tx, network.id, at))


async def has_factory(nodes: Nodes) -> bool:
    """Whether both contracts lie on the chain of these nodes, with exactly the code that they should have.

    Raises:
        NodeError: no node answers.
    """
    for address, fits in ((contract.factory(), contract.is_factory), (contract.till(), contract.is_till)):
        code = await nodes.ask(lambda node, address=address: node.code(address))  # type: ignore[misc]
        if not fits(bytes.fromhex(code[2:])):
            return False
    return True


async def chains_of_contract(
    database: Database, sealer: Sealer, networks: Sequence[Network], treasury: str
) -> frozenset[int] | None:
    """The networks on which a treasury is a contract; None where it is an account without code on all of them.

    Raises:
        TreasuryError: a network does not answer, so that it is unknown what the address is there.
    """
    found = set()
    for network in networks:
        try:
            async with operations.opened(database, sealer, network) as nodes:
                code = await nodes.ask(lambda node: node.code(treasury))
        except (NodeError, NetworkError, SealingError) as error:
            raise TreasuryError(
                f"whether the treasury is a contract on {network.name} is unknown, for no node answers: {error}. Try "
                "again, or pause the network"
            ) from error
        if code != "0x" and not (len(code) == _DELEGATED_LENGTH and code.startswith(_DELEGATED)):
            found.add(network.chain_id)
    return frozenset(found) or None
