"""The server process: uvicorn around the application, its log, and what it says when it starts."""

import asyncio
import contextlib
import gc
import io
import logging
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, TextIO, cast

import structlog
import uvicorn
from starlette.types import ASGIApp
from structlog.typing import EventDict
from uvicorn.server import HANDLED_SIGNALS

from keyturn.cli.output import note, say
from keyturn.connections.counting import OpenConnections
from keyturn.connections.server import LimitedServer, open_connections
from keyturn.database import StoreError
from keyturn.http.proxies import Networks
from keyturn.terminal import PrintableFormatter, printable
from tillgate import __version__
from tillgate.access.accounts import Accounts
from tillgate.app import running
from tillgate.base.clock import SystemClock
from tillgate.cli.workers import Post, Supervisor, startup_problem
from tillgate.events.deliveries.guard import CONNECTIONS_MAX
from tillgate.metrics import Metrics, Tally
from tillgate.opening import open_migrated
from tillgate.settings import CONNECTIONS_OF_PROCESS_MAX, Settings, SettingsError
from tillgate.store import Sealer, SealingError
from tillgate.store.sealing import claim

SHUTDOWN_SECONDS = 10
# Beyond that, the webhooks under way are finished.
WORKERS_STOP_SECONDS = SHUTDOWN_SECONDS + 8
BACKLOG = 2_048
# Requests leave next to no circles behind.
GC_THRESHOLD: Final = 20_000
# What is open beside the clients' connections: webhooks under way, the database's, Valkey's, the loop's own.
OWN_DESCRIPTORS: Final = CONNECTIONS_MAX + CONNECTIONS_OF_PROCESS_MAX + 64

_log = structlog.get_logger("server")

# How uvicorn is set up here. The bench sets its baseline up by the same.
SERVER_SETTINGS: Final[dict[str, Any]] = {
    "http": "httptools",
    "lifespan": "on",
    "ws": "none",
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,  # the application asks who said so itself
    "log_config": None,
    "backlog": BACKLOG,
    "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
}


