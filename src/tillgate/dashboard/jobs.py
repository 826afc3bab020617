"""The installation's background work: what waits, what runs, what failed and why."""

from typing import Final

import structlog
from starlette.responses import Response

from tillgate.access.accounts import Right
from tillgate.base.pages import PageRequest
from tillgate.dashboard.calls import Call, Need, Unusable, View
from tillgate.store.jobs import JobState, count_jobs, list_jobs, retry_job
from tillgate.store.jobs.records import Counts

JOBS: Final = "/dashboard/jobs"
LINES: Final = 50

_log: Final = structlog.get_logger("jobs")
OPERATE: Final = Need(Right.OPERATE)


async def list_all(call: Call) -> Response:
    """Each kind's numbers, and the jobs, newest first, a page at a time."""
    shown, after = call.query("show"), call.query("after")
    if shown is not None and shown not in list(JobState):
        raise Unusable("Unknown filter.")
    state, now = JobState(shown) if shown is not None else None, call.context.clock.now()
    request = PageRequest(LINES, after)
    page = await call.read(lambda tx: list_jobs(tx, request, state=state, now=now))
    counts = {one.kind: one for one in await call.read(lambda tx: count_jobs(tx, now))}
    # Then those that an earlier or a later version of this server has left jobs of.
    kinds = dict.fromkeys([*call.context.job_kinds, *counts])
    return call.page(
        "jobs/list.html",
        section="jobs",
        kinds=[counts.get(kind, Counts(kind)) for kind in kinds],
        jobs=[(one, one.state(now).value) for one in page.data],
        following=page.data[-1].id if page.has_more else None,
        chosen=shown or "",
        after=after,
        page=request,
    )


async def retry(call: Call) -> Response:
    """Run a failed job now."""
    now = call.context.clock.now()
    job = await call.write(lambda tx: retry_job(tx, call.context.outbox.wake.jobs, call.param("job"), now))
    _log.info("jobs.retried", job=job.id, kind=job.kind, key=job.key, by=call.principal.actor)
    return call.go(JOBS, flash="job_retried")


VIEWS: Final = (
    View("GET", JOBS, list_all, OPERATE),
    View("POST", f"{JOBS}/{{job}}/retry", retry, OPERATE),
)
