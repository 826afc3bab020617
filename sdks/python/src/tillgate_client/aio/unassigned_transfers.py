"""``client.unassigned_transfers``."""

from datetime import datetime

from tillgate_client.aio.pages import AsyncPage, list_page
from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.calls import call_of, given, path_of
from tillgate_client.objects import Expand, UnassignedStatus, UnassignedTransfer


class AsyncUnassignedTransfers:
    """Money that fits no payment. Needs ``payments:read``; ``assign`` needs ``orders:write``, ``mark_returned``
    ``refunds:write``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        status: UnassignedStatus | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        expand: Expand | None = None,
    ) -> AsyncPage[UnassignedTransfer]:
        """List unassigned transfers, newest first. Filters combine; ``created_after`` is inclusive, ``created_before``
        is not.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            status: Only objects that stand at this status.
            created_after: Only objects that were created at this instant or later.
            created_before: Only objects that were created before this instant, which is excluded.
            expand: Paths of what is put into the answer.
        """
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "status": status,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "expand": expand,
        }
        return await list_page(self._transport, "/unassigned_transfers", query, UnassignedTransfer)

    async def retrieve(self, id: str, *, expand: Expand | None = None) -> UnassignedTransfer:
        """Retrieve an unassigned transfer.

        Args:
            expand: Paths of what is put into the answer.
        """
        call = call_of("GET", path_of("unassigned_transfers", id), query={"expand": expand})
        return await self._transport.send(call, UnassignedTransfer)

    async def assign(
        self,
        id: str,
        *,
        order_id: str,
        value: str | None = None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> UnassignedTransfer:
        """Assign a transfer to an order, which then waits for your decision.

        ``value`` is what it is worth in the order's currency; it may be left out where the token is worth that.

        Args:
            order_id: The order. Null where it belongs to none yet.
            value: What the transfer counts as in the order's currency, as a decimal string; None where the rate
                decides.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("unassigned_transfers", id, "assign"),
            query={"expand": expand},
            body=given(orderId=order_id, value=value),
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, UnassignedTransfer)

    async def mark_returned(
        self,
        id: str,
        *,
        note: str | None = None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> UnassignedTransfer:
        """Mark a transfer as returned: you sent the money back.

        Args:
            note: Your note on the decision; None for none.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        call = call_of(
            "POST",
            path_of("unassigned_transfers", id, "return"),
            query={"expand": expand},
            body=given(note=note),
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return await self._transport.send(call, UnassignedTransfer)
