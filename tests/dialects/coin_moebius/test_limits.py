"""The limits that Coin Moebius' language declares are those that it keeps."""

from typing import Any

import httpx
import pytest

from tests.dialects.coin_moebius.conftest import Coin
from tests.limits import Asked, kept
from tillgate.dialects.coin_moebius import COIN_MOEBIUS
from tillgate.wire.openapi import document

pytestmark = pytest.mark.anyio


async def test_a_limit_is_kept(coin_on_sqlite: Coin) -> None:
    """In each field a value at the declared limit is not refused for it, and one beyond is, by name."""
    coin = coin_on_sqlite
    product = await coin.product(None, pricing="buyer")
    path = f"/api/checkout/crypto/{coin.project}"
    asked = {"POST /api/checkout/{provider}/{projectId}": Asked(path, {"productId": product.id, "amount": 5})}

    async def call(method: str, path: str, body: Any) -> httpx.Response:
        return await coin.http.request(method, path, json=body)

    told = document(COIN_MOEBIUS, "", "https://shop.example", "")
    tried, wrong = await kept(told, asked, call, lookups=frozenset({"productId"}))
    assert not wrong, "\n".join(wrong)
    assert tried > 2
