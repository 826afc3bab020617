"""Mail to buyers: if their project wants it, once for each thing, and of what the books hold."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest

from tests.mailserver import Mailbox, mail_server
from tests.makers import rows
from tests.shop import PUBLIC_URL, Shop, eventually, open_shop
from tillgate.checkout.projects.model import DEFAULT, Profile, ProjectSettings
from tillgate.checkout.projects.operations import change_project
from tillgate.checkout.statements.model import Situation
from tillgate.mail.model import Purpose
from tillgate.mail.rendering import rendered
from tillgate.pages.mails import SAYS, WORDS, example_of
from tillgate.store import Sealer, Transaction
from tillgate.store.sealing import new_key

BUYER = "buyer@example.com"
PROFILE = Profile("prj_x", "Corner <b>shop</b>", DEFAULT, None)


class Till:
    """A shop whose buyers may get mail."""

    def __init__(self, shop: Shop, mailbox: Mailbox, api: httpx.AsyncClient) -> None:
        self.shop = shop
        self.mailbox = mailbox
        self.api = api

    async def wants(self, **settings: Any) -> None:
        async def operation(tx: Transaction) -> None:
            await change_project(tx, self.shop.project_id, "Test shop", ProjectSettings(**settings))

        await self.shop.database.write(operation)

    async def session(self, *, email: str | None = BUYER) -> dict[str, Any]:
        customer = (await self.api.post("/customers", json={"email": email, "name": "A buyer"})).json()
        body = {"amount": {"value": "49.00", "currency": "USD"}, "customerId": customer["id"], "reference": "1001"}
        made: dict[str, Any] = (await self.api.post("/checkout_sessions", json=body)).json()
        return made

    async def simulate(self, session: dict[str, Any], outcome: str) -> None:
        answer = await self.api.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": outcome})
        assert answer.is_success, answer.text

    async def settled(self) -> None:
        """Everything that was asked for has been written and sent."""

        async def over() -> bool:
            return not await rows(
                self.shop.database, "SELECT kind FROM jobs WHERE kind IN ('mail.buyer', 'mail.send', 'refunds.send')"
            )

        await eventually(over)

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mailbox.mails]


@pytest.fixture
async def till(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Till]:
    mailbox = Mailbox()
    async with mail_server(mailbox) as server, open_shop(tmp_path, database_url, mail=server) as shop:
        yield Till(shop, mailbox, await shop.client())


@pytest.mark.anyio
async def test_a_buyer_gets_each_mail_once(till: Till) -> None:
    """Seen, paid, refunded; in the shop's name, with what the books hold, and an answer goes to its support."""
    await till.wants(mail_buyers=True, support_email="help@example.com", time_zone="Asia/Tokyo")
    session = await till.session()
    await till.simulate(session, "detected")
    await till.settled()
    await till.simulate(session, "paid")
    await till.settled()
    order = (await till.api.get(f"/orders/{session['orderId']}")).json()
    refund = {"paymentId": order["paymentId"], "amount": "9.00", "reason": "other"}
    for _ in range(2):
        answer = await till.api.post("/refunds", json=refund, headers={"Idempotency-Key": "the-same"})
        assert answer.is_success, answer.text
    await till.settled()
    assert till.subjects == [
        "Your payment to Test shop was seen",
        "Your payment to Test shop",
        "Your refund from Test shop",
    ]
    for mail in till.mailbox.mails:
        assert (mail["To"], mail["Reply-To"]) == (BUYER, "help@example.com")
        assert str(mail["From"]).startswith("Test shop <")
    assert "$49.00 USD" in till.mailbox.text(1)
    assert "$9.00 USD" in till.mailbox.text(2)
    assert " JST" in till.mailbox.text(0)
    assert "1001" in till.mailbox.text(0)
    assert "This is a test. No real money has moved." in till.mailbox.text(0)


@pytest.mark.anyio
async def test_a_mail_that_was_sealed_with_a_lost_key_is_given_up_at_once(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried once, says why it was not sent, and keeps nobody waiting."""
    await till.wants(mail_buyers=True)
    room, lost = till.shop.app._mail, Sealer(new_key())
    monkeypatch.setattr(room, "_sealer", SimpleNamespace(seal=lost.seal, open=till.shop.sealer.open))
    await till.simulate(await till.session(), "paid")
    await till.settled()
    [mail] = await rows(till.shop.database, "SELECT state, problem FROM mails")
    assert mail["state"] == "failed" and "secret key that this server does not have" in mail["problem"]
    assert till.mailbox.mails == []


@pytest.mark.anyio
async def test_nobody_is_mailed_who_is_not_to_be(till: Till) -> None:
    """Where the project does not want it, or nobody's address is known."""
    await till.simulate(await till.session(), "paid")
    await till.wants(mail_buyers=True)
    await till.simulate(await till.session(email=None), "paid")
    await till.simulate((await till.api.post("/checkout_sessions", json={"amount": {"value": "1.00", "currency": "USD"}})).json(), "paid")  # fmt: skip  # noqa: E501
    await till.settled()
    assert till.mailbox.mails == []
    assert await rows(till.shop.database, "SELECT id FROM mails") == []


@pytest.mark.anyio
async def test_a_stranger_sends_nobody_mail_for_nothing(till: Till) -> None:
    """Whoever opens a test link may name any address, and simulate that it is paid."""
    await till.wants(mail_buyers=True)
    link = (await till.api.post("/payment_links", json={"title": "Mug", "fiatAmount": "5.00"})).json()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(till.shop.app), base_url=PUBLIC_URL) as http:
        opened = await http.post(f"/l/{link['slug']}?email={BUYER}")
        session = opened.headers["location"].partition("/checkout/")[2].partition("?")[0]
        assert (await http.post(f"/checkout/{session}/simulate", data={"outcome": "paid"})).status_code == 303
    found = (await till.api.get(f"/checkout_sessions/{session}")).json()
    assert (found["status"], found["customerId"] is not None) == ("paid", True)
    await till.settled()
    assert till.mailbox.mails == []


