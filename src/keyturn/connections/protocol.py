"""HTTP/1.1 on one connection: uvicorn's protocol over httptools, and what a stranger may not do with it.

A connection is in one of these states, and each has an end (:attr:`LimitedProtocol.due`, a tick of
:class:`~keyturn.connections.counting.OpenConnections`):

====================  ======================================================================================
waiting               for the first byte of a head: ``head_seconds`` once it is open, then ``idle_seconds``
a head comes in       ``head_seconds``, 64 KiB, 100 fields, 8 KiB of request target
a body comes in       ``body_seconds`` and one more for each 1,000 bytes that have come
it is answered        no end here: whoever answers sees to that
an answer goes out    at least 1,000 bytes a second, looked at every ``body_seconds``
it is closing         a moment for the other side to read why
====================  ======================================================================================

What comes in is parsed in small pieces, so that a limit holds before much more than it has been looked at; and while
one request waits behind another (pipelining), nothing more is parsed at all. uvicorn arms and cancels a timer for each
request; here a number is stored instead.
"""

import asyncio
import re
import socket
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from keyturn.connections.answering import AnswerCycle
from keyturn.connections.counting import NEVER, OpenConnections, Overcrowded
from keyturn.connections.limits import BODY_BYTES_PER_SECOND, FIELDS_MAX, HEAD_BYTES_MAX, TARGET_BYTES_MAX, UNIX
from keyturn.http.headers import BY_NAME, by_name

# A piece that is parsed at once: a hundred of the smallest requests, a thousand of the shortest header fields.
PIECE_BYTES: Final = 4 * 1024
# What is kept of requests that came behind one that is being answered. Reading is paused then; a transport may hold as
# much as it had read already.
HELD_BYTES_MAX: Final = 1024 * 1024
# What is read of a body, and thrown away, after it was answered without it.
DISCARDED_BYTES_MAX: Final = 256 * 1024
# How long, and for how many bytes, a refused connection is read on: closing with something unread resets it, and the
# answer would be lost.
LINGER_TICKS: Final = 2
# The same for the rest of a body: a proxy, like many clients, sends all of it before it reads the answer.
LINGER_BODY_BYTES_MAX: Final = 16 * 1024 * 1024
# The framing of a chunk that is never held against it: its length in hexadecimal and two line ends.
CHUNK_FRAME_BYTES: Final = 16

# RFC 9110, 7.2, and RFC 3986, 3.2: a host with perhaps a port; no user, no path, nothing that is not ASCII.
_HOST: Final = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%:\[\]-]{0,255}")


class Refusal(NamedTuple):
    """A request that is answered before anybody looks at it."""

    status: HTTPStatus
    text: str
    retry_seconds: int | None = None

    def answer(self) -> bytes:
        """The whole answer; the connection is closed after it."""
        body = f"{self.text}\n".encode()
        lines = [
            f"HTTP/1.1 {self.status.value} {self.status.phrase}",
            "content-type: text/plain; charset=utf-8",
            f"content-length: {len(body)}",
            "connection: close",
        ]
        if self.retry_seconds is not None:
            lines.append(f"retry-after: {self.retry_seconds}")
        return "\r\n".join((*lines, "", "")).encode() + body


MALFORMED: Final = Refusal(HTTPStatus.BAD_REQUEST, "This is not a valid HTTP/1.1 request.")
HOST: Final = Refusal(
    HTTPStatus.BAD_REQUEST, "Host: an HTTP/1.1 request has exactly one, the name and perhaps the port of this server."
)
FRAMING: Final = Refusal(HTTPStatus.BAD_REQUEST, "The framing of this body takes more bytes than the body.")
CODING: Final = Refusal(
    HTTPStatus.NOT_IMPLEMENTED, "Transfer-Encoding: only chunked is understood; send the body without another coding."
)
TARGET: Final = Refusal(
    HTTPStatus.REQUEST_URI_TOO_LONG, f"The request target has more than {TARGET_BYTES_MAX // 1024} KiB."
)
FIELDS: Final = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    f"The head of a request has at most {HEAD_BYTES_MAX // 1024} KiB and {FIELDS_MAX} header fields.",
)
SLOW_HEAD: Final = Refusal(HTTPStatus.REQUEST_TIMEOUT, "The head of this request did not arrive in time.")
SLOW_BODY: Final = Refusal(HTTPStatus.REQUEST_TIMEOUT, "The body of this request did not arrive in time.")
CROWDED: Final = {
    Overcrowded.FULL: Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE, "This server has reached its limit of connections. Try again in a moment.", 1
    ),
    Overcrowded.CLIENT: Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "This client has reached its limit of connections. Close some, or reuse them.",
        1,
    ),
}


