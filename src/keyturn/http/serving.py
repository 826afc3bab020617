"""``keyturn serve`` as a process: uvicorn around the server, and what it says when it starts."""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from keyturn.admission.layer import KeyLayer, open_key_layer
from keyturn.connections.counting import OpenConnections
from keyturn.connections.server import LimitedServer, open_connections
from keyturn.http.server import KeyturnServer
from keyturn.limiting.gcra import Limiter
from keyturn.settings import Settings, SettingsError
from keyturn.stores.ports import RateLimiter

if TYPE_CHECKING:
    from keyturn.leaks.github import GitHubReports

SHUTDOWN_SECONDS: Final = 10
# What is open beside the clients' connections: the database's, Valkey's, the loop's own.
OWN_DESCRIPTORS: Final = 64
# Requests leave next to no circles behind.
GC_THRESHOLD: Final = 20_000

SERVER_SETTINGS: Final[dict[str, Any]] = {
    "http": "httptools",
    "lifespan": "off",
    "ws": "none",
    "access_log": False,
    "server_header": False,
    "date_header": True,
    "proxy_headers": False,  # the server asks who said so itself
    "log_config": None,
    "backlog": 2_048,
    "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
}


_log = logging.getLogger("keyturn")


async def serve(
    settings: Settings,
    host: str,
    port: int,
    say: Callable[[str], None],
    *,
    certificate: Path | None = None,
    private_key: Path | None = None,
    uds: Path | None = None,
) -> None:
    """Serve until somebody says stop.

    Args:
        uds: a Unix socket to listen on, in place of host and port.
        say: called once it listens, for whoever started it.

    Raises:
        SettingsError: the limiter cannot be set up as the settings say.
        StoreError: the database cannot be reached or brought up to date; the message says what to do.
    """
    async with (
        _limiter(settings) as limiter,
        open_key_layer(
            settings.database_url,
            scopes=settings.scopes,
            publishable=settings.publishable,
            limit=settings.limit,
            limiter=limiter,
            visitors=limiter if settings.valkey_url is not None else None,
            leak_rules=settings.leaks,
            portal_url=settings.portal_url,
        ) as layer,
    ):
        connections = _connections(settings)
        config = uvicorn.Config(
            KeyturnServer(layer, settings, _github(settings, layer), connections),
            host=host,
            port=port,
            uds=str(uds) if uds is not None else None,
            ssl_certfile=certificate,
            ssl_keyfile=private_key,
            **SERVER_SETTINGS,
        )
        greeting = _greeting(settings, host, port, certificate is not None, uds)
        await _Server(config, connections, lambda: say(greeting)).serve()


def _connections(settings: Settings) -> OpenConnections:
    return open_connections(
        settings.connections,
        is_trusted=settings.trusted_proxies.has,
        report=_log.warning,
        prefix="KEYTURN_",
        own_descriptors=OWN_DESCRIPTORS,
    )


def _github(settings: Settings, layer: KeyLayer) -> "GitHubReports | None":
    """What takes GitHub's reports of leaked keys, where it is said by whose signatures they are known."""
    if settings.github_public_keys is None:
        return None
    try:
        from keyturn.leaks.github import GitHubReports, public_keys_at
    except ModuleNotFoundError as error:
        raise SettingsError("KEYTURN_GITHUB_PUBLIC_KEYS needs the package cryptography") from error
    return GitHubReports(layer.leaks, public_keys_at(settings.github_public_keys), layer.clock)


@contextlib.asynccontextmanager
async def _limiter(settings: Settings) -> AsyncIterator[RateLimiter]:
    """What counts requests: this process, or all that share a Valkey."""
    alone = Limiter(time.monotonic_ns)
    if settings.valkey_url is None:
        yield alone
        return
    try:
        from keyturn.limiting.shared import SharedLimiter, client_for
    except ModuleNotFoundError as error:
        raise SettingsError("KEYTURN_VALKEY_URL needs the client redis: pip install 'keyturn[valkey]'") from error
    try:
        client = client_for(settings.valkey_url)
    except ValueError as error:
        raise SettingsError(f"KEYTURN_VALKEY_URL: {error}") from error
    shared = SharedLimiter(client, alone, on_change=_log_outage)
    try:
        await shared.probe()
        yield shared
    finally:
        await shared.close()


def _log_outage(error: Exception | None) -> None:
    if error is not None:
        _log.warning("Valkey does not answer; rate limits are counted per process until it does: %s", error)
    else:
        _log.warning("Valkey answers again; rate limits are shared")


class _Server(LimitedServer):
    """uvicorn, which says once it listens."""

    def __init__(self, config: uvicorn.Config, connections: OpenConnections, begun: Callable[[], None]) -> None:
        super().__init__(config, connections)
        self._begun = begun

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal again once it has shut down, which ends the process with the
        # database still open.
        loop = asyncio.get_running_loop()
        for number in HANDLED_SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in HANDLED_SIGNALS:
                loop.remove_signal_handler(number)

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._begun()


def _greeting(settings: Settings, host: str, port: int, tls: bool, uds: Path | None) -> str:
    to_json = f"[{host}]" if ":" in host else host
    where = f"unix:{uds}:" if uds is not None else f"{'https' if tls else 'http'}://{to_json}:{port}"
    root = "with the root credential" if settings.roots else "by keys with keys:write (KEYTURN_ROOT_KEY is not set)"
    return (
        f"Keyturn is running.\n\n  Verify     POST {where}/v1/keys/verify\n  Manage     {where}/v1/keys  {root}\n"
        f"  Describe   {where}/v1/openapi.json\n  Health     {where}/healthz\n\n  Stop with Ctrl-C."
    )


def run(
    settings: Settings,
    host: str,
    port: int,
    say: Callable[[str], None],
    *,
    certificate: Path | None = None,
    private_key: Path | None = None,
    uds: Path | None = None,
) -> None:
    """:func:`serve`, on the fastest loop there is."""
    # What was loaded stays: looking through it for rubbish again and again would take a tenth of all time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    with asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(serve(settings, host, port, say, certificate=certificate, private_key=private_key, uds=uds))


def _loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ModuleNotFoundError:  # Windows has none
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
