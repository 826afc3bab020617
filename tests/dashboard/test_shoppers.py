"""The page about test shoppers."""

import pytest

from tests.dashboard.conftest import Owner, hidden
from tests.makers import one
from tillgate.base.pages import LIMIT_DEFAULT
from tillgate.checkout.shoppers import operations
from tillgate.checkout.shoppers.model import Shopper

pytestmark = pytest.mark.anyio


async def account(owner: Owner, email: str, project_id: str | None = None) -> Shopper:
    shop = owner.shop
    return await shop.database.write(
        lambda tx: operations.create_account(tx, project_id or shop.project_id, email, "hash", shop.clock.now())
    )


async def test_test_shoppers_are_listed_in_pages_found_and_removed(owner_of_both: Owner) -> None:
    """By address, a page at a time; one is found by its whole address however that is written; a removed one is signed
    out and can be made again. Another project's is not there, and live mode has none."""
    owner, shop = owner_of_both, owner_of_both.shop
    assert "No test shopper yet" in await owner.page("/shoppers")
    made = [await account(owner, f"mei{number:02}+test@example.com") for number in range(LIMIT_DEFAULT + 1)]
    strange = await account(owner, "ken+test@example.com", await shop.project())
    token = await shop.database.write(lambda tx: operations.keep_signed_in(tx, made[0], shop.clock.now()))
    assert token is not None

    first = await owner.page("/shoppers")
    assert made[0].email in first and made[-2].email in first and made[-1].email not in first
    assert strange.email not in first and "A password" in first
    second = await owner.page(f"/shoppers?after={made[-2].id}")
    assert made[-1].email in second and made[0].email not in second and "First page" in second
    found = await owner.page("/shoppers?q=MEI00%2Btest@Example.com")
    assert made[0].email in found and made[1].email not in found
    for other in (strange.email, "mei00"):
        assert "No matching shopper" in await owner.page(f"/shoppers?q={other.replace('+', '%2B')}")

    asked = await owner.page(f"/shoppers/{made[0].id}/remove")
    assert made[0].email in asked and hidden(asked, "csrf")
    gone = await owner.send(f"/shoppers/{strange.id}/remove")
    assert gone.status_code == 404
    await owner.done(f"/shoppers/{made[0].id}/remove")
    assert "was removed" in await owner.page("/shoppers")
    assert (await owner.send(f"/shoppers/{made[0].id}/remove")).status_code == 404
    assert await one(shop.database, "SELECT COUNT(*) FROM shopper_tokens") == 0
    again = await account(owner, made[0].email)
    await owner.done("/mode", mode="live", back="/dashboard/shoppers")
    live = await owner.page("/shoppers")
    assert "test mode only" in live and again.email not in live
    assert (await owner.send(f"/shoppers/{again.id}/remove")).status_code == 404
    assert await one(shop.database, "SELECT COUNT(*) FROM shoppers WHERE id = $1", again.id) == 1
