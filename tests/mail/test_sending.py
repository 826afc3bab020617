"""Mail is handed to a real mail server within a bounded time, and what it says is understood."""

import re

import pytest

from tests.mailserver import PASSWORD, SENDER, Authority, Mailbox, mail_server
from tillgate.mail.model import Content, Letter, MailServer, Tls
from tillgate.mail.rendering import body_of, rendered
from tillgate.mail.sending import Refused, Smtp, TryLater, message_of

pytestmark = pytest.mark.anyio

AT = 1_767_225_600_000
ID = "mail_01kdvzj2r0aaaaaaaaaaaaaaaa"
LETTER = Letter(
    subject="Your payment",
    paragraphs=("It arrived.", "1 < 2 & <b>bold</b>"),
    facts=(("Reference", "<script>1001</script>"),),
    action=("Look", "https://shop.example/checkout/cs_1?a=1&b=2"),
    foot=("Corner shop", "1 High Street"),
)
CONTENT = rendered(LETTER, sender_name="Corner shop", reply_to="help@example.com")


@pytest.mark.parametrize("tls", list(Tls))
async def test_a_mail_is_handed_over(tls: Tls) -> None:
    """In clear text on this machine, by STARTTLS and over TLS, with a user and a password."""
    mailbox, authority = Mailbox(), Authority()
    async with mail_server(mailbox, tls=tls, auth=True, authority=authority) as server:
        await Smtp(server, authority.client).send(ID, "buyer@example.com", CONTENT, AT)
    (mail,) = mailbox.mails
    assert mailbox.recipients == ["buyer@example.com"]
    assert (mailbox.secured, mailbox.users) == ([tls is not Tls.NONE], ["mailer"])
    assert mail["From"] == f"Corner shop <{SENDER}>"
    assert (mail["To"], mail["Reply-To"], mail["Subject"]) == ("buyer@example.com", "help@example.com", "Your payment")
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == (f"<{ID}@example.com>", "auto-generated")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "1 < 2 & <b>bold</b>" in mailbox.text()
    assert "<b>bold</b>" not in mailbox.html()
    assert "<script>" not in mailbox.html()
    assert "https://shop.example/checkout/cs_1?a=1&amp;b=2" in mailbox.html()


async def test_what_cannot_be_delivered_comes_back_where_it_is_to() -> None:
    """To the sender, or to an address of its own; nobody reads that one in the mail."""
    mailbox = Mailbox()
    async with mail_server(mailbox) as server:
        for one in (server, server._replace(returns="returns@example.com")):
            await Smtp(one).send(ID, "buyer@example.com", CONTENT, AT)
    assert mailbox.senders == [SENDER, "returns@example.com"]
    assert [mail["From"] for mail in mailbox.mails] == [f"Corner shop <{SENDER}>"] * 2


async def test_the_same_mail_has_the_same_name() -> None:
    """Who gets it twice, because a process died between the server's word and ours, can tell."""
    mailbox = Mailbox()
    async with mail_server(mailbox) as server:
        for _ in range(2):
            await Smtp(server).send(ID, "buyer@example.com", CONTENT, AT)
    first, second = mailbox.mails
    assert (first["Message-ID"], first["Date"]) == (second["Message-ID"], second["Date"])


@pytest.mark.parametrize(
    ("reply", "error"),
    [("550 5.1.1 No such user", Refused), ("450 4.2.1 Try later", TryLater)],
    ids=["for good", "for now"],
)
@pytest.mark.parametrize("where", ["recipient", "data"])
async def test_a_refusal_is_understood(where: str, reply: str, error: type[Exception]) -> None:
    """A 5xx is the last word about this mail, a 4xx is not; the server's words are kept."""
    mailbox = Mailbox()
    if where == "recipient":
        mailbox.refuses["gone@example.com"] = reply
    else:
        mailbox.refuses_data = reply
    async with mail_server(mailbox) as server:
        with pytest.raises(error, match=reply[:9]):
            await Smtp(server).send(ID, "gone@example.com", CONTENT, AT)
    assert mailbox.mails == []


async def test_a_server_that_hangs_is_given_up() -> None:
    """It costs a bounded time."""
    mailbox = Mailbox()
    mailbox.hangs = True
    async with mail_server(mailbox) as server:
        with pytest.raises(TryLater, match="did not answer in time"):
            await Smtp(server, seconds_max=0.2).send(ID, "buyer@example.com", CONTENT, AT)


