"""Rate limits over HTTP: each API key at its own pace."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn import KeyWish, Limit, Limiter, Mode
from keyturn.database import open_database
from tests.makers import one
from tests.running import RunningServer
from tests.shop import MovableClock, Shop, lifespan, settings_for
from tillgate.app import running
from tillgate.settings import Settings, SettingsError, load

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
LIMIT = Limit(2.0, 5)


class Watch:
    """A monotonic clock that goes when told."""

    def __init__(self) -> None:
        self.at_ns = 10**15

    def __call__(self) -> int:
        return self.at_ns

    def forward(self, seconds: float) -> None:
        self.at_ns += round(seconds * 1e9)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """The limiter's time, of this test alone."""
    made = Watch()
    monkeypatch.setattr("tillgate.app.Limiter", lambda _: Limiter(made))
    return made


@asynccontextmanager
async def limited_shop(data: Path, database_url: str, limit: Limit | None) -> AsyncIterator[Shop]:
    """A shop whose keys have a limit."""
    clock = MovableClock()
    settings = settings_for(data, database_url)._replace(key_limit=limit)
    async with running(settings, clock) as app, lifespan(app):
        database = await open_database(database_url)
        shop = Shop(app, database, clock)
        try:
            shop.project_id = await shop.project("Test shop")
            yield shop
        finally:
            await shop.close()
            await database.close()


@pytest.fixture
async def limited(tmp_path: Path, watch: Watch, anyio_backend: object) -> AsyncIterator[Shop]:
    """A shop where a key may make two requests a second, and five at once."""
    async with limited_shop(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}", LIMIT) as shop:
        yield shop


