"""What a request costs does not grow with the tenant: the rows that the database hands over are counted."""

import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from keyturn import KeyWish
from keyturn.admission.layer import KeyLayer
from keyturn.database.sqlite import SqliteTransaction
from keyturn.http.server import ROUTES as KEYTURN_ROUTES
from keyturn.http.server import KeyturnServer
from keyturn.insight.expiry import emit_expiring
from keyturn.insight.logged import LoggedRequest
from keyturn.insight.retention import forget
from keyturn.keys.listing import ALL_KEYS
from keyturn.keys.model import Mode
from keyturn.portal.operations import SessionWish, create_session, portal_of
from keyturn.settings import load
from keyturn.stores.portal import SqlPortal
from keyturn.stores.ports import Act
from keyturn.stores.requests import SqlRequests
from keyturn.stores.sql import SqlKeyStore
from keyturn.stores.usage import SqlUsage
from tests.dashboard.conftest import Owner, owner_of
from tests.shop import Shop, open_shop
from tillgate.api.application import ROUTES
from tillgate.base import ids
from tillgate.checkout.settlement.capturing import lapse_due
from tillgate.checkout.settlement.expiring import expire_due, release_due
from tillgate.dashboard.routing import VIEWS
from tillgate.events.deliveries import records as deliveries
from tillgate.events.operations import drop_old
from tillgate.store import idempotency

pytestmark = pytest.mark.anyio

# Where a filter looks at a bounded number of rows (SCANNED_MAX), or a list counts no more of its own (COUNTED_MAX), it
# does so with the few already.
FEW, MANY = 10_100, 25_000
# What looks at more for a larger tenant all the same, and why.
COUNTED = {
    "/customers": "its answer has a total: an index is counted, three steps a customer",
    "/dashboard/customers": "the same",
    "/dashboard/sessions": "every clone of a refund is the same payment's, and a payment's refunds are summed",
}
ROOT_KEY = "root-credential-of-the-tests-0123456789"
# What a tenant may have any number of. Transfers and deliveries are not among it: each clone would be the same
# payment's or event's.
GROWING = (
    "api_keys", "key_secrets", "key_audit", "key_requests", "payment_links", "products", "coupons", "promotion_codes",
    "customers", "customer_words", "checkout_sessions", "orders", "payments", "refunds", "redemptions", "events",
    "test_clocks",
)  # fmt: skip


class Cost(NamedTuple):
    """What one request took.

    Attributes:
        steps: of SQLite's virtual machine, in hundreds: what was looked at, whether it was handed over or not.
    """

    rows: int
    statements: int
    size: int
    steps: int

    def is_more_than(self, other: "Cost") -> bool:
        """By more than the digits of numbers, how far a filter has looked, and an index that is one level deeper."""
        return (
            self.rows > other.rows + 1
            or self.statements > other.statements + 1
            or self.size > other.size * 1.1 + 500
            or self.steps > other.steps * 1.5 + 20
        )


class Counted:
    """Counts what is read from SQLite while it is asked."""

    def __init__(self) -> None:
        self.rows = self.statements = self.steps = 0

    def step(self) -> int:
        self.steps += 1
        return 0

    async def ask(self, http: httpx.AsyncClient, path: str, **headers: str) -> Cost:
        self.rows = self.statements = self.steps = 0
        answer = await http.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.text[:500])
        return Cost(self.rows, self.statements, len(answer.content), self.steps)

    async def work(self, job: Callable[[], Awaitable[Any]]) -> Cost:
        self.rows = self.statements = self.steps = 0
        await job()
        return Cost(self.rows, self.statements, 0, self.steps)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    found = Counted()
    fetch_all, fetch_one = SqliteTransaction.fetch_all, SqliteTransaction.fetch_one
    execute = SqliteTransaction.execute

    async def executed(self: SqliteTransaction, sql: Any, *params: Any) -> Any:
        self._connection.set_progress_handler(found.step, 100)
        found.statements += 1
        return await execute(self, sql, *params)

    async def all_counted(self: SqliteTransaction, sql: Any, *params: Any) -> Any:
        self._connection.set_progress_handler(found.step, 100)
        rows = await fetch_all(self, sql, *params)
        found.rows += len(rows)
        found.statements += 1
        return rows

    async def one_counted(self: SqliteTransaction, sql: Any, *params: Any) -> Any:
        self._connection.set_progress_handler(found.step, 100)
        row = await fetch_one(self, sql, *params)
        found.rows += row is not None
        found.statements += 1
        return row

    monkeypatch.setattr(SqliteTransaction, "fetch_all", all_counted)
    monkeypatch.setattr(SqliteTransaction, "fetch_one", one_counted)
    monkeypatch.setattr(SqliteTransaction, "execute", executed)
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


