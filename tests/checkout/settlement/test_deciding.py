"""The merchant's decisions, each by its own rule: what they lead to, what they do to a redemption, what is refused."""

import pytest

from keyturn.database import Database
from tests.makers import LIFETIME_MS, Counter, counter_over, one, sighting
from tillgate.base.errors import Conflict, NotFound
from tillgate.checkout.coupons.operations import NewCoupon, create_coupon
from tillgate.checkout.payments.model import CaptureMethod, Decision
from tillgate.checkout.refunds.operations import refund_order
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.settlement import capturing, deciding, observing
from tillgate.checkout.settlement.simulating import Outcome

pytestmark = pytest.mark.anyio

S, O = SessionStatus, Outcome  # noqa: E741


@pytest.fixture
async def counter(database: Database) -> Counter:
    return await counter_over(database)


class Merchant:
    """Decides about sessions of one project."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter

    async def accept(self, session_id: str) -> CheckoutSession:
        counter = self.counter
        return await counter.database.write(
            lambda tx: deciding.accept(counter.context, tx, counter.principal, session_id)
        )

    async def wait(self, session_id: str) -> CheckoutSession:
        counter = self.counter
        return await counter.database.write(
            lambda tx: deciding.keep_waiting(counter.context, tx, counter.principal, session_id)
        )

    async def cancel(self, session_id: str) -> CheckoutSession:
        counter = self.counter
        return await counter.database.write(
            lambda tx: deciding.cancel(counter.context, tx, counter.principal, session_id)
        )

    async def give_back(self, session: CheckoutSession, *, excess_only: bool = False) -> None:
        counter = self.counter
        await counter.database.write(
            lambda tx: refund_order(counter.context, tx, counter.principal, session.order_id, excess_only=excess_only)
        )

    async def coupon(self) -> str:
        """A coupon with one redemption."""
        new = NewCoupon(name="A tenth", discount_type="percentage", discount_percentage="10", max_redemptions=1)
        counter = self.counter
        return (await counter.database.write(lambda tx: create_coupon(counter.context, tx, counter.principal, new))).id

    async def redemption(self, session: CheckoutSession) -> str:
        state: str = await one(
            self.counter.database, "SELECT status FROM redemptions WHERE session_id = $1", session.id
        )
        return state


@pytest.fixture
def merchant(counter: Counter) -> Merchant:
    return Merchant(counter)


async def test_what_cannot_be_decided_is_a_conflict_with_its_reason(counter: Counter, merchant: Merchant) -> None:
    """Each decision names the state of the session, under its own code, and changes nothing."""
    session = await counter.session()
    paid = await counter.session()
    await counter.simulate(paid.id, O.PAID)
    for decide, at, code, reason in (
        (merchant.accept, session, "nothing_to_accept",
         "This session is pending and has no money that waits for your decision."),
        (merchant.wait, session, "nothing_to_wait_for",
         "Only an underpaid session can wait for the rest; this one is pending."),
        (merchant.accept, paid, "nothing_to_accept",
         "This session is paid and has no money that waits for your decision."),
        (merchant.cancel, paid, "session_not_cancelable",
         "Only a session without money can be canceled, one that is pending or authorized; this one is paid."),
    ):  # fmt: skip
        before = await counter.read(at.id)
        with pytest.raises(Conflict) as caught:
            await decide(at.id)
        assert (caught.value.code, caught.value.public) == (code, reason)
        assert await counter.read(at.id) == before


async def test_a_session_of_somebody_else_is_not_found_by_its_id(counter: Counter, merchant: Merchant) -> None:
    """Every decision answers with the id that was asked for."""
    session = await counter.session()
    counter.principal = counter.principal._replace(livemode=True)
    for decide in (merchant.accept, merchant.wait, merchant.cancel):
        with pytest.raises(NotFound) as caught:
            await decide(session.id)
        assert session.id in caught.value.public


async def test_accepted_late_money_is_paid_when_it_arrived(counter: Counter, merchant: Merchant) -> None:
    """Not when it was accepted; the decision is on the payment and stays there."""
    session = await counter.session()
    counter.clock.forward(LIFETIME_MS)
    await counter.expire_due()
    counter.clock.forward(counter.context.settings.late_grace_ms)
    arrived = counter.clock.now()
    seen = sighting("0xlate", 0, session.payment.terms.amount_atomic, confirmed=True)
    await counter.database.write(lambda tx: observing.observe_payment(counter.context, tx, session.payment.id, [seen]))
    counter.clock.forward(1_000)
    taken = await merchant.accept(session.id)
    assert (taken.status, taken.paid_at, taken.payment.decision) == (S.PAID_LATE, arrived, Decision.ACCEPTED)
    assert await counter.read(session.id) == taken


async def test_an_authorization_can_be_canceled_until_a_part_is_captured(counter: Counter, merchant: Merchant) -> None:
    """Untouched, all of it is released; after a capture the session goes on. Canceling twice is once."""
    untouched, partly, plain = [
        await counter.session(capture_method=CaptureMethod.MANUAL if manual else CaptureMethod.AUTOMATIC)
        for manual in (True, True, False)
    ]
    for session in (untouched, partly):
        await counter.simulate(session.id, O.AUTHORIZED)
    await counter.simulate(plain.id, O.DETECTED)
    canceled = await merchant.cancel(untouched.id)
    assert (canceled.status, canceled.canceled_at) == (S.FAILED, counter.clock.now())
    assert canceled.payment.capturable_minor == 0
    counter.clock.forward(1_000)
    assert await merchant.cancel(untouched.id) == canceled
    await counter.database.write(
        lambda tx: capturing.capture(
            counter.context, tx, counter.principal, partly.payment.id, amount="10.00", cancel_remainder=False
        )
    )
    for session, why in ((partly, "of this one, a part was captured."), (plain, "this one is detected.")):
        with pytest.raises(Conflict) as caught:
            await merchant.cancel(session.id)
        assert caught.value.code == "session_not_cancelable"
        assert caught.value.public.endswith(f"; {why}")


async def test_a_decision_settles_the_redemption(counter: Counter, merchant: Merchant) -> None:
    """Money that is accepted, or kept but for what was too much, keeps the discount, also where its coupon has reached
    its limit; money that is all given back releases it."""
    for how in ("accepted", "given back"):
        coupon = await merchant.coupon()
        session = await counter.session(coupon_id=coupon)
        await counter.simulate(session.id, O.FAILED)
        assert await merchant.redemption(session) == "released"
        other = await counter.session(coupon_id=coupon)
        await counter.simulate(other.id, O.PAID)
        await counter.simulate(session.id, O.PAID)
        if how == "accepted":
            await merchant.accept(session.id)
            assert await merchant.redemption(session) == "redeemed"
        else:
            await merchant.give_back(session)
            assert await merchant.redemption(session) == "released"
    coupon = await merchant.coupon()
    over, under = await counter.session(coupon_id=coupon), await counter.session(coupon_id=await merchant.coupon())
    await counter.simulate(over.id, O.OVERPAID)
    await merchant.give_back(over, excess_only=True)
    await counter.simulate(under.id, O.UNDERPAID)
    counter.clock.forward(1_000)
    await merchant.give_back(under)
    assert [await merchant.redemption(one) for one in (over, under)] == ["redeemed", "released"]
    assert (await counter.read(over.id)).status is S.PAID
    assert (await counter.read(under.id)).status is S.FAILED
