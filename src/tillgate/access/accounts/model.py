"""Projects, the people who run them, and their signed-in browsers."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from tillgate.access.roles import Right, Role, rights_of
from tillgate.base.clock import DAY_MS, MINUTE_MS
from tillgate.base.errors import InvalidInput, NotFound, TillgateError
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem

PASSWORD_MIN: Final = 10
PASSWORD_MAX: Final = 1_000
# How many guesses a password must withstand. Guesses over the network are slowed down; these stand for a stolen hash.
GUESSES_MIN: Final = 1_000_000
OWN_WORDS: Final = ("tillgate", "keyturn", "checkout", "dashboard")
# Of a longer one, no more is looked at: it takes longer than linear time.
_ESTIMATED_MAX: Final = 72
SIGN_IN_LIFETIME_MS: Final = 14 * DAY_MS
# A sign-in that is not used for so long ends before that.
UNUSED_MAX_MS: Final = 4 * DAY_MS
# How long after a proof of who one is a dangerous setting may be changed without another.
CONFIRMED_FOR_MS: Final = 10 * MINUTE_MS
# How exactly the last use of a sign-in is known; a look at a page writes no more often than that.
SEEN_EVERY_MS: Final = 5 * MINUTE_MS
# The newest sign-ins of a person that are listed.
SIGN_INS_MAX: Final = 50
AGENT_MAX: Final = 300

# Failed sign-ins that are let through in a window before the next one is refused unseen.
THROTTLE_WINDOW_MS: Final = 15 * MINUTE_MS
FAILURES_MAX_BY_EMAIL_AND_ADDRESS: Final = 5
# Over all addresses together; so large that keeping an owner out takes more than one stranger's patience.
FAILURES_MAX_BY_EMAIL: Final = 300
FAILURES_MAX_BY_ADDRESS: Final = 50
# Of a device that the same person has signed in from before: counted alone, whatever others try elsewhere.
FAILURES_MAX_BY_DEVICE: Final = 5
# Of passwords that are asked for while one is signed in: by person, whatever browser asks.
FAILURES_MAX_BY_PERSON: Final = 5
# Browsers keep no cookie for longer (RFC 6265bis, 5.5).
DEVICE_LIFETIME_MS: Final = 400 * DAY_MS
DEVICES_MAX: Final = 20


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """What keys, links and sessions belong to. ``created_at`` is Unix milliseconds."""

    id: str
    name: str
    created_at: int


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person who can sign in. ``created_at`` is Unix milliseconds.

    Attributes:
        installation_owner: they have every project, and what belongs to none.
    """

    id: str
    email: str
    installation_owner: bool
    created_at: int

    @property
    def actor(self) -> str:
        """Who they are in the audit log: readable also when the account is gone."""
        return f"user:{self.email}"


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is, and where. A person has one for each project that they belong to.

    Attributes:
        project: None for the whole installation, of which they are an owner then; or, for somebody without a role, for
            nothing at all.
        role: None for somebody who belongs to no project.
    """

    user: User
    project: Project | None
    role: Role | None


class PersonNotFound(NotFound):
    """Nobody has this address, or has a role where it was looked for."""

    def __init__(self, public: str) -> None:
        TillgateError.__init__(self, f"{public} See: tillgate users list")


class Removal(NamedTuple):
    """What ended with a person.

    Attributes:
        account: whether the account is gone, or only its membership of a project.
        sign_ins: the signed-in browsers that ended.
    """

    user: User
    account: bool
    sign_ins: int


class PendingSignIn(NamedTuple):
    """A browser whose password was right, and whose second factor is waited for.

    Attributes:
        token: what it shows with the second step. It makes the browser nobody.
    """

    token: str

    def __repr__(self) -> str:
        return "PendingSignIn(…)"


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in browser as its owner sees it in the list of theirs. Instants are Unix milliseconds.

    Attributes:
        network: where it was last seen; of IPv6, the /64.
        agent: what the browser calls itself, cut to 300 characters.
        current: whether it is the one that asks.
    """

    id: str
    network: str
    agent: str
    created_at: int
    seen_at: int
    current: bool


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that proved who it is, where its owner is looking, and what guards its forms.

    Attributes:
        csrf_token: derived from the cookie; every form carries it.
        confirmed_at: when they last proved in this browser that it is them.
        seen_at: when it was last noted that this browser is in use.
    """

    user: User
    project: Project
    role: Role
    livemode: bool
    csrf_token: str
    confirmed_at: int = 0
    seen_at: int = 0

    @property
    def principal(self) -> Principal:
        return Principal(self.project.id, self.livemode, "user", self.user.actor)

    def may(self, right: Right | str, livemode: bool | None = None) -> bool:
        """Whether they have a right in this project.

        Args:
            livemode: the mode of what it is about; None for the mode that they are looking at.
        """
        mode = self.livemode if livemode is None else livemode
        return Right(right) in rights_of(self.role, installation_owner=self.user.installation_owner, livemode=mode)


def checked_password(password: str, *, field: str = "password", about: Iterable[str] = ()) -> str:
    """The password as it came. It may take a few hundredths of a second.

    Args:
        about: what a guesser would try with this person, such as their address.

    Raises:
        InvalidInput: it is shorter than 10 characters or longer than 1,000, or a guesser finds it soon: it is among
            common passwords, is made of them, of what it is about or of rows of keys (NIST SP 800-63B, 5.1.1.2).
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise InvalidInput(field, Problem.LENGTH, minimum=PASSWORD_MIN, maximum=PASSWORD_MAX, length=len(password))
    # Its lists take 14 MB and are needed here alone.
    from zxcvbn import zxcvbn

    words = [*OWN_WORDS, *(part for one in about for part in (one, one.partition("@")[0]))]
    if zxcvbn(password[:_ESTIMATED_MAX], user_inputs=words)["guesses"] < GUESSES_MIN:
        raise InvalidInput(field, Problem.GUESSABLE)
    return password
