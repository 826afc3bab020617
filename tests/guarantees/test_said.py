"""No page states a sum that the books do not hold: whatever is shown, decided, captured and given back, in whatever
order."""

import html
import re
from decimal import Decimal
from typing import Any, Final

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.guarantees.test_money import STEPS, UNITS, Books, TransferBooks
from tests.running import OWNER_EMAIL, OWNER_PASSWORD
from tests.shop import PUBLIC_URL, ShopBeside
from tillgate.checkout.statements.model import Row
from tillgate.checkout.statements.words import ROWS

FIAT: Final = re.compile(r"(?<![\w.,])([\d,]+(?:\.\d+)?) (USD|JPY|BHD)(?!\w)")
COINS: Final = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?) test ETH")
ROW: Final = re.compile(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>")
AFTERWARDS: Final = [
    "accept",
    "accept",
    "wait",
    "top_up",
    "paid",
    "reorged",
    "refund",
    "refund",
    "pend",
    "settle",
    "give_up",
    "excess",
    "everything",
    "dust",
    "underpaid",
]
# Something comes, and then others decide about it, or more comes: most other histories are refused at once.
STORIES = st.tuples(
    st.sampled_from(("underpaid", "overpaid", "paid", "detected", "late")),
    st.lists(
        st.tuples(
            st.sampled_from(AFTERWARDS),
            st.integers(1, 150),
        ),
        min_size=1,
        max_size=6,
    ),
)
WEI: Final = Decimal(10) ** 18
# What a sentence states of a sum, and which sum of the books it has to be.
CLAIMS: Final = (
    (r"has your payment of ([^ ]+ \w{3})", "received"),
    (r"^Your payment of ([^ ]+ \w{3}) arrived", "received"),
    (r" received ([^ ]+ \w{3}) and has sent", "received"),
    (r"has sent ([^ ]+ \w{3}) back", "refunded"),
    (r"is sending ([^ ]+ \w{3}) back", "refunding"),
    (r"has accepted ([^ ]+ \w{3}) as your payment", "received"),
    (r"accepted your payment of ([^ ]+ \w{3})", "received"),
    (r"charged ([^ ]+ \w{3}) of", "received"),
    (r"released the remaining ([^ ]+ \w{3})", "released"),
    (r"The remaining ([^ ]+ \w{3}) is authorised", "capturable"),
)
LABELS: Final = {
    ROWS[Row.DUE]: "total",
    ROWS[Row.AUTHORIZED]: "capturable",
    ROWS[Row.CAPTURED]: "received",
    ROWS[Row.RECEIVED]: "received",
    ROWS[Row.UNCONFIRMED]: "unconfirmed",
    ROWS[Row.MISSING]: "missing",
    ROWS[Row.EXCESS]: "excess",
    ROWS[Row.RELEASED]: "released",
    ROWS[Row.REFUND_PENDING]: "refunding",
    ROWS[Row.REFUNDED]: "refunded",
}


class Pages:
    """The buyer's page and the merchant's, read after each step beside what the API tells."""

    def __init__(self, shop: ShopBeside) -> None:
        self.shop = shop
        transport = httpx.ASGITransport(shop.shop.app, client=("127.0.0.1", 50_000))
        self.http = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers={"Origin": PUBLIC_URL})
        shop.run(self._sign_in)

    async def _sign_in(self) -> None:
        try:
            await self.shop.shop.app.accounts.create_user(OWNER_EMAIL, OWNER_PASSWORD)
        finally:
            form = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD}
            assert (await self.http.post("/dashboard/sign-in", data=form)).status_code == 303

    def text(self, path: str) -> str:
        answer = self.shop.run(self.http.get, path)
        assert answer.status_code == 200
        return html.unescape(answer.text).replace("\xa0", " ")

    def hold(self, books: Books, session_id: str) -> None:
        """Both pages of a session state nothing but what its books hold."""
        known = self._known(books)
        page = self.text(f"/checkout/{session_id}")
        panel = page.partition('<section id="live"')[2].partition("</section>")[0]
        self._no_other_sum(panel, known)
        lead = " ".join(re.findall(r'<p class="(?:lead|gone)"[^>]*>(.*?)</p>', panel))
        for pattern, name in CLAIMS:
            for claimed in re.findall(pattern, lead):
                if "ETH" not in claimed:
                    assert self._number(claimed.split(" ")[0]) == known["fiat"][name], (name, lead, known)
        for label, amount in ROW.findall(panel):
            if label in LABELS:
                kind = "asset" if amount.endswith("ETH") else "fiat"
                stated = self._number(amount.split(" ")[0])
                assert stated == known[kind][LABELS[label]], (label, amount, known)
        if "panel--stamped" in panel or "has your payment of" in panel:
            assert known["asset"]["received"] == known["asset"]["total"] > 0, panel
            assert known["asset"]["refunded"] == known["asset"]["refunding"] == 0, panel
        if "nothing was charged" in panel.lower():
            assert known["asset"]["received"] == 0, panel
        merchants = self.text(f"/dashboard/sessions/{session_id}").partition('id="session"')[2]
        self._no_other_sum(merchants.partition('id="metadata"')[0], known)

    def _no_other_sum(self, text: str, known: dict[str, Any]) -> None:
        plain = re.sub(r"<[^>]+>", "", text)
        for number, currency in FIAT.findall(plain):
            held = set(known["fiat"].values()) | known["each"]
            assert currency == known["currency"]
            assert self._number(number) in held or number == known["rate"], (number, known, plain)
        for number in COINS.findall(plain):
            assert Decimal(number) in set(known["asset"].values()) | {Decimal(0)}, (number, known, plain)

    def _number(self, text: str) -> Decimal:
        return Decimal(re.sub(r"[^\d.]", "", text))

    def _known(self, books: Books) -> dict[str, Any]:
        """What the API says about the money, added up here."""
        payment = books.asked("GET", f"/payments/{books.payment_id}")
        moved = books.asked("GET", f"/transactions?orderId={books.order_id}&limit=100")["data"]
        amounts = {name: Decimal(value) for name, value in payment["amounts"].items()}

        def sums(kinds: tuple[str, ...], *states: str) -> tuple[Decimal, Decimal]:
            counted = [one for one in moved if one["kind"] in kinds and one["status"] in states]
            return (
                sum((Decimal(one["value"]) for one in counted), Decimal(0)),
                sum((Decimal(one["amount"]["wei"]) for one in counted), Decimal(0)) / WEI,
            )

        incoming = ("transfer", "capture")
        _, came = sums(incoming, "confirmed")
        _, seen = sums(incoming, "confirmed", "pending")
        refunded, refunded_asset = sums(("refund",), "confirmed")
        refunding, refunding_asset = sums(("refund",), "pending")
        total, due = amounts["requested"], Decimal(books.required) / WEI
        received = amounts["received"]
        # Rounded down once over everything that was seen, as the books do.
        worth = (
            received
            if payment["captureMethod"] == "manual"
            else (seen * total / due).quantize(books.unit, rounding="ROUND_DOWN")
        )
        status = books.asked("GET", f"/checkout_sessions/{payment['sessionId']}")["status"]

        def counted(all_seen: Decimal, *back: Decimal) -> Decimal:
            """What counts towards the price: nothing that goes back before the price is there."""
            return max(all_seen - sum(back), Decimal(0)) if status in ("underpaid", "overpaid") else all_seen

        counts, counts_asset = counted(worth, refunded, refunding), counted(seen, refunded_asset, refunding_asset)
        fiat = {
            "total": total,
            "received": received,
            "seen": worth,
            "unconfirmed": worth - received,
            "missing": max(total - counts, Decimal(0)),
            "excess": max(counts - total, Decimal(0)),
            "capturable": amounts["capturable"],
            "released": max(amounts["authorized"] - received - amounts["capturable"], Decimal(0)),
            "authorized": amounts["authorized"],
            "refunded": refunded,
            "refunding": refunding,
            "refundable": amounts["refundable"],
        }
        asset = {
            "total": due,
            "received": came,
            "seen": seen,
            "unconfirmed": seen - came,
            "missing": max(due - counts_asset, Decimal(0)),
            "excess": max(counts_asset - due, Decimal(0)),
            "refunded": refunded_asset,
            "refunding": refunding_asset,
        }
        rate = Decimal(2500).quantize(books.unit)
        each = {Decimal(one["value"]) for one in moved}
        return {"fiat": fiat, "asset": asset, "currency": payment["currency"], "rate": str(rate), "each": each}


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(currency=st.sampled_from(sorted(UNITS)), units=st.integers(1, 100), story=STORIES)
def test_no_page_states_a_sum_of_transfers_that_the_books_do_not_hold(
    shop_beside: ShopBeside, currency: str, units: int, story: tuple[str, list[tuple[str, int]]]
) -> None:
    """The buyer's and the merchant's, after every single step: sentences, accounts and stamps are those of the
    books, with a refund under way, after a reorganisation and after each decision."""
    pages = pages_of(shop_beside)
    books = TransferBooks(shop_beside, currency, units)
    pages.hold(books, books.session_id)
    for move in ((story[0], 1), *story[1]):
        books.move(*move)
        pages.hold(books, books.session_id)


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(currency=st.sampled_from(sorted(UNITS)), units=st.integers(1, 100), steps=STEPS)
def test_no_page_states_a_sum_of_captures_that_the_books_do_not_hold(
    shop_beside: ShopBeside, currency: str, units: int, steps: list[tuple[str, int, bool]]
) -> None:
    """The same where money is promised first, and taken in parts."""
    pages = pages_of(shop_beside)
    books = Books(shop_beside, currency, units)
    session_id = books.asked("GET", f"/payments/{books.payment_id}")["sessionId"]
    pages.hold(books, session_id)
    for step in steps:
        books.step(*step)
        pages.hold(books, session_id)


_pages: dict[int, Pages] = {}


def pages_of(shop: ShopBeside) -> Pages:
    """One signed-in browser for each shop."""
    if id(shop) not in _pages:
        _pages.clear()
        _pages[id(shop)] = Pages(shop)
    return _pages[id(shop)]
