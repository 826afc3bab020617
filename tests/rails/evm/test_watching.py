"""Networks that an operator names are watched without a restart, and paused ones go on to be."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from keyturn.database import Database
from tests.makers import rows
from tests.rails.evm.anvil import CHAIN_ID, Anvil, running_anvil
from tests.rails.evm.watching import CONFIRMATIONS, Watching, watching_over
from tests.shop import eventually
from tillgate.base import ids
from tillgate.base.clock import SystemClock
from tillgate.checkout.settlement.watching import LivePayments
from tillgate.rails.evm import model, watching
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.networks.model import Finality, Limits, Network, Token
from tillgate.rails.evm.networks.operations import NewNetwork, NewToken
from tillgate.rails.evm.node import Tag
from tillgate.rails.evm.rpc import NodeUrl
from tillgate.rails.evm.worker import LEASE_MS, PAUSE_MS_FAILED_MAX
from tillgate.store import Sealer
from tillgate.store.sealing import new_key

pytestmark = pytest.mark.anyio


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with running_anvil() as node:
        node.mine(CONFIRMATIONS)
        yield node


@pytest.fixture
async def shop(database: Database, anvil: Anvil, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watching]:
    """A checkout with the watchers of a server, and no network yet."""
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    opened = await watching_over(database, anvil.token, [])
    watchers = watching.ChainWatchers(
        database, opened.counter.sealer, SystemClock(), LivePayments(opened.counter.context)
    )
    task = asyncio.create_task(watchers.run())
    yield opened
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_network_is_watched_from_when_it_is_named_also_while_it_is_paused(anvil: Anvil, shop: Watching) -> None:
    """No restart: the payment is seen after the network and its token were added, and one for what was offered before a
    pause is seen after it."""
    database, sealer = shop.counter.database, shop.counter.sealer
    now = SystemClock().now()
    new = NewNetwork("anvil", [anvil.url], chain_id=CHAIN_ID, confirmations=CONFIRMATIONS)
    asked = await operations.ask(new, now, dev=True)
    await database.write(lambda tx: operations.add(tx, sealer, asked))
    token = await operations.ask_token(database, sealer, NewToken("anvil", anvil.token, "USD", "TUSD"))
    await database.write(lambda tx: operations.add_token(tx, token, now))

    async def begun() -> bool:
        found = await rows(database, "SELECT final_number FROM watched_chains WHERE final_number IS NOT NULL")
        return bool(found)

    await eventually(begun)
    session, other = await shop.counter.session("50.00"), await shop.counter.session("60.00")
    anvil.pay(session.payment.terms.address, session.payment.terms.amount_atomic)
    anvil.mine(CONFIRMATIONS)

    async def is_paid() -> bool:
        return await shop.status(session) == "paid"

    await eventually(is_paid)
    await database.write(lambda tx: operations.pause(tx, "anvil", now))

    anvil.pay(other.payment.terms.address, other.payment.terms.amount_atomic)
    anvil.mine(CONFIRMATIONS)

    async def is_paid_too() -> bool:
        return await shop.status(other) == "paid"

    await eventually(is_paid_too)


@pytest.fixture
def unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other at once."""
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.001)


