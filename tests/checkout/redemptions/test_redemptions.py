"""Redemptions without HTTP: places are held, taken and given back, and there are never more than there are."""

import random
from typing import Any

import pytest

from keyturn.database import Database, Transaction
from tests.makers import Counter, counter_over, rows, settle
from tillgate.base.clock import MINUTE_MS, to_rfc3339
from tillgate.base.errors import Conflict, Forbidden, InvalidInput
from tillgate.base.money import Money
from tillgate.checkout.coupons import operations as coupons
from tillgate.checkout.coupons.model import Coupon
from tillgate.checkout.coupons.operations import CouponChanges, NewCoupon
from tillgate.checkout.customers import operations as customers
from tillgate.checkout.customers.operations import CustomerChanges
from tillgate.checkout.promotions import operations as promotions
from tillgate.checkout.promotions.model import PromotionCode
from tillgate.checkout.promotions.operations import NewPromotionCode, PromotionCodeChanges
from tillgate.checkout.redemptions import operations
from tillgate.checkout.redemptions.model import Offer

pytestmark = pytest.mark.anyio


class Till(Counter):
    """The checkout with a coupon, and what sessions will do with it."""

    async def coupon(self, **more: Any) -> Coupon:
        new = NewCoupon(**{"name": "A tenth", "discount_type": "percentage", "discount_percentage": "10"} | more)
        return await self.database.write(lambda tx: coupons.create_coupon(self.context, tx, self.principal, new))

    async def code(self, code: str, coupon: Coupon, **more: Any) -> PromotionCode:
        new = NewPromotionCode(code=code, coupon_id=coupon.id, **more)
        return await self.database.write(
            lambda tx: promotions.create_promotion_code(self.context, tx, self.principal, new)
        )

    async def customer(self) -> str:
        new = CustomerChanges()
        return (
            await self.database.write(lambda tx: customers.create_customer(self.context, tx, self.principal, new))
        ).id

    async def offered(self, tx: Transaction, **asked: Any) -> Offer:
        wanted = {
            "coupon_id": None,
            "promotion_code": None,
            "subtotal": Money(5_000, "USD"),
            "customer_id": None,
            "has_paid_before": False,
        } | asked
        return await operations.offer(tx, self.principal, now=self.clock.now(), **wanted)

    async def offer(self, **asked: Any) -> Offer:
        return await self.database.write(lambda tx: self.offered(tx, **asked))

    async def reserve(self, session_id: str, **asked: Any) -> None:
        """What opening a session does, in one transaction."""

        async def operation(tx: Transaction) -> None:
            offer = await self.offered(tx, **asked)
            await operations.reserve(
                tx, offer, session_id=session_id, customer_id=asked.get("customer_id"), now=self.clock.now()
            )

        await self.database.write(operation)

    async def consume(self, session_id: str, *, beyond_limit: bool = False) -> bool:
        return await self.database.write(
            lambda tx: operations.consume(tx, session_id, now=self.clock.now(), beyond_limit=beyond_limit)
        )

    async def release(self, *session_ids: str) -> None:
        await self.database.write(lambda tx: operations.release(tx, session_ids, now=self.clock.now()))

    async def sessions(self, count: int) -> list[str]:
        return [(await self.session()).id for _ in range(count)]

    async def counts(self, table: str) -> tuple[int, int]:
        """Reserved and redeemed of the only row, which are what the redemptions' own rows come to."""
        [row] = await rows(self.database, f"SELECT reserved, redeemed FROM {table}")  # noqa: S608
        found = [one[0] for one in await rows(self.database, "SELECT status FROM redemptions")]
        assert (row[0], row[1]) == (found.count("reserved"), found.count("redeemed"))
        return row[0], row[1]


@pytest.fixture
async def till(database: Database) -> Till:
    """The checkout over a database with one project."""
    made = await counter_over(database)
    return Till(made.database, made.clock, made.project_id)


def codes(errors: list[BaseException]) -> set[str]:
    assert all(isinstance(error, Conflict) for error in errors), errors
    return {error.code for error in errors if isinstance(error, Conflict)}


