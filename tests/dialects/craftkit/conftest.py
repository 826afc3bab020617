"""A running shop that speaks CraftKit's language, with a template, on either database where a test asks for that."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn.database import Transaction
from tests.databases import database_url
from tests.requirements.calling import HERE, bearer, key_of
from tests.shop import PUBLIC_URL, Shop, eventually, open_shop
from tillgate.documents.templates.manifest import Loop, Manifest, Variable
from tillgate.documents.templates.operations import NewVersion, Published, publish

__all__ = ["database_url"]

ROOT = "/v1"
SOURCE = '#let data = json("data.json")\n= #data.title\n#for row in data.rows [- #row.name: #row.amount\n]'
MANIFEST = Manifest(
    [Variable("title", required=True), Variable("customer.email", data_type="email")],
    [Loop("rows", [Variable("name", required=True), Variable("amount", data_type="number")])],
)


class Press:
    """The shop as CraftKit's callers see it."""

    def __init__(self, shop: Shop, key: str) -> None:
        self.shop = shop
        self.key = key
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(shop.app, client=(HERE, 50_000)), base_url=PUBLIC_URL
        )

    async def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> httpx.Response:
        """One call, by the test key unless another is given; an empty one is none."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        shown = self.key if key is None else key
        if shown:
            named |= bearer(shown)
        if isinstance(body, bytes):
            return await self.http.request(method, f"{ROOT}{path}", content=body, headers=named)
        return await self.http.request(method, f"{ROOT}{path}", json=body, headers=named)

    async def publish(
        self, slug: str = "note", source: str = SOURCE, manifest: Manifest = MANIFEST, **more: Any
    ) -> Published:
        """Publish a version of a template, as the command line does."""
        new = NewVersion(slug, "A note", source, manifest, more.pop("files", {}), **more)

        async def operation(tx: Transaction) -> Published:
            return await publish(
                tx, self.shop.sealer, self.shop.project_id, new, by="operator:test", now=self.shop.clock.now()
            )

        return await self.shop.database.write(operation)

    async def asked(self, data: Any, slug: str = "note", *, key: str | None = None, **options: Any) -> dict[str, Any]:
        """A render that was asked for and has ended."""
        body = {"data": data, "options": options} if options else {"data": data}
        answer = await self.call("POST", f"/templates/{slug}/render", body, key=key)
        assert answer.status_code == 202, answer.text
        return await self.ended(answer.json()["id"], key=key)

    async def ended(self, render_id: str, *, key: str | None = None) -> dict[str, Any]:
        """A render, once it has ended."""

        async def looked() -> dict[str, Any] | None:
            told = (await self.call("GET", f"/renders/{render_id}", key=key)).json()
            return told if told["status"] in ("succeeded", "failed") else None

        found: dict[str, Any] = await eventually(looked)
        return found


async def pressed(shop: Shop) -> Press:
    """The shop with a CraftKit key of test mode."""
    return Press(shop, (await key_of(shop, format="craftkit")).secret.reveal())


@pytest.fixture
async def press(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Press]:
    async with open_shop(tmp_path, database_url) as shop:
        press = await pressed(shop)
        await press.publish()
        yield press


@pytest.fixture
async def sqlite_press(tmp_path: Path, anyio_backend: object) -> AsyncIterator[Press]:
    async with open_shop(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}") as shop:
        press = await pressed(shop)
        await press.publish()
        yield press
