"""Every statement about outgoing mail."""

from typing import Final, NamedTuple

from keyturn.database import Both
from tillgate.base.pages import PageRequest
from tillgate.mail.model import Mail, MailState, Purpose
from tillgate.store import Row, Transaction

_COLUMNS: Final = "id, project_id, purpose, cause, recipient, subject, state, problem, created_at, updated_at"
_INSERT: Final = (
    "INSERT INTO mails (id, project_id, purpose, cause, recipient, subject, content_sealed, state, problem, "
    "created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) "
    "ON CONFLICT (cause, recipient) DO NOTHING"
)
_NEWEST: Final = (
    f"SELECT {_COLUMNS} FROM mails WHERE project_id = $1 AND id < $2 "
    "AND (CAST($3 AS TEXT) IS NULL OR state = $3) ORDER BY id DESC LIMIT $4"
)
_END: Final = (
    # One that failed keeps its content: whoever retries its job sends it.
    "UPDATE mails SET state = $2, problem = $3, content_sealed = CASE WHEN $2 = 'failed' THEN content_sealed END, "
    "updated_at = $4 WHERE id = $1 AND state IN ('waiting', 'failed')"
)
_RETURN: Final = (
    # Also one that waits: that it came back is the proof that it was handed over.
    "UPDATE mails SET state = 'refused', problem = $2, content_sealed = NULL, updated_at = $3 "
    "WHERE id = $1 AND state IN ('waiting', 'sent', 'failed')"
)
_OLD: Final = "SELECT id FROM mails WHERE created_at < $1 ORDER BY created_at LIMIT $2"
_DROP: Final = Both(
    sqlite=f"DELETE FROM mails WHERE id IN ({_OLD})",
    postgres=f"DELETE FROM mails WHERE id IN ({_OLD} FOR UPDATE SKIP LOCKED)",
)


class Waiting(NamedTuple):
    """A mail that is to be sent, its content sealed."""

    mail: Mail
    content_sealed: str


async def insert(tx: Transaction, mail: Mail, content_sealed: str | None) -> bool:
    """Keep a new mail; False where its recipient had one for this cause."""
    inserted = await tx.execute(
        _INSERT,
        mail.id,
        mail.project_id,
        mail.purpose.value,
        mail.cause,
        mail.recipient,
        mail.subject,
        content_sealed,
        mail.state.value,
        mail.problem,
        mail.created_at,
    )
    return inserted == 1


async def waiting(tx: Transaction, mail_id: str) -> Waiting | None:
    """A mail that is still to be sent."""
    row = await tx.fetch_one(
        f"SELECT {_COLUMNS}, content_sealed FROM mails WHERE id = $1 AND state IN ('waiting', 'failed')", mail_id
    )
    if row is None or row["content_sealed"] is None:
        return None
    return Waiting(_mail(row), row["content_sealed"])


async def end(tx: Transaction, mail_id: str, state: MailState, problem: str | None, now: int) -> int:
    """Write the outcome of a mail, and forget what was in it unless it may still be sent; 0 where it has one."""
    return await tx.execute(_END, mail_id, state.value, problem, now)


async def by_id(tx: Transaction, mail_id: str) -> Mail | None:
    """A mail of whatever project."""
    row = await tx.fetch_one(f"SELECT {_COLUMNS} FROM mails WHERE id = $1", mail_id)
    return _mail(row) if row is not None else None


async def send_back(tx: Transaction, mail_id: str, problem: str, now: int) -> int:
    """Write that a mail that was handed over came back; 0 where it was refused or never sent."""
    return await tx.execute(_RETURN, mail_id, problem, now)


async def note_problem(tx: Transaction, mail_id: str, problem: str, now: int) -> None:
    """Write why a mail has to wait."""
    await tx.execute(
        "UPDATE mails SET state = 'waiting', problem = $2, updated_at = $3 "
        "WHERE id = $1 AND content_sealed IS NOT NULL",
        mail_id,
        problem,
        now,
    )


async def newest(tx: Transaction, project_id: str, page: PageRequest, state: MailState | None) -> list[Mail]:
    """Up to ``limit + 1`` mails of a project, newest first."""
    rows = await tx.fetch_all(
        _NEWEST, project_id, page.before, state.value if state is not None else None, page.limit + 1
    )
    return [_mail(row) for row in rows]


async def count_since(tx: Transaction, project_id: str, purpose: Purpose, since: int, most: int) -> int:
    """How many mails of a purpose a project has had from an instant on, counted up to ``most``."""
    row = await tx.fetch_one(
        "SELECT COUNT(*) AS count FROM (SELECT 1 FROM mails WHERE project_id = $1 AND purpose = $2 "
        "AND created_at >= $3 LIMIT $4) AS found",
        project_id,
        purpose.value,
        since,
        most,
    )
    return int(row["count"]) if row is not None else 0


async def drop_older(tx: Transaction, cutoff: int, limit: int) -> int:
    """Drop a batch of mails that are older than an instant; how many."""
    return await tx.execute(_DROP, cutoff, limit)


def _mail(row: Row) -> Mail:
    return Mail(
        id=row["id"],
        project_id=row["project_id"],
        purpose=Purpose(row["purpose"]),
        cause=row["cause"],
        recipient=row["recipient"],
        subject=row["subject"],
        state=MailState(row["state"]),
        problem=row["problem"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
