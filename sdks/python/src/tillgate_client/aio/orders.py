"""``client.orders``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import UNSET, UnsetType

from tillgate_client.aio.pages import AsyncPage, list_page
from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.calls import call_of, path_of
from tillgate_client.objects import Expand, Fulfillment, Order, OrderRefund, OrderStatus, SalesSort


class AsyncOrders:
    """Orders: each is made with its session. Needs the scopes ``orders:read`` and ``orders:write``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        status: OrderStatus | None = None,
        fulfillment: Fulfillment | None = None,
        reference: str | None = None,
        session_id: str | None = None,
        customer_id: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        currency: str | None = None,
        amount: str | None = None,
        q: str | None = None,
        sort: SalesSort | None = None,
        expand: Expand | None = None,
    ) -> AsyncPage[Order]:
        """List orders, newest first. Filters combine; ``created_after`` is inclusive, ``created_before`` is not;
        ``amount`` is exact, with its ``currency``. ``q`` finds by e-mail address where the key may read customers.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            status: Only objects that stand at this status.
            fulfillment: Only orders that were handed over, or only such as were not.
            reference: Only orders with exactly this reference.
            session_id: Only what belongs to this checkout session.
            customer_id: Only what belongs to this customer.
            created_after: Only objects that were created at this instant or later.
            created_before: Only objects that were created before this instant, which is excluded.
            currency: The currency of ``amount``, with which it is sent: an ISO 4217 code in capital letters.
            amount: Only orders over exactly this amount, in the ``currency`` beside it.
            q: Only what this leads to: the object's own id, its order's reference, or its customer's e-mail address.
            sort: In which order: ``-amount`` is the largest amount of each currency first, ``amount`` the smallest;
                left out, the newest object is. A cursor goes on in the order that it came from.
            expand: Paths of what is put into the answer.
        """
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "status": status,
            "fulfillment": fulfillment,
            "reference": reference,
            "sessionId": session_id,
            "customerId": customer_id,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "currency": currency,
            "amount": amount,
            "q": q,
            "sort": sort,
            "expand": expand,
        }
        return await list_page(self._transport, "/orders", query, Order)

    async def retrieve(self, id: str, *, expand: Expand | None = None) -> Order:
        """Retrieve an order.

        Args:
            expand: Paths of what is put into the answer.
        """
        return await self._transport.send(call_of("GET", path_of("orders", id), query={"expand": expand}), Order)

    async def receipt(self, id: str) -> bytes:
        """The receipt of a paid order, as a PDF file. Whoever asks first waits until it is made."""
        return await self._transport.send(call_of("GET", path_of("orders", id, "receipt")), bytes)

    async def invoice(self, id: str) -> bytes:
        """The invoice of an order, as a PDF file; it is issued when it is first asked for."""
        return await self._transport.send(call_of("GET", path_of("orders", id, "invoice")), bytes)

    async def credit_note(self, id: str, n: int) -> bytes:
        """The credit note of an order's first, second, … refund that succeeded, as a PDF file."""
        return await self._transport.send(call_of("GET", path_of("orders", id, "credit_notes", str(n))), bytes)

    async def update(
        self,
        id: str,
        *,
        fulfillment: Fulfillment | UnsetType = UNSET,
        metadata: Mapping[str, Any] | UnsetType | None = UNSET,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Order:
        """Change what is given; ``metadata`` is merged by key, and all else stays.

        Args:
            fulfillment: Whether what was bought was handed over. You set it, or it follows from delivered items.
            metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        body = {"fulfillment": fulfillment, "metadata": metadata}
        call = call_of(
            "PATCH",
            path_of("orders", id),
            query={"expand": expand},
            body=body,
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, Order)

    async def accept(
        self, id: str, *, expand: Expand | None = None, idempotency_key: str | None = None, if_match: str | None = None
    ) -> Order:
        """Accept the amount received as payment, although it is too little, too much, late, or partly reversed.

        Args:
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("orders", id, "accept"),
            query={"expand": expand},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, Order)

    async def wait(
        self, id: str, *, expand: Expand | None = None, idempotency_key: str | None = None, if_match: str | None = None
    ) -> Order:
        """Wait for the rest of an underpaid order: a further payment settles it automatically.

        Args:
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("orders", id, "wait"),
            query={"expand": expand},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, Order)

    async def deliver(
        self,
        id: str,
        *,
        line_item_ids: Sequence[str] | None = None,
        transaction_id: str | None = None,
        tokens: Sequence[Mapping[str, str]] | None = None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Order:
        """Mark items of a paid order as delivered: those that are named, or all that are still open.

        Args:
            line_item_ids: The items that are meant, by id; None for all that are still open.
            transaction_id: The transaction or parcel by which it was delivered, in your own words; None for none.
            tokens: The tokens that the recipient got on a chain; empty for none.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        body = {"lineItemIds": line_item_ids, "transactionId": transaction_id, "tokens": tokens}
        call = call_of(
            "POST",
            path_of("orders", id, "deliver"),
            query={"expand": expand},
            body={name: value for name, value in body.items() if value is not None},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, Order)

    async def fail_delivery(
        self,
        id: str,
        *,
        line_item_ids: Sequence[str] | None = None,
        reason: str | None = None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Order:
        """Mark items of a paid order as not delivered, and refund their price. Needs `refunds:write` as well.

        Args:
            line_item_ids: The items that are meant, by id; None for all that are still open.
            reason: Why it cannot be delivered, in your own words; None to say nothing.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        body = {"lineItemIds": line_item_ids, "reason": reason}
        call = call_of(
            "POST",
            path_of("orders", id, "fail_delivery"),
            query={"expand": expand},
            body={name: value for name, value in body.items() if value is not None},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, Order)

    async def refund(
        self,
        id: str,
        *,
        what: OrderRefund,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> Order:
        """Give back money that waits for your decision: ``everything``, or the ``excess`` of an overpaid order.

        Args:
            what: ``excess`` gives back what is too much and accepts the rest; ``everything`` gives back all and ends
                the order.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("orders", id, "refund"),
            query={"expand": expand},
            body={"what": what},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, Order)
