"""``client.payment_links``."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from tillgate_client.aio.pages import AsyncPage, list_page
from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.calls import call_of, given, path_of
from tillgate_client.objects import PaymentLink


class AsyncPaymentLinks:
    """Payment links. Needs the scopes ``links:read`` and ``links:write``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        *,
        title: str,
        fiat_amount: str,
        fiat_currency: str = "USD",
        description: str | None = None,
        success_url: str | None = None,
        cancel_url: str | None = None,
        allow_promotion_codes: bool | None = None,
        expires_at: datetime | None = None,
        max_completed_sessions: int | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentLink:
        """Create a payment link. ``fiat_amount`` is decimal text such as ``"99.00"``, or ``"0"`` for what is free. From
        ``expires_at`` on, and once ``max_completed_sessions`` of its sessions were paid, it opens no more.

        Args:
            title: What buyers read as the name.
            fiat_amount: The price as a decimal string, in ``fiat_currency``.
            fiat_currency: The currency of the price: an ISO 4217 code in capital letters.
            description: A longer text that buyers see below the title; None for none.
            success_url: Where the buyer is sent after paying; None to show a page of the checkout instead.
            cancel_url: Where the buyer is sent after they turn back; None to show a page of the checkout instead.
            allow_promotion_codes: Whether the buyer may enter a promotion code on the checkout page.
            expires_at: When it stops being usable, in UTC; None where it has no end.
            max_completed_sessions: How many sessions of this link can be paid; None for any number.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
        """
        body = given(
            title=title,
            fiatAmount=fiat_amount,
            fiatCurrency=fiat_currency,
            description=description,
            successUrl=success_url,
            cancelUrl=cancel_url,
            allowPromotionCodes=allow_promotion_codes,
            expiresAt=expires_at,
            maxCompletedSessions=max_completed_sessions,
        )
        call = call_of("POST", "/payment_links", body=body, idempotency_key=idempotency_key)
        return await self._transport.send(call, PaymentLink)

    async def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        archived: bool | None = None,
    ) -> AsyncPage[PaymentLink]:
        """List payment links, newest first; ``archived=True`` lists those that were put away instead.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            created_after: Only objects that were created at this instant or later.
            created_before: Only objects that were created before this instant, which is excluded.
            archived: Whether archived objects are listed instead of the others.
        """
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "archived": archived,
        }
        return await list_page(self._transport, "/payment_links", query, PaymentLink)

    async def retrieve(self, id: str) -> PaymentLink:
        """Retrieve a payment link."""
        return await self._transport.send(call_of("GET", path_of("payment_links", id)), PaymentLink)

    async def update(
        self,
        id: str,
        *,
        title: str | UnsetType = UNSET,
        fiat_amount: str | UnsetType = UNSET,
        fiat_currency: str | UnsetType = UNSET,
        description: str | UnsetType | None = UNSET,
        success_url: str | UnsetType | None = UNSET,
        cancel_url: str | UnsetType | None = UNSET,
        active: bool | UnsetType = UNSET,
        allow_promotion_codes: bool | UnsetType = UNSET,
        expires_at: datetime | UnsetType | None = UNSET,
        max_completed_sessions: int | UnsetType | None = UNSET,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> PaymentLink:
        """Change what is given; None clears what may be empty, and all else stays.

        Args:
            title: What buyers read as the name.
            fiat_amount: The price as a decimal string, in ``fiat_currency``.
            fiat_currency: The currency of the price: an ISO 4217 code in capital letters.
            description: A longer text that buyers see below the title; None for none.
            success_url: Where the buyer is sent after paying; None to show a page of the checkout instead.
            cancel_url: Where the buyer is sent after they turn back; None to show a page of the checkout instead.
            active: Whether it can be used. False stops new uses; what was begun goes on.
            allow_promotion_codes: Whether the buyer may enter a promotion code on the checkout page.
            expires_at: When it stops being usable, in UTC; None where it has no end.
            max_completed_sessions: How many sessions of this link can be paid; None for any number.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        body = {
            "title": title,
            "fiatAmount": fiat_amount,
            "fiatCurrency": fiat_currency,
            "description": description,
            "successUrl": success_url,
            "cancelUrl": cancel_url,
            "active": active,
            "allowPromotionCodes": allow_promotion_codes,
            "expiresAt": expires_at,
            "maxCompletedSessions": max_completed_sessions,
        }
        call = call_of(
            "PATCH", path_of("payment_links", id), body=body, idempotency_key=idempotency_key, if_match=if_match
        )
        return await self._transport.send(call, PaymentLink)

    async def archive(self, id: str, *, idempotency_key: str | None = None, if_match: str | None = None) -> PaymentLink:
        """Archive a payment link for good; sessions that were made from it go on.

        Args:
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of("DELETE", path_of("payment_links", id), idempotency_key=idempotency_key, if_match=if_match)
        return await self._transport.send(call, PaymentLink)
