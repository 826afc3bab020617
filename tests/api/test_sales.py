"""What the lists of sessions, orders, payments and refunds are narrowed to, and in which order they come."""

from typing import Any, Final

import httpx
import pytest

from tests.shop import Shop
from tillgate.base import ids

pytestmark = pytest.mark.anyio

LISTS: Final = ("/checkout_sessions", "/orders", "/payments", "/refunds")
# Amounts that sort otherwise as texts, some of them the same, in two currencies.
PRICES: Final = (
    ("USD", "9.00"),
    ("EUR", "9.00"),
    ("USD", "100.00"),
    ("USD", "9.00"),
    ("USD", "25.00"),
    ("EUR", "70.00"),
)


async def sold(client: httpx.AsyncClient, currency: str = "USD", value: str = "5.00", **more: Any) -> Any:
    """A paid session, its order and a refund of all that was paid."""
    body = {"amount": {"value": value, "currency": currency}, **more}
    session = (await client.post("/checkout_sessions?expand=order", json=body)).json()
    await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
    paid = {"paymentId": session["order"]["paymentId"], "reason": "other", "amount": value}
    answer = await client.post("/refunds", json=paid)
    assert answer.status_code == 201, answer.text
    return {
        "/checkout_sessions": session["id"],
        "/orders": session["order"]["id"],
        "/payments": session["order"]["paymentId"],
        "/refunds": answer.json()["id"],
    }


async def walked(client: httpx.AsyncClient, path: str, **query: Any) -> list[Any]:
    """All pages of a list."""
    found: list[Any] = []
    cursor = None
    while True:
        answer = await client.get(path, params=query | ({"starting_after": cursor} if cursor is not None else {}))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["data"]
        cursor = page["nextCursor"]
        assert page["hasMore"] is (cursor is not None)
        if cursor is None:
            return found


def cost(one: Any) -> tuple[str, str]:
    """What an object costs, as a list is sorted by it."""
    amount = {
        "checkout_session": lambda: (one["fiat"]["currency"], one["fiat"]["amount"]),
        "order": lambda: (one["currency"], one["amounts"]["total"]),
        "payment": lambda: (one["currency"], one["amounts"]["requested"]),
        "refund": lambda: (one["currency"], one["amount"]),
    }
    currency, value = amount[one["object"]]()
    return currency, value.zfill(12)


async def test_a_list_is_narrowed_to_a_customer_and_by_what_is_looked_for(shop: Shop) -> None:
    """By an order's reference, a customer's address and an object's own id, alone and together, whatever is listed, and
    in pages that hold each object once; what excludes each other finds nothing."""
    client = await shop.client()
    ada = (await client.post("/customers", json={"email": "ada@example.com"})).json()["id"]
    bob = (await client.post("/customers", json={"email": "bob@example.com"})).json()["id"]
    of_ada = [await sold(client, customerId=ada, reference=reference) for reference in ("A-1", "A-2", "A-1")]
    of_bob = await sold(client, customerId=bob, reference="A-1")
    nobodys = await sold(client)
    for path in LISTS:

        async def found(path: str = path, **query: Any) -> list[str]:
            listed = [one["id"] for one in await walked(client, path, limit=1, **query)]
            # One page is the same as many, and so is one that is formed for what is put into it.
            for more in ({}, {"expand": "payment"} if path != "/payments" else {"expand": "order"}):
                answer = await client.get(path, params={"limit": 100, **query, **more})
                assert [one["id"] for one in answer.json()["data"]] == listed
            return listed

        first, second, third = (one[path] for one in of_ada)
        assert await found(customerId=ada) == [third, second, first]
        assert await found(q="Ada@Example.com ") == [third, second, first]
        assert await found(q="A-1") == [of_bob[path], third, first]
        assert await found(q="A-1", customerId=ada) == [third, first]
        assert await found(q=second) == [second]
        assert await found(q=second, customerId=bob) == []
        assert await found(q="bob@example.com", customerId=ada) == []
        assert await found(q="carl@example.com") == await found(q="A-3") == await found(q="A-1", currency="EUR") == []
        assert nobodys[path] in await found() and len(await found()) == 5
        assert await found(customerId=ada, sort="amount") == [first, second, third]
    assert len((await client.get("/orders", params={"reference": "A-1", "q": "A-2"})).json()["data"]) == 0
    assert len((await client.get("/orders", params={"reference": "A-1", "q": "bob@example.com"})).json()["data"]) == 1


