"""``Idempotency-Key`` over HTTP: a retry is answered as the first time, and does nothing twice."""

import asyncio
import contextlib
import json
import os
import re
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from keyturn import KeyWish, Kind, Mode, revoke
from tests.makers import ON_SQLITE, execute, one, rows
from tests.receiver import Receiver
from tests.running import RunningServer
from tests.shop import Shop, eventually, open_shop
from tillgate.api.application import ROUTES
from tillgate.base.clock import DAY_MS, SECOND_MS
from tillgate.events.deliveries.worker import DeliveryWorker
from tillgate.wire.routing import Route, Sends, Writes

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
OTHER_AMOUNT = {"amount": {"value": "51.00", "currency": "USD"}}
LINK = {"title": "Pro plan", "fiatAmount": "99.00", "description": "All of it"}
CUSTOMER = {"email": "buyer@example.com", "metadata": {"plan": "pro", "seats": [1, {"a": None, "b": "é"}]}}
PRODUCT = {"name": "Mug", "price": "12.00", "metadata": {"shelf": "3"}}
COUPON = {"name": "Spring", "discountType": "percentage", "discountPercentage": "12.5", "maxRedemptions": 10}
KEY = {"Idempotency-Key": "order-1042"}
# These need a chain: tests/journeys/test_live_payments.py, test_live_refunds.py and test_unassigned_transfers.py.
ON_A_CHAIN = {
    "/checkout_sessions/{id}/payment_option",
    "/refunds/{id}/destination_link",
    "/unassigned_transfers/{id}/assign",
    "/unassigned_transfers/{id}/return",
}
# And these a payment by mail, which opens in another language: tests/dialects/coin_moebius/test_manual.py.
BY_MAIL = {"/checkout_sessions/{id}/receive", "/checkout_sessions/{id}/undo_received"}
MUTATING = [route for route in ROUTES if route.changes and route.path not in ON_A_CHAIN | BY_MAIL]
# What a request may leave behind. What the worker writes when it likes is left out.
EFFECTS = {
    "payment_links": "*",
    "checkout_sessions": "*",
    "orders": "*",
    "refunds": "*",
    "payments": "*",
    "transactions": "*",
    "events": "*",
    "event_sequences": "*",
    "webhook_endpoints": "id, url, description, events, active, secret_sealed, secret_prefix, updated_at",
    "webhook_deliveries": "id, endpoint_id, event_id",
    "customers": "*",
    "products": "*",
    "coupons": "*",
    "promotion_codes": "*",
    "redemptions": "*",
    "test_clocks": "*",
}


class Request(NamedTuple):
    """One request that a route accepts, and another one that it would accept as well."""

    path: str
    body: dict[str, Any] | None
    other_path: str
    other_body: dict[str, Any] | None


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def link(client: httpx.AsyncClient, _: str) -> str:
    return str((await made(client, "/payment_links", LINK))["id"])


async def session(client: httpx.AsyncClient, _: str) -> str:
    return str((await made(client, "/checkout_sessions", AMOUNT))["id"])


async def overpaid(client: httpx.AsyncClient, url: str) -> str:
    session_id = await session(client, url)
    paid = await client.post(f"/checkout_sessions/{session_id}/simulate", json={"outcome": "overpaid"})
    assert paid.status_code == 200
    return session_id


async def endpoint(client: httpx.AsyncClient, url: str) -> str:
    return str((await made(client, "/webhook_endpoints", {"url": url, "events": ["*"]}))["id"])


async def delivery(client: httpx.AsyncClient, url: str) -> str:
    endpoint_id = await endpoint(client, url)
    await session(client, url)
    return str((await client.get(f"/webhook_endpoints/{endpoint_id}/deliveries")).json()["data"][0]["id"])


async def event(client: httpx.AsyncClient, url: str) -> str:
    await delivery(client, url)
    return str((await client.get("/events")).json()["data"][0]["id"])


async def late_endpoint(client: httpx.AsyncClient, url: str) -> str:
    await session(client, url)
    return await endpoint(client, url)


async def customer(client: httpx.AsyncClient, _: str) -> str:
    return str((await made(client, "/customers", {}))["id"])


async def product(client: httpx.AsyncClient, _: str) -> str:
    return str((await made(client, "/products", PRODUCT))["id"])


async def coupon(client: httpx.AsyncClient, _: str) -> str:
    return str((await made(client, "/coupons", COUPON))["id"])


async def promotion_code(client: httpx.AsyncClient, url: str) -> str:
    coupon_id = await coupon(client, url)
    return str((await made(client, "/promotion_codes", {"code": coupon_id, "couponId": coupon_id}))["id"])


async def order(client: httpx.AsyncClient, url: str) -> str:
    session_id = await session(client, url)
    return str((await client.get("/orders", params={"sessionId": session_id})).json()["data"][0]["id"])


