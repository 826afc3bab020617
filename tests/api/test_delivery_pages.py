"""Reading the delivery log: as many statements for a page as for one delivery."""

from typing import Any

import pytest

from tests.shop import Shop
from tillgate.base.pages import PageRequest
from tillgate.base.principal import Principal
from tillgate.events.deliveries.operations import list_deliveries, list_deliveries_of_events
from tillgate.store import Transaction

pytestmark = pytest.mark.anyio


class Counted:
    """A transaction that counts what it is asked."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        self.asked += name.startswith(("fetch", "execute"))
        return getattr(self.tx, name)


async def test_a_page_costs_no_more_statements_than_one_delivery(shop: Shop) -> None:
    """Ten deliveries and their attempts are read by as many statements as one; each keeps its own attempts."""
    client = await shop.client()
    body = {"url": "https://receiver.example/", "events": ["*"]}
    endpoint = (await client.post("/webhook_endpoints", json=body)).json()["id"]
    for _ in range(10):
        await client.post("/checkout_sessions", json={"amount": {"value": "5.00", "currency": "USD"}})
    events = [event["id"] for event in (await client.get("/events")).json()["data"]]
    mine = Principal(shop.project_id, False, "operator", "operator:test")
    theirs = mine._replace(livemode=True)

    async def operation(tx: Transaction) -> None:
        costs = []
        for limit in (1, 10):
            counted: Any = Counted(tx)
            page = await list_deliveries(counted, mine, endpoint, PageRequest(limit))
            assert len(page.data) == limit
            costs.append(counted.asked)
        assert costs[0] == costs[1]
        one: Any = Counted(tx)
        all_of_them: Any = Counted(tx)
        assert set(await list_deliveries_of_events(one, mine, events[:1])) == set(events[:1])
        assert set(await list_deliveries_of_events(all_of_them, mine, events)) == set(events)
        assert one.asked == all_of_them.asked
        assert await list_deliveries_of_events(tx, theirs, events) == {}

    await shop.database.read(operation)
