"""``tillgate serve`` and ``tillgate migrate``."""

import asyncio
import logging
import socket
import sys
from typing import Annotated, Any, Final

import structlog
import typer
import uvicorn

from tillgate import __version__
from tillgate.app import Tillgate, all_migrations, running
from tillgate.base.clock import SystemClock
from tillgate.cli.session import FAILURES, Data, DatabaseUrl, fail, settings
from tillgate.settings import HOST_DEFAULT, PORT_DEFAULT, Settings, SettingsError
from unitofwork import Migration, open_database
from unitofwork import migrate as apply_migrations

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


def serve(
    data: Data = None,
    database_url: DatabaseUrl = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = HOST_DEFAULT,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Port to listen on.")] = PORT_DEFAULT,
    dev: Annotated[
        bool | None,
        typer.Option("--dev/--no-dev", help="Allow webhooks to plain http on this machine; readable logs."),
    ] = None,
) -> None:
    """Run the server. It is ready when GET /healthz answers 200."""
    chosen = settings(data, database_url, host=host, port=port, dev=dev)
    _log_to_stderr(readable=chosen.dev)
    try:
        with asyncio.Runner(loop_factory=_loop) as runner:
            runner.run(_serve(chosen, host, port))
    except FAILURES as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def migrate(data: Data = None, database_url: DatabaseUrl = None) -> None:
    """Bring the database to the newest schema. A running server does so by itself when it starts."""
    chosen = settings(data, database_url)

    async def run() -> list[Migration]:
        database = await open_database(chosen.database_url)
        try:
            return await apply_migrations(database, all_migrations(), now=SystemClock().now())
        finally:
            await database.close()

    try:
        applied = asyncio.run(run())
    except FAILURES as error:
        fail(str(error))
    for migration in applied:
        print(f"applied {migration.house} {migration.number:04d}_{migration.name}")
    print("The database is up to date.")


class _Server(uvicorn.Server):
    """uvicorn, which says where to go once it listens."""

    def __init__(self, config: uvicorn.Config, chosen: Settings, tillgate: Tillgate) -> None:
        super().__init__(config)
        self._chosen = chosen
        self._tillgate = tillgate

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
