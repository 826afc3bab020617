"""What a request may be: its head's size, its host, its framing, and how many come at once."""

import asyncio

import pytest

from keyturn.connections import FIELDS_MAX, HEAD_BYTES_MAX, TARGET_BYTES_MAX
from tests.keyturn.connections.conftest import LARGE, Served

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def head_of(length: int) -> bytes:
    """A request whose head has ``size`` bytes, spread over several fields."""
    start = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
    fields = b"".join(b"X-%d: %s\r\n" % (number, b"v" * 5_000) for number in range((length - 200) // 5_010))
    rest = length - len(start) - len(fields) - len(b"X: \r\n\r\n")
    return start + fields + b"X: " + b"v" * rest + b"\r\n\r\n"


def fields_of(count: int) -> bytes:
    more = b"".join(b"X-%d: v\r\n" % number for number in range(count - 1))
    return b"GET / HTTP/1.1\r\nHost: localhost\r\n" + more + b"\r\n"


async def test_a_head_has_64_kib_and_100_fields_and_its_target_8_kib(served: Served) -> None:
    """Right at the limit it is answered; one more is 431, or 414 for the target, and the connection is closed."""
    assert len(head_of(HEAD_BYTES_MAX)) == HEAD_BYTES_MAX
    target = b"GET /?%s HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for good in (
        head_of(HEAD_BYTES_MAX),
        fields_of(FIELDS_MAX),
        target % (b"q" * (TARGET_BYTES_MAX - 2)),
    ):
        assert (await served.ask(good))[0] == 200
    for bad, status in (
        (head_of(HEAD_BYTES_MAX + 1), 431),
        (head_of(HEAD_BYTES_MAX + 40_000), 431),
        (fields_of(FIELDS_MAX + 1), 431),
        (fields_of(9_000), 431),
        (target % (b"q" * (TARGET_BYTES_MAX - 1)), 414),
        (target % (b"q" * 60_000), 414),
        (b"GET / HTTP/1.1\r\n" + b"n" * 70_000, 431),
        (b"\r\n" * 40_000, 431),
    ):
        async with served.client() as client:
            client.writer.write(bad)
            assert (await client.answer())[0] == status, bad[:40]
            await client.closed()


async def test_a_header_without_end_is_read_no_further_than_its_limit(served: Served) -> None:
    """Of 300 MB, the server takes what lies in the sockets' buffers, answers 431 and resets the connection."""
    async with served.client() as client:
        sent = 0
        client.writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        try:
            for _ in range(3_000):
                await client.send(b"v" * 100_000)
                sent += 100_000
        except OSError:
            pass
        assert sent < 20_000_000
    await served.until(lambda: served.opened.open == 0)
    assert served.app.begun == []


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nhOST: evil.example\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: local host\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: evil.example/path\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: user@evil.example\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % (b"h" * 256), 400),
        (b"GET / HTTP/1.1\r\nHost: caf\xc3\xa9.example\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost:8080\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 200),
        (b"GET / HTTP/1.0\r\n\r\n", 200),
        (b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
        (b"GET # HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ],
)
async def test_a_request_names_its_host_once(served: Served, head: bytes, status: int) -> None:
    """HTTP/1.1 without ``Host``, with two, or with what is no host, is 400 (RFC 9112, 3.2), as is no request at all."""
    async with served.client() as client:
        client.writer.write(head)
        assert (await client.answer())[0] == status
        if status != 200:
            await client.closed()
            assert served.app.begun == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (b"Transfer-Encoding: gzip, chunked\r\n", 501),
        (b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 501),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 501),
        (b"Transfer-Encoding: xchunked\r\n", 501),
        (b"Transfer-Encoding: identity\r\n", 501),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n", 400),
        (b"Transfer-Encoding: Chunked\r\n", 200),
    ],
)
async def test_a_body_is_chunked_or_has_a_length(served: Served, fields: bytes, status: int) -> None:
    """No other coding is understood (RFC 9112, 6.1): 501. Both at once are refused: proxies disagree about them."""
    body = b"3\r\nabc\r\n0\r\n\r\n"
    got, text = await served.ask(b"POST /read HTTP/1.1\r\nHost: localhost\r\n" + fields + b"\r\n" + body)
    assert got == status or (status == 501 and got == 400 and b"xchunked" not in fields), text
    assert bool(served.app.begun) == (status == 200)


