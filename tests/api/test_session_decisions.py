"""What the merchant decides about a session, over HTTP."""

import httpx
import pytest

from tests.shop import Shop


async def opened(client: httpx.AsyncClient, *outcomes: str) -> str:
    """The id of a new session after these outcomes."""
    answer = await client.post("/checkout_sessions", json={"amount": {"value": "50.00", "currency": "USD"}})
    session_id: str = answer.json()["id"]
    for outcome in outcomes:
        answer = await client.post(f"/checkout_sessions/{session_id}/simulate", json={"outcome": outcome})
        assert answer.status_code == 200, answer.text
    return session_id


@pytest.mark.anyio
@pytest.mark.parametrize("outcome", ["underpaid", "overpaid"])
async def test_the_merchant_accepts_an_unusual_amount_once(shop: Shop, outcome: str) -> None:
    """Accepting makes it paid, keeps the exception in sight, and tells it with one session.paid. To accept again is
    answered alike and changes nothing, also once something of it was refunded."""
    client = await shop.client()
    session_id = await opened(client, outcome)
    accepted = await client.post(f"/checkout_sessions/{session_id}/accept")
    assert accepted.status_code == 200
    assert (accepted.json()["status"], accepted.json()["exceptions"]) == ("paid", [outcome])
    assert accepted.json()["paidAt"] is not None
    again = await client.post(f"/checkout_sessions/{session_id}/accept")
    assert (again.status_code, again.json()) == (200, accepted.json())
    given_back = {"paymentId": accepted.json()["paymentId"], "amount": "0.10", "reason": "requested_by_customer"}
    assert (await client.post("/refunds", json=given_back)).status_code == 201
    then = (await client.get(f"/checkout_sessions/{session_id}")).json()
    again = await client.post(f"/checkout_sessions/{session_id}/accept")
    assert (again.status_code, again.json()) == (200, then)
    events = (await client.get("/events?type=session.paid")).json()["data"]
    assert [event["data"]["id"] for event in events] == [session_id]


@pytest.mark.anyio
@pytest.mark.parametrize("outcomes", [(), ("detected",), ("paid",), ("late",), ("failed",)])
async def test_there_is_nothing_to_accept_where_no_money_waits(shop: Shop, outcomes: tuple[str, ...]) -> None:
    """A refused acceptance changes nothing and writes no event."""
    client = await shop.client()
    session_id = await opened(client, *outcomes)
    before = (await client.get("/events")).json()["data"]
    refused = await client.post(f"/checkout_sessions/{session_id}/accept")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "nothing_to_accept")
    assert (await client.get("/events")).json()["data"] == before


@pytest.mark.anyio
async def test_a_pending_session_is_ended_before_its_time(shop: Shop) -> None:
    """Expiring takes it out of the buyer's hands at once; doing it again changes nothing."""
    client = await shop.client()
    session_id = await opened(client)
    first = await client.post(f"/checkout_sessions/{session_id}/expire")
    assert (first.status_code, first.json()["status"]) == (200, "expired")
    second = await client.post(f"/checkout_sessions/{session_id}/expire")
    assert second.json() == first.json()
    late = await client.post(f"/checkout_sessions/{session_id}/simulate", json={"outcome": "late"})
    assert late.json()["status"] == "paid_late"


@pytest.mark.anyio
@pytest.mark.parametrize("outcome", ["detected", "underpaid", "paid", "failed"])
async def test_a_session_that_has_seen_money_or_ended_cannot_be_expired(shop: Shop, outcome: str) -> None:
    """Money on its way is never cut off."""
    client = await shop.client()
    session_id = await opened(client, outcome)
    refused = await client.post(f"/checkout_sessions/{session_id}/expire")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "session_not_pending")


