"""What a receiver sends back without end is read no further than an answer may be."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest

from tests.events.test_connections import sending
from tillgate.events.deliveries.answers import BODY_BYTES_MAX, HEAD_BYTES_MAX, INTERIM_MAX

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"


class Sent:
    def __init__(self) -> None:
        self.bytes = 0


@contextlib.asynccontextmanager
async def receiver(answer: Callable[[], Iterator[bytes]]) -> AsyncIterator[tuple[str, Sent]]:
    """A receiver that answers each request with these parts, one write each, and counts what it could send."""
    sent = Sent()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                for part in answer():
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0)  # drain() alone lets nobody else run
                    sent.bytes += len(part)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", sent
    finally:
        server.close()


def without_end(first: bytes, part: bytes) -> Callable[[], Iterator[bytes]]:
    def parts() -> Iterator[bytes]:
        yield first
        while True:
            yield part

    return parts


async def test_five_interim_answers_are_read_and_a_sixth_ends_it() -> None:
    """103 and 100 without end are not waited out; a few before the answer are nobody's business, request after
    request."""
    async with sending() as client:
        async with receiver(lambda: iter([INTERIM] * INTERIM_MAX + [OK])) as (url, _):
            for _ in range(3):
                assert (await client.get(url)).text == "ok"
        async with receiver(without_end(b"", INTERIM)) as (url, sent):
            with pytest.raises(httpx.RemoteProtocolError, match="more than 5 interim answers"):
                await client.get(url)
            assert sent.bytes < 20_000_000
        dribbled = without_end(b"", b"HTTP/1.1 100 C\r\n\r\n")
        async with receiver(lambda: (b"%c" % byte for part in dribbled() for byte in part)) as (url, _):
            with pytest.raises(httpx.RemoteProtocolError, match="more than 5 interim answers"):
                await client.get(url)


async def test_a_head_ends_after_64_kib() -> None:
    """In one field or in many. Nearly as long a one is an answer, and its body does not count as head."""
    long = b"HTTP/1.1 200 OK\r\ncontent-length: 50000\r\nx: " + b"v" * (HEAD_BYTES_MAX - 3_000) + b"\r\n\r\n"
    async with sending() as client:
        async with receiver(lambda: iter([long + b"b" * 50_000])) as (url, _):
            for _ in range(3):
                assert len((await client.get(url)).content) == 50_000
        for part in (b"v" * 5_000, b"v\r\nx: "):
            async with receiver(without_end(b"HTTP/1.1 200 OK\r\nx: ", part)) as (url, sent):
                with pytest.raises(httpx.RemoteProtocolError, match="head of the answer is longer"):
                    await client.get(url)
                assert sent.bytes < 20_000_000


async def test_a_body_ends_after_64_kib_whatever_it_is_wrapped_in() -> None:
    """Also where nearly all of it is the chunks' framing, of which no excerpt is ever full."""
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    async with sending() as client:
        for part in (b"1;e=" + b"v" * 4_000 + b"\r\nb\r\n", b"1000\r\n" + b"b" * 4_096 + b"\r\n"):
            async with receiver(without_end(chunked, part)) as (url, sent):
                with pytest.raises(httpx.RemoteProtocolError, match="body of the answer is longer"):
                    await client.get(url)
                assert BODY_BYTES_MAX <= sent.bytes < 20_000_000
