"""Handing a mail to the mail server, within a bounded time."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import policy
from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

import aiosmtplib

from tillgate.base.clock import SECOND_MS
from tillgate.mail.model import PROBLEM_MAX, Content, MailServer, Tls, one_line

# One step of the conversation, and all of it together; a job's lease lasts longer.
STEP_SECONDS: Final = 15.0
TIMEOUT_SECONDS: Final = 40.0
FAREWELL_SECONDS: Final = 2.0
_PERMANENT: Final = 500


class MailError(Exception):
    """A mail was not taken; the message says why, and holds no secret."""


class Refused(MailError):
    """The server will not take this mail, also later: a reply of 5xx to the recipient or to what is in it."""


class TryLater(MailError):
    """The mail server does not answer, refuses us, or says that it may take the mail later."""


class Smtp:
    """Sends by one mail server. Each mail has a connection of its own, which ends with it."""

    def __init__(
        self, server: MailServer, tls_context: ssl.SSLContext | None = None, *, seconds_max: float = TIMEOUT_SECONDS
    ) -> None:
        """
        Args:
            tls_context: whom to trust; the system's authorities where it is None.
            seconds_max: after this the server is given up.
        """
        self._server = server
        self._tls_context = tls_context
        self._seconds_max = seconds_max

    async def send(self, mail_id: str, recipient: str, content: Content, at: int) -> None:
        """Hand a mail over.

        Args:
            mail_id: is in its Message-ID, the same however often it is sent: who gets it twice can tell.
            at: when it was written, as Unix milliseconds.

        Raises:
            Refused: the server will never take it.
            TryLater: it may take it later.
        """
        try:
            message = message_of(self._server, mail_id, recipient, content, at)
        except (ValueError, MessageError) as error:
            raise Refused(f"The mail could not be put together: {type(error).__name__}") from error
        async with self._conversation() as client:
            try:
                await client.send_message(
                    message, sender=self._server.returns or self._server.sender, recipients=[recipient]
                )
            except aiosmtplib.SMTPRecipientsRefused as error:
                raise _of_reply(error.recipients[0].code, error.recipients[0].message) from error
            except (aiosmtplib.SMTPDataError, aiosmtplib.SMTPRecipientRefused) as error:
                raise _of_reply(error.code, error.message) from error
            except aiosmtplib.SMTPNotSupported as error:
                raise Refused("The address has characters that the mail server does not support.") from error

    async def check(self) -> None:
        """Connect and sign in, and send nothing.

        Raises:
            TryLater: that does not work.
        """
        async with self._conversation():
            pass

    @asynccontextmanager
    async def _conversation(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """A connection from its greeting to its end."""
        where, client = f"{self._server.host}:{self._server.port}", self._client()
        try:
            async with asyncio.timeout(self._seconds_max):
                await client.connect()
                yield client
        except MailError:
            raise
        except aiosmtplib.SMTPAuthenticationError as error:
            # Without its text and its cause: a server may repeat what it was sent.
            raise TryLater(f"{where} refused the user name or the password ({error.code}).") from None
        except (aiosmtplib.SMTPTimeoutError, TimeoutError) as error:
            raise TryLater(f"{where} did not answer in time.") from error
        except aiosmtplib.SMTPResponseException as error:
            raise TryLater(f"{where} said: {error.code} {_quoted(error.message)}") from error
        except ssl.SSLCertVerificationError as error:
            raise TryLater(f"{where} has no certificate that is trusted: {error.verify_message}.") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise TryLater(f"{where} cannot be used: {_quoted(str(error)) or type(error).__name__}") from error
        else:
            # A server that hangs at the farewell has the mail all the same.
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=FAREWELL_SECONDS)
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        """A connection to be."""
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            timeout=STEP_SECONDS,
            use_tls=server.tls is Tls.TLS,
            # Demanded, never tried: else whoever sits on the way could leave it out.
            start_tls=server.tls is Tls.STARTTLS,
            tls_context=self._tls_context,
        )


def message_of(server: MailServer, mail_id: str, recipient: str, content: Content, at: int) -> EmailMessage:
    """The message on the wire (RFC 5322): plain text first, HTML as its alternative.

    Raises:
        ValueError, MessageError: a header would hold what no header may.
    """
    message = EmailMessage(policy=policy.SMTP)
    domain = server.sender.rpartition("@")[2]
    try:
        # Each of them is parsed as an address, so that none of them is two, or anything else.
        message["From"] = Address(content.sender_name, addr_spec=server.sender)
        message["To"] = Address(addr_spec=recipient)
        if content.reply_to:
            message["Reply-To"] = Address(addr_spec=content.reply_to)
    except (ValueError, HeaderParseError, IndexError) as error:
        raise ValueError("that is no address") from error
    message["Subject"] = content.subject
    message["Message-ID"] = f"<{mail_id}@{domain}>"
    message["Date"] = format_datetime(datetime.fromtimestamp(at / SECOND_MS, UTC))
    message["Content-Language"] = content.locale
    # Nobody is to be told automatically that they are away (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(content.text)
    message.add_alternative(content.html, subtype="html")
    return message


def _of_reply(code: int, message: str) -> MailError:
    reply = f"{code} {_quoted(message)}"
    return Refused(reply) if code >= _PERMANENT else TryLater(reply)


def _quoted(text: str) -> str:
    return one_line(text, PROBLEM_MAX)
