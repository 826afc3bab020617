"""What the event says on which people fulfil."""

import pytest

from tests.shop import Shop

pytestmark = pytest.mark.anyio


async def test_the_event_on_which_people_fulfil_says_whose_order_it_is(shop: Shop) -> None:
    """``session.paid`` carries the order's reference and customer, as the session does, alone and in a list."""
    api = await shop.client()
    customer = (await api.post("/customers", json={"email": "ada@example.com"})).json()
    body = {
        "amount": {"value": "5.00", "currency": "USD"},
        "reference": "A-77",
        "customerId": customer["id"],
    }
    session = (await api.post("/checkout_sessions", json=body)).json()
    path = f"/checkout_sessions/{session['id']}"
    await api.post(f"{path}/simulate", json={"outcome": "paid"})
    [event] = (await api.get("/events", params={"type": "session.paid"})).json()["data"]
    [listed] = (await api.get("/checkout_sessions")).json()["data"]
    for one in (session, event["data"], listed, (await api.get(path)).json()):
        assert (one["reference"], one["customerId"]) == ("A-77", customer["id"])
    assert (session["fiatReceived"], event["data"]["fiatReceived"]) == (
        {"amount": "0.00", "currency": "USD"},
        {"amount": "5.00", "currency": "USD"},
    )
    plain = (await api.post("/checkout_sessions", json={"amount": body["amount"]})).json()
    assert (plain["reference"], plain["customerId"]) == (None, None)


async def test_a_partial_capture_tells_what_was_captured(shop: Shop) -> None:
    """``session.paid`` of 3.00 captured of 5.00 says 3.00 beside the price, so that nobody ships for 5.00."""
    api = await shop.client()
    body = {"amount": {"value": "5.00", "currency": "USD"}, "captureMethod": "manual"}
    session = (await api.post("/checkout_sessions", json=body)).json()
    await api.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "authorized"})
    await api.post(f"/payments/{session['paymentId']}/capture", json={"amount": "3.00"})
    [event] = (await api.get("/events", params={"type": "session.paid"})).json()["data"]
    assert event["data"]["fiat"] == {"amount": "5.00", "currency": "USD"}
    assert event["data"]["fiatReceived"] == {"amount": "3.00", "currency": "USD"}
    assert event["data"]["received"]["eth"] == "0.0012"
