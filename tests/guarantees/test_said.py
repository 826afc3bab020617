"""No page states a sum that the books do not hold: whatever is shown, decided, captured and given back, in whatever
order."""

import html
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, Final, NamedTuple

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.guarantees.test_money import STEPS, UNITS, Books, TransferBooks
from tests.rails.evm.offered import CONFIRMATIONS, TOKENS, LiveBeside, Seen, offering
from tests.running import OWNER_EMAIL, OWNER_PASSWORD
from tests.shop import PUBLIC_URL, ShopBeside
from tillgate.checkout.statements.model import Row
from tillgate.checkout.statements.words import ROWS

FIAT: Final = re.compile(r"(?<![\w.,])([\d,]+(?:\.\d+)?) (USD|JPY|BHD)(?!\w)")
COINS: Final = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?) (test ETH|TSIX|TWEI)(?!\w)")
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
    (r"The remaining ([^ ]+ \w{3}) is authorized", "capturable"),
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


class Coin(NamedTuple):
    """What can be paid in, and how much of it is asked for in its atomic units."""

    name: str
    decimals: int
    asked: int


def coins_of(session: Any) -> dict[int, Coin]:
    """What a session can be paid in, by the network."""
    if "paymentOptions" not in session:
        return {session["chainId"]: Coin("test ETH", 18, int(session["amount"]["wei"]))}
    return {
        one["chainId"]: Coin(one["symbol"], one["decimals"], int(one["amountAtomic"]))
        for one in session["paymentOptions"]
    }


class TokenBooks(TransferBooks):
    """The same of a live order, which is paid in either of two tokens of other decimals."""

    def __init__(self, live: LiveBeside, cents: int) -> None:
        self.shop, self.currency, self.unit = live, "USD", UNITS["USD"]
        self.live = live
        self.total = cents * self.unit
        body = {"amount": {"value": str(self.total), "currency": "USD"}}
        session = self.asked("POST", "/checkout_sessions?expand=order", body)
        self.session_id, self.address = session["id"], session["address"]
        self.payment_id, self.order_id = session["order"]["paymentId"], session["order"]["id"]
        self.seen: list[Seen] = []

    def comes(self, number: int, percentage: int, odd: int, *, confirmed: bool) -> None:
        """A part of the price, and a little more, in one of the tokens."""
        token = TOKENS[number]
        asked = coins_of(self.asked("GET", f"/checkout_sessions/{self.session_id}"))[token.chain_id].asked
        amount = max(asked * percentage // 100 + odd, 1)
        self.seen.append(self.live.tell(self.address, token, amount, confirmed=confirmed))

    def move(self, what: str, units: int) -> None:
        if what == "confirmed" and self.seen:
            self.seen[-1] = self.live.tell_again(
                self.address, self.seen[-1], confirmed=True, confirmations=CONFIRMATIONS
            )
        elif what == "reorged" and self.seen:
            self.live.tell_again(self.address, self.seen.pop(), confirmed=False, confirmations=0, reorged=True)
        elif what in ("settle", "give_up"):
            made = self.asked("GET", f"/refunds?orderId={self.order_id}&limit=100")["data"]
            self.pending = [one["id"] for one in made if one["status"] == "pending"]
            self.step(what, units, last=False)
        elif what not in ("confirmed", "reorged"):
            super().move(what, units)


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

    def look_at_live_mode(self) -> None:
        """What the dashboard shows from now on."""
        page = self.text("/dashboard")
        csrf = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
        answer = self.shop.run(lambda: self.http.post("/dashboard/mode", data={"csrf": csrf, "mode": "live"}))
        assert answer.status_code == 303

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
                number, unit = claimed.split(" ")
                if unit in UNITS:
                    assert self._number(number) == known["fiat"][name], (name, lead, known)
        for label, amount in ROW.findall(panel):
            if label in LABELS:
                kind = "asset" if COINS.search(amount) else "fiat"
                stated = self._number(amount.split(" ")[0])
                assert stated == known[kind][LABELS[label]], (label, amount, known)
        if "panel--stamped" in panel or "has your payment of" in panel:
            assert known["asset"]["received"] == known["asset"]["total"] > 0, panel
            assert known["asset"]["refunded"] == known["asset"]["refunding"] == 0, panel
        if len(known["moved"]) > 1:
            assert "on another network is lost" not in panel
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
        for number, coin in COINS.findall(plain):
            held = set(known["asset"].values()) if coin == known["coin"] else set()
            assert Decimal(number) in held | known["moved"][coin] | {Decimal(0)}, (number, coin, known, plain)

    def _number(self, text: str) -> Decimal:
        return Decimal(re.sub(r"[^\d.]", "", text))

    def _known(self, books: Books) -> dict[str, Any]:
        """What the API says about the money, added up here."""
        payment = books.asked("GET", f"/payments/{books.payment_id}")
        session = books.asked("GET", f"/checkout_sessions/{payment['sessionId']}")
        moved = books.asked("GET", f"/transactions?orderId={books.order_id}&limit=100")["data"]
        amounts = {name: Decimal(value) for name, value in payment["amounts"].items()}

        # What came in another token than the one that is shown is the same fraction of the price there.
        coins = coins_of(session)
        shown = coins[session["chainId"]]
        total, due = amounts["requested"], shown.asked
        scale = Decimal(10) ** shown.decimals

        def exact(kinds: tuple[str, ...], *states: str) -> Fraction:
            """In atomic units of the coin that is shown, with nothing rounded."""
            counted = [one for one in moved if one["kind"] in kinds and one["status"] in states]
            each = [
                Fraction(
                    int(one["amount"]["wei"]) * due, (shown if one["kind"] == "refund" else coins[one["chainId"]]).asked
                )
                for one in counted
            ]
            return sum(each, Fraction(0))

        def back(state: str) -> tuple[Decimal, Decimal]:
            counted = [Decimal(one["value"]) for one in moved if (one["kind"], one["status"]) == ("refund", state)]
            return sum(counted, Decimal(0)), floor(exact(("refund",), state)) / scale

        incoming = ("transfer", "capture")
        all_came, all_seen = exact(incoming, "confirmed"), exact(incoming, "confirmed", "pending")
        came, seen = floor(all_came) / scale, floor(all_seen) / scale
        refunded, refunded_asset = back("confirmed")
        refunding, refunding_asset = back("pending")
        received = amounts["received"]
        # Rounded down once over everything that was seen, as the books do.
        worth = received
        if payment["captureMethod"] != "manual":
            units = Fraction(total / books.unit)
            assert received == floor(all_came * units / due) * books.unit
            worth = floor(all_seen * units / due) * books.unit
        asked = due / scale
        status = session["status"]

        def counted(all_of_it: Decimal, *gone: Decimal) -> Decimal:
            """What counts towards the price: nothing that goes back before the price is there."""
            return max(all_of_it - sum(gone), Decimal(0)) if status in ("underpaid", "overpaid") else all_of_it

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
            "total": asked,
            "received": came,
            "seen": seen,
            "unconfirmed": seen - came,
            "missing": max(asked - counts_asset, Decimal(0)),
            "excess": max(counts_asset - asked, Decimal(0)),
            "refunded": refunded_asset,
            "refunding": refunding_asset,
        }
        each = {Decimal(one["value"]) for one in moved}
        in_coins: dict[str, set[Decimal]] = {
            one.name: {one.asked / Decimal(10) ** one.decimals} for one in coins.values()
        }
        for one in moved:
            coin = shown if one["kind"] == "refund" else coins[one["chainId"]]
            in_coins[coin.name].add(int(one["amount"]["wei"]) / Decimal(10) ** coin.decimals)
        return {
            "fiat": fiat,
            "asset": asset,
            "currency": payment["currency"],
            "rate": str(Decimal(2500).quantize(books.unit)),
            "each": each,
            "coin": shown.name,
            "moved": in_coins,
        }


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


