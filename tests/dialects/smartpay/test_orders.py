"""Smartpay's own routes: one order through its states, and the same order natively."""

import asyncio
import base64
from functools import partial
from typing import Any

import pytest

from tests.dialects.smartpay.conftest import ITEMS, Smart, own
from tests.requirements.calling import key_of
from tests.shop import eventually, insisting
from tillgate.base.clock import DAY_MS, MINUTE_MS

pytestmark = pytest.mark.anyio


async def native_status(smart: Smart, order: dict[str, Any]) -> str:
    """Where the same order stands natively."""
    status: str = (await smart.native("GET", f"/orders/{own('ord', order['id'])}"))["status"]
    return status


async def captured(smart: Smart, order: str, amount: int, **more: Any) -> Any:
    return await smart.call("POST", "/payments", {"order": order, "amount": amount, "currency": "JPY", **more})


async def refunded(smart: Smart, payment: str, **more: Any) -> Any:
    body = {"payment": payment, "currency": "JPY", "reason": "requested_by_customer", **more}
    return await smart.call("POST", "/refunds", body)


async def test_an_order_is_one_order_in_both_languages_through_every_step(smart: Smart) -> None:
    """smartpay R8, R9, R15, R31: made, authorized, captured in parts, given back; native reads agree at each step."""
    session = await smart.done("POST", "/checkout-sessions", smart.payload(reference="A-1"))
    order = session["order"]
    assert session["test"] is True and session["url"].startswith("https://")
    assert (order["status"], order["amount"], order["reference"]) == ("requires_authorization", 500, "A-1")
    assert session["customerInfo"]["gender"] == "x"
    assert order["shippingInfo"]["feeAmount"] == 50 and "expiresAt" not in order
    assert [one["kind"] for one in order["lineItems"]] == ["product", "tax", "discount"]
    assert order["lineItems"][0]["price"]["product"]["brand"] == "Kiln"
    assert await native_status(smart, order) == "open"

    await smart.simulate(session, "authorized")
    order = await smart.done("GET", f"/orders/{order['id']}")
    assert order["status"] == "requires_capture" and order["expiresAt"] > order["createdAt"]
    assert await native_status(smart, order) == "processing"

    first = (await captured(smart, order["id"], 200, cancelRemainder="manual", lineItems=["li_1"])).json()
    assert (first["amount"], first["status"], first["refunds"]) == (200, "processed", [])
    assert first["lineItems"] == ["li_1"]
    second = (await captured(smart, order["id"], 100, cancelRemainder="autommatic")).json()
    order = await smart.done("GET", f"/orders/{order['id']}")
    assert order["status"] == "succeeded" and order["payments"] == [first["id"], second["id"]]
    assert await native_status(smart, order) == "paid"
    assert (await captured(smart, order["id"], 1)).json()["errorCode"] == "order.cannot-capture"

    back = (await refunded(smart, first["id"], amount=50)).json()
    assert (back["status"], back["payment"], back["amount"]) == ("succeeded", first["id"], 50)
    assert (await refunded(smart, first["id"], amount=151)).json()["errorCode"] == "amount.insufficient"
    assert (await refunded(smart, first["id"])).json()["amount"] == 150
    assert (await refunded(smart, first["id"])).status_code == 403
    payment = await smart.done("GET", f"/payments/{first['id']}")
    assert payment["status"] == "refunded" and len(payment["refunds"]) == 2
    assert (await smart.done("GET", f"/payments/{second['id']}"))["status"] == "processed"
    assert (await refunded(smart, second["id"])).json()["amount"] == 100
    assert await native_status(smart, order) == "refunded"


async def test_automatic_capture_takes_all_at_once(smart: Smart) -> None:
    """smartpay R9: an automatic order succeeds with one payment for the full amount."""
    session = await smart.authorized(captureMethod="autommatic")
    order = await smart.done("GET", f"/orders/{session['order']['id']}")
    assert order["status"] == "succeeded" and len(order["payments"]) == 1
    whole = (await smart.call("GET", f"/payments/{order['payments'][0]}")).json()
    assert whole["amount"] == 500


