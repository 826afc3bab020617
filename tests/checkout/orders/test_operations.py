"""Orders over both databases: made with their sessions, following their money, each move with its event."""

import itertools
from typing import Any

import msgspec
import pytest

from keyturn.database import Database, Transaction
from tests.makers import GRACE_MS, LIFETIME_MS, Counter, counter_over, execute, one, rows, settle, sighting
from tillgate.base import ids
from tillgate.base.errors import Conflict, InvalidInput, NotFound
from tillgate.base.pages import PageRequest
from tillgate.checkout.customers import operations as customers
from tillgate.checkout.customers.operations import CustomerChanges
from tillgate.checkout.orders import operations as orders
from tillgate.checkout.orders.model import EDGES, Fulfillment, LineItemKind, Order, OrderStatus
from tillgate.checkout.orders.operations import NewLineItem, OrderChanges
from tillgate.checkout.sessions import operations as sessions
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.sessions.opening import NewAmount, NewSession, open_session
from tillgate.checkout.settlement import deciding, observing
from tillgate.checkout.settlement.simulating import Outcome
from tillgate.events.model import EventObject
from tillgate.rails.port import Observation
from tillgate.store import migrations

pytestmark = pytest.mark.anyio

S, O, Q = SessionStatus, Outcome, OrderStatus  # noqa: E741


@pytest.fixture
async def counter(database: Database) -> Counter:
    return await counter_over(database)


async def order_of(counter: Counter, session: CheckoutSession) -> Order:
    return await counter.database.read(lambda tx: orders.get_order_of_session(tx, session.id))


async def opened(counter: Counter, **more: Any) -> CheckoutSession:
    new = NewSession(**more)
    return await counter.database.write(lambda tx: open_session(counter.context, tx, counter.principal, new))


async def seen(counter: Counter, session_id: str, *observations: Observation) -> CheckoutSession:
    async def operation(tx: Transaction) -> CheckoutSession:
        session = await sessions.records.locked(tx, session_id)  # type: ignore[attr-defined]
        return await observing.observe(counter.context, tx, session, list(observations), counter.clock.now())

    return await counter.database.write(operation)


async def told(counter: Counter, order: Order) -> list[EventObject]:
    return [event for event in await counter.events() if msgspec.json.decode(event.data)["id"] == order.id]


async def test_an_order_is_made_with_its_session(counter: Counter) -> None:
    """Lines, shipping and totals as they were said; the session asks for just that total, and its event is the one."""
    lines = (
        NewLineItem("Tea", "4.50", 2),
        NewLineItem("VAT", "0.81", kind=LineItemKind.TAX),
        NewLineItem("Loyal", "1.00", kind=LineItemKind.DISCOUNT),
    )
    session = await opened(
        counter, line_items=lines, currency="EUR", shipping_amount="3", reference=" A-1 ", metadata={"a": 1}
    )
    order = await order_of(counter, session)
    assert tuple(order.totals) == (900, 81, 300, 100)
    assert (order.price, session.price) == (session.price, order.price)
    assert str(order.price) == "11.81"
    assert (order.status, order.fulfillment, order.reference) == (Q.OPEN, Fulfillment.UNFULFILLED, "A-1")
    assert (order.metadata, order.expires_at, order.payment) == ('{"a":1}', session.expires_at, session.payment)
    assert [event.type for event in await counter.events()] == ["session.created"]


async def test_money_moves_an_order_with_its_session(counter: Counter) -> None:
    """Whatever happens to a session in any state: its order follows by a legal edge, with one event each."""
    for outcomes, wanted in (
        ([O.PAID], [Q.PAID]),
        ([O.DETECTED, O.PAID], [Q.PROCESSING, Q.PAID]),
        ([O.DETECTED, O.OVERPAID], [Q.PROCESSING, Q.REVIEW]),
        ([O.UNDERPAID, O.FAILED], [Q.REVIEW]),
        ([O.FAILED, O.PAID], [Q.CANCELED, Q.REVIEW]),
        ([O.LATE], [Q.EXPIRED, Q.PAID]),
        ([O.FAILED], [Q.CANCELED]),
    ):
        session = await counter.session()
        for outcome in outcomes:
            await counter.simulate(session.id, outcome)
        order = await order_of(counter, session)
        assert order.status is wanted[-1]
        assert [event.type for event in await told(counter, order)] == [f"order.{to.value}" for to in wanted]
        assert all(to in EDGES[was] for was, to in itertools.pairwise([Q.OPEN, *wanted]))


