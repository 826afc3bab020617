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


async def test_what_was_given_up_is_found(still_shop: Shop) -> None:
    """`status=abandoned` lists an endpoint's deliveries that were given up, newest first, page by page, and nothing
    else; no other state is taken for one."""
    client = await still_shop.client()
    made = [
        (await client.post("/webhook_endpoints", json={"url": f"https://r.example/{name}", "events": ["*"]})).json()[
            "id"
        ]
        for name in ("mine", "other")
    ]
    for _ in range(6):
        await client.post("/checkout_sessions", json={"amount": {"value": "5.00", "currency": "USD"}})
    path = f"/webhook_endpoints/{made[0]}/deliveries"
    every = [one["id"] for one in (await client.get(path)).json()["data"]]
    given_up = every[::2]
    assert (await client.get(path, params={"status": "abandoned"})).json()["data"] == []

    async def give_up(tx: Transaction) -> None:
        for delivery in given_up:
            await tx.execute("UPDATE webhook_deliveries SET status = 'abandoned' WHERE id = $1", delivery)

    await still_shop.database.write(give_up)
    first = (await client.get(path, params={"status": "abandoned", "limit": 2})).json()
    rest = {"status": "abandoned", "limit": 2, "starting_after": first["nextCursor"]}
    second = (await client.get(path, params=rest)).json()
    assert [one["id"] for one in first["data"] + second["data"]] == given_up
    assert (first["hasMore"], second["hasMore"]) == (True, len(given_up) > 4)
    assert {one["status"] for one in first["data"]} == {"abandoned"}
    others = (await client.get(f"/webhook_endpoints/{made[1]}/deliveries", params={"status": "abandoned"})).json()
    assert others["data"] == []
    assert (await client.get(path, params={"status": "lost"})).status_code == 400
