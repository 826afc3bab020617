"""Refunds over both databases: in part, repeated, at once, never more than came; and decisions that give back."""

from typing import Any

import pytest

from keyturn.database import Database
from tests.makers import GRACE_MS, LIFETIME_MS, Counter, counter_over, one, rows, settle, sighting
from tests.rails.toy import ToyRail
from tillgate.base.errors import Conflict, InvalidInput, NotFound
from tillgate.base.pages import PageRequest
from tillgate.checkout.orders import operations as orders
from tillgate.checkout.orders.model import Order, OrderStatus
from tillgate.checkout.payments import operations as payments
from tillgate.checkout.payments.model import Decision, Payment
from tillgate.checkout.refunds import operations as refunds
from tillgate.checkout.refunds.model import Refund, RefundReason, RefundStatus
from tillgate.checkout.refunds.operations import NewRefund
from tillgate.checkout.sessions import operations as sessions
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.settlement import deciding, observing
from tillgate.checkout.settlement.simulating import Outcome
from tillgate.rails.port import Movement, MovementStatus, Rails
from tillgate.rails.simulated import REFUND_FAILS, REFUND_STAYS_PENDING

pytestmark = pytest.mark.anyio

S, O, Q, R = SessionStatus, Outcome, OrderStatus, RefundStatus  # noqa: E741


@pytest.fixture
async def counter(database: Database) -> Counter:
    return await counter_over(database)


async def paid(counter: Counter, outcome: Outcome = O.PAID, value: str = "50.00") -> CheckoutSession:
    session = await counter.session(value)
    return await counter.simulate(session.id, outcome)


async def refund(counter: Counter, session: CheckoutSession, amount: str | None = None, **more: Any) -> Refund:
    new = NewRefund(session.payment.id, RefundReason.REQUESTED_BY_CUSTOMER, amount, **more)
    return await counter.database.write(lambda tx: refunds.create_refund(counter.context, tx, counter.principal, new))


async def payment_of(counter: Counter, session: CheckoutSession) -> Payment:
    found = await counter.database.read(lambda tx: payments.get_payment(tx, counter.principal, session.payment.id))
    return found.payment


async def order_of(counter: Counter, session: CheckoutSession) -> Order:
    return await counter.database.read(lambda tx: orders.get_order_of_session(tx, session.id))


@pytest.mark.spec("smartpay R31", "smartpay R9")
async def test_money_goes_back_in_parts_until_none_is_left(counter: Counter) -> None:
    """Each part is a refund, a transaction and two events; the order is refunded with the last; no more goes back."""
    session = await paid(counter)
    first = await refund(counter, session, "20.00", metadata={"a": 1})
    assert (first.status, str(first.amount), first.metadata) == (R.SUCCEEDED, "20.00", '{"a":1}')
    assert (await order_of(counter, session)).status is Q.PAID
    with pytest.raises(Conflict) as caught:
        await refund(counter, session, "30.01")
    assert caught.value.code == "refund_exceeds_received"
    rest = await refund(counter, session)
    assert str(rest.amount) == "30.00"
    assert await counter.events_of(rest.id) == ["refund.created", "refund.succeeded"]
    order, payment = await order_of(counter, session), await payment_of(counter, session)
    assert (order.status, payment.refundable_minor) == (Q.REFUNDED, 0)
    assert sum(one.amount_atomic for one in payment.returned) == payment.received
    assert await counter.events_of(order.id) == ["order.paid", "order.updated", "order.refunded"]
    assert (await counter.read(session.id)).status is S.PAID
    for amount in (None, "0.01"):
        with pytest.raises(Conflict):
            await refund(counter, session, amount)


