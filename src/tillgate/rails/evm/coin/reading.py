"""A network's own coin is read by its watcher: block by block while a session waits for it, else by balances alone.

Of each block, the transactions are read whole, and those from or to an address that waits are kept, with their
receipts. Of the newest block, the state of some of these addresses is read by its hash: nodes forget the state of older
ones. What no balance of an old block can be compared with any more is told to a person, never guessed.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from tillgate.rails.evm.coin.model import Known, is_of_look, looked_at, moved_by, net, ours, settled
from tillgate.rails.evm.model import Booked, Doubt, Money, Point, WatchedNetwork, mined
from tillgate.rails.evm.node import AccountUse, Header, Node, NodeError, NodeLimited, NodeRefused, Sent
from tillgate.rails.port import COIN

# Whose state is read at one block: the others' turn comes at the next ones.
LOOKED_AT_MAX: Final = 100
# Calls that each block costs while a session waits for the coin: the block with its transactions, and of each address
# that is looked at its balance, its nonce and its code.
CALLS_PER_BLOCK: Final = 1
CALLS_PER_ADDRESS: Final = 3
# Between two looks at addresses whose sessions have ended lately: late money, and what was swept from them.
GLANCE_BLOCKS: Final = 10
# In one question for blocks with their transactions, and in what is concluded at once.
BLOCKS_AT_ONCE_MAX: Final = 16
# Addresses, of all blocks together, for which it is kept what was read.
READ_KEPT_MAX: Final = 200_000


class CoinBooks(Protocol):
    """What the books know of the coin."""

    async def coin_open(self) -> list[str]:
        """Addresses at which a session waits for the coin of this network, lower case and in order."""
        ...

    async def coin_among(self, addresses: Sequence[str]) -> list[str]:
        """Of these addresses, those at which the coin was ever asked for, in order."""
        ...

    async def coin_known(self, addresses: Sequence[str], last: int) -> dict[str, Known]:
        """What they have of each of these addresses up to a block."""
        ...

    async def coin_looks(self, first: int, last: int) -> list[Booked]:
        """What only balances showed in the blocks of a range, and is not concluded yet."""
        ...

    async def lately(self) -> list[str]:
        """Addresses whose sessions are open or ended lately."""
        ...

    async def holding(self, token: str, address: str, last: int) -> int:
        """What an address has after a block by what is concluded."""
        ...


class Concluded(NamedTuple):
    """What a range of final blocks holds of the coin.

    Attributes:
        orphaned: what balances showed at blocks that are no part of the chain, or that transactions explain.
    """

    booked: tuple[Booked, ...] = ()
    orphaned: tuple[Money, ...] = ()


class Unfit(Exception):
    """An answer that cannot be used; the next look asks again."""


class Contradicted(Exception):
    """Two nodes, or a node and the books, tell different things of the same block."""


class CoinReader:
    """Reads the coin of one network."""

    def __init__(self, network: WatchedNetwork, nodes: Sequence[Node], books: CoinBooks) -> None:
        self._network = network
        self._nodes = nodes
        self._books = books
        # What blocks above finality were found to hold, and for which addresses they were read.
        self._read: dict[str, tuple[frozenset[str], list[Sent]]] = {}
        self._read_size = 0
        # The last addresses whose state was read, of those that wait and of others; and at which height the latter.
        self._after = self._glanced_after = ""
        self._glanced_at = -GLANCE_BLOCKS

    # The head.

    async def follow(self, node: Node, header: Header, *, is_head: bool) -> list[Booked]:
        """What a block above finality holds, and at the head what balances show besides."""
        open_ = await self._books.coin_open()
        if not open_:
            return []
        block = Point(header.number, header.hash, header.parent_hash, header.mined_at)
        found = await self._money(node, block, frozenset(open_))
        booked = [Booked(one, final=False) for one in found]
        if is_head:
            turn, self._after = _turn(open_, self._after)
            booked += await self.look(node, block, turn, found, is_open=True)
        return booked

    async def glance(self, node: Node, head: Header) -> list[Booked]:
        """What the balances of some addresses show whose sessions have ended lately, every few blocks."""
        if abs(head.number - self._glanced_at) < GLANCE_BLOCKS:
            return []
        open_ = frozenset(await self._books.coin_open())
        ended = [one for one in await self._books.coin_among(await self._books.lately()) if one not in open_]
        turn, self._glanced_after = _turn(ended, self._glanced_after)
        booked: list[Booked] = []
        if turn:
            held = await node.balances(turn, head.hash)
            known = await self._books.coin_known(turn, head.number)
            moved = [one for one, balance in zip(turn, held, strict=True) if balance != known[one].held]
            block = Point(head.number, head.hash, head.parent_hash, head.mined_at)
            booked = await self.look(node, block, moved, [], is_open=False)
        self._glanced_at = head.number
        return booked

    async def look(
        self, node: Node, block: Point, addresses: Sequence[str], found: Sequence[Money], *, is_open: bool
    ) -> list[Booked]:
        """What the state of these addresses at a block shows that no transaction does.

        Args:
            found: transfers of this block, which are not in the books yet.
        """
        if not addresses:
            return []
        uses = await node.account_uses(addresses, block.hash)
        known = await self._books.coin_known(addresses, block.number)
        booked: list[Booked] = []
        for address, use in zip(addresses, uses, strict=True):
            one = known[address]
            own = one.own + len({money.tx_hash for money in found if money.sender == address})
            now_known = Known(one.held + net(found, address), own, one.is_unclear)
            booked += looked_at(address, use, now_known, block, is_open=is_open)
        if not booked:
            return []
        moved = sorted({ours(one.money) for one in booked})
        alone = await self._is_told_by_one(node, block, moved, dict(zip(addresses, uses, strict=True)))
        return [one._replace(single_source=alone) for one in booked]

    async def _is_told_by_one(
        self, node: Node, block: Point, addresses: Sequence[str], uses: Mapping[str, AccountUse]
    ) -> bool:
        """Whether no second node has the same state of these addresses at a block.

        Raises:
            Contradicted: one has another.
        """
        for other in self._nodes:
            if other is node or other.is_resting:
                continue
            try:
                if await other.header_by_hash(block.hash) is None:
                    continue
                told = await other.account_uses(addresses, block.hash)
            except NodeError:
                continue
            if told != [uses[one] for one in addresses]:
                raise Contradicted
            return False
        return True

    async def _money(self, node: Node, block: Point, addresses: frozenset[str]) -> list[Money]:
        """What the transactions of a block move from and to these addresses, each proved by its receipt."""
        found: list[Money] = []
        for sent in await self._sent(node, block, addresses):
            receipt = await node.receipt(sent.tx_hash)
            moved = moved_by(sent, receipt, mined(block), addresses) if receipt is not None else None
            if moved is None:
                raise Unfit
            found += moved
        return found

    async def _sent(self, node: Node, block: Point, addresses: frozenset[str]) -> list[Sent]:
        """The transactions of a block from and to these addresses; a block that was read for them is not read again."""
        read = self._read.get(block.hash)
        if read is not None and addresses <= read[0]:
            return [one for one in read[1] if {one.sender, one.recipient} & addresses]
        sent = await node.sent_of_block(block.hash, addresses)
        if sent is None:
            raise Unfit
        self._read_size += len(addresses)
        if self._read_size > READ_KEPT_MAX:
            # Each is read again when it is final.
            self._read.clear()
            self._read_size = len(addresses)
        self._read[block.hash] = (addresses, sent)
        return sent

    # What is final.

    async def span(self, known: Sequence[Money]) -> tuple[frozenset[str], int | None]:
        """Whose transactions are read of what becomes final, and how many blocks at once; no bound where nobody's."""
        addresses = frozenset(await self._books.coin_open())
        # A session may have ended since its money was seen.
        seen = [one for one in known if one.token == COIN and not is_of_look(one)]
        parts = sorted({part for one in seen for part in (one.sender, one.recipient)})
        addresses |= set(await self._books.coin_among(parts))
        return addresses, BLOCKS_AT_ONCE_MAX if addresses else None

    async def conclude(
        self,
        node: Node,
        before: Point,
        end: Point,
        addresses: frozenset[str],
        known: Sequence[Money],
        head: Header,
        *,
        single_source: bool,
    ) -> Concluded:
        """What the blocks above one and up to another, both final, hold.

        Args:
            addresses: whose transactions are read.
            known: what was seen in these blocks before.
            head: the newest block, of which the node has the state.
        """
        looks = await self._books.coin_looks(before.number + 1, end.number)
        found: list[Money] = []
        hashes: dict[int, str] = {}
        if addresses:
            for block in await self._blocks(node, before, end):
                hashes[block.number] = block.hash
                found += await self._money(node, block, addresses)
            await self._agrees(node, found)
            if any(one not in found for one in known if one.token == COIN and not is_of_look(one)):
                raise Contradicted
        missing = sorted({one.money.block.number for one in looks} - set(hashes))
        told = await node.headers_by_number(missing) if missing else []
        hashes |= {one.number: one.hash for one in told if one is not None}
        if any(one.money.block.number not in hashes for one in looks):
            raise Unfit
        there = [one for one in looks if hashes[one.money.block.number] == one.money.block.hash]
        kept: list[Booked] = []
        for address in sorted({ours(one.money) for one in there}):
            held = await self._books.holding(COIN, address, before.number)
            kept += settled([one for one in there if ours(one.money) == address], found, held)
        still = {one.money for one in kept}
        doubts = await self._doubts(node, [*found, *(one.money for one in kept)], end, head)
        booked = [
            Booked(one, final=True, single_source=single_source, doubt=doubts.get(one.recipient)) for one in found
        ]
        booked += [
            one._replace(
                final=True,
                single_source=one.single_source or single_source,
                doubt=one.doubt or doubts.get(one.money.recipient),
            )
            for one in kept
        ]
        return Concluded(tuple(booked), tuple(one.money for one in looks if one.money not in still))

    async def _blocks(self, node: Node, before: Point, end: Point) -> list[Point]:
        """The blocks above one and up to another, each the parent of the next."""
        headers = await node.headers_by_number(range(before.number + 1, end.number + 1))
        parent, blocks = before.hash, list[Point]()
        for header in headers:
            if header is None or header.parent_hash != parent:
                raise Unfit
            parent = header.hash
            blocks.append(Point(header.number, header.hash, header.parent_hash, header.mined_at))
        if parent != end.hash:
            raise Unfit
        return blocks

    async def _agrees(self, node: Node, found: Sequence[Money]) -> None:
        """No other node tells another outcome of these transactions.

        Raises:
            Contradicted: one does.
        """
        for tx_hash, block_hash in sorted({(one.tx_hash, one.block.hash) for one in found}):
            mine = await node.receipt(tx_hash)
            for other in self._nodes:
                if other is node or other.is_resting:
                    continue
                try:
                    told = await other.receipt(tx_hash)
                except NodeError:
                    continue
                if told is None or mine is None or told.block_hash != block_hash:
                    continue
                if told.succeeded is not mine.succeeded:
                    raise Contradicted

    async def _doubts(self, node: Node, found: Sequence[Money], end: Point, head: Header) -> dict[str, Doubt]:
        """Of which addresses the balance does not cover the books: at the end of the range, or where no node has its
        state any more at the head."""
        doubts: dict[str, Doubt] = {}
        for address in sorted({one.recipient for one in found if one.recipient != COIN and one.amount_atomic}):
            expected = await self._books.holding(COIN, address, end.number) + net(found, address)
            held = await self._balance(node, address, end.hash, is_old=True)
            if held is None:
                # It covers them still, or nobody can say what it did then.
                now = await self._balance(node, address, head.hash, is_old=False)
                if now is None or now < expected:
                    doubts[address] = Doubt.STATE_GONE
            elif held < expected:
                doubts[address] = Doubt.BALANCE
        return doubts

    async def _balance(self, node: Node, address: str, block_hash: str, *, is_old: bool) -> int | None:
        """By whichever node has the state of the block; None where none has.

        Args:
            is_old: it may be forgotten, which some providers call a limit of the plan.

        Raises:
            NodeError: a node that may have it does not answer: nothing follows from that.
        """
        away: NodeError | None = None
        for one in (node, *(other for other in self._nodes if other is not node and not other.is_resting)):
            try:
                return await one.balance(address, block_hash)
            except NodeRefused:
                continue
            except NodeError as error:
                if not (is_old and isinstance(error, NodeLimited)):
                    away = error
        if away is not None:
            raise away
        return None

    # The slow round.

    async def sweep(self, node: Node, head: Header, addresses: Sequence[str]) -> list[Booked]:
        """What the balances of these addresses show, of those at which the coin was asked for and nobody waits now."""
        open_ = frozenset(await self._books.coin_open())
        asked = [one for one in await self._books.coin_among(addresses) if one not in open_]
        block = Point(head.number, head.hash, head.parent_hash, head.mined_at)
        return await self.look(node, block, asked, [], is_open=False)


def _turn(addresses: Sequence[str], after: str) -> tuple[list[str], str]:
    """Whose turn it is after an address, and after which one the next turn begins."""
    later = [one for one in addresses if one > after]
    turn = (later + [one for one in addresses if one <= after])[:LOOKED_AT_MAX]
    return turn, turn[-1] if len(turn) < len(addresses) else ""
