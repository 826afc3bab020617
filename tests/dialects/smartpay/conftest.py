"""A running shop as Smartpay's callers see it, on either database."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.databases import database_url
from tests.requirements.calling import HERE, key_of
from tests.shop import PUBLIC_URL, Shop, open_shop
from tillgate.base import ids
from tillgate.checkout.context import CheckoutContext, CheckoutSettings
from tillgate.checkout.payment_tokens.operations import approve_payment_token
from tillgate.dialects.smartpay import SMARTPAY
from tillgate.events.outbox import Outbox
from tillgate.events.wake import Wake
from tillgate.opening import STYLES
from tillgate.rails.port import Rails
from tillgate.rails.simulated import SimulatedRail

__all__ = ["database_url"]

OK = "https://shop.example/ok"
ADDRESS = {"line1": "1-2-3", "locality": "Tokyo", "postalCode": "100-0001", "country": "JP", "line2": None}
ITEMS = [
    {"name": "Mug", "amount": 250, "currency": "JPY", "quantity": 2, "brand": "Kiln", "description": None},
    {"name": "Tax", "amount": 50, "currency": "JPY", "kind": "tax"},
    {"name": "Spring", "amount": 100, "currency": "JPY", "kind": "discount"},
]


PAYLOAD: dict[str, Any] = {
    "amount": 500,
    "currency": "JPY",
    "items": ITEMS,
    "customerInfo": {"emailAddress": "a@example.com", "gender": "x", "firstName": None},
    "shippingInfo": {"address": ADDRESS, "feeAmount": 50, "feeCurrency": "JPY"},
    "successUrl": "https://shop.example/ok",
    "cancelUrl": "https://shop.example/no",
    "captureMethod": "manual",
    "reference": None,
    "unknown": 1,
}


def own(prefix: str, text: str) -> str:
    """This server's id of one as Smartpay writes it."""
    found = ids.unspelled(prefix, text.rpartition("_")[2], "base62")
    assert found is not None
    return found


class Smart:
    """The shop by the secret test key."""

    def __init__(self, shop: Shop, key: str, live: str) -> None:
        self.shop, self.key, self.live = shop, key, live
        self.context = CheckoutContext(
            CheckoutSettings(PUBLIC_URL), Rails(test=SimulatedRail(), live=None), shop.clock, Outbox(Wake(), STYLES)
        )
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(shop.app, client=(HERE, 50_000)), base_url=PUBLIC_URL
        )

    def payload(self, **changes: Any) -> dict[str, Any]:
        """A whole checkout session; ``changes`` replace parts, None leaves one out."""
        whole = PAYLOAD | changes
        return {name: value for name, value in whole.items() if value is not None}

    async def call(self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str) -> Any:
        """One call with the client's own query; an empty key is none."""
        shown = self.key if key is None else key
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if shown:
            named["Authorization"] = f"Basic {shown}"
        root = "" if path.startswith(("/api", "/smartpay", "/v1")) else "/v1"
        query = f"{'&' if '?' in path else '?'}dev-lang=python&sdk-version=0.6.0"
        return await self.http.request(method, f"{root}{path}{query}", json=body, headers=named)

    async def done(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The same, where it must succeed."""
        answer = await self.call(method, path, body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def native(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The same server in its native language."""
        answer = await self.http.request(
            method, f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {self.key}"}
        )
        assert answer.is_success, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def authorized(self, **changes: Any) -> dict[str, Any]:
        """A session whose shopper has confirmed it."""
        session = await self.done("POST", "/checkout-sessions", self.payload(**changes))
        await self.simulate(session, "authorized")
        return session

    async def approved(self, *, declines: bool = False, **changes: Any) -> dict[str, Any]:
        """A token that its shopper has approved."""
        asked = {"mode": "token", "customerInfo": {}, "successUrl": OK, "cancelUrl": "https://shop.example/no"}
        token: dict[str, Any] = (await self.done("POST", "/checkout-sessions", asked | changes))["token"]
        await self.approve(token["id"], declines=declines)
        return token

    async def approve(self, token: str, *, declines: bool = False) -> None:
        """What the shopper's own page does."""
        await self.shop.database.write(
            lambda tx: approve_payment_token(self.context, tx, own("ptok", token), shopper="anna", declines=declines)
        )

    def order(self, token: str, **changes: Any) -> dict[str, Any]:
        """What an order by a token is made of."""
        whole = self.payload(**changes) | {"token": token}
        return {name: value for name, value in whole.items() if name not in ("successUrl", "cancelUrl")}

    async def simulate(self, session: dict[str, Any], outcome: str) -> None:
        await self.native("POST", f"/checkout_sessions/{own('cs', session['id'])}/simulate", {"outcome": outcome})


@contextlib.asynccontextmanager
async def opened(tmp_path: Path, database_url: str) -> AsyncIterator[Smart]:
    async with open_shop(tmp_path, database_url, dialects=(SMARTPAY,)) as shop:
        key = (await key_of(shop, format="smartpay")).secret.reveal()
        live = (await key_of(shop, format="smartpay", mode="live")).secret.reveal()
        made = Smart(shop, key, live)
        async with made.http:
            yield made


@pytest.fixture
async def smart(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Smart]:
    async with opened(tmp_path, database_url) as smart:
        yield smart
