"""Files that are made faster than they are sent: a moment of the database is held for as long as it takes to read it,
and not for as long as whoever asked takes to receive it."""

import asyncio
import os
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

# Beyond this, pieces wait in a file that has no name.
MEMORY_BYTES_MAX: Final = 1024 * 1024
FILE_BYTES_MAX: Final = 512 * 1024 * 1024


class TooLarge(Exception):
    """More would wait on the disk than may."""


class Spool:
    """Pieces of a file, in their order, between a task that makes them and whoever sends them."""

    def __init__(self) -> None:
        self._pieces: deque[bytes | tuple[int, int]] = deque()
        self._held = 0
        self._file: int | None = None
        self._written = 0
        self._more = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self, make: Callable[["Spool"], Awaitable[None]]) -> None:
        """Have the pieces made, in a task of its own."""

        async def run() -> None:
            try:
                await make(self)
            finally:
                self._more.set()

        self._task = asyncio.get_running_loop().create_task(run())

    def add(self, piece: bytes) -> None:
        """Put a piece to its end.

        Raises:
            TooLarge: the file would become too large.
            OSError: the disk does not take it.
        """
        if self._held + len(piece) <= MEMORY_BYTES_MAX:
            self._held += len(piece)
            self._pieces.append(piece)
        else:
            if self._written + len(piece) > FILE_BYTES_MAX:
                raise TooLarge(f"a file of more than {FILE_BYTES_MAX // 1024 // 1024} MiB was broken off")
            self._write(piece)
            self._pieces.append((self._written, len(piece)))
            self._written += len(piece)
        self._more.set()

    def _write(self, piece: bytes) -> None:
        if self._file is None:
            descriptor, name = tempfile.mkstemp(prefix="tillgate-")
            os.unlink(name)
            self._file = descriptor
        # A few pages, which the kernel keeps; on another thread they would cost more.
        at = 0
        while at < len(piece):
            at += os.pwrite(self._file, piece[at:], self._written + at)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Each piece as soon as it is there. Where they could not all be made, the error comes after the last one."""
        if self._task is None:
            raise RuntimeError("a spool that was not begun")
        while True:
            while self._pieces:
                piece = self._pieces.popleft()
                if isinstance(piece, bytes):
                    self._held -= len(piece)
                    yield piece
                elif self._file is not None:
                    yield os.pread(self._file, piece[1], piece[0])
            if self._task.done():
                break
            self._more.clear()
            await self._more.wait()
        # Its error, if it has one.
        self._task.result()

    async def close(self) -> None:
        """Stop making it, and release what waits."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._pieces.clear()
        if self._file is not None:
            os.close(self._file)
            self._file = None
