"""Reports that a mail did not arrive, as mail servers write them (RFC 3464), and as somebody else may."""

from typing import Final

ID: Final = "mail_01kdvzj2r0aaaaaaaaaaaaaaaa"
MESSAGE_ID: Final = f"<{ID}@example.com>"
RETURNED: Final = """\
Content-Type: text/rfc822-headers

Return-Path: <returns@example.com>
From: Corner shop <shop@example.com>
To: gone@example.net
Subject: Your payment
Message-ID: {message_id}
"""
WHOLE: Final = RETURNED.replace("text/rfc822-headers", "message/rfc822").replace("Message-ID", "Message-Id") + (
    "\nIt arrived.\n"
)
STATUS: Final = """\
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
X-Queue-ID: 4F2A71C0DE

Final-Recipient: rfc822; gone@example.net
Original-Recipient: rfc822;gone@example.net
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <gone@example.net>: Recipient address
    rejected: User unknown
"""
REPORT: Final = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: returns@example.com
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={type};
    boundary="4F2A71C0DE.1767225600/mx.example.net"{headers}

This is a MIME-encapsulated message.

--4F2A71C0DE.1767225600/mx.example.net
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--4F2A71C0DE.1767225600/mx.example.net
{status}
--4F2A71C0DE.1767225600/mx.example.net
{returned}
--4F2A71C0DE.1767225600/mx.example.net--
"""


def report(
    message_id: str = MESSAGE_ID,
    *,
    action: str = "failed",
    status: str = STATUS,
    returned: str = RETURNED,
    headers: str = "",
    type: str = "delivery-status",
) -> bytes:
    """A report of a mail with a Message-ID; each argument is put into its place as it is."""
    return REPORT.format(
        type=type,
        headers=headers,
        status=status.format(action=action),
        returned=returned.format(message_id=message_id),
    ).encode("utf-8", "surrogateescape")
