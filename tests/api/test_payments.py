"""``/payments``, ``/transactions`` and ``/refunds`` over HTTP."""

from typing import Any, get_args

import httpx
import pytest

from tests.shop import Shop
from tillgate.api.sessions import Payer
from tillgate.checkout.settlement.simulating import PAYERS

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}


async def opened(client: httpx.AsyncClient, *payers: str, **more: Any) -> Any:
    """A session whose payers have done what they do, with its order."""
    session = (await client.post("/checkout_sessions?expand=order", json=AMOUNT | more)).json()
    for payer in payers:
        answer = await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"payer": payer})
        assert answer.status_code == 200, answer.text
    return session


async def test_a_payment_has_every_documented_field(shop: Shop) -> None:
    """The same wherever it is shown; what it asks for is what its session asks for; its metadata is its own."""
    client = await shop.client()
    session = await opened(client, captureMethod="manual", metadata={"of": "session"})
    path = f"/payments/{session['order']['paymentId']}"
    payment = (await client.get(path)).json()
    assert set(payment) == {
        "id", "object", "livemode", "sessionId", "orderId", "status", "exceptions", "currency", "amounts",
        "captureMethod", "authorizedAt", "captureBefore", "releaseReason", "lastDecline", "decision", "rail", "chainId",
        "asset", "address", "amount", "metadata", "createdAt", "updatedAt",
    }  # fmt: skip
    assert (payment["object"], payment["status"], payment["captureMethod"]) == ("payment", "awaiting", "manual")
    assert (payment["sessionId"], payment["orderId"]) == (session["id"], session["order"]["id"])
    assert (payment["address"], payment["amount"]) == (session["address"], session["amount"])
    assert payment["amounts"] == {
        "requested": "50.00", "authorized": "0.00", "capturable": "0.00", "received": "0.00", "refunded": "0.00",
        "refundable": "0.00",
    }  # fmt: skip
    assert payment["metadata"] is None
    changed = (await client.patch(path, json={"metadata": {"a": 1}})).json()
    assert changed == payment | {"metadata": {"a": 1}, "updatedAt": changed["updatedAt"]}
    assert (await client.get("/payments", params={"sessionId": session["id"]})).json()["data"] == [changed]
    [event] = (await client.get("/events", params={"type": "payment.updated"})).json()["data"]
    assert event["data"] == changed
    assert event["previousAttributes"]["metadata"] is None


async def test_money_that_moved_is_listed(shop: Shop) -> None:
    """Each movement once, with what it is worth; filters combine; what was shown of the payment agrees with it."""
    client = await shop.client()
    first = await opened(client, "payer_pays_twice")
    second = await opened(client, "payer_authorizes")
    other = await opened(client, "payer_is_reorged")
    payment_id = second["order"]["paymentId"]
    refund = (await client.post("/refunds", json={"paymentId": payment_id, "reason": "other", "amount": "20"})).json()

    async def listed(**params: str) -> list[tuple[str, str, str]]:
        answer = await client.get("/transactions", params=params)
        assert answer.status_code == 200, answer.text
        return [(one["kind"], one["status"], one["value"]) for one in answer.json()["data"]]

    assert await listed(orderId=first["order"]["id"]) == [("transfer", "confirmed", "25.00")] * 2
    assert await listed(paymentId=payment_id) == [
        ("refund", "confirmed", "20.00"), ("capture", "confirmed", "50.00"),
    ]  # fmt: skip
    assert await listed(paymentId=payment_id, kind="refund") == [("refund", "confirmed", "20.00")]
    assert await listed(orderId=other["order"]["id"]) == [("transfer", "dropped", "50.00")]
    assert len(await listed()) == 5
    one = (await client.get(f"/transactions/{refund['transactionId']}")).json()
    assert set(one) == {
        "id", "object", "livemode", "paymentId", "orderId", "kind", "status", "amount", "value", "currency", "chainId",
        "network", "asset", "symbol", "txHash", "confirmedAt", "createdAt",
    }  # fmt: skip
    assert one["amount"] == {"wei": "8000000000000000", "eth": "0.008"}
    payment = (await client.get(f"/payments/{payment_id}")).json()
    assert (one["network"], one["asset"], one["symbol"]) == (None, payment["asset"], None)
    amounts = payment["amounts"]
    assert (amounts["received"], amounts["refunded"], amounts["refundable"]) == ("50.00", "20.00", "30.00")


