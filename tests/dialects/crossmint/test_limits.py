"""The limits that Crossmint's language declares are those that it keeps."""

from typing import Any

import httpx
import pytest

from tests.dialects.crossmint.conftest import Mint
from tests.limits import Asked, Spot, kept
from tillgate.dialects.crossmint import CROSSMINT
from tillgate.wire.openapi import document

pytestmark = pytest.mark.anyio

WALLET = "0x" + "22" * 20
MAILED = {"email": "buyer@example.com"}
# Which there are, the network says, or what the shop sells.
LOOKUPS = frozenset({"method", "currency", "payerAddress", "collectionLocator", "productLocator", "tokenLocator"})


def instead(spot: Spot, body: dict[str, Any]) -> dict[str, Any]:
    """Of an e-mail address and a wallet, one is sent; and one item, or a list of them."""
    if spot.path[:2] == ("lineItems", 0):
        return {**body, "lineItems": [body["lineItems"]]}
    if spot.path[0] == "recipient":
        return {**body, "recipient": {"walletAddress": WALLET} if spot.name == "walletAddress" else MAILED}
    return body


async def test_a_limit_is_kept(mint: Mint) -> None:
    """In each field a value at the declared limit is not refused for it, and one beyond is, by name."""
    order = (await mint.made())["order"]["orderId"]
    asked = {"POST /orders": Asked("/orders", mint.order()), "PATCH /orders/{id}": Asked(f"/orders/{order}", {})}

    async def call(method: str, path: str, body: Any) -> httpx.Response:
        return await mint.call(method, path, body)

    told = document(CROSSMINT, "", "https://shop.example", "")
    tried, wrong = await kept(told, asked, call, lookups=LOOKUPS, instead=instead)
    assert not wrong, "\n".join(wrong)
    assert tried > 30