@pytest.mark.anyio
async def test_a_canceled_session_is_over_for_good(shop: Shop) -> None:
    """Unlike an expired one it cannot be paid late: it failed, its order and payment are canceled, each once, its
    coupon's place and its unique reference are free again. Canceling it again changes nothing."""
    client = await shop.client()
    coupon = {"name": "One", "discountType": "percentage", "discountPercentage": "10", "maxRedemptions": 1}
    coupon_id = (await client.post("/coupons", json=coupon)).json()["id"]
    body = {
        "amount": {"value": "50.00", "currency": "USD"},
        "couponId": coupon_id,
        "reference": "A-1",
        "uniqueReference": True,
    }
    new = (await client.post("/checkout_sessions?expand=order", json=body)).json()
    assert new["canceledAt"] is None
    newest = (await client.get("/events?limit=1")).json()["data"][0]["sequence"]
    first = await client.post(f"/checkout_sessions/{new['id']}/cancel")
    assert (first.status_code, first.json()["status"], first.json()["exceptions"]) == (200, "failed", [])
    assert first.json()["canceledAt"] is not None
    assert (await client.post(f"/checkout_sessions/{new['id']}/cancel")).json() == first.json()
    told = (await client.get(f"/events?after={newest}")).json()["data"]
    assert [one["type"] for one in told] == ["payment.canceled", "order.canceled", "session.failed"]
    assert told[-1]["data"] == first.json()
    assert told[-1]["previousAttributes"] == {"status": "pending", "canceledAt": None}
    assert (await client.get(f"/orders/{new['order']['id']}")).json()["status"] == "canceled"
    assert (await client.get(f"/payments/{new['order']['paymentId']}")).json()["status"] == "canceled"
    refused = await client.post(f"/checkout_sessions/{new['id']}/accept")
    assert refused.status_code == 409, refused.text
    paid = await client.post(f"/checkout_sessions/{new['id']}/simulate", json={"outcome": "paid"})
    assert (paid.json()["status"], paid.json()["exceptions"]) == ("failed", ["unexpected"])
    assert (await client.get(f"/orders/{new['order']['id']}")).json()["status"] == "review"
    again = await client.post("/checkout_sessions?expand=order", json=body)
    assert again.status_code == 201, again.text


@pytest.mark.anyio
async def test_canceling_releases_what_was_authorized(shop: Shop) -> None:
    """All of it; where a part was captured already, the rest is the payment's to cancel, and the session is paid."""
    client = await shop.client()
    body = {"amount": {"value": "50.00", "currency": "USD"}, "captureMethod": "manual"}
    for captured in (False, True):
        new = (await client.post("/checkout_sessions?expand=order", json=body)).json()
        payment = f"/payments/{new['order']['paymentId']}"
        await client.post(f"/checkout_sessions/{new['id']}/simulate", json={"outcome": "authorized"})
        if captured:
            part = {"amount": "20.00", "cancelRemainder": False}
            assert (await client.post(f"{payment}/capture", json=part)).status_code == 200
        answer = await client.post(f"/checkout_sessions/{new['id']}/cancel")
        if captured:
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "session_not_cancelable")
            assert (await client.post(f"{payment}/cancel")).json()["status"] == "succeeded"
            session = (await client.get(f"/checkout_sessions/{new['id']}")).json()
            assert (session["status"], session["canceledAt"]) == ("paid", None)
        else:
            assert (answer.status_code, answer.json()["status"]) == (200, "failed"), answer.text
            after = (await client.get(payment)).json()
            assert (after["status"], after["releaseReason"]) == ("canceled", "requested")


@pytest.mark.anyio
@pytest.mark.parametrize("outcome", ["detected", "underpaid", "overpaid", "paid", "late", "failed"])
async def test_a_session_that_has_seen_money_or_ended_cannot_be_canceled(shop: Shop, outcome: str) -> None:
    """Money that came is accepted or given back, and an end is an end."""
    client = await shop.client()
    session_id = await opened(client, outcome)
    before = (await client.get(f"/checkout_sessions/{session_id}")).json()
    refused = await client.post(f"/checkout_sessions/{session_id}/cancel")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "session_not_cancelable")
    assert (await client.get(f"/checkout_sessions/{session_id}")).json() == before


@pytest.mark.anyio
@pytest.mark.parametrize("action", ["accept", "cancel", "expire"])
async def test_a_decision_needs_the_write_scope_and_the_own_project(shop: Shop, action: str) -> None:
    """A key without sessions:write gets 403; another project and the other mode get the same 404."""
    session_id = await opened(await shop.client(), "underpaid")
    reader = await shop.client(["sessions:read"])
    assert (await reader.post(f"/checkout_sessions/{session_id}/{action}")).status_code == 403
    stranger = await shop.client(project=await shop.project())
    assert (await stranger.post(f"/checkout_sessions/{session_id}/{action}")).status_code == 404
    live = await shop.client(mode="live")
    assert (await live.post(f"/checkout_sessions/{session_id}/{action}")).status_code == 404
