"""A request under one ``Idempotency-Key`` is done once and answered alike, whatever happens meanwhile.

Many at once; a server killed in a loop while clients retry; a crash between any two statements.
"""

import asyncio
import itertools
import shutil
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from keyturn.database import StoreUnavailable, open_database
from keyturn.database.postgres import PostgresTransaction
from keyturn.database.sqlite import SqliteTransaction
from tests.makers import ON_POSTGRES, ON_SQLITE, one, rows
from tests.running import EVERY_SCOPE, RunningServer
from tests.shop import MovableClock, Shop, settings_for, shop
from tillgate.app import running

__all__ = ["shop"]

AT_ONCE = 50
CLIENTS = 8
KEY = {"Idempotency-Key": "order-1042"}


def amount(value: str = "50.00") -> dict[str, Any]:
    return {"amount": {"value": value, "currency": "USD"}}


async def effects(shop: Shop) -> dict[str, int]:
    """How many rows one new session and its event, subscribed to by an endpoint, have left."""
    tables = ("checkout_sessions", "payments", "events", "webhook_deliveries", "idempotency_names")
    return {table: await one(shop.database, f"SELECT COUNT(*) FROM {table}") for table in tables}  # noqa: S608


ONCE = {"checkout_sessions": 1, "payments": 1, "events": 1, "webhook_deliveries": 1, "idempotency_names": 1}


async def subscribe(shop: Shop) -> None:
    """An endpoint that nobody listens at: the deliveries are made and wait."""
    answer = await (await shop.client()).post(
        "/webhook_endpoints", json={"url": "http://127.0.0.1:9/in", "events": ["session.created"]}
    )
    assert answer.status_code == 201, answer.text


@pytest.mark.anyio
@pytest.mark.spec("crypto-checkout R62", "crypto-checkout R64")
async def test_fifty_at_once_with_one_key_have_one_effect_and_identical_answers(shop: Shop) -> None:
    """crypto-checkout R62, R64: one of fifty is done; all are answered 201 with the same bytes, 49 marked replays."""
    await subscribe(shop)
    clients = [await shop.client() for _ in range(5)]
    for key in ("one", "two", "three"):
        before = await effects(shop)
        answers = await asyncio.gather(
            *(
                client.post("/checkout_sessions", json=amount(), headers={"Idempotency-Key": key})
                for client in clients
                for _ in range(AT_ONCE // len(clients))
            )
        )
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert sum("idempotency-replayed" in answer.headers for answer in answers) == AT_ONCE - 1
        assert await effects(shop) == {table: number + 1 for table, number in before.items()}


@pytest.mark.anyio
@pytest.mark.spec("crypto-checkout R62", "crypto-checkout R64")
async def test_fifty_at_once_with_one_key_and_different_bodies_have_one_success(shop: Shop) -> None:
    """One body wins; everybody else is told 409 and has done nothing. The winner's retry is a replay."""
    await subscribe(shop)
    client = await shop.client()
    answers = await asyncio.gather(
        *(
            client.post("/checkout_sessions", json=amount(f"{number}.00"), headers=KEY)
            for number in range(1, AT_ONCE + 1)
        )
    )
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: 1, 409: AT_ONCE - 1}
    codes = {answer.json()["error"]["code"] for answer in answers if answer.status_code == 409}
    assert codes == {"idempotency_key_reused"}
    assert await effects(shop) == ONCE
    [winner] = [answer for answer in answers if answer.status_code == 201]
    again = await client.post(
        "/checkout_sessions", content=winner.request.content, headers=dict(winner.request.headers)
    )
    assert (again.headers["idempotency-replayed"], again.content) == ("true", winner.content)


@pytest.mark.anyio
async def test_of_fifty_that_are_refused_at_once_each_hears_why_and_the_key_stays_free(shop: Shop) -> None:
    """Requests that wait for one that then fails are not taken for its replays: each is judged on its own."""
    client = await shop.client()
    link = (await client.post("/payment_links", json={"title": "Pro plan", "fiatAmount": "9"})).json()
    await client.patch(f"/payment_links/{link['id']}", json={"active": False})
    body = {"linkId": link["id"]}
    answers = await asyncio.gather(*(client.post("/checkout_sessions", json=body, headers=KEY) for _ in range(AT_ONCE)))
    assert {answer.json()["error"]["code"] for answer in answers} == {"link_inactive"}
    assert await one(shop.database, "SELECT COUNT(*) FROM idempotency_names") == 0
    await client.patch(f"/payment_links/{link['id']}", json={"active": True})
    assert (await client.post("/checkout_sessions", json=body, headers=KEY)).status_code == 201


