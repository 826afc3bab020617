"""The real application in this process, for tests of what goes over HTTP without a socket in between.

It is composed by the same function as ``tillgate serve``, over the database of the test, with its background
work running. Only the clock is the test's: it goes on its own and can be put forward.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp, Message

from keyturn import Issued, KeyWish, Mode, revoke
from keyturn.database import Database, open_database
from tests.databases import lay_out
from tests.running import EVERY_SCOPE
from tillgate.app import Tillgate, running
from tillgate.base.clock import DAY_MS, MINUTE_MS, SystemClock
from tillgate.dialects import SPOKEN
from tillgate.opening import Keys, open_keys
from tillgate.settings import Settings
from tillgate.store.sealing import Sealer, new_key
from tillgate.wire.dialect import Dialect

PUBLIC_URL = "https://shop.example"
EVENTUALLY_SECONDS_MAX = 20

T = TypeVar("T")


class MovableClock(SystemClock):
    """The machine's clock, put forward as the test likes."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now(self) -> int:
        return super().now() + self.ahead_ms


class Shop:
    """A running Tillgate with one project; keys and clients for it are a call away."""

    def __init__(self, app: Tillgate, database: Database, clock: MovableClock, sealer: Sealer | None = None) -> None:
        self.app = app
        self.sealer = sealer or Sealer(new_key())
        self.database = database
        self.clock = clock
        self.keys: Keys = open_keys(database, clock)
        self.project_id = ""
        self._clients = contextlib.AsyncExitStack()

    async def project(self, name: str = "Another shop") -> str:
        """The id of a new project."""
        return (await self.app.accounts.create_project(name)).id

    async def issued(
        self,
        scopes: Iterable[str] = EVERY_SCOPE,
        *,
        mode: str = "test",
        project: str | None = None,
        expires_at: int | None = None,
        name: str = "test",
    ) -> Issued:
        """A new key and its secret."""
        return await self.keys.issuer.issue(
            KeyWish(
                project_id=project or self.project_id,
                mode=Mode(mode),
                name=name,
                scopes=scopes,
                expires_at=expires_at,
            ),
            by="operator:test",
        )

    async def revoke(self, key_id: str) -> None:
        """Revoke a key of the first project, as the command line does."""
        await revoke(self.keys.store, self.clock, project_id=self.project_id, key_id=key_id, by="operator:test")

    async def client(
        self,
        scopes: Iterable[str] = EVERY_SCOPE,
        *,
        mode: str = "test",
        project: str | None = None,
    ) -> httpx.AsyncClient:
        """A client below ``/api/v1`` with a new key of its own."""
        return await self.caller((await self.issued(scopes, mode=mode, project=project)).secret.reveal())

    async def caller(self, key: str | None = None, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """A client below ``/api/v1`` that presents ``key``, or nothing, and comes from ``address``."""
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        transport = httpx.ASGITransport(self.app, client=(address, 50_000))
        return await self._clients.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url=f"{PUBLIC_URL}/api/v1", headers=headers)
        )

    async def close(self) -> None:
        await self._clients.aclose()


