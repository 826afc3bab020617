"""People and projects."""

from tillgate.access.accounts.model import Membership, PendingSignIn, Project, Removal, SignedIn, User
from tillgate.access.accounts.operations import Accounts, csrf_token
from tillgate.access.roles import Right, Role

__all__ = [
    "Accounts",
    "Membership",
    "PendingSignIn",
    "Project",
    "Removal",
    "Right",
    "Role",
    "SignedIn",
    "User",
    "csrf_token",
]
