"""Payments over both databases: authorized, captured, release, lapsed, declined, reorganised."""

import itertools
from typing import Any

import msgspec
import pytest

from keyturn.database import Database, Transaction
from tests.makers import LIFETIME_MS, Counter, counter_over, one, rows, settle, sighting
from tillgate.base.clock import DAY_MS
from tillgate.base.errors import Conflict, InvalidInput, NotFound
from tillgate.checkout.orders import operations as orders
from tillgate.checkout.orders.model import OrderStatus
from tillgate.checkout.payments import operations as payments
from tillgate.checkout.payments.model import (
    EDGES,
    CaptureMethod,
    Decision,
    PaymentState,
    RecordedPayment,
    ReleaseReason,
)
from tillgate.checkout.sessions import operations as sessions
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.settlement import capturing, deciding, expiring, observing, simulating
from tillgate.checkout.settlement.observing import observe
from tillgate.checkout.settlement.simulating import PAYERS, Outcome
from tillgate.rails.port import Observation

pytestmark = pytest.mark.anyio

S, O, P, Q = SessionStatus, Outcome, PaymentState, OrderStatus  # noqa: E741


@pytest.fixture
async def counter(database: Database) -> Counter:
    return await counter_over(database)


async def payment_of(counter: Counter, session: CheckoutSession) -> RecordedPayment:
    return await counter.database.read(lambda tx: payments.get_payment(tx, counter.principal, session.payment.id))


async def order_status(counter: Counter, session: CheckoutSession) -> OrderStatus:
    return (await counter.database.read(lambda tx: orders.get_order_of_session(tx, session.id))).status


async def standing(counter: Counter, session: CheckoutSession) -> tuple[PaymentState, OrderStatus]:
    return (await payment_of(counter, session)).state, await order_status(counter, session)


async def authorized(counter: Counter, value: str = "50.00", currency: str = "USD") -> CheckoutSession:
    session = await counter.session(value, currency, capture_method=CaptureMethod.MANUAL)
    return await counter.simulate(session.id, O.AUTHORIZED)


async def capture(
    counter: Counter, session: CheckoutSession, amount: str | None = None, **more: Any
) -> RecordedPayment:
    return await counter.database.write(
        lambda tx: capturing.capture(counter.context, tx, counter.principal, session.payment.id, amount=amount, **more)
    )


async def cancel(counter: Counter, session: CheckoutSession) -> RecordedPayment:
    return await counter.database.write(
        lambda tx: capturing.cancel(counter.context, tx, counter.principal, session.payment.id)
    )


async def test_an_authorization_waits_for_its_capture(counter: Counter) -> None:
    """Nothing is received; the session is detected, the order processing; a capture of all settles the three."""
    session = await authorized(counter)
    held = await payment_of(counter, session)
    assert (session.status, held.state, await order_status(counter, session)) == (
        S.DETECTED, P.REQUIRES_CAPTURE, Q.PROCESSING,
    )  # fmt: skip
    assert (held.payment.capturable_minor, held.payment.received) == (5_000, 0)
    assert held.payment.authorization is not None
    assert held.payment.authorization.lapses_at == counter.clock.now() + 7 * DAY_MS
    taken = await capture(counter, session)
    paid = await counter.read(session.id)
    assert (taken.state, paid.status, await order_status(counter, session)) == (P.SUCCEEDED, S.PAID, Q.PAID)
    assert taken.payment.received == session.payment.terms.amount_atomic
    assert (paid.paid_at, paid.exceptions) == (counter.clock.now(), [])
    assert await counter.events_of(session.payment.id) == ["payment.requires_capture", "payment.succeeded"]


async def test_captures_can_be_repeated_up_to_what_was_authorized(counter: Counter) -> None:
    """Each a transaction and an event; one more than is left is refused and changes nothing; the last one settles."""
    session = await authorized(counter)
    await capture(counter, session, "20.00", cancel_remainder=False)
    before = await capture(counter, session, "29.99", cancel_remainder=False)
    assert (before.state, before.payment.capturable_minor) == (P.REQUIRES_CAPTURE, 1)
    with pytest.raises(Conflict) as caught:
        await capture(counter, session, "0.02", cancel_remainder=False)
    assert (caught.value.code, await payment_of(counter, session)) == ("capture_exceeds_authorization", before)
    last = await capture(counter, session, "0.01", cancel_remainder=False)
    assert (last.state, str(last.payment.received_value)) == (P.SUCCEEDED, "50.00")
    assert last.payment.received == session.payment.terms.amount_atomic
    assert await counter.events_of(session.payment.id) == [
        "payment.requires_capture", "payment.captured", "payment.captured", "payment.succeeded",
    ]  # fmt: skip
    for again in (capture(counter, session), cancel(counter, session)):
        with pytest.raises(Conflict):
            await again


