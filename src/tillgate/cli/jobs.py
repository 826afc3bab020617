"""``tillgate jobs``."""

from typing import Annotated, Any

import typer

from keyturn.cli.output import AsJson, say, say_json, say_table
from keyturn.database import Database
from keyturn.terminal import printable
from tillgate.base.clock import SystemClock, to_rfc3339
from tillgate.base.pages import LIMIT_DEFAULT, LIMIT_MAX, Page, PageRequest
from tillgate.cli.session import Data, DatabaseUrl, settings, work
from tillgate.store.bell import Bell
from tillgate.store.jobs import Job, JobState, list_jobs, retry_job

app = typer.Typer(help="List background jobs, and retry those that failed.", no_args_is_help=True)


@app.command("list")
def list_all(
    state: Annotated[JobState | None, typer.Option("--state", help="Only jobs in this state.")] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=LIMIT_MAX, help="At most this number of jobs.")
    ] = LIMIT_DEFAULT,
    before: Annotated[
        str | None, typer.Option("--before", metavar="ID", help="The page after the job with this id.")
    ] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first: what waits, what runs, and what failed and why."""
    now = SystemClock().now()

    async def task(database: Database) -> Page[Job]:
        return await database.read(lambda tx: list_jobs(tx, PageRequest(limit, before), state=state, now=now))

    page = work(settings(data, database_url), task)
    if as_json:
        after = page.data[-1].id if page.has_more else None
        say_json({"data": [_to_api(job, now) for job in page.data], "nextCursor": after})
        return
    say_table(
        ("ID", "KIND", "KEY", "STATE", "ATTEMPTS", "NEXT RUN", "REASON"),
        [
            (
                one.id,
                one.kind,
                printable(one.key, one_line=True),
                one.state(now).value,
                one.attempts,
                to_rfc3339(one.run_at) if one.run_at is not None else None,
                printable(one.error or "", one_line=True),
            )
            for one in page.data
        ],
    )


@app.command("retry")
def retry(
    job: Annotated[str, typer.Argument(metavar="JOB", help="The job's id, job_….")],
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Run a failed job again, with all its attempts; a running server does it within a second."""
    now = SystemClock().now()

    async def task(database: Database) -> Job:
        return await database.write(lambda tx: retry_job(tx, Bell(), job, now))

    retried = work(settings(data, database_url), task)
    if as_json:
        say_json(_to_api(retried, now))
    else:
        say(f"{retried.id} runs again.")


def _to_api(job: Job, now: int) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "key": job.key,
        "projectId": job.project_id,
        "state": job.state(now).value,
        "attempts": job.attempts,
        "nextRunAt": to_rfc3339(job.run_at) if job.run_at is not None else None,
        "reason": job.error,
        "createdAt": to_rfc3339(job.created_at),
    }