async def insisting(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """What is answered to a client that asks again, as it is told to, where the database was busy. It asks under one
    ``Idempotency-Key``."""
    answer, deadline = await ask(), time.monotonic() + EVENTUALLY_SECONDS_MAX
    while answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
        answer = await ask()
    return answer


async def eventually(found: Callable[[], Any]) -> Any:
    """What ``found`` gives as soon as it is truthy; it may be a coroutine function. Fails after a while."""
    deadline = time.monotonic() + EVENTUALLY_SECONDS_MAX
    while True:
        value = found()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, "this did not happen in time"
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def lifespan(app: ASGIApp) -> AsyncIterator[None]:
    """Start and stop an application as a server does it (ASGI's lifespan protocol)."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    task = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}}, to_app.get, from_app.put))

    async def say(word: str) -> None:
        await to_app.put({"type": f"lifespan.{word}"})
        answer = await asyncio.wait_for(from_app.get(), 20)
        assert answer["type"] == f"lifespan.{word}.complete", answer

    await say("startup")
    try:
        yield
    finally:
        await say("shutdown")
        await task


def settings_for(
    data: Path, database_url: str, *, dev: bool = True, secret_key: str | None = None, **more: Any
) -> Settings:
    """What an operator would set, without a look at the environment."""
    return Settings(data, database_url, PUBLIC_URL, dev, 60 * MINUTE_MS, DAY_MS, secret_key or new_key(), (), **more)


@contextlib.asynccontextmanager
async def _going(app: Tillgate, still: bool) -> AsyncIterator[None]:
    if not still:
        async with lifespan(app):
            yield
        return
    try:
        yield
    finally:
        await app._sender.close()


@contextlib.asynccontextmanager
async def open_shop(
    data: Path,
    database_url: str,
    *,
    dev: bool = True,
    still: bool = False,
    clock: MovableClock | None = None,
    dialects: Sequence[Dialect] = SPOKEN,
    **more: Any,
) -> AsyncIterator[Shop]:
    """A running shop with one project; ``more`` are settings by their names.

    Args:
        dialects: the languages that it speaks beside the native one.
        still: without its background work, so that nothing is written but what requests write.
    """
    clock = clock or MovableClock()
    settings = settings_for(data, database_url, dev=dev, **more)
    await lay_out(database_url)
    async with running(settings, clock, dialects=dialects) as app, _going(app, still):
        database = await open_database(database_url)
        shop = Shop(app, database, clock, Sealer(settings.secret_key()))
        try:
            shop.project_id = await shop.project("Test shop")
            yield shop
        finally:
            await shop.close()
            await database.close()


class ShopBeside:
    """A shop on an event loop of its own, for tests that are no coroutines (Hypothesis, schemathesis)."""

    def __init__(self, portal: BlockingPortal, shop: Shop) -> None:
        self._portal = portal
        self.shop = shop
        self.key = portal.call(shop.issued).secret.reveal()
        self._client = portal.call(shop.caller, self.key)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request below ``/api/v1`` with a key that may do everything."""
        answer: httpx.Response = self._portal.call(lambda: self._client.request(method, path, **more))
        return answer

    def run(self, call: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Await something on the shop's loop."""
        return self._portal.call(call, *args)


@contextlib.contextmanager
def open_beside(data: Path, database_url: str, **more: Any) -> Iterator[ShopBeside]:
    """A shop as :func:`open_shop` opens it, for tests that are no coroutines."""
    with (
        start_blocking_portal("asyncio", {"use_uvloop": False}) as portal,
        portal.wrap_async_context_manager(open_shop(data, database_url, **more)) as opened,
    ):
        yield ShopBeside(portal, opened)


@pytest.fixture
def shop_beside(tmp_path: Path, database_url: str) -> Iterator[ShopBeside]:
    """The same shop, for tests that are no coroutines."""
    with open_beside(tmp_path, database_url) as opened:
        yield opened


@pytest.fixture
def still_shop_beside(tmp_path: Path, database_url: str) -> Iterator[ShopBeside]:
    """The same, with nothing going on in the background."""
    with open_beside(tmp_path, database_url, still=True) as opened:
        yield opened


@pytest.fixture
async def shop(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Shop]:
    """A shop of this test alone; the test runs on SQLite and on PostgreSQL."""
    async with open_shop(tmp_path, database_url) as opened:
        yield opened


@pytest.fixture
async def sqlite_shop(tmp_path: Path, anyio_backend: object) -> AsyncIterator[Shop]:
    """A shop on SQLite, for what has nothing to do with the database."""
    async with open_shop(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}") as opened:
        yield opened


@pytest.fixture
async def still_shop(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Shop]:
    """A shop on both databases in which nothing goes on in the background."""
    async with open_shop(tmp_path, database_url, still=True) as opened:
        yield opened
