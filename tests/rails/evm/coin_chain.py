"""The model chain with a coin of its own: balances, nonces and code at each block, and nodes that forget old states."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.rails.evm.model_chain import (
    STRANGER,
    Entry,
    MemoryBooks,
    ModelBlock,
    ModelChain,
    ModelNode,
    ModelTransaction,
)
from tillgate.rails.evm.coin.model import FEE_ORDINAL, Known, is_of_look
from tillgate.rails.evm.model import Booked, Change, TransferState
from tillgate.rails.evm.node import AccountUse, NodeRefused, Receipt, Sent
from tillgate.rails.port import COIN

FEE = 7


@dataclass(frozen=True)
class CoinTransaction(ModelTransaction):
    """A transaction that moves coin.

    Attributes:
        inside: what contracts send in it, to whom; no node tells it.
        emptied: addresses at which a contract is made that sends all there is on.
    """

    sender: str = STRANGER
    recipient: str = STRANGER
    value: int = 0
    inside: tuple[tuple[str, int], ...] = ()
    emptied: tuple[str, ...] = ()


class Account(NamedTuple):
    """An address at a block."""

    nonce: int = 0
    has_code: bool = False
    balance: int = 0


class State:
    """All addresses of a block but the strangers', who have enough."""

    def __init__(self, accounts: dict[str, Account] | None = None, came: dict[str, int] | None = None) -> None:
        self.accounts = dict(accounts or {})
        # All that ever came to an address on this chain.
        self.came = dict(came or {})

    def copy(self) -> "State":
        return State(self.accounts, self.came)

    def at(self, address: str) -> Account:
        return self.accounts.get(address, Account())

    def takes(self, one: ModelTransaction) -> bool:
        """Do what a transaction does; False where it cannot be mined, because its sender has not as much."""
        if not isinstance(one, CoinTransaction):
            return True
        if one.sender != STRANGER:
            account = self.at(one.sender)
            if account.balance < one.value + FEE or account.has_code:
                return False
            paid = FEE + (one.value if one.succeeded else 0)
            self.accounts[one.sender] = account._replace(nonce=account.nonce + 1, balance=account.balance - paid)
        if one.succeeded:
            for address, amount in ((one.recipient, one.value), *one.inside):
                if address != STRANGER and amount:
                    account = self.at(address)
                    self.accounts[address] = account._replace(balance=account.balance + amount)
                    self.came[address] = self.came.get(address, 0) + amount
            for address in one.emptied:
                if not self.at(address).nonce:
                    self.accounts[address] = Account(0, True, 0)
        return True


class CoinChain(ModelChain):
    """A chain whose blocks have a state each."""

    def __init__(self) -> None:
        super().__init__()
        self._states = {self.head.hash: State()}

    def state(self, block_hash: str) -> State:
        return self._states[block_hash]

    def mine(self, transactions: Sequence[ModelTransaction] = ()) -> ModelBlock:
        state = self.state(self.head.hash).copy()
        block = super().mine([one for one in transactions if state.takes(one)])
        self._states[block.hash] = state
        return block


class CoinNode(ModelNode):
    """A node that is asked for coin, too.

    Attributes:
        forgets: from how deep on it has no state of a block any more.
    """

    chain: CoinChain
    forgets: int | None = None

    def _state(self, method: str, block_hash: str | None) -> State:
        blocks = self._call(method)
        block = self.chain.blocks[block_hash] if block_hash is not None else blocks[-1]
        oldest = 0 if self.forgets is None else len(blocks) - self.forgets
        if not oldest <= block.number < len(blocks):
            raise NodeRefused("missing trie node")
        return self.chain.state(block.hash)

    async def receipt(self, tx_hash: str) -> Receipt | None:
        found = await super().receipt(tx_hash)
        return found._replace(fee_atomic=FEE) if found is not None else None

    async def balance(self, address: str, block_hash: str | None = None) -> int:
        return self._state("balance", block_hash).at(address).balance

    async def balances(self, addresses: Sequence[str], block_hash: str) -> list[int]:
        state = self._state("balances", block_hash)
        return [state.at(address).balance for address in addresses]

    async def account_uses(self, addresses: Sequence[str], block_hash: str | None = None) -> list[AccountUse]:
        state = self._state("account_uses", block_hash)
        found = [state.at(address) for address in addresses]
        return [AccountUse(one.nonce, one.has_code, one.balance) for one in found]

    async def sent_of_block(self, block_hash: str, addresses: Collection[str]) -> list[Sent] | None:
        blocks = self._call("sent_of_block")
        block = self.chain.blocks.get(block_hash)
        if block is None or block.number >= len(blocks):
            return None
        made = [one for one in block.transactions if isinstance(one, CoinTransaction)]
        return [
            Sent(one.hash, one.sender, one.recipient, one.value, block.hash)
            for one in made
            if {one.sender, one.recipient} & set(addresses)
        ]


@dataclass
class CoinBooks(MemoryBooks):
    """Books that keep the coin, as rows would keep it.

    Attributes:
        offered: addresses at which the coin was ever asked for.
        waiting: those at which a session waits for it.
    """

    offered: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    async def is_awaited(self) -> bool:
        return bool(self.waiting)

    async def coin_open(self) -> list[str]:
        return sorted(self.waiting)

    async def coin_among(self, addresses: Sequence[str]) -> list[str]:
        return sorted({*addresses} & {*self.offered})

    async def coin_known(self, addresses: Sequence[str], last: int) -> dict[str, Known]:
        return {address: self.known_of(address, last) for address in addresses}

    def known_of(self, address: str, last: int) -> Known:
        held = own = 0
        is_unclear = False
        for one in self.coin():
            money = one.money
            if money.block.number > last:
                continue
            if money.recipient == address:
                held += money.amount_atomic
                is_unclear |= one.doubt is not None
            if money.sender == address:
                held -= money.amount_atomic
                own += money.ordinal == FEE_ORDINAL
        return Known(held, own, is_unclear)

    def coin(self) -> list[Entry]:
        """What the books have of the coin, seen or final."""
        return [one for one in self.entries if one.money.token == COIN and one.state is not TransferState.ORPHANED]

    async def coin_looks(self, first: int, last: int) -> list[Booked]:
        return [
            Booked(one.money, False, one.single_source, one.doubt, one.held)
            for one in self.coin()
            if one.state is TransferState.SEEN and is_of_look(one.money) and first <= one.money.block.number <= last
        ]

    def _apply(self, change: Change) -> bool:
        if self.state is not None and change.version == self.state.version:
            names = {(one.tx_hash, one.ordinal) for one in change.orphaned}
            for entry in self.entries:
                if entry.state is TransferState.SEEN and (entry.money.tx_hash, entry.money.ordinal) in names:
                    entry.state = TransferState.ORPHANED
        return super()._apply(change)
