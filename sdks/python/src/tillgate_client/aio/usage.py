"""``client.usage``."""

from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.calls import call_of, path_of
from tillgate_client.objects import RenderUsage


class AsyncUsage:
    """What live renders of documents are billed by. Needs the scope ``usage:read``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def retrieve(self, *, month: str | None = None) -> RenderUsage:
        """Count the renders of a month, such as ``2026-11``, in UTC; of the current one where there is none.

        Args:
            month: The month, written ``2026-11``; None for the current one.
        """
        return await self._transport.send(call_of("GET", path_of("usage"), query={"month": month}), RenderUsage)
