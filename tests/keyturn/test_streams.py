"""Answers that go on end with their key: real servers, server-sent events and web sockets, on both databases."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from keyturn import Issued, KeyWish, Mode, Receipt
from keyturn.admission.layer import KeyLayer, open_key_layer
from keyturn.admission.leases import LEASE_MS
from keyturn.keys.changing import KeyChanges, change
from keyturn.keys.revoking import revoke, set_enabled, suspend
from tests.running import clean_environment, free_port

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 30
SERVERS = 2


class Server:
    """The application in a process of its own, by uvicorn."""

    def __init__(self, database_url: str, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", "tests.keyturn.streaming_app:app", "--port", str(self.port)],
                env=clean_environment() | {"KEYTURN_DATABASE_URL": database_url},
                stdout=out,
                stderr=out,
            )
        self.log = log

    async def ready(self, client: httpx.AsyncClient) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.process.poll() is None:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"{self.url}/finished")).status_code == 200:
                        return
                await asyncio.sleep(0.02)
        raise AssertionError(self.log.read_text()[-4_000:])

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


class House:
    """Two servers on one database, and somebody beside them who changes keys."""

    def __init__(self, layer: KeyLayer, servers: list[Server], client: httpx.AsyncClient) -> None:
        self.layer = layer
        self.servers = servers
        self.client = client
        self.stack = contextlib.AsyncExitStack()

    async def issue(self, **more: Any) -> Issued:
        wish = KeyWish(project_id="prj_a", mode=Mode.TEST, name="streams", scopes=["streams:read"], **more)
        return await self.layer.issuer.issue(wish, by="user:1")

    async def stream(self, server: Server, issued: Issued, path: str = "/events") -> "Listening":
        headers = {"authorization": f"Bearer {issued.secret.reveal()}"}
        answer = await self.stack.enter_async_context(
            self.client.stream("GET", server.url + path, headers=headers, timeout=PATIENCE_SECONDS)
        )
        assert answer.status_code == 200
        listening = Listening(answer)
        await listening.first.wait()
        return listening

    async def socket(self, server: Server, issued: Issued) -> ClientConnection:
        connection = await self.stack.enter_async_context(
            connect(
                server.url.replace("http:", "ws:") + "/socket",
                additional_headers={"authorization": f"Bearer {issued.secret.reveal()}"},
                proxy=None,
            )
        )
        assert await connection.recv() == "tick"
        return connection

    async def finished(self, server: Server, *what: str) -> None:
        """Wait until the application's own code has come to its end."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while sorted((await self.client.get(f"{server.url}/finished")).text.split()) != sorted(what):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


class Listening:
    """A client of server-sent events."""

    def __init__(self, answer: httpx.Response) -> None:
        self.first = asyncio.Event()
        self._task = asyncio.create_task(self._listen(answer))

    async def _listen(self, answer: httpx.Response) -> str:
        try:
            async for _ in answer.aiter_raw():
                self.first.set()
        except httpx.HTTPError as error:
            return type(error).__name__
        return "ended"

    async def end(self) -> str:
        """How it ended."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._task

    @property
    def goes_on(self) -> bool:
        return not self._task.done()


@pytest.fixture
async def house(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[House]:
    async with (
        open_key_layer(database_url, scopes=["streams:read"]) as layer,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        servers = [Server(database_url, tmp_path / f"server{number}.log") for number in range(SERVERS)]
        found = House(layer, servers, client)
        try:
            for server in servers:
                await server.ready(client)
            async with found.stack:
                yield found
        finally:
            for server in servers:
                server.stop()


async def closed(connection: ClientConnection) -> tuple[int, str]:
    """With which code and words the server closed it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(ConnectionClosed) as caught:
            await connection.recv()
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason


Narrowing = Callable[[House, Issued], Awaitable[Receipt]]
WHO = {"project_id": "prj_a", "by": "user:1"}


async def revoking(house: House, issued: Issued) -> Receipt:
    return (await revoke(house.layer.store, house.layer.clock, key_id=issued.key.id, **WHO)).receipt


