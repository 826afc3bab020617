"""What people may do: a table of roles and rights, for test mode and for live mode.

A person has a role in each project that they belong to. The owner of the installation has the role of an owner in every
project, and :data:`INSTALLATION` besides. ``docs/people.md`` shows this table; a test compares the two.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Role(StrEnum):
    """What a person is in a project, from the most to the least."""

    OWNER = "owner"
    ADMIN = "admin"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class Right(StrEnum):
    """Something that a person may do in a project, in one mode."""

    READ = "read"
    SELL = "sell"
    KEYS = "keys"
    MONEY = "money"
    WEBHOOKS = "webhooks"
    TEMPLATES = "templates"
    EMBED = "embed"
    WALLET = "wallet"
    PEOPLE = "people"
    SETTINGS = "settings"
    PROJECTS = "projects"
    OPERATE = "operate"


# What each right is for, as the documentation says it.
RIGHTS: Final[Mapping[Right, str]] = {
    Right.READ: "look at everything of the project",
    Right.SELL: "payment links, products, coupons and codes; end sessions early, mark orders as fulfilled, "
    "erase customers, remove test shoppers",
    Right.KEYS: "create, change, rotate, disable, enable and revoke API keys",
    Right.MONEY: "refund, capture, accept, wait, give back, settle and cancel; in test mode also simulate",
    Right.WEBHOOKS: "webhook endpoints, their secrets, test sends and replays",
    Right.TEMPLATES: "templates of documents and mail",
    Right.EMBED: "embed: where templates are shown inside of other pages, and its signing key",
    Right.WALLET: "where money goes",
    Right.PEOPLE: "who belongs to the project, and as what",
    Right.SETTINGS: "the project's settings",
    Right.PROJECTS: "create projects",
    Right.OPERATE: "networks and jobs",
}

_R: Final = Right
# What belongs to the project as a whole, whatever the mode.
_WHOLE: Final = frozenset({_R.PEOPLE, _R.SETTINGS})
_BUILD: Final = frozenset({_R.READ, _R.WEBHOOKS, _R.TEMPLATES, _R.EMBED})
_RUN: Final = _BUILD | {_R.SELL, _R.KEYS, _R.MONEY}


class Rights(NamedTuple):
    """What may be done in each mode."""

    test: frozenset[Right]
    live: frozenset[Right]

    def of(self, livemode: bool) -> frozenset[Right]:
        return self.live if livemode else self.test


ROLES: Final[Mapping[Role, Rights]] = {
    Role.OWNER: Rights(_RUN | _WHOLE | {_R.WALLET}, _RUN | _WHOLE | {_R.WALLET}),
    Role.ADMIN: Rights(_RUN | _WHOLE | {_R.WALLET}, _RUN | _WHOLE),
    Role.DEVELOPER: Rights(_RUN | {_R.WALLET}, _BUILD),
    Role.VIEWER: Rights(frozenset({_R.READ}), frozenset({_R.READ})),
}

# What the owner of the installation has beside an owner's rights in every project.
INSTALLATION: Final = frozenset({_R.PROJECTS, _R.OPERATE})


def manages(role: Role, other: Role) -> bool:
    """Whether somebody with a role may give another one, and change people who have it: none above their own."""
    order = tuple(Role)
    return Right.PEOPLE in ROLES[role].live and order.index(role) <= order.index(other)


def rights_of(role: Role, *, installation_owner: bool, livemode: bool) -> frozenset[Right]:
    """What somebody may do in a project and a mode."""
    rights = ROLES[role].of(livemode)
    return rights | INSTALLATION if installation_owner else rights
