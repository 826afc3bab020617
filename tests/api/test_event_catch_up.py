"""``GET /events?after=``: a follower asks for what came since, and misses nothing."""

from typing import Any

import pytest

from tests.shop import Shop

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}


async def test_a_follower_gets_every_event_once_and_in_order(shop: Shop) -> None:
    """Oldest first; nextCursor is the next ``after``, also on the last and on an empty page."""
    client = await shop.client()
    for _ in range(5):
        await client.post("/checkout_sessions", json=AMOUNT)

    async def page(after: str) -> Any:
        answer = await client.get("/events", params={"after": after, "limit": "2"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    seen, cursor, pages = [], "0", []
    for _ in range(4):
        found = await page(cursor)
        seen += [event["sequence"] for event in found["data"]]
        pages.append((found["hasMore"], found["nextCursor"]))
        cursor = found["nextCursor"]
    assert seen == [1, 2, 3, 4, 5]
    assert pages == [(True, "2"), (True, "4"), (False, "5"), (False, "5")]
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
    assert [event["type"] for event in (await page(cursor))["data"]] == ["session.created", "payment.succeeded"]
    paid = (await client.get("/events", params={"after": "0", "type": "session.paid"})).json()
    assert [event["sequence"] for event in paid["data"]] == [9]


async def test_catching_up_stays_in_its_project_and_mode(shop: Shop) -> None:
    """A sequence belongs to one project and mode, and so does what is found after it."""
    client = await shop.client()
    await client.post("/checkout_sessions", json=AMOUNT)
    for other in (await shop.client(mode="live"), await shop.client(project=await shop.project())):
        found = (await other.get("/events", params={"after": "0"})).json()
        assert (found["data"], found["hasMore"], found["nextCursor"]) == ([], False, "0")


@pytest.mark.parametrize("value", ["-1", "x", "1.5", "", "9007199254740992", "99999999999999999999999"])
async def test_what_is_no_sequence_is_refused(sqlite_shop: Shop, value: str) -> None:
    """``after`` is a whole number from 0 on."""
    client = await sqlite_shop.client()
    refused = await client.get("/events", params={"after": value})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_query"), refused.text
    assert refused.json()["error"]["param"] == "after"


async def test_after_and_starting_after_exclude_each_other(sqlite_shop: Shop) -> None:
    """One goes forward, the other back: both together are a 400 that names ``after``."""
    client = await sqlite_shop.client()
    await client.post("/checkout_sessions", json=AMOUNT)
    [event] = (await client.get("/events")).json()["data"]
    refused = await client.get("/events", params={"after": "0", "starting_after": event["id"]})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "after")


async def test_an_event_says_what_its_object_held_before(shop: Shop) -> None:
    """previousAttributes, put over data, gives the data of the object's event before; null on creation."""
    client = await shop.client()
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    for outcome in ("detected", "overpaid"):
        await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": outcome})
    await client.post(f"/checkout_sessions/{session['id']}/accept")
    told = (await client.get("/events", params={"after": "0"})).json()["data"]
    created, *later = [event for event in told if event["type"].startswith("session.")]
    assert created["previousAttributes"] is None
    before = created
    for event in later:
        assert event["data"] | event["previousAttributes"] == before["data"]
        assert all(event["data"][name] != value for name, value in event["previousAttributes"].items())
        before = event
    detected, overpaid, paid = later
    assert detected["previousAttributes"] == {"status": "pending", "txHash": None}
    assert overpaid["previousAttributes"]["status"] == "detected"
    assert set(overpaid["previousAttributes"]) >= {"status", "received", "exceptions"}
    assert paid["previousAttributes"] == {"status": "overpaid", "paymentStatus": "unpaid", "paidAt": None}
    assert (await client.get(f"/events/{paid['id']}")).json() == paid
