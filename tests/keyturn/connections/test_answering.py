"""An answer goes out as uvicorn would send it, byte for byte."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from keyturn.connections.answering import AnswerCycle

DATE = [(b"date", b"Mon, 30 Nov 2026 12:00:00 GMT")]
NAMES = st.sampled_from(
    [
        b"content-type",
        b"Content-Type",
        b"x-request-id",
        b"content-length",
        b"Content-Length",
        b"transfer-encoding",
        b"connection",
        b"set-cookie",
        b"bad name",
        b"bad\r\nname",
        b"",
    ]
)
VALUES = st.one_of(
    st.sampled_from([b"5", b"0", b"12", b"close", b"keep-alive, Close", b"chunked", b"gzip", b"text/plain", b"a\tb"]),
    st.sampled_from([b"a\r\nset-cookie: b", b"a\nb", b"a\0b", b"\x7f", b"\x1f", "ü".encode("latin-1"), b"a\r"]),
)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=5)
STARTS = st.builds(
    lambda status, headers: {"type": "http.response.start", "status": status, "headers": headers},
    st.sampled_from([200, 204, 304, 404, 500]),
    HEADERS,
)
BODIES = st.builds(
    lambda body, more: {"type": "http.response.body", "body": body, "more_body": more},
    st.sampled_from([b"", b"hello", b"hello, world"]),
    st.booleans(),
)
MESSAGES = st.one_of(
    # As an application sends them, and as none should.
    st.builds(lambda start, bodies: [start, *bodies], STARTS, st.lists(BODIES, min_size=1, max_size=3)),
    st.lists(st.one_of(STARTS, BODIES, st.just({"type": "http.response.trailers"})), max_size=4),
)


class Transport:
    """What was written, and whether it was closed."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True


def protocol(method: str) -> Any:
    transport = Transport()
    return SimpleNamespace(
        scope={"type": "http", "method": method},
        transport=transport,
        flow=FlowControl(transport),  # type: ignore[arg-type]
        logger=None,
        access_logger=None,
        server_state=SimpleNamespace(default_headers=DATE),
        on_response_complete=lambda: None,
        expect_100_continue=False,
        tasks=set(),
    )


def as_uvicorn(its: Any, keep_alive: bool) -> RequestResponseCycle:
    return RequestResponseCycle(
        scope=its.scope,
        transport=its.transport,
        flow=its.flow,
        logger=its.logger,
        access_logger=its.access_logger,
        access_log=False,
        default_headers=its.server_state.default_headers,
        message_event=asyncio.Event(),
        expect_100_continue=its.expect_100_continue,
        keep_alive=keep_alive,
        on_response=its.on_response_complete,
    )


async def _send(cycle: RequestResponseCycle, messages: list[Any]) -> int | None:
    """Which message was refused, if one was. Of two faults of one head, either may be told."""
    for number, message in enumerate(messages):
        try:
            await cycle.send(message)
        except (RuntimeError, ValueError):
            return number
    return None


@given(MESSAGES, st.sampled_from(["GET", "HEAD"]), st.booleans())
def test_what_goes_out_is_what_uvicorn_would_send(messages: list[Any], method: str, keep_alive: bool) -> None:
    """A name or a value that would break the head is refused as well; or else whoever can set one writes answers."""
    ours, theirs = protocol(method), protocol(method)
    one, other = AnswerCycle(ours, keep_alive=keep_alive), as_uvicorn(theirs, keep_alive)

    async def both() -> tuple[int | None, int | None]:
        return await _send(one, messages), await _send(other, messages)

    refused, refused_by_uvicorn = asyncio.run(both())

    assert refused == refused_by_uvicorn
    assert ours.transport.written + one._head == theirs.transport.written
    assert ours.transport.closed == theirs.transport.closed
    assert (one.response_started, one.response_complete, one.keep_alive) == (
        other.response_started,
        other.response_complete,
        other.keep_alive,
    )


def test_a_cycle_has_all_that_uvicorns_has() -> None:
    """It leaves uvicorn's own start out, so that an attribute which a later uvicorn adds would be missing."""
    its = protocol("GET")

    known = set(vars(AnswerCycle(its, keep_alive=True))) | set(vars(AnswerCycle))

    assert set(vars(as_uvicorn(its, True))) <= known, "uvicorn's cycle has an attribute that ours does not set"


@pytest.mark.anyio
async def test_whoever_waits_for_a_body_is_woken() -> None:
    """All of those who wait, and none has to have begun before the body was there."""
    its = protocol("POST")
    cycle = AnswerCycle(its, keep_alive=True)
    its.flow.resume_reading = lambda: None
    waiting = [asyncio.create_task(cycle.receive()) for _ in range(2)]
    await asyncio.sleep(0)
    cycle.body += b"whole"
    cycle.more_body = False
    cycle.message_event.set()

    received = await asyncio.gather(*waiting)

    assert [one["type"] for one in received] == ["http.request", "http.request"]
    assert received[0]["body"] == b"whole"  # type: ignore[typeddict-item]