async def test_trailers_are_no_header_fields_and_have_an_end(served: Served) -> None:
    """What comes after a chunked body is in nobody's headers; 64 KiB of it, or of chunk extensions, end it."""
    start = b"POST /read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    assert await served.ask(start + b"0\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n") == (200, b"3")
    for flood in (b"0\r\n" + b"X: v\r\n" * 12_000, b"1;" + b"e" * 70_000, b"1;e=%s\r\na\r\n" % (b"v" * 500) * 200):
        status, text = await served.ask(start + flood)
        assert (status, b"framing" in text) == (400, True)
    # Many small chunks are no attack.
    assert await served.ask(start + b"1\r\na\r\n" * 20_000 + b"0\r\n\r\n") == (200, b"20003")


async def test_requests_that_come_at_once_are_answered_one_after_the_other(served: Served) -> None:
    """All of a thousand, however few are parsed at a time: while one is answered, the next hundred wait."""
    async with served.client() as client:
        client.writer.write(b"GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n" + GET * 1_000)
        await served.until(lambda: served.app.begun == ["/held"])
        (connection,) = served.opened.members
        assert len(connection.pipeline) < 130  # type: ignore[attr-defined]
        served.app.released.set()
        for _ in range(1_001):
            assert await client.answer() == (200, b"ok")
        await client.send(GET)
        assert await client.answer() == (200, b"ok")


async def test_what_follows_is_refused_only_after_what_went_before(served: Served) -> None:
    """An answer under way is not cut in two by the refusal of what was sent behind it."""
    async with served.client() as client:
        client.writer.write(b"GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n" + GET + b"nonsense\r\n\r\n")
        await served.until(lambda: bool(served.app.begun))
        served.app.released.set()
        assert await client.answer() == (200, b"ok")
        assert await client.answer() == (200, b"ok")
        assert (await client.answer())[0] == 400
        await client.closed()


async def test_an_upgrade_is_not_taken_and_the_connection_closed(served: Served) -> None:
    """The request is answered as HTTP/1.1; what follows, in whatever protocol, is not looked at."""
    upgrade = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    async with served.client() as client:
        client.writer.write(upgrade + GET)
        assert await client.answer() == (200, b"ok")
        await client.closed()
    assert served.app.begun == ["/"]


async def test_a_body_that_nobody_wants_is_not_read_on(served: Served) -> None:
    """The answer arrives, 256 KiB more are thrown away, and then the connection ends; a short one leaves it good. What
    comes after the end is thrown away for a moment too, up to 16 MiB."""
    async with served.client() as client:
        await client.send(b"POST /ignored HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")
        assert await client.answer() == (200, b"ok")
        await client.send(b"b" * 100_000 + GET)
        assert await client.answer() == (200, b"ok")
        await client.send(b"POST /ignored HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000000\r\n\r\n")
        assert await client.answer() == (200, b"ok")
        sent = 0
        try:
            for _ in range(1_000):
                await client.send(b"b" * 100_000)
                sent += 100_000
        except OSError:
            pass
        assert sent < 50_000_000
    async with served.client() as client:
        await client.send(
            b"POST /ignored HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
        )
        assert await client.answer() == (200, b"ok")
        await client.closed()


@pytest.mark.parametrize("served", ["clear"], indirect=True)
async def test_whoever_sends_a_large_body_first_and_reads_then_finds_the_answer(served: Served) -> None:
    """A proxy does, and has nothing but a reset connection to report where the rest of the body is not taken."""
    async with served.client() as client:
        await client.send(
            b"POST /ignored HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6000000\r\n\r\n" + b"b" * 6_000_000
        )
        assert await client.answer() == (200, b"ok")
        await client.closed()


async def test_a_broken_body_ends_its_own_request(served: Served) -> None:
    """Whoever reads it learns that nothing more comes, and never takes a part of it for the whole."""
    async with served.client() as client:
        await client.send(b"POST /read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await served.until(lambda: bool(served.app.begun))
        await client.send(b"zz\r\n")
        assert (await client.answer())[0] == 400
    await served.until(lambda: served.app.ended == ["/read lost"])


async def test_an_answer_that_nobody_takes_is_given_up(served: Served) -> None:
    """A client that reads nothing for ten seconds is cut off; one that reads, if slowly, gets all of it."""
    async with served.client() as client, served.client() as slow:
        client.reader._limit = 1  # type: ignore[attr-defined]  # the reader pauses its transport
        for one in (client, slow):
            await one.send(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await served.until(lambda: served.app.begun == ["/large", "/large"])
        read = len(await slow.reader.readuntil(b"\r\n\r\n")) * 0
        while read < len(LARGE):
            read += len(await asyncio.wait_for(slow.reader.read(500_000), 10))
            if read > 4_000_000 and served.opened.slow == 0:
                served.pass_seconds(11)
        assert served.opened.slow == 1
        # The other one may have got the last of it before those seconds, and have been idle in them.
        await served.until(lambda: len(served.opened.members) <= 1)
