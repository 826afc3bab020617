"""The limits that Smartpay's language declares are those that it keeps."""

from pathlib import Path
from typing import Any

import pytest

from tests.dialects.smartpay.conftest import OK, PAYLOAD, opened
from tests.limits import Asked, Spot, kept
from tillgate.dialects.smartpay import SMARTPAY
from tillgate.wire.openapi import document

pytestmark = pytest.mark.anyio

# Of which other fields, what there is, or the time decide as well.
LOOKUPS = frozenset({"promotionCode", "expiresAt", "POST /checkout-sessions amount", "POST /orders amount"})
PERCENT = {"name": "Spring", "discountType": "percentage", "discountPercentage": 10}


def instead(spot: Spot, body: dict[str, Any]) -> dict[str, Any]:
    """A percentage is another kind of coupon."""
    return PERCENT if spot.name == "discountPercentage" else body


async def test_a_limit_is_kept(tmp_path: Path) -> None:
    """In each field a value at the declared limit is not refused for it, and one beyond is, by name."""
    async with opened(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}") as smart:
        token = (await smart.approved())["id"]
        order = (await smart.authorized())["order"]["id"]
        payment = (await smart.done("POST", "/payments", {"order": order, "amount": 10, "currency": "JPY"}))["id"]
        wish = {"payment": payment, "amount": 1, "currency": "JPY", "reason": "requested_by_customer"}
        refund = (await smart.done("POST", "/refunds", wish))["id"]
        coupon = {"name": "Spring", "discountType": "amount", "discountAmount": 100, "currency": "JPY"}
        of = (await smart.done("POST", "/coupons", coupon))["id"]
        code = {"coupon": of, "code": "SPRING", "currency": "JPY", "minimumAmount": 1}
        promotion = (await smart.done("POST", "/promotion-codes", code))["id"]
        endpoint = (await smart.done("POST", "/webhook-endpoints", {"url": OK}))["id"]
        asked = {
            "POST /checkout-sessions": Asked("/checkout-sessions", PAYLOAD),
            "POST /orders": Asked("/orders", smart.order(token)),
            "POST /payments": Asked("/payments", {"order": order, "amount": 1, "currency": "JPY"}),
            "PATCH /payments/{id}": Asked(f"/payments/{payment}", {}),
            "POST /refunds": Asked("/refunds", wish),
            "PATCH /refunds/{id}": Asked(f"/refunds/{refund}", {}),
            "POST /coupons": Asked("/coupons", coupon),
            "PATCH /coupons/{id}": Asked(f"/coupons/{of}", {}),
            "POST /promotion-codes": Asked("/promotion-codes", code),
            "PATCH /promotion-codes/{id}": Asked(f"/promotion-codes/{promotion}", {}),
            "POST /webhook-endpoints": Asked("/webhook-endpoints", {"url": OK}),
            "PATCH /webhook-endpoints/{id}": Asked(f"/webhook-endpoints/{endpoint}", {}),
        }
        told = document(SMARTPAY, "", "https://shop.example", "")
        tried, wrong = await kept(told, asked, smart.call, lookups=LOOKUPS, instead=instead)
    assert not wrong, "\n".join(wrong)
    assert tried > 100
