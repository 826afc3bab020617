"""Mail, before and after it is sent."""

from enum import StrEnum
from typing import Final, NamedTuple

from keyturn.words.isolating import FIRST_STRONG_ISOLATE, POP_ISOLATE, Isolated

SUBJECT_MAX: Final = 150
PROBLEM_MAX: Final = 300
LETTER_LINES_MAX: Final = 40


class Tls(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailServer(NamedTuple):
    """Where mail is handed over (SMTP, RFC 5321).

    Attributes:
        user, password: empty where the server asks for none.
        sender: the address that mail comes from.
        returns: the address that what cannot be delivered comes back to (RFC 5321, 4.4); empty for the sender's.
    """

    host: str
    port: int
    tls: Tls
    user: str
    password: str
    sender: str
    returns: str = ""

    def __repr__(self) -> str:
        return f"MailServer({self.host!r}, {self.port}, {self.tls.value})"


class Purpose(StrEnum):
    """Why somebody gets a mail."""

    PAYMENT_SEEN = "payment_seen"
    PAID = "paid"
    REFUNDED = "refunded"
    REFUND_ADDRESS = "refund_address"
    ALERT = "alert"
    NEW_DEVICE = "new_device"
    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 — what a mail is about


class MailState(StrEnum):
    """The outcome of a mail.

    ``refused`` is the server's last word; ``failed`` that it never gave one; ``unsent`` that none was asked.
    """

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    FAILED = "failed"
    UNSENT = "unsent"


class Letter(NamedTuple):
    """What a mail says, before it has a form. Everything is text; nothing in it is HTML.

    Attributes:
        locale: the language it is written in, as of RFC 5646.
        facts: names and values, as a small table.
        action: what to open, as a label and an address.
        foot: who writes and why, line by line.
    """

    subject: str
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()
    action: tuple[str, str] | None = None
    foot: tuple[str, ...] = ()
    locale: str = "en"


class Content(NamedTuple):
    """A letter in its form: what is sent."""

    subject: str
    text: str
    html: str
    locale: str
    sender_name: str
    reply_to: str


class Mail(NamedTuple):
    """A mail as it is kept. Instants are Unix milliseconds.

    Attributes:
        cause: what it is about: there is one mail for each cause and recipient.
        problem: why it was not sent, in the server's words where it gave any.
    """

    id: str
    project_id: str | None
    purpose: Purpose
    cause: str
    recipient: str
    subject: str
    state: MailState
    problem: str | None
    created_at: int
    updated_at: int


def one_line(text: str, length_max: int) -> str:
    """Text as a header or a list takes it: one line without control characters, cut where it is too long."""
    # Nothing that ends a line survives, in whatever script it does so: that is all a header could be broken with. Of a
    # sentence of ours, what isolates others' text stays.
    marks = FIRST_STRONG_ISOLATE + POP_ISOLATE if isinstance(text, Isolated) else ""
    line = " ".join("".join(char if char.isprintable() or char in marks else " " for char in text).split())
    if len(line) <= length_max:
        return line
    cut = line[: length_max - 1]
    if cut.count(FIRST_STRONG_ISOLATE) > cut.count(POP_ISOLATE):
        return f"{cut[:-1]}…{POP_ISOLATE}"
    return f"{cut}…"