@pytest.mark.anyio
@pytest.mark.spec("crypto-checkout R62", "crypto-checkout R64")
async def test_a_commit_whose_confirmation_is_lost_is_found_by_the_retry(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the database commits and its word of it never arrives, the caller hears 503 and not that nothing was done;
    the retry gets the answer of what was."""
    await subscribe(shop)
    client = await shop.client()
    kind = type(shop.database)
    write = kind.write

    async def unconfirmed(self: Any, operation: Any) -> Any:
        await write(self, operation)
        raise StoreUnavailable("the connection was lost during COMMIT")

    with monkeypatch.context() as patched:
        patched.setattr(kind, "write", unconfirmed)
        lost = await client.post("/checkout_sessions", json=amount(), headers=KEY)
    assert (lost.status_code, lost.headers["retry-after"]) == (503, "1")
    assert "may not be known" in lost.json()["error"]["message"]
    again = await client.post("/checkout_sessions", json=amount(), headers=KEY)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert await effects(shop) == ONCE


class Described(NamedTuple):
    """What a client was answered for one key, at last."""

    key: str
    body: dict[str, Any]
    status: int
    content: bytes
    tries: int
    replayed: bool


class Persistent:
    """Clients that go on sending new requests, and each request again and again until it is answered."""

    def __init__(self, server: RunningServer, secret: str) -> None:
        self._server = server
        self._secret = secret
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._stopping = self._giving_up = False
        self.told: list[Described] = []
        self._threads = ThreadPoolExecutor(CLIENTS)
        self._workers = [self._threads.submit(self._work) for _ in range(CLIENTS)]

    def wait_for_more(self, more: int) -> None:
        """Until ``count`` more answers have come."""
        with self._changed:
            enough = len(self.told) + more
            assert self._changed.wait_for(lambda: len(self.told) >= enough or self._failed(), 60)
        self._raise()

    def stop(self) -> None:
        """No new requests; those under way are sent until they are answered."""
        self._stopping = True
        try:
            for worker in self._workers:
                worker.result(60)
        finally:
            self._giving_up = True
            self._server.listening.set()  # type: ignore[attr-defined]
            self._threads.shutdown()

    def _failed(self) -> bool:
        return any(worker.done() for worker in self._workers)

    def _raise(self) -> None:
        for worker in self._workers:
            if worker.done():
                worker.result()

    def _work(self) -> None:
        client = self._server.client(self._secret)
        try:
            while not self._stopping:
                number = next(self._numbers)
                told = self._until_answered(client, f"key-{number}", amount(f"{number + 1}.00"))
                with self._changed:
                    self.told.append(told)
                    self._changed.notify_all()
        finally:
            client.close()

    def _until_answered(self, client: httpx.Client, key: str, body: dict[str, Any]) -> Described:
        for tries in itertools.count(1):
            try:
                answer = client.post("/checkout_sessions", json=body, headers={"Idempotency-Key": key})
            except httpx.TransportError:
                # Nobody listens while the server starts again: do not burn the processor that it starts on.
                assert not self._giving_up, "the server did not come back"
                self._server.listening.wait(30)  # type: ignore[attr-defined]
                continue
            if answer.status_code == 503:
                continue
            replayed = "idempotency-replayed" in answer.headers
            return Described(key, body, answer.status_code, answer.content, tries, replayed)
        raise AssertionError


class MortalServer(RunningServer):
    """A server that says when it listens."""

    def __init__(self, data: Path, database_url: str | None) -> None:
        super().__init__(data, database_url)
        self.listening = threading.Event()

    def start(self, *, open_files: int | None = None, **environment: str) -> "MortalServer":
        super().start(open_files=open_files, **environment)
        self.listening.set()
        return self

    def kill(self) -> None:
        self.listening.clear()
        super().kill()


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.spec("crypto-checkout R62", "crypto-checkout R63", "crypto-checkout R64")
@pytest.mark.parametrize(
    ("database_url", "rounds"), [("sqlite", 8), ("postgres", 4)], indirect=["database_url"], ids=["sqlite", "postgres"]
)
async def test_retries_across_kill_9_make_exactly_one_session_for_each_key(
    database_url: str, rounds: int, tmp_path: Path
) -> None:
    """A server is killed by SIGKILL again and again while clients retry until they are answered. Each key has exactly
    one session with one event, its answer is the stored one byte for byte, and no event number is missing."""
    await asyncio.to_thread(_kill_in_a_loop, database_url, rounds, tmp_path)


def _kill_in_a_loop(database_url: str, rounds: int, tmp_path: Path) -> None:
    server = MortalServer(tmp_path / "data", database_url)
    try:
        server.start()
        server.project()
        clients = Persistent(server, server.key())
        try:
            for number in range(rounds):
                # After a different number of answers each time, with eight requests on their way.
                clients.wait_for_more(11 + 7 * number)
                server.kill()
                server.start()
            clients.wait_for_more(CLIENTS)
        finally:
            clients.stop()
    finally:
        server.stop()
    asyncio.run(_check(database_url, clients.told))


async def _check(database_url: str, told: list[Described]) -> None:
    database = await open_database(database_url)
    try:
        sessions = await rows(database, "SELECT id, amount_minor FROM checkout_sessions")
        events = await rows(database, "SELECT object_id, sequence, type FROM events ORDER BY sequence")
        stored = await rows(database, "SELECT key, status, body FROM idempotency_names")
        payments = await rows(database, "SELECT session_id FROM payments")
    finally:
        await database.close()
    assert {one.status for one in told} == {201}
    assert len({one.key for one in told}) == len(told)
    by_key = {row["key"]: (row["status"], row["body"].encode()) for row in stored}
    assert by_key == {one.key: (one.status, one.content) for one in told}
    # One session for each key, of the amount that was asked for under it.
    made = {one.content: httpx.Response(201, content=one.content).json()["id"] for one in told}
    assert sorted(made.values()) == sorted(row["id"] for row in sessions)
    amounts = {row["id"]: row["amount_minor"] for row in sessions}
    assert all(amounts[made[one.content]] == float(one.body["amount"]["value"]) * 100 for one in told)
    assert sorted(row["session_id"] for row in payments) == sorted(amounts)
    assert [row["sequence"] for row in events] == list(range(1, len(told) + 1))
    assert Counter((row["object_id"], row["type"]) for row in events) == dict.fromkeys(
        ((session_id, "session.created") for session_id in amounts), 1
    )
    # The kills met requests on their way, or this test would show nothing.
    assert any(one.tries > 1 for one in told)


@contextmanager
def before_each_statement(kind: type[Any], step: Callable[[Any], Awaitable[None] | None]) -> Iterator[None]:
    """Call ``step`` with the transaction before each of its statements."""
    originals = {name: getattr(kind, name) for name in ("execute", "fetch_one", "fetch_all")}

    def stepping(original: Any) -> Any:
        async def statement(self: Any, sql: Any, *params: Any) -> Any:
            waiting = step(self)
            if waiting is not None:
                await waiting
            return await original(self, sql, *params)

        return statement

    patch = pytest.MonkeyPatch()
    try:
        for name, original in originals.items():
            patch.setattr(kind, name, stepping(original))
        yield
    finally:
        patch.undo()


async def books(shop: Shop) -> dict[str, Any]:
    """Where everything stands that a request may touch, without names and instants, which each try makes again."""
    found: dict[str, Any] = {}
    for table in ("events", "webhook_deliveries", "idempotency_names", "transactions", "redemptions"):
        found[table] = await one(shop.database, f"SELECT COUNT(*) FROM {table}")  # noqa: S608
    for table, columns in (
        ("checkout_sessions", "status, amount_minor"),
        ("orders", "status, total_minor"),
        ("payments", "state, decision"),
        ("refunds", "status, amount_minor"),
        ("coupons", "reserved, redeemed"),
        ("event_sequences", "last"),
    ):
        order = f"SELECT {columns} FROM {table} ORDER BY {columns}"  # noqa: S608
        found[table] = [tuple(row) for row in await rows(shop.database, order)]
    return found


async def a_new_session(client: httpx.AsyncClient) -> tuple[str, dict[str, Any]]:
    return "/checkout_sessions", amount()


async def a_decision_on_what_is_too_much(client: httpx.AsyncClient) -> tuple[str, dict[str, Any]]:
    """What moves most at once: a refund and its transaction, session, payment, order, a coupon's place, and events."""
    tenth = {"name": "A tenth", "discountType": "percentage", "discountPercentage": "10"}
    coupon = (await client.post("/coupons", json=tenth)).json()
    wish = amount() | {"couponId": coupon["id"]}
    session = (await client.post("/checkout_sessions?expand=order", json=wish)).json()
    await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "overpaid"})
    return f"/orders/{session['order']['id']}/refund", {"what": "excess"}


