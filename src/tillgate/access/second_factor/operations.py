"""Turning a second factor on and off, and the second step of signing in.

A browser whose password was right has a token for the second step, which makes it nobody: only with a code of the
authenticator app, a recovery code or a passkey does it get a sign-in, with a new cookie. A code counts once, and
guesses count against the person, whatever browser or first step they come from.
"""

import secrets
from typing import NamedTuple

import pyotp
import structlog

from keyturn.stores.ports import Act
from tillgate.access.accounts import Accounts, SignedIn, User
from tillgate.access.accounts import records as people
from tillgate.access.accounts.model import DEVICE_LIFETIME_MS, THROTTLE_WINDOW_MS, PersonNotFound
from tillgate.access.accounts.operations import TOKEN_BYTES, begin_try, digest, write_down_of
from tillgate.access.second_factor import passkeys, records
from tillgate.access.second_factor.model import (
    FAILURES_MAX,
    PASSKEYS_MAX,
    Factors,
    new_recovery_codes,
    read_code,
    recovery_digest,
    step_of,
)
from tillgate.access.second_factor.passkeys import PasskeySite
from tillgate.base.clock import Clock
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound
from tillgate.base.problems import Problem
from tillgate.base.text import checked_email
from tillgate.store import Database, Sealer, SealingError, Transaction

_log = structlog.get_logger("people")


class SecondStep(NamedTuple):
    """What a browser whose password was right is asked for.

    Attributes:
        options: for a passkey, what the browser is to be asked, in JSON; None where they have none, or none would work
            at the address that the dashboard is looked at.
    """

    factors: Factors
    options: str | None


