"""The delivery worker against a real HTTP server on loopback, with a clock that the test moves."""

import asyncio
import contextlib
import gzip
import hmac
import threading
import time
from collections.abc import AsyncIterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from keyturn.database import Database
from tests.makers import ON_SQLITE, Counter, counter_over, execute, one, rows
from tests.receiver import Receiver
from tests.running import free_port
from tests.shop import eventually
from tillgate.base.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.pages import PageRequest
from tillgate.checkout.settlement.simulating import Outcome
from tillgate.events.deliveries import operations as deliveries
from tillgate.events.deliveries import records
from tillgate.events.deliveries.guard import guarded_transport
from tillgate.events.deliveries.model import EXCERPT_BYTES_MAX, Attempt, DeliveryStatus, next_step
from tillgate.events.deliveries.operations import DeliveryWithAttempts
from tillgate.events.deliveries.records import Claimed
from tillgate.events.deliveries.sending import TIMEOUT_SECONDS, Sender
from tillgate.events.deliveries.worker import LEASE_MS, DeliveryWorker
from tillgate.events.endpoints import operations as endpoints
from tillgate.events.endpoints.operations import EndpointChanges
from tillgate.events.native import NATIVE_STYLE
from tillgate.events.styles import Styles

pytestmark = pytest.mark.anyio

ATTEMPTS_MAX = 6
GAPS_MS = [MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS]


@pytest.fixture
async def counter(database: Database) -> Counter:
    return await counter_over(database)


def sender_of(counter: Counter) -> Sender:
    """What the server sends with; loopback is allowed, as in development."""
    return Sender(counter.sealer, counter.clock, guarded_transport(counter.guard))


@contextlib.asynccontextmanager
async def working(counter: Counter, sender: Sender | None = None) -> AsyncIterator[DeliveryWorker]:
    """A worker at work."""
    own = sender or sender_of(counter)
    worker = DeliveryWorker(counter.database, own, counter.clock, counter.outbox)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await own.close()


async def only_delivery(counter: Counter) -> DeliveryWithAttempts:
    delivery_id = await one(counter.database, "SELECT id FROM webhook_deliveries")
    return await counter.database.read(lambda tx: deliveries.get_delivery(tx, counter.principal, delivery_id))


async def attempted(counter: Counter, times: int) -> DeliveryWithAttempts:
    """The only delivery, as soon as it was attempted so often."""

    async def look() -> DeliveryWithAttempts | None:
        found = await only_delivery(counter)
        return found if found.delivery.attempts >= times else None

    found: DeliveryWithAttempts = await eventually(look)
    assert found.delivery.attempts == times == len(found.attempts)
    return found


async def claim(counter: Counter) -> list[Claimed]:
    now = counter.clock.now()
    return await counter.database.write(lambda tx: records.claim_due(tx, now=now, lease_until=now + LEASE_MS, limit=9))


async def test_an_event_arrives_signed_in_both_dialects(counter: Counter, receiver: Receiver) -> None:
    """The very bytes of the event, with headers that two independent verifiers take; then it is delivered."""
    counter.clock.at = time.time_ns() // 1_000_000
    made = await counter.endpoint(receiver.url)
    async with working(counter):
        session = await counter.session()
        found = await attempted(counter, 1)
    [received] = receiver.received
    [event] = await counter.events()
    secret = made.secret.reveal()
    assert Webhook(secret).verify(received.body.decode(), received.headers)["id"] == event.id
    stamp = received.headers["x-webhook-timestamp"]
    expected = hmac.new(secret.encode(), f"{stamp}.".encode() + received.body, sha256).hexdigest()
    assert received.headers["x-webhook-signature"] == f"t={stamp},v1={expected}"
    assert int(stamp) == counter.clock.at // 1_000
    assert received.headers["webhook-id"] == event.id
    assert received.headers["content-type"] == "application/json"
    assert received.json["type"] == "session.created"
    assert received.json["data"]["id"] == session.id
    assert received.json["livemode"] is False
    assert found.delivery.status is DeliveryStatus.DELIVERED
    assert found.delivery.response_status == found.attempts[0].response_status == 200
    assert found.attempts[0].response_excerpt == "thank you"


