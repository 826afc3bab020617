"""Reading the report that a mail did not arrive: a delivery status notification (RFC 3464 in RFC 6522).

Whoever knows an address can mail such a report, so nothing in it is believed but that its writer knows the Message-ID
of the mail. That holds at least 64 random bits, known to those whose hands the mail went through and to who runs the
server.
"""

import re
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser, HeaderParser
from typing import Final, NamedTuple

from tillgate.base import ids
from tillgate.mail.model import PROBLEM_MAX, one_line

# Ours are a few kilobytes, and a report holds them once.
REPORT_BYTES_MAX: Final = 256 * 1024
HEADER_BYTES_MAX: Final = 16 * 1024
DEPTH_MAX: Final = 50
PARTS_MAX: Final = 10
RECIPIENTS_MAX: Final = 100
NO_REPORT: Final = (
    "this is no delivery status notification (RFC 3464): expected a message of the type multipart/report with "
    "report-type=delivery-status"
)

_STATUS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_WHOLE: Final = frozenset({"message/rfc822", "message/global"})
_HEADERS: Final = frozenset({"text/rfc822-headers", "message/global-headers"})
_MESSAGE_ID: Final = re.compile(rf"<({ids.MAIL}_[0-7][0-9a-hjkmnp-tv-z]{{25}})@[^<>@\s]{{1,255}}>")
_LONG: Final = re.compile(rb"[^\r\n]*+(?:(?:\r\n?|\n)[ \t][^\r\n]*+)*+")
_BOUNDARY: Final = re.compile(rb"boundary", re.IGNORECASE)


class Unreadable(Exception):
    """This is no report of a mail of ours; the message says what was expected."""


class Report(NamedTuple):
    """What a report says of one mail.

    Attributes:
        mail_id: the mail that its Message-ID names.
        failed: whether it is the last word; False where it is late, or arrived.
        problem: the words of whoever could not deliver it, in one line.
    """

    mail_id: str
    failed: bool
    problem: str


def read_report(raw: bytes) -> Report:
    """Read a report, as a mail server writes it.

    Args:
        raw: the message (RFC 5322), with any line ends.

    Raises:
        Unreadable: it is none, or names no mail that could be ours.
    """
    message = _message(raw)
    if (
        message.get_content_type() != "multipart/report"
        or str(message.get_param("report-type")).lower() != "delivery-status"
        or not message.is_multipart()
    ):
        raise Unreadable(NO_REPORT)
    parts = _inside(message)[:PARTS_MAX]
    statuses = [part for part in parts if part.get_content_type() in _STATUS]
    if not statuses:
        raise Unreadable(NO_REPORT)
    fields = _fields(statuses[0])[: RECIPIENTS_MAX + 1]
    recipients = [one for one in fields if "action" in one]
    mail_id = _mail_of(message, parts, fields)
    if mail_id is None:
        raise Unreadable(
            "the report names no mail of this server: expected the Message-ID of one in the returned message or its "
            "headers, or as Original-Message-ID or References"
        )
    failed = next((one for one in recipients if _value(one, "action").lower() == "failed"), None)
    if failed is None:
        return Report(mail_id, failed=False, problem="")
    status, words = _value(failed, "status"), _value(failed, "diagnostic-code")
    explanation = " ".join(one for one in (status, words) if one) or "no reason was given"
    return Report(mail_id, failed=True, problem=one_line(f"Came back later: {explanation}", PROBLEM_MAX))


def _message(raw: bytes) -> Message:
    """The message, once it is known to cost little to be read."""
    if len(raw) > REPORT_BYTES_MAX:
        raise Unreadable(f"the report is too long: expected at most {REPORT_BYTES_MAX} bytes")
    # Python reads a header's parameters, and messages in messages, in more than linear time.
    if any(found.end() - found.start() > HEADER_BYTES_MAX for found in _LONG.finditer(raw)):
        raise Unreadable(f"the report has a line or a header that is too long: expected {HEADER_BYTES_MAX} bytes")
    if len(_BOUNDARY.findall(raw)) + raw.lower().count(b"message/") > DEPTH_MAX:
        raise Unreadable(f"the report has too many parts in parts: expected at most {DEPTH_MAX}")
    return BytesParser(policy=policy.compat32).parsebytes(raw)


def _fields(part: Message) -> list[Message]:
    """The groups of a delivery status: that of the message, then one for each recipient."""
    groups = _inside(part)
    if part.get_content_type() == "message/delivery-status" or not groups:
        return groups
    # Of RFC 6533, which Python takes for a message: its first group is the head, and the others are its text.
    text = groups[0].get_payload(decode=True)
    lines = text.decode("utf-8", "replace").replace("\r\n", "\n") if isinstance(text, bytes) else ""
    rest = lines.split("\n\n", RECIPIENTS_MAX)[:RECIPIENTS_MAX]
    return [groups[0], *(HeaderParser(policy=policy.compat32).parsestr(one.lstrip("\n")) for one in rest)]


def _mail_of(report: Message, parts: list[Message], fields: list[Message]) -> str | None:
    """The id of the mail: in what was returned of it, else in what the report says of itself."""
    named = [_value(one, "message-id") for one in map(_returned, parts) if one is not None]
    named += [
        _value(one, name) for one in (*fields[:1], report) for name in ("original-message-id", "x-original-message-id")
    ]
    # Of a thread, the last is what is answered.
    named += [_value(report, name) for name in ("in-reply-to", "references")]
    for text in named:
        if found := _MESSAGE_ID.findall(text):
            return str(found[-1])
    return None


def _returned(part: Message) -> Message | None:
    """The headers of the mail that came back, where this part holds them."""
    kind = part.get_content_type()
    if kind not in _WHOLE | _HEADERS:
        return None
    if inside := _inside(part):
        return inside[0]
    decoded = part.get_payload(decode=True)
    return BytesHeaderParser(policy=policy.compat32).parsebytes(decoded) if isinstance(decoded, bytes) else None


def _inside(message: Message) -> list[Message]:
    """The parts of a message, or the message within it."""
    found = message.get_payload() if message.is_multipart() else []
    return [one for one in found if isinstance(one, Message)]


def _value(message: Message, name: str) -> str:
    """A header in one line; empty where there is none."""
    return one_line(str(message.get(name, "")), HEADER_BYTES_MAX)
