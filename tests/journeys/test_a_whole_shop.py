"""A shop's whole story, over HTTP only, against a real server process, on either database."""

from decimal import Decimal
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.receiver import Receiver
from tests.running import RunningServer

pytestmark = pytest.mark.slow

USD = {"value": "40.00", "currency": "USD"}


class Merchant:
    """A merchant's server: what it asks for it gets, or the refusal that it expects."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = self.client.post(path, json=body or None)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def patch(self, path: str, **body: Any) -> Any:
        answer = self.client.patch(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, code: str, path: str, **body: Any) -> None:
        answer = self.client.post(path, json=body or None)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, code), answer.text

    def session(self, **body: Any) -> Any:
        return self.post("/checkout_sessions?expand=order", **body)

    def happens(self, session: Any, outcome: str) -> str:
        """The outcome of a session when the simulated rail shows this."""
        status: str = self.post(f"/checkout_sessions/{session['id']}/simulate", outcome=outcome)["status"]
        return status

    def order(self, session: Any) -> Any:
        return self.get(f"/orders/{session['order']['id']}")

    def everything(self) -> list[Any]:
        """All events, oldest first, caught up with by pages."""
        found: list[Any] = []
        while True:
            page = self.get(f"/events?after={found[-1]['sequence'] if found else 0}&limit=50")
            found += page["data"]
            if not page["hasMore"]:
                return found


def test_the_whole_life_of_a_shop_is_kept_and_emitted(server: RunningServer, project: str, receiver: Receiver) -> None:
    """Product, coupon, code, customer, session, order, payment, captures, refunds, decisions, expiry and cancellation:
    each step is what the next one builds on, amounts add up, and what happened is told without a gap, signed, with
    every object as it was in the end."""
    with server.client(server.key(project=project)) as client:
        shop = Merchant(client)
        endpoint = shop.post("/webhook_endpoints", url=receiver.url, events=["*"])
        sell_with_a_code(shop)
        decide_on_unusual_money(shop)
        let_time_pass(shop)
        events = shop.everything()
        told_as_it_is(shop, events)
        arrived = receiver.wait_for(
            lambda got: {one.json["sequence"] for one in got} >= {e["sequence"] for e in events}
        )
    verify = Webhook(endpoint["secret"]).verify
    by_sequence = {one.json["sequence"]: verify(one.body, one.headers) for one in arrived}
    assert by_sequence == {one["sequence"]: one for one in events}


def sell_with_a_code(shop: Merchant) -> None:
    """Two mugs with a tenth off, authorized, captured in parts, shipped, and partly given back."""
    mug = shop.post("/products", name="Mug", price="12.35", currency="USD")
    gift = shop.post("/products", name="Gift", pricing="buyer", currency="USD", priceMin="5.00", priceMax="50.00")
    ada = shop.post("/customers", email="ada@example.com", reference="crm-1")
    coupon = shop.post("/coupons", name="Spring", discountType="percentage", discountPercentage="10", maxRedemptions=1)
    shop.post(
        "/promotion_codes",
        code="SPRING",
        couponId=coupon["id"],
        firstTimeTransaction=True,
        minimumAmount="30.00",
        currency="USD",
    )
    wish = {
        "lineItems": [
            {"productId": mug["id"], "quantity": 2},
            {"productId": gift["id"], "unitAmount": "7.00"},
            {"name": "VAT", "unitAmount": "3.01", "kind": "tax"},
        ],
        "shippingAmount": "4.90",
        "promotionCode": "spring",
        "customerId": ada["id"],
        "captureMethod": "manual",
        "reference": "A-1001",
        "uniqueReference": True,
        "metadata": {"cart": "17"},
        "returnUrl": "https://shop.example/cart",
        "expiresInSeconds": 600,
    }
    session = shop.session(**wish)
    amounts = {name: Decimal(value) for name, value in session["order"]["amounts"].items()}
    # 24.70 + 7.00; a tenth of the goods, rounded down; tax and shipping in full.
    assert amounts == {
        "subtotal": Decimal("31.70"),
        "tax": Decimal("3.01"),
        "shipping": Decimal("4.90"),
        "discount": Decimal("3.17"),
        "total": Decimal("36.44"),
    }
    assert session["fiat"] == {"amount": "36.44", "currency": "USD"}
    assert (session["returnUrl"], session["metadata"]) == ("https://shop.example/cart", {"cart": "17"})
    shop.refused("order_reference_taken", "/checkout_sessions", **(wish | {"promotionCode": None}))
    shop.refused("discount_used_up", "/checkout_sessions", **(wish | {"reference": "A-1002"}))
    assert shop.happens(session, "declined") == "pending"
    assert shop.happens(session, "authorized") == "detected"
    payment = f"/payments/{session['order']['paymentId']}"
    assert shop.post(f"{payment}/capture", amount="20.00", cancelRemainder=False)["status"] == "requires_capture"
    shop.refused("capture_exceeds_authorization", f"{payment}/capture", amount="16.45")
    captured = shop.post(f"{payment}/capture", amount="15.00")
    assert (captured["status"], captured["releaseReason"]) == ("succeeded", "captured")
    assert (captured["amounts"]["received"], captured["amounts"]["refundable"]) == ("35.00", "35.00")
    assert shop.patch(f"/orders/{session['order']['id']}", fulfillment="fulfilled")["status"] == "paid"
    counted = shop.get(f"/coupons/{coupon['id']}")
    assert (counted["redemptions"], counted["reservedRedemptions"]) == (1, 0)
    back = {"paymentId": captured["id"], "reason": "requested_by_customer"}
    shop.post("/refunds", **back, amount="10.00")
    pending = shop.post("/refunds", **back, amount="20.00", destination="refund_stays_pending")
    shop.refused("refund_exceeds_received", "/refunds", **back, amount="5.01")
    shop.post(f"/refunds/{pending['id']}/cancel")
    assert shop.order(session)["status"] == "paid"
    assert shop.post("/refunds", **back)["amount"] == "25.00"
    assert shop.order(session)["status"] == "refunded"
    moved = shop.get(f"/transactions?orderId={session['order']['id']}")["data"]
    kinds = [(one["kind"], one["status"], one["value"]) for one in moved]
    assert sorted(kinds) == [
        ("capture", "confirmed", "15.00"),
        ("capture", "confirmed", "20.00"),
        ("refund", "confirmed", "10.00"),
        ("refund", "confirmed", "25.00"),
        ("refund", "dropped", "20.00"),
    ]


def decide_on_unusual_money(shop: Merchant) -> None:
    """Too little is waited for and topped up, or given back; too much is given back in part; gone money is accepted."""
    link = shop.post("/payment_links", title="Poster", fiatAmount="40.00")
    session = shop.session(linkId=link["id"])
    assert shop.happens(session, "underpaid") == "underpaid"
    assert shop.post(f"/orders/{session['order']['id']}/wait")["decision"] == "waiting"
    assert shop.happens(session, "top_up") == "paid"
    session = shop.session(amount=USD)
    shop.happens(session, "underpaid")
    given_back = shop.post(f"/orders/{session['order']['id']}/refund", what="everything")
    assert (given_back["status"], given_back["refunded"]) == ("refunded", "20.00")
    session = shop.session(amount=USD)
    assert shop.happens(session, "overpaid") == "overpaid"
    settled = shop.post(f"/orders/{session['order']['id']}/refund", what="excess")
    assert (settled["status"], settled["received"], settled["refunded"]) == ("paid", "60.00", "20.00")
    assert shop.happens(session, "reorged") == "paid"
    assert shop.order(session)["exceptions"] == ["reorged"]
    session = shop.session(amount=USD)
    shop.happens(session, "paid")
    shop.happens(session, "reorged")
    assert shop.order(session)["status"] == "review"
    assert shop.post(f"/orders/{session['order']['id']}/accept")["status"] == "paid"
    session = shop.session(amount=USD)
    assert shop.post(f"/checkout_sessions/{session['id']}/cancel")["status"] == "failed"
    assert shop.order(session)["status"] == "canceled"
    assert shop.patch(f"/payment_links/{link['id']}", active=False)["active"] is False
    shop.refused("link_inactive", "/checkout_sessions", linkId=link["id"])


def let_time_pass(shop: Merchant) -> None:
    """A test clock expires one session, and one whose only money is reversed, and lets another's authorization
    lapse; late money is taken in time only."""
    clock = shop.post("/test_clocks", name="Next week")
    slow = shop.session(amount=USD, testClockId=clock["id"])
    held = shop.session(amount=USD, testClockId=clock["id"], captureMethod="manual")
    assert shop.happens(held, "authorized") == "detected"
    hour = shop.post("/test_clocks", name="In an hour")
    gone = shop.session(amount=USD, testClockId=hour["id"])
    assert shop.happens(gone, "detected") == "detected"
    assert shop.happens(gone, "reorged") == "pending"
    assert [
        (one["status"], one["exceptions"])
        for one in (shop.order(gone), shop.get(f"/payments/{gone['order']['paymentId']}"))
    ] == [("open", ["reorged"]), ("awaiting", ["reorged"])]
    for one in (clock, hour):
        shop.post(f"/test_clocks/{one['id']}/advance", seconds=3_600)
    for session in (slow, gone):
        assert shop.get(f"/checkout_sessions/{session['id']}")["status"] == "expired"
    assert shop.happens(slow, "late") == "paid_late"
    shop.post(f"/test_clocks/{clock['id']}/advance", seconds=7 * 86_400)
    lapsed = shop.get(f"/payments/{held['order']['paymentId']}")
    assert (lapsed["status"], lapsed["releaseReason"]) == ("canceled", "lapsed")


def told_as_it_is(shop: Merchant, events: list[Any]) -> None:
    """The sequence has no gap; the last event of an object shows the object; each step says what was before."""
    assert [one["sequence"] for one in events] == list(range(1, len(events) + 1))
    paths = {
        "checkout_session": "checkout_sessions",
        "order": "orders",
        "payment": "payments",
        "refund": "refunds",
        "customer": "customers",
        "product": "products",
        "payment_link": "payment_links",
    }
    latest: dict[str, Any] = {}
    for one in events:
        data, before = one["data"], one["previousAttributes"]
        if before is not None and data["id"] in latest:
            assert data | before == latest[data["id"]], one
        latest[data["id"]] = data
    kinds = {data["object"] for data in latest.values()}
    # Redemptions are no change of a coupon or a code, so they are not told.
    assert kinds == {*paths, "coupon", "promotion_code", "alert"}
    for id, data in latest.items():
        if data["object"] in paths:
            now = shop.get(f"/{paths[data['object']]}/{id}")
            assert now == data, f"{id} changed and nobody told"
