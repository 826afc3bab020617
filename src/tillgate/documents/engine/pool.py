"""A few rendering processes, started when the first document is asked for, and ended when one takes too much."""

import asyncio
import contextlib
import heapq
import json
import os
import shutil
import signal
import sys
import tempfile
from importlib.util import find_spec
from itertools import count
from typing import Final

import msgspec
import structlog

from tillgate.base.invariants import present
from tillgate.documents.engine import fonts
from tillgate.documents.engine.model import Failed, Failure, Limits, Outcome, Work

MODULE: Final = "tillgate.documents.engine.worker"
# Typst remembers what it has laid out; a process that has made this many documents makes room.
RENDERS_MAX: Final = 500
# How many callers of this process wait for their documents at once; each of them looks for its own again and again.
CALLERS_MAX: Final = 100
# A process whose pipe has ended is about to end.
END_SECONDS_MAX: Final = 5.0
_HEAD_BYTES: Final = 4
# Beside the document itself.
_FRAME_BYTES_MAX: Final = 64 * 1024
_DECODER: Final[msgspec.msgpack.Decoder[Outcome]] = msgspec.msgpack.Decoder(Outcome)

_log: Final = structlog.get_logger("documents")


def is_installed() -> bool:
    """Whether this installation can make documents: the extra ``documents`` is there."""
    return find_spec("typst") is not None and find_spec("pypdf") is not None and fonts.are_installed()


class Engine:
    """Makes documents, as many at once as there are workers. Live ones go before those of test mode."""

    def __init__(self, limits: Limits | None = None, *, workers: int = 2) -> None:
        self.limits = limits or Limits()
        self.workers = workers
        self.callers = asyncio.Semaphore(CALLERS_MAX)
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        # Those that were killed, and have not ended as far as is known.
        self._ending: list[_Worker] = []
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._numbers = count()

    async def render(self, work: Work) -> Outcome:
        """Make a document, once it is its turn. A worker that took too much is ended, and told why."""
        outcome, earlier = await self._rendered(work)
        if earlier and isinstance(outcome, Failed) and outcome.why is Failure.MEMORY:
            # What the documents before it left in the process, also another project's, is not held against this one.
            outcome, _ = await self._rendered(work, fresh=True)
        return outcome

    async def _rendered(self, work: Work, *, fresh: bool = False) -> tuple[Outcome, int]:
        """What came of it, and how many documents its process had made before."""
        worker = await self._take(work.test, fresh=fresh)
        earlier = worker.renders
        keep = False
        try:
            outcome, keep = await worker.render(work)
            keep = keep and not (isinstance(outcome, Failed) and outcome.why is Failure.MEMORY)
            return outcome, earlier
        finally:
            self._busy.discard(worker)
            if keep and worker.renders < RENDERS_MAX:
                self._idle.append(worker)
            else:
                worker.kill()
                self._ending = [one for one in (*self._ending, worker) if one.is_alive]
            self._wake_next()

    async def close(self) -> None:
        """End every worker."""
        for worker in (*self._idle, *self._busy, *self._ending):
            worker.kill()
            await worker.ended()
        self._idle.clear()
        self._ending.clear()

    async def _take(self, test: bool, *, fresh: bool) -> "_Worker":
        while len(self._busy) >= self.workers:
            turn = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (test, next(self._numbers), turn))
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._wake_next()
                raise
        self._idle = [one for one in self._idle if one.is_alive]
        worker = self._idle.pop() if self._idle else _Worker(self.limits)
        if fresh and worker.renders:
            worker.kill()
            worker = _Worker(self.limits)
        self._busy.add(worker)
        return worker

    def _wake_next(self) -> None:
        while self._waiting:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                turn.set_result(None)
                return


class _Worker:
    """One process and its private directory."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: asyncio.subprocess.Process | None = None
        self._directory = ""
        self.renders = 0

    @property
    def is_alive(self) -> bool:
        """Whether its process has not ended, as far as is known."""
        return self._process is not None and self._process.returncode is None

    async def render(self, work: Work) -> tuple[Outcome, bool]:
        """What came of it, and whether the process can make another."""
        self.renders += 1
        if not self.is_alive:
            await self._start()
        try:
            async with asyncio.timeout(self._limits.seconds_max):
                return await self._exchange(work), True
        except TimeoutError:
            seconds = self._limits.seconds_max
            return Failed(Failure.TIME, f"The document was not ready after {seconds:g} seconds."), False
        except (asyncio.IncompleteReadError, BrokenPipeError, ConnectionResetError):
            return await self._how_it_ended(), False

    def kill(self) -> None:
        """End the process, whatever it does."""
        process = self._process
        if process is not None and process.returncode is None:
            # Not by the process object: its kill() asks first whether the process has ended, and so takes its status
            # away from whoever waits for it.
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        if self._directory:
            shutil.rmtree(self._directory, ignore_errors=True)

    async def ended(self) -> None:
        """Wait until it has ended."""
        if self._process is not None:
            await self._process.wait()

    async def _start(self) -> None:
        self._directory = self._directory or tempfile.mkdtemp(prefix="tillgate-documents-")
        limits = json.dumps(msgspec.to_builtins(self._limits))
        # No secret of the server's environment, and no address to reach packages by.
        nowhere = "http://127.0.0.1:9"
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-m",
            MODULE,
            limits,
            self._directory,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=self._directory,
            env={
                "HOME": self._directory,
                "TMPDIR": self._directory,
                "RAYON_NUM_THREADS": "1",
                "HTTP_PROXY": nowhere,
                "HTTPS_PROXY": nowhere,
            },
            start_new_session=True,
        )

    async def _exchange(self, work: Work) -> Outcome:
        process = present(self._process, "a process that was started")
        told, heard = present(process.stdin, "its standard input"), present(process.stdout, "its standard output")
        message = msgspec.msgpack.encode(work)
        told.write(len(message).to_bytes(_HEAD_BYTES, "big") + message)
        await told.drain()
        length = int.from_bytes(await heard.readexactly(_HEAD_BYTES), "big")
        if length > self._limits.output_bytes_max + _FRAME_BYTES_MAX:
            raise BrokenPipeError
        return _DECODER.decode(await heard.readexactly(length))

    async def _how_it_ended(self) -> Failed:
        process = present(self._process, "a process that was started")
        try:
            async with asyncio.timeout(END_SECONDS_MAX):
                code = await process.wait()
        except TimeoutError:
            self.kill()
            code = await process.wait()
        _log.warning("documents.worker_ended", status=code)
        if code == -signal.SIGXCPU:
            seconds = self._limits.cpu_seconds_max
            return Failed(Failure.TIME, f"The document took more than {seconds} seconds of processor time.")
        if code in (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS):
            return Failed(Failure.MEMORY, "The document needs more memory than a render may take.")
        return Failed(Failure.ENDED, "The rendering process was ended from outside.")