@pytest.mark.parametrize("by", ["coupon", "code"])
async def test_two_hundred_at_once_never_oversell(till: Till, by: str) -> None:
    """Of 200 parallel sessions 50 get one of 50 places and the others hear `discount_used_up`; what is given back
    goes to as many others, and what is taken stays taken, all at the same time."""
    coupon = await till.coupon(max_redemptions=50 if by == "coupon" else None)
    if by == "code":
        await till.code("SPRING", coupon, max_redemptions=50)
    asked = {"coupon_id": coupon.id} if by == "coupon" else {"promotion_code": "spring"}
    table = "coupons" if by == "coupon" else "promotion_codes"
    sessions = await till.sessions(200)
    settled = await settle(*(till.reserve(session, **asked) for session in sessions))
    assert (len(settled.answers), codes(settled.errors)) == (50, {"discount_used_up"})
    assert await till.counts(table) == (50, 0)

    lucky = [row[0] for row in await rows(till.database, "SELECT session_id FROM redemptions ORDER BY session_id")]
    others = [session for session in sessions if session not in set(lucky)]
    # Ten pay, twenty end one by one and ten together, each told twice; meanwhile all others try again.
    settled = await settle(
        *(till.consume(session) for session in lucky[:10] * 2),
        *(till.release(session) for session in lucky[10:30] * 2),
        *(till.release(*lucky[30:40]) for _ in range(2)),
        *(till.reserve(session, **asked) for session in others),
    )
    assert codes(settled.errors) <= {"discount_used_up"}
    reserved, redeemed = await till.counts(table)
    assert redeemed == 10
    assert reserved <= 40
    again = await settle(*(till.reserve(session, **asked) for session in await till.sessions(41 - reserved)))
    assert (len(again.answers), len(again.errors)) == (40 - reserved, 1)
    assert await till.counts(table) == (40, 10)


async def test_a_redemption_is_released_and_a_payment_keeps_it(till: Till) -> None:
    """Giving back and taking are done once, however often they are told; a taken place is never given back."""
    coupon = await till.coupon(max_redemptions=1)
    first, second, third = await till.sessions(3)
    await till.reserve(first, coupon_id=coupon.id)
    for _ in range(2):
        await till.release(first)
        assert await till.counts("coupons") == (0, 0)
    await till.reserve(second, coupon_id=coupon.id)
    for _ in range(2):
        assert await till.consume(second)
        assert await till.counts("coupons") == (0, 1)
    await till.release(second)
    assert await till.counts("coupons") == (0, 1)
    with pytest.raises(Conflict) as refused:
        await till.reserve(third, coupon_id=coupon.id)
    assert (refused.value.code, refused.value.field) == ("discount_used_up", ("coupon_id",))
    # A session without a discount has nothing to take or to give back.
    assert await till.consume(third)
    await till.release(third)
    assert await till.counts("coupons") == (0, 1)


@pytest.mark.parametrize("gone", ["coupon", "code"])
async def test_a_late_payment_redeems_a_coupon_only_while_it_has_redemptions_left(till: Till, gone: str) -> None:
    """Whoever pays after their place was given back gets it again while it is free, also if it is no longer offered
    to others; otherwise nothing changes until the merchant accepts the payment beyond the limit."""
    coupon = await till.coupon(max_redemptions=1 if gone == "coupon" else None)
    code = await till.code("SPRING", coupon, max_redemptions=1)
    first, second, third = await till.sessions(3)
    await till.reserve(first, promotion_code="SPRING")
    await till.release(first)
    await till.database.write(
        lambda tx: promotions.update_promotion_code(
            till.context, tx, till.principal, code.id, PromotionCodeChanges(active=False)
        )
    )
    assert await till.consume(first)
    assert await till.counts("coupons") == await till.counts("promotion_codes") == (0, 1)

    await till.database.write(
        lambda tx: promotions.update_promotion_code(
            till.context, tx, till.principal, code.id, PromotionCodeChanges(active=True)
        )
    )
    with pytest.raises(Conflict):
        await till.reserve(second, promotion_code="SPRING")
    other = await till.coupon(max_redemptions=1)
    await till.code("SUMMER", other)
    await till.reserve(second, promotion_code="SUMMER")
    await till.release(second)
    await till.reserve(third, coupon_id=other.id)
    assert not await till.consume(second)
    assert [tuple(row) for row in await rows(till.database, "SELECT reserved, redeemed FROM coupons ORDER BY id")] == [
        (0, 1), (1, 0)
    ]  # fmt: skip
    assert await till.consume(second, beyond_limit=True)
    assert [tuple(row) for row in await rows(till.database, "SELECT reserved, redeemed FROM coupons ORDER BY id")] == [
        (0, 1), (1, 1)
    ]  # fmt: skip


