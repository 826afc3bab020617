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
        """Create a product; with ``pricing="buyer"`` the buyer says what they pay, within the bounds given.

        Args:
            name: What it is called; None for no name.
            price: The price as a decimal string in ``currency``; None where the buyer sets it and none is suggested.
            currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
            pricing: Whether the price is ``fixed``, or set by the ``buyer`` within the bounds.
            price_min: The lowest price that the buyer may set, as a decimal string; None for a fixed price.
            price_max: The highest price that the buyer may set, as a decimal string; None for no upper bound.
            description: A longer text that buyers see below the title; None for none.
            active: Whether it can be used. False stops new uses; what was begun goes on.
            metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
            reference: Your own name for the object, such as an order number; None for none.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
        """
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
        the one that has it.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            created_after: Only objects that were created at this instant or later.
            created_before: Only objects that were created before this instant, which is excluded.
            active: Only objects that can be used, or only such as cannot.
            reference: Only objects with exactly this reference of yours.
        """
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
        """Change what is given; None clears, ``metadata`` is merged by key, and all else stays.

        Args:
            name: What it is called; None for no name.
            price: The price as a decimal string in ``currency``; None where the buyer sets it and none is suggested.
            currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
            pricing: Whether the price is ``fixed``, or set by the ``buyer`` within the bounds.
            price_min: The lowest price that the buyer may set, as a decimal string; None for a fixed price.
            price_max: The highest price that the buyer may set, as a decimal string; None for no upper bound.
            description: A longer text that buyers see below the title; None for none.
            active: Whether it can be used. False stops new uses; what was begun goes on.
            metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
            reference: Your own name for the object, such as an order number; None for none.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
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
