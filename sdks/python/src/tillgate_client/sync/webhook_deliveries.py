# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""``client.webhook_deliveries``."""

from tillgate_client.calls import call_of, path_of
from tillgate_client.objects import WebhookDelivery
from tillgate_client.sync.transport import Transport


class WebhookDeliveries:
    """Deliveries of webhooks. Needs the scopes ``webhooks:read`` and ``webhooks:write``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def retrieve(self, id: str) -> WebhookDelivery:
        """Retrieve a delivery with its attempts."""
        return self._transport.send(call_of("GET", path_of("webhook_deliveries", id)), WebhookDelivery)

    def replay(self, id: str, *, idempotency_key: str | None = None) -> WebhookDelivery:
        """Replay a delivery, under the same event id.

        Args:
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
        """
        call = call_of("POST", path_of("webhook_deliveries", id, "replay"), idempotency_key=idempotency_key)
        return self._transport.send(call, WebhookDelivery)