async def test_an_order_is_canceled_while_it_can_be(smart: Smart) -> None:
    """smartpay R31: only what requires capture is canceled; doing it again changes nothing."""
    session = await smart.done("POST", "/checkout-sessions", smart.payload())
    path = f"/orders/{session['order']['id']}/cancellation"
    early = await smart.call("PUT", path)
    assert (early.status_code, early.json()["errorCode"]) == (409, "order.cannot-cancel")
    await smart.simulate(session, "authorized")
    assert (await smart.done("PUT", path))["status"] == "canceled"
    assert (await smart.done("PUT", path))["status"] == "canceled"
    assert await native_status(smart, session["order"]) == "canceled"


async def test_lists_go_in_pages_and_expand(smart: Smart) -> None:
    """smartpay R9: page tokens walk every list; ``expand=all`` gives objects."""
    made = [(await smart.authorized())["id"] for _ in range(3)]
    found, token = [], ""
    while True:
        page = await smart.done("GET", f"/checkout-sessions?maxResults=2{token}")
        assert page["object"] == "collection" and page["results"] == len(page["data"]) and page["maxResults"] == 2
        found += [one["id"] for one in page["data"]]
        if "nextPageToken" not in page:
            break
        token = f"&pageToken={page['nextPageToken']}"
    assert found == made[::-1]
    plain = (await smart.done("GET", "/orders?maxResults=1"))["data"][0]
    assert all(isinstance(one, str) for one in plain["lineItems"])
    whole = (await smart.done("GET", "/orders?maxResults=1&expand=all"))["data"][0]
    assert [one["name"] for one in whole["lineItems"]] == [one["name"] for one in ITEMS]


async def test_objects_of_the_other_mode_are_absent(smart: Smart) -> None:
    """smartpay R6, R7: the key decides the mode, and nothing of the other is there, by either spelling of its id."""
    session = await smart.done("POST", "/checkout-sessions", smart.payload())
    order = session["order"]["id"]
    for text in (order, order.replace("_test_", "_live_"), own("ord", order)):
        answer = await smart.call("GET", f"/orders/{text}", key=smart.live)
        assert (answer.status_code, answer.json()["errorCode"]) == (404, "order.not-found")
    assert (await smart.call("GET", f"/orders/{order.replace('_test_', '_live_')}")).status_code == 404


async def test_an_id_is_given_back_as_it_was_asked_for(smart: Smart) -> None:
    """In either writing, in a path and in a body; both are one object."""
    session = await smart.authorized()
    order = own("ord", session["order"]["id"])
    for path in (f"/orders/{order}", f"/checkout-sessions/{own('cs', session['id'])}"):
        assert (await smart.done("GET", path))["id"] == path.rpartition("/")[2]
    payment = (await captured(smart, order, 200)).json()
    assert payment["order"] == order
    transaction = own("txn", payment["id"])
    back = (await refunded(smart, transaction, amount=50)).json()
    assert back["payment"] == transaction
    assert (await smart.done("GET", f"/payments/{transaction}"))["refunds"] == [back["id"]]
    assert (await smart.done("PATCH", f"/payments/{transaction}", {}))["id"] == transaction
    assert (await smart.done("GET", f"/refunds/{own('re', back['id'])}"))["payment"] == payment["id"]


async def test_an_order_lapses_after_seven_days(smart: Smart) -> None:
    """What was authorized and not captured by then is released: nothing can be captured any more."""
    session = await smart.authorized()
    order = await smart.done("GET", f"/orders/{session['order']['id']}")
    assert abs(order["expiresAt"] - order["createdAt"] - 7 * DAY_MS) < MINUTE_MS
    smart.shop.clock.ahead_ms += 7 * DAY_MS + MINUTE_MS
    refused = await captured(smart, order["id"], 100)
    assert (refused.status_code, refused.json()["errorCode"]) == (409, "order.cannot-capture")

    async def canceled() -> bool:
        status: str = (await smart.done("GET", f"/orders/{order['id']}"))["status"]
        return status == "canceled"

    await eventually(canceled)


