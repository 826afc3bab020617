"""The coin over a model chain: whatever forks, lags, forgets, dies and comes without a transaction, the books hold what
the addresses hold, and count nothing that never came."""

import random
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from tests.rails.evm.coin_chain import CoinBooks, CoinChain, CoinNode, CoinTransaction
from tests.rails.evm.model_chain import STRANGER, ModelTransaction, digest
from tests.rails.evm.test_watcher_model import ADDRESSES, DEPTH, METHODS, Story, settled
from tillgate.base.invariants import BrokenInvariant
from tillgate.rails.evm.coin.model import CAME_ORDINAL, FEE_ORDINAL, VALUE_ORDINAL, is_of_look
from tillgate.rails.evm.coin.reading import CoinReader, Concluded
from tillgate.rails.evm.model import Booked, Finality, Money, Point, View, mined
from tillgate.rails.evm.node import Node, Tag
from tillgate.rails.evm.watcher import Watcher
from tillgate.rails.port import COIN

COIN_METHODS = [*METHODS, "sent_of_block", "account_uses", "balance", "balances"]


class CoinStory(Story):
    """What can happen to a watcher of a network whose coin alone is money."""

    chain: CoinChain
    books: CoinBooks
    reader_type: type[CoinReader] = CoinReader

    def __init__(self) -> None:
        super().__init__()
        self.chain = CoinChain()
        for _ in range(DEPTH):
            self.chain.mine()
        self.books = CoinBooks(addresses=[ADDRESSES[0]], offered=[ADDRESSES[0]], waiting=[ADDRESSES[0]])
        self.coin_nodes = [CoinNode(self.chain, label, self.between_calls) for label in ("one", "two")]
        self.nodes = [*self.coin_nodes]
        self.network = self.network._replace(takes_coin=True, tokens=frozenset())
        # Nodes have forgotten states, so that some money may wait for a person.
        self.forgot = False
        self.watcher, self.other = self.started(), self.started()

    def started(self) -> Watcher:
        watcher = super().started()
        watcher._coin = self.reader_type(self.network, watcher.nodes, self.books)
        return watcher

    def coin(self, kind: int, address: int, amount: int) -> ModelTransaction:
        """Coin by its kind: sent to one of ours, from inside of a contract, sent by one of ours, taken by a contract
        at it, sent and failed, both ways at once, between strangers."""
        self.sent += 1
        name, known = digest("coin", self.sent), self.books.offered
        ours = known[address % len(known)]
        return [
            CoinTransaction(name, (), recipient=ours, value=amount),
            CoinTransaction(name, (), inside=((ours, amount),)),
            CoinTransaction(name, (), sender=ours, value=amount),
            CoinTransaction(name, (), emptied=(ours,)),
            CoinTransaction(name, (), succeeded=False, recipient=ours, value=amount),
            CoinTransaction(name, (), recipient=ours, value=amount, inside=((ours, amount + 1),)),
            CoinTransaction(name, (), recipient=STRANGER, value=amount),
        ][kind]

    coins = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5), st.integers(1, 100)), min_size=1, max_size=4)

    @rule(sent=coins, blocks=st.integers(1, 3))
    def mine_coin(self, sent: list[tuple[int, int, int]], blocks: int) -> None:
        """Coin moves, and more blocks follow."""
        self.chain.mine([self.coin(*one) for one in sent])
        self.mine([], blocks)

    @rule(number=st.integers(1, 5))
    def give_out(self, number: int) -> None:
        """An address is given out at which the coin is asked for."""
        super().give_out(number)
        if ADDRESSES[number] not in self.books.offered:
            self.books.offered.append(ADDRESSES[number])
            self.books.waiting.append(ADDRESSES[number])

    @rule()
    def end(self) -> None:
        """The newest session that waits ends."""
        if self.books.waiting:
            self.books.waiting.pop()

    @rule()
    def retire(self) -> None:
        """A session ended long ago."""
        super().retire()
        self.books.waiting = [one for one in self.books.waiting if one in self.books.addresses]

    @rule(which=st.integers(0, 1), depth=st.sampled_from([None, 0, 1, 3]))
    def forget(self, which: int, depth: int | None) -> None:
        """A node has no state of old blocks any more; or has it again."""
        self.coin_nodes[which].forgets = depth
        self.forgot |= depth is not None

    @rule(method=st.sampled_from(COIN_METHODS), calls=st.integers(0, 3), deep=st.booleans())
    def fork_soon(self, method: str, calls: int, deep: bool) -> None:
        """The newest blocks are replaced right before such a question, in the middle of a look."""
        super().fork_soon(method, calls, deep)

    @invariant()
    def nothing_is_booked_below_nothing(self) -> None:
        """No movement is of less than nothing, and what has no transaction names the block that it was seen at."""
        for one in self.books.coin():
            assert one.money.amount_atomic >= 0
            if is_of_look(one.money):
                assert one.money.tx_hash.startswith(f"{one.money.block.hash}:")

    def after_step(self, choice: random.Random) -> None:
        match choice.randrange(8):
            case 0 | 1 | 2 | 3:
                sent = [(choice.randrange(7), choice.randrange(6), choice.randint(1, 100)) for _ in range(2)]
                self.mine_coin(sent, choice.randint(1, 2))
            case 4 if choice.random() < 0.5:
                self.end()
            case 5:
                self.give_out(choice.randint(1, 5))
            case 6:
                self.fork_soon(choice.choice(COIN_METHODS), choice.randrange(3), choice.random() < 0.3)
            case _:
                pass
        if choice.random() < 0.7:
            self.look(1)

    def comes_to_rest(self) -> None:
        for node in self.coin_nodes:
            node.forgets = None
        super().comes_to_rest()

    def balanced(self, view: View, swept: int) -> None:
        for address in self.books.offered:
            self.coin_is_balanced(address)
        self.transactions_are_true()

    def coin_is_balanced(self, address: str) -> None:
        head = self.chain.head
        state = self.chain.state(head.hash)
        account, came = state.at(address), state.came.get(address, 0)
        known = self.books.known_of(address, head.number)
        assert known.held == account.balance, f"{address}: {known} for {account}"
        entries = [one for one in self.books.coin() if one.money.recipient == address]
        counted = sum(one.money.amount_atomic for one in entries if one.doubt is None)
        assert counted <= came, f"made up: {counted} of {came}"
        is_read = not account.nonce or address in self.books.waiting
        if is_read and not account.has_code and not self.forgot and not self.reorganized:
            # Nothing can have left it unseen, so that all of it counts.
            assert counted == came and not any(one.doubt for one in entries), f"lost: {counted} of {came}"

    def transactions_are_true(self) -> None:
        """A transaction did what the books say, in the block that it is in; and what comes to a contract, which may
        send it on unseen, waits for a person."""
        of = {one.hash: (block, one) for block in self.chain.canonical for one in block.transactions}
        for entry in self.books.coin():
            money = entry.money
            if not is_of_look(money):
                block, one = of[money.tx_hash]
                assert isinstance(one, CoinTransaction) and block.hash == money.block.hash
                assert money.recipient == COIN or (one.succeeded and money.amount_atomic == one.value)
            elif money.ordinal == CAME_ORDINAL and entry.doubt is None:
                assert not self.chain.state(money.block.hash).at(money.recipient).has_code