async def test_a_refund_that_is_under_way_holds_its_money(counter: Counter) -> None:
    """Until it fails or is given up; settled, it has the name that its sender gives it."""
    session = await paid(counter)
    pending = await refund(counter, session, "50.00", destination=REFUND_STAYS_PENDING)
    assert pending.status is R.PENDING
    assert (await payment_of(counter, session)).refunded_minor == 0
    with pytest.raises(Conflict):
        await refund(counter, session, "0.01")
    await counter.database.write(lambda tx: refunds.cancel_refund(counter.context, tx, counter.principal, pending.id))
    failed = await refund(counter, session, "50.00", destination=REFUND_FAILS)
    assert failed.status is R.FAILED
    assert (await payment_of(counter, session)).refundable_minor == 5_000
    again = await refund(counter, session, destination=REFUND_STAYS_PENDING)
    settled = await counter.database.write(
        lambda tx: refunds.settle_refund(counter.context, tx, counter.principal, again.id, "0xfeed")
    )
    assert (settled.status, (await order_of(counter, session)).status) == (R.SUCCEEDED, Q.REFUNDED)
    assert (
        await one(counter.database, "SELECT tx_hash FROM transactions WHERE id = $1", settled.transaction_id)
        == "0xfeed"
    )
    before = await counter.events_of(session.payment.id), await counter.events_of(settled.id)
    assert (
        await counter.database.write(
            lambda tx: refunds.settle_refund(counter.context, tx, counter.principal, again.id, "0xfeed")
        )
        == settled
    )
    assert before == (await counter.events_of(session.payment.id), await counter.events_of(settled.id))
    for ended in (pending, failed, settled):
        with pytest.raises(Conflict) as caught:
            await counter.database.write(
                lambda tx, at=ended.id: refunds.settle_refund(counter.context, tx, counter.principal, at, "0x")
            )
        assert caught.value.code == "refund_not_pending"


