"""The loop of a worker: claim, begin, and sleep until there is more to do."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import structlog

from keyturn.database import StoreUnavailable
from tillgate.store.bell import Bell

T = TypeVar("T")

POLL_SECONDS: Final = 1.0
# How long work that is under way may take to come to its end when the worker ends.
GRACE_SECONDS: Final = 5

_log: Final = structlog.get_logger("work")


class Workload(Generic[T]):
    """What one worker of this process has under way.

    Attributes:
        under_way: what was claimed and is not done.
    """

    def __init__(self, name: str, bell: Bell, at_once_max: int) -> None:
        """
        Args:
            bell: rung when there may be something to claim.
            at_once_max: how much may be under way at once.
        """
        self._name = name
        self._bell = bell
        self._at_once_max = at_once_max
        self._tasks: dict[asyncio.Task[Any], T] = {}

    @property
    def free(self) -> int:
        """How much more may be begun."""
        return self._at_once_max - len(self._tasks)

    @property
    def under_way(self) -> Sequence[T]:
        return list(self._tasks.values())

    async def run(self, claim: Callable[[], Awaitable[Sequence[T]]], perform: Callable[[T], Awaitable[object]]) -> None:
        """Claim and perform until cancelled; what is under way then is finished first, or left to its lease.

        Args:
            claim: answers with what this process alone may do until its lease runs out; not asked while nothing is
                free.
            perform: does it, and records what came of it; it handles what can fail.
        """
        try:
            while True:
                claimed: Sequence[T] = ()
                try:
                    claimed = await claim() if self.free > 0 else ()
                except StoreUnavailable:
                    pass  # said once by what watches the database; it is tried again
                except Exception:
                    _log.exception(f"{self._name}.claim_failed")
                for one in claimed:
                    self._begin(one, perform)
                if not claimed:
                    await self._bell.wait(POLL_SECONDS)
                elif self.free <= 0:
                    await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=GRACE_SECONDS)

    def _begin(self, one: T, perform: Callable[[T], Awaitable[object]]) -> None:
        async def task() -> None:
            try:
                await perform(one)
            except asyncio.CancelledError:
                pass
            except Exception:
                _log.exception(f"{self._name}.failed")

        begun = asyncio.create_task(task())
        self._tasks[begun] = one

        def done(_: asyncio.Task[None]) -> None:
            self._tasks.pop(begun, None)
            # There is room again.
            self._bell.now()

        begun.add_done_callback(done)
