"""Jobs: claimed under a lease, run at least once, retried, and in nobody's way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from keyturn.database import Database, migrate, open_database
from keyturn.stores import sql as keys
from tests.makers import Counter, counter_over, execute, one, rows, settle
from tests.shop import eventually
from tillgate import store
from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.pages import PageRequest
from tillgate.store import Transaction
from tillgate.store.bell import Bell
from tillgate.store.jobs import Again, Due, Job, JobState, JobWorker, Kind, enqueue, list_jobs, operations, retry_job
from tillgate.store.jobs.kinds import GAPS_MS, kinds_by_name
from tillgate.store.jobs.operations import NO_END
from tillgate.store.jobs.records import counts

pytestmark = pytest.mark.anyio


async def nothing(_: Job) -> None:
    """A job that has nothing to do."""


class Desk:
    """Jobs over one database, claimed and recorded by hand."""

    def __init__(self, counter: Counter, *kinds: Kind) -> None:
        self.counter = counter
        self.database = counter.database
        self.kinds = kinds_by_name(kinds)

    async def enqueue(self, kind: str, key: str, project_id: str | None = None, **more: Any) -> None:
        now = self.counter.clock.now()
        await self.database.write(
            lambda tx: enqueue(
                tx, Bell(), kind=kind, key=key, project_id=project_id, payload={"said": key}, now=now, **more
            )
        )

    async def claim(self, limit: int = 100, *, database: Database | None = None, owner: str = "one") -> list[Job]:
        now = self.counter.clock.now()
        return await (database or self.database).write(
            lambda tx: operations.claim_due(tx, self.kinds, owner=owner, now=now, limit=limit)
        )

    async def done(self, job: Job, again: Again | None = None) -> bool:
        now, again_ms = self.counter.clock.now(), again.after_ms if again is not None else None
        return await self.database.write(
            lambda tx: operations.record_done(tx, self.kinds[job.kind], job, again_ms=again_ms, now=now)
        )

    async def fail(self, job: Job, reason: str = "it broke") -> None:
        now = self.counter.clock.now()
        await self.database.write(lambda tx: operations.record_failure(tx, self.kinds[job.kind], job, reason, now))

    async def jobs(self, state: JobState | None = None) -> list[Job]:
        now = self.counter.clock.now()
        return (await self.database.read(lambda tx: list_jobs(tx, PageRequest(100), state=state, now=now))).data


async def desk_over(database: Database, *kinds: Kind) -> Desk:
    return Desk(await counter_over(database), *kinds)


@contextlib.asynccontextmanager
async def working(worker: JobWorker) -> AsyncIterator[None]:
    """While this block runs, so does the worker."""
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_job_is_there_if_its_transaction_is(database: Database) -> None:
    """It is written with what asks for it, or not at all; once for each key."""
    desk = await desk_over(database, Kind("mail", nothing))

    async def undone(tx: Transaction) -> None:
        await enqueue(tx, Bell(), kind="mail", key="a", project_id=None, payload={}, now=1)
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        await database.write(undone)
    assert await desk.jobs() == []
    await desk.enqueue("mail", "a")
    await desk.enqueue("mail", "a")
    [job] = await desk.claim()
    assert (job.key, job.payload, job.attempts, await desk.claim()) == ("a", {"said": "a"}, 1, [])
    assert await desk.done(job)
    assert await desk.jobs() == []


async def test_many_workers_at_once_claim_each_job_once(database: Database, database_url: str) -> None:
    """And no more than their kind has room for, over all of them."""
    desk = await desk_over(database, Kind("mail", nothing, at_once=30, per_project=30), Kind("pdf", nothing, at_once=3))
    for number in range(40):
        await desk.enqueue("mail", f"m{number}")
        await desk.enqueue("pdf", f"p{number}", desk.counter.project_id if number % 2 else None)
    others = [await open_database(database_url) for _ in range(4)]
    try:
        claims = (desk.claim(7, database=own, owner=str(place)) for own in others * 3 for place in range(2))
        done = await settle(*claims)
    finally:
        for own in others:
            await own.close()
    assert done.errors == []
    taken = [job for claimed in done.answers for job in claimed]
    assert len({job.id for job in taken}) == len(taken)
    by_kind = {kind: sum(job.kind == kind for job in taken) for kind in ("mail", "pdf")}
    # One of each of the two projects: a kind that says nothing else runs one at a time for each.
    assert by_kind == {"mail": 30, "pdf": 2}


async def test_a_lease_that_ran_out_is_taken_by_another(database: Database) -> None:
    """From then on the first worker's result counts no more."""
    kind = Kind("mail", nothing)
    desk = await desk_over(database, kind)
    await desk.enqueue("mail", "a")
    [first] = await desk.claim()
    desk.counter.clock.forward(kind.lease_ms - 1)
    assert await desk.claim() == []
    desk.counter.clock.forward(1)
    [second] = await desk.claim(owner="two")
    assert (second.id, second.attempts, second.lease_owner) == (first.id, 2, "two")
    assert not await desk.done(first)
    assert await desk.done(second)


