"""What every part of the bench measures with: a place to work in, one load client, servers that end with the run."""

import asyncio
import contextlib
import json
import secrets
import statistics
import sys
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import uvloop

from bench.load import FRESH, LENGTH, LoadClient
from bench.postgres import Postgres
from bench.servers import Server
from tests.running import free_port

T = TypeVar("T")


class Broken(Exception):
    """Something did not work, so there is nothing to measure."""


class Pace(NamedTuple):
    """How long the bench takes, and how much it piles up."""

    rounds: int
    seconds: float
    warm_up_seconds: float
    webhooks: int
    revokes: int
    cached_keys: int
    sessions: int
    sent: int
    tenant_keys: int


# Short slices and many of them: what the neighbours do lasts seconds.
FULL = Pace(16, 0.7, 1.0, 300, 100, 1_000_000, 1_000_000, 1_000, 100_000)
QUICK = Pace(4, 0.5, 0.3, 60, 20, 100_000, 100_000, 300, 20_000)


class Numbers:
    """What the rounds have shown of one thing."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.cpu_us: list[float] = []
        self.p99_ms: list[float] = []
        self.refused = 0
        self.answers = 0

    def said(self, unit: str) -> str:
        """The medians: rate, and processor time of the server process where it is known."""
        words = f"{statistics.median(self.rates):,.0f} {unit}/s"
        return f"{words}, {statistics.median(self.cpu_us):,.0f} µs CPU" if self.cpu_us else words


class Stage:
    """One run: where it works and with what."""

    def __init__(self, pace: Pace, directory: Path, postgres: Postgres | None, stack: contextlib.ExitStack) -> None:
        self.pace = pace
        self.directory = directory
        self.postgres = postgres
        self._stack = stack
        self._under: list[str] = []
        self._around: list[str] = []
        self._client = LoadClient()
        stack.callback(self._client.close)

    @contextlib.contextmanager
    def under(self, command: list[str], around: Sequence[str] = ("bench.slowed",)) -> Iterator[None]:
        """Servers that are started in the block run under valgrind; time passes as slowly for them, and texts hash
        alike in each run.

        Args:
            around: the module that runs the server's own in the same process, with its first arguments.
        """
        self._under, self._around = command, list(around)
        try:
            yield
        finally:
            self._under, self._around = [], []

    def serve(
        self,
        module: str,
        *words: str,
        ready: str = "/healthz",
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Server:
        """Start one of our servers. Its port goes where the words end with ``--port``, else before them."""
        port = port or free_port()
        words = (*words, str(port)) if words[-1] == "--port" else (str(port), *words)
        return self.started(
            [sys.executable, "-m", *self._around, module, *words],
            port,
            ready=ready,
            name=module,
            environment=environment,
        )

    def started(
        self, command: list[str], port: int, *, ready: str, name: str, environment: Mapping[str, str] | None = None
    ) -> Server:
        """Start any server; it is stopped at the end of the run."""
        log = self.directory / f"{name}-{port}.log"
        more = {"PYTHONHASHSEED": "0"} if self._around else {}
        server = Server(
            *self._under, *command, port=port, ready=ready, log=log, environment=dict(environment or {}) | more
        )
        self._stack.callback(server.close)
        return server

    def load(self, server: Server, requests: list[str], numbers: Numbers | None, *, forgiving: bool = False) -> None:
        """Keep a server busy for a slice; None for the numbers is a warm-up.

        Raises:
            Broken: an answer was no 2xx. The forgiving only count those.
        """
        before = server.cpu_seconds()
        measured = self._client.run(
            server.port, requests, self.pace.seconds if numbers is not None else self.pace.warm_up_seconds
        )
        after = server.cpu_seconds()
        if not measured.answers or (measured.broken and not forgiving):
            counted = f"{measured.broken} of {measured.answers} answers were broken"
            raise Broken(f"{counted}: {measured.example}\n{server.last_words()}")
        if numbers is None:
            return
        numbers.rates.append(measured.rate)
        numbers.p99_ms.append(measured.p99_ms)
        numbers.refused += measured.broken
        numbers.answers += measured.answers
        if before is not None and after is not None:
            numbers.cpu_us.append((after - before) / measured.answers * 1e6)

    def once(self, server: Server, request: str) -> bytes:
        """Send one request on its own; the body of its answer.

        Raises:
            Broken: the answer was no 2xx.
        """
        request = request.replace(FRESH, secrets.token_hex(8))

        async def exchange() -> tuple[bytes, bytes]:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(request.encode())
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
            length = LENGTH.search(head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            writer.close()
            return head, body

        head, body = asyncio.run(exchange())
        if head[9:10] != b"2":
            raise Broken(f"the server refused: {head.decode()}\n{server.last_words()}")
        return body


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it on the loop that the servers have."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def get(path: str, key: str | None, *, header: str = "authorization: Bearer ") -> str:
    """A request as it goes over the wire; the header is what carries the key, up to the key."""
    credential = f"{header}{key}\r\n" if key else ""
    return f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{credential}accept: application/json\r\n\r\n"


def post(path: str, key: str, body: object) -> str:
    """A request with a JSON body and an idempotency key, a fresh one each time that the load client sends it."""
    text = json.dumps(body)
    return (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\nidempotency-key: {FRESH}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n{text}"
    )


def say(words: str) -> None:
    """Progress, apart from the results."""
    print(f"bench: {words}", file=sys.stderr, flush=True)