def grow(path: Path, rows: int, more: Sequence[str] = ()) -> dict[str, int]:
    """Clone the newest row of each table until it has ``count``; how many each has. Foreign keys are not looked at."""
    found = {}
    with opened(path) as database:
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert {*GROWING, *more} <= tables, {*GROWING, *more} - tables
        for table in (*GROWING, *more):
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
    if column == "at":
        return "x.at - n"
    if not unique:
        return f"x.{column}"
    if kind in ("BIGINT", "INTEGER"):
        return f"x.{column} + 100000 + n"
    if kind == "BYTEA":
        return f"CAST(substr(hex(x.{column}), 1, 20) || printf('%012d', n) AS BLOB)"
    # An id keeps its form.
    return f"substr(x.{column}, 1, length(x.{column}) - 8) || printf('%08d', n)"


def api_lists() -> list[str]:
    """And the search, by a beginning that every customer has."""
    paths = [route.path for route in ROUTES if route.method == "GET" and "{" not in route.path]
    return [path + {"/search": "?q=bob", "/reports/monthly": "?month=2026-11"}.get(path, "") for path in paths]


def pages() -> list[str]:
    """But those of signing in, the second step of a form, which shows what is set up there, and a sweep, of a wallet
    with a treasury."""
    others = re.compile(r"\{|sign|/account/app$|/sweep(/(file|plan|table))?$|/saved$")
    paths = [view.path for view in VIEWS if view.method == "GET" and not others.search(view.path)]
    return [f"{path}?format=csv" if path.endswith("/reports/file") else path for path in paths]


async def test_no_page_or_list_reads_more_for_a_larger_tenant(owner: Owner, counted: Counted, tmp_path: Path) -> None:
    """Every list of the API and every page of the dashboard, with 10,100 and with 25,000 rows of everything: the same
    rows, statements, steps of the database and size, but for the digits of numbers."""
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
    # A file of a whole list is as long as the list, and is read a page at a time (tests/dashboard/test_lists.py).
    shown = [one for one in pages() if not one.endswith("/export")]
    asked = [*shown, *detail, "/dashboard/api-keys?mode=test", "/dashboard/api-keys?mode=test&q=x&show=unused"]
    client = await shop.client()

    async def costs() -> dict[str, Cost]:
        found = {one: await counted.ask(owner.http, one) for one in asked}
        return found | {one: await counted.ask(client, one) for one in api_lists()}

    # The first visit makes the public keys, of which the audit log tells.
    await counted.ask(owner.http, "/dashboard/credentials")
    grow(path, FEW)
    few = await costs()
    sizes = grow(path, MANY)
    assert min(sizes.values()) >= MANY
    many = await costs()
    for one in few:
        if one in COUNTED or one.rpartition("/cs_")[0] in COUNTED:
            few[one] = few[one]._replace(steps=many[one].steps)
    grown = {one: (few[one], many[one]) for one in few if many[one].is_more_than(few[one])}
    assert not grown, "\n".join(f"{one}: {costs}" for one, costs in grown.items())
    assert max(one.rows for one in many.values()) < 500


