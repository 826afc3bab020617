"""``verify_webhook``: what is genuine and fresh passes, and nothing else."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.receiver import Receiver
from tests.running import RunningServer
from tillgate_client import (
    CheckoutError,
    Client,
    ConfigurationError,
    Event,
    EventDataError,
    WebhookVerificationError,
    verify_webhook,
)

TABLE = json.loads((Path(__file__).parent / "webhook_vectors.json").read_text("utf-8"))
GENUINE = TABLE["vectors"][0]


@pytest.fixture
def then(monkeypatch: pytest.MonkeyPatch) -> None:
    """The vectors' own moment."""
    monkeypatch.setattr(time, "time", lambda: float(TABLE["now"]))


@pytest.mark.usefixtures("then")
@pytest.mark.parametrize("as_bytes", [True, False], ids=["bytes", "text"])
@pytest.mark.parametrize("vector", TABLE["vectors"], ids=lambda vector: vector["name"])
def test_a_webhook_passes_or_fails_as_the_table_says(vector: dict[str, Any], as_bytes: bool) -> None:
    """Each vector gives its event, or the reason it is refused for; both clients are held to the same table."""
    payload = vector["payload"].encode() if as_bytes else vector["payload"]

    def verify() -> Event:
        return verify_webhook(payload, vector["signature"], vector["secret"], timestamp=vector["timestamp"])

    if vector["reason"] is None:
        event = verify()
        assert (event.id, event.type, event.livemode, event.sequence) == ("evt_01hxyz", "session.paid", False, 7)
        assert event.data["metadata"] == {"order": "Größe 1001 €"}
        assert event.created_at.tzinfo is not None
    else:
        with pytest.raises(WebhookVerificationError) as caught:
            verify()
        assert caught.value.reason == vector["reason"]
        assert vector["secret"] not in f"{caught.value!r} {caught.value}"


@pytest.mark.usefixtures("then")
@pytest.mark.parametrize("secret", ["", " ", "\n"])
def test_an_empty_secret_is_refused_before_anything_is_compared(secret: str) -> None:
    """An unset variable must not let everybody sign with the empty key."""
    with pytest.raises(ConfigurationError, match="secret"):
        verify_webhook(GENUINE["payload"], GENUINE["signature"], secret)


@pytest.mark.usefixtures("then")
@pytest.mark.parametrize("stray", ["{}\n", "{}\r\n", " {}", "\ufeff{}"])
def test_a_secret_with_a_stray_line_break_is_named(stray: str) -> None:
    """What a file or a pasted value brings along would be a mismatch that nobody understands; it is not repeated."""
    with pytest.raises(ConfigurationError, match="line break") as caught:
        verify_webhook(GENUINE["payload"], GENUINE["signature"], stray.format(GENUINE["secret"]))
    assert GENUINE["secret"] not in str(caught.value)


@pytest.mark.usefixtures("then")
@pytest.mark.parametrize("tolerance", [0, -1, float("nan")])
def test_a_tolerance_that_tolerates_all_or_nothing_is_refused(tolerance: float) -> None:
    """The tolerance is a positive number of seconds; not-a-number would have let any age pass."""
    with pytest.raises(ConfigurationError, match="tolerance_seconds"):
        verify_webhook(GENUINE["payload"], GENUINE["signature"], GENUINE["secret"], tolerance)


def test_the_tolerance_can_be_wider(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that works off a queue names how old a webhook may be."""
    monkeypatch.setattr(time, "time", lambda: float(TABLE["now"] + 3_000))
    given = (GENUINE["payload"], GENUINE["signature"], GENUINE["secret"])
    with pytest.raises(WebhookVerificationError):
        verify_webhook(*given)
    assert verify_webhook(*given, tolerance_seconds=3_000).id == "evt_01hxyz"


def test_what_the_server_sends_is_verified(running: RunningServer, receiver: Receiver) -> None:
    """A real delivery gives a typed event with the session as it was at that moment."""
    with Client(api_key=running.key(project=running.project("Webhooks")), base_url=running.url) as client:
        endpoint = client.webhook_endpoints.create(url=f"{receiver.url}/in", events=["session.paid"])
        assert endpoint.secret is not None
        session = client.checkout_sessions.create(amount={"value": "50.00", "currency": "USD"}, metadata={"order": "1"})
        client.checkout_sessions.simulate(session.id, outcome="paid")
        [sent] = receiver.wait_for(lambda received: len(received) == 1)
        client.webhook_endpoints.delete(endpoint.id)

    event = verify_webhook(sent.body, sent.headers["x-webhook-signature"], endpoint.secret)
    assert (event.type, event.session.id, event.session.status) == ("session.paid", session.id, "paid")
    assert event.session.metadata == {"order": "1"}
    assert event.resource == event.session
    assert event.session.to_dict()["paid_at"].startswith("20")
    assert event.session.paid_at is not None
    with pytest.raises(WebhookVerificationError):
        verify_webhook(sent.body + b" ", sent.headers["x-webhook-signature"], endpoint.secret)


def test_an_event_about_something_else_says_so() -> None:
    """``event.session`` never invents a session out of another object; the error is one of the client's own."""
    assert issubclass(EventDataError, CheckoutError) and issubclass(EventDataError, TypeError)
    event = Event(
        id="evt_1", type="customer.created", livemode=False, data={"object": "customer"}, created_at=datetime.now(UTC)
    )
    with pytest.raises(EventDataError, match=r"customer\.created"):
        _ = event.session
    with pytest.raises(EventDataError, match="not what was expected"):
        _ = event.resource
