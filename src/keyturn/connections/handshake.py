"""TLS on a connection that is counted already.

A server that listens with TLS hands over a connection when its handshake is done: until then nobody counts it, and who
sends nothing keeps it for a minute. So the server listens in clear, counts, and then shakes hands.
"""

import asyncio
import ssl
from typing import Any

from uvicorn.protocols.utils import get_remote_addr

from keyturn.connections.counting import OpenConnections
from keyturn.connections.protocol import LINGER_TICKS, LimitedProtocol


class _Early(asyncio.Protocol):
    """Keeps what comes between the end of the handshake and the moment when it is known."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True


class Handshake(asyncio.Protocol):
    """A connection until TLS is agreed upon; then it is the HTTP protocol's."""

    def __init__(self, connections: OpenConnections, tls: ssl.SSLContext, http: LimitedProtocol) -> None:
        self._opened = connections
        self._tls = tls
        self._http = http
        self._transport: asyncio.Transport
        # What came before TLS had begun to listen: the loop reads as soon as a connection is made.
        self._greeting = bytearray()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        client = get_remote_addr(transport)
        address = client[0] if client is not None else None
        overcrowded = self._opened.admit(address)
        refusing = overcrowded is not None and self._opened.begin_refusing()
        if overcrowded is not None and not refusing:
            transport.abort()
            return
        self._http.count(overcrowded, refusing=refusing)
        seconds = self._opened.limits.head_seconds if overcrowded is None else LINGER_TICKS
        self._task = asyncio.get_running_loop().create_task(self._shake(address, seconds))

    def data_received(self, data: bytes) -> None:
        self._greeting += data

    async def _shake(self, address: str | None, seconds: int) -> None:
        early = _Early()
        secured: asyncio.Transport | None = None
        try:
            secured = await self._secured(early, seconds)
        except OSError:  # it was no TLS, took too long, or was given up
            self._transport.abort()
        finally:
            if secured is None or early.lost:
                self._gone(address)
        if secured is None or early.lost:
            return
        secured.set_protocol(self._http)
        self._http.connection_made(secured)
        if early.data:
            self._http.data_received(bytes(early.data))

    async def _secured(self, early: _Early, seconds: int) -> asyncio.Transport | None:
        """The connection under TLS.

        Raises:
            OSError: it could not be agreed upon in time.
        """
        loop = asyncio.get_running_loop()
        starting = loop.create_task(
            loop.start_tls(
                self._transport,
                early,
                self._tls,
                server_side=True,
                ssl_handshake_timeout=seconds,
                # Closing says so to the other side, which need not answer.
                ssl_shutdown_timeout=LINGER_TICKS,
            )
        )
        try:
            # By its first step reading is paused, and TLS is about to be given its transport; what came before that
            # follows at once.
            await asyncio.sleep(0)
            loop.call_soon(self._hand_over)
            return await starting
        finally:
            starting.cancel()

    def _hand_over(self) -> None:
        """What came before TLS had begun to listen."""
        # An asyncio.BufferedProtocol; uvloop's does not say so.
        tls: Any = self._transport.get_protocol()
        greeting = bytes(self._greeting)
        self._greeting.clear()
        while greeting and tls is not self and not self._transport.is_closing():
            buffer = tls.get_buffer(len(greeting))
            taken = min(len(buffer), len(greeting))
            buffer[:taken] = greeting[:taken]
            tls.buffer_updated(taken)
            greeting = greeting[taken:]

    def _gone(self, address: str | None) -> None:
        """The place, or the right to be told that there is none, is given back."""
        if self._http.overcrowded:
            self._opened.end_refusing()
        else:
            self._opened.leave(address)
