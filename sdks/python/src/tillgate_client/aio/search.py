"""``client.search``."""

from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.calls import call_of, path_of
from tillgate_client.objects import SearchResults


class AsyncSearch:
    """Finding what a text names. Needs the scope ``orders:read``; beside orders it finds what the
    key's other scopes let it read."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def find(self, q: str) -> SearchResults:
        """Find by an id, an order's reference, a promotion code, a transaction hash, an address, or the beginnings of
        words of a customer's name or e-mail address.

        Args:
            q: An id, an order's reference, a promotion code, a transaction hash, an address, or the beginnings of words
                of a customer's name or e-mail address.
        """
        return await self._transport.send(call_of("GET", path_of("search"), query={"q": q}), SearchResults)
