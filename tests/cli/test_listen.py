"""``tillgate listen`` and ``tillgate trigger`` as a developer runs them: processes against a real server."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.receiver import Receiver
from tests.running import RunningServer, clean_environment, run_cli
from tillgate.cli.trigger import STORIES
from tillgate.events.signing import SigningSecret
from tillgate.events.types import EVENT_TYPES, TYPES

pytestmark = pytest.mark.slow

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}


class Command:
    """``tillgate …`` with a key in its environment."""

    def __init__(self, key: str, *arguments: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tillgate.cli", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment() | {"CHECKOUT_API_KEY": key, "PYTHONUNBUFFERED": "1"} | environment,
        )

    def line(self, holds: str) -> str:
        """The next line that holds this."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if holds in line:
                return line.strip()
        raise AssertionError(f"no {holds!r} came: {self.ended()}")

    def ended(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def trigger(server: RunningServer, key: str, event: str) -> str:
    """What it prints. Beside the listener, which is a process, it needs none of its own."""
    return run_cli("trigger", event, "--base-url", server.url, CHECKOUT_API_KEY=key)


@pytest.fixture
def listening(running: RunningServer, receiver: Receiver) -> Iterator[Any]:
    """Starts ``tillgate listen`` on the shared server; whatever is left of it ends with the test."""
    begun: list[Command] = []

    def listen(key: str, *more: str, **environment: str) -> Command:
        arguments = ("listen", "--forward-to", f"{receiver.url}/in", "--base-url", running.url, *more)
        begun.append(Command(key, *arguments, **environment))
        return begun[-1]

    yield listen
    for one in begun:
        one.kill()


def test_events_come_signed_to_a_program_on_this_machine(
    running: RunningServer, receiver: Receiver, listening: Any
) -> None:
    """From now on, in order, with the secret that was printed; the body is the event as a webhook carries it."""
    key = running.key(project=running.project())
    with running.client(key) as client:
        client.post("/checkout_sessions", json=AMOUNT)
        listen = listening(key)
        secret = listen.line("Signing secret:").rpartition(" ")[2]
        trigger(running, key, "session.paid")
        received = receiver.wait_for(lambda got: len(got) >= 4)
        events = client.get("/events", params={"after": 1}).json()["data"]
    assert [one.json for one in received] == events
    assert [one.json["type"] for one in received] == [
        "session.created",
        "payment.succeeded",
        "order.paid",
        "session.paid",
    ]
    for one in received:
        assert one.path == "/in"
        assert Webhook(secret).verify(one.body, one.headers)["id"] == one.headers["webhook-id"]
    assert "→ 200" in listen.line("session.paid")
    listen.process.send_signal(signal.SIGINT)
    status, out, _ = listen.ended()
    assert (status, "--after 5" in out) == (130, True)


def test_nothing_is_missed_over_restarts(fresh_server: RunningServer, receiver: Receiver, tmp_path: Path) -> None:
    """The server is killed, the listener is killed, the program is away: every event comes, in order, none skipped."""
    server, state = fresh_server, tmp_path / "listen.json"
    server.project()
    key = server.key()
    arguments = ("listen", "--forward-to", receiver.url, "--base-url", server.url, "--state", str(state))
    listen = Command(key, *arguments, "--after", "0")
    try:
        secret = listen.line("Signing secret:").rpartition(" ")[2]

        def make(number: int) -> None:
            with server.client(key) as client:
                for _ in range(number):
                    assert client.post("/checkout_sessions", json=AMOUNT).status_code == 201

        make(3)
        receiver.wait_for(lambda got: len(got) >= 3)
        server.kill()
        listen.line("does not answer")
        server.start()
        make(2)
        receiver.wait_for(lambda got: len(got) >= 5)
        listen.kill()
        make(105)
        assert state.stat().st_mode & 0o077 == 0
        listen = Command(key, *arguments)
        assert listen.line("Signing secret:").endswith(secret)
        received = receiver.wait_for(lambda got: len({one.json["sequence"] for one in got}) >= 110)
    finally:
        listen.kill()
    first_seen = list(dict.fromkeys(one.json["sequence"] for one in received))
    assert first_seen == list(range(1, 111))
    # Only what was under way when the listener was killed may come twice.
    assert len(received) <= 111


def test_a_program_that_is_away_is_waited_for(running: RunningServer, listening: Any) -> None:
    """No answer is not an answer: the event stays until there is one."""
    away = Receiver()
    url, port = away.url, int(away.url.rpartition(":")[2])
    away.close()
    key = running.key(project=running.project())
    with running.client(key) as client:
        client.post("/checkout_sessions", json=AMOUNT)
    listen = listening(key, "--forward-to", url, "--after", "0")
    assert "waiting" in listen.line("session.created")
    back = Receiver(port)
    try:
        [received] = back.wait_for(lambda got: len(got) >= 1)
    finally:
        back.close()
    assert received.json["sequence"] == 1


def test_a_secret_of_ones_own_signs(running: RunningServer, receiver: Receiver, listening: Any) -> None:
    """CHECKOUT_WEBHOOK_SECRET is what the program already has; what is no secret is refused."""
    key = running.key(project=running.project())
    secret = SigningSecret.new().reveal()
    listen = listening(key, "--after", "0", CHECKOUT_WEBHOOK_SECRET=secret)
    assert listen.line("Signing secret:").endswith(secret)
    with running.client(key) as client:
        client.post("/checkout_sessions", json=AMOUNT)
    [received] = receiver.wait_for(lambda got: len(got) >= 1)
    assert Webhook(secret).verify(received.body, received.headers)
    status, _, err = listening(key, CHECKOUT_WEBHOOK_SECRET="secret").ended()
    assert (status, "whsec_" in err) == (1, True)


def test_every_event_type_can_be_triggered(running: RunningServer) -> None:
    """The event is written, and what is said names the session that it comes of."""
    # Keys are made and ended where their owner is signed in, so a key cannot bring their events about; nor alerts, but
    # for that of money that waits for a decision. Money that fits no payment comes on a network, where a refund is
    # reversed as well, and a document is made by a key of CraftKit's.
    elsewhere = (
        "render.",
        "api_key.",
        "webhook_endpoint.",
        "payment_token.",
        "alert.",
        "unassigned_transfer.",
        "refund.reorganized",
    )
    triggered = [event for event in EVENT_TYPES if not event.startswith(elsewhere) or event == "alert.needs_review"]
    assert set(STORIES) == set(triggered)
    key = running.key(project=running.project())
    with running.client(key) as client:
        for event in triggered:
            out = trigger(running, key, event)
            [newest] = client.get("/events", params={"limit": 1, "type": event}).json()["data"]
            assert newest["data"]["object"] == next(one.object for one in TYPES if one.name == event)
            assert any(
                newest["data"].get(name, "nothing") in out for name in ("id", "sessionId", "paymentId", "subjectId")
            )


@pytest.mark.parametrize("command", ["listen", "trigger"])
def test_what_cannot_work_is_reported_in_one_line(running: RunningServer, command: str) -> None:
    """No key, a key without the scope, a server that is not there, a wrong URL: status 1 and what to do."""
    few, every = running.key(["links:read"]), running.key()
    what = ["--forward-to", "http://127.0.0.1:9/"] if command == "listen" else ["session.paid"]
    cases = [
        ("", [*what, "--base-url", running.url], "CHECKOUT_API_KEY"),
        (few, [*what, "--base-url", running.url], "missing_scope"),
        (every, [*what, "--base-url", "http://127.0.0.1:9"], "does not answer"),
        (every, [*what, "--base-url", "localhost"], "--base-url"),
    ]
    if command == "trigger":
        cases += [(every, ["session.stolen", "--base-url", running.url], "session.paid_late")]
        cases += [(running.key(mode="live"), [*what, "--base-url", running.url], "test key")]
    else:
        cases += [(every, ["--forward-to", "nowhere", "--base-url", running.url], "--forward-to")]
    begun = [(Command(key, command, *arguments), says) for key, arguments, says in cases]
    for one, says in begun:
        status, _, err = one.ended()
        assert (status, says in err, err.count("\n")) == (1, True, 1), err


def test_a_cursor_that_is_not_in_the_log_ends_it_with_what_to_do(
    running: RunningServer, listening: Any, tmp_path: Path
) -> None:
    """Beyond the end, or kept from another log: it says where the log ends, and how to go on."""
    key, other = (running.key(project=running.project()) for _ in range(2))
    for one in (key, other):
        with running.client(one) as client:
            for _ in range(2):
                client.post("/checkout_sessions", json=AMOUNT)
    state = tmp_path / "listen.json"
    listen = listening(key, "--after", "0", "--state", str(state))
    listen.line("2 session.created")  # so the first one is in the file
    listen.kill()
    for wrong in (listening(key, "--after", "7"), listening(other, "--state", str(state))):
        status, _, err = wrong.ended()
        assert (status, "ends at 2" in err, "--after 2" in err, "--after 0" in err) == (1, True, True, True), err
    again = listening(other, "--state", str(state), "--after", "0")
    again.line("session.created")