async def test_what_is_asked_for_again_while_it_runs_runs_again(database: Database) -> None:
    """Whoever runs it may have looked before; the newest payload counts."""
    desk = await desk_over(database, Kind("mail", nothing))
    await desk.enqueue("mail", "a")
    [first] = await desk.claim()
    await desk.enqueue("mail", "a")
    assert not await desk.done(first)
    [second] = await desk.claim()
    assert (second.id, second.attempts) == (first.id, 1)


async def test_a_job_that_always_fails_ends_with_its_reason(database: Database) -> None:
    """After six attempts on a schedule; nothing but a retry brings it back, with all its attempts."""
    desk = await desk_over(database, Kind("mail", nothing))
    await desk.enqueue("mail", "a")
    for gap in GAPS_MS:
        [job] = await desk.claim()
        await desk.fail(job)
        desk.counter.clock.forward(gap - 1)
        assert await desk.claim() == []
        desk.counter.clock.forward(1)
    [last] = await desk.claim()
    await desk.fail(last, "no such address")
    desk.counter.clock.forward(DAY_MS)
    assert await desk.claim() == []
    [failed] = await desk.jobs(JobState.FAILED)
    assert (failed.error, failed.run_at, failed.attempts) == ("no such address", None, len(GAPS_MS) + 1)
    await database.write(lambda tx: retry_job(tx, Bell(), failed.id, desk.counter.clock.now()))
    [again] = await desk.claim()
    assert (again.id, again.attempts) == (failed.id, 1)
    assert await desk.done(again)
    with pytest.raises(NotFound):
        await database.write(lambda tx: retry_job(tx, Bell(), failed.id, desk.counter.clock.now()))


async def test_only_what_has_failed_is_retried(database: Database) -> None:
    """A job that waits for its turn keeps its place."""
    desk = await desk_over(database, Kind("mail", nothing))
    await desk.enqueue("mail", "a")
    [job] = await desk.jobs()
    with pytest.raises(Conflict):
        await database.write(lambda tx: retry_job(tx, Bell(), job.id, desk.counter.clock.now()))


async def test_a_job_that_kills_its_worker_ends_too(database: Database) -> None:
    """An attempt counts when it begins, so that a job which takes its process down is not tried for ever."""
    kind = Kind("pdf", nothing)
    desk = await desk_over(database, kind)
    await desk.enqueue("pdf", "a")
    for _ in range(kind.attempts_max):
        [_job] = await desk.claim()
        desk.counter.clock.forward(kind.lease_ms)
    assert await desk.claim() == []
    [failed] = await desk.jobs(JobState.FAILED)
    assert failed.error == NO_END