async def test_a_refund_is_created_listed_and_emitted(shop: Shop) -> None:
    """Its fields, its filters, its two events, and its order's; by nobody who may only read."""
    client, reader = await shop.client(), await shop.client(["refunds:read", "payments:read"])
    session = await opened(client, "payer_pays")
    body = {"paymentId": session["order"]["paymentId"], "reason": "duplicate", "amount": "20.00", "metadata": {"a": 1}}
    assert (await reader.post("/refunds", json=body)).status_code == 403
    made = await client.post("/refunds", json=body)
    assert made.status_code == 201, made.text
    refund = made.json()
    assert set(refund) == {
        "id", "object", "livemode", "paymentId", "orderId", "transactionId", "status", "amount", "currency", "reason",
        "destination", "metadata", "createdAt", "updatedAt",
    }  # fmt: skip
    assert (refund["status"], refund["amount"], refund["metadata"]) == ("succeeded", "20.00", {"a": 1})
    assert (await reader.get(f"/refunds/{refund['id']}")).json() == refund
    for name, value in (("orderId", refund["orderId"]), ("paymentId", refund["paymentId"]), ("status", "succeeded")):
        assert (await reader.get("/refunds", params={name: value})).json()["data"] == [refund]
    assert (await reader.get("/refunds", params={"status": "pending"})).json()["data"] == []
    events = [event["type"] for event in (await client.get("/events", params={"limit": 4})).json()["data"]]
    assert events == ["order.updated", "payment.updated", "refund.succeeded", "refund.created"]
    order = (await client.get(f"/orders/{refund['orderId']}")).json()
    [told] = (await client.get("/events", params={"type": "order.updated"})).json()["data"]
    assert told["data"] == order
    assert told["previousAttributes"]["refunded"] == "0.00"


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/refunds", {"reason": "other"}, "paymentId"),
        ("/refunds", {"paymentId": "{payment}"}, "reason"),
        ("/refunds", {"paymentId": "{payment}", "reason": "reason"}, "reason"),
        ("/refunds", {"paymentId": "pay_01j0000000000000000000000a", "reason": "other"}, "paymentId"),
        ("/refunds", {"paymentId": "", "reason": "other"}, "paymentId"),
        ("/refunds", {"paymentId": "{payment}", "reason": "other", "amount": "-1"}, "amount"),
        ("/refunds", {"paymentId": "{payment}", "reason": "other", "amount": 1}, "amount"),
        ("/refunds", {"paymentId": "{payment}", "reason": "other", "amount": "0.001"}, "amount"),
        ("/refunds", {"paymentId": "{payment}", "reason": "other", "destination": "x" * 201}, "destination"),
        ("/refunds", {"paymentId": "{payment}", "reason": "other", "metadata": {"k": "v" * 501}}, "metadata.k"),
        ("/payments/{payment}/capture", {"amount": "1.005"}, "amount"),
        ("/payments/{payment}/capture", {"amount": "0"}, "amount"),
        ("/payments/{payment}/capture", {"cancelRemainder": "no"}, "cancelRemainder"),
    ],
)
async def test_a_wrong_amount_or_reason_is_refused_by_its_name(
    sqlite_shop: Shop, path: str, body: dict[str, Any], param: str
) -> None:
    """A 400 that names the field, and no money moves."""
    client = await sqlite_shop.client()
    by_hand = path != "/refunds"
    session = await opened(client, "payer_authorizes", captureMethod="manual" if by_hand else "automatic")
    payment_id = session["order"]["paymentId"]
    before = (await client.get("/transactions")).json()
    filled = {name: payment_id if value == "{payment}" else value for name, value in body.items()}
    refused = await client.post(path.replace("{payment}", payment_id), json=filled)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param), refused.text
    assert (await client.get("/transactions")).json() == before


async def test_an_outcome_and_a_payer_exclude_each_other(sqlite_shop: Shop) -> None:
    """Neither and both are refused; every test payer is one that the document knows."""
    assert set(get_args(Payer)) == set(PAYERS)
    client = await sqlite_shop.client()
    session = await opened(client)
    for body in ({}, {"outcome": "paid", "payer": "payer_pays"}, {"outcome": None}):
        refused = await client.post(f"/checkout_sessions/{session['id']}/simulate", json=body)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "outcome")
