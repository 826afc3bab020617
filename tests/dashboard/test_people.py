"""People: their projects, and the end of an account."""

import re

import pytest

from tests.dashboard.conftest import Owner, sign_in
from tests.dashboard.test_roles import person_of
from tests.running import OWNER_PASSWORD
from tests.shop import Shop
from tillgate.access.accounts import Role

pytestmark = pytest.mark.anyio

EMAIL = "dev@example.com"


async def test_who_is_removed_is_refused_with_the_next_click(shop: Shop) -> None:
    """Each browser of theirs, for pages and forms; their password signs nobody in. The key that they made goes on, and
    the audit log says that they made it, and that they were removed, by their address."""
    accounts, project = shop.app.accounts, shop.project_id
    async with person_of(shop, Role.DEVELOPER, project, EMAIL) as one:
        browser = one.browser
        made = await browser.send("/api-keys", name="Mine", mode="test", scopes=["events:read"])
        key = re.findall(r"ck_test_\w{32}", made.text)[0]
        removal = await accounts.remove_user(EMAIL, by="operator:test")
        assert (removal.account, removal.sign_ins) == (True, 1)
        for answer in (await browser.http.get("/dashboard"), await browser.send("/payment-links", title="x")):
            assert (answer.status_code, answer.headers["location"][:18]) == (303, "/dashboard/sign-in")
        assert (await sign_in(browser.http, email=EMAIL)).status_code == 403
    assert (await (await shop.caller(key)).get("/events")).status_code == 200
    lines = await shop.keys.store.audit_of(project, None, None, 10)
    assert [(line.action, line.actor) for line in lines] == [
        ("user.removed", "operator:test"),
        ("key.created", f"user:{EMAIL}"),
        ("user.created", "operator:cli"),
    ]
    assert lines[0].detail == {"email": EMAIL, "role": "developer"}
    async with person_of(shop, Role.VIEWER, project, "viewer@example.com") as viewer:
        page = await viewer.browser.page("/audit")
        assert "Person removed" in page
        assert f"user:{EMAIL}" in page


async def test_another_role_holds_with_the_next_click(owner_of_both: Owner) -> None:
    """Less or more of it, without signing in again."""
    shop, project = owner_of_both.shop, owner_of_both.shop.project_id
    new = {"title": "Pro plan", "fiatAmount": "49.00", "fiatCurrency": "USD"}
    async with person_of(shop, Role.DEVELOPER, project, EMAIL) as dev:
        assert (await dev.browser.send("/payment-links", **new)).status_code == 303
        await shop.app.accounts.set_role(EMAIL, Role.VIEWER, project)
        assert (await dev.browser.send("/payment-links", **new)).status_code == 403
        await shop.app.accounts.set_role(EMAIL, Role.ADMIN, project)
        assert (await dev.browser.send("/payment-links", **new)).status_code == 303
        assert (await dev.browser.send("/projects", name="Mine")).status_code == 403
        await shop.app.accounts.set_role(EMAIL, Role.OWNER)
        assert (await dev.browser.send("/projects", name="Mine")).status_code == 303


async def test_a_project_that_is_not_theirs_is_not_there(owner_of_both: Owner) -> None:
    """It is in no list, and switching to it is what switching to one that never was is; nothing of it is found."""
    owner, shop = owner_of_both, owner_of_both.shop
    other = await shop.project("Secret shop")
    link = await owner.link()
    async with person_of(shop, Role.ADMIN, other, EMAIL) as admin:
        browser = admin.browser
        page = await browser.page("/projects")
        assert ("Secret shop" in page, shop.project_id in page) == (True, False)
        absent = "prj_" + "0" * 26
        foreign, never = [await browser.send(f"/projects/{one}/switch") for one in (shop.project_id, absent)]
        assert (foreign.status_code, never.status_code) == (404, 404)
        told = [re.sub(r'name="form_id" value="[^"]*"', "", one.text) for one in (foreign, never)]
        assert told[0].replace(shop.project_id, absent) == told[1]
        await browser.page(link, 404)
        await shop.app.accounts.set_role(EMAIL, Role.VIEWER, shop.project_id)
        assert await browser.done(f"/projects/{shop.project_id}/switch") == ""
        await browser.page(link)
        await shop.app.accounts.remove_user(EMAIL, shop.project_id)
        assert (await browser.http.get("/dashboard")).status_code == 303
        assert (await sign_in(browser.http, OWNER_PASSWORD, email=EMAIL)).status_code == 303
        assert "Secret shop" in await browser.page("")
