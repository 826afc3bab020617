"""What it costs to erase a customer, counted: who writes meanwhile waits for what names them alone."""

from typing import Any

import pytest

from keyturn.database import Transaction
from tests.makers import one, rows
from tests.shop import Shop, still_shop
from tillgate.base import ids
from tillgate.checkout.customers import erasing
from tillgate.jobs import PLACES
from tillgate.store.erasing import ERASED
from tillgate.store.erasure_records import ROWS_MAX
from tillgate.store.jobs import Again, Job

__all__ = ["still_shop"]

pytestmark = pytest.mark.anyio

OTHERS = 10 * ROWS_MAX
# All in one transaction, on both databases.
NEW = (
    "INSERT INTO customers (id, project_id, livemode, metadata, created_at, updated_at, email_stated) "
    "VALUES ($1, $2, FALSE, $3, 0, 0, FALSE)"
)


class Counting:
    """A database that counts its transactions."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.reads = self.writes = 0

    async def read(self, operation: Any) -> Any:
        self.reads += 1
        return await self._database.read(operation)

    async def write(self, operation: Any) -> Any:
        self.writes += 1
        return await self._database.write(operation)


async def erase(shop: Shop, customer_id: str) -> Counting:
    """Erase a customer, and count."""
    counting: Any = Counting(shop.database)
    kind = erasing.kind(counting, PLACES)
    answer = await (await shop.client()).delete(f"/customers/{customer_id}")
    assert answer.status_code == 200, answer.text
    job = Job(**{**dict.fromkeys(Job._fields), "key": customer_id, "kind": kind.name})
    while isinstance(await kind.run(job), Again):
        pass
    assert await rows(shop.database, "SELECT 1 FROM customer_erasures") == []
    return counting


async def erased(shop: Shop, email: str) -> Counting:
    """The same of a new one."""
    made = await (await shop.client()).post("/customers", json={"email": email, "name": "Ada Lovelace"})
    return await erase(shop, made.json()["id"])


async def test_rows_that_name_somebody_else_are_only_read(still_shop: Shop) -> None:
    """Of ten pages of rows none is written but the one that names the customer, and each page is one read."""
    shop = still_shop
    few = await erased(shop, "ada@example.com")
    named = ids.new_id(ids.CUSTOMER)

    async def fill(tx: Transaction) -> None:
        for number in range(OTHERS):
            other = named if number == OTHERS // 2 else ids.new_id(ids.CUSTOMER)
            told = '{"agent":"Write to bob@example.com"}' if other == named else '{"agent":"eve@example.com"}'
            await tx.execute(NEW, other, shop.project_id, told)

    await shop.database.write(fill)
    many = await erased(shop, "bob@example.com")
    assert many.writes <= few.writes + 2
    assert few.reads + 9 <= many.reads <= few.reads + 15
    assert ERASED in str(await one(shop.database, "SELECT metadata FROM customers WHERE id = $1", named))