async def test_thousands_of_one_project_keep_no_other_waiting(database: Database) -> None:
    """The first claim has both; a kind's places are shared project by project."""
    desk = await desk_over(database, Kind("mail", nothing, at_once=8, per_project=4), Kind("pdf", nothing))
    small = await counter_over(database, desk.counter.clock)

    async def many(tx: Transaction) -> None:
        for number in range(2_000):
            await enqueue(
                tx, Bell(), kind="mail", key=f"m{number}", project_id=desk.counter.project_id, payload={}, now=1
            )

    await database.write(many)
    await desk.enqueue("mail", "one", small.project_id)
    await desk.enqueue("pdf", "one")
    claimed = await desk.claim(8)
    keys = [job.key for job in claimed]
    assert len(claimed) == 6
    assert keys.count("one") == 2


async def test_recurring_work_has_one_row_and_never_ends(database: Database) -> None:
    """However often it fails: it is shown as failed, and comes again."""
    kind = Kind("sweep", nothing, every_ms=HOUR_MS, gaps_ms=(SECOND_MS,))
    desk = await desk_over(database, kind)
    for _ in range(2):
        now = desk.counter.clock.now()
        await database.write(lambda tx, now=now: operations.ensure_recurring(tx, [kind], now))
    [job] = await desk.claim()
    assert await desk.done(job)
    assert await desk.claim() == []
    desk.counter.clock.forward(HOUR_MS)
    for _ in range(2):
        [job] = await desk.claim()
        await desk.fail(job)
        desk.counter.clock.forward(SECOND_MS)
    [failed] = await desk.jobs(JobState.FAILED)
    assert failed.error == "it broke"
    desk.counter.clock.forward(HOUR_MS)
    [job] = await desk.claim()
    assert await desk.done(job)
    assert [one.state(desk.counter.clock.now()) for one in await desk.jobs()] == [JobState.WAITING]


async def test_what_failed_for_good_is_dropped_after_90_days(database: Database) -> None:
    """Not a millisecond less."""
    desk = await desk_over(database, Kind("mail", nothing, gaps_ms=()))
    await desk.enqueue("mail", "a")
    [job] = await desk.claim()
    await desk.fail(job)
    desk.counter.clock.forward(operations.KEPT_MS)
    assert await database.write(lambda tx: operations.drop_old(tx, desk.counter.clock.now())) == 0
    desk.counter.clock.forward(1)
    assert await database.write(lambda tx: operations.drop_old(tx, desk.counter.clock.now())) == 1


async def test_a_job_that_hangs_is_stopped_and_the_others_run(database: Database) -> None:
    """Even one that does not let itself be stopped; the reason says for how long it ran."""
    ran: list[str] = []
    stubborn = asyncio.Event()

    async def run(job: Job) -> None:
        ran.append(job.key)
        while job.key == "stuck" and not stubborn.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await stubborn.wait()

    bell = Bell()
    kind = Kind("mail", run, seconds_max=0.05, at_once=1)
    desk = await desk_over(database, kind)
    await desk.enqueue("mail", "stuck")
    await desk.enqueue("mail", "quick", desk.counter.project_id)
    async with working(JobWorker(database, desk.counter.clock, [kind], bell)):
        [job] = await eventually(lambda: _failing(desk, "stuck"))
        await eventually(lambda: "quick" in ran)
        stubborn.set()
    assert job.error == "It was stopped because it had not ended after 0.05 seconds."


async def _failing(desk: Desk, key: str) -> list[Job]:
    return [job for job in await desk.jobs() if job.key == key and job.error is not None]


