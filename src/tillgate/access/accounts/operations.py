"""Claiming an instance, making projects and users, giving roles, ending accounts, signing in and out.

What is done to people is written into the audit log in the same transaction, under the name of whoever does it.

Passwords are hashed outside of any transaction (:mod:`tillgate.access.hashes`).
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any, Final

import structlog

from keyturn.stores.head import write_down_all
from keyturn.stores.ports import Act
from tillgate.access.accounts import records
from tillgate.access.accounts.model import (
    AGENT_MAX,
    DEVICE_LIFETIME_MS,
    DEVICES_MAX,
    FAILURES_MAX_BY_ADDRESS,
    FAILURES_MAX_BY_DEVICE,
    FAILURES_MAX_BY_EMAIL,
    FAILURES_MAX_BY_EMAIL_AND_ADDRESS,
    FAILURES_MAX_BY_PERSON,
    SIGN_IN_LIFETIME_MS,
    SIGN_INS_MAX,
    THROTTLE_WINDOW_MS,
    Membership,
    PendingSignIn,
    PersonNotFound,
    Project,
    Removal,
    SignedIn,
    SignIn,
    User,
    checked_password,
)
from tillgate.access.alerts.model import AlertKind
from tillgate.access.alerts.operations import raise_alert
from tillgate.access.hashes import PasswordHashes
from tillgate.access.roles import Right, Role, manages, rights_of
from tillgate.access.second_factor import records as factors
from tillgate.access.second_factor.model import HALFWAY_MS
from tillgate.base import ids
from tillgate.base.clock import Clock
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound
from tillgate.base.invariants import present
from tillgate.base.problems import Problem
from tillgate.base.text import EMAIL_MAX, checked_email, checked_text, normal_email
from tillgate.events.outbox import Outbox
from tillgate.store import Database, Transaction

PROJECT_NAME_MAX: Final = 100
FIRST_PROJECT: Final = "My shop"
TOKEN_BYTES: Final = 32
# The maximum of one person's projects that are offered to choose from.
PROJECTS_MAX: Final = 1_000
MEMBERSHIPS_MAX: Final = 500

_log = structlog.get_logger("people")

# Where, what somebody was there, and what they are; where is None for the installation.
Move = tuple[str | None, Role | None, Role | None]


def checked_project_name(name: str) -> str:
    """A project's name without surrounding white space.

    Raises:
        InvalidInput: nothing in it is visible, or it is too long.
    """
    return checked_text(name, field="name", length_max=PROJECT_NAME_MAX)


class Accounts:
    """Everything about people and projects, over one database."""

    def __init__(self, database: Database, clock: Clock, outbox: Outbox | None = None) -> None:
        """
        Args:
            outbox: for alerts; None where nobody signs in.
        """
        self._database = database
        self._clock = clock
        self._outbox = outbox
        self._hashes = PasswordHashes()

    # Projects

    async def create_project(self, name: str) -> Project:
        """A new project.

        Raises:
            InvalidInput: the name is empty or too long.
        """
        project = self._new_project(name)

        async def operation(tx: Transaction) -> None:
            await records.insert_project(tx, project)

        await self._database.write(operation)
        return project

    async def list_projects(self) -> list[Project]:
        """All projects, oldest first."""
        return await self._database.read(records.projects)

    async def get_project(self, project_id: str) -> Project:
        """One project.

        Raises:
            NotFound: there is none with this id.
        """

        async def operation(tx: Transaction) -> Project | None:
            return await records.project_by_id(tx, project_id)

        project = await self._database.read(operation) if ids.is_id(ids.PROJECT, project_id) else None
        if project is None:
            raise NotFound("project", project_id)
        return project

    # Users

    async def create_user(
        self,
        email: str,
        password: str,
        role: Role = Role.OWNER,
        project_id: str | None = None,
        *,
        by: str = "operator:cli",
    ) -> Membership:
        """A new user who can sign in.

        Args:
            project_id: where they have the role; None for an owner of the whole installation.
            by: who does it, for the audit log.

        Raises:
            InvalidInput: the address or the password will not do, or the role goes with a project and there is none.
            NotFound: there is no such project.
            Conflict: the address is taken.
        """
        project = await self._project_of(role, project_id)
        user, password_hash = await self.new_user(email, password, installation_owner=project is None)
        membership = Membership(user=user, project=project, role=role)
        await self._database.write(lambda tx: _insert_person(tx, membership, password_hash, by))
        return membership

    async def create_owner(
        self, email: str, password: str, first_project: str | None, *, by: str = "operator:cli"
    ) -> tuple[Membership, Project | None]:
        """A new owner of the whole installation, and its first project where it has none; answers with that one, too.

        Args:
            first_project: the name of that project; None to make none.

        Raises:
            InvalidInput: the address, the password or the name will not do.
            Conflict: the address is taken.
        """
        project = self._new_project(first_project) if first_project is not None else None
        user, password_hash = await self.new_user(email, password, installation_owner=True)
        membership = Membership(user=user, project=None, role=Role.OWNER)

        async def operation(tx: Transaction) -> Project | None:
            await records.lock_people(tx)
            await _insert_person(tx, membership, password_hash, by)
            if project is None or await records.any_project(tx):
                return None
            await records.insert_project(tx, project)
            return project

        return membership, await self._database.write(operation)

    async def memberships(
        self, *, project_id: str | None = None, after: Membership | str | None = None, limit: int = MEMBERSHIPS_MAX
    ) -> list[Membership]:
        """Who is what in which project, by e-mail address, a page at a time.

        Args:
            project_id: only who has a role there; the owners of the installation have one everywhere.
            after: the last one of the page before; in a project, also the address alone.

        Raises:
            NotFound: there is no such project.
        """
        if project_id is not None:
            await self.get_project(project_id)
        if isinstance(after, Membership):
            start = after.user.email, after.project.id if after.project else ""
        else:
            start = (after, project_id or "") if after is not None else ("", "")

        async def operation(tx: Transaction) -> list[Membership]:
            return await records.memberships(tx, start, project_id, min(limit, MEMBERSHIPS_MAX))

        return await self._database.read(operation)

    async def set_role(
        self,
        email: str,
        role: Role,
        project_id: str | None = None,
        *,
        by: str = "operator:cli",
        acting: User | None = None,
    ) -> Membership:
        """Give a person a role in a project, or the whole installation; it holds with their next request.

        Whoever owned the installation and gets a role in a project has that alone from then on.

        Args:
            acting: the person who does it, held to what their own role allows at that moment; None for an operator.

        Raises:
            InvalidInput: the role goes with a project and none is given.
            Forbidden: it is above the role of whoever does it, or their own.
            NotFound: there is no such person or project.
            Conflict: they are the last owner of the installation.
        """
        project, now = await self._project_of(role, project_id), self._clock.now()

        async def operation(tx: Transaction) -> Membership:
            user = await _locked(tx, email)
            await require_may_give(tx, acting, project, role)
            await _require_may_change(tx, acting, project, user)
            had = Role.OWNER if user.installation_owner else None
            moves: list[Move] = []
            if user.installation_owner and project is not None:
                await _require_other_owner(tx, user)
                await records.set_installation_owner(tx, user.id, False)
                moves.append((None, had, None))
            if project is not None:
                before = await records.role_in(tx, user.id, project.id)
                await records.set_member(tx, user.id, project.id, role, now)
                moves += [(project.id, before, role)] if before is not role else []
            else:
                moves += [(None, had, role)] if had is not role else []
                await records.set_installation_owner(tx, user.id, True)
                await records.delete_members(tx, user.id)
            await write_down(tx, Act(now, by), "user.role_changed", user, moves)
            await records.end_stray_sign_ins(tx, user.id)
            changed = await records.user_by_email(tx, user.email)
            return Membership(user=changed or user, project=project, role=role)

        return await self._database.write(operation)

    async def remove_user(
        self,
        email: str,
        project_id: str | None = None,
        *,
        by: str = "operator:cli",
        acting: User | None = None,
    ) -> Removal:
        """End a person's account with all its sign-ins, or their membership of one project.

        Who belongs to no project after that has no account any more. Keys that they made go on; the audit log says that
        they made them.

        Args:
            acting: the person who does it, held to what their own role allows at that moment; None for an operator.

        Raises:
            Forbidden: whom it is about has a role above that of whoever does it, or is they themselves.
            NotFound: there is no such person, or they have no role of their own in that project.
            Conflict: they are the last owner of the installation, or have that project as one of its owners.
        """
        project, now = await self.get_project(project_id) if project_id is not None else None, self._clock.now()

        async def operation(tx: Transaction) -> Removal:
            user = await _locked(tx, email)
            await _require_may_change(tx, acting, project, user)
            act = Act(now, by)
            if user.installation_owner:
                if project is not None:
                    raise Conflict(
                        f"{user.email} owns the installation, and with it every project. Give them a role in a project "
                        "first, or remove the account.",
                        code="owns_installation",
                    )
                await _require_other_owner(tx, user)
                await write_down(tx, act, "user.removed", user, [(None, Role.OWNER, None)])
                return Removal(user, True, await records.delete_user(tx, user.id))
            if project is not None:
                role = await records.role_in(tx, user.id, project.id)
                if role is None:
                    raise PersonNotFound(f"{user.email} has no role in the project {project.id}.")
                await write_down(tx, act, "user.removed", user, [(project.id, role, None)])
                await records.delete_member(tx, user.id, project.id)
                if await records.any_membership(tx, user.id):
                    return Removal(user, False, await records.end_stray_sign_ins(tx, user.id))
                return Removal(user, True, await records.delete_user(tx, user.id))
            own = await self._projects_of(tx, user.id)
            moves: list[Move] = [(one.id, await records.role_in(tx, user.id, one.id), None) for one in own]
            await write_down(tx, act, "user.removed", user, moves or [(None, None, None)])
            return Removal(user, True, await records.delete_user(tx, user.id))

        return await self._database.write(operation)

    async def projects_of(self, user: User) -> list[Project]:
        """The projects that a person belongs to, oldest first."""

        async def operation(tx: Transaction) -> list[Project]:
            return await self._projects_of(tx, user.id)

        return await self._database.read(operation)

    async def is_claimed(self) -> bool:
        """Whether anybody can sign in yet."""
        return await self._database.read(records.any_user)

    async def new_setup_token(self) -> str | None:
        """A token that lets its bearer claim this instance, once; None if it is claimed.

        Every call makes the one before it worthless, so the newest start's link is the one that works.
        """
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._clock.now()

        async def operation(tx: Transaction) -> bool:
            if await records.any_user(tx):
                return False
            await records.replace_setup_link(tx, digest(token), now)
            return True

        return token if await self._database.write(operation) else None

    async def setup_token_works(self, token: str) -> bool:
        """Whether the token would let its bearer claim this instance."""

        async def operation(tx: Transaction) -> bool:
            return await records.setup_link_exists(tx, digest(token)) and not await records.any_user(tx)

        return await self._database.read(operation)

    async def claim(
        self, token: str, *, email: str, password: str, project_name: str, address: str = "", agent: str = ""
    ) -> str:
        """Make the owner and the first project, and sign the owner in; answers with the cookie's value.

        Raises:
            Forbidden: the token is used up or never was.
            InvalidInput: the address, password or name will not do; the token stays good.
        """
        user, password_hash = await self.new_user(email, password, installation_owner=True)
        project = self._new_project(project_name)
        cookie, now = secrets.token_urlsafe(TOKEN_BYTES), self._clock.now()

        async def operation(tx: Transaction) -> None:
            if not await records.use_setup_link(tx, digest(token)) or await records.any_user(tx):
                raise Forbidden("This set-up link was used already, or is not valid.", code="setup_link_invalid")
            await records.insert_project(tx, project)
            await records.insert_user(tx, user, password_hash)
            await write_down(tx, Act(now, user.actor), "user.created", user, [(None, None, Role.OWNER)])
            await self.keep_sign_in(tx, cookie, user.id, project.id, now, address=address, agent=agent)

        await self._database.write(operation)
        return cookie

    # Signing in

    async def sign_in(
        self, email: str, password: str, *, address: str, device: str = "", agent: str = ""
    ) -> str | PendingSignIn | None:
        """The value of the cookie for somebody who knows their password; None for anybody else.

        Each attempt is logged with where it came from. Who signs in stands in the audit log, with how many attempts at
        the account had failed within the last minutes; attempts that fail do not, for anybody can make them.

        Of whoever has a second factor, the browser is halfway in: what it gets is for the second step alone.

        Args:
            device: what :meth:`remember_device` gave this browser. From a device that this person has signed in from
                before, only its own failures count, so that strangers cannot lock them out.
            agent: what the browser calls itself.

        Raises:
            Forbidden: too many attempts failed of late, and nothing was checked; or they belong to no project.
        """
        normal = normal_email(email[:300])
        now, address = self._clock.now(), site_of(address)
        account, site = digest(normal)[:32], f"@{address}"
        by_device = ((f"device:{account}:{digest(device)[:32]}", FAILURES_MAX_BY_DEVICE),)
        by_stranger = (
            (f"{account}{site}", FAILURES_MAX_BY_EMAIL_AND_ADDRESS),
            (account, FAILURES_MAX_BY_EMAIL),
            (site, FAILURES_MAX_BY_ADDRESS),
        )

        async def begin(tx: Transaction) -> tuple[tuple[User, str] | None, dict[str, str]]:
            known = bool(device) and await records.knows_device(tx, digest(device), normal, now - DEVICE_LIFETIME_MS)
            subjects = by_device if known else by_stranger
            noted = await begin_try(tx, subjects, now, address=address)
            return await records.user_and_hash(tx, normal), noted

        found, noted = await self._database.write(begin)
        matches = await self._hashes.is_of(found[1] if found is not None else None, password)
        if found is None or not matches:
            _log_failure(found, address)
            return None
        user, known_hash = found
        cookie = secrets.token_urlsafe(TOKEN_BYTES)
        stronger = await self._hashes.rehash(password) if self._hashes.is_weaker(known_hash) else None

        async def finish(tx: Transaction) -> str | PendingSignIn | None:
            # The password took its time: the account may have ended meanwhile, or have another one.
            await records.lock_people(tx)
            still = await records.user_and_hash(tx, user.email)
            if still is None or still[0].id != user.id or still[1] != known_hash:
                return None
            failed = await records.failures_since(tx, account, now - THROTTLE_WINDOW_MS) - (account in noted)
            await forget_failures(tx, noted, site)
            if stronger is not None:
                await records.set_password_hash(tx, user.id, stronger)
            if await factors.has_any(tx, user.id):
                await factors.insert_halfway(tx, digest(cookie), user.id, now=now, expires_at=now + HALFWAY_MS)
                return PendingSignIn(cookie)
            await self.let_in(tx, cookie, user.id, now, address=address, agent=agent, failed=failed, device=device)
            return cookie

        done = await self._database.write(finish)
        if isinstance(done, str):
            _log.info("sign_in.succeeded", user=user.id, address=address)
        return done

    async def remember_device(self, cookie: str, device: str = "") -> str:
        """Remember that somebody has signed in from a device; answers with what that device shows next time.

        Args:
            cookie: that of the sign-in.
            device: what the device has shown, which it keeps.
        """
        token, now = device or secrets.token_urlsafe(TOKEN_BYTES), self._clock.now()

        async def operation(tx: Transaction) -> None:
            found = await records.signed_in(tx, digest(cookie), now)
            if found is not None:
                await records.keep_device(
                    tx, digest(token), found.membership.user.id, now, since=now - DEVICE_LIFETIME_MS, most=DEVICES_MAX
                )

        await self._database.write(operation)
        return token

    async def signed_in(self, cookie: str) -> SignedIn | None:
        """Who a browser with this cookie is; None if nobody."""

        async def operation(tx: Transaction) -> records.Found | None:
            return await records.signed_in(tx, digest(cookie), self._clock.now())

        found = await self._database.read(operation)
        if found is None:
            return None
        membership = found.membership
        return SignedIn(
            user=membership.user,
            project=present(membership.project, "the project looked at"),
            role=present(membership.role, "a role in it"),
            livemode=found.livemode,
            csrf_token=csrf_token(cookie),
            confirmed_at=found.confirmed_at,
            seen_at=found.seen_at,
        )

    async def may_still(self, cookie: str, project_id: str, right: Right, *, livemode: bool) -> bool:
        """Whether a browser with this cookie is signed in and has a right in a project, wherever it looks now: for an
        answer that takes long."""

        async def operation(tx: Transaction) -> bool:
            found = await records.signed_in(tx, digest(cookie), self._clock.now())
            if found is None:
                return False
            user = found.membership.user
            role = await records.role_in(tx, user.id, project_id)
            if role is None:
                return user.installation_owner
            return right in rights_of(role, installation_owner=user.installation_owner, livemode=livemode)

        return await self._database.read(operation)

    async def note_seen(self, cookie: str, *, address: str, agent: str) -> None:
        """Remember when, from where and with what a signed-in browser was last in use."""
        network, agent, now = site_of(address), kept_agent(agent), self._clock.now()
        await self._database.write(lambda tx: records.note_seen(tx, digest(cookie), now, network, agent))

    async def look_at(self, cookie: str, *, project_id: str, livemode: bool) -> None:
        """Turn a browser to a project and a mode.

        Raises:
            NotFound: there is no such project, or whoever is signed in does not belong to it.
        """

        async def operation(tx: Transaction) -> None:
            found = await records.signed_in(tx, digest(cookie), self._clock.now())
            user = found.membership.user if found is not None else None
            if user is None or not ids.is_id(ids.PROJECT, project_id):
                raise NotFound("project", project_id)
            if user.installation_owner:
                allowed = await records.project_by_id(tx, project_id) is not None
            else:
                allowed = await records.role_in(tx, user.id, project_id) is not None
            if not allowed:
                raise NotFound("project", project_id)
            await records.look_at(tx, digest(cookie), project_id, livemode)

        await self._database.write(operation)

    async def sign_out(self, cookie: str) -> None:
        """Make a cookie worthless."""

        async def operation(tx: Transaction) -> None:
            found = await records.signed_in(tx, digest(cookie), self._clock.now())
            await records.delete_sign_in(tx, digest(cookie))
            if found is not None:
                user = found.membership.user
                line = ("user.signed_out", None, None, {"email": user.email})
                await write_down_all(tx, Act(self._clock.now(), user.actor), [line])

        await self._database.write(operation)

    # One's own account

    async def sign_ins_of(self, user: User, cookie: str) -> list[SignIn]:
        """A person's signed-in browsers, the one last seen first; the newest :data:`SIGN_INS_MAX`."""
        now = self._clock.now()
        return await self._database.read(lambda tx: records.sign_ins_of(tx, user.id, digest(cookie), now, SIGN_INS_MAX))

    async def end_sign_in(self, user: User, sign_in_id: str) -> None:
        """End one of a person's sign-ins, wherever that browser is. One that has ended already stays so."""
        await self._database.write(lambda tx: records.end_sign_in(tx, user.id, sign_in_id))

    async def end_sign_ins(self, user: User, *, but: str = "") -> int:
        """End all of a person's sign-ins; how many.

        Args:
            but: the cookie of the one that goes on; empty for none.
        """
        kept = digest(but) if but else ""
        return await self._database.write(lambda tx: records.end_sign_ins(tx, user.id, but=kept))

    async def change_password(self, cookie: str, user: User, old: str, new: str) -> None:
        """Give oneself another password. Every other sign-in of theirs ends.

        Raises:
            InvalidInput: the old password is wrong, or the new one will not do; the field is named.
            Forbidden: too many attempts failed of late, and nothing was checked.
        """
        await asyncio.to_thread(checked_password, new, field="new", about=[user.email])
        if not await self._is_password_of(user, old):
            raise InvalidInput("old", Problem.WRONG_PASSWORD)
        password_hash, now = await self._hashes.rehash(new), self._clock.now()

        async def operation(tx: Transaction) -> None:
            await records.lock_people(tx)
            if await records.signed_in(tx, digest(cookie), now) is None:
                raise Forbidden("You are signed out. Sign in again.", code="signed_out")
            await records.set_password_hash(tx, user.id, password_hash)
            await records.end_sign_ins(tx, user.id, but=digest(cookie))
            await factors.delete_halfways(tx, user.id)
            await write_down_of(tx, Act(now, user.actor), "user.password_changed", user)

        await self._database.write(operation)

    async def set_password(self, email: str, password: str, *, by: str = "operator:cli") -> int:
        """Give somebody another password, and end all their sign-ins; how many.

        Raises:
            InvalidInput: the password will not do.
            NotFound: there is no such person.
        """
        password_hash = await self.hash_of(password, email)
        now = self._clock.now()

        async def operation(tx: Transaction) -> int:
            user = await _locked(tx, email)
            await records.set_password_hash(tx, user.id, password_hash)
            await records.forget_devices(tx, user.id)
            await factors.delete_halfways(tx, user.id)
            await write_down_of(tx, Act(now, by), "user.password_set", user)
            return await records.end_sign_ins(tx, user.id)

        return await self._database.write(operation)

    async def confirm(self, cookie: str, user: User, password: str) -> bool:
        """Whether this is the password of whoever is signed in; if so, they have confirmed that it is them.

        Raises:
            Forbidden: too many attempts failed of late, and nothing was checked.
        """
        if not await self._is_password_of(user, password):
            return False
        now = self._clock.now()
        return await self._database.write(lambda tx: records.note_confirmed(tx, digest(cookie), now)) == 1

    async def _is_password_of(self, user: User, password: str) -> bool:
        subject, now = f"person:{user.id}", self._clock.now()

        async def begin(tx: Transaction) -> tuple[User, str] | None:
            await begin_try(tx, ((subject, FAILURES_MAX_BY_PERSON),), now)
            return await records.user_and_hash(tx, user.email)

        found = await self._database.write(begin)
        if found is None or found[0].id != user.id:
            return False
        if not await self._hashes.is_of(found[1], password):
            return False
        await self._database.write(lambda tx: records.forget_failures(tx, subject))
        return True

    # People of a project

    async def person_in(self, project_id: str, user_id: str) -> Membership:
        """Who somebody is in a project.

        Raises:
            NotFound: they have no role there.
        """

        async def operation(tx: Transaction) -> Membership | None:
            user = await records.user_by_id(tx, user_id)
            if user is None:
                return None
            if user.installation_owner:
                return Membership(user=user, project=None, role=Role.OWNER)
            role, project = await records.role_in(tx, user_id, project_id), await records.project_by_id(tx, project_id)
            return Membership(user=user, project=project, role=role) if role is not None else None

        membership = await self._database.read(operation) if ids.is_id(ids.USER, user_id) else None
        if membership is None:
            raise NotFound("person", user_id)
        return membership

    # Inside

    async def let_in(
        self,
        tx: Transaction,
        cookie: str,
        user_id: str,
        now: int,
        *,
        address: str,
        agent: str,
        failed: int,
        device: str = "",
    ) -> None:
        """Sign somebody in who has proved who they are; they look at their oldest project. It stands in the audit log.

        Args:
            failed: how many attempts at the account had failed within the last minutes.
            device: what the browser shows of an earlier sign-in; who has signed in before, and not from it, is alerted.

        Raises:
            Forbidden: they belong to no project.
        """
        projects, user = await records.projects_of(tx, user_id, 1), await records.user_by_id(tx, user_id)
        if user is None or (not projects and not user.installation_owner):
            raise Forbidden(
                "You belong to no project on this server. Ask an owner of it to give you a role in one.",
                code="no_project",
            )
        at = projects[0].id if projects else await self.first_project(tx)
        await self.keep_sign_in(tx, cookie, user_id, at, now, address=address, agent=agent)
        detail = {"email": user.email, "address": address, "failedAttempts": failed}
        await write_down_all(tx, Act(now, user.actor), [("user.signed_in", None, None, detail)])
        since = now - DEVICE_LIFETIME_MS
        if self._outbox is not None and await records.is_new_device(tx, user_id, digest(device), since):
            await raise_alert(
                tx,
                self._outbox,
                AlertKind.NEW_DEVICE,
                project_id=at,
                livemode=True,
                cause=f"new_device:{digest(cookie)[:32]}",
                subject_id=user_id,
                detail={"email": user.email, "network": site_of(address), "agent": kept_agent(agent)},
                now=now,
            )

    async def first_project(self, tx: Transaction) -> str:
        """The id of a new project, for somebody who is to look at one where there is none."""
        project = self._new_project(FIRST_PROJECT)
        await records.insert_project(tx, project)
        return project.id

    def _new_project(self, name: str) -> Project:
        checked = checked_project_name(name)
        return Project(id=ids.new_id(ids.PROJECT), name=checked, created_at=self._clock.now())

    async def _project_of(self, role: Role, project_id: str | None) -> Project | None:
        """Where a role is to hold; None for the whole installation."""
        if project_id is not None:
            return await self.get_project(project_id)
        if role is not Role.OWNER:
            raise InvalidInput("project", Problem.ROLE_NEEDS_PROJECT, role=role.value)
        return None

    async def _projects_of(self, tx: Transaction, user_id: str) -> list[Project]:
        return await records.projects_of(tx, user_id, PROJECTS_MAX)

    async def new_user(self, email: str, password: str, *, installation_owner: bool) -> tuple[User, str]:
        """A user who is not kept yet, and the hash of their password.

        Raises:
            InvalidInput: the address or the password will not do.
        """
        address = checked_email(email)
        password_hash = await self.hash_of(password, address)
        user = User(
            id=ids.new_id(ids.USER),
            email=address,
            installation_owner=installation_owner,
            created_at=self._clock.now(),
        )
        return user, password_hash

    async def hash_of(self, password: str, email: str) -> str:
        """The hash of a new password of somebody.

        Raises:
            InvalidInput: the password will not do.
        """
        return await self._hashes.hash_of(password, email)

    async def keep_sign_in(
        self, tx: Transaction, cookie: str, user_id: str, project_id: str, now: int, *, address: str, agent: str
    ) -> None:
        """Let a browser with this cookie be somebody, who looks at a project."""
        await records.insert_sign_in(
            tx,
            digest(cookie),
            user_id,
            project_id,
            now=now,
            expires_at=now + SIGN_IN_LIFETIME_MS,
            network=site_of(address),
            agent=kept_agent(agent),
        )


