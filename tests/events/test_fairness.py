"""A dead or slow receiver delays nobody but itself, and is left alone in the end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest

from keyturn.database import Database
from tests.makers import NEW_YEAR, ON_SQLITE, Counter, StillClock, counter_over, one, rows
from tests.receiver import Receiver
from tests.running import free_port
from tests.shop import eventually
from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS
from tillgate.events.deliveries import records
from tillgate.events.deliveries.guard import CONNECTIONS_MAX, LOOPBACK, AddressGuard, guarded_transport
from tillgate.events.deliveries.model import (
    ENDPOINT_IN_FLIGHT_MAX,
    IN_FLIGHT_MAX,
    Attempt,
    project_capacity,
    share,
)
from tillgate.events.deliveries.sending import Sender
from tillgate.events.deliveries.worker import LEASE_MS, DeliveryWorker
from tillgate.events.endpoints import operations as endpoints
from tillgate.events.endpoints.model import DisabledReason, WebhookEndpoint
from tillgate.events.endpoints.operations import ENDPOINTS_MAX, EndpointChanges

pytestmark = pytest.mark.anyio


@pytest.fixture
async def counter(database: Database) -> Counter:
    return await counter_over(database, StillClock())


@contextlib.asynccontextmanager
async def working(counter: Counter) -> AsyncIterator[None]:
    sender = Sender(counter.sealer, counter.clock)
    task = asyncio.create_task(DeliveryWorker(counter.database, sender, counter.clock, counter.outbox).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await sender.close()


class Hanging:
    """A receiver that takes every connection and answers none until it is released."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.open = 0
        self.open_max = 0
        self.released = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.open_max = max(self.open_max, self.open)
        await self.released.wait()
        self.open -= 1
        writer.close()


@pytest.fixture
async def hanging(anyio_backend: object) -> AsyncIterator[Hanging]:
    made = Hanging()
    server = await asyncio.start_server(made.answer, "127.0.0.1", made.port)
    async with server:
        yield made
        made.released.set()


async def endpoint_now(counter: Counter, endpoint_id: str) -> WebhookEndpoint:
    return await counter.database.read(lambda tx: endpoints.get_endpoint(tx, counter.principal, endpoint_id))


async def change(counter: Counter, endpoint_id: str, changes: EndpointChanges) -> WebhookEndpoint:
    return await counter.database.write(
        lambda tx: endpoints.update_endpoint(counter.endpoints, tx, counter.principal, endpoint_id, changes)
    )


async def test_a_hanging_receiver_delays_no_other(counter: Counter, hanging: Hanging, receiver: Receiver) -> None:
    """While one receiver holds everything it was sent, the other gets all of its events; the first one holds no more
    connections than an endpoint may have."""
    stuck = (await counter.endpoint(hanging.url)).endpoint
    await counter.endpoint(receiver.url)
    for number in range(60):
        await counter.emit(object_id=f"cs_{number}")
    async with working(counter):
        await asyncio.to_thread(receiver.wait_for, lambda got: len(got) >= 60)
        # The other one has not even failed yet, so nothing that arrived had waited for it.
        assert (
            await one(counter.database, "SELECT SUM(attempts) FROM webhook_deliveries WHERE endpoint_id = $1", stuck.id)
            == 0
        )
        await eventually(lambda: hanging.open == ENDPOINT_IN_FLIGHT_MAX)
        assert hanging.open_max == ENDPOINT_IN_FLIGHT_MAX
        hanging.released.set()