async def test_the_worker_tells_what_came_of_each_attempt(database: Database) -> None:
    """A failure is kept on one line, without what a database cannot keep; an answer brings it back, or ends it."""
    answers: list[Callable[[], Awaitable[Again | None]]] = []

    async def run(_: Job) -> Again | None:
        return await answers.pop(0)()

    async def fails() -> Again | None:
        raise RuntimeError("no\nroute\0 to host")

    async def again() -> Again | None:
        return Again()

    async def ends() -> Again | None:
        return None

    counted: list[tuple[str, bool]] = []
    answers += [fails, again, ends]
    kind = Kind("mail", run, gaps_ms=(MINUTE_MS,))
    desk = await desk_over(database, kind)
    worker = JobWorker(
        database, desk.counter.clock, [kind], Bell(), count=lambda name, failed: counted.append((name, failed))
    )
    await desk.enqueue("mail", "a")
    async with working(worker):
        [job] = await eventually(lambda: _failing(desk, "a"))
        assert job.error == "RuntimeError: no route to host"
        desk.counter.clock.forward(MINUTE_MS)
        await eventually(lambda: len(counted) == 3)

        async def over() -> bool:
            return await desk.jobs() == []

        await eventually(over)
    assert counted == [("mail", True), ("mail", False), ("mail", False)]


async def test_an_idle_worker_asks_a_sqlite_file_nothing(tmp_path: Any) -> None:
    """It looks at the file's version; only what was committed, or an instant that has come, makes it look."""
    database = await open_database(f"sqlite:///{tmp_path / 'idle.db'}")
    try:
        await migrate(database, [*keys.migrations(), *store.migrations()], now=1)
        counter = await counter_over(database)
        kind = Kind("sweep", nothing, every_ms=HOUR_MS)
        worker = JobWorker(database, counter.clock, [kind], Bell())
        [job] = await worker._claim()
        await worker._perform(job)
        assert await worker._claim() == []
        looks = _count_reads(database)
        for _ in range(5):
            assert await worker._claim() == []
        assert looks == []
        await execute(database, "UPDATE jobs SET updated_at = updated_at + 1")
        assert await worker._claim() == []
        counter.clock.forward(HOUR_MS)
        assert len(await worker._claim()) == 1
        assert len(looks) == 2
    finally:
        await database.close()


def _count_reads(database: Any) -> list[int]:
    looks: list[int] = []
    read = database.read

    async def counting(*args: Any, **more: Any) -> Any:
        looks.append(1)
        return await read(*args, **more)

    database.read = counting
    return looks


async def test_work_that_is_found_by_an_index_gets_its_job_when_it_is_due(database: Database) -> None:
    """One for each project, which is found again once it is done."""
    wanted: list[str] = []

    async def due(tx: Transaction, now: int) -> Due:
        found = await tx.fetch_all("SELECT key FROM jobs WHERE kind = 'sum' LIMIT 9")
        return Due([one for one in wanted if one not in {row["key"] for row in found}], None)

    desk = await desk_over(database, Kind("sum", nothing, due=due))
    assert await desk.claim() == []
    wanted.append(desk.counter.project_id)
    [job] = await desk.claim()
    assert (job.key, job.project_id, await desk.claim()) == (desk.counter.project_id, desk.counter.project_id, [])
    assert await desk.done(job)
    [again] = await desk.claim()
    assert again.id != job.id


async def test_each_kind_is_counted_by_state(database: Database) -> None:
    """A job is in one state at a time, whatever its row says of an earlier one."""
    desk = await desk_over(database, Kind("mail", nothing, gaps_ms=(), per_project=2))
    for key in ("a", "b", "c"):
        await desk.enqueue("mail", key)
    first, _second = await desk.claim()
    await desk.fail(first)
    now = desk.counter.clock.now()
    [found] = await database.read(lambda tx: counts(tx, now))
    assert (found.kind, found.waiting, found.running, found.failed) == ("mail", 1, 1, 1)
    assert await one(database, "SELECT COUNT(*) FROM jobs") == 3
    assert [row["state"] for row in await rows(database, "SELECT state FROM jobs ORDER BY state")].count("failed") == 1


def test_a_kind_that_makes_no_sense_is_refused() -> None:
    """When it is declared, not when its first job is claimed."""
    for wrong in ([Kind("a b", nothing)], [Kind("a", nothing), Kind("a", nothing)], [Kind("a", nothing, at_once=0)]):
        with pytest.raises(ValueError):
            kinds_by_name(wrong)