@pytest.mark.parametrize("mount", ["/v1", "/api.smartpay/v1", "/smartpay/v1"])
async def test_each_scheme_opens_each_mount(smart: Smart, mount: str) -> None:
    """smartpay R24, R25, R26: Basic with and without a colon, Basic with the raw key, Bearer."""
    encoded = [base64.b64encode(f"{smart.key}{end}".encode()).decode() for end in ("", ":")]
    for value in (f"Basic {encoded[0]}", f"Basic {encoded[1]}", f"Basic {smart.key}", f"Bearer {smart.key}"):
        answer = await smart.call("GET", f"{mount}/orders", key="", Authorization=value)
        assert answer.status_code == 200, (value[:6], answer.text)


async def test_who_shows_no_good_key_is_unauthorized(smart: Smart) -> None:
    """smartpay R3, R4, R5, R30: a 401 has realm, scheme and statusCode."""
    revoked = await key_of(smart.shop, format="smartpay")
    await smart.shop.revoke(revoked.key.id)
    for key in ("", "sk_test_Ho1BrYTcg3gAX4vTKk1taz", revoked.secret.reveal()):
        answer = await smart.call("GET", "/v1/orders", key=key)
        assert answer.status_code == 401
        assert answer.json().keys() >= {"realm", "scheme", "statusCode"}


async def test_a_body_that_is_not_declared_as_json_is_a_415(smart: Smart) -> None:
    """Under the code of what is not JSON, which is a 400."""
    body = {"name": "Ten", "discountType": "amount", "discountAmount": 10, "currency": "JPY"}
    answer = await smart.call("POST", "/coupons", body, Content_Type="text/plain")
    assert (answer.status_code, answer.json()["statusCode"], answer.json()["errorCode"]) == (
        415,
        415,
        "request.malformed",
    )
    assert (await smart.call("POST", "/coupons", body)).status_code == 200


async def test_a_name_is_one_effect_for_six_hours(smart: Smart) -> None:
    """Fifty retries with one key, all at once, are one capture; after six hours the name is free."""
    session = await smart.authorized()
    body = {"order": session["order"]["id"], "amount": 100, "currency": "JPY", "cancelRemainder": "manual"}
    retry = partial(smart.call, "POST", "/payments", body, Idempotency_Key="one")
    answers = await asyncio.gather(*(insisting(retry) for _ in range(50)))
    assert {one.status_code for one in answers} <= {200, 409}
    again = await smart.call("POST", "/payments", body, Idempotency_Key="one")
    assert again.headers["idempotency-replayed"] == "true"
    assert len((await smart.done("GET", f"/orders/{session['order']['id']}"))["payments"]) == 1
    smart.shop.clock.ahead_ms += 6 * 3_600_000 + 1_000
    fresh = await smart.call("POST", "/payments", body, Idempotency_Key="one")
    assert fresh.status_code == 200 and "idempotency-replayed" not in fresh.headers


async def test_captures_and_refunds_never_exceed(smart: Smart) -> None:
    """At once or one after the other, no more is captured than was authorized, nor given back than was captured."""
    session = await smart.authorized()
    order = session["order"]["id"]
    assert (await captured(smart, order, 501)).json()["errorCode"] == "payment.excessive-amount"
    answers = await asyncio.gather(*(captured(smart, order, 200, cancelRemainder="manual") for _ in range(6)))
    paid = [one.json()["id"] for one in answers if one.status_code == 200]
    assert len(paid) == 2
    backs = await asyncio.gather(*(refunded(smart, paid[0], amount=120) for _ in range(6)))
    assert sum(one.status_code == 200 for one in backs) == 1


