"""What no order can be, sent to every route: refused in the envelope, and nothing is written."""

import json
from typing import Any

import pytest

from tests.dialects.crossmint.conftest import PAYER, Mint

pytestmark = pytest.mark.anyio

WALLET = {"walletAddress": PAYER}
ADDRESS = {"name": "A", "line1": "1 Road", "city": "Oslo", "postalCode": "0150", "country": "NO"}
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e308, 2**63, 2**200, "", " ", "\u0000", "\u202e", "x" * 5_000, "💥" * 300, [], [[]],
    {}, {"a": 1},
)  # fmt: skip
FIELDS = (
    "recipient", "recipient.email", "recipient.walletAddress", "recipient.physicalAddress",
    "recipient.physicalAddress.name", "recipient.physicalAddress.line2", "recipient.physicalAddress.postalCode",
    "recipient.physicalAddress.country", "payment", "payment.method", "payment.currency", "payment.payerAddress",
    "payment.receiptEmail", "lineItems", "lineItems.collectionLocator", "lineItems.productLocator",
    "lineItems.tokenLocator", "lineItems.callData", "lineItems.callData.quantity", "lineItems.callData.totalPrice",
    "lineItems.executionParameters", "locale", "state", "metadata", "unknown", "payment.unknown", "lineItems.unknown",
)  # fmt: skip


def changed(body: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """The body with another value at that place."""
    whole = json.loads(json.dumps(body))
    *way, last = field.split(".")
    here = whole
    for name in way:
        here = here.setdefault(name, {})
    here[last] = value
    return dict(whole)


async def test_odd_values_in_every_field_are_refused_or_come_out_again(mint: Mint) -> None:
    """No 5xx; what is refused says so in the envelope and leaves no order; what is taken can be read and listed."""
    whole = mint.order(recipient={"email": "a@example.com", "physicalAddress": ADDRESS})
    editable = {name: part for name, part in whole.items() if name != "lineItems"}
    path = f"/orders/{(await mint.made())['order']['orderId']}"
    taken = 0
    for field in FIELDS:
        for value in ODD:
            for method, where, body in (("POST", "/orders", whole), ("PATCH", path, editable)):
                answer = await mint.call(method, where, changed(body, field, value))
                assert answer.status_code in (200, 201, 400), (method, field, str(value)[:40], answer.text)
                if answer.status_code == 400:
                    told = answer.json()
                    assert told["error"] is True and told["message"] and len(told["message"]) < 1_000, (field, value)
                elif method == "POST":
                    taken += 1
                    order_id = answer.json()["order"]["orderId"]
                    assert (await mint.read(order_id))["orderId"] == order_id
    found = 0
    cursor: str | None = ""
    while cursor is not None:
        page = (await mint.call("GET", f"/orders?limit=100{cursor}")).json()
        found += len(page["data"])
        cursor = f"&cursor={page['nextCursor']}" if page["nextCursor"] is not None else None
    assert found == taken + 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "draft"}, "drafts are not supported"),
        ({"payment": {"method": "stripe-payment-element"}}, "no rail for cards"),
        ({"payment": {"method": "dogecoin"}}, "payment.method: expected one of"),
        ({"payment": {"method": "solana", "currency": "eth"}}, "payment.currency: expected one of sol"),
        ({"payment": {"method": "solana", "payerAddress": PAYER}}, "payment.payerAddress: expected an address"),
        ({"recipient": {}}, "recipient: expected either"),
        ({"recipient": {"email": "a@b.example", **WALLET}}, "recipient: expected either"),
        ({"recipient": {"email": "nobody"}}, "recipient.email: expected an address such as"),
        ({"lineItems": []}, "lineItems: expected 1 to 100 entries"),
        ({"lineItems": {}}, "lineItems: expected either collectionLocator"),
        ({"lineItems": {"tokenLocator": "base:0xabc:1"}}, "lineItems.tokenLocator"),
        ({"lineItems": {"productLocator": "amazon:B01"}}, "lineItems.productLocator: expected crossmint:"),
        (
            {"lineItems": [{"collectionLocator": "crossmint:nothing"}]},
            "lineItems[0].collectionLocator: no such product",
        ),
        ({"lineItems": {"collectionLocator": "crossmint:a:b:c"}}, "expected crossmint:<product>"),
        ({"locale": "xx-XX"}, "locale"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_refused_is_named(mint: Mint, changes: dict[str, Any], words: str) -> None:
    """In the document's own words, with what would be right."""
    answer = await mint.call("POST", "/orders", mint.order(**changes))
    assert (answer.status_code, words in answer.json()["message"]) == (400, True), answer.text


async def test_bad_lists_and_bodies_are_refused(mint: Mint) -> None:
    """Cursors that no page gave, limits out of range, parameters that there are none of, and what is no JSON."""
    for query in ("limit=0", "limit=101", "limit=x", "sort=up", "cursor=", "cursor=before_", "cursor=after_x", "a=1",
                  "limit=1&limit=2", f"cursor={'x' * 65}", "cursor=before_00000000000000000000000000%00"):  # fmt: skip
        answer = await mint.call("GET", f"/orders?{query}")
        assert (answer.status_code, answer.json()["error"]) == (400, True), query
    headers = {"x-api-key": mint.server}
    for content, type, status in (
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"[" * 5_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * 300_000, "application/json", 413),
    ):
        answer = await mint.http.post(
            "/api/2022-06-09/orders", content=content, headers=headers | {"content-type": type}
        )
        assert (answer.status_code, answer.json()["error"]) == (status, True), content[:10]
