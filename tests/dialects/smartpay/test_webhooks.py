"""Webhooks in Smartpay's words: what is told and when, the signature, subscriptions."""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pytest

from tests.dialects.smartpay.conftest import Smart, own
from tests.receiver import Received, Receiver
from tests.shop import eventually
from tillgate.base.clock import DAY_MS, MINUTE_MS
from tillgate.dialects.smartpay.webhooks import DIGITS, EVENT_SUBSCRIPTIONS, decoded, new_secret

pytestmark = pytest.mark.anyio


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


def told(receiver: Receiver) -> list[tuple[str, Any]]:
    """What came, in the order in which it happened: each event by its type and its object's status."""
    events = sorted((one.json for one in receiver.received), key=lambda event: event["id"])
    return [(one["eventData"]["type"], one["eventData"]["data"].get("status")) for one in events]


def verify(received: Received, secret: str) -> None:
    stamp = received.headers["smartpay-signature-timestamp"]
    assert len(stamp) == 13  # milliseconds
    signed = hmac.new(decoded(secret), f"{stamp}.".encode() + received.body, hashlib.sha256).hexdigest()
    assert received.headers["smartpay-signature"] == signed


async def test_everything_is_told_once_and_signed(smart: Smart, receiver: Receiver) -> None:
    """Orders through every end, captures, refunds, codes and tokens, to an endpoint that named no subscriptions."""
    endpoint = await smart.done("POST", "/webhook-endpoints", {"url": receiver.url, "eventSubscriptions": []})
    by_hand = await smart.authorized()
    order = by_hand["order"]["id"]
    capture = {"order": order, "amount": 200, "currency": "JPY", "cancelRemainder": "manual", "reference": "P-1"}
    payment = await smart.done("POST", "/payments", capture)
    back = {"payment": payment["id"], "currency": "JPY", "reason": "fraudulent", "reference": "R-1"}
    refund = await smart.done("POST", "/refunds", back)
    # Nothing is captured by it: the rest is released.
    await smart.done("PUT", f"/orders/{order}/cancellation")
    await smart.authorized(captureMethod="automatic")
    called_off = (await smart.authorized())["order"]["id"]
    await smart.done("PUT", f"/orders/{called_off}/cancellation")
    token = await smart.approved(declines=True)
    await smart.done("POST", "/orders", smart.order(token["id"]))
    for action in ("disable", "enable"):
        await smart.call("PUT", f"/tokens/{token['id']}/{action}")
    await smart.call("DELETE", f"/tokens/{token['id']}")
    coupon = await smart.done("POST", "/coupons", {"name": "C", "discountType": "percentage", "discountPercentage": 5})
    await smart.done("PATCH", f"/coupons/{coupon['id']}", {"name": "D"})
    code = await smart.done("POST", "/promotion-codes", {"coupon": coupon["id"], "code": "A"})
    await smart.done("PATCH", f"/promotion-codes/{code['id']}", {"active": False})
    expected = [
        ("order.authorized", "requires_capture"),
        ("payment.created", "processed"),
        ("refund.created", "succeeded"),
        ("payment.created", "processed"),
        ("order.authorized", "succeeded"),
        ("order.authorized", "requires_capture"),
        ("order.canceled", "canceled"),
        ("token.created", "requires_authorization"),
        ("token.approved", "active"),
        ("order.rejected", "rejected"),
        ("token.used", "active"),
        ("token.disabled", "disabled"),
        ("token.enabled", "active"),
        ("token.deleted", "deleted"),
        ("coupon.created", None),
        ("coupon.updated", None),
        ("promotion_code.created", None),
        ("promotion_code.updated", None),
    ]
    await eventually(lambda: len(receiver.received) >= len(expected))
    assert told(receiver) == expected
    by_type = {one.json["eventData"]["type"]: one.json for one in receiver.received}
    assert by_type["refund.created"]["eventData"]["data"] == refund
    first = next(one.json for one in receiver.received if one.json["eventData"]["data"]["id"] == payment["id"])
    assert (first["eventData"]["data"]["reference"], first["object"], first["test"]) == ("P-1", "event", True)
    assert (first["eventData"]["version"], first["id"][:9]) == ("2022-02-18", "evt_test_")
    for one in receiver.received:
        verify(one, endpoint["signingSecret"])
        assert one.headers["smartpay-subscription-id"] == endpoint["id"]


async def test_an_endpoint_hears_what_it_subscribed_to(smart: Smart, receiver: Receiver) -> None:
    """Natively they are the types that are told so; an order that lapses is told as canceled."""
    wanted = {"url": receiver.url, "eventSubscriptions": ["order.canceled"]}
    made = await smart.done("POST", "/webhook-endpoints", wanted)
    assert made["eventSubscriptions"] == ["order.canceled"]
    native = await smart.native("GET", f"/webhook_endpoints/{own('we', made['id'])}")
    assert (native["dialect"], native["events"]) == ("smartpay", ["order.canceled", "order.expired"])
    await smart.authorized()
    smart.shop.clock.ahead_ms += 7 * DAY_MS + MINUTE_MS
    await eventually(lambda: receiver.received)
    assert told(receiver) == [("order.canceled", "canceled")]
    other = await smart.native("POST", "/webhook_endpoints", {"url": receiver.url, "events": ["*"]})
    assert [one["id"] for one in (await smart.done("GET", "/webhook-endpoints"))["data"]] == [made["id"]]
    for method in ("GET", "DELETE"):
        answer = await smart.call(method, f"/webhook-endpoints/{other['id']}")
        assert (answer.status_code, answer.json()["errorCode"]) == (404, "webhook-endpoint.not-found")


async def test_a_secret_is_given_again_to_its_caller_alone(smart: Smart) -> None:
    """A retry by the same key gets the first answer whole; the same name under another key is another request."""
    body = {"url": "https://shop.example/hook"}
    first = await smart.call("POST", "/webhook-endpoints", body, Idempotency_Key="one")
    again = await smart.call("POST", "/webhook-endpoints", body, Idempotency_Key="one")
    assert first.json() == again.json() and again.headers["idempotency-replayed"] == "true"
    read = await smart.done("GET", f"/webhook-endpoints/{first.json()['id']}")
    assert "signingSecret" not in read


def test_secrets_are_thirty_bytes_that_every_decoder_reads_alike() -> None:
    """Forty digits, the first of which is not the zero that some decoders drop."""
    for _ in range(100):
        text = new_secret().reveal()
        assert (len(text), text[0] != DIGITS[0], len(decoded(text))) == (40, True, 30)


def test_every_subscription_can_be_named() -> None:
    """Those that are documented, but for what this server has nothing of."""
    assert set(EVENT_SUBSCRIPTIONS) == {
        "order.authorized", "order.rejected", "order.canceled", "payment.created", "refund.created",
        "coupon.created", "coupon.updated", "promotion_code.created", "promotion_code.updated",
        "token.created", "token.approved", "token.rejected", "token.enabled", "token.disabled", "token.deleted",
        "token.used",
    }  # fmt: skip
