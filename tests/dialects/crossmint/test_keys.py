"""Who may do what in Crossmint's language, and in what words others are refused."""

import asyncio
from functools import partial

import pytest

from keyturn import Kind
from tests.dialects.crossmint.conftest import LOCAL, ROOT, Mint
from tests.requirements.calling import key_of
from tests.shop import insisting

pytestmark = pytest.mark.anyio


async def test_every_refusal_is_in_the_envelope_and_tells_what_to_do(mint: Mint) -> None:
    """Without a key, with junk, with a user's JWT, without a scope; nowhere, and by another method."""
    weak = (await key_of(mint.shop, "events:read", format="crossmint")).secret.reveal()
    order_id = (await mint.made())["order"]["orderId"]
    missing = "01888888-0000-7000-8000-000000000000"
    for answer, status, words in (
        (await mint.call("GET", "/orders", key=""), 401, "x-api-key"),
        (await mint.call("GET", "/orders", key="sk_staging_junk"), 401, "Malformed API key"),
        (await mint.call("GET", "/orders", authorization="Bearer eyJhbGciOi.e30.c2ln"), 401, "JWT"),
        (await mint.call("GET", "/orders", key=weak), 403, "orders.read (orders:read on this server)"),
        (await mint.call("POST", "/orders", mint.order(), key=weak), 403, "orders.create"),
        (await mint.call("PATCH", f"/orders/{order_id}", {}, key=weak), 403, "orders.update"),
        (await mint.call("GET", f"/orders/{missing}"), 404, "No such order"),
        (await mint.call("PATCH", f"/orders/{missing}", {}), 404, "No such order"),
        (await mint.call("GET", "/orders/nothing"), 404, "No such order"),
        (await mint.call("GET", "/nowhere"), 404, "/nowhere"),
        (await mint.call("DELETE", f"/orders/{order_id}"), 405, "GET"),
    ):
        told = answer.json()
        assert (answer.status_code, told["error"], set(told)) == (status, True, {"error", "message"}), answer.text
        assert words in told["message"], told


async def test_an_order_is_no_other_projects_or_modes(mint: Mint) -> None:
    """Absent and not the caller's look the same."""
    order_id = (await mint.made())["order"]["orderId"]
    elsewhere = await mint.shop.project()
    for other in (
        await key_of(mint.shop, format="crossmint", project_id=elsewhere),
        await key_of(mint.shop, format="crossmint", mode="live"),
    ):
        key = other.secret.reveal()
        for method, body in (("GET", None), ("PATCH", {})):
            answer = await mint.call(method, f"/orders/{order_id}", body, key=key)
            assert answer.status_code == 404
        assert (await mint.call("GET", "/orders", key=key)).json()["data"] == []
    live = await mint.call("POST", "/orders", mint.order(), key=other.secret.reveal())
    assert (live.status_code, live.json()["error"]) == (400, True)


async def test_a_server_hands_its_orders_client_secret_on(mint: Mint) -> None:
    """An order that a server-side key made is opened in the browser, by the client-side key of its project and mode."""
    made = await mint.made()
    path = f"/orders/{made['order']['orderId']}"
    opened = {"authorization": made["clientSecret"], "origin": LOCAL}
    assert (await mint.call("GET", path, key=mint.client, **opened)).status_code == 200
    other = (await mint.made())["clientSecret"]
    wrong = await mint.call("GET", path, key=mint.client, authorization=other, origin=LOCAL)
    assert (wrong.status_code, "does not belong" in wrong.json()["message"]) == (403, True)
    listed = await mint.call("GET", "/orders", key=mint.client, **opened)
    assert listed.status_code == 403


async def test_a_client_side_key_cannot_name_its_own_price(mint: Mint) -> None:
    """``callData.totalPrice`` has to be ours, whoever says it."""
    for key, more in ((mint.server, {}), (mint.client, {"origin": LOCAL})):
        line = {"collectionLocator": f"crossmint:{mint.product}", "callData": {"totalPrice": "0.01"}}
        answer = await mint.call("POST", "/orders", mint.order(lineItems=line), key=key, **more)
        assert (answer.status_code, "the price is 50.00 USD" in answer.json()["message"]) == (400, True)
        line["callData"] = {"totalPrice": "50.0"}
        assert (await mint.call("POST", "/orders", mint.order(lineItems=line), key=key, **more)).status_code == 201


async def test_ids_and_prefixes_of_this_server_lead_to_the_same_order(mint: Mint) -> None:
    """Below ``/crossmint`` as well, and by the native id; written otherwise, the UUID is none."""
    order_id = (await mint.made())["order"]["orderId"]
    native = (await mint.own_order(order_id))["id"]
    for path in (f"/orders/{native}", f"/crossmint{ROOT}/orders/{order_id}"):
        assert (await mint.call("GET", path)).json()["orderId"] == order_id, path
    for text in (order_id.replace("-", ""), order_id.replace("0", "O"), f"%7B{order_id}%7D"):
        assert (await mint.call("GET", f"/orders/{text}")).status_code == 404, text


async def test_fifty_retries_at_once_are_one_order(mint: Mint) -> None:
    """Under one name: each is answered with the first order and its clientSecret, or that the first is running."""
    body = mint.order()
    retry = partial(mint.call, "POST", "/orders", body, idempotency_key="cart")
    answers = await asyncio.gather(*(insisting(retry) for _ in range(50)))
    assert {one.status_code for one in answers} <= {201, 409}
    made = [one.json() for one in answers if one.status_code == 201]
    assert len({one["order"]["orderId"] for one in made}) == len({one["clientSecret"] for one in made}) == 1
    assert len((await mint.call("GET", "/orders")).json()["data"]) == 1


async def test_a_mobile_key_is_refused_from_another_app(mint: Mint) -> None:
    """In the envelope, with what to send."""
    made = await key_of(mint.shop, format="crossmint", kind=Kind.PUBLISHABLE, apps=["com.yourcompany.yourapp"])
    refused = await mint.call("POST", "/orders", mint.order(), key=made.secret.reveal(), x_app_identifier="com.evil")
    assert (refused.status_code, "x-app-identifier" in refused.json()["message"]) == (403, True)