async def test_an_orders_events_say_what_it_held_before(counter: Counter) -> None:
    """Also the first one, though the order's making was told by its session's event."""
    session = await counter.session("50.00")
    await counter.simulate(session.id, O.UNDERPAID)
    [event] = await rows(counter.database, "SELECT data, previous_attributes FROM events WHERE type = 'order.review'")
    data, previous = (msgspec.json.decode(event[i]) for i in (0, 1))
    assert (data["received"], data["exceptions"], data["status"]) == ("25.00", ["underpaid"], "review")
    assert previous == {"received": "0.00", "exceptions": [], "status": "open"}


async def test_money_that_moves_no_session_is_reported_by_its_order(counter: Counter) -> None:
    """A top-up while the merchant decides, and money long after the end: the order says so at once."""
    session = await counter.session("50.00")
    await counter.simulate(session.id, O.UNDERPAID)
    missing = session.payment.terms.amount_atomic // 2
    await seen(counter, session.id, sighting("0xa", 0, missing, True))
    order = await order_of(counter, session)
    assert [event.type for event in await told(counter, order)] == ["order.review", "order.updated"]
    assert (str(order.received), order.exceptions, order.status) == ("50.00", [], Q.REVIEW)

    late = await counter.session("50.00")
    counter.clock.forward(LIFETIME_MS + GRACE_MS)
    await counter.expire_due()
    await seen(counter, late.id, sighting("0xb", 0, late.payment.terms.amount_atomic, True))
    order = await order_of(counter, late)
    assert [event.type for event in await told(counter, order)] == ["order.expired", "order.review"]
    assert order.exceptions == ["late"]
    await counter.database.write(lambda tx: deciding.accept(counter.context, tx, counter.principal, late.id))
    assert (await order_of(counter, late)).status is Q.PAID


async def test_what_is_the_merchants_own_can_be_changed(counter: Counter) -> None:
    """Fulfilment and metadata, each change one event, no change none; whatever the money does."""
    session = await counter.session(metadata={"a": 1})
    order = await order_of(counter, session)

    async def change(**more: Any) -> Order:
        return await counter.database.write(
            lambda tx: orders.update_order(counter.context, tx, counter.principal, order.id, OrderChanges(**more))
        )

    assert (await change(fulfillment=Fulfillment.FULFILLED)).fulfillment is Fulfillment.FULFILLED
    await change(fulfillment=Fulfillment.FULFILLED)
    await change()
    assert (await change(metadata={"b": [2]})).metadata == '{"a":1,"b":[2]}'
    with pytest.raises(InvalidInput):
        await change(metadata={"k": "v" * 501})
    assert [event.type for event in await told(counter, order)] == ["order.updated"] * 2
    await counter.simulate(session.id, O.PAID)
    found = await order_of(counter, session)
    assert (found.status, found.fulfillment, found.metadata) == (Q.PAID, Fulfillment.FULFILLED, '{"a":1,"b":[2]}')


async def test_a_reference_that_is_to_be_unique_is(counter: Counter) -> None:
    """Twenty who ask at once: one gets it. Another project has its own, a canceled order frees it."""
    price = NewAmount("5.00", "USD")
    done = await settle(*(opened(counter, amount=price, reference="A-1", unique_reference=True) for _ in range(20)))
    assert (len(done.answers), {type(error) for error in done.errors}) == (1, {Conflict})
    assert {error.code for error in done.errors if isinstance(error, Conflict)} == {"order_reference_taken"}
    assert await one(counter.database, "SELECT COUNT(*) FROM checkout_sessions") == 1
    await opened(counter, amount=price, reference="A-1")
    neighbour = await counter_over(counter.database, counter.clock)
    await opened(neighbour, amount=price, reference="A-1", unique_reference=True)
    with pytest.raises(InvalidInput) as caught:
        await opened(counter, amount=price, unique_reference=True)
    assert caught.value.field == ("unique_reference",)

    [first] = done.answers
    await counter.simulate(first.id, O.FAILED)
    second = await opened(counter, amount=price, reference="A-1", unique_reference=True)
    # Money for the canceled one is written down all the same.
    await seen(counter, first.id, sighting("0xa", 0, 5, True))
    assert (await order_of(counter, second)).status is Q.OPEN


async def test_an_order_knows_its_customer(counter: Counter) -> None:
    """One of the same project and mode; any other is as if there were none."""
    customer = await counter.database.write(
        lambda tx: customers.create_customer(counter.context, tx, counter.principal, CustomerChanges(name="A"))
    )
    session = await counter.session(customer_id=customer.id)
    assert (await order_of(counter, session)).customer_id == customer.id
    neighbour = await counter_over(counter.database, counter.clock)
    for stranger in (customer.id, ids.new_id(ids.CUSTOMER), ""):
        with pytest.raises(InvalidInput) as caught:
            await neighbour.session(customer_id=stranger)
        assert caught.value.field == ("customer_id",)


