"""The load client: a process of its own that keeps connections busy and counts the answers.

It reads one job a line from standard input (JSON) and answers each with one line::

    {"port": 8080, "requests": ["GET / HTTP/1.1\\r\\n…"], "seconds": 2.0}
    {"answers": 51234, "seconds": 2.0, "broken": 0, "example": "", "p50_ms": 1.2, "p99_ms": 2.9}

Each connection sends a request, waits for its whole answer (HTTP/1.1, ``Content-Length``) and sends the next.
``{fresh}`` in a request's head is another text each time that it is sent.
An answer that is not a 2xx is broken, and so is a connection that ends early.
"""

import asyncio
import itertools
import json
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import uvloop

CONNECTIONS = 32
HOST = "127.0.0.1"
FRESH = "{fresh}"

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Measured(NamedTuple):
    """What one job came to."""

    answers: int
    seconds: float
    broken: int
    example: str
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


class LoadClient:
    """The client process, from the side of the bench."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, port: int, requests: list[str], seconds: float) -> Measured:
        """Keep the server busy for so long."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(json.dumps({"port": port, "requests": requests, "seconds": seconds}) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError("the load client ended")
        return Measured(**json.loads(line))

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


class _Job:
    def __init__(self, requests: list[bytes], seconds: float) -> None:
        self.requests = _endless(requests)
        self.until = time.perf_counter() + seconds
        self.took: list[float] = []
        self.broken = 0
        self.example = ""


def _endless(requests: list[bytes]) -> Iterator[bytes]:
    mark = FRESH.encode()
    if not any(mark in request for request in requests):
        return itertools.cycle(requests)
    this_time = secrets.token_hex(8)
    numbered = zip(itertools.cycle(requests), itertools.count(), strict=False)
    return (request.replace(mark, b"%s-%d" % (this_time.encode(), number)) for request, number in numbered)


class _Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way."""

    def __init__(self, job: _Job, ended: "asyncio.Future[None]") -> None:
        self._job = job
        self._ended = ended
        self._read = b""
        self._expected = 0
        self._sent_at = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._read = self._read + data if self._read else data
        if not self._expected:
            end = self._read.find(b"\r\n\r\n")
            if end < 0:
                return
            length = LENGTH.search(self._read)
            self._expected = end + 4 + (int(length[1]) if length else 0)
        if len(self._read) < self._expected:
            return
        now, job = time.perf_counter(), self._job
        job.took.append(now - self._sent_at)
        if self._read[9:10] != b"2":
            job.broken += 1
            job.example = self._read[:600].decode("utf-8", "replace")
        self._read, self._expected = b"", 0
        if now < job.until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if time.perf_counter() < self._job.until:
            self._job.broken += 1
            self._job.example = self._job.example or f"the connection ended early: {error}"
        if not self._ended.done():
            self._ended.set_result(None)

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._job.requests))


async def _work(port: int, requests: list[str], seconds: float) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    job = _Job([request.encode() for request in requests], seconds)
    endings = [loop.create_future() for _ in range(CONNECTIONS)]
    for ended in endings:
        await loop.create_connection(lambda ended=ended: _Connection(job, ended), HOST, port)  # type: ignore[misc]
    await asyncio.wait(endings, timeout=seconds + 15)
    took = sorted(job.took) or [0.0]
    return {
        "answers": len(job.took),
        "seconds": time.perf_counter() - begun,
        "broken": job.broken + sum(not ended.done() for ended in endings),
        "example": job.example,
        "p50_ms": took[len(took) // 2] * 1_000,
        "p99_ms": took[len(took) * 99 // 100] * 1_000,
    }


def main() -> None:
    for line in sys.stdin:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            answer = runner.run(_work(**json.loads(line)))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
