"""Connections to receivers, kept for the next webhook to the same place.

httpcore's own pool goes through all its connections, several times, whenever a request begins or ends: with some
hundreds of them that is most of what a webhook costs. Here a connection is taken from a stack of its own place and put
back there, whatever others there are.
"""

import asyncio
import importlib.util
import ssl
import sys
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Final

import httpcore

from tillgate.events.deliveries.answers import BoundedNetwork, BoundedStream

KEPT_SECONDS: Final = 15.0

if importlib.util.find_spec("sniffio") is None:
    # httpcore tries to import it several times in each request; not finding it again and again is a tenth of a
    # millisecond each time. This makes it known that it is not there.
    sys.modules["sniffio"] = None  # type: ignore[assignment]

_OriginKey = tuple[bytes, bytes, int]


class Connections:
    """What ``httpx.AsyncHTTPTransport`` sends its requests through: HTTP/1.1, a connection for each request under way.

    Takes the place of ``httpcore.AsyncConnectionPool``.
    """

    def __init__(
        self,
        ssl_context: ssl.SSLContext,
        network: Callable[[str], httpcore.AsyncNetworkBackend],
        *,
        open_max: int,
        kept_max: int,
    ) -> None:
        """
        Args:
            network: what connects, on the account that the request's extension ``payer`` names.
            open_max: how many requests are under way at once; one more waits.
            kept_max: how many connections are kept while nothing goes over them.
        """
        self._ssl_context = ssl_context
        self._network = network
        self._kept_max = kept_max
        self._places = asyncio.Semaphore(open_max)
        # Those that nothing goes over, by where they lead, the latest one last; and all of them, the oldest first.
        self._idle: dict[_OriginKey, list[httpcore.AsyncHTTPConnection]] = defaultdict(list)
        self._by_age: OrderedDict[httpcore.AsyncHTTPConnection, _OriginKey] = OrderedDict()

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request, and answer once the head of its answer is there."""
        origin = request.url.origin
        place = (origin.scheme, origin.host, origin.port)
        await self._places.acquire()
        try:
            await self._drop_old()
            connection = await self._kept(place) or httpcore.AsyncHTTPConnection(
                origin=origin,
                ssl_context=self._ssl_context,
                keepalive_expiry=KEPT_SECONDS,
                network_backend=BoundedNetwork(self._network(request.extensions.get("payer", ""))),
            )
            response = await connection.handle_async_request(request)
        except BaseException:
            # A connection that failed, or was given up meanwhile, has closed itself.
            self._places.release()
            raise
        stream = response.extensions.get("network_stream")
        if isinstance(stream, BoundedStream):
            stream.begin_body()
        return httpcore.Response(
            status=response.status,
            headers=response.headers,
            content=_Body(self, stream=response.stream, connection=connection, place=place, network=stream),
            extensions=response.extensions,
        )

    async def put_back(self, connection: httpcore.AsyncHTTPConnection, place: _OriginKey) -> None:
        """What a request is done with is kept for the next one, if it may be."""
        self._places.release()
        if connection.is_idle() and not connection.is_closed():
            self._idle[place].append(connection)
            self._by_age[connection] = place
            if len(self._by_age) > self._kept_max:
                await self._close(next(iter(self._by_age)))

    async def aclose(self) -> None:
        """Close what is kept."""
        while self._by_age:
            await self._close(next(iter(self._by_age)))

    async def __aenter__(self) -> "Connections":
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    async def _kept(self, place: _OriginKey) -> httpcore.AsyncHTTPConnection | None:
        """A connection to this place that is still open."""
        while waiting := self._idle.get(place):
            connection = waiting[-1]
            if not connection.has_expired():
                self._forget(connection)
                return connection
            await self._close(connection)
        return None

    async def _drop_old(self) -> None:
        """Close those that have been kept long enough, or that the other side has closed; the oldest is looked at."""
        while self._by_age and (oldest := next(iter(self._by_age))).has_expired():
            await self._close(oldest)

    def _forget(self, connection: httpcore.AsyncHTTPConnection) -> None:
        place = self._by_age.pop(connection)
        waiting = self._idle[place]
        waiting.remove(connection)
        if not waiting:
            del self._idle[place]

    async def _close(self, connection: httpcore.AsyncHTTPConnection) -> None:
        self._forget(connection)
        await connection.aclose()


class _Body:
    """An answer's body; when it is closed, its connection is free."""

    def __init__(
        self,
        connections: Connections,
        *,
        stream: object,
        connection: httpcore.AsyncHTTPConnection,
        place: _OriginKey,
        network: object,
    ) -> None:
        self._connections = connections
        self._network = network
        self._stream = stream
        self._connection = connection
        self._place = place
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:  # type: ignore[attr-defined]
            yield part

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            try:
                await self._stream.aclose()  # type: ignore[attr-defined]
            finally:
                if isinstance(self._network, BoundedStream):
                    self._network.begin_head()
                await self._connections.put_back(self._connection, self._place)
