"""A native endpoint chooses the language in which events are sent to it."""

import hashlib
import hmac
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.receiver import Receiver
from tests.shop import Shop, eventually, open_shop
from tillgate.base.clock import MINUTE_MS
from tillgate.dialects import SPOKEN

pytestmark = pytest.mark.anyio

NEW = {"url": "http://127.0.0.1:9/", "events": ["*"]}
SPEAKING = sorted(one.name for one in SPOKEN if one.webhooks is not None)


@pytest.fixture
async def shop(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, database_url) as shop:
        yield shop


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


@pytest.mark.parametrize("language", SPEAKING)
async def test_an_endpoint_is_made_for_a_language_and_shows_it(shop: Shop, language: str) -> None:
    """In every answer and list from then on; it stays the same, whatever else is changed."""
    native = await shop.client()
    made = await native.post("/webhook_endpoints", json={**NEW, "dialect": language})
    assert made.status_code == 201, made.text
    assert made.json()["dialect"] == language
    path = f"/webhook_endpoints/{made.json()['id']}"
    assert (await native.get(path)).json()["dialect"] == language
    assert (await native.get("/webhook_endpoints")).json()["data"][0]["dialect"] == language
    changed = await native.patch(path, json={"description": "another"})
    assert changed.json()["dialect"] == language
    refused = await native.patch(path, json={"dialect": "native"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "dialect")


async def test_an_endpoint_without_a_language_speaks_the_native_one(shop: Shop) -> None:
    """Its answers are what they were before there was a choice."""
    native = await shop.client()
    for more in ({}, {"dialect": "native"}):
        made = (await native.post("/webhook_endpoints", json={**NEW, **more})).json()
        assert "dialect" not in made


@pytest.mark.parametrize("language", ["", "Crossmint", "klingon", "x" * 40])
async def test_a_language_that_is_not_spoken_is_refused(shop: Shop, language: str) -> None:
    """The message lists those that are; nothing is made."""
    native = await shop.client()
    refused = await native.post("/webhook_endpoints", json={**NEW, "dialect": language})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "dialect")
    assert all(name in refused.json()["error"]["message"] for name in ("native", *SPEAKING))
    assert (await native.get("/webhook_endpoints")).json()["data"] == []


async def test_events_go_out_under_craftkits_headers(shop: Shop, receiver: Receiver) -> None:
    """CraftKit, outgoing webhooks: the signature is over the body alone; one delivery id on every attempt."""
    native = await shop.client()
    new = {"url": receiver.url, "events": ["session.created"], "dialect": "craftkit"}
    made = (await native.post("/webhook_endpoints", json=new)).json()
    receiver.status = 503
    await native.post("/checkout_sessions", json={"amount": {"value": "1.00", "currency": "USD"}})
    first = await eventually(lambda: next(iter(receiver.received), None))
    assert first.json["event"] == "session.created"
    assert first.json["data"]["object"] == "checkout_session"
    assert first.headers["x-craftkit-event"] == "session.created"
    signed = hmac.new(made["secret"].encode(), first.body, hashlib.sha256).hexdigest()
    assert first.headers["x-craftkit-signature"] == signed
    assert first.headers["user-agent"] == "Craftkit-Webhook/1.0"
    assert first.headers["x-craftkit-timestamp"].isdigit()
    delivery = uuid.UUID(first.headers["x-craftkit-delivery-id"])

    async def tried() -> Any:
        [found] = (await native.get(f"/webhook_endpoints/{made['id']}/deliveries")).json()["data"]
        return found["attempts"]

    await eventually(tried)
    shop.clock.ahead_ms += MINUTE_MS
    second = await eventually(lambda: receiver.received[1] if len(receiver.received) > 1 else None)
    assert uuid.UUID(second.headers["x-craftkit-delivery-id"]) == delivery
