"""Subscriptions by pattern, and a signing secret that changes without losing a delivery."""

import asyncio
import base64
import hashlib
import hmac
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.makers import one
from tests.receiver import Received, Receiver
from tests.shop import Shop
from tillgate_client import verify_webhook

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}


def fits(received: Received, secret: str) -> bool:
    """Whether a receiver that holds this secret takes it, by either scheme; the two must agree."""
    parts = [part.partition("=")[::2] for part in received.headers["x-webhook-signature"].split(",")]
    signed = dict(parts)["t"].encode() + b"." + received.body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    ours = expected in [value for name, value in parts if name == "v1"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    standard = hmac.new(key, f"{received.headers['webhook-id']}.".encode() + signed, hashlib.sha256).digest()
    assert ours is (f"v1,{base64.b64encode(standard).decode()}" in received.headers["webhook-signature"].split(" "))
    return ours


async def test_while_a_secret_is_rotated_both_sign(shop: Shop, receiver: Receiver) -> None:
    """For the overlap each delivery carries a signature of the new and of the old secret; then of the new alone."""
    client = await shop.client()
    made = (await client.post("/webhook_endpoints", json={"url": receiver.url, "events": ["*"]})).json()
    path = f"/webhook_endpoints/{made['id']}"
    rotated = (await client.post(f"{path}/rotate_secret", json={"overlapSeconds": 3_600})).json()
    assert rotated["secret"] != made["secret"]
    assert rotated["secretPrefix"] == rotated["secret"][:12]
    shown = (await client.get(path)).json()
    assert "secret" not in shown
    assert shown["previousSecretExpiresAt"] == rotated["previousSecretExpiresAt"] > shown["updatedAt"]

    async def sent() -> Received:
        receiver.received.clear()
        await client.post("/checkout_sessions", json=AMOUNT)
        [received] = await asyncio.to_thread(receiver.wait_for, lambda got: len(got) >= 1)
        return received

    overlapping = await sent()
    assert fits(overlapping, made["secret"])
    assert fits(overlapping, rotated["secret"])
    for secret in (made["secret"], rotated["secret"]):
        assert Webhook(secret).verify(overlapping.body, overlapping.headers)
        assert verify_webhook(overlapping.body, overlapping.headers["x-webhook-signature"], secret)
    shop.clock.ahead_ms += 3_600_000
    after = await sent()
    assert (fits(after, made["secret"]), fits(after, rotated["secret"])) == (False, True)


async def test_an_overlap_of_nothing_ends_the_old_secret_at_once(shop: Shop, receiver: Receiver) -> None:
    """For a secret that has leaked: nothing is signed with it any more, and the row does not hold it."""
    client = await shop.client()
    made = (await client.post("/webhook_endpoints", json={"url": receiver.url, "events": ["*"]})).json()
    path = f"/webhook_endpoints/{made['id']}"
    await client.post(f"{path}/rotate_secret", json={})
    rotated = (await client.post(f"{path}/rotate_secret", json={"overlapSeconds": 0})).json()
    assert rotated["previousSecretExpiresAt"] is None
    assert await one(shop.database, "SELECT previous_secret_sealed FROM webhook_endpoints") is None
    await client.post(f"{path}/test")
    [received] = receiver.received
    assert fits(received, rotated["secret"])
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(received.body, received.headers)


async def test_a_rotated_secret_is_given_once(shop: Shop) -> None:
    """The same request again rotates nothing, and shows it to the same caller alone; a day is the overlap."""
    client = await shop.client()
    made = (await client.post("/webhook_endpoints", json={"url": "https://shop.example/in", "events": ["*"]})).json()
    path = f"/webhook_endpoints/{made['id']}"
    answers = [
        (await client.post(f"{path}/rotate_secret", json={}, headers={"Idempotency-Key": "rotate"})).json()
        for _ in range(2)
    ]
    assert answers[0]["secret"].startswith("whsec_")
    assert answers[1] == answers[0]
    other = await shop.client()
    third = (await other.post(f"{path}/rotate_secret", json={}, headers={"Idempotency-Key": "rotate"})).json()
    assert (third["secret"], third["secretShownBefore"]) == (None, True)
    assert (await client.get(path)).json()["secretPrefix"] == answers[0]["secretPrefix"]
    until = await one(shop.database, "SELECT previous_secret_until - updated_at FROM webhook_endpoints")
    assert until == 86_400_000
    for wrong in ({"overlapSeconds": -1}, {"overlapSeconds": 604_801}, {"overlapSeconds": "1"}, {"overlap": 1}):
        assert (await client.post(f"{path}/rotate_secret", json=wrong)).status_code == 400
    other = await shop.client(mode="live")
    assert (await other.post(f"{path}/rotate_secret", json={})).status_code == 404


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["session.*"], ["session.*"]),
        (["session.paid", "session.*", "session.pending"], ["session.*"]),
        (["session.*", "*"], ["*"]),
    ],
)
async def test_a_pattern_subscribes_to_a_nouns_types(sqlite_shop: Shop, given: list[str], kept: list[str]) -> None:
    """``session.*`` stands for every type of sessions; what it holds already is not kept beside it."""
    client = await sqlite_shop.client()
    made = await client.post("/webhook_endpoints", json={"url": "https://shop.example/in", "events": given})
    assert (made.status_code, made.json()["events"]) == (201, kept)
    await client.post("/checkout_sessions", json=AMOUNT)
    deliveries: Any = (await client.get(f"/webhook_endpoints/{made.json()['id']}/deliveries")).json()["data"]
    assert [one["eventType"] for one in deliveries] == ["session.created"]


@pytest.mark.parametrize("name", ["*.paid", "session*", "session.paid*", "sess.*", ".*", "session.**", "session.p*"])
async def test_what_is_no_pattern_is_refused(sqlite_shop: Shop, name: str) -> None:
    """A pattern is a noun that exists, a dot and a star."""
    client = await sqlite_shop.client()
    refused = await client.post("/webhook_endpoints", json={"url": "https://shop.example/in", "events": [name]})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "events")