@ON_SQLITE
async def test_however_many_receivers_hang_the_next_one_is_served(
    counter: Counter, hanging: Hanging, receiver: Receiver
) -> None:
    """More endpoints that answer nothing than there are places for them in full: they get fewer each, and whoever
    comes last is still served before the first of them has failed."""
    for _ in range(40):
        await counter.endpoint(hanging.url)
    for number in range(ENDPOINT_IN_FLIGHT_MAX):
        await counter.emit(object_id=f"cs_{number}")
    async with working(counter):
        await eventually(lambda: hanging.open >= IN_FLIGHT_MAX // 3 + 20)
        await counter.endpoint(receiver.url)
        for number in range(5):
            await counter.emit("session.failed", object_id=f"cs_{number}")
        await asyncio.to_thread(receiver.wait_for, lambda got: len(got) >= 5)
        assert await one(counter.database, "SELECT SUM(attempts) FROM webhook_deliveries WHERE status = 'pending'") == 0
        assert hanging.open_max < IN_FLIGHT_MAX
        hanging.released.set()


@ON_SQLITE
async def test_however_many_projects_receivers_hang_the_next_project_is_served(
    counter: Counter, hanging: Hanging, receiver: Receiver
) -> None:
    """Six projects, each with as many endpoints that answer nothing as a project may have, could hold every place for
    as long as an attempt may take. They leave as many places as one of them holds, and the next one's events go out
    before any attempt of theirs has ended."""
    for _ in range(6):
        other = await counter_over(counter.database, counter.clock)
        other.endpoints = counter.endpoints
        for _ in range(ENDPOINTS_MAX):
            await other.endpoint(hanging.url)
        await other.emit()
        await other.emit()
    async with working(counter):
        # Each holds as many as are free then.
        await eventually(lambda: hanging.open >= 6 * (IN_FLIGHT_MAX // 7))
        await counter.endpoint(receiver.url)
        for number in range(5):
            await counter.emit("session.failed", object_id=f"cs_{number}")
        await asyncio.to_thread(receiver.wait_for, lambda got: len(got) >= 5)
        assert await one(counter.database, "SELECT SUM(attempts) FROM webhook_deliveries WHERE status = 'pending'") == 0
        assert hanging.open_max <= IN_FLIGHT_MAX - IN_FLIGHT_MAX // 8
        hanging.released.set()


def test_a_project_leaves_as_many_places_as_it_holds() -> None:
    """Alone it takes a third of all for endpoints that have some already, and half of all with one for each; whatever
    number of projects there is, a place is left for the next."""

    def held_by_each(projects: int, *, idle: bool) -> list[int]:
        held, free, taking = [0] * projects, IN_FLIGHT_MAX, True
        while taking:
            taking = False
            for number in range(projects):
                if project_capacity(held[number], free, idle=idle):
                    held[number], free, taking = held[number] + 1, free - 1, True
        return held

    assert (held_by_each(1, idle=False), held_by_each(1, idle=True)) == ([86], [128])
    for projects in (2, 6, 50, 200):
        each = held_by_each(projects, idle=True)
        assert 1 <= IN_FLIGHT_MAX - sum(each) <= max(each) <= min(each) + 1
    for held, free in ((0, 256), (10, 256), (85, 171), (86, 170), (128, 128), (0, 1), (0, 0)):
        one_by_one = 0
        while project_capacity(held + one_by_one, free - one_by_one, idle=False):
            one_by_one += 1
        assert project_capacity(held, free, idle=False) == one_by_one


async def test_test_sends_take_no_connection_and_no_slot_of_deliveries(
    counter: Counter, hanging: Hanging, receiver: Receiver
) -> None:
    """As many test sends as an endpoint has places hang, and more than there are connections for tests: deliveries go
    out, those of the same endpoint too."""
    guard = AddressGuard(LOOPBACK)
    sender = Sender(counter.sealer, counter.clock, guarded_transport(guard))
    tests = Sender(counter.sealer, counter.clock, guarded_transport(guard, open_max=3, kept_max=0))
    worker = DeliveryWorker(counter.database, sender, counter.clock, counter.outbox, tests=tests)
    endpoint = (await counter.endpoint(hanging.url)).endpoint
    claimed = [
        await counter.database.write(
            lambda tx: endpoints.prepare_test(
                counter.endpoints, tx, counter.principal, endpoint.id, counter.fact(data=b"{}")
            )
        )
        for _ in range(ENDPOINT_IN_FLIGHT_MAX)
    ]
    trying = [asyncio.create_task(worker.attempt_now(one)) for one in claimed]
    running = asyncio.create_task(worker.run())
    try:
        await eventually(lambda: hanging.open == 3)
        await change(counter, endpoint.id, EndpointChanges(url=receiver.url))
        for number in range(5):
            await counter.emit(object_id=f"cs_{number}")
        await asyncio.to_thread(receiver.wait_for, lambda got: len(got) >= 5)
        assert (hanging.open_max, any(task.done() for task in trying)) == (3, False)
    finally:
        for task in (*trying, running):
            task.cancel()
        hanging.released.set()
        await asyncio.gather(*trying, running, return_exceptions=True)
        await sender.close()
        await tests.close()


def test_slots_run_out_slowly() -> None:
    """Each endpoint's share shrinks with what is free, and never below one; and each place has a connection."""
    assert CONNECTIONS_MAX > IN_FLIGHT_MAX
    assert [share(free) for free in (256, 160, 159, 32, 8, 1)] == [10, 10, 9, 2, 1, 1]


async def test_slots_are_given_endpoint_by_endpoint(counter: Counter) -> None:
    """What is held counts, whoever holds it; another endpoint's turn comes all the same."""
    first = (await counter.endpoint()).endpoint
    for number in range(ENDPOINT_IN_FLIGHT_MAX + 5):
        await counter.emit(object_id=f"cs_{number}")
    second = (await counter.endpoint()).endpoint
    await counter.emit()

    async def claim(limit: int = 100) -> list[str]:
        now = counter.clock.now()
        found = await counter.database.write(
            lambda tx: records.claim_due(tx, now=now, lease_until=now + LEASE_MS, limit=limit)
        )
        return [claimed.endpoint_id for claimed in found]

    assert await claim(3) == [first.id] * 3
    taken = await claim()
    assert (taken.count(first.id), taken.count(second.id)) == (ENDPOINT_IN_FLIGHT_MAX - 3, 1)
    assert await claim() == []
    # Those that held them died: what is left is due again.
    counter.clock.forward(LEASE_MS)
    assert (await claim()).count(first.id) == ENDPOINT_IN_FLIGHT_MAX


async def test_two_workers_never_hold_more_than_an_endpoints_slots(counter: Counter) -> None:
    """Claiming at once from several processes gives each delivery to one and the places out once."""
    await counter.endpoint()
    for number in range(3 * ENDPOINT_IN_FLIGHT_MAX):
        await counter.emit(object_id=f"cs_{number}")
    now = counter.clock.now()
    claims = await asyncio.gather(
        *(
            counter.database.write(lambda tx: records.claim_due(tx, now=now, lease_until=now + LEASE_MS, limit=100))
            for _ in range(5)
        )
    )
    ids = [claimed.delivery_id for claim in claims for claimed in claim]
    assert len(ids) == len(set(ids)) == ENDPOINT_IN_FLIGHT_MAX


async def test_an_endpoint_that_fails_gets_one_probe_at_a_time(counter: Counter, receiver: Receiver) -> None:
    """failingSince says since when; a success ends it, and everything that waited follows."""
    made = (await counter.endpoint(receiver.url)).endpoint
    receiver.status = 500
    await counter.emit()
    async with working(counter):

        async def failing() -> bool:
            return (await endpoint_now(counter, made.id)).failing_since is not None

        await eventually(failing)
    counter.clock.forward(MINUTE_MS)
    for number in range(5):
        await counter.emit(object_id=f"cs_{number}")
    now = counter.clock.now()
    held = await counter.database.write(
        lambda tx: records.claim_due(tx, now=now, lease_until=now + LEASE_MS, limit=100)
    )
    assert [claimed.failing for claimed in held] == [True]
    counter.clock.forward(LEASE_MS)
    receiver.status = 200
    receiver.received.clear()
    async with working(counter):
        await asyncio.to_thread(receiver.wait_for, lambda got: len(got) >= 6)

        async def recovered() -> bool:
            return (await endpoint_now(counter, made.id)).failing_since is None

        await eventually(recovered)


async def test_a_receiver_that_is_gone_is_left_alone(counter: Counter, receiver: Receiver) -> None:
    """410 switches the endpoint off and says why; what is pending waits, and goes on when it is switched on."""
    made = (await counter.endpoint(receiver.url)).endpoint
    receiver.status = 410
    await counter.emit()
    async with working(counter):

        async def off() -> bool:
            return not (await endpoint_now(counter, made.id)).active

        await eventually(off)
        assert (await endpoint_now(counter, made.id)).disabled_reason is DisabledReason.GONE
        assert await one(counter.database, "SELECT status FROM webhook_deliveries") == "pending"
        await counter.emit("session.failed")
        counter.clock.forward(MINUTE_MS)
        receiver.status = 200
        found = await change(counter, made.id, EndpointChanges(active=True))
        assert (found.active, found.disabled_reason, found.failing_since) == (True, None, None)
        counter.wake.now()
        received = await asyncio.to_thread(receiver.wait_for, lambda got: len(got) >= 2)
    assert [one.json["type"] for one in received] == ["session.paid", "session.paid"]


async def test_five_days_of_failures_switch_an_endpoint_off(counter: Counter, receiver: Receiver) -> None:
    """Nothing but failures, from the first one on; a single success in between starts the count again. Each day of it
    is reported once by an event, and so is the end; a receiver that is down for a moment is no news."""
    made = (await counter.endpoint(receiver.url)).endpoint
    beside = (await counter.endpoint(receiver.url, events=("webhook_endpoint.*",))).endpoint

    async def conclude(status: int | None, *, is_test: bool = False) -> WebhookEndpoint:
        attempt = Attempt(number=1, attempted_at=0, duration_ms=1, response_status=status)
        now = counter.clock.now()
        await counter.database.write(
            lambda tx: endpoints.conclude(tx, counter.outbox, made.id, attempt, is_test=is_test, now=now)
        )
        return await endpoint_now(counter, made.id)

    assert (await conclude(500, is_test=True)).failing_since is None
    assert (await conclude(410, is_test=True)).active
    assert (await conclude(500)).failing_since == NEW_YEAR
    counter.clock.forward(5 * DAY_MS - 1)
    assert (await conclude(None)).active
    assert (await conclude(204)).failing_since is None
    began = counter.clock.now()
    assert (await conclude(None)).failing_since == began
    counter.clock.forward(5 * DAY_MS - 1)
    assert (await conclude(302)).active
    counter.clock.forward(1)
    found = await conclude(503)
    assert (found.active, found.disabled_reason, found.failing_since) == (False, DisabledReason.FAILING, began)
    # Of the first five days, when it looked again just before their end, and of the last millisecond.
    told = await rows(counter.database, "SELECT type, object_id, data FROM events ORDER BY sequence")
    types = ["webhook_endpoint.failing", "webhook_endpoint.failing", "webhook_endpoint.disabled"]
    assert [(one["type"], one["object_id"]) for one in told] == [(type, made.id) for type in types]
    shown = [msgspec.json.decode(one["data"]) for one in told]
    assert [(one["active"], one["disabledReason"]) for one in shown] == [(True, None), (True, None), (False, "failing")]
    assert "secret" not in shown[-1]
    sent = await rows(counter.database, "SELECT endpoint_id FROM webhook_deliveries")
    assert [one["endpoint_id"] for one in sent].count(beside.id) == 3
    # Another address has not failed yet, but whoever switched it off decides when it goes on.
    found = await change(counter, made.id, EndpointChanges(url="https://new.example/in"))
    assert (found.active, found.disabled_reason, found.failing_since) == (False, DisabledReason.FAILING, None)
    found = await change(counter, made.id, EndpointChanges(active=True))
    assert (found.active, found.disabled_reason) == (True, None)


async def test_a_receiver_that_asks_for_an_hour_gets_it(counter: Counter, receiver: Receiver) -> None:
    """Over the wire: 503 with Retry-After moves the next attempt, in the row that every worker reads."""
    await counter.endpoint(receiver.url)
    receiver.status, receiver.headers = 503, {"retry-after": "3600"}
    await counter.emit()
    async with working(counter):

        async def attempted() -> bool:
            return bool(await one(counter.database, "SELECT attempts FROM webhook_deliveries"))

        await eventually(attempted)
    [row] = await rows(counter.database, "SELECT status, next_attempt_at FROM webhook_deliveries")
    assert (row["status"], row["next_attempt_at"]) == ("pending", NEW_YEAR + HOUR_MS)
