"""Inviting people, and taking an invitation up.

Whoever has the link may take the role up, once, within three days. What the inviter may give is looked at when the
invitation is made and again when it is taken up, so that it is worth no more than they are at that moment.
"""

import secrets

from keyturn.stores.ports import Act
from tillgate.access.accounts import Accounts, Membership, Role, User
from tillgate.access.accounts import records as people
from tillgate.access.accounts.operations import (
    TOKEN_BYTES,
    digest,
    require_may_give,
    write_down,
)
from tillgate.access.invitations import records
from tillgate.access.invitations.model import LIFETIME_MS, OPEN_MAX, Invitation, Invited
from tillgate.base import ids
from tillgate.base.clock import Clock
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound
from tillgate.base.problems import Problem
from tillgate.base.text import checked_email
from tillgate.store import Database, Transaction


class Invitations:
    """Everything about invitations, over one database."""

    def __init__(self, database: Database, clock: Clock, accounts: Accounts) -> None:
        self._database = database
        self._clock = clock
        self._accounts = accounts

    async def invite(
        self,
        email: str,
        role: Role,
        project_id: str | None = None,
        *,
        by: str = "operator:cli",
        acting: User | None = None,
    ) -> Invited:
        """A link with which somebody takes up a role. An earlier one of theirs to the same project ends.

        Args:
            project_id: where the role is to hold; None for the whole installation, as an owner of it.
            by: who does it, for the audit log.
            acting: the person who does it, held to what their own role allows; None for an operator.

        Raises:
            InvalidInput: the address will not do, or the role goes with a project and none is given.
            Forbidden: the role is above that of whoever invites.
            NotFound: there is no such project.
            Conflict: they belong there already, or too many invitations are open.
        """
        checked, now = checked_email(email), self._clock.now()
        if project_id is None and role is not Role.OWNER:
            raise InvalidInput("project", Problem.ROLE_NEEDS_PROJECT, role=role.value)
        project = await self._accounts.get_project(project_id) if project_id is not None else None
        token = secrets.token_urlsafe(TOKEN_BYTES)
        invitation = Invitation(
            id=ids.new_id(ids.INVITATION),
            email=checked,
            project=project,
            role=role,
            invited_by=by,
            inviter_id=acting.id if acting is not None else None,
            created_at=now,
            expires_at=now + LIFETIME_MS,
        )

        async def operation(tx: Transaction) -> None:
            await people.lock_people(tx)
            await require_may_give(tx, acting, project, role)
            await _require_new(tx, invitation)
            await records.insert(tx, invitation, digest(token))
            if await records.count(tx, project_id, now) > OPEN_MAX:
                raise Conflict(
                    f"There are {OPEN_MAX} open invitations. Withdraw some first.", code="too_many_invitations"
                )
            user = User(id="", email=checked, installation_owner=project is None, created_at=now)
            await write_down(tx, Act(now, by), "invitation.created", user, [(project_id, None, role)])

        await self._database.write(operation)
        return Invited(invitation, token)

    async def open_of(self, project_id: str | None) -> list[Invitation]:
        """The open invitations to a project, or to the installation, newest first."""
        now = self._clock.now()
        return await self._database.read(lambda tx: records.open_of(tx, project_id, now, OPEN_MAX))

    async def withdraw(
        self, project_id: str | None, invitation_id: str, *, by: str, acting: User | None = None
    ) -> Invitation:
        """End an invitation to a project, or to the installation. Its link works no more.

        Raises:
            NotFound: there is no such invitation there.
            Forbidden: it gives a role above that of whoever ends it.
        """

        async def operation(tx: Transaction) -> Invitation:
            await people.lock_people(tx)
            found = await records.by_id(tx, invitation_id) if ids.is_id(ids.INVITATION, invitation_id) else None
            if found is None or (found.project.id if found.project is not None else None) != project_id:
                raise NotFound("invitation", invitation_id)
            await require_may_give(tx, acting, found.project, found.role)
            await records.delete(tx, found.id)
            user = User(id="", email=found.email, installation_owner=project_id is None, created_at=0)
            act = Act(self._clock.now(), by)
            await write_down(tx, act, "invitation.withdrawn", user, [(project_id, None, found.role)])
            return found

        return await self._database.write(operation)

    async def find(self, token: str) -> tuple[Invitation, bool] | None:
        """The invitation that a link stands for, and whether its address has an account already; None where the link
        does not work."""

        async def operation(tx: Transaction) -> tuple[Invitation, bool] | None:
            found = await self._usable(tx, token)
            if found is None:
                return None
            return found, await people.user_by_email(tx, found.email) is not None

        return await self._database.read(operation)

    async def accept_as_new(self, token: str, password: str, *, address: str, agent: str) -> str:
        """Make the account that a link stands for, and sign it in; answers with the cookie's value.

        Raises:
            Forbidden: the link does not work any more.
            InvalidInput: the password will not do; the link stays good.
            Conflict: the address has an account by now, whose password is not asked for here.
        """
        found = await self.find(token)
        if found is None:
            raise _spent()
        invitation = found[0]
        user, password_hash = await self._accounts.new_user(
            invitation.email, password, installation_owner=invitation.project is None
        )
        cookie, now = secrets.token_urlsafe(TOKEN_BYTES), self._clock.now()

        async def operation(tx: Transaction) -> None:
            taken = await self._take(tx, token)
            if not await people.insert_user(tx, user, password_hash):
                raise Conflict(
                    f"{user.email} has an account here already. Sign in to accept the invitation.", code="email_taken"
                )
            await self._settle(tx, user, taken, now)
            at = taken.project.id if taken.project is not None else await self._any_project(tx, user)
            await self._accounts.keep_sign_in(tx, cookie, user.id, at, now, address=address, agent=agent)

        await self._database.write(operation)
        return cookie

    async def accept(self, token: str, user: User) -> Membership:
        """Take up the role that a link stands for, as somebody who is signed in with its address.

        Raises:
            Forbidden: the link does not work any more, or is for another address.
            Conflict: they belong there already.
        """
        now = self._clock.now()

        async def operation(tx: Transaction) -> Membership:
            taken = await self._take(tx, token)
            if taken.email != user.email:
                raise Forbidden(f"This invitation is for {taken.email}. Sign in as them to accept it.")
            await _require_new(tx, taken)
            await self._settle(tx, user, taken, now)
            return Membership(user=user, project=taken.project, role=taken.role)

        return await self._database.write(operation)

    async def _take(self, tx: Transaction, token: str) -> Invitation:
        await people.lock_people(tx)
        found = await self._usable(tx, token)
        if found is None or await records.delete(tx, found.id) != 1:
            raise _spent()
        return found

    async def _usable(self, tx: Transaction, token: str) -> Invitation | None:
        found = await records.by_digest(tx, digest(token), self._clock.now())
        if found is None or found.inviter_id is None:
            return found
        inviter = await people.user_by_id(tx, found.inviter_id)
        if inviter is None:
            return None
        try:
            await require_may_give(tx, inviter, found.project, found.role)
        except Forbidden:
            return None
        return found

    async def _settle(self, tx: Transaction, user: User, taken: Invitation, now: int) -> None:
        if taken.project is not None:
            await people.set_member(tx, user.id, taken.project.id, taken.role, now)
        else:
            await people.set_installation_owner(tx, user.id, True)
            await people.delete_members(tx, user.id)
        where = taken.project.id if taken.project is not None else None
        await write_down(tx, Act(now, user.actor), "invitation.accepted", user, [(where, None, taken.role)])

    async def _any_project(self, tx: Transaction, user: User) -> str:
        found = await people.projects_of(tx, user.id, 1)
        return found[0].id if found else await self._accounts.first_project(tx)


async def _require_new(tx: Transaction, invitation: Invitation) -> None:
    user = await people.user_by_email(tx, invitation.email)
    if user is None:
        return
    project = invitation.project
    if user.installation_owner or (project is not None and await people.role_in(tx, user.id, project.id) is not None):
        raise Conflict(f"{user.email} belongs here already. Change their role instead.", code="already_a_member")


def _spent() -> Forbidden:
    return Forbidden("This invitation was used already, was withdrawn, or has expired.", code="invitation_invalid")
