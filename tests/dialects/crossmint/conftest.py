"""A running shop that speaks Crossmint's language, on either database where a test asks for that."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn import Kind
from tests.databases import database_url
from tests.requirements.calling import HERE, key_of
from tests.shop import PUBLIC_URL, Shop, open_shop
from tillgate.dialects.crossmint import CROSSMINT
from tillgate.dialects.crossmint.ids import own_id

__all__ = ["database_url"]

ROOT = "/api/2022-06-09"
LOCAL = "http://localhost:3000"
MUG = {"name": "Mug", "price": "50.00", "currency": "USD"}
PAYER = "0x" + "Ab" * 20


class Mint:
    """The shop as Crossmint's callers see it."""

    def __init__(self, shop: Shop, server: str, client: str, product: str) -> None:
        self.shop = shop
        self.server, self.client, self.product = server, client, product
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(shop.app, client=(HERE, 50_000)), base_url=PUBLIC_URL
        )

    def order(self, **changes: Any) -> dict[str, Any]:
        """A whole order for one product; ``changes`` replace parts, None leaves one out."""
        whole = {
            "recipient": {"email": "buyer@example.com"},
            "payment": {"method": "base-sepolia", "currency": "usdc", "payerAddress": PAYER},
            "lineItems": {"collectionLocator": f"crossmint:{self.product}"},
        } | changes
        return {name: value for name, value in whole.items() if value is not None}

    async def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> httpx.Response:
        """One call, by the server's key unless another is given; an empty one is none."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        shown = self.server if key is None else key
        if shown:
            named["x-api-key"] = shown
        root = "" if path.startswith(("/api", "/crossmint")) else ROOT
        return await self.http.request(method, f"{root}{path}", json=body, headers=named)

    async def made(self, **changes: Any) -> dict[str, Any]:
        """What a new order's creation answers with."""
        answer = await self.call("POST", "/orders", self.order(**changes))
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def read(self, order_id: str) -> dict[str, Any]:
        answer = await self.call("GET", f"/orders/{order_id}")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def edited(self, order_id: str, **changes: Any) -> dict[str, Any]:
        answer = await self.call("PATCH", f"/orders/{order_id}", changes)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def native(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The same server in its native language."""
        headers = {"x-api-key": self.server}
        answer = await self.http.request(method, f"/api/v1{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def own_order(self, order_id: str) -> dict[str, Any]:
        """The order natively, found by what it is called here."""
        return await self.native("GET", f"/orders/{own_id('ord', order_id)}")

    async def simulate(self, order_id: str, outcome: str) -> None:
        """Let test money come, or not, by the native API."""
        session_id = (await self.own_order(order_id))["sessionId"]
        await self.native("POST", f"/checkout_sessions/{session_id}/simulate", {"outcome": outcome})


@pytest.fixture
async def mint(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Mint]:
    async with open_shop(tmp_path, database_url, dialects=(CROSSMINT,)) as shop:
        server = (await key_of(shop, format="crossmint")).secret.reveal()
        client = (await key_of(shop, format="crossmint", kind=Kind.PUBLISHABLE, origins=[LOCAL])).secret.reveal()
        made = Mint(shop, server, client, "")
        async with made.http:
            made.product = (await made.native("POST", "/products", MUG))["id"]
            yield made