async def test_once_per_customer_holds_under_parallel_sessions(till: Till) -> None:
    """One customer gets it once, however many sessions they open at once; another gets theirs; a place that was given
    back is available again; a late payment does not make it twice."""
    await till.code("ONCE", await till.coupon(), one_per_customer=True)
    ada, eve = await till.customer(), await till.customer()
    sessions = await till.sessions(22)
    settled = await settle(
        *(till.reserve(session, promotion_code="ONCE", customer_id=ada) for session in sessions[:20])
    )
    assert (len(settled.answers), codes(settled.errors)) == (1, {"discount_not_applicable"})
    await till.reserve(sessions[20], promotion_code="ONCE", customer_id=eve)
    [[holder]] = await rows(till.database, "SELECT session_id FROM redemptions WHERE customer_id = $1", ada)
    await till.release(holder)
    await till.reserve(sessions[21], promotion_code="ONCE", customer_id=ada)
    assert not await till.consume(holder)
    assert await till.consume(sessions[21])
    assert await till.counts("promotion_codes") == (1, 1)


async def test_a_first_payment_happens_once_whatever_the_code(till: Till) -> None:
    """A customer who opens sessions with two first-time codes at once gets one; who has paid before, none; and who is
    not known, none either."""
    coupon = await till.coupon()
    for code in ("WELCOME", "HELLO"):
        await till.code(code, coupon, first_time_transaction=True)
    ada = await till.customer()
    sessions = await till.sessions(10)
    settled = await settle(
        *(
            till.reserve(session, promotion_code=("WELCOME", "HELLO")[number % 2], customer_id=ada)
            for number, session in enumerate(sessions)
        )
    )
    assert (len(settled.answers), codes(settled.errors)) == (1, {"discount_not_applicable"})
    for refused in ({"customer_id": await till.customer(), "has_paid_before": True}, {}):
        with pytest.raises(Conflict) as why:
            await till.offer(promotion_code="WELCOME", **refused)
        assert why.value.code == "discount_not_applicable"
    assert (await till.offer(promotion_code="WELCOME", customer_id=await till.customer())).off == Money(500, "USD")


async def test_a_discount_that_is_not_available_says_why(till: Till) -> None:
    """Unknown, switched off, expired, of another currency, below the minimum: each is told, and nothing is held."""
    fiver = await till.coupon(discount_type="amount", discount_percentage=None, discount_amount="5", currency="EUR")
    soon = to_rfc3339(till.clock.now() + MINUTE_MS)
    tenth, off, short = await till.coupon(), await till.coupon(active=False), await till.coupon(expires_at=soon)
    await till.code("MIN", tenth, minimum_amount="50.01", currency="USD")
    await till.code("EXACT", tenth, minimum_amount="50.00", currency="USD")
    await till.code("YEN", tenth, minimum_amount="1", currency="JPY")
    await till.code("SHORT", tenth, expires_at=soon)
    await till.code("OFFCODE", tenth, active=False)
    await till.code("OFFCOUPON", off)
    assert (await till.offer(promotion_code="short")).off == Money(500, "USD")
    assert (await till.offer(promotion_code=" Exact ")).off == Money(500, "USD")
    assert (await till.offer(coupon_id=fiver.id, subtotal=Money(300, "EUR"))).off == Money(300, "EUR")
    till.clock.forward(MINUTE_MS)
    for asked, code in (
        ({"coupon_id": fiver.id}, "discount_not_applicable"),
        ({"coupon_id": tenth.id, "subtotal": Money(9, "USD")}, "discount_not_applicable"),
        ({"coupon_id": tenth.id, "subtotal": Money(0, "USD")}, "discount_not_applicable"),
        ({"coupon_id": off.id}, "discount_inactive"),
        ({"coupon_id": short.id}, "discount_expired"),
        ({"promotion_code": "MIN"}, "discount_not_applicable"),
        ({"promotion_code": "YEN"}, "discount_not_applicable"),
        ({"promotion_code": "SHORT"}, "discount_expired"),
        ({"promotion_code": "OFFCODE"}, "discount_inactive"),
        ({"promotion_code": "OFFCOUPON"}, "discount_inactive"),
    ):
        with pytest.raises(Conflict) as refused:
            await till.offer(**asked)
        assert refused.value.code == code, asked
        assert refused.value.field == ("coupon_id" if "coupon_id" in asked else "promotion_code",)
    stranger = await counter_over(till.database)
    theirs = Till(stranger.database, stranger.clock, stranger.project_id)
    for asked in ({"promotion_code": "MIN"}, {"coupon_id": tenth.id}):
        with pytest.raises(InvalidInput):
            await theirs.offer(**asked)
    with pytest.raises(InvalidInput) as both:
        await till.offer(coupon_id=tenth.id, promotion_code="MIN")
    assert both.value.field == ("promotion_code",)
    assert await rows(till.database, "SELECT * FROM redemptions") == []


