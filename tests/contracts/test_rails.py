"""What every rail must do, and what the checkout makes of it: one suite for the simulated rail and one like a chain."""

import dataclasses

import pytest

from keyturn.database import Database, Transaction
from tests.makers import GRACE_MS, LIFETIME_MS, Counter, counter_over, one
from tests.rails.toy import ToyRail
from tillgate.base import ids
from tillgate.base.invariants import BrokenInvariant
from tillgate.base.money import Money
from tillgate.checkout.orders.model import Order, OrderStatus
from tillgate.checkout.orders.operations import get_order_of_session
from tillgate.checkout.refunds.model import Refund, RefundReason, RefundStatus
from tillgate.checkout.refunds.operations import NewRefund, create_refund, get_refund, observe_refund
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.settlement import observing
from tillgate.rails.port import (
    CaptureRequest,
    Movement,
    MovementStatus,
    Observation,
    PaymentTerms,
    QuoteRequest,
    Rails,
    ScriptedRail,
)
from tillgate.rails.simulated import SimulatedRail

pytestmark = pytest.mark.anyio

S = SessionStatus
PRICE = Money(5_001, "USD")


@dataclasses.dataclass
class Shop:
    """A checkout whose test mode is paid on one rail."""

    counter: Counter
    rail: ScriptedRail

    async def report(self, session: CheckoutSession, *seen: Observation) -> CheckoutSession:
        return await self.counter.database.write(
            lambda tx: observing.observe_payment(self.counter.context, tx, session.payment.id, seen)
        )

    async def order(self, session: CheckoutSession) -> Order:
        return await self.counter.database.read(lambda tx: get_order_of_session(tx, session.id))

    async def refund(self, session: CheckoutSession) -> Refund:
        new = NewRefund(session.payment.id, RefundReason.OTHER)
        return await self.counter.database.write(
            lambda tx: create_refund(self.counter.context, tx, self.counter.principal, new)
        )

    async def told(self, refund: Refund, movement: Movement) -> Refund:
        return await self.counter.database.write(
            lambda tx: observe_refund(self.counter.context, tx, refund.id, movement)
        )

    async def quote(self, payment_id: str, price: Money = PRICE) -> PaymentTerms:
        request = QuoteRequest(self.counter.project_id, False, payment_id, price)
        return await self.counter.database.write(lambda tx: self.rail.quote(tx, request))


@pytest.fixture(params=[SimulatedRail, ToyRail])
async def shop(request: pytest.FixtureRequest, database: Database) -> Shop:
    counter = await counter_over(database)
    rail: ScriptedRail = request.param()
    counter.context = counter.context._replace(rails=Rails(rail, None))
    return Shop(counter, rail)


async def test_terms_are_for_one_payment(shop: Shop) -> None:
    """An address that nobody else was given, in an asset of a network that the rail watches, for at least the price."""
    made = [await shop.quote(ids.new_id(ids.PAYMENT)) for _ in range(5)]
    assert len({terms.address for terms in made}) == 5
    for terms in made:
        assert terms.chain_id in shop.rail.chain_ids
        assert terms.asset.startswith(f"eip155:{terms.chain_id}/")
        assert terms.amount_atomic > 0


async def test_a_new_price_keeps_the_address_and_the_rate(shop: Shop) -> None:
    """Whoever has the address already pays to it; the amount follows the price."""
    terms = await shop.quote(ids.new_id(ids.PAYMENT))
    dearer = shop.rail.requote(terms, PRICE._replace(minor=3 * PRICE.minor))
    assert dearer._replace(amount_atomic=0) == terms._replace(amount_atomic=0)
    assert 0 <= 3 * terms.amount_atomic - dearer.amount_atomic < 3
    assert shop.rail.requote(dearer, PRICE) == terms


async def test_money_without_enough_confirmations_is_detected_and_then_paid(shop: Shop) -> None:
    """The same transfer, seen again and again, counts once."""
    session = await shop.counter.session()
    sent = shop.rail.send(
        session.payment.terms, session.payment.terms.amount_atomic, confirmed=False, now=shop.counter.clock.now()
    )
    for _ in range(2):
        assert (await shop.report(session, sent)).status is S.DETECTED
    final = shop.rail.confirm(sent, now=shop.counter.clock.now())
    for _ in range(2):
        paid = await shop.report(session, final)
        assert (paid.status, paid.payment.received) == (S.PAID, session.payment.terms.amount_atomic)
    [transfer] = paid.payment.transfers
    assert transfer.observed(session.payment.terms) == final


