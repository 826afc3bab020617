"""``client.transfers``."""

from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.calls import call_of, path_of
from tillgate_client.objects import TransferExplanation


class AsyncTransfers:
    """Transactions on the networks. Needs the scope ``payments:read``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def explain(self, tx_hash: str) -> TransferExplanation:
        """Explain a transaction: on which network it is, what it moved where, and whether that counts."""
        return await self._transport.send(call_of("GET", path_of("transfers", tx_hash)), TransferExplanation)
