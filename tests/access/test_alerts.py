"""Alerts: once for each cause, to whom they are of use, and never in the way of what they are about."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import pytest

import tillgate
from keyturn import Mode
from tests.mailserver import Mailbox, mail_server
from tests.makers import one, rows
from tests.shop import PUBLIC_URL, Shop, eventually, open_shop, shop, sqlite_shop
from tillgate.access.accounts import Role
from tillgate.access.alerts.mailing import AlertMails, letter_of
from tillgate.access.alerts.model import EVENT_OF, MAILED_MAX, Alert, AlertKind
from tillgate.access.alerts.operations import MAIL_JOB, raise_alert
from tillgate.access.alerts.words import CHANGES, EXCEPTIONS, WORDS
from tillgate.access.notices.model import COMINGS_AND_GOINGS, LIVE
from tillgate.checkout.payments.model import Unusual
from tillgate.checkout.projects.model import ProjectSettings
from tillgate.checkout.projects.operations import change_project, get_words
from tillgate.events.facts import Fact
from tillgate.events.operations import emit
from tillgate.events.outbox import Outbox
from tillgate.events.types import WEBHOOK_ENDPOINT_FAILING
from tillgate.store import Transaction
from tillgate.store.jobs import Job
from tillgate.words import ENGLISH, LANGUAGES, Language, words_in

__all__ = ["shop", "sqlite_shop"]

pytestmark = pytest.mark.anyio


async def alert(
    shop: Shop, cause: str = "a cause", *, kind: AlertKind = AlertKind.NEEDS_REVIEW, livemode: bool = True
) -> bool:
    """Raise an alert, as the transaction of its cause does."""
    outbox: Outbox = shop.app._checkout.outbox

    async def operation(tx: Transaction) -> bool:
        return await raise_alert(
            tx,
            outbox,
            kind,
            project_id=shop.project_id,
            livemode=livemode,
            cause=cause,
            subject_id="cs_1",
            detail={"exceptions": "underpaid {actor.__class__}", "email": "owner@example.com"},
            now=shop.clock.now(),
        )

    return await shop.database.write(operation)


async def types(shop: Shop) -> list[str]:
    found = await rows(shop.database, "SELECT type FROM events WHERE type LIKE 'alert.%' ORDER BY created_at, id")
    return [row["type"] for row in found]


def a_job(key: str) -> Job:
    return Job(
        id="job_1",
        kind=MAIL_JOB,
        key=key,
        project_id=None,
        payload={},
        failed=False,
        run_at=None,
        lease_until=0,
        lease_owner=None,
        attempts=1,
        error=None,
        created_at=0,
        updated_at=0,
    )


@pytest.fixture
async def mailing(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[tuple[Shop, Mailbox]]:
    mailbox = Mailbox()
    async with mail_server(mailbox) as server, open_shop(tmp_path, database_url, mail=server) as opened:
        yield opened, mailbox


async def test_money_in_review_is_an_alert_and_an_event(shop: Shop) -> None:
    """In the transaction of its cause; what happens again is another cause, and what is retried is none."""
    api = await shop.client()
    made = await api.post("/checkout_sessions", json={"amount": {"value": "5.00", "currency": "USD"}})
    await api.post(f"/checkout_sessions/{made.json()['id']}/simulate", json={"outcome": "underpaid"})
    events: list[dict[str, Any]] = (await api.get("/events?type=alert.needs_review")).json()["data"]
    (event,) = events
    assert event["data"]["object"] == "alert"
    assert event["data"]["subjectId"] == made.json()["id"]
    assert event["data"]["detail"]["exceptions"] == "underpaid"
    assert event["previousAttributes"] is None


async def test_an_alert_is_raised_once_for_its_cause(shop: Shop) -> None:
    """Also where two do it in the same moment."""
    raised = await asyncio.gather(*(alert(shop) for _ in range(4)))
    assert sorted(raised) == [False, False, False, True]
    assert await types(shop) == ["alert.needs_review"]
    assert await alert(shop, "another cause")


async def test_who_runs_a_project_gets_mail(mailing: tuple[Shop, Mailbox]) -> None:
    """Its owners and admins; developers and viewers look at the dashboard. What people wrote is text, not a format."""
    shop, mailbox = mailing
    accounts = shop.app.accounts
    await accounts.create_user("all@example.com", "a long password", Role.OWNER)
    for role in (Role.OWNER, Role.ADMIN, Role.DEVELOPER, Role.VIEWER):
        await accounts.create_user(f"{role.value}@example.com", "a long password", role, shop.project_id)
    await alert(shop)
    await eventually(lambda: len(mailbox.mails) == 2)
    assert {mail["To"] for mail in mailbox.mails} == {"owner@example.com", "admin@example.com"}
    assert "underpaid {actor.__class__}" in mailbox.text()
    assert "/dashboard/sessions/cs_1" in mailbox.text()


async def in_language(shop: Shop, locale: str) -> None:
    await shop.database.write(
        lambda tx: change_project(tx, shop.project_id, "Test shop", ProjectSettings(locale=locale))
    )


async def test_an_alert_is_mailed_in_the_language_of_its_project(mailing: tuple[Shop, Mailbox]) -> None:
    """Subject, text and HTML; the dashboard, which is in English, says the same in English."""
    shop, mailbox = mailing
    await shop.app.accounts.create_user("owner@example.com", "a long password", Role.OWNER, shop.project_id)
    await in_language(shop, "de")
    await alert(shop)
    await eventually(lambda: len(mailbox.mails) == 1)
    assert mailbox.mails[0]["Subject"] == "Eine Zahlung wartet auf Ihre Entscheidung"
    for body in (mailbox.text(), mailbox.html()):
        assert "Das Geld zu einer Bestellung" in body
        assert "underpaid {actor.__class__}" in body
        assert "Zahlung ansehen und entscheiden" in body
        assert "weil Sie ein Projekt darauf betreiben" in body
    assert '<html lang="de" dir="ltr">' in mailbox.html()


async def test_an_alert_in_arabic_runs_from_right_to_left(mailing: tuple[Shop, Mailbox]) -> None:
    """The HTML says so; the plain text has no markup in it, and nothing that a link would take for a part of it."""
    shop, mailbox = mailing
    await shop.app.accounts.create_user("owner@example.com", "a long password", Role.OWNER, shop.project_id)
    await in_language(shop, "ar")
    await alert(shop)
    await eventually(lambda: len(mailbox.mails) == 1)
    assert mailbox.mails[0]["Subject"] == "هناك دفعة تنتظر قرارك"
    assert '<html lang="ar" dir="rtl">' in mailbox.html()
    assert "<bdi>" not in mailbox.text()
    assert f"{PUBLIC_URL}/dashboard/sessions/cs_1" in mailbox.text().splitlines()


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda one: one.tag)
@pytest.mark.parametrize("kind", AlertKind)
def test_each_alert_is_worded_in_each_language(kind: AlertKind, language: Language) -> None:
    """What is unusual about money is named in it, and a detail that an alert does not have is a dash."""
    words = words_in(language)
    letter = letter_of(Alert("al_1", "p_1", True, kind, "x", {"exceptions": "late, new"}, 0), words, PUBLIC_URL)
    assert letter.locale == language.tag
    assert "{" not in "".join(letter.paragraphs)
    if kind is AlertKind.NEEDS_REVIEW:
        assert f"{words.say(EXCEPTIONS['late'])}, new" in letter.paragraphs[0]
    else:
        assert "–" in letter.paragraphs[0]
    if language is not ENGLISH:
        english = letter_of(Alert("al_1", "p_1", True, kind, "x", {}, 0), words_in(ENGLISH), PUBLIC_URL)
        assert letter.subject != english.subject
        assert letter.foot != english.foot


def test_what_is_unusual_about_money_has_words() -> None:
    """Each of them that the checkout knows."""
    assert set(EXCEPTIONS) == set(get_args(Unusual))


async def test_what_is_tried_in_test_mode_is_mailed_to_nobody(mailing: tuple[Shop, Mailbox]) -> None:
    """It is in the dashboard and in webhooks; a project without people of its own is its server's owners' affair."""
    shop, mailbox = mailing
    await shop.app.accounts.create_user("all@example.com", "a long password", Role.OWNER)
    await alert(shop, "tried", livemode=False)
    await alert(shop, "real")
    await eventually(lambda: len(mailbox.mails) == 1)
    assert mailbox.mails[0]["To"] == "all@example.com"
    assert await one(shop.database, "SELECT COUNT(*) FROM alerts") == 2


async def test_a_flood_of_alerts_is_a_bounded_number_of_mails(mailing: tuple[Shop, Mailbox]) -> None:
    """A thousand payments in review are thirty mails in an hour, and all of them in the dashboard."""
    shop, mailbox = mailing
    await shop.app.accounts.create_user("owner@example.com", "a long password", Role.OWNER, shop.project_id)
    for number in range(MAILED_MAX + 5):
        await alert(shop, f"cause {number}")

    async def over() -> bool:
        found = await rows(shop.database, "SELECT kind FROM jobs WHERE kind IN ('alerts.mail', 'mail.send')")
        return not found

    await eventually(over)
    assert len(mailbox.mails) == MAILED_MAX
    assert await one(shop.database, "SELECT COUNT(*) FROM alerts") == MAILED_MAX + 5


async def test_alerts_are_counted_one_at_a_time(shop: Shop) -> None:
    """Alerts that are mailed in the same moment do not both find room for the last mail of the hour."""
    app = shop.app
    await app.accounts.create_user("owner@example.com", "a long password", Role.OWNER, shop.project_id)
    mails = AlertMails(
        shop.database,
        shop.clock,
        mail=app._mail,
        keys=app._keys.store,
        outbox=app._checkout.outbox,
        words_of=get_words,
        public_url=PUBLIC_URL,
    )
    for number in range(MAILED_MAX + 5):
        await alert(shop, f"cause {number}")
    (kind,) = (kind for kind in mails.kinds() if kind.name == MAIL_JOB)
    found = await rows(shop.database, "SELECT id FROM alerts")
    await asyncio.gather(*(kind.run(a_job(row["id"])) for row in found))
    assert await one(shop.database, "SELECT COUNT(*) FROM mails") == MAILED_MAX


async def test_owners_get_mail_about_what_others_changed(mailing: tuple[Shop, Mailbox]) -> None:
    """A role, by somebody else: each owner but whoever did it, and whose account it is, once, however often the audit
    log is read. An address that somebody invites is nobody's account yet."""
    shop, mailbox = mailing
    accounts = shop.app.accounts
    await accounts.create_user("owner@example.com", "a long password", Role.OWNER, shop.project_id)
    for name in ("other", "third"):
        await accounts.create_user(f"{name}@example.com", "a long password", Role.OWNER, shop.project_id)

    async def reading_has_begun() -> bool:
        return bool(await rows(shop.database, "SELECT value FROM instance_facts WHERE name = 'alerts_read_audit'"))

    await eventually(reading_has_begun)
    by = "user:owner@example.com"
    await accounts.set_role("other@example.com", Role.ADMIN, shop.project_id, by=by)
    await shop.app.invitations.invite("stranger@example.com", Role.VIEWER, shop.project_id, by=by)
    shop.clock.ahead_ms += 61_000
    await shop.issued(mode=Mode.TEST.value)
    changes = ("Role changed (other@example.com), by owner@", "Person invited (stranger@example.com), by owner@")

    def told() -> list[tuple[str, int]]:
        texts = [(str(mail["To"]), mailbox.text(n)) for n, mail in enumerate(mailbox.mails)]
        return sorted((to, number) for to, text in texts for number, what in enumerate(changes) if what in text)

    await eventually(lambda: len(told()) >= 3)
    shop.clock.ahead_ms += 61_000
    await shop.issued(mode=Mode.TEST.value)
    assert told() == [("other@example.com", 0), ("third@example.com", 0), ("third@example.com", 1)]


