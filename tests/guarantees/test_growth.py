"""What a request costs does not grow with the tenant: the rows that the database hands over are counted."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from keyturn.admission.layer import KeyLayer
from keyturn.database.sqlite import SqliteTransaction
from keyturn.http.server import ROUTES as KEYTURN_ROUTES
from keyturn.http.server import KeyturnServer
from keyturn.insight.logged import LoggedRequest
from keyturn.keys.listing import ALL_KEYS
from keyturn.keys.model import Mode
from keyturn.settings import load
from keyturn.stores.requests import SqlRequests
from keyturn.stores.sql import SqlKeyStore
from keyturn.stores.usage import SqlUsage
from tests.dashboard.conftest import Owner, owner_of
from tests.shop import Shop, open_shop
from tillgate.api.application import ROUTES
from tillgate.base import ids
from tillgate.dashboard.routing import VIEWS

pytestmark = pytest.mark.anyio

FEW, MANY = 260, 3_000
ROOT_KEY = "root-credential-of-the-tests-0123456789"
# What a tenant may have any number of. Transfers and deliveries are not among it: each clone would be the same
# payment's or event's.
GROWING = (
    "api_keys", "key_secrets", "key_audit", "key_requests", "payment_links", "products", "coupons", "promotion_codes",
    "customers", "checkout_sessions", "orders", "payments", "refunds", "redemptions", "events", "test_clocks",
)  # fmt: skip


class Cost(NamedTuple):
    """What one request took."""

    rows: int
    statements: int
    size: int


class Counted:
    """Counts what is read from SQLite while it is asked."""

    def __init__(self) -> None:
        self.rows = self.statements = 0

    async def ask(self, http: httpx.AsyncClient, path: str, **headers: str) -> Cost:
        self.rows = self.statements = 0
        answer = await http.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.text[:500])
        return Cost(self.rows, self.statements, len(answer.content))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    found = Counted()
    fetch_all, fetch_one = SqliteTransaction.fetch_all, SqliteTransaction.fetch_one

    async def all_counted(self: SqliteTransaction, sql: Any, *params: Any) -> Any:
        rows = await fetch_all(self, sql, *params)
        found.rows += len(rows)
        found.statements += 1
        return rows

    async def one_counted(self: SqliteTransaction, sql: Any, *params: Any) -> Any:
        row = await fetch_one(self, sql, *params)
        found.rows += row is not None
        found.statements += 1
        return row

    monkeypatch.setattr(SqliteTransaction, "fetch_all", all_counted)
    monkeypatch.setattr(SqliteTransaction, "fetch_one", one_counted)
    return found


@pytest.fixture
async def owner(tmp_path: Path, anyio_backend: object) -> AsyncIterator[Owner]:
    """Of a shop with one of everything, in which nothing goes on in the background."""
    url = f"sqlite:///{tmp_path / 'tillgate.db'}"
    async with open_shop(tmp_path, url, still=True) as shop, owner_of(shop) as opened:
        await one_of_everything(shop)
        yield opened


async def one_of_everything(shop: Shop) -> None:
    client = await shop.client()

    async def made(path: str, **body: Any) -> Any:
        answer = await client.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    await made("/webhook_endpoints", url="http://127.0.0.1:9/", events=["*"])
    await made("/payment_links", title="Pro", fiatAmount="1")
    customer = await made("/customers", email="bob@example.com", reference="B-1")
    await made("/products", name="Mug", price="1")
    await made("/test_clocks", name="c")
    coupon = await made("/coupons", name="Spring", discountType="percentage", discountPercentage="10")
    await made("/promotion_codes", code="TENTH", couponId=coupon["id"])
    session = await made(
        "/checkout_sessions?expand=order",
        amount={"value": "5.00", "currency": "USD"}, promotionCode="TENTH", customerId=customer["id"],
    )  # fmt: skip
    await made(f"/checkout_sessions/{session['id']}/simulate", outcome="paid")
    await made("/refunds", paymentId=session["order"]["paymentId"], reason="other", amount="1.00")
    page = await shop.keys.store.page(shop.project_id, ALL_KEYS, None, 1)
    asked = LoggedRequest(
        id=ids.new_id("req"), at=shop.clock.now(), project_id=shop.project_id, mode=Mode.TEST, key_id=page.keys[0].id,
        secret=1, method="GET", path="/links/{id}", status=200, duration_us=420,
    )  # fmt: skip
    await SqlRequests(shop.database).add_requests([asked], {})


@contextmanager
def opened(path: Path) -> Any:
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def grow(path: Path, rows: int) -> dict[str, int]:
    """Clone the newest row of each table until it has ``count``; how many each has. Foreign keys are not looked at."""
    found = {}
    with opened(path) as database:
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert set(GROWING) <= tables, set(GROWING) - tables
        for table in GROWING:
            have = database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608
            columns = {row[1]: row[2] for row in database.execute(f"PRAGMA table_info({table})")}
            unique = {row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[5]}
            for index in database.execute(f"PRAGMA index_list({table})").fetchall():
                if index[2]:
                    unique |= {row[2] for row in database.execute(f"PRAGMA index_info({index[1]})")}
            unique -= {"project_id", "livemode", "mode"} | ({"key_id"} if table != "key_secrets" else set())
            names, values = ", ".join(columns), ", ".join(_cloned(one, columns[one], one in unique) for one in columns)
            numbers = f"SELECT {have} UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows - 1}"  # noqa: S608
            first = f"(SELECT * FROM {table} ORDER BY rowid LIMIT 1) x"  # noqa: S608
            statement = f"WITH RECURSIVE numbers(n) AS ({numbers}) INSERT INTO {table} ({names}) SELECT {values} "
            statement += f"FROM {first}, numbers WHERE {have} < {rows}"
            database.execute(statement)
            found[table] = database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608
    return found


def _cloned(column: str, kind: str, unique: bool) -> str:
    if not unique:
        return f"x.{column}"
    if kind in ("BIGINT", "INTEGER"):
        return f"x.{column} + 100000 + n"
    if kind == "BYTEA":
        return f"CAST(substr(hex(x.{column}), 1, 20) || printf('%012d', n) AS BLOB)"
    # An id keeps its form.
    return f"substr(x.{column}, 1, length(x.{column}) - 8) || printf('%08d', n)"


def api_lists() -> list[str]:
    return [route.path for route in ROUTES if route.method == "GET" and "{" not in route.path]


def pages() -> list[str]:
    return [view.path for view in VIEWS if view.method == "GET" and "{" not in view.path and "sign" not in view.path]


async def test_no_page_or_list_reads_more_for_a_larger_tenant(owner: Owner, counted: Counted, tmp_path: Path) -> None:
    """Every list of the API and every page of the dashboard, with 260 and with 3,000 rows of everything: the same rows,
    statements and size, but for the digits of numbers."""
    shop, path = owner.shop, tmp_path / "tillgate.db"
    with opened(path) as database:
        detail = [
            f"{view}/{database.execute(f'SELECT id FROM {table} ORDER BY rowid LIMIT 1').fetchone()[0]}"  # noqa: S608
            for view, table in (
                ("/dashboard/api-keys", "api_keys"), ("/dashboard/customers", "customers"),
                ("/dashboard/sessions", "checkout_sessions"), ("/dashboard/payment-links", "payment_links"),
                ("/dashboard/coupons", "coupons"), ("/dashboard/webhooks", "webhook_endpoints"),
                ("/dashboard/events", "events"),
            )
        ]  # fmt: skip
    asked = [*pages(), *detail, "/dashboard/api-keys?mode=test", "/dashboard/api-keys?mode=test&q=x&show=unused"]
    client = await shop.client()

    async def costs() -> dict[str, Cost]:
        found = {one: await counted.ask(owner.http, one) for one in asked}
        return found | {one: await counted.ask(client, one) for one in api_lists() if one != "/openapi.json"}

    grow(path, FEW)
    few = await costs()
    sizes = grow(path, MANY)
    assert min(sizes.values()) >= MANY
    many = await costs()
    grown = {
        one: (few[one], many[one])
        for one in few
        if many[one].rows > few[one].rows + 1  # how far a filter has looked
        or many[one].statements > few[one].statements + 1
        or many[one].size > few[one].size * 1.1 + 500
    }
    assert not grown, grown
    assert max(one.rows for one in many.values()) < 500


async def test_nor_does_keyturns_server(owner: Owner, counted: Counted, tmp_path: Path) -> None:
    """Every route of its own that reads."""
    shop, path = owner.shop, tmp_path / "tillgate.db"
    settings = load({"KEYTURN_ROOT_KEY": ROOT_KEY, "KEYTURN_SCOPES": "invoices:read"})
    database = shop.database
    layer = KeyLayer(
        SqlKeyStore(database), scopes=settings.scopes, clock=shop.clock, usage_store=SqlUsage(database),
        request_store=SqlRequests(database),
    )  # fmt: skip
    with opened(path) as connection:
        key_id = connection.execute("SELECT id FROM api_keys").fetchone()[0]
    asked = [
        route.path.replace("{id}", shop.project_id if "projects" in route.path else key_id)
        + (f"?projectId={shop.project_id}" if route.path in ("/v1/keys", "/v1/audit") else "")
        for route in KEYTURN_ROUTES
        if route.method == "GET" and route.path not in ("/v1/whoami", "/v1/forward-auth", "/metrics")
    ]
    asked += [f"/v1/keys?projectId={shop.project_id}&{query}" for query in ("name=nobody", "mode=test&status=active")]
    transport = httpx.ASGITransport(KeyturnServer(layer, settings), client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://keyturn.test") as http:
        bearer = {"Authorization": f"Bearer {ROOT_KEY}"}
        grow(path, FEW)
        few = {one: await counted.ask(http, one, **bearer) for one in asked}
        grow(path, MANY)
        many = {one: await counted.ask(http, one, **bearer) for one in asked}
    # How far a filter has looked is one row more.
    grown = {one: (few[one], many[one]) for one in asked if many[one].rows > few[one].rows + 1}
    assert not grown, grown
