"""One network is watched: a look asks its nodes, decides by :mod:`tillgate.rails.evm.model`, and writes down.

Two passes read the same blocks. The first follows the head block by block, so that a payment is seen within seconds;
nothing is concluded from it. The second reads what has become final, by ranges, and compares it with the first, with
a second node, with each transfer's receipt and with the balances; only from it money counts. A third, slow pass reads
every address that was ever given out.

Whatever a node does not answer, answers with less than was known, or answers differently from another, leaves the
books as they are: the next look tries again.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from tillgate.rails.evm.bloom import suggests_logs
from tillgate.rails.evm.coin.reading import CoinBooks, CoinReader, Concluded, Contradicted, Unfit
from tillgate.rails.evm.model import (
    SPAN_MAX,
    TOPICS_MAX,
    Booked,
    Change,
    Doubt,
    Fits,
    Money,
    Point,
    Sweep,
    View,
    WatchedNetwork,
    ancestor,
    final_height,
    fits,
    mined,
    money_of,
    pages,
    point_of,
    wanted,
)
from tillgate.rails.evm.node import (
    TRANSFER_TOPIC,
    Header,
    Log,
    LogQuery,
    Malformed,
    Newest,
    Node,
    NodeError,
    NodeRefused,
    TooMuchAsked,
    balance_call,
    parsed_balance,
    topic_of,
)
from tillgate.rails.port import Block

BLOCKS_A_LOOK_MAX: Final = 64
RANGES_A_LOOK_MAX: Final = 16
SPAN_FIRST: Final = 64
SWEEP_PAGE: Final = 500
FORK_BATCH: Final = 16
CHAIN_CHECK_MS: Final = 60_000
# A filter is wrong at times: after this number of equal answers of the only node there is, they are believed.
EMPTY_ASKS_MAX: Final = 3
EMPTY_KEPT_MAX: Final = 1_000
BLOOMS_MAX: Final = 16
_DISTRUSTED: Final = "told no logs of a block whose header says that there are some"


class Trouble(StrEnum):
    """Why a look concludes nothing, or less than it could."""

    NO_NODE = "no_node"
    OTHER_CHAIN = "other_chain"
    NO_FINALITY = "no_finality"
    FINALITY_BACK = "finality_back"
    ALONE = "alone"
    DISAGREEMENT = "disagreement"
    REORGANIZED = "reorganized"
    INCOMPLETE = "incomplete"


class Look(NamedTuple):
    """What one look found.

    Attributes:
        head: the best head that a node told; None where none did.
        final: up to which height everything is concluded after it.
        moved: something was written; there may be more to do at once.
        trouble: what keeps it from concluding.
    """

    head: int | None
    final: int
    moved: bool
    trouble: Trouble | None = None


class Books(CoinBooks, Protocol):
    """Where a watcher writes down what it saw, and the addresses that it looks for.

    Each change is one transaction. It is refused where the books have moved on or belong to another watcher.
    """

    async def view(self) -> View | None:
        """The chain as it was read so far; None where the network was never watched."""
        ...

    async def begin(self, at: Point) -> None:
        """Start at a block: what lies below was before this network was watched."""
        ...

    async def apply(self, change: Change) -> bool:
        """Write a change down; False, and nothing, where the books have moved on."""
        ...

    async def is_awaited(self) -> bool:
        """A session waits for money on this network; else it is read at finality only."""
        ...

    async def lately(self) -> list[str]:
        """Addresses whose sessions are open or ended lately."""
        ...

    async def every(self, after: str, limit: int) -> list[str]:
        """A page of every address that was ever given out, in order."""
        ...

    async def known(self, first: int, last: int, *, final: bool) -> list[Money]:
        """The transfers in the blocks of a range that the books have as final, or else as only seen."""
        ...

    async def holding(self, token: str, address: str, last: int) -> int:
        """What the books say an address has of a token after a block: in less out, final transfers alone."""
        ...


class _Checked(NamedTuple):
    """Whether a node said that it follows this chain, and when."""

    fits: bool
    at: int


class _Seen(NamedTuple):
    """What a look is made from: the books, and where each node stands. The hash of a head names every block below."""

    version: int
    nodes: frozenset[tuple[Node, Header, Header | None]]


class _Incomplete(Exception):
    """An answer that cannot be used; the next look asks again."""


class _Disagreement(Exception):
    """Two nodes, or a node and the books, tell different things of the same block."""


@contextlib.contextmanager
def _coin_answers() -> Iterator[None]:
    """What is found of the coin as this watcher's own outcomes."""
    try:
        yield
    except Unfit:
        raise _Incomplete from None
    except Contradicted:
        raise _Disagreement from None


