"""Sessions of the portal in SQLite or PostgreSQL: every statement about them, each with its line of the audit log."""

from typing import Final

import msgspec

from keyturn.database import Database, Row, Transaction
from keyturn.keys.model import Mode
from keyturn.portal.model import Allowed, PortalSession
from keyturn.stores import head
from keyturn.stores.ports import Act

_COLUMNS: Final = (
    "s.id, s.project_id, s.mode, s.external_id, s.maker_id, s.created_by, s.created_at, s.allowed, s.return_url, "
    "s.link_expires_at, s.opened_at, s.expires_at, s.ended_at, s.ended_by, s.locale"
)
_INSERT: Final = (
    "INSERT INTO key_portal_sessions (id, project_id, mode, external_id, maker_id, created_by, created_at, allowed, "
    "return_url, locale, link_digest, link_expires_at, expires_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM key_portal_sessions s WHERE s.id = $1"
_BY_COOKIE: Final = f"SELECT {_COLUMNS} FROM key_portal_sessions s WHERE s.cookie_digest = $1"
_BY_LINK: Final = f"SELECT {_COLUMNS} FROM key_portal_sessions s WHERE s.link_digest = $1"
# Once: whoever comes second finds it opened.
_OPEN: Final = (
    "UPDATE key_portal_sessions SET opened_at = $1, cookie_digest = $2 WHERE link_digest = $3 AND opened_at IS NULL "
    "AND ended_at IS NULL AND link_expires_at > $1 AND expires_at > $1"
)
_END: Final = (
    "UPDATE key_portal_sessions SET ended_at = $1, ended_by = $2 WHERE id = $3 AND ended_at IS NULL AND expires_at > $1"
)
_PAGE: Final = (
    f"SELECT {_COLUMNS} FROM key_portal_sessions s WHERE s.project_id = $1 AND (s.created_at, s.id) < ($2, $3)"
    "{} ORDER BY s.created_at DESC, s.id DESC LIMIT $4"
)
_FORGET: Final = (
    "DELETE FROM key_portal_sessions WHERE id IN "
    "(SELECT o.id FROM key_portal_sessions o WHERE o.expires_at < $1 ORDER BY o.expires_at LIMIT $2)"
)
# Behind every session: no id begins so.
_BEYOND: Final = (2**62, "~")


class SqlPortal:
    """Sessions in a database that the caller opened and migrated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, session: PortalSession, link_digest: bytes, act: Act) -> None:
        """Keep a new session; durable when this returns."""

        async def operation(tx: Transaction) -> None:
            await tx.execute(
                _INSERT,
                session.id,
                session.project_id,
                session.mode.value,
                session.external_id,
                session.maker_id,
                session.created_by,
                session.created_at,
                msgspec.json.encode(session.allowed).decode(),
                session.return_url,
                session.locale,
                link_digest,
                session.link_expires_at,
                session.expires_at,
            )
            allowed = session.allowed
            await head.write_down(
                tx,
                act,
                "portal_session.created",
                session.project_id,
                None,
                session=session.id,
                mode=session.mode.value,
                external_id=session.external_id,
                actions=sorted(allowed.actions),
                scopes=sorted(allowed.scopes),
            )

        await self._database.write(operation)

    async def open(self, link_digest: bytes, cookie_digest: bytes, at: int) -> PortalSession | None:
        """Open the session of a link, which is then spent; None where the link opens nothing (any more)."""

        async def operation(tx: Transaction) -> PortalSession | None:
            if await tx.execute(_OPEN, at, cookie_digest, link_digest) != 1:
                return None
            session = _session(await tx.fetch_one(_BY_COOKIE, cookie_digest))
            if session is not None:
                act = Act(at, session.actor)
                await head.write_down(
                    tx, act, "portal_session.opened", session.project_id, None, session=session.id
                )  # fmt: skip
            return session

        return await self._database.write(operation)

    async def end(self, session: PortalSession, act: Act) -> bool:
        """End a session for good; False where it was over."""

        async def operation(tx: Transaction) -> bool:
            if await tx.execute(_END, act.at, act.by, session.id) != 1:
                return False
            await head.write_down(tx, act, "portal_session.ended", session.project_id, None, session=session.id)
            return True

        return await self._database.write(operation)

    async def by_id(self, session_id: str) -> PortalSession | None:
        """The session with this id, of whatever project."""
        return await self._one(_BY_ID, session_id)

    async def by_cookie(self, cookie_digest: bytes) -> PortalSession | None:
        """The session that goes on with this cookie, in any state."""
        return await self._one(_BY_COOKIE, cookie_digest)

    async def by_link(self, link_digest: bytes) -> PortalSession | None:
        """The session that this link opens, or has opened."""
        return await self._one(_BY_LINK, link_digest)

    async def page(
        self,
        project_id: str,
        external_id: str | None,
        after: PortalSession | None,
        limit: int,
        *,
        mode: Mode | None = None,
    ) -> list[PortalSession]:
        """Some of a project's sessions, newest first; those of one customer, or of one mode, where that is given."""
        place = (after.created_at, after.id) if after is not None else _BEYOND
        wanted = {"external_id": external_id, "mode": mode}
        given = {column: value for column, value in wanted.items() if value is not None}
        conditions = "".join(f" AND s.{column} = ${number}" for number, column in enumerate(given, start=5))

        async def operation(tx: Transaction) -> list[Row]:
            return await tx.fetch_all(_PAGE.format(conditions), project_id, *place, limit, *map(str, given.values()))

        return [_read(row) for row in await self._database.read(operation)]

    async def forget_sessions(self, before: int, limit: int) -> int:
        """Drop some of the sessions that expired before this instant; how many that was."""

        async def operation(tx: Transaction) -> int:
            return await tx.execute(_FORGET, before, limit)

        return await self._database.write(operation)

    async def _one(self, statement: str, value: str | bytes) -> PortalSession | None:
        async def operation(tx: Transaction) -> Row | None:
            return await tx.fetch_one(statement, value)

        return _session(await self._database.read(operation))


def _session(row: Row | None) -> PortalSession | None:
    return _read(row) if row is not None else None


def _read(row: Row) -> PortalSession:
    return PortalSession(
        id=row[0],
        project_id=row[1],
        mode=Mode(row[2]),
        external_id=row[3],
        maker_id=row[4],
        created_by=row[5],
        created_at=row[6],
        allowed=msgspec.json.decode(row[7], type=Allowed),
        return_url=row[8],
        link_expires_at=row[9],
        opened_at=row[10],
        expires_at=row[11],
        ended_at=row[12],
        ended_by=row[13],
        locale=row[14],
    )
