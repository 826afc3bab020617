"""Orders in Crossmint's language, over HTTP only, each step read natively as well."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from keyturn import KeyWish, Mode
from tests.dialects.crossmint.conftest import PAYER, Mint
from tillgate.base.clock import DAY_MS, HOUR_MS
from tillgate.checkout.products import records as product_records
from tillgate.checkout.products.model import Product
from tillgate.dialects.crossmint import operations
from tillgate.dialects.crossmint.ids import uuid_of
from tillgate.store import Transaction

pytestmark = pytest.mark.anyio


def statuses(order: dict[str, Any]) -> tuple[str, str, str, str, str]:
    [line] = order["lineItems"]
    return (
        order["phase"],
        order["quote"]["status"],
        line["quote"]["status"],
        order["payment"]["status"],
        line["delivery"]["status"],
    )


READY = ("payment", "valid", "valid", "awaiting-payment", "awaiting-payment")


async def test_an_order_goes_through_every_phase_and_is_the_same_order_natively(mint: Mint) -> None:
    """Created incomplete, completed by edits, paid by a native simulation, delivered by the merchant."""
    made = await mint.made(recipient=None, payment={"method": "base-sepolia", "currency": "usdc"})
    order = made["order"]
    assert str(uuid.UUID(order["orderId"])) == order["orderId"]
    assert statuses(order) == (
        "quote", "requires-recipient", "requires-recipient", "requires-quote", "awaiting-payment",
    )  # fmt: skip
    assert order["quote"]["totalPrice"] == {"amount": "50.00", "currency": "usd"}
    native = await mint.own_order(order["orderId"])
    assert (native["status"], native["amounts"]["total"]) == ("open", "50.00")
    order = await mint.edited(order["orderId"], recipient={"email": "buyer@example.com"})
    assert statuses(order) == ("payment", "valid", "valid", "requires-crypto-payer-address", "awaiting-payment")
    assert "preparation" not in order["payment"]
    order = await mint.edited(
        order["orderId"], payment={"method": "base-sepolia", "currency": "usdc", "payerAddress": PAYER}
    )
    assert statuses(order) == READY
    preparation = order["payment"]["preparation"]
    assert (preparation["chain"], preparation["payerAddress"]) == ("base-sepolia", PAYER)
    session = await mint.native("GET", f"/checkout_sessions/{native['sessionId']}")
    assert session["address"].removeprefix("test:0x") in preparation["serializedTransaction"]
    await mint.simulate(order["orderId"], "detected")
    order = await mint.read(order["orderId"])
    assert statuses(order) == ("payment", "valid", "valid", "in-progress", "awaiting-payment")
    assert (await mint.own_order(order["orderId"]))["status"] == "processing"
    late = await mint.call("PATCH", f"/orders/{order['orderId']}", {"locale": "de-DE"})
    assert (late.status_code, late.json()["error"]) == (400, True)
    await mint.simulate(order["orderId"], "paid")
    order = await mint.read(order["orderId"])
    assert statuses(order) == ("delivery", "valid", "valid", "completed", "in-progress")
    assert order["payment"]["received"]["amount"] == "50.00"
    native = await mint.own_order(order["orderId"])
    assert (native["status"], native["fulfillment"]) == ("paid", "unfulfilled")
    token = {"locator": "base-sepolia:0xabc:1", "contractAddress": "0xabc", "tokenId": "1"}
    await mint.native("POST", f"/orders/{native['id']}/deliver", {"transactionId": "0xfeed", "tokens": [token]})
    order = await mint.read(order["orderId"])
    assert statuses(order) == ("completed", "valid", "valid", "completed", "completed")
    delivery = order["lineItems"][0]["delivery"]
    assert (delivery["txId"], delivery["tokens"]) == ("0xfeed", [token])
    assert delivery["recipient"] == {"locator": "email:buyer@example.com:base-sepolia", "email": "buyer@example.com"}
    native = await mint.own_order(order["orderId"])
    assert (native["fulfillment"], native["lineItems"][0]["delivery"]["status"]) == ("fulfilled", "delivered")


async def test_a_quote_lasts_an_hour_and_an_edit_quotes_again(mint: Mint) -> None:
    """The order moves back to the quote; session and address stay, the price is the product's as it is then."""
    order_id = (await mint.made())["order"]["orderId"]
    before = await mint.own_order(order_id)
    address = (await mint.native("GET", f"/checkout_sessions/{before['sessionId']}"))["address"]
    mint.shop.clock.ahead_ms += HOUR_MS
    order = await mint.read(order_id)
    assert statuses(order) == ("quote", "expired", "expired", "requires-quote", "awaiting-payment")
    assert (await mint.own_order(order_id))["status"] == "open"
    await mint.native("PATCH", f"/products/{mint.product}", {"price": "60.00"})
    order = await mint.edited(order_id, locale="ja-JP")
    assert statuses(order) == READY
    assert (order["quote"]["totalPrice"]["amount"], order["locale"]) == ("60.00", "ja-JP")
    after = await mint.own_order(order_id)
    session = await mint.native("GET", f"/checkout_sessions/{after['sessionId']}")
    assert (after["sessionId"], session["address"], session["fiat"]["amount"]) == (
        before["sessionId"], address, "60.00",
    )  # fmt: skip
    # Money sent on an old quote counts.
    mint.shop.clock.ahead_ms += HOUR_MS
    await mint.simulate(order_id, "paid")
    assert (await mint.read(order_id))["phase"] == "delivery"


