"""The second factor without a browser: what a code is worth, how often, and to whom."""

import pyotp
import pytest

from keyturn.database import Database
from keyturn.database.shape import tables_of
from keyturn.stores.sql import SqlKeyStore
from tests.makers import StillClock, one, settle
from tillgate.access.accounts import Accounts, PendingSignIn, Role, User
from tillgate.access.second_factor.model import (
    FAILURES_MAX,
    HALFWAY_MS,
    RECOVERY_CODES,
    STEP_MS,
    new_recovery_codes,
    read_code,
    step_of,
)
from tillgate.access.second_factor.operations import SecondFactors, reset
from tillgate.access.second_factor.passkeys import PasskeySite, site_of_url
from tillgate.base.clock import MINUTE_MS
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound
from tillgate.opening import all_migrations
from tillgate.store import Sealer
from tillgate.store.sealing import new_key, reseal, sealed_columns

pytestmark = pytest.mark.anyio

EMAIL, PASSWORD, HERE = "me@example.com", "correct horse battery", "192.0.2.1"
SITE = PasskeySite("shop.example", "https://shop.example")


class Person:
    """Somebody with an authenticator app, and all that it takes to sign them in."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = StillClock()
        self.key = new_key()
        self.accounts = Accounts(database, self.clock)
        self.factors = SecondFactors(database, self.clock, self.accounts, sealer=Sealer(self.key), site=SITE)
        self.secret = ""
        self.codes: list[str] = []

    async def set_up(self) -> User:
        project = await self.accounts.create_project("Shop")
        user = (await self.accounts.create_user(EMAIL, PASSWORD, Role.ADMIN, project.id)).user
        cookie = await self.accounts.sign_in(EMAIL, PASSWORD, address=HERE)
        assert isinstance(cookie, str)
        await self.factors.propose_app(user)
        self.secret = await self.factors.proposed_app(user) or ""
        self.codes = await self.factors.confirm_app(cookie, user, self.code())
        self.cookie = cookie
        return user

    def code(self, steps: int = 0) -> str:
        return pyotp.TOTP(self.secret).generate_otp(self.clock.now() // STEP_MS + steps)

    async def halfway(self, device: str = "") -> str:
        found = await self.accounts.sign_in(EMAIL, PASSWORD, address=HERE, device=device)
        assert isinstance(found, PendingSignIn)
        assert found.token not in repr(found)
        return found.token

    async def finish(self, token: str, code: str, device: str = "") -> str | None:
        return await self.factors.finish(token, code=code, address=HERE, device=device)


@pytest.fixture
async def person(database: Database) -> Person:
    made = Person(database)
    await made.set_up()
    return made


async def test_the_password_alone_is_half_of_it(person: Person) -> None:
    """What the first step gives is no sign-in, and none for long; the second makes one with another cookie, once."""
    token = await person.halfway()
    assert await person.accounts.signed_in(token) is None
    assert await person.finish(token, "000000") is None
    person.clock.at += STEP_MS
    cookie = await person.finish(token, person.code())
    assert cookie not in (None, token)
    assert await person.accounts.signed_in(cookie or "") is not None
    for spent in (token, "guess", ""):
        with pytest.raises(Forbidden) as caught:
            await person.finish(spent, person.code(1))
        assert caught.value.code == "second_step_late"
    late = await person.halfway()
    person.clock.at += HALFWAY_MS
    with pytest.raises(Forbidden):
        await person.finish(late, person.code())
    assert await person.factors.begin(late) is None


async def test_a_code_counts_once(person: Person) -> None:
    """The one that turned it on, one that was used, and one before it are spent, also for two at the same moment; a
    clock that is half a minute off is bridged, one that is further is not."""
    assert await person.finish(await person.halfway(), person.code()) is None
    person.clock.at += 10 * STEP_MS
    tokens = [await person.halfway() for _ in range(2)]
    code = person.code(1)
    done = await settle(*(person.finish(token, code) for token in tokens))
    assert [type(answer) for answer in done.answers].count(str) == 1
    left = tokens[0] if done.answers[0] is None else tokens[1]
    assert await person.finish(left, person.code()) is None
    person.clock.at += 20 * MINUTE_MS
    token = await person.halfway()
    assert await person.finish(token, person.code(-2)) is None
    assert await person.finish(token, person.code(2)) is None
    assert await person.finish(token, f" {person.code(-1)[:3]} {person.code(-1)[3:]} ") is not None


async def test_guesses_count_against_the_person(person: Person) -> None:
    """Whatever first step they come from, and at the same moment as one after another; then even the right code waits.
    A device that they have signed in from has a count of its own."""
    person.clock.at += STEP_MS
    mine = await person.accounts.remember_device(person.cookie)
    tokens = [await person.halfway() for _ in range(2)]
    done = await settle(*(person.finish(tokens[n % 2], f"{n:06}") for n in range(FAILURES_MAX + 3)))
    assert (len(done.answers), {type(error) for error in done.errors}) == (FAILURES_MAX, {Forbidden})
    with pytest.raises(Forbidden) as caught:
        await person.finish(await person.halfway(), person.code())
    assert caught.value.code == "sign_in_throttled"
    assert await person.finish(await person.halfway(mine), person.code(), mine) is not None
    person.clock.at += 16 * MINUTE_MS
    assert await person.finish(await person.halfway(), person.code()) is not None


async def test_a_recovery_code_counts_once(person: Person) -> None:
    """However it is typed; new ones end the old ones; only digests are kept."""
    assert len(set(person.codes)) == RECOVERY_CODES
    assert (
        await one(person.database, "SELECT COUNT(*) FROM recovery_codes WHERE code_digest = $1", person.codes[0]) == 0
    )
    typed = person.codes[0].upper().replace("-", " ")
    assert await person.finish(await person.halfway(), typed) is not None
    assert await person.finish(await person.halfway(), person.codes[0]) is None
    user = await _user(person)
    assert (await person.factors.of(user)).recovery_codes == RECOVERY_CODES - 1
    renewed = await person.factors.renew_codes(user)
    assert await person.finish(await person.halfway(), person.codes[1]) is None
    assert await person.finish(await person.halfway(), renewed[0]) is not None


async def _user(person: Person) -> User:
    found = await person.accounts.memberships()
    return found[0].user


async def test_turning_it_on_takes_a_code_and_ends_other_sign_ins(database: Database) -> None:
    """A secret that showed no code asks for nothing; a wrong code is refused and counted; a secret that counts is
    neither shown again nor replaced. Each step is written down."""
    person = Person(database)
    project = await person.accounts.create_project("Shop")
    user = (await person.accounts.create_user(EMAIL, PASSWORD, Role.ADMIN, project.id)).user
    cookies = [await person.accounts.sign_in(EMAIL, PASSWORD, address=HERE) for _ in range(2)]
    assert all(isinstance(cookie, str) for cookie in cookies)
    with pytest.raises(Conflict):
        await person.factors.confirm_app(str(cookies[0]), user, "000000")
    with pytest.raises(Conflict):
        await person.factors.renew_codes(user)
    await person.factors.propose_app(user)
    first = await person.factors.proposed_app(user)
    await person.factors.propose_app(user)
    person.secret = await person.factors.proposed_app(user) or ""
    assert first != person.secret
    assert isinstance(await person.accounts.sign_in(EMAIL, PASSWORD, address=HERE), str)
    for _ in range(2):
        with pytest.raises(InvalidInput):
            await person.factors.confirm_app(str(cookies[0]), user, "12345")
    await person.factors.confirm_app(str(cookies[0]), user, person.code())
    assert [await person.accounts.signed_in(str(cookie)) is not None for cookie in cookies] == [True, False]
    assert await person.factors.proposed_app(user) is None
    with pytest.raises(Conflict):
        await person.factors.propose_app(user)
    await person.factors.end_app(user)
    assert (await person.factors.of(user)).recovery_codes == 0
    assert isinstance(await person.accounts.sign_in(EMAIL, PASSWORD, address=HERE), str)
    lines = await SqlKeyStore(database).audit_of(project.id, None, None, 3)
    assert [(line.action, line.actor, line.detail) for line in lines[:2]] == [
        ("second_factor.app_removed", user.actor, {"email": EMAIL}),
        ("second_factor.app_added", user.actor, {"email": EMAIL}),
    ]


async def test_an_operator_takes_it_off(person: Person) -> None:
    """All of it, with every sign-in and whatever is halfway."""
    token = await person.halfway()
    assert await reset(person.database, person.clock, f" {EMAIL.upper()}") == 1
    with pytest.raises(Forbidden):
        await person.finish(token, person.codes[0])
    assert isinstance(await person.accounts.sign_in(EMAIL, PASSWORD, address=HERE), str)
    with pytest.raises(NotFound):
        await reset(person.database, person.clock, "nobody@example.com")


async def test_another_password_ends_what_is_halfway(person: Person) -> None:
    """Whoever knew the old one does not come in by it."""
    token = await person.halfway()
    person.clock.at += STEP_MS
    await person.accounts.set_password(EMAIL, "another good password")
    with pytest.raises(Forbidden):
        await person.finish(token, person.code())


async def test_the_secret_is_sealed_and_goes_with_the_secret_key(person: Person) -> None:
    """It is in no row as it is; another secret key seals it again, and codes work as before; where its key is lost,
    recovery codes still let their owner in."""
    assert person.secret not in await one(person.database, "SELECT secret_sealed FROM totp_factors")
    columns = sealed_columns(tables_of(all_migrations()))
    assert ("totp_factors", "secret_sealed") in columns
    fresh = new_key()
    await reseal(person.database, Sealer(f"{fresh},{person.key}"), columns)
    person.factors = SecondFactors(person.database, person.clock, person.accounts, sealer=Sealer(fresh), site=SITE)
    person.clock.at += STEP_MS
    assert await person.finish(await person.halfway(), person.code()) is not None
    person.factors = SecondFactors(person.database, person.clock, person.accounts, sealer=Sealer(new_key()), site=SITE)
    person.clock.at += STEP_MS
    assert await person.finish(await person.halfway(), person.code()) is None
    assert await person.finish(await person.halfway(), person.codes[0]) is not None
    await reseal(person.database, Sealer(new_key()), columns, lambda: "whsec_which+is/no=base32!")
    assert await person.finish(await person.halfway(), "123456") is None


async def test_passkeys_that_are_none_are_refused(person: Person) -> None:
    """Answers of any other shape, to no challenge or to another one, add nothing and let nobody in."""
    user = await _user(person)
    await person.factors.passkey_options(person.cookie, user)
    with pytest.raises(InvalidInput):
        await person.factors.add_passkey(person.cookie, user, "Phone", "{}")
    for answer in ("", "null", "[]", '{"id": 1}', '{"id": "x"}', "\ud800", "x" * 20_000, "{" * 9_000):
        with pytest.raises(InvalidInput):
            await person.factors.add_passkey(person.cookie, user, "Phone", answer)
        token = await person.halfway()
        step = await person.factors.begin(token)
        assert step is not None
        assert step.options is None
        if answer:
            assert await person.factors.finish(token, passkey=answer, address=HERE) is None
        person.clock.at += 16 * MINUTE_MS
    with pytest.raises(NotFound):
        await person.factors.remove_passkey(user, "psk_x")


def test_codes_are_read_as_people_write_them() -> None:
    """And nothing else is one."""
    secret, now = pyotp.random_base32(), 1_700_000_000_000
    code = pyotp.TOTP(secret).generate_otp(now // STEP_MS)
    assert step_of(secret, code, now) == now // STEP_MS
    for other in ("", code[:5], f"{code}0", "١٢٣٤٥٦", "12 456"):
        assert step_of(secret, other, now) is None
    assert step_of("no base32 at all!", code, now) is None
    assert read_code(" AbCd-efgh ") == "abcdefgh"
    assert all(len(read_code(one_code)) == 16 for one_code in new_recovery_codes())


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://shop.example", PasskeySite("shop.example", "https://shop.example")),
        ("https://shop.example:8443", PasskeySite("shop.example", "https://shop.example:8443")),
        ("http://127.0.0.1:8080", PasskeySite("localhost", "http://localhost:8080")),
        ("http://localhost:8080", PasskeySite("localhost", "http://localhost:8080")),
        ("http://shop.example", None),
        ("https://192.0.2.1", None),
        ("https://[2001:db8::1]", None),
    ],
)
def test_passkeys_are_for_the_public_address(url: str, site: PasskeySite | None) -> None:
    """By name and over TLS, as browsers want it."""
    assert site_of_url(url) == site
