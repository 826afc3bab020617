"""Tokens: asked for, approved, used, switched off and on, deleted."""

import asyncio
from functools import partial
from typing import Any

import pytest

from tests.dialects.smartpay.conftest import OK, Smart, own
from tests.shop import insisting
from tillgate.base.errors import Conflict
from tillgate.checkout.payment_tokens.operations import reject_payment_token

pytestmark = pytest.mark.anyio

ASKED = {"mode": "token", "successUrl": OK, "cancelUrl": "https://shop.example/no"}


async def test_a_token_from_its_session_to_its_end(smart: Smart) -> None:
    """Each order by it is an order like any other, natively too; once it is disabled or deleted there is none."""
    asked = ASKED | {"customerInfo": {"emailAddress": "a@example.com"}, "reference": "T-1", "metadata": {"a": "1"}}
    session = await smart.done("POST", "/checkout-sessions", asked)
    token = session["token"]
    assert (token["object"], token["status"], token["reference"]) == ("token", "requires_authorization", "T-1")
    assert "order" not in session and session["customerInfo"] == asked["customerInfo"]
    assert "?" not in session["url"]
    read = await smart.done("GET", f"/checkout-sessions/{session['id']}")
    assert read == session | {"token": token["id"]}
    listed = await smart.done("GET", "/checkout-sessions?expand=all")
    assert listed["data"] == [session]
    assert (await smart.done("GET", "/tokens"))["data"] == []
    early = await smart.call("PUT", f"/tokens/{token['id']}/disable")
    assert (early.status_code, early.json()["errorCode"]) == (404, "token.not-found")
    unready = await smart.call("POST", "/orders", smart.order(token["id"]))
    assert (unready.status_code, unready.json()["errorCode"]) == (400, "token.invalid")

    await smart.approve(token["id"])
    assert [one["status"] for one in (await smart.done("GET", "/tokens"))["data"]] == ["active"]
    order = await smart.done("POST", "/orders", smart.order(token["id"], reference="A-1"))
    assert (order["status"], order["tokenId"], order["reference"]) == ("requires_capture", token["id"], "A-1")
    assert order["lineItems"][0]["object"] == "lineItem" and order["shippingInfo"]["feeAmount"] == 50
    native = await smart.native("GET", f"/orders/{own('ord', order['id'])}")
    assert (native["status"], native["reference"]) == ("processing", "A-1")
    at_once = await smart.done("POST", "/orders", smart.order(own("ptok", token["id"]), captureMethod="automatic"))
    assert (at_once["status"], at_once["tokenId"]) == ("succeeded", own("ptok", token["id"]))
    assert at_once["payments"][0]["amount"] == 500

    for action, status in (("disable", "disabled"), ("disable", "disabled"), ("enable", "active")):
        answer = await smart.call("PUT", f"/tokens/{token['id']}/{action}")
        assert (answer.status_code, answer.content, "content-type" in answer.headers) == (200, b"", False)
        assert (await smart.done("GET", f"/tokens/{token['id']}"))["status"] == status
        refused = await smart.call("POST", "/orders", smart.order(token["id"]))
        assert (refused.status_code == 200) is (status == "active")
    gone = await smart.call("DELETE", f"/tokens/{token['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    for method, path in (("GET", ""), ("PUT", "/enable"), ("DELETE", "")):
        assert (await smart.call(method, f"/tokens/{token['id']}{path}")).json()["errorCode"] == "token.not-found"
    after = await smart.call("POST", "/orders", smart.order(token["id"]))
    assert (after.status_code, after.json()["errorCode"]) == (404, "token.not-found")
    assert (await smart.done("GET", f"/orders/{order['id']}"))["tokenId"] == token["id"]
    told = [one["type"] for one in (await smart.native("GET", "/events?limit=100"))["data"]]
    assert [one for one in reversed(told) if one.startswith("payment_token.")] == [
        "payment_token.created",
        "payment_token.approved",
        "payment_token.used",
        "payment_token.used",
        "payment_token.disabled",
        "payment_token.enabled",
        "payment_token.used",
        "payment_token.deleted",
    ]


async def test_an_order_by_a_token_whose_payments_are_declined_is_rejected(smart: Smart) -> None:
    """Approving a token authorizes no money: each order is authorized on its own."""
    token = await smart.approved(declines=True)
    order = await smart.done("POST", "/orders", smart.order(token["id"]))
    assert (order["status"], order["payments"]) == ("rejected", [])
    assert (await smart.call("PUT", f"/orders/{order['id']}/cancellation")).json()["errorCode"] == "order.cannot-cancel"
    assert (await smart.native("GET", f"/orders/{own('ord', order['id'])}"))["status"] == "canceled"


async def test_a_token_that_its_shopper_declines_stays_rejected(smart: Smart) -> None:
    """It is read, and not listed; nobody approves it afterwards. Approving and rejecting twice change nothing."""
    token = (await smart.done("POST", "/checkout-sessions", ASKED))["token"]["id"]
    for _ in range(2):
        await smart.shop.database.write(lambda tx: reject_payment_token(smart.context, tx, own("ptok", token)))
    with pytest.raises(Conflict):
        await smart.approve(token)
    assert (await smart.done("GET", f"/tokens/{token}"))["status"] == "rejected"
    assert (await smart.done("GET", "/tokens"))["data"] == []
    kept = (await smart.approved())["id"]
    await smart.approve(kept)
    told = [one["type"] for one in (await smart.native("GET", "/events?limit=100"))["data"]]
    assert (told.count("payment_token.rejected"), told.count("payment_token.approved")) == (1, 1)


async def test_sessions_of_both_modes_are_one_list(smart: Smart) -> None:
    """In one order, across pages."""
    made: list[str] = []
    for body in (smart.payload(), ASKED, smart.payload(), ASKED, ASKED):
        made.append((await smart.done("POST", "/checkout-sessions", body))["id"])
    found: list[str] = []
    query = ""
    while True:
        page: dict[str, Any] = await smart.done("GET", f"/checkout-sessions?maxResults=2{query}")
        found += [one["id"] for one in page["data"]]
        if "nextPageToken" not in page:
            break
        query = f"&pageToken={page['nextPageToken']}"
    assert found == made[::-1]


async def test_fifty_retries_with_one_name_are_one_order(smart: Smart) -> None:
    """And an order that is refused leaves nothing."""
    token = await smart.approved()
    body = smart.order(token["id"])
    retry = partial(smart.call, "POST", "/orders", body, Idempotency_Key="one")
    answers = await asyncio.gather(*(insisting(retry) for _ in range(50)))
    assert {one.status_code for one in answers} <= {200, 409}
    assert (await smart.call("POST", "/orders", body | {"amount": 1})).status_code == 400
    assert len((await smart.done("GET", "/orders"))["data"]) == 1


async def test_tokens_are_of_one_mode(smart: Smart) -> None:
    """Those of the other are absent; in live mode, whose rail takes no promises, there are none, and it says so."""
    token = await smart.approved()
    assert (await smart.call("GET", f"/tokens/{own('ptok', token['id'])}", key=smart.live)).status_code == 404
    asked = await smart.call("POST", "/checkout-sessions", ASKED, key=smart.live)
    assert (asked.status_code, asked.json()["errorCode"]) == (400, "request.invalid")
    assert asked.json()["message"].startswith("mode: ")
    assert (await smart.call("GET", "/tokens", key=smart.live)).json()["data"] == []
