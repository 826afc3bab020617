"""A server that is killed at any moment loses nothing that it answered."""

import asyncio
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn.database import Database, Row, open_database
from tests.makers import execute, rows
from tests.receiver import Receiver
from tests.running import RunningServer

CLIENTS = 6
ROUNDS_MAX = 40
ROUNDS = {"sqlite": 9, "postgres": 4}
DELIVERED_SECONDS_MAX = 60


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[RunningServer]:
    """A server process on either database, with a project."""
    running = RunningServer(tmp_path / "data", database_url).start()
    try:
        running.project()
        yield running
    finally:
        running.stop()


def on_database(url: str, work: Callable[[Database], Awaitable[Any]]) -> Any:
    """Look into the database beside the server."""

    async def run() -> Any:
        database = await open_database(url)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def query(url: str, sql: str) -> list[Row]:
    found: list[Row] = on_database(url, lambda database: rows(database, sql))
    return found


def let_leases_run_out(url: str) -> None:
    """As if the minute after the crash had passed: what a dead worker held, or what failed, is due."""

    async def work(database: Database) -> None:
        await execute(
            database, "UPDATE webhook_deliveries SET lease_until = 0, next_attempt_at = 0 WHERE status = 'pending'"
        )

    on_database(url, work)


class Buyers:
    """Clients that open and pay sessions until the server is gone, and keep what they were told."""

    def __init__(self, server: RunningServer, key: str, coupon: str) -> None:
        self.server = server
        self.key = key
        self.coupon = coupon
        self.created: list[str] = []
        self.paid: list[str] = []
        self.surprises: list[str] = []
        self._stop = threading.Event()

    def run_until_killed(self, seconds: float) -> None:
        threads = [threading.Thread(target=self._buy) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        # The moment of death is chance; it is not a wait for anything.
        time.sleep(seconds)
        self.server.kill()
        self._stop.set()
        for thread in threads:
            thread.join()
        self._stop.clear()

    def _buy(self) -> None:
        with self.server.client(self.key) as client:
            while not self._stop.is_set():
                try:
                    amount = {"value": "5.00", "currency": "USD"}
                    opened = client.post("/checkout_sessions", json={"amount": amount, "couponId": self.coupon})
                    if opened.status_code != 201:
                        self.surprises.append(opened.text)
                        return
                    session_id = opened.json()["id"]
                    self.created.append(session_id)
                    paid = client.post(f"/checkout_sessions/{session_id}/simulate", json={"outcome": "paid"})
                    if paid.status_code != 200:
                        self.surprises.append(paid.text)
                        return
                    self.paid.append(session_id)
                except httpx.TransportError:
                    continue


def check_books(url: str, buyers: Buyers) -> None:
    """What was answered is there, what is there is told, the numbers have no gap, and each session holds one place."""
    sessions = {row["id"]: row["status"] for row in query(url, "SELECT id, status FROM checkout_sessions")}
    events = query(url, "SELECT id, sequence, type, object_id FROM events ORDER BY sequence")
    assert set(buyers.created) <= set(sessions)
    assert {sessions[session_id] for session_id in buyers.paid} <= {"paid"}
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    told: dict[str, list[str]] = {}
    for event in events:
        told.setdefault(event["object_id"], []).append(event["type"])
    stories = {"pending": ["session.created"], "paid": ["session.created", "session.paid"]}
    orders = query(
        url,
        "SELECT o.id, o.session_id, o.status, p.id AS payment_id FROM orders o JOIN payments p ON p.order_id = o.id",
    )
    assert {row["session_id"]: row["status"].replace("open", "pending") for row in orders} == sessions
    assert told.pop(buyers.coupon) == ["coupon.created"]
    assert told == {session_id: stories[status] for session_id, status in sessions.items()} | {
        row[name]: [type]
        for row in orders
        for name, type in (("id", "order.paid"), ("payment_id", "payment.succeeded"))
        if row["status"] == "paid"
    }
    [coupon] = query(url, "SELECT reserved, redeemed FROM coupons")
    statuses = list(sessions.values())
    assert (coupon["reserved"], coupon["redeemed"]) == (statuses.count("pending"), statuses.count("paid"))
    payments = query(url, "SELECT session_id FROM payments")
    assert {row["session_id"] for row in payments} == set(sessions)
    transfers = query(url, "SELECT p.session_id FROM transactions t JOIN payments p ON p.id = t.payment_id")
    assert sorted(row["session_id"] for row in transfers) == sorted(
        session_id for session_id, status in sessions.items() if status == "paid"
    )
    delivered = query(url, "SELECT event_id FROM webhook_deliveries")
    assert sorted(row["event_id"] for row in delivered) == sorted(event["id"] for event in events)


@pytest.mark.slow
def test_a_killed_server_loses_nothing_that_it_answered(
    server: RunningServer, database_url: str, receiver: Receiver
) -> None:
    """``kill -9`` under load, again and again: every 2xx is kept, each with its event, numbered without a gap,
    and every event arrives at the merchant's receiver at least once, under one id."""
    receiver._server.socket.listen(128)
    chance = random.Random()
    key = server.key()
    with server.client(key) as client:
        made = client.post("/webhook_endpoints", json={"url": receiver.url, "events": ["*"]})
        assert made.status_code == 201, made.text
        tenth = {"name": "A tenth", "discountType": "percentage", "discountPercentage": "10"}
        coupon = client.post("/coupons", json=tenth).json()["id"]
    buyers = Buyers(server, key, coupon)
    kind = database_url.partition(":")[0].replace("postgresql", "postgres")
    # On a busy machine a round may end before anything was answered; then there is another one.
    for number in range(ROUNDS_MAX):
        if number >= ROUNDS[kind] and buyers.paid:
            break
        buyers.run_until_killed(chance.uniform(0.05, 0.8))
        check_books(database_url, buyers)
        server.start()
        assert buyers.surprises == []
        with server.client(key) as client:
            for session_id in buyers.created[-3:]:
                assert client.get(f"/checkout_sessions/{session_id}").status_code == 200
    assert buyers.paid, "the load never got through"

    server.kill()
    let_leases_run_out(database_url)
    server.start()
    check_books(database_url, buyers)
    expected = {
        (row["id"], row["type"], row["object_id"])
        for row in query(database_url, "SELECT id, type, object_id FROM events")
    }
    deadline = time.monotonic() + DELIVERED_SECONDS_MAX
    while query(database_url, "SELECT 1 FROM webhook_deliveries WHERE status = 'pending' LIMIT 1"):
        assert time.monotonic() < deadline, "not everything was delivered"
        time.sleep(0.05)
    # A body that the dying server did not send to its end is none.
    whole = [one for one in list(receiver.received) if len(one.body) == int(one.headers["content-length"])]
    assert {(one.json["id"], one.json["type"], one.json["data"]["id"]) for one in whole} == expected
    assert all(one.headers["webhook-id"] == one.json["id"] for one in whole)


@pytest.mark.slow
def test_a_delivery_that_was_under_way_is_made_after_the_restart(
    server: RunningServer, database_url: str, tmp_path: Path
) -> None:
    """Killed between the request and its answer: the same event comes again, and this time it is recorded."""
    arrived, released = threading.Event(), threading.Event()
    receiver = Receiver()

    class Holding(bytes):
        """An answer that waits until it may be given."""

        def __len__(self) -> int:
            arrived.set()
            released.wait(30)
            return super().__len__()

    receiver.answer = Holding(b"at last")
    try:
        with server.client(server.key()) as client:
            made = client.post("/webhook_endpoints", json={"url": receiver.url, "events": ["session.created"]})
            assert made.status_code == 201, made.text
            opened = client.post("/checkout_sessions", json={"amount": {"value": "5.00", "currency": "USD"}})
            assert opened.status_code == 201
        assert arrived.wait(20)
        server.kill()
        released.set()
        [before] = query(database_url, "SELECT status, attempts FROM webhook_deliveries")
        assert (before["status"], before["attempts"]) == ("pending", 0)
        receiver.answer = b"thank you"
        let_leases_run_out(database_url)
        server.start()
        first, second = receiver.wait_for(lambda received: len(received) >= 2)
        assert first.body == second.body
        assert first.headers["webhook-id"] == second.headers["webhook-id"] == first.json["id"]
        deadline = time.monotonic() + DELIVERED_SECONDS_MAX
        while query(database_url, "SELECT status FROM webhook_deliveries")[0]["status"] != "delivered":
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        released.set()
        receiver.close()
