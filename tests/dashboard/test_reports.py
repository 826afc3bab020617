"""The books of a month on their page, as files and by API; what is said of a wrong month; what a range read costs."""

import csv
import io
import json
import re

import pytest

from tests.dashboard.conftest import Owner, owner_of
from tests.makers import execute, rows
from tests.shop import Shop
from tillgate.base.principal import Principal
from tillgate.checkout.books import operations
from tillgate.checkout.books.model import Account, Amounts, Entry, entry, month_beside, month_of
from tillgate.checkout.books.records import PARTS, SUMS, add
from tillgate.checkout.orders.model import Totals
from tillgate.checkout.payments.model import PaymentState
from tillgate.store import Transaction

pytestmark = pytest.mark.anyio

MONTH = "2026-03"
ACCOUNTS = (Account("EUR", "eip155:137"), Account("EUR", "mail"), Account("JPY", "simulated"))


async def booked(shop: Shop, changes: dict[tuple[int, Account], Entry], *, livemode: bool = False) -> None:
    """Book something at quarters of an hour."""

    async def fill(tx: Transaction) -> None:
        for (quarter, account), change in changes.items():
            await add(tx, shop.project_id, livemode, quarter, account, change)

    await shop.database.write(fill)


def sale(minor: int, **more: int) -> Entry:
    return Entry(orders=1, goods_minor=minor, received_minor=minor, **more)


async def test_a_month_has_the_days_of_its_zone_and_opens_with_what_was(shop: Shop) -> None:
    """Its first and last quarter of an hour are in it, those beside are not; what was in review before opens it."""
    month = month_of(MONTH, "Asia/Kathmandu")
    eur, mail, yen = ACCOUNTS
    await booked(
        shop,
        {
            (month.begin - 1, eur): sale(1, review_minor=100),
            (month.begin, eur): sale(10, owed_minor=7),
            (month.begin + 200, mail): sale(100, review_minor=-40),
            (month.end - 1, yen): sale(1_000),
            (month.end, eur): sale(10_000),
        },
    )
    await booked(shop, {(month.begin, eur): sale(5)}, livemode=True)
    client = await shop.client()
    found = (await client.get(f"/reports/monthly?month={MONTH}&timeZone=Asia/Kathmandu")).json()
    assert (found["beginsAt"], found["endsAt"]) == ("2026-02-28T18:15:00.000Z", "2026-03-31T18:15:00.000Z")
    assert [(one["currency"], one["network"], one["sales"]) for one in found["lines"]] == [
        ("EUR", "eip155:137", "0.10"),
        ("EUR", "mail", "1.00"),
        ("JPY", "simulated", "1000"),
    ]
    eur_total = found["totals"][0]
    assert (eur_total["network"], eur_total["orders"], eur_total["received"]) == (None, 2, "1.10")
    assert eur_total["opening"] == {"inReview": "1.00", "owed": "0.00"}
    assert eur_total["closing"] == {"inReview": "0.60", "owed": "0.07"}
    assert found["lines"][1]["closing"]["inReview"] == "-0.40"
    assert (await client.get("/reports/monthly?month=2026-13")).json()["error"]["code"] == "invalid_query"
    wrong = await client.get(f"/reports/monthly?month={MONTH}&timeZone=Mars/Olympus")
    assert wrong.status_code == 400 and "timeZone" in wrong.text


async def test_the_page_and_the_files_say_the_same(sqlite_shop: Shop) -> None:
    """A page without a month shows the present one; a month that is over is closed, and its PDF file has the same
    bytes whenever it is asked for."""
    month = month_of(MONTH, "UTC")
    await booked(sqlite_shop, {(month.begin, account): sale(1_234, refunded_minor=34) for account in ACCOUNTS})
    async with owner_of(sqlite_shop) as owner:
        assert "Nothing in this month" in await owner.page("/reports") and "Not closed" in await owner.page("/reports")
        page = await owner.page(f"/reports?month={MONTH}&zone=UTC")
        assert "24.68" in page and "−0.34" in page and "Closed" in page
        lines = list(csv.DictReader(io.StringIO((await _file(owner, "csv")).decode())))
        told = json.loads(await _file(owner, "json"))
        assert [(one["network"], one["sales"]) for one in lines] == [
            (one["network"], one["sales"]) for one in told["lines"]
        ]
        assert {one["closing_owed"] for one in lines} == {"0.00", "0"}
        first = await _file(owner, "pdf")
        sqlite_shop.clock.ahead_ms += 86_400_000
        assert first.startswith(b"%PDF-") and first == await _file(owner, "pdf")
        wrong = await owner.page("/reports?month=2026-00&zone=UTC", 422)
        assert "Choose a month, such as 2026-11." in wrong
        assert "Enter a time zone" in await owner.page("/reports?zone=Nowhere", 422)
        await owner.page(f"/reports/file?month={MONTH}&format=xls", 400)