async def test_a_partial_capture_releases_the_rest(counter: Counter) -> None:
    """What was taken is the price then, and nothing about it is unusual."""
    session = await authorized(counter)
    taken = await capture(counter, session, "30.00")
    held = taken.payment.authorization
    assert held is not None
    assert (taken.state, held.released_minor, held.release_reason) == (P.SUCCEEDED, 2_000, ReleaseReason.CAPTURED)
    assert taken.payment.capturable_minor == 0
    paid = await counter.read(session.id)
    assert (paid.status, paid.exceptions) == (S.PAID, [])


async def test_what_was_authorized_can_be_released(counter: Counter) -> None:
    """Untouched, it is canceled; partly captured, it is paid with that. Twice is once."""
    untouched = await authorized(counter)
    canceled = await cancel(counter, untouched)
    assert (canceled.state, await order_status(counter, untouched)) == (P.CANCELED, Q.CANCELED)
    assert (await counter.read(untouched.id)).status is S.FAILED
    told = len(await counter.events())
    assert await cancel(counter, untouched) == canceled
    assert len(await counter.events()) == told
    partly = await authorized(counter)
    await capture(counter, partly, "10.00", cancel_remainder=False)
    assert (await cancel(counter, partly)).state is P.SUCCEEDED
    assert (await counter.read(partly.id)).status is S.PAID


@pytest.mark.spec("smartpay R13")
async def test_an_authorization_lapses_after_seven_days(counter: Counter) -> None:
    """To the millisecond, whether or not anybody has written that down yet; what was captured stays."""
    untouched, partly = await authorized(counter), await authorized(counter)
    await capture(counter, partly, "10.00", cancel_remainder=False)
    counter.clock.forward(7 * DAY_MS - 1)
    assert await counter.database.write(lambda tx: capturing.lapse_due(counter.context, tx, counter.project_id)) == 0
    await capture(counter, partly, "1.00", cancel_remainder=False)
    counter.clock.forward(1)
    with pytest.raises(Conflict) as caught:
        await capture(counter, untouched)
    assert caught.value.code == "payment_not_capturable"

    async def lapse() -> int:
        return await counter.database.write(lambda tx: capturing.lapse_due(counter.context, tx, counter.project_id))

    done = await settle(*(lapse() for _ in range(6)))
    assert (done.errors, sum(done.answers)) == ([], 2)
    lapsed, kept = await payment_of(counter, untouched), await payment_of(counter, partly)
    assert (lapsed.state, kept.state) == (P.CANCELED, P.SUCCEEDED)
    assert {one.payment.authorization.release_reason for one in (lapsed, kept) if one.payment.authorization} == {
        ReleaseReason.LAPSED
    }
    assert str(kept.payment.received_value) == "11.00"


async def test_an_authorization_that_is_captured_automatically_is_a_payment(counter: Counter) -> None:
    """Automatic is the default: the whole amount is taken in the same breath, and it is settled by one event."""
    session = await counter.session()
    paid = await counter.simulate(session.id, O.AUTHORIZED)
    assert (paid.status, paid.payment.received) == (S.PAID, session.payment.terms.amount_atomic)
    assert await counter.events_of(session.payment.id) == ["payment.succeeded"]


async def test_who_is_declined_may_try_again(counter: Counter) -> None:
    """A decline is told and moves nothing."""
    session = await counter.session()
    assert (await counter.simulate(session.id, O.DECLINED)).status is S.PENDING
    declined = await payment_of(counter, session)
    assert declined.payment.decline is not None
    assert declined.state is P.AWAITING
    assert (await counter.simulate(session.id, O.AUTHORIZED)).status is S.PAID
    assert await counter.events_of(session.payment.id) == ["payment.declined", "payment.succeeded"]


