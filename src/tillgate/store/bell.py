"""A bell between a commit and the worker that has something to do because of it."""

import asyncio
import contextlib


class Bell:
    """Rung after a commit; heard at once by a worker of this process. Others find the work by polling."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def now(self) -> None:
        """Ring. Call it on the event loop."""
        self._event.set()

    async def wait(self, seconds_max: float) -> None:
        """Sleep until it rings, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds_max):
                await self._event.wait()
        self._event.clear()
