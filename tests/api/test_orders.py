"""``/orders`` over HTTP, and what sessions take and give of them."""

from typing import Any

import pytest

from tests.shop import Shop

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
LINES: dict[str, Any] = {
    "currency": "BHD",
    "lineItems": [
        {"name": "Tea", "unitAmount": "4.505", "quantity": 2},
        {"name": "VAT", "unitAmount": "0.901", "kind": "tax"},
        {"name": "Loyal", "unitAmount": "1", "kind": "discount"},
    ],
    "shippingAmount": "0",
}


@pytest.mark.spec("smartpay R31")
async def test_an_order_has_every_documented_field(shop: Shop) -> None:
    """Made with its session, found by it, and the same wherever it is shown; three decimals stay three."""
    client = await shop.client()
    product = {"name": "Tea", "price": "4.505", "currency": "BHD"}
    product_id = (await client.post("/products", json=product)).json()["id"]
    lines = {"lineItems": [{"productId": product_id, "quantity": 2}, *LINES["lineItems"][1:]], "currency": None}
    answer = await client.post(
        "/checkout_sessions?expand=order", json=LINES | lines | {"reference": "A-1", "metadata": {"a": 1}}
    )
    assert answer.status_code == 201, answer.text
    session = answer.json()
    order = session.pop("order")
    assert set(order) == {
        "id", "object", "livemode", "sessionId", "paymentId", "customerId", "status", "exceptions", "fulfillment",
        "reference", "uniqueReference", "currency", "lineItems", "discounts", "amounts", "received", "refunded",
        "clientReferenceId", "customerStated", "decision", "paymentStatus", "metadata", "receiptUrl",
        "expiresAt", "createdAt", "updatedAt",
    }  # fmt: skip
    assert (order["object"], order["livemode"], order["status"]) == ("order", False, "open")
    assert order["id"].startswith("ord_")
    assert order["amounts"] == {
        "subtotal": "9.010", "tax": "0.901", "shipping": "0.000", "discount": "1.000", "total": "8.911",
    }  # fmt: skip
    assert session["fiat"] == {"amount": "8.911", "currency": "BHD"}
    first = dict(order["lineItems"][0])
    assert first.pop("id").startswith("li_")
    assert first == {
        "object": "line_item", "livemode": False, "kind": "product", "name": "Tea", "quantity": 2,
        "unitAmount": "4.505",
        "amount": "9.010", "productId": product_id, "delivery": None,
    }  # fmt: skip
    assert (order["reference"], order["metadata"], order["sessionId"]) == ("A-1", {"a": 1}, session["id"])
    assert (await client.get(f"/orders/{order['id']}")).json() == order
    assert (await client.get("/orders", params={"sessionId": session["id"]})).json()["data"] == [order]
    assert (await client.get(f"/checkout_sessions/{session['id']}")).json() == session
    for path in (f"/checkout_sessions/{session['id']}", "/checkout_sessions"):
        found = (await client.get(path, params={"expand": "order"})).json()
        assert (found["data"][0] if "data" in found else found) == session | {"order": order}
    paid = (await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})).json()
    assert "order" not in paid
    [event] = (await client.get("/events", params={"type": "order.paid"})).json()["data"]
    assert event["data"] == (await client.get(f"/orders/{order['id']}")).json()
    assert (event["data"]["status"], event["data"]["received"]) == ("paid", "8.911")


async def test_an_order_is_shown_to_those_only_who_may_read_orders(shop: Shop) -> None:
    """A key for sessions alone makes orders but sees none, by no detour."""
    client = await shop.client(["sessions:read", "sessions:write"])
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    for refused in (
        await client.get(f"/checkout_sessions/{session['id']}", params={"expand": "order"}),
        await client.get("/checkout_sessions", params={"expand": "order"}),
        await client.post("/checkout_sessions?expand=order", json=AMOUNT),
        await client.get("/orders"),
    ):
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "missing_scope")
    assert len((await client.get("/checkout_sessions")).json()["data"]) == 1


async def test_a_reference_can_be_unique(shop: Shop) -> None:
    """The second order with it is a 409 that names the first, and makes nothing."""
    client = await shop.client()
    body = AMOUNT | {"reference": "A-1", "uniqueReference": True}
    first = (await client.post("/checkout_sessions", json=body)).json()
    refused = await client.post("/checkout_sessions", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "order_reference_taken")
    assert f"The order {first['orderId']}, which is open," in refused.json()["error"]["message"]
    assert len((await client.get("/checkout_sessions")).json()["data"]) == 1


