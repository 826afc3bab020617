"""What is done with jobs: enqueued beside the change that asks for them, claimed, listed, retried."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import structlog

from tillgate.base import ids
from tillgate.base.clock import DAY_MS
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut
from tillgate.store import Transaction
from tillgate.store.alone import alone
from tillgate.store.bell import Bell
from tillgate.store.claiming import Lane, claim
from tillgate.store.jobs import records
from tillgate.store.jobs.kinds import Kind, after_failure
from tillgate.store.jobs.model import (
    ERROR_LENGTH_MAX,
    KEY_LENGTH_MAX,
    PAYLOAD_LENGTH_MAX,
    Failure,
    Job,
    JobState,
    NotYet,
)

# A job that failed for good is kept for as long as events are.
KEPT_MS: Final = 90 * DAY_MS
DROP_BATCH_MAX: Final = 500
# What says that a worker came to no end; it was killed, or its machine was.
NO_END: Final = "The worker ended before the job did: its process was stopped, or its host."

_log: Final = structlog.get_logger("jobs")


async def enqueue(
    tx: Transaction,
    bell: Bell,
    *,
    kind: str,
    key: str,
    project_id: str | None,
    payload: Mapping[str, Any],
    now: int,
    run_at: int | None = None,
) -> None:
    """Have something done, in the transaction of what asks for it: the job is there if that is committed, and only
    then.

    There is one job for a kind and a key. Asked for again, it runs again with the newest payload, also where it is
    under way or has failed.
    """
    if not 0 < len(key) <= KEY_LENGTH_MAX or len(str(payload)) > PAYLOAD_LENGTH_MAX:
        raise ValueError(f"a job of the kind {kind} has a key or a payload that is too long")
    at = now if run_at is None else run_at
    await records.insert(tx, kind=kind, key=key, project_id=project_id, payload=payload, run_at=at, now=now, again=True)
    tx.after_commit(bell.now)


async def note_failure(
    tx: Transaction,
    kind: Kind,
    *,
    key: str,
    project_id: str,
    payload: Mapping[str, Any],
    error: Exception,
    now: int,
) -> None:
    """Keep a piece of a batch that failed as a job of its own, so that the rest goes on without it."""
    await records.insert(
        tx,
        kind=kind.name,
        key=key,
        project_id=project_id,
        payload=payload,
        run_at=now + kind.gaps_ms[0],
        now=now,
        attempts=1,
        error=reason_of(error),
        again=False,
    )


def reason_of(error: BaseException) -> str:
    """An error as it is kept and shown: its type and its text, on one line."""
    told = str(error) if isinstance(error, NotYet) else f"{type(error).__name__}: {error}"
    text = " ".join(told.replace("\0", "").split())
    return text.encode("utf-8", "replace").decode()[:ERROR_LENGTH_MAX]


async def ensure_recurring(tx: Transaction, kinds: Sequence[Kind], now: int) -> None:
    """Let each kind that recurs have its job; one that there is stays as it is."""
    for kind in kinds:
        if kind.every_ms is not None:
            await records.insert(
                tx, kind=kind.name, key="", project_id=None, payload={}, run_at=now, now=now, again=False
            )


class Look(NamedTuple):
    """What a look at the work has found.

    Attributes:
        found: whether something can be claimed now.
        next_at: before this instant there is nothing, unless something changes; None for never.
    """

    found: bool
    next_at: int | None


async def look(tx: Transaction, kinds: Mapping[str, Kind], now: int) -> Look:
    """Whether there is something to claim. It costs no commit."""
    lanes = await records.waiting(tx, now)
    known = [one for one in lanes if one.kind in kinds]
    nexts = [max(one.due, now + 1) for one in known]
    # Its worker may have died: when its lease runs out, nothing else changes.
    nexts += [now + 1 for one in known if one.leased]
    found = bool(await _lanes(tx, kinds, lanes, now))
    for kind in kinds.values():
        if kind.due is not None and not found:
            due = await kind.due(tx, now)
            found = bool(due.project_ids)
            nexts += [due.next_at] if due.next_at is not None else []
    return Look(found, min(nexts, default=None))


async def claim_due(tx: Transaction, kinds: Mapping[str, Kind], *, owner: str, now: int, limit: int) -> list[Job]:
    """Take up to ``limit`` due jobs that nobody holds: of each kind and each project as many as its kind has room for.

    A job whose worker never said what came of its last attempt has failed.
    """
    await alone(tx, "jobs")
    for kind in kinds.values():
        if kind.due is not None:
            for project_id in (await kind.due(tx, now)).project_ids:
                await records.insert(
                    tx,
                    kind=kind.name,
                    key=project_id,
                    project_id=project_id,
                    payload={},
                    run_at=now,
                    now=now,
                    again=False,
                )
    lanes = await _lanes(tx, kinds, await records.waiting(tx, now), now)
    leased = await records.leased(tx, now)
    pools = {kind.name: kind.at_once - leased.get(kind.name, 0) for kind in kinds.values()}
    taken = await claim(tx, records.CLAIM, lanes, now=now, limit=limit, pools=pools, note=(owner,))
    if not taken:
        return []
    claimed = []
    for job in await records.by_ids(tx, [id for id, _ in taken]):
        kind = kinds[job.kind]
        if job.attempts <= kind.attempts_max or job.failed:
            claimed.append(job)
            continue
        failure = after_failure(kind, job, now)
        await records.failed(tx, job, failure, NO_END, now)
        tx.after_commit(partial(_log.warning, "jobs.failed", job=job.id, kind=job.kind, key=job.key, reason=NO_END))
    return claimed


async def _lanes(tx: Transaction, kinds: Mapping[str, Kind], found: Sequence[records.Waiting], now: int) -> list[Lane]:
    """The lanes that something is due in and that have room: the idle ones first, then the one that waits longest."""
    due = [one for one in found if one.due <= now and one.kind in kinds]
    if not due:
        return []
    leased = await records.leased(tx, now)
    return [
        Lane(one.lane, now + kinds[one.kind].lease_ms, kinds[one.kind].per_project, pool=one.kind)
        for one in sorted(due, key=lambda one: (one.leased, one.due))
        if one.leased < kinds[one.kind].per_project and leased.get(one.kind, 0) < kinds[one.kind].at_once
    ]


async def record_done(tx: Transaction, kind: Kind, job: Job, *, again_ms: int | None, now: int) -> bool:
    """A claimed job succeeded; False if its lease was lost meanwhile.

    Args:
        again_ms: how long after this it runs again; None where it has come to its end.
    """
    if again_ms is None:
        again_ms = kind.every_ms
    if again_ms is None:
        return await records.done(tx, job)
    return await records.again(tx, job, now + again_ms, now)


async def record_failure(tx: Transaction, kind: Kind, job: Job, reason: str, now: int) -> Failure | None:
    """An attempt at a claimed job failed; where that leads, or None if its lease was lost meanwhile."""
    failure = after_failure(kind, job, now)
    return failure if await records.failed(tx, job, failure, reason, now) else None


async def list_jobs(tx: Transaction, page: PageRequest, *, state: JobState | None, now: int) -> Page[Job]:
    """Jobs of the whole installation, newest first."""
    checked_cursor(page, ids.JOB)
    return cut(await records.newest(tx, page, state, now), page.limit)


async def count_jobs(tx: Transaction, now: int) -> list[records.Counts]:
    """How many jobs of each kind wait, run and have failed."""
    return await records.counts(tx, now)


async def retry_job(tx: Transaction, bell: Bell, job_id: str, now: int) -> Job:
    """Run a failed job now, with all its attempts.

    Raises:
        NotFound: there is no such job; it may have been done meanwhile.
        Conflict: it has not failed.
    """
    job = await records.by_id(tx, job_id) if ids.is_id(ids.JOB, job_id) else None
    if job is None:
        raise NotFound("job", job_id)
    if not await records.retry(tx, job_id, now):
        raise Conflict("Only a job whose latest attempt failed can be retried; this one has not failed.")
    tx.after_commit(bell.now)
    return await records.by_id(tx, job_id) or job


async def drop_old(tx: Transaction, now: int) -> int:
    """Drop a batch of what failed for good more than 90 days ago; answers with how many."""
    return await records.drop_failed(tx, now - KEPT_MS, DROP_BATCH_MAX)
