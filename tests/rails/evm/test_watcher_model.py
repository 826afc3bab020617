"""The watcher over a model chain: whatever forks, lags, lies, dies and comes twice, the books are the chain."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.rails.evm.model_chain import (
    CHAIN_ID,
    FOREIGN_TOKEN,
    STRANGER,
    TOKEN,
    Crash,
    Faults,
    MemoryBooks,
    ModelChain,
    ModelNode,
    ModelTransaction,
    Move,
    digest,
)
from tillgate.base.invariants import BrokenInvariant
from tillgate.rails.evm.model import Change, Finality, Money, Point, View, WatchedNetwork, point_of
from tillgate.rails.evm.node import Header, Log, Node, Tag, transferred
from tillgate.rails.evm.watcher import Look, Trouble, Watcher
from tillgate.rails.port import Block

DEPTH = 4
PATIENCE_MS = 60_000
ADDRESSES = ["0x" + f"{number:040x}" for number in range(0xC0, 0xC6)]
FAULTS = ["", "lag", "away", "drops", "drops", "range", "topics", "stale", "log_lag", "log_lag", "log_lag"]
METHODS = ["header_by_tag", "header_by_number", "header_by_hash", "logs_of_range", "logs_of_block", "receipt", "call"]


class Story(RuleBasedStateMachine):
    """What can happen to a watcher. One node at a time is out of order; the other tells the truth."""

    watcher_type: type[Watcher] = Watcher
    finality = Finality(DEPTH)
    # There is one node: nobody can contradict it, so that it leaves out no log of a block that it has.
    alone = False

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.chain = ModelChain()
        for _ in range(DEPTH):
            self.chain.mine()
        self.books = MemoryBooks(addresses=[ADDRESSES[0]])
        self.now = 0
        self.nodes = [ModelNode(self.chain, label, self.between_calls) for label in ("one", "two")]
        self.pool: list[ModelTransaction] = []
        self.sent = 0
        self.fork_at: str | None = None
        self.calls_until_fork = 0
        self.fork_goes_deep = False
        self.reorganized = False
        self.network = WatchedNetwork(
            CHAIN_ID, self.finality, frozenset({TOKEN}), patience_ms=PATIENCE_MS, sweep_blocks=3
        )
        self.watcher = self.started()
        self.other = self.started()

    def started(self) -> Watcher:
        nodes: list[Node] = list(self.nodes[:1] if self.alone else self.nodes)
        return self.watcher_type(self.network, nodes, self.books, lambda: self.now)

    def teardown(self) -> None:
        try:
            self.comes_to_rest()
        finally:
            self.loop.close()

    def run(self, coroutine: Any) -> Any:
        return self.loop.run_until_complete(coroutine)

    def between_calls(self, method: str) -> None:
        """The chain changes also while it is read."""
        if self.fork_at is not None and method == self.fork_at:
            self.calls_until_fork -= 1
            if self.calls_until_fork < 0:
                self.fork_at = None
                if self.fork_goes_deep:
                    self.replace_final(DEPTH + 2, again=True)
                else:
                    self.fork(2, again=True, more=1)

    @initialize()
    def begins(self) -> None:
        """A network is watched from its first look on."""
        self.run(self.watcher.look())

    def transaction(self, moves: list[tuple[int, int, int]], succeeded: bool) -> ModelTransaction:
        """Transfers by their kind: to one of ours, of a foreign token, of nothing, from one of ours, to a stranger."""
        self.sent += 1
        made = []
        for kind, address, amount in moves:
            known = sorted({*self.books.addresses, *self.books.retired})
            ours = known[address % len(known)]
            made.append(
                [
                    Move(TOKEN, STRANGER, ours, amount),
                    Move(TOKEN, STRANGER, ours, amount),
                    Move(FOREIGN_TOKEN, STRANGER, ours, amount),
                    Move(TOKEN, STRANGER, ours, 0),
                    Move(TOKEN, ours, STRANGER, 0 if amount > 20 else 1),
                    Move(TOKEN, STRANGER, STRANGER, amount),
                ][kind]
            )
        return ModelTransaction(digest("tx", self.sent), tuple(made), succeeded)

    moves = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 100)), min_size=1, max_size=4)

    @rule(batches=st.lists(st.tuples(moves, st.booleans()), max_size=3), blocks=st.integers(1, 3))
    def mine(self, batches: list[tuple[list[tuple[int, int, int]], bool]], blocks: int) -> None:
        """Money moves, and more blocks follow."""
        self.chain.mine([self.transaction(moves, succeeded or len(moves) > 1) for moves, succeeded in batches])
        for _ in range(blocks - 1):
            self.chain.mine()
        self.chain.finalized = max(self.chain.finalized, self.chain.head.number - DEPTH + 1)

    @rule(depth=st.integers(1, DEPTH - 1), again=st.booleans(), more=st.integers(0, 2))
    def fork(self, depth: int, again: bool, more: int) -> None:
        """The newest blocks are replaced; their transactions are mined again in another order, or not at all."""
        depth = min(depth, self.chain.head.number - self.chain.finalized)
        if depth <= 0:
            return
        gone = self.chain.drop(depth)
        self.replaced(gone, depth + more, again=again)

    def replaced(self, gone: list[ModelTransaction], blocks: int, *, again: bool) -> None:
        back = list(reversed(gone)) if again else []
        # One of them moves something else this time, as a contract's state decides.
        if len(back) > 2:
            moves = tuple(Move(one.token, one.sender, one.recipient, one.amount + 1) for one in back[0].moves)
            back[0] = ModelTransaction(back[0].hash, moves, back[0].succeeded)
        self.sent += 1
        shift = ModelTransaction(digest("shift", self.sent), (Move(TOKEN, STRANGER, STRANGER, 1),))
        self.chain.mine([shift, *back])
        for _ in range(blocks - 1):
            self.chain.mine()

    @rule(depth=st.integers(DEPTH, DEPTH + 3), again=st.booleans())
    def fork_past_finality(self, depth: int, again: bool) -> None:
        """What was final is replaced, which should not happen, and does."""
        self.replace_final(depth, again=again)

    def replace_final(self, depth: int, *, again: bool) -> None:
        # What lies below the first look was before this network was watched.
        depth = min(depth, self.chain.head.number - DEPTH)
        if depth >= DEPTH:
            self.reorganized = True
            self.replaced(self.chain.drop(depth), depth + 1, again=again)

    @rule(method=st.sampled_from(METHODS), calls=st.integers(0, 3), deep=st.booleans())
    def fork_soon(self, method: str, calls: int, deep: bool) -> None:
        """The newest blocks are replaced right before such a question, in the middle of a look."""
        self.fork_at, self.calls_until_fork, self.fork_goes_deep = method, calls, deep

    @rule(number=st.integers(1, 5))
    def give_out(self, number: int) -> None:
        """An address is given out that nobody could have paid before."""
        if ADDRESSES[number] not in (*self.books.addresses, *self.books.retired):
            self.books.addresses.append(ADDRESSES[number])

    @rule()
    def retire(self) -> None:
        """A session ended long ago."""
        if len(self.books.addresses) > 1:
            self.books.retired.append(self.books.addresses.pop())

    @rule(
        which=st.integers(0, 1),
        fault=st.sampled_from(
            [
                "",
                "lag",
                "away",
                "drops",
                "chain",
                "null",
                "absent",
                "stalls",
                "jumps",
                "back",
                "range",
                "topics",
                "stale",
                "log_lag",
                "log_lag",
                "log_lag",
            ]
        ),
    )
    def disorder(self, which: int, fault: str) -> None:
        """One node goes out of order, the other is well again."""
        for node in self.nodes:
            node.faults = Faults()
        faults = self.nodes[which].faults
        match fault:
            case "lag":
                faults.lag = 3
            case "away":
                faults.away = True
            case "drops":
                faults.drops_logs = True
            case "chain":
                faults.other_chain = True
            case "range":
                faults.range_max = 2
            case "topics":
                faults.topics_max = 1
            case "stale":
                faults.stale_head = True
            case "log_lag":
                faults.log_lag = 4
            case _:
                faults.tag = fault

    @rule(looks=st.integers(1, 3))
    def look(self, looks: int) -> None:
        """The watcher looks."""
        for _ in range(looks):
            self.looked(self.watcher)

    def looked(self, watcher: Watcher) -> Look | None:
        try:
            look: Look = self.run(watcher.look())
        except Crash:
            self.watcher = self.started()
            return None
        return look

    @rule()
    def look_twice_over(self) -> None:
        """A watcher that does not know that another has taken over looks, too."""
        self.looked(self.other)

    @rule(writes=st.integers(0, 3), after=st.booleans())
    def die_soon(self, writes: int, after: bool) -> None:
        """The process dies at a write: before it, or right after its commit."""
        self.books.crash_in, self.books.crash_after = writes, after

    @rule()
    def restart(self) -> None:
        """A new process goes on from the books."""
        self.watcher = self.started()

    @rule(seconds=st.integers(-3_600, 3_600))
    def clock_steps(self, seconds: int) -> None:
        """The clock is put forward or back."""
        self.now += seconds * 1_000

    @invariant()
    def nothing_final_is_off_the_chain(self) -> None:
        """What counts is on the chain, unless what was final was replaced."""
        if not self.reorganized:
            chain = {block.hash for block in self.chain.canonical}
            assert all(money.block.hash in chain for money in self.books.final())

    def walk(self, choice: random.Random, steps: int) -> None:
        """Things happen by chance, the same for the same seed."""
        self.begins()
        for _ in range(steps):
            match choice.randrange(10):
                case 0 | 1 | 2:
                    batch = [(choice.randrange(6), choice.randrange(6), choice.randint(1, 100)) for _ in range(3)]
                    self.mine([(batch, True)], choice.randint(1, 3))
                case 3:
                    self.fork(choice.randint(1, 3), choice.random() < 0.7, 1)
                case 4:
                    fault = choice.choice(FAULTS)
                    self.disorder(0 if self.alone else choice.randrange(2), "log_lag" if self.alone else fault)
                case 5 | 6:
                    self.fork_soon(choice.choice(METHODS), choice.randrange(3), choice.random() < 0.4)
                case 7 if choice.random() < 0.3:
                    self.retire()
                case 7:
                    self.give_out(choice.randint(1, 5))
                case 8:
                    self.die_soon(choice.randrange(3), choice.random() < 0.5)
                case _:
                    self.clock_steps(choice.randint(-100, 100))
            if choice.random() < 0.7:
                self.look(1)
            self.nothing_final_is_off_the_chain()
            self.after_step(choice)

    def after_step(self, choice: random.Random) -> None:
        """For stories that have more to do."""

    def comes_to_rest(self) -> None:
        """Everything is well again and nothing new comes: then the books equal the chain."""
        for node in self.nodes:
            node.faults = Faults()
        self.fork_at = self.books.crash_in = None
        for _ in range(2 * DEPTH + 4):
            self.chain.mine()
        self.chain.finalized = self.chain.head.number - DEPTH + 1
        for _ in range(60):
            self.now += PATIENCE_MS
            look = self.looked(self.watcher)
            if look is not None and not look.moved and look.trouble is None:
                break
        view = self.books.state
        assert view is not None
        assert view.tip.hash == self.chain.head.hash or not self.run(self.books.is_awaited())
        assert view.final.number == self.chain.finalized
        assert view.sweep is not None and view.final.number - view.sweep.first <= self.network.sweep_blocks
        self.balanced(view, view.sweep.first - 1)

    def balanced(self, view: View, swept: int) -> None:
        recent = {*self.books.addresses}
        every = {*recent, *self.books.retired}
        told = [money for money in self.chain.moves(view.final.number) if money.token == TOKEN and money.amount_atomic]
        expected = sorted(
            money
            for money in told
            if {money.recipient, money.sender} & recent
            or ({money.recipient, money.sender} & every and money.block.number <= swept)
        )
        final = self.books.final()
        missing = [money for money in expected if money not in final]
        assert not missing, f"lost: {missing}"
        extra = [money for money in final if money not in told]
        assert not extra, f"made up: {extra}"
        assert len(final) == len(set(final)), "doubled"
        assert not any(entry.doubt for entry in self.books.entries), "doubted without a reason"


class StoryByTag(Story):
    """The same, where a node's tag says what is final."""

    finality = Finality(DEPTH, Tag.FINALIZED)