class _Stop(Exception):
    """Ends parsing from within one of the parser's callbacks; the parser turns it into an error of its own."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection under limits."""

    def __init__(self, connections: OpenConnections, **given: Any) -> None:
        super().__init__(**given)
        self.opened = connections
        self.due = NEVER
        # Set by whoever had this connection before, which counted it then.
        self.counted = False
        self.overcrowded: Overcrowded | None = None
        self._refusing = False
        # The last host that was one.
        self._host = b""
        # Whether a request has come already; where the parser is; and whether what comes now is not for it.
        self._used = False
        self._in_head = False
        self._in_body = False
        self._aside = False
        self._stopped = False
        self._refusal: Refusal | None = None
        self._held = bytearray()
        self._dropped_bytes = 0
        # Bytes of this message that are not its body: the head, the framing of chunks, trailers.
        self._overhead = 0
        self._body_bytes = 0
        self._body_from = 0
        # What was still to be sent when that was last looked at.
        self._unsent = 0

    # The transport's calls.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client is None and _is_unix(transport):
            self.client = (UNIX, 0)
        self.opened.members.add(self)
        if not self.counted:
            self.count(self.opened.admit(self._address))
        if self.overcrowded is None:
            self.due = self.opened.tick + self.opened.limits.head_seconds + 1
        elif self._refusing or self.opened.begin_refusing():
            self._refusing = True
            self._write_refusal(CROWDED[self.overcrowded])
        else:
            self._abort()

    def count(self, overcrowded: Overcrowded | None, *, refusing: bool = False) -> None:
        """This connection has a place already, or is to be told that there is none."""
        self.counted = True
        self.overcrowded = overcrowded
        self._refusing = refusing

    def connection_lost(self, exc: Exception | None) -> None:
        self.opened.members.discard(self)
        if self.overcrowded is None:
            self.opened.leave(self._address)
        elif self._refusing:
            self.opened.end_refusing()
        self.due = NEVER
        self._aside = self._stopped = True
        self._held.clear()
        super().connection_lost(exc)

    @property
    def _address(self) -> str | None:
        return self.client[0] if self.client is not None else None

    def data_received(self, data: bytes) -> None:
        if self._aside:
            self._put_aside(data)
        elif len(data) <= PIECE_BYTES:
            self._parse(data)
        else:
            self._parse_pieces(data)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unsent = self.transport.get_write_buffer_size()
        self.due = self.opened.tick + self.opened.limits.body_seconds + 1

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self._stopped:
            self._set_due()

    def shutdown(self) -> None:
        if self._stopped and not self._answering:
            self._abort()
        else:
            super().shutdown()

    # Parsing.

    def _parse(self, data: bytes) -> None:
        self._overhead += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Answered as if it had not been asked (RFC 9110, 7.8), and closed: what follows may be anything.
            self._stop()
        except httptools.HttpParserError:
            self._refuse(self._refusal or MALFORMED)
        else:
            if self._overhead > HEAD_BYTES_MAX or (self._in_head and len(self.headers) > FIELDS_MAX):
                self._refuse(FRAMING if self._in_body else FIELDS)

    def _parse_pieces(self, data: bytes) -> None:
        for at in range(0, len(data), PIECE_BYTES):
            if self._aside:
                self._put_aside(data[at:])
                return
            self._parse(data[at : at + PIECE_BYTES])

    def _put_aside(self, data: bytes) -> None:
        """What comes behind a request that is being answered is kept; what comes after the end is thrown away."""
        if self._stopped:
            self._dropped_bytes += len(data)
            if self._dropped_bytes > (LINGER_BODY_BYTES_MAX if self._in_body else DISCARDED_BYTES_MAX):
                self._abort()
            return
        self._held += data
        self.flow.pause_reading()
        if len(self._held) > HELD_BYTES_MAX:
            self._abort()

    def _take_up(self) -> None:
        """Parse on where it was left."""
        self._aside = False
        held, self._held = bytes(self._held), bytearray()
        if held:
            self.data_received(held)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        # The first head's time began when the connection was opened.
        if self._used:
            self.due = self.opened.tick + self.opened.limits.head_seconds + 1

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > TARGET_BYTES_MAX:
            self._end(TARGET)

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers come after the head, from whoever wrote the body: nobody takes them for the head's.
        if self._in_head:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        headers, version = self.headers, self.parser.get_http_version()
        if len(headers) > FIELDS_MAX or (self._overhead > HEAD_BYTES_MAX and self._head_bytes() > HEAD_BYTES_MAX):
            self._end(FIELDS)
        # What came more than once is joined with a space, which no host has, nor a coding of one word.
        named = by_name(headers)
        host = named.get(b"host")
        if host is None:
            if version != "1.0":
                self._end(HOST)
        elif host != self._host:
            if _HOST.fullmatch(host) is None:
                self._end(HOST)
            self._host = host
        coding = named.get(b"transfer-encoding")
        if coding is not None and coding.strip().lower() != b"chunked":
            self._end(CODING)
        expected = named.get(b"expect")
        if expected is not None:
            self.expect_100_continue = expected.strip().lower() == b"100-continue"
        self.scope[BY_NAME] = named  # type: ignore[typeddict-unknown-key]
        self._begin(version)
        self._in_head = False
        self._used = self._in_body = True
        self._body_bytes = 0
        self._body_from = tick = self.opened.tick
        self.due = tick + self.opened.limits.body_seconds + 1
        if self.pipeline:
            self._aside = True
        if b"upgrade" in named and self.parser.should_upgrade():
            self.cycle.keep_alive = False

    def _begin(self, version: str) -> None:
        """What uvicorn does with a head: complete the scope and give it to the application, in its turn."""
        scope, parser = self.scope, self.parser
        if version != "1.1":
            scope["http_version"] = version
        scope["method"] = parser.get_method().decode("ascii")
        url = httptools.parse_url(self.url)
        raw_path = url.path
        path = raw_path.decode("ascii")
        scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        scope["raw_path"] = self.root_path.encode("ascii") + raw_path
        scope["query_string"] = url.query or b""
        before: AnswerCycle | None = self.cycle  # type: ignore[assignment]
        self.cycle = cycle = AnswerCycle(self, keep_alive=version != "1.0" and parser.should_keep_alive())
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        cycle.task = task = self.loop.create_task(cycle.run_asgi(app))
        self.tasks.add(task)

    def on_chunk_header(self) -> None:
        self._overhead -= CHUNK_FRAME_BYTES

    def on_body(self, body: bytes) -> None:
        length = len(body)
        self._overhead -= length
        self._body_bytes += length
        cycle = self.cycle
        if cycle.response_complete:
            if self._body_bytes > DISCARDED_BYTES_MAX:
                self._linger()
                raise _Stop
            return
        cycle.body += body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        self._in_body = False
        self._overhead = 0
        cycle = self.cycle
        if cycle.response_complete:
            self.due = self.opened.tick + self.opened.limits.idle_seconds + 1
            return
        self.due = NEVER
        cycle.more_body = False
        cycle.message_event.set()

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self._closing()
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._refusal is not None:
            self._write_refusal(self._refusal)
            return
        elif self._in_body and self.expect_100_continue:
            # Whether the body is still sent, after an answer that did not ask for it, is the client's choice.
            self._linger()
            return
        if self._aside and not self._stopped and not self.pipeline:
            self._take_up()
        if not self._stopped and not self.flow.write_paused:
            self._set_due()

    def _head_bytes(self) -> int:
        """As it was sent, but for optional white space."""
        line = len(self.parser.get_method()) + len(self.url) + len("  HTTP/1.1\r\n\r\n")
        return line + sum(len(name) + len(value) + 4 for name, value in self.headers)

    @property
    def _answering(self) -> bool:
        """Whether some request is being answered, or waits for that."""
        return bool(self.pipeline) or (self._used and not self.cycle.response_complete)

    def _set_due(self) -> None:
        limits, tick = self.opened.limits, self.opened.tick
        if self._in_head:
            self.due = tick + limits.head_seconds + 1
        elif self._in_body:
            self.due = self._body_from + limits.body_seconds + self._body_bytes // BODY_BYTES_PER_SECOND + 1
        elif self._answering:
            self.due = NEVER
        else:
            self.due = tick + limits.idle_seconds + 1

    # Its ends.

    def _end(self, refusal: Refusal) -> None:
        """From within the parser's callbacks: go no further."""
        self._refusal = refusal
        raise _Stop

    def _stop(self) -> None:
        """Nothing more is parsed."""
        self._stopped = self._aside = True

    def _refuse(self, refusal: Refusal) -> None:
        """Answer with this, after what is being answered, and close."""
        if self._stopped:
            return
        if self._in_body:
            self._fail_body(refusal)
            return
        self._stop()
        self._in_head = False
        self._refusal = refusal
        if self._answering:
            self.due = NEVER
        else:
            self._write_refusal(refusal)

    def _fail_body(self, refusal: Refusal) -> None:
        """Whoever waits for this body is told that nothing more comes; the client, why, if it is its turn."""
        self._stop()
        self._in_body = False
        cycle = self.cycle
        if cycle.response_complete:
            self._linger()
            return
        cycle.disconnected = True
        cycle.message_event.set()
        if cycle.response_started or self.pipeline:
            self._abort()
        else:
            self._write_refusal(refusal)

    def _write_refusal(self, refusal: Refusal) -> None:
        self.transport.write(refusal.answer())
        self._linger()

    def _linger(self) -> None:
        """Close, but read on for a moment: what is unread then resets the connection, and the answer is lost."""
        self._stop()
        if self.transport.can_write_eof():
            self.flow.resume_reading()
            self.transport.write_eof()
        else:
            self.transport.close()
        self._unsent = self.transport.get_write_buffer_size()
        self.due = self.opened.tick + (self.opened.limits.body_seconds if self._unsent else LINGER_TICKS) + 1

    def _closing(self) -> None:
        """It closes automatically, as soon as the other side has taken what is still to be sent."""
        self._stop()
        self._unsent = self.transport.get_write_buffer_size()
        self.due = self.opened.tick + self.opened.limits.body_seconds + 1

    def _abort(self) -> None:
        self._stop()
        self.due = NEVER
        self.transport.abort()

    # The sweep's calls.

    def expire(self) -> None:
        limits, tick = self.opened.limits, self.opened.tick
        unsent = self.transport.get_write_buffer_size()
        if unsent and (self._stopped or self.flow.write_paused):
            # It is taken, if slowly; or not at all.
            if self._unsent - unsent >= BODY_BYTES_PER_SECOND * limits.body_seconds:
                self._unsent = unsent
                self.due = tick + limits.body_seconds
            else:
                self.opened.slow += 1
                self._abort()
        elif self._stopped:
            self._abort()
        elif self._in_body:
            self._expire_body()
        elif self._answering:
            # A head that began behind what is being answered has its time after that.
            self.due = NEVER
        elif self._in_head:
            self.opened.slow += 1
            self._refuse(SLOW_HEAD)
        else:
            self.close()

    def _expire_body(self) -> None:
        limits, tick = self.opened.limits, self.opened.tick
        if self.flow.read_paused or self.cycle.waiting_for_100_continue:
            # Nobody has asked for more of it yet.
            self._body_from = tick
        due = self._body_from + limits.body_seconds + self._body_bytes // BODY_BYTES_PER_SECOND + 1
        if due > tick:
            self.due = due
        else:
            self.opened.slow += 1
            self._fail_body(SLOW_BODY)

    def waiting_since(self) -> int | None:
        if self._stopped or self._in_head or self._in_body or self._answering or self.due == NEVER:
            return None
        if not self._used:
            return self.due - self.opened.limits.head_seconds - 1
        # Of a proxy's, the next request may be on its way, and is another client's.
        return None if self.opened.is_proxy(self._address) else self.due - self.opened.limits.idle_seconds - 1

    def close(self) -> None:
        """End a connection that waits for a request; what the other side has not taken by now is lost."""
        if self.transport.get_write_buffer_size():
            self._abort()
            return
        self._stop()
        self.due = self.opened.tick + LINGER_TICKS + 1
        self.transport.close()


def _is_unix(transport: asyncio.Transport) -> bool:
    """Whether a connection came through a Unix socket, where nobody has an address."""
    listening = transport.get_extra_info("socket")
    return listening is not None and listening.family == getattr(socket, "AF_UNIX", None)
