"""The jobs that make documents. A render comes to one end, however often its job is run."""

from math import ceil
from typing import Final

import msgspec

from tillgate.base.clock import MINUTE_MS, SECOND_MS
from tillgate.base.invariants import present
from tillgate.documents.context import DocumentContext
from tillgate.documents.engine import Failed, Failure, Made, Outcome, Work
from tillgate.documents.renders import records
from tillgate.documents.renders.model import EndedRender, Render, RenderStatus, month_of, to_api
from tillgate.documents.renders.operations import DROP_BATCH_MAX, LIVE_JOB, TEST_JOB, drop_old
from tillgate.documents.templates import records as templates
from tillgate.events.facts import Fact
from tillgate.events.operations import emit
from tillgate.events.types import RENDER_FAILED, RENDER_SUCCEEDED
from tillgate.store import Database, Transaction
from tillgate.store.jobs import Again, Job, Kind, NotYet, in_batches
from tillgate.store.jobs.worker import AT_ONCE_MAX

# What was ended from outside, as by a deployment or a host without memory, is tried again soon.
GAPS_MS: Final = (SECOND_MS, 10 * SECOND_MS, 60 * SECOND_MS)
# Beside the rendering itself: starting a worker, waiting for one, and writing down what came of it.
BESIDE_SECONDS: Final = 40.0
DROP_EVERY_MS: Final = 10 * MINUTE_MS
NO_END: Final = "The rendering process was ended several times before the document was ready."


class Renderings:
    """Makes what waits in the job table."""

    def __init__(self, database: Database, context: DocumentContext, *, processes: int = 1) -> None:
        """
        Args:
            processes: how many of this server's processes make documents.
        """
        self._database = database
        self._context = context
        workers = context.settings.workers * processes
        # One process may have claimed all that it can, and makes them a few at once.
        turns = ceil(AT_ONCE_MAX / context.settings.workers)
        seconds = turns * context.settings.limits.seconds_max + BESIDE_SECONDS
        # One worker is never given to test mode, so that it holds up no live document.
        self._kinds = [
            Kind(
                name,
                self._run,
                gaps_ms=GAPS_MS,
                at_once=at_once,
                per_project=at_once,
                seconds_max=seconds,
            )
            for name, at_once in ((LIVE_JOB, workers), (TEST_JOB, max(workers - 1, 1)))
        ]

    def kinds(self) -> list[Kind]:
        """What it does, as jobs."""
        return [*self._kinds, Kind("renders.drop", self._drop, every_ms=DROP_EVERY_MS, seconds_max=60)]

    async def _run(self, job: Job) -> None:
        context = self._context
        if not context.installed:
            raise NotYet("this process has not the extra [documents]")
        begun = await self._database.write(lambda tx: _begin(tx, job.key, context.clock.now()))
        if begun is None:
            return
        render, work = begun
        outcome = await context.engine.render(work)
        if isinstance(outcome, Failed) and outcome.why is Failure.ENDED:
            if job.attempts <= len(GAPS_MS):
                raise NotYet(outcome.message)
            outcome = Failed(Failure.ENDED, NO_END)
        if isinstance(outcome, Made):
            await context.files.write(render.id, outcome.content)
        await self._database.write(lambda tx: _end(context, tx, render, outcome))

    async def _drop(self, _: Job) -> Again | None:
        await in_batches(self._database, self._end_abandoned)
        return Again() if await drop_old(self._context, self._database) == DROP_BATCH_MAX else None

    async def _end_abandoned(self, tx: Transaction) -> int:
        """End a batch of renders that nobody makes any more: each attempt came to no end at all, as where its process
        was killed or had no time left. They would count as waiting for ever."""
        found = await records.abandoned(tx, (LIVE_JOB, TEST_JOB), DROP_BATCH_MAX)
        for render_id in found:
            begun = await records.begun(tx, render_id, self._context.clock.now())
            if begun is not None:
                await _end(self._context, tx, begun[0], Failed(Failure.ENDED, NO_END))
        return len(found)


async def _begin(tx: Transaction, render_id: str, now: int) -> tuple[Render, Work] | None:
    found = await records.begun(tx, render_id, now)
    if found is None:
        return None
    render, data = found
    version = present(await templates.version(tx, render.template_id, render.version_number), "the version of a render")
    # A document's own time is that of its version, so that the same input makes the same bytes.
    at = version.created_at // SECOND_MS
    page = version.page.to_typst()
    return render, Work(version.source, data.encode(), at, not render.livemode, version.files, page=page)


async def _end(context: DocumentContext, tx: Transaction, render: Render, outcome: Outcome) -> None:
    now = context.clock.now()
    made = isinstance(outcome, Made)
    after = msgspec.structs.replace(
        render,
        status=RenderStatus.SUCCEEDED if made else RenderStatus.FAILED,
        error=None if isinstance(outcome, Made) else outcome.message,
        pages=outcome.pages if isinstance(outcome, Made) else None,
        completed_at=now,
    )
    if not await records.end(tx, after):
        return  # another worker was first, whose document stands
    if isinstance(outcome, Made):
        await context.files.put(tx, render.id, outcome.content, now)
        if render.livemode:
            await records.count_one(tx, render.project_id, month_of(now), render.asked_by)
    fact = Fact(
        type=RENDER_SUCCEEDED if made else RENDER_FAILED,
        project_id=render.project_id,
        livemode=render.livemode,
        object_id=render.id,
        at=now,
        native=msgspec.json.encode(to_api(after)),
        subject=EndedRender(after, context.public_url),
    )
    await emit(tx, context.outbox, fact)
