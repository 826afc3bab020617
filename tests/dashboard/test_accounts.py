"""Setting up, signing in, signing out."""

import pytest

from tests.dashboard.conftest import Owner, browser_of, hidden, sign_in
from tests.running import OWNER_EMAIL, OWNER_PASSWORD
from tests.shop import Shop
from tillgate.base.clock import DAY_MS, MINUTE_MS
from tillgate.dashboard import calls as visits

pytestmark = pytest.mark.anyio

# This shop is reached over TLS.
COOKIE = f"{visits.SECURE_PREFIX}{visits.COOKIE}"

CLAIM = {"email": "Owner@Example.com ", "password": OWNER_PASSWORD, "name": "Corner shop"}


async def test_the_set_up_link_makes_the_owner_once(shop: Shop) -> None:
    """Whoever has the link that the terminal printed claims the server; the link is worthless afterwards."""
    token = await shop.app.accounts.new_setup_token()
    async with browser_of(shop) as http:
        assert (await http.get(f"/dashboard/setup/{token}")).status_code == 200
        answer = await http.post(f"/dashboard/setup/{token}", data=CLAIM)
        assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
        home = (await http.get("/dashboard")).text
        assert "Corner shop" in home
        assert "owner@example.com" in home
    async with browser_of(shop) as other:
        assert (await other.get(f"/dashboard/setup/{token}")).status_code == 404
        again = await other.post(f"/dashboard/setup/{token}", data=CLAIM | {"email": "thief@example.com"})
        assert again.status_code == 404
        assert COOKIE not in other.cookies
        assert (await sign_in(other)).status_code == 303


async def test_nobody_claims_a_server_with_a_guess_or_an_old_link(sqlite_shop: Shop) -> None:
    """Only the newest start's link works."""
    old = await sqlite_shop.app.accounts.new_setup_token()
    await sqlite_shop.app.accounts.new_setup_token()
    async with browser_of(sqlite_shop) as http:
        for token in (old, "guess", "%00"):
            assert (await http.get(f"/dashboard/setup/{token}")).status_code == 404
            assert (await http.post(f"/dashboard/setup/{token}", data=CLAIM)).status_code == 404
        page = await http.get("/dashboard/sign-in")
        assert "no owner yet" in page.text


async def test_a_wrong_field_leaves_the_link_good_and_the_rest_filled_in(sqlite_shop: Shop) -> None:
    """The problem stands beside its field; the password is not sent back."""
    token = await sqlite_shop.app.accounts.new_setup_token()
    async with browser_of(sqlite_shop) as http:
        for field, value in (("email", "nobody"), ("password", "short"), ("name", " "), ("name", "x" * 101)):
            answer = await http.post(f"/dashboard/setup/{token}", data=CLAIM | {field: value})
            assert answer.status_code == 422
            assert f'id="{field}-problem"' in answer.text
            assert OWNER_PASSWORD not in answer.text
        assert (await http.post(f"/dashboard/setup/{token}", data=CLAIM)).status_code == 303


async def test_the_cookie_is_for_this_server_only(sqlite_shop: Shop) -> None:
    """HttpOnly, SameSite=Lax, for the whole server, and only over TLS where the server is reached by TLS. Its name then
    begins with ``__Host-``: a browser takes that from this very host alone, and a cookie that a neighbour under the
    same domain has set under the bare name signs nobody in."""
    await sqlite_shop.app.accounts.create_user(OWNER_EMAIL, OWNER_PASSWORD)
    async with browser_of(sqlite_shop) as http:
        header = (await sign_in(http)).headers["set-cookie"]
        assert header.startswith("__Host-tillgate_session=")
        parts = {part.strip().lower() for part in header.split(";")[1:]}
        assert parts >= {"httponly", "samesite=lax", "path=/", "secure"}
        assert not any(part.startswith("domain") for part in parts)
        value = http.cookies[COOKIE]
    async with browser_of(sqlite_shop) as other:
        other.cookies.set(visits.COOKIE, value)
        assert (await other.get("/dashboard")).status_code == 303
        other.cookies.set(COOKIE, value)
        assert (await other.get("/dashboard")).status_code == 200


async def test_the_cookie_is_no_credential_for_the_api(owner: Owner) -> None:
    """A signed-in browser still needs a key. crypto-checkout R2."""
    answer = await owner.http.get("/api/v1/payment_links")
    assert answer.status_code == 401


async def test_signing_in_goes_on_to_where_one_was_headed(sqlite_shop: Shop) -> None:
    """But never to another site."""
    await sqlite_shop.app.accounts.create_user(OWNER_EMAIL, OWNER_PASSWORD)
    async with browser_of(sqlite_shop) as http:
        asked = await http.get("/dashboard/sessions?status=paid")
        form = (await http.get(asked.headers["location"])).text
        assert hidden(form, "next") == "/dashboard/sessions?status=paid"
        answer = await sign_in(http, next="/dashboard/sessions?status=paid")
        assert answer.headers["location"] == "/dashboard/sessions?status=paid"
        for elsewhere in ("https://evil.example/dashboard", "//evil.example", "/\\evil.example"):
            assert (await sign_in(http, next=elsewhere)).headers["location"] == "/dashboard"
            page = await http.get("/dashboard/sign-in", params={"next": elsewhere})
            assert page.headers["location"] == "/dashboard"


