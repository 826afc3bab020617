"""The job that makes the file of an issued document, once, and the wait for it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Final

from tillgate.base.clock import MINUTE_MS, SECOND_MS
from tillgate.documents.context import DocumentContext
from tillgate.documents.engine import Failed, Work
from tillgate.documents.errors import NotInstalled, NotReady
from tillgate.documents.printing.model import Paper
from tillgate.documents.renders.jobs import BESIDE_SECONDS
from tillgate.store import Database, Transaction
from tillgate.store.jobs import Job, Kind, NotYet, enqueue

PRINT: Final = "documents.print"
GAPS_MS: Final = (SECOND_MS, 10 * SECOND_MS, MINUTE_MS)
WAIT_SECONDS_MAX: Final = 30.0
# At first, and later.
LOOK_EVERY_SECONDS: Final = 0.05
LOOK_EVERY_SECONDS_MAX: Final = 1.0

# What an issued document says, by its id; None where there is none.
PaperOf = Callable[[Transaction, str], Awaitable[Paper | None]]


class Printing:
    """Makes the files that somebody waits for."""

    def __init__(self, database: Database, context: DocumentContext, paper_of: PaperOf) -> None:
        self._database = database
        self._context = context
        self._paper_of = paper_of

    def kind(self) -> Kind:
        """What it does, as a job."""
        workers = self._context.settings.workers
        seconds = 2 * self._context.settings.limits.seconds_max + BESIDE_SECONDS
        return Kind(PRINT, self._run, gaps_ms=GAPS_MS, at_once=workers, per_project=workers, seconds_max=seconds)

    async def _run(self, job: Job) -> None:
        context = self._context
        if not context.installed:
            raise NotYet("this process has not the extra [documents]")

        there = await self._database.read(lambda tx: context.files.find(tx, job.key))
        if there is not None and await context.files.read(there) is not None:
            return

        async def read(tx: Transaction) -> Paper | None:
            return await self._paper_of(tx, job.key)

        paper = await self._database.read(read)
        if paper is None:
            return
        outcome = await context.engine.render(work_of(paper))
        if isinstance(outcome, Failed):
            raise NotYet(outcome.message)
        made = outcome.content
        # The first file stays: the same number is the same bytes, whoever makes it once more.
        await context.files.write(job.key, made)
        await self._database.write(lambda tx: context.files.put(tx, job.key, made, context.clock.now()))


async def printed(context: DocumentContext, database: Database, document_id: str, project_id: str) -> bytes:
    """The file of an issued document. Who asks first waits for it, for 30 seconds at most.

    Raises:
        NotInstalled: it is not made yet, and this server makes none.
        NotReady: it is not made yet; it is under way.
    """

    async def look() -> bytes | None:
        kept = await database.read(lambda tx: context.files.find(tx, document_id))
        return await context.files.read(kept) if kept is not None else None

    async def ask(tx: Transaction) -> None:
        now = context.clock.now()
        wake = context.outbox.wake.jobs
        await enqueue(tx, wake, kind=PRINT, key=document_id, project_id=project_id, payload={}, now=now)

    if (content := await look()) is not None:
        return content
    if not context.installed:
        raise NotInstalled
    if context.engine.callers.locked():
        raise NotReady
    async with context.engine.callers:
        await database.write(ask)
        until, pause = time.monotonic() + WAIT_SECONDS_MAX, LOOK_EVERY_SECONDS
        while (content := await look()) is None:
            if time.monotonic() >= until:
                raise NotReady
            await asyncio.sleep(pause)
            pause = min(2 * pause, LOOK_EVERY_SECONDS_MAX)
    return content


@cache
def _source() -> str:
    return (Path(__file__).parent / "paper.typ").read_text("utf-8")


def work_of(paper: Paper) -> Work:
    """A document as it is handed to a rendering process."""
    return Work(_source(), paper.data(), paper.seconds, paper.test, paper.files)
