"""``client.webhook_deliveries``."""

from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.calls import call_of, path_of
from tillgate_client.objects import WebhookDelivery


class AsyncWebhookDeliveries:
    """Deliveries of webhooks. Needs the scopes ``webhooks:read`` and ``webhooks:write``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def retrieve(self, id: str) -> WebhookDelivery:
        """Retrieve a delivery with its attempts."""
        return await self._transport.send(call_of("GET", path_of("webhook_deliveries", id)), WebhookDelivery)

    async def replay(self, id: str, *, idempotency_key: str | None = None) -> WebhookDelivery:
        """Replay a delivery, under the same event id.

        Args:
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
        """
        call = call_of("POST", path_of("webhook_deliveries", id, "replay"), idempotency_key=idempotency_key)
        return await self._transport.send(call, WebhookDelivery)