async def test_six_attempts_on_the_documented_schedule_then_it_is_abandoned(
    counter: Counter, receiver: Receiver
) -> None:
    """At once, then after 1 min, 10 min, 1 h, 6 h and 24 h more: not a millisecond earlier, and no seventh time."""
    receiver.status = 500
    await counter.endpoint(receiver.url, ("session.*",))  # and so not of its own failing
    await counter.emit()
    async with working(counter):
        for number in range(1, ATTEMPTS_MAX + 1):
            found = await attempted(counter, number)
            assert len(receiver.received) == number
            assert found.attempts[-1].attempted_at == counter.clock.at
            if number < ATTEMPTS_MAX:
                assert found.delivery.status is DeliveryStatus.PENDING
                gap = GAPS_MS[number - 1]
                assert found.delivery.next_attempt_at == counter.clock.at + gap
                counter.clock.forward(gap - 1)
                assert await claim(counter) == []
                counter.clock.forward(1)
                counter.wake.now()
        assert found.delivery.status is DeliveryStatus.ABANDONED
        counter.clock.forward(1_000 * HOUR_MS)
        assert await claim(counter) == []
    assert [attempt.number for attempt in found.attempts] == [1, 2, 3, 4, 5, 6]
    # The same event each time, byte for byte; signed again, because the instant is part of the signature.
    assert len({received.body for received in receiver.received}) == 1
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1
    assert len({received.headers["x-webhook-signature"] for received in receiver.received}) == 6


@ON_SQLITE
@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_a_success(counter: Counter, receiver: Receiver, status: int) -> None:
    """Delivered, once, and never tried again."""
    receiver.status, receiver.answer = status, b""
    await counter.endpoint(receiver.url)
    async with working(counter):
        await counter.emit()
        assert (await attempted(counter, 1)).delivery.status is DeliveryStatus.DELIVERED
        counter.clock.forward(100 * HOUR_MS)
        assert await claim(counter) == []
    assert len(receiver.received) == 1


@ON_SQLITE
@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503])
async def test_anything_else_is_a_failure_and_redirects_are_not_followed(
    counter: Counter, receiver: Receiver, status: int
) -> None:
    """An answer that points elsewhere is an answer: the event goes nowhere that was not agreed to."""
    receiver.status = status
    receiver.headers = {"location": f"{receiver.url}/elsewhere"}
    await counter.endpoint(f"{receiver.url}/hook")
    async with working(counter):
        await counter.emit()
        found = await attempted(counter, 1)
    assert (found.delivery.status, found.delivery.response_status) == (DeliveryStatus.PENDING, status)
    assert [received.path for received in receiver.received] == ["/hook"]


async def test_a_failure_is_followed_by_success(counter: Counter, receiver: Receiver) -> None:
    """The receiver comes back, and the event arrives with the same id."""
    receiver.status = 503
    await counter.endpoint(receiver.url)
    async with working(counter):
        await counter.emit()
        await attempted(counter, 1)
        receiver.status = 200
        counter.clock.forward(MINUTE_MS)
        counter.wake.now()
        found = await attempted(counter, 2)
    assert found.delivery.status is DeliveryStatus.DELIVERED
    assert [attempt.response_status for attempt in found.attempts] == [503, 200]


