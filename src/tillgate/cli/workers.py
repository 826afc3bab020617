"""Several processes that do the same work: started, watched, replaced and stopped by this one, which does none of it.

The workers are forks, so what was loaded before is loaded once, and what was opened before (a socket that listens) is
theirs, too. They are told to stop by SIGTERM and left to finish; Ctrl-C reaches the whole terminal, so they do not
hear it themselves. Should the supervisor be killed, its end of a pipe is closed, which the workers notice.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import structlog

from keyturn.database.opening import SQLITE_SCHEME

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A worker that dies younger than this is replaced later and later.
YOUNG_SECONDS: Final = 5.0
PAUSE_SECONDS: Final = 0.1
PAUSE_SECONDS_MAX: Final = 10.0

_PID_BYTES: Final = 8

_log = structlog.get_logger("workers")


def startup_problem(workers: int, database_url: str) -> str | None:
    """Why this number of processes cannot serve this database; None if it can."""
    if workers == 1:
        return None
    if database_url.startswith(SQLITE_SCHEME):
        return (
            f"--workers {workers}: SQLite is served by one process; for several, name a PostgreSQL database "
            "with --database-url or TILLGATE_DATABASE_URL"
        )
    return None if hasattr(os, "fork") else f"--workers {workers}: this system has no fork; run one process"


class Post(NamedTuple):
    """What a worker is given.

    Attributes:
        number: its place, from 0; a worker's replacement has the same.
        leash: a descriptor that is at its end once the supervisor is gone.
    """

    number: int
    leash: int
    ready_to: int

    def ready(self) -> None:
        """Tell the supervisor that the work has begun."""
        os.write(self.ready_to, os.getpid().to_bytes(_PID_BYTES, "big"))


class _Worker(NamedTuple):
    number: int
    started_at: float


class Supervisor:
    """Keeps a number of workers running until it is stopped."""

    def __init__(
        self,
        count: int,
        work: Callable[[Post], None],
        *,
        begun: Callable[[], None],
        stopping: Callable[[], None],
        stop_seconds_max: float,
    ) -> None:
        """
        Args:
            work: what a worker does, in a process of its own; it returns once SIGTERM came.
            begun: called once, when all the workers are ready.
            stopping: called once, when they have been told to stop.
            stop_seconds_max: how long they may take to end.
        """
        self._count = count
        self._work = work
        self._begun = begun
        self._stopping = stopping
        self._stop_seconds_max = stop_seconds_max
        self._workers: dict[int, _Worker] = {}
        self._ready: set[int] = set()
        # When which place is to be filled again, by the monotonic clock.
        self._empty: list[tuple[float, int]] = []
        self._young_deaths = 0
        self._greeted = False
        self._stop_by: float | None = None
        self._status = 0

    def run(self) -> int:
        """Supervise until told to stop; the status to end with.

        It is 0 where all have ended on their own, and 1 where one could not begin or had to be killed.
        """
        # Their pages stay shared for as long as nobody writes on them, and a collection would.
        gc.collect()
        gc.freeze()
        self._leash, self._leash_held = os.pipe()
        self._ready_from, self._ready_to = os.pipe()
        with _signals_on_socket() as (self._signals, self._signals_from):
            for number in range(self._count):
                self._start(number)
            while self._workers or self._empty:
                self._wait()
                self._bury()
                self._keep_time()
        return self._status

    # What happens.

    def _wait(self) -> None:
        """Until a signal comes, a worker is ready, or something is due."""
        due = [at for at, _ in self._empty] + ([self._stop_by] if self._stop_by is not None else [])
        timeout = max(min(due) - time.monotonic(), 0.0) if due else None
        readable, _, _ = select.select([self._signals.fileno(), self._ready_from], [], [], timeout)
        if self._ready_from in readable:
            written = os.read(self._ready_from, _PID_BYTES * 256)
            self._ready |= {
                int.from_bytes(written[at : at + _PID_BYTES], "big") for at in range(0, len(written), _PID_BYTES)
            }
            if not self._greeted and self._ready >= self._workers.keys() and len(self._workers) == self._count:
                self._greeted = True
                self._begun()
        if self._signals.fileno() in readable:
            for number in self._signals.recv(256):
                if number in STOP_SIGNALS:
                    self._stop(signal.Signals(number))

    def _stop(self, by: signal.Signals) -> None:
        if self._stop_by is not None:
            self._kill("stopped by a second signal")
            return
        if self._greeted:
            _log.info("workers.stopping", signal=by.name)
        self._stop_by = time.monotonic() + self._stop_seconds_max
        self._empty.clear()
        for pid in self._workers:
            os.kill(pid, signal.SIGTERM)
        self._stopping()

    def _kill(self, why: str) -> None:
        _log.warning("workers.killed", why=why, pids=sorted(self._workers))
        self._status = 1
        self._stop_by = None if not self._workers else time.monotonic() + self._stop_seconds_max
        for pid in self._workers:
            os.kill(pid, signal.SIGKILL)

    def _keep_time(self) -> None:
        now = time.monotonic()
        if self._stop_by is not None:
            if self._workers and now >= self._stop_by:
                self._kill("did not stop in time")
            return
        for at, number in list(self._empty):
            if now >= at:
                self._empty.remove((at, number))
                self._start(number)

    def _bury(self) -> None:
        for pid in list(self._workers):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                self._died(pid, os.waitstatus_to_exitcode(status))

    def _died(self, pid: int, status: int) -> None:
        worker = self._workers.pop(pid)
        was_ready = pid in self._ready
        self._ready.discard(pid)
        if self._stop_by is not None:
            return
        if not self._greeted and not was_ready:
            # It has said why. What one cannot begin with, the others cannot either.
            self._status = 1
            self._stop(signal.SIGTERM)
            return
        now = time.monotonic()
        young = now - worker.started_at < YOUNG_SECONDS
        self._young_deaths = self._young_deaths + 1 if young else 0
        pause = min(PAUSE_SECONDS * 2**self._young_deaths, PAUSE_SECONDS_MAX) if young else 0.0
        _log.warning("workers.died", pid=pid, number=worker.number, status=status, replaced_in_seconds=pause)
        self._empty.append((now + pause, worker.number))

    def _start(self, number: int) -> None:
        # A signal between the fork and its own handlers would be taken by ours, and reach us instead.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            pid = os.fork()
            if pid == 0:
                self._become(Post(number, self._leash, self._ready_to))
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        self._workers[pid] = _Worker(number, time.monotonic())

    def _become(self, post: Post) -> None:
        """Be a worker, and never return."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            self._signals.close()
            self._signals_from.close()
            os.close(self._leash_held)
            os.close(self._ready_from)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
            self._work(post)
            status = 0
        except SystemExit as ending:
            status = ending.code if isinstance(ending.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)


@contextlib.contextmanager
def _signals_on_socket() -> Iterator[tuple[socket.socket, socket.socket]]:
    """While the block runs, each signal of ours is a byte to read, and interrupts nothing."""
    reading, writing = socket.socketpair()
    reading.setblocking(False)
    writing.setblocking(False)
    before = {number: signal.signal(number, _noted) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
    woken = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    try:
        yield reading, writing
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        reading.close()
        writing.close()


def _noted(*_: object) -> None:
    """The byte on the socket is all that is wanted."""
