"""A report that a mail did not arrive is read as mail servers write it, and believed in nothing that can be guessed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from keyturn.database import Database, open_database
from tests.house.source import ROOT
from tests.mail.reports import ID, MESSAGE_ID, REPORT, RETURNED, STATUS, WHOLE, report
from tests.makers import execute, rows
from tests.running import clean_environment, run_cli
from tillgate.mail.model import PROBLEM_MAX
from tillgate.mail.returning import HEADER_BYTES_MAX, NO_REPORT, REPORT_BYTES_MAX, Report, Unreadable, read_report

GUIDE = (ROOT / "docs/mail.md").read_text("utf-8").split("## Mail that comes back")[1].split("\n## ")[0]
SAID = "Came back later: 5.1.1 smtp; 550 5.1.1 <gone@example.net>: Recipient address rejected: User unknown"
# RFC 6533: the same in UTF-8, of which Python knows the types only as messages.
GLOBAL_STATUS = STATUS.replace("message/delivery-status", "message/global-delivery-status")
GLOBAL_RETURNED = RETURNED.replace("text/rfc822-headers", "message/global-headers")
NOTHING = "Content-Type: text/plain\n\nThe message is not returned.\n"


@pytest.mark.parametrize(
    "raw",
    [
        report(),
        report().replace(b"\n", b"\r\n"),
        report(returned=WHOLE),
        report(status=GLOBAL_STATUS, returned=GLOBAL_RETURNED),
        report(returned=NOTHING, headers=f"\nIn-Reply-To: {MESSAGE_ID}"),
        report(returned=NOTHING, headers=f"\nReferences: <other@example.com>\n {MESSAGE_ID}"),
        report(returned=NOTHING, headers=f"\nX-Original-Message-ID: {MESSAGE_ID}"),
        report(returned=NOTHING, status=STATUS.replace("X-Queue-ID: 4F2A71C0DE", f"Original-Message-ID: {MESSAGE_ID}")),
    ],
    ids=["headers", "CRLF", "whole", "UTF-8", "In-Reply-To", "References", "header", "status"],
)
def test_a_report_names_its_mail(raw: bytes) -> None:
    """By what was returned of it, or by what the report says of itself; with the words of whoever refused it."""
    assert read_report(raw) == Report(ID, failed=True, problem=SAID)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", "", "no such action"])
def test_what_is_not_the_last_word_is_none(action: str) -> None:
    """Only "failed" is; one that is late may still arrive."""
    assert read_report(report(action=action)) == Report(ID, failed=False, problem="")


def test_one_recipient_that_failed_is_enough() -> None:
    """Behind an address of somebody's there may be several."""
    late = "\nFinal-Recipient: rfc822; other@example.net\nAction: delayed\nStatus: 4.4.1\n"
    status = STATUS.replace("Final-Recipient", f"{late.lstrip()}\nFinal-Recipient", 1)
    assert read_report(report(status=status)).failed


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", NO_REPORT),
        (b"\xff\x00" * 1_000, NO_REPORT),
        (b"Subject: Hello\n\nWhere is my parcel?\n", NO_REPORT),
        (report(type="disposition-notification"), NO_REPORT),
        (report(status=NOTHING), NO_REPORT),
        (REPORT[:300].encode(), NO_REPORT),
        (report("<cs_01kdvzj2r0aaaaaaaaaaaaaaaa@example.com>"), "names no mail"),
        (report(f"<{ID}0@example.com>"), "names no mail"),
        (report(f"<{ID}>"), "names no mail"),
        (report(f"<{ID}@example.com"), "names no mail"),
        (b"a" * (REPORT_BYTES_MAX + 1), "too long"),
        (report(headers="\nX-Long: " + "a" * HEADER_BYTES_MAX), "line or a header that is too long"),
        (report(headers="\nX-Long: a" + "\n a" * HEADER_BYTES_MAX), "line or a header that is too long"),
        (report(headers="\nX-Long: a" + "\r\ta" * HEADER_BYTES_MAX), "line or a header that is too long"),
        (b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 4_000, "too many parts"),
        (b"Content-Type: message/rfc822\n\n" * 4_000, "too many parts"),
    ],
)
def test_what_is_no_report_of_ours_is_refused(raw: bytes, words: str) -> None:
    """In words that say what was expected, and before it costs anything."""
    with pytest.raises(Unreadable) as refused:
        read_report(raw)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("smtp; 550 \x1b]0;owned\x07 \u202egone", "Came back later: 5.1.1 smtp; 550 ]0;owned "),
        ("smtp; 550 " + "a" * 10_000, "Came back later: 5.1.1 smtp; 550 aaa"),
    ],
    ids=["turned", "long"],
)
def test_the_words_of_a_stranger_are_one_short_line(code: str, told: str) -> None:
    """Nothing in them moves a terminal or turns a page around."""
    status, _, _ = STATUS.partition("smtp;")
    problem = read_report(report(status=f"{status}{code}\n")).problem
    assert problem.startswith(told)
    assert len(problem) <= PROBLEM_MAX
    assert problem.isprintable()


async def a_mail(url: str) -> None:
    """One that the mail server took."""
    database: Database = await open_database(url)
    try:
        await execute(
            database,
            "INSERT INTO mails (id, project_id, purpose, cause, recipient, subject, state, created_at, updated_at) "
            "VALUES ($1, NULL, 'invitation', 'inv', 'gone@example.net', 'Hello', 'sent', 1, 1)",
            ID,
        )
    finally:
        await database.close()


async def kept(url: str) -> tuple[str, str | None]:
    """What is known of it."""
    database: Database = await open_database(url)
    try:
        [row] = await rows(database, "SELECT state, problem FROM mails")
        return row["state"], row["problem"]
    finally:
        await database.close()


@pytest.mark.anyio
async def test_a_report_that_is_piped_marks_the_mail(tmp_path: Path) -> None:
    """As the alias of docs/mail.md pipes it: once, whatever is told again; a late one changes nothing, and what is no
    report of a mail that was sent ends with the status that mail servers know for it."""
    [command] = re.findall(r'"\|/usr/local/bin/tillgate (.*?)"', GUIDE)
    url = f"sqlite:///{tmp_path}/tillgate.db"

    def piped(raw: bytes, *more: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "tillgate.cli", *command.replace("/var/lib/tillgate", str(tmp_path)).split(), *more],
            input=raw, capture_output=True, env=clean_environment(), timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    assert piped(report())[0] == 75
    run_cli("projects", "create", "--name", "Shop", "--data", str(tmp_path))
    status, _, error = piped(report())
    assert (status, f"there is no mail {ID}" in error, error.count("\n")) == (65, True, 1), error
    await a_mail(url)
    assert piped(report(action="delayed"))[:2] == (0, f"The mail {ID} stays sent: the report is not the last word.\n")
    assert await kept(url) == ("sent", None)
    status, printed, _ = piped(report(), "--json")
    assert (status, json.loads(printed)) == (0, {"id": ID, "state": "refused", "problem": SAID, "changed": True})
    other = report(status=STATUS.replace("User unknown", "Somebody else"))
    assert piped(other)[:2] == (0, f"The mail {ID} stays refused: that it came back is known.\n")
    assert await kept(url) == ("refused", SAID)
    status, _, error = piped(b"Subject: Hello\n\nWhere is my parcel?\n")
    assert (status, error) == (65, f"tillgate: standard input: {NO_REPORT}\n")
