"""People and projects: claiming an instance once, signing in, and being slowed down."""

import asyncio

import pytest
from structlog.testing import capture_logs

from keyturn.database import Database
from keyturn.stores.sql import SqlKeyStore
from tests.makers import StillClock, one, rows, settle
from tillgate.access.accounts import Accounts, csrf_token
from tillgate.access.accounts.model import (
    DEVICES_MAX,
    FAILURES_MAX_BY_DEVICE,
    FAILURES_MAX_BY_EMAIL_AND_ADDRESS,
    SIGN_IN_LIFETIME_MS,
    THROTTLE_WINDOW_MS,
    UNUSED_MAX_MS,
    checked_password,
)
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound
from tillgate.base.problems import Problem
from tillgate.base.text import checked_email

pytestmark = pytest.mark.anyio

EMAIL, PASSWORD, HERE = "owner@example.com", "correct horse battery", "192.0.2.1"


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def accounts(database: Database, clock: StillClock) -> Accounts:
    return Accounts(database, clock)


async def test_an_instance_is_claimed_once(accounts: Accounts) -> None:
    """By the bearer of the newest set-up link; then that link and all others are worthless."""
    assert not await accounts.is_claimed()
    old = await accounts.new_setup_token()
    token = await accounts.new_setup_token()
    assert old is not None
    assert token is not None
    assert [await accounts.setup_token_works(one) for one in (old, token, "", "x")] == [False, True, False, False]
    with pytest.raises(Forbidden):
        await accounts.claim(old, email=EMAIL, password=PASSWORD, project_name="Shop")
    cookie = await accounts.claim(token, email=EMAIL, password=PASSWORD, project_name="Shop")
    assert await accounts.is_claimed()
    assert await accounts.new_setup_token() is None
    assert not await accounts.setup_token_works(token)
    with pytest.raises(Forbidden):
        await accounts.claim(token, email="thief@example.com", password=PASSWORD, project_name="Mine")
    signed_in = await accounts.signed_in(cookie)
    assert signed_in is not None
    assert (signed_in.user.email, signed_in.project.name, signed_in.livemode) == (EMAIL, "Shop", False)


async def test_of_many_claims_at_once_one_counts(accounts: Accounts, database: Database) -> None:
    """One owner, one project."""
    token = await accounts.new_setup_token()
    assert token is not None
    done = await settle(
        *(accounts.claim(token, email=f"{n}@example.com", password=PASSWORD, project_name="Shop") for n in range(4))
    )
    assert len(done.answers) == 1
    assert {type(error) for error in done.errors} == {Forbidden}
    assert await one(database, "SELECT COUNT(*) FROM users") == 1
    assert await one(database, "SELECT COUNT(*) FROM projects") == 1


async def test_a_mistake_does_not_use_the_set_up_link_up(accounts: Accounts) -> None:
    """A short password is told, and the link stays good."""
    token = await accounts.new_setup_token()
    assert token is not None
    with pytest.raises(InvalidInput):
        await accounts.claim(token, email=EMAIL, password="short", project_name="Shop")
    assert await accounts.setup_token_works(token)


async def test_only_the_right_password_signs_in(accounts: Accounts, clock: StillClock) -> None:
    """The address in any case; the cookie lasts fourteen days or until it is signed out."""
    await accounts.create_user(EMAIL, PASSWORD)
    assert await accounts.sign_in(EMAIL, PASSWORD + "x", address=HERE) is None
    assert await accounts.sign_in("nobody@example.com", PASSWORD, address=HERE) is None
    first = await accounts.sign_in(f"  {EMAIL.upper()} ", PASSWORD, address=HERE)
    second = await accounts.sign_in(EMAIL, PASSWORD, address=HERE)
    assert first is not None
    assert second is not None
    await accounts.sign_out(first)
    assert await accounts.signed_in(first) is None
    assert await accounts.signed_in(second) is not None
    ends = clock.now() + SIGN_IN_LIFETIME_MS
    while clock.now() < ends:
        assert await accounts.signed_in(second) is not None
        await accounts.note_seen(second, address=HERE, agent="agent")
        clock.forward(min(UNUSED_MAX_MS - 1, ends - clock.now()))
    assert await accounts.signed_in(second) is None