class CoinStoryByTag(CoinStory):
    """The same, where a node's tag says what is final."""

    finality = Finality(DEPTH, Tag.FINALIZED)


@pytest.mark.parametrize("story", [CoinStory, CoinStoryByTag])
def test_the_books_hold_what_the_addresses_hold(story: type[Story]) -> None:
    """Through forks, forgetting nodes, restarts and money that has no transaction, nothing is lost or made up."""
    run_state_machine_as_test(story, settings=settled(60))


class BelievesLooks(CoinReader):
    """Keeps what a look called come or left, whatever transactions turn out to have moved."""

    async def conclude(self, *args: Any, **more: Any) -> Concluded:
        looks = {one.money.tx_hash for one in await self._books.coin_looks(0, 10**9)}
        concluded = await super().conclude(*args, **more)
        kept = {one.money.tx_hash for one in concluded.booked}
        was = [one for one in await self._books.coin_looks(0, 10**9) if one.money.tx_hash in looks & kept]
        others = [one for one in concluded.booked if not is_of_look(one.money)]
        return Concluded((*others, *(one._replace(final=True) for one in was)), ())


class LooksOnAnyChain(CoinReader):
    """Keeps what a look showed at a block that has left the chain."""

    async def conclude(self, *args: Any, **more: Any) -> Concluded:
        concluded = await super().conclude(*args, **more)
        return concluded._replace(orphaned=())


class NoFees(CoinReader):
    """Forgets what a transaction costs its sender."""

    async def _money(self, *args: Any) -> list[Money]:
        return [one for one in await super()._money(*args) if one.ordinal != FEE_ORDINAL]


class FailedIsPaid(CoinReader):
    """Takes the value of a transaction that failed for moved."""

    async def _money(self, node: Node, block: Point, addresses: frozenset[str]) -> list[Money]:
        found = await super()._money(node, block, addresses)
        moved = {one.tx_hash for one in found if one.ordinal == VALUE_ORDINAL}
        sent = [one for one in await self._sent(node, block, addresses) if one.tx_hash not in moved and one.recipient]
        return found + [
            Money(one.tx_hash, VALUE_ORDINAL, COIN, one.sender, one.recipient or COIN, one.value_atomic, mined(block))
            for one in sent
        ]


class EverythingIsExact(CoinReader):
    """Counts what a balance shows also where something may have left unseen."""

    async def look(self, *args: Any, **more: Any) -> list[Booked]:
        return [one._replace(doubt=None) for one in await super().look(*args, **more)]


BROKEN = [BelievesLooks, LooksOnAnyChain, NoFees, FailedIsPaid, EverythingIsExact]
STORIES_MAX = 400


def lasts(reader: type[CoinReader], seed: int) -> bool:
    """Whether a reader comes through one story; the same for the same seed."""
    story = CoinStory()
    story.reader_type, story.alone = reader, seed % 2 == 1
    story.watcher, story.other = story.started(), story.started()
    try:
        story.walk(random.Random(seed), 40)
        story.comes_to_rest()
    except (AssertionError, BrokenInvariant):
        return False
    finally:
        story.loop.close()
    return True


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_reader_is_caught(broken: type[CoinReader]) -> None:
    """Each rule that is left out is found by one of the stories that the reader comes through, so each is needed."""
    caught = next((seed for seed in range(STORIES_MAX) if not lasts(broken, seed)), None)
    assert caught is not None
    assert lasts(CoinReader, caught)


def test_what_a_look_showed_is_settled_by_its_balance() -> None:
    """A session has ended, and its owner has sent on what came: the look that found nothing there found nothing new."""
    story = CoinStory()
    story.begins()
    story.chain.mine([story.coin(0, 0, 8)])
    story.look(1)
    story.end()
    story.chain.mine([story.coin(2, 0, 1)])
    story.look(1)
    story.comes_to_rest()
    assert [one.money.amount_atomic for one in story.books.coin() if is_of_look(one.money)] == []
    story.loop.close()
