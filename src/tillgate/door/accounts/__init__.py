"""People and projects."""

from tillgate.door.accounts.model import Project, Role, SignedIn, User
from tillgate.door.accounts.operations import Accounts, csrf_token

__all__ = ["Accounts", "Project", "Role", "SignedIn", "User", "csrf_token"]