async def test_money_that_a_reorganisation_dropped_is_reported(counter: Counter) -> None:
    """The paid session stays paid, as documented; its order and its payment wait for the merchant, until the money is
    seen again or accept what is left."""
    for accepted in (True, False):
        session = await counter.session()
        paid = await counter.simulate(session.id, O.PAID)
        dropped = await counter.simulate(session.id, O.REORGED)
        assert (dropped.status, dropped.exceptions, dropped.payment.received) == (S.PAID, ["reorged"], 0)
        assert ((await payment_of(counter, session)).state, await order_status(counter, session)) == (
            P.REVIEW,
            Q.REVIEW,
        )
        if accepted:
            await counter.database.write(
                lambda tx, at=session.id: deciding.accept(counter.context, tx, counter.principal, at)
            )
        else:
            [seen] = [transfer.observed(paid.payment.terms) for transfer in paid.payment.transfers]

            async def again(tx: Any, at: str = session.id, seen: Any = seen) -> CheckoutSession:
                locked = await sessions.records.locked(tx, at)  # type: ignore[attr-defined]
                return await observing.observe(counter.context, tx, locked, [seen], counter.clock.now())

            back = await counter.database.write(again)
            assert (back.exceptions, back.payment.received) == ([], session.payment.terms.amount_atomic)
        assert ((await payment_of(counter, session)).state, await order_status(counter, session)) == (
            P.SUCCEEDED,
            Q.PAID,
        )


async def test_what_was_only_detected_and_is_gone_leaves_the_session_waiting(counter: Counter) -> None:
    """As before it: session, order and payment wait, each told by one `updated` that says what was, and `reorged` is
    kept by all of them. It can be paid again, expires by its clock, and by the merchant."""
    session = await counter.session()
    await counter.simulate(session.id, O.DETECTED)
    before = len(await counter.events())
    counter.clock.forward(1_000)
    dropped = await counter.simulate(session.id, O.REORGED)
    assert (dropped.status, dropped.exceptions, dropped.payment.received) == (S.PENDING, ["reorged"], 0)
    assert await counter.read(session.id) == dropped
    waits = await payment_of(counter, session)
    order = await counter.database.read(lambda tx: orders.get_order_of_session(tx, session.id))
    assert (waits.state, order.status) == (P.AWAITING, OrderStatus.OPEN)
    assert waits.payment.dropped == order.payment.dropped == dropped.payment.dropped
    assert order.exceptions == ["reorged"]
    told = await rows(counter.database, "SELECT type, previous_attributes FROM events ORDER BY sequence")
    changed = {row[0]: msgspec.json.decode(row[1]) for row in told[before:]}
    assert list(changed) == ["payment.updated", "order.updated", "session.updated"]
    was = [(old["status"], old["exceptions"]) for old in changed.values()]
    assert was == [("detected", []), ("processing", []), ("detected", [])]

    assert (await counter.simulate(session.id, O.DETECTED)).status is S.DETECTED
    assert (await counter.simulate(session.id, O.REORGED)).status is S.PENDING
    assert len((await counter.read(session.id)).payment.dropped) == 2
    assert (await counter.simulate(session.id, O.PAID)).status is S.PAID

    by_clock, by_hand, too_late = [await counter.session() for _ in range(3)]
    for seen in (by_clock, by_hand, too_late):
        await counter.simulate(seen.id, O.DETECTED)
    for seen in (by_clock, by_hand):
        await counter.simulate(seen.id, O.REORGED)
    await counter.database.write(lambda tx: expiring.expire(counter.context, tx, counter.principal, by_hand.id))
    counter.clock.forward(LIFETIME_MS)
    assert await counter.expire_due() == 1
    # Gone only after its time: there is nothing to wait for any more.
    assert (await counter.simulate(too_late.id, O.REORGED)).status is S.EXPIRED
    assert await counter.expire_due() == 0
    for seen in (by_clock, by_hand, too_late):
        ended = await counter.read(seen.id)
        assert (ended.status, ended.exceptions) == (S.EXPIRED, ["reorged"])
        assert (await payment_of(counter, seen)).state is P.EXPIRED
        assert (await counter.events_of(seen.id))[-1] == "session.expired"


