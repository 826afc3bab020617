"""The kinds of jobs: what a job does, how much of it runs at once, and when it runs again."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from tillgate.base.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from tillgate.store import Transaction
from tillgate.store.jobs.model import KIND_LENGTH_MAX, Again, Failure, Job

# Six attempts over two and a half hours: at once, then after 10 s, 1 min, 5 min, 30 min and 2 h more.
GAPS_MS: Final = (10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS)
# A lease outlasts what it is for by this much, so that a job that takes its whole time is still recorded.
LEASE_MARGIN_MS: Final = 10 * SECOND_MS


class Due(NamedTuple):
    """Projects that have work of a kind, and when there may be more.

    Attributes:
        project_ids: those that have no job of this kind yet.
        next_at: before this instant there is no more, unless something changes; None for never.
    """

    project_ids: Sequence[str]
    next_at: int | None


class Kind(NamedTuple):
    """What a job of this name does, declared once.

    Attributes:
        run: does it; may be called again at any time, also while an earlier call has not ended, and changes nothing
            twice.
        gaps_ms: how long it waits after each failed attempt; after one more it has failed.
        at_once: how many run at once in all processes together.
        per_project: and for one project.
        seconds_max: after this it is stopped, and the attempt has failed.
        every_ms: how long after its end it runs again, where it is one that recurs.
        due: finds the projects that have such work by an index of the work's own table. Each gets a job with its id as
            the key once something is due, so that nothing is written before.
    """

    name: str
    run: Callable[[Job], Awaitable[Again | None]]
    gaps_ms: Sequence[int] = GAPS_MS
    at_once: int = 4
    per_project: int = 1
    seconds_max: float = 30.0
    every_ms: int | None = None
    due: Callable[[Transaction, int], Awaitable[Due]] | None = None

    @property
    def attempts_max(self) -> int:
        return len(self.gaps_ms) + 1

    @property
    def lease_ms(self) -> int:
        return int(self.seconds_max * SECOND_MS) + LEASE_MARGIN_MS

    def lasts(self, job: Job) -> bool:
        """Whether this job comes again however often it fails: a retention that stopped for good would be worse."""
        return self.every_ms is not None or (self.due is not None and job.key == job.project_id)


def kinds_by_name(kinds: Sequence[Kind]) -> dict[str, Kind]:
    """The registry.

    Raises:
        ValueError: two have one name, or a declaration makes no sense.
    """
    found: dict[str, Kind] = {}
    for kind in kinds:
        if kind.name in found:
            raise ValueError(f"two kinds of jobs are named {kind.name}")
        if not 0 < len(kind.name) <= KIND_LENGTH_MAX or " " in kind.name:
            raise ValueError(f"{kind.name!r}: expected a name of 1 to {KIND_LENGTH_MAX} characters without a space")
        if min(kind.at_once, kind.per_project, kind.seconds_max) <= 0:
            raise ValueError(f"{kind.name}: expected bounds above zero")
        found[kind.name] = kind
    return found


def after_failure(kind: Kind, job: Job, now: int) -> Failure:
    """Where a job stands after its ``attempts``-th attempt failed."""
    if job.attempts < kind.attempts_max:
        return Failure(False, now + kind.gaps_ms[job.attempts - 1])
    if kind.lasts(job):
        return Failure(True, now + max(kind.every_ms or 0, kind.gaps_ms[-1] if kind.gaps_ms else 0))
    return Failure(True, None)