def settled(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=[*HealthCheck],
        print_blob=True,
    )


@pytest.mark.parametrize("story", [Story, StoryByTag])
def test_the_books_equal_the_canonical_chain(story: type[Story]) -> None:
    """Through forks, lagging and lying nodes, restarts, duplicates and clock steps nothing is lost and nothing is
    doubled."""
    run_state_machine_as_test(story, settings=settled(120))


def test_a_clock_that_goes_back_does_not_prolong_a_wait() -> None:
    """What was final is replaced, and the clock is put back by an hour: the wait begins at the new time."""
    story = Story()
    story.begins()
    story.mine([], 1)
    story.mine([], 1)
    story.fork(1, again=False, more=2)
    story.look_twice_over()
    story.fork_past_finality(4, again=False)
    story.look(1)
    story.clock_steps(-3_600)
    story.looked(story.watcher)
    story.now += PATIENCE_MS
    look = story.looked(story.watcher)
    assert look is not None
    assert look.trouble is Trouble.REORGANIZED
    story.teardown()


class NoParentCheck(Watcher):
    """Takes the next height for the next block."""

    def _stands_on(self, tip: Point, header: Header) -> bool:
        return True

    async def _fork(self, node: Node, view: View, head: Header) -> Point | None:
        return None


class NothingIsAnAnswer(Watcher):
    """Believes `[]`, whether or not the node has the block."""

    async def _holds(self, node: Node, block: Point) -> bool:
        return True

    async def _still_ends(self, node: Node, view: View, first: int, end: Point) -> None:
        return None


