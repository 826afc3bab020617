"""Money is conserved: whatever is captured, let go of, given back and given up, in whatever order and currency."""

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shop import ShopBeside

# The smallest unit of each is another power of ten.
UNITS = {"JPY": Decimal(1), "USD": Decimal("0.01"), "BHD": Decimal("0.001")}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["capture", "capture", "refund", "refund", "pend", "settle", "give_up", "cancel"]),
        st.integers(1, 120),
        st.booleans(),
    ),
    min_size=2,
    max_size=9,
)


class Books:
    """One order and what the API tells of its money, added up anew after each step."""

    def __init__(self, shop: ShopBeside, currency: str, units: int) -> None:
        self.shop, self.currency, self.unit = shop, currency, UNITS[currency]
        self.total = units * self.unit
        lines = [{"name": "x", "unitAmount": str(self.total)}]
        body = {"lineItems": lines, "currency": currency, "captureMethod": "manual"}
        session = self.asked("POST", "/checkout_sessions?expand=order", body)
        self.payment_id, self.order_id = session["order"]["paymentId"], session["order"]["id"]
        self.required = int(session["amount"]["wei"])
        self.asked("POST", f"/checkout_sessions/{session['id']}/simulate", {"payer": "payer_authorizes"})
        self.pending: list[str] = []

    def asked(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.shop.request(method, path, json=body)
        assert answer.status_code in (200, 201, 400, 409), answer.text
        return answer.json()

    def step(self, what: str, units: int, last: bool) -> None:
        amount = str(units * self.unit)
        refund = {"paymentId": self.payment_id, "reason": "other", "amount": amount}
        if what == "capture":
            path = f"/payments/{self.payment_id}/capture"
            self.asked("POST", path, {"amount": amount, "cancelRemainder": last})
        elif what == "cancel":
            self.asked("POST", f"/payments/{self.payment_id}/cancel")
        elif what == "refund":
            self.asked("POST", "/refunds", refund)
        elif what == "pend":
            made = self.asked("POST", "/refunds", refund | {"destination": "refund_stays_pending"})
            self.pending += [made["id"]] if "id" in made else []
        elif self.pending:
            refund_id = self.pending.pop()
            settled = {"txHash": "0xa"} if what == "settle" else None
            self.asked("POST", f"/refunds/{refund_id}/{'settle' if settled else 'cancel'}", settled)

    def add_up(self) -> None:
        payment = self.asked("GET", f"/payments/{self.payment_id}")
        order = self.asked("GET", f"/orders/{self.order_id}")
        moved = self.asked("GET", f"/transactions?orderId={self.order_id}&limit=100")["data"]
        refunds = self.asked("GET", f"/refunds?orderId={self.order_id}&limit=100")["data"]
        amounts = {name: Decimal(value) for name, value in payment["amounts"].items()}
        assert {one["currency"] for one in (payment, order, *moved, *refunds)} == {self.currency}
        assert min(amounts.values()) >= 0

        def value(kind: str, *states: str) -> Decimal:
            counted = (one for one in moved if one["kind"] == kind and one["status"] in states)
            return sum((Decimal(one["value"]) for one in counted), Decimal(0))

        assert amounts["requested"] == amounts["authorized"] == self.total == Decimal(order["amounts"]["total"])
        # What was promised is captured, still to be captured, or let go of.
        assert value("capture", "confirmed") == amounts["received"] == Decimal(order["received"])
        released = self.total - amounts["received"] - amounts["capturable"]
        assert released >= 0
        assert (released > 0) <= (payment["releaseReason"] is not None)
        # What came has gone back, is on its way back, or is still there.
        assert value("refund", "confirmed") == amounts["refunded"] == Decimal(order["refunded"])
        assert amounts["received"] == amounts["refundable"] + value("refund", "confirmed", "pending")
        for states, status in ((("confirmed",), "succeeded"), (("pending",), "pending")):
            told = sum((Decimal(one["amount"]) for one in refunds if one["status"] == status), Decimal(0))
            assert told == value("refund", *states)

        def atomic(kind: str) -> int:
            return sum(int(one["amount"]["wei"]) for one in moved if one["kind"] == kind and one["status"] != "dropped")

        # In the asset, too: never undercharged, never more given back than came, and a whole is exactly the whole.
        assert atomic("capture") * self.total >= self.required * amounts["received"]
        assert atomic("refund") <= atomic("capture") <= self.required
        assert (atomic("capture") == self.required) or amounts["received"] < self.total


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(currency=st.sampled_from(sorted(UNITS)), units=st.integers(1, 100), steps=STEPS)
def test_no_order_of_captures_and_refunds_makes_or_loses_money(
    shop_beside: ShopBeside, currency: str, units: int, steps: list[tuple[str, int, bool]]
) -> None:
    """Over HTTP, on both databases, after every single step: amounts add up, none is negative, currencies never mix."""
    books = Books(shop_beside, currency, units)
    books.add_up()
    for step in steps:
        books.step(*step)
        books.add_up()
