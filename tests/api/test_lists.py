"""Cursor lists: every collection pages the same way."""

from typing import Any

import httpx
import pytest

from tests.shop import Shop

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
OBJECTS = 60


async def made_links(shop: Shop, client: httpx.AsyncClient) -> str:
    for number in range(OBJECTS):
        await client.post("/payment_links", json={"title": f"Plan {number}", "fiatAmount": "1"})
    return "/payment_links"


async def made_sessions(shop: Shop, client: httpx.AsyncClient) -> str:
    for _ in range(OBJECTS):
        await client.post("/checkout_sessions", json=AMOUNT)
    return "/checkout_sessions"


async def made_events(shop: Shop, client: httpx.AsyncClient) -> str:
    await made_sessions(shop, client)
    return "/events"


async def made_endpoints(shop: Shop, client: httpx.AsyncClient) -> str:
    for number in range(50):
        url = f"https://merchant.example/{number}"
        await client.post("/webhook_endpoints", json={"url": url, "events": ["session.failed"]})
    return "/webhook_endpoints"


async def made_deliveries(shop: Shop, client: httpx.AsyncClient) -> str:
    # Nobody listens on the discard port, so that the deliveries stay.
    body = {"url": "http://127.0.0.1:9/", "events": ["session.created"]}
    endpoint = (await client.post("/webhook_endpoints", json=body)).json()["id"]
    await client.patch(f"/webhook_endpoints/{endpoint}", json={"active": True})
    await made_sessions(shop, client)
    return f"/webhook_endpoints/{endpoint}/deliveries"


async def made_products(shop: Shop, client: httpx.AsyncClient) -> str:
    for number in range(OBJECTS):
        await client.post("/products", json={"name": f"Product {number}", "price": "1"})
    return "/products"


async def made_coupons(shop: Shop, client: httpx.AsyncClient) -> str:
    for number in range(OBJECTS):
        body = {"name": f"Coupon {number}", "discountType": "percentage", "discountPercentage": "5"}
        await client.post("/coupons", json=body)
    return "/coupons"


async def made_promotion_codes(shop: Shop, client: httpx.AsyncClient) -> str:
    body = {"name": "Coupon", "discountType": "percentage", "discountPercentage": "5"}
    coupon = (await client.post("/coupons", json=body)).json()["id"]
    for number in range(OBJECTS):
        await client.post("/promotion_codes", json={"code": f"CODE{number}", "couponId": coupon})
    return "/promotion_codes"


async def made_test_clocks(shop: Shop, client: httpx.AsyncClient) -> str:
    for _ in range(OBJECTS):
        await client.post("/test_clocks", json={})
    return "/test_clocks"


MAKERS = [
    made_links,
    made_sessions,
    made_events,
    made_endpoints,
    made_deliveries,
    made_products,
    made_coupons,
    made_promotion_codes,
    made_test_clocks,
]


async def walked(client: httpx.AsyncClient, path: str, **params: Any) -> list[list[Any]]:
    """Every page, by following nextCursor to its end."""
    pages: list[list[Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = (await client.get(path, params=params | cursor)).json()
        assert set(answer) - {"logId"} == {"data", "hasMore", "nextCursor"}
        pages.append(answer["data"])
        assert (answer["nextCursor"] is not None) == answer["hasMore"]
        if not answer["hasMore"]:
            return pages
        cursor = {"starting_after": answer["nextCursor"]}


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
async def test_a_list_is_walked_without_gap_or_repetition(shop: Shop, make: Any) -> None:
    """Newest first, 25 a page unless told otherwise; the cursor leads through all of it exactly once."""
    client = await shop.client()
    path = await make(shop, client)
    count = 50 if make is made_endpoints else OBJECTS
    whole = [one["id"] for page in await walked(client, path, limit=100) for one in page]
    assert len(set(whole)) == len(whole) == count
    assert whole == sorted(whole, reverse=True)
    pages = await walked(client, path)
    assert [len(page) for page in pages] == ([25, 25] if count == 50 else [25, 25, 10])
    assert [one["id"] for page in pages for one in page] == whole
    sevens = await walked(client, path, limit=7)
    assert [one["id"] for page in sevens for one in page] == whole
    assert (await client.get(path, params={"limit": "1"})).json()["data"][0]["id"] == whole[0]


async def test_what_is_made_during_a_walk_does_not_disturb_it(shop: Shop) -> None:
    """New objects come before the first page; a walk that is under way sees neither gap nor repetition."""
    client = await shop.client()
    for _ in range(10):
        await client.post("/checkout_sessions", json=AMOUNT)
    first = (await client.get("/checkout_sessions", params={"limit": 5})).json()
    for _ in range(5):
        await client.post("/checkout_sessions", json=AMOUNT)
    second = (await client.get("/checkout_sessions", params={"limit": 5, "starting_after": first["nextCursor"]})).json()
    seen = [session["id"] for session in first["data"] + second["data"]]
    assert len(set(seen)) == 10
    assert second["hasMore"] is False


COLLECTIONS = [
    "/payment_links",
    "/checkout_sessions",
    "/webhook_endpoints",
    "/events",
    "/products",
    "/coupons",
    "/promotion_codes",
    "/test_clocks",
]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "", "1.5", "null", "9" * 5_000])
async def test_a_limit_outside_of_one_to_a_hundred_is_refused(sqlite_shop: Shop, limit: str) -> None:
    """limit out of range or no number is a 400 that names the parameter."""
    client = await sqlite_shop.client()
    for path in COLLECTIONS:
        refused = await client.get(path, params={"limit": limit})
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_query"), refused.text
        assert refused.json()["error"]["param"] == "limit"


@pytest.mark.parametrize("cursor", ["", "null", "7", "cs_", "CS_01HXYZ", "x" * 5_000, "\0", "%00", "cs_01\u20ac"])
async def test_a_cursor_that_no_list_ever_gave_is_refused(sqlite_shop: Shop, cursor: str) -> None:
    """starting_after must have the form of an id; anything else is a 400 that names it."""
    client = await sqlite_shop.client()
    for path in COLLECTIONS:
        refused = await client.get(path, params={"starting_after": cursor})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "starting_after"), refused.text


async def test_a_cursor_of_another_type_is_refused(sqlite_shop: Shop) -> None:
    """A session's id is no cursor for links, nor the other way round."""
    client = await sqlite_shop.client()
    link = (await client.post("/payment_links", json={"title": "A plan", "fiatAmount": "1"})).json()["id"]
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()["id"]
    event = (await client.get("/events")).json()["data"][0]["id"]
    for path, foreign in (
        ("/payment_links", session),
        ("/checkout_sessions", link),
        ("/events", session),
        ("/webhook_endpoints", event),
    ):
        refused = await client.get(path, params={"starting_after": foreign})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "starting_after")


@pytest.mark.parametrize("query", ["limit=1&limit=2", "unknown=1", "ending_before=x", "Limit=1", "%FF=1", "limit=%FF"])
async def test_a_query_that_is_repeated_or_unknown_is_refused(sqlite_shop: Shop, query: str) -> None:
    """An unknown or repeated parameter is a 400 invalid_query that names it: nothing is silently left out."""
    client = await sqlite_shop.client()
    for path in COLLECTIONS:
        refused = await client.get(f"{path}?{query}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_query"), refused.text
        assert refused.json()["error"]["param"]