class KeyedByLogIndex(Watcher):
    """Names a transfer by its place in the block."""

    def _identified(self, money: Money, log: Log) -> Money:
        return money._replace(ordinal=log.log_index)


class CursorFirst(Watcher):
    """Notes how far it has read, and writes down what it found afterwards."""

    async def _write(self, change: Change) -> None:
        await super()._write(change._replace(booked=()))
        if change.booked:
            view = await self._view()
            await super()._write(Change(view.version, view.final, booked=change.booked, sweep=view.sweep))


class EndsNotCompared(Watcher):
    """Reads a range and does not look whether it was of this chain, before and after."""

    async def _end_of(self, node: Node, view: View, first: int, last: int) -> Point:
        header = await node.header_by_number(last)
        if header is None:
            return await super()._end_of(node, view, first, last)
        return point_of(header)

    async def _still_ends(self, node: Node, view: View, first: int, end: Point) -> None:
        return None


class EverythingRevives(Watcher):
    """Takes what comes back under an old name for what it was."""

    async def _money(self, *args: Any) -> list[Money]:
        found = await super()._money(*args)
        books = self.books
        assert isinstance(books, MemoryBooks)
        was = {(one.money.tx_hash, one.money.ordinal): one.money for one in books.entries}
        return [was.get((one.tx_hash, one.ordinal), one)._replace(block=one.block) for one in found]


