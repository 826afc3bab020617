# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""``client.redemptions``."""

from datetime import datetime

from tillgate_client.calls import call_of, path_of
from tillgate_client.objects import Expand, Redemption, RedemptionStatus
from tillgate_client.sync.pages import Page, list_page
from tillgate_client.sync.transport import Transport


class Redemptions:
    """Redemptions of coupons. Needs the scope ``coupons:read``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        coupon_id: str | None = None,
        promotion_code_id: str | None = None,
        customer_id: str | None = None,
        session_id: str | None = None,
        order_id: str | None = None,
        status: RedemptionStatus | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        expand: Expand | None = None,
    ) -> Page[Redemption]:
        """List redemptions, newest first. Filters combine; ``created_after`` is inclusive, ``created_before`` is
        not.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            coupon_id: Only what belongs to this coupon.
            promotion_code_id: Only what belongs to this promotion code.
            customer_id: Only what belongs to this customer.
            session_id: Only what belongs to this checkout session.
            order_id: Only what belongs to this order.
            status: Only objects that stand at this status.
            created_after: Only objects that were created at this instant or later.
            created_before: Only objects that were created before this instant, which is excluded.
            expand: Paths of what is put into the answer.
        """
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "couponId": coupon_id,
            "promotionCodeId": promotion_code_id,
            "customerId": customer_id,
            "sessionId": session_id,
            "orderId": order_id,
            "status": status,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "expand": expand,
        }
        return list_page(self._transport, "/redemptions", query, Redemption)

    def retrieve(self, id: str, *, expand: Expand | None = None) -> Redemption:
        """Retrieve a redemption.

        Args:
            expand: Paths of what is put into the answer.
        """
        call = call_of("GET", path_of("redemptions", id), query={"expand": expand})
        return self._transport.send(call, Redemption)
