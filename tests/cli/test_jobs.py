"""``tillgate jobs``: what it lists, and what it brings back."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from keyturn.database import Database, open_database
from tests.makers import execute, rows
from tests.running import run_cli
from tillgate.store.bell import Bell
from tillgate.store.jobs import enqueue


@pytest.fixture
def url(tmp_path: Path, database_url: str) -> str:
    """Each of the two databases, with a project."""
    run_cli("projects", "create", "--name", "Shop", "--data", str(tmp_path), "--database-url", database_url)
    return database_url


async def _a_failed_job(url: str) -> str:
    database: Database = await open_database(url)
    try:
        await database.write(
            lambda tx: enqueue(tx, Bell(), kind="refunds.send", key="re_1", project_id=None, payload={}, now=1)
        )
        await execute(database, "UPDATE jobs SET state = 'failed', run_at = NULL, attempts = 6, error = 'no route'")
        [row] = await rows(database, "SELECT id FROM jobs")
        return str(row["id"])
    finally:
        await database.close()


def test_jobs_are_listed_and_retried_from_the_command_line(url: str, tmp_path: Path) -> None:
    """As docs/operating.md has it: with the reason of a failure; only what failed is retried."""
    guide = (Path(__file__).parents[2] / "docs/operating.md").read_text("utf-8").split("## Background jobs")[1]
    [command] = re.findall(r"```sh\ntillgate (.*?)\n```", guide.split("\n## ")[0])
    assert "`tillgate jobs retry JOB`" in guide
    where = ["--data", str(tmp_path), "--database-url", url]
    job_id = asyncio.run(_a_failed_job(url))
    listed = run_cli(*command.split(), *where)
    assert all(word in listed for word in (job_id, "refunds.send", "re_1", "failed", "6", "no route"))
    [found] = json.loads(run_cli("jobs", "list", "--json", *where))["data"]
    assert (found["id"], found["state"], found["reason"], found["nextRunAt"]) == (job_id, "failed", "no route", None)
    assert run_cli("jobs", "retry", job_id, *where) == f"{job_id} runs again.\n"
    [waiting] = json.loads(run_cli("jobs", "list", "--state", "waiting", "--json", *where))["data"]
    assert (waiting["id"], waiting["attempts"]) == (job_id, 0)
    run_cli("jobs", "retry", "job_unknown", *where, status=1)
    run_cli("jobs", "list", "--before", "wrong", *where, status=1)
