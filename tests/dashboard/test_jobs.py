"""The jobs' page: what waits, what failed and why, and a retry; for whoever runs the installation."""

import pytest

from tests.dashboard.conftest import Owner, browser_of, hidden, sign_in
from tests.makers import execute, rows
from tests.shop import Shop, eventually
from tillgate.access.accounts import Role
from tillgate.base import ids
from tillgate.store.bell import Bell
from tillgate.store.jobs import enqueue

pytestmark = pytest.mark.anyio


async def failed(shop: Shop, key: str, reason: str = "RuntimeError: no route to host") -> str:
    """The id of a job that has failed for good."""
    now = shop.clock.now()
    await shop.database.write(
        lambda tx: enqueue(
            tx,
            Bell(),
            kind="refunds.send",
            key=key,
            project_id=shop.project_id,
            payload={},
            now=now,
            run_at=now + 10**9,
        )
    )
    await execute(
        shop.database,
        "UPDATE jobs SET state = 'failed', run_at = NULL, attempts = 6, error = $2 WHERE key = $1",
        key,
        reason,
    )
    [row] = await rows(shop.database, "SELECT id FROM jobs WHERE key = $1", key)
    job_id: str = row["id"]
    return job_id


async def test_a_failed_job_is_shown_with_its_reason_and_retried(owner_of_both: Owner) -> None:
    """What it said is text, not markup. The retry is a form of its own, and the job is done within moments."""
    owner = owner_of_both
    key = ids.new_id(ids.REFUND)
    job_id = await failed(owner.shop, key, "RuntimeError: <b>no route</b>")
    for path in ("/jobs", "/jobs?show=failed"):
        answer = await owner.http.get(f"/dashboard{path}")
        assert "RuntimeError: &lt;b&gt;no route&lt;/b&gt;" in answer.text
        assert key in answer.text
        assert "sessions.expire" in answer.text
    assert key not in await owner.page("/jobs?show=waiting")
    where = await owner.done(f"/jobs/{job_id}/retry")
    assert "The job runs again now" in await owner.page(where)

    async def tried() -> bool:
        [row] = await rows(owner.shop.database, "SELECT error FROM jobs WHERE key = $1", key)
        return "refund of a job" in row["error"]

    await eventually(tried)
    assert (await owner.send("/jobs/job_unknown/retry")).status_code == 404
    assert (await owner.http.post(f"/dashboard/jobs/{job_id}/retry", data={"csrf": "made-up"})).status_code == 403
    await owner.page("/jobs?show=wrong", 400)
    await owner.page("/jobs?after=wrong", 400)


async def test_jobs_come_page_by_page(owner: Owner) -> None:
    """Fifty to a page, in SQL, under the filter that was chosen."""
    keys = [ids.new_id(ids.REFUND) for _ in range(51)]
    for key in keys:
        await failed(owner.shop, key)
    first = await owner.page("/jobs?show=failed")
    assert (keys[0] in first, keys[1] in first, keys[-1] in first) == (False, True, True)
    [row] = await rows(owner.shop.database, "SELECT id FROM jobs WHERE key = $1", keys[1])
    assert f'href="/dashboard/jobs?after={row["id"]}&show=failed"' in first
    second = await owner.page(f"/jobs?after={row['id']}&show=failed")
    assert (keys[0] in second, keys[1] in second) == (True, False)


async def test_only_the_owner_of_the_installation_sees_jobs(owner: Owner) -> None:
    """They are of all projects; an owner of one project has no such right, and no entry in the menu."""
    assert 'href="/dashboard/jobs"' in await owner.page("")
    accounts = owner.shop.app.accounts
    await accounts.create_user("second@shop.example", "correct horse battery", Role.OWNER, owner.shop.project_id)
    async with browser_of(owner.shop) as http:
        assert (await sign_in(http, "correct horse battery", email="second@shop.example")).status_code == 303
        overview = (await http.get("/dashboard")).text
        assert 'href="/dashboard/jobs"' not in overview
        assert (await http.get("/dashboard/jobs")).status_code == 403
        answer = await http.post(
            f"/dashboard/jobs/{await failed(owner.shop, 'a')}/retry", data={"csrf": hidden(overview, "csrf")}
        )
        assert answer.status_code == 403
