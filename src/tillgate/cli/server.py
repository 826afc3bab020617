"""The server process: uvicorn around the application, its log, and what it says when it starts."""

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Iterator
from typing import Any, Final

import structlog
import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from tillgate import __version__
from tillgate.app import Tillgate, running
from tillgate.settings import Settings, SettingsError

SHUTDOWN_SECONDS = 10
BACKLOG = 2_048

# How uvicorn is set up here. The bench sets its baseline up by the same.
SERVER_SETTINGS: Final[dict[str, Any]] = {
    "http": "httptools",
    "lifespan": "on",
    "ws": "none",
    "access_log": False,
    "server_header": False,
    "log_config": None,
    "backlog": BACKLOG,
    "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
}


class _Server(uvicorn.Server):
    """uvicorn, which says where to go once it listens."""

    def __init__(self, config: uvicorn.Config, chosen: Settings, tillgate: Tillgate) -> None:
        super().__init__(config)
        self._chosen = chosen
        self._tillgate = tillgate

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal anew once it has shut down, which ends the process with the
        # database still open.
        loop = asyncio.get_running_loop()
        for number in HANDLED_SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in HANDLED_SIGNALS:
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await _greet(self._chosen, self._tillgate)


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


def run(chosen: Settings, host: str, port: int) -> None:
    """Serve until somebody says stop.

    Raises:
        SettingsError, StoreError, SealingError: it cannot start; the message says what to do.
    """
    _log_to_stderr(readable=chosen.dev)
    with asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(_serve(chosen, host, port))


async def _serve(chosen: Settings, host: str, port: int) -> None:
    with _listen(host, port) as listening:
        async with running(chosen) as tillgate:
            config = uvicorn.Config(tillgate, **SERVER_SETTINGS)
            await _Server(config, chosen, tillgate).serve([listening])


async def _greet(chosen: Settings, tillgate: Tillgate) -> None:
    where = chosen.public_url
    lines = [
        f"Tillgate {__version__} is running{' in development mode' if chosen.dev else ''}.",
        "",
        f"  Dashboard  {where}/dashboard",
        f"  API        {where}/api/v1",
        f"  Health     {where}/healthz",
    ]
    token = await tillgate.accounts.new_setup_token()
    if token is not None:
        lines += [
            "",
            "  Nobody owns this server yet. Open this link, once, to make the owner account:",
            f"  {where}/dashboard/setup/{token}",
        ]
    lines += ["", "  Stop with Ctrl-C."]
    print("\n" + "\n".join(lines) + "\n", flush=True)


def _loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ModuleNotFoundError:  # Windows has none
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


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
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
