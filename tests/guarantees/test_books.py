"""The books of a month say what the events say: whatever comes, goes back, is reversed or decided."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.guarantees.test_money import MOVES, STEPS, UNITS, Books, TransferBooks, everything
from tests.shop import ShopBeside
from tillgate.base.clock import DAY_MS

ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns")
FLOWS = ("goods", "discounts", "tax", "shipping", "sales", "received", "refunded")
BALANCES = ("inReview", "owed")
DAYS = st.lists(st.integers(0, 16), min_size=10, max_size=10)
ZERO = Decimal(0)
Figures = dict[str, Decimal]


class Basket(TransferBooks):
    """An order with all that a bill has: goods, a line that takes off, tax, shipping and a coupon."""

    def __init__(self, shop: ShopBeside, currency: str, units: int, *, manual: bool) -> None:
        self.shop, self.currency, self.unit = shop, currency, UNITS[currency]
        coupon = self.asked(
            "POST", "/coupons", {"name": "Tenth", "discountType": "percentage", "discountPercentage": "10"}
        )
        lines = [
            {"name": "Mug", "unitAmount": str(units * self.unit), "quantity": 3},
            {"name": "VAT", "unitAmount": str(2 * self.unit), "kind": "tax"},
            {"name": "Old cup", "unitAmount": str(self.unit), "kind": "discount"},
        ]
        body = {"lineItems": lines, "currency": currency, "shippingAmount": str(4 * self.unit)}
        body |= {"couponId": coupon["id"], "captureMethod": "manual" if manual else "automatic"}
        session = self.asked("POST", "/checkout_sessions?expand=order", body)
        self.session_id = session["id"]
        self.payment_id, self.order_id = session["order"]["paymentId"], session["order"]["id"]
        self.total = Decimal(session["order"]["amounts"]["total"])
        self.pending: list[str] = []
        self.reorged = False
        if manual:
            self.asked("POST", f"/checkout_sessions/{session['id']}/simulate", {"payer": "payer_authorizes"})


def month_of(instant: str, zone: str) -> str:
    """The month that it is there."""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).strftime("%Y-%m")


def standing(payment: dict[str, Any], order: dict[str, Any]) -> Figures:
    """What an event about a payment says of it, in the words of a report."""
    amounts = {name: Decimal(value) for name, value in payment["amounts"].items()}
    kept = amounts["received"] - amounts["refunded"]
    on_its_way = max(kept, ZERO) - amounts["refundable"]
    found = dict.fromkeys((*FLOWS, *BALANCES, "orders"), ZERO)
    found |= {"received": amounts["received"], "refunded": amounts["refunded"], "owed": kept}
    if payment["status"] in ("review", "succeeded"):
        found["owed"] = on_its_way
    if payment["status"] == "review":
        found["inReview"] = kept - on_its_way
    if payment["status"] == "succeeded":
        bill = {name: Decimal(value) for name, value in order["amounts"].items()}
        found |= {"goods": bill["subtotal"], "discounts": bill["discount"], "tax": bill["tax"]}
        found |= {"shipping": bill["shipping"], "sales": amounts["received"], "orders": Decimal(1)}
    return found


def from_the_events(events: Iterable[dict[str, Any]], zone: str) -> dict[str, dict[str, Figures]]:
    """By month and currency, what changed in it: nothing but the log is read."""
    ordered = sorted(events, key=lambda event: int(event["sequence"]))
    orders = {one["data"]["id"]: one["data"] for one in ordered if one["type"].startswith("order.")}
    before: dict[str, Figures] = {}
    found: dict[str, dict[str, Figures]] = defaultdict(lambda: defaultdict(lambda: defaultdict(Decimal)))
    for event in ordered:
        if not event["type"].startswith("payment."):
            continue
        payment = event["data"]
        now = standing(payment, orders.get(payment["orderId"], {}))
        was, sums = before.get(payment["id"], {}), found[month_of(event["createdAt"], zone)][payment["currency"]]
        for name, value in now.items():
            sums[name] += value - was.get(name, ZERO)
        before[payment["id"]] = now
    return found


def the_books_are_the_events(beside: ShopBeside) -> None:
    """In each zone, month by month: what moved, and balances that go on from month to month."""
    events = list(everything(beside, "/events?limit=100"))
    for zone in ZONES:
        moved = from_the_events(events, zone)
        balances: dict[str, Figures] = defaultdict(lambda: defaultdict(Decimal))
        first, last = min(moved, default="2026-01"), max(moved, default="2026-01")
        for month in months(first, last):
            report = beside.request("GET", f"/reports/monthly?month={month}&timeZone={zone}").json()
            assert report["complete"] and (report["month"], report["timeZone"]) == (month, zone)
            totals = {one["currency"]: one for one in report["totals"]}
            for currency in totals.keys() | moved[month].keys() | balances.keys():
                line, expected = totals.get(currency), moved[month][currency]
                if line is None:
                    assert not any(expected.values()) and not any(balances[currency].values())
                    continue
                assert {name: Decimal(line[name]) for name in FLOWS} == {name: expected[name] for name in FLOWS}
                assert line["orders"] == expected["orders"]
                parts = (Decimal(line[one]) for one in ("goods", "tax", "shipping", "difference"))
                assert sum(parts) - Decimal(line["discounts"]) == Decimal(line["sales"])
                for name in BALANCES:
                    assert Decimal(line["opening"][name]) == balances[currency][name]
                    balances[currency][name] += expected[name]
                    assert Decimal(line["closing"][name]) == balances[currency][name]
            assert lines_add_up(report)


def lines_add_up(report: dict[str, Any]) -> bool:
    """The networks of a currency come to the currency."""
    for total in report["totals"]:
        of = [one for one in report["lines"] if one["currency"] == total["currency"]]
        assert {one["network"] for one in of} == {"simulated"}
        for name in (*FLOWS, "kept", "difference"):
            assert sum(Decimal(one[name]) for one in of) == Decimal(total[name])
    return True


def months(first: str, last: str) -> Iterable[str]:
    """From the first to the one after the last."""
    year, month = map(int, first.split("-"))
    while True:
        name = f"{year}-{month:02}"
        yield name
        if name > last:
            return
        year, month = year + month // 12, month % 12 + 1


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(
    currency=st.sampled_from(sorted(UNITS)),
    units=st.integers(2, 60),
    moves=MOVES,
    steps=STEPS,
    days=DAYS,
)
def test_a_month_of_the_books_is_a_month_of_the_events(
    still_shop_beside: ShopBeside,
    currency: str,
    units: int,
    moves: list[tuple[str, int]],
    steps: list[tuple[str, int, bool]],
    days: list[int],
) -> None:
    """Partial captures, refunds, reversals, acceptances, discounts, too little and too much, over several months: the
    report is what the event log comes to, and a month opens with what the one before closed with."""
    shop = still_shop_beside
    shown, captured = Basket(shop, currency, units, manual=False), Basket(shop, currency, units, manual=True)
    for place in range(max(len(moves), len(steps))):
        shop.shop.clock.ahead_ms += days[place % len(days)] * DAY_MS // 4
        if place < len(moves):
            shown.move(*moves[place])
        if place < len(steps):
            Books.step(captured, *steps[place])
    the_books_are_the_events(shop)
