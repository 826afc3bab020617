"""The merchant's desk out of a thousand orders and out of a hundred thousand: the time until the first byte of a page.

What a person waits for is the time that passes, so this is no processor time; each page is asked for on its own.
"""

import asyncio
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx
import msgspec

from bench import lists
from bench.lists import FEW
from bench.measuring import Broken, Stage, say
from bench.servers import Server
from bench.table import Row
from tests.running import free_port
from tillgate.access.accounts import Accounts
from tillgate.base import ids
from tillgate.base.clock import SystemClock
from tillgate.checkout.orders.model import LineItem, LineItemKind
from tillgate.opening import open_migrated
from tillgate.settings import load
from tillgate.store import Transaction

MANY: Final = 100_000
TARGET_MS: Final = 300
ROUNDS: Final = 7
EMAIL, PASSWORD = "desk@bench.example", "a long password of the bench"
LINE: Final = LineItem(
    id=f"{ids.LINE_ITEM}_{0:026d}", kind=LineItemKind.PRODUCT, name="Mug", quantity=1, unit_minor=4900
)
# A customer of each ten orders, a reference of each, and amounts of which many are the same.
_CUSTOMERS: Final = (
    "INSERT INTO customers (id, project_id, livemode, name, created_at, updated_at, email_stated, indexed) "
    "SELECT 'cus_' || SUBSTR(id, 5), project_id, livemode, 'Ada', created_at, created_at, FALSE, TRUE FROM orders "
    "WHERE id LIKE '%0'",
    "UPDATE orders SET line_items = $1, customer_id = 'cus_' || SUBSTR(id, 5, 25) || '0', "
    "reference = 'A-' || CAST(CAST(SUBSTR(id, 20) AS INTEGER) AS TEXT), "
    "total_minor = 100 + CAST(SUBSTR(id, 27) AS INTEGER) * 10",
    "UPDATE payments SET amount_minor = 100 + CAST(SUBSTR(id, 27) AS INTEGER) * 10",
    "UPDATE checkout_sessions SET amount_minor = 100 + CAST(SUBSTR(id, 26) AS INTEGER) * 10",
)
# By what a person calls them; {id} is the last digits of an id from the middle, {first} those of the first.
PAGES: Final[Mapping[str, str]] = {
    "overview": "/dashboard",
    "search by id": "/dashboard/search?q=ord_{id}",
    "search for nothing there": "/dashboard/search?q=nobody",
    "sessions": "/dashboard/sessions",
    "sessions of a state": "/dashboard/sessions?status=failed",
    "sessions to fulfil": "/dashboard/sessions?todo=fulfil",
    "sessions of a customer": "/dashboard/sessions?customer=cus_{first}",
    "sessions, largest first": "/dashboard/sessions?sort=-amount",
    "orders": "/dashboard/orders",
    "orders in review": "/dashboard/orders?status=review",
    "orders to fulfil": "/dashboard/orders?status=paid&fulfillment=unfulfilled",
    "orders of an amount": "/dashboard/orders?currency=USD&amount=7.77",
    "orders of a reference": "/dashboard/orders?q=A-7",
    "orders of a customer": "/dashboard/orders?customer=cus_{first}",
    "orders of an old period": "/dashboard/orders?to=2020-01-01",
    "orders, oldest first": "/dashboard/orders?sort=created",
    "orders, largest first": "/dashboard/orders?sort=-amount",
    "orders, largest first, in the middle": "/dashboard/orders?sort=-amount&after=USD.5000.ord_{id}",
    "orders of an old period, largest first": "/dashboard/orders?to=2020-01-01&sort=-amount",
    "orders by state": "/dashboard/orders?sort=status",
    "orders of a state, largest first": "/dashboard/orders?status=canceled&sort=-amount",
    "payments": "/dashboard/payments",
    "payments of a state": "/dashboard/payments?status=failed",
    "payments, smallest first": "/dashboard/payments?sort=amount",
    "refunds": "/dashboard/refunds",
    "transactions": "/dashboard/transactions",
    "transactions to review": "/dashboard/transactions?todo=review",
    "transactions, largest first": "/dashboard/transactions?sort=-amount",
    "customers": "/dashboard/customers",
    "customers, oldest first": "/dashboard/customers?sort=created",
    "events": "/dashboard/events",
    "monthly report": "/dashboard/reports",
    "CSV of orders": "/dashboard/orders/export",
    "CSV of payments": "/dashboard/payments/export",
    "CSV of sessions": "/dashboard/sessions/export",
    "CSV of transactions": "/dashboard/transactions/export",
    "CSV of customers": "/dashboard/customers/export",
}


