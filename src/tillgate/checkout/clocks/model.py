"""Test clocks, inside and on the wire."""

from typing import Final, Literal

import msgspec

from tillgate.base.clock import DAY_MS, SECOND_MS, to_rfc3339
from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Problem

SESSIONS_MAX: Final = 100
ADVANCE_MAX_MS: Final = 366 * DAY_MS


class TestClock(msgspec.Struct, frozen=True, kw_only=True):
    """A clock of test mode, beside the real one. Instants are Unix milliseconds.

    It shows no time: putting it forward brings the deadlines of its sessions nearer by as much.

    Attributes:
        advanced_ms: by how much it was put forward in all.
        sessions: how many it has, settled ones included.
    """

    __test__ = False  # not a test, whatever pytest thinks of its name

    id: str
    project_id: str
    name: str | None
    advanced_ms: int
    sessions: int
    created_at: int
    updated_at: int


class TestClockObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A test clock as the API shows it.

    Attributes:
        advanced_seconds: by how much it was put forward in all.
        sessions: how many were created with its ``testClockId``.
    """

    __test__ = False

    id: str
    object: Literal["test_clock"] = "test_clock"
    livemode: bool
    name: str | None
    advanced_seconds: int
    sessions: int
    created_at: str
    updated_at: str


def checked_advance(seconds: int) -> int:
    """By how much a clock is to be put forward, in milliseconds.

    Raises:
        InvalidInput: it is not between a second and a year.
    """
    if not 1 <= seconds <= ADVANCE_MAX_MS // SECOND_MS:
        raise InvalidInput(
            "seconds", Problem.SECONDS_OUT_OF_RANGE, minimum=1, maximum=ADVANCE_MAX_MS // SECOND_MS, given=seconds
        )
    return seconds * SECOND_MS


def to_api(clock: TestClock) -> TestClockObject:
    """The clock in the API's form."""
    return TestClockObject(
        id=clock.id,
        livemode=False,
        name=clock.name,
        advanced_seconds=clock.advanced_ms // SECOND_MS,
        sessions=clock.sessions,
        created_at=to_rfc3339(clock.created_at),
        updated_at=to_rfc3339(clock.updated_at),
    )