async def disabling(house: House, issued: Issued) -> Receipt:
    store, clock = house.layer.store, house.layer.clock
    return (await set_enabled(store, clock, key_id=issued.key.id, enabled=False, **WHO)).receipt


async def suspending(house: House, issued: Issued) -> Receipt:
    return await suspend(house.layer.store, house.layer.clock, **WHO)


async def taking_its_scope(house: House, issued: Issued) -> Receipt:
    layer, changes = house.layer, KeyChanges(scopes=())
    return (await change(layer.store, layer.clock, layer.issuer, key_id=issued.key.id, changes=changes, **WHO)).receipt


async def rotating_out(house: House, issued: Issued) -> Receipt:
    rotated = await house.layer.issuer.rotate(key_id=issued.key.id, overlap_ms=0, at_once=True, **WHO)
    return rotated.receipt


@pytest.mark.parametrize(
    ("narrowing", "code"),
    [
        (revoking, "invalid_api_key"),
        (disabling, "invalid_api_key"),
        (suspending, "project_suspended"),
        (rotating_out, "invalid_api_key"),
        (taking_its_scope, "missing_scope"),
    ],
)
async def test_what_is_open_ends_with_its_key(house: House, narrowing: Narrowing, code: str) -> None:
    """On every server, whether it sends or is silent; the receipt has counted it, and another key's goes on."""
    issued, other = await house.issue(), await house.issue()
    first, second = house.servers
    streams = [await house.stream(first, issued), await house.stream(second, issued, "/quiet")]
    sockets = [await house.socket(first, issued), await house.socket(second, issued)]
    others = [await house.stream(second, other)] if narrowing is not suspending else []
    receipt = await narrowing(house, issued)
    assert receipt.streams_ended == 4
    assert receipt.lapsed == ()
    assert [await one.end() for one in streams] == ["ended", "ended"]
    assert [await closed(one) for one in sockets] == [(1008, code), (1008, code)]
    await house.finished(first, "events", "socket")
    await house.finished(second, "quiet", "socket")
    assert all(one.goes_on for one in others)


async def test_a_change_that_lets_the_key_in_ends_nothing(house: House) -> None:
    """A new name, or a rotation whose overlap goes on."""
    issued = await house.issue()
    streams = [await house.stream(server, issued) for server in house.servers]
    layer = house.layer
    changed = await change(
        layer.store, layer.clock, layer.issuer, key_id=issued.key.id, changes=KeyChanges(name="Renamed"), **WHO
    )
    rotated = await layer.issuer.rotate(key_id=issued.key.id, overlap_ms=60_000, at_once=True, **WHO)
    assert (changed.receipt.streams_ended, rotated.receipt.streams_ended) == (0, 0)
    assert all(one.goes_on for one in streams)
    receipt = await revoking(house, issued)
    assert receipt.streams_ended == 2


async def test_a_download_of_a_known_length_is_cut_off(house: House) -> None:
    """Its client can tell that it is not whole."""
    issued = await house.issue()
    stream = await house.stream(house.servers[0], issued, "/download")
    assert (await revoking(house, issued)).streams_ended == 1
    assert await stream.end() == "RemoteProtocolError"


async def test_what_is_open_ends_when_its_key_expires(house: House) -> None:
    """By the clock, without any change."""
    issued = await house.issue(expires_at=house.layer.clock.now() + 3_000)
    stream, socket = await house.stream(house.servers[0], issued), await house.socket(house.servers[1], issued)
    assert await stream.end() == "ended"
    assert await closed(socket) == (1008, "invalid_api_key")
    assert house.layer.clock.now() >= (issued.key.expires_at or 0)


async def test_a_stopped_server_sends_nothing_once_the_receipt_is_there(house: House) -> None:
    """It is not heard, so its lease has to run out; when it goes on it ends what was open."""
    issued = await house.issue()
    server = house.servers[0]
    stream = await house.stream(server, issued)
    os.kill(server.process.pid, signal.SIGSTOP)
    receipt = await revoking(house, issued)
    assert len(receipt.lapsed) == 1
    assert receipt.waited_ms < LEASE_MS + 2_000
    os.kill(server.process.pid, signal.SIGCONT)
    assert await stream.end() == "ended"
