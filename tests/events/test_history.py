"""The event log: read forward without a gap, and forgotten after 90 days."""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.database import Database
from tests.makers import Counter, StillClock, counter_over, one, rows
from tests.shop import eventually
from tillgate.base.clock import DAY_MS
from tillgate.events import operations as events
from tillgate.events.model import RETENTION_MS, previous_attributes
from tillgate.events.operations import DROP_BATCH_MAX
from tillgate.store.bell import Bell
from tillgate.store.jobs import JobWorker, Kind, in_batches

_values = st.dictionaries(st.text(max_size=3), st.none() | st.integers(0, 3) | st.lists(st.booleans(), max_size=2))


@given(before=_values, after=_values)
def test_previous_attributes_lead_back(before: dict[str, object], after: dict[str, object]) -> None:
    """Put over the later snapshot they give back every field of the earlier one, and hold nothing unchanged."""
    found = msgspec.json.decode(previous_attributes(msgspec.json.encode(before).decode(), msgspec.json.encode(after)))
    assert {name: (after | found)[name] for name in before} == before
    assert all(name not in after or after[name] != value for name, value in found.items())


def test_that_objects_say_their_mode_now_is_no_change() -> None:
    """Events from before an upgrade last for 90 days: the lines of an order are not told as changed because they say
    more today; what has changed besides is."""

    def changed(before: object, after: object) -> object:
        found = previous_attributes(msgspec.json.encode(before).decode(), msgspec.json.encode(after))
        return msgspec.json.decode(found)

    line: dict[str, object] = {"id": "li_1", "name": "Tea"}
    told = line | {"livemode": False}
    assert changed({"lineItems": [line], "status": "open"}, {"lineItems": [told], "status": "paid"}) == {
        "status": "open"
    }
    for lines in ([told | {"name": "Coffee"}], [told, told], []):
        assert changed({"lineItems": [line]}, {"lineItems": lines}) == {"lineItems": [line]}
    declined: dict[str, object] = {"code": "no"}
    assert changed({"lastDecline": declined}, {"lastDecline": declined | {"livemode": True}}) == {}
    assert changed({"lastDecline": None}, {"lastDecline": declined | {"livemode": True}}) == {"lastDecline": None}
    assert changed({"metadata": {}}, {"metadata": {"livemode": True}}) == {"metadata": {}}


@pytest.mark.anyio
async def test_a_follower_beside_many_writers_sees_no_gap(database: Database) -> None:
    """A sequence number is committed before the next one is taken: who follows never skips one that comes late."""
    counter = await counter_over(database)
    writers = asyncio.gather(*(counter.emit(object_id=f"cs_{number}") for number in range(150)))
    seen: list[int] = []
    while len(seen) < 150:
        after = len(seen)
        page = await database.read(lambda tx, after=after: events.catch_up(tx, counter.principal, after, limit=100))
        seen += [event.sequence for event in page.data]
        assert seen == list(range(1, len(seen) + 1))
        await asyncio.sleep(0)
    await writers


async def _drop(counter: Counter) -> int:
    return await counter.database.write(lambda tx: events.drop_old(tx, counter.clock.now()))


@pytest.mark.anyio
async def test_events_are_kept_for_90_days(database: Database) -> None:
    """Not a millisecond less; then they go with their deliveries, and the sequence goes on."""
    clock = StillClock()
    counter = await counter_over(database, clock)
    await counter.endpoint()
    await counter.emit()
    clock.forward(DAY_MS)
    await counter.emit()
    clock.forward(RETENTION_MS - DAY_MS)
    assert await _drop(counter) == 0
    clock.forward(1)
    assert await _drop(counter) == 1
    assert await one(database, "SELECT COUNT(*) FROM webhook_deliveries") == 1
    await counter.emit()
    page = await database.read(lambda tx: events.catch_up(tx, counter.principal, 0))
    assert [event.sequence for event in page.data] == [2, 3]


@pytest.mark.anyio
async def test_a_test_send_is_forgotten_like_an_event(database: Database) -> None:
    """It has no event to go with, so it goes by its own age; the endpoint stays."""
    from tillgate.events.endpoints.operations import prepare_test

    clock = StillClock()
    counter = await counter_over(database, clock)
    made = await counter.endpoint()
    await database.write(
        lambda tx: prepare_test(
            counter.endpoints, tx, counter.principal, made.endpoint.id, counter.fact(data=b'{"object":"example"}')
        )
    )
    clock.forward(RETENTION_MS)
    assert await _drop(counter) == 0
    clock.forward(1)
    assert await _drop(counter) == 1
    assert await rows(database, "SELECT id FROM webhook_deliveries") == []
    assert await one(database, "SELECT COUNT(*) FROM webhook_endpoints") == 1


@pytest.mark.anyio
async def test_a_start_catches_up_with_everything_that_is_old(database: Database) -> None:
    """However many batches it takes, they are dropped before the job first waits."""
    clock = StillClock()
    counter = await counter_over(database, clock)

    async def many(tx: object) -> None:
        for number in range(DROP_BATCH_MAX + 20):
            await counter.emit_in(tx, "session.paid", f"cs_{number}")  # type: ignore[arg-type]

    await database.write(many)
    clock.forward(RETENTION_MS + 1)

    async def drop(_: object) -> object:
        return await in_batches(database, lambda tx: events.drop_old(tx, clock.now()))

    kind = Kind("events.drop", drop, every_ms=DAY_MS)  # type: ignore[arg-type]
    job = asyncio.create_task(JobWorker(database, clock, [kind], Bell()).run())

    async def none_left() -> bool:
        return await one(database, "SELECT COUNT(*) FROM events") == 0

    try:
        await eventually(none_left)
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
