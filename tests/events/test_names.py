"""Names that are looked up for webhooks: a dead name server delays nobody but its own merchant."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator

import pytest

from keyturn.database import Database
from tests.makers import Counter, StillClock, counter_over, execute, one, rows
from tests.nameserver import NameServer, name_server
from tests.receiver import Receiver
from tests.shop import eventually
from tillgate.events.deliveries.guard import LOOPBACK, AddressGuard, guarded_transport
from tillgate.events.deliveries.names import (
    PROJECT_LOOKUPS_MAX,
    SILENT_SECONDS,
    SUSPECT_LOOKUPS_MAX,
    Names,
    NotResolved,
)
from tillgate.events.deliveries.sending import Sender
from tillgate.events.deliveries.worker import DeliveryWorker

pytestmark = pytest.mark.anyio

HERE = [ipaddress.ip_address("127.0.0.1")]
# Only so that a test which hangs ends.
GUARD_SECONDS = 20


@pytest.fixture
async def server(anyio_backend: object) -> AsyncIterator[NameServer]:
    async with name_server() as made:
        yield made


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def names(server: NameServer, clock: Clock) -> AsyncIterator[Names]:
    made = Names([server.address], lookup_seconds=0.4, monotonic=clock)
    yield made
    await made.close()


async def test_a_name_is_found_and_an_address_needs_no_server(names: Names, server: NameServer) -> None:
    """Also in brackets' content, and this machine's own name."""
    assert await names.addresses("shop.test", "a") == HERE
    assert await names.addresses("127.0.0.1", "a") == HERE
    assert await names.addresses("::1", "a") == [ipaddress.ip_address("::1")]
    assert HERE[0] in await names.addresses("localhost", "a")
    assert set(server.asked) == {"shop.test"}


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("x.dead.test", "its name servers do not answer"),
        ("x.broken.test", "its name servers do not answer"),
        ("x.absent.test", "there is no such name"),
        ("x" * 70 + ".test", "does not resolve"),
    ],
)
async def test_why_a_name_has_no_address_is_said(names: Names, host: str, words: str) -> None:
    """The merchant reads it beside the attempt."""
    async with asyncio.timeout(GUARD_SECONDS):
        with pytest.raises(NotResolved, match=words):
            await names.addresses(host, "a")


async def test_silence_is_remembered_for_its_own_project_alone(names: Names, server: NameServer, clock: Clock) -> None:
    """A dead name is not waited for again so soon; another project, and a later attempt, ask for themselves. That a
    name does not exist is not remembered: it costs nobody time, and somebody may be about to make it."""
    async with asyncio.timeout(GUARD_SECONDS):
        for _ in range(2):
            with pytest.raises(NotResolved):
                await names.addresses("x.dead.test", "a")
        asked = server.asked["x.dead.test"]
        server.revived = True
        with pytest.raises(NotResolved):
            await names.addresses("x.dead.test", "a")
        assert server.asked["x.dead.test"] == asked
        assert await names.addresses("x.dead.test", "b") == HERE
        clock.at += SILENT_SECONDS
        assert await names.addresses("x.dead.test", "a") == HERE
        for _ in range(2):
            with pytest.raises(NotResolved):
                await names.addresses("x.absent.test", "a")


async def test_a_project_with_any_number_of_dead_names_takes_its_own_turns(names: Names, server: NameServer) -> None:
    """A limited number is asked for at once; another project's name is found while all of those hang."""
    names._lookup_seconds = GUARD_SECONDS  # so that none of them makes room for another
    async with asyncio.timeout(GUARD_SECONDS):
        dead = [asyncio.ensure_future(names.addresses(f"{n}.dead.test", "a")) for n in range(200)]
        assert await names.addresses("shop.test", "b") == HERE
        assert not any(one.done() for one in dead)
        await eventually(lambda: len([name for name in server.asked if "dead" in name]) >= PROJECT_LOOKUPS_MAX)
        assert len([name for name in server.asked if "dead" in name]) == PROJECT_LOOKUPS_MAX
        for one_ in dead:
            one_.cancel()
        await asyncio.gather(*dead, return_exceptions=True)


