"""Every statement about invitations."""

from typing import Final

from tillgate.access.accounts.model import Project
from tillgate.access.invitations.model import Invitation
from tillgate.access.roles import Role
from tillgate.store import Row, Transaction

_SELECT: Final = (
    "SELECT i.id, i.email, i.role, i.invited_by, i.inviter_id, i.created_at, i.expires_at, "
    "p.id AS project_id, p.name AS project_name, p.created_at AS project_created_at "
    "FROM invitations i LEFT JOIN projects p ON p.id = i.project_id"
)
_THERE: Final = "COALESCE(project_id, '') = $1"
_OPEN: Final = f"{_SELECT} WHERE COALESCE(i.project_id, '') = $1 AND i.expires_at > $2 ORDER BY i.id DESC LIMIT $3"


async def insert(tx: Transaction, invitation: Invitation, token_digest: str) -> None:
    """Keep a new invitation; forget those that have lapsed, and an earlier one of the same person to the same place."""
    await tx.execute("DELETE FROM invitations WHERE expires_at <= $1", invitation.created_at)
    await tx.execute(
        f"DELETE FROM invitations WHERE {_THERE} AND email = $2",
        invitation.project.id if invitation.project is not None else "",
        invitation.email,
    )
    await tx.execute(
        "INSERT INTO invitations (id, token_digest, email, project_id, role, invited_by, inviter_id, created_at, "
        "expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        invitation.id,
        token_digest,
        invitation.email,
        invitation.project.id if invitation.project is not None else None,
        invitation.role.value,
        invitation.invited_by,
        invitation.inviter_id,
        invitation.created_at,
        invitation.expires_at,
    )


async def count(tx: Transaction, project_id: str | None, now: int) -> int:
    """How many invitations to a project, or to the installation, are open."""
    row = await tx.fetch_one(
        f"SELECT COUNT(*) AS count FROM invitations WHERE {_THERE} AND expires_at > $2",
        project_id or "",
        now,
    )
    return int(row["count"]) if row is not None else 0


async def open_of(tx: Transaction, project_id: str | None, now: int, limit: int) -> list[Invitation]:
    """The open invitations to a project, or to the installation, newest first."""
    return [_invitation(row) for row in await tx.fetch_all(_OPEN, project_id or "", now, limit)]


async def by_digest(tx: Transaction, token_digest: str, now: int) -> Invitation | None:
    """The open invitation whose link has a token with this digest."""
    row = await tx.fetch_one(f"{_SELECT} WHERE i.token_digest = $1 AND i.expires_at > $2", token_digest, now)
    return _invitation(row) if row is not None else None


async def by_id(tx: Transaction, invitation_id: str) -> Invitation | None:
    """One invitation."""
    row = await tx.fetch_one(f"{_SELECT} WHERE i.id = $1", invitation_id)
    return _invitation(row) if row is not None else None


async def delete(tx: Transaction, invitation_id: str) -> int:
    """End an invitation; zero where somebody else has."""
    return await tx.execute("DELETE FROM invitations WHERE id = $1", invitation_id)


def _invitation(row: Row) -> Invitation:
    project = None
    if row["project_id"] is not None:
        project = Project(id=row["project_id"], name=row["project_name"], created_at=row["project_created_at"])
    return Invitation(
        id=row["id"],
        email=row["email"],
        project=project,
        role=Role(row["role"]),
        invited_by=row["invited_by"],
        inviter_id=row["inviter_id"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )
