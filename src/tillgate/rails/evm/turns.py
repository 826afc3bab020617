"""Looks at networks, of which a process makes a bounded number at once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Turns:
    """Whoever has to wait for a turn longer than one takes does not get it."""

    def __init__(self, at_once: int, seconds: float) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._seconds = seconds

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """
        Raises:
            NoTurn: all are taken, and stay so.
        """
        try:
            async with asyncio.timeout(self._seconds):
                await self._free.acquire()
        except TimeoutError:
            raise NoTurn from None
        try:
            yield
        finally:
            self._free.release()


class NoTurn(Exception):
    """Too many look at once."""
