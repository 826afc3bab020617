"""Mailing alerts to whoever runs the shop, and reading the audit log for changes that they are alerted to."""

from collections.abc import Awaitable, Callable
from typing import Final

from keyturn import KeyStore, Mode
from keyturn.insight.audit import AuditEntry
from tillgate.access.alerts import records
from tillgate.access.alerts.model import MAILED_MAX, MAILED_WITHIN_MS, OF_NETWORKS, Alert, AlertKind, path_of
from tillgate.access.alerts.operations import MAIL_JOB, raise_alert
from tillgate.access.alerts.words import WORDS, subject_of, text_of
from tillgate.access.notices.model import may_be_dangerous
from tillgate.access.roles import Role
from tillgate.base.clock import MINUTE_MS, Clock
from tillgate.events.outbox import Outbox
from tillgate.mail.model import Letter, Purpose
from tillgate.mail.operations import MailQueue
from tillgate.store import Database, Transaction
from tillgate.store.alone import alone
from tillgate.store.jobs import Again, Job, Kind
from tillgate.words import ENGLISH, Words, phrase, words_in

AUDIT_JOB: Final = "alerts.audit"
LINES_MAX: Final = 200
RECIPIENTS_MAX: Final = 50
READ_EVERY_MS: Final = MINUTE_MS

_FOOT: Final = phrase("This server sends it because you run a project on it.")


class AlertMails:
    """Alerts by mail, over one database.

    Args:
        words_of: the language of a project, by its id.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        mail: MailQueue,
        keys: KeyStore,
        outbox: Outbox,
        words_of: Callable[[Transaction, str], Awaitable[Words]],
        public_url: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._mail = mail
        self._keys = keys
        self._outbox = outbox
        self._words_of = words_of
        self._public_url = public_url

    def kinds(self) -> list[Kind]:
        """The jobs: mailing an alert, and reading the audit log."""
        return [
            Kind(MAIL_JOB, self._mail_alert, per_project=2),
            Kind(AUDIT_JOB, self._read_audit, every_ms=READ_EVERY_MS, seconds_max=60),
        ]

    async def _mail_alert(self, job: Job) -> None:
        async def operation(tx: Transaction) -> None:
            alert = await records.by_id(tx, job.key)
            if alert is None or (not alert.livemode and alert.kind in _BY_MODE):
                # What is tried in test mode is in the dashboard and in webhooks; nobody is woken for it.
                return
            purpose = Purpose.NEW_DEVICE if alert.kind is AlertKind.NEW_DEVICE else Purpose.ALERT
            if alert.project_id is not None and purpose is Purpose.ALERT and alert.kind not in _NEVER_SILENCED:
                await alone(tx, f"alert_mails {alert.project_id}")
                since = self._clock.now() - MAILED_WITHIN_MS
                if await self._mail.count_since(tx, alert.project_id, purpose, since, MAILED_MAX) >= MAILED_MAX:
                    return
            words = await self._words_of(tx, alert.project_id) if alert.project_id is not None else words_in(ENGLISH)
            for address in await self._recipients(tx, alert):
                await self._mail.write(
                    tx,
                    letter_of(alert, words, self._public_url),
                    to=address,
                    purpose=purpose,
                    cause=alert.id,
                    project_id=alert.project_id,
                )

        await self._database.write(operation)

    async def _recipients(self, tx: Transaction, alert: Alert) -> list[str]:
        """Who is told: of a sign-in they themselves, of a setting the owners but whoever changed it, of a network who
        runs a project that is paid on it, and the owners of the installation once for all; else who runs the project;
        where it has nobody of its own, the owners of the installation."""
        if alert.kind is AlertKind.NEW_DEVICE:
            return [alert.detail["email"]]
        found = await records.recipients(tx, alert.project_id, RECIPIENTS_MAX)
        if alert.kind is AlertKind.SETTING_CHANGED:
            actor = alert.detail.get("actor", "")
            owners = [email for email, whole, role in found if whole or role == Role.OWNER.value]
            told = [email for email in owners if email != actor]
            # Whoever has somebody's browser is that person for the audit log, so the account's holder is told.
            holder = alert.detail.get("email", "") if alert.detail.get("action", "").startswith(_OF_HOLDERS) else ""
            return told if not holder or holder in told else [*told, holder]
        if alert.kind in OF_NETWORKS and alert.project_id is not None:
            # The owners of the installation were told already, of all projects at once.
            return [email for email, whole, role in found if role is not None and not whole]
        own = [email for email, _, role in found if role is not None]
        return own or [email for email, whole, _ in found if whole]

    async def _read_audit(self, _: Job) -> Again | None:
        begin = await self._database.read(records.read_until)
        if begin is None:
            # What happened before alerts were known is no news.
            end, _hash = await self._keys.audit_end()
            await self._database.write(lambda tx: records.begin_reading(tx, end))
            return None
        lines = await self._keys.audit(begin, LINES_MAX)
        if not lines:
            return None
        dangerous = [one for one in lines if may_be_dangerous(one) and await self._is_live(one)]
        now = self._clock.now()

        async def operation(tx: Transaction) -> bool:
            if not await records.note_read(tx, begin, lines[-1].sequence):
                return False
            for line in dangerous:
                await raise_alert(
                    tx,
                    self._outbox,
                    AlertKind.SETTING_CHANGED,
                    project_id=line.project_id,
                    livemode=True,
                    cause=f"audit:{line.sequence}",
                    subject_id=line.key_id or "",
                    detail=_detail_of(line),
                    now=now,
                )
            return True

        await self._database.write(operation)
        return Again() if len(lines) == LINES_MAX else None

    async def _is_live(self, line: AuditEntry) -> bool:
        if line.key_id is None or line.project_id is None or "mode" in line.detail:
            return True
        key = (await self._keys.by_ids(line.project_id, {line.key_id})).get(line.key_id)
        return key is None or key.mode is Mode.LIVE


# What is told however much else there is to tell, so that nobody hides it behind noise.
_NEVER_SILENCED: Final = frozenset({AlertKind.KEY_EXPOSED, AlertKind.SETTING_CHANGED}) | OF_NETWORKS
# What is done to an account that somebody has had before. Whoever is invited or added is no holder yet, and anybody may
# name any address.
_OF_HOLDERS: Final = ("second_factor.", "user.password_", "user.role_changed")
# What happens in a mode; people and their settings have none.
_BY_MODE: Final = frozenset(
    {
        AlertKind.NEEDS_REVIEW,
        AlertKind.UNASSIGNED_TRANSFER,
        AlertKind.REFUND_REORGANIZED,
        AlertKind.ENDPOINT_FAILING,
        AlertKind.KEY_EXPIRING,
        AlertKind.KEY_EXPOSED,
    }
    | OF_NETWORKS
)


def letter_of(alert: Alert, words: Words, public_url: str) -> Letter:
    """An alert as a mail."""
    return Letter(
        subject=subject_of(alert, words),
        paragraphs=(text_of(alert, words),),
        action=(words.say(WORDS[alert.kind].open), f"{public_url}{path_of(alert)}"),
        foot=(words.say(_FOOT),),
        locale=words.language.tag,
    )


def _detail_of(line: AuditEntry) -> dict[str, str]:
    detail = {"action": line.action, "actor": line.actor.removeprefix("user:"), "line": str(line.sequence)}
    return detail | ({"email": str(line.detail["email"])} if line.detail.get("email") else {})