async def begin_try(
    tx: Transaction, subjects: Iterable[tuple[str, int]], now: int, *, address: str = ""
) -> dict[str, str]:
    """Count a try at something that proves who one is, before it is looked at, so that parallel guesses count as well.

    Args:
        subjects: whom it counts against, and how many failures of each are let through.
        address: where it comes from, for the log.

    Returns:
        By subject, the id under which the try stands until it has succeeded.

    Raises:
        Forbidden: too many have failed of late.
    """
    for subject, _ in sorted(subjects):
        await records.lock_subject(tx, subject)
    await records.forget_failures_before(tx, now - THROTTLE_WINDOW_MS)
    for subject, failures_max in subjects:
        if await records.failures_since(tx, subject, now - THROTTLE_WINDOW_MS) >= failures_max:
            _log.warning("sign_in.throttled", address=address)
            raise Forbidden("Too many failed sign-ins. Wait 15 minutes, then try again.", code="sign_in_throttled")
    return {subject: await records.note_failure(tx, subject, now) for subject, _ in subjects}


async def _insert_person(tx: Transaction, membership: Membership, password_hash: str, by: str) -> None:
    """Keep a new person with the role they have, and write it into the audit log."""
    user, project, role = membership.user, membership.project, present(membership.role, "a role")
    if not await records.insert_user(tx, user, password_hash):
        raise Conflict(f"A user with the address {user.email} already exists.", code="email_taken")
    if project is not None:
        await records.set_member(tx, user.id, project.id, role, user.created_at)
    where = project.id if project is not None else None
    await write_down(tx, Act(user.created_at, by), "user.created", user, [(where, None, role)])