class Desk:
    """The part ``desk`` of one run."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def run(self) -> list[Row]:
        kinds: dict[str, tuple[str | None, str | None]] = {"SQLite": (None, None)}
        postgres = self._stage.postgres
        if postgres is not None:
            for name in ("desk_few", "desk_many"):
                postgres.execute(f"CREATE DATABASE {name}")
            kinds["PostgreSQL"] = (postgres.url("desk_few"), postgres.url("desk_many"))
        rows = []
        for kind, urls in kinds.items():
            say(f"the desk of {MANY:,} orders, {kind} …")
            few, many = (self._times(f"{kind}-{size}", url, size) for size, url in zip((FEW, MANY), urls, strict=True))
            rows += [_row(f"{name}, {kind}", many[name], few[name]) for name in PAGES]
        return rows

    def _times(self, name: str, url: str | None, size: int) -> dict[str, list[float]]:
        data = self._stage.directory / name
        asyncio.run(_prepared(data, url, size))
        where = ["--data", str(data), *(["--database-url", url] if url else [])]
        server = self._stage.serve("tillgate.cli", "serve", "--dev", *where, "--port", port=free_port())
        try:
            return _measured(server, size)
        finally:
            server.close()


async def _prepared(data: Path, url: str | None, size: int) -> None:
    await lists.pile_up(data, url, size)
    clock = SystemClock()
    database = await open_migrated(load(data=str(data), database_url=url), clock)
    try:
        await Accounts(database, clock).create_user(EMAIL, PASSWORD)
        bought = msgspec.json.encode([LINE]).decode()

        async def write(tx: Transaction) -> None:
            for statement in _CUSTOMERS:
                await tx.execute(statement, *([bought] if "$1" in statement else []))

        await database.write(write, within_seconds=None)
    finally:
        await database.close()


def _measured(server: Server, size: int) -> dict[str, list[float]]:
    """The milliseconds until the first byte of each page, round by round."""
    origin = f"http://127.0.0.1:{server.port}"
    found: dict[str, list[float]] = {name: [] for name in PAGES}
    with httpx.Client(base_url=origin, headers={"Origin": origin}, timeout=60, trust_env=False) as browser:
        browser.get("/dashboard/sign-in")
        signed_in = browser.post("/dashboard/sign-in", data={"email": EMAIL, "password": PASSWORD})
        if signed_in.status_code != httpx.codes.SEE_OTHER:
            raise Broken(f"nobody could sign in: {signed_in.status_code}\n{server.last_words()}")
        for number in range(-1, ROUNDS):
            for name, path in PAGES.items():
                ms = _first_byte_ms(browser, path.format(id=f"{size // 2:026d}", first=f"{0:026d}"), server)
                if number >= 0:
                    found[name].append(ms)
    return found


def _first_byte_ms(browser: httpx.Client, path: str, server: Server) -> float:
    begun = time.perf_counter()
    with browser.stream("GET", path) as answer:
        if not answer.is_success:
            raise Broken(f"{path}: {answer.status_code}\n{server.last_words()}")
        next(answer.iter_raw(), b"")
        return (time.perf_counter() - begun) * 1_000


def _row(what: str, many: list[float], few: list[float]) -> Row:
    ms, before = statistics.median(many), statistics.median(few)
    return Row(
        f"first byte of {what}",
        f"{ms:.1f} ms out of {MANY:,}",
        f"{before:.1f} ms out of {FEW:,}",
        f"{ms / before:.2f}×",
        target=f"≤ {TARGET_MS} ms",
        met=ms <= TARGET_MS,
    )