def _begun(since: int | None, now: int) -> int:
    """When a wait began: now where there was none, or where the clock stands before its beginning."""
    return now if since is None or since > now else since


class Watcher:
    """Watches one network. One call of :meth:`look` does a bounded piece of work.

    Attributes:
        heads: what each node told in the last look, of those that answered.
    """

    def __init__(
        self,
        network: WatchedNetwork,
        nodes: Sequence[Node],
        books: Books,
        monotonic_ms: Callable[[], int],
    ) -> None:
        self.network = network
        self.nodes = tuple(nodes)
        self.books = books
        self._monotonic_ms = monotonic_ms
        self._chains: dict[Node, _Checked] = {}
        self._coin = CoinReader(network, self.nodes, books)
        self._span_max = max(min(network.range_blocks_max, SPAN_MAX), 1)
        self._span = min(SPAN_FIRST, self._span_max)
        self._topics = max(min(network.topics_max, TOPICS_MAX), 1)
        self._alone_since: int | None = None
        self._deep_since: int | None = None
        # How often a block's logs were told to be none though its header speaks against it.
        self._empty: dict[str, int] = {}
        self._tagged: dict[Node, Header | None] = {}
        # What a look that left nothing to be done was made from.
        self._settled: _Seen | None = None
        self.heads: dict[Node, int] = {}

    @property
    def is_single_source(self) -> bool:
        """What is concluded now, one node alone tells: there is no other, or it has been away for long enough."""
        alone = self._alone_since
        waited = self._monotonic_ms() - alone if alone is not None else 0
        return len(self.nodes) == 1 or (alone is not None and waited >= self.network.patience_ms)

    async def look(self) -> Look:
        """Ask, decide and write down once. Whatever a node does is an outcome, no exception.

        Each node is asked where it stands, and nothing more where that is as it was when nothing was left to be done.
        """
        view = await self.books.view()
        newest = await self._newest()
        heads = {node: one.head for node, one in newest.items() if one.head is not None}
        self._tagged = {node: one.tagged for node, one in newest.items()}
        self.heads = {node: header.number for node, header in heads.items()}
        if not heads:
            wrong = any(not checked.fits for checked in self._chains.values())
            trouble = Trouble.OTHER_CHAIN if wrong else Trouble.NO_NODE
            return Look(None, view.final.number if view is not None else 0, moved=False, trouble=trouble)
        best = max(heads, key=lambda node: heads[node].number)
        head = heads[best]
        if view is None:
            return await self._first_look(best, head)
        seen = _Seen(view.version, frozenset((node, one, self._tagged[node]) for node, one in heads.items()))
        if seen == self._settled and not await self._may_follow(view, head):
            return Look(head.number, view.final.number, moved=False)
        look = await self._look_once(view, head, heads)
        self._settled = seen if not look.moved and look.trouble is None else None
        return look

    async def _may_follow(self, view: View, head: Header) -> bool:
        """There are blocks above those that were read, and somebody waits for money in them."""
        return view.tip.number < head.number and await self.books.is_awaited()

    async def _look_once(self, view: View, head: Header, heads: Mapping[Node, Header]) -> Look:
        """One look by the node with the best head; where that fails in the middle, by another."""
        outcome = Look(head.number, view.final.number, moved=False, trouble=Trouble.NO_NODE)
        for node in sorted(heads, key=lambda one: -heads[one].number):
            try:
                return await self._look_with(node, heads[node], heads)
            except _Incomplete:
                outcome = outcome._replace(trouble=Trouble.INCOMPLETE)
            except _Disagreement:
                return outcome._replace(trouble=Trouble.DISAGREEMENT)
            except NodeError:
                continue
        return outcome

    async def _first_look(self, node: Node, head: Header) -> Look:
        """Begin at what is final now: no address of ours can have been paid before it was given out."""
        try:
            height = final_height(self.network.finality, head, self._tagged[node])
            start = await node.header_by_number(height) if height is not None else None
        except NodeError:
            return Look(head.number, 0, moved=False, trouble=Trouble.NO_NODE)
        if start is None:
            return Look(head.number, 0, moved=False, trouble=Trouble.NO_FINALITY)
        await self.books.begin(point_of(start))
        return Look(head.number, start.number, moved=True)

    async def _look_with(self, node: Node, head: Header, heads: Mapping[Node, Header]) -> Look:
        """One look by one node: its fork, then what is final, then what is new."""
        view = await self._view()
        moved = False
        theirs = await self._hash_at(node, view.final.number, head)
        if theirs is None:
            # It is behind what is final, and has nothing to tell.
            return Look(head.number, view.final.number, moved=False, trouble=Trouble.INCOMPLETE)
        if theirs != view.final.hash:
            return await self._below_finality(node, view, head, heads)
        self._deep_since = None
        fork = await self._fork(node, view, head)
        if fork is not None:
            await self._write(Change(view.version, view.final, rolled_back_to=fork.number, sweep=view.sweep))
            view, moved = await self._view(), True
        moved, trouble = await self._conclude(node, head, heads, moved)
        if await self.books.is_awaited():
            moved |= await self._follow(node, head)
        if self.network.takes_coin:
            await self._glance(node, head)
        if not moved and trouble is None:
            moved, trouble = await self._sweep(node, heads)
        view = await self._view()
        return Look(head.number, view.final.number, moved, trouble)

    async def _glance(self, node: Node, head: Header) -> None:
        """Book what balances show at addresses that nobody waits for any more."""
        view = await self._view()
        with _coin_answers():
            booked = await self._coin.glance(node, head)
        if booked:
            await self._write(Change(view.version, view.final, booked=tuple(booked), sweep=view.sweep))

    # The head, block by block.

    async def _follow(self, node: Node, head: Header) -> bool:
        """Read the blocks above those that were read. Nothing is concluded here."""
        moved = False
        for _ in range(BLOCKS_A_LOOK_MAX):
            view = await self._view()
            if view.tip.number >= head.number:
                break
            header = await node.header_by_number(view.tip.number + 1)
            if header is None or not self._stands_on(view.tip, header):
                # A fork: the next look finds where it began.
                break
            block = point_of(header)
            # After the block is there: an address that was given out before is in the list.
            addresses = await self.books.lately()
            logs = await self._logs_of_block(node, header, addresses)
            found = await self._money(node, logs, {block.number: mined(block)}, addresses)
            booked = [Booked(money, final=False) for money in found]
            if self.network.takes_coin:
                with _coin_answers():
                    booked += await self._coin.follow(node, header, is_head=header.number == head.number)
            change = Change(view.version, view.final, blocks=(block,), booked=tuple(booked), sweep=view.sweep)
            await self._write(change)
            moved = True
        return moved

    def _stands_on(self, tip: Point, header: Header) -> bool:
        return fits(tip, header) is Fits.NEXT

    async def _logs_of_block(self, node: Node, header: Header, addresses: Sequence[str]) -> list[Log]:
        """The logs of a block to these addresses. Empty counts only where the node has the block by its hash, and its
        header does not say otherwise."""
        block, logs = point_of(header), list[Log]()
        for page in self._pages(addresses):
            query = self._query(page, incoming=True)
            told = await self._smaller(node.logs_of_block(block.hash, query))
            if not told:
                await self._believe(node, header, query)
            logs += told
        if not await self._holds(node, block):
            raise _Incomplete
        return wanted(logs, self.network.tokens, frozenset(addresses))

    async def _believe(self, node: Node, header: Header, query: LogQuery) -> None:
        """Refuse an empty answer that its block's header speaks against: that URL rests, and another one is asked.

        A filter may be wrong. Another node that has the block and tells the same is believed; where there is none, the
        same one is, once it has told so several times with a rest between.
        """
        if not suggests_logs(header.bloom, query):
            return
        for other in self.nodes:
            if other is node or other.is_resting:
                continue
            try:
                if await other.header_by_hash(header.hash) is None:
                    continue
                told = await other.logs_of_block(header.hash, query)
            except NodeError:
                continue
            if not told:
                return
            node.distrust(_DISTRUSTED)
            raise Malformed(_DISTRUSTED)
        asked = self._empty.get(header.hash, 0) + 1
        if asked >= EMPTY_ASKS_MAX:
            return
        if len(self._empty) >= EMPTY_KEPT_MAX:
            self._empty.clear()
        self._empty[header.hash] = asked
        node.distrust(_DISTRUSTED)
        raise Malformed(_DISTRUSTED)

    async def _holds(self, node: Node, block: Point) -> bool:
        held = await node.header_by_hash(block.hash)
        return held is not None and held.number == block.number

    # Forks.

    async def _fork(self, node: Node, view: View, head: Header) -> Point | None:
        """Where the node's chain leaves the books' one; None where it does not, as far as the node goes."""
        height = min(view.tip.number, head.number)
        if height <= view.final.number or await self._hash_at(node, height, head) == self._ours(view, height):
            return None
        theirs: dict[int, str] = {}
        while height > view.final.number:
            heights = range(max(height - FORK_BATCH, view.final.number), height)
            headers = await node.headers_by_number(heights)
            theirs |= {header.number: header.hash for header in headers if header is not None}
            found = ancestor(view, theirs)
            if found is not None:
                return found
            height = heights.start
        # What is final was on its chain a moment ago: it moves while it is asked.
        raise _Incomplete

    def _ours(self, view: View, height: int) -> str | None:
        block = view.at(height)
        return block.hash if block is not None else None

    async def _hash_at(self, node: Node, height: int, head: Header) -> str | None:
        if height == head.number:
            return head.hash
        header = await node.header_by_number(height) if height < head.number else None
        return header.hash if header is not None else None

    async def _below_finality(self, node: Node, view: View, head: Header, heads: Mapping[Node, Header]) -> Look:
        """The node's chain does not have what was final. Where every node says so, for long enough, it is believed:
        what was in the blocks that are gone is orphaned, and the chain is read again from where it changed."""
        stopped = Look(head.number, view.final.number, moved=False, trouble=Trouble.DISAGREEMENT)
        for other in heads:
            told = await self._hash_at(other, view.final.number, heads[other])
            if told == view.final.hash or told is None:
                self._deep_since = None
                return stopped
        now = self._monotonic_ms()
        self._deep_since = _begun(self._deep_since, now)
        if now - self._deep_since < self.network.patience_ms:
            return stopped
        theirs: dict[int, str] = {}
        for one in view.earlier:
            header = await node.header_by_number(one.number)
            if header is not None:
                theirs[header.number] = header.hash
            found = ancestor(view, theirs)
            if found is not None:
                break
        else:
            return stopped._replace(trouble=Trouble.OTHER_CHAIN)
        again = found.number + 1 if view.sweep is None else min(found.number + 1, view.sweep.first)
        sweep = Sweep(again, again - 1)
        await self._write(Change(view.version, found, rolled_back_to=found.number, sweep=sweep))
        self._deep_since = None
        return Look(head.number, found.number, moved=True, trouble=Trouble.REORGANIZED)

    # What is final, by ranges.

    async def _conclude(
        self, node: Node, head: Header, heads: Mapping[Node, Header], moved: bool
    ) -> tuple[bool, Trouble | None]:
        """Conclude what has become final, range by range."""
        tagged = self._tagged[node]
        height = final_height(self.network.finality, head, tagged)
        if height is None:
            return moved, Trouble.NO_FINALITY
        shared = self._shared_height(node, heads)
        if shared is not None and shared < height and (shared > (await self._view()).final.number):
            height = shared
        for _ in range(RANGES_A_LOOK_MAX):
            view = await self._view()
            if height < view.final.number:
                return moved, Trouble.FINALITY_BACK if tagged is not None else None
            if height == view.final.number:
                break
            last = min(height, view.final.number + self._span)
            try:
                trouble = await self._conclude_range(node, view, last, heads)
            except TooMuchAsked:
                if not self._ask_less():
                    raise
                continue
            if trouble is not None:
                return moved, trouble
            moved = True
            self._span = min(self._span * 2, self._span_max)
        return moved, None

    def _shared_height(self, node: Node, heads: Mapping[Node, Header]) -> int | None:
        """Up to which height another node calls blocks final, too; None where there is no other."""
        heights = []
        for other in heads:
            if other is not node:
                told = final_height(self.network.finality, heads[other], self._tagged[other])
                heights += [told] if told is not None else []
        return max(heights, default=None)

    async def _conclude_range(self, node: Node, view: View, last: int, heads: Mapping[Node, Header]) -> Trouble | None:
        first = view.final.number + 1
        known = await self.books.known(first, last, final=False)
        theirs, bound = await self._coin.span(known) if self.network.takes_coin else (frozenset[str](), None)
        if bound is not None and last - first >= bound:
            last = first + bound - 1
            known = [one for one in known if one.block.number <= last]
        end = await self._end_of(node, view, first, last)
        # A session may have ended since its money was seen.
        addresses = sorted({*await self.books.lately(), *(one.recipient for one in known)})
        logs = await self._logs_of_range(node, first, end, addresses)
        alone = await self._compare(node, heads, first, end, addresses, logs)
        if alone is not None and not alone:
            return Trouble.ALONE
        if alone is not None and last - first < BLOOMS_MAX:
            await self._believe_range(node, first, end, addresses, logs)
        await self._still_ends(node, view, first, end)
        blocks = await self._blocks_of(node, logs, end)
        found = await self._money(node, logs, blocks, addresses)
        self._nothing_missing(known, found)
        booked = await self._judged(node, found, end, addresses, single_source=alone is not None)
        coin = Concluded()
        if self.network.takes_coin:
            with _coin_answers():
                coin = await self._coin.conclude(
                    node, view.final, end, theirs, known, heads[node], single_source=alone is not None
                )
        change = Change(view.version, end, booked=booked + coin.booked, sweep=view.sweep, orphaned=coin.orphaned)
        await self._write(change)
        return None

    async def _end_of(self, node: Node, view: View, first: int, last: int) -> Point:
        """The last block of a range that begins right above what is final, on the chain of the books."""
        begins, ends = await node.headers_by_number([first, last])
        if begins is None or ends is None or begins.parent_hash != view.final.hash:
            raise _Incomplete
        ours = view.at(last)
        if ours is not None and ours.hash != ends.hash:
            raise _Incomplete
        if last > view.tip.number > view.final.number:
            # What was read above must lie on this chain, or else it is rolled back first.
            tip = await node.header_by_number(view.tip.number)
            if tip is None or tip.hash != view.tip.hash:
                raise _Incomplete
        return point_of(ends)

    async def _still_ends(self, node: Node, view: View, first: int, end: Point) -> None:
        """The range has the same two ends after it was read, and the node has its last block by its hash."""
        begins, ends = await node.headers_by_number([first, end.number])
        held = await self._holds(node, end)
        if begins is None or ends is None or not held:
            raise _Incomplete
        if begins.parent_hash != view.final.hash or ends.hash != end.hash:
            raise _Incomplete

    async def _logs_of_range(self, node: Node, first: int, end: Point, addresses: Sequence[str]) -> list[Log]:
        """The logs of a range from and to these addresses, each once."""
        logs: dict[tuple[int, int], Log] = {}
        for page in self._pages(addresses):
            for incoming in (True, False):
                query = self._query(page, incoming=incoming)
                for log in await node.logs_of_range(first, end.number, query):
                    logs[log.block_number, log.log_index] = log
            # Each list of topics is asked for alone, and the answer to each counts only if the node has the end.
            if not await self._holds(node, end):
                raise _Incomplete
        found = wanted(logs.values(), self.network.tokens, frozenset(addresses))
        return sorted(found, key=lambda log: (log.block_number, log.log_index))

    async def _believe_range(
        self, node: Node, first: int, end: Point, addresses: Sequence[str], logs: Sequence[Log]
    ) -> None:
        """The same for each block of a short range that one URL alone has told, and has told nothing of."""
        told = {log.block_number for log in logs}
        silent = [height for height in range(first, end.number + 1) if height not in told]
        for header in await node.headers_by_number(silent):
            if header is not None:
                for page in self._pages(addresses):
                    await self._believe(node, header, self._query(page, incoming=True))

    async def _blocks_of(self, node: Node, logs: Sequence[Log], end: Point) -> dict[int, Block]:
        """The blocks of these logs; each log has to be of the node's own block at that height."""
        heights = sorted({log.block_number for log in logs})
        headers = await node.headers_by_number(heights) if heights else []
        blocks = {header.number: mined(header) for header in headers if header is not None}
        for log in logs:
            block = blocks.get(log.block_number)
            if block is None or block.hash != log.block_hash:
                raise _Incomplete
        if end.number in blocks and blocks[end.number].hash != end.hash:
            raise _Incomplete
        return blocks

    async def _compare(
        self,
        node: Node,
        heads: Mapping[Node, Header],
        first: int,
        end: Point,
        addresses: Sequence[str],
        logs: Sequence[Log],
    ) -> bool | None:
        """Compare a range with a second node that has the same last block.

        Returns:
            None where a second node tells the same; else whether one alone may conclude by now.
        """
        for other in self.nodes:
            if other is node or other not in heads:
                continue
            try:
                final = final_height(self.network.finality, heads[other], self._tagged[other])
                ends = await other.header_by_number(end.number)
                if ends is None or final is None or final < end.number:
                    continue
                if ends.hash != end.hash:
                    raise _Disagreement
                told = await self._logs_of_range(other, first, end, addresses)
            except (NodeError, _Incomplete):
                continue
            if told != list(logs):
                raise _Disagreement
            self._alone_since = None
            return None
        if len(self.nodes) == 1:
            return True
        now = self._monotonic_ms()
        self._alone_since = _begun(self._alone_since, now)
        return now - self._alone_since >= self.network.patience_ms

    def _nothing_missing(self, known: Sequence[Money], found: Sequence[Money]) -> None:
        """What was seen before in these blocks is in the answer, unless its token is not watched any more."""
        told = set(found)
        if any(one.token in self.network.tokens and one not in told for one in known):
            raise _Disagreement

    async def _judged(
        self,
        node: Node,
        found: Sequence[Money],
        end: Point,
        addresses: Sequence[str],
        *,
        single_source: bool,
        may_be_gone: bool = False,
    ) -> tuple[Booked, ...]:
        """Each transfer with what speaks against counting it: the balance at the range's end must cover the books.

        Args:
            may_be_gone: the block is so old that nodes may have no state of it any more; then nothing is compared.
        """
        doubted: set[tuple[str, str]] = set()
        if self.network.checks_balances:
            # What strangers have is not in the books.
            ours = frozenset(addresses)
            for token, address in sorted({(one.token, one.recipient) for one in found if one.recipient in ours}):
                moved = sum(one.amount_atomic for one in found if (one.token, one.recipient) == (token, address))
                moved -= sum(one.amount_atomic for one in found if (one.token, one.sender) == (token, address))
                try:
                    held = await self._balance(node, token, address, end)
                except NodeRefused:
                    if may_be_gone:
                        continue
                    raise
                if held < await self.books.holding(token, address, end.number) + moved:
                    doubted.add((token, address))
        return tuple(
            Booked(
                one,
                final=True,
                single_source=single_source,
                doubt=Doubt.BALANCE if (one.token, one.recipient) in doubted else None,
            )
            for one in found
        )

    async def _balance(self, node: Node, token: str, address: str, block: Point) -> int:
        """An address's balance of a token at a block, by whichever node has its state."""
        last: NodeError = NodeRefused("no node has the state of this block")
        for one in (node, *(other for other in self.nodes if other is not node and not other.is_resting)):
            try:
                return parsed_balance(await one.call(token, balance_call(address), block.hash))
            except NodeError as error:
                last = error
        raise last

    # Transfers.

    async def _money(
        self, node: Node, logs: Sequence[Log], blocks: Mapping[int, Block], addresses: Sequence[str]
    ) -> list[Money]:
        """The transfers that logs say, each proved by its receipt."""
        found = []
        for log in logs:
            receipt = await node.receipt(log.tx_hash)
            money = money_of(log, receipt, blocks[log.block_number]) if receipt is not None else None
            if money is None:
                raise _Incomplete
            found.append(self._identified(money, log))
        return found

    def _identified(self, money: Money, log: Log) -> Money:
        return money

    # The slow round.

    async def _sweep(self, node: Node, heads: Mapping[Node, Header]) -> tuple[bool, Trouble | None]:
        """Read one page of every address over the final blocks since the last round. Also a second look at all."""
        view = await self._view()
        sweep = view.sweep
        if sweep is None:
            return False, None
        if sweep.last < sweep.first:
            if view.final.number - sweep.first < self.network.sweep_blocks:
                return False, None
            sweep = sweep._replace(last=view.final.number)
        first, last = sweep.first, sweep.last
        addresses = await self.books.every(sweep.after, SWEEP_PAGE)
        if not addresses:
            await self._write(Change(view.version, view.final, sweep=Sweep(last + 1, last)))
            return True, None
        found: list[Money] = []
        alone: bool | None = None
        at, end = first, view.final
        while at <= last:
            header = await node.header_by_number(min(at + self._span - 1, last))
            if header is None:
                raise _Incomplete
            end = point_of(header)
            try:
                logs = await self._logs_of_range(node, at, end, addresses)
            except TooMuchAsked:
                if not self._ask_less():
                    raise
                continue
            single = await self._compare(node, heads, at, end, addresses, logs)
            if single is not None and not single:
                return False, Trouble.ALONE
            alone = single if alone is None else alone
            found += await self._money(node, logs, await self._blocks_of(node, logs, end), addresses)
            at = end.number + 1
        if not await self._holds(node, end):
            raise _Incomplete
        known = set(await self.books.known(first, last, final=True))
        new = [one for one in found if one not in known]
        booked = await self._judged(node, new, end, addresses, single_source=alone is not None, may_be_gone=True)
        if self.network.takes_coin:
            with _coin_answers():
                booked += tuple(await self._coin.sweep(node, heads[node], addresses))
        await self._write(Change(view.version, view.final, booked=booked, sweep=sweep._replace(after=addresses[-1])))
        return True, None

    # Nodes.

    async def _newest(self) -> dict[Node, Newest]:
        """Where each node stands that answers and follows this chain."""
        asked = [node for node in self.nodes if not node.is_resting]
        told = await asyncio.gather(*(self._stands(node) for node in asked))
        return {node: newest for node, newest in zip(asked, told, strict=True) if newest is not None}

    async def _stands(self, node: Node) -> Newest | None:
        try:
            checked = self._chains.get(node)
            now = self._monotonic_ms()
            if checked is None or not checked.fits or not 0 <= now - checked.at < CHAIN_CHECK_MS:
                checked = _Checked(await node.chain_id() == self.network.chain_id, now)
                self._chains[node] = checked
            if not checked.fits:
                return None
            return await node.newest(self.network.finality.tag)
        except NodeError:
            # Behind one URL another node may answer next.
            self._chains.pop(node, None)
            return None

    def _pages(self, addresses: Sequence[str]) -> list[tuple[str, ...]]:
        """Lists of addresses to ask for logs with; none where the coin alone is money, for it leaves no log."""
        return pages(addresses, self._topics) if self.network.tokens else []

    def _query(self, addresses: tuple[str, ...], *, incoming: bool) -> LogQuery:
        topics = tuple(topic_of(one) for one in addresses)
        places = ((TRANSFER_TOPIC,), None, topics) if incoming else ((TRANSFER_TOPIC,), topics)
        return LogQuery(tuple(sorted(self.network.tokens)), places)

    async def _smaller(self, asked: Awaitable[list[Log]]) -> list[Log]:
        """What was asked for one block; where that is too much, the next look asks for fewer addresses at once."""
        try:
            return await asked
        except TooMuchAsked:
            if self._topics == 1:
                raise
            self._topics = max(self._topics // 2, 1)
            raise _Incomplete from None

    def _ask_less(self) -> bool:
        """Ask for fewer blocks from now on, then for fewer addresses at once; False where neither is left."""
        if self._span > 1:
            self._span = max(self._span // 2, 1)
        elif self._topics > 1:
            self._topics = max(self._topics // 2, 1)
        else:
            return False
        return True

    # The books.

    async def _view(self) -> View:
        view = await self.books.view()
        if view is None:
            raise _Incomplete
        return view

    async def _write(self, change: Change) -> None:
        if not await self.books.apply(change):
            # Another watcher has taken over, or has written meanwhile.
            raise _Incomplete
