"""Writing mail down beside what it is about, and sending it from there.

A mail is written in the transaction of its cause, once for each cause and recipient; so neither a restart nor a second
worker sends another. It is handed to the mail server at least once: where the process dies between the server's word
and ours, it is sent again, with the same Message-ID.
"""

from typing import Final

import msgspec
import structlog

from tillgate.base import ids
from tillgate.base.clock import DAY_MS, Clock
from tillgate.base.errors import InvalidInput
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut
from tillgate.base.text import checked_email
from tillgate.mail import records
from tillgate.mail.model import PROBLEM_MAX, Content, Letter, Mail, MailState, Purpose, one_line
from tillgate.mail.rendering import rendered
from tillgate.mail.returning import Report, Unreadable
from tillgate.mail.sending import Refused, Smtp, TryLater
from tillgate.store import Database, Sealer, SealingError, Transaction
from tillgate.store.bell import Bell
from tillgate.store.jobs import Job, Kind, NotYet, enqueue

JOB: Final = "mail.send"
SECONDS_MAX: Final = 50.0
AT_ONCE: Final = 4
PER_PROJECT: Final = 2
# As long as events are.
KEPT_MS: Final = 90 * DAY_MS
DROP_BATCH_MAX: Final = 500
NOT_SET: Final = "This server sends no mail: TILLGATE_SMTP_HOST is not set."
NO_ADDRESS: Final = "This is no address that mail can be sent to."
NOT_OPENED: Final = "It was sealed with a secret key that this server does not have."

_log = structlog.get_logger("mail")


class MailQueue:
    """Where mail goes out, over one database; it takes mail also where no mail server is set, and says so."""

    def __init__(self, database: Database, clock: Clock, *, sealer: Sealer, bell: Bell, smtp: Smtp | None) -> None:
        """
        Args:
            bell: rung after a commit with jobs in it.
            smtp: None where no mail server is set.
        """
        self._database = database
        self._clock = clock
        self._sealer = sealer
        self._bell = bell
        self._smtp = smtp

    @property
    def sends(self) -> bool:
        """Whether a mail server is set."""
        return self._smtp is not None

    async def write(
        self,
        tx: Transaction,
        letter: Letter,
        *,
        to: str,
        purpose: Purpose,
        cause: str,
        project_id: str | None,
        sender_name: str = "Tillgate",
        reply_to: str = "",
    ) -> bool:
        """Write a mail down, to be sent once this transaction is committed; False where it was written before.

        Args:
            cause: what it is about; who had a mail for it gets no other.
            project_id: whose mail it is; None for the installation's.
        """
        now = self._clock.now()
        content = rendered(letter, sender_name=sender_name, reply_to=reply_to)
        state, problem = (MailState.WAITING, None) if self.sends else (MailState.UNSENT, NOT_SET)
        try:
            address = checked_email(to)
        except InvalidInput:
            address, state, problem = one_line(to, 254), MailState.UNSENT, NO_ADDRESS
        mail = Mail(
            id=ids.new_id(ids.MAIL),
            project_id=project_id,
            purpose=purpose,
            cause=cause,
            recipient=address,
            subject=content.subject,
            state=state,
            problem=problem,
            created_at=now,
            updated_at=now,
        )
        waits = state is MailState.WAITING
        sealed = self._sealer.seal(msgspec.json.encode(content).decode()) if waits else None
        if not await records.insert(tx, mail, sealed):
            return False
        if waits:
            await enqueue(tx, self._bell, kind=JOB, key=mail.id, project_id=project_id, payload={}, now=now)
        else:
            tx.after_commit(lambda: _log.warning("mail.not_sent", mail=mail.id, purpose=purpose.value, reason=problem))
        return True

    async def count_since(self, tx: Transaction, project_id: str, purpose: Purpose, since: int, most: int) -> int:
        """How many mails of a purpose a project has had from an instant on, counted up to ``most``."""
        return await records.count_since(tx, project_id, purpose, since, most)

    def kind(self) -> Kind:
        """The job that sends a mail."""
        return Kind(JOB, self._send, at_once=AT_ONCE, per_project=PER_PROJECT, seconds_max=SECONDS_MAX)

    async def drop_old(self, tx: Transaction) -> int:
        """Drop a batch of mails that are older than 90 days; how many."""
        return await records.drop_older(tx, self._clock.now() - KEPT_MS, DROP_BATCH_MAX)

    async def _send(self, job: Job) -> None:
        found = await self._database.read(lambda tx: records.waiting(tx, job.key))
        if found is None:
            return
        mail, last = found.mail, job.attempts >= self.kind().attempts_max
        if self._smtp is None:
            await self._end(mail, MailState.UNSENT, NOT_SET)
            return
        try:
            content = msgspec.json.decode(self._sealer.open(found.content_sealed), type=Content)
        except SealingError:
            await self._end(mail, MailState.FAILED, NOT_OPENED)
            return
        try:
            await self._smtp.send(mail.id, mail.recipient, content, mail.created_at)
        except Refused as error:
            await self._end(mail, MailState.REFUSED, str(error))
            return
        except TryLater as error:
            problem, now = one_line(str(error), PROBLEM_MAX), self._clock.now()
            if last:
                await self._end(mail, MailState.FAILED, problem)
            else:
                await self._database.write(lambda tx: records.note_problem(tx, mail.id, problem, now))
            raise NotYet(problem) from None
        await self._end(mail, MailState.SENT, None)

    async def _end(self, mail: Mail, state: MailState, problem: str | None) -> None:
        now, told = self._clock.now(), one_line(problem, PROBLEM_MAX) if problem is not None else None
        await self._database.write(lambda tx: records.end(tx, mail.id, state, told, now))
        note = _log.info if state is MailState.SENT else _log.warning
        note(f"mail.{state.value}", mail=mail.id, purpose=mail.purpose.value, reason=told)


async def list_mails(tx: Transaction, project_id: str, page: PageRequest, *, state: MailState | None) -> Page[Mail]:
    """A project's mails, newest first.

    Raises:
        InvalidInput: the cursor is not a mail's id.
    """
    checked_cursor(page, ids.MAIL)
    return cut(await records.newest(tx, project_id, page, state), page.limit)


async def note_returned(tx: Transaction, report: Report, now: int) -> tuple[Mail, bool]:
    """Write down that a mail came back after the mail server took it; it is refused then, as by that server itself.

    Returns:
        The mail, and whether this report changed it: one that is late, or told twice, changes nothing.

    Raises:
        Unreadable: the report names no mail of ours.
    """
    changed = report.failed and await records.send_back(tx, report.mail_id, report.problem, now) == 1
    mail = await records.by_id(tx, report.mail_id)
    if mail is None:
        raise Unreadable(
            f"there is no mail {report.mail_id} in this database: expected the report of one that it sent within the "
            f"last {KEPT_MS // DAY_MS} days"
        )
    return mail, changed