@pytest.mark.parametrize("waits", ["before", "after"])
@pytest.mark.parametrize("destination", [None, REFUND_STAYS_PENDING])
async def test_what_was_given_back_before_the_price_was_there_pays_for_nothing(
    counter: Counter, waits: str, destination: str | None
) -> None:
    """Half of 50.00 came, and 10.00 of it goes back: 25.00 more is not the whole, 35.00 are. A refund that is given up
    counts again."""

    async def wait() -> None:
        await counter.database.write(
            lambda tx: deciding.keep_waiting(counter.context, tx, counter.principal, session.id)
        )

    async def comes(name: str, atomic: int) -> SessionStatus:
        seen = [sighting(name, 0, atomic, confirmed=True)]
        await counter.database.write(
            lambda tx: observing.observe_payment(counter.context, tx, session.payment.id, seen)
        )
        return (await counter.read(session.id)).status

    session = await paid(counter, O.UNDERPAID)
    required = session.payment.terms.amount_atomic
    if waits == "before":
        await wait()
    back = await refund(counter, session, "10.00", destination=destination)
    if waits == "after":
        await wait()
    assert await comes("0xa", required - required // 2) is S.UNDERPAID
    assert (await order_of(counter, session)).status is Q.REVIEW
    if destination is not None:
        await counter.database.write(lambda tx: refunds.cancel_refund(counter.context, tx, counter.principal, back.id))
        assert (await counter.read(session.id)).status is S.PAID
    else:
        assert await comes("0xb", required // 5) is S.PAID
    assert (await order_of(counter, session)).status is Q.PAID


async def test_a_refund_that_its_rail_sends_is_nobodys_to_cancel_or_to_record(counter: Counter) -> None:
    """The money may have left already: only the rail says how it ended. What failed can be refunded again."""
    rail = ToyRail()
    counter.context = counter.context._replace(rails=Rails(rail, None))
    session = await counter.simulate((await counter.session()).id, O.PAID)
    pending = await refund(counter, session)
    assert (pending.status, pending.asked) == (R.PENDING, True)
    for attempt in (
        lambda tx: refunds.cancel_refund(counter.context, tx, counter.principal, pending.id),
        lambda tx: refunds.settle_refund(counter.context, tx, counter.principal, pending.id, "0xfeed"),
    ):
        with pytest.raises(Conflict) as caught:
            await counter.database.write(attempt)
        assert caught.value.code == "refund_being_sent"
    failed = await counter.database.write(
        lambda tx: refunds.observe_refund(counter.context, tx, pending.id, Movement(MovementStatus.FAILED))
    )
    assert failed.status is R.FAILED
    assert (await payment_of(counter, session)).refundable_minor == session.price.minor


async def test_refunds_at_once_never_give_back_more_than_came(counter: Counter) -> None:
    """Twenty at once, each for a fifth, some of which stay pending: five are made, whatever the order."""
    session = await paid(counter)
    done = await settle(
        *(
            refund(counter, session, "10.00", destination=REFUND_STAYS_PENDING if number % 2 else None)
            for number in range(20)
        )
    )
    assert (len(done.answers), {type(error) for error in done.errors}) == (5, {Conflict})
    payment = await payment_of(counter, session)
    assert payment.refundable_minor == 0
    assert sum(one.value_minor or 0 for one in payment.returned) == 5_000


async def test_settling_and_giving_up_at_once_is_one_of_the_two(counter: Counter) -> None:
    """The refund ends once, and its money with it."""
    session = await paid(counter)
    for _ in range(4):
        pending = await refund(counter, session, "10.00", destination=REFUND_STAYS_PENDING)
        await settle(
            *(
                counter.database.write(
                    lambda tx, at=pending.id: refunds.settle_refund(counter.context, tx, counter.principal, at, at)
                )
                for _ in range(3)
            ),
            *(
                counter.database.write(
                    lambda tx, at=pending.id: refunds.cancel_refund(counter.context, tx, counter.principal, at)
                )
                for _ in range(3)
            ),
        )
        assert len(await counter.events_of(pending.id)) == 2
    payment = await payment_of(counter, session)
    ended = await rows(counter.database, "SELECT status, amount_minor FROM refunds")
    assert {row[0] for row in ended} <= {"succeeded", "canceled"}
    assert payment.refunded_minor == sum(row[1] for row in ended if row[0] == "succeeded")


@pytest.mark.parametrize(
    ("outcome", "excess_only", "session_ends", "order_ends", "back"),
    [
        (O.UNDERPAID, False, S.FAILED, Q.REFUNDED, 2_500),
        (O.OVERPAID, False, S.FAILED, Q.REFUNDED, 7_500),
        (O.OVERPAID, True, S.PAID, Q.PAID, 2_500),
    ],
)
async def test_a_merchant_can_give_unusual_money_back(
    counter: Counter,
    outcome: Outcome,
    excess_only: bool,
    session_ends: SessionStatus,
    order_ends: OrderStatus,
    back: int,
) -> None:
    """All of it, which ends the order, or what is too much, which takes the rest as payment."""
    session = await paid(counter, outcome)
    order = await order_of(counter, session)

    async def decide() -> Order:
        return await counter.database.write(
            lambda tx: refunds.refund_order(counter.context, tx, counter.principal, order.id, excess_only=excess_only)
        )

    decided = await decide()
    assert ((await counter.read(session.id)).status, decided.status) == (session_ends, order_ends)
    assert decided.payment.refunded_minor == back
    assert decided.payment.decision is (Decision.ACCEPTED if excess_only else Decision.REFUNDED)
    with pytest.raises(Conflict):
        await decide()


async def test_money_long_after_the_end_can_be_given_back(counter: Counter) -> None:
    """The expired session stays expired, and its order is refunded."""
    session = await counter.session()
    counter.clock.forward(LIFETIME_MS + GRACE_MS)
    await counter.expire_due()

    async def arrives(tx: Any) -> CheckoutSession:
        locked = await sessions.records.locked(tx, session.id)  # type: ignore[attr-defined]
        amount = session.payment.terms.amount_atomic
        return await observing.observe(
            counter.context, tx, locked, [sighting("0xa", 0, amount, True)], counter.clock.now()
        )

    await counter.database.write(arrives)
    order = await order_of(counter, session)
    decided = await counter.database.write(
        lambda tx: refunds.refund_order(counter.context, tx, counter.principal, order.id, excess_only=False)
    )
    assert (decided.status, (await counter.read(session.id)).status) == (Q.REFUNDED, S.EXPIRED)


async def test_only_what_is_there_and_ones_own_is_given_back(counter: Counter) -> None:
    """Nothing of an unpaid payment, nothing across a wall, no other currency's digits, no negative amount."""
    waiting, session = await counter.session(), await paid(counter)
    with pytest.raises(Conflict):
        await refund(counter, waiting)
    for amount in ("0", "-1", "1.001", "1e3"):
        with pytest.raises(InvalidInput):
            await refund(counter, session, amount)
    made = await refund(counter, session, "1.00")
    neighbour = await counter_over(counter.database, counter.clock)
    with pytest.raises(InvalidInput) as caught:
        await refund(neighbour, session)
    assert caught.value.field == ("payment_id",)
    for stranger in (counter.principal._replace(livemode=True), neighbour.principal):
        with pytest.raises(NotFound):
            await counter.database.read(lambda tx, who=stranger: refunds.get_refund(tx, who, made.id))
        page = await counter.database.read(lambda tx, who=stranger: refunds.list_refunds(tx, who, PageRequest()))
        assert page.data == []
    assert (await payment_of(counter, session)).refunded_minor == 100