REQUESTS = pytest.mark.parametrize("request_of", [a_new_session, a_decision_on_what_is_too_much])
RETRIED_MAX = 12


@pytest.mark.anyio
@REQUESTS
@ON_SQLITE
async def test_a_crash_between_any_two_statements_leaves_all_or_nothing_on_sqlite(
    database_url: str, tmp_path: Path, request_of: Any
) -> None:
    """The files as they are before each statement, and before and after the commit, are what a crash at that moment
    leaves. In each such state there is either nothing of the request or all of it, and the retry gets the one answer.
    """
    database_file = tmp_path / "tillgate.db"
    images: list[Path] = []

    def keep(_: Any = None) -> None:
        image = tmp_path / "images" / str(len(images))
        image.mkdir(parents=True)
        for file in (database_file, database_file.with_name("tillgate.db-wal")):
            shutil.copy(file, image / file.name)
        images.append(image)

    settings = settings_for(tmp_path, database_url)
    clock = MovableClock()
    # Without its background work: every statement is the request's.
    async with running(settings, clock) as app:
        database = await open_database(database_url)
        shop = Shop(app, database, clock)
        shop.project_id = await shop.project()
        await subscribe(shop)
        secret = (await shop.issued(EVERY_SCOPE)).secret.reveal()
        client = await shop.caller(secret)
        path, body = await request_of(client)
        nothing = await books(shop)
        writer = app._database._writer  # type: ignore[attr-defined]

        def while_writing(transaction: Any) -> None:
            if transaction._connection is writer:
                keep()

        with before_each_statement(SqliteTransaction, while_writing):
            first = await client.post(path, json=body, headers=KEY)
        keep()
        everything = await books(shop)
        await shop.close()
        await database.close()
    assert first.is_success, first.text
    assert everything != nothing
    assert len(images) > 6
    outcomes = []
    retried = {*range(0, len(images), max(len(images) // RETRIED_MAX, 1)), len(images) - 2, len(images) - 1}
    for number, image in enumerate(images):
        url = f"sqlite:///{image / 'tillgate.db'}"
        database = await open_database(url)
        found = await books(Shop(None, database, clock))  # type: ignore[arg-type]
        assert found in (nothing, everything), found
        outcomes.append(found == everything)
        if number in retried:
            async with running(settings._replace(database_url=url), clock) as app:
                shop = Shop(app, database, clock)
                again = await (await shop.caller(secret)).post(path, json=body, headers=KEY)
                assert again.status_code == first.status_code, again.text
                assert await books(shop) == everything
                if found == everything:
                    assert (again.headers["idempotency-replayed"], again.content) == ("true", first.content)
                else:
                    assert "idempotency-replayed" not in again.headers
                await shop.close()
        await database.close()
    # Nothing before the commit, everything after the answer.
    assert outcomes == [False] * (len(images) - 1) + [True]


@pytest.mark.anyio
@REQUESTS
@ON_POSTGRES
async def test_a_connection_lost_between_any_two_statements_leaves_nothing_on_postgresql(
    database_url: str, tmp_path: Path, request_of: Any
) -> None:
    """What PostgreSQL sees of a process that dies is its connection: cut before each statement in turn, it leaves
    nothing of the request, the caller hears 503, and the retry that gets through is done once."""
    settings = settings_for(tmp_path, database_url)
    clock = MovableClock()
    async with running(settings, clock) as app:
        database = await open_database(database_url)
        shop = Shop(app, database, clock)
        shop.project_id = await shop.project()
        await subscribe(shop)
        client = await shop.client()
        path, body = await request_of(client)
        nothing = await books(shop)
        statements = 0
        for cut_before in itertools.count(1):
            seen = 0

            async def cut(transaction: Any, cut_before: int = cut_before) -> None:
                nonlocal seen
                connection = transaction._connection
                if not connection.is_in_transaction():
                    return
                seen += 1
                if seen == cut_before:
                    pid = connection.get_server_pid()
                    async with database._pool.acquire() as other:  # type: ignore[attr-defined]
                        await other.execute("SELECT pg_terminate_backend($1, 5000)", pid)

            with before_each_statement(PostgresTransaction, cut):
                answer = await client.post(path, json=body, headers=KEY)
            if answer.is_success:
                statements = seen
                break
            assert answer.status_code == 503, answer.text
            assert await books(shop) == nothing
        assert statements > 6
        assert cut_before == statements + 1
        everything = await books(shop)
        assert everything != nothing
        again = await client.post(path, json=body, headers=KEY)
        assert (again.headers["idempotency-replayed"], again.content) == ("true", answer.content)
        assert await books(shop) == everything
        await shop.close()
        await database.close()
