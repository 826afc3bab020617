# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""``client.payments``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tillgate_client.calls import call_of, given, path_of
from tillgate_client.objects import Expand, Payment, PaymentStatus, SalesSort
from tillgate_client.sync.pages import Page, list_page
from tillgate_client.sync.transport import Transport


class Payments:
    """Payments. Needs the scopes ``payments:read`` and ``payments:write``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        status: PaymentStatus | None = None,
        order_id: str | None = None,
        session_id: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        currency: str | None = None,
        amount: str | None = None,
        customer_id: str | None = None,
        q: str | None = None,
        sort: SalesSort | None = None,
        expand: Expand | None = None,
    ) -> Page[Payment]:
        """List payments, newest first. Filters combine; ``created_after`` is inclusive, ``created_before`` is not;
        ``amount`` is exact, with its ``currency``. ``customer_id`` and ``q`` need ``orders:read`` as well; ``q``
        finds by e-mail address where the key may read customers.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            status: Only objects that stand at this status.
            order_id: Only what belongs to this order.
            session_id: Only what belongs to this checkout session.
            created_after: Only objects that were created at this instant or later.
            created_before: Only objects that were created before this instant, which is excluded.
            currency: The currency of ``amount``, with which it is sent: an ISO 4217 code in capital letters.
            amount: Only objects over exactly this amount, as a decimal string, in the ``currency`` beside it.
            customer_id: Only what belongs to this customer.
            q: Only what this leads to: the object's own id, its order's reference, or its customer's e-mail address.
            sort: In which order: ``-amount`` is the largest amount of each currency first, ``amount`` the smallest;
                left out, the newest object is. A cursor goes on in the order that it came from.
            expand: Paths of what is put into the answer.
        """
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "status": status,
            "orderId": order_id,
            "sessionId": session_id,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "currency": currency,
            "amount": amount,
            "customerId": customer_id,
            "q": q,
            "sort": sort,
            "expand": expand,
        }
        return list_page(self._transport, "/payments", query, Payment)

    def retrieve(self, id: str, *, expand: Expand | None = None) -> Payment:
        """Retrieve a payment.

        Args:
            expand: Paths of what is put into the answer.
        """
        return self._transport.send(call_of("GET", path_of("payments", id), query={"expand": expand}), Payment)

    def update(
        self,
        id: str,
        *,
        metadata: Mapping[str, Any] | None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Payment:
        """Change a payment's metadata.

        Args:
            metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "PATCH",
            path_of("payments", id),
            query={"expand": expand},
            body={"metadata": metadata},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, Payment)

    def capture(
        self,
        id: str,
        *,
        amount: str | None = None,
        cancel_remainder: bool | None = None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Payment:
        """Take what was authorized, all that is left or an ``amount``; the rest is released unless
        ``cancel_remainder`` is False.

        Args:
            amount: How much is captured, as a decimal string; None for all that can be.
            cancel_remainder: Whether what is not captured is released at once. Otherwise it can be captured later.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        body = given(amount=amount, cancelRemainder=cancel_remainder)
        call = call_of(
            "POST",
            path_of("payments", id, "capture"),
            query={"expand": expand},
            body=body,
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, Payment)

    def cancel(
        self, id: str, *, expand: Expand | None = None, idempotency_key: str | None = None, if_match: str | None = None
    ) -> Payment:
        """Release what was authorized and not captured.

        Args:
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("payments", id, "cancel"),
            query={"expand": expand},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, Payment)
