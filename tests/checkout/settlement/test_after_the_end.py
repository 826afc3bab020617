"""Money for what has ended, a second payment, and dust: nothing is lost, and the merchant takes it or gives it back."""

import pytest

from keyturn.database import Database
from tests.makers import LIFETIME_MS, Counter, counter_over, one, sighting
from tillgate.base.errors import Conflict
from tillgate.base.principal import Principal
from tillgate.checkout.coupons import operations as coupons
from tillgate.checkout.coupons.operations import NewCoupon
from tillgate.checkout.links.operations import NewLink, create_link, get_link
from tillgate.checkout.orders.model import Order, OrderStatus
from tillgate.checkout.orders.operations import get_order_of_session
from tillgate.checkout.payments.model import PaymentState
from tillgate.checkout.payments.operations import get_payment
from tillgate.checkout.refunds.model import RefundReason
from tillgate.checkout.refunds.operations import NewRefund, create_refund, refund_order
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.sessions.opening import NewSession, open_session
from tillgate.checkout.settlement import deciding, expiring, observing
from tillgate.checkout.settlement.simulating import Outcome
from tillgate.rails.port import Block, PaymentTerms, QuoteRequest, Rails
from tillgate.rails.simulated import SimulatedRail
from tillgate.store import Transaction

pytestmark = pytest.mark.anyio

S, Q, P = SessionStatus, OrderStatus, PaymentState


@pytest.fixture
async def counter(database: Database) -> Counter:
    return await counter_over(database)


async def order_of(counter: Counter, session: CheckoutSession) -> Order:
    return await counter.database.read(lambda tx: get_order_of_session(tx, session.id))


async def states(counter: Counter, session: CheckoutSession) -> tuple[SessionStatus, PaymentState, OrderStatus]:
    found = await counter.read(session.id)
    payment = await counter.database.read(lambda tx: get_payment(tx, counter.principal, session.payment.id))
    return found.status, payment.state, (await order_of(counter, session)).status


async def cancel(counter: Counter, session: CheckoutSession) -> None:
    await counter.database.write(lambda tx: deciding.cancel(counter.context, tx, counter.principal, session.id))


async def accept(counter: Counter, session: CheckoutSession) -> CheckoutSession:
    return await counter.database.write(lambda tx: deciding.accept(counter.context, tx, counter.principal, session.id))


async def give_back(counter: Counter, session: CheckoutSession, *, excess_only: bool = False) -> Order:
    who: Principal = counter.principal
    return await counter.database.write(
        lambda tx: refund_order(counter.context, tx, who, session.order_id, excess_only=excess_only)
    )


async def ended(counter: Counter, how: str) -> CheckoutSession:
    session = await counter.session()
    if how == "canceled":
        await cancel(counter, session)
    else:
        await counter.simulate(session.id, Outcome.FAILED)
    return session


@pytest.mark.parametrize("how", ["canceled", "failed"])
@pytest.mark.parametrize("outcome", [Outcome.LATE, Outcome.PAID, Outcome.UNDERPAID, Outcome.DUST])
async def test_money_for_what_has_ended_waits_and_is_accepted(counter: Counter, how: str, outcome: Outcome) -> None:
    """The session stays failed; the order goes to review, and ``order.paid`` tells that the merchant took it."""
    session = await ended(counter, how)
    assert await states(counter, session) == (S.FAILED, P(how), Q.CANCELED)
    late = await counter.simulate(session.id, outcome)
    assert "unexpected" in late.exceptions
    assert await states(counter, session) == (S.FAILED, P.REVIEW, Q.REVIEW)
    taken = await accept(counter, session)
    assert (taken.status, taken.paid_at) == (S.FAILED, None)
    assert await states(counter, session) == (S.FAILED, P.SUCCEEDED, Q.PAID)
    assert await counter.events_of(session.order_id) == ["order.canceled", "order.review", "order.paid"]
    assert (await counter.events_of(session.id))[-1] == "session.updated"
    told = await counter.events_of(session.order_id)
    assert (await accept(counter, session), await counter.events_of(session.order_id)) == (taken, told)
    await counter.simulate(session.id, Outcome.REORGED)
    assert await states(counter, session) == (S.FAILED, P(how), Q.CANCELED)


