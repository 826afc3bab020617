# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""``client.refunds``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tillgate_client.calls import call_of, given, path_of
from tillgate_client.objects import Expand, Refund, RefundLink, RefundReason, RefundStatus, SalesSort
from tillgate_client.sync.pages import Page, list_page
from tillgate_client.sync.transport import Transport


class Refunds:
    """Refunds. Needs the scopes ``refunds:read`` and ``refunds:write``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        payment_id: str,
        reason: RefundReason,
        amount: str | None = None,
        destination: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
    ) -> Refund:
        """Give money of a payment back: an ``amount``, or all that is left.

        Pass an ``idempotency_key`` of your own, and nothing is ever given back twice.

        Args:
            payment_id: The payment. Null for what belongs to none of yours.
            reason: Why it happened, as one of the listed words or in your own; None where none was given.
            amount: How much is given back, as a decimal string; None for all that can be.
            destination: The address to which the money goes back; None while it is not known.
            metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
        """
        body = given(paymentId=payment_id, reason=reason, amount=amount, destination=destination, metadata=metadata)
        call = call_of("POST", "/refunds", query={"expand": expand}, body=body, idempotency_key=idempotency_key)
        return self._transport.send(call, Refund)

    def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        status: RefundStatus | None = None,
        payment_id: str | None = None,
        order_id: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        currency: str | None = None,
        amount: str | None = None,
        customer_id: str | None = None,
        q: str | None = None,
        sort: SalesSort | None = None,
        expand: Expand | None = None,
    ) -> Page[Refund]:
        """List refunds, newest first. Filters combine; ``created_after`` is inclusive, ``created_before`` is not;
        ``amount`` is exact, with its ``currency``. ``customer_id`` and ``q`` need ``orders:read`` as well; ``q``
        finds by e-mail address where the key may read customers.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            status: Only objects that stand at this status.
            payment_id: Only what belongs to this payment.
            order_id: Only what belongs to this order.
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
            "paymentId": payment_id,
            "orderId": order_id,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "currency": currency,
            "amount": amount,
            "customerId": customer_id,
            "q": q,
            "sort": sort,
            "expand": expand,
        }
        return list_page(self._transport, "/refunds", query, Refund)

    def retrieve(self, id: str, *, expand: Expand | None = None) -> Refund:
        """Retrieve a refund.

        Args:
            expand: Paths of what is put into the answer.
        """
        return self._transport.send(call_of("GET", path_of("refunds", id), query={"expand": expand}), Refund)

    def update(
        self,
        id: str,
        *,
        metadata: Mapping[str, Any] | None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Refund:
        """Change a refund's metadata.

        Args:
            metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "PATCH",
            path_of("refunds", id),
            query={"expand": expand},
            body={"metadata": metadata},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, Refund)

    def settle(
        self,
        id: str,
        *,
        tx_hash: str,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Refund:
        """Mark a pending refund as sent, and with which transaction. On a network that is looked up, and the refund is
        pending until it is final.

        Args:
            tx_hash: The hash of the transaction on its network; None while there is none.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("refunds", id, "settle"),
            query={"expand": expand},
            body={"txHash": tx_hash},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, Refund)

    def cancel(
        self, id: str, *, expand: Expand | None = None, idempotency_key: str | None = None, if_match: str | None = None
    ) -> Refund:
        """Cancel a pending refund.

        Args:
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("refunds", id, "cancel"),
            query={"expand": expand},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, Refund)

    def create_destination_link(
        self, id: str, *, mail: bool | None = None, idempotency_key: str | None = None, if_match: str | None = None
    ) -> RefundLink:
        """Make a link with which the buyer enters where a refund on a network goes; with ``mail`` it is mailed to the
        order's customer, and is not in the answer.

        Args:
            mail: True mails the link to the order's customer, and leaves it out of the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("refunds", id, "destination_link"),
            body=given(mail=mail),
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, RefundLink)
