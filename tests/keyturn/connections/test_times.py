"""How long each part of a request may take. The test turns the clock, so nothing waits."""

import asyncio
import contextlib

import pytest

from keyturn.connections import BODY_BYTES_PER_SECOND
from tests.keyturn.connections.conftest import LIMITS, Served

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
HEAD, BODY, IDLE = LIMITS.head_seconds, LIMITS.body_seconds, LIMITS.idle_seconds


async def connected(served: Served, count: int) -> None:
    """Wait until the server knows of ``count`` connections."""
    await served.until(lambda: len(served.opened.members) == count)


async def received(served: Served) -> None:
    """Let what was sent arrive."""
    for _ in range(20):
        await asyncio.sleep(0.001)


async def test_half_a_head_has_ten_seconds_however_it_dribbles(served: Served) -> None:
    """From the opening of the connection on; a byte now and then prolongs nothing. Then it is 408."""
    async with served.client() as client:
        await connected(served, 1)
        for byte in (b"GET / HTTP/1.1\r\n", b"Host: ", b"localhost\r\n", b"X: v"):
            await client.send(byte)
            await received(served)
            served.pass_seconds(HEAD // 4)
        assert served.opened.slow == 0
        served.pass_seconds(HEAD)
        assert (await client.answer())[0] == 408
        await client.closed()
    await connected(served, 0)
    assert (served.opened.slow, served.opened.open) == (1, 0)


async def test_who_says_nothing_is_left_without_a_word(served: Served) -> None:
    """A browser may have opened it in advance: it is closed, and nothing is answered to a request that nobody made."""
    async with served.client() as client:
        await connected(served, 1)
        served.pass_seconds(HEAD)
        assert len(served.opened.members) == 1
        served.pass_seconds(1)
        await client.closed()


async def test_a_connection_waits_75_seconds_for_its_next_request_and_then_ten_for_its_head(served: Served) -> None:
    """Longer than proxies keep theirs; and a head that begins in the last of them has its own ten."""
    async with served.client() as client:
        for _ in range(2):
            await client.send(GET)
            assert await client.answer() == (200, b"ok")
            served.pass_seconds(IDLE)
        await client.send(GET[:20])
        await received(served)
        served.pass_seconds(HEAD)
        await client.send(GET[20:])
        assert await client.answer() == (200, b"ok")
        served.pass_seconds(IDLE + 1)
        await client.closed()
    assert served.opened.slow == 0


async def test_a_body_has_ten_seconds_and_one_more_for_each_thousand_bytes(served: Served) -> None:
    """A steady one is taken however long it is; one that stops is 408, and whoever waits for it learns of its loss."""
    length = 12 * BODY * BODY_BYTES_PER_SECOND // 10
    async with served.client() as steady, served.client() as stuck:
        await steady.send(POST % length)
        await stuck.send(POST % length + b"b" * 2_000)
        await served.until(lambda: served.app.begun == ["/read", "/read"])
        for _ in range(12):
            await steady.send(b"b" * (length // 12))
            await received(served)
            served.pass_seconds(1)
        assert await steady.answer() == (200, b"%d" % length)
        assert served.opened.slow == 0
        served.pass_seconds(1)
        assert (await stuck.answer())[0] == 408
        await stuck.closed()
    await served.until(lambda: "/read lost" in served.app.ended)
    assert len(served.app.bodies) == 1


async def test_a_body_that_nobody_has_asked_for_yet_is_not_late(served: Served) -> None:
    """Neither one that waits for 100 Continue, nor one that stands behind another request."""
    expecting = b"POST /held HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    async with served.client() as client, served.client() as behind:
        await client.send(expecting)
        await behind.send(b"GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n" + POST % 9 + b"b")
        await served.until(lambda: served.app.begun == ["/held", "/held"])
        served.pass_seconds(5 * BODY)
        served.app.released.set()
        assert await client.answer() == (200, b"ok")
        assert await behind.answer() == (200, b"ok")
        await behind.send(b"b" * 8)
        assert await behind.answer() == (200, b"9")
    assert served.opened.slow == 0


async def test_an_answer_may_take_its_time(served: Served) -> None:
    """No limit is on whoever answers; half of the next head may lie there meanwhile, and has its time afterwards."""
    async with served.client() as client:
        await client.send(b"GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n" + GET[:20])
        await served.until(lambda: bool(served.app.begun))
        served.pass_seconds(10 * IDLE)
        served.app.released.set()
        assert await client.answer() == (200, b"ok")
        served.pass_seconds(HEAD)
        await client.send(GET[20:])
        assert await client.answer() == (200, b"ok")
        await client.send(GET[:20])
        await received(served)
        served.pass_seconds(HEAD + 1)
        assert (await client.answer())[0] == 408


async def test_who_never_closes_its_side_is_cut_off(served: Served) -> None:
    """After a refusal the server reads on for a moment, so that the answer is not lost, and then no more."""
    async with served.client() as client:
        await client.send(b"nonsense\r\n\r\n")
        assert (await client.answer())[0] == 400
        served.pass_seconds(5)
        with contextlib.suppress(OSError):
            for _ in range(1_000):
                await client.send(b"x" * 10_000)
        await connected(served, 0)


@pytest.mark.parametrize("served", ["tls"], indirect=True)
async def test_a_handshake_that_is_never_made_takes_its_place_for_a_moment_only(served: Served) -> None:
    """It counts from the first packet on; what is no TLS is closed at once, and its place is free."""
    async with served.client(handshake=False) as silent, served.client(handshake=False) as junk:
        await served.until(lambda: served.opened.open == 2)
        await junk.send(GET)
        await junk.rest()
        await served.until(lambda: served.opened.open == 1)
        assert served.app.begun == []
        silent.writer.close()
        await served.until(lambda: served.opened.open == 0)