async def test_a_sign_in_that_is_not_used_ends_sooner(accounts: Accounts, clock: StillClock) -> None:
    """Four days after it was last seen, to the millisecond, for its pages and in the list of sign-ins."""
    user = (await accounts.create_user(EMAIL, PASSWORD)).user
    token = await accounts.sign_in(EMAIL, PASSWORD, address=HERE)
    assert token is not None
    clock.forward(UNUSED_MAX_MS - 1)
    assert await accounts.signed_in(token) is not None
    assert len(await accounts.sign_ins_of(user, token)) == 1
    clock.forward(1)
    assert await accounts.signed_in(token) is None
    assert await accounts.sign_ins_of(user, token) == []


@pytest.mark.parametrize("cookie", ["", "x", "é", "\ud800", "a" * 10_000, "a\0b"])
async def test_an_invented_cookie_signs_in_nobody(accounts: Accounts, cookie: str) -> None:
    """Whatever it holds, and without an error of the driver."""
    assert await accounts.signed_in(cookie) is None
    await accounts.sign_out(cookie)


async def test_of_cookies_tokens_and_passwords_only_digests_are_stored(accounts: Accounts, database: Database) -> None:
    """A stolen dump signs nobody in."""
    token = await accounts.new_setup_token()
    assert token is not None
    stored = str([tuple(row) for row in await rows(database, "SELECT token_digest FROM setup_links")])
    cookie = await accounts.claim(token, email=EMAIL, password=PASSWORD, project_name="Shop")
    stored += str([tuple(row) for row in await rows(database, "SELECT token_digest FROM sign_ins")])
    hashed = await one(database, "SELECT password_hash FROM users")
    assert hashed.startswith("$argon2id$")
    assert not any(secret in stored + hashed for secret in (token, cookie, PASSWORD))


async def test_guessing_is_slowed_down(accounts: Accounts, clock: StillClock) -> None:
    """After five failures from one place nothing more is checked for a quarter of an hour, the right one included;
    guesses that are made at once count as well."""
    await accounts.create_user(EMAIL, PASSWORD)
    done = await settle(*(accounts.sign_in(EMAIL, f"guess {n}", address=HERE) for n in range(8)))
    assert len(done.answers) == FAILURES_MAX_BY_EMAIL_AND_ADDRESS
    assert {error.code for error in done.errors if isinstance(error, Forbidden)} == {"sign_in_throttled"}
    with pytest.raises(Forbidden):
        await accounts.sign_in(EMAIL, PASSWORD, address=HERE)
    assert await accounts.sign_in(EMAIL, PASSWORD, address="192.0.2.2") is not None
    clock.forward(THROTTLE_WINDOW_MS + 1)
    assert await accounts.sign_in(EMAIL, PASSWORD, address=HERE) is not None


async def test_an_address_is_one_users(accounts: Accounts) -> None:
    """Ignoring case."""
    await accounts.create_user(EMAIL, PASSWORD)
    with pytest.raises(Conflict) as caught:
        await accounts.create_user(EMAIL.upper(), PASSWORD)
    assert caught.value.code == "email_taken"


async def test_a_browser_looks_at_a_project_that_there_is(accounts: Accounts) -> None:
    """Turning to another project or mode is kept; to one that is not there is refused."""
    await accounts.create_user(EMAIL, PASSWORD)
    other = await accounts.create_project("Other")
    cookie = await accounts.sign_in(EMAIL, PASSWORD, address=HERE)
    assert cookie is not None
    await accounts.look_at(cookie, project_id=other.id, livemode=True)
    found = await accounts.signed_in(cookie)
    assert found is not None
    assert (found.project, found.livemode) == (other, True)
    assert (found.principal.project_id, found.principal.mode, found.principal.kind) == (other.id, "live", "user")
    for wrong in ("prj_nowhere", "", "prj_\0"):
        with pytest.raises(NotFound):
            await accounts.look_at(cookie, project_id=wrong, livemode=False)


