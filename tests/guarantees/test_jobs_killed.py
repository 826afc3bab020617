"""A job whose worker is killed in the middle of it is done by another, once its lease has run out."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from keyturn.database import Database
from tests.makers import counter_over, rows
from tillgate.base.clock import SystemClock
from tillgate.store.bell import Bell
from tillgate.store.jobs import Job, JobWorker, Kind, enqueue
from tillgate.store.jobs.kinds import LEASE_MARGIN_MS

_DIES = """
import asyncio, os, signal, sys
from keyturn.database import open_database
from tillgate.base.clock import SystemClock
from tillgate.store.bell import Bell
from tillgate.store.jobs import JobWorker, Kind

async def run(job):
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    database = await open_database(sys.argv[1])
    await JobWorker(database, SystemClock(), [Kind("mail", run)], Bell()).run()

asyncio.run(main())
"""


class Later(SystemClock):
    """The machine's clock when the dead worker's lease has run out."""

    def now(self) -> int:
        return super().now() + 30_000 + LEASE_MARGIN_MS


@pytest.mark.anyio
async def test_a_worker_that_is_killed_in_the_middle_loses_no_job(database: Database, database_url: str) -> None:
    """The real process, the real signal; before the lease has run out, nobody else touches the job."""
    counter = await counter_over(database)
    now = SystemClock().now()
    await database.write(
        lambda tx: enqueue(tx, Bell(), kind="mail", key="a", project_id=counter.project_id, payload={}, now=now)
    )
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(_DIES), database_url], timeout=60)  # noqa: ASYNC221
    assert killed.returncode == -signal.SIGKILL
    [job] = await rows(database, "SELECT * FROM jobs")
    assert (job["attempts"], job["lease_owner"].split(":")[1].isdigit()) == (1, True)
    assert job["lease_owner"].split(":")[1] != str(os.getpid())
    ran: list[int] = []

    async def run(again: Job) -> None:
        ran.append(again.attempts)

    kind = Kind("mail", run)
    assert await JobWorker(database, SystemClock(), [kind], Bell())._claim() == []
    worker = JobWorker(database, Later(), [kind], Bell())
    for claimed in await worker._claim():
        await worker._perform(claimed)
    assert ran == [2]
    assert await rows(database, "SELECT id FROM jobs") == []