@pytest.mark.parametrize("how", ["canceled", "failed"])
@pytest.mark.parametrize("outcome", [Outcome.LATE, Outcome.OVERPAID, Outcome.DUST])
async def test_money_for_what_has_ended_waits_and_is_given_back(counter: Counter, how: str, outcome: Outcome) -> None:
    """All of it, to the last atomic unit, and once."""
    session = await ended(counter, how)
    await counter.simulate(session.id, outcome)
    assert (await give_back(counter, session)).status is Q.REFUNDED
    assert await states(counter, session) == (S.FAILED, P(how), Q.REFUNDED)
    assert (await counter.read(session.id)).payment.refundable_atomic == 0
    with pytest.raises(Conflict):
        await give_back(counter, session)
    # And again, for what had been settled.
    await counter.simulate(session.id, Outcome.PAID)
    assert await states(counter, session) == (S.FAILED, P.REVIEW, Q.REVIEW)


async def test_unconfirmed_money_for_what_has_ended_concludes_nothing(counter: Counter) -> None:
    """It waits for its confirmation, as anywhere."""
    session = await ended(counter, "canceled")
    await counter.simulate(session.id, Outcome.DETECTED)
    assert await states(counter, session) == (S.FAILED, P.CANCELED, Q.CANCELED)
    await counter.simulate(session.id, Outcome.PAID)
    assert await states(counter, session) == (S.FAILED, P.REVIEW, Q.REVIEW)
    assert (await counter.read(session.id)).payment.received == session.payment.terms.amount_atomic


async def test_a_second_payment_is_reported_and_can_be_refunded(counter: Counter) -> None:
    """The order was paid, and waits for the merchant again; exactly what is too much goes back. Accepted, it is paid;
    a third payment is another question."""
    session = await counter.session("0.03")
    await counter.simulate(session.id, Outcome.PAID)
    second = await counter.simulate(session.id, Outcome.PAID)
    assert (second.status, second.exceptions) == (S.PAID, ["overpaid"])
    assert await states(counter, session) == (S.PAID, P.REVIEW, Q.REVIEW)
    await accept(counter, session)
    assert await states(counter, session) == (S.PAID, P.SUCCEEDED, Q.PAID)
    await counter.simulate(session.id, Outcome.PAID)
    assert await states(counter, session) == (S.PAID, P.REVIEW, Q.REVIEW)
    assert (await give_back(counter, session, excess_only=True)).status is Q.PAID
    assert await states(counter, session) == (S.PAID, P.SUCCEEDED, Q.PAID)
    left = await counter.read(session.id)
    assert (left.payment.refundable_atomic, left.exceptions) == (session.payment.terms.amount_atomic, [])
    with pytest.raises(Conflict):
        await give_back(counter, session, excess_only=True)


async def test_what_is_accepted_of_a_failed_session_is_a_use_of_its_link(counter: Counter) -> None:
    """Once, as any other that is bought by the link, also over its limit: its money is here."""
    new = NewLink(title="Tea", fiat_amount="5.00", max_completed_sessions=1)
    link = await counter.database.write(lambda tx: create_link(counter.context, tx, counter.principal, new))
    both = [
        await counter.database.write(
            lambda tx: open_session(counter.context, tx, counter.principal, NewSession(link_id=link.id))
        )
        for _ in range(2)
    ]
    for number, session in enumerate(both, 1):
        await cancel(counter, session)
        await counter.simulate(session.id, Outcome.PAID)
        await accept(counter, session)
        assert await states(counter, session) == (S.FAILED, P.SUCCEEDED, Q.PAID)
        await accept(counter, session)
        # Reversed by its chain, come again, and accepted again: one purchase.
        await counter.simulate(session.id, Outcome.REORGED)
        await counter.simulate(session.id, Outcome.PAID)
        await accept(counter, session)
        assert await states(counter, session) == (S.FAILED, P.SUCCEEDED, Q.PAID)
        found = await counter.database.read(lambda tx: get_link(tx, counter.principal, link.id))
        assert found.completed_sessions == number


async def test_money_after_a_full_refund_waits_for_the_merchant(counter: Counter) -> None:
    """A refunded order is not paid by whatever comes then; taken, it is."""
    for takes in (True, False):
        session = await counter.session()
        await counter.simulate(session.id, Outcome.PAID)
        new = NewRefund(session.payment.id, RefundReason.OTHER)
        await counter.database.write(lambda tx, new=new: create_refund(counter.context, tx, counter.principal, new))
        assert await states(counter, session) == (S.PAID, P.SUCCEEDED, Q.REFUNDED)
        again = await counter.simulate(session.id, Outcome.DUST)
        assert "unexpected" in again.exceptions
        assert await states(counter, session) == (S.PAID, P.REVIEW, Q.REVIEW)
        if takes:
            await accept(counter, session)
            assert await states(counter, session) == (S.PAID, P.SUCCEEDED, Q.PAID)
        else:
            assert (await give_back(counter, session)).status is Q.REFUNDED