@pytest.mark.parametrize("ending", ["expire", "cancel", "refund"])
async def test_a_unique_reference_is_free_again_once_nothing_is_promised(shop: Shop, ending: str) -> None:
    """Expired, canceled or given back in full, the shop asks again under the same reference; in part, it does not."""
    client = await shop.client()
    body = AMOUNT | {"reference": "A-1", "uniqueReference": True}
    first = (await client.post("/checkout_sessions", json=body)).json()
    if ending == "refund":
        await client.post(f"/checkout_sessions/{first['id']}/simulate", json={"outcome": "paid"})
        refund = {"paymentId": first["paymentId"], "reason": "other"}
        await client.post("/refunds", json=refund | {"amount": "1.00"})
        assert (await client.post("/checkout_sessions", json=body)).status_code == 409
        await client.post("/refunds", json=refund)
    else:
        await client.post(f"/checkout_sessions/{first['id']}/{ending}")
    assert (await client.post("/checkout_sessions", json=body)).status_code == 201
    assert (await client.post("/checkout_sessions", json=body)).status_code == 409


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (AMOUNT | {"lineItems": LINES["lineItems"]}, "linkId"),
        ({"lineItems": LINES["lineItems"]}, "currency"),
        (LINES | {"lineItems": []}, "lineItems"),
        (LINES | {"lineItems": [{"name": "x"}]}, "lineItems[0].unitAmount"),
        (LINES | {"lineItems": [{"name": "x", "unitAmount": 1}]}, "lineItems[0].unitAmount"),
        (LINES | {"lineItems": [{"name": "x", "unitAmount": "1", "kind": "gift"}]}, "lineItems[0].kind"),
        (LINES | {"lineItems": [{"name": "x", "unitAmount": "1", "quantity": 10**30}]}, "lineItems[0].quantity"),
        (LINES | {"lineItems": [{"name": "x", "unitAmount": "1", "productId": "tea"}]}, "lineItems[0].productId"),
        (LINES | {"lineItems": [{"name": "x", "unitAmount": "1", "kind": "discount"}]}, "lineItems"),
        (AMOUNT | {"currency": "USD"}, "currency"),
        (AMOUNT | {"shippingAmount": "1"}, "shippingAmount"),
        (AMOUNT | {"reference": ""}, "reference"),
        (AMOUNT | {"reference": "x" * 201}, "reference"),
        (AMOUNT | {"uniqueReference": True}, "uniqueReference"),
        (AMOUNT | {"customerId": "cus_01j0000000000000000000000a"}, "customerId"),
        (AMOUNT | {"expand": ["order"]}, "expand"),
    ],
)
async def test_a_wrong_order_is_refused_by_the_field(sqlite_shop: Shop, body: dict[str, Any], param: str) -> None:
    """A 400 that names what is wrong, and nothing is made."""
    client = await sqlite_shop.client()
    refused = await client.post("/checkout_sessions", json=body)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param), refused.text
    assert (await client.get("/orders")).json()["data"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("status", "due"), ("fulfillment", ""), ("sessionId", "x"), ("customerId", "null"), ("createdAfter", "now")],
)
async def test_a_wrong_filter_is_refused_by_name(sqlite_shop: Shop, name: str, value: str) -> None:
    """A 400 invalid_query that names the parameter."""
    refused = await (await sqlite_shop.client()).get("/orders", params={name: value})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_query")
    assert refused.json()["error"]["param"] == name


@pytest.mark.parametrize(
    ("body", "param"),
    [({"fulfillment": None}, "fulfillment"), ({"status": "paid"}, "status"), ({"metadata": []}, "metadata")],
)
async def test_what_is_not_the_merchants_own_is_not_changed(
    sqlite_shop: Shop, body: dict[str, Any], param: str
) -> None:
    """Status and money follow from what happens; no request sets them."""
    client = await sqlite_shop.client()
    session = (await client.post("/checkout_sessions?expand=order", json=AMOUNT)).json()
    refused = await client.patch(f"/orders/{session['order']['id']}", json=body)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)
    assert (await client.get(f"/orders/{session['order']['id']}")).json() == session["order"]