def test_every_change_that_owners_are_told_has_words() -> None:
    """Whatever the code writes into the audit log of people, and what is dangerous in live mode."""
    source = "".join(path.read_text() for path in (Path(tillgate.__file__).parent / "access").rglob("*.py"))
    people = set(re.findall(r'"((?:invitation|second_factor|user)\.[a-z_]*[a-z])"', source))
    assert set(CHANGES) == (people - COMINGS_AND_GOINGS) | LIVE


async def test_noise_hides_no_exposed_key(mailing: tuple[Shop, Mailbox]) -> None:
    """Beyond thirty mails in an hour, what is about security is mailed all the same."""
    shop, mailbox = mailing
    await shop.app.accounts.create_user("owner@example.com", "a long password", Role.OWNER, shop.project_id)
    for number in range(MAILED_MAX):
        await alert(shop, f"cause {number}")
    await eventually(lambda: len(mailbox.mails) == MAILED_MAX)
    await alert(shop, "an exposed key", kind=AlertKind.KEY_EXPOSED)
    await eventually(lambda: len(mailbox.mails) == MAILED_MAX + 1)


async def test_an_endpoint_is_one_alert_an_episode(shop: Shop) -> None:
    """However many days it fails; a new episode is another alert."""
    outbox: Outbox = shop.app._checkout.outbox

    def fact(since: str) -> Fact:
        native = f'{{"url":"https://example.com","failingSince":"{since}","disabledReason":null}}'
        return Fact(
            type=WEBHOOK_ENDPOINT_FAILING,
            project_id=shop.project_id,
            livemode=True,
            object_id="we_1",
            at=shop.clock.now(),
            native=native.encode(),
        )

    for since in ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"):
        await shop.database.write(lambda tx, since=since: emit(tx, outbox, fact(since)))
    assert await types(shop) == ["alert.endpoint_failing"] * 2


@pytest.mark.parametrize(
    "type",
    [
        "alert.needs_review",
        "alert.unassigned_transfer",
        "alert.endpoint_failing",
        "alert.key_expiring",
        "alert.key_exposed",
        "alert.new_device",
        "alert.setting_changed",
        "alert.refund_reorganized",
        "alert.network_behind",
        "alert.network_disagreement",
        "alert.network_reorganized",
        "alert.token_changed",
    ],
)
async def test_every_kind_is_an_event_of_its_own(sqlite_shop: Shop, type: str) -> None:
    """Declared as the others, and sent to whoever subscribes to it."""
    kind = next(kind for kind, event in EVENT_OF.items() if event.name == type)
    assert await alert(sqlite_shop, kind=kind)
    assert await types(sqlite_shop) == [type]


def test_every_kind_has_words() -> None:
    """A kind without words has no mail."""
    assert set(WORDS) == set(AlertKind)
