"""Plots of what was asked and sent: requests by hour, a key's traffic, an endpoint's attempts."""

import pytest

from keyturn import Mode
from keyturn.insight.logged import Answered, Hour
from keyturn.insight.usage import HOUR_MS
from tests.dashboard.conftest import Owner
from tests.makers import rows
from tests.shop import eventually
from tillgate.base.clock import DAY_MS
from tillgate.dashboard.charts import stacked

pytestmark = pytest.mark.anyio


async def test_requests_are_counted_by_hour_and_each_key_shows_its_traffic(owner_of_both: Owner) -> None:
    """All of them, whether a line of the log is kept or not; those that failed on top; the same as a table; of the mode
    that is looked at."""
    owner = owner_of_both
    assert "Requests by hour" not in await owner.page("/requests")
    issued = await owner.shop.issued(["links:read"])
    asking = {"Authorization": f"Bearer {issued.secret.reveal()}"}
    for path in ("payment_links", "payment_links", "orders"):
        await owner.http.get(f"/api/v1/{path}", headers=asking)
    await owner.shop.app._keys._flush()
    page = await owner.page("/requests")
    assert "3 requests; 1 answered 4xx, 0 5xx" in page
    assert page.count('class="hit"') == 48 and "Hours as a table" in page
    keys = await owner.page("/api-keys")
    assert 'aria-label="2 allowed and 1 refused in 14 days"' in keys
    other = Hour(owner.shop.project_id, Mode.LIVE, owner.shop.clock.now() // HOUR_MS)
    store = owner.shop.app._keys._request_store
    assert store is not None
    await store.add_hours({other: Answered(700)})
    assert "700 requests" not in await owner.page("/requests")
    await owner.done("/mode", mode="live", back="/dashboard/requests")
    assert "700 requests; 0 answered 4xx" in await owner.page("/requests")


async def test_an_endpoint_shows_its_attempts_by_day(owner_of_both: Owner) -> None:
    """Each attempt counts on its day; a test counts for nothing; with the endpoint its figures go."""
    owner = owner_of_both
    api = await owner.shop.client()
    body = {"url": "http://127.0.0.1:9/hook", "events": ["session.created"]}
    endpoint = (await api.post("/webhook_endpoints", json=body)).json()["id"]
    await owner.send(f"/webhooks/{endpoint}/test")
    assert "Attempts by day" not in await owner.page(f"/webhooks/{endpoint}")
    await owner.session()
    database = owner.shop.database
    counted = "SELECT endpoint_id, day, delivered, failed, abandoned FROM delivery_figures"

    async def attempted() -> bool:
        return bool(await rows(database, counted))

    await eventually(attempted)
    today = owner.shop.clock.now() // DAY_MS
    assert [tuple(row) for row in await rows(database, counted)] == [(endpoint, today, 0, 1, 0)]
    page = await owner.page(f"/webhooks/{endpoint}")
    assert "0 delivered; 1 attempts failed, 0 deliveries given up" in page and page.count('class="hit"') == 30
    await owner.done(f"/webhooks/{endpoint}/delete")
    assert not await rows(database, counted)


def test_a_column_that_has_something_is_seen() -> None:
    """What failed stands on what went well, inside of the box, and neither disappears beside the other."""
    found = stacked([("a", 0, 0, "none"), ("b", 1, 99_999, "many"), ("c", 99_999, 1, "most")])
    heights = [(one.height, one.bad_height) for one in found.columns]
    assert heights[0] == (0, 0) and all(min(pair) >= 2 for pair in heights[1:])
    assert all(one.bad_y >= 0 and one.y + one.height == found.height for one in found.columns)
