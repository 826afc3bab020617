"""How many connections there are: of all clients together, and of each."""

import contextlib

import pytest

from keyturn.connections import OPEN_MAX, ConnectionLimits, open_max
from keyturn.connections.counting import REPORT_TICKS, OpenConnections, client_of
from tests.keyturn.connections.conftest import LIMITS, Served

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
PROXY = "127.0.0.9"


async def test_one_client_has_a_few_connections_and_a_trusted_proxy_any_number(served: Served) -> None:
    """The ninth is 503; another client's is answered, and one that was closed makes room for the next."""
    async with contextlib.AsyncExitStack() as stack:
        held = [await stack.enter_async_context(served.client()) for _ in range(LIMITS.per_client_max)]
        for client in held:
            await client.send(GET)
            assert await client.answer() == (200, b"ok")
        for _ in range(3):
            async with served.client() as refused:
                status, text = await refused.answer()
                assert (status, b"This client" in text) == (503, True)
                await refused.closed()
        async with served.client("127.0.0.2") as other:
            await other.send(GET)
            assert await other.answer() == (200, b"ok")
        proxied = [await stack.enter_async_context(served.client(PROXY)) for _ in range(2 * LIMITS.per_client_max)]
        for client in proxied:
            await client.send(GET)
            assert await client.answer() == (200, b"ok")
        held[0].writer.close()
        await served.until(lambda: served.opened.open == 7 + len(proxied))
        async with served.client() as again:
            await again.send(GET)
            assert await again.answer() == (200, b"ok")
    assert served.opened.ended()["client"] == 3
    (report,) = served.reports
    assert "1 connection refused with 503, the last from 127.0.0.1" in report
    assert "KEYTURN_CONNECTIONS_PER_CLIENT" in report and "KEYTURN_TRUSTED_PROXIES" in report
    served.pass_seconds(REPORT_TICKS)
    assert "2 connections refused with 503" in served.reports[1] and len(served.reports) == 2


async def test_beyond_all_places_it_is_503_and_the_log_says_why_once(served: Served) -> None:
    """A refused client learns to come again; of many, most are closed without a word, and none is looked at."""
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(LIMITS.open_max):
            await stack.enter_async_context(served.client(PROXY))
        await served.until(lambda: served.opened.open == LIMITS.open_max)
        answers = []
        for _ in range(30):
            with contextlib.suppress(OSError, EOFError):
                client = await stack.enter_async_context(served.client(PROXY))
                answers.append((await client.answer())[0])
        assert set(answers) == {503} and 1 <= len(answers) <= 30
        assert len(served.opened.members) <= LIMITS.open_max + 10
        assert (served.opened.ended()["full"], served.opened.open) == (30, LIMITS.open_max)
        assert len(served.reports) == 1 and "all 40 places are taken" in served.reports[0]
        assert "ulimit -n" in served.reports[0]
        assert served.app.begun == []


async def test_those_that_wait_longest_make_room_for_those_that_come(served: Served) -> None:
    """Idle sockets stop nobody: within two seconds a quarter of the places is free again, but not at the cost of a
    request under way, nor of a proxy's connection that may carry one any moment."""
    async with contextlib.AsyncExitStack() as stack:
        used = await stack.enter_async_context(served.client(PROXY))
        await used.send(GET)
        assert await used.answer() == (200, b"ok")
        busy = await stack.enter_async_context(served.client(PROXY))
        await busy.send(b"GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await served.until(lambda: "/held" in served.app.begun)
        for _ in range(LIMITS.open_max - 2):
            await stack.enter_async_context(served.client(PROXY))
        await served.until(lambda: served.opened.open == LIMITS.open_max)
        served.pass_seconds(2)
        await served.until(lambda: served.opened.open <= LIMITS.open_max * 3 // 4)
        assert served.opened.ended()["idle"] == LIMITS.open_max // 4
        async with served.client("127.0.0.2") as fresh:
            await fresh.send(GET)
            assert await fresh.answer() == (200, b"ok")
        await used.send(GET)
        assert await used.answer() == (200, b"ok")
        served.app.released.set()
        assert await busy.answer() == (200, b"ok")


def test_connection_slots_are_what_the_descriptors_leave() -> None:
    """What the process itself needs is set aside, though never more than half."""
    assert open_max(0, 100, None) == OPEN_MAX
    assert open_max(0, 100, 1_024) == 924
    assert open_max(0, 376, 200) == 100
    assert open_max(50, 376, 200) == 50
    assert open_max(500, 376, 200) == 100
    assert open_max(0, 10, 1) == 1


def test_a_client_never_has_more_than_a_quarter_of_all_connections() -> None:
    """Also where it is said to have any number."""

    def of(total: int, each: int) -> int:
        limits = ConnectionLimits(open_max=total, per_client_max=each)
        return OpenConnections(limits, is_trusted=lambda _: False, report=print).per_client_max

    assert (of(100, 400), of(100, 10), of(100, 0), of(2, 0), of(10_000, 400)) == (25, 10, 25, 1, 400)


def test_a_client_is_an_ipv4_address_or_an_ipv6_64() -> None:
    """Whoever has one address of IPv6 has all of its /64."""
    assert client_of("203.0.113.7") == "203.0.113.7"
    assert client_of("2001:db8::1") == client_of("2001:db8::2:3") != client_of("2001:db8:0:1::1")
    assert client_of("::ffff:203.0.113.7") == "203.0.113.7"
    assert client_of("fe80::1%eth0") == client_of("fe80::2")
    assert client_of("no:address") == "no:address"