async def test_after_a_week_without_a_quote_the_order_is_over(mint: Mint) -> None:
    """The native session has ended; nothing brings the quote back."""
    order_id = (await mint.made())["order"]["orderId"]
    mint.shop.clock.ahead_ms += 7 * DAY_MS
    refused = await mint.call("PATCH", f"/orders/{order_id}", {})
    assert refused.status_code == 400
    assert (await mint.read(order_id))["quote"]["status"] == "expired"


async def test_what_is_unusual_about_money_is_told(mint: Mint) -> None:
    """A decline leaves the status and says why; too little waits; a cancellation makes everything unavailable."""
    order_id = (await mint.made())["order"]["orderId"]
    await mint.simulate(order_id, "declined")
    order = await mint.read(order_id)
    assert (statuses(order), order["payment"]["failureReason"]["code"]) == (READY, "unknown")
    await mint.simulate(order_id, "underpaid")
    order = await mint.read(order_id)
    assert statuses(order)[:1] + statuses(order)[3:4] == ("payment", "crypto-payer-insufficient-funds")
    assert (order["payment"]["failureReason"]["code"], order["payment"]["received"]["amount"]) == (
        "insufficient-funds", "25.00",
    )  # fmt: skip
    canceled = (await mint.made())["order"]["orderId"]
    native = await mint.own_order(canceled)
    await mint.native("POST", f"/checkout_sessions/{native['sessionId']}/cancel")
    order = await mint.read(canceled)
    assert statuses(order)[:4] == ("quote", "all-line-items-unavailable", "item-unavailable", "requires-quote")
    assert order["lineItems"][0]["quote"]["unavailabilityReason"]["code"] == "order-canceled"


async def test_a_product_that_needs_an_address_asks_for_one(mint: Mint) -> None:
    """``"shippable": true`` in a product's metadata."""
    await mint.native("PATCH", f"/products/{mint.product}", {"metadata": {"shippable": True}})
    order = (await mint.made())["order"]
    assert statuses(order)[:4] == ("quote", "requires-physical-address", "requires-recipient", "requires-quote")
    address = {"name": "A", "line1": "1 Road", "city": "Oslo", "postalCode": "0150", "country": "NO"}
    order = await mint.edited(order["orderId"], recipient={"email": "buyer@example.com", "physicalAddress": address})
    assert statuses(order) == READY
    assert order["lineItems"][0]["delivery"]["recipient"]["physicalAddress"] == address


async def test_what_is_not_for_sale_any_more_cannot_be_quoted(mint: Mint) -> None:
    """All of it, or some: neither can be paid."""
    other = await mint.native("POST", "/products", {"name": "Cup", "price": "1.00", "currency": "USD"})
    lines = [{"collectionLocator": f"crossmint:{one}"} for one in (mint.product, other["id"])]
    both, one = (await mint.made(lineItems=lines))["order"], (await mint.made())["order"]
    await mint.native("PATCH", f"/products/{mint.product}", {"active": False})
    order = await mint.edited(one["orderId"])
    assert statuses(order)[:4] == ("quote", "all-line-items-unavailable", "item-unavailable", "requires-quote")
    order = await mint.edited(both["orderId"])
    assert (order["phase"], order["quote"]["status"]) == ("quote", "expired")
    assert [line["quote"]["status"] for line in order["lineItems"]] == ["item-unavailable", "valid"]
    refused = await mint.call("POST", "/orders", mint.order())
    assert (refused.status_code, "not for sale" in refused.json()["message"]) == (400, True)