async def test_nor_does_keyturns_server(owner: Owner, counted: Counted, tmp_path: Path) -> None:
    """Every route of its own that reads."""
    shop, path = owner.shop, tmp_path / "tillgate.db"
    settings = load({"KEYTURN_ROOT_KEY": ROOT_KEY, "KEYTURN_SCOPES": "invoices:read"})
    database = shop.database
    layer = KeyLayer(
        SqlKeyStore(database), scopes=settings.scopes, clock=shop.clock, usage_store=SqlUsage(database),
        request_store=SqlRequests(database), portal=SqlPortal(database), portal_url="https://keys.example.com",
    )  # fmt: skip
    with opened(path) as connection:
        key_id = connection.execute("SELECT id FROM api_keys").fetchone()[0]
    wish = SessionWish(project_id=shop.project_id, mode=Mode.TEST, external_id="cus_1")
    portal = await create_session(portal_of(layer), shop.clock, layer.issuer, wish, by="the tests")
    owners = {"projects": shop.project_id, "sessions": portal.session.id}
    listed = ("/v1/keys", "/v1/audit", "/v1/quotas", "/v1/portal/sessions")
    asked = [
        route.path.replace("{id}", next((its for noun, its in owners.items() if f"/{noun}/" in route.path), key_id))
        + (f"?projectId={shop.project_id}" if route.path in listed else "")
        + ("&externalId=cus_1" if route.path == "/v1/quotas" else "")
        for route in KEYTURN_ROUTES
        if route.method == "GET"
        and route.path not in ("/v1/whoami", "/v1/forward-auth", "/metrics")
        and not route.path.startswith("/docs/")
    ]
    asked += [f"/v1/keys?projectId={shop.project_id}&{query}" for query in ("name=nobody", "mode=test&status=active")]
    transport = httpx.ASGITransport(KeyturnServer(layer, settings), client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://keyturn.test") as http:
        bearer = {"Authorization": f"Bearer {ROOT_KEY}"}
        grow(path, FEW, ["key_portal_sessions"])
        few = {one: await counted.ask(http, one, **bearer) for one in asked}
        grow(path, MANY, ["key_portal_sessions"])
        many = {one: await counted.ask(http, one, **bearer) for one in asked}
    grown = {one: (few[one], many[one]) for one in asked if many[one].is_more_than(few[one])}
    assert not grown, "\n".join(f"{one}: {costs}" for one, costs in grown.items())


async def test_nor_does_a_background_job(owner: Owner, counted: Counted, tmp_path: Path) -> None:
    """One round of each: what is not due is not looked at, however much of it there is, and of what is due a batch."""
    shop, path = owner.shop, tmp_path / "tillgate.db"
    database, clock, keys = shop.database, shop.clock, shop.keys.store
    context = shop.app._checkout
    usage, requests = SqlUsage(database), SqlRequests(database)

    async def written(operation: Callable[[Any], Awaitable[Any]]) -> None:
        await database.write(operation)

    jobs: dict[str, Callable[[], Awaitable[Any]]] = {
        "expiry of sessions": lambda: written(lambda tx: expire_due(context, tx, shop.project_id)),
        "release of what sessions hold": lambda: written(lambda tx: release_due(context, tx, shop.project_id)),
        "lapse of authorizations": lambda: written(lambda tx: lapse_due(context, tx, shop.project_id)),
        "answers to be replayed": lambda: written(lambda tx: idempotency.forget(tx, clock.now())),
        "old events": lambda: written(lambda tx: drop_old(tx, clock.now())),
        "webhooks that are due": lambda: database.read(lambda tx: deliveries.waiting(tx, clock.now())),
        "old requests and counts": lambda: forget(usage, requests, clock.now(), request_days=14),
        "keys that expire": lambda: emit_expiring(keys, clock),
        "changes of keys": lambda: keys.changes_after(0),
        "forms of keys": keys.foreign_forms,
    }
    # Keys whose end was reported long ago: there are ever more.
    told = "UPDATE api_keys SET expires_at = 1000, expiry_days_told = 0 WHERE id <> (SELECT MIN(id) FROM api_keys)"
    grow(path, FEW)
    with opened(path) as connection:
        connection.execute(told)
    few = {name: await counted.work(job) for name, job in jobs.items()}
    grow(path, MANY)
    with opened(path) as connection:
        connection.execute(told)
    many = {name: await counted.work(job) for name, job in jobs.items()}
    grown = {name: (few[name], many[name]) for name in jobs if many[name].is_more_than(few[name])}
    assert not grown, "\n".join(f"{one}: {costs}" for one, costs in grown.items())


async def test_a_familys_revoked_keys_and_a_keys_old_secrets_are_not_read(
    owner: Owner, counted: Counted, tmp_path: Path
) -> None:
    """Keys that one key has made and that were revoked, as many as there may be: making one more, changing its limit,
    its page and its revocation with all of them look at none."""
    shop, path = owner.shop, tmp_path / "tillgate.db"
    root = (await shop.issued(["orders:read"])).key
    child = await shop.keys.issuer.issue(
        KeyWish(project_id=root.project_id, mode=root.mode, name="child", scopes=["orders:read"], parent=root),
        by="operator:test",
    )

    def made(count: int) -> None:
        with opened(path) as database:
            columns = [row[1] for row in database.execute("PRAGMA table_info(api_keys)")]
            values = {"id": "'key_clone' || n", "status": "'revoked'", "revoked_at": "1", "revoked_by": "'x'"}
            chosen = ", ".join(values.get(name, f"x.{name}") for name in columns)
            database.execute("DELETE FROM api_keys WHERE id LIKE 'key_clone%'")
            numbers = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
            into = f"INSERT INTO api_keys ({', '.join(columns)}) SELECT {chosen} FROM api_keys x, numbers"  # noqa: S608
            database.execute(f"{numbers} {into} WHERE x.id = ?", (count, child.key.id))

    async def family() -> None:
        assert [one.id for one in await shop.keys.store.family(root.project_id, root.id)] == [child.key.id]

    async def change_of_limit() -> None:
        now = await shop.keys.store.by_id(root.project_id, root.id)
        assert now is not None
        await shop.keys.store.change(now, Act(1, "operator:test"), {"limit": "1/s"})

    jobs = {"family": family, "change": change_of_limit}
    made(100)
    few = {name: await counted.work(job) for name, job in jobs.items()}
    page = f"/dashboard/api-keys/{root.id}"
    few["page"] = await counted.ask(owner.http, page)
    made(20_000)
    many = {"page": await counted.ask(owner.http, page)}
    many |= {name: await counted.work(job) for name, job in jobs.items()}
    grown = {name: (few[name], many[name]) for name in few if many[name].is_more_than(few[name])}
    assert not grown, grown