async def test_dust_is_money(counter: Counter) -> None:
    """One atomic unit is worth 0.00, waits for the merchant all the same, and goes back as 0.00."""
    for expired in (False, True):
        session = await counter.session()
        if expired:
            counter.clock.forward(LIFETIME_MS)
            await counter.expire_due()
        await counter.simulate(session.id, Outcome.DUST)
        order = await order_of(counter, session)
        assert (order.status, str(order.received)) == (Q.REVIEW, "0.00")
        assert (await give_back(counter, session)).status is Q.REFUNDED
        sql = "SELECT amount_minor FROM refunds WHERE order_id = $1"
        assert await one(counter.database, sql, session.order_id) == 0
    over = await counter.session()
    terms = over.payment.terms
    sent = sighting("0xdust", 0, terms.amount_atomic + 1, True)
    await counter.database.write(lambda tx: observing.observe_payment(counter.context, tx, over.payment.id, [sent]))
    assert await states(counter, over) == (S.OVERPAID, P.REVIEW, Q.REVIEW)
    assert (await give_back(counter, over, excess_only=True)).status is Q.PAID
    assert (await counter.read(over.id)).payment.refundable_atomic == terms.amount_atomic


class SlowRail(SimulatedRail):
    """It has looked at nothing yet."""

    async def looked_until(self, tx: Transaction, chain_id: int, now: int) -> int:
        return 0

    async def quote(self, tx: Transaction, request: QuoteRequest) -> PaymentTerms:
        return await super().quote(tx, request)


async def test_a_reference_ends_by_the_clock_though_its_session_waits(counter: Counter) -> None:
    """The shop opens the order again while the first session still waits for its rail; neither claims both."""
    counter.context = counter.context._replace(rails=Rails(SlowRail(), None))
    first = await counter.session(reference="A-1", unique_reference=True)
    with pytest.raises(Conflict):
        await counter.session(reference="A-1", unique_reference=True)
    counter.clock.forward(LIFETIME_MS)
    assert await counter.expire_due() == 0
    assert await counter.database.write(lambda tx: expiring.release_due(counter.context, tx, counter.project_id)) == 1
    assert await counter.database.write(lambda tx: expiring.release_due(counter.context, tx, counter.project_id)) == 0
    assert (await counter.read(first.id)).status is S.PENDING
    await counter.session(reference="A-1", unique_reference=True)


async def test_a_session_that_is_ended_by_hand_waits_for_its_rail(counter: Counter) -> None:
    """Its deadline is now, which is told; it is expired once its rail has looked that far."""
    counter.context = counter.context._replace(rails=Rails(SlowRail(), None))
    session = await counter.session()
    for _ in range(2):
        waiting = await counter.database.write(
            lambda tx: expiring.expire(counter.context, tx, counter.principal, session.id)
        )
        assert (waiting.status, waiting.expires_at) == (S.PENDING, counter.clock.now())
    assert await counter.events_of(session.id) == ["session.created", "session.updated"]
    counter.context = counter.context._replace(rails=Rails(SimulatedRail(), None))
    assert await counter.expire_due() == 1


async def test_a_redemption_ends_by_the_clock_and_punctual_money_waits_if_none_is_left(
    counter: Counter,
) -> None:
    """Where somebody else has the coupon's last place by then, the merchant decides; else the session is paid."""
    counter.context = counter.context._replace(rails=Rails(SlowRail(), None))
    for gone in (True, False):
        new = NewCoupon(name="A tenth", discount_type="percentage", discount_percentage="10", max_redemptions=1)
        coupon = await counter.database.write(
            lambda tx, new=new: coupons.create_coupon(counter.context, tx, counter.principal, new)
        )
        session = await counter.session(coupon_id=coupon.id)
        block = Block(1, "0x1", counter.clock.now())
        counter.clock.forward(LIFETIME_MS)
        await counter.database.write(lambda tx: expiring.release_due(counter.context, tx, counter.project_id))
        if gone:
            await counter.session(coupon_id=coupon.id)
        sent = sighting(f"0xpunctual{gone}", 0, session.payment.terms.amount_atomic, True, block=block)
        await counter.database.write(
            lambda tx, at=session.payment.id, sent=sent: observing.observe_payment(counter.context, tx, at, [sent])
        )
        if not gone:
            assert await states(counter, session) == (S.PAID, P.SUCCEEDED, Q.PAID)
            continue
        assert await states(counter, session) == (S.EXPIRED, P.REVIEW, Q.REVIEW)
        assert (await accept(counter, session)).status is S.PAID
        assert await states(counter, session) == (S.PAID, P.SUCCEEDED, Q.PAID)