async def test_what_is_dropped_counts_no_more_and_comes_back_as_itself(shop: Shop) -> None:
    """A reorganisation takes money away; mined again it is the same transfer."""
    session = await shop.counter.session()
    sent = shop.rail.send(session.payment.terms, session.payment.terms.amount_atomic, confirmed=False, now=0)
    assert (await shop.report(session, sent)).status is S.DETECTED
    gone = await shop.report(session, shop.rail.drop(sent))
    assert (gone.status, gone.exceptions, gone.payment.received) == (S.PENDING, ["reorged"], 0)
    back = await shop.report(session, shop.rail.confirm(sent, now=shop.counter.clock.now()))
    assert (back.status, back.exceptions) == (S.PAID, [])


async def test_money_that_is_not_this_payments_is_refused(shop: Shop) -> None:
    """Another asset, another network, or the transfer of another payment: never counted, and nothing is written."""
    session, other = await shop.counter.session(), await shop.counter.session()
    sent = shop.rail.send(session.payment.terms, 5, confirmed=True, now=0)
    for foreign in (sent._replace(asset="eip155:1/slip44:60"), sent._replace(chain_id=1)):
        with pytest.raises(BrokenInvariant):
            await shop.report(session, foreign)
    await shop.report(session, sent)
    with pytest.raises(BrokenInvariant):
        await shop.report(other, sent)
    assert (await shop.counter.read(other.id)).status is S.PENDING


async def test_it_has_looked_no_further_than_the_clock(shop: Shop) -> None:
    """Of what is to come nobody can say that they have seen it."""
    now = shop.counter.clock.now()

    async def looked(tx: Transaction) -> list[int]:
        return [await shop.rail.looked_until(tx, chain_id, now) for chain_id in shop.rail.chain_ids]

    assert all(until <= now for until in await shop.counter.database.read(looked))


async def test_a_refund_ends_as_its_rail_says(shop: Shop) -> None:
    """Its transaction hash is the rail's, and unknown until there is one; what is told twice happens once."""
    session = await shop.counter.session()
    terms = session.payment.terms
    await shop.report(session, shop.rail.send(terms, terms.amount_atomic, confirmed=True, now=0))
    refund = await shop.refund(session)
    sql = "SELECT tx_hash FROM transactions WHERE id = $1"
    if refund.status is RefundStatus.PENDING:
        assert await one(shop.counter.database, sql, refund.transaction_id) is None
        assert (await shop.order(session)).status is OrderStatus.PAID
        for movement in (
            Movement(MovementStatus.PENDING, "0xabc"),
            Movement(MovementStatus.DONE, "0xabc"),
            Movement(MovementStatus.DONE, "0xabc"),
        ):
            refund = await shop.told(refund, movement)
    assert refund.status is RefundStatus.SUCCEEDED
    assert await one(shop.counter.database, sql, refund.transaction_id) is not None
    assert (await shop.order(session)).status is OrderStatus.REFUNDED
    assert (await shop.counter.events_of(refund.id))[-1] == "refund.succeeded"


async def test_a_capture_is_done_or_refused_at_once(shop: Shop) -> None:
    """Only a rail that authorizes is asked."""
    if not shop.rail.authorizes:
        return
    request = CaptureRequest(ids.new_id(ids.TRANSACTION), await shop.quote(ids.new_id(ids.PAYMENT)), 5)
    done = await shop.counter.database.write(lambda tx: shop.rail.capture(tx, request))
    assert done.status in (MovementStatus.DONE, MovementStatus.FAILED)


# What only a chain does


@pytest.fixture
async def chain(database: Database) -> Shop:
    counter = await counter_over(database)
    rail = ToyRail()
    counter.context = counter.context._replace(rails=Rails(rail, None))
    return Shop(counter, rail)


def behind(shop: Shop, looked: int | None) -> None:
    """The rail has read blocks up to an instant; None: all of them."""
    assert isinstance(shop.rail, ToyRail)
    shop.rail.looked = looked


async def test_addresses_are_counted_for_each_project_without_a_gap(chain: Shop) -> None:
    """What is rolled back gives its index back, so that a wallet finds everything it was paid."""
    neighbour = await counter_over(chain.counter.database, chain.counter.clock)
    neighbour.context = chain.counter.context
    first = await chain.counter.session()

    async def undone(tx: Transaction) -> None:
        await chain.rail.quote(tx, QuoteRequest(chain.counter.project_id, False, "pay_x", PRICE))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await chain.counter.database.write(undone)
    second, theirs = await chain.counter.session(), await neighbour.session()
    indexes = [one.payment.terms.address.rpartition("/")[2] for one in (first, second, theirs)]
    assert indexes == ["0", "1", "0"]


