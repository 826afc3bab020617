"""Mail as the people of a project see it: previews, what was sent, lost passwords and invitations."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.dashboard.conftest import Owner, browser_of, hidden, owner_of, sign_in
from tests.mailserver import Mailbox, mail_server
from tests.running import OWNER_EMAIL, OWNER_PASSWORD
from tests.shop import PUBLIC_URL, Shop, eventually, open_shop
from tillgate.access.passwords.model import AGAIN_AFTER_MS, LIFETIME_MS, LINKS_MAX
from tillgate.app import INVITATION_LIMIT, INVITATION_MAIL_LIMIT
from tillgate.dashboard.mail import PREVIEWS

pytestmark = pytest.mark.anyio

LINK = re.compile(rf"{re.escape(PUBLIC_URL)}(/dashboard/\S+)")
NEW = "another long password"
GERMAN = {
    "needs_review": "Eine Zahlung wartet auf Ihre Entscheidung",
    "setting_changed": "Eine sensible Einstellung wurde geändert",
    "invitation": "lädt Sie zum Projekt Shop ein, als: Entwickler.",
    "password_reset": "Der Link funktioniert einmal, 30 Minuten lang.",
}


class MailingShop:
    """A shop with a mail server, and what that got."""

    def __init__(self, shop: Shop, mailbox: Mailbox) -> None:
        self.shop = shop
        self.mailbox = mailbox

    async def mail_to(self, address: str) -> int:
        """The number of the mail that an address got last, once it did."""
        found: list[int] = await eventually(
            lambda: [number for number, mail in enumerate(self.mailbox.mails) if mail["To"] == address]
        )
        return found[-1]


@pytest.fixture
async def mailing(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[MailingShop]:
    mailbox = Mailbox()
    async with mail_server(mailbox) as server, open_shop(tmp_path, database_url, mail=server) as shop:
        yield MailingShop(shop, mailbox)


async def ask(http: httpx.AsyncClient, email: str) -> httpx.Response:
    return await http.post("/dashboard/password", data={"email": email})


async def test_a_lost_password_is_set_by_a_mailed_link_once(mailing: MailingShop) -> None:
    """The link works once; the old password and every sign-in end, and nothing at rest would let anybody in."""
    async with owner_of(mailing.shop) as owner, browser_of(mailing.shop) as http:
        assert "Have a link mailed" in (await http.get("/dashboard/sign-in")).text
        assert (await ask(http, f" {OWNER_EMAIL.upper()} ")).status_code == 303
        number = await mailing.mail_to(OWNER_EMAIL)
        found = LINK.search(mailing.mailbox.text(number))
        assert found is not None
        token = found[1].rpartition("/")[2]
        for statement in ("SELECT * FROM mails", "SELECT * FROM password_resets", "SELECT * FROM jobs"):
            rows = await mailing.shop.database.read(lambda tx, statement=statement: tx.fetch_all(statement))
            assert all(token not in str(tuple(row)) for row in rows)
        assert (await http.post(found[1], data={"password": "short"})).status_code == 422
        assert (await http.post(found[1], data={"password": NEW})).status_code == 303
        assert (await http.post(found[1], data={"password": "and another one"})).status_code == 404
        assert (await http.get(found[1])).status_code == 404
        assert (await sign_in(http, OWNER_PASSWORD)).status_code == 403
        assert (await owner.http.get("/dashboard")).status_code == 303
        assert (await sign_in(http, NEW)).status_code == 303


async def test_nothing_tells_whether_somebody_has_an_account(mailing: MailingShop) -> None:
    """The answer is the same, also to an address that nobody has; who asks without end is told to wait."""
    async with owner_of(mailing.shop), browser_of(mailing.shop, "198.51.100.7") as http:
        known, unknown = await ask(http, OWNER_EMAIL), await ask(http, "nobody@example.com")
        assert (known.status_code, known.headers["location"]) == (unknown.status_code, unknown.headers["location"])
        await mailing.mail_to(OWNER_EMAIL)
        answers = [await ask(http, f"nobody{number}@example.com") for number in range(5)]
        assert [answer.status_code for answer in answers] == [303, 303, 303, 429, 429]
        assert int(answers[-1].headers["retry-after"]) > 0
    assert {mail["To"] for mail in mailing.mailbox.mails} == {OWNER_EMAIL}


async def test_nobody_keeps_a_person_from_their_link(mailing: MailingShop) -> None:
    """Somebody asks in another's name from many networks: a few mails and then one in ten minutes, and whenever the
    person asks themselves, a link is in their mail that works for twenty minutes more."""
    shop = mailing.shop

    async def asked_from(address: str) -> None:
        async with browser_of(shop, address) as http:
            assert (await ask(http, OWNER_EMAIL)).status_code == 303

        async def done() -> bool:
            return not await shop.database.read(
                lambda tx: tx.fetch_all("SELECT 1 FROM jobs WHERE kind IN ('passwords.mail', 'mail.send') LIMIT 1")
            )

        assert await eventually(done)

    def links() -> list[str]:
        found = [LINK.search(mailing.mailbox.text(number)) for number in range(len(mailing.mailbox.mails))]
        return [one[1] for one in found if one is not None and "/dashboard/password/" in one[1]]

    async with owner_of(shop):
        for number in range(12):
            await asked_from(f"198.51.{number}.7")
        assert len(links()) == LINKS_MAX
        shop.clock.ahead_ms += AGAIN_AFTER_MS - 1_000
        await asked_from("203.0.113.9")
        assert len(links()) == LINKS_MAX
        shop.clock.ahead_ms += LIFETIME_MS - AGAIN_AFTER_MS - 60_000
        async with browser_of(shop, "203.0.113.9") as http:
            assert (await http.get(links()[-1])).status_code == 200
        await asked_from("203.0.113.9")
        assert len(links()) == LINKS_MAX + 1
        async with browser_of(shop, "203.0.113.9") as http:
            assert (await http.post(links()[-1], data={"password": NEW})).status_code == 303


async def test_invitations_are_bounded_by_project_and_their_mails_by_recipient(mailing: MailingShop) -> None:
    """An address that was mailed a few is mailed no more for a while, and is invited all the same, by the link that is
    shown; a project invites a few people in an hour."""
    async with owner_of(mailing.shop) as owner:
        pages = []
        for _ in range(INVITATION_MAIL_LIMIT.burst + 1):
            pages.append(await owner.send("/people/invitations", email="new@example.com", role="viewer"))
        assert [one.status_code for one in pages] == [201] * len(pages)
        assert ["mailed to new@example.com" in one.text for one in pages] == [True] * (len(pages) - 1) + [False]
        assert "Send it to new@example.com" in pages[-1].text
        left = INVITATION_LIMIT.burst - len(pages)
        for number in range(left):
            other = await owner.send("/people/invitations", email=f"{number}@example.com", role="viewer")
            assert (other.status_code, f"mailed to {number}@" in other.text) == (201, True)
        refused = await owner.send("/people/invitations", email="last@example.com", role="viewer")
        assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)
        assert "Many people were invited" in refused.text
        assert 'value="last@example.com"' in refused.text
        assert "last@example.com" not in await owner.page("/mail")


async def test_a_link_expires(mailing: MailingShop) -> None:
    """After half an hour it works no more."""
    async with owner_of(mailing.shop), browser_of(mailing.shop) as http:
        await ask(http, OWNER_EMAIL)
        found = LINK.search(mailing.mailbox.text(await mailing.mail_to(OWNER_EMAIL)))
        assert found is not None
        assert (await http.get(found[1])).status_code == 200
        mailing.shop.clock.ahead_ms += 31 * 60_000
        assert (await http.get(found[1])).status_code == 404
        assert (await http.post(found[1], data={"password": NEW})).status_code == 404


async def test_without_a_mail_server_the_terminal_is_named(sqlite_shop: Shop) -> None:
    """Nothing is offered that does not work."""
    async with owner_of(sqlite_shop), browser_of(sqlite_shop) as http:
        page = (await http.get("/dashboard/sign-in")).text
        assert "This server sends no mail." in page
        assert "/dashboard/password" not in page
        answer = await ask(http, OWNER_EMAIL)
        assert (answer.status_code, "sends no mail" in answer.text) == (200, True)


async def test_an_invitation_is_mailed_and_shown(mailing: MailingShop) -> None:
    """The same link, on the page once and in the mail; what is kept of the mail is sealed, then gone."""
    async with owner_of(mailing.shop) as owner:
        page = await owner.send("/people/invitations", email="new@example.com", role="viewer")
        assert page.status_code == 201, page.text
        number = await mailing.mail_to("new@example.com")
        found = LINK.search(mailing.mailbox.text(number))
        assert found is not None
        assert found[0] in page.text
        assert "mailed to new@example.com" in page.text
        listed = await owner.page("/mail")
        assert "new@example.com" in listed
        rows = await eventually(
            lambda: mailing.shop.database.read(
                lambda tx: tx.fetch_all("SELECT state FROM mails WHERE content_sealed IS NULL AND state = 'sent'")
            )
        )
        assert len(rows) == 1


async def test_a_refused_recipient_is_seen(mailing: MailingShop) -> None:
    """What the mail server said stands beside the address, and the mail is not tried again."""
    mailing.mailbox.refuses["gone@example.com"] = "550 5.1.1 No such user here"
    async with owner_of(mailing.shop) as owner:
        await owner.send("/people/invitations", email="gone@example.com", role="viewer")

        async def refused() -> bool:
            return "550 5.1.1 No such user here" in await owner.page("/mail?show=refused")

        await eventually(refused)

        async def over() -> bool:
            left = await mailing.shop.database.read(
                lambda tx: tx.fetch_all("SELECT kind FROM jobs WHERE kind = 'mail.send'")
            )
            return not left

        await eventually(over)


async def test_what_could_not_be_sent_is_listed(owner: Owner) -> None:
    """Without a mail server a mail is a line that says so."""
    await owner.done("/settings", name="Test shop", mailBuyers="yes")
    page = await owner.page("/mail")
    assert "This server sends no mail." in page
    assert "Unknown filter" in await owner.page("/mail?show=nonsense", 400)


@pytest.mark.parametrize("name", list(PREVIEWS))
async def test_every_kind_of_mail_has_a_preview(owner: Owner, name: str) -> None:
    """With this project's settings, as text and as HTML, in which nothing of a merchant's is markup."""
    await owner.done(
        "/settings", name="Corner <b>shop</b>", address="1 High Street", supportEmail="help@example.com", timeZone="UTC"
    )
    answer = await owner.http.get(f"/dashboard/mail/preview/{name}")
    assert answer.status_code == 200
    assert "<b>shop</b>" not in answer.text
    assert 'class="mail-preview"' in answer.text


@pytest.mark.parametrize("name", list(PREVIEWS))
async def test_a_preview_is_in_the_language_of_the_project(owner: Owner, name: str) -> None:
    """Mails to buyers and mails to merchants alike."""
    await owner.done("/settings", name="Shop", locale="de", timeZone="UTC")
    page = await owner.page(f"/mail/preview/{name}")
    assert '<div class="mail-preview" lang="de" dir="ltr">' in page
    assert GERMAN.get(name, "") in page


async def test_an_invitation_and_a_lost_password_are_in_the_language_of_a_project(mailing: MailingShop) -> None:
    """An invitation in that of the project it is for; a link in that of the oldest project of the person. Its address
    works in a language from right to left, too."""
    async with owner_of(mailing.shop) as owner:
        await owner.done("/settings", name="Shop", locale="ar", timeZone="UTC")
        page = await owner.send("/people/invitations", email="new@example.com", role="viewer")
        assert page.status_code == 201, page.text
        invitation = await mailing.mail_to("new@example.com")
        assert "دعوة إلى المشروع" in mailing.mailbox.mails[invitation]["Subject"]
        await ask(owner.http, OWNER_EMAIL)
        link = await mailing.mail_to(OWNER_EMAIL)
        assert mailing.mailbox.mails[link]["Subject"] == "تعيين كلمة مرور جديدة"
        for number in (invitation, link):
            found = LINK.search(mailing.mailbox.text(number))
            assert found is not None
            assert (await owner.http.get(found[1])).status_code == 200


async def test_a_preview_of_nothing_is_not_there(owner: Owner) -> None:
    """An unknown name is a 404."""
    await owner.page("/mail/preview/nothing", 404)


async def test_a_sign_in_from_a_new_device_is_told_once(mailing: MailingShop) -> None:
    """The person themselves gets a mail; from a device that they know, nobody does."""
    async with owner_of(mailing.shop) as owner:
        assert (await sign_in(owner.http)).status_code == 303
        async with browser_of(mailing.shop, "203.0.113.9") as other:
            assert (await sign_in(other)).status_code == 303
            number = await mailing.mail_to(OWNER_EMAIL)
            assert (await sign_in(other)).status_code == 303
        text = mailing.mailbox.text(number)
        assert "203.0.113.9" in text
        assert hidden(await owner.page(""), "csrf")
        alerts = await mailing.shop.database.read(lambda tx: tx.fetch_all("SELECT kind FROM alerts"))
        assert [row["kind"] for row in alerts] == ["new_device"]
