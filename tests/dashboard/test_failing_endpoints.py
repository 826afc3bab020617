"""An endpoint in trouble says so, and its patterns survive the form."""

import pytest

from tests.dashboard.conftest import Owner
from tests.dashboard.test_webhooks import endpoint
from tests.makers import execute
from tests.receiver import Receiver

pytestmark = pytest.mark.anyio


async def test_an_endpoint_in_trouble_is_marked(owner: Owner, receiver: Receiver) -> None:
    """First that nothing arrives, with the day on which it will be over; then why it was switched off."""
    path = await endpoint(owner, receiver.url)
    assert 'id="failing"' not in await owner.page(path)
    database = owner.shop.database
    await execute(database, "UPDATE webhook_endpoints SET failing_since = 1767225600000")
    assert "Every delivery has failed since" in await owner.page(path)
    await execute(database, "UPDATE webhook_endpoints SET active = FALSE, disabled_reason = 'failing'")
    assert "every delivery failed for five days" in await owner.page(path)
    await execute(database, "UPDATE webhook_endpoints SET disabled_reason = 'gone'")
    assert "410 Gone" in await owner.page(path)
    await owner.done(f"{path}/activate")
    assert 'id="failing"' not in await owner.page(path)


async def test_a_pattern_set_by_api_is_kept_by_the_form(owner: Owner) -> None:
    """The form offers it beside the types, so that saving does not lose it."""
    path = await endpoint(owner, "https://shop.example/in", ["session.*"])
    assert 'value="session.*"' in await owner.page(f"{path}/edit")


async def test_deliveries_that_were_given_up_are_shown_alone(owner: Owner) -> None:
    """One link leads there and another back; a state that no page asks for is refused."""
    path = await endpoint(owner, "https://shop.example/in")
    assert "status=abandoned" not in await owner.page(path)
    await owner.session()
    await owner.session()
    assert f"{path}?status=abandoned" in await owner.page(path)
    assert "No delivery was given up." in await owner.page(f"{path}?status=abandoned")
    first = "(SELECT MIN(id) FROM webhook_deliveries)"
    await execute(owner.shop.database, f"UPDATE webhook_deliveries SET status = 'abandoned' WHERE id = {first}")  # noqa: S608
    page = await owner.page(f"{path}?status=abandoned")
    # A plot above them has a table of its own, once something was attempted.
    listed = page.partition('<section id="deliveries"')[2]
    assert (listed.count("<summary>"), "Show all" in listed) == (1, True)
    await owner.page(f"{path}?status=lost", status=400)
