"""Claiming an instance, making projects and users, signing in and out.

Passwords are hashed with argon2id (RFC 9106, the library's defaults) in a thread, outside of any
transaction, because a hash takes tens of milliseconds by design.
"""

import asyncio
import hashlib
import hmac
import secrets
from ipaddress import ip_address, ip_network
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tillgate.access.accounts import records
from tillgate.access.accounts.model import (
    FAILURES_MAX_BY_ADDRESS,
    FAILURES_MAX_BY_EMAIL,
    FAILURES_MAX_BY_EMAIL_AND_ADDRESS,
    SIGN_IN_LIFETIME_MS,
    THROTTLE_WINDOW_MS,
    Project,
    Role,
    SignedIn,
    User,
    checked_password,
)
from tillgate.base import ids
from tillgate.base.clock import Clock
from tillgate.base.errors import Conflict, Forbidden, NotFound
from tillgate.base.text import checked_email, checked_text
from tillgate.store import Database, Transaction

PROJECT_NAME_MAX: Final = 100
TOKEN_BYTES: Final = 32


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

    async def create_user(self, email: str, password: str, role: Role = Role.OWNER) -> User:
        """A new user who can sign in.

        Raises:
            InvalidInput: the address or the password will not do.
            Conflict: the address is taken.
        """
        user, password_hash = await self._new_user(email, password, role)

        async def operation(tx: Transaction) -> None:
            if not await records.insert_user(tx, user, password_hash):
                raise Conflict(f"A user with the address {user.email} already exists.", code="email_taken")

        await self._database.write(operation)
        return user

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
        user, password_hash = await self._new_user(email, password, Role.OWNER)
        project = self._new_project(project_name)
        cookie, now = secrets.token_urlsafe(TOKEN_BYTES), self._clock.now()

        async def operation(tx: Transaction) -> None:
            if not await records.use_setup_link(tx, _digest(token)) or await records.any_user(tx):
                raise Forbidden("This set-up link was used already, or is not valid.", code="setup_link_invalid")
            await records.insert_project(tx, project)
            await records.insert_user(tx, user, password_hash)
            await self._remember(tx, cookie, user.id, project.id, now)

        await self._database.write(operation)
        return cookie

    # Signing in

    async def sign_in(self, email: str, password: str, *, address: str) -> str | None:
        """The value of the cookie for somebody who knows their password; None for anybody else.

        Raises:
            Forbidden: too many attempts failed of late; nothing was checked.
        """
        normal = email.strip().lower()[:300]
        now, address = self._clock.now(), _site(address)
        subjects = (
            (f"{_digest(normal)[:32]}@{address}", FAILURES_MAX_BY_EMAIL_AND_ADDRESS),
            (_digest(normal)[:32], FAILURES_MAX_BY_EMAIL),
            (f"@{address}", FAILURES_MAX_BY_ADDRESS),
        )

        async def begin(tx: Transaction) -> tuple[User, str] | None:
            # Counted before the password is looked at, so that parallel guesses count as well.
            for subject, _ in sorted(subjects):
                await records.lock_subject(tx, subject)
            await records.forget_failures_before(tx, now - THROTTLE_WINDOW_MS)
            for subject, failures_max in subjects:
                if await records.failures_since(tx, subject, now - THROTTLE_WINDOW_MS) >= failures_max:
                    raise Forbidden(
                        "Too many failed sign-ins. Wait 15 minutes, then try again.", code="sign_in_throttled"
                    )
            for subject, _ in subjects:
                await records.note_failure(tx, subject, now)
            return await records.user_and_hash(tx, normal)

        # Made once, whoever comes first; verified where there is no such user, so that the answer takes as long.
        if self._nobody is None:
            self._nobody = await asyncio.to_thread(self._hasher.hash, secrets.token_hex(16))
        found = await self._database.write(begin)
        known_hash = found[1] if found is not None else self._nobody
        matches = await asyncio.to_thread(self._matches, known_hash, password)
        if found is None or not matches:
            return None
        user = found[0]
        cookie = secrets.token_urlsafe(TOKEN_BYTES)
        stronger = (
            await asyncio.to_thread(self._hasher.hash, password)
            if self._hasher.check_needs_rehash(known_hash)
            else None
        )

        async def finish(tx: Transaction) -> None:
            for subject, _ in subjects:
                await records.forget_failures(tx, subject)
            if stronger is not None:
                await records.set_password_hash(tx, user.id, stronger)
            projects = await records.projects(tx)
            if not projects:
                projects = [self._new_project("My shop")]
                await records.insert_project(tx, projects[0])
            await self._remember(tx, cookie, user.id, projects[0].id, now)

        await self._database.write(finish)
        return cookie

    async def signed_in(self, cookie: str) -> SignedIn | None:
        """Who a browser with this cookie is; None if nobody."""

        async def operation(tx: Transaction) -> tuple[User, Project, bool] | None:
            return await records.signed_in(tx, _digest(cookie), self._clock.now())

        found = await self._database.read(operation)
        if found is None:
            return None
        user, project, livemode = found
        return SignedIn(user=user, project=project, livemode=livemode, csrf_token=csrf_token(cookie))

    async def look_at(self, cookie: str, *, project_id: str, livemode: bool) -> None:
        """Turn a browser to a project and a mode.

        Raises:
            NotFound: there is no such project.
        """
        await self.get_project(project_id)

        async def operation(tx: Transaction) -> None:
            await records.look_at(tx, _digest(cookie), project_id, livemode)

        await self._database.write(operation)

    async def sign_out(self, cookie: str) -> None:
        """Make a cookie worthless."""

        async def operation(tx: Transaction) -> None:
            await records.delete_sign_in(tx, _digest(cookie))

        await self._database.write(operation)

    # Inside

    def _new_project(self, name: str) -> Project:
        checked = checked_text(name, param="name", length_max=PROJECT_NAME_MAX)
        return Project(id=ids.new_id(ids.PROJECT), name=checked, created_at=self._clock.now())

    async def _new_user(self, email: str, password: str, role: Role) -> tuple[User, str]:
        checked = checked_email(email), checked_password(password)
        password_hash = await asyncio.to_thread(self._hasher.hash, checked[1])
        user = User(id=ids.new_id(ids.USER), email=checked[0], role=role, created_at=self._clock.now())
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
