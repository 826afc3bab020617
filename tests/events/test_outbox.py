"""Events are written in the transaction of what they tell, numbered without a gap, for whoever wants them."""

import msgspec
import pytest

from keyturn.database import Database, Transaction
from tests.makers import Counter, counter_over, execute, one, rows, settle
from tillgate.base.errors import Conflict, InvalidInput, NotFound
from tillgate.base.pages import PageRequest
from tillgate.checkout.sessions.opening import NewAmount, NewSession, open_session
from tillgate.checkout.settlement.simulating import Outcome
from tillgate.events import operations as events
from tillgate.events.endpoints import operations as endpoints
from tillgate.events.endpoints.model import checked_events
from tillgate.events.endpoints.operations import EndpointChanges, NewEndpoint
from tillgate.events.types import ALIASES, EVENT_TYPES, event_type

pytestmark = pytest.mark.anyio


@pytest.fixture
async def counter(database: Database) -> Counter:
    return await counter_over(database)


async def deliveries(counter: Counter) -> list[tuple[str, str]]:
    """Endpoint and event type of every delivery."""
    found = await rows(counter.database, "SELECT endpoint_id, event_type FROM webhook_deliveries ORDER BY id")
    return [(row["endpoint_id"], row["event_type"]) for row in found]


async def test_a_change_and_its_event_come_together_or_not_at_all(counter: Counter) -> None:
    """An operation that fails after everything was written leaves no session, event, delivery or number."""
    await counter.endpoint()

    async def operation(tx: Transaction) -> None:
        await open_session(counter.context, tx, counter.principal, NewSession(amount=NewAmount("1", "USD")))
        row = await tx.fetch_one("SELECT COUNT(*) FROM webhook_deliveries")
        assert row is not None
        assert row[0] == 1
        raise LookupError("at the very end")

    with pytest.raises(LookupError):
        await counter.database.write(operation)
    for table in ("checkout_sessions", "payments", "events", "webhook_deliveries", "event_sequences"):
        assert await one(counter.database, f"SELECT COUNT(*) FROM {table}") == 0, table  # noqa: S608
    await counter.session()
    assert [event.sequence for event in await counter.events()] == [1]


async def test_the_sequence_has_no_gap_whatever_fails(counter: Counter) -> None:
    """A hundred writes at once, a third of them failing after their number was taken: 1, 2, 3 … of what stayed."""

    async def operation(tx: Transaction, number: int) -> None:
        await counter.emit_in(tx, object_id=f"cs_{number}")
        if number % 3 == 0:
            raise LookupError

    done = await settle(*(counter.database.write(lambda tx, n=n: operation(tx, n)) for n in range(100)))
    assert len(done.errors) == 34
    told = await counter.events()
    assert [event.sequence for event in told] == list(range(1, 67))
    assert len({event.id for event in told}) == 66


async def test_each_project_and_mode_counts_for_itself(counter: Counter) -> None:
    """One shop's business tells nothing about another's, nor test mode about live mode."""
    neighbour = await counter_over(counter.database, counter.clock)
    for _ in range(3):
        await counter.emit()
        await neighbour.emit()
    assert [event.sequence for event in await counter.events()] == [1, 2, 3]
    assert [event.sequence for event in await neighbour.events()] == [1, 2, 3]


async def test_an_event_is_delivered_to_those_who_want_it(counter: Counter) -> None:
    """By type, by ``*``, by the alias of a type; not to the inactive, to other projects or to the other mode."""
    all_of_them = (await counter.endpoint(events=("*",))).endpoint
    orders = (await counter.endpoint(events=("order.*",))).endpoint
    paid = (await counter.endpoint(events=("session.paid", "session.failed"))).endpoint
    created = (await counter.endpoint(events=("session.pending",))).endpoint
    off = (await counter.endpoint(events=("*",))).endpoint
    await counter.database.write(
        lambda tx: endpoints.update_endpoint(
            counter.endpoints, tx, counter.principal, off.id, EndpointChanges(active=False)
        )
    )
    neighbour = await counter_over(counter.database, counter.clock)
    await neighbour.endpoint()
    live = counter.principal._replace(livemode=True)
    new = NewEndpoint("https://shop.example/live", ["*"])
    await counter.database.write(lambda tx: endpoints.create_endpoint(counter.endpoints, tx, live, new))

    session = await counter.session()
    assert await deliveries(counter) == [(all_of_them.id, "session.created"), (created.id, "session.created")]
    await counter.simulate(session.id, Outcome.PAID)
    assert (await deliveries(counter))[2:] == [
        (all_of_them.id, "payment.succeeded"),
        (all_of_them.id, "order.paid"),
        (orders.id, "order.paid"),
        (all_of_them.id, "session.paid"),
        (paid.id, "session.paid"),
    ]


async def test_the_bell_rings_only_for_work(counter: Counter) -> None:
    """The worker is woken after a commit that left something to deliver, and never else."""
    rung = 0

    def ring() -> None:
        nonlocal rung
        rung += 1

    counter.wake.now = ring  # type: ignore[method-assign]
    await counter.emit()
    assert rung == 0
    await counter.endpoint()
    await counter.emit()
    assert rung == 1

    async def fails(tx: Transaction) -> None:
        await counter.emit_in(tx, "session.paid")
        raise LookupError

    with pytest.raises(LookupError):
        await counter.database.write(fails)
    assert rung == 1


