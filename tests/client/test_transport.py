"""What a client does when no answer comes, or not the one that was hoped for; and what it never tells."""

import email.utils
import logging
import pickle
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest

from tillgate_client import (
    Amount,
    ApiConnectionError,
    ApiError,
    ApiTimeoutError,
    AsyncClient,
    AuthenticationError,
    CheckoutError,
    Client,
    ConfigurationError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitedError,
    SequenceAheadError,
    ServerError,
    UnexpectedAnswerError,
    calls,
)

KEY = "ck_test_0123456789abcdefghijABCDEFGHIJ01"
LIST = b'{"data":[],"hasMore":false,"nextCursor":null}'
PRICE: Amount = {"value": "50.00", "currency": "USD"}


class Answer(NamedTuple):
    """What the scripted server says next; status 0 breaks the connection off."""

    status: int = 200
    body: bytes = LIST
    headers: tuple[tuple[str, str], ...] = ()


class Asked(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Script:
    """A real HTTP server that answers by the script, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[Asked] = []
        self.slow_seconds = 0.0
        self.over = threading.Event()
        script = self

        class _Requests(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                named = {name.lower(): value for name, value in self.headers.items()}
                script.asked.append(Asked(self.command, self.path, named, body))
                answer = script.answers.pop(0) if script.answers else Answer()
                if script.slow_seconds:
                    script.over.wait(script.slow_seconds)
                if answer.status == 0:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_PATCH = do_DELETE = _answer

            def log_message(self, *_: object) -> None:
                """Quiet."""

        class _Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that went away is what some tests are about."""

        self._server = _Server(("127.0.0.1", 0), _Requests)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def script() -> Iterator[Script]:
    opened = Script()
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The back-off is proved on its own; here it is short."""
    monkeypatch.setattr(calls, "BACKOFF_SECONDS", 0.001)


@pytest.fixture
def client(script: Script) -> Iterator[Client]:
    with Client(api_key=KEY, base_url=script.url) as opened:
        yield opened


def envelope(type: str, code: str, message: str = "No.", **more: Any) -> bytes:
    return msgspec.json.encode(
        {"error": {"type": type, "code": code, "message": message, "requestId": "req_01hxyz"} | more}
    )


# Retries


@pytest.mark.parametrize("failure", [0, 429, 502, 503, 504])
def test_a_passing_failure_is_tried_again_under_the_same_idempotency_key(
    script: Script, client: Client, failure: int
) -> None:
    """Two failures and a success are one success; each attempt carries the same key and the same body."""
    script.answers = [Answer(failure, b"busy"), Answer(failure, b"busy"), Answer(201, b'{"wrong": "shape"}')]
    with pytest.raises(UnexpectedAnswerError):
        client.checkout_sessions.create(amount=PRICE)
    assert len(script.asked) == 3
    assert len({(one.method, one.path, one.body, one.headers["idempotency-key"]) for one in script.asked}) == 1
    assert uuid.UUID(script.asked[0].headers["idempotency-key"]).version == 4


@pytest.mark.anyio
async def test_the_asynchronous_client_tries_again_as_well(script: Script) -> None:
    """The same policy on the event loop."""
    script.answers = [Answer(0), Answer(503, b""), Answer()]
    async with AsyncClient(api_key=KEY, base_url=script.url) as client:
        assert (await client.events.list()).data == []
    assert len(script.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 500, 501])
def test_what_would_fail_again_is_not_tried_again(script: Script, client: Client, status: int) -> None:
    """An answer that says no is the answer."""
    script.answers = [Answer(status, b"")]
    with pytest.raises(ApiError) as caught:
        client.events.list()
    assert (caught.value.status, len(script.asked)) == (status, 1)


def test_a_request_that_is_still_running_is_asked_for_again(script: Script, client: Client) -> None:
    """After an answer was lost, its retry may find the first attempt at work: 409 with Retry-After. It waits."""
    running = envelope("conflict", "idempotency_key_in_use")
    script.answers = [Answer(0), Answer(409, running, (("Retry-After", "0"),)), Answer()]
    assert client.events.list().data == []
    assert len(script.asked) == 3


def test_the_number_of_retries_is_the_callers(script: Script) -> None:
    """max_retries=0 tries once."""
    script.answers = [Answer(503, b"")]
    with Client(api_key=KEY, base_url=script.url, max_retries=0) as client, pytest.raises(ServerError):
        client.events.list()
    assert len(script.asked) == 1
    with pytest.raises(ConfigurationError, match="max_retries"):
        Client(api_key=KEY, base_url=script.url, max_retries=-1)


def test_after_the_last_retry_the_answer_is_reported(script: Script, client: Client) -> None:
    """Three times 429 is a RateLimitedError that says how long to pause."""
    limited = Answer(429, envelope("rate_limited", "rate_limited"), (("Retry-After", "0"),))
    script.answers = [limited] * 3
    with pytest.raises(RateLimitedError) as caught:
        client.checkout_sessions.create(amount=PRICE)
    assert (caught.value.status, caught.value.code, caught.value.retry_after_seconds) == (429, "rate_limited", 0.0)
    assert caught.value.idempotency_key == script.asked[0].headers["idempotency-key"]


def test_retry_after_is_honoured(script: Script, client: Client) -> None:
    """The next attempt comes no sooner than the server asked for."""
    script.answers = [Answer(429, b"", (("Retry-After", "1"),)), Answer()]
    started = time.monotonic()
    client.events.list()
    assert time.monotonic() - started >= 1


def test_a_pause_that_is_too_long_is_the_callers(script: Script, client: Client) -> None:
    """A call does not block for an hour: the error says how long it would have been."""
    script.answers = [Answer(429, envelope("rate_limited", "rate_limited"), (("Retry-After", "3600"),))]
    with pytest.raises(RateLimitedError) as caught:
        client.events.list()
    assert (caught.value.retry_after_seconds, len(script.asked)) == (3600.0, 1)


@pytest.mark.parametrize("seconds", [1, 1_209_600])
def test_a_quota_that_is_used_up_is_reported_at_once(script: Script, client: Client, seconds: int) -> None:
    """Never tried again, also where the month ends in a second: an error of its own says when the next one begins."""
    script.answers = [Answer(429, envelope("rate_limited", "quota_exceeded"), (("Retry-After", str(seconds)),))]
    before = datetime.now(UTC)
    with pytest.raises(QuotaExceededError) as caught:
        client.events.list()
    assert issubclass(QuotaExceededError, RateLimitedError)
    assert len(script.asked) == 1
    assert caught.value.resets_at is not None
    assert caught.value.resets_at >= before + timedelta(seconds=seconds)


def test_an_unreachable_server_is_a_connection_error_that_keeps_the_idempotency_key() -> None:
    """Whether it was done is not known, so the error carries what makes another try safe."""
    with socket.socket() as bound:  # bound and not listening: refused
        bound.bind(("127.0.0.1", 0))
        with Client(api_key=KEY, base_url=f"http://127.0.0.1:{bound.getsockname()[1]}") as client:
            with pytest.raises(ApiConnectionError, match="3 attempts") as caught:
                client.checkout_sessions.create(amount=PRICE, idempotency_key="order-1")
            assert caught.value.idempotency_key == "order-1"
            with pytest.raises(ApiConnectionError) as caught:
                client.events.list()
            assert caught.value.idempotency_key is None


def test_no_answer_in_time_is_a_timeout(script: Script) -> None:
    """The time-out is for each attempt."""
    script.slow_seconds = 5
    impatient = Client(api_key=KEY, base_url=script.url, timeout_seconds=0.05, max_retries=1)
    with impatient as client, pytest.raises(ApiTimeoutError, match="2 attempts"):
        client.events.list()


def test_the_back_off_doubles_is_bounded_and_jitters_over_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Full jitter: between nothing and 0.5 s, 1 s, 2 s … up to 8 s, on top of what the server asked for."""
    monkeypatch.setattr(calls, "BACKOFF_SECONDS", 0.5)
    for attempt, bound in ((0, 0.5), (1, 1.0), (2, 2.0), (10, 8.0)):
        drawn = [calls.wait_seconds(attempt, None) for _ in range(300)]
        assert all(wait is not None and 0 <= wait <= bound for wait in drawn)
        assert min(drawn) < bound * 0.1 and max(drawn) > bound * 0.9  # type: ignore[operator, type-var]
    asked = calls.wait_seconds(0, httpx.Response(503, headers={"Retry-After": "7"}))
    assert asked is not None and 7 <= asked <= 7.5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0.0), ("17", 17.0), ("", None), ("soon", None), ("-1", None), ("1.5", None), ("9" * 40, 1e9)],
)
def test_retry_after_is_read_as_seconds(header: str, seconds: float | None) -> None:
    """What is no number of seconds and no date is as if it were not there."""
    assert calls.retry_after_seconds(httpx.Response(429, headers={"Retry-After": header})) == seconds


