"""One's own account, and people by forms: invited, given roles, removed."""

import re

import pyotp
import pytest

from tests.dashboard.conftest import Owner, browser_of, hidden, sign_in
from tests.dashboard.test_roles import person_of
from tests.running import OWNER_EMAIL, OWNER_PASSWORD
from tests.shop import Shop
from tillgate.access.accounts import Role
from tillgate.access.accounts.model import CONFIRMED_FOR_MS
from tillgate.access.second_factor.model import STEP_MS
from tillgate.base.clock import HOUR_MS
from tillgate.dashboard.account import device_of

pytestmark = pytest.mark.anyio

NEW, PASSWORD = "new@example.com", "another good password"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def invited(owner: Owner, role: str = "developer", email: str = NEW) -> str:
    """The path of a new invitation, as the page shows it once."""
    answer = await owner.send("/people/invitations", email=email, role=role, form_id=f"{email} {role}")
    assert answer.status_code == 201, answer.text
    again = await owner.send("/people/invitations", email=email, role=role, form_id=f"{email} {role}")
    assert again.status_code == 409
    return re.findall(r"https://shop\.example(/dashboard/invitations/[\w-]+)", answer.text)[0]


async def test_an_invited_person_chooses_a_password_and_is_in(owner_of_both: Owner) -> None:
    """The link is shown once and works once; the page of people says who is invited, and then who they are."""
    owner = owner_of_both
    link = await invited(owner)
    page = await owner.page("/people")
    assert (NEW in page, link in page) == (True, False)
    async with browser_of(owner.shop) as http:
        assert "You are invited" in (await http.get(link)).text
        wrong = await http.post(link, data={"password": "short"})
        assert (wrong.status_code, 'id="password-problem"' in wrong.text) == (422, True)
        answer = await http.post(link, data={"password": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
        assert NEW in (await http.get("/dashboard/account")).text
    async with browser_of(owner.shop) as other:
        for spent in (await other.get(link), await other.post(link, data={"password": PASSWORD})):
            assert (spent.status_code, "does not work" in spent.text) == (404, True)
        assert (await sign_in(other, PASSWORD, email=NEW)).status_code == 303
    assert "Open invitations" not in await owner.page("/people")


async def test_an_invitation_signs_nobody_in_over_somebody_else(owner: Owner) -> None:
    """Who opens it in a browser that is signed in as another accepts nothing as that one; a new account ends the
    sign-in that was there."""
    link = await invited(owner)
    before = owner.http.cookies["__Host-tillgate_session"]
    refused = await owner.send("/invitations/accept", token=link.rsplit("/", 1)[1])
    assert (refused.status_code, "is for new@example.com" in refused.text) == (403, True)
    assert (await owner.http.post(link, data={"password": PASSWORD})).status_code == 303
    assert owner.http.cookies["__Host-tillgate_session"] != before
    assert await owner.shop.app.accounts.signed_in(before) is None


async def test_who_has_an_account_accepts_signed_in(owner: Owner) -> None:
    """The link asks for no password of theirs, and the project is looked at at once."""
    shop = owner.shop
    second = await shop.project("Second")
    async with person_of(shop, Role.VIEWER, second, NEW) as one:
        link = await invited(owner, "admin")
        async with browser_of(shop) as nobody:
            page = (await nobody.get(link)).text
            assert ("have an account here already" in page, 'name="password"' in page) == (True, False)
            assert (await nobody.post(link, data={"password": PASSWORD})).status_code == 200
            assert "__Host-tillgate_session" not in nobody.cookies
        token = hidden(await one.browser.page(link.removeprefix("/dashboard")), "token")
        assert await one.browser.done("/invitations/accept", token=token) == ""
        assert "Test shop" in await one.browser.page("")


async def test_people_are_changed_and_removed_by_forms(owner_of_both: Owner) -> None:
    """The next click of whoever is removed is refused; what a role may not do is refused in the operation, too."""
    owner, shop = owner_of_both, owner_of_both.shop
    async with (
        person_of(shop, Role.ADMIN, shop.project_id) as admin,
        person_of(shop, Role.VIEWER, shop.project_id) as one,
    ):
        user = (await one.look_at(shop, False)).user
        boss = re.findall(r"/people/(usr_\w+)", await owner.page("/people"))
        assert user.id in boss
        assert await owner.done(f"/people/{user.id}/role", role="developer") == "/people"
        assert (await one.look_at(shop, False)).role is Role.DEVELOPER
        assert (await owner.send(f"/people/{user.id}/role", role="king")).status_code == 422
        assert (await owner.http.get("/dashboard/people/usr_x")).status_code == 404
        assert (await admin.browser.send(f"/people/{user.id}/role", role="owner")).status_code == 422
        assert (await admin.browser.send("/people/invitations", email=NEW, role="installation")).status_code == 422
        owner_id = (await shop.app.accounts.signed_in(owner.http.cookies["__Host-tillgate_session"])).user.id  # type: ignore[union-attr]
        refused = await admin.browser.send(f"/people/{owner_id}/remove")
        assert (refused.status_code, "role is above yours" in refused.text) == (403, True)
        assert "cannot change this person" in await admin.browser.page(f"/people/{owner_id}")
        assert await admin.browser.done(f"/people/{user.id}/remove") == "/people"
        assert (await one.browser.http.get("/dashboard")).status_code == 303
        assert (await one.browser.send("/payment-links", title="x")).headers["location"] == "/dashboard/sign-in"
    [line] = await shop.keys.store.audit_of(shop.project_id, None, None, 1)
    assert (line.action, line.actor) == ("user.removed", "user:admin-of-one@example.com")


async def test_an_invitation_is_withdrawn(owner: Owner) -> None:
    """Its link works no more; of another project's it is not there."""
    link = await invited(owner)
    where = re.findall(r"/dashboard(/people/invitations/inv_\w+/withdraw)", await owner.page("/people"))[0]
    other = await owner.shop.project()
    async with person_of(owner.shop, Role.OWNER, other, "o@example.com") as foreign:
        assert (await foreign.browser.send(where)).status_code == 404
    assert await owner.done(where) == "/people"
    assert (await owner.http.get(link)).status_code == 404


async def test_ones_own_password_is_changed_by_who_knows_the_old(owner_of_both: Owner) -> None:
    """Other sign-ins end, this one goes on; guesses are throttled."""
    owner, shop = owner_of_both, owner_of_both.shop
    async with browser_of(shop) as other:
        await sign_in(other)
        for fields in ({"old": "wrong", "new": PASSWORD}, {"old": OWNER_PASSWORD, "new": "short"}):
            answer = await owner.send("/account/password", **fields)
            assert answer.status_code == 422
        assert (await other.get("/dashboard")).status_code == 200
        assert await owner.done("/account/password", old=OWNER_PASSWORD, new=PASSWORD) == "/account"
        assert (await other.get("/dashboard")).status_code == 303
        await owner.page("/account")
        assert (await sign_in(other)).status_code == 403
        assert (await sign_in(other, PASSWORD)).status_code == 303
    for _ in range(5):
        assert (await owner.send("/account/password", old="guess", new=PASSWORD)).status_code == 422
    throttled = await owner.send("/account/password", old=PASSWORD, new="a third password")
    assert (throttled.status_code, throttled.headers["retry-after"]) == (429, "900")


async def test_sign_ins_are_listed_and_ended(owner_of_both: Owner) -> None:
    """With device, network and when they were last seen; one by one, all others, and everywhere."""
    owner, shop = owner_of_both, owner_of_both.shop
    async with browser_of(shop, "2001:db8:0:1::9") as phone, browser_of(shop, "192.0.2.9") as desk:
        for http in (phone, desk):
            http.headers["User-Agent"] = FIREFOX
            await sign_in(http)
        page = await owner.page("/account")
        assert (page.count("Firefox on Linux"), "2001:db8:0:1::/64" in page, "192.0.2.9" in page) == (2, True, True)
        shop.clock.ahead_ms += HOUR_MS
        assert (await phone.get("/dashboard")).status_code == 200
        assert (await owner.page("/account")).count("just now") == 1
        first = re.findall(r"/account/sign-ins/(sgn_\w+)/end", await owner.page("/account"))[0]
        assert await owner.done(f"/account/sign-ins/{first}/end") == "/account"
        assert ((await phone.get("/dashboard")).status_code, (await desk.get("/dashboard")).status_code) == (303, 200)
        assert await owner.done("/account/end-others") == "/account"
        assert (await desk.get("/dashboard")).status_code == 303
        await sign_in(desk)
        assert await owner.done("/account/end-all") == "/sign-in"
        assert (await desk.get("/dashboard")).status_code == 303
        assert (await owner.http.get("/dashboard")).status_code == 303


async def test_nobody_ends_another_persons_sign_in(owner: Owner) -> None:
    """Its id is worth nothing to anybody else."""
    shop = owner.shop
    mine = await shop.app.accounts.sign_ins_of(
        (await shop.app.accounts.person_in(shop.project_id, await _id_of(owner))).user, ""
    )
    async with person_of(shop, Role.OWNER, None, "boss@example.com") as other:
        await other.browser.done(f"/account/sign-ins/{mine[0].id}/end")
    await owner.page("/account")


async def _id_of(owner: Owner) -> str:
    found = await owner.shop.app.accounts.signed_in(owner.http.cookies["__Host-tillgate_session"])
    assert found is not None
    return found.user.id


async def test_a_dangerous_setting_asks_again_and_forgets_nothing(owner_of_both: Owner) -> None:
    """After ten minutes the password is asked for, on a page that holds the form as it was sent; a wrong one changes
    nothing, the right one does what was asked and counts for the next ten minutes, in this browser alone."""
    owner, shop = owner_of_both, owner_of_both.shop
    shop.clock.ahead_ms += CONFIRMED_FOR_MS
    form = {"email": NEW, "role": "viewer", "form_id": "a form"}
    asked = await owner.send("/people/invitations", **form)
    assert (asked.status_code, "Confirm that it is you" in asked.text) == (403, True)
    assert 'action="/dashboard/people/invitations"' in asked.text
    held = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', asked.text))
    assert held == form | {"csrf": owner.csrf, "back": "/dashboard/account"}  # the last is the mode switch's
    wrong = await owner.send("/people/invitations", **form, confirm_password="guess")
    assert (wrong.status_code, "not your password" in wrong.text, "guess" in wrong.text) == (403, True, False)
    assert await shop.app.invitations.open_of(shop.project_id) == []
    assert (await owner.send("/people/invitations", **form, confirm_password=OWNER_PASSWORD)).status_code == 201
    live = {"name": "Live", "mode": "live", "scopes": ["events:read"]}
    assert (await owner.send("/api-keys", **live)).status_code == 201
    async with browser_of(shop) as http:
        await sign_in(http)
        shop.clock.ahead_ms += CONFIRMED_FOR_MS
        other = Owner(shop, http)
        other.csrf = hidden(await other.page(""), "csrf")
        assert (await other.send("/api-keys", **live)).status_code == 403
        assert (await other.send("/api-keys", **live | {"mode": "test"})).status_code == 201
        for _ in range(5):
            await other.send("/api-keys", **live, confirm_password="guess")
        assert (await other.send("/api-keys", **live, confirm_password=OWNER_PASSWORD)).status_code == 429


def test_a_browser_is_named_in_peoples_words() -> None:
    """Whatever it says of itself."""
    assert device_of(FIREFOX) == "Firefox on Linux"
    assert device_of("Mozilla/5.0 (Macintosh) Version/18.0 Safari/605.1") == "Safari on macOS"
    assert device_of("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0 Safari/537.36 Edg/140.0") == "Edge on Windows"
    assert device_of("") == "Unknown browser"
    assert OWNER_EMAIL not in device_of("<b>x</b>")


async def test_the_second_factor_by_forms(owner_of_both: Owner) -> None:
    """Set up, asked for with the next sign-in, and removed; what is between opens no page, and is gone at the end."""
    owner, shop = owner_of_both, owner_of_both.shop
    assert (await owner.http.get("/dashboard/account/app")).headers["location"] == "/dashboard/account"
    assert await owner.done("/account/app") == "/account/app"
    page = await owner.page("/account/app")
    secret = re.sub(r"\s", "", re.findall(r'translate="no">([A-Z2-7 ]+)</code>', page)[0])
    assert "data:image/svg" in page
    wrong = await owner.send("/account/app/confirm", code="000000", form_id="a")
    assert (wrong.status_code, 'id="code-problem"' in wrong.text) == (422, True)
    made = await owner.send("/account/app/confirm", code=_code(shop, secret), form_id="b")
    codes = re.findall(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}", made.text)
    assert (made.status_code, len(codes)) == (201, 10)
    assert (await owner.send("/account/app/confirm", code=_code(shop, secret), form_id="b")).status_code == 409
    shop.clock.ahead_ms += STEP_MS
    async with browser_of(shop, "192.0.2.7") as http:
        first = await sign_in(http, next="/dashboard/products")
        where = first.headers["location"]
        assert where == "/dashboard/sign-in/second?next=%2Fdashboard%2Fproducts"
        assert (await http.get("/dashboard")).status_code == 303
        form = (await http.get(where)).text
        assert ("authenticator app" in form, "tillgate users reset-2fa" in form) == (True, True)
        fields = {"next": hidden(form, "next")}
        refused = await http.post("/dashboard/sign-in/second", data=fields | {"code": "000000"})
        assert (refused.status_code, "is not right" in refused.text) == (403, True)
        fixed = "a" * 43
        http.cookies.set("__Host-tillgate_session", fixed)
        done = await http.post("/dashboard/sign-in/second", data=fields | {"code": _code(shop, secret)})
        assert (done.status_code, done.headers["location"]) == (303, "/dashboard/products")
        assert "__Host-tillgate_halfway" not in http.cookies
        assert await shop.app.accounts.signed_in(fixed) is None
        assert (await http.get("/dashboard/sign-in/second")).headers["location"] in ("/dashboard/sign-in", "/dashboard")
        late = await http.post("/dashboard/sign-in/second", data=fields | {"code": codes[0]})
        assert late.status_code == 403
    async with browser_of(shop, "192.0.2.8") as http:
        await sign_in(http)
        for _ in range(5):
            await http.post("/dashboard/sign-in/second", data={"code": "000000"})
        throttled = await http.post("/dashboard/sign-in/second", data={"code": codes[0]})
        assert (throttled.status_code, throttled.headers["retry-after"]) == (429, "900")
    assert "10 left" in await owner.page("/account")
    assert await owner.done("/account/app/remove") == "/account"
    async with browser_of(shop) as http:
        assert (await sign_in(http)).headers["location"] == "/dashboard"


def _code(shop: Shop, secret: str) -> str:
    return pyotp.TOTP(secret).generate_otp(shop.clock.now() // STEP_MS)


async def test_owners_see_what_others_changed(owner_of_both: Owner) -> None:
    """Each of them, until they have seen it; of people and of live keys and secrets, not of what is of test mode, nor
    of what they did themselves; nobody else is."""
    owner, shop = owner_of_both, owner_of_both.shop
    title = "Sensitive settings were changed"
    assert title in await owner.page("")  # the operator made their account
    assert await owner.done("/notices/seen", installation="x", project="9" * 30) == ""
    assert title in await owner.page("")
    async with (
        person_of(shop, Role.ADMIN, shop.project_id) as admin,
        person_of(shop, Role.OWNER, shop.project_id) as second,
    ):
        for one in (owner, second.browser):
            numbers = dict(re.findall(r'name="(installation|project)" value="(\d+)"', await one.page("")))
            assert await one.done("/notices/seen", **numbers) == ""
            assert title not in await one.page("")
        await admin.browser.send("/api-keys", name="Test key", mode="test", scopes=["events:read"])
        await admin.browser.send("/api-keys", name="Live key", mode="live", scopes=["events:read"])
        await admin.browser.send("/people/invitations", email=NEW, role="viewer", form_id="x")
        for one in (owner, second.browser):
            page = await one.page("")
            assert [word in page for word in (title, "Live key", NEW, "admin-of-one@example.com")] == [True] * 4
            assert "Test key" not in page
        assert title not in await admin.browser.page("")
        await owner.send("/people/invitations", email="other@example.com", role="viewer", form_id="y")
        assert "other@example.com" not in await owner.page("")
        assert "other@example.com" in await second.browser.page("")


async def test_a_project_is_renamed(owner_of_both: Owner) -> None:
    """Everywhere at once, and written down; a name that is none is refused beside its field."""
    owner = owner_of_both
    for name in (" ", "x" * 101):
        answer = await owner.send("/settings", name=name)
        assert (answer.status_code, 'id="name-problem"' in answer.text) == (422, True)
    assert await owner.done("/settings", name="Corner shop") == "/settings"
    assert await owner.done("/settings", name="Corner shop") == "/settings"
    assert "Corner shop" in await owner.page("")
    [line] = await owner.shop.keys.store.audit_of(owner.shop.project_id, None, None, 5)
    assert (line.action, line.detail) == ("project.renamed", {"name": {"from": "Test shop", "to": "Corner shop"}})
