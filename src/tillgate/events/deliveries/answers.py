"""What a receiver may send back: a head, a few interim answers before it, and a body, none of them without end."""

import ssl
from collections.abc import Iterable
from typing import Any, Final

import httpcore

HEAD_BYTES_MAX: Final = 64 * 1024
# All of it that is ever read; of what is kept, see EXCERPT_BYTES_MAX.
BODY_BYTES_MAX: Final = 64 * 1024
# Answers of status 1xx before the one that counts.
INTERIM_MAX: Final = 5

# What is read at once while no head is complete: it may hold many interim answers, and each is parsed.
_PIECE_BYTES: Final = 4 * 1024


class BoundedStream(httpcore.AsyncNetworkStream):
    """A connection to a receiver that reads no more than an answer may have.

    httpcore reads on for as long as interim answers come, and takes a head of 100 kB.
    """

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self.begin_head()

    def begin_head(self) -> None:
        """A request is about to be sent; its answer begins with a head."""
        self._in_head = True
        self._left = HEAD_BYTES_MAX
        # Heads that have ended, and whether a line ended just now: one more then ends a head.
        self._interim = 0
        self._end = b""

    def begin_body(self) -> None:
        """The head is complete."""
        self._in_head = False
        self._left = BODY_BYTES_MAX

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 — httpcore's signature
        """
        Raises:
            httpcore.RemoteProtocolError: more came than an answer may have.
        """
        if self._left <= 0:
            what = "head" if self._in_head else "body"
            raise httpcore.RemoteProtocolError(f"the {what} of the answer is longer than 64 KiB")
        # Each of these heads has ended, and none was that of the answer: then nobody would read on.
        if self._in_head and self._interim > INTERIM_MAX:
            raise httpcore.RemoteProtocolError(f"more than {INTERIM_MAX} interim answers (1xx) came before the answer")
        data = await self._inner.read(min(max_bytes, self._left, _PIECE_BYTES if self._in_head else max_bytes), timeout)
        self._left -= len(data)
        if self._in_head:
            lines = self._end + data.replace(b"\r", b"")
            self._interim += lines.count(b"\n\n")
            self._end = b"\n" if lines.endswith(b"\n") and not lines.endswith(b"\n\n") else b""
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        # The connection keeps what this returns, and whoever bounds it keeps this.
        self._inner = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class BoundedNetwork(httpcore.AsyncNetworkBackend):
    """Makes connections that read no more than an answer may have."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return BoundedStream(await self._inner.connect_tcp(host, port, timeout, local_address, socket_options))

    async def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        return BoundedStream(await self._inner.connect_unix_socket(*args, **kwargs))

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
