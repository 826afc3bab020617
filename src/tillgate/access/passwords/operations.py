"""Asking for a link that sets another password, and using it.

Whoever asks learns nothing: a job is written down for any address, and it is the job that looks whether somebody has
it. Only a link's digest is kept, the mail's content is sealed until it is sent, and the link works once, for half an
hour. A second factor is asked for after it all the same.
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from keyturn.stores.ports import Act
from tillgate.access.accounts import Accounts
from tillgate.access.accounts import records as people
from tillgate.access.accounts.operations import TOKEN_BYTES, digest, write_down_of
from tillgate.access.passwords import records
from tillgate.access.passwords.model import AGAIN_AFTER_MS, LIFETIME_MS, LINKS_MAX, RESET
from tillgate.access.second_factor import records as factors
from tillgate.base import ids
from tillgate.base.clock import MINUTE_MS, Clock
from tillgate.base.errors import Forbidden
from tillgate.base.text import checked_email
from tillgate.mail.model import Letter, Purpose
from tillgate.mail.operations import MailQueue
from tillgate.store import Database, Transaction
from tillgate.store.bell import Bell
from tillgate.store.jobs import Job, Kind, enqueue
from tillgate.words import ENGLISH, Words, words_in

JOB: Final = "passwords.mail"


class Passwords:
    """Links that set another password, over one database.

    Args:
        words_of: the language of a project, by its id.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        accounts: Accounts,
        *,
        mail: MailQueue,
        bell: Bell,
        words_of: Callable[[Transaction, str], Awaitable[Words]],
        public_url: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._accounts = accounts
        self._mail = mail
        self._bell = bell
        self._words_of = words_of
        self._public_url = public_url

    @property
    def mailed(self) -> bool:
        """Whether a link can be mailed."""
        return self._mail.sends

    def kind(self) -> Kind:
        """The job that mails a link to whoever has an address."""
        return Kind(JOB, self._mail_link)

    async def ask(self, email: str) -> None:
        """Have a link mailed to whoever has this address, if anybody has.

        Raises:
            InvalidInput: it is no address.
        """
        address, now = checked_email(email), self._clock.now()
        key = digest(address)[:32]

        async def operation(tx: Transaction) -> None:
            payload = {"email": address, "asked": ids.new_ulid()}
            await enqueue(tx, self._bell, kind=JOB, key=key, project_id=None, payload=payload, now=now)

        await self._database.write(operation)

    async def find(self, token: str) -> str | None:
        """Whose password a link sets; None where it does not work."""
        return await self._database.read(lambda tx: records.email_of(tx, digest(token), self._clock.now()))

    async def reset(self, token: str, password: str) -> str:
        """Set the password that a link stands for; answers with whose it is. All their sign-ins end.

        Raises:
            Forbidden: the link does not work any more.
            InvalidInput: the password will not do; the link stays good.
        """
        # Looked at first: a password is not hashed for anybody who asks.
        address = await self.find(token)
        if address is None:
            raise _spent()
        password_hash, now = await self._accounts.hash_of(password, address), self._clock.now()

        async def operation(tx: Transaction) -> str:
            await people.lock_people(tx)
            email = await records.email_of(tx, digest(token), now)
            user = await people.user_by_email(tx, email) if email is not None else None
            if user is None:
                raise _spent()
            await records.end_of(tx, user.id)
            await people.set_password_hash(tx, user.id, password_hash)
            await people.end_sign_ins(tx, user.id)
            await people.forget_devices(tx, user.id)
            await factors.delete_halfways(tx, user.id)
            await write_down_of(tx, Act(now, user.actor), "user.password_reset", user)
            return user.email

        return await self._database.write(operation)

    async def _mail_link(self, job: Job) -> None:
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self._clock.now()

        async def operation(tx: Transaction) -> None:
            user = await people.user_by_email(tx, job.payload["email"])
            if user is None or await records.has_enough(tx, user.id, now, most=LINKS_MAX, newest=now - AGAIN_AFTER_MS):
                return
            cause = f"password_reset:{job.payload['asked']}"
            # A person has no language of their own: the oldest of their projects stands for it.
            projects = await people.projects_of(tx, user.id, 1)
            words = await self._words_of(tx, projects[0].id) if projects else words_in(ENGLISH)
            letter = self.letter(token, words)
            written = await self._mail.write(
                tx, letter, to=user.email, purpose=Purpose.PASSWORD_RESET, cause=cause, project_id=None
            )
            if written:
                expires_at = now + LIFETIME_MS
                await records.insert(tx, digest(token), user.id, now=now, expires_at=expires_at, most=LINKS_MAX)

        await self._database.write(operation)

    def letter(self, token: str, words: Words) -> Letter:
        """The mail with a link."""
        return Letter(
            subject=words.say("Set a new password"),
            paragraphs=(
                words.say(
                    "Somebody, most likely you, asked for a link that sets a new password for your account on this "
                    "server."
                ),
                words.say_many(
                    "The link works once, for {count} minute. If you did not ask for it, ignore this mail: nothing "
                    "has changed.",
                    "The link works once, for {count} minutes. If you did not ask for it, ignore this mail: nothing "
                    "has changed.",
                    LIFETIME_MS // MINUTE_MS,
                ),
            ),
            action=(words.say("Set a new password"), f"{self._public_url}{RESET}/{token}"),
            locale=words.language.tag,
        )


def _spent() -> Forbidden:
    return Forbidden("This link was used already, or has expired. Ask for another one.", code="password_link_invalid")
