"""How fast somebody who shows no credential may do what costs something, or guesses."""

from math import ceil
from typing import NamedTuple

from keyturn import Allowance, Limit, RateLimiter
from keyturn.limiting.visitors import visitor as visitor


class VisitorLimit:
    """One limit for one kind of thing, counted beside the keys' own."""

    def __init__(self, limiter: RateLimiter, name: str, limit: Limit | None) -> None:
        """
        Args:
            name: what is counted, apart from everything else that this limiter counts.
            limit: None for no limit.
        """
        self._limiter = limiter
        self._name = name
        self._limit = limit

    async def seconds_to_wait(self, *whose: str) -> int:
        """Count one more of these; zero where it may go ahead, or whole seconds until it could.

        Args:
            whose: what the limit is for, such as an address and what is asked of it there.
        """
        if self._limit is None:
            return 0
        taken = self._limiter.take(":".join((self._name, *whose)), self._limit)
        allowance = taken if isinstance(taken, Allowance) else await taken
        return ceil(allowance.retry_after_seconds)


class CodeTries(NamedTuple):
    """How often promotion codes may be tried with a publishable key.

    Attributes:
        visitors: by project and visitor, the page of a checkout included.
        keys: by key, of all its visitors together.
    """

    visitors: VisitorLimit
    keys: VisitorLimit

    async def seconds_to_wait(self, project_id: str, key_id: str, address: str | None) -> int:
        """Count one more try; zero where it may go ahead, or whole seconds until it could."""
        # The visitor's first: what one of them tries too often costs the others nothing.
        return await self.visitors.seconds_to_wait(project_id, visitor(address)) or await self.keys.seconds_to_wait(
            key_id
        )


class InvitationLimits(NamedTuple):
    """How often people are invited.

    Attributes:
        projects: by where to, whoever invites and however many sign-ins they have.
        mails: how often one address is mailed an invitation, wherever to; the invitation itself is not kept back by it,
            so that nobody keeps anybody from being invited.
    """

    projects: VisitorLimit
    mails: VisitorLimit


class PasswordTries(NamedTuple):
    """How often somebody may try to sign in by an API, beside the failures that are counted of each account.

    Attributes:
        visitors: by visitor, whomever they say they are.
        of_all: passwords of all visitors together that are compared: each takes a processor its time.
    """

    visitors: VisitorLimit
    of_all: VisitorLimit


class Keyless(NamedTuple):
    """How fast somebody may call who shows no key, where none is needed.

    Attributes:
        opening: what makes something, by project and visitor.
        opening_of_all: the same of all visitors of a project together: what many of them could fill it with.
        looking: what reads, by project and visitor.
        anywhere: all of it by visitor alone. Whoever names another project each time, also one that does not exist,
            would else never be slowed down, and would fill the limiter.
    """

    anywhere: VisitorLimit
    opening: VisitorLimit
    opening_of_all: VisitorLimit
    looking: VisitorLimit

    async def seconds_to_open(self, project_id: str, address: str | None) -> int:
        """Count one more thing made; zero where it may go ahead, or whole seconds until it could."""
        # The visitor's first: what one of them does too often costs the others nothing.
        who = visitor(address)
        return (
            await self.anywhere.seconds_to_wait(who)
            or await self.opening.seconds_to_wait(project_id, who)
            or await self.opening_of_all.seconds_to_wait(project_id)
        )

    async def seconds_to_look(self, project_id: str, address: str | None) -> int:
        """Count one more look; zero where it may go ahead, or whole seconds until it could."""
        who = visitor(address)
        return await self.anywhere.seconds_to_wait(who) or await self.looking.seconds_to_wait(project_id, who)
