"""What is looked up on the chains for treasuries: whether the factory is there, and where a treasury is a contract.

All networks are asked side by side, and one limit of time holds for them together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, TypeVar

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

# How long all networks together are waited for.
LOOK_SECONDS_MAX: Final = 8.0

_log: Final = structlog.get_logger("treasuries")
_T = TypeVar("_T")


class Found(NamedTuple):
    """Whether the factory is on a network.

    Attributes:
        is_there: None where no node answers in time.
        trouble: why that is unknown.
    """

    network: Network
    is_there: bool | None
    trouble: str | None = None


async def look_for_factories(
    database: Database, sealer: Sealer, networks: Sequence[Network], clock: Clock
) -> list[Found]:
    """Whether the factory is on each of these networks, asked now, and written down where that has changed."""
    told = await _asked(database, sealer, networks, has_factory)
    found = []
    for network, there in zip(networks, told, strict=True):
        if isinstance(there, _Unknown):
            found.append(Found(network, None, there.reason))
            continue
        if there != (network.factory_seen_at is not None):
            await note_factory(database, network, clock.now() if there else None)
        found.append(Found(network, there))
    return found


async def find_factories(database: Database, sealer: Sealer, clock: Clock, *, again: bool) -> None:
    """Note on which networks the factory is, where a project has a treasury.

    Args:
        again: networks on which it was seen are looked at, too.
    """

    async def look(tx: Transaction) -> list[Network]:
        if not await wallets.has_treasuries(tx):
            return []
        return [one for one in await records.every(tx) if one.paused_at is None]

    wanted = [one for one in await database.read(look) if again or one.factory_seen_at is None]
    for network, there, trouble in await look_for_factories(database, sealer, wanted, clock):
        if there is None:
            _log.warning("treasuries.factory_not_looked_for", network=network.name, detail=trouble)
        elif not there and network.factory_seen_at is not None:
            _log.error(
                "treasuries.factory_gone",
                network=network.name,
                detail="nothing is offered there to projects with a treasury: its nodes do not show the contract that "
                "they showed before",
            )


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

    async def code_of(nodes: Nodes) -> str:
        return await nodes.ask(lambda node: node.code(treasury))

    for network, code in zip(networks, await _asked(database, sealer, networks, code_of), strict=True):
        if isinstance(code, _Unknown):
            raise TreasuryError(
                f"whether the treasury is a contract on {network.name} is unknown, for no node answers: {code.reason}. "
                "Try again, or pause the network"
            )
        if code != "0x" and not (len(code) == _DELEGATED_LENGTH and code.startswith(_DELEGATED)):
            found.add(network.chain_id)
    return frozenset(found) or None


class _Unknown(NamedTuple):
    """No node of a network has answered in time."""

    reason: str


async def _asked(
    database: Database, sealer: Sealer, networks: Sequence[Network], question: Callable[[Nodes], Awaitable[_T]]
) -> list[_T | _Unknown]:
    """What each network answers to a question, in order."""

    async def one(network: Network) -> _T | _Unknown:
        try:
            async with (
                asyncio.timeout(LOOK_SECONDS_MAX),
                operations.opened(database, sealer, network) as nodes,
            ):
                return await question(nodes)
        except TimeoutError:
            return _Unknown(f"no answer within {LOOK_SECONDS_MAX:g} seconds")
        except (NodeError, NetworkError, SealingError) as error:
            return _Unknown(str(error))

    return await asyncio.gather(*map(one, networks))