def test_what_guards_forms_does_not_give_the_cookie_away() -> None:
    """It is derived from the cookie, one way."""
    assert csrf_token("a") == csrf_token("a") != csrf_token("b")
    assert "secret" not in csrf_token("secret")


@pytest.mark.parametrize("email", ["", "owner", "@", "a@", "@b", "a b@c.d", "a@b\n.c", "a\0@b.c", "x" * 251 + "@b.c"])
def test_what_is_no_address_is_refused(email: str) -> None:
    """The field is named."""
    with pytest.raises(InvalidInput) as caught:
        checked_email(email)
    assert caught.value.field == ("email",)


def test_a_password_has_ten_to_a_thousand_characters() -> None:
    """Any characters; it is kept as it came."""
    for good in ("ÅßÇ ∂é ƒ©!", "  fond  lamps  ", "kühl & naß " * 90):
        assert checked_password(good) == good
    for bad in ("", "kJ8#xz!pQ", "kJ8#xz!pQ2" * 100 + "x"):
        with pytest.raises(InvalidInput, match="length"):
            checked_password(bad)


@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "P@ssw0rd1234",
        "qwertyuiop",
        "1234567890",
        "aaaaaaaaaaaa",
        "iloveyou2020",
        "Tillgate2026",
        "keyturn1234",
        "jane.doe99",
        "jane.doe@example.com",
        "jane.doe!!",
        " " * 20,
        "x" * 1_000,
    ],
)
def test_a_password_that_a_guesser_tries_first_is_refused(password: str) -> None:
    """Common ones, those made of them, rows of keys, repetitions, our own name and the person's address."""
    with pytest.raises(InvalidInput) as caught:
        checked_password(password, field="new", about=["jane.doe@example.com"])
    assert (caught.value.field, caught.value.problem) == (("new",), Problem.GUESSABLE)


async def test_projects_are_listed_oldest_first(accounts: Accounts) -> None:
    """And one is found by its id."""
    made = [await accounts.create_project(f"Shop {n}") for n in range(3)]
    assert await accounts.list_projects() == made
    assert await asyncio.gather(*(accounts.get_project(one.id) for one in made)) == made
    for name in ("", "   ", "x" * 101, "a\0b"):
        with pytest.raises(InvalidInput):
            await accounts.create_project(name)


async def test_a_guesser_with_many_addresses_of_one_site_is_one_guesser(accounts: Accounts) -> None:
    """An IPv6 customer has a /64 to guess from; a neighbour in another one is not slowed down by it."""
    await accounts.create_user(EMAIL, PASSWORD)
    for n in range(FAILURES_MAX_BY_EMAIL_AND_ADDRESS):
        assert await accounts.sign_in(EMAIL, "guess", address=f"2001:db8:0:1::{n + 1}") is None
    with pytest.raises(Forbidden):
        await accounts.sign_in(EMAIL, PASSWORD, address="2001:db8:0:1:ffff::9")
    assert await accounts.sign_in(EMAIL, PASSWORD, address="2001:db8:0:2::1") is not None


