"""A real HTTP server on loopback that keeps every webhook it is sent."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import msgspec
import pytest

ARRIVE_SECONDS_MAX = 20


class Received(NamedTuple):
    """One request as it came: headers by lower-case name, and the very bytes of the body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Receiver:
    """Answers with ``status`` and ``answer``, which a test may change at any time."""

    def __init__(self, port: int = 0) -> None:
        self.status = 200
        self.answer = b"thank you"
        self.headers: dict[str, str] = {}
        self.received: list[Received] = []
        self._changed = threading.Condition()
        receiver = self

        class _Requests(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                named = {name.lower(): value for name, value in self.headers.items()}
                receiver._keep(Received(self.path, named, body))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(receiver.answer)))
                self.end_headers()
                self.wfile.write(receiver.answer)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), _Requests)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for(self, enough: Callable[[list[Received]], bool]) -> list[Received]:
        """What was received, as soon as it is enough. Blocks: from a coroutine, call it in a thread."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: enough(self.received), ARRIVE_SECONDS_MAX)
            assert arrived, f"only these came: {[one.body[:200] for one in self.received]}"
            return list(self.received)

    def _keep(self, received: Received) -> None:
        with self._changed:
            self.received.append(received)
            self._changed.notify_all()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A merchant's webhook receiver that says 200 to everything."""
    opened = Receiver()
    try:
        yield opened
    finally:
        opened.close()
