"""The first page says what to do next."""

import pytest

from tests.dashboard.conftest import Owner
from tests.makers import execute, one
from tests.shop import PUBLIC_URL

pytestmark = pytest.mark.anyio


async def test_the_way_dwindles_as_it_is_gone(owner_of_both: Owner) -> None:
    """Key, session, link and webhook each, until nothing is left but the latest sessions."""
    owner = owner_of_both
    page = await owner.page("")
    assert page.count("Done</span>") == 0
    assert "Start here" in page
    await owner.send("/api-keys", name="a", mode="test", scopes="links:read")
    await owner.session()
    page = await owner.page("")
    assert page.count("Done</span>") == 2
    assert "What to do next" in page
    await owner.link()
    await owner.send("/webhooks", url="https://shop.example/hook", events="*")
    page = await owner.page("")
    assert "What to do next" not in page
    assert "Pending" in page


async def test_the_curl_is_ready_but_for_the_key(owner: Owner) -> None:
    """It holds this server's address and a placeholder that no key can be taken for. crypto-checkout R65."""
    page = await owner.page("")
    assert f"curl {PUBLIC_URL}/api/v1/checkout_sessions" in page
    assert "Bearer ck_test_YOUR_KEY" in page
    await owner.done("/mode", mode="live")
    page = await owner.page("")
    assert "Live payments are not set up on this server yet" in page
    assert "Bearer ck_live_YOUR_KEY" in await owner.page("/events")


async def test_what_waits_is_said_once(owner: Owner) -> None:
    """Orders to review are counted, and no alert says the same of each of them; what nothing counts is an alert."""
    for _ in range(2):
        await owner.done(f"{await owner.session()}/simulate", outcome="underpaid")
    page = await owner.page("")
    assert "2 orders to review" in page and "waits for your decision" not in page
    assert await one(owner.shop.database, "SELECT COUNT(*) FROM alerts WHERE kind = 'needs_review'") == 2
    await execute(owner.shop.database, "UPDATE orders SET status = 'paid'")
    page = await owner.page("")
    assert "to review" not in page and page.count("waits for your decision") == 2
    assert page.count("/dismiss") == 2
