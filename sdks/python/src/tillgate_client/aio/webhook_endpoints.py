"""``client.webhook_endpoints``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import UNSET, UnsetType

from tillgate_client.aio.pages import AsyncPage, list_page
from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.calls import call_of, given, path_of
from tillgate_client.objects import (
    CreatedWebhookEndpoint,
    DeletedWebhookEndpoint,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookReplay,
    WebhookTest,
)


class AsyncWebhookEndpoints:
    """Webhook endpoints. Needs the scopes ``webhooks:read`` and ``webhooks:write``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        *,
        url: str,
        events: Sequence[str],
        description: str | None = None,
        dialect: str | None = None,
        idempotency_key: str | None = None,
    ) -> CreatedWebhookEndpoint:
        """Create a webhook endpoint for event types, patterns (``session.*``) or all: ``["*"]``.

        Its ``secret`` is in this answer only. ``dialect`` is the language of its events, such as ``crossmint``.

        Args:
            url: The address that events are posted to. It must be reachable for this server.
            events: The event types the endpoint receives; ``*`` is every type, including later ones.
            description: A longer text that buyers see below the title; None for none.
            dialect: The language in which events are sent to this endpoint.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
        """
        body = given(url=url, events=events, description=description, dialect=dialect)
        call = call_of("POST", "/webhook_endpoints", body=body, idempotency_key=idempotency_key)
        return await self._transport.send(call, CreatedWebhookEndpoint)

    async def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
    ) -> AsyncPage[WebhookEndpoint]:
        """List webhook endpoints, newest first.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            created_after: Only objects that were created at this instant or later.
            created_before: Only objects that were created before this instant, which is excluded.
        """
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "createdAfter": created_after,
            "createdBefore": created_before,
        }
        return await list_page(self._transport, "/webhook_endpoints", query, WebhookEndpoint)

    async def retrieve(self, id: str) -> WebhookEndpoint:
        """Retrieve a webhook endpoint."""
        return await self._transport.send(call_of("GET", path_of("webhook_endpoints", id)), WebhookEndpoint)

    async def update(
        self,
        id: str,
        *,
        url: str | UnsetType = UNSET,
        events: Sequence[str] | UnsetType = UNSET,
        description: str | UnsetType | None = UNSET,
        active: bool | UnsetType = UNSET,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> WebhookEndpoint:
        """Change what is given; None clears the description, and all else stays.

        Args:
            url: The address that events are posted to. It must be reachable for this server.
            events: The event types the endpoint receives; ``*`` is every type, including later ones.
            description: A longer text that buyers see below the title; None for none.
            active: Whether it can be used. False stops new uses; what was begun goes on.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        body = {"url": url, "events": events, "description": description, "active": active}
        call = call_of(
            "PATCH", path_of("webhook_endpoints", id), body=body, idempotency_key=idempotency_key, if_match=if_match
        )
        return await self._transport.send(call, WebhookEndpoint)

    async def delete(
        self, id: str, *, idempotency_key: str | None = None, if_match: str | None = None
    ) -> DeletedWebhookEndpoint:
        """Delete a webhook endpoint.

        Args:
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of("DELETE", path_of("webhook_endpoints", id), idempotency_key=idempotency_key, if_match=if_match)
        return await self._transport.send(call, DeletedWebhookEndpoint)

    async def rotate_secret(
        self,
        id: str,
        *,
        overlap_seconds: int | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> CreatedWebhookEndpoint:
        """Give it a new ``secret``, in this answer only; for ``overlap_seconds`` the one before signs as well.

        Args:
            overlap_seconds: How long the earlier secret goes on signing, in seconds.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("webhook_endpoints", id, "rotate_secret"),
            body=given(overlapSeconds=overlap_seconds),
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, CreatedWebhookEndpoint)

    async def replay(
        self,
        id: str,
        *,
        after: int,
        before: int | None = None,
        failed_only: bool | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> WebhookReplay:
        """Send the events between two sequences again, both excluded, or those of them that never arrived.

        Args:
            after: Only events after this sequence number, which is excluded.
            before: Only events before this sequence number, which is excluded; left out, up to the newest.
            failed_only: Whether only deliveries that were abandoned are sent again.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("webhook_endpoints", id, "replay"),
            body=given(after=after, before=before, failedOnly=failed_only),
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, WebhookReplay)

    async def test(self, id: str, *, idempotency_key: str | None = None) -> WebhookTest:
        """Send a synthetic ``session.paid`` there at once, and say what it answered.

        Args:
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
        """
        call = call_of("POST", path_of("webhook_endpoints", id, "test"), idempotency_key=idempotency_key)
        return await self._transport.send(call, WebhookTest)

    async def deliveries(
        self,
        id: str,
        *,
        status: Literal["abandoned"] | None = None,
        limit: int | None = None,
        starting_after: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
    ) -> AsyncPage[WebhookDelivery]:
        """List what was sent there, newest first; with ``status``, what was given up."""
        query = {
            "status": status,
            "limit": limit,
            "starting_after": starting_after,
            "createdAfter": created_after,
            "createdBefore": created_before,
        }
        path = path_of("webhook_endpoints", id, "deliveries")
        return await list_page(self._transport, path, query, WebhookDelivery)
