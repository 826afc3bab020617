"""A transaction's status: ranks, and a journey through each of them over HTTP, read natively at every step."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dialects.coin_moebius.conftest import Coin
from tillgate.base.money import Money
from tillgate.checkout.sessions.model import EDGES, SessionStatus
from tillgate.dialects.coin_moebius.numbers import to_number, to_text
from tillgate.dialects.coin_moebius.statuses import OF_SESSION, RANKS, Status, is_regression

pytestmark = pytest.mark.anyio


def test_no_legal_move_of_a_session_leads_to_a_lower_rank() -> None:
    """Whatever the order of events: the native books move along edges, and none of them is a regression."""
    assert set(OF_SESSION) == set(SessionStatus)
    for before, edges in EDGES.items():
        for after in edges:
            assert not is_regression(OF_SESSION[before], OF_SESSION[after]), (before, after)
    assert sorted(RANKS, key=lambda one: RANKS[one]) == [
        "pending", "pending_manual", "partial", "succeeded", "failed", "manual_canceled", "manual_expired",
        "refunded", "disputed", "manual_revoked",
    ]  # fmt: skip
    assert is_regression(Status.REFUNDED, Status.SUCCEEDED)
    assert not is_regression(Status.FAILED, Status.SUCCEEDED)


@given(st.integers(0, 10**14), st.sampled_from(["USD", "JPY", "KWD"]))
def test_an_amount_is_the_same_number_in_and_out(minor: int, currency: str) -> None:
    """Decimal text on both ways: never a float, so that no digit is lost."""
    amount = Money(minor, currency)
    written = bytes(to_number(amount)).decode()
    assert to_text(Decimal(written)) == str(amount) == written


class Journey:
    """One transaction, moved natively and read in both languages."""

    def __init__(self, coin: Coin, client: Any, transaction: str) -> None:
        self.coin = coin
        self.client = client
        self.transaction = transaction
        self.session = f"cs_{transaction[3:]}"

    async def simulate(self, outcome: str) -> None:
        answer = await self.client.post(f"/checkout_sessions/{self.session}/simulate", json={"outcome": outcome})
        assert answer.status_code == 200, answer.text

    async def looked(self) -> tuple[str, float, str, str]:
        """Status and amount here; the session's and the order's state natively."""
        status = await self.coin.status(self.transaction)
        session = (await self.client.get(f"/checkout_sessions/{self.session}?expand=order")).json()
        assert status["createdAt"] == session["createdAt"]
        return status["status"], status["amount"], session["status"], session["order"]["status"]

    async def refund(self, amount: str | None = None) -> None:
        session = (await self.client.get(f"/checkout_sessions/{self.session}")).json()
        body = {"paymentId": session["paymentId"], "reason": "requested_by_customer"}
        answer = await self.client.post("/refunds", json=body | ({"amount": amount} if amount else {}))
        assert answer.status_code == 201, answer.text


async def begun(coin: Coin) -> Journey:
    product = await coin.product("20.00")
    made = (await coin.check_out(product.id)).json()
    return Journey(coin, await coin.shop.client(), made["txId"])


async def test_a_payment_goes_through_every_status(coin: Coin) -> None:
    """Pending, detected and paid, then refunded in part and in full: `amount` becomes what went back."""
    one = await begun(coin)
    assert await one.looked() == ("pending", 20, "pending", "open")
    await one.simulate("detected")
    assert await one.looked() == ("pending", 20, "detected", "processing")
    await one.simulate("paid")
    assert await one.looked() == ("succeeded", 20, "paid", "paid")
    await one.refund("5.50")
    assert await one.looked() == ("refunded", 5.5, "paid", "paid")
    await one.refund()
    assert await one.looked() == ("refunded", 20, "paid", "refunded")


async def test_too_little_is_partial_and_the_rest_completes_it(coin: Coin) -> None:
    """`amount` is what came; a top-up makes it `succeeded`."""
    one = await begun(coin)
    await one.simulate("underpaid")
    status, amount, native, order = await one.looked()
    assert (status, native, order) == ("partial", "underpaid", "review")
    assert 0 < amount < 20
    order_id = (await one.client.get(f"/checkout_sessions/{one.session}")).json()["orderId"]
    assert (await one.client.post(f"/orders/{order_id}/wait")).status_code == 200
    await one.simulate("top_up")
    assert (await one.looked())[0] == "succeeded"


async def test_what_fails_stays_failed_until_money_comes_all_the_same(coin: Coin) -> None:
    """Expired is `failed`; a late payment is of the same rank, and the last one counts."""
    one = await begun(coin)
    answer = await one.client.post(f"/checkout_sessions/{one.session}/expire")
    assert answer.status_code == 200, answer.text
    assert await one.looked() == ("failed", 20, "expired", "expired")
    await one.simulate("late")
    assert await one.looked() == ("succeeded", 20, "paid_late", "paid")


async def test_money_that_a_reorganisation_drops_is_disputed(coin: Coin) -> None:
    """The merchant had it and has not any more: nothing lower is said than `succeeded` was, and the order is in
    review."""
    one = await begun(coin)
    await one.simulate("paid")
    await one.simulate("reorged")
    assert await one.looked() == ("disputed", 20, "paid", "review")


async def test_more_than_was_asked_for_is_there_in_full(coin: Coin) -> None:
    """`succeeded` with what came; what is done with the rest is the merchant's to decide, natively."""
    one = await begun(coin)
    await one.simulate("overpaid")
    status, amount, native, order = await one.looked()
    assert (status, native, order) == ("succeeded", "overpaid", "review")
    assert amount > 20