async def test_a_transfer_that_comes_back_after_a_reorganisation_is_the_same_one(counter: Counter) -> None:
    """Mined again it counts once, in time or late, whatever the session was meanwhile."""
    for late in (False, True):
        session = await counter.session()
        await counter.simulate(session.id, O.DETECTED)
        dropped = await counter.simulate(session.id, O.REORGED)
        if late:
            counter.clock.forward(LIFETIME_MS)
            assert await counter.expire_due() == 1
        [seen] = dropped.payment.dropped
        again = sighting(seen.reference, seen.ordinal, seen.amount_atomic, confirmed=True)

        async def come_back(tx: Transaction, at: str = session.id, again: Observation = again) -> CheckoutSession:
            found = await records.locked(tx, at)
            assert found is not None
            return await observe(counter.context, tx, found, [again], counter.clock.now())

        paid = await counter.database.write(come_back)
        assert (paid.status, paid.exceptions) == (S.PAID_LATE if late else S.PAID, ["late"] if late else [])
        assert await one(counter.database, "SELECT COUNT(*) FROM transactions WHERE payment_id = $1", paid.payment.id)


async def test_a_confirmed_transfer_that_is_seen_again_stays_as_it_was(counter: Counter) -> None:
    """It was confirmed when it was first seen to be; whatever sees it later moves neither that instant, which says
    whether it came in time, nor anything else, and emits no event."""
    session = await counter.session()
    amount = session.payment.terms.amount_atomic
    first_seen, confirmed = counter.clock.now(), counter.clock.now() + 1_000

    async def sees(final: bool) -> CheckoutSession:
        seen = sighting("0xagain", 0, amount, final)
        return await counter.database.write(
            lambda tx: observing.observe_payment(counter.context, tx, session.payment.id, [seen])
        )

    await sees(final=False)
    counter.clock.forward(1_000)
    paid = await sees(final=True)
    events = await counter.events()
    for _ in range(2):
        counter.clock.forward(LIFETIME_MS)
        assert await sees(final=True) == paid
        [transfer] = (await counter.read(session.id)).payment.transfers
        assert (transfer.seen_at, transfer.confirmed_at) == (first_seen, confirmed)
    assert await counter.events() == events
    assert (paid.status, paid.paid_at, paid.exceptions) == (S.PAID, confirmed, [])


async def test_an_acceptance_ends_with_a_further_reorganisation(counter: Counter) -> None:
    """The merchant accepted the money that was left. If the chain drops more of it, the order is in review again, and
    takes another acceptance."""
    session = await counter.session()
    half = session.payment.terms.amount_atomic // 2

    async def sees(*references: str, reorged: bool = False) -> CheckoutSession:
        seen = [sighting(reference, 0, half, confirmed=True, reorged=reorged) for reference in references]
        return await counter.database.write(
            lambda tx: observing.observe_payment(counter.context, tx, session.payment.id, seen)
        )

    async def accept() -> CheckoutSession:
        return await counter.database.write(
            lambda tx: deciding.accept(counter.context, tx, counter.principal, session.id)
        )

    assert (await sees("0xfirst", "0xsecond")).status is S.PAID
    for dropped in ("0xfirst", "0xsecond"):
        after = await sees(dropped, reorged=True)
        assert (after.status, after.payment.decision) == (S.PAID, None)
        assert await standing(counter, session) == (P.REVIEW, Q.REVIEW)
        assert (await accept()).payment.decision is Decision.ACCEPTED
        assert await standing(counter, session) == (P.SUCCEEDED, Q.PAID)
        # A drop that is reported again is no further one.
        assert (await sees(dropped, reorged=True)).payment.decision is Decision.ACCEPTED


async def test_a_merchant_can_wait_for_the_rest(counter: Counter) -> None:
    """Then a top-up settles the session on its own, whether it came before or after the word; more than that is
    overpaid, and waits again. What is not underpaid cannot wait."""

    async def wait(session: CheckoutSession) -> CheckoutSession:
        return await counter.database.write(
            lambda tx: deciding.keep_waiting(counter.context, tx, counter.principal, session.id)
        )

    before, after = await counter.session(), await counter.session()
    for session in (before, after):
        await counter.simulate(session.id, O.UNDERPAID)
    assert (await counter.simulate(before.id, O.TOP_UP)).status is S.UNDERPAID
    assert (await wait(before)).status is S.PAID
    assert (await wait(after)).status is S.UNDERPAID
    assert (await counter.simulate(after.id, O.TOP_UP)).status is S.PAID
    assert await counter.events_of(after.payment.id) == ["payment.review", "payment.updated", "payment.succeeded"]
    for session in (await counter.session(), after):
        with pytest.raises(Conflict) as caught:
            await wait(session)
        assert caught.value.code == "nothing_to_wait_for"


