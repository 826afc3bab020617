"""Connections to receivers: kept for the next webhook to the same place, and no more of them than there may be."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpcore
import httpx
import pytest

from tests.shop import eventually
from tillgate.events.deliveries.connections import Connections

pytestmark = pytest.mark.anyio

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Place:
    """A receiver that counts its connections, and answers while it is let."""

    def __init__(self) -> None:
        self.accepted = 0
        self.requests = 0
        self.released = asyncio.Event()
        self.released.set()
        self.open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self.open.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                await self.released.wait()
                writer.write(ANSWER)
        self.open.discard(writer)
        writer.close()


@contextlib.asynccontextmanager
async def place() -> AsyncIterator[tuple[Place, str]]:
    made = Place()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    try:
        yield made, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        made.released.set()
        server.close()
        for writer in list(made.open):
            writer.close()


@contextlib.asynccontextmanager
async def sending(open_max: int = 10, kept_max: int = 10, **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    ssl_context = httpx.create_ssl_context()
    transport = httpx.AsyncHTTPTransport(verify=ssl_context)
    transport._pool = Connections(ssl_context, lambda _: httpcore.AnyIOBackend(), open_max=open_max, kept_max=kept_max)  # type: ignore[assignment]
    async with httpx.AsyncClient(transport=transport, trust_env=False, **more) as client:
        yield client


async def test_a_connection_is_used_again_for_its_own_place_only() -> None:
    """One after the other goes over one connection; at once, each over its own; to another place, over another."""
    async with place() as (one, first), place() as (two, second), sending() as client:
        for _ in range(3):
            assert (await client.get(first)).text == "ok"
        assert (one.accepted, one.requests) == (1, 3)
        await client.get(second)
        assert (two.accepted, one.accepted) == (1, 1)
        one.released.clear()
        several = asyncio.gather(*(client.get(first) for _ in range(4)))
        await eventually(lambda: one.requests == 7)
        one.released.set()
        assert [answer.status_code for answer in await several] == [200] * 4
        assert one.accepted == 4


async def test_a_connection_that_the_receiver_has_closed_is_not_used_again() -> None:
    """A receiver ends what is idle for too long; the next webhook makes a new one and fails for nothing."""
    async with place() as (one, url), sending() as client:
        await client.get(url)
        for writer in list(one.open):
            writer.close()
        await eventually(lambda: not one.open)
        assert (await client.get(url)).status_code == 200
        assert one.accepted == 2


async def test_requests_under_way_are_limited_and_a_lost_one_frees_its_slot() -> None:
    """The third waits for one of two; what fails, or is given up, counts no longer."""
    async with place() as (one, url), sending(open_max=2, timeout=None) as client:
        one.released.clear()
        waiting = [asyncio.create_task(client.get(url)) for _ in range(3)]
        await eventually(lambda: one.requests == 2)
        assert one.accepted == 2
        waiting[0].cancel()
        await eventually(lambda: one.requests == 3)
        one.released.set()
        for task in waiting[1:]:
            assert (await task).status_code == 200
        for _ in range(5):
            with pytest.raises(httpx.ConnectError):
                await client.get("http://127.0.0.1:9/")
        assert (await client.get(url)).status_code == 200


async def test_a_limited_number_is_kept_and_the_oldest_goes_first() -> None:
    """Of three places two stay connected; closing the client closes them, too."""
    async with place() as (one, first), place() as (two, second), place() as (three, third):
        async with sending(kept_max=2) as client:
            for url in (first, second, third):
                await client.get(url)
            await eventually(lambda: not one.open)
            assert (len(two.open), len(three.open)) == (1, 1)
            await client.get(second)
            assert two.accepted == 1
        await eventually(lambda: not two.open and not three.open)


async def test_what_a_request_looks_at_does_not_grow_with_the_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """httpcore's own pool looks at each of them several times for each request, which was most of a webhook's cost."""
    looked_at = 0
    expired = httpcore.AsyncHTTPConnection.has_expired

    def counted(self: httpcore.AsyncHTTPConnection) -> bool:
        nonlocal looked_at
        looked_at += 1
        return expired(self)

    monkeypatch.setattr(httpcore.AsyncHTTPConnection, "has_expired", counted)
    async with contextlib.AsyncExitStack() as stack:
        urls = [(await stack.enter_async_context(place()))[1] for _ in range(40)]
        client = await stack.enter_async_context(sending(kept_max=50))
        for url in urls:
            await client.get(url)
        looked_at = 0
        for url in urls:
            await client.get(url)
        assert looked_at <= 3 * len(urls)
