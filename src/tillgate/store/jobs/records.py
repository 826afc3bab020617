"""Every statement about jobs."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.pages import PageRequest
from tillgate.store import Row, Transaction
from tillgate.store.claiming import HELD, Work
from tillgate.store.jobs.model import Failure, Job, JobState, lane_of

# Of lanes that something is due in, those whose turn comes first. The others' comes when these have been served.
LANES_MAX: Final = 256

_COLUMNS: Final = (
    "id, kind, key, project_id, payload, state, run_at, lease_until, lease_owner, attempts, error, created_at, "
    "updated_at"
)
_WORK: Final = Work("jobs", lane="lane", due="run_at", open="run_at IS NOT NULL")
# A lane whose rows are all leased is looked at again when the first of these leases runs out.
_LAPSES: Final = "(SELECT MIN(q.lease_until) FROM jobs q WHERE q.lane = w.lane AND q.lease_until > 0)"
_LANES: Final = (
    f"{_WORK.hop()} SELECT l.lane, l.due, l.leased FROM (SELECT w.lane AS lane, "
    f"COALESCE({_WORK.first_due}, {_LAPSES}) AS due, {_WORK.leased} AS leased "
    "FROM waiting w WHERE w.lane IS NOT NULL) l ORDER BY l.due, l.lane LIMIT $2"
)
_LEASED: Final = (
    "SELECT kind, COUNT(*) AS count FROM jobs WHERE lease_until > 0 AND lease_until > $1 GROUP BY kind LIMIT $2"
)
# Whoever claims does it alone: what a kind may run at once is counted over all its projects.
CLAIM: Final = _WORK.claim(HELD, note=", lease_owner = $5, attempts = attempts + 1, updated_at = $1")
_BY_IDS: Final = with_list(f"SELECT {_COLUMNS} FROM jobs WHERE id IN {{list}}")
_BY_ID: Final = f"SELECT {_COLUMNS} FROM jobs WHERE id = $1"
_INSERT: Final = (
    "INSERT INTO jobs (id, kind, key, project_id, lane, payload, state, run_at, lease_until, attempts, error, "
    "created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, 0, $8, $9, $10, $10) "
    "ON CONFLICT (kind, key) DO "
)
# Who works on it already may have looked before this was wanted: its lease ends, and it is done again.
_ENQUEUE: Final = (
    f"{_INSERT} UPDATE SET payload = excluded.payload, state = 'waiting', run_at = excluded.run_at, lease_until = 0, "
    "lease_owner = NULL, attempts = excluded.attempts, error = excluded.error, updated_at = excluded.updated_at"
)
_ENSURE: Final = f"{_INSERT} NOTHING"
# Named by the attempt and its lease: nobody records what came of an attempt that others have taken over.
_OWN: Final = "WHERE id = $1 AND lease_until = $2 AND attempts = $3"
_DONE: Final = f"DELETE FROM jobs {_OWN}"
_AGAIN: Final = (
    "UPDATE jobs SET state = 'waiting', run_at = $4, lease_until = 0, lease_owner = NULL, attempts = 0, error = NULL, "
    f"updated_at = $5 {_OWN}"
)
_FAILED: Final = (
    f"UPDATE jobs SET state = $4, run_at = $5, lease_until = 0, lease_owner = NULL, error = $6, updated_at = $7 {_OWN}"
)
_RETRY: Final = (
    "UPDATE jobs SET state = 'waiting', run_at = $2, lease_until = 0, lease_owner = NULL, attempts = 0, "
    "updated_at = $2 WHERE id = $1 AND lease_until <= $2 AND (state = 'failed' OR error IS NOT NULL)"
)
_HASTEN: Final = (
    "UPDATE jobs SET run_at = $1, updated_at = $1 WHERE kind = $2 AND state = 'waiting' AND run_at > $1 "
    "AND lease_until <= $1"
)
_OLD: Final = "SELECT id FROM jobs WHERE state = 'failed' AND run_at IS NULL AND updated_at < $1 ORDER BY id LIMIT $2"
_DROP: Final = Both(
    sqlite=f"DELETE FROM jobs WHERE id IN ({_OLD})",
    postgres=f"DELETE FROM jobs WHERE id IN ({_OLD} FOR UPDATE SKIP LOCKED)",
)
_COUNTS: Final = (
    "SELECT kind, SUM(CASE WHEN lease_until > $1 THEN 1 ELSE 0 END) AS running, "
    "SUM(CASE WHEN lease_until <= $1 AND state = 'failed' THEN 1 ELSE 0 END) AS failed, "
    "SUM(CASE WHEN lease_until <= $1 AND state = 'waiting' THEN 1 ELSE 0 END) AS waiting, "
    "MIN(CASE WHEN lease_until <= $1 THEN run_at END) AS next_at FROM jobs GROUP BY kind ORDER BY kind LIMIT $2"
)
_PAGE: Final = f"SELECT {_COLUMNS} FROM jobs WHERE id < $1"
_OF_STATE: Final[Mapping[JobState | None, str]] = {
    None: "",
    JobState.WAITING: " AND state = 'waiting' AND lease_until <= $3",
    JobState.RUNNING: " AND lease_until > 0 AND lease_until > $3",
    JobState.FAILED: " AND state = 'failed' AND lease_until <= $3",
}
KINDS_MAX: Final = 100


def without_job(kind: str, key: str) -> str:
    """A condition: there is no job of this kind whose key is the column ``key``."""
    return f"NOT EXISTS (SELECT 1 FROM jobs j WHERE j.kind = '{kind}' AND j.key = {key})"


def projects_with(work: Work, kind: str) -> str:
    """A statement: projects after the one with the id $1 that have rows of this table open, at most $2, in their order.

    With each, when its first row is due, and whether the project has a job of this kind already.
    """
    return (
        f"{work.hop('$1')} SELECT w.lane AS project_id, {work.first} AS first_at, "
        f"EXISTS (SELECT 1 FROM jobs j WHERE j.kind = '{kind}' AND j.key = w.lane) AS busy "
        "FROM waiting w WHERE w.lane IS NOT NULL LIMIT $2"
    )


class Waiting(NamedTuple):
    """A kind and a project that have jobs: when the first is due that nobody holds, and how many are held."""

    lane: str
    due: int
    leased: int

    @property
    def kind(self) -> str:
        return self.lane.partition(" ")[0]


async def waiting(tx: Transaction, now: int) -> list[Waiting]:
    """The lanes that have jobs, those first whose turn it is; at most :data:`LANES_MAX`."""
    return [Waiting(row["lane"], row["due"], row["leased"]) for row in await tx.fetch_all(_LANES, now, LANES_MAX)]


async def leased(tx: Transaction, now: int) -> dict[str, int]:
    """How many jobs of each kind are under way, in whichever process."""
    return {row["kind"]: row["count"] for row in await tx.fetch_all(_LEASED, now, KINDS_MAX)}


async def insert(
    tx: Transaction,
    *,
    kind: str,
    key: str,
    project_id: str | None,
    payload: Mapping[str, Any],
    run_at: int,
    now: int,
    attempts: int = 0,
    error: str | None = None,
    again: bool,
) -> None:
    """A new job. Where there is one of this kind and key, it runs again if ``again``, and stays as it is otherwise."""
    await tx.execute(
        _ENQUEUE if again else _ENSURE,
        ids.new_id(ids.JOB),
        kind,
        key,
        project_id,
        lane_of(kind, project_id),
        msgspec.json.encode(payload).decode(),
        run_at,
        attempts,
        error,
        now,
    )


async def by_ids(tx: Transaction, job_ids: Iterable[str]) -> list[Job]:
    """Several jobs, in no order."""
    return [_job(row) for row in await tx.fetch_all(_BY_IDS, msgspec.json.encode(list(job_ids)).decode())]


async def by_id(tx: Transaction, job_id: str) -> Job | None:
    """One job."""
    row = await tx.fetch_one(_BY_ID, job_id)
    return _job(row) if row is not None else None


async def done(tx: Transaction, job: Job) -> bool:
    """A claimed job is done; False if its lease was lost."""
    return await tx.execute(_DONE, job.id, job.lease_until, job.attempts) == 1


async def hasten(tx: Transaction, kind: str, now: int) -> None:
    """Let the waiting jobs of a kind run now instead of later."""
    await tx.execute(_HASTEN, now, kind)


async def again(tx: Transaction, job: Job, run_at: int, now: int) -> bool:
    """A claimed job succeeded and runs again; False if its lease was lost."""
    return await tx.execute(_AGAIN, job.id, job.lease_until, job.attempts, run_at, now) == 1


async def failed(tx: Transaction, job: Job, failure: Failure, error: str, now: int) -> bool:
    """An attempt at a claimed job failed; False if its lease was lost."""
    state = JobState.FAILED if failure.failed else JobState.WAITING
    return (
        await tx.execute(_FAILED, job.id, job.lease_until, job.attempts, state.value, failure.run_at, error, now) == 1
    )


async def retry(tx: Transaction, job_id: str, now: int) -> bool:
    """Let a job that failed, or whose latest attempt did, run now, with all its attempts."""
    return await tx.execute(_RETRY, job_id, now) == 1


async def drop_failed(tx: Transaction, before: int, limit: int) -> int:
    """Drop up to ``limit`` jobs that failed for good before this instant."""
    return await tx.execute(_DROP, before, limit)


class Counts(NamedTuple):
    """How many jobs of a kind there are in each state, and when the next that nobody holds is due."""

    kind: str
    waiting: int = 0
    running: int = 0
    failed: int = 0
    next_at: int | None = None


async def counts(tx: Transaction, now: int) -> list[Counts]:
    """What there is of each kind."""
    return [
        Counts(row["kind"], row["waiting"], row["running"], row["failed"], row["next_at"])
        for row in await tx.fetch_all(_COUNTS, now, KINDS_MAX)
    ]


async def newest(tx: Transaction, page: PageRequest, state: JobState | None, now: int) -> list[Job]:
    """Up to ``limit + 1`` jobs, newest first."""
    params = (page.before, page.limit + 1, now)[: 2 if state is None else 3]
    sql = f"{_PAGE}{_OF_STATE[state]} ORDER BY id DESC LIMIT $2"
    return [_job(row) for row in await tx.fetch_all(sql, *params)]


def _job(row: Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        key=row["key"],
        project_id=row["project_id"],
        payload=msgspec.json.decode(row["payload"]),
        failed=row["state"] == JobState.FAILED,
        run_at=row["run_at"],
        lease_until=row["lease_until"],
        lease_owner=row["lease_owner"],
        attempts=row["attempts"],
        error=row["error"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
