"""From a committed event to the first byte of its webhook, at a receiver in this process."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator

from bench.load import FRESH

WARM_UP = 20


class _Receiver(asyncio.Protocol):
    """Answers 200 to every POST and notes when its first byte came."""

    def __init__(self, arrived: "asyncio.Queue[float]", connections: set[asyncio.WriteTransport]) -> None:
        self._arrived = arrived
        self._connections = connections
        self._read = b""
        self._first_at = 0.0

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self._connections.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        if not self._read:
            self._first_at = time.perf_counter()
        self._read += data
        head, separator, body = self._read.partition(b"\r\n\r\n")
        if not separator:
            return
        length = next(
            int(line.partition(b":")[2]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        if len(body) >= length:
            self._read = b""
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            self._arrived.put_nowait(self._first_at)


@contextlib.asynccontextmanager
async def receiving(port: int) -> AsyncIterator["asyncio.Queue[float]"]:
    """Listen on a port until the block ends; the queue says when each webhook's first byte came.

    Connections end with the block: who keeps them would else send the next webhook to nobody who reads it.
    """
    arrived: asyncio.Queue[float] = asyncio.Queue()
    connections: set[asyncio.WriteTransport] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Receiver(arrived, connections), "127.0.0.1", port)
    try:
        yield arrived
    finally:
        server.close()
        for connection in connections:
            connection.abort()


async def latencies_ms(
    server_port: int, request: str, receiver_port: int, count: int
) -> tuple[list[float], list[float]]:
    """Create sessions one after another; for each, how long after its request was sent the answer and the
    webhook came, in milliseconds, sorted.

    The commit lies between the request and the answer, so this never flatters the webhook.

    Raises:
        RuntimeError: the server refused, or a webhook did not come.
    """
    async with receiving(receiver_port) as arrived:
        reader, writer = await asyncio.open_connection("127.0.0.1", server_port)
        answers, webhooks = [], []
        try:
            for number in range(count + WARM_UP):
                sent_at = time.perf_counter()
                writer.write(request.replace(FRESH, secrets.token_hex(8)).encode())
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
                body = await reader.readexactly(length)
                answered_at = time.perf_counter()
                if head[9:10] != b"2":
                    raise RuntimeError(f"the server refused: {body.decode()[:300]}")
                async with asyncio.timeout(10):
                    first_at = await arrived.get()
                if number >= WARM_UP:
                    answers.append((answered_at - sent_at) * 1_000)
                    webhooks.append((first_at - sent_at) * 1_000)
                # Until the attempt is recorded too, so that each event finds the worker at rest.
                await asyncio.sleep(0.005)
        except TimeoutError as error:
            raise RuntimeError("a webhook did not come within 10 seconds") from error
        finally:
            writer.close()
    return sorted(answers), sorted(webhooks)