def _config(tillgate: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(tillgate, **SERVER_SETTINGS)


def _connections(chosen: Settings, metrics: Metrics) -> OpenConnections:
    def report(text: str) -> None:
        _log.warning("connections.refused", detail=text)

    opened = open_connections(
        chosen.connections,
        is_trusted=Networks(map(str, chosen.trusted_proxies)).has,
        report=report,
        prefix="TILLGATE_",
        own_descriptors=OWN_DESCRIPTORS,
    )
    opened.on_sweep = lambda: metrics.note_connections(opened.open, opened.ended())
    return opened


class _Server(LimitedServer):
    """uvicorn, which says once it listens, and stops when its supervisor is gone."""

    def __init__(
        self,
        config: uvicorn.Config,
        connections: OpenConnections,
        begun: Callable[[], Awaitable[None]],
        leash: int | None = None,
    ) -> None:
        super().__init__(config, connections)
        self._begun = begun
        self._leash = leash

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal again once it has shut down, which ends the process with the
        # database still open.
        loop = asyncio.get_running_loop()
        # Ctrl-C reaches workers, too; their supervisor tells them when to stop.
        heard = HANDLED_SIGNALS if self._leash is None else (signal.SIGTERM,)
        for number in heard:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        if self._leash is not None:
            loop.add_reader(self._leash, self._cut_loose, self._leash)
        try:
            yield
        finally:
            for number in heard:
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await self._begun()

    def _cut_loose(self, leash: int) -> None:
        asyncio.get_running_loop().remove_reader(leash)
        self.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    """The server's socket, taken before anything else is touched.

    Raises:
        SettingsError: somebody else has it, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise SettingsError(f"cannot listen on {host} port {port}: {error.strerror or error}") from error


def run(chosen: Settings, host: str, port: int) -> int:
    """Serve until somebody says stop; the status to end with.

    Raises:
        SettingsError, StoreError, SealingError: it cannot start; the message says what to do.
    """
    problem = startup_problem(chosen.workers, chosen.database_url)
    if problem is not None:
        raise SettingsError(problem)
    _log_to_stderr(readable=chosen.dev)
    # What was loaded stays: it is not looked through for garbage again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    with _listen(host, port) as listening:
        if chosen.workers == 1:
            with asyncio.Runner(loop_factory=_loop) as runner:
                runner.run(_serve_alone(chosen, listening))
            return 0
        return _serve_by_workers(chosen, listening)


async def _serve_alone(chosen: Settings, listening: socket.socket) -> None:
    metrics = Metrics()
    async with running(chosen, metrics=metrics) as tillgate:

        async def begun() -> None:
            _greet(chosen, await tillgate.accounts.new_setup_token())

        await _Server(_config(tillgate), _connections(chosen, metrics), begun).serve([listening])


def _serve_by_workers(chosen: Settings, listening: socket.socket) -> int:
    # Once for all of them, so that what is wrong is said once, and before any is there.
    setup_token = asyncio.run(_prepare(chosen))
    tally = Tally(chosen.workers)

    def work(post: Post) -> None:
        try:
            with asyncio.Runner(loop_factory=_loop) as runner:
                runner.run(_serve_as_worker(chosen, listening, Metrics(tally, post.number), post))
        except (StoreError, SealingError, SettingsError) as error:
            note(f"tillgate: {error}")
            sys.exit(1)

    supervisor = Supervisor(
        chosen.workers,
        work,
        begun=lambda: _greet(chosen, setup_token),
        stopping=listening.close,
        stop_seconds_max=WORKERS_STOP_SECONDS,
    )
    return supervisor.run()


async def _prepare(chosen: Settings) -> str | None:
    """The database brought up to date; the token of a new set-up link while nobody owns the server."""
    clock = SystemClock()
    database = await open_migrated(chosen, clock)
    try:
        await claim(database, Sealer(chosen.secret_key()))
        return await Accounts(database, clock).new_setup_token()
    finally:
        await database.close()


async def _serve_as_worker(chosen: Settings, listening: socket.socket, metrics: Metrics, post: Post) -> None:
    async with running(chosen, metrics=metrics) as tillgate:

        async def begun() -> None:
            post.ready()

        connections = _connections(chosen, metrics)
        await _Server(_config(tillgate), connections, begun, post.leash).serve([listening])


def _greet(chosen: Settings, setup_token: str | None) -> None:
    where = chosen.public_url
    how = f" with {chosen.workers} workers" if chosen.workers > 1 else ""
    lines = [
        f"Tillgate {__version__} is running{how}{' in development mode' if chosen.dev else ''}.",
        "",
        f"  Dashboard  {where}/dashboard",
        f"  API        {where}/api/v1",
        f"  Health     {where}/healthz",
    ]
    if chosen.workers > 1 and chosen.key_limit is not None and chosen.valkey_url is None:
        lines += [
            "",
            f"  Rate limits are counted per worker: a key can make up to {chosen.workers} times as",
            "  many requests as its limit says. Set TILLGATE_VALKEY_URL to share the counts.",
        ]
    if setup_token is not None:
        lines += [
            "",
            "  This server has no owner yet. Open this link to create the owner account; it works once:",
            f"  {where}/dashboard/setup/{setup_token}",
        ]
    lines += ["", "  Stop with Ctrl-C."]
    say("\n" + "\n".join(lines) + "\n")


def _loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ModuleNotFoundError:  # Windows has none
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class Unfailing(io.TextIOBase):
    """A stream for a log. A line that cannot be written, for its disk is full or its reader has gone, is lost, and
    with it nothing else: no request fails for its log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def _escape_fields(_: object, __: str, event: EventDict) -> EventDict:
    """What a terminal would act upon, escaped: a path or a user agent is a stranger's."""
    return {name: printable(value) if isinstance(value, str) else value for name, value in event.items()}


def _log_to_stderr(*, readable: bool) -> None:
    """One JSON object a line, or readable lines in development. Secrets are never among the fields."""
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if readable else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            *((_escape_fields,) if readable else ()),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Unfailing(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PrintableFormatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
