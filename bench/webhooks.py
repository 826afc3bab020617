"""From a committed event to the first byte of its webhook, at a receiver in this process."""

import asyncio
import secrets
import time

from bench.load import FRESH

WARM_UP = 20


class _Receiver(asyncio.Protocol):
    """Answers 200 to every POST and notes when its first byte came."""

    def __init__(self, arrived: "asyncio.Queue[float]") -> None:
        self._arrived = arrived
        self._read = b""
        self._first_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

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
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")  # type: ignore[attr-defined]
            self._arrived.put_nowait(self._first_at)


async def receive_at(port: int) -> tuple[asyncio.Server, "asyncio.Queue[float]"]:
    """Listen on a port; the queue says when each webhook's first byte came."""
    arrived: asyncio.Queue[float] = asyncio.Queue()
    server = await asyncio.get_running_loop().create_server(lambda: _Receiver(arrived), "127.0.0.1", port)
    return server, arrived


async def latencies_ms(
    server_port: int, request: str, receiver_port: int, count: int
) -> tuple[list[float], list[float]]:
    """Create sessions one after another; for each, how long after its request was sent the answer and the
    webhook came, in milliseconds, sorted.

    The commit lies between the request and the answer, so this never flatters the webhook.

    Raises:
        RuntimeError: the server refused, or a webhook did not come.
    """
    receiver, arrived = await receive_at(receiver_port)
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
        receiver.close()
    return sorted(answers), sorted(webhooks)
