"""What a database does for a statement: a shop with a little of everything, and the planner's own words."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from keyturn.database import Both, Transaction
from tests.makers import stray_transfer
from tests.shop import Shop, open_shop
from tillgate.base.principal import Principal


class Asked(NamedTuple):
    """One statement, as one of the databases was asked it."""

    sql: str
    params: tuple[Any, ...]

    @property
    def lists(self) -> bool:
        """Whether it is the one that finds the page; the others read what belongs to it, by its ids."""
        return " LIMIT $" in self.sql and "ORDER BY" in self.sql and "COUNT(" not in self.sql


class Noting:
    """A transaction that notes what it is asked."""

    def __init__(self, tx: Transaction) -> None:
        self.asked: list[Asked] = []
        self._tx = tx

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._tx, name)
        if not name.startswith("fetch") and name != "execute":
            return real

        async def run(sql: str | Both, *params: Any) -> Any:
            self.asked.append(Asked(getattr(sql, self._tx.dialect) if isinstance(sql, Both) else sql, params))
            return await real(sql, *params)

        return run


class Planner:
    """A shop with a little of everything, and what its database says of the statements that a list makes."""

    def __init__(self, shop: Shop, endpoint_id: str) -> None:
        self.shop = shop
        self.endpoint_id = endpoint_id
        self.dialect = shop.database.dialect

    async def asked(self, operation: Callable[[Transaction, Principal], Awaitable[object]]) -> list[Asked]:
        """The statements of an operation."""
        principal = Principal(self.shop.project_id, False, "key", "key:x", frozenset({"*"}))
        noted: list[Asked] = []

        async def read(tx: Transaction) -> None:
            noting: Any = Noting(tx)
            await operation(noting, principal)
            noted.extend(noting.asked)

        await self.shop.database.read(read, within_seconds=None)
        return noted

    async def unique(self) -> set[str]:
        """PostgreSQL's indexes of what there is once at most, beside those of the ids."""
        statement = (
            "SELECT indexname FROM pg_indexes WHERE indexdef LIKE 'CREATE UNIQUE%' AND indexname NOT LIKE '%pkey'"
        )

        async def read(tx: Transaction) -> set[str]:
            return {row[0] for row in await tx.fetch_all(statement)}

        return await self.shop.database.read(read, within_seconds=None)

    async def plan(self, asked: Asked, *, without: str | None = None, sorting: bool = False) -> str:
        """How the statement is answered, in the database's words.

        Args:
            without: an index that is not there. On PostgreSQL neither is reading a table from end to end, or sorting,
                if there is any other way; with the few rows of a test it would do that, and rightly.
            sorting: it may be sorted.
        """
        told: list[str] = []

        class Undone(Exception):
            pass

        async def look(tx: Transaction) -> None:
            if without is not None:
                await tx.execute(f"DROP INDEX {without}")
            if tx.dialect == "postgres":
                for way in ("seqscan", "bitmapscan", *(() if sorting else ("sort", "incremental_sort"))):
                    await tx.execute(f"SET LOCAL enable_{way} = off")
            explain = "EXPLAIN" if tx.dialect == "postgres" else "EXPLAIN QUERY PLAN"
            rows = await tx.fetch_all(f"{explain} {asked.sql}", *asked.params)
            told.extend(row[0] if tx.dialect == "postgres" else row[3] for row in rows)
            raise Undone

        with pytest.raises(Undone):
            await self.shop.database.write(look, within_seconds=None)
        return "\n".join(told)


@asynccontextmanager
async def open_planner(tmp_path: Path, database_url: str) -> AsyncIterator[Planner]:
    """The planner of a new shop."""
    async with open_shop(tmp_path, database_url) as shop:
        client = await shop.client()

        async def made(path: str, **body: Any) -> Any:
            answer = await client.post(path, json=body)
            assert answer.status_code in (200, 201), answer.text
            return answer.json()

        endpoint = await made("/webhook_endpoints", url="http://127.0.0.1:9/", events=["session.created"])
        await made("/payment_links", title="Pro", fiatAmount="1")
        await made("/customers", email="bob@example.com", reference="B-1")
        await made("/products", name="Mug", price="1")
        await made("/test_clocks", name="c")
        coupon = await made("/coupons", name="Spring", discountType="percentage", discountPercentage="10")
        await made("/promotion_codes", code="TENTH", couponId=coupon["id"])
        amount = {"value": "5.00", "currency": "USD"}
        session = await made("/checkout_sessions?expand=order", amount=amount, promotionCode="TENTH")
        await made(f"/checkout_sessions/{session['id']}/simulate", outcome="paid")
        await made("/refunds", paymentId=session["order"]["paymentId"], reason="other", amount="1.00")
        await stray_transfer(shop.database, shop.project_id, livemode=False)
        found = Planner(shop, endpoint["id"])
        if shop.database.dialect == "postgres":
            await shop.database.write(crowd, within_seconds=None)
        yield found


async def crowd(tx: Transaction) -> None:
    """Two thousand times another project's: what PostgreSQL does follows from what it believes to be there."""
    await tx.execute("SET LOCAL session_replication_role = replica")  # so that they need name nothing that is there
    lists = "SELECT tablename FROM pg_indexes WHERE indexname LIKE '%newest'"
    tables = [row[0] for row in await tx.fetch_all(lists)]
    for table in sorted(set(tables) - {"webhook_deliveries"}):
        unique = await tx.fetch_all(
            "SELECT DISTINCT a.attname, a.atttypid = 'text'::regtype FROM pg_index i "
            "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) "
            "WHERE i.indrelid = CAST(CAST($1 AS TEXT) AS regclass) AND i.indisunique AND a.attname <> 'livemode'",
            table,
        )
        other = {name: f"x.{name} || n" if is_text else f"x.{name} + n" for name, is_text in unique}
        other["project_id"] = "'prj_other'"
        if table == "webhook_endpoints":
            other["active"] = "false"  # nothing is sent there
        values = ", ".join(f"'{name}', {value}" for name, value in other.items())
        await tx.execute(
            f"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(x) || "  # noqa: S608
            f"jsonb_build_object({values}))).* FROM (SELECT * FROM {table} LIMIT 1) x, generate_series(1, 2000) n"
        )
        await tx.execute(f"ANALYZE {table}")


def whole_table(plan: str) -> list[str]:
    """The lines that say that a table is read from end to end, or that a page is sorted before it is cut."""
    wrong = re.compile(r"^SCAN (?!json_each|found$)|TEMP B-TREE FOR|Seq Scan|\bSort\b", re.M)
    return [line for line in plan.splitlines() if wrong.search(line)]
