"""What a page of sessions reads does not grow with the pile."""

import json
from typing import Any

import pytest

from bench.lists import insert_sessions
from keyturn.database import Both, Database, Transaction
from tests.makers import ON_POSTGRES, counter_over
from tillgate.base.pages import PageRequest
from tillgate.checkout.sessions import operations
from tillgate.checkout.sessions.model import SessionStatus

PILE = 6_000
PAGE = 25


class Explaining:
    """A transaction that asks PostgreSQL how many rows each query has really read, too."""

    dialect = "postgres"

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.read = 0

    async def fetch_all(self, sql: Any, *params: Any) -> Any:
        text = sql.postgres if isinstance(sql, Both) else sql
        plan = await self._tx.fetch_one(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", *params)
        assert plan is not None
        self.read += rows_read(json.loads(plan[0])[0]["Plan"])
        return await self._tx.fetch_all(sql, *params)


def rows_read(node: dict[str, Any]) -> int:
    """The rows that the leaves gave or threw away."""
    below = [rows_read(child) for child in node.get("Plans", [])]
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return sum(below) if below else round(own * node["Actual Loops"])


@pytest.mark.anyio
@ON_POSTGRES
async def test_a_page_reads_no_more_than_it_shows(database: Database) -> None:
    """The first one, one from the middle, one of a status: some rows for each session shown, whatever lies beside them.

    PostgreSQL once walked the sessions' and the payments' index side by side, and so read every newer payment to come
    to a page in the middle."""
    counter = await counter_over(database)
    await insert_sessions(database, counter.project_id, PILE, counter.clock.now())
    middle = f"cs_{PILE // 2:026d}"
    for page, status in (
        (PageRequest(limit=PAGE), None),
        (PageRequest(limit=PAGE, starting_after=middle), None),
        (PageRequest(limit=PAGE), SessionStatus.FAILED),
    ):

        async def look(tx: Transaction, page: PageRequest = page, status: SessionStatus | None = status) -> int:
            explaining = Explaining(tx)
            found = await operations.list_sessions(explaining, counter.principal, page, status=status)  # type: ignore[arg-type]
            assert len(found.data) == PAGE and found.has_more
            return explaining.read

        assert await database.read(look) <= 6 * PAGE, (page, status)
