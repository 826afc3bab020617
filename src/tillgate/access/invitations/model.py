"""An invitation, and how long it holds."""

from typing import Final, NamedTuple

import msgspec

from tillgate.access.accounts.model import Project
from tillgate.access.roles import Role
from tillgate.base.clock import DAY_MS

# Where an invitation's link leads, on this server; the token follows.
INVITATION: Final = "/dashboard/invitations"
LIFETIME_MS: Final = 3 * DAY_MS
# Of one project, or of the installation, at a time.
OPEN_MAX: Final = 100


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A role that waits for somebody to take it up. Instants are Unix milliseconds.

    Attributes:
        project: where the role holds; None for the whole installation.
        invited_by: who made it, as the audit log names them.
        inviter_id: None for the command line.
    """

    id: str
    email: str
    project: Project | None
    role: Role
    invited_by: str
    inviter_id: str | None
    created_at: int
    expires_at: int


class Invited(NamedTuple):
    """A new invitation, and what is in its link: shown once, and kept by nobody here."""

    invitation: Invitation
    token: str

    def __repr__(self) -> str:
        return f"Invited({self.invitation.id})"
