# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""``client.search``."""

from tillgate_client.calls import call_of, path_of
from tillgate_client.objects import SearchResults
from tillgate_client.sync.transport import Transport


class Search:
    """Finding what a text names. Needs the scope ``orders:read``; beside orders it finds what the
    key's other scopes let it read."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def find(self, q: str) -> SearchResults:
        """Find by an id, an order's reference, a promotion code, a transaction hash, an address, or the beginnings of
        words of a customer's name or e-mail address.

        Args:
            q: An id, an order's reference, a promotion code, a transaction hash, an address, or the beginnings of words
                of a customer's name or e-mail address.
        """
        return self._transport.send(call_of("GET", path_of("search"), query={"q": q}), SearchResults)