async def test_orders_are_listed_by_what_is_asked_for(counter: Counter) -> None:
    """Newest first, page by page; filters combine; other projects and modes have their own."""
    made = []
    for number in range(5):
        session = await counter.session(reference=f"R{number % 2}")
        made.append(await order_of(counter, session))
        counter.clock.forward(1_000)
        if number > 2:
            await counter.simulate(session.id, O.PAID)

    async def listed(who: Counter = counter, **more: Any) -> list[int]:
        found: list[int] = []
        request = PageRequest(2)
        while True:
            page = await who.database.read(lambda tx, at=request: orders.list_orders(tx, who.principal, at, **more))
            found += [[order.id for order in made].index(order.id) for order in page.data]
            if not page.has_more:
                return found
            request = PageRequest(2, page.data[-1].id)

    assert await listed() == [4, 3, 2, 1, 0]
    assert await listed(status=Q.PAID) == [4, 3]
    assert await listed(reference="R0") == [4, 2, 0]
    assert await listed(reference="R0", status=Q.OPEN) == [2, 0]
    assert await listed(session_id=made[1].session_id) == [1]
    assert await listed(created_after=made[3].created_at) == [4, 3]
    assert await listed(fulfillment=Fulfillment.FULFILLED) == []
    assert await listed(await counter_over(counter.database, counter.clock)) == []


async def test_an_order_is_seen_in_its_own_project_and_mode_only(counter: Counter) -> None:
    """Across a wall it looks as if it were not there, to read and to change."""
    order = await order_of(counter, await counter.session())
    neighbour = await counter_over(counter.database, counter.clock)
    for stranger in (counter.principal._replace(livemode=True), neighbour.principal):
        with pytest.raises(NotFound):
            await counter.database.read(lambda tx, who=stranger: orders.get_order(tx, who, order.id))
        with pytest.raises(NotFound):
            await counter.database.write(
                lambda tx, who=stranger: orders.update_order(
                    counter.context, tx, who, order.id, OrderChanges(metadata={})
                )
            )


async def test_changing_and_paying_at_once_lose_nothing(counter: Counter) -> None:
    """The merchant writes a note while the money comes: both are there, and the events tell one story."""
    for _ in range(5):
        session = await counter.session()
        order = await order_of(counter, session)
        done = await settle(
            *(
                counter.database.write(
                    lambda tx, n=n, at=order.id: orders.update_order(
                        counter.context, tx, counter.principal, at, OrderChanges(metadata={"n": n})
                    )
                )
                for n in range(5)
            ),
            counter.simulate(session.id, O.PAID),
        )
        assert done.errors == []
        stories = await rows(
            counter.database,
            "SELECT data, previous_attributes FROM events WHERE object_id = $1 ORDER BY sequence",
            order.id,
        )
        snapshots = [msgspec.json.decode(row[0]) for row in stories]
        for before, (after, row) in itertools.pairwise(zip(snapshots, stories, strict=True)):
            assert after | msgspec.json.decode(row[1]) == before[0]
        assert snapshots[-1]["metadata"] == msgspec.json.decode((await order_of(counter, session)).metadata or "")
        assert (await order_of(counter, session)).status is Q.PAID


async def test_sessions_from_before_there_were_orders_get_theirs(counter: Counter) -> None:
    """The migration's own statement, run over sessions in every state, makes what the code would have made."""
    for outcome in (None, O.DETECTED, O.PAID, O.UNDERPAID, O.OVERPAID, O.LATE, O.FAILED):
        session = await counter.session("5.00")
        if outcome is not None:
            await counter.simulate(session.id, outcome)
    before = {row[0]: row[1] for row in await rows(counter.database, "SELECT session_id, status FROM orders")}
    await execute(counter.database, "DELETE FROM orders")

    [script] = [one.statements[-1] for one in migrations() if one.name == "orders"]
    await execute(counter.database, script)
    after = {row[0]: row[1] for row in await rows(counter.database, "SELECT session_id, status FROM orders")}
    assert after == before
    page = await counter.database.read(lambda tx: orders.list_orders(tx, counter.principal, PageRequest()))
    assert [(str(order.price), order.line_items[0].name) for order in page.data] == [("5.00", "Payment")] * 7
    assert all(ids.is_id(ids.ORDER, order.id) and ids.is_id("li", order.line_items[0].id) for order in page.data)
