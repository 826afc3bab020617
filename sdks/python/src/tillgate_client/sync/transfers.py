# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""``client.transfers``."""

from tillgate_client.calls import call_of, path_of
from tillgate_client.objects import TransferExplanation
from tillgate_client.sync.transport import Transport


class Transfers:
    """Transactions on the networks. Needs the scope ``payments:read``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def explain(self, tx_hash: str) -> TransferExplanation:
        """Explain a transaction: on which network it is, what it moved where, and whether that counts."""
        return self._transport.send(call_of("GET", path_of("transfers", tx_hash)), TransferExplanation)
