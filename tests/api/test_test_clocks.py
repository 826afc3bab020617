"""``/test_clocks`` over HTTP: deadlines come nearer, and what is due has happened when the answer is there."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.shop import Shop
from tillgate.base.clock import DAY_MS, HOUR_MS, SECOND_MS, from_rfc3339

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
HOUR, DAY = HOUR_MS // SECOND_MS, DAY_MS // SECOND_MS


def error(answer: httpx.Response) -> tuple[int, str, str | None]:
    told = answer.json()["error"]
    return answer.status_code, told["code"], told.get("param")


async def made(client: httpx.AsyncClient, path: str, **body: Any) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def advanced(client: httpx.AsyncClient, clock: Any, seconds: int) -> Any:
    answer = await client.post(f"/test_clocks/{clock['id']}/advance", json={"seconds": seconds})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def simulated(client: httpx.AsyncClient, session: Any, outcome: str) -> httpx.Response:
    return await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": outcome})


async def now_of(client: httpx.AsyncClient, session: Any) -> Any:
    return (await client.get(f"/checkout_sessions/{session['id']}")).json()


async def test_a_clock_expires_its_sessions_in_the_call_that_puts_it_forward(shop: Shop) -> None:
    """Not a second before its time; each with its event and its order; sessions of other clocks, or of none, stay."""
    client = await shop.client()
    clock, other = await made(client, "/test_clocks", name="Mine"), await made(client, "/test_clocks")
    assert clock == {
        "id": clock["id"], "object": "test_clock", "livemode": False, "name": "Mine", "advancedSeconds": 0,
        "sessions": 0, "createdAt": clock["createdAt"], "updatedAt": clock["updatedAt"],
    }  # fmt: skip
    short = await made(client, "/checkout_sessions", **AMOUNT, testClockId=clock["id"], expiresInSeconds=600)
    long = await made(client, "/checkout_sessions", **AMOUNT, testClockId=clock["id"])
    theirs = await made(client, "/checkout_sessions", **AMOUNT, testClockId=other["id"])
    nobodys = await made(client, "/checkout_sessions", **AMOUNT)
    assert (short["testClockId"], nobodys["testClockId"]) == (clock["id"], None)

    after = await advanced(client, clock, 500)
    assert (after["advancedSeconds"], after["sessions"]) == (500, 2)
    moved = await now_of(client, short)
    assert from_rfc3339(short["expiresAt"]) - from_rfc3339(moved["expiresAt"]) == 500 * SECOND_MS
    assert moved == short | {"expiresAt": moved["expiresAt"]}
    assert (await advanced(client, clock, 100))["advancedSeconds"] == 600
    assert [(await now_of(client, one))["status"] for one in (short, long)] == ["expired", "pending"]
    [event] = (await client.get("/events", params={"type": "session.expired"})).json()["data"]
    assert (event["data"]["id"], event["data"]["testClockId"]) == (short["id"], clock["id"])
    [order] = (await client.get("/orders", params={"sessionId": short["id"]})).json()["data"]
    assert order["status"] == "expired"
    await advanced(client, clock, HOUR)
    assert (await now_of(client, long))["status"] == "expired"
    for untouched in (theirs, nobodys):
        assert await now_of(client, untouched) == untouched
    # A session that is opened on a clock that was put forward has all of its time.
    fresh = await made(client, "/checkout_sessions", **AMOUNT, testClockId=clock["id"])
    assert from_rfc3339(fresh["expiresAt"]) - from_rfc3339(fresh["createdAt"]) == HOUR_MS
    assert (await client.get(f"/test_clocks/{clock['id']}")).json()["sessions"] == 3


async def test_what_comes_late_is_judged_by_the_clock(shop: Shop) -> None:
    """Within the grace window a late payment is taken, after it no more; one that was seen in time and is confirmed
    after the deadline is late; what is paid keeps its verdict, however far the clock goes."""
    client = await shop.client()
    clock = await made(client, "/test_clocks")
    early, soon, never, seen = [
        await made(client, "/checkout_sessions", **AMOUNT, testClockId=clock["id"]) for _ in range(4)
    ]
    paid = (await simulated(client, early, "paid")).json()
    await simulated(client, seen, "detected")
    await advanced(client, clock, HOUR + 60)
    assert (await now_of(client, seen))["status"] == "detected"
    assert (await simulated(client, seen, "paid")).json()["status"] == "paid_late"
    assert (await simulated(client, soon, "late")).json()["status"] == "paid_late"
    await advanced(client, clock, DAY)
    assert error(await simulated(client, never, "late"))[:2] == (409, "session_not_payable")
    assert await now_of(client, early) == paid
    assert paid["exceptions"] == []


async def test_a_test_clock_releases_redemptions_of_a_coupon(shop: Shop) -> None:
    """Expiry by the clock is expiry: what was held is free for others."""
    client = await shop.client()
    clock = await made(client, "/test_clocks")
    tenth = {"name": "A tenth", "discountType": "percentage", "discountPercentage": "10", "maxRedemptions": 3}
    coupon = await made(client, "/coupons", **tenth)
    body = AMOUNT | {"couponId": coupon["id"], "testClockId": clock["id"]}
    for _ in range(3):
        await made(client, "/checkout_sessions", **body)
    assert error(await client.post("/checkout_sessions", json=body))[1] == "discount_used_up"
    await advanced(client, clock, HOUR)
    assert (await client.get(f"/coupons/{coupon['id']}")).json()["reservedRedemptions"] == 0
    await made(client, "/checkout_sessions", **body)


async def test_a_clock_is_put_forward_once_at_a_time(shop: Shop) -> None:
    """Parallel calls add up, while sessions are opened and paid on it; each session ends once."""
    client = await shop.client()
    clock = await made(client, "/test_clocks")
    body = AMOUNT | {"testClockId": clock["id"], "expiresInSeconds": 600}
    sessions = [await made(client, "/checkout_sessions", **body) for _ in range(10)]
    answers = await asyncio.gather(
        *(client.post(f"/test_clocks/{clock['id']}/advance", json={"seconds": 100}) for _ in range(7)),
        *(simulated(client, session, "paid") for session in sessions[:5]),
        *(client.post("/checkout_sessions", json=body) for _ in range(5)),
    )
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    after = (await client.get(f"/test_clocks/{clock['id']}")).json()
    assert (after["advancedSeconds"], after["sessions"]) == (700, 15)
    events = (await client.get("/events", params={"limit": 100})).json()["data"]
    ended = [one["data"]["id"] for one in events if one["type"] in ("session.paid", "session.expired")]
    assert len(set(ended)) == len(ended)
    assert {session["id"] for session in sessions} <= set(ended)


async def test_there_are_test_clocks_in_test_mode_only(shop: Shop) -> None:
    """A live key makes none, sees none and names none; neither does another project."""
    client, live = await shop.client(), await shop.client(mode="live")
    stranger = await shop.client(project=await shop.project())
    clock = await made(client, "/test_clocks")
    assert error(await live.post("/test_clocks", json={}))[:2] == (403, "test_mode_only")
    for other in (live, stranger):
        assert (await other.get("/test_clocks")).json()["data"] == []
        assert error(await other.get(f"/test_clocks/{clock['id']}"))[:2] == (404, "not_found")
        path = f"/test_clocks/{clock['id']}/advance"
        assert error(await other.post(path, json={"seconds": 60}))[:2] == (404, "not_found")
        refused = await other.post("/checkout_sessions", json=AMOUNT | {"testClockId": clock["id"]})
        assert error(refused) == (400, "invalid_body", "testClockId")
    for unknown in ("clk_01hxyz0000000000000000000", "x", ""):
        refused = await client.post("/checkout_sessions", json=AMOUNT | {"testClockId": unknown})
        assert error(refused) == (400, "invalid_body", "testClockId")
    assert (await client.get(f"/test_clocks/{clock['id']}")).json() == clock


async def test_a_clock_lets_an_authorization_lapse(shop: Shop) -> None:
    """Seven days forward, what was promised and not captured is released, in the call that puts the clock forward."""
    client = await shop.client()
    clock = (await client.post("/test_clocks", json={})).json()
    body = AMOUNT | {"testClockId": clock["id"], "captureMethod": "manual"}
    held = (await client.post("/checkout_sessions?expand=order", json=body)).json()
    await client.post(f"/checkout_sessions/{held['id']}/simulate", json={"payer": "payer_authorizes"})
    payment = f"/payments/{held['order']['paymentId']}"
    for seconds, status in ((7 * 86_400 - 60, "requires_capture"), (60, "canceled")):
        forward = await client.post(f"/test_clocks/{clock['id']}/advance", json={"seconds": seconds})
        assert forward.status_code == 200, forward.text
        found = (await client.get(payment)).json()
        assert found["status"] == status
    assert found["releaseReason"] == "lapsed"
    assert (await client.get(f"/orders/{held['order']['id']}")).json()["status"] == "canceled"
