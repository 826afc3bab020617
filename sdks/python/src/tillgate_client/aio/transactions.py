"""``client.transactions``."""

from datetime import datetime

from tillgate_client.aio.pages import AsyncPage, list_page
from tillgate_client.aio.transport import AsyncTransport
from tillgate_client.calls import call_of, path_of
from tillgate_client.objects import Expand, Transaction, TransactionKind


class AsyncTransactions:
    """Movements of money. Needs the scope ``payments:read``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        payment_id: str | None = None,
        order_id: str | None = None,
        kind: TransactionKind | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        expand: Expand | None = None,
    ) -> AsyncPage[Transaction]:
        """List transactions, newest first. Filters combine; ``created_after`` is inclusive, ``created_before`` is
        not.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            payment_id: Only what belongs to this payment.
            order_id: Only what belongs to this order.
            kind: Only transactions of this kind.
            created_after: Only objects that were created at this instant or later.
            created_before: Only objects that were created before this instant, which is excluded.
            expand: Paths of what is put into the answer.
        """
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "paymentId": payment_id,
            "orderId": order_id,
            "kind": kind,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "expand": expand,
        }
        return await list_page(self._transport, "/transactions", query, Transaction)

    async def retrieve(self, id: str, *, expand: Expand | None = None) -> Transaction:
        """Retrieve a transaction.

        Args:
            expand: Paths of what is put into the answer.
        """
        return await self._transport.send(
            call_of("GET", path_of("transactions", id), query={"expand": expand}), Transaction
        )
