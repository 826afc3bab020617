"""Every endpoint of the native API, in fixed situations."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.golden.recording import Golden
from tests.makers import stray_transfer
from tests.shop import PUBLIC_URL, Shop
from tillgate.api.application import ROUTES
from tillgate.api.mount import ROOT
from tillgate.rails.simulated import REFUND_STAYS_PENDING
from tillgate.wire.routing import Route

pytestmark = pytest.mark.anyio

DECLARED = [f"{route.method} {ROOT}{route.path}" for route in ROUTES]
UNKNOWN = "cs_01hxyz0000000000000000000"
NOBODY_LISTENS = "http://127.0.0.1:9/in"
USD_49 = {"value": "49.00", "currency": "USD"}

Ask = Callable[..., Any]


def asking(golden: Golden, client: httpx.AsyncClient) -> Ask:
    """Sends requests below ``/api/v1`` and keeps their answers; ``own`` is the id in the path."""

    async def ask(
        method: str,
        path: str,
        body: Any = None,
        *,
        own: str = "",
        query: str = "",
        why: str = "",
        refused: bool = False,
        **headers: str,
    ) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        more = {"json": body} if body is not None else {}
        answer = await client.request(
            method, path.replace("{id}", own).replace("{hash}", own) + query, headers=sent, **more
        )
        name = f"{method} {path}{golden.named(query)}{f' ({why})' if why else ''}"
        golden.note(name, answer, route=None if refused else f"{method} {ROOT}{path}")
        return answer.json() if answer.content else None

    return ask


async def test_every_endpoint_answers_as_it_did(fixed_shop: Shop) -> None:
    """Status, headers and body of each, on both databases: once as it is used, and its refusals."""
    golden = Golden("api")
    ask = asking(golden, await fixed_shop.client())
    await catalogue(ask)
    await sales(ask)
    await webhooks(ask)
    await refusals(golden, fixed_shop)
    await unassigned(ask, fixed_shop)
    # What is chosen of a session on networks is told in tests/journeys/test_live_payments.py, on a real chain.
    on_networks = {"POST /api/v1/checkout_sessions/{id}/payment_option"}
    # And where a refund on one goes, in tests/journeys/test_live_refunds.py.
    on_networks.add("POST /api/v1/refunds/{id}/destination_link")
    # And what came by mail, of a checkout in another language, in tests/dialects/coin_moebius/test_manual.py.
    by_mail = {f"POST /api/v1/checkout_sessions/{{id}}/{each}" for each in ("receive", "undo_received")}
    # Files are made by a job: tests/api/test_issued.py.
    files = {f"GET /api/v1/orders/{{id}}/{each}" for each in ("receipt", "invoice", "credit_notes/{n}")}
    golden.hold([*(one for one in DECLARED if one not in by_mail | files | on_networks), "GET /openapi.json"])


async def unassigned(ask: Ask, shop: Shop) -> None:
    """Transfers that fit no payment, as a watcher wrote them down."""
    found = [
        await stray_transfer(shop.database, shop.project_id, livemode=False, tx_hash="0x" + digits * 32)
        for digits in ("a1", "a2")
    ]
    session = await ask("POST", "/checkout_sessions", {"amount": USD_49}, why="for a transfer")
    await ask("GET", "/unassigned_transfers")
    await ask("GET", "/unassigned_transfers/{id}", own=found[0])
    body = {"orderId": session["orderId"], "value": "49.00"}
    await ask("POST", "/unassigned_transfers/{id}/assign", body, own=found[0])
    await ask("POST", "/unassigned_transfers/{id}/return", {"note": "0x1"}, own=found[1])
    await ask("POST", "/unassigned_transfers/{id}/assign", body, own=found[1], why="returned", refused=True)


async def catalogue(ask: Ask) -> None:
    """What is there before anything is sold."""
    customer = await ask("POST", "/customers", {"email": "ada@example.com", "name": "Ada", "metadata": {"tier": 1}})
    await ask("GET", "/customers/{id}", own=customer["id"])
    await ask("PATCH", "/customers/{id}", {"name": "Ada L."}, own=customer["id"])
    await ask("GET", "/customers")
    gone = await ask("POST", "/customers", {"email": "bo@example.com"})
    await ask("DELETE", "/customers/{id}", own=gone["id"])
    product = await ask("POST", "/products", {"name": "Mug", "price": "12.00", "currency": "USD"})
    await ask(
        "POST", "/products", {"name": "Gift", "pricing": "buyer", "priceMin": "5", "currency": "EUR"},
        why="the buyer says what it costs",
    )  # fmt: skip
    await ask("GET", "/products/{id}", own=product["id"])
    await ask("PATCH", "/products/{id}", {"description": "Blue"}, own=product["id"])
    await ask("GET", "/products", query="?limit=1")
    coupon = await ask(
        "POST", "/coupons", {"name": "Tenth", "discountType": "percentage", "discountPercentage": "10"}
    )  # fmt: skip
    await ask("GET", "/coupons/{id}", own=coupon["id"])
    await ask("PATCH", "/coupons/{id}", {"description": "Spring"}, own=coupon["id"])
    await ask("GET", "/coupons")
    code = await ask("POST", "/promotion_codes", {"code": "SPRING", "couponId": coupon["id"], "maxRedemptions": 5})
    await ask("POST", "/promotion_codes", {"code": "spring", "couponId": coupon["id"]}, why="taken", refused=True)
    await ask("GET", "/promotion_codes/{id}", own=code["id"], query="?expand=coupon")
    await ask("PATCH", "/promotion_codes/{id}", {"metadata": {"a": "b"}}, own=code["id"])
    await ask("GET", "/promotion_codes")
    link = await ask("POST", "/payment_links", {"title": "Pro plan", "fiatAmount": "99.00"})
    await ask("GET", "/payment_links/{id}", own=link["id"])
    await ask("PATCH", "/payment_links/{id}", {"active": False}, own=link["id"])
    await ask("GET", "/payment_links")
    await ask("POST", "/checkout_sessions", {"linkId": link["id"]}, why="of a link that is switched off", refused=True)
    await ask("DELETE", "/payment_links/{id}", own=link["id"])
    clock = await ask("POST", "/test_clocks", {"name": "Clock"})
    await ask("GET", "/test_clocks/{id}", own=clock["id"])
    session = await ask("POST", "/checkout_sessions", {"amount": USD_49, "testClockId": clock["id"]}, why="on a clock")
    await ask("POST", "/test_clocks/{id}/advance", {"seconds": 7_200}, own=clock["id"])
    await ask("GET", "/checkout_sessions/{id}", own=session["id"], why="expired")
    await ask("GET", "/test_clocks")
    await ask(
        "POST", "/checkout_sessions",
        {
            "lineItems": [
                {"productId": product["id"], "quantity": 2}, {"name": "Tax", "kind": "tax", "unitAmount": "1"},
            ],
            "currency": "USD", "shippingAmount": "4.50", "reference": "1001", "uniqueReference": True,
            "customerId": customer["id"], "promotionCode": "spring",
        },
        query="?expand=order,customer", why="of lines",
    )  # fmt: skip


async def sales(ask: Ask) -> None:
    """Sessions that end in each way, their orders, payments and refunds."""
    new = {"amount": USD_49, "metadata": {"orderId": "1001"}, "successUrl": "https://shop.example/thanks"}
    session = await ask("POST", "/checkout_sessions", new, Idempotency_Key="golden-1")
    await ask("POST", "/checkout_sessions", new, Idempotency_Key="golden-1", why="replayed")
    await ask(
        "POST", "/checkout_sessions", {"amount": USD_49}, Idempotency_Key="golden-1", why="reused key", refused=True
    )
    own = session["id"]
    await ask("GET", "/checkout_sessions/{id}", own=own)
    asset = {"asset": "eip155:8453/erc20:0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"}
    await ask("POST", "/checkout_sessions/{id}/payment_option", asset, own=own, why="simulated", refused=True)
    await ask("POST", "/checkout_sessions/{id}/receive", {"amount": "49.00"}, own=own, why="simulated", refused=True)
    await ask("POST", "/checkout_sessions/{id}/undo_received", own=own, why="simulated", refused=True)
    await ask("POST", "/checkout_sessions/{id}/simulate", {"outcome": "paid"}, own=own)
    await ask(
        "POST",
        "/checkout_sessions/{id}/simulate",
        {"outcome": "failed"},
        own=own,
        why="after it was paid",
        refused=True,
    )
    await ask("GET", "/checkout_sessions/{id}", own=own, query="?expand=order,order.refunds", why="paid")
    [order] = (await ask("GET", "/orders", query=f"?sessionId={own}"))["data"]
    await ask("GET", "/orders/{id}", own=order["id"], query="?expand=payment")
    await ask("PATCH", "/orders/{id}", {"fulfillment": "fulfilled"}, own=order["id"])
    payment = await ask("GET", "/payments/{id}", own=order["paymentId"])
    await ask("PATCH", "/payments/{id}", {"metadata": {"paid": True}}, own=payment["id"])
    await ask("GET", "/payments", query=f"?sessionId={own}")
    [transaction] = (await ask("GET", "/transactions", query=f"?paymentId={payment['id']}"))["data"]
    await ask("GET", "/transactions/{id}", own=transaction["id"])
    part = {"paymentId": payment["id"], "reason": "other", "amount": "9.00"}
    refund = await ask("POST", "/refunds", part)
    await ask("POST", "/refunds", part | {"amount": "100.00"}, why="more than there is", refused=True)
    await ask("GET", "/refunds/{id}", own=refund["id"])
    await ask("PATCH", "/refunds/{id}", {"metadata": {"ticket": 7}}, own=refund["id"])
    stays = {"destination": REFUND_STAYS_PENDING}
    waiting = await ask("POST", "/refunds", part | stays, why="that stays pending")
    await ask("POST", "/refunds/{id}/settle", {"txHash": "0x" + "ab" * 32}, own=waiting["id"])
    canceled = await ask("POST", "/refunds", part | stays, why="that is called off")
    await ask("POST", "/refunds/{id}/cancel", own=canceled["id"])
    await ask("GET", "/refunds", query=f"?paymentId={payment['id']}")
    await ask("GET", "/search", query=f"?q={payment['id']}", why="by an id")
    await ask("GET", "/usage", query="?month=2026-11")
    await ask("GET", "/reports/monthly", query="?month=2026-01", why="of a month")
    await ask("GET", "/reports/monthly", query="?month=2026-13", why="of a month that is none", refused=True)

    async def ended(outcome: str, **more: Any) -> tuple[str, str, str]:
        """A new session with this outcome: the ids of it, its order and its payment."""
        one = await ask("POST", "/checkout_sessions", {"amount": USD_49, **more}, why=f"to be {outcome}")
        await ask("POST", "/checkout_sessions/{id}/simulate", {"outcome": outcome}, own=one["id"], why=outcome)
        [order] = (await ask("GET", "/orders", query=f"?sessionId={one['id']}", why=outcome))["data"]
        return one["id"], order["id"], order["paymentId"]

    _, delivered, _ = await ended("paid")
    parcel = {"transactionId": "0x" + "cd" * 32, "tokens": [{"locator": "base:0xabc:1", "tokenId": "1"}]}
    await ask("POST", "/orders/{id}/deliver", parcel, own=delivered)
    _, failing, _ = await ended("paid", metadata={"delivery": "fails"})
    await ask("POST", "/orders/{id}/fail_delivery", {"reason": "sold out"}, own=failing)
    _, under, _ = await ended("underpaid")
    await ask("POST", "/orders/{id}/accept", own=under)
    over, _, _ = await ended("overpaid")
    await ask("POST", "/checkout_sessions/{id}/accept", own=over)
    _, order_id, _ = await ended("underpaid")
    await ask("POST", "/orders/{id}/wait", own=order_id)
    await ask("POST", "/orders/{id}/refund", {"what": "everything"}, own=order_id)
    _, _, held = await ended("authorized", captureMethod="manual")
    await ask("POST", "/payments/{id}/capture", {"amount": "20.00", "cancelRemainder": False}, own=held)
    await ask("POST", "/payments/{id}/cancel", own=held)
    await ended("declined")
    await ended("late")
    for verb in ("expire", "cancel"):
        one = await ask("POST", "/checkout_sessions", {"amount": USD_49}, why=f"to {verb}")
        await ask("POST", f"/checkout_sessions/{{id}}/{verb}", own=one["id"])
    await ask("GET", "/checkout_sessions", query="?limit=2&status=paid")
    await ask("GET", "/checkout_sessions", query="?limit=3")
    [redemption] = (await ask("GET", "/redemptions"))["data"]
    await ask("GET", "/redemptions/{id}", own=redemption["id"], query="?expand=promotionCode")
    await ask("GET", "/transfers/{hash}", own="0x" + "12" * 32)
    await ask("GET", "/transfers/{hash}", own="0x12", why="no hash", refused=True)


async def webhooks(ask: Ask) -> None:
    """Endpoints, what is sent to them, and what happened."""
    new = {"url": NOBODY_LISTENS, "events": ["session.*", "order.paid"], "description": "Mine"}
    endpoint = await ask("POST", "/webhook_endpoints", new)
    own = endpoint["id"]
    await ask("GET", "/webhook_endpoints/{id}", own=own)
    await ask("PATCH", "/webhook_endpoints/{id}", {"events": ["*"]}, own=own)
    await ask("GET", "/webhook_endpoints")
    await ask("POST", "/webhook_endpoints/{id}/rotate_secret", {"overlapSeconds": 3_600}, own=own)
    sent = await ask("POST", "/webhook_endpoints/{id}/test", own=own)
    await ask("GET", "/webhook_deliveries/{id}", own=sent["deliveryId"])
    await ask("POST", "/webhook_deliveries/{id}/replay", own=sent["deliveryId"], why="a test send", refused=True)
    events = await ask("GET", "/events", query="?limit=4")
    await ask("GET", "/events/{id}", own=events["data"][0]["id"])
    replayed = await ask("POST", "/events/{id}/replay", {"endpointId": own}, own=events["data"][0]["id"])
    await ask("POST", "/webhook_deliveries/{id}/replay", own=replayed["data"][0]["id"])
    await ask("POST", "/webhook_endpoints/{id}/replay", {"after": 0, "before": 4}, own=own)
    await ask("GET", "/webhook_endpoints/{id}/deliveries", own=own, query="?limit=3")
    await ask("DELETE", "/webhook_endpoints/{id}", own=own)


async def refusals(golden: Golden, shop: Shop) -> None:
    """What each route answers to nobody, to a key without the scope, for what is not there, and for a wrong body."""
    nobody, every = await shop.caller(), await shop.client()
    less = await shop.client(["links:read"])
    other = await shop.client(["customers:read"])
    for route in ROUTES:
        path = route.path.replace("{id}", UNKNOWN)
        name = f"{route.method} {route.path}"
        golden.note_refusal(f"{name} (nobody)", await nobody.request(route.method, path))
        without = other if route.scope.startswith("links") else less
        golden.note_refusal(f"{name} (no scope)", await without.request(route.method, path))
        for why, more in wrong(route):
            golden.note_refusal(f"{name} ({why})", await every.request(route.method, path, **more))
    for method, path in (("PUT", "/orders"), ("GET", "/nothing"), ("OPTIONS", "/orders"), ("HEAD", "/orders")):
        golden.note_refusal(f"{method} {path}", await every.request(method, path))
    document = await nobody.get(f"{PUBLIC_URL}/openapi.json")
    golden.note("GET /openapi.json", document, route="GET /openapi.json")


def wrong(route: Route) -> list[tuple[str, dict[str, Any]]]:
    """What is wrong with a request to this route, and the request."""
    found: list[tuple[str, dict[str, Any]]] = []
    if route.body is not None:
        found.append(("unknown field", {"json": {"surprise": 1}}))
        found.append(("no JSON", {"content": b"{", "headers": {"Content-Type": "application/json"}}))
    elif "{id}" in route.path:
        found.append(("not there", {}))
    if route.query is not None:
        found.append(("wrong query", {"params": {"limit": "0"}}))
        found.append(("unknown query", {"params": {"surprise": "1"}}))
    return found