WRONG: list[tuple[str, str, Any]] = [
    ("POST", "/checkout-sessions", {}),
    ("POST", "/checkout-sessions", {"amount": 499}),
    ("POST", "/checkout-sessions", {"amount": -1}),
    ("POST", "/checkout-sessions", {"amount": 2**40}),
    ("POST", "/checkout-sessions", {"currency": "USD"}),
    ("POST", "/checkout-sessions", {"items": []}),
    ("POST", "/checkout-sessions", {"items": [{"name": 1, "amount": "x"}]}),
    ("POST", "/checkout-sessions", {"items": [{"name": "a", "amount": 450, "currency": "JPY", "quantity": 0}]}),
    ("POST", "/checkout-sessions", {"shippingInfo": {"address": "x"}}),
    ("POST", "/checkout-sessions", {"shippingInfo": {"address": {"line1": "x"}}}),
    ("POST", "/checkout-sessions", {"successUrl": "javascript:alert(1)"}),
    ("POST", "/checkout-sessions", {"captureMethod": "sometimes"}),
    ("POST", "/checkout-sessions", {"description": "x" * 81}),
    ("POST", "/checkout-sessions", {"reference": "x" * 41}),
    ("POST", "/checkout-sessions", {"metadata": {str(n): 1 for n in range(21)}}),
    ("POST", "/checkout-sessions", {"mode": "token", "successUrl": None}),
    ("POST", "/checkout-sessions", {"locale": "xx"}),
    ("POST", "/payments", {"order": 1}),
    ("POST", "/refunds", {"reason": "because"}),
    ("POST", "/orders", {}),
    ("GET", "/orders?maxResults=0", None),
    ("GET", "/orders?maxResults=101", None),
    ("GET", "/orders?pageToken=zzz", None),
    ("GET", "/orders?expand=some", None),
    ("GET", "/tokens?maxResults=x", None),
    ("POST", "/coupons", {"name": "a"}),
    ("POST", "/coupons", {"name": "a", "discountType": "amount", "discountAmount": 5}),
    ("POST", "/coupons", {"name": "a", "discountType": "amount", "discountAmount": 5, "currency": "USD"}),
    ("POST", "/coupons", {"name": "a", "discountType": "percentage", "discountPercentage": 33.333}),
    ("POST", "/coupons", {"name": "a", "discountType": "percentage", "discountPercentage": 101}),
    ("POST", "/coupons", {"name": "a", "discountType": "percentage", "discountPercentage": 5, "expiresAt": 1}),
    ("POST", "/promotion-codes", {"code": "A"}),
    ("POST", "/webhook-endpoints", {"url": "javascript:x"}),
    ("POST", "/webhook-endpoints", {"url": "https://shop.example/", "eventSubscriptions": ["payout.paid"]}),
    ("POST", "/webhook-endpoints", {"url": "https://shop.example/", "metadata": {str(n): 1 for n in range(21)}}),
]


async def test_bad_input_is_refused_in_the_envelope(smart: Smart) -> None:
    """No 5xx, no half-done change: each refusal has its status, a code and a message."""
    for method, path, changes in WRONG:
        whole = path == "/checkout-sessions" and changes
        body = smart.payload(**changes) if whole else changes
        answer = await smart.call(method, path, body)
        told = answer.json()
        assert (answer.status_code, told.get("errorCode")) == (400, "request.invalid"), (path, changes, told)
        assert told["statusCode"] == 400 and told["message"] and b'": ' not in answer.content
    assert (await smart.done("GET", "/checkout-sessions"))["data"] == []


async def test_what_is_absent_is_told_by_its_noun(smart: Smart) -> None:
    """A malformed id and one that nothing has are the same 404."""
    for path, code in (
        ("/orders/order_test_0", "order.not-found"),
        ("/orders/order_test_" + "0" * 22, "order.not-found"),
        ("/payments/payment_test_" + "0" * 22, "payment.not-found"),
        ("/refunds/refund_test_" + "z" * 22, "refund.not-found"),
        ("/checkout-sessions/x", "checkout-session.not-found"),
        ("/checkout-sessions/checkout_test_" + "0" * 22, "checkout-session.not-found"),
        ("/tokens/paytok_test_" + "0" * 22, "token.not-found"),
        ("/coupons/coupon_test_" + "0" * 22, "coupon.not-found"),
        ("/promotion-codes/promotioncode_test_" + "0" * 22, "promotion-code.not-found"),
        ("/webhook-endpoints/webhookendpoint_test_" + "0" * 22, "webhook-endpoint.not-found"),
    ):
        answer = await smart.call("GET", path)
        assert (answer.status_code, answer.json()["errorCode"]) == (404, code)


async def test_words_of_payments_and_refunds_are_changed(smart: Smart) -> None:
    """An empty change succeeds; what is named is replaced, what is not stays."""
    session = await smart.authorized()
    payment = (await captured(smart, session["order"]["id"], 300, reference="r", metadata={"a": "1"})).json()
    back = (await refunded(smart, payment["id"], amount=10)).json()
    for path, before in ((f"/payments/{payment['id']}", payment), (f"/refunds/{back['id']}", back)):
        assert (await smart.done("PATCH", path, {}))["metadata"] == before["metadata"]
        changed = await smart.done("PATCH", path, {"description": "new", "metadata": {"b": "2"}})
        assert (changed["description"], changed["metadata"]) == ("new", {"b": "2"})
        assert changed.get("reference") == before.get("reference")