def test_retry_after_is_read_as_a_date() -> None:
    """An HTTP date is a pause until then; one that is past is no pause."""
    for seconds in (30, -30):
        at = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        found = calls.retry_after_seconds(httpx.Response(429, headers={"Retry-After": at}))
        assert found is not None and max(0, seconds - 2) <= found <= max(0, seconds)


@pytest.mark.parametrize("header", ["9" * 5000, "Fri, 31 Dec 99999 23:59:59 GMT", "Mon, 00 ", "99999999999999999999"])
def test_an_absurd_retry_after_is_still_an_error_of_ours(script: Script, client: Client, header: str) -> None:
    """It neither breaks the client nor makes it hurry: a number that no clock reaches is a pause for the caller."""
    script.answers = [Answer(429, envelope("rate_limited", "rate_limited"), (("Retry-After", header),))] * 3
    with pytest.raises(RateLimitedError):
        client.events.list()
    assert len(script.asked) == (1 if header.isdigit() else 3)


def test_an_answer_in_a_broken_encoding_is_an_error_of_ours(script: Script, client: Client) -> None:
    """A proxy says gzip and sends something else: it is tried again under the same key, and then told."""
    script.answers = [Answer(200, b"no gzip", (("Content-Encoding", "gzip"),))] * 3
    with pytest.raises(ApiConnectionError, match="Content-Encoding") as caught:
        client.checkout_sessions.create(amount=PRICE, idempotency_key="order-1")
    assert (caught.value.idempotency_key, len(script.asked)) == ("order-1", 3)


