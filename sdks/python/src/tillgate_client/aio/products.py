"""``client.products``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET, UnsetType

from tillgate_client.aio.pages import AsyncPage, list_page
from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.calls import call_of, given, path_of
from tillgate_client.objects import Product


class AsyncProducts:
    """Products. Needs the scopes ``products:read`` and ``products:write``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        *,
        name: str,
        price: str | None = None,
        currency: str = "USD",
        pricing: str = "fixed",
        price_min: str | None = None,
        price_max: str | None = None,
        description: str | None = None,
        active: bool = True,
        metadata: Mapping[str, Any] | None = None,
        reference: str | None = None,
        idempotency_key: str | None = None,
    ) -> Product:
        """Create a product; with ``pricing="buyer"`` the buyer says what they pay, within the bounds given."""
        body = given(
            name=name,
            price=price,
            currency=currency,
            pricing=pricing,
            priceMin=price_min,
            priceMax=price_max,
            description=description,
            active=active,
            metadata=metadata,
            reference=reference,
        )
        call = call_of("POST", "/products", body=body, idempotency_key=idempotency_key)
        return await self._transport.send(call, Product)

    async def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        active: bool | None = None,
        reference: str | None = None,
    ) -> AsyncPage[Product]:
        """List products, newest first; ``active`` lists those for sale, or those that are not, ``reference``
        the one that has it."""
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "active": active,
            "reference": reference,
        }
        return await list_page(self._transport, "/products", query, Product)

    async def retrieve(self, id: str) -> Product:
        """Retrieve a product."""
        return await self._transport.send(call_of("GET", path_of("products", id)), Product)

    async def update(
        self,
        id: str,
        *,
        name: str | UnsetType = UNSET,
        price: str | UnsetType | None = UNSET,
        currency: str | UnsetType = UNSET,
        pricing: str | UnsetType = UNSET,
        price_min: str | UnsetType | None = UNSET,
        price_max: str | UnsetType | None = UNSET,
        description: str | UnsetType | None = UNSET,
        active: bool | UnsetType = UNSET,
        metadata: Mapping[str, Any] | UnsetType | None = UNSET,
        reference: str | UnsetType | None = UNSET,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Product:
        """Change what is given; None clears, ``metadata`` is merged by key, and all else stays."""
        body = {
            "name": name,
            "price": price,
            "currency": currency,
            "pricing": pricing,
            "priceMin": price_min,
            "priceMax": price_max,
            "description": description,
            "active": active,
            "metadata": metadata,
            "reference": reference,
        }
        call = call_of("PATCH", path_of("products", id), body=body, idempotency_key=idempotency_key, if_match=if_match)
        return await self._transport.send(call, Product)