async def test_a_list_is_sorted_by_amount_in_whole_and_stable_pages(shop: Shop) -> None:
    """By currency and in it by amount, both ways; a page goes on where the one before ended, whatever is added, and
    whatever the object at its end costs by then."""
    client = await shop.client()
    for currency, value in PRICES:
        await sold(client, currency, value)
    for path in LISTS:
        up = await walked(client, path, sort="amount", limit=1)
        assert [cost(one) for one in up] == sorted(cost(one) for one in up)
        assert [one["id"] for one in up] == [one["id"] for one in sorted(up, key=lambda one: (cost(one), one["id"]))]
        assert up[::-1] == await walked(client, path, sort="-amount", limit=2)
        assert len(up) == len(PRICES) == len({one["id"] for one in up})
        dollars = [one for one in up if cost(one)[0] == "USD"]
        assert await walked(client, path, sort="amount", currency="USD", limit=1) == dollars
        exact = await walked(client, path, sort="-amount", currency="USD", amount="9.00", limit=1)
        assert exact == [one for one in dollars[::-1] if cost(one)[1] == "000000009.00"] and len(exact) == 2
        formed = (await client.get(path, params={"sort": "amount", "expand": "payment"})).json()
        assert path == "/payments" or [one["id"] for one in formed["data"]] == [one["id"] for one in up]
    first = (await client.get("/orders", params={"sort": "-amount", "limit": 2})).json()
    await sold(client, "USD", "1000.00")
    await sold(client, "USD", "10.00")
    onward = {"sort": "-amount", "starting_after": first["nextCursor"], "limit": 100}
    seen = [cost(one) for one in (*first["data"], *(await client.get("/orders", params=onward)).json()["data"])]
    assert len(seen) == len(PRICES) + 1 and ("USD", "000001000.00") not in seen and ("USD", "000000010.00") in seen


async def test_a_cursor_of_another_order_is_refused(shop: Shop) -> None:
    """With what was expected: an id says nothing of where a sorted list goes on."""
    client = await shop.client()
    made = await sold(client)
    unknown = ids.new_id(ids.PAYMENT)
    for path, query, expected in (
        ("/orders", {"sort": "amount", "starting_after": made["/orders"]}, "USD.4900.ord_"),
        ("/orders", {"starting_after": f"USD.500.{made['/orders']}"}, "such as ord_"),
        ("/orders", {"sort": "-amount", "starting_after": f"USD.500.{made['/payments']}"}, "USD.4900.ord_"),
        ("/orders", {"sort": "amount", "starting_after": f"USD.{2**63}.{made['/orders']}"}, "USD.4900.ord_"),
        ("/payments", {"q": "A-1", "starting_after": unknown}, "such as pay_"),
    ):
        answer = await client.get(path, params=query)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_query"), answer.text
        assert expected in answer.text and "starting_after" in answer.text
    for query in ({"sort": "created"}, {"q": ""}, {"q": " "}, {"q": "x" * 255}, {"customerId": made["/orders"]}):
        assert (await client.get("/orders", params=query)).status_code == 400, query


async def test_a_key_finds_by_what_it_may_read(shop: Shop) -> None:
    """Whose a payment or a refund is, its order says; which addresses there are, customers do."""
    client = await shop.client()
    ada = (await client.post("/customers", json={"email": "ada@example.com"})).json()["id"]
    made = await sold(client, customerId=ada, reference="A-1")
    payments = await shop.client(["payments:read", "refunds:read"])
    for path in ("/payments", "/refunds"):
        for query in ({"q": made[path]}, {"customerId": ada}):
            answer = await payments.get(path, params=query)
            assert answer.status_code == 403 and "orders:read" in answer.text
        assert len((await payments.get(path, params={"sort": "amount"})).json()["data"]) == 1
    read = ["payments:read", "refunds:read", "orders:read", "sessions:read"]
    orders, everything = await shop.client(read), await shop.client([*read, "customers:read"])
    for path in LISTS:
        for query in ({"q": made[path]}, {"customerId": ada}, {"q": "A-1"}):
            assert len((await orders.get(path, params=query)).json()["data"]) == 1
        assert (await orders.get(path, params={"q": "ada@example.com"})).json()["data"] == []
        assert len((await everything.get(path, params={"q": "ada@example.com"})).json()["data"]) == 1
