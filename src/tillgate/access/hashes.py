"""Passwords as they are kept: argon2id (RFC 9106, the library's defaults), computed in a thread and outside of any
transaction, because a hash takes tens of milliseconds by design."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tillgate.access.accounts.model import checked_password


class PasswordHashes:
    """Makes hashes and compares passwords with them."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._nobody: str | None = None

    async def hash_of(self, password: str, email: str) -> str:
        """The hash of a new password of somebody.

        Raises:
            InvalidInput: the password will not do.
        """
        return await asyncio.to_thread(lambda: self._hasher.hash(checked_password(password, about=[email])))

    async def rehash(self, password: str) -> str:
        """The hash of a password that was checked already."""
        return await asyncio.to_thread(self._hasher.hash, password)

    async def is_of(self, known: str | None, password: str) -> bool:
        """Whether a password is the one of a hash.

        Args:
            known: None where there is nobody; the answer takes as long then.
        """
        # Made once, whoever comes first.
        if self._nobody is None:
            self._nobody = await asyncio.to_thread(self._hasher.hash, secrets.token_hex(16))
        matches = await asyncio.to_thread(self._matches, known or self._nobody, password)
        return matches and known is not None

    def is_weaker(self, known: str) -> bool:
        """Whether a hash was made with settings that are not the ones of today."""
        return self._hasher.check_needs_rehash(known)

    def _matches(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (VerificationError, InvalidHashError):
            return False