async def paid_order(client: httpx.AsyncClient, url: str) -> str:
    order_id = await order(client, url)
    session_id = (await client.get(f"/orders/{order_id}")).json()["sessionId"]
    await client.post(f"/checkout_sessions/{session_id}/simulate", json={"outcome": "paid"})
    return order_id


async def clock(client: httpx.AsyncClient, _: str) -> str:
    return str((await made(client, "/test_clocks", {}))["id"])


async def underpaid_order(client: httpx.AsyncClient, url: str) -> str:
    order_id = await order(client, url)
    session_id = (await client.get(f"/orders/{order_id}")).json()["sessionId"]
    await client.post(f"/checkout_sessions/{session_id}/simulate", json={"outcome": "underpaid"})
    return order_id


async def overpaid_order(client: httpx.AsyncClient, url: str) -> str:
    order_id = await order(client, url)
    session_id = (await client.get(f"/orders/{order_id}")).json()["sessionId"]
    await client.post(f"/checkout_sessions/{session_id}/simulate", json={"outcome": "overpaid"})
    return order_id


async def authorized_payment(client: httpx.AsyncClient, _: str) -> str:
    made_session = await made(client, "/checkout_sessions?expand=order", AMOUNT | {"captureMethod": "manual"})
    await client.post(f"/checkout_sessions/{made_session['id']}/simulate", json={"outcome": "authorized"})
    return str(made_session["order"]["paymentId"])


async def paid_payment(client: httpx.AsyncClient, _: str) -> str:
    made_session = await made(client, "/checkout_sessions?expand=order", AMOUNT)
    await client.post(f"/checkout_sessions/{made_session['id']}/simulate", json={"outcome": "paid"})
    return str(made_session["order"]["paymentId"])


async def pending_refund(client: httpx.AsyncClient, url: str) -> str:
    body = {"paymentId": await paid_payment(client, url), "reason": "other", "destination": "refund_stays_pending"}
    return str((await made(client, "/refunds", body))["id"])


Maker = Callable[[httpx.AsyncClient, str], Awaitable[str]]
# For each route: what it is done to (None where it makes something), and two bodies it takes. Where they are the
# same, the other request is to another object.
WAYS: dict[str, tuple[Maker | None, dict[str, Any] | None, dict[str, Any] | None]] = {
    "POST /payment_links": (None, LINK, LINK | {"title": "Team plan"}),
    "PATCH /payment_links/{id}": (link, {"title": "A", "description": "B"}, {"title": "A", "description": None}),
    "DELETE /payment_links/{id}": (link, None, None),
    "POST /checkout_sessions": (None, AMOUNT | {"metadata": {"b": 1, "a": [1.5, "x"]}}, OTHER_AMOUNT),
    "POST /checkout_sessions/{id}/simulate": (session, {"outcome": "detected"}, {"outcome": "paid"}),
    "POST /checkout_sessions/{id}/accept": (overpaid, None, None),
    "POST /checkout_sessions/{id}/expire": (session, None, None),
    "POST /checkout_sessions/{id}/cancel": (session, None, None),
    "PATCH /orders/{id}": (order, {"fulfillment": "fulfilled"}, {"metadata": {"a": 1}}),
    "POST /orders/{id}/accept": (underpaid_order, None, None),
    "POST /orders/{id}/wait": (underpaid_order, None, None),
    "POST /orders/{id}/deliver": (
        paid_order,
        {"transactionId": "parcel 1", "tokens": [{"locator": "base:0x1:1"}]},
        {"transactionId": "parcel 2"},
    ),
    "POST /orders/{id}/fail_delivery": (paid_order, {"reason": "sold out"}, {"reason": "sold out"}),
    "POST /orders/{id}/refund": (overpaid_order, {"what": "excess"}, {"what": "excess"}),
    "PATCH /payments/{id}": (authorized_payment, {"metadata": {"a": 1}}, {"metadata": {"a": 2}}),
    "POST /payments/{id}/capture": (
        authorized_payment,
        {"amount": "10.00", "cancelRemainder": False},
        {"amount": "11.00", "cancelRemainder": False},
    ),
    "POST /payments/{id}/cancel": (authorized_payment, None, None),
    # The payment's id is put in when there is one.
    "POST /refunds": (
        None,
        {"paymentId": "", "reason": "other", "amount": "1.00"},
        {"paymentId": "", "reason": "other", "amount": "2.00"},
    ),
    "PATCH /refunds/{id}": (pending_refund, {"metadata": {"a": 1}}, {"metadata": {"a": 2}}),
    "POST /refunds/{id}/settle": (pending_refund, {"txHash": "0xa"}, {"txHash": "0xa"}),
    "POST /refunds/{id}/cancel": (pending_refund, None, None),
    "POST /webhook_endpoints": (
        None,
        {"url": "https://merchant.example/in", "events": ["session.paid", "session.failed"]},
        {"url": "https://merchant.example/in", "events": ["session.paid"]},
    ),
    "PATCH /webhook_endpoints/{id}": (endpoint, {"description": "A", "active": True}, {"description": "A"}),
    "DELETE /webhook_endpoints/{id}": (endpoint, None, None),
    "POST /webhook_endpoints/{id}/rotate_secret": (endpoint, {"overlapSeconds": 60}, {"overlapSeconds": 0}),
    "POST /webhook_endpoints/{id}/test": (endpoint, None, None),
    "POST /webhook_endpoints/{id}/replay": (late_endpoint, {"after": 0}, {"after": 0, "before": 2}),
    "POST /webhook_deliveries/{id}/replay": (delivery, None, None),
    "POST /events/{id}/replay": (event, {}, {}),
    "POST /customers": (None, CUSTOMER, CUSTOMER | {"email": "other@example.com"}),
    "DELETE /customers/{id}": (customer, None, None),
    "PATCH /customers/{id}": (customer, CUSTOMER | {"name": None}, CUSTOMER),
    "POST /test_clocks": (None, {"name": "A"}, {}),
    "POST /test_clocks/{id}/advance": (clock, {"seconds": 60}, {"seconds": 61}),
    "POST /products": (None, PRODUCT, PRODUCT | {"price": "13.00"}),
    "PATCH /products/{id}": (product, {"price": "9.00", "active": False}, {"price": "9.00"}),
    "POST /coupons": (None, COUPON, COUPON | {"discountPercentage": "12"}),
    "PATCH /coupons/{id}": (coupon, {"active": False}, {"active": False, "name": "Summer"}),
    # The coupon's id is put in when there is one.
    "POST /promotion_codes": (None, {"code": "SPRING", "couponId": ""}, {"code": "SUMMER", "couponId": ""}),
    "PATCH /promotion_codes/{id}": (promotion_code, {"active": False}, {"active": False, "metadata": {"a": 1}}),
}