async def require_may_give(tx: Transaction, acting: User | None, project: Project | None, role: Role) -> None:
    """Refuse a role above that of whoever gives it, as they are at this moment.

    Args:
        acting: None for an operator, who may give any.
        project: where the role is to hold; None for the whole installation.
    """
    if acting is None:
        return
    own_role = await _role_of(tx, acting, project)
    if own_role is None or not manages(own_role, role):
        raise Forbidden("You can only give roles up to your own.", code="role_too_high")


async def _require_may_change(tx: Transaction, acting: User | None, project: Project | None, user: User) -> None:
    if acting is None:
        return
    if acting.id == user.id:
        raise Forbidden("You cannot change your own role or remove yourself. Ask another owner.", code="own_role")
    own_role = await _role_of(tx, acting, None if user.installation_owner else project)
    theirs = (
        Role.OWNER if user.installation_owner or project is None else await records.role_in(tx, user.id, project.id)
    )
    if own_role is None or not manages(own_role, theirs or Role.VIEWER):
        raise Forbidden("Their role is above yours. Ask an owner.", code="role_too_high")


async def _role_of(tx: Transaction, acting: User, project: Project | None) -> Role | None:
    user = await records.user_by_id(tx, acting.id)
    if user is None:
        return None
    if user.installation_owner:
        return Role.OWNER
    return await records.role_in(tx, user.id, project.id) if project is not None else None


