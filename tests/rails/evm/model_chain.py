"""A chain in memory that forks, nodes of it that lag and lie, and books that lose what was not committed."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tillgate.rails.evm.model import (
    Booked,
    Change,
    Doubt,
    Money,
    Point,
    Sweep,
    TransferState,
    View,
    same_money,
)
from tillgate.rails.evm.node import (
    TRANSFER_TOPIC,
    AccountUse,
    Header,
    Log,
    LogQuery,
    Newest,
    NodeAway,
    NodeRefused,
    Receipt,
    Sent,
    Tag,
    TooMuchAsked,
    topic_of,
    transferred,
)
from tillgate.rails.port import Block

CHAIN_ID = 31_337
TOKEN = "0x" + "aa" * 20
FOREIGN_TOKEN = "0x" + "ab" * 20
STRANGER = "0x" + "bb" * 20
EARLIER_MAX = 200


def digest(*parts: object) -> str:
    return "0x" + hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Move:
    """One log of a transaction: a transfer, or something that looks like one."""

    token: str
    sender: str
    recipient: str
    amount: int


@dataclass(frozen=True)
class ModelTransaction:
    hash: str
    moves: tuple[Move, ...]
    succeeded: bool = True


@dataclass(frozen=True)
class ModelBlock:
    number: int
    hash: str
    parent: str
    mined_at: int
    transactions: tuple[ModelTransaction, ...]

    @property
    def header(self) -> Header:
        return Header(self.number, self.hash, self.parent, self.mined_at)

    def receipts(self) -> list[Receipt]:
        made, index = [], 0
        for one in self.transactions:
            logs = []
            for move in one.moves if one.succeeded else ():
                topics = (TRANSFER_TOPIC, topic_of(move.sender), topic_of(move.recipient))
                data = f"0x{move.amount:064x}"
                logs.append(Log(move.token, topics, data, self.number, self.hash, one.hash, index))
                index += 1
            made.append(Receipt(one.hash, self.number, self.hash, one.succeeded, tuple(logs)))
        return made

    def logs(self) -> list[Log]:
        return [log for receipt in self.receipts() for log in receipt.logs]


class ModelChain:
    """Every block that was ever mined, and which of them are the chain now."""

    def __init__(self) -> None:
        genesis = ModelBlock(0, digest("genesis"), "0x" + "0" * 64, 1_700_000_000_000, ())
        self.blocks = {genesis.hash: genesis}
        self.canonical = [genesis]
        self.finalized = 0
        self._mined = 0

    @property
    def head(self) -> ModelBlock:
        return self.canonical[-1]

    def mine(self, transactions: Sequence[ModelTransaction] = ()) -> ModelBlock:
        self._mined += 1
        parent = self.head
        name = digest(parent.hash, self._mined, [one.hash for one in transactions])
        block = ModelBlock(parent.number + 1, name, parent.hash, parent.mined_at + 12_000, tuple(transactions))
        self.blocks[name] = block
        self.canonical.append(block)
        return block

    def drop(self, depth: int) -> list[ModelTransaction]:
        """Leave the newest blocks; their transactions are nobody's until they are mined again."""
        gone = self.canonical[len(self.canonical) - depth :]
        del self.canonical[len(self.canonical) - depth :]
        return [one for block in gone for one in block.transactions]

    def moves(self, last: int) -> list[Money]:
        """All that moved up to a height, as a receipt places it."""
        found = []
        for block in self.canonical[: last + 1]:
            at = Block(block.number, block.hash, block.mined_at)
            for receipt in block.receipts():
                for ordinal, log in enumerate(receipt.logs):
                    moved = transferred(log)
                    assert moved is not None
                    found.append(
                        Money(
                            receipt.tx_hash,
                            ordinal,
                            moved.token,
                            moved.sender,
                            moved.recipient,
                            moved.amount_atomic,
                            at,
                        )
                    )
        return found


@dataclass
class Faults:
    """What a node does wrong now."""

    lag: int = 0
    away: bool = False
    drops_logs: bool = False
    other_chain: bool = False
    tag: str = ""
    range_max: int = 10**9
    topics_max: int = 500
    stale_head: bool = False
    # The machine behind the URL that answers the next question for logs is this number of blocks behind.
    log_lag: int = 0


