"""Events in the dashboard."""

import re

import pytest

from tests.dashboard.conftest import Owner

pytestmark = pytest.mark.anyio


async def test_events_are_listed_newest_first_and_by_type(owner_of_both: Owner) -> None:
    """Every move of a session is there, numbered."""
    owner = owner_of_both
    path = await owner.session()
    await owner.done(f"{path}/simulate", outcome="paid")
    page = await owner.page("/events")
    assert re.findall(r'class="row-link mono" href="[^"]+">([^<]+)<', page) == [
        "session.paid",
        "order.paid",
        "payment.succeeded",
        "session.created",
    ]
    page = await owner.page("/events?type=session.created")
    assert re.findall(r'class="row-link mono" href="[^"]+">([^<]+)<', page) == ["session.created"]
    assert "No matching events" in await owner.page("/events?type=session.failed")


async def test_an_event_is_shown_as_webhooks_carry_it(owner: Owner) -> None:
    """Pretty, escaped, and of this project and mode only."""
    await owner.session(metadata={"note": "<img src=x>"})
    found = re.search(r"/events/(evt_\w+)", await owner.page("/events"))
    assert found is not None
    raw = (await owner.http.get(f"/dashboard/events/{found[1]}")).text
    assert "&lt;img src=x&gt;" in raw
    assert "<img" not in raw
    assert "No endpoint is subscribed to it" in raw
    await owner.done("/mode", mode="live")
    await owner.page(f"/events/{found[1]}", 404)
