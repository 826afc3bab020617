"""Jobs: work that has a row until it is done."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

KIND_LENGTH_MAX: Final = 40
KEY_LENGTH_MAX: Final = 100
ERROR_LENGTH_MAX: Final = 500
PAYLOAD_LENGTH_MAX: Final = 4_096


class JobState(StrEnum):
    """Where a job stands; a job that is done has no row."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"


class Job(NamedTuple):
    """A piece of work. Instants are Unix milliseconds.

    Attributes:
        key: names it within its kind: there is one job for each.
        project_id: whose work it is; None for the installation's.
        run_at: when it is claimed; None where nothing but a retry brings it back.
        lease_until, lease_owner: until when a process works on it, and which.
        attempts: how often it was claimed since it last succeeded.
        error: why the latest attempt failed.
    """

    id: str
    kind: str
    key: str
    project_id: str | None
    payload: Mapping[str, Any]
    failed: bool
    run_at: int | None
    lease_until: int
    lease_owner: str | None
    attempts: int
    error: str | None
    created_at: int
    updated_at: int

    def state(self, now: int) -> JobState:
        """Where it stands. One whose worker died waits, from when its lease ran out."""
        if self.lease_until > now:
            return JobState.RUNNING
        return JobState.FAILED if self.failed else JobState.WAITING

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class NotYet(Exception):
    """A job cannot be done now, for a reason that is known and outside of this server: the attempt has failed."""


class Again(NamedTuple):
    """A job came to no end yet, and nothing failed: it runs again after so long."""

    after_ms: int = 0


def lane_of(kind: str, project_id: str | None) -> str:
    """Whose turn a job waits for."""
    return f"{kind} {project_id or ''}"


class Failure(NamedTuple):
    """What a failed attempt leads to: whether it has failed for now, and when it runs again, if ever."""

    failed: bool
    run_at: int | None
