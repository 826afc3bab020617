"""Payments in the project's figures: day by day of a time zone, and those of before there were any."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dashboard.conftest import Owner, owner_of
from tests.makers import execute, rows
from tests.planner import Noting
from tests.shop import Shop
from tillgate.base.clock import DAY_MS
from tillgate.base.principal import Principal
from tillgate.checkout.books import operations as books
from tillgate.checkout.figures.model import QUARTER_MS, Figures, begins, day_of, runs
from tillgate.checkout.figures.operations import add, overview
from tillgate.checkout.payments import counting
from tillgate.checkout.payments.counting import count_batch

pytestmark = pytest.mark.anyio

ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns")
TABLE = "SELECT quarter, currency, succeeded, ended, refunds, received_minor, refunded_minor FROM payment_figures "


@given(st.sampled_from(ZONES), st.dates(date(2025, 1, 1), date(2027, 12, 31)), st.integers(1, 60))
def test_every_quarter_is_in_the_day_that_clocks_there_show(zone: str, first: date, days: int) -> None:
    """Also where clocks are changed, by half an hour even, and where zones differ by three quarters."""
    found = [
        (run.first + (quarter - run.begin) // run.length, quarter)
        for run in runs(first, days, zone)
        for quarter in range(run.begin, run.end)
    ]
    assert [quarter for _, quarter in found] == list(
        range(begins(first, zone), begins(first + timedelta(days=days), zone))
    )
    assert all(day_of(quarter * QUARTER_MS, zone) == first + timedelta(days=number) for number, quarter in found)


async def test_a_period_is_compared_with_as_long_a_time_before(sqlite_shop: Shop) -> None:
    """Today with yesterday until the same time, and seven and thirty days with those before, in the shop's days."""
    shop, zone = sqlite_shop, "Asia/Kolkata"
    now = int(datetime(2026, 3, 10, 9, 20, tzinfo=UTC).timestamp() * 1_000)
    who = Principal(shop.project_id, False, "user", "user:x")

    async def fill(tx: object) -> None:
        for ago_days, ago_quarters, minor in ((0, 0, 1), (1, 0, 10), (1, -1, 100), (6, 0, 1_000), (7, 0, 10_000)):
            at = now - ago_days * DAY_MS - ago_quarters * QUARTER_MS
            await add(tx, shop.project_id, False, at, "USD", Figures(succeeded=1, received_minor=minor))  # type: ignore[arg-type]
        await add(tx, shop.project_id, True, now, "USD", Figures(succeeded=5, received_minor=7))  # type: ignore[arg-type]
        await add(tx, shop.project_id, False, now - 61 * DAY_MS, "EUR", Figures(succeeded=9))  # type: ignore[arg-type]

    await shop.database.write(fill)
    [usd] = await shop.database.read(lambda tx: overview(tx, who, now, zone))
    assert [(one.days, one.now.received_minor, one.before.received_minor) for one in usd.periods] == [
        (1, 1, 10),
        (7, 1_111, 10_000),
        (30, 11_111, 0),
    ]
    assert usd.by_day[-1] == (date(2026, 3, 10), Figures(succeeded=1, received_minor=1))
    assert len(usd.by_day) == 30


async def test_payments_of_an_earlier_version_are_counted_once(shop: Shop) -> None:
    """By the job, or before their next change, whichever comes first: the same sums as if each change had added its
    own, in the same quarters of an hour."""
    client = await shop.client()
    made = []
    for outcome in ("paid", "underpaid", "paid", "overpaid", "failed"):
        body = {"amount": {"value": "5.00", "currency": "USD"}}
        session = (await client.post("/checkout_sessions?expand=order", json=body)).json()
        await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": outcome})
        made.append(session)
    refund = {"paymentId": made[0]["order"]["paymentId"], "reason": "other", "amount": "1.00"}
    assert (await client.post("/refunds", json=refund)).status_code == 201
    expected = [tuple(row) for row in await rows(shop.database, TABLE + "ORDER BY quarter")]
    assert sum(row[2] for row in expected) == 2

    await execute(shop.database, "DELETE FROM payment_figures")
    await execute(shop.database, "UPDATE payments SET counted = FALSE")
    async with owner_of(shop) as owner:
        assert "still being counted" not in await owner.page("")  # nothing is shown before the first is counted
        await _accept(owner, made[1])
        assert "still being counted" in await owner.page("")
        while await shop.database.write(count_batch):
            pass
        assert "still being counted" not in await owner.page("")
    counted = [tuple(row) for row in await rows(shop.database, TABLE + "ORDER BY quarter")]
    total = [sum(row[place] for row in counted) for place in range(2, 7)]
    before = [sum(row[place] for row in expected) for place in range(2, 7)]
    assert total == [before[0] + 1, *before[1:]]
    assert await rows(shop.database, "SELECT id FROM payments WHERE NOT counted") == []


async def _accept(owner: Owner, session: dict[str, dict[str, str]]) -> None:
    client = await owner.shop.client()
    answer = await client.post(f"/orders/{session['order']['id']}/accept")
    assert answer.status_code == 200, answer.text


async def test_a_batch_of_earlier_payments_is_a_few_statements(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for a batch waits for a bounded number of rows: each payment is marked in one statement with the
    others, and a sum is written once, whatever number of them add to it."""
    assert max(counting.BATCH_MAX, books.BATCH_MAX) <= 100
    client = await shop.client()
    for _ in range(7):
        body = {"amount": {"value": "5.00", "currency": "USD"}}
        session = (await client.post("/checkout_sessions", json=body)).json()
        await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
    for column, module, run in (("counted", counting, count_batch), ("booked", books, books.book_batch)):
        asked = {}
        for most in (1, 3, 7):
            monkeypatch.setattr(module, "BATCH_MAX", most)
            await execute(shop.database, f"UPDATE payments SET {column} = FALSE")  # noqa: S608

            async def batch(tx: Any, run: Any = run) -> tuple[int, int]:
                noting: Any = Noting(tx)
                return await run(noting), len(noting.asked)

            done, asked[most] = await shop.database.write(batch)
            assert done == most
            [left] = await rows(shop.database, f"SELECT COUNT(*) AS n FROM payments WHERE NOT {column}")  # noqa: S608
            assert left["n"] == 7 - most
        # All of them moved in one quarter of an hour, or in two.
        assert asked[7] <= asked[1] + 2, (column, asked)