def test_whatever_is_given_or_answered_every_failure_is_one_of_ours(script: Script, client: Client) -> None:
    """A wrong kind of value, a text that is none, an answer nested without end, a client that is closed."""
    script.answers = [Answer(200, b"[" * 100_000), Answer(400, b'{"error":' * 100_000)]
    for wrong in (
        client.events.list,
        client.events.list,
        lambda: client.events.retrieve(None),  # type: ignore[arg-type]
        lambda: client.events.list(type="\ud800"),
        lambda: client.payment_links.create(title="\ud800", fiat_amount="1"),
        lambda: client.checkout_sessions.create(amount=PRICE, idempotency_key=1001),  # type: ignore[arg-type]
        lambda: client.with_options(timeout_seconds=float("nan")),
        lambda: client.with_options(max_retries=-1),
        lambda: Client(api_key=b"ck_test_x", base_url=script.url),  # type: ignore[arg-type]
        lambda: Client(api_key=KEY, base_url=8080),  # type: ignore[arg-type]
        closed(script.url).events.list,
    ):
        with pytest.raises(CheckoutError):
            wrong()


@pytest.mark.anyio
async def test_one_call_may_have_limits_of_its_own(script: Script) -> None:
    """``with_options`` shares the connections and leaves the client as it was, in both clients."""
    with Client(api_key=KEY, base_url=script.url) as client:
        script.answers = [Answer(503, b"")]
        with client.with_options(max_retries=0) as once, pytest.raises(ServerError):
            once.events.list()
        script.answers = [Answer(503, b"")]
        assert client.with_options(timeout_seconds=60).events.list().data == []
        assert len(script.asked) == 3
    async with AsyncClient(api_key=KEY, base_url=script.url) as patient:
        script.answers = [Answer(503, b"")]
        with pytest.raises(ServerError):
            await patient.with_options(max_retries=0).events.list()
        script.slow_seconds = 5
        with pytest.raises(ApiTimeoutError, match="1 attempt"):
            await patient.with_options(timeout_seconds=0.05, max_retries=0).events.list()


def closed(url: str) -> Client:
    with Client(api_key=KEY, base_url=url) as client:
        return client


# Pages


