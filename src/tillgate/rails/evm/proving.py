"""The proof that the books are the chain: each final transfer's receipt is read again, and the balance that each
address has of each token, and of the coin where it was asked for, is compared with what came in less what went out.
Compared are the addresses that were given out, whether or not anything came to them, and those of wallets that were
found to be unused and lie ready.

Nothing is written. Rows are read in pages, so that the memory does not grow with the books.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from enum import StrEnum
from itertools import groupby
from typing import Any, Final, NamedTuple, TypeVar

from tillgate.rails.evm import records
from tillgate.rails.evm.coin import records as coin
from tillgate.rails.evm.coin.model import is_of_look, moved_by
from tillgate.rails.evm.model import Money, View, money_at
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.networks import records as networks
from tillgate.rails.evm.networks.model import Network, NetworkError
from tillgate.rails.evm.node import TRANSFER_TOPIC, LogQuery, Node, NodeError, Receipt, Sent, topic_of, transferred
from tillgate.rails.evm.records import Transfer
from tillgate.rails.evm.rpc import Nodes
from tillgate.rails.evm.wallets import records as wallets
from tillgate.rails.port import COIN
from tillgate.store import Database, Sealer, SealingError, Transaction

T = TypeVar("T")

TRANSFERS_PAGE: Final = 200
ADDRESSES_PAGE: Final = 50
RECEIPTS_AT_ONCE: Final = 8
DIFFERENCES_MAX: Final = 1_000

Every = Callable[[Transaction, str, int], Coroutine[Any, Any, list[str]]]
"""A page of every address that was ever given out, lower case and in order, after one of them."""


class Kind(StrEnum):
    """How the books and the chain differ."""

    RECEIPT_MISSING = "receipt_missing"
    RECEIPT_DIFFERS = "receipt_differs"
    BALANCE_BELOW_BOOKS = "balance_below_books"
    BALANCE_MOVED_WITHOUT_TRANSFER = "balance_moved_without_transfer"


class Difference(NamedTuple):
    """One difference.

    Attributes:
        tx_hash: of a transfer; None of a balance.
        token: :data:`~tillgate.rails.port.COIN` of the network's own coin.
        booked_atomic, found_atomic: of a balance, in atomic units of the token.
    """

    kind: Kind
    token: str
    address: str
    tx_hash: str | None = None
    booked_atomic: int | None = None
    found_atomic: int | None = None

    @property
    def sentence(self) -> str:
        """The difference in English."""
        match self.kind:
            case Kind.RECEIPT_MISSING:
                return f"no node has the receipt of the booked transfer {self.tx_hash} to {self.address}"
            case Kind.RECEIPT_DIFFERS:
                return f"the receipt of {self.tx_hash} does not prove the booked transfer to {self.address}"
            case Kind.BALANCE_BELOW_BOOKS:
                return (
                    f"{self.address} holds {self.found_atomic} of {self._what}, less than the "
                    f"{self.booked_atomic} of the books"
                )
            case Kind.BALANCE_MOVED_WITHOUT_TRANSFER:
                return (
                    f"{self.address} holds {self.found_atomic} of {self._what}, more than the "
                    f"{self.booked_atomic} of the books: its balance moved without a transfer"
                )

    @property
    def _what(self) -> str:
        return "the coin" if self.token == COIN else f"the token {self.token}"


class Proof(NamedTuple):
    """What was compared on one network.

    Attributes:
        block: the final block of the books, at which balances were compared; None where nothing was read yet.
        differences: at most DIFFERENCES_MAX of them; ``difference_count`` counts all.
        unanswered: why not everything could be compared; None where everything was.
    """

    name: str
    chain_id: int
    block: int | None = None
    transfers: int = 0
    balances: int = 0
    difference_count: int = 0
    differences: tuple[Difference, ...] = ()
    unanswered: str | None = None


async def prove(database: Database, sealer: Sealer, every: Every) -> AsyncIterator[Proof]:
    """Compare the books of each network with its chain, one network after another."""
    for network in await database.read(networks.every):
        proving = _Proving(database, network, every)
        try:
            async with operations.opened(database, sealer, network) as nodes:
                await proving.prove(nodes)
        except (NodeError, NetworkError, SealingError) as error:
            proving.unanswered = str(error)
        yield proving.outcome()


class _Proving:
    """The proof of one network."""

    def __init__(self, database: Database, network: Network, every: Every) -> None:
        self._database = database
        self._network = network
        self._every = every
        self._view: View | None = None
        self._transfers = self._balances = self._count = 0
        self._differences: list[Difference] = []
        self.unanswered: str | None = None

    def outcome(self) -> Proof:
        """What was compared so far."""
        return Proof(
            self._network.name,
            self._network.chain_id,
            self._view.final.number if self._view is not None else None,
            self._transfers,
            self._balances,
            self._count,
            tuple(self._differences),
            self.unanswered,
        )

    async def prove(self, nodes: Nodes) -> None:
        """Compare everything.

        Raises:
            NodeError: no node answers a question.
            NetworkError: the nodes follow another chain.
        """
        told = await nodes.ask(lambda node: node.chain_id())
        if told != self._network.chain_id:
            raise NetworkError(f"the nodes follow the chain {told}, and {self._network.name} is another one")
        self._view = await self._database.read(lambda tx: records.view(tx, self._network.chain_id))
        if self._view is None:
            return
        await self._receipts(nodes)
        await self._all_balances(nodes, self._view)
        await self._coin(nodes, self._view)

    def _differs(self, difference: Difference) -> None:
        self._count += 1
        if len(self._differences) < DIFFERENCES_MAX:
            self._differences.append(difference)

    # Transfers.

    async def _receipts(self, nodes: Nodes) -> None:
        chain_id, after = self._network.chain_id, ""
        while True:

            async def page(tx: Transaction, after: str = after) -> list[Transfer]:
                return await records.final_after(tx, chain_id, after, TRANSFERS_PAGE)

            read = await self._database.read(page)
            # What a balance alone shows has no receipt: the balance is compared.
            found = [one for one in read if not is_of_look(one.money)]
            by_hash = sorted(found, key=lambda one: one.money.tx_hash)
            groups = [list(group) for _, group in groupby(by_hash, key=lambda one: one.money.tx_hash)]
            for first in range(0, len(groups), RECEIPTS_AT_ONCE):
                several = groups[first : first + RECEIPTS_AT_ONCE]
                receipts = await asyncio.gather(*(_receipt(nodes, one[0].money.tx_hash) for one in several))
                for group, receipt in zip(several, receipts, strict=True):
                    is_of_coin = any(one.money.token == COIN for one in group)
                    sent = await _sent(nodes, group[0].money.tx_hash) if is_of_coin else None
                    self._compare(group, receipt, sent)
            if len(read) < TRANSFERS_PAGE:
                return
            after = read[-1].id

    def _compare(self, group: Sequence[Transfer], receipt: Receipt | None, sent: Sent | None) -> None:
        for one in group:
            self._transfers += 1
            money = one.money
            if receipt is None:
                self._differs(Difference(Kind.RECEIPT_MISSING, money.token, money.recipient, money.tx_hash))
            elif not _proves(receipt, sent, money):
                self._differs(Difference(Kind.RECEIPT_DIFFERS, money.token, money.recipient, money.tx_hash))

    # Balances.

    async def _all_balances(self, nodes: Nodes, view: View) -> None:
        chain_id, final, after = self._network.chain_id, view.final, ""
        known = await self._database.read(lambda tx: networks.tokens_of(tx, chain_id))
        tokens = [one.address.lower() for one in known if not one.is_coin]
        while True:

            async def page(tx: Transaction, after: str = after) -> tuple[list[str], dict[tuple[str, str], int]]:
                given = await self._every(tx, after, ADDRESSES_PAGE)
                ready = await wallets.looked_at(tx, after, ADDRESSES_PAGE)
                addresses = sorted({*given, *ready})[:ADDRESSES_PAGE]
                return addresses, await records.holdings(tx, chain_id, addresses, final.number)

            addresses, booked = await self._database.read(page)
            for token in tokens if addresses else ():
                held = await _balances(nodes, token, addresses, final.hash)
                for address, found in zip(addresses, held, strict=True):
                    self._balances += 1
                    expected = booked.get((token, address), 0)
                    if found != expected:
                        expected += await self._not_read_yet(nodes, token, address, view)
                    if found != expected:
                        below = found < expected
                        kind = Kind.BALANCE_BELOW_BOOKS if below else Kind.BALANCE_MOVED_WITHOUT_TRANSFER
                        self._differs(Difference(kind, token, address, None, expected, found))
            if len(addresses) < ADDRESSES_PAGE:
                return
            after = addresses[-1]

    async def _coin(self, nodes: Nodes, view: View) -> None:
        """The coin at every address at which it was ever asked for."""
        chain_id, final, after = self._network.chain_id, view.final, ""
        while True:

            async def page(tx: Transaction, after: str = after) -> tuple[list[str], dict[str, int], dict[str, int]]:
                addresses = await coin.every(tx, chain_id, after, ADDRESSES_PAGE)
                booked = await records.holdings(tx, chain_id, addresses, final.number)
                held = {address: booked.get((COIN, address), 0) for address in addresses}
                return addresses, held, await coin.pending(tx, chain_id, addresses)

            addresses, booked, pending = await self._database.read(page)
            held = await _coin_balances(nodes, addresses, final.hash) if addresses else []
            for address, found in zip(addresses, held, strict=True):
                self._balances += 1
                expected = booked[address]
                # Seen at a block above this one, and booked as soon as that one is final: no difference.
                if found not in (expected, expected + pending.get(address, 0)):
                    below = found < expected
                    kind = Kind.BALANCE_BELOW_BOOKS if below else Kind.BALANCE_MOVED_WITHOUT_TRANSFER
                    self._differs(Difference(kind, COIN, address, None, expected, found))
            if len(addresses) < ADDRESSES_PAGE:
                return
            after = addresses[-1]

    async def _not_read_yet(self, nodes: Nodes, token: str, address: str, view: View) -> int:
        """What moved in final blocks that the slow round has not read yet: it is no difference, and is booked soon."""
        sweep = view.sweep
        if sweep is None or sweep.first > view.final.number:
            return 0
        step = max(self._network.limits.range_blocks_max, 1)
        moved, seen = 0, set()
        booked = await self._database.read(
            lambda tx: records.booked_places(tx, self._network.chain_id, token, address, sweep.first)
        )
        for first in range(sweep.first, view.final.number + 1, step):
            last = min(first + step - 1, view.final.number)
            for topics in (((TRANSFER_TOPIC,), None, (topic_of(address),)), ((TRANSFER_TOPIC,), (topic_of(address),))):
                query = LogQuery((token,), topics)
                for log in await _logs(nodes, first, last, query):
                    one = transferred(log)
                    place = (log.block_hash, log.log_index)
                    if one is None or place in seen:
                        continue
                    seen.add(place)
                    key = (log.tx_hash, one.sender, one.recipient, one.amount_atomic)
                    if key in booked:
                        continue
                    moved += one.amount_atomic * ((one.recipient == address) - (one.sender == address))
        return moved


async def _logs(nodes: Nodes, first: int, last: int, query: LogQuery) -> list[Any]:
    return list(await nodes.ask(lambda node: node.logs_of_range(first, last, query)))


async def _coin_balances(nodes: Nodes, addresses: Sequence[str], block_hash: str) -> list[int]:
    return await nodes.ask(lambda node: node.balances(addresses, block_hash))


async def _sent(nodes: Nodes, tx_hash: str) -> Sent | None:
    return await nodes.ask(lambda node: node.transaction(tx_hash))


def _proves(receipt: Receipt, sent: Sent | None, money: Money) -> bool:
    """Whether a transaction and its receipt prove a transfer of the books."""
    if money.token != COIN:
        return money_at(receipt, money.ordinal, money.block) == money
    ours = (money.sender, money.recipient)
    return sent is not None and money in (moved_by(sent, receipt, money.block, ours) or [])


async def _balances(nodes: Nodes, token: str, addresses: Sequence[str], block_hash: str) -> list[int]:
    return await nodes.ask(lambda node: node.token_balances(token, addresses, block_hash))


async def _receipt(nodes: Nodes, tx_hash: str) -> Receipt | None:
    """The receipt from whichever node has it; None where every node that answers has none.

    Raises:
        NodeError: none answers.
    """
    last: NodeError | None = None
    answered = False
    for node in nodes.usable():
        try:
            found = await node.receipt(tx_hash)
        except NodeError as error:
            last = error
            continue
        if found is not None:
            return found
        answered = True
    if answered:
        return None
    if last is None:
        return await nodes.ask(lambda node: _asked(node, tx_hash))
    raise last


async def _asked(node: Node, tx_hash: str) -> Receipt | None:
    return await node.receipt(tx_hash)
