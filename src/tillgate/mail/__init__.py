"""Outgoing mail: written down with what it is about, sent by a job, and what became of it is known."""

from tillgate.mail.model import Letter, Mail, MailServer, MailState, Purpose, Tls
from tillgate.mail.operations import MailRoom, list_mails
from tillgate.mail.sending import Refused, Smtp, TryLater

__all__ = [
    "Letter",
    "Mail",
    "MailRoom",
    "MailServer",
    "MailState",
    "Purpose",
    "Refused",
    "Smtp",
    "Tls",
    "TryLater",
    "list_mails",
]
