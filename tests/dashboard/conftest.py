"""The dashboard of the real application: its owner's browser without a screen, and one with."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.running import OWNER_EMAIL, OWNER_PASSWORD
from tests.shop import PUBLIC_URL, Shop, shop, sqlite_shop

__all__ = ["shop", "sqlite_shop"]

RAW_KEY = re.compile(r"ck_(?:live|test)_[0-9A-Za-z]{32}")
RAW_SECRET = re.compile(r"whsec_[0-9A-Za-z+/=]{32}")


class Owner:
    """A signed-in owner: what a browser does with cookies, hidden fields and redirects, and nothing more."""

    def __init__(self, shop: Shop, http: httpx.AsyncClient) -> None:
        self.shop = shop
        self.http = http
        self.csrf = ""

    async def page(self, path: str, status: int = 200) -> str:
        """A page's text, entities resolved, no-break spaces plain."""
        answer = await self.http.get(f"/dashboard{path}")
        assert answer.status_code == status, answer.text
        return html.unescape(answer.text).replace("\xa0", " ")

    async def send(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """Send a form as one of the dashboard's pages would, that of the settings as they are now."""
        if path == "/settings" and "version" not in fields:
            fields |= {"version": await self.settings_version()}
        return await self.http.post(f"/dashboard{path}", data={"csrf": self.csrf, **fields})

    async def settings_version(self) -> str:
        """What the form of the settings says of when it was read."""
        found = re.search(r'name="version" value="(\w+)"', await self.page("/settings"))
        assert found is not None
        return found[1]

    async def done(self, path: str, **fields: str | list[str]) -> str:
        """Send a form that succeeds, and follow to the page that says so; the page's path."""
        answer = await self.send(path, **fields)
        assert answer.status_code == 303, html.unescape(answer.text)
        where = answer.headers["location"]
        assert where.startswith("/dashboard")
        return where.removeprefix("/dashboard")

    async def link(self, **fields: str) -> str:
        """The path of a new payment link."""
        new = {"title": "Pro plan", "fiatAmount": "49.00", "fiatCurrency": "USD"} | fields
        return await self.done("/payment-links", **new)

    async def session(self, **fields: object) -> str:
        """The path of a new test session, made by the API."""
        api = await self.shop.client()
        body = {"amount": {"value": "49.00", "currency": "USD"}, **fields}
        if "linkId" in fields:
            del body["amount"]
        answer = await api.post("/checkout_sessions", json=body)
        assert answer.status_code == 201, answer.text
        return f"/sessions/{answer.json()['id']}"


@asynccontextmanager
async def browser_of(shop: Shop, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """A browser that nobody has signed in with; its forms come from this origin."""
    transport = httpx.ASGITransport(shop.app, client=(address, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers={"Origin": PUBLIC_URL}) as http:
        yield http


async def sign_in(http: httpx.AsyncClient, password: str = OWNER_PASSWORD, **fields: str) -> httpx.Response:
    return await http.post("/dashboard/sign-in", data={"email": OWNER_EMAIL, "password": password, **fields})


@asynccontextmanager
async def owner_of(shop: Shop) -> AsyncIterator[Owner]:
    await shop.app.accounts.create_user(OWNER_EMAIL, OWNER_PASSWORD)
    async with browser_of(shop) as http:
        assert (await sign_in(http)).status_code == 303
        owner = Owner(shop, http)
        owner.csrf = hidden(await owner.page(""), "csrf")
        yield owner


@pytest.fixture
async def owner(sqlite_shop: Shop) -> AsyncIterator[Owner]:
    """The owner of a shop on SQLite."""
    async with owner_of(sqlite_shop) as signed_in:
        yield signed_in


@pytest.fixture
async def owner_of_both(shop: Shop) -> AsyncIterator[Owner]:
    """The owner of a shop on SQLite, and of one on PostgreSQL."""
    async with owner_of(shop) as signed_in:
        yield signed_in


def hidden(page: str, name: str) -> str:
    """The value of a page's first hidden field with this name."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found is not None, f"no hidden field {name!r}"
    return found[1]
