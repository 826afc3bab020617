"""Projects, the people who run them, and their signed-in browsers."""

from enum import StrEnum
from typing import Final

import msgspec

from tillgate.base.clock import DAY_MS, MINUTE_MS
from tillgate.base.errors import InvalidInput
from tillgate.base.principal import Principal

PASSWORD_MIN: Final = 10
PASSWORD_MAX: Final = 1_000
SIGN_IN_LIFETIME_MS: Final = 14 * DAY_MS

# Failed sign-ins that are let through in a window before the next one is refused unseen.
THROTTLE_WINDOW_MS: Final = 15 * MINUTE_MS
FAILURES_MAX_BY_EMAIL_AND_ADDRESS: Final = 5
# Over all addresses together; so large that keeping an owner out takes more than one stranger's patience.
FAILURES_MAX_BY_EMAIL: Final = 300
FAILURES_MAX_BY_ADDRESS: Final = 50
# Of a device that the same person has signed in from before: counted by itself, whatever others try elsewhere.
FAILURES_MAX_BY_DEVICE: Final = 5
# Browsers keep no cookie for longer (RFC 6265bis, 5.5).
DEVICE_LIFETIME_MS: Final = 400 * DAY_MS
DEVICES_MAX: Final = 20


class Role(StrEnum):
    """What a person may do."""

    OWNER = "owner"
    ADMIN = "admin"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """What keys, links and sessions belong to. ``created_at`` is Unix milliseconds."""

    id: str
    name: str
    created_at: int


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person who can sign in. ``created_at`` is Unix milliseconds."""

    id: str
    email: str
    role: Role
    created_at: int


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that proved who it is, where its owner is looking, and what guards its forms.

    Attributes:
        csrf_token: derived from the cookie; every form carries it.
    """

    user: User
    project: Project
    livemode: bool
    csrf_token: str

    @property
    def principal(self) -> Principal:
        return Principal(self.project.id, self.livemode, "user", f"user:{self.user.id}")


def checked_password(password: str) -> str:
    """The password as it came.

    Raises:
        InvalidInput: it is shorter than 10 characters or longer than 1,000.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise InvalidInput(
            f"password: expected {PASSWORD_MIN} to {PASSWORD_MAX} characters, got {len(password)}.",
            param="password",
        )
    return password
