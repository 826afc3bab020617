"""A running shop that speaks Coin Moebius, on either database."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn import Issued
from tests.databases import database_url
from tests.requirements.calling import key_of
from tests.shop import Shop, open_shop
from tillgate.base.principal import Principal
from tillgate.checkout.products.model import Product
from tillgate.checkout.products.operations import NewProduct, create_product
from tillgate.dialects.coin_moebius import COIN_MOEBIUS

__all__ = ["database_url"]

BASE = "/coin-moebius"


class Coin:
    """The document's routes of one shop, as somebody without a key calls them."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.http = self.visitor("203.0.113.7")

    def visitor(self, address: str) -> httpx.AsyncClient:
        """Somebody at an address."""
        transport = httpx.ASGITransport(self.shop.app, client=(address, 50_000))
        return httpx.AsyncClient(transport=transport, base_url=f"https://shop.example{BASE}")

    @property
    def project(self) -> str:
        """The project's id as the document writes it."""
        return f"proj_{self.shop.project_id[4:]}"

    async def key(self, mode: str = "test", **wish: Any) -> Issued:
        return await key_of(self.shop, format="coin-moebius", mode=mode, **wish)

    async def product(self, price: str | None = "29.99", *, livemode: bool = False, **more: Any) -> Product:
        """A new product of the first project."""
        new = NewProduct(name="Poster", price=price, **more)
        owner = Principal(self.shop.project_id, livemode, "operator", "operator:test")
        checkout = self.shop.app._checkout
        return await self.shop.database.write(lambda tx: create_product(checkout, tx, owner, new))

    async def check_out(self, product: str, provider: str = "crypto", **more: Any) -> httpx.Response:
        """Ask for a checkout; ``headers`` go along, everything else is the body's."""
        headers = more.pop("headers", {})
        return await self.http.post(
            f"/api/checkout/{provider}/{self.project}", json={"productId": product, **more}, headers=headers
        )

    async def status(self, transaction: str, **more: Any) -> Any:
        """What ``/status`` says of a transaction."""
        answer = await self.http.get(f"/status/{self.project}/{transaction}", **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def coin(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Coin]:
    """A shop of this test alone, on SQLite and on PostgreSQL."""
    async with open_shop(tmp_path, database_url, dialects=(COIN_MOEBIUS,)) as shop:
        made = Coin(shop)
        async with made.http:
            yield made


@pytest.fixture
async def coin_on_sqlite(tmp_path: Path, anyio_backend: object) -> AsyncIterator[Coin]:
    """The same on SQLite, for what has nothing to do with the database."""
    async with open_shop(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}", dialects=(COIN_MOEBIUS,)) as shop:
        made = Coin(shop)
        async with made.http:
            yield made