async def test_a_network_that_cannot_be_opened_is_told_once_and_rests(database: Database, unopened: None) -> None:
    """Ever longer between two attempts, one line in the log, and at once when the operator gives its nodes again."""
    shop = await watching_over(database, "0x" + "11" * 20, [])
    now = SystemClock().now()
    network = operations.Asked(
        Network(
            ids.new_id(ids.NETWORK), "anvil", "Anvil", CHAIN_ID, None, Finality.DEPTH, 4, "anvil", "ETH", None, True,
            Limits(1_000, 100, 100, takes_batches=True), None, now, now, now,
        ),
        [NodeUrl("http://127.0.0.1:1/key")],
        [],
        [Token(CHAIN_ID, "0x" + "11" * 20, "TUSD", 6, "USD", False, None)],
        [],
    )  # fmt: skip
    await database.write(lambda tx: operations.add(tx, Sealer(new_key()), network))
    seconds = 0.0
    attempts: list[float] = []
    looked = 0

    class Counted(watching.ChainWatchers):
        async def _watch(self, one: watching._InUse) -> None:
            attempts.append(seconds)
            await super()._watch(one)

        async def _follow(self, in_use: list[watching._InUse]) -> None:
            nonlocal looked
            await super()._follow(in_use)
            looked += 1

    watchers = Counted(
        database, shop.counter.sealer, SystemClock(), LivePayments(shop.counter.context), monotonic=lambda: seconds
    )

    async def has_looked(times: int = 10) -> None:
        nonlocal looked
        looked = 0

        async def enough() -> bool:
            return looked >= times

        await eventually(enough)

    with capture_logs() as logged:
        task = asyncio.create_task(watchers.run())
        for _ in range(50):
            await has_looked(3)
            seconds += 0.001
        assert 1 < len(attempts) < 12
        told = [line for line in logged if line["event"] == "watcher.not_started"]
        assert len(told) == 1
        assert "tillgate networks add" in told[0]["detail"]
        seconds += 2 * watching.REST_SECONDS_MAX
        await has_looked()
        count = len(attempts)
        await database.write(lambda tx: operations.add(tx, shop.counter.sealer, network))
        await database.write(lambda tx: operations.pause(tx, "anvil", now + 1))

        async def again() -> bool:
            return len(attempts) > count and not any(task.done() for task in watchers._running.values())

        await eventually(again)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await shop.close()


async def test_a_look_that_finds_nothing_writes_nothing(database: Database, anvil: Anvil) -> None:
    """Only the lease is written, twice in its time; what a look found is, when it is something else."""
    shop = await watching_over(database, anvil.token, [anvil.url])
    milliseconds = 0
    worker = shop.started(monotonic_ms=lambda: milliseconds)
    await worker.work()
    writes = 0
    write = database.write

    async def counted(operation: Any) -> Any:
        nonlocal writes
        writes += 1
        return await write(operation)

    database.write = counted  # type: ignore[method-assign, assignment]
    for _ in range(5):
        await worker.work()
    assert writes == 0
    milliseconds += LEASE_MS // 2
    await worker.work()
    assert writes == 2
    anvil.mine()
    look = await worker.work()
    assert look is not None and look.head == anvil.head
    assert writes > 2
    database.write = write  # type: ignore[method-assign]
    await shop.close()


@pytest.mark.parametrize("tag", [None, Tag.FINALIZED])
async def test_a_look_at_a_head_that_stands_still_costs_one_request(
    database: Database, anvil: Anvil, tag: Tag | None
) -> None:
    """The head, and the tag where one is waited for, in one batch; whether a session waits or not. Blocks that were
    not read for want of a session are asked for once, when there is one."""
    shop = await watching_over(database, anvil.token, [anvil.url], finality=model.Finality(CONFIRMATIONS, tag))
    (node,) = shop.nodes
    anvil.mine(CONFIRMATIONS)
    for session in (False, True):
        if session:
            await shop.counter.session("1.00")
        await shop.look()
        before = node.counts.requests, node.counts.calls.total()
        for _ in range(3):
            look = await shop.look()
            assert (look.trouble, look.moved, look.head) == (None, False, anvil.head)
        assert (node.counts.requests - before[0], node.counts.calls.total() - before[1]) == (3, 6 if tag else 3)
    await shop.close()


async def test_a_worker_that_keeps_failing_is_told_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect in one network's reading is tried again ever more seldom, and is one line in the log."""
    shop = await watching_over(database, "0x" + "11" * 20, [])
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    async def broken() -> None:
        if len(pauses) >= 20:
            raise asyncio.CancelledError
        raise ValueError("a defect")

    monkeypatch.setattr(asyncio, "sleep", noted)
    monkeypatch.setattr(shop.worker, "work", broken)
    with capture_logs() as logged, contextlib.suppress(asyncio.CancelledError):
        await shop.worker.run()
    assert [line["event"] for line in logged] == ["watcher.failed"]
    assert pauses[-1] == PAUSE_MS_FAILED_MAX / 1_000
