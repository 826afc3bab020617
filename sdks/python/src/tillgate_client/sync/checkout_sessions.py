# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""``client.checkout_sessions``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tillgate_client.calls import call_of, given, path_of
from tillgate_client.objects import (
    Amount,
    CaptureMethod,
    CheckoutSession,
    Expand,
    Locale,
    NewLineItem,
    Outcome,
    SalesSort,
    SessionStatus,
)
from tillgate_client.sync.pages import Page, list_page
from tillgate_client.sync.transport import Transport


class CheckoutSessions:
    """Checkout sessions. Needs the scopes ``sessions:read`` and ``sessions:write``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
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

        Args:
            amount: The price, where neither a link nor line items set it.
            link_id: The payment link that the session was opened from; None if there was none.
            metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
            success_url: Where the buyer is sent after paying. ``{CHECKOUT_SESSION_ID}`` and ``{ORDER_REFERENCE}`` are
                filled in.
            cancel_url: Where the buyer is sent after they turn back; None to show a page of the checkout instead.
            return_url: Where the buyer may go back to at any time; None for no such link.
            expires_in_seconds: How long the session can be paid, in seconds; None for an hour.
            line_items: What is bought, line by line; None where a link or an amount sets the price.
            currency: The currency of ``line_items`` and ``shipping_amount``; None where they are not used.
            shipping_amount: What shipping costs, as a decimal string in ``currency``; None for none.
            reference: Your own name for the object, such as an order number; None for none.
            unique_reference: Whether no other open or paid order may have the same reference.
            customer_id: The customer whose order it becomes; None for a buyer you do not know.
            coupon_id: A coupon to apply without a code; None for none.
            promotion_code: A promotion code that takes something off the goods. Capital and small letters are the same.
            test_clock_id: The test clock that the session follows, in test mode only; None for none.
            allow_promotion_codes: Whether the buyer may enter a promotion code; None follows the link, or is no.
            locale: The language of the checkout page and the buyer's mails; None follows the project, then the buyer's
                browser.
            capture_method: ``automatic`` takes the money once it is confirmed; ``manual`` authorizes it and waits for
                your capture.
            client_reference_id: What whoever sends the buyer calls this visit. It need not be unique, and proves
                nothing; None if none was given.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
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
        return self._transport.send(call, CheckoutSession)

    def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        status: SessionStatus | None = None,
        link_id: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        customer_id: str | None = None,
        currency: str | None = None,
        amount: str | None = None,
        q: str | None = None,
        sort: SalesSort | None = None,
        expand: Expand | None = None,
    ) -> Page[CheckoutSession]:
        """List sessions, newest first. Filters combine; ``created_after`` is inclusive, ``created_before`` is not;
        ``amount`` is exact, with its ``currency``. ``q`` finds by e-mail address where the key may read customers.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            status: Only objects that stand at this status.
            link_id: Only sessions that were opened from this payment link.
            created_after: Only objects that were created at this instant or later.
            created_before: Only objects that were created before this instant, which is excluded.
            customer_id: Only what belongs to this customer.
            currency: The currency of ``amount``, with which it is sent: an ISO 4217 code in capital letters.
            amount: Only objects over exactly this amount, as a decimal string, in the ``currency`` beside it.
            q: Only what this leads to: the object's own id, its order's reference, or its customer's e-mail address.
            sort: In which order: ``-amount`` is the largest amount of each currency first, ``amount`` the smallest;
                left out, the newest object is. A cursor goes on in the order that it came from.
            expand: Paths of what is put into the answer.
        """
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "status": status,
            "linkId": link_id,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "customerId": customer_id,
            "currency": currency,
            "amount": amount,
            "q": q,
            "sort": sort,
            "expand": expand,
        }
        return list_page(self._transport, "/checkout_sessions", query, CheckoutSession)

    def retrieve(self, id: str, *, expand: Expand | None = None) -> CheckoutSession:
        """Retrieve a checkout session.

        Args:
            expand: Paths of what is put into the answer.
        """
        call = call_of("GET", path_of("checkout_sessions", id), query={"expand": expand})
        return self._transport.send(call, CheckoutSession)

    def accept(
        self, id: str, *, expand: Expand | None = None, idempotency_key: str | None = None, if_match: str | None = None
    ) -> CheckoutSession:
        """Accept the amount received as payment, although it is too little, too much or late.

        Args:
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "accept"),
            query={"expand": expand},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, CheckoutSession)

    def cancel(
        self, id: str, *, expand: Expand | None = None, idempotency_key: str | None = None, if_match: str | None = None
    ) -> CheckoutSession:
        """Cancel a session; what was authorized for it is released.

        Args:
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "cancel"),
            query={"expand": expand},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, CheckoutSession)

    def expire(
        self, id: str, *, expand: Expand | None = None, idempotency_key: str | None = None, if_match: str | None = None
    ) -> CheckoutSession:
        """Expire a pending session early; it can still be paid late.

        Args:
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "expire"),
            query={"expand": expand},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, CheckoutSession)

    def receive(
        self,
        id: str,
        *,
        amount: str | None = None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> CheckoutSession:
        """Mark a payment by mail as received: the price, or another ``amount``.

        Args:
            amount: What came, as a decimal string in the session's currency; None for exactly the price.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "receive"),
            query={"expand": expand},
            body=given(amount=amount),
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, CheckoutSession)

    def undo_received(
        self, id: str, *, expand: Expand | None = None, idempotency_key: str | None = None, if_match: str | None = None
    ) -> CheckoutSession:
        """Undo that a payment by mail was received; its order is canceled, for good.

        Args:
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "undo_received"),
            query={"expand": expand},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, CheckoutSession)

    def simulate(
        self,
        id: str,
        *,
        outcome: Outcome | None = None,
        payer: str | None = None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> CheckoutSession:
        """Let a payment of a test session happen: one ``outcome``, or all that a test ``payer`` does.

        Args:
            outcome: What is to happen to the session; None where a ``payer`` acts instead.
            payer: A test payer, who acts step by step; None where one ``outcome`` is asked for.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "simulate"),
            query={"expand": expand},
            body=given(outcome=outcome, payer=payer),
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, CheckoutSession)

    def choose_option(
        self,
        id: str,
        *,
        asset: str,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> CheckoutSession:
        """Choose which of ``payment_options`` the session shows, by its CAIP-19 ``asset``.

        Args:
            asset: What is paid with, as a CAIP-19 asset type or as a name of the payment rail.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("checkout_sessions", id, "payment_option"),
            query={"expand": expand},
            body=given(asset=asset),
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, CheckoutSession)
