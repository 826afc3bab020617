"""The example on each error code's page is what the server says."""

import re
from typing import Any

import httpx
import msgspec
import pytest

from tests.shop import PUBLIC_URL, Shop
from tillgate.api.error_pages import PAGES, REQUEST_ID, example
from tillgate.api.errors import ERRORS
from tillgate.base.clock import MINUTE_MS, to_rfc3339
from tillgate.base.principal import Principal
from tillgate.store import idempotency
from tillgate.store.idempotency import IdempotentRequest

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
JSON = {"content-type": "application/json"}


SOME_ORDER = "ord_01j00000000000000000000000"


def is_as_shown(code: str, answer: httpx.Response) -> None:
    """Status, body but for the request id, and the header on the code's page."""
    page, told = PAGES[code], answer.json()
    told["error"]["requestId"] = REQUEST_ID
    told["error"]["message"] = re.sub(r"\bord_[0-9a-z]{26}", SOME_ORDER, told["error"]["message"])
    assert told == msgspec.json.decode(example(code, PUBLIC_URL)), told
    assert answer.status_code == ERRORS[code].status
    name, _, value = page.header.partition(": ")
    assert not name or answer.headers[name] == value


async def test_what_is_wrong_with_a_request_is_answered_as_its_page_shows(sqlite_shop: Shop) -> None:
    """Admission, the path, the body and the query."""
    api, nobody = await sqlite_shop.client(), await sqlite_shop.caller()
    reader, live = await sqlite_shop.client(["links:read", "sessions:read"]), await sqlite_shop.client(mode="live")
    is_as_shown("invalid_api_key", await nobody.get("/events"))
    is_as_shown("missing_scope", await reader.post("/checkout_sessions", json=AMOUNT))
    is_as_shown("test_mode_only", await live.post("/checkout_sessions/cs_x/simulate", json={"outcome": "paid"}))
    is_as_shown("live_mode_not_configured", await live.post("/checkout_sessions", json=AMOUNT))
    is_as_shown("invalid_body", await api.post("/checkout_sessions", json={"amount": {"currency": "USD"}}))
    is_as_shown("invalid_query", await api.get("/events?limit=0"))
    is_as_shown("body_too_large", await api.post("/customers", content=b" " * (256 * 1024 + 1), headers=JSON))
    plain = {"content-type": "text/plain"}
    is_as_shown("unsupported_media_type", await api.post("/customers", content=b"x", headers=plain))
    is_as_shown("method_not_allowed", await api.put("/payment_links"))
    is_as_shown("unknown_path", await api.get("/payment_link"))
    is_as_shown("not_found", await api.get(f"/checkout_sessions/cs_{REQUEST_ID.partition('_')[2]}"))


