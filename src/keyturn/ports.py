"""What the key layer needs from outside, each with at least two implementations."""

from collections.abc import Mapping
from typing import Protocol

from keyturn.model import Key
from keyturn.secret import KeyDigest


class Clock(Protocol):
    """Where "now" comes from."""

    def now(self) -> int:
        """Unix milliseconds, UTC."""
        ...


class KeyStore(Protocol):
    """Keys by id and by digest. Every answer is what was committed before the question."""

    async def insert(self, key: Key, digest: KeyDigest) -> None:
        """Keep a new key; durable when this returns.

        Raises:
            UniqueViolation: there is a key with this id or digest.
        """
        ...

    async def by_digest(self, digest: KeyDigest) -> Key | None:
        """The key whose text has this digest, whatever its status."""
        ...

    async def by_id(self, project_id: str, key_id: str) -> Key | None:
        """The key, if it belongs to this project."""
        ...

    async def list(self, project_id: str, mode: str | None) -> list[Key]:
        """The project's keys, newest first; of one mode where that is given."""
        ...

    async def revoke(self, project_id: str, key_id: str, *, at: int, by: str) -> bool:
        """Revoke a key for good; False if it was revoked before (or is not there)."""
        ...

    async def set_enabled(self, project_id: str, key_id: str, *, enabled: bool, at: int, by: str) -> bool:
        """Disable an active key or enable a disabled one; False if it is revoked, so already, or not there."""
        ...

    async def change(self, key: Key) -> bool:
        """Write a key's name, scopes, expiry, networks and limit; False if it is revoked or not there."""
        ...

    async def touch(self, used_at: Mapping[str, int]) -> None:
        """Note when keys were last used. Writes that one column, only forward, and nothing else."""
        ...