async def _file(owner: Owner, kind: str) -> bytes:
    answer = await owner.http.get(f"/dashboard/reports/file?month={MONTH}&zone=UTC&format={kind}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="books-test-{MONTH}.{kind}"'
    return answer.content


async def test_payments_of_an_earlier_version_are_booked_once(shop: Shop) -> None:
    """By the job, or before their next change: the same sums as if each change had been booked."""
    client = await shop.client()
    for outcome in ("paid", "underpaid", "paid", "overpaid", "failed"):
        body = {"amount": {"value": "5.00", "currency": "USD"}}
        session = (await client.post("/checkout_sessions?expand=order", json=body)).json()
        await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": outcome})
        if outcome == "underpaid":
            less = session["order"]["id"]
    sums = (
        "SELECT SUM(orders), SUM(received_minor), SUM(review_minor), SUM(owed_minor) FROM book_figures WHERE span = 1"
    )
    expected = tuple(int(one) for one in tuple(*await rows(shop.database, sums)))
    await execute(shop.database, "DELETE FROM book_figures")
    await execute(shop.database, "UPDATE payments SET booked = FALSE")
    who = Principal(shop.project_id, False, "user", "user:x")
    month = "2026-03"
    report = await shop.database.read(lambda tx: operations.monthly_report(tx, who, month, "UTC", 0))
    assert report.incomplete
    assert (await client.post(f"/orders/{less}/accept")).status_code == 200
    while await shop.database.write(operations.book_batch):
        pass
    found = tuple(int(one) for one in tuple(*await rows(shop.database, sums)))
    assert found == (expected[0] + 1, expected[1], expected[2] - 250, expected[3])
    assert await rows(shop.database, "SELECT id FROM payments WHERE NOT booked") == []


async def test_a_sum_is_a_range_of_its_index(shop: Shop) -> None:
    """Asked of the planner on both databases: what other months, projects and spans hold is not read."""
    await booked(shop, {(quarter, ACCOUNTS[0]): sale(1) for quarter in range(400)})
    asked = (shop.project_id, False, *(1, 100, 200) * PARTS)

    async def explain(tx: Transaction) -> str:
        if tx.dialect == "sqlite":
            return "".join(row[3] for row in await tx.fetch_all(f"EXPLAIN QUERY PLAN {SUMS}", *asked))
        await tx.execute("SET LOCAL enable_seqscan = off")
        await tx.execute("SET LOCAL enable_bitmapscan = off")
        return " ".join(row[0] for row in await tx.fetch_all(f"EXPLAIN {SUMS}", *asked))

    plan = await shop.database.write(explain)
    if shop.database.dialect == "sqlite":
        assert plan.count("(project_id=? AND livemode=? AND span=? AND quarter>? AND quarter<?)") == PARTS
    else:
        conditions = re.findall(r"Index Cond: (\(.*?\)\))", plan)
        names = ("project_id", "livemode", "span", "quarter >=", "quarter <")
        assert len(conditions) == PARTS and all(name in one for one in conditions for name in names)


BILL = Totals(subtotal=900, tax=100, shipping=50, discount=50)


@pytest.mark.parametrize(
    ("state", "amounts", "sales", "review", "owed"),
    [
        (PaymentState.SUCCEEDED, Amounts(1_000, 0, 1_000), 1_000, 0, 0),
        (PaymentState.SUCCEEDED, Amounts(1_100, 100, 700), 1_100, 0, 300),
        (PaymentState.REVIEW, Amounts(1_000, 100, 700), 0, 700, 200),
        (PaymentState.EXPIRED, Amounts(500, 100, 100), 0, 0, 400),
        # What went back, and then what had come was reversed.
        (PaymentState.REVIEW, Amounts(0, 100, 0), 0, -100, 0),
        (PaymentState.AWAITING, Amounts(0, 0, 0), 0, 0, 0),
    ],
)
def test_all_money_is_earned_in_review_or_owed(
    state: PaymentState, amounts: Amounts, sales: int, review: int, owed: int
) -> None:
    """A refund under way is owed, whatever the payment's state; what no order has earned is owed whole."""
    found = entry(state, amounts, BILL, 0)
    assert (found.sales_minor, found.review_minor, found.owed_minor) == (sales, review, owed)
    earned = amounts.received - amounts.refunded - review - owed
    assert earned == (0 if state is not PaymentState.SUCCEEDED else sales - amounts.refunded - owed)


def test_months_follow_each_other() -> None:
    """Over the turn of a year, and to the ends of what there is."""
    assert month_beside("2026-12") == ("2026-11", "2027-01")
    assert month_beside("2026-01") == ("2025-12", "2026-02")
    assert month_beside("2000-01") == (None, "2000-02")
    assert month_beside("2099-12") == ("2099-11", None)