async def test_an_order_of_another_currency_is_captured_and_refunded_in_its_own(smart: Smart) -> None:
    """Yen are never taken for dollars: a call names the order's currency, and counts in its minor units."""
    made = await smart.native(
        "POST",
        "/checkout_sessions",
        {"amount": {"value": "9.00", "currency": "USD"}, "captureMethod": "manual"},
    )
    await smart.native("POST", f"/checkout_sessions/{made['id']}/simulate", {"outcome": "authorized"})
    order = made["orderId"]
    assert (await captured(smart, order, 5)).json()["errorCode"] == "request.invalid"
    payment = (await captured(smart, order, 500, currency="USD")).json()
    assert (payment["amount"], payment["currency"]) == (500, "USD")
    native = await smart.native("GET", f"/payments/{made['paymentId']}")
    assert native["amounts"]["received"] == "5.00"
    assert (await refunded(smart, payment["id"], amount=1)).json()["errorCode"] == "request.invalid"
    assert (await refunded(smart, payment["id"], amount=101, currency="USD")).json()["amount"] == 101
    native = await smart.native("GET", f"/payments/{made['paymentId']}")
    assert native["amounts"]["refunded"] == "1.01"


async def test_a_refund_of_what_a_reorganisation_took_away_is_still_read(smart: Smart) -> None:
    """Where nothing counts any more that came, a refund that was made natively is answered, not failed on."""
    session = await smart.done("POST", "/checkout-sessions", smart.payload(captureMethod="automatic"))
    await smart.simulate(session, "paid")
    order = session["order"]["id"]
    payment_id = (await smart.native("GET", f"/orders/{own('ord', order)}"))["paymentId"]
    await smart.native(
        "POST", "/refunds", {"paymentId": payment_id, "amount": "100", "reason": "requested_by_customer"}
    )
    await smart.simulate(session, "reorged")
    refunds = (await smart.done("GET", "/refunds"))["data"]
    assert [one["amount"] for one in refunds] == [100]
    assert (await smart.done("GET", f"/orders/{order}?expand=all"))["id"] == order


async def test_codes_for_first_orders_and_once_for_each_customer_know_who_buys(smart: Smart) -> None:
    """By ``customerInfo.emailAddress``, as the merchant says it: the order is that customer's, natively too. Who is not
    known is told what is missing."""
    tenth = {"name": "Tenth", "discountType": "percentage", "discountPercentage": 10}
    coupon = (await smart.done("POST", "/coupons", tenth))["id"]
    for code, asks in (("FIRST", "firstTimeTransaction"), ("ONCE", "onePerCustomer")):
        made = await smart.done("POST", "/promotion-codes", {"coupon": coupon, "code": code, asks: True})
        assert made[asks] is True

    async def opened(code: str, email: str | None) -> tuple[int, dict[str, Any]]:
        who = {"emailAddress": email} if email is not None else {}
        body = smart.payload(promotionCode=code, customerInfo=who, captureMethod="automatic")
        answer = await smart.call("POST", "/checkout-sessions", body)
        return answer.status_code, answer.json()

    status, first = await opened("FIRST", "Anna@example.com")
    assert (status, first["order"]["discountAmount"]) == (200, 40)
    native = await smart.native("GET", f"/orders/{own('ord', first['order']['id'])}")
    customer = await smart.native("GET", f"/customers/{native['customerId']}")
    assert customer["email"] == "anna@example.com"
    await smart.simulate(first, "authorized")
    status, refused = await opened("FIRST", "anna@example.com")
    assert (status, refused["errorCode"]) == (409, "request.conflict")
    assert (await opened("ONCE", "anna@example.com"))[0] == 200
    assert (await opened("ONCE", "anna@example.com"))[0] == 409
    assert (await opened("ONCE", "bea@example.com"))[0] == 200
    for email in (None, "nobody"):
        status, refused = await opened("ONCE", email)
        assert status == 409 and "customerInfo.emailAddress" in refused["message"]