def customer(number: int) -> dict[str, Any]:
    moment = "2026-11-30T12:00:00.000Z"
    words = {"object": "customer", "livemode": False, "email": None, "name": None, "reference": None, "metadata": None}
    return words | {"id": f"cus_{number}", "createdAt": moment, "updatedAt": moment, "future": "word"}


def numbered(page: int, *numbers: int) -> Answer:
    return Answer(
        body=msgspec.json.encode({"data": [customer(one) for one in numbers], "total": 4, "page": page, "limit": 2})
    )


@pytest.mark.anyio
async def test_a_walk_sees_each_object_once_although_a_new_one_moves_the_others_on(script: Script) -> None:
    """A page is walked by a plain loop, in both clients; from the second page on by cursor, which nothing moves."""
    last = msgspec.json.encode({"data": [customer(1)], "hasMore": False, "nextCursor": None})
    script.answers = [numbered(1, 3, 2), Answer(body=last)] * 2
    with Client(api_key=KEY, base_url=script.url) as client:
        page = client.customers.list()
        assert [one.id for one in page] == ["cus_3", "cus_2", "cus_1"]
        assert page.to_dict()["data"][0]["created_at"] == "2026-11-30T12:00:00Z"
        assert page.to_dict()["total"] == 4
    async with AsyncClient(api_key=KEY, base_url=script.url) as asynchronous:
        assert [one.id async for one in await asynchronous.customers.list()] == ["cus_3", "cus_2", "cus_1"]
    assert script.asked[-1].path.endswith("starting_after=cus_2")


def test_a_page_that_leads_to_itself_ends_the_walk(script: Script, client: Client) -> None:
    """Something between that repeats an answer must not keep a program walking for ever."""
    script.answers = [Answer(body=b'{"data":[],"hasMore":true,"nextCursor":"evt_1"}')] * 3
    with pytest.raises(UnexpectedAnswerError, match="lead back"):
        list(client.events.list())
    assert len(script.asked) == 2


def test_what_is_inside_a_body_is_written_with_the_wires_names(script: Script, client: Client) -> None:
    """Nested names are Python's here and the wire's there; metadata is the caller's own, and stays."""
    with pytest.raises(UnexpectedAnswerError):
        client.checkout_sessions.create(
            line_items=[{"product_id": "prod_1", "quantity": 2}], metadata={"my_key": {"inner_key": 1}}
        )
    assert msgspec.json.decode(script.asked[0].body) == {
        "lineItems": [{"productId": "prod_1", "quantity": 2}],
        "metadata": {"my_key": {"inner_key": 1}},
    }


def test_a_place_that_is_not_in_the_log_is_told_with_what_to_do(script: Script, client: Client) -> None:
    """Whoever reads only the traceback knows how to go on."""
    ahead = msgspec.json.decode(envelope("conflict", "sequence_ahead"))
    ahead["error"] |= {"newestSequence": 41, "logId": "log_1"}
    script.answers = [Answer(409, msgspec.json.encode(ahead))]
    with pytest.raises(SequenceAheadError, match=r"after=0 .* after=41"):
        client.events.list(after=99)


# Errors


@pytest.mark.parametrize(
    ("status", "type", "kind"),
    [
        (401, "authentication", AuthenticationError),
        (403, "permission", PermissionDeniedError),
        (400, "invalid_request", InvalidRequestError),
        (404, "not_found", NotFoundError),
        (409, "conflict", ConflictError),
        (500, "server", ServerError),
        (418, "teapot", ApiError),
        (599, "meltdown", ServerError),
    ],
)
def test_the_type_in_the_envelope_decides_the_class(
    script: Script, client: Client, status: int, type: str, kind: Callable[..., ApiError]
) -> None:
    """Branching on the class is branching on the documented type; an unknown type is still an ApiError."""
    page = "https://shop.example/docs/errors/some_code"
    script.answers = [
        Answer(status, envelope(type, "some_code", "Told why.", param="fiatAmount", docUrl=page, future=1))
    ]
    with pytest.raises(ApiError) as caught:
        client.events.list()
    error = caught.value
    assert error.__class__ is kind
    assert (error.status, error.type, error.code, error.message) == (status, type, "some_code", "Told why.")
    assert (error.param, error.request_id, error.doc_url) == ("fiatAmount", "req_01hxyz", page)
    assert "Told why." in str(error) and "req_01hxyz" in str(error)


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"", b"[]", b'{"error": "no"}', b"\xff\xfe"])
def test_an_answer_of_another_service_is_not_repeated(script: Script, client: Client, body: bytes) -> None:
    """A proxy's page, or another program's answer, is said to be unexpected; its text stays out of the error."""
    script.answers = [Answer(404, body), Answer(500, body)]
    with pytest.raises(UnexpectedAnswerError) as caught:
        client.events.list()
    assert "html" not in str(caught.value)
    with pytest.raises(ServerError):
        client.events.list()


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"", b"[]", b'{"data": 1}', b"\xff"])
def test_a_success_that_is_none_is_no_success(script: Script, client: Client, body: bytes) -> None:
    """200 with something else in it is an error, never a half-made object."""
    script.answers = [Answer(200, body)]
    with pytest.raises(UnexpectedAnswerError):
        client.events.list()