class ModelNode:
    """A node of a model chain. Behind its URL several machines may stand: the one that answers for logs may lag, and
    goes on answering until logs are asked for again."""

    def __init__(self, chain: ModelChain, label: str, before_each: Callable[[str], None]) -> None:
        self.chain = chain
        self.label = label
        self.faults = Faults()
        self._before_each = before_each
        self._machine_lag = 0
        self._tag_was = 0

    @property
    def is_resting(self) -> bool:
        return False

    def distrust(self, reason: str) -> None:
        """Its headers have no filter, so nothing speaks against what it tells."""
        raise AssertionError(reason)

    def _call(self, method: str) -> list[ModelBlock]:
        """The chain as the machine that answers has it."""
        self._before_each(method)
        if self.faults.away:
            raise NodeAway("away")
        lag = max(self.faults.lag, self._machine_lag)
        return self.chain.canonical[: max(len(self.chain.canonical) - lag, 1)]

    async def chain_id(self) -> int:
        self._call("chain_id")
        return CHAIN_ID + 1 if self.faults.other_chain else CHAIN_ID

    async def header_by_tag(self, tag: Tag) -> Header | None:
        blocks = self._call("header_by_tag")
        if tag is Tag.LATEST:
            self._machine_lag = 0
            back = 2 if self.faults.stale_head else 0
            return blocks[max(len(blocks) - 1 - back, 0)].header
        if self.faults.tag == "null":
            return None
        if self.faults.tag == "absent":
            raise NodeRefused("unknown tag")
        if self.faults.tag == "stalls":
            return blocks[min(self._tag_was, len(blocks) - 1)].header
        if self.faults.tag == "jumps":
            return blocks[-1].header._replace(number=blocks[-1].number + 50)
        if self.faults.tag == "back":
            return blocks[max(self.chain.finalized - 3, 0)].header
        self._tag_was = min(self.chain.finalized, len(blocks) - 1)
        return blocks[self._tag_was].header

    async def newest(self, tag: Tag | None) -> Newest:
        head = await self.header_by_tag(Tag.LATEST)
        try:
            return Newest(head, await self.header_by_tag(tag) if tag is not None else None)
        except NodeRefused:
            return Newest(head)

    async def header_by_number(self, number: int) -> Header | None:
        blocks = self._call("header_by_number")
        return blocks[number].header if number < len(blocks) else None

    async def headers_by_number(self, numbers: Sequence[int]) -> list[Header | None]:
        return [await self.header_by_number(number) for number in numbers]

    async def header_by_hash(self, block_hash: str) -> Header | None:
        blocks = self._call("header_by_hash")
        block = self.chain.blocks.get(block_hash)
        # A fork's blocks are held until forgotten; a machine that lags has none of what is above its head.
        return block.header if block is not None and block.number < len(blocks) else None

    async def logs_of_block(self, block_hash: str, query: LogQuery) -> list[Log]:
        self._machine_lag = self.faults.log_lag
        blocks = self._call("logs_of_block")
        self._bounded(query)
        block = self.chain.blocks.get(block_hash)
        # The lie that many tell: nothing is known of this block, and that is told as "no logs".
        if block is None or block.number >= len(blocks):
            return []
        return self._told([log for log in block.logs() if asked(log, query)])

    async def logs_of_range(self, first: int, last: int, query: LogQuery) -> list[Log]:
        self._machine_lag = self.faults.log_lag
        blocks = self._call("logs_of_range")
        self._bounded(query)
        if last - first + 1 > self.faults.range_max:
            raise TooMuchAsked("range")
        return self._told([log for block in blocks[first : last + 1] for log in block.logs() if asked(log, query)])

    async def receipt(self, tx_hash: str) -> Receipt | None:
        for block in self._call("receipt"):
            for receipt in block.receipts():
                if receipt.tx_hash == tx_hash:
                    return receipt
        return None

    async def token_balances(self, token: str, addresses: Sequence[str], block_hash: str | None = None) -> list[int]:
        raise NotImplementedError

    async def transaction(self, tx_hash: str) -> Sent | None:
        raise NotImplementedError

    async def call(self, to: str, data: str, block_hash: str | None = None) -> str:
        self._call("call")
        block = self.chain.head if block_hash is None else self.chain.blocks[block_hash]
        holder = "0x" + data[-40:]
        path = []
        while block.number:
            path.append(block)
            block = self.chain.blocks[block.parent]
        held = 0
        for one in path:
            for log in one.logs():
                moved = transferred(log)
                if moved is not None and log.address == to:
                    held += moved.amount_atomic * ((moved.recipient == holder) - (moved.sender == holder))
        return f"0x{held % 2**256:064x}"

    async def balance(self, address: str, block_hash: str | None = None) -> int:
        raise AssertionError("not asked")

    async def account_uses(self, addresses: Sequence[str]) -> list[AccountUse]:
        raise AssertionError("not asked")

    async def code(self, address: str) -> str:
        raise AssertionError("not asked")

    async def takes_batches(self) -> bool:
        return True

    def _bounded(self, query: LogQuery) -> None:
        if any(len(one or ()) > self.faults.topics_max for one in query.topics):
            raise TooMuchAsked("topics")

    def _told(self, logs: list[Log]) -> list[Log]:
        return logs[1:] if self.faults.drops_logs else logs