class SecondFactors:
    """Everything about second factors, over one database."""

    def __init__(
        self, database: Database, clock: Clock, accounts: Accounts, *, sealer: Sealer, site: PasskeySite | None
    ) -> None:
        """
        Args:
            site: for which passkeys are; None where there can be none.
        """
        self._database = database
        self._clock = clock
        self._accounts = accounts
        self._sealer = sealer
        self.site = site

    async def of(self, user: User) -> Factors:
        """What a person has beside their password."""

        async def operation(tx: Transaction) -> Factors:
            return await _factors(tx, user.id)

        return await self._database.read(operation)

    # The authenticator app

    async def propose_app(self, user: User) -> None:
        """Make a secret for an authenticator app, which counts once a code of it was shown.

        Raises:
            Conflict: there is one that counts.
        """
        sealed = self._sealer.seal(pyotp.random_base32())

        async def operation(tx: Transaction) -> None:
            if await records.propose_totp(tx, user.id, sealed, self._clock.now()) != 1:
                raise Conflict("An authenticator app is set up already.", code="second_factor_exists")

        await self._database.write(operation)

    async def proposed_app(self, user: User) -> str | None:
        """The secret that waits for its first code; None where there is none."""
        found = await self._database.read(lambda tx: records.totp_of(tx, user.id))
        if found is None or found.confirmed_at is not None:
            return None
        return self._open(found)

    def app_uri(self, user: User, secret: str, server: str) -> str:
        """What an authenticator app reads from a QR code."""
        return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=f"Tillgate {server}")

    async def confirm_app(self, cookie: str, user: User, code: str) -> list[str]:
        """Let the proposed secret count, for whoever shows a code of it; answers with the recovery codes, which nobody
        sees again. Every other sign-in of theirs ends.

        Raises:
            InvalidInput: the code is not right.
            Forbidden: too many attempts failed of late, and nothing was checked.
            Conflict: there is nothing to confirm.
        """
        now, codes = self._clock.now(), new_recovery_codes()
        await self._database.write(lambda tx: begin_try(tx, ((_subject(user.id), FAILURES_MAX),), now))

        async def operation(tx: Transaction) -> None:
            await people.lock_people(tx)
            found = await records.totp_of(tx, user.id)
            if found is None or found.confirmed_at is not None:
                raise Conflict("There is no authenticator app to confirm. Begin again.", code="no_second_factor")
            step = step_of(self._open(found), read_code(code), now)
            if step is None:
                raise InvalidInput("code", Problem.WRONG_CODE)
            await records.confirm_totp(tx, user.id, step, now)
            await records.replace_recovery_codes(tx, user.id, map(recovery_digest, codes))
            await people.forget_failures(tx, _subject(user.id))
            await people.end_sign_ins(tx, user.id, but=digest(cookie))
            await records.delete_halfways(tx, user.id)
            await write_down_of(tx, Act(now, user.actor), "second_factor.app_added", user)

        await self._database.write(operation)
        return codes

    async def end_app(self, user: User) -> None:
        """Ask for no codes of an authenticator app any more."""

        async def operation(tx: Transaction) -> None:
            if await records.delete_totp(tx, user.id) != 1:
                return
            await self._without_last(tx, user)
            await write_down_of(tx, Act(self._clock.now(), user.actor), "second_factor.app_removed", user)

        await self._database.write(operation)

    async def renew_codes(self, user: User) -> list[str]:
        """Other recovery codes, which nobody sees again. The earlier ones end.

        Raises:
            Conflict: there is no second factor that they would stand in for.
        """
        codes = new_recovery_codes()

        async def operation(tx: Transaction) -> None:
            if not await records.has_any(tx, user.id):
                raise Conflict("There is no second factor yet. Set one up first.", code="no_second_factor")
            await records.replace_recovery_codes(tx, user.id, map(recovery_digest, codes))
            await write_down_of(tx, Act(self._clock.now(), user.actor), "second_factor.codes_renewed", user)

        await self._database.write(operation)
        return codes

    # Passkeys

    async def passkey_options(self, cookie: str, user: User) -> str:
        """What a signed-in browser is to be asked for a new passkey, in JSON.

        Raises:
            Conflict: there can be none here, or there are too many.
        """
        site = self._site()

        async def operation(tx: Transaction) -> str:
            known = await records.passkeys_of(tx, user.id)
            if len(known) >= PASSKEYS_MAX:
                raise Conflict(f"There are {PASSKEYS_MAX} passkeys. Remove one first.", code="too_many_passkeys")
            options, challenge = passkeys.registration(site, user, known)
            await records.challenge_sign_in(tx, digest(cookie), challenge)
            return options

        return await self._database.write(operation)

    async def add_passkey(self, cookie: str, user: User, name: str, answer: str) -> list[str]:
        """Keep a passkey; answers with recovery codes where this is the first factor, else with none.

        Raises:
            InvalidInput: the browser's answer is not right.
        """
        site, now, codes = self._site(), self._clock.now(), new_recovery_codes()

        async def operation(tx: Transaction) -> list[str]:
            await people.lock_people(tx)
            challenge = await records.challenge_of(tx, digest(cookie))
            await records.challenge_sign_in(tx, digest(cookie), "")
            first = not await records.has_any(tx, user.id)
            passkey = passkeys.registered(site, user, challenge, name, answer, now)
            if await records.insert_passkey(tx, passkey) != 1:
                raise InvalidInput("passkey", Problem.PASSKEY_IN_USE)
            if first:
                await records.replace_recovery_codes(tx, user.id, map(recovery_digest, codes))
                await people.end_sign_ins(tx, user.id, but=digest(cookie))
            await write_down_of(tx, Act(now, user.actor), "second_factor.passkey_added", user, passkey=passkey.name)
            return codes if first else []

        return await self._database.write(operation)

    async def remove_passkey(self, user: User, passkey_id: str) -> None:
        """End a passkey.

        Raises:
            NotFound: it is none of theirs.
        """

        async def operation(tx: Transaction) -> None:
            if await records.delete_passkey(tx, user.id, passkey_id) != 1:
                raise NotFound("passkey", passkey_id)
            await self._without_last(tx, user)
            await write_down_of(tx, Act(self._clock.now(), user.actor), "second_factor.passkey_removed", user)

        await self._database.write(operation)

    async def confirmation_options(self, cookie: str, who: SignedIn) -> str | None:
        """What a signed-in browser is to be asked, in JSON, so that a passkey proves that it is still them; None where
        they have none."""

        async def operation(tx: Transaction) -> str | None:
            known = await records.passkeys_of(tx, who.user.id)
            if not known or self.site is None:
                return None
            options, challenge = passkeys.authentication(self.site, known)
            await records.challenge_sign_in(tx, digest(cookie), challenge)
            return options

        return await self._database.write(operation)

    async def confirm(self, cookie: str, user: User, answer: str) -> bool:
        """Whether a passkey of whoever is signed in has signed; if so, they have confirmed that it is them.

        Raises:
            Forbidden: too many attempts failed of late, and nothing was checked.
        """
        now = self._clock.now()
        await self._database.write(lambda tx: begin_try(tx, ((_subject(user.id), FAILURES_MAX),), now))

        async def operation(tx: Transaction) -> bool:
            challenge = await records.challenge_of(tx, digest(cookie))
            await records.challenge_sign_in(tx, digest(cookie), "")
            if not await self._signed(tx, user.id, challenge, answer):
                return False
            await people.forget_failures(tx, _subject(user.id))
            return await people.note_confirmed(tx, digest(cookie), now) == 1

        return await self._database.write(operation)

    # The second step

    async def begin(self, token: str) -> SecondStep | None:
        """What a browser whose password was right is asked for; None where it took too long, or never was."""

        async def operation(tx: Transaction) -> SecondStep | None:
            found = await records.halfway(tx, digest(token), self._clock.now())
            if found is None:
                return None
            factors = await _factors(tx, found[0])
            if not factors.passkeys or self.site is None:
                return SecondStep(factors, None)
            options, challenge = passkeys.authentication(self.site, factors.passkeys)
            await records.challenge_halfway(tx, digest(token), challenge)
            return SecondStep(factors, options)

        return await self._database.write(operation)

    async def finish(
        self, token: str, *, code: str = "", passkey: str = "", address: str, device: str = "", agent: str = ""
    ) -> str | None:
        """The value of the cookie for somebody who has shown their second factor; None where it is not right.

        Args:
            token: what the first step gave this browser.
            code: one of the authenticator app, or a recovery code.
            passkey: the browser's answer, in JSON; instead of a code.
            device: what this browser was given earlier. From a device that this person has signed in from before only
                its own failures count.

        Raises:
            Forbidden: too many attempts failed of late, and nothing was checked; or the first step is too long ago.
        """
        now = self._clock.now()

        async def start(tx: Transaction) -> tuple[str, str]:
            found = await records.halfway(tx, digest(token), now)
            user = await people.user_by_id(tx, found[0]) if found is not None else None
            if user is None:
                raise _late()
            known = bool(device) and await people.knows_device(tx, digest(device), user.email, now - DEVICE_LIFETIME_MS)
            subject = f"{_subject(user.id)}:{digest(device)[:32]}" if known else _subject(user.id)
            await begin_try(tx, ((subject, FAILURES_MAX),), now, address=address)
            return user.id, subject

        user_id, subject = await self._database.write(start)
        cookie = secrets.token_urlsafe(TOKEN_BYTES)

        async def operation(tx: Transaction) -> str | None:
            await people.lock_people(tx)
            found = await records.halfway(tx, digest(token), now)
            if found is None or found[0] != user_id:
                raise _late()
            await records.challenge_halfway(tx, digest(token), "")
            right = (
                await self._signed(tx, user_id, found[1], passkey)
                if passkey
                else await self._takes(tx, user_id, read_code(code), now)
            )
            if not right:
                return None
            await records.delete_halfway(tx, digest(token))
            # This try was counted as well.
            failed = await people.failures_since(tx, subject, now - THROTTLE_WINDOW_MS) - 1
            await people.forget_failures(tx, subject)
            await self._accounts.let_in(
                tx, cookie, user_id, now, address=address, agent=agent, failed=failed, device=device
            )
            return cookie

        done = await self._database.write(operation)
        if done is not None:
            _log.info("sign_in.succeeded", user=user_id, address=address)
        else:
            _log.warning("sign_in.failed", user=user_id, address=address)
        return done

    # Inside

    async def _takes(self, tx: Transaction, user_id: str, code: str, now: int) -> bool:
        found = await records.totp_of(tx, user_id)
        if found is not None and found.confirmed_at is not None:
            step = step_of(self._open(found), code, now)
            if step is not None:
                return await records.use_step(tx, user_id, step)
        return bool(code) and await records.use_recovery_code(tx, user_id, recovery_digest(code))

    async def _signed(self, tx: Transaction, user_id: str, challenge: str, answer: str) -> bool:
        if self.site is None or not challenge:
            return False
        used = passkeys.authenticated(self.site, await records.passkeys_of(tx, user_id), challenge, answer)
        if used is None:
            return False
        await records.use_passkey(tx, used.id, used.sign_count, self._clock.now())
        return True

    async def _without_last(self, tx: Transaction, user: User) -> None:
        """Recovery codes stand in for a factor; without any they are worth nothing."""
        if not await records.has_any(tx, user.id):
            await records.replace_recovery_codes(tx, user.id, ())

    def _open(self, found: records.Totp) -> str:
        try:
            return self._sealer.open(found.secret_sealed)
        except SealingError:
            return ""  # no code is right then; recovery codes and `tillgate users reset-2fa` are

    def _site(self) -> PasskeySite:
        if self.site is None:
            raise Conflict("Passkeys need a host name: set TILLGATE_PUBLIC_URL to one.", code="no_passkeys_here")
        return self.site


async def reset(database: Database, clock: Clock, email: str, *, by: str = "operator:cli") -> int:
    """End all that a person has beside their password, and all their sign-ins; how many of those.

    Raises:
        NotFound: there is no such person.
    """

    async def operation(tx: Transaction) -> int:
        await people.lock_people(tx)
        user = await people.user_by_email(tx, checked_email(email))
        if user is None:
            raise PersonNotFound("Nobody has this address.")
        await records.delete_all(tx, user.id)
        await people.forget_devices(tx, user.id)
        await write_down_of(tx, Act(clock.now(), by), "second_factor.reset", user)
        return await people.end_sign_ins(tx, user.id)

    return await database.write(operation)


async def _factors(tx: Transaction, user_id: str) -> Factors:
    totp = await records.totp_of(tx, user_id)
    return Factors(
        app=totp is not None and totp.confirmed_at is not None,
        recovery_codes=await records.recovery_codes_left(tx, user_id),
        passkeys=await records.passkeys_of(tx, user_id),
    )


def _subject(user_id: str) -> str:
    return f"second:{user_id}"


def _late() -> Forbidden:
    return Forbidden("That took too long. Sign in again.", code="second_step_late")
