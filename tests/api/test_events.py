"""``/events`` over HTTP."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.shop import Shop

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}


async def test_an_event_holds_the_session_as_it_was(shop: Shop) -> None:
    """Each event carries type, livemode, a gap-free sequence and a snapshot that later changes leave alone."""
    client = await shop.client()
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    paid = (await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})).json()
    newest, of_order, of_payment, oldest = (await client.get("/events")).json()["data"]
    assert set(newest) == {"id", "object", "type", "livemode", "sequence", "data", "previousAttributes", "createdAt"}
    assert (newest["object"], newest["livemode"]) == ("event", False)
    assert [oldest["type"], newest["type"]] == ["session.created", "session.paid"]
    assert [one["type"] for one in (of_payment, of_order)] == ["payment.succeeded", "order.paid"]
    assert [one["sequence"] for one in (oldest, of_payment, of_order, newest)] == [1, 2, 3, 4]
    assert [oldest["data"], newest["data"]] == [session, paid]
    for event in (newest, oldest):
        assert event["id"].startswith("evt_")
        assert (await client.get(f"/events/{event['id']}")).json() == event


async def test_events_are_filtered_by_type_and_age(shop: Shop) -> None:
    """type matches exactly, createdAfter is inclusive, and both combine."""
    client = await shop.client()
    for _ in range(2):
        session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
        shop.clock.ahead_ms += 1_000
        await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
        shop.clock.ahead_ms += 1_000

    async def found(**params: str) -> list[int]:
        answer = await client.get("/events", params=params)
        assert answer.status_code == 200, answer.text
        return [event["sequence"] for event in answer.json()["data"]]

    assert await found() == [8, 7, 6, 5, 4, 3, 2, 1]
    assert await found(type="session.paid") == [8, 4]
    assert await found(type="session.pending") == [5, 1]
    assert await found(type="session.failed") == []
    second = (await client.get("/events", params={"type": "session.paid"})).json()["data"][1]["createdAt"]
    assert await found(createdAfter=second) == [8, 7, 6, 5, 4, 3, 2]
    assert await found(createdAfter=second, type="session.paid") == [8, 4]
    later = (datetime.fromisoformat(second) + timedelta(milliseconds=1)).isoformat()
    assert await found(createdAfter=later, type="session.paid") == [8]
    assert await found(createdAfter="1969-12-31T23:59:59Z") == [8, 7, 6, 5, 4, 3, 2, 1]
    assert await found(createdAfter="9998-12-31T23:59:59.999999999Z") == []
    assert await found(createdBefore=second) == [1]
    assert await found(createdBefore=later, createdAfter=second, type="session.paid") == [4]
    assert await found(createdBefore=later, createdAfter=second, type="session.paid", after="0") == [4]
    assert await found(createdBefore=second, after="0") == [1]


async def test_events_are_found_by_pattern_and_by_what_they_are_about(shop: Shop) -> None:
    """``order.*`` holds all types of the noun; ``objectId`` is one object, ``relatedObject`` the whole sale, by
    whichever of its ids; pages and a catching up go through the same."""
    client = await shop.client()
    session = (await client.post("/checkout_sessions?expand=order", json=AMOUNT)).json()
    await client.post("/checkout_sessions", json=AMOUNT)
    await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
    payment, order = session["paymentId"], session["orderId"]
    refund = (await client.post("/refunds", json={"paymentId": payment, "reason": "other", "amount": "1.00"})).json()

    async def found(**params: str) -> list[str]:
        """All of it, two at a time, newest first; and the other way round, by catching up."""
        pages: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while not pages or pages[-1]["hasMore"]:
            answer = await client.get("/events", params=params | cursor | {"limit": "2"})
            assert answer.status_code == 200, answer.text
            pages.append(answer.json())
            cursor = {"starting_after": pages[-1]["nextCursor"]}
        newest = [event for page in pages for event in page["data"]]
        caught_up = (await client.get("/events", params=params | {"after": "0", "limit": "100"})).json()["data"]
        assert caught_up == newest[::-1]
        return [event["type"] for event in newest]

    assert await found(objectId=order) == ["order.updated", "order.paid"]
    assert sorted(set(await found(type="order.*"))) == ["order.paid", "order.updated"]
    assert await found(type="order.*", objectId=order) == await found(objectId=order)
    assert await found(type="payment.*", objectId=order) == []
    whole = await found(relatedObject=order)
    assert {one.partition(".")[0] for one in whole} == {"order", "session", "payment", "refund"}
    for one in (session["id"], payment, refund["id"]):
        assert await found(relatedObject=one) == whole
    assert await found(type="refund.*", relatedObject=order) == await found(objectId=refund["id"])
    other = await shop.client(project=await shop.project())
    assert (await other.get("/events", params={"objectId": order})).json()["data"] == []
    for params in ({"relatedObject": order}, {"relatedObject": order, "objectId": order}):
        refused = await other.get("/events", params=params)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "relatedObject")


@pytest.mark.parametrize(
    ("name", "value"), [("type", "session"), ("type", "*"), ("type", ""), ("createdAfter", "0000-01-01T00:00:00Z")]
)
async def test_an_event_filter_that_makes_no_sense_is_refused_by_name(sqlite_shop: Shop, name: str, value: str) -> None:
    """An unknown type or a wrong instant is a 400 invalid_query that names the parameter."""
    client = await sqlite_shop.client()
    refused = await client.get("/events", params={name: value})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_query"), refused.text
    assert refused.json()["error"]["param"] == name


async def test_the_event_log_cannot_be_changed(shop: Shop) -> None:
    """No method but reading exists on events, whatever the key may do."""
    client = await shop.client()
    await client.post("/checkout_sessions", json=AMOUNT)
    [event] = (await client.get("/events")).json()["data"]
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("/events", f"/events/{event['id']}"):
            refused = await client.request(method, path, json={})
            assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
