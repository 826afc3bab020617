"""``client.customers``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET, UnsetType

from tillgate_client.aio.pages import AsyncNumberedPage, numbered_page
from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.calls import call_of, given, path_of
from tillgate_client.objects import Customer


class AsyncCustomers:
    """Customers. Needs the scopes ``customers:read`` and ``customers:write``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        *,
        email: str | None = None,
        name: str | None = None,
        reference: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Create a customer; ``email`` and ``reference`` are unique where given.

        Args:
            email: The customer's e-mail address, unique among your customers; None if none is known.
            name: What it is called; None for no name.
            reference: Your own name for the object, such as an order number; None for none.
            metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
        """
        body = given(email=email, name=name, reference=reference, metadata=metadata)
        call = call_of("POST", "/customers", body=body, idempotency_key=idempotency_key)
        return await self._transport.send(call, Customer)

    async def list(
        self,
        *,
        page: int | None = None,
        limit: int | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        email: str | None = None,
        reference: str | None = None,
    ) -> AsyncNumberedPage[Customer]:
        """List customers, newest first, by page number; ``email`` and ``reference`` match exactly. A walk goes on by
        cursor, and shows each once while others are added."""
        query = {
            "page": page,
            "limit": limit,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "email": email,
            "reference": reference,
        }
        return await numbered_page(self._transport, "/customers", query, Customer)

    async def retrieve(self, id: str) -> Customer:
        """Retrieve a customer."""
        return await self._transport.send(call_of("GET", path_of("customers", id)), Customer)

    async def update(
        self,
        id: str,
        *,
        email: str | UnsetType | None = UNSET,
        name: str | UnsetType | None = UNSET,
        reference: str | UnsetType | None = UNSET,
        metadata: Mapping[str, Any] | UnsetType | None = UNSET,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Customer:
        """Change what is given; None clears, ``metadata`` is merged by key, and all else stays.

        Args:
            email: The customer's e-mail address, unique among your customers; None if none is known.
            name: What it is called; None for no name.
            reference: Your own name for the object, such as an order number; None for none.
            metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        body = {"email": email, "name": name, "reference": reference, "metadata": metadata}
        call = call_of("PATCH", path_of("customers", id), body=body, idempotency_key=idempotency_key, if_match=if_match)
        return await self._transport.send(call, Customer)

    async def erase(self, id: str, *, idempotency_key: str | None = None, if_match: str | None = None) -> Customer:
        """Erase a customer's personal data, for good; orders and issued documents stay.

        Args:
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of("DELETE", path_of("customers", id), idempotency_key=idempotency_key, if_match=if_match)
        return await self._transport.send(call, Customer)
