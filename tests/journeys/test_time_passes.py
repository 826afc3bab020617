"""What the clock does on its own in a real server process, also while nobody runs."""

import re
import sqlite3
import time
from pathlib import Path

from tests.receiver import Receiver
from tests.running import RunningServer


def test_a_session_whose_time_ran_out_while_nobody_ran_expires_at_the_start(tmp_path: Path, receiver: Receiver) -> None:
    """A server that was down catches up on its own: the session expires, its event is written, its webhook sent."""
    server = RunningServer(tmp_path / "data").start()
    try:
        server.project()
        key = server.key()
        with server.client(key) as client:
            client.post("/webhook_endpoints", json={"url": receiver.url, "events": ["session.expired"]})
            body = {"amount": {"value": "5", "currency": "USD"}, "expiresInSeconds": 300}
            session = client.post("/checkout_sessions", json=body).json()
        server.stop()
        # Five minutes pass: the row is what a server would find then.
        with sqlite3.connect(tmp_path / "data" / "tillgate.db") as database:
            database.execute("UPDATE checkout_sessions SET expires_at = ?", (time.time_ns() // 1_000_000,))
        database.close()
        server.start()
        [arrived] = receiver.wait_for(lambda got: len(got) >= 1)
        assert (arrived.json["type"], arrived.json["data"]["id"]) == ("session.expired", session["id"])
        with server.client(key) as client:
            assert client.get(f"/checkout_sessions/{session['id']}").json()["status"] == "expired"
    finally:
        server.stop()


def test_the_readme_takes_the_key_from_the_environment() -> None:
    """crypto-checkout R65: the curl commands of the README name a variable, never a key."""
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert "Authorization: Bearer" in readme
    assert not re.search(r"ck_(live|test)_[0-9A-Za-z]{32}", readme)
    assert re.search(r"Authorization: Bearer \$\{?[A-Z_]+\}?", readme)