async def _locked(tx: Transaction, email: str) -> User:
    """The person with this address, whom nobody else changes until the transaction ends."""
    await records.lock_people(tx)
    user = await records.user_by_email(tx, checked_email(email))
    if user is None:
        raise PersonNotFound(f"Nobody has the address {email.strip()[:EMAIL_MAX]}.")
    return user


async def _require_other_owner(tx: Transaction, user: User) -> None:
    if not await records.other_installation_owner(tx, user.id):
        raise Conflict(
            f"{user.email} is the last owner of this installation. Make somebody else one first: "
            "tillgate users set-role EMAIL --role owner",
            code="last_owner",
        )


async def write_down_of(tx: Transaction, act: Act, action: str, user: User, **detail: Any) -> None:
    """Write something about a person into the audit log of each of their projects; of owners of the installation, into
    the installation's."""
    places: list[str | None] = [None]
    if not user.installation_owner:
        places = [one.id for one in await records.projects_of(tx, user.id, PROJECTS_MAX)] or [None]
    await write_down_all(tx, act, [(action, where, None, {"email": user.email, **detail}) for where in places])


async def write_down(tx: Transaction, act: Act, action: str, user: User, moves: Iterable[Move]) -> None:
    """Write a change of a person's roles into the audit log: where, what they were, and what they are."""
    lines: list[tuple[str, str | None, str | None, dict[str, Any]]] = [
        (
            action,
            project_id,
            None,
            {
                "email": user.email,
                "role": {"from": had, "to": has} if had and has else has or had,
            },
        )
        for project_id, had, has in moves
    ]
    await write_down_all(tx, act, lines)