async def test_a_failed_item_is_refunded_and_the_order_completes(mint: Mint) -> None:
    """Each item has an end of its own; payment stays completed, ``refunded`` says what went back."""
    lines: list[dict[str, Any]] = [
        {"collectionLocator": f"crossmint:{mint.product}:blue", "callData": {"quantity": 2, "totalPrice": "100"}},
        {"productLocator": f"crossmint:{mint.product}"},
    ]
    order = (await mint.made(lineItems=lines))["order"]
    assert [line.get("collectionLocator") for line in order["lineItems"]] == [lines[0]["collectionLocator"], None]
    assert order["lineItems"][0]["callData"] == lines[0]["callData"]
    early = await mint.call("POST", f"/api/v1/orders/{(await mint.own_order(order['orderId']))['id']}/deliver", {})
    assert (early.status_code, early.json()["error"]["code"]) == (409, "order_not_deliverable")
    await mint.simulate(order["orderId"], "paid")
    native = await mint.own_order(order["orderId"])
    first, second = (line["id"] for line in native["lineItems"])
    await mint.native("POST", f"/orders/{native['id']}/deliver", {"lineItemIds": [first]})
    order = await mint.read(order["orderId"])
    assert order["phase"] == "delivery"
    failing = {"lineItemIds": [second], "reason": "sold out"}
    for _ in range(2):
        await mint.native("POST", f"/orders/{native['id']}/fail_delivery", failing)
    order = await mint.read(order["orderId"])
    assert [line["delivery"]["status"] for line in order["lineItems"]] == ["completed", "failed"]
    assert (order["phase"], order["payment"]["status"]) == ("completed", "completed")
    assert order["payment"]["refunded"] == {"amount": "50.00", "currency": "usd"}


async def test_a_test_recipient_is_delivered_to_automatically(mint: Mint) -> None:
    """``+delivered`` in the address; what is edited away before the payment does not deliver itself."""
    automatic = {"email": "a+delivered@example.com"}
    order_id = (await mint.made(recipient=automatic))["order"]["orderId"]
    await mint.simulate(order_id, "paid")
    assert (await mint.read(order_id))["phase"] == "completed"
    order_id = (await mint.made(recipient=automatic))["order"]["orderId"]
    await mint.edited(order_id, recipient={"email": "a@example.com"})
    await mint.simulate(order_id, "paid")
    assert (await mint.read(order_id))["phase"] == "delivery"


async def test_lists_go_both_ways_in_either_order(mint: Mint) -> None:
    """Every order once forwards and once backwards; an order of another language is among them."""
    made = [(await mint.made())["order"]["orderId"] for _ in range(4)]
    await mint.native("POST", "/checkout_sessions", {"amount": {"value": "5.00", "currency": "USD"}})
    for sort in ("desc", "asc"):
        pages, cursor = [], ""
        while True:
            page = (await mint.call("GET", f"/orders?limit=2&sort={sort}{cursor}")).json()
            pages.append(page)
            if page["nextCursor"] is None:
                break
            cursor = f"&cursor={page['nextCursor']}"
        found = [one["orderId"] for page in pages for one in page["data"]]
        assert len(found) == 5 and pages[0]["previousCursor"] is None
        assert [one for one in found if one in made] == (made[::-1] if sort == "desc" else made)
        back = [pages[-1]]
        while (cursor := back[-1]["previousCursor"]) is not None:
            back.append((await mint.call("GET", f"/orders?limit=2&sort={sort}&cursor={cursor}")).json())
        assert [[one["orderId"] for one in page["data"]] for page in back] == [
            [one["orderId"] for one in page["data"]] for page in ([pages[2], pages[1], pages[0]])
        ]
        assert back[-1]["nextCursor"] is not None


async def test_fifty_retries_of_one_name_are_one_order(mint: Mint) -> None:
    """Each retry is answered with the first order and its clientSecret."""
    body = mint.order()
    answers = [await mint.call("POST", "/orders", body, idempotency_key="cart-1") for _ in range(50)]
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["order"]["orderId"] for one in answers}) == 1
    assert len({one.json()["clientSecret"] for one in answers}) == 1
    assert len((await mint.call("GET", "/orders")).json()["data"]) == 1


