"""Somebody who sends requests at a steady pace and expects to be refused: a process of its own.

It reads one job a line from standard input (JSON) and answers each with one line::

    {"port": 8080, "requests": ["GET / HTTP/1.1\\r\\n…"], "per_second": 1000, "seconds": 2.0}
    {"refused": 1998, "seconds": 2.0, "odd": 0, "example": ""}

An answer other than a 401 is odd.
"""

import asyncio
import itertools
import json
import subprocess
import sys
import time
from typing import NamedTuple

import uvloop

from bench.load import LENGTH

CONNECTIONS = 8


class Flooded(NamedTuple):
    """What one job came to."""

    refused: int
    seconds: float
    odd: int
    example: str

    @property
    def rate(self) -> float:
        """Refusals a second."""
        return self.refused / self.seconds


class Flood:
    """The flooding process, from the side of the bench."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.flood"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def begin(self, port: int, requests: list[str], per_second: float, seconds: float) -> None:
        """Begin; it runs until it is stopped."""
        assert self._process.stdin is not None
        job = {"port": port, "requests": requests, "per_second": per_second, "seconds": seconds}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()

    def end(self) -> Flooded:
        """Wait for the end of what was begun."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the flooding client ended")
        return Flooded(**json.loads(line))

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


async def _work(port: int, requests: list[str], per_second: float, seconds: float) -> dict[str, object]:
    texts = itertools.cycle([request.encode() for request in requests])
    begun = time.perf_counter()
    refused, odd, example = 0, 0, b""

    async def one(number: int) -> None:
        nonlocal refused, odd, example
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        pause = CONNECTIONS / per_second
        due = begun + number * pause / CONNECTIONS
        while due < begun + seconds:
            await asyncio.sleep(due - time.perf_counter())
            writer.write(next(texts))
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
            refused += 1
            if head[9:12] != b"401":
                odd, example = odd + 1, head
            due += pause
        writer.close()

    await asyncio.gather(*(one(number) for number in range(CONNECTIONS)))
    return {
        "refused": refused,
        "seconds": time.perf_counter() - begun,
        "odd": odd,
        "example": example.decode("utf-8", "replace"),
    }


def main() -> None:
    for line in sys.stdin:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            answer = runner.run(_work(**json.loads(line)))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