@ON_SQLITE
@pytest.mark.parametrize(
    ("answer", "excerpt"),
    [
        (b"", ""),
        (b"x" * 5_000, "x" * EXCERPT_BYTES_MAX),
        ("é".encode() * 2_000, "é" * (EXCERPT_BYTES_MAX // 2)),
        (b"a" + "é".encode() * 2_000, "a" + "é" * (EXCERPT_BYTES_MAX // 2 - 1) + "\ufffd"),
        (b"a\0b\xffc", "a\ufffdb\ufffdc"),
    ],
)
async def test_of_an_answer_the_first_2_kb_are_kept(
    counter: Counter, receiver: Receiver, answer: bytes, excerpt: str
) -> None:
    """As text that both databases can hold, whatever the bytes."""
    receiver.answer = answer
    await counter.endpoint(receiver.url)
    async with working(counter):
        await counter.emit()
        found = await attempted(counter, 1)
    assert found.attempts[0].response_excerpt == excerpt


async def test_an_unreachable_receiver_is_a_failure_with_a_reason(counter: Counter) -> None:
    """A refused connection is told in the log of attempts, and tried again."""
    await counter.endpoint(f"http://127.0.0.1:{free_port()}/hook")
    async with working(counter):
        await counter.emit()
        found = await attempted(counter, 1)
    assert found.delivery.status is DeliveryStatus.PENDING
    assert found.attempts[0].response_status is None
    assert found.attempts[0].error


async def test_an_inactive_endpoint_gets_nothing_until_it_is_active_again(counter: Counter, receiver: Receiver) -> None:
    """What was under way waits."""
    made = await counter.endpoint(receiver.url)
    await counter.emit()

    async def switch(active: bool) -> None:
        changes = EndpointChanges(active=active)
        await counter.database.write(
            lambda tx: endpoints.update_endpoint(counter.endpoints, tx, counter.principal, made.endpoint.id, changes)
        )

    await switch(False)
    assert await claim(counter) == []
    await switch(True)
    async with working(counter):
        await attempted(counter, 1)


# Leases


async def test_what_one_worker_holds_no_other_takes(counter: Counter) -> None:
    """A lease keeps others away until it runs out, and not a millisecond longer."""
    await counter.endpoint()
    await counter.emit()
    [held] = await claim(counter)
    assert held.number == 1
    assert await claim(counter) == []
    counter.clock.forward(LEASE_MS - 1)
    assert await claim(counter) == []
    counter.clock.forward(1)
    [taken_over] = await claim(counter)
    assert (taken_over.delivery_id, taken_over.event_id) == (held.delivery_id, held.event_id)


async def test_many_workers_at_once_share_what_is_due(counter: Counter) -> None:
    """Each delivery is claimed by exactly one."""
    for _ in range(3):
        await counter.endpoint()
    for _ in range(10):
        await counter.emit()
    # One that finds an endpoint in another's hands leaves it to them, so that it takes a few rounds.
    claims = [found for _ in range(6) for found in await asyncio.gather(*(claim(counter) for _ in range(8)))]
    taken = [one.delivery_id for claimed in claims for one in claimed]
    assert len(set(taken)) == len(taken) == 30


async def test_a_lost_lease_records_nothing(counter: Counter, receiver: Receiver) -> None:
    """A worker that was stopped for too long does not overwrite what its successor wrote."""
    await counter.endpoint(receiver.url)
    await counter.emit()
    [stale] = await claim(counter)
    counter.clock.forward(LEASE_MS)
    receiver.status = 500
    async with working(counter) as worker:
        counter.wake.now()
        successor = await attempted(counter, 1)
        receiver.status = 200
        assert (await worker.attempt_now(stale)).response_status == 200
    assert await only_delivery(counter) == successor
    assert (successor.delivery.status, successor.delivery.response_status) == (DeliveryStatus.PENDING, 500)
    assert len(receiver.received) == 2  # at least once, and the event id tells that it is one
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1


async def test_a_worker_that_dies_in_the_middle_is_succeeded(counter: Counter, receiver: Receiver) -> None:
    """The event was sent and nothing recorded: after the lease another worker sends it again, with the same id."""
    await counter.endpoint(receiver.url)
    await counter.emit()
    sender = sender_of(counter)
    [claimed] = await claim(counter)
    await sender.attempt(claimed, NATIVE_STYLE)
    await sender.close()
    async with working(counter):
        assert (await only_delivery(counter)).attempts == []
        counter.clock.forward(LEASE_MS)
        counter.wake.now()
        found = await attempted(counter, 1)
    assert found.delivery.status is DeliveryStatus.DELIVERED
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1
    assert len(receiver.received) == 2


async def test_what_is_due_at_the_start_is_sent_at_the_start(counter: Counter, receiver: Receiver) -> None:
    """Nobody has to ring: what was left over from before a restart is found in the table."""
    receiver._server.socket.listen(128)  # the standard library's five would be reset by this many at once
    await counter.endpoint(receiver.url)
    for _ in range(40):
        await counter.emit()
    async with working(counter):

        async def all_delivered() -> bool:
            left = "SELECT COUNT(*) FROM webhook_deliveries WHERE status = 'pending'"
            return await one(counter.database, left) == 0

        await eventually(all_delivered)
    assert len({received.headers["webhook-id"] for received in receiver.received}) == len(receiver.received) == 40


async def test_an_endpoint_deleted_in_the_middle_of_an_attempt_harms_nothing(
    counter: Counter, receiver: Receiver
) -> None:
    """The attempt ends, there is nothing left to record it on, and the worker goes on."""
    gone = (await counter.endpoint(receiver.url)).endpoint
    await counter.emit()
    [claimed] = await claim(counter)
    await counter.database.write(lambda tx: endpoints.delete_endpoint(tx, counter.principal, gone.id))
    await counter.endpoint(receiver.url)
    async with working(counter) as worker:
        assert (await worker.attempt_now(claimed)).succeeded
        await counter.emit()
        assert (await attempted(counter, 1)).delivery.status is DeliveryStatus.DELIVERED


# Sending again


async def test_a_replay_is_a_delivery_of_its_own_with_the_same_event(counter: Counter, receiver: Receiver) -> None:
    """Receivers that keep ids do nothing twice; the old delivery's log stays as it was."""
    await counter.endpoint(receiver.url)
    async with working(counter):
        session = await counter.session()
        first = await attempted(counter, 1)
        again = await counter.database.write(
            lambda tx: deliveries.replay(tx, counter.outbox, counter.clock, counter.principal, first.delivery.id)
        )

        async def replayed() -> DeliveryWithAttempts | None:
            found = await counter.database.read(lambda tx: deliveries.get_delivery(tx, counter.principal, again.id))
            return found if found.attempts else None

        second: DeliveryWithAttempts = await eventually(replayed)
    assert second.delivery.status is DeliveryStatus.DELIVERED
    assert second.delivery.event_id == first.delivery.event_id
    assert [received.body for received in receiver.received] == [receiver.received[0].body] * 2
    assert receiver.received[0].json["data"]["id"] == session.id


async def test_a_test_send_is_attempted_once_and_cannot_be_replayed(counter: Counter, receiver: Receiver) -> None:
    """It has no event, its only attempt is its sender's, and its failure is not retried."""
    receiver.status = 500
    made = await counter.endpoint(receiver.url)
    claimed = await counter.database.write(
        lambda tx: endpoints.prepare_test(
            counter.endpoints, tx, counter.principal, made.endpoint.id, counter.fact(data=b'{"id":"cs_x"}')
        )
    )
    async with working(counter) as worker:
        assert not (await worker.attempt_now(claimed)).succeeded
        counter.clock.forward(100 * HOUR_MS)
        assert await claim(counter) == []
    found = await only_delivery(counter)
    assert (found.delivery.status, found.delivery.event_id) == (DeliveryStatus.ABANDONED, None)
    assert receiver.received[0].json["type"] == "session.paid"
    assert receiver.received[0].json["livemode"] is False
    assert await counter.events() == []
    with pytest.raises(Conflict):
        await counter.database.write(
            lambda tx: deliveries.replay(tx, counter.outbox, counter.clock, counter.principal, found.delivery.id)
        )


async def test_a_delivery_is_seen_in_its_own_project_and_mode_only(counter: Counter) -> None:
    """Across a wall it is not there, to read or to replay."""
    made = await counter.endpoint()
    await counter.emit()
    found = (await only_delivery(counter)).delivery
    neighbour = await counter_over(counter.database, counter.clock)
    for stranger in (neighbour.principal, counter.principal._replace(livemode=True)):
        with pytest.raises(NotFound):
            await counter.database.read(lambda tx, who=stranger: deliveries.get_delivery(tx, who, found.id))
        with pytest.raises(NotFound):
            await counter.database.write(
                lambda tx, who=stranger: deliveries.replay(tx, counter.outbox, counter.clock, who, found.id)
            )
        with pytest.raises(NotFound):
            await counter.database.write(lambda tx, who=stranger: endpoints.delete_endpoint(tx, who, made.endpoint.id))


# Receivers that misbehave


class Odd:
    """A server that answers as a function says, on a thread."""

    def __init__(self, answer: object) -> None:
        class _Requests(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                answer(self)  # type: ignore[operator]

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Requests)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def __enter__(self) -> "Odd":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


async def attempt_at(url: str, sender: Sender, counter: Counter) -> Attempt:
    made = (await counter.endpoint(url)).endpoint
    await counter.emit()
    [claimed] = [claimed for claimed in await claim(counter) if claimed.url == made.url]
    await counter.database.write(lambda tx: endpoints.delete_endpoint(tx, counter.principal, made.id))
    return await sender.attempt(claimed, NATIVE_STYLE)


@ON_SQLITE
async def test_a_dripping_answer_ends_with_the_attempts_time(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte at a time, each well within any single limit: the whole attempt ends, and before its lease does."""
    monkeypatch.setattr("tillgate.events.deliveries.sending.TIMEOUT_SECONDS", 0.5)
    stop = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(500)
        request.end_headers()
        with contextlib.suppress(OSError):
            while not stop.wait(0.02):
                request.wfile.write(b".")
                request.wfile.flush()

    sender = sender_of(counter)
    with Odd(drip) as odd:
        async with asyncio.timeout(10):
            attempt = await attempt_at(odd.url, sender, counter)
        stop.set()
    await sender.close()
    assert attempt.response_status == 500
    assert "no answer within" in (attempt.error or "")
    assert TIMEOUT_SECONDS * SECOND_MS < LEASE_MS / 2


@ON_SQLITE
async def test_a_packed_answer_is_not_unpacked(counter: Counter) -> None:
    """A few bytes that would become a gigabyte stay a few bytes."""
    bomb = gzip.compress(b"0" * 50_000_000)

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("content-encoding", "gzip")
        request.send_header("content-length", str(len(bomb)))
        request.end_headers()
        with contextlib.suppress(OSError):
            request.wfile.write(bomb)

    sender = sender_of(counter)
    with Odd(answer) as odd:
        attempt = await attempt_at(odd.url, sender, counter)
    await sender.close()
    assert attempt.succeeded
    assert "000000" not in (attempt.response_excerpt or "")


@ON_SQLITE
async def test_no_cookie_is_kept(counter: Counter) -> None:
    """What a receiver sets in one answer comes with no later request."""
    sent: list[str | None] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        sent.append(request.headers.get("cookie"))
        request.send_response(200)
        request.send_header("set-cookie", "who=you; Path=/")
        request.send_header("content-length", "0")
        request.end_headers()

    sender = sender_of(counter)
    with Odd(answer) as odd:
        for _ in range(2):
            assert (await attempt_at(odd.url, sender, counter)).succeeded
    await sender.close()
    assert sent == [None, None]


@ON_SQLITE
@pytest.mark.parametrize(
    "answer", [b"", b"hello\r\n", b"HTTP/1.1 9999 \r\n\r\n", b"HTTP/1.1 2 OK\r\nContent-Length: x\r\n\r\n"]
)
async def test_what_is_no_http_is_a_failure_with_a_reason(counter: Counter, answer: bytes) -> None:
    """A closed connection or nonsense is a value in the log of attempts, not an exception."""

    def nonsense(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(answer)
        request.close_connection = True

    sender = sender_of(counter)
    with Odd(nonsense) as odd:
        attempt = await attempt_at(odd.url, sender, counter)
    await sender.close()
    assert not attempt.succeeded
    assert attempt.error


def _nobody() -> httpx.AsyncBaseTransport:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody is there", request=request)

    return httpx.MockTransport(refuse)


def test_the_schedule_spans_about_31_hours() -> None:
    """Crypto Checkout: up to six attempts over about 31 hours."""
    now, total = 0, 0
    for number in range(1, ATTEMPTS_MAX):
        attempt = Attempt(number=number, attempted_at=now, duration_ms=1, response_status=500)
        status, at = next_step(attempt, ATTEMPTS_MAX, now, NATIVE_STYLE.gaps_ms)
        assert status is DeliveryStatus.PENDING
        total += at - now
        now = at
    assert 31 * HOUR_MS <= total < 32 * HOUR_MS
    last = Attempt(number=ATTEMPTS_MAX, attempted_at=now, duration_ms=1, error="no answer")
    assert next_step(last, ATTEMPTS_MAX, now, NATIVE_STYLE.gaps_ms)[0] is DeliveryStatus.ABANDONED


def test_a_schedule_that_became_shorter_ends_a_delivery_sooner() -> None:
    """A delivery keeps its number of attempts, and its style may have fewer waits in a later version."""
    attempt = Attempt(number=2, attempted_at=0, duration_ms=1, response_status=500)
    assert next_step(attempt, 6, 0, (MINUTE_MS, HOUR_MS)) == (DeliveryStatus.PENDING, HOUR_MS)
    assert next_step(attempt, 6, 0, (MINUTE_MS,)) == next_step(attempt, 6, 0, ()) == (DeliveryStatus.ABANDONED, 0)


def test_two_styles_of_one_name_do_not_start() -> None:
    """An endpoint names its style, which must be one."""
    with pytest.raises(ValueError, match="native, native"):
        Styles([NATIVE_STYLE, NATIVE_STYLE])
    with pytest.raises(LookupError, match="no webhook style 'toy'; there are native"):
        Styles([NATIVE_STYLE]).of("toy")


async def test_what_waits_in_a_dialect_that_is_gone_fails_and_says_so(counter: Counter, receiver: Receiver) -> None:
    """It is tried again later, for the dialect may come back; meanwhile such endpoints get nothing new, and nothing is
    sent to them in another language."""
    made = (await counter.endpoint(receiver.url)).endpoint
    await counter.emit()
    await execute(counter.database, "UPDATE webhook_endpoints SET dialect = 'gone'")
    async with working(counter):
        tried = await attempted(counter, 1)
    assert tried.attempts[0].error == "this server sends no webhooks in the dialect gone"
    assert (tried.delivery.status, receiver.received) == (DeliveryStatus.PENDING, [])
    await counter.emit(object_id="cs_another")
    page = await counter.database.read(
        lambda tx: deliveries.list_deliveries(tx, counter.principal, made.id, PageRequest())
    )
    assert len(page.data) == 1


async def test_the_events_rows_need_no_worker(counter: Counter) -> None:
    """Without one, what is to be sent waits in the table."""
    await counter.endpoint(events=("session.*",))
    session = await counter.session()
    await counter.simulate(session.id, Outcome.PAID)
    found = await rows(counter.database, "SELECT event_type, status FROM webhook_deliveries ORDER BY id")
    assert [tuple(row[i] for i in range(2)) for row in found] == [
        ("session.created", "pending"),
        ("session.paid", "pending"),
    ]
    assert await execute(counter.database, "DELETE FROM webhook_deliveries") == 2
