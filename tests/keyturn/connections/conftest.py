"""A real server under limits on a real loop, over real sockets, in clear and over TLS; the test turns its clock."""

import asyncio
import contextlib
import functools
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
import uvicorn
import uvloop
from uvicorn.server import ServerState

from keyturn.connections import ConnectionLimits
from keyturn.connections.counting import OpenConnections
from keyturn.connections.handshake import Handshake
from keyturn.connections.protocol import LimitedProtocol

LIMITS = ConnectionLimits(open_max=40, per_client_max=8, idle_seconds=75, head_seconds=10, body_seconds=10)
LARGE = b"x" * 8_000_000


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """The loop that servers run on."""
    return "asyncio", {"loop_factory": uvloop.new_event_loop}


class Application:
    """Answers ``/`` at once, ``/held`` when it is let, ``/large`` with 8 MB, ``/ignored`` without reading the body, and
    anything else with the length of what it was sent."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.released = asyncio.Event()
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        self.begun.append(path)
        body = b"ok"
        if path == "/held":
            await self.released.wait()
        elif path == "/large":
            body = LARGE
        elif path not in ("/", "/ignored"):
            read = bytearray()
            while (message := await receive())["type"] == "http.request":
                read += message["body"]
                if not message["more_body"]:
                    break
            else:
                self.ended.append(f"{path} lost")
                return
            self.bodies.append(bytes(read))
            body = b"%d" % len(read)
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        self.ended.append(path)


class Client:
    """One connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> int:
        """The status of the next answer, whose head alone is read."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        return int(head.split(b" ", 2)[1])

    async def answer(self) -> tuple[int, bytes]:
        """The next answer's status and body."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head.split(b" ", 2)[1]), await asyncio.wait_for(self.reader.readexactly(length), 10)

    async def rest(self) -> bytes:
        """What comes until the server closes; empty where it resets the connection instead."""
        try:
            return await asyncio.wait_for(self.reader.read(), 10)
        except OSError:
            return b""

    async def closed(self) -> None:
        """Wait until the server has closed, having sent nothing more."""
        assert await self.rest() == b""


class Served:
    """A server, how many sweeps it has made, and clients of it."""

    def __init__(self, port: int, tls: ssl.SSLContext | None, opened: OpenConnections, app: Application) -> None:
        self.port = port
        self.tls = tls
        self.opened = opened
        self.app = app
        self.reports: list[str] = []

    @contextlib.asynccontextmanager
    async def client(self, address: str = "127.0.0.1", *, handshake: bool = True) -> AsyncIterator[Client]:
        tls = self.tls if handshake else None
        reader, writer = await asyncio.open_connection(
            "127.0.0.1",
            self.port,
            ssl=tls,
            server_hostname="localhost" if tls else None,
            local_addr=(address, 0),
            limit=1 << 20,
        )
        try:
            yield Client(reader, writer)
        finally:
            writer.transport.abort()
            with contextlib.suppress(Exception):
                await writer.wait_closed()

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status that a request gets on a connection of its own, and whatever else came until it was closed."""
        async with self.client() as client:
            client.writer.write(request)
            status, body = await client.answer()
            return status, body

    def pass_seconds(self, seconds: int) -> None:
        for _ in range(seconds):
            self.opened.sweep()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 — what it waits for knows no event
                await asyncio.sleep(0.001)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """An authority, and a file with this machine's certificate by it and the private key."""
    authority = trustme.CA()
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(file))
    return authority, file


@pytest.fixture(params=["clear", "tls"])
async def served(
    request: pytest.FixtureRequest, certificate: tuple[trustme.CA, Path], anyio_backend: object
) -> AsyncIterator[Served]:
    """A server with few places. 127.0.0.1 is no trusted proxy; 127.0.0.9 is one."""
    loop = asyncio.get_running_loop()
    app = Application()
    config = uvicorn.Config(app, http="httptools", ws="none", lifespan="off", access_log=False, log_config=None)
    config.load()
    reports: list[str] = []
    opened = OpenConnections(LIMITS, is_trusted=lambda address: address == "127.0.0.9", report=reports.append)
    authority, file = certificate
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(file)
    client_tls = ssl.create_default_context()
    authority.configure_trust(client_tls)
    state = ServerState()
    make = functools.partial(LimitedProtocol, opened, config=config, server_state=state, app_state={})
    encrypted = request.param == "tls"

    def protocol() -> asyncio.Protocol:
        return Handshake(opened, tls, make()) if encrypted else make()

    server = await loop.create_server(protocol, "127.0.0.1", 0)
    made = Served(server.sockets[0].getsockname()[1], client_tls if encrypted else None, opened, app)
    made.reports = reports
    yield made
    app.released.set()
    server.close()
    for connection in list(state.connections):
        connection.transport.abort()
    await made.until(lambda: not opened.members)