class ReceiptNotRead(Watcher):
    """Takes a log for its own place in its receipt."""

    async def _money(
        self, node: Node, logs: Sequence[Log], blocks: Mapping[int, Block], addresses: Sequence[str]
    ) -> list[Money]:
        found = []
        for log in logs:
            moved = transferred(log)
            assert moved is not None
            found.append(Money(log.tx_hash, 0, *moved[:3], moved.amount_atomic, blocks[log.block_number]))
        return found


class OneNodeIsEnough(Watcher):
    """Concludes by one node without asking the other."""

    async def _compare(self, *_: Any) -> bool | None:
        return None


BROKEN = [
    NoParentCheck,
    NothingIsAnAnswer,
    KeyedByLogIndex,
    CursorFirst,
    EndsNotCompared,
    EverythingRevives,
    ReceiptNotRead,
    OneNodeIsEnough,
]


STORIES_MAX = 400


def lasts(watcher: type[Watcher], seed: int) -> bool:
    """Whether a watcher comes through one story; the same for the same seed."""
    story = Story()
    story.watcher_type, story.alone = watcher, seed % 2 == 1
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
def test_a_broken_watcher_is_caught(broken: type[Watcher]) -> None:
    """Each check that is left out is found by one of the stories that the watcher comes through, so each is needed."""
    caught = next((seed for seed in range(STORIES_MAX) if not lasts(broken, seed)), None)
    assert caught is not None
    assert lasts(Watcher, caught)