def asked(log: Log, query: LogQuery) -> bool:
    if query.addresses and log.address not in query.addresses:
        return False
    return all(one is None or topic in one for topic, one in zip(log.topics, query.topics, strict=False))


class Crash(Exception):
    """The process dies here."""


@dataclass
class Entry:
    """A transfer in the books."""

    money: Money
    state: TransferState
    generation: int
    single_source: bool = False
    doubt: Doubt | None = None
    held: int | None = None


@dataclass
class MemoryBooks:
    """Books as rows would keep them: a change is there whole or not at all."""

    addresses: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    state: View | None = None
    crash_in: int | None = None
    crash_after: bool = False

    async def view(self) -> View | None:
        return self.state

    async def begin(self, at: Point) -> None:
        self.state = View(1, at, sweep=Sweep(at.number + 1, at.number))

    async def is_awaited(self) -> bool:
        return bool(self.addresses)

    async def lately(self) -> list[str]:
        return sorted(self.addresses)

    async def every(self, after: str, limit: int) -> list[str]:
        return [one for one in sorted({*self.addresses, *self.retired}) if one > after][:limit]

    async def known(self, first: int, last: int, *, final: bool) -> list[Money]:
        state = TransferState.FINAL if final else TransferState.SEEN
        return [one.money for one in self.entries if one.state is state and first <= one.money.block.number <= last]

    async def holding(self, token: str, address: str, last: int) -> int:
        return sum(
            one.money.amount_atomic * ((one.money.recipient == address) - (one.money.sender == address))
            for one in self.entries
            if one.state is TransferState.FINAL and one.money.token == token and one.money.block.number <= last
        )

    async def apply(self, change: Change) -> bool:
        assert self.state is not None
        if self.crash_in is not None:
            self.crash_in -= 1
            if self.crash_in < 0:
                self.crash_in = None
                if self.crash_after:
                    self._apply(change)
                raise Crash
        return self._apply(change)

    def _apply(self, change: Change) -> bool:
        view = self.state
        assert view is not None
        if change.version != view.version:
            return False
        blocks = view.blocks
        earlier = [view.final, *view.blocks[: max(change.final.number - view.final.number, 0)], *view.earlier]
        back = change.rolled_back_to
        if back is not None:
            blocks = tuple(one for one in blocks if one.number <= back)
            for entry in self.entries:
                if entry.money.block.number > back:
                    entry.state = TransferState.ORPHANED
        blocks = tuple(one for one in (*blocks, *change.blocks) if one.number > change.final.number)
        for booked in change.booked:
            self._book(booked)
        kept = sorted({one for one in earlier if one.number < change.final.number}, key=lambda one: -one.number)
        self.state = View(view.version + 1, change.final, blocks, tuple(kept[:EARLIER_MAX]), change.sweep)
        return True

    def _book(self, booked: Booked) -> None:
        versions = [
            one
            for one in self.entries
            if (one.money.tx_hash, one.money.ordinal) == (booked.money.tx_hash, booked.money.ordinal)
        ]
        state = TransferState.FINAL if booked.final else TransferState.SEEN
        for one in versions:
            if same_money(one.money, booked.money):
                if one.state is TransferState.FINAL and not booked.final:
                    return
                one.money, one.state = booked.money, state
                one.single_source, one.doubt = booked.single_source, booked.doubt
                return
        new = Entry(booked.money, state, len(versions), booked.single_source, booked.doubt, booked.held_atomic)
        self.entries.append(new)

    def final(self) -> list[Money]:
        return sorted(one.money for one in self.entries if one.state is TransferState.FINAL)
