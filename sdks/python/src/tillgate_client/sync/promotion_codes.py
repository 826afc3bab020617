# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""``client.promotion_codes``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import UNSET, UnsetType

from tillgate_client.calls import call_of, given, path_of
from tillgate_client.objects import Expand, PromotionCode
from tillgate_client.sync.pages import Page, list_page
from tillgate_client.sync.transport import Transport


class PromotionCodes:
    """Promotion codes. Needs the scopes ``coupons:read`` and ``coupons:write``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        code: str,
        coupon_id: str,
        first_time_transaction: bool = False,
        one_per_customer: bool = False,
        minimum_amount: str | None = None,
        currency: str | None = None,
        expires_at: datetime | str | None = None,
        max_redemptions: int | None = None,
        active: bool = True,
        metadata: Mapping[str, Any] | None = None,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
    ) -> PromotionCode:
        """Create a promotion code for a coupon; ``code`` is unique whatever its case.

        Args:
            code: The code that the buyer enters. Capital and small letters are the same.
            coupon_id: The coupon that sets the discount.
            first_time_transaction: Whether only customers who have never paid you before may use the code.
            one_per_customer: Whether each customer may use the code only once.
            minimum_amount: What the goods must cost at least for the code to apply, as a decimal string in
                ``currency``; None for no minimum.
            currency: The currency of the amounts beside it: an ISO 4217 code in capital letters.
            expires_at: When it stops being usable, in UTC; None where it has no end.
            max_redemptions: How often it can be redeemed in all; None for any number.
            active: Whether it can be used. False stops new uses; what was begun goes on.
            metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
        """
        body = given(
            code=code,
            couponId=coupon_id,
            firstTimeTransaction=first_time_transaction,
            onePerCustomer=one_per_customer,
            minimumAmount=minimum_amount,
            currency=currency,
            expiresAt=expires_at,
            maxRedemptions=max_redemptions,
            active=active,
            metadata=metadata,
        )
        call = call_of("POST", "/promotion_codes", query={"expand": expand}, body=body, idempotency_key=idempotency_key)
        return self._transport.send(call, PromotionCode)

    def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        active: bool | None = None,
        coupon_id: str | None = None,
        code: str | None = None,
        expand: Expand | None = None,
    ) -> Page[PromotionCode]:
        """List promotion codes, newest first; ``code`` ignores case.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            created_after: Only objects that were created at this instant or later.
            created_before: Only objects that were created before this instant, which is excluded.
            active: Only objects that can be used, or only such as cannot.
            coupon_id: Only what belongs to this coupon.
            code: Only the promotion code with this text. Capital and small letters are the same.
            expand: Paths of what is put into the answer.
        """
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "active": active,
            "couponId": coupon_id,
            "code": code,
            "expand": expand,
        }
        return list_page(self._transport, "/promotion_codes", query, PromotionCode)

    def retrieve(self, id: str, *, expand: Expand | None = None) -> PromotionCode:
        """Retrieve a promotion code.

        Args:
            expand: Paths of what is put into the answer.
        """
        call = call_of("GET", path_of("promotion_codes", id), query={"expand": expand})
        return self._transport.send(call, PromotionCode)

    def update(
        self,
        id: str,
        *,
        active: bool | UnsetType = UNSET,
        metadata: Mapping[str, Any] | UnsetType | None = UNSET,
        expand: Expand | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> PromotionCode:
        """Change what is given; None clears, ``metadata`` is merged by key, and all else stays.

        Args:
            active: Whether it can be used. False stops new uses; what was begun goes on.
            metadata: Your own key-value pairs, at most 50. They are kept and returned as they came; None for none.
            expand: Paths of what is put into the answer.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
            if_match: The ETag of the object as you know it (``etag_of``); a change is refused where it is another by
                now.
        """
        body = {"active": active, "metadata": metadata}
        call = call_of(
            "PATCH",
            path_of("promotion_codes", id),
            query={"expand": expand},
            body=body,
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        return self._transport.send(call, PromotionCode)
