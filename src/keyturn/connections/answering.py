"""How an answer goes out: uvicorn's cycle of request and response, in one write and with one look at its headers.

uvicorn writes the head as soon as it has it and searches each name and each value by a regular expression. Here the
head waits for the first piece of the body, which ASGI asks for anyway, and is looked at whole. What goes out is the
same, byte for byte.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HEADER_RE, STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

_LINE_END: Final = b"\r\n"
_STATUS_LINES: Final = {status: line.removesuffix(_LINE_END) for status, line in STATUS_LINE.items()}
_NO_BODY: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
# Nothing below a space but a tab, nor DEL, in the value of a header (RFC 9110, 5.5): a line end would begin another.
_CONTROLS_AS_NUL: Final = bytes(0 if code == 127 or (code < 32 and code != 9) else code for code in range(256))
# The names that say how long a body is, or how long a connection lasts.
_FRAMING: Final = (b"content-length", b"transfer-encoding", b"connection")
# Names that were looked at, and how each begins its line. They come from the application, which has few.
_beginnings: dict[bytes, bytes] = {}
_BEGINNINGS_MAX: Final = 1_000


class _News:
    """An event, made one of asyncio's only once somebody waits for it: most requests are read before that."""

    __slots__ = ("_event", "_set")

    def __init__(self) -> None:
        self._set = False
        self._event: asyncio.Event | None = None

    def set(self) -> None:
        self._set = True
        if self._event is not None:
            self._event.set()

    def clear(self) -> None:
        self._set = False
        if self._event is not None:
            self._event.clear()

    async def wait(self) -> None:
        if not self._set:
            if self._event is None:
                self._event = asyncio.Event()
            await self._event.wait()


class AnswerCycle(RequestResponseCycle):
    """One request and its answer."""

    access_log = False
    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    chunked_encoding: bool | None = None
    expected_content_length = 0
    task: asyncio.Task[None]
    """In which it is answered."""
    _head = b""
    """What waits for the body."""

    def __init__(self, protocol: HttpToolsProtocol, *, keep_alive: bool) -> None:
        # uvicorn's own takes each of these by name, and sets what a class can say.
        self.scope = protocol.scope
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.logger = protocol.logger
        self.access_logger = protocol.access_logger
        self.default_headers = protocol.server_state.default_headers
        self.message_event = _News()  # type: ignore[assignment]
        self.on_response = protocol.on_response_complete
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = protocol.expect_100_continue
        self.body = bytearray()
        self._tasks = protocol.tasks

    async def run_asgi(self, app: Any) -> None:
        try:
            await super().run_asgi(app)
        finally:
            # A server that stops waits for those that are still under way.
            self._tasks.discard(self.task)

    async def send(self, message: Any) -> None:
        """
        Raises:
            RuntimeError: the message does not follow the one before, a header would break the head, or the body is not
                as long as was said.
        """
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if not self.response_started:
            self._begin(message)
        elif not self.response_complete:
            self._go_on(message)
        else:
            raise RuntimeError(f"Unexpected ASGI message '{message['type']}' sent, after response already completed.")

    def _begin(self, message: Any) -> None:
        if message["type"] != "http.response.start":
            raise RuntimeError(f"Expected ASGI message 'http.response.start', but got '{message['type']}'.")
        self.response_started = True
        self.waiting_for_100_continue = False
        status = message["status"]
        lines = [_STATUS_LINES[status]]
        closes: bool = False
        for headers in (self.default_headers, message.get("headers", ())):
            for name, value in headers:
                beginning = _beginnings.get(name)
                if beginning is None:
                    closes = self._frame(name.lower(), value) or closes
                    beginning = _beginning(name)
                lines.append(beginning + value)
        if not self.keep_alive and not closes:
            lines.append(b"connection: close")
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in _NO_BODY:
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked")
        head = _LINE_END.join(lines)
        if head.translate(_CONTROLS_AS_NUL).count(b"\0") != 2 * (len(lines) - 1):
            raise RuntimeError("Invalid HTTP header value.")
        self._head = head + b"\r\n\r\n"

    def _frame(self, name: bytes, value: bytes) -> bool:
        """What a header says of the framing; whether it closes the connection."""
        if name == b"content-length" and self.chunked_encoding is None:
            self.expected_content_length = int(value)
            self.chunked_encoding = False
        elif name == b"transfer-encoding" and value.lower() == b"chunked":
            self.expected_content_length = 0
            self.chunked_encoding = True
        elif name == b"connection" and b"close" in [token.lower().strip() for token in value.split(b",")]:
            self.keep_alive = False
            return True
        return False

    def _go_on(self, message: Any) -> None:
        if message["type"] != "http.response.body":
            raise RuntimeError(f"Expected ASGI message 'http.response.body', but got '{message['type']}'.")
        body, more = message.get("body", b""), message.get("more_body", False)
        head, self._head = self._head, b""
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
            body = b""
        elif self.chunked_encoding:
            body = _chunk(body) if more else _chunk(body) + b"0\r\n\r\n"
        elif len(body) > self.expected_content_length:
            self.transport.write(head)
            raise RuntimeError("Response content longer than Content-Length")
        else:
            self.expected_content_length -= len(body)
        self.transport.write(head + body)
        if not more:
            if self.expected_content_length != 0:
                raise RuntimeError("Response content shorter than Content-Length")
            self.response_complete = True
            self.message_event.set()
            if not self.keep_alive:
                self.transport.close()
            self.on_response()


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body) if body else b""


def _beginning(name: bytes) -> bytes:
    """
    Raises:
        RuntimeError: it is no name (RFC 9110, 5.1).
    """
    if HEADER_RE.search(name):
        raise RuntimeError("Invalid HTTP header name.")
    beginning = name.lower() + b": "
    if name.lower() not in _FRAMING and len(_beginnings) < _BEGINNINGS_MAX:
        _beginnings[name] = beginning
    return beginning