async def test_an_endpoint_deleted_meanwhile_takes_no_event_down(counter: Counter) -> None:
    """Paying and deleting endpoints at once: every payment holds, and no delivery is left without an endpoint."""
    for _ in range(3):
        made = [(await counter.endpoint()).endpoint.id for _ in range(5)]
        opened = [(await counter.session()).id for _ in range(5)]
        done = await settle(
            *(
                work
                for endpoint_id, session_id in zip(made, opened, strict=True)
                for work in (
                    counter.simulate(session_id, Outcome.PAID),
                    counter.database.write(
                        lambda tx, it=endpoint_id: endpoints.delete_endpoint(tx, counter.principal, it)
                    ),
                )
            )
        )
        assert done.errors == []
    assert await one(counter.database, "SELECT COUNT(*) FROM events WHERE type = 'session.paid'") == 15
    assert await deliveries(counter) == []


async def test_an_event_is_what_it_was_when_it_happened(counter: Counter) -> None:
    """A later change of the session changes no event."""
    session = await counter.session()
    await counter.simulate(session.id, Outcome.DETECTED)
    await counter.simulate(session.id, Outcome.PAID)
    told = [msgspec.json.decode(event.data) for event in await counter.events() if event.type.startswith("session.")]
    assert [one["status"] for one in told] == ["pending", "detected", "paid"]
    assert [one["paidAt"] is not None for one in told] == [False, False, True]
    assert [one["received"]["wei"] for one in told] == ["0", "0", told[0]["amount"]["wei"]]


async def test_events_are_listed_newest_first_by_type_and_time(counter: Counter) -> None:
    """Each once, page by page; an alias finds its type; a type that does not exist is refused."""
    for number in range(9):
        await counter.emit("session.paid" if number % 3 else "session.created", object_id=f"cs_{number}")
        counter.clock.forward(1_000)

    async def listed(**more: object) -> list[int]:
        found: list[int] = []
        cursor = None
        while True:
            request = PageRequest(2, cursor)
            page = await counter.database.read(
                lambda tx, at=request: events.list_events(tx, counter.principal, at, **more)  # type: ignore[arg-type]
            )
            found += [event.sequence for event in page.data]
            cursor = page.data[-1].id if page.data else None
            if not page.has_more:
                return found

    assert await listed() == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert await listed(type="session.created") == await listed(type="session.pending") == [7, 4, 1]
    assert await listed(created_after=counter.clock.at - 3_000) == [9, 8, 7]
    assert await listed(type="session.created", created_after=counter.clock.at - 3_000) == [7]
    with pytest.raises(InvalidInput):
        await listed(type="session.exploded")


async def test_an_event_is_seen_in_its_own_project_and_mode_only(counter: Counter) -> None:
    """Across a wall it is not there."""
    await counter.emit()
    [event] = await counter.events()
    assert (await counter.database.read(lambda tx: events.get_event(tx, counter.principal, event.id))).id == event.id
    neighbour = await counter_over(counter.database, counter.clock)
    for stranger in (neighbour.principal, counter.principal._replace(livemode=True)):
        with pytest.raises(NotFound):
            await counter.database.read(lambda tx, who=stranger: events.get_event(tx, who, event.id))


def test_aliases_mean_their_types() -> None:
    """Crypto Checkout names the creation both ways; what is kept is the one name."""
    assert event_type("session.pending", field="events") == "session.created"
    assert checked_events(["session.pending", "session.created", "session.paid"]) == ("session.created", "session.paid")
    assert checked_events(["session.paid", "*"]) == ("*",)
    assert set(ALIASES.values()) <= set(EVENT_TYPES)


@pytest.mark.parametrize(
    "names", [[], ["session"], ["sessions.*"], ["SESSION.PAID"], ["*"] * 65, [""], ["session.paid "]]
)
def test_what_is_no_event_type_is_refused(names: list[str]) -> None:
    """None at all, wild cards within, other case, too many."""
    with pytest.raises(InvalidInput) as caught:
        checked_events(names)
    assert caught.value.field == ("events",)


async def test_an_endpoints_secret_is_stored_sealed(counter: Counter) -> None:
    """Shown once; the row holds neither the text nor its bytes, and opens with the instance's key only."""
    made = await counter.endpoint()
    [row] = await rows(counter.database, "SELECT secret_sealed, secret_prefix FROM webhook_endpoints")
    text = made.secret.reveal()
    assert text.startswith("whsec_")
    assert text[12:] not in row["secret_sealed"]
    assert row["secret_prefix"] == made.endpoint.secret_prefix == text[:12]
    assert counter.sealer.open(row["secret_sealed"]) == text
    assert text[12:] not in repr(made)


async def test_a_project_has_at_most_fifty_endpoints(counter: Counter) -> None:
    """Everything has a limit; deleting one makes room."""
    made = [await counter.endpoint() for _ in range(endpoints.ENDPOINTS_MAX)]
    with pytest.raises(Conflict) as caught:
        await counter.endpoint()
    assert caught.value.code == "too_many_webhook_endpoints"
    await counter.database.write(lambda tx: endpoints.delete_endpoint(tx, counter.principal, made[0].endpoint.id))
    await counter.endpoint()


async def test_two_changes_of_an_endpoint_at_once_both_hold(counter: Counter) -> None:
    """Switching an endpoint off while somebody else edits it does not get lost."""
    changes = [EndpointChanges(active=False), EndpointChanges(url="https://new.example"), EndpointChanges(events=["*"])]
    for _ in range(10):
        made = (await counter.endpoint(events=("session.paid",))).endpoint
        done = await settle(
            *(
                counter.database.write(
                    lambda tx, to=change, at=made.id: endpoints.update_endpoint(
                        counter.endpoints, tx, counter.principal, at, to
                    )
                )
                for change in changes
            )
        )
        assert done.errors == []
        found = await counter.database.read(lambda tx, at=made.id: endpoints.get_endpoint(tx, counter.principal, at))
        assert (found.active, found.url, found.events) == (False, "https://new.example", ("*",))
    assert await execute(counter.database, "DELETE FROM webhook_endpoints") == 10
