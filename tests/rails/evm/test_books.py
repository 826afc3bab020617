"""The books in the database, on SQLite and PostgreSQL: they hold what the model's books hold, and are reported once."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from keyturn.database import Database, migrate, open_database
from keyturn.stores import sql as keys
from tests.databases import lay_out
from tests.rails.evm.model_chain import CHAIN_ID, STRANGER, TOKEN, Crash, MemoryBooks, ModelTransaction, Move
from tests.rails.evm.test_watcher_model import Story
from tillgate import store
from tillgate.base.clock import SystemClock
from tillgate.rails.evm import records
from tillgate.rails.evm.books import SqlBooks
from tillgate.rails.evm.model import Change, Money, Point, TransferState, spoken_ordinal
from tillgate.rails.port import Observation, Sighted
from tillgate.store import Transaction

OWNER = "first"


class Told:
    """Keeps the last report of each transfer."""

    def __init__(self) -> None:
        self.last: dict[tuple[str, int], tuple[str, Observation]] = {}

    async def is_awaited(self, tx: Transaction, now: int) -> bool:
        return True

    async def lately(self, tx: Transaction, now: int) -> list[str]:
        return []

    async def every(self, tx: Transaction, after: str, limit: int) -> list[str]:
        return []

    async def observe(self, tx: Transaction, recipient: str, seen: Sequence[Sighted]) -> Sequence[str | None]:
        for one in seen:
            self.last[one.seen.reference, one.seen.ordinal] = (recipient, one.seen)
        return ["payment"] * len(seen)


class TwinBooks(MemoryBooks):
    """Each change goes into both, and both answer the same."""

    sql: SqlBooks

    async def begin(self, at: Point) -> None:
        await super().begin(at)
        await self.sql.begin(at)

    async def apply(self, change: Change) -> bool:
        before = self.state
        try:
            written = await super().apply(change)
        except Crash:
            if self.state is not before:
                assert await self.sql.apply(change)
            raise
        assert await self.sql.apply(change) is written
        return written

    async def known(self, first: int, last: int, *, final: bool) -> list[Money]:
        told = await super().known(first, last, final=final)
        assert sorted(await self.sql.known(first, last, final=final)) == sorted(told)
        return told

    async def holding(self, token: str, address: str, last: int) -> int:
        held = await super().holding(token, address, last)
        assert await self.sql.holding(token, address, last) == held
        return held


class TwinStory(Story):
    """A story whose books are kept twice."""

    def __init__(self, database_url: str) -> None:
        super().__init__()
        self.books: TwinBooks = TwinBooks(addresses=list(self.books.addresses))
        self.told = Told()
        self.database: Database = self.run(self.opened(database_url))
        self.books.sql = SqlBooks(self.database, SystemClock(), self.told, chain_id=CHAIN_ID, owner=OWNER)
        self.run(self.database.write(lambda tx: records.lease(tx, CHAIN_ID, OWNER, 2, 1)))
        self.watcher, self.other = self.started(), self.started()

    async def opened(self, database_url: str) -> Database:
        await lay_out(database_url)
        database = await open_database(database_url)
        await migrate(database, [*keys.migrations(), *store.migrations()], now=SystemClock().now())
        return database

    def after_step(self, choice: random.Random) -> None:
        if choice.random() < 0.3:
            self.run(self.books.sql.report())

    def agree(self) -> None:
        """The rows say what the model's books say, and so does what was told."""
        view = self.run(self.books.sql.view())
        state = self.books.state
        assert state is not None and view is not None
        assert (view.version, view.final, view.blocks, view.sweep) == (
            state.version,
            state.final,
            state.blocks,
            state.sweep,
        )
        assert {one.hash for one in view.earlier} >= {one.hash for one in state.earlier}
        while self.run(self.books.sql.report()):
            pass
        expected = {}
        for entry in self.books.entries:
            name = (entry.money.tx_hash, spoken_ordinal(entry.money.ordinal, entry.generation))
            expected[name] = (entry.money.recipient, entry.money.amount_atomic, entry.state)
        told: dict[Any, Any] = {}
        for name, (recipient, seen) in self.told.last.items():
            state_told = TransferState.FINAL if seen.confirmed else TransferState.SEEN
            told[name] = (recipient, seen.amount_atomic, TransferState.ORPHANED if seen.reorged else state_told)
        assert told == expected


@pytest.mark.parametrize("seed", range(3))
def test_the_rows_hold_what_the_model_holds(database_url: str, seed: int) -> None:
    """Through forks, deaths and lies every change is there whole or not at all, and the checkout is told the end of
    it."""
    story = TwinStory(database_url)
    try:
        story.walk(random.Random(seed), 40)
        story.comes_to_rest()
        story.agree()
    finally:
        story.run(story.database.close())
        story.loop.close()


def test_a_watcher_that_lost_its_lease_writes_nothing(database_url: str) -> None:
    """Another takes over once the lease has run out; the first one's changes are refused, whatever it believes."""
    story = TwinStory(database_url)
    try:
        story.begins()
        books, database = story.books.sql, story.database
        second = SqlBooks(database, SystemClock(), story.told, chain_id=CHAIN_ID, owner="second")
        view = story.run(books.view())

        def lease(owner: str, until: int, now: int) -> bool:
            held: bool = story.run(database.write(lambda tx: records.lease(tx, CHAIN_ID, owner, until, now)))
            return held

        assert not lease("second", 10, 1)
        assert lease("second", 10, 2)
        assert not lease(OWNER, 20, 9)
        block = Point(view.tip.number + 1, "0x" + "1" * 64, view.tip.hash, view.tip.mined_at + 1)
        change = Change(view.version, view.final, blocks=(block,), sweep=view.sweep)
        assert not story.run(books.apply(change))
        assert story.run(books.view()) == view
        assert story.run(second.apply(change))
        assert not story.run(second.apply(change)), "the version has moved on"
        story.run(database.write(lambda tx: records.release(tx, CHAIN_ID, "second")))
        assert lease(OWNER, 20, 3)
    finally:
        story.run(story.database.close())
        story.loop.close()


def test_amounts_of_256_bits_are_added_exactly(database_url: str) -> None:
    """No database adds them: the sum is the books' own."""
    story = TwinStory(database_url)
    try:
        story.begins()
        ours = story.books.addresses[0]
        large = 2**255
        story.chain.mine([ModelTransaction("0x" + "9" * 64, (Move(TOKEN, STRANGER, ours, large),))])
        story.chain.mine([ModelTransaction("0x" + "8" * 64, (Move(TOKEN, STRANGER, ours, large - 1),))])
        story.comes_to_rest()
        story.agree()
        assert story.run(story.books.sql.holding(TOKEN, ours, 10**6)) == 2**256 - 1
    finally:
        story.run(story.database.close())
        story.loop.close()