async def test_names_that_were_silent_before_leave_room_for_others_of_their_project(
    names: Names, server: NameServer, clock: Clock
) -> None:
    """However many dead names a project has, once they are known they take a part of its turns only, so that its other
    endpoints are not booked for them."""
    async with asyncio.timeout(GUARD_SECONDS):
        dead = [f"{number}.dead.test" for number in range(PROJECT_LOOKUPS_MAX)]
        await asyncio.gather(*(names.addresses(host, "a") for host in dead), return_exceptions=True)
        clock.at += SILENT_SECONDS
        names._lookup_seconds = GUARD_SECONDS
        before = server.asked.copy()
        again = [asyncio.ensure_future(names.addresses(host, "a")) for host in dead]
        await eventually(lambda: (server.asked - before).total() >= SUSPECT_LOOKUPS_MAX)
        assert await names.addresses("shop.test", "a") == HERE
        assert not any(one_.done() for one_ in again)
        assert len([host for host in dead if server.asked[host] > before[host]]) == SUSPECT_LOOKUPS_MAX
        server.revived = True
        assert await asyncio.gather(*again[SUSPECT_LOOKUPS_MAX:]) == [HERE] * (len(dead) - SUSPECT_LOOKUPS_MAX)
        await asyncio.gather(*again, return_exceptions=True)


async def test_who_asks_for_the_same_name_shares_the_look_up(names: Names, server: NameServer) -> None:
    """And who goes away takes it from nobody."""
    async with asyncio.timeout(GUARD_SECONDS):
        asking = [asyncio.ensure_future(names.addresses("shop.test", "a")) for _ in range(50)]
        await asyncio.sleep(0)
        asking[0].cancel()
        found = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert found[1:] == [HERE] * 49
    assert server.asked["shop.test"] == 1


async def test_endpoints_with_a_dead_name_server_delay_no_other(
    database: Database, server: NameServer, receiver: Receiver
) -> None:
    """Twelve endpoints of one project whose name server is silent, and one of another project with a living name: its
    webhook arrives while none of the others has been given up; and theirs is written down as their own failure."""
    bad = await counter_over(database, StillClock())
    good = await counter_over(database, bad.clock)
    good.sealer, good.endpoints = bad.sealer, bad.endpoints
    port = receiver.url.rpartition(":")[2]

    async def endpoint(counter: Counter, host: str) -> None:
        # Made with an address and then renamed: plain http to a name is refused, and this test speaks no TLS.
        made = await counter.endpoint(receiver.url, ("session.created",))
        url = f"http://{host}:{port}/"
        await execute(database, "UPDATE webhook_endpoints SET url = $1 WHERE id = $2", url, made.endpoint.id)

    for number in range(12):
        await endpoint(bad, f"{number}.dead.test")
    await endpoint(good, "shop.test")
    await bad.session()
    await good.session()
    # Long enough for the other webhook on a busy machine.
    names = Names([server.address], lookup_seconds=4.0)
    sender = Sender(bad.sealer, bad.clock, guarded_transport(AddressGuard(LOOPBACK), names))
    task = asyncio.create_task(DeliveryWorker(database, sender, bad.clock, bad.outbox).run())
    try:
        await eventually(lambda: receiver.received)
        assert await one(database, "SELECT COUNT(*) FROM webhook_attempts WHERE error IS NOT NULL") == 0

        async def all_failed() -> bool:
            return await one(database, "SELECT COUNT(*) FROM webhook_attempts WHERE error IS NOT NULL") == 12

        await eventually(all_failed)
        failing = await rows(database, "SELECT project_id FROM webhook_endpoints WHERE failing_since IS NOT NULL")
        assert {row["project_id"] for row in failing} == {bad.project_id}
        errors = await rows(database, "SELECT error FROM webhook_attempts WHERE error IS NOT NULL")
        assert all("its name servers do not answer" in row["error"] for row in errors)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await sender.close()