async def withdraw_try(tx: Transaction, noted: Mapping[str, str]) -> None:
    """Withdraw a try that was not looked at after all."""
    for failure_id in noted.values():
        await records.withdraw_failure(tx, failure_id)


async def forget_failures(tx: Transaction, noted: Mapping[str, str], site: str) -> None:
    """Clear what had failed for somebody who has proved themselves.

    Args:
        noted: as :func:`begin_try` answered.
        site: the subject of it that stands for where they are.
    """
    for subject, failure_id in noted.items():
        if subject == site:
            # Others sign in from there, too: what failed for them stays.
            await records.withdraw_failure(tx, failure_id)
        else:
            await records.forget_failures(tx, subject)


def _log_failure(found: tuple[User, str] | None, address: str) -> None:
    # Never what was typed: it may be a password in the wrong field.
    _log.warning("sign_in.failed", user=found[0].id if found is not None else None, address=address)


def kept_agent(agent: str) -> str:
    """What a browser calls itself, as far as it is kept."""
    return "".join(char for char in agent[:AGENT_MAX] if char.isprintable())


def site_of(address: str) -> str:
    """Whom an address stands for: of IPv6, one customer's /64, in which they have more addresses than guesses."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def csrf_token(cookie: str) -> str:
    """What forms carry: only who has the cookie can compute it, and it does not give the cookie away."""
    return hmac.new(cookie.encode(), b"tillgate form", hashlib.sha256).hexdigest()


def digest(token: str) -> str:
    """What is kept of a token that somebody shows: enough to know it again, and worthless to whoever reads it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