async def test_strangers_lock_nobody_out_of_a_device_they_know(
    accounts: Accounts, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many addresses guess, whoever signed in from a device before signs in from it, also from the guessers'
    own address; a device that is another person's, or made up, does not. Its own wrong guesses count for it."""
    monkeypatch.setattr("tillgate.access.accounts.operations.FAILURES_MAX_BY_EMAIL", 3)
    await accounts.create_user(EMAIL, PASSWORD)
    await accounts.create_user("other@example.com", PASSWORD)
    devices = {}
    for email in (EMAIL, "other@example.com"):
        cookie = await accounts.sign_in(email, PASSWORD, address=HERE)
        assert cookie is not None
        devices[email] = await accounts.remember_device(cookie)
    for n in range(3):
        assert await accounts.sign_in(EMAIL, "guess", address=f"198.51.100.{n}") is None
    for device in ("", "made up", devices["other@example.com"]):
        with pytest.raises(Forbidden):
            await accounts.sign_in(EMAIL, PASSWORD, address=HERE, device=device)
    for address in (HERE, "198.51.100.1"):
        assert await accounts.sign_in(EMAIL, PASSWORD, address=address, device=devices[EMAIL]) is not None
    for n in range(FAILURES_MAX_BY_DEVICE):
        assert await accounts.sign_in(EMAIL, f"guess {n}", address=HERE, device=devices[EMAIL]) is None
    with pytest.raises(Forbidden):
        await accounts.sign_in(EMAIL, PASSWORD, address="192.0.2.77", device=devices[EMAIL])
    clock.forward(THROTTLE_WINDOW_MS + 1)
    assert await accounts.sign_in(EMAIL, PASSWORD, address=HERE, device=devices[EMAIL]) is not None


async def test_every_attempt_to_sign_in_is_logged(accounts: Accounts, database: Database) -> None:
    """With where it came from, and never with what was typed: it may be a password in the wrong field. Who signed in
    and out stands in the audit log, with how many attempts had failed; strangers write nothing there."""
    await accounts.create_user(EMAIL, PASSWORD)
    cookie = None
    with capture_logs() as logged:
        for email, password in (
            ("hunter2@typed.example", "guess"),
            (EMAIL, "guess"),
            (EMAIL, "guess"),
            (EMAIL, PASSWORD),
        ):
            cookie = await accounts.sign_in(email, password, address=HERE)
        for n in range(FAILURES_MAX_BY_EMAIL_AND_ADDRESS):
            assert await accounts.sign_in(EMAIL, f"guess {n}", address="192.0.2.9") is None
        with pytest.raises(Forbidden):
            await accounts.sign_in(EMAIL, PASSWORD, address="192.0.2.9")
    assert cookie is not None
    await accounts.sign_out(cookie)
    user = await one(database, "SELECT id FROM users")
    told = [(line["event"], line.get("user"), line["address"]) for line in logged]
    assert told[:4] == [
        ("sign_in.failed", None, HERE),
        ("sign_in.failed", user, HERE),
        ("sign_in.failed", user, HERE),
        ("sign_in.succeeded", user, HERE),
    ]
    assert told[-1] == ("sign_in.throttled", None, "192.0.2.9")
    assert not any(word in str(logged) for word in ("guess", "hunter2", PASSWORD))
    lines = await SqlKeyStore(database).audit_of(None, None, None, 10)
    assert [(line.action, line.actor, line.detail) for line in lines[:2]] == [
        ("user.signed_out", f"user:{EMAIL}", {"email": EMAIL}),
        ("user.signed_in", f"user:{EMAIL}", {"email": EMAIL, "address": HERE, "failedAttempts": 2}),
    ]
    assert len(lines) == 3


async def test_a_sign_in_clears_its_own_failures_only(accounts: Accounts, database: Database) -> None:
    """What failed for others at the same address stays counted, so that an account of one's own buys no guesses at
    others'; signing in is no failure itself."""
    await accounts.create_user(EMAIL, PASSWORD)
    await accounts.create_user("mine@example.com", PASSWORD)
    for _ in range(3):
        assert await accounts.sign_in(EMAIL, "guess", address=HERE) is None
    assert await accounts.sign_in("mine@example.com", "typing error", address=HERE) is None
    for _ in range(2):
        assert await accounts.sign_in("mine@example.com", PASSWORD, address=HERE) is not None
    counted = await rows(database, "SELECT subject, COUNT(*) FROM sign_in_failures GROUP BY subject ORDER BY 2, 1")
    assert [row[1] for row in counted] == [3, 3, 4]
    assert counted[-1][0] == f"@{HERE}"


async def test_devices_of_a_person_are_few_and_kept_as_digests(accounts: Accounts, database: Database) -> None:
    """The newest twenty; the token itself is nowhere."""
    await accounts.create_user(EMAIL, PASSWORD)
    cookie = await accounts.sign_in(EMAIL, PASSWORD, address=HERE)
    assert cookie is not None
    tokens = [await accounts.remember_device(cookie) for _ in range(DEVICES_MAX + 2)]
    again = await accounts.remember_device(cookie, tokens[-1])
    stored = [row[0] for row in await rows(database, "SELECT token_digest FROM known_devices")]
    assert (again, len(stored), any(token in stored for token in tokens)) == (tokens[-1], DEVICES_MAX, False)