@pytest.mark.anyio
async def test_what_is_no_longer_so_is_not_said(till: Till) -> None:
    """Money that is in review when the mail is written is told to the buyer by the page, not as a payment."""
    await till.wants(mail_buyers=True)
    await till.simulate(await till.session(), "underpaid")
    await till.settled()
    assert till.mailbox.mails == []


@pytest.mark.anyio
async def test_without_a_mail_server_everything_else_works(tmp_path: Path, anyio_backend: object) -> None:
    """The payment is paid, and what could not be sent is written down without what was in it."""
    async with open_shop(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}") as shop:
        till = Till(shop, Mailbox(), await shop.client())
        await till.wants(mail_buyers=True)
        session = await till.session()
        await till.simulate(session, "paid")
        await till.settled()
        assert (await till.api.get(f"/checkout_sessions/{session['id']}")).json()["status"] == "paid"
        (mail,) = await rows(shop.database, "SELECT state, problem, content_sealed FROM mails")
        assert tuple(mail) == ("unsent", "This server sends no mail: TILLGATE_SMTP_HOST is not set.", None)


@pytest.mark.anyio
async def test_a_server_that_is_away_gets_it_later(tmp_path: Path, anyio_backend: object) -> None:
    """The attempt is repeated after a pause; why it waits is seen, and nothing is sent twice."""
    mailbox = Mailbox()
    async with mail_server(mailbox) as server:
        pass
    async with open_shop(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}", mail=server) as shop:
        till = Till(shop, mailbox, await shop.client())
        await till.wants(mail_buyers=True)
        await till.simulate(await till.session(), "paid")

        async def tried() -> bool:
            return bool(await rows(shop.database, "SELECT id FROM mails WHERE problem LIKE '%cannot be used%'"))

        await eventually(tried)
        async with mail_server(mailbox, port=server.port):
            shop.clock.ahead_ms += 11_000
            # Something is committed, so that the worker looks at the clock again.
            await till.session(email="another@example.com")
            await eventually(lambda: mailbox.mails)
            await till.settled()
        assert len(mailbox.mails) == 1


@pytest.mark.parametrize("purpose", list(WORDS))
def test_every_mail_has_an_example_in_which_nothing_is_markup(purpose: Purpose) -> None:
    """What a merchant and a shop are called is text, in HTML and in the subject."""
    content = rendered(example_of(PROFILE, purpose, "https://shop.example"))
    assert "Corner <b>shop</b>" in content.text
    assert "<b>shop" not in content.html
    assert "\n" not in content.subject


def test_what_a_mail_is_about_is_said_by_one_mail_alone() -> None:
    """No situation is told by two kinds of mail, and none in which the merchant decides by any."""
    told = [situation for situations in SAYS.values() for situation in situations]
    assert len(told) == len(set(told))
    assert not set(told) & {Situation.LESS, Situation.MORE, Situation.REVERSED, Situation.AFTER_EXPIRY}


@pytest.mark.parametrize("purpose", list(WORDS))
def test_a_mail_states_no_sum_that_the_books_do_not_hold(purpose: Purpose) -> None:
    """The example's price, what came and what went back: 49.00 USD; nothing else is a sum."""
    letter = example_of(PROFILE, purpose, "https://shop.example")
    text = " ".join((*letter.paragraphs, *(value for _, value in letter.facts)))
    assert set(re.findall(r"\d+\.\d\d(?= USD)", text)) == {"49.00"}


def test_the_seller_stands_below() -> None:
    """Address, tax id, support, terms and privacy, as far as they are set."""
    settings = msgspec.structs.replace(
        DEFAULT, address="1 High Street", tax_id="GB1", support_email="help@example.com", terms_url="https://e.com/t"
    )
    foot = example_of(PROFILE._replace(settings=settings), Purpose.PAID, "https://shop.example").foot
    assert foot == (
        "Corner <b>shop</b>",
        "1 High Street",
        "Tax ID: GB1",
        "Questions? Write to help@example.com.",
        "Terms: https://e.com/t",
    )
