"""Keys in this process's memory; they end with it."""

from collections.abc import Mapping

import msgspec

from keyturn.model import Key, Status
from keyturn.secret import KeyDigest
from unitofwork import UniqueViolation


class MemoryKeyStore:
    """A dictionary that keeps the same promises as the SQL store."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}
        self._by_digest: dict[KeyDigest, str] = {}

    async def insert(self, key: Key, digest: KeyDigest) -> None:
        if key.id in self._keys or digest in self._by_digest:
            raise UniqueViolation("a key with this id or digest is already there")
        self._keys[key.id] = key
        self._by_digest[digest] = key.id

    async def by_digest(self, digest: KeyDigest) -> Key | None:
        key_id = self._by_digest.get(digest)
        return self._keys[key_id] if key_id is not None else None

    async def by_id(self, project_id: str, key_id: str) -> Key | None:
        key = self._keys.get(key_id)
        return key if key is not None and key.project_id == project_id else None

    async def list(self, project_id: str, mode: str | None) -> list[Key]:
        mine = [key for key in self._keys.values() if key.project_id == project_id]
        mine.sort(key=lambda key: (key.created_at, key.id), reverse=True)
        return [key for key in mine if mode is None or key.mode == mode]

    async def revoke(self, project_id: str, key_id: str, *, at: int, by: str) -> bool:
        key = await self.by_id(project_id, key_id)
        if key is None or key.status is Status.REVOKED:
            return False
        self._keys[key_id] = msgspec.structs.replace(key, status=Status.REVOKED, revoked_at=at, revoked_by=by)
        return True

    async def set_enabled(self, project_id: str, key_id: str, *, enabled: bool, at: int, by: str) -> bool:
        key = await self.by_id(project_id, key_id)
        if key is None or key.status is not (Status.DISABLED if enabled else Status.ACTIVE):
            return False
        self._keys[key_id] = msgspec.structs.replace(
            key,
            status=Status.ACTIVE if enabled else Status.DISABLED,
            disabled_at=None if enabled else at,
            disabled_by=None if enabled else by,
        )
        return True

    async def change(self, key: Key) -> bool:
        known = await self.by_id(key.project_id, key.id)
        if known is None or known.status is Status.REVOKED:
            return False
        self._keys[key.id] = msgspec.structs.replace(
            known,
            name=key.name,
            scopes=key.scopes,
            expires_at=key.expires_at,
            networks=key.networks,
            limit=key.limit,
        )
        return True

    async def touch(self, used_at: Mapping[str, int]) -> None:
        for key_id, at in used_at.items():
            key = self._keys.get(key_id)
            if key is not None and (key.last_used_at is None or key.last_used_at < at):
                self._keys[key_id] = msgspec.structs.replace(key, last_used_at=at)
