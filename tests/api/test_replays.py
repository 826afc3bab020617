"""Sending again: one event, a range of them, or only what has not arrived."""

import asyncio
from typing import Any

import pytest

from tests.receiver import Receiver
from tests.shop import Shop, eventually
from tillgate.events.deliveries import operations as deliveries

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}


async def endpoint(client: Any, url: str, *events: str) -> str:
    made = await client.post("/webhook_endpoints", json={"url": url, "events": list(events) or ["*"]})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def log(client: Any, endpoint_id: str) -> list[Any]:
    found: list[Any] = (await client.get(f"/webhook_endpoints/{endpoint_id}/deliveries?limit=100")).json()["data"]
    return found


async def test_an_event_is_replayed_to_all_that_subscribed_or_to_one(shop: Shop, receiver: Receiver) -> None:
    """The event id stays, so a receiver that keeps ids does nothing twice; a named endpoint gets it in any case."""
    client = await shop.client()
    every = await endpoint(client, f"{receiver.url}/every")
    failed = await endpoint(client, f"{receiver.url}/failed", "session.failed")
    await client.post("/checkout_sessions", json=AMOUNT)
    [event] = (await client.get("/events")).json()["data"]
    await asyncio.to_thread(receiver.wait_for, lambda got: len(got) == 1)
    to_all = await client.post(f"/events/{event['id']}/replay", json={})
    assert to_all.status_code == 201, to_all.text
    assert [one["endpointId"] for one in to_all.json()["data"]] == [every]
    to_one = (await client.post(f"/events/{event['id']}/replay", json={"endpointId": failed})).json()
    assert [one["endpointId"] for one in to_one["data"]] == [failed]
    received = await asyncio.to_thread(receiver.wait_for, lambda got: len(got) == 3)
    assert sorted(one.path for one in received) == ["/every", "/every", "/failed"]
    assert {one.headers["webhook-id"] for one in received} == {event["id"]}
    other = await shop.client(project=await shop.project())
    assert (await other.post(f"/events/{event['id']}/replay", json={})).status_code == 404
    theirs = await endpoint(other, f"{receiver.url}/theirs")
    refused = await client.post(f"/events/{event['id']}/replay", json={"endpointId": theirs})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "endpointId")


async def test_what_failed_or_was_missed_is_sent_again_and_nothing_else(shop: Shop, receiver: Receiver) -> None:
    """failedOnly: not what arrived, not what is older than the endpoint; what came while it was off is among it."""
    client = await shop.client()
    await client.post("/checkout_sessions", json=AMOUNT)
    shop.clock.ahead_ms += 1_000
    made = await endpoint(client, receiver.url, "session.created")
    await client.post("/checkout_sessions", json=AMOUNT)
    await asyncio.to_thread(receiver.wait_for, lambda got: len(got) == 1)
    await client.patch(f"/webhook_endpoints/{made}", json={"active": False})
    for _ in range(2):
        await client.post("/checkout_sessions", json=AMOUNT)
    await client.patch(f"/webhook_endpoints/{made}", json={"active": True})

    async def arrived() -> bool:
        return all(one["status"] == "delivered" for one in await log(client, made))

    await eventually(arrived)
    receiver.received.clear()
    path = f"/webhook_endpoints/{made}/replay"
    answer = await client.post(path, json={"after": 0, "failedOnly": True})
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "object": "webhook_replay", "livemode": False, "endpointId": made, "deliveries": 2, "nextAfter": None,
    }  # fmt: skip
    received = await asyncio.to_thread(receiver.wait_for, lambda got: len(got) >= 2)
    assert sorted(one.json["sequence"] for one in received) == [3, 4]
    await eventually(arrived)
    assert (await client.post(path, json={"after": 0, "failedOnly": True})).json()["deliveries"] == 0
    assert (await client.post(path, json={"after": 0})).json()["deliveries"] == 4


async def test_a_range_is_bounded_by_both_ends_and_by_a_number(
    shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sequences are excluded; a long range says where to go on; what is on its way is not doubled."""
    monkeypatch.setattr(deliveries, "REPLAY_MAX", 2)
    client = await shop.client()
    for _ in range(5):
        await client.post("/checkout_sessions", json=AMOUNT)
    made = await endpoint(client, receiver.url)
    await client.patch(f"/webhook_endpoints/{made}", json={"active": False})
    path = f"/webhook_endpoints/{made}/replay"

    async def replay(**body: Any) -> tuple[int, int | None]:
        answer = (await client.post(path, json=body)).json()
        return answer["deliveries"], answer["nextAfter"]

    assert await replay(after=1, before=4) == (2, None)
    assert await replay(after=1, before=4) == (0, None)
    assert await replay(after=0) == (1, 2)
    assert await replay(after=2) == (1, 4)
    assert await replay(after=4) == (1, None)
    assert sorted(one["status"] for one in await log(client, made)) == ["pending"] * 5
    for wrong in ({}, {"after": -1}, {"after": 0, "before": 0}, {"after": "0"}, {"after": 0, "failed": True}):
        assert (await client.post(path, json=wrong)).status_code == 400
    other = await shop.client(mode="live")
    assert (await other.post(path, json={"after": 0})).status_code == 404
