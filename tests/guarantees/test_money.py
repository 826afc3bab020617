"""Money is conserved: whatever is captured, release, given back and given up, in whatever order and currency."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyturn.database import Database
from tests.shop import ShopBeside
from tillgate.checkout.figures.model import Figures

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


# What a chain can show and a merchant decide, in whatever order; most of it is refused most of the time.
SHOWN = ("underpaid", "overpaid", "paid", "detected", "top_up", "reorged", "late", "dust", "failed")
DECIDED = ("accept", "wait", "excess", "everything", "refund", "pend", "settle", "give_up", "expire", "cancel")
MOVES = st.lists(
    st.tuples(
        st.sampled_from(SHOWN + DECIDED),
        st.integers(1, 150),
    ),
    min_size=3,
    max_size=10,
)


class Books:
    """One order and what the API says about its money, added up again after each step."""

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
        if units > self.total / self.unit:
            # More than there ever was is refused anyway; one unit more than there is left is the edge.
            left = self.asked("GET", f"/payments/{self.payment_id}")["amounts"]
            edge = left["capturable" if what == "capture" else "refundable"]
            amount = str(Decimal(edge) + self.unit * (units % 2))
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
        # What was promised is captured, still to be captured, or release.
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


async def figures_by_currency(database: Database) -> dict[str, list[int]]:
    """The sums that the overview draws from, over all quarters of an hour."""
    sums = ", ".join(f"SUM({name}) AS {name}" for name in Figures._fields)
    statement = f"SELECT currency, {sums} FROM payment_figures GROUP BY currency"  # noqa: S608
    found = await database.read(lambda tx: tx.fetch_all(statement))
    return {row["currency"]: [int(row[name]) for name in Figures._fields] for row in found}


def figures_are_the_books(beside: ShopBeside) -> None:
    """What was counted with each change comes to what payments and refunds say now."""
    expected: dict[str, list[int]] = {}

    def count(currency: str, *line: Decimal | int) -> None:
        sums = expected.setdefault(currency, [0] * len(Figures._fields))
        expected[currency] = [int(one + another) for one, another in zip(sums, line, strict=True)]

    for payment in everything(beside, "/payments?limit=100"):
        unit, amounts = UNITS[payment["currency"]], payment["amounts"]
        came, went = (Decimal(amounts[name]) / unit for name in ("received", "refunded"))
        status = payment["status"]
        count(payment["currency"], status == "succeeded", status in ("expired", "canceled", "failed"), 0, came, went)
    for refund in everything(beside, "/refunds?status=succeeded&limit=100"):
        count(refund["currency"], 0, 0, Decimal(refund["amount"]) > 0, 0, 0)
    counted = beside.run(figures_by_currency, beside.shop.database)
    assert {key: line for key, line in expected.items() if any(line)} == {
        key: line for key, line in counted.items() if any(line)
    }


def everything(beside: ShopBeside, path: str) -> Iterator[dict[str, Any]]:
    """A list of the API from its first page to its last."""
    after = ""
    while True:
        page = beside.request("GET", f"{path}{after}").json()
        yield from page["data"]
        if not page["hasMore"]:
            return
        after = f"&starting_after={page['data'][-1]['id']}"


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
    figures_are_the_books(shop_beside)


STATES = ("pending", "confirmed", "dropped")


class TransferBooks(Books):
    """The same of an order that is paid by transfers, which may be wrong, late, or dropped again."""

    def __init__(self, shop: ShopBeside, currency: str, units: int) -> None:
        self.shop, self.currency, self.unit = shop, currency, UNITS[currency]
        self.total = units * self.unit
        body = {"amount": {"value": str(self.total), "currency": currency}}
        session = self.asked("POST", "/checkout_sessions?expand=order", body)
        self.session_id = session["id"]
        self.payment_id, self.order_id = session["order"]["paymentId"], session["order"]["id"]
        self.required = int(session["amount"]["wei"])
        # Rounded up: at the price that was locked, what is asked for is worth the total, and less than a wei more.
        rate = Decimal(session["ethPriceUsd"])
        assert 0 <= Decimal(self.required) * rate - self.total * 10**18 < rate
        self.pending: list[str] = []
        self.reorged = False

    def move(self, what: str, units: int) -> None:
        session, order = f"/checkout_sessions/{self.session_id}", f"/orders/{self.order_id}"
        if what in ("accept", "wait"):
            self.asked("POST", f"{order}/{what}")
        elif what in ("excess", "everything"):
            self.asked("POST", f"{order}/refund", {"what": what})
        elif what in ("expire", "cancel"):
            self.asked("POST", f"{session}/{what}")
        elif what in ("refund", "pend", "settle", "give_up"):
            self.step(what, units, last=False)
        else:
            self.asked("POST", f"{session}/simulate", {"outcome": what})
            self.reorged |= what == "reorged"

    def add_up(self) -> None:
        session = self.asked("GET", f"/checkout_sessions/{self.session_id}")
        payment = self.asked("GET", f"/payments/{self.payment_id}")
        order = self.asked("GET", f"/orders/{self.order_id}")
        moved = self.asked("GET", f"/transactions?orderId={self.order_id}&limit=100")["data"]
        assert {one["currency"] for one in (payment, order, *moved)} == {self.currency} == {session["fiat"]["currency"]}
        amounts = {name: Decimal(value) for name, value in payment["amounts"].items()}
        assert min(amounts.values()) >= 0

        def atomic(kind: str, *states: str) -> int:
            return sum(int(one["amount"]["wei"]) for one in moved if one["kind"] == kind and one["status"] in states)

        came, refunds = atomic("transfer", "confirmed"), [one for one in moved if one["kind"] == "refund"]
        assert came == int(session["received"]["wei"])
        # What it is worth is rounded down to a unit of the currency; exactly the price is the price.
        worth = Decimal(came) * self.total / self.required
        assert 0 <= worth - amounts["received"] < self.unit
        assert (came == self.required) <= (amounts["received"] == self.total)
        dropped = {state: sum(Decimal(one["value"]) for one in refunds if one["status"] == state) for state in STATES}
        assert amounts["refunded"] == dropped["confirmed"] == Decimal(order["refunded"])
        held = dropped["confirmed"] + dropped["pending"]
        assert amounts["refundable"] == max(amounts["received"] - held, Decimal(0))
        assert Decimal(order["received"]) == amounts["received"]
        back = atomic("refund", "confirmed")
        if not self.reorged:
            assert back + atomic("refund", "pending") <= came
            assert held <= amounts["received"]
        assert set(order["exceptions"]) == set(payment["exceptions"]) == set(session["exceptions"])
        if order["status"] == "paid":
            # What had failed stays failed: that its money was taken is the order's to tell.
            assert session["status"] in ("paid", "paid_late", "failed") and payment["status"] == "succeeded"
            assert session["status"] != "failed" or (came > 0 and payment["decision"] == "accepted")
        if order["status"] == "refunded":
            assert 0 < came <= back
        if order["status"] == "canceled":
            # Nothing that came is forgotten: it has gone back, or is on its way.
            assert session["status"] == "failed"
            assert came <= back + atomic("refund", "pending")
        if session["canceledAt"] is not None and came > back + atomic("refund", "pending"):
            assert order["status"] in ("review", "paid") and "unexpected" in order["exceptions"]
        if order["status"] == "open":
            assert (came, session["status"]) == (0, "pending")


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(currency=st.sampled_from(sorted(UNITS)), units=st.integers(1, 100), moves=MOVES)
def test_no_order_of_transfers_and_decisions_makes_or_loses_money(
    shop_beside: ShopBeside, currency: str, units: int, moves: list[tuple[str, int]]
) -> None:
    """Too little, too much, too late and reversed, accepted, waited for, given back: after every single step, sums
    are sums, nobody is given more than came, and session, payment and order tell one story."""
    books = TransferBooks(shop_beside, currency, units)
    books.add_up()
    for move in moves:
        books.move(*move)
        books.add_up()
    figures_are_the_books(shop_beside)
