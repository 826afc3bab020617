"""Metadata is found by its values: whatever carries it, from the transaction that writes it on, and never after."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn.database import Transaction
from tests.checkout.customers.test_erasing import erase
from tests.makers import execute, rows
from tests.planner import Asked, Noting, Planner
from tests.shop import Shop, still_shop
from tillgate.base.principal import Principal
from tillgate.checkout.metadata_records import (
    BATCH_MAX,
    TABLES,
    VALUE_LENGTH_MAX,
    WALKS,
    digests_of,
    index_batch,
)
from tillgate.checkout.search.operations import search

__all__ = ["still_shop"]

pytestmark = pytest.mark.anyio

# A promise of a shopper to pay has no page of its own, and is no result.
NOT_SEARCHED = {"payment_tokens"}


async def carriers(api: httpx.AsyncClient, value: str) -> dict[str, str]:
    """One of everything that carries metadata, each with the value; by what it is."""

    async def sent(method: str, path: str, **body: Any) -> Any:
        answer = await api.request(method, path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    tagged = {"metadata": {"po": value}}
    coupon = await sent("POST", "/coupons", name="S", discountType="percentage", discountPercentage="10", **tagged)
    code = await sent("POST", "/promotion_codes", code="ZEHN", couponId=coupon["id"], **tagged)
    customer = await sent("POST", "/customers", email="ada@example.com", **tagged)
    product = await sent("POST", "/products", name="Mug", price="5.00", **tagged)
    amount = {"value": "5.00", "currency": "USD"}
    session = await sent("POST", "/checkout_sessions?expand=order", amount=amount, customerId=customer["id"], **tagged)
    await sent("POST", f"/checkout_sessions/{session['id']}/simulate", outcome="paid")
    payment = session["order"]["paymentId"]
    await sent("PATCH", f"/payments/{payment}", **tagged)
    refund = await sent("POST", "/refunds", paymentId=payment, reason="other", amount="1.00", **tagged)
    return {
        "order": session["order"]["id"],
        "checkout_session": session["id"],
        "payment": payment,
        "refund": refund["id"],
        "customer": customer["id"],
        "product": product["id"],
        "coupon": coupon["id"],
        "promotion_code": code["id"],
    }


PATHS = {"order": "orders", "payment": "payments", "refund": "refunds", "customer": "customers"} | {
    "product": "products",
    "coupon": "coupons",
    "promotion_code": "promotion_codes",
}


async def found(api: httpx.AsyncClient, text: str) -> dict[str, str]:
    answer = await api.get("/search", params={"q": text})
    assert answer.status_code == 200, answer.text
    return {one["type"]: one["id"] for one in answer.json()["data"] if one["matched"] == "metadata"}


async def test_whatever_carries_a_value_is_found_by_it(still_shop: Shop) -> None:
    """As a whole, in any case, by whoever may read it; the earlier value is found no more once it was changed."""
    shop = still_shop
    api = await shop.client()
    made = await carriers(api, "PO-4711")
    assert {TABLES[id.partition("_")[0]] for id in made.values()} == set(TABLES.values())
    assert await found(api, " po-4711 ") == made
    assert await found(api, "PO-471") == {}
    narrow = await shop.caller((await shop.issued(scopes=("orders:read",))).secret.reveal())
    assert await found(narrow, "PO-4711") == {"order": made["order"]}
    live = await shop.caller((await shop.issued(mode="live")).secret.reveal())
    assert await found(live, "PO-4711") == {}
    other = Principal("prj_other", False, "user", "user:x")
    assert await shop.database.read(lambda tx: search(tx, other, "PO-4711")) == []

    for name, path in PATHS.items():
        changed = await api.patch(f"/{path}/{made[name]}", json={"metadata": {"po": 4712}})
        assert changed.status_code == 200, (name, changed.text)
    assert await found(api, "4712") == {name: made[name] for name in PATHS}
    assert await found(api, "PO-4711") == {"checkout_session": made["checkout_session"]}
    assert (await api.patch(f"/products/{made['product']}", json={"metadata": None})).status_code == 200
    assert "product" not in await found(api, "4712")


async def test_a_change_that_fails_leaves_its_values_as_they_were(still_shop: Shop) -> None:
    """They are written in the transaction of the object."""
    shop, api = still_shop, await still_shop.client()
    for reference in ("a", "b"):
        answer = await api.post("/customers", json={"reference": reference, "metadata": {"tier": f"tier {reference}"}})
        assert answer.status_code == 201
    changed = await api.patch(
        f"/customers/{answer.json()['id']}", json={"reference": "a", "metadata": {"tier": "gold"}}
    )
    assert changed.status_code == 409
    assert (len(await found(api, "tier b")), await found(api, "gold")) == (1, {})
    assert len(await rows(shop.database, "SELECT 1 FROM metadata_values")) == 2


async def test_objects_of_earlier_versions_are_found_once_they_are_indexed(still_shop: Shop) -> None:
    """A batch at a time, each table once; walking them again changes nothing."""
    shop = still_shop
    api = await shop.client()
    made = await carriers(api, "PO-4711")
    before = {tuple(row) for row in await rows(shop.database, "SELECT object_id, value FROM metadata_values")}
    await execute(shop.database, "DELETE FROM metadata_values")
    assert await found(api, "PO-4711") == {}
    for _ in range(2):
        batches = 0
        while done := await shop.database.write(index_batch):
            assert done <= BATCH_MAX
            batches += 1
        assert batches == len(TABLES)
        await execute(shop.database, "DELETE FROM renormalised")
    assert await found(api, "PO-4711") == made
    assert {tuple(row) for row in await rows(shop.database, "SELECT object_id, value FROM metadata_values")} == before


async def test_an_erased_customers_values_are_gone(still_shop: Shop) -> None:
    """With the customer at once, with their orders by the job that takes them out of everything else."""
    shop = still_shop
    api = await shop.client()
    made = await carriers(api, "ada@example.com")
    assert set(await found(api, "ada@example.com")) == set(made) - {"customer"}  # found by the address itself
    await erase(shop, made["customer"])
    assert await found(api, "ada@example.com") == {}


async def test_what_is_looked_for_is_a_range_of_its_index(still_shop: Shop) -> None:
    """Asked of the planner on both databases: finding, and each batch of the walk."""
    shop = still_shop
    await carriers(await shop.client(), "PO-4711")
    await execute(shop.database, "DELETE FROM renormalised")
    who = Principal(shop.project_id, False, "user", "user:x")
    asked: list[Asked] = []

    async def look(tx: Transaction) -> None:
        noting: Any = Noting(tx)
        await search(noting, who, "PO-4711")
        while await index_batch(noting):
            pass
        asked.extend(one for one in noting.asked if not one.sql.startswith("INSERT"))

    await shop.database.write(look)
    planner = Planner(shop, "we_x")
    plans = {one.sql: await planner.plan(one, sorting=True) for one in asked}
    wrong = re.compile(r"^SCAN (?!json_each)|Seq Scan", re.M)
    assert {sql: plan for sql, plan in plans.items() if wrong.search(plan)} == {}
    [found] = [plan for sql, plan in plans.items() if sql.startswith("SELECT object_id FROM metadata_values")]
    assert "metadata_values_by_value" in found and "TEMP B-TREE" not in found and "Sort" not in found
    assert len(WALKS) == len(TABLES)


def test_every_table_with_metadata_is_searched() -> None:
    """Read from the migrations: a new one is added to the tables that are searched, or says why not."""
    root = Path(__file__).parents[2] / "src/tillgate/store/migrations"
    made = set()
    for path in sorted(root.glob("*.sql")):
        text = path.read_text()
        for table, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\);", text, re.S):
            made |= {table} if re.search(r"^\s+metadata TEXT", body, re.M) else set()
        made |= set(re.findall(r"ALTER TABLE (\w+) ADD COLUMN metadata ", text))
        for old, new in re.findall(r"ALTER TABLE (\w+) RENAME TO (\w+)", text):
            made = (made - {old}) | ({new} if old in made else set())
    assert made == set(TABLES.values()) | NOT_SEARCHED


def test_values_are_bounded() -> None:
    """One digest each, of one length; what is no text or number, or longer than a search may be, has none."""
    assert digests_of('{"a":"x","b":"X","c":1}') == digests_of('{"a":"x","c":1}') != []
    assert digests_of('{"a":true,"b":null,"c":["x"],"d":{"e":"x"},"f":"","g":"\\u200b"}') == []
    assert digests_of(f'{{"a":"{"x" * (VALUE_LENGTH_MAX + 1)}"}}') == digests_of(None) == []
    assert {len(one) for one in digests_of(f'{{"a":"{chr(0xFDFA) * VALUE_LENGTH_MAX}","b":-1.5}}')} == {32}
