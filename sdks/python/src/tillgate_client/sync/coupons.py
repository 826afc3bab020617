# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""``client.coupons``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET, UnsetType

from tillgate_client.calls import call_of, given, path_of
from tillgate_client.objects import Coupon
from tillgate_client.sync.pages import Page, list_page
from tillgate_client.sync.transport import Transport


class Coupons:
    """Coupons. Needs the scopes ``coupons:read`` and ``coupons:write``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        name: str,
        discount_type: str,
        discount_amount: str | None = None,
        currency: str | None = None,
        discount_percentage: str | None = None,
        description: str | None = None,
        expires_at: datetime | str | None = None,
        max_redemptions: int | None = None,
        active: bool = True,
        metadata: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Coupon:
        """Create a coupon: ``discount_type="amount"`` with ``discount_amount`` and ``currency``, or ``"percentage"``
        with ``discount_percentage`` (decimal text such as ``"12.5"``).

        Args:
            name: What it is called; None for no name.
            discount_type: Whether the coupon takes off an ``amount`` or a ``percentage``.
            discount_amount: What the coupon takes off, as a decimal string in its ``currency``; None for a percentage.
            currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
            discount_percentage: What the coupon takes off, in percent of the goods; None for an amount.
            description: A longer text that buyers see below the title; None for none.
            expires_at: When it stops being usable, in UTC; None where it has no end.
            max_redemptions: How often it can be redeemed in all; None for any number.
            active: Whether it can be used. False stops new uses; what was begun goes on.
            metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
        """
        body = given(
            name=name,
            discountType=discount_type,
            discountAmount=discount_amount,
            currency=currency,
            discountPercentage=discount_percentage,
            description=description,
            expiresAt=expires_at,
            maxRedemptions=max_redemptions,
            active=active,
            metadata=metadata,
        )
        call = call_of("POST", "/coupons", body=body, idempotency_key=idempotency_key)
        return self._transport.send(call, Coupon)

    def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        active: bool | None = None,
    ) -> Page[Coupon]:
        """List coupons, newest first; ``active`` lists those switched on, or those switched off.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            created_after: Only objects that were created at this instant or later.
            created_before: Only objects that were created before this instant, which is excluded.
            active: Only objects that can be used, or only such as cannot.
        """
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "active": active,
        }
        return list_page(self._transport, "/coupons", query, Coupon)

    def retrieve(self, id: str) -> Coupon:
        """Retrieve a coupon."""
        return self._transport.send(call_of("GET", path_of("coupons", id)), Coupon)

    def update(
        self,
        id: str,
        *,
        name: str | UnsetType = UNSET,
        description: str | UnsetType | None = UNSET,
        active: bool | UnsetType = UNSET,
        metadata: Mapping[str, Any] | UnsetType | None = UNSET,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Coupon:
        """Change what is given; None clears, ``metadata`` is merged by key. What it is worth never changes.

        Args:
            name: What it is called; None for no name.
            description: A longer text that buyers see below the title; None for none.
            active: Whether it can be used. False stops new uses; what was begun goes on.
            metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        body = {"name": name, "description": description, "active": active, "metadata": metadata}
        call = call_of("PATCH", path_of("coupons", id), body=body, idempotency_key=idempotency_key, if_match=if_match)
        return self._transport.send(call, Coupon)
