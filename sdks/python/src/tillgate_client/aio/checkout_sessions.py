"""``client.checkout_sessions``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tillgate_client.aio.pages import AsyncPage, list_page
from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.calls import call_of, given, path_of
from tillgate_client.objects import (
    Amount,
    CaptureMethod,
    CheckoutSession,
    Expand,
    Locale,
    NewLineItem,
    Outcome,
    SessionStatus,
)


class AsyncCheckoutSessions:
    """Checkout sessions. Needs the scopes ``sessions:read`` and ``sessions:write``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        *,
        amount: Amount | None = None,
        link_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        success_url: str | None = None,
        cancel_url: str | None = None,
        return_url: str | None = None,
        expires_in_seconds: int | None = None,
        line_items: Sequence[NewLineItem] | None = None,
        currency: str | None = None,
        shipping_amount: str | None = None,
        reference: str | None = None,
        unique_reference: bool | None = None,
        customer_id: str | None = None,
        coupon_id: str | None = None,
        promotion_code: str | None = None,
        test_clock_id: str | None = None,
        allow_promotion_codes: bool | None = None,
        locale: Locale | None = None,
        capture_method: CaptureMethod | None = None,
        client_reference_id: str | None = None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
    ) -> CheckoutSession:
        """Create a session and its order: for an ``amount``, from a link, or for ``line_items`` in a ``currency``. Send
        the buyer to its ``checkout_url``. A ``promotion_code`` or a ``coupon_id`` takes something off the goods;
        with ``allow_promotion_codes`` the buyer may type one on the checkout's page,
        which is in the language of ``locale``.

        Pass an ``idempotency_key`` of your own, such as your order's number, and the same order never makes two.
        """
        body = given(
            amount=amount,
            linkId=link_id,
            metadata=metadata,
            successUrl=success_url,
            cancelUrl=cancel_url,
            returnUrl=return_url,
            expiresInSeconds=expires_in_seconds,
            lineItems=line_items,
            currency=currency,
            shippingAmount=shipping_amount,
            reference=reference,
            uniqueReference=unique_reference,
            customerId=customer_id,
            couponId=coupon_id,
            promotionCode=promotion_code,
            testClockId=test_clock_id,
            allowPromotionCodes=allow_promotion_codes,
            locale=locale,
            captureMethod=capture_method,
            clientReferenceId=client_reference_id,
        )
        call = call_of(
            "POST", "/checkout_sessions", query={"expand": expand}, body=body, idempotency_key=idempotency_key
        )
        return await self._transport.send(call, CheckoutSession)

    async def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        status: SessionStatus | None = None,
        link_id: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        expand: Expand | None = None,
    ) -> AsyncPage[CheckoutSession]:
        """List sessions, newest first. Filters combine; ``created_after`` is inclusive, ``created_before`` is not."""
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "status": status,
            "linkId": link_id,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "expand": expand,
        }
        return await list_page(self._transport, "/checkout_sessions", query, CheckoutSession)

    async def retrieve(self, id: str, *, expand: Expand | None = None) -> CheckoutSession:
        """Retrieve a checkout session."""
        call = call_of("GET", path_of("checkout_sessions", id), query={"expand": expand})
        return await self._transport.send(call, CheckoutSession)

    async def accept(
        self, id: str, *, expand: Expand | None = None, idempotency_key: str | None = None, if_match: str | None = None
    ) -> CheckoutSession:
        """Accept the amount received as payment, although it is too little, too much or late."""
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "accept"),
            query={"expand": expand},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, CheckoutSession)

    async def cancel(
        self, id: str, *, expand: Expand | None = None, idempotency_key: str | None = None, if_match: str | None = None
    ) -> CheckoutSession:
        """Cancel a session; what was authorized for it is released."""
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "cancel"),
            query={"expand": expand},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, CheckoutSession)

    async def expire(
        self, id: str, *, expand: Expand | None = None, idempotency_key: str | None = None, if_match: str | None = None
    ) -> CheckoutSession:
        """Expire a pending session early; it can still be paid late."""
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "expire"),
            query={"expand": expand},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, CheckoutSession)

    async def receive(
        self,
        id: str,
        *,
        amount: str | None = None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> CheckoutSession:
        """Mark a payment by mail as received: the price, or another ``amount``."""
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "receive"),
            query={"expand": expand},
            body=given(amount=amount),
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, CheckoutSession)

    async def undo_received(
        self, id: str, *, expand: Expand | None = None, idempotency_key: str | None = None, if_match: str | None = None
    ) -> CheckoutSession:
        """Undo that a payment by mail was received; its order is canceled, for good."""
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "undo_received"),
            query={"expand": expand},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, CheckoutSession)

    async def simulate(
        self,
        id: str,
        *,
        outcome: Outcome | None = None,
        payer: str | None = None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> CheckoutSession:
        """Let a payment of a test session happen: one ``outcome``, or all that a test ``payer`` does."""
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "simulate"),
            query={"expand": expand},
            body=given(outcome=outcome, payer=payer),
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, CheckoutSession)

    async def choose_option(
        self,
        id: str,
        *,
        asset: str,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> CheckoutSession:
        """Choose which of ``payment_options`` the session shows, by its CAIP-19 ``asset``."""
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "payment_option"),
            query={"expand": expand},
            body=given(asset=asset),
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, CheckoutSession)