async def test_a_session_waits_for_its_rail_and_a_punctual_block_makes_it_paid(chain: Shop) -> None:
    """A node was away over the deadline: nobody is told that a payment came late which was in time."""
    counter = chain.counter
    punctual, missed = await counter.session(), await counter.session()
    behind(chain, counter.clock.now())
    mined_at = punctual.expires_at - 1
    counter.clock.forward(LIFETIME_MS + 2 * GRACE_MS)
    assert await counter.expire_due() == 0
    assert (await counter.read(punctual.id)).status is S.PENDING
    terms = punctual.payment.terms
    paid = await chain.report(punctual, chain.rail.send(terms, terms.amount_atomic, confirmed=True, now=mined_at))
    assert (paid.status, paid.paid_at, paid.exceptions) == (S.PAID, mined_at, [])
    behind(chain, missed.expires_at - 1)
    assert await counter.expire_due() == 0
    behind(chain, missed.expires_at)
    assert await counter.expire_due() == 1
    assert (await counter.read(missed.id)).status is S.EXPIRED
    # Another block of that time turns up, in a reorganisation: what was in time is in time.
    terms = missed.payment.terms
    found = await chain.report(missed, chain.rail.send(terms, terms.amount_atomic, confirmed=True, now=mined_at))
    assert (found.status, found.exceptions) == (S.PAID, [])


async def test_money_is_late_by_its_block(chain: Shop) -> None:
    """Mined after the deadline it is late, also where the session still waited for its rail."""
    session = await chain.counter.session()
    terms = session.payment.terms
    behind(chain, chain.counter.clock.now())
    chain.counter.clock.forward(LIFETIME_MS + 5)
    sent = chain.rail.send(terms, terms.amount_atomic, confirmed=True, now=session.expires_at)
    late = await chain.report(session, sent)
    assert (late.status, late.paid_at, late.exceptions) == (S.PAID_LATE, session.expires_at, ["late"])


async def test_what_was_seen_and_is_gone_after_the_deadline_waits_for_the_rail(chain: Shop) -> None:
    """It may stand in a block that is read next."""
    counter = chain.counter
    session = await counter.session()
    terms = session.payment.terms
    sent = chain.rail.send(terms, terms.amount_atomic, confirmed=False, now=counter.clock.now())
    await chain.report(session, sent)
    behind(chain, counter.clock.now())
    counter.clock.forward(LIFETIME_MS)
    assert (await chain.report(session, chain.rail.drop(sent))).status is S.PENDING
    behind(chain, None)
    assert await counter.expire_due() == 1


async def test_money_needs_no_hash(chain: Shop) -> None:
    """A transfer of which its rail knows no hash: told as null, and named once it is known."""
    session = await chain.counter.session()
    assert isinstance(chain.rail, ToyRail)
    terms = session.payment.terms
    sent = chain.rail.send(terms, terms.amount_atomic, confirmed=True, now=0, hashed=False)
    paid = await chain.report(session, sent)
    assert (paid.status, [one.tx_hash for one in paid.payment.transfers]) == (S.PAID, [None])
    named = await chain.report(session, sent._replace(tx_hash="0xabc"))
    assert [one.tx_hash for one in named.payment.transfers] == ["0xabc"]
    assert [one.tx_hash for one in (await chain.report(session, sent)).payment.transfers] == ["0xabc"]


async def test_a_refund_that_the_rail_cannot_send_comes_back(chain: Shop) -> None:
    """Failed, its amount can be refunded again, and what comes of it later changes nothing."""
    session = await chain.counter.session()
    terms = session.payment.terms
    await chain.report(session, chain.rail.send(terms, terms.amount_atomic, confirmed=True, now=0))
    refund = await chain.refund(session)
    assert isinstance(chain.rail, ToyRail)
    assert chain.rail.asked[refund.id].amount_atomic == terms.amount_atomic
    for status in (MovementStatus.FAILED, MovementStatus.DONE):
        await chain.told(refund, Movement(status, "0xabc"))
    failed = await chain.counter.database.read(lambda tx: get_refund(tx, chain.counter.principal, refund.id))
    assert failed.status is RefundStatus.FAILED
    assert (await chain.counter.read(session.id)).payment.refundable_atomic == terms.amount_atomic
    assert (await chain.refund(session)).status is RefundStatus.PENDING
