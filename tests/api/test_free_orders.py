"""A total of zero is complete without a payment."""

from typing import Any

import httpx
import pytest

from tests.shop import Shop

pytestmark = pytest.mark.anyio

TEA = {"lineItems": [{"name": "Tea", "unitAmount": "8.00"}], "currency": "USD"}


async def made(client: httpx.AsyncClient, path: str, **body: Any) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("coupon", "body"),
    [
        ({"discountType": "percentage", "discountPercentage": "100"}, TEA),
        ({"discountType": "amount", "discountAmount": "10.00", "currency": "USD"}, TEA),
        (None, TEA | {"lineItems": [{"name": "Sample", "unitAmount": "0"}]}),
    ],
)
async def test_what_costs_nothing_is_paid_without_a_payment(
    shop: Shop, coupon: dict[str, str] | None, body: dict[str, Any]
) -> None:
    """Whatever made it so: session and order are paid, ``paymentStatus`` says that nobody had to pay, its events are
    told, and the coupon's place is taken."""
    client = await shop.client()
    if coupon is not None:
        body = body | {"couponId": (await made(client, "/coupons", name="Gift", **coupon))["id"]}
    session = await made(client, "/checkout_sessions?expand=order", **body)
    assert (session["status"], session["paymentStatus"]) == ("paid", "no_payment_required")
    assert session["fiat"] == session["fiatReceived"] == {"amount": "0.00", "currency": "USD"}
    assert session["paidAt"] is not None
    order = session["order"]
    assert (order["status"], order["paymentStatus"], order["amounts"]["total"]) == (
        "paid",
        "no_payment_required",
        "0.00",
    )
    told = [one["type"] for one in (await client.get("/events?limit=100")).json()["data"]]
    for type in ("session.created", "order.paid", "session.paid"):
        assert told.count(type) == 1
    if coupon is not None:
        [redemption] = (await client.get("/redemptions")).json()["data"]
        assert redemption["status"] == "redeemed"
    assert (await client.get("/orders", params={"status": "paid"})).json()["data"][0]["id"] == order["id"]


async def test_a_price_is_unpaid_until_it_is_paid(shop: Shop) -> None:
    """``paymentStatus`` of what costs something. A refund ends that of the order; the session was paid."""
    client = await shop.client()
    session = await made(client, "/checkout_sessions", **TEA)
    assert session["paymentStatus"] == "unpaid"
    paid = (await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})).json()
    assert paid["paymentStatus"] == "paid"
    await client.post("/refunds", json={"paymentId": session["paymentId"], "reason": "other"})
    refunded = (await client.get(f"/checkout_sessions/{session['id']}")).json()
    order = (await client.get(f"/orders/{session['orderId']}")).json()
    assert (refunded["paymentStatus"], order["status"], order["paymentStatus"]) == ("paid", "refunded", "unpaid")


async def test_a_discount_that_rounds_to_nothing_is_no_error(shop: Shop) -> None:
    """15 % of three yen: the session is opened without a discount, and no place of the coupon is taken."""
    client = await shop.client()
    coupon = await made(client, "/coupons", name="Some", discountType="percentage", discountPercentage="15")
    body = {"amount": {"value": "3", "currency": "JPY"}, "couponId": coupon["id"]}
    session = await made(client, "/checkout_sessions?expand=order", **body)
    assert (session["status"], session["fiat"]["amount"], session["order"]["discounts"]) == ("pending", "3", [])
    assert (await client.get(f"/coupons/{coupon['id']}")).json()["reservedRedemptions"] == 0


async def test_less_than_nothing_is_refused(shop: Shop) -> None:
    """Lines that take off more than there is are a mistake."""
    client = await shop.client()
    lines = [*TEA["lineItems"], {"name": "Loyal", "unitAmount": "9.00", "kind": "discount"}]
    answer = await client.post("/checkout_sessions", json=TEA | {"lineItems": lines})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "lineItems")
    assert "must not be below zero" in answer.json()["error"]["message"]


async def test_money_for_what_costs_nothing_is_listed(sqlite_shop: Shop) -> None:
    """There is no price to say its worth by, so its value is zero; the transaction is there to be looked at."""
    client = await sqlite_shop.client()
    session = await made(client, "/checkout_sessions", **TEA | {"lineItems": [{"name": "Sample", "unitAmount": "0"}]})
    sent = await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "dust"})
    assert sent.status_code == 200, sent.text
    listed = await client.get("/transactions", params={"orderId": session["orderId"]})
    assert listed.status_code == 200, listed.text
    [found] = listed.json()["data"]
    assert (found["value"], found["amount"]["wei"]) == ("0.00", "1")