async def test_what_an_object_does_not_allow_is_answered_as_its_page_shows(sqlite_shop: Shop) -> None:
    """Links, sessions, customers, endpoints, deliveries, and keys of requests."""
    api = await sqlite_shop.client()

    async def made(path: str, **body: Any) -> Any:
        answer = await api.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    link = await made("/payment_links", title="x", fiatAmount="1")
    await api.patch(f"/payment_links/{link['id']}", json={"active": False})
    is_as_shown("link_inactive", await api.post("/checkout_sessions", json={"linkId": link["id"]}))
    await api.delete(f"/payment_links/{link['id']}")
    is_as_shown("link_archived", await api.patch(f"/payment_links/{link['id']}", json={"title": "y"}))

    soon = to_rfc3339(sqlite_shop.clock.now() + MINUTE_MS)
    link = await made("/payment_links", title="x", fiatAmount="1", expiresAt=soon)
    sqlite_shop.clock.ahead_ms += MINUTE_MS
    is_as_shown("link_expired", await api.post("/checkout_sessions", json={"linkId": link["id"]}))
    link = await made("/payment_links", title="x", fiatAmount="0", maxCompletedSessions=1)
    await made("/checkout_sessions", linkId=link["id"])
    is_as_shown("link_used_up", await api.post("/checkout_sessions", json={"linkId": link["id"]}))

    session, paid = await made("/checkout_sessions", **AMOUNT), await made("/checkout_sessions", **AMOUNT)
    is_as_shown("nothing_to_accept", await api.post(f"/checkout_sessions/{session['id']}/accept"))
    simulate = f"/checkout_sessions/{paid['id']}/simulate"
    await api.post(simulate, json={"outcome": "paid"})
    is_as_shown("session_not_payable", await api.post(simulate, json={"outcome": "late"}))
    is_as_shown("session_not_pending", await api.post(f"/checkout_sessions/{paid['id']}/expire"))
    is_as_shown("session_not_cancelable", await api.post(f"/checkout_sessions/{paid['id']}/cancel"))

    new = await made("/checkout_sessions?expand=order", **AMOUNT, captureMethod="manual")
    order_path, payment_id = f"/orders/{new['order']['id']}", new["order"]["paymentId"]
    is_as_shown("nothing_to_wait_for", await api.post(f"{order_path}/wait"))
    is_as_shown("nothing_to_refund", await api.post(f"{order_path}/refund", json={"what": "excess"}))
    is_as_shown("payment_not_capturable", await api.post(f"/payments/{payment_id}/capture", json={}))
    is_as_shown("payment_not_cancelable", await api.post(f"/payments/{payment_id}/cancel"))
    await api.post(f"/checkout_sessions/{new['id']}/simulate", json={"outcome": "authorized"})
    more = {"amount": "50.01"}
    is_as_shown("capture_exceeds_authorization", await api.post(f"/payments/{payment_id}/capture", json=more))
    await api.post(f"/payments/{payment_id}/capture", json={})
    back = {"paymentId": payment_id, "reason": "other"}
    is_as_shown("refund_exceeds_received", await api.post("/refunds", json=back | more))
    refund = await made("/refunds", **back)
    is_as_shown("refund_not_pending", await api.post(f"/refunds/{refund['id']}/cancel"))

    order = AMOUNT | {"reference": "A-1001", "uniqueReference": True}
    await made("/checkout_sessions", **order)
    is_as_shown("order_reference_taken", await api.post("/checkout_sessions", json=order))

    await made("/customers", email="a@example.com")
    mug = {"name": "Mug", "price": "12.00", "reference": "SKU-1"}
    await made("/products", **mug)
    is_as_shown("product_reference_taken", await api.post("/products", json=mug))
    is_as_shown("customer_exists", await api.post("/customers", json={"email": "a@example.com"}))
    erased = await made("/customers", email="b@example.com")
    await api.delete(f"/customers/{erased['id']}")
    is_as_shown("customer_erased", await api.patch(f"/customers/{erased['id']}", json={"name": "Bo"}))
    coupon = await made("/coupons", name="Spring", discountType="percentage", discountPercentage="10")
    await made("/promotion_codes", code="spring", couponId=coupon["id"])
    again = {"code": "SPRING", "couponId": coupon["id"]}
    is_as_shown("promotion_code_exists", await api.post("/promotion_codes", json=again))
    mug = await made("/products", name="Mug", price="1.00", active=False)
    lines = {"lineItems": [{"productId": mug["id"]}], "currency": "USD"}
    is_as_shown("product_inactive", await api.post("/checkout_sessions", json=lines))
    await made("/promotion_codes", code="MIN", couponId=coupon["id"], minimumAmount="20.00", currency="USD")
    small = {"amount": {"value": "19.99", "currency": "USD"}, "promotionCode": "MIN"}
    is_as_shown("discount_not_applicable", await api.post("/checkout_sessions", json=small))
    once = await made("/coupons", name="Once", discountType="percentage", discountPercentage="1", maxRedemptions=1)
    await made("/checkout_sessions", **AMOUNT, couponId=once["id"])
    is_as_shown("discount_used_up", await api.post("/checkout_sessions", json=AMOUNT | {"couponId": once["id"]}))
    soon = to_rfc3339(sqlite_shop.clock.now() + MINUTE_MS)
    short = await made(
        "/coupons", name="Short", discountType="percentage", discountPercentage="1", expiresAt=soon, active=True
    )
    sqlite_shop.clock.ahead_ms += MINUTE_MS
    is_as_shown("discount_expired", await api.post("/checkout_sessions", json=AMOUNT | {"couponId": short["id"]}))
    [spring] = (await api.get("/promotion_codes", params={"code": "spring"})).json()["data"]
    await api.patch(f"/promotion_codes/{spring['id']}", json={"active": False})
    off = AMOUNT | {"promotionCode": "spring"}
    is_as_shown("discount_inactive", await api.post("/checkout_sessions", json=off))
    clock = await made("/test_clocks")
    for _ in range(100):
        await made("/checkout_sessions", **AMOUNT, testClockId=clock["id"])
    full = await api.post("/checkout_sessions", json=AMOUNT | {"testClockId": clock["id"]})
    is_as_shown("test_clock_full", full)
    new = {"url": "http://localhost:1/", "events": ["session.failed"]}
    for _ in range(50):
        hook = await made("/webhook_endpoints", **new)
    is_as_shown("too_many_webhook_endpoints", await api.post("/webhook_endpoints", json=new))
    await api.post(f"/webhook_endpoints/{hook['id']}/test")
    sent = (await api.get(f"/webhook_endpoints/{hook['id']}/deliveries")).json()["data"][0]
    is_as_shown("delivery_not_replayable", await api.post(f"/webhook_deliveries/{sent['id']}/replay"))

    async def send(key: str, path: str = "/checkout_sessions", body: Any = AMOUNT) -> httpx.Response:
        return await api.post(path, json=body, headers={"Idempotency-Key": key})

    is_as_shown("invalid_idempotency_key", await send("a b"))
    assert (await send("once")).status_code == 201
    is_as_shown("idempotency_key_reused", await send("once", "/customers", {}))
    principal = Principal(sqlite_shop.project_id, False, "test", "test")
    path = f"/webhook_endpoints/{hook['id']}/test"
    running = IdempotentRequest(
        principal, "running", idempotency.fingerprint("POST", path, b""), sqlite_shop.clock.now()
    )
    await sqlite_shop.database.write(lambda tx: idempotency.begin(tx, running))
    is_as_shown("idempotency_key_in_use", await api.post(path, headers={"Idempotency-Key": "running"}))
