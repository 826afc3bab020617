"""Claiming an instance, making projects and users, giving roles, ending accounts, signing in and out.

What is done to people is written into the audit log in the same transaction, under the name of whoever does it.

Passwords are hashed with argon2id (RFC 9106, the library's defaults) in a thread, outside of any
transaction, because a hash takes tens of milliseconds by design.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any, Final

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from keyturn.stores.head import write_down_all
from keyturn.stores.ports import Act
from tillgate.access.accounts import records
from tillgate.access.accounts.model import (
    DEVICE_LIFETIME_MS,
    DEVICES_MAX,
    FAILURES_MAX_BY_ADDRESS,
    FAILURES_MAX_BY_DEVICE,
    FAILURES_MAX_BY_EMAIL,
    FAILURES_MAX_BY_EMAIL_AND_ADDRESS,
    SIGN_IN_LIFETIME_MS,
    THROTTLE_WINDOW_MS,
    PersonNotFound,
    Place,
    Project,
    Removal,
    SignedIn,
    User,
    checked_password,
)
from tillgate.access.roles import Role
from tillgate.base import ids
from tillgate.base.clock import Clock
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound
from tillgate.base.invariants import present
from tillgate.base.problems import Problem
from tillgate.base.text import EMAIL_MAX, checked_email, checked_text
from tillgate.store import Database, Transaction

PROJECT_NAME_MAX: Final = 100
TOKEN_BYTES: Final = 32
# The maximum of one person's projects that are offered to choose from.
PROJECTS_MAX: Final = 1_000
PLACES_MAX: Final = 500

_log = structlog.get_logger("people")

# Where, what somebody was there, and what they are; where is None for the installation.
_Move = tuple[str | None, Role | None, Role | None]


class Accounts:
    """Everything about people and projects, over one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._hasher = PasswordHasher()
        self._nobody: str | None = None

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
    ) -> Place:
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
        user, password_hash = await self._new_user(email, password, installation_owner=project is None)
        place, where = Place(user=user, project=project, role=role), project.id if project is not None else None

        async def operation(tx: Transaction) -> None:
            if not await records.insert_user(tx, user, password_hash):
                raise Conflict(f"A user with the address {user.email} already exists.", code="email_taken")
            if project is not None:
                await records.set_member(tx, user.id, project.id, role, user.created_at)
            await _write_down(tx, Act(user.created_at, by), "user.created", user, [(where, None, role)])

        await self._database.write(operation)
        return place

    async def places(
        self, *, project_id: str | None = None, after: Place | None = None, limit: int = PLACES_MAX
    ) -> list[Place]:
        """Who is what in which project, by e-mail address, a page at a time.

        Args:
            project_id: only who has a role there; the owners of the installation have one everywhere.
            after: the last one of the page before.

        Raises:
            NotFound: there is no such project.
        """
        if project_id is not None:
            await self.get_project(project_id)
        start = (after.user.email, after.project.id if after.project else "") if after is not None else ("", "")

        async def operation(tx: Transaction) -> list[Place]:
            return await records.places(tx, start, project_id, min(limit, PLACES_MAX))

        return await self._database.read(operation)

    async def set_role(
        self, email: str, role: Role, project_id: str | None = None, *, by: str = "operator:cli"
    ) -> Place:
        """Give a person a role in a project, or the whole installation; it holds with their next request.

        Whoever owned the installation and gets a role in a project has that alone from then on.

        Raises:
            InvalidInput: the role goes with a project and none is given.
            NotFound: there is no such person or project.
            Conflict: they are the last owner of the installation.
        """
        project, now = await self._project_of(role, project_id), self._clock.now()

        async def operation(tx: Transaction) -> Place:
            user = await _locked(tx, email)
            had = Role.OWNER if user.installation_owner else None
            moves: list[_Move] = []
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
            await _write_down(tx, Act(now, by), "user.role_changed", user, moves)
            await records.end_stray_sign_ins(tx, user.id)
            changed = await records.user_by_email(tx, user.email)
            return Place(user=changed or user, project=project, role=role)

        return await self._database.write(operation)

    async def remove_user(self, email: str, project_id: str | None = None, *, by: str = "operator:cli") -> Removal:
        """End a person's account with all its sign-ins, or their place in one project.

        Who belongs to no project after that has no account any more. Keys that they made go on; the audit log says that
        they made them.

        Raises:
            NotFound: there is no such person, or they have no role of their own in that project.
            Conflict: they are the last owner of the installation, or have that project as one of its owners.
        """
        project, now = await self.get_project(project_id) if project_id is not None else None, self._clock.now()

        async def operation(tx: Transaction) -> Removal:
            user = await _locked(tx, email)
            act = Act(now, by)
            if user.installation_owner:
                if project is not None:
                    raise Conflict(
                        f"{user.email} owns the installation, and with it every project. Give them a role in a project "
                        "first, or remove the account.",
                        code="owns_installation",
                    )
                await _require_other_owner(tx, user)
                await _write_down(tx, act, "user.removed", user, [(None, Role.OWNER, None)])
                return Removal(user, True, await records.delete_user(tx, user.id))
            if project is not None:
                role = await records.role_in(tx, user.id, project.id)
                if role is None:
                    raise PersonNotFound(f"{user.email} has no role in the project {project.id}.")
                await _write_down(tx, act, "user.removed", user, [(project.id, role, None)])
                await records.delete_member(tx, user.id, project.id)
                if await records.any_membership(tx, user.id):
                    return Removal(user, False, await records.end_stray_sign_ins(tx, user.id))
                return Removal(user, True, await records.delete_user(tx, user.id))
            own = await self._projects_of(tx, user.id)
            moves: list[_Move] = [(one.id, await records.role_in(tx, user.id, one.id), None) for one in own]
            await _write_down(tx, act, "user.removed", user, moves or [(None, None, None)])
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
            await records.replace_setup_link(tx, _digest(token), now)
            return True

        return token if await self._database.write(operation) else None

    async def setup_token_works(self, token: str) -> bool:
        """Whether the token would let its bearer claim this instance."""

        async def operation(tx: Transaction) -> bool:
            return await records.setup_link_exists(tx, _digest(token)) and not await records.any_user(tx)

        return await self._database.read(operation)

    async def claim(self, token: str, *, email: str, password: str, project_name: str) -> str:
        """Make the owner and the first project, and sign the owner in; answers with the cookie's value.

        Raises:
            Forbidden: the token is used up or never was.
            InvalidInput: the address, password or name will not do; the token stays good.
        """
        user, password_hash = await self._new_user(email, password, installation_owner=True)
        project = self._new_project(project_name)
        cookie, now = secrets.token_urlsafe(TOKEN_BYTES), self._clock.now()

        async def operation(tx: Transaction) -> None:
            if not await records.use_setup_link(tx, _digest(token)) or await records.any_user(tx):
                raise Forbidden("This set-up link was used already, or is not valid.", code="setup_link_invalid")
            await records.insert_project(tx, project)
            await records.insert_user(tx, user, password_hash)
            await _write_down(tx, Act(now, user.actor), "user.created", user, [(None, None, Role.OWNER)])
            await self._remember(tx, cookie, user.id, project.id, now)

        await self._database.write(operation)
        return cookie

    # Signing in

    async def sign_in(self, email: str, password: str, *, address: str, device: str = "") -> str | None:
        """The value of the cookie for somebody who knows their password; None for anybody else.

        Each attempt is logged with where it came from. Who signs in stands in the audit log, with how many attempts at
        the account had failed within the last minutes; attempts that fail do not, for anybody can make them.

        Args:
            device: what :meth:`remember_device` gave this browser. From a device that this person has signed in from
                before, only its own failures count, so that strangers cannot lock them out.

        Raises:
            Forbidden: too many attempts failed of late, and nothing was checked; or they belong to no project.
        """
        normal = email.strip().lower()[:300]
        now, address = self._clock.now(), _site(address)
        account, site = _digest(normal)[:32], f"@{address}"
        by_device = ((f"device:{account}:{_digest(device)[:32]}", FAILURES_MAX_BY_DEVICE),)
        by_stranger = (
            (f"{account}{site}", FAILURES_MAX_BY_EMAIL_AND_ADDRESS),
            (account, FAILURES_MAX_BY_EMAIL),
            (site, FAILURES_MAX_BY_ADDRESS),
        )

        async def begin(tx: Transaction) -> tuple[tuple[User, str] | None, dict[str, str]]:
            known = bool(device) and await records.knows_device(tx, _digest(device), normal, now - DEVICE_LIFETIME_MS)
            subjects = by_device if known else by_stranger
            # Counted before the password is looked at, so that parallel guesses count as well.
            for subject, _ in sorted(subjects):
                await records.lock_subject(tx, subject)
            await records.forget_failures_before(tx, now - THROTTLE_WINDOW_MS)
            for subject, failures_max in subjects:
                if await records.failures_since(tx, subject, now - THROTTLE_WINDOW_MS) >= failures_max:
                    _log.warning("sign_in.throttled", address=address)
                    raise Forbidden(
                        "Too many failed sign-ins. Wait 15 minutes, then try again.", code="sign_in_throttled"
                    )
            noted = {subject: await records.note_failure(tx, subject, now) for subject, _ in subjects}
            return await records.user_and_hash(tx, normal), noted

        # Made once, whoever comes first; verified where there is no such user, so that the answer takes as long.
        if self._nobody is None:
            self._nobody = await asyncio.to_thread(self._hasher.hash, secrets.token_hex(16))
        found, noted = await self._database.write(begin)
        known_hash = found[1] if found is not None else self._nobody
        matches = await asyncio.to_thread(self._matches, known_hash, password)
        if found is None or not matches:
            _log_failure(found, address)
            return None
        user = found[0]
        cookie = secrets.token_urlsafe(TOKEN_BYTES)
        stronger = (
            await asyncio.to_thread(self._hasher.hash, password)
            if self._hasher.check_needs_rehash(known_hash)
            else None
        )

        async def finish(tx: Transaction) -> str | None:
            # The password took its time: the account may have ended meanwhile.
            await records.lock_people(tx)
            if not await records.user_exists(tx, user.id):
                return None
            failed = await records.failures_since(tx, account, now - THROTTLE_WINDOW_MS) - (account in noted)
            await _forget_failures(tx, noted, site)
            if stronger is not None:
                await records.set_password_hash(tx, user.id, stronger)
            projects = await records.projects_of(tx, user.id, 1)
            if not projects and not user.installation_owner:
                raise Forbidden(
                    "You belong to no project on this server. Ask an owner of it to give you a role in one.",
                    code="no_project",
                )
            if not projects:
                projects = [self._new_project("My shop")]
                await records.insert_project(tx, projects[0])
            await self._remember(tx, cookie, user.id, projects[0].id, now)
            detail = {"email": user.email, "address": address, "failedAttempts": failed}
            await write_down_all(tx, Act(now, user.actor), [("user.signed_in", None, None, detail)])
            return cookie

        done = await self._database.write(finish)
        if done is not None:
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
            found = await records.signed_in(tx, _digest(cookie), now)
            if found is not None:
                await records.keep_device(
                    tx, _digest(token), found[0].user.id, now, since=now - DEVICE_LIFETIME_MS, most=DEVICES_MAX
                )

        await self._database.write(operation)
        return token

    async def signed_in(self, cookie: str) -> SignedIn | None:
        """Who a browser with this cookie is; None if nobody."""

        async def operation(tx: Transaction) -> tuple[Place, bool] | None:
            return await records.signed_in(tx, _digest(cookie), self._clock.now())

        found = await self._database.read(operation)
        if found is None:
            return None
        place, livemode = found
        project, role = present(place.project, "the project looked at"), present(place.role, "a role in it")
        return SignedIn(user=place.user, project=project, role=role, livemode=livemode, csrf_token=csrf_token(cookie))

    async def look_at(self, cookie: str, *, project_id: str, livemode: bool) -> None:
        """Turn a browser to a project and a mode.

        Raises:
            NotFound: there is no such project, or whoever is signed in does not belong to it.
        """

        async def operation(tx: Transaction) -> None:
            found = await records.signed_in(tx, _digest(cookie), self._clock.now())
            user = found[0].user if found is not None else None
            if user is None or not ids.is_id(ids.PROJECT, project_id):
                raise NotFound("project", project_id)
            if user.installation_owner:
                allowed = await records.project_by_id(tx, project_id) is not None
            else:
                allowed = await records.role_in(tx, user.id, project_id) is not None
            if not allowed:
                raise NotFound("project", project_id)
            await records.look_at(tx, _digest(cookie), project_id, livemode)

        await self._database.write(operation)

    async def sign_out(self, cookie: str) -> None:
        """Make a cookie worthless."""

        async def operation(tx: Transaction) -> None:
            found = await records.signed_in(tx, _digest(cookie), self._clock.now())
            await records.delete_sign_in(tx, _digest(cookie))
            if found is not None:
                user = found[0].user
                line = ("user.signed_out", None, None, {"email": user.email})
                await write_down_all(tx, Act(self._clock.now(), user.actor), [line])

        await self._database.write(operation)

    # Inside

    def _new_project(self, name: str) -> Project:
        checked = checked_text(name, field="name", length_max=PROJECT_NAME_MAX)
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

    async def _new_user(self, email: str, password: str, *, installation_owner: bool) -> tuple[User, str]:
        checked = checked_email(email), checked_password(password)
        password_hash = await asyncio.to_thread(self._hasher.hash, checked[1])
        user = User(
            id=ids.new_id(ids.USER),
            email=checked[0],
            installation_owner=installation_owner,
            created_at=self._clock.now(),
        )
        return user, password_hash

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _remember(self, tx: Transaction, cookie: str, user_id: str, project_id: str, now: int) -> None:
        await records.insert_sign_in(
            tx, _digest(cookie), user_id, project_id, now=now, expires_at=now + SIGN_IN_LIFETIME_MS
        )


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


async def _write_down(tx: Transaction, act: Act, action: str, user: User, moves: Iterable[_Move]) -> None:
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


async def _forget_failures(tx: Transaction, noted: Mapping[str, str], site: str) -> None:
    """Clear what had failed for somebody who has proved themselves."""
    for subject, failure_id in noted.items():
        if subject == site:
            # Others sign in from there, too: what failed for them stays.
            await records.withdraw_failure(tx, failure_id)
        else:
            await records.forget_failures(tx, subject)


def _log_failure(found: tuple[User, str] | None, address: str) -> None:
    # Never what was typed: it may be a password in the wrong field.
    _log.warning("sign_in.failed", user=found[0].id if found is not None else None, address=address)


def _site(address: str) -> str:
    """Whom an address stands for: of IPv6, one customer's /64, in which they have more addresses than guesses."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)


def csrf_token(cookie: str) -> str:
    """What forms carry: only who has the cookie can compute it, and it does not give the cookie away."""
    return hmac.new(cookie.encode(), b"tillgate form", hashlib.sha256).hexdigest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