async def request_for(route: Route, client: httpx.AsyncClient, url: str) -> Request:
    """Requests that the route accepts, with all that they need in place."""
    name = f"{route.method} {route.path}"
    assert name in WAYS, f"say in WAYS how {name} is called, so that its retries are tested"
    maker, body, other_body = WAYS[name]
    if "couponId" in (body or {}) and other_body is not None:
        coupon_id = await coupon(client, url)
        body, other_body = ({**one, "couponId": coupon_id} for one in (body, other_body) if one is not None)
    if "paymentId" in (body or {}) and other_body is not None:
        payment_id = await paid_payment(client, url)
        body, other_body = ({**one, "paymentId": payment_id} for one in (body, other_body) if one is not None)
    if maker is None:
        return Request(route.path, body, route.path, other_body)
    first, second = await maker(client, url), await maker(client, url)
    path, other_path = (route.path.replace("{id}", one) for one in (first, second))
    return Request(path, body, other_path if body == other_body else path, other_body)


async def effects(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    """All that requests have left behind, every column of it."""
    return {
        table: sorted(tuple(row) for row in await rows(shop.database, f"SELECT {columns} FROM {table}"))  # noqa: S608
        for table, columns in EFFECTS.items()
    }


async def stored(shop: Shop) -> int:
    return int(await one(shop.database, "SELECT COUNT(*) FROM idempotency_names"))


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def error(answer: httpx.Response) -> tuple[int, str, str]:
    told = answer.json()["error"]
    return answer.status_code, told["type"], told["code"]


def replayed(answer: httpx.Response) -> bool:
    assert answer.headers.get("idempotency-replayed") in (None, "true")
    return "idempotency-replayed" in answer.headers


def shuffled(value: Any) -> Any:
    """The same JSON with its fields in the opposite order."""
    if isinstance(value, dict):
        return {name: shuffled(value[name]) for name in reversed(value)}
    return [shuffled(item) for item in value] if isinstance(value, list) else value


@pytest.mark.spec("crypto-checkout R62", "crypto-checkout R63", "crypto-checkout R64")
@pytest.mark.parametrize("route", MUTATING, ids=lambda route: f"{route.method} {route.path}")
async def test_every_mutating_route_answers_a_retry_as_before_and_does_nothing(
    shop: Shop, receiver: Receiver, route: Route
) -> None:
    """crypto-checkout R62–R64: same key and body → the same status and, byte for byte, the same body, marked as a
    replay; nothing is done a second time. Another body or path under that key is a 409, and does nothing either."""
    client = await shop.client()
    request = await request_for(route, client, receiver.url)
    before = await effects(shop)

    async def send(path: str, content: str | None) -> httpx.Response:
        headers = KEY | ({"Content-Type": "application/json"} if content is not None else {})
        return await client.request(route.method, path, content=content, headers=headers)

    content = json.dumps(request.body) if request.body is not None else None
    first = await send(request.path, content)
    assert first.status_code == route.status, first.text
    assert not replayed(first)
    after = await effects(shop)
    assert after != before
    sent = len([one for one in receiver.received if one.json["livemode"] is False])

    shop.clock.ahead_ms += 5 * SECOND_MS
    other_form = json.dumps(shuffled(request.body), indent=3, ensure_ascii=False) if content is not None else None
    bodies = set()
    for text in (content, other_form, content):
        again = await send(request.path, text)
        assert replayed(again), again.text
        assert again.status_code == first.status_code
        assert again.headers["content-type"] == first.headers["content-type"]
        bodies.add(again.content)
    assert bodies == {first.content}

    other_content = json.dumps(request.other_body) if request.other_body is not None else None
    assert error(await send(request.other_path, other_content)) == (409, "conflict", "idempotency_key_reused")
    assert await effects(shop) == after
    if isinstance(route.action, Sends):
        assert len(receiver.received) == sent
    # With a key of its own the other request would have been done: it was refused for the key alone.
    fresh = await client.request(
        route.method, request.other_path, json=request.other_body, headers={"Idempotency-Key": "another"}
    )
    assert fresh.status_code == route.status, fresh.text


def test_a_retry_of_a_mutating_route_is_recognised_by_method_path_and_body_alone() -> None:
    """No mutating route takes a query, which would have to be told apart, too."""
    assert [route.path for route in MUTATING if route.query is not None] == []
    assert {route.method for route in MUTATING} <= {"POST", "PATCH", "DELETE", "PUT"}


def test_every_route_that_shows_a_secret_says_what_of_its_answer_is_kept() -> None:
    """A one-time secret must not be stored for the replay: an answer with a secret field needs a ``kept``."""
    whole = Writes.__new__.__defaults__[0]  # type: ignore[attr-defined, index]
    for route in MUTATING:
        fields = getattr(route.answers, "__struct_fields__", ())
        # A client secret is put in once what is kept was taken, for publishable keys alone; their tests show that.
        if any(name in ("secret", "key", "token") for name in fields):
            assert isinstance(route.action, Writes)
            assert route.action.kept is not whole, route.path


@pytest.mark.spec("crypto-checkout R62")
async def test_the_same_key_on_another_path_or_method_is_refused(sqlite_shop: Shop) -> None:
    """A key names one request: a body-less request elsewhere is another one."""
    client = await sqlite_shop.client()
    first, second = await link(client, ""), await link(client, "")
    assert (await client.patch(f"/payment_links/{first}", json={}, headers=KEY)).status_code == 200
    before = await effects(sqlite_shop)
    for refused in (
        await client.patch(f"/payment_links/{second}", json={}, headers=KEY),
        await client.delete(f"/payment_links/{first}", headers=KEY),
        await client.post("/customers", json={}, headers=KEY),
    ):
        assert error(refused) == (409, "conflict", "idempotency_key_reused")
    assert await effects(sqlite_shop) == before


async def test_without_a_key_each_request_is_one_of_its_own(sqlite_shop: Shop) -> None:
    """The header is optional: without it nothing is stored, and two equal requests make two objects."""
    client = await sqlite_shop.client()
    assert (await made(client, "/checkout_sessions", AMOUNT))["id"] != (
        await made(client, "/checkout_sessions", AMOUNT)
    )["id"]
    assert await stored(sqlite_shop) == 0


async def test_a_read_has_no_use_for_the_header(sqlite_shop: Shop) -> None:
    """A GET ignores the header, whatever it says, and always shows what is."""
    client = await sqlite_shop.client()
    for number in range(2):
        listed = await client.get("/customers", headers=KEY)
        assert (listed.status_code, listed.json()["total"]) == (200, number)
        assert not replayed(listed)
        await customer(client, "")
    assert (await client.get("/customers", headers={"Idempotency-Key": ""})).status_code == 200
    assert await stored(sqlite_shop) == 0


async def test_what_was_refused_is_not_stored(shop: Shop) -> None:
    """Auth failures, validation errors, 404s and conflicts do not use a key up: corrected, the request is done."""
    client, reader = await shop.client(), await shop.client(["sessions:read"])
    inactive = await link(client, "")
    await client.patch(f"/payment_links/{inactive}", json={"active": False})
    stranger = await (await shop.caller()).post("/checkout_sessions", json=AMOUNT, headers=KEY)
    assert error(stranger)[0] == 401
    assert error(await reader.post("/checkout_sessions", json=AMOUNT, headers=KEY))[0] == 403
    for body, status in (
        ({"amount": {"value": "-1", "currency": "USD"}}, 400),
        ({"amount": {"value": "1", "currency": "USD"}, "colour": "red"}, 400),
        ({"linkId": "pl_01hxyz0000000000000000000"}, 400),
        ({"linkId": inactive}, 409),
    ):
        for _ in range(2):
            refused = await client.post("/checkout_sessions", json=body, headers=KEY)
            assert (refused.status_code, replayed(refused)) == (status, False), refused.text
    nowhere = "/payment_links/pl_01hxyz0000000000000000000"
    assert (await client.patch(nowhere, json={"active": True}, headers=KEY)).status_code == 404
    not_json = await client.post("/checkout_sessions", content=b"{", headers=KEY | {"Content-Type": "application/json"})
    assert not_json.status_code == 400
    assert await stored(shop) == 0
    await client.patch(f"/payment_links/{inactive}", json={"active": True})
    done = await client.post("/checkout_sessions", json={"linkId": inactive}, headers=KEY)
    assert (done.status_code, replayed(done)) == (201, False)
    assert await stored(shop) == 1


async def test_a_failure_on_our_side_is_not_stored(
    shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a 500 the same request with the same key may be run again at once, also where something was to be sent."""
    client = await shop.client()
    endpoint_id = await endpoint(client, receiver.url)

    async def broken(*_: Any) -> Any:
        raise RuntimeError("out of order")

    with monkeypatch.context() as patched:
        patched.setattr(DeliveryWorker, "attempt_now", broken)
        failed = await client.post(f"/webhook_endpoints/{endpoint_id}/test", headers=KEY)
        assert error(failed) == (500, "server", "internal_error")
    assert await stored(shop) == 0
    done = await client.post(f"/webhook_endpoints/{endpoint_id}/test", headers=KEY)
    assert (done.status_code, replayed(done), done.json()["delivered"]) == (200, False, True)


@pytest.mark.spec("crypto-checkout R63", "crypto-checkout R64")
async def test_an_answer_is_kept_for_24_hours_from_the_first_request(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """crypto-checkout R63: a second before 24 hours the retry is a replay, even of what has changed since; a second
    after, the key is as new. A replay does not make the time longer."""
    client = await shop.client()
    begun = shop.clock.now()

    def at(milliseconds: int) -> None:
        monkeypatch.setattr(shop.clock, "now", lambda: begun + milliseconds)

    at(0)
    first = await client.post("/checkout_sessions", json=AMOUNT, headers=KEY)
    await client.post(f"/checkout_sessions/{first.json()['id']}/simulate", json={"outcome": "paid"})
    for milliseconds in (DAY_MS // 2, DAY_MS - SECOND_MS, DAY_MS - 1):
        at(milliseconds)
        again = await client.post("/checkout_sessions", json=AMOUNT, headers=KEY)
        assert (replayed(again), again.content) == (True, first.content)
        reused = await client.post("/checkout_sessions", json=OTHER_AMOUNT, headers=KEY)
        assert error(reused)[2] == "idempotency_key_reused"
    at(DAY_MS + SECOND_MS)
    anew = await client.post("/checkout_sessions", json=OTHER_AMOUNT, headers=KEY)
    assert (anew.status_code, replayed(anew)) == (201, False)
    assert anew.json()["id"] != first.json()["id"]
    assert replayed(await client.post("/checkout_sessions", json=OTHER_AMOUNT, headers=KEY))


async def test_the_same_key_in_another_mode_or_project_is_another_key(shop: Shop) -> None:
    """A key belongs to one project and one mode, like everything else."""
    callers = [
        await shop.client(),
        await shop.client(mode="live"),
        await shop.client(project=await shop.project()),
    ]
    bodies = [LINK, LINK | {"title": "Team plan"}, LINK]
    firsts = [
        await caller.post("/payment_links", json=body, headers=KEY)
        for caller, body in zip(callers, bodies, strict=True)
    ]
    assert [(one.status_code, replayed(one)) for one in firsts] == [(201, False)] * 3
    assert len({one.json()["id"] for one in firsts}) == 3
    for caller, body, first in zip(callers, bodies, firsts, strict=True):
        again = await caller.post("/payment_links", json=body, headers=KEY)
        assert (replayed(again), again.content) == (True, first.content)


async def test_a_new_api_key_of_the_same_project_and_mode_still_gets_the_replay(shop: Shop) -> None:
    """A retry after a rotation is a retry: what counts is the project and mode, not which key asks. A key that may
    not do the operation is refused as ever."""
    old = await shop.issued()
    client = await shop.caller(old.secret.reveal())
    first = await client.post("/checkout_sessions", json=AMOUNT, headers=KEY)
    await revoke(shop.keys.store, shop.clock, project_id=shop.project_id, key_id=old.key.id, by="operator:test")
    assert (await client.post("/checkout_sessions", json=AMOUNT, headers=KEY)).status_code == 401
    again = await (await shop.client()).post("/checkout_sessions", json=AMOUNT, headers=KEY)
    assert (replayed(again), again.content) == (True, first.content)
    reader = await shop.client(["sessions:read"])
    assert (await reader.post("/checkout_sessions", json=AMOUNT, headers=KEY)).status_code == 403


@pytest.mark.spec("crypto-checkout R63")
async def test_a_one_time_secret_is_given_again_to_the_same_caller_alone(shop: Shop, tmp_path: Path) -> None:
    """The replay of an endpoint's creation is the first answer, secret included; another key of the project, or the
    same one after its rotation, gets it without, and the table holds nothing that would open it."""
    issued = await shop.issued()
    client = await shop.caller(issued.secret.reveal())
    body = {"url": "https://merchant.example/in", "events": ["*"]}
    first = (await client.post("/webhook_endpoints", json=body, headers=KEY)).json()
    assert first["secret"].startswith("whsec_")
    assert "secretShownBefore" not in first
    again = await client.post("/webhook_endpoints", json=body, headers=KEY)
    assert replayed(again)
    assert again.json() == first
    rotated = await shop.keys.issuer.rotate(
        project_id=shop.project_id, key_id=issued.key.id, by="operator:test", overlap_ms=DAY_MS
    )
    for other in (await shop.client(), await shop.caller(rotated.secret.reveal())):
        again = await other.post("/webhook_endpoints", json=body, headers=KEY)
        assert (replayed(again), again.json()) == (True, first | {"secret": None, "secretShownBefore": True})
    [row] = await rows(shop.database, "SELECT * FROM idempotency_names")
    assert row["sealed"] is not None and issued.secret.reveal() not in repr(tuple(row))
    secret = first["secret"].removeprefix("whsec_")
    assert secret not in repr(tuple(row))
    assert not [file.name for file in files_below(tmp_path) if secret.encode() in file.read_bytes()]


@pytest.mark.spec("crypto-checkout R63")
async def test_a_visitor_gets_its_client_secret_again_and_nobody_else_does(shop: Shop) -> None:
    """With a publishable key, which anybody may hold, only the random value that the visitor keeps brings the client
    secret back; without it a replay has none, and another visitor's name is another name."""
    wish = KeyWish(
        project_id=shop.project_id, mode=Mode.TEST, name="page", kind=Kind.PUBLISHABLE, scopes=["sessions:write"],
        origins=["https://shop.test"], allow=["amount"],
    )  # fmt: skip
    issued = await shop.keys.issuer.issue(wish, by="operator:test")
    page = await shop.caller()
    page.headers.update({"x-api-key": issued.secret.reveal(), "origin": "https://shop.test"} | KEY)

    async def asked(visitor: str | None) -> tuple[bool, dict[str, Any]]:
        headers = {"Idempotency-Visitor": visitor} if visitor is not None else {}
        answer = await page.post("/checkout_sessions", json=AMOUNT, headers=headers)
        assert answer.status_code == 201, answer.text
        return replayed(answer), answer.json()

    mine, other = "a-visitors-own-value", "another-visitors-one"
    first, again, anothers, nobodys = await asked(mine), await asked(mine), await asked(other), await asked(None)
    assert first[1]["clientSecret"] and again == (True, first[1])
    assert len({one[1]["id"] for one in (first, anothers, nobodys)}) == 3
    assert await asked(None) == (True, {name: one for name, one in nobodys[1].items() if name != "clientSecret"})
    for row in await rows(shop.database, "SELECT * FROM idempotency_names"):
        kept = repr(tuple(row))
        assert mine not in kept and first[1]["clientSecret"] not in kept and issued.secret.reveal() not in kept
    refused = await page.post("/checkout_sessions", json=AMOUNT, headers={"Idempotency-Visitor": "guess"})
    assert error(refused) == (400, "invalid_request", "invalid_idempotency_key")
    asks = {"access-control-request-method": "POST", "access-control-request-headers": "idempotency-visitor"}
    preflight = await page.options("/checkout_sessions", headers=asks)
    assert "idempotency-visitor" in preflight.headers["access-control-allow-headers"]


async def test_two_publishable_keys_share_no_names(sqlite_shop: Shop) -> None:
    """Each publishable key has names of its own, with a visitor's value and without: the same Idempotency-Key under
    another key is another request, and neither conflicts nor gives away what the first one created."""
    keys = []
    for number in range(2):
        wish = KeyWish(
            project_id=sqlite_shop.project_id, mode=Mode.TEST, name=f"page {number}", kind=Kind.PUBLISHABLE,
            scopes=["sessions:write"], origins=["https://shop.test"], allow=["amount"],
        )  # fmt: skip
        keys.append((await sqlite_shop.keys.issuer.issue(wish, by="operator:test")).secret.reveal())
    page = await sqlite_shop.caller()
    for visitor in ({}, {"Idempotency-Visitor": "one-visitors-own-value"}):
        made = []
        for key, amount in zip(keys, ("1.00", "2.00"), strict=True):
            headers = {"x-api-key": key, "origin": "https://shop.test"} | KEY | visitor
            body = {"amount": {"value": amount, "currency": "USD"}}
            first = await page.post("/checkout_sessions", json=body, headers=headers)
            again = await page.post("/checkout_sessions", json=body, headers=headers)
            assert (first.status_code, again.status_code) == (201, 201), first.text + again.text
            assert (replayed(first), replayed(again)) == (False, True)
            assert first.json()["id"] == again.json()["id"]
            made.append(first.json()["id"])
        assert made[0] != made[1]


async def test_a_key_that_cannot_be_one_is_refused(sqlite_shop: Shop) -> None:
    """A key is 1 to 255 visible ASCII characters; anything else is a 400 that names the header, and nothing is done."""
    client = await sqlite_shop.client()
    for value in (b"", b"x" * 256, b"two words", b"tab\there", "clé".encode(), b"\x7f", b"\xff", b"line\x0bfeed"):
        refused = await client.post("/checkout_sessions", json=AMOUNT, headers=[(b"Idempotency-Key", value)])
        assert error(refused) == (400, "invalid_request", "invalid_idempotency_key"), value
        assert refused.json()["error"]["param"] == "Idempotency-Key"
    assert (await client.get("/checkout_sessions")).json()["data"] == []
    assert await stored(sqlite_shop) == 0


async def test_two_keys_on_one_request_are_refused(sqlite_shop: Shop) -> None:
    """Two Idempotency-Key headers do not say which one is meant."""
    client = await sqlite_shop.client()
    headers = [("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
    refused = await client.post("/checkout_sessions", json=AMOUNT, headers=headers)
    assert error(refused)[2] == "invalid_idempotency_key"
    assert (await client.get("/checkout_sessions")).json()["data"] == []


async def test_every_visible_character_may_be_in_a_key(shop: Shop) -> None:
    """From the first visible ASCII character to the last, and up to the longest key; each is a key of its own."""
    client = await shop.client()
    made_ids = set()
    for value in ("x", "X", "x" * 255, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "0b1c:42"):
        headers = {"Idempotency-Key": value}
        first = await client.post("/checkout_sessions", json=AMOUNT, headers=headers)
        again = await client.post("/checkout_sessions", json=AMOUNT, headers=headers)
        assert (first.status_code, replayed(again), again.content) == (201, True, first.content)
        made_ids.add(first.json()["id"])
    assert len(made_ids) == 5


async def test_a_deeply_nested_body_is_refused_and_never_a_failure(shop: Shop) -> None:
    """However deep a body is nested, with a key or without, it is a 400 and nothing is done."""
    client = await shop.client()
    for deep in (300, *range(900, 1_000), 100_000):
        content = b'{"metadata": {"deep": ' + b"[" * deep + b"]" * deep + b"}}"
        for headers in ({}, KEY):
            refused = await client.post(
                "/customers", content=content, headers=headers | {"Content-Type": "application/json"}
            )
            assert refused.status_code == 400, f"{deep} {headers} {refused.text}"
    assert (await client.get("/customers")).json()["total"] == 0


class Held:
    """A webhook receiver that answers each request when it is let; they are numbered from 0."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.released = [asyncio.Event() for _ in range(100)]
        self.url = ""
        self.requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            number, self.requests = self.requests, self.requests + 1
            self.arrived.set()
            await self.released[number].wait()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
            await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
async def held(anyio_backend: object) -> AsyncIterator[Held]:
    """A receiver in this event loop that holds every webhook back."""
    opened = Held()
    server = await asyncio.start_server(opened.serve, "127.0.0.1", 0)
    opened.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield opened
    finally:
        for one_of_them in opened.released:
            one_of_them.set()
        server.close()
        await server.wait_closed()


async def test_a_retry_of_what_is_still_running_is_told_to_wait(shop: Shop, held: Held) -> None:
    """While a test send is under way, its key answers 409 with Retry-After; then comes the replay. One send in all."""
    client = await shop.client()
    path = f"/webhook_endpoints/{await endpoint(client, held.url)}/test"
    running = asyncio.create_task(client.post(path, headers=KEY))
    await asyncio.wait_for(held.arrived.wait(), 20)
    for _ in range(3):
        refused = await client.post(path, headers=KEY)
        assert error(refused) == (409, "conflict", "idempotency_key_in_use")
        assert refused.headers["retry-after"] == "1"
    other = f"/webhook_endpoints/{await endpoint(client, held.url)}/test"
    assert error(await client.post(other, headers=KEY))[2] == "idempotency_key_reused"
    held.released[0].set()
    first = await running
    assert (first.status_code, replayed(first)) == (200, False)
    again = await client.post(path, headers=KEY)
    assert (replayed(again), again.content) == (True, first.content)
    assert held.requests == 1


async def test_what_was_never_answered_may_be_run_again_after_a_minute(shop: Shop, held: Held) -> None:
    """A send whose process died leaves its key in use for 60 seconds; then the same request, and no other, takes it
    over. Should the lost one answer after all, it does not overwrite the answer that was given since."""
    client = await shop.client()
    path = f"/webhook_endpoints/{await endpoint(client, held.url)}/test"
    other = f"/webhook_endpoints/{await endpoint(client, held.url)}/test"
    lost = asyncio.create_task(client.post(path, headers=KEY))
    await asyncio.wait_for(held.arrived.wait(), 20)
    shop.clock.ahead_ms += 30 * SECOND_MS
    assert error(await client.post(path, headers=KEY))[2] == "idempotency_key_in_use"
    shop.clock.ahead_ms += 31 * SECOND_MS
    assert error(await client.post(other, headers=KEY))[2] == "idempotency_key_reused"

    taken_over = asyncio.create_task(client.post(path, headers=KEY))

    async def sends() -> bool:
        prepared = await one(shop.database, "SELECT COUNT(*) FROM webhook_deliveries WHERE test_body IS NOT NULL")
        return bool(prepared == 2)

    await eventually(sends)
    assert error(await client.post(path, headers=KEY))[2] == "idempotency_key_in_use"
    for number in range(1, 100):
        held.released[number].set()
    second = await taken_over
    assert (second.status_code, replayed(second)) == (200, False)
    held.released[0].set()
    first = await lost
    assert first.json()["deliveryId"] != second.json()["deliveryId"]
    again = await client.post(path, headers=KEY)
    assert (replayed(again), again.content) == (True, second.content)


@ON_SQLITE
async def test_old_answers_are_forgotten_by_a_job(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table does not grow for ever: what is older than 24 hours is dropped in batches, what is younger stays."""
    monkeypatch.setattr("tillgate.jobs.FORGET_EVERY_MS", 10)
    async with open_shop(tmp_path, database_url) as shop:
        client = await shop.client()
        young = await client.post("/checkout_sessions", json=AMOUNT, headers=KEY)
        old = shop.clock.now() - DAY_MS - SECOND_MS
        await execute(
            shop.database,
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2500) "
            "INSERT INTO idempotency_names "
            "(project_id, livemode, namespace, owner, key, fingerprint, status, body, created_at, expires_at) "
            "SELECT $1, false, 'api', '', 'old-' || n, 'f', 201, '{}', $2, $3 FROM numbers",
            shop.project_id,
            old,
            old + DAY_MS,
        )

        async def gone() -> bool:
            return await stored(shop) == 1

        await eventually(gone)
        again = await client.post("/checkout_sessions", json=AMOUNT, headers=KEY)
        assert (replayed(again), again.content) == (True, young.content)


GUIDE = Path(__file__).parents[2] / "docs" / "idempotency.md"


def example(language: str, at: int = 0) -> str:
    """A block of the guide's code in this language, by its place."""
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    return blocks[at]


@pytest.mark.slow
@pytest.mark.spec("crypto-checkout R62", "crypto-checkout R63")
def test_the_guides_examples_do_what_it_says(running: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/idempotency.md: the command run twice makes one session, and its client gets one through bad weather."""
    key = running.key()
    command = example("sh").replace("http://127.0.0.1:8080", running.url)
    environment = {"PATH": os.environ["PATH"], "CHECKOUT_API_KEY": key}
    first, again, changed = (
        subprocess.run(["bash", "-euc", text], env=environment, capture_output=True, text=True, check=True).stdout
        for text in (command, command, command.replace("50.00", "51.00"))
    )
    assert first.startswith("HTTP/1.1 201")
    assert "idempotency-replayed" not in first.lower()
    assert again.startswith("HTTP/1.1 201")
    assert "idempotency-replayed: true" in again.lower()
    body = first.partition("\n\n")[2]
    assert again.partition("\n\n")[2] == body
    assert changed.startswith("HTTP/1.1 409")
    assert "idempotency_key_reused" in changed

    conditional = example("sh", 1).replace("http://127.0.0.1:8080", running.url)
    last = conditional.rindex("curl")
    done = subprocess.run(
        ["bash", "-euc", conditional + conditional[last:]], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert re.findall(r"HTTP/1.1 (\d+)", done) == ["200", "412"]
    assert "etag: " in done

    names: dict[str, Any] = {}
    exec(example("python"), names)  # noqa: S102 — our own guide
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    troubles = iter(["lost", "busy", "answer lost"])

    def weather(request: httpx.Request) -> httpx.Response:
        trouble = next(troubles, None)
        if trouble == "lost":
            raise httpx.ConnectError("refused", request=request)
        if trouble == "busy":
            return httpx.Response(429, headers={"retry-after": "1"}, json={"error": {"code": "rate_limited"}})
        with running.client(key) as through:
            sent = through.request(request.method, str(request.url), content=request.content, headers=request.headers)
        if trouble == "answer lost":
            raise httpx.ReadTimeout("no answer", request=request)
        return sent

    with (
        httpx.Client(transport=httpx.MockTransport(weather), base_url=running.url) as client,
        running.client(key) as plain,
    ):
        client.headers["Authorization"] = f"Bearer {key}"
        session = names["create_session"](client, "1043", "20.00")
        listed = plain.get("/checkout_sessions").json()["data"]
    assert slept == [1, 1, 4]
    assert [one["metadata"] for one in listed] == [{"order": "1043"}, None]
    assert listed[0] == session
    assert listed[1]["id"] == json.loads(body)["id"]