async def test_what_is_deactivated_in_between_is_not_reserved(till: Till) -> None:
    """A coupon that ends between the look and the holding is refused by what it is then."""
    coupon = await till.coupon()
    [session] = await till.sessions(1)
    offer = await till.offer(coupon_id=coupon.id)
    await till.database.write(
        lambda tx: coupons.update_coupon(till.context, tx, till.principal, coupon.id, CouponChanges(active=False))
    )
    with pytest.raises(Conflict) as refused:
        await till.database.write(
            lambda tx: operations.reserve(tx, offer, session_id=session, customer_id=None, now=till.clock.now())
        )
    assert refused.value.code == "discount_inactive"
    assert await till.counts("coupons") == (0, 0)


async def test_any_order_of_doing_keeps_the_counters_true(till: Till) -> None:
    """Whatever sessions do at once and in whatever order, late payments among it: the counters are what the rows come
    to and never beyond the limit, until the merchant accepts what is."""
    coupon = await till.coupon(max_redemptions=5)
    await till.code("SPRING", coupon, max_redemptions=4)
    ways = [{"coupon_id": coupon.id}, {"promotion_code": "SPRING"}]
    sessions = await till.sessions(24)
    dice = random.Random(20260101)
    for _ in range(8):
        known = {row[0] for row in await rows(till.database, "SELECT session_id FROM redemptions")}
        steps: list[Any] = []
        for session in dice.sample(sessions, 12):
            if session not in known:
                steps.append(till.reserve(session, **dice.choice(ways)))
            else:
                steps.append(dice.choice([till.consume, till.release, till.release])(session))  # type: ignore[operator]
        settled = await settle(*steps)
        assert codes(settled.errors) <= {"discount_used_up"}
        reserved, redeemed = await till.counts("coupons")
        assert reserved + redeemed <= 5
    ended = [
        row[0] for row in await rows(till.database, "SELECT session_id FROM redemptions WHERE status = 'released'")
    ]
    before = sum(await till.counts("coupons"))
    assert all([await till.consume(session, beyond_limit=True) for session in ended])
    assert sum(await till.counts("coupons")) == before + len(ended) > 5


async def test_a_key_in_anybodys_hands_names_codes_and_no_coupons(till: Till) -> None:
    """What a coupon gives without a code is the merchant's server's to give: a publishable key is refused it."""
    coupon = await till.coupon()
    await till.code("SPRING", coupon)
    till.principal = till.principal._replace(publishable=True, allow=frozenset({"amount"}))
    with pytest.raises(Forbidden) as refused:
        await till.session(coupon_id=coupon.id)
    assert refused.value.code == "secret_key_required"
    session = await till.session(promotion_code="spring")
    assert session.price == Money(4_500, "USD")
    assert await till.counts("coupons") == (1, 0)