TOKEN_STORIES: Final = st.lists(
    st.one_of(
        st.tuples(
            st.just("comes"),
            st.integers(0, 1),
            st.sampled_from((1, 25, 50, 100, 130)),
            st.integers(0, 3),
            st.booleans(),
        ),
        st.tuples(
            st.sampled_from(
                ("confirmed", "reorged", "accept", "wait", "refund", "settle", "give_up", "excess", "everything")
            ),
            st.integers(1, 150),
        ),
    ),
    min_size=1,
    max_size=7,
)


@pytest.fixture
def live_beside(still_shop_beside: ShopBeside) -> Iterator[LiveBeside]:
    with offering(still_shop_beside) as opened:
        yield opened


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(cents=st.integers(1, 10_000), story=TOKEN_STORIES)
def test_no_page_states_a_sum_of_tokens_that_the_books_do_not_hold(
    live_beside: LiveBeside, cents: int, story: list[tuple[Any, ...]]
) -> None:
    """Live money, in tokens of six and of eighteen decimals, whose fractions add up: what is said is said in the token
    that is shown, and each transfer in its own."""
    pages = pages_of(live_beside)
    books = TokenBooks(live_beside, cents)
    pages.hold(books, books.session_id)
    for what, *how in story:
        if what == "comes":
            number, percentage, odd, confirmed = how
            books.comes(number, percentage, odd, confirmed=confirmed)
        else:
            books.move(what, how[0])
        pages.hold(books, books.session_id)


_pages: dict[int, Pages] = {}


def pages_of(shop: ShopBeside) -> Pages:
    """One signed-in browser for each shop."""
    if id(shop) not in _pages:
        _pages.clear()
        _pages[id(shop)] = Pages(shop)
        if isinstance(shop, LiveBeside):
            _pages[id(shop)].look_at_live_mode()
    return _pages[id(shop)]