def rate(answer: httpx.Response) -> tuple[int, int]:
    """What is left, and in how many seconds all of it is there again, as the ``RateLimit`` header says."""
    match = re.fullmatch(r'"key";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
    assert match, answer.headers["ratelimit"]
    return int(match[1]), int(match[2])


async def use_up(client: httpx.AsyncClient, path: str = "/customers") -> None:
    for _ in range(LIMIT.burst):
        assert (await client.get(path)).status_code == 200
    assert (await client.get(path)).status_code == 429


@pytest.mark.spec("crypto-checkout R58")
async def test_one_keys_use_does_not_consume_anothers_allowance(limited: Shop) -> None:
    """crypto-checkout R58: the limit is per key, not per project, mode or address."""
    busy = await limited.client()
    others = [
        await limited.client(),
        await limited.client(mode="live"),
        await limited.client(project=await limited.project()),
    ]
    await use_up(busy)
    for other in others:
        answer = await other.get("/customers")
        assert (answer.status_code, rate(answer)[0]) == (200, LIMIT.burst - 1)
    assert (await busy.get("/customers")).status_code == 429


@pytest.mark.spec("crypto-checkout R58", "crypto-checkout R61")
async def test_a_key_with_a_rate_limit_of_its_own_is_held_to_it(limited: Shop, watch: Watch) -> None:
    """A key's own limit takes the place of the server's, be it slower or faster, and is what its headers tell."""

    async def caller(limit: Limit) -> httpx.AsyncClient:
        issued = await limited.keys.issuer.issue(
            KeyWish(
                project_id=limited.project_id, mode=Mode.TEST, name="paced", scopes=["customers:read"], limit=limit
            ),
            by="operator:test",
        )
        return await limited.caller(issued.secret.reveal())

    slow, fast = await caller(Limit(1 / 60, 1)), await caller(Limit(100.0, 20))
    assert (await slow.get("/customers")).headers["ratelimit-policy"] == '"key";q=1;w=60'
    refused = await slow.get("/customers")
    assert (refused.status_code, refused.headers["retry-after"], rate(refused)) == (429, "60", (0, 60))
    watch.forward(59)
    assert (await slow.get("/customers")).headers["retry-after"] == "1"
    watch.forward(1)
    assert (await slow.get("/customers")).status_code == 200
    assert [(await fast.get("/customers")).status_code for _ in range(21)] == [200] * 20 + [429]


@pytest.mark.spec("crypto-checkout R58")
async def test_a_key_has_one_allowance_wherever_it_is_used(limited: Shop) -> None:
    """All endpoints, from all addresses, count together; so do requests that are refused as wrong."""
    key = (await limited.issued()).secret.reveal()
    here, there = await limited.caller(key), await limited.caller(key, "203.0.113.9")
    statuses = [
        (await here.get("/customers")).status_code,
        (await there.get("/payment_links")).status_code,
        (await here.get("/customers/cus_unknown")).status_code,
        (await there.post("/checkout_sessions", json={})).status_code,
        (await here.get("/no_such_path")).status_code,
        (await there.get("/events")).status_code,
        (await here.get("/events")).status_code,
    ]
    assert statuses == [200, 200, 404, 400, 404, 429, 429]


@pytest.mark.spec("crypto-checkout R59", "crypto-checkout R60")
async def test_over_the_limit_the_answer_is_429_in_the_envelope(limited: Shop) -> None:
    """crypto-checkout R59, R60: 429 with type rate_limited, and Retry-After in whole seconds."""
    client = await limited.client()
    await use_up(client)
    refused = await client.get("/customers")
    assert refused.status_code == 429
    error = refused.json()["error"]
    assert set(refused.json()) == {"error"}
    assert set(error) == {"type", "code", "message", "docUrl", "requestId"}
    assert (error["type"], error["code"]) == ("rate_limited", "rate_limited")
    assert error["requestId"] == refused.headers["x-request-id"]
    assert refused.headers["content-type"] == "application/json"
    assert refused.headers["retry-after"] == "1"
    assert "Try again in 1 s" in error["message"]


@pytest.mark.spec("crypto-checkout R58", "crypto-checkout R59")
async def test_every_answer_says_what_is_left(limited: Shop, watch: Watch) -> None:
    """RateLimit-Policy and RateLimit stand on success and on refusal, count down, and are honest."""
    client = await limited.client()
    for left in (4, 3, 2, 1, 0):
        answer = await client.get("/customers")
        assert answer.headers["ratelimit-policy"] == '"key";q=5;w=3'
        assert rate(answer) == (left, -(-(5 - left) // 2))
    refused = await client.get("/customers")
    assert refused.status_code == 429
    assert refused.headers["ratelimit-policy"] == '"key";q=5;w=3'
    assert rate(refused) == (0, 3)
    watch.forward(rate(refused)[1])
    assert rate(await client.get("/customers"))[0] == 4


async def test_a_mistake_says_what_is_left_as_well(limited: Shop) -> None:
    """A request that came in and was then refused counted, and says so."""
    client = await limited.client()
    mistakes = (("GET", "/customers/cus_none", 404), ("GET", "/customers?page=0", 400), ("GET", "/nowhere", 404))
    for left, (method, path, status) in zip((4, 3, 2), mistakes, strict=True):
        answer = await client.request(method, path)
        assert (answer.status_code, rate(answer)[0]) == (status, left)
    wrong = await client.put("/customers")
    assert (wrong.status_code, rate(wrong)[0], wrong.headers["allow"]) == (405, 1, "GET, HEAD, POST")


@pytest.mark.spec("crypto-checkout R61")
async def test_after_the_delay_the_same_request_succeeds(limited: Shop, watch: Watch) -> None:
    """crypto-checkout R61: the refused request, sent again after Retry-After, is done; under the same idempotency
    key as well, and just once."""
    client = await limited.client()
    await use_up(client)
    headers = {"Idempotency-Key": "order-1042"}
    refused = await client.post("/checkout_sessions", json=AMOUNT, headers=headers)
    assert refused.status_code == 429
    watch.forward(0.4)
    assert (await client.post("/checkout_sessions", json=AMOUNT, headers=headers)).status_code == 429
    watch.forward(float(refused.headers["retry-after"]) - 0.4)
    done = await client.post("/checkout_sessions", json=AMOUNT, headers=headers)
    again = await client.post("/checkout_sessions", json=AMOUNT, headers=headers)
    assert (done.status_code, again.status_code, again.content) == (201, 201, done.content)
    assert [answer.headers.get("idempotency-replayed") for answer in (done, again)] == [None, "true"]
    assert await one(limited.database, "SELECT COUNT(*) FROM checkout_sessions") == 1


@pytest.mark.spec("crypto-checkout R59")
async def test_a_refused_request_is_not_looked_at(limited: Shop) -> None:
    """Nothing of the operation runs: no row, no event, no stored key, not even a look at the body."""
    client = await limited.client()
    link = (await client.post("/payment_links", json={"title": "Pro plan", "fiatAmount": "9"})).json()
    for _ in range(LIMIT.burst - 1):
        await client.get("/customers")
    refused = [
        await client.post("/checkout_sessions", json=AMOUNT, headers={"Idempotency-Key": "one"}),
        await client.post("/checkout_sessions", content=b"{not json"),
        await client.post("/customers", json={}),
        await client.patch(f"/payment_links/{link['id']}", json={"title": "Other"}),
        await client.delete(f"/payment_links/{link['id']}"),
        await client.get("/no_such_path"),
    ]
    assert {answer.status_code for answer in refused} == {429}
    assert await one(limited.database, "SELECT COUNT(*) FROM events WHERE type <> 'payment_link.created'") == 0
    for table in ("checkout_sessions", "customers", "idempotency_names"):
        assert await one(limited.database, f"SELECT COUNT(*) FROM {table}") == 0  # noqa: S608
    assert await one(limited.database, "SELECT updated_at - created_at FROM payment_links") == 0


@pytest.mark.spec("crypto-checkout R58")
async def test_a_request_that_is_not_admitted_uses_no_rate_limit(limited: Shop) -> None:
    """Without a valid key, or with one that lacks the scope, nobody's allowance shrinks."""
    key = (await limited.issued(["customers:read"])).secret.reveal()
    client, nobody = await limited.caller(key), await limited.caller(key[:-1] + ("A" if key[-1] != "A" else "B"))
    for _ in range(20):
        assert (await nobody.get("/customers")).status_code == 401
        assert (await client.post("/customers", json={})).status_code == 403
    assert rate(await client.get("/customers")) == (4, 1)


@pytest.mark.spec("crypto-checkout R61")
async def test_a_steady_rate_at_the_limit_is_never_refused(limited: Shop, watch: Watch) -> None:
    """Two requests a second, for as long as one likes, are what the limit allows."""
    client = await limited.client()
    for _ in range(100):
        assert (await client.get("/customers")).status_code == 200
        watch.forward(0.5)


async def test_without_a_limit_there_is_no_refusal_and_no_header(tmp_path: Path, anyio_backend: object) -> None:
    """An operator may switch the limit off; then no header pretends that there is one."""
    async with limited_shop(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}", None) as shop:
        client = await shop.client()
        answers = [await client.get("/customers") for _ in range(50)]
        assert {answer.status_code for answer in answers} == {200}
        assert not [name for name in answers[-1].headers if name.startswith(("ratelimit", "retry"))]


def test_the_limit_is_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """TILLGATE_KEY_RATE_PER_SECOND and TILLGATE_KEY_BURST; 100 and 200 by default, 0 for none, nonsense refused; and
    the same of visits to payment links, 10 a minute and 30."""
    for name in ("KEY_RATE_PER_SECOND", "KEY_BURST", "LINK_VISITS_PER_MINUTE", "LINK_VISITS_BURST"):
        monkeypatch.delenv(f"TILLGATE_{name}", raising=False)
    assert load().key_limit == Limit(100.0, 200)
    assert load().visit_limit == Settings._field_defaults["visit_limit"] == Limit(10 / 60, 30)
    monkeypatch.setenv("TILLGATE_LINK_VISITS_PER_MINUTE", "0")
    assert load().visit_limit is None
    monkeypatch.setenv("TILLGATE_KEY_RATE_PER_SECOND", "7")
    monkeypatch.setenv("TILLGATE_KEY_BURST", "9")
    assert load().key_limit == Limit(7.0, 9)
    monkeypatch.setenv("TILLGATE_KEY_RATE_PER_SECOND", "0")
    assert load().key_limit is None
    wrong: list[tuple[str, Any]] = [
        ("TILLGATE_KEY_RATE_PER_SECOND", "-1"),
        ("TILLGATE_KEY_RATE_PER_SECOND", "0.5"),
        ("TILLGATE_KEY_RATE_PER_SECOND", "many"),
        ("TILLGATE_KEY_BURST", "0"),
        ("TILLGATE_LINK_VISITS_PER_MINUTE", "-1"),
        ("TILLGATE_LINK_VISITS_BURST", "0"),
    ]
    for name, value in wrong:
        with monkeypatch.context() as patched:
            patched.setenv("TILLGATE_KEY_RATE_PER_SECOND", "1")
            patched.setenv("TILLGATE_LINK_VISITS_PER_MINUTE", "1")
            patched.setenv(name, value)
            with pytest.raises(SettingsError, match=name):
                load()


@pytest.mark.slow
def test_a_running_server_holds_each_key_to_the_configured_rate(tmp_path: Path) -> None:
    """The same with a real server and real time: what is refused is done after the Retry-After that it was told.
    Visitors of a payment link are told apart by what a trusted proxy says of them, and by nothing that they say; so is
    TLS from clear text."""
    limits = {"KEY_RATE_PER_SECOND": "1", "KEY_BURST": "2", "LINK_VISITS_PER_MINUTE": "1", "LINK_VISITS_BURST": "1"}
    server = RunningServer(tmp_path / "data").start(**{f"TILLGATE_{name}": value for name, value in limits.items()})
    try:
        server.project()
        with server.client(server.key()) as client:
            answers = [client.get("/customers")]
            while answers[-1].status_code == 200 and len(answers) < 200:
                answers.append(client.get("/customers"))
            assert (answers[1].status_code, answers[-1].status_code) == (200, 429)
            while (answer := client.get("/customers")).status_code == 429:
                assert answer.headers["retry-after"] == "1"
            assert answer.status_code == 200
        with server.client(server.key()) as client:
            link = client.post("/payment_links", json={"title": "Tea", "fiatAmount": "4.50"}).json()["checkoutUrl"]
        for address, status in (
            ("203.0.113.1", 303),
            ("203.0.113.1", 429),
            ("198.51.100.9, 203.0.113.1", 429),
            ("203.0.113.2", 303),
        ):
            assert httpx.post(link, headers={"X-Forwarded-For": address}, trust_env=False).status_code == status
        # How it came is read where the client stands in the list.
        key = server.key()
        for schemes, hops, status in (
            ("https, https", "203.0.113.7, 127.0.0.1", 200),
            ("https, http", "203.0.113.7, 127.0.0.1", 200),
            ("http, https", "203.0.113.7, 127.0.0.1", 403),
            ("https, http", "203.0.113.7", 403),
            ("http", "203.0.113.7", 403),
        ):
            sent = {"Authorization": f"Bearer {key}", "X-Forwarded-For": hops, "X-Forwarded-Proto": schemes}
            answer = httpx.get(f"{server.url}/api/v1/customers", headers=sent, trust_env=False)
            assert answer.status_code == status, (schemes, hops, answer.text)
    finally:
        server.stop()