async def test_a_server_that_is_away_may_come_back() -> None:
    """Nothing listens, then something does."""
    mailbox = Mailbox()
    async with mail_server(mailbox) as server:
        pass
    with pytest.raises(TryLater, match="cannot be used"):
        await Smtp(server).send(ID, "buyer@example.com", CONTENT, AT)
    async with mail_server(mailbox, port=server.port):
        await Smtp(server).send(ID, "buyer@example.com", CONTENT, AT)
    assert len(mailbox.mails) == 1


async def test_a_wrong_password_is_said_without_it() -> None:
    """Neither the error nor what it came from holds it, nor does the server's address."""
    mailbox, authority = Mailbox(), Authority()
    async with mail_server(mailbox, tls=Tls.TLS, auth=True, authority=authority) as server:
        wrong = server._replace(password="not-the-password")
        with pytest.raises(TryLater, match="refused the user name or the password") as caught:
            await Smtp(wrong, authority.client).check()
        assert "not-the-password" not in repr(caught.value) + str(caught.value.__cause__) + repr(wrong)
        await Smtp(server, authority.client).check()
    assert PASSWORD not in repr(server)


async def test_a_certificate_of_nobody_is_refused() -> None:
    """Nothing is sent to a server that cannot show who it is, nor in clear text where TLS was asked for."""
    mailbox, authority = Mailbox(), Authority()
    for tls in (Tls.TLS, Tls.STARTTLS):
        async with mail_server(mailbox, tls=tls, authority=authority) as server:
            with pytest.raises(TryLater, match="certificate"):
                await Smtp(server).send(ID, "buyer@example.com", CONTENT, AT)
    async with mail_server(mailbox) as server:
        with pytest.raises(TryLater):
            await Smtp(server._replace(tls=Tls.STARTTLS)).send(ID, "buyer@example.com", CONTENT, AT)
    assert mailbox.mails == []


@pytest.mark.parametrize(
    "attack",
    [
        "a\r\nBcc: x@example.com",
        "a\nBcc: x@example.com",
        "a\u2028Bcc: x@example.com",
        "a\x85Bcc: x@example.com",
        "a\0b",
    ],
)
async def test_no_header_can_be_put_in(attack: str) -> None:
    """Whatever a merchant calls the shop, and whatever a buyer's address is, a mail has the headers that it has."""
    mailbox = Mailbox()
    content = rendered(LETTER._replace(subject=attack), sender_name=attack)
    async with mail_server(mailbox) as server:
        await Smtp(server).send(ID, "buyer@example.com", content, AT)
        for bad in (attack, f"{attack}@example.com", "a@example.com, b@example.com"):
            with pytest.raises(Refused):
                await Smtp(server).send(ID, bad, content, AT)
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert mailbox.recipients == ["buyer@example.com"]


def test_what_is_shown_as_a_preview_is_what_is_sent() -> None:
    """The body of the HTML is the preview's, and it loads nothing."""
    assert body_of(LETTER) in CONTENT.html
    assert "<img" not in CONTENT.html
    assert "style" not in CONTENT.html


def test_a_language_from_right_to_left_says_so() -> None:
    """The HTML is marked for whoever shows it."""
    html = rendered(LETTER._replace(locale="ar")).html
    assert '<html lang="ar" dir="rtl">' in html


def test_plain_text_is_plain() -> None:
    """No element and no entity, though other people's text is isolated: by characters, and only where that matters."""
    letter = LETTER._replace(paragraphs=("Paid by \u05d3\u05e0\u05d4 & co: <1>",))
    text = rendered(letter).text
    assert "Paid by" in text and "& co: <1>" in text
    for locale in ("en", "ar"):
        text = rendered(letter._replace(locale=locale)).text
        assert not re.search(r"</?bdi>|&amp;|&lt;|&#", text)


def test_a_long_subject_is_cut() -> None:
    """A subject has a bound."""
    content: Content = rendered(LETTER._replace(subject="x" * 1_000))
    assert len(content.subject) == 150


def test_the_message_is_put_together_from_addresses_alone() -> None:
    """An address that is none is an error before anything is connected."""
    server = MailServer("localhost", 25, Tls.NONE, "", "", SENDER)
    with pytest.raises(ValueError, match="address"):
        message_of(server, ID, "nobody", CONTENT, AT)