async def test_a_product_is_named_by_its_reference_as_well(mint: Mint) -> None:
    """The merchant's own name, or the one that a product's twins share; the locator is given back as it came."""
    product_id = mint.product
    await mint.native("PATCH", f"/products/{product_id}", {"reference": "mug"})
    order = (await mint.made(lineItems={"collectionLocator": "crossmint:mug:blue"}))["order"]
    assert order["lineItems"][0]["collectionLocator"] == "crossmint:mug:blue"
    assert (await mint.own_order(order["orderId"]))["lineItems"][0]["productId"] == product_id
    order = await mint.edited(order["orderId"])
    assert order["quote"]["status"] == "valid"
    # A name in the form of a UUID is an id, or else a reference.
    name = "0192f6c2-7b1e-7c3a-9f00-1234567890ab"
    await mint.native("PATCH", f"/products/{product_id}", {"reference": name})
    await mint.made(lineItems={"collectionLocator": f"crossmint:{name}"})
    await mint.made(lineItems={"collectionLocator": f"crossmint:{uuid_of(product_id)}"})
    refused = await mint.call("POST", "/orders", mint.order(lineItems={"collectionLocator": "crossmint:mug"}))
    assert refused.status_code == 400 and "lineItems.collectionLocator" in refused.json()["message"]


async def test_any_number_of_references_is_looked_up_together(mint: Mint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, and by as many statements for twenty items as for two; names of another mode's products lead to their
    twins."""
    for number in range(20):
        new = {"name": f"Mug {number}", "price": "1.00", "reference": f"mug-{number}"}
        await mint.native("POST", "/products", new)
    asked: list[Sequence[str]] = []
    named = product_records.named

    async def counted(tx: Transaction, project_id: str, names: Sequence[str]) -> list[Product]:
        asked.append(names)
        return await named(tx, project_id, names)

    async def again(*_: object) -> list[Product]:
        raise AssertionError("its products are looked up once")

    monkeypatch.setattr(product_records, "named", counted)
    monkeypatch.setattr(product_records, "by_ids", again)
    for count in (2, 20):
        asked.clear()
        lines = [{"collectionLocator": f"crossmint:mug-{number}"} for number in range(count)]
        order = (await mint.made(lineItems=lines))["order"]
        assert [line["metadata"]["name"] for line in order["lineItems"]] == [f"Mug {one}" for one in range(count)]
        assert [len(names) for names in asked] == [count]


async def test_what_is_remembered_of_an_order_is_never_old(mint: Mint) -> None:
    """Read again and again, it is formed once; each change, and the end of the quote's hour, is told at once. Nobody
    reads it who may not."""
    formed = operations._remembered
    formed.cache_clear()
    order_id = (await mint.made(payment={"method": "base-sepolia"}))["order"]["orderId"]
    first = [await mint.read(order_id) for _ in range(5)]
    assert all(one == first[0] for one in first) and formed.cache_info().misses == 1
    foreign = (await mint.shop.keys.issuer.issue(
        KeyWish(project_id=await mint.shop.project(), mode=Mode.TEST, name="other", scopes=("orders:read",)),
        by="operator:test", format="crossmint",
    )).secret.reveal()  # fmt: skip
    assert (await mint.call("GET", f"/orders/{order_id}", key=foreign)).status_code == 404
    edited = await mint.edited(order_id, recipient={"email": "other@example.com"})
    assert edited["lineItems"][0]["delivery"]["recipient"]["email"] == "other@example.com"
    assert await mint.read(order_id) == edited
    mint.shop.clock.ahead_ms += HOUR_MS
    assert (await mint.read(order_id))["quote"]["status"] == "expired"
    await mint.edited(order_id, payment={"method": "base-sepolia", "payerAddress": PAYER})
    await mint.simulate(order_id, "detected")
    assert (await mint.read(order_id))["payment"]["status"] == "in-progress"


async def test_items_that_fail_at_the_same_moment_are_refunded_once(mint: Mint) -> None:
    """However many say so at once, what goes back is the price of what failed, and never more than came."""
    line = {"collectionLocator": f"crossmint:{mint.product}"}
    order_id = (await mint.made(lineItems=[line, line]))["order"]["orderId"]
    await mint.simulate(order_id, "paid")
    native = await mint.own_order(order_id)
    ids = [one["id"] for one in native["lineItems"]]
    path = f"/api/v1/orders/{native['id']}/fail_delivery"
    client = await mint.shop.client()
    answers = await asyncio.gather(
        *(client.post(path.removeprefix("/api/v1"), json={"lineItemIds": [ids[each % 2]]}) for each in range(10))
    )
    assert {one.status_code for one in answers} == {200}
    shown = await mint.read(order_id)
    assert shown["payment"]["refunded"]["amount"] == "100.00"
    assert {one["delivery"]["status"] for one in shown["lineItems"]} == {"failed"}
    refunds = (await client.get("/refunds", params={"orderId": native["id"]})).json()["data"]
    assert sorted(one["amount"] for one in refunds) == ["50.00", "50.00"]