async def test_every_test_payer_leaves_a_legal_story(counter: Counter) -> None:
    """Each does as documented, and the events of their payment are a walk over the table of moves."""
    ends = {
        "payer_pays": P.SUCCEEDED, "payer_pays_slowly": P.SUCCEEDED, "payer_pays_less": P.REVIEW,
        "payer_pays_twice": P.REVIEW, "payer_pays_more": P.REVIEW, "payer_pays_late": P.SUCCEEDED,
        "payer_authorizes": P.SUCCEEDED, "payer_declines": P.AWAITING, "payer_declines_then_pays": P.SUCCEEDED,
        "payer_is_reorged": P.REVIEW, "payer_fails": P.FAILED,
    }  # fmt: skip
    assert set(ends) == set(PAYERS)
    for payer, end in ends.items():
        session = await counter.session()
        await counter.database.write(
            lambda tx, at=session.id, who=payer: simulating.simulate_payer(
                counter.context, tx, counter.principal, at, who
            )
        )
        assert (await payment_of(counter, session)).state is end, payer
        told = await rows(
            counter.database, "SELECT data FROM events WHERE object_id = $1 ORDER BY sequence", session.payment.id
        )
        walk = [P.AWAITING, *(P(msgspec.json.decode(row[0])["status"]) for row in told)]
        assert all(was is to or to in EDGES[was] for was, to in itertools.pairwise(walk)), (payer, walk)
    with pytest.raises(InvalidInput):
        await counter.database.write(
            lambda tx: simulating.simulate_payer(counter.context, tx, counter.principal, session.id, "nobody")
        )


async def test_captures_at_once_never_take_more_than_was_authorized(counter: Counter) -> None:
    """Twenty at once, each for a fifth: five are done, the money is exact, and every capture has its event."""
    session = await authorized(counter)
    done = await settle(*(capture(counter, session, "10.00", cancel_remainder=False) for _ in range(20)))
    assert (len(done.answers), {type(error) for error in done.errors}) == (5, {Conflict})
    settled = await payment_of(counter, session)
    assert (settled.state, str(settled.payment.received_value)) == (P.SUCCEEDED, "50.00")
    assert settled.payment.received == session.payment.terms.amount_atomic
    assert await one(counter.database, "SELECT COUNT(*) FROM transactions") == 5
    assert len(await counter.events_of(session.payment.id)) == 6


async def test_capturing_releasing_and_lapsing_at_once_leave_one_story(counter: Counter) -> None:
    """Whoever comes first; what was captured is what was paid."""
    for _ in range(4):
        session = await authorized(counter)
        counter.clock.forward(7 * DAY_MS - 1)
        await settle(
            capture(counter, session, "10.00"),
            cancel(counter, session),
            counter.simulate(session.id, O.FAILED),
            counter.database.write(lambda tx: capturing.lapse_due(counter.context, tx, counter.project_id)),
        )
        found = await payment_of(counter, session)
        assert found.state in (P.SUCCEEDED, P.CANCELED)
        assert (str(found.payment.received_value) == "10.00") is (found.state is P.SUCCEEDED)
        assert len(await counter.events_of(session.payment.id)) == 2


async def test_a_payment_is_seen_in_its_own_project_and_mode_only(counter: Counter) -> None:
    """Across a wall it looks as if it were not there, to read, to capture and to cancel."""
    session = await authorized(counter)
    neighbour = await counter_over(counter.database, counter.clock)
    for stranger in (counter.principal._replace(livemode=True), neighbour.principal):
        for attempt in (
            lambda tx, who=stranger: payments.get_payment(tx, who, session.payment.id),
            lambda tx, who=stranger: capturing.capture(counter.context, tx, who, session.payment.id),
            lambda tx, who=stranger: capturing.cancel(counter.context, tx, who, session.payment.id),
            lambda tx, who=stranger: payments.update_payment(counter.context, tx, who, session.payment.id, {}),
        ):
            with pytest.raises(NotFound):
                await counter.database.write(attempt)
