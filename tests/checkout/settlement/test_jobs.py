"""The checkout's own jobs: found when they are due, project by project, and stopped by no session that is broken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from keyturn.database import Database, migrate, open_database
from keyturn.stores import sql as keys
from tests.makers import LIFETIME_MS, Counter, counter_over, execute, one, rows
from tests.rails.toy import ToyRail
from tests.shop import eventually
from tillgate import store
from tillgate.base.clock import DAY_MS
from tillgate.base.invariants import present
from tillgate.checkout.payments.model import CaptureMethod
from tillgate.checkout.refunds import sending
from tillgate.checkout.refunds.model import RefundReason, RefundStatus
from tillgate.checkout.refunds.operations import NewRefund, create_refund, get_refund
from tillgate.checkout.settlement import expiring
from tillgate.checkout.settlement.jobs import kinds
from tillgate.checkout.settlement.simulating import Outcome
from tillgate.events.log import ensure_identity
from tillgate.rails.port import Movement, MovementStatus, Rails
from tillgate.store import Transaction
from tillgate.store.jobs import Due, JobWorker, Kind

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def working(counter: Counter, *more: Kind) -> AsyncIterator[None]:
    """While this block runs, so does the worker of the checkout's jobs."""
    declared = [*kinds(counter.context, counter.database), *more]
    worker = JobWorker(counter.database, counter.clock, declared, counter.wake.jobs)
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def expired(counter: Counter) -> int:
    found: int = await one(
        counter.database,
        "SELECT COUNT(*) FROM checkout_sessions WHERE status = 'expired' AND project_id = $1",
        counter.project_id,
    )
    return found


async def test_sessions_of_all_projects_expire_and_leave_no_job(database: Database) -> None:
    """More than a run's batches of one, and one of another; authorizations lapse beside them."""
    big = await counter_over(database)
    small = await counter_over(database, big.clock)
    for _ in range(expiring.EXPIRE_BATCH_MAX + 5):
        await big.session()
    held = await small.session(capture_method=CaptureMethod.MANUAL)
    await small.simulate(held.id, Outcome.AUTHORIZED)
    await small.session()
    async with working(big):
        big.clock.forward(LIFETIME_MS)

        async def all_expired() -> bool:
            return (await expired(big), await expired(small)) == (expiring.EXPIRE_BATCH_MAX + 5, 1)

        await eventually(all_expired)
        big.clock.forward(7 * DAY_MS)

        async def lapsed() -> bool:
            return (await small.read(held.id)).status.value == "failed"

        await eventually(lapsed)

        async def none_left() -> bool:
            return await rows(database, "SELECT id FROM jobs") == []

        await eventually(none_left)


async def test_a_session_that_cannot_expire_keeps_no_other_waiting(database: Database) -> None:
    """It once stopped the expiry of every session on the server. It is a failed job with its reason; the others expire,
    and so does it once it is mended."""
    counter = await counter_over(database)
    broken, *others = [await counter.session() for _ in range(3)]
    await execute(database, "UPDATE checkout_sessions SET currency = 'broken' WHERE id = $1", broken.id)
    async with working(counter):
        counter.clock.forward(LIFETIME_MS)

        async def the_others() -> bool:
            return await expired(counter) == len(others)

        await eventually(the_others)

        async def noted() -> bool:
            return len(await rows(database, "SELECT id FROM jobs WHERE key = $1", broken.id)) == 1

        await eventually(noted)
        [job] = await rows(database, "SELECT * FROM jobs WHERE key = $1", broken.id)
        assert (job["kind"], job["project_id"], job["attempts"]) == ("sessions.expire", counter.project_id, 1)
        assert job["error"]
        await execute(database, "UPDATE checkout_sessions SET currency = 'USD' WHERE id = $1", broken.id)
        counter.clock.forward(DAY_MS)

        async def mended() -> bool:
            return await expired(counter) == 3 and await rows(database, "SELECT id FROM jobs") == []

        await eventually(mended)


async def test_what_waits_for_its_rail_writes_nothing(database: Database) -> None:
    """A session whose network has not been looked at that far makes no job, however often it is looked for."""
    counter = await counter_over(database)
    rail = ToyRail()
    counter.context = counter.context._replace(rails=Rails(rail, None))
    rail.looked = counter.clock.now()
    session = await counter.session()
    counter.clock.forward(2 * LIFETIME_MS)
    expiry, *_ = kinds(counter.context, database)

    async def due(tx: Transaction) -> Due:
        return await present(expiry.due, "how it is found")(tx, counter.clock.now())

    for _ in range(2):
        assert await database.read(due) == ((), counter.clock.now() + 1)
    rail.looked = counter.clock.now()
    assert (await database.read(due)).project_ids == [counter.project_id]
    async with working(counter):

        async def over() -> bool:
            return (await counter.read(session.id)).status.value == "expired"

        await eventually(over)


async def test_a_refund_that_its_rail_sends_is_sent_by_a_job(database: Database) -> None:
    """Written with the refund; asked for outside of its transaction until it has ended, each refund once."""
    counter = await counter_over(database)
    rail = ToyRail()
    counter.context = counter.context._replace(rails=Rails(rail, None))
    session = await counter.simulate((await counter.session()).id, Outcome.PAID)
    new = NewRefund(session.payment.id, RefundReason.OTHER, "1.00")
    refund = await database.write(lambda tx: create_refund(counter.context, tx, counter.principal, new))
    [job] = await rows(database, "SELECT * FROM jobs")
    assert (job["kind"], job["key"], job["project_id"]) == ("refunds.send", refund.id, counter.project_id)

    async def read() -> RefundStatus:
        return (await database.read(lambda tx: get_refund(tx, counter.principal, refund.id))).status

    async with working(counter, sending.kind(counter.context, database)):

        async def asked_once() -> bool:
            [found] = await rows(database, "SELECT * FROM jobs")
            return bool(found["run_at"] > counter.clock.now())

        await eventually(asked_once)
        assert await read() is RefundStatus.PENDING
        rail.sent[refund.id] = Movement(MovementStatus.DONE, "0x" + "a" * 64)
        counter.clock.forward(sending.ASK_AGAIN_MS)

        async def gone() -> bool:
            return await read() is RefundStatus.SUCCEEDED and await rows(database, "SELECT id FROM jobs") == []

        await eventually(gone)


async def test_sessions_that_were_open_before_there_were_jobs_expire(database_url: str) -> None:
    """A database of the version before, with open sessions that fell due while it was upgraded."""
    opened = await open_database(database_url)
    try:
        every = [*keys.migrations(), *store.migrations()]
        [jobs] = [one.number for one in every if (one.house, one.name) == ("tillgate", "jobs")]
        before = [one for one in every if one.house != "tillgate" or one.number != jobs]
        await migrate(opened, before, now=1)
        await ensure_identity(opened)
        counter = await counter_over(opened)
        for _ in range(3):
            await counter.session()
        counter.clock.forward(LIFETIME_MS)
        await migrate(opened, every, now=2)
        async with working(counter):

            async def all_expired() -> bool:
                return await expired(counter) == 3

            await eventually(all_expired)
    finally:
        await opened.close()
