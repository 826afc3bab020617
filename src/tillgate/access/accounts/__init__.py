"""People and projects."""

from tillgate.access.accounts.model import Project, Role, SignedIn, User
from tillgate.access.accounts.operations import Accounts, csrf_token

__all__ = ["Accounts", "Project", "Role", "SignedIn", "User", "csrf_token"]
