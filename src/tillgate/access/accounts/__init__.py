"""People and projects."""

from tillgate.access.accounts.model import Halfway, Place, Project, Removal, SignedIn, User
from tillgate.access.accounts.operations import Accounts, csrf_token
from tillgate.access.roles import Right, Role

__all__ = ["Accounts", "Halfway", "Place", "Project", "Removal", "Right", "Role", "SignedIn", "User", "csrf_token"]
