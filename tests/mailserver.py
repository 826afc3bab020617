"""A real SMTP server on loopback (aiosmtpd), on the test's own event loop."""

import asyncio
import contextlib
import ssl
import warnings
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tillgate.mail.model import MailServer, Tls

USER, PASSWORD = "mailer", "correct horse battery staple"
SENDER = "shop@example.com"


class Mailbox:
    """What a mail server was handed, and what it is to say.

    Attributes:
        refuses: what it answers to a recipient, by address.
        refuses_data: what it answers to what is in a mail; empty where it takes it.
        hangs: whether it says nothing more once a mail begins.
        senders: what each mail came from, and would come back to.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.senders: list[str | None] = []
        self.refuses: dict[str, str] = {}
        self.refuses_data = ""
        self.hangs = False
        self.secured: list[bool] = []
        self.users: list[str] = []

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.hangs:
            await asyncio.Event().wait()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuses_data:
            return self.refuses_data
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        self.senders.append(envelope.mail_from)
        assert server.transport is not None
        self.secured.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 OK"

    def text(self, number: int = -1) -> str:
        """The plain text of a mail."""
        return self._part("plain", number)

    def html(self, number: int = -1) -> str:
        """The HTML of a mail."""
        return self._part("html", number)

    def _part(self, subtype: str, number: int) -> str:
        part = self.mails[number].get_body((subtype,))
        assert part is not None
        content: str = part.get_content()
        return content


class Authority:
    """Who vouches for the server, and what trusts it."""

    def __init__(self) -> None:
        authority = trustme.CA()
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(self.server)
        self.client = ssl.create_default_context()
        authority.configure_trust(self.client)


@contextlib.asynccontextmanager
async def mail_server(
    mailbox: Mailbox, *, tls: Tls = Tls.NONE, auth: bool = False, authority: Authority | None = None, port: int = 0
) -> AsyncIterator[MailServer]:
    """A server that puts what it gets into a mailbox; how to reach it."""

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), PASSWORD.encode())
        if right:
            mailbox.users.append(USER)
        return AuthResult(success=right, handled=right)

    context = authority.server if authority is not None else None
    clients: list[asyncio.Transport] = []

    class Spoken(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            clients.append(transport)
            super().connection_made(transport)

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            # That a password comes in clear text is what some of the tests are about.
            warnings.simplefilter("ignore")
            return Spoken(
                mailbox,
                hostname="mail.test",
                tls_context=context if tls is Tls.STARTTLS else None,
                require_starttls=tls is Tls.STARTTLS,
                authenticator=check if auth else None,
                auth_required=auth,
                auth_require_tls=False,
            )

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        protocol, "127.0.0.1", port, ssl=context if tls is Tls.TLS else None, start_serving=True
    )
    found: int = listening.sockets[0].getsockname()[1]
    try:
        yield MailServer("localhost", found, tls, USER if auth else "", PASSWORD if auth else "", SENDER)
    finally:
        listening.close()
        for client in clients:
            # Aborting TLS that has ended already is an error in Python up to 3.11.4.
            with contextlib.suppress(AttributeError):
                client.abort()
        await asyncio.sleep(0)