def test_a_redirect_is_not_followed(script: Script, client: Client) -> None:
    """The key is sent to the server that was named and to nobody else."""
    script.answers = [Answer(307, b"", (("Location", f"{script.url}/elsewhere"),))]
    with pytest.raises(UnexpectedAnswerError, match="redirect"):
        client.events.list()
    assert len(script.asked) == 1


# The key


def test_the_key_is_sent_with_every_request_and_printed_nowhere(
    script: Script, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """It is in the Authorization header; it is in no repr, no error (even if it was sent back), and no log."""
    caplog.set_level(logging.DEBUG)
    script.answers = [Answer(503, b""), Answer(400, envelope("invalid_request", "x", f"What is {KEY}?"))]
    with pytest.raises(InvalidRequestError) as caught:
        client.events.list()
    assert [one.headers["authorization"] for one in script.asked] == [f"Bearer {KEY}"] * 2
    with pytest.raises(ApiConnectionError) as broken:
        Client(api_key=KEY, base_url="http://127.0.0.1:1", max_retries=0).events.list()
    told = [repr(client), str(client), repr(vars(client)), repr(vars(client.events)), repr(vars(client._transport))]
    told += [str(caught.value), repr(caught.value), repr(vars(caught.value))]
    told += [str(broken.value), repr(broken.value), repr(broken.value.__cause__), caplog.text]
    assert not [text for text in told if KEY in text or KEY[8:] in text]
    assert "ck_test_…" in repr(client)
    assert "retrying GET /api/v1/events" in caplog.text
    with pytest.raises(TypeError):
        pickle.dumps(client)


def test_the_key_comes_from_the_environment(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """CHECKOUT_API_KEY is used when none is given; one that is given wins."""
    monkeypatch.setenv("CHECKOUT_API_KEY", KEY)
    with Client(base_url=script.url) as client:
        client.events.list()
    with Client(api_key="ck_test_other", base_url=script.url) as client:
        client.events.list()
    assert [one.headers["authorization"] for one in script.asked] == [f"Bearer {KEY}", "Bearer ck_test_other"]
    monkeypatch.delenv("CHECKOUT_API_KEY")
    with pytest.raises(ConfigurationError, match="CHECKOUT_API_KEY"):
        Client(base_url=script.url)


def test_the_server_comes_from_the_environment(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """CHECKOUT_BASE_URL is used when none is given, and without it there is no default."""
    monkeypatch.setenv("CHECKOUT_BASE_URL", f"{script.url}/api/v1")
    assert Client(api_key=KEY).base_url == script.url
    monkeypatch.setenv("CHECKOUT_BASE_URL", "")
    with pytest.raises(ConfigurationError, match="base_url"):
        Client(api_key=KEY)
    monkeypatch.delenv("CHECKOUT_BASE_URL")
    with pytest.raises(ConfigurationError, match="CHECKOUT_BASE_URL"):
        Client(api_key=KEY)


@pytest.mark.parametrize("key", ["", "ck_test_a\n", " ck_test_a", "ck test", "ck_tëst", "ck_test_a\r\nX-Evil: 1"])
def test_a_key_that_cannot_be_one_is_refused_without_being_repeated(key: str) -> None:
    """A line break out of a file, or an empty variable, is told at once and not as a mysterious 401."""
    with pytest.raises(ConfigurationError, match="api_key") as caught:
        Client(api_key=key, base_url="https://your-domain.com")
    assert not key.strip() or key.strip() not in str(caught.value)


# Where to


@pytest.mark.parametrize(
    "given",
    [
        "https://your-domain.com",
        "https://your-domain.com/",
        "https://your-domain.com/api/v1",
        "https://your-domain.com/api/v1/",
        "HTTPS://Your-Domain.com",
        " https://your-domain.com\n",
    ],
)
def test_the_base_url_is_the_bare_origin(given: str) -> None:
    """A trailing slash and /api/v1 are removed."""
    assert Client(api_key=KEY, base_url=given).base_url == "https://your-domain.com"


@pytest.mark.parametrize(
    "given",
    ["", "your-domain.com", "ftp://your-domain.com", "https://", "https://your-domain.com/shop", "https://a.b/?x=1",
     "https://a.b/#x", "https://user:pw@a.b", "https://a.b:notaport", "https://a.b:99999", "http://[::1", "/api/v1"],
)  # fmt: skip
def test_a_base_url_that_is_more_or_less_than_an_origin_is_refused(given: str) -> None:
    """It is told when the client is made, not with the first call."""
    with pytest.raises(ConfigurationError, match="base_url"):
        Client(api_key=KEY, base_url=given)


def test_a_port_and_an_ipv6_address_are_kept() -> None:
    """They are part of the origin."""
    assert Client(api_key=KEY, base_url="http://[::1]:8080/").base_url == "http://[::1]:8080"
    assert Client(api_key=KEY, base_url="http://127.0.0.1:8080").base_url == "http://127.0.0.1:8080"


@pytest.mark.parametrize("id", ["", "..", "a/b", "a?b", "a b", "ä", "evt_1\n", "%2e%2e"])
def test_an_id_that_is_none_never_becomes_another_operation(script: Script, client: Client, id: str) -> None:
    """retrieve("") would have been a list, and ".." something else; nothing is sent."""
    with pytest.raises(ConfigurationError, match="id"):
        client.events.retrieve(id)
    with pytest.raises(ConfigurationError, match="id"):
        client.webhook_endpoints.test(id)
    assert script.asked == []


@pytest.mark.parametrize("key", ["", " ", "a b", "a\nb", "ü", "x" * 256])
def test_an_idempotency_key_that_cannot_be_sent_is_refused(script: Script, client: Client, key: str) -> None:
    """An empty one must not mean none."""
    with pytest.raises(ConfigurationError, match="idempotency_key"):
        client.checkout_sessions.create(amount=PRICE, idempotency_key=key)
    assert script.asked == []


def test_reads_carry_no_idempotency_key_and_each_mutating_call_a_new_one(script: Script, client: Client) -> None:
    """POST, PATCH and DELETE do, and no two of them the same."""
    answers = [Answer(200, b"{}")] * 4
    script.answers = [Answer(), *answers]
    client.events.list()
    for call in (
        lambda: client.payment_links.create(title="a", fiat_amount="1"),
        lambda: client.payment_links.update("pl_1", title="b"),
        lambda: client.payment_links.archive("pl_1"),
        lambda: client.webhook_endpoints.test("we_1"),
    ):
        with pytest.raises(UnexpectedAnswerError):
            call()
    assert "idempotency-key" not in script.asked[0].headers
    assert [one.method for one in script.asked] == ["GET", "POST", "PATCH", "DELETE", "POST"]
    assert len({one.headers["idempotency-key"] for one in script.asked[1:]}) == 4


def test_a_moment_without_a_zone_is_refused(script: Script, client: Client) -> None:
    """It would mean another moment on another machine."""
    with pytest.raises(ConfigurationError, match="time zone"):
        client.events.list(created_after=datetime(2026, 1, 1))  # noqa: DTZ001 — that is the point
    assert script.asked == []


def test_an_http_client_of_ones_own_is_used_and_left_open(script: Script) -> None:
    """Proxies, certificates and hooks are the caller's; so is closing it."""
    with httpx.Client() as own:
        with Client(api_key=KEY, base_url=script.url, http_client=own) as client:
            client.events.list()
        assert not own.is_closed
    assert len(script.asked) == 1
