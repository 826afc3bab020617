"""Races for money: fifty requests at once of which one may have its effect."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any, Final

import httpx

from attacks.scene import Scene
from attacks.tally import Attack, Tally

AT_ONCE: Final = 50


def at_once(send: Callable[[int], httpx.Response], count: int) -> Counter[int]:
    """The statuses of as many requests at the same time."""
    with ThreadPoolExecutor(count) as pool:
        return Counter(answer.status_code for answer in pool.map(send, range(count)))


def _sold(client: httpx.Client, outcome: str = "paid", **fields: Any) -> dict[str, Any]:
    """The payment of a session of ten dollars that came out so."""
    body = {"amount": {"value": "10.00", "currency": "USD"}} | fields
    session = client.post("/checkout_sessions", json=body)
    assert session.status_code == 201, session.text
    paid = client.post(f"/checkout_sessions/{session.json()['id']}/simulate", json={"outcome": outcome})
    assert paid.status_code < 300, paid.text
    return dict(client.get(f"/payments?sessionId={session.json()['id']}").json()["data"][0])


def double_captures(scene: Scene, tally: Tally) -> None:
    """An authorized payment captured and canceled fifty times at once: one of them has an effect."""
    count = max(10, scene.times(AT_ONCE))
    with scene.server.client(scene.victim.test) as client:
        for verb in ("capture", "cancel"):
            payment = _sold(client, "authorized", captureMethod="manual")
            path = f"/payments/{payment['id']}/{verb}"
            statuses = at_once(lambda _, path=path: client.post(path, json={}), count)  # type: ignore[misc]
            events = client.get("/events?limit=100").json()["data"]
            word = "captured" if verb == "capture" else "canceled"
            told = [
                one
                for one in events
                if payment["id"] in str(one["data"])
                and one["type"].endswith((f"payment.{word}", "payment.succeeded", "order.paid"))
            ]
            told = [one for one in told if one["type"].startswith("payment.")]
            tally.attempts += count
            tally.attempt(len(told) <= 1, (verb, statuses, [one["type"] for one in told]))
            tally.control(statuses[200] >= 1, (verb, statuses))


def double_refunds(scene: Scene, tally: Tally) -> None:
    """Fifty refunds of a whole payment at once, and of parts: never more goes back than came."""
    count = max(10, scene.times(AT_ONCE))
    with scene.server.client(scene.victim.test) as client:
        for amount in (None, "3.00", "9.99"):
            payment = _sold(client)
            body: dict[str, Any] = {"paymentId": payment["id"], "reason": "requested_by_customer"}
            if amount is not None:
                body["amount"] = amount
            statuses = at_once(lambda _, body=body: client.post("/refunds", json=body), count)  # type: ignore[misc]
            refunds = client.get(f"/refunds?paymentId={payment['id']}&limit=100").json()["data"]
            given = sum(
                Decimal(one["amount"]["value"] if isinstance(one["amount"], dict) else one["amount"]) for one in refunds
            )
            tally.attempts += count
            tally.attempt(given <= Decimal("10.00"), (amount, given, statuses))
            tally.control(statuses[201] >= 1, (amount, statuses))


def double_redemptions(scene: Scene, tally: Tally) -> None:
    """A code with one use, by fifty buyers at once."""
    count = max(10, scene.times(AT_ONCE))
    with scene.server.client(scene.victim.test) as client:
        coupon = {"name": "Once", "discountType": "percentage", "discountPercentage": "10"}
        coupon_id = client.post("/coupons", json=coupon).json()["id"]
        code = f"ONCE{scene.random.getrandbits(40)}"
        body = {"code": code, "couponId": coupon_id, "maxRedemptions": 1}
        made = client.post("/promotion_codes", json=body)
        assert made.status_code == 201, made.text
        sale = {"lineItems": [{"name": "Hat", "unitAmount": "20.00"}], "currency": "USD", "promotionCode": code}
        statuses = at_once(lambda _: client.post("/checkout_sessions", json=sale), count)
        tally.attempts += count
        tally.attempt(statuses[201] <= 1, statuses)
        tally.control(statuses[201] == 1, statuses)


def double_accepts(scene: Scene, tally: Tally) -> None:
    """An underpaid session accepted, waited for and refunded by fifty requests at once: one decision stands."""
    count = max(10, scene.times(AT_ONCE))
    with scene.server.client(scene.victim.test) as client:
        body = {"amount": {"value": "10.00", "currency": "USD"}}
        session = client.post("/checkout_sessions", json=body).json()
        client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "underpaid"})
        order = client.get(f"/checkout_sessions/{session['id']}").json()["orderId"]

        def send(number: int) -> httpx.Response:
            if number % 2:
                return client.post(f"/orders/{order}/refund", json={"what": "everything"})
            return client.post(f"/orders/{order}/accept")

        statuses = at_once(send, count)
        events = client.get("/events?limit=100").json()["data"]
        told = [
            one["type"]
            for one in events
            if order in str(one["data"]) and one["type"] in ("order.paid", "refund.created")
        ]
        tally.attempts += count
        tally.attempt(len(told) <= 1, (statuses, told))
        tally.control(statuses[200] + statuses[201] >= 1, statuses)


ATTACKS: Final = (
    Attack("double capture and cancel", double_captures),
    Attack("double refunds", double_refunds),
    Attack("double redemptions", double_redemptions),
    Attack("double decisions on an order", double_accepts),
)