async def test_a_wrong_password_is_refused_and_nothing_else_is_disclosed(sqlite_shop: Shop) -> None:
    """The same words, whether the address exists or not."""
    await sqlite_shop.app.accounts.create_user(OWNER_EMAIL, OWNER_PASSWORD)
    async with browser_of(sqlite_shop) as http:
        wrong = await sign_in(http, "not my password")
        unknown = await http.post("/dashboard/sign-in", data={"email": "who@example.com", "password": "x\0y"})
    for answer in (wrong, unknown):
        assert answer.status_code == 403
        assert "is wrong" in answer.text
        assert COOKIE not in answer.cookies


async def test_guessing_is_throttled_in_friendly_words(shop: Shop) -> None:
    """After five failures even the right password waits a quarter of an hour; another place does not."""
    await shop.app.accounts.create_user(OWNER_EMAIL, OWNER_PASSWORD)
    async with browser_of(shop, "192.0.2.1") as http, browser_of(shop, "192.0.2.2") as elsewhere:
        for _ in range(5):
            assert (await sign_in(http, "guess")).status_code == 403
        answer = await sign_in(http)
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "900"
        assert "Too many failed sign-ins. Wait 15 minutes" in answer.text
        assert COOKIE not in http.cookies
        assert (await sign_in(elsewhere)).status_code == 303
        shop.clock.ahead_ms += 16 * MINUTE_MS
        assert (await sign_in(http)).status_code == 303


async def test_a_browser_that_signed_in_before_is_not_locked_out_by_others(shop: Shop) -> None:
    """Guesses from elsewhere, and at its own address from another browser, leave its own allowance alone; signing out
    does not make it a stranger."""
    await shop.app.accounts.create_user(OWNER_EMAIL, OWNER_PASSWORD)
    async with browser_of(shop, "192.0.2.1") as own, browser_of(shop, "192.0.2.1") as other:
        assert (await sign_in(own)).status_code == 303
        own.cookies.delete(COOKIE)
        for _ in range(5):
            assert (await sign_in(other, "guess")).status_code == 403
        assert (await sign_in(other)).status_code == 429
        assert (await sign_in(own)).status_code == 303


async def test_strange_text_signs_nobody_in_and_breaks_nothing(shop: Shop) -> None:
    """NUL, broken UTF-8 and absurd lengths are only wrong passwords, on both databases."""
    await shop.app.accounts.create_user(OWNER_EMAIL, OWNER_PASSWORD)
    bodies = (
        b"email=a%00b@example.com&password=x",
        b"email=%ff%fe&password=%ff",
        b"email=" + b"x" * 20_000 + b"&password=" + b"y" * 20_000,
    )
    for number, body in enumerate(bodies):
        async with browser_of(shop, f"192.0.2.{number}") as http:
            answer = await http.post(
                "/dashboard/sign-in", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
            )
            assert answer.status_code == 403


async def test_signing_out_makes_the_cookie_worthless(owner: Owner) -> None:
    """Also a copy of it."""
    copied = owner.http.cookies[COOKIE]
    assert await owner.done("/sign-out") == "/sign-in"
    assert COOKIE not in owner.http.cookies
    owner.http.cookies.set(COOKIE, copied)
    assert (await owner.http.get("/dashboard")).status_code == 303


async def test_signing_in_again_ends_the_sign_in_before(owner: Owner) -> None:
    """One browser, one cookie."""
    before = owner.http.cookies[COOKIE]
    await sign_in(owner.http)
    assert owner.http.cookies[COOKIE] != before
    assert await owner.shop.app.accounts.signed_in(before) is None


async def test_a_sign_in_lapses(owner: Owner) -> None:
    """After two weeks one signs in again."""
    owner.shop.clock.ahead_ms += 14 * DAY_MS
    assert (await owner.http.get("/dashboard")).status_code == 303


async def test_the_mode_switch_turns_every_page(owner: Owner) -> None:
    """What belongs to one mode is not there in the other, and the page says which it is. crypto-checkout R39."""
    link = await owner.link()
    assert "Test mode</strong>" in await owner.page("/payment-links")
    assert await owner.done("/mode", mode="live", back="/dashboard/payment-links") == "/payment-links"
    page = await owner.page("/payment-links")
    assert "Live mode</strong>" in page
    assert "No payment link yet" in page
    await owner.page(link, 404)
    await owner.done("/mode", mode="test")
    await owner.page(link)


async def test_the_mode_switch_knows_two_modes_and_stays_here(owner: Owner) -> None:
    """Any other word is refused, and the way back is a page of the dashboard."""
    assert (await owner.send("/mode", mode="both")).status_code == 400
    answer = await owner.send("/mode", mode="live", back="https://evil.example/dashboard")
    assert answer.headers["location"] == "/dashboard"


async def test_what_is_said_is_one_of_our_own_lines(owner: Owner) -> None:
    """A cookie that somebody else set puts no words on the page; a line is said once."""
    await owner.done("/mode", mode="live")
    assert "You are viewing live mode." in await owner.page("")
    assert "You are viewing live mode." not in await owner.page("")
    owner.http.cookies.set("__Host-tillgate_flash", "<b>your account is locked</b>", path="/")
    assert "locked" not in await owner.page("")
