"""What can be done to a key after it was made, short of its end: narrowed, widened, switched off and on.

Whoever asks holds the project, not the key: a key never changes itself or makes a stronger one.
"""

from collections.abc import Iterable

import msgspec

from keyturn.errors import InvalidExpiry, KeyIsRevoked, KeyNotFound
from keyturn.limiting import Limit
from keyturn.model import Key, Status, checked_name, checked_scopes
from keyturn.ports import Clock, KeyStore
from keyturn.restrictions import checked_limit, checked_networks


class KeyChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; what is unset stays. None takes the restriction away."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    scopes: Iterable[str] | msgspec.UnsetType = msgspec.UNSET
    expires_at: int | msgspec.UnsetType | None = msgspec.UNSET
    networks: Iterable[str] | msgspec.UnsetType = msgspec.UNSET
    limit: Limit | msgspec.UnsetType | None = msgspec.UNSET


async def change(
    store: KeyStore, clock: Clock, offered: Iterable[str], *, project_id: str, key_id: str, changes: KeyChanges
) -> Key:
    """Change a key; the next request with it is judged by what stands then.

    Raises:
        KeyNotFound: the project has no such key.
        KeyIsRevoked: it is gone for good.
        InvalidKeyName, InvalidScope, InvalidExpiry, InvalidNetwork, InvalidLimit: nothing was changed.
    """
    key = await _known(store, project_id, key_id)
    changed: dict[str, object] = {}
    if changes.name is not msgspec.UNSET:
        changed["name"] = checked_name(changes.name)
    if changes.scopes is not msgspec.UNSET:
        changed["scopes"] = checked_scopes(changes.scopes, offered)
    if changes.expires_at is not msgspec.UNSET:
        if changes.expires_at is not None and changes.expires_at <= clock.now():
            raise InvalidExpiry("a key's expiry must lie in the future; to end it now, revoke it")
        changed["expires_at"] = changes.expires_at
    if changes.networks is not msgspec.UNSET:
        changed["networks"] = checked_networks(changes.networks)
    if changes.limit is not msgspec.UNSET:
        changed["limit"] = checked_limit(*changes.limit) if changes.limit is not None else None
    key = msgspec.structs.replace(key, **changed)
    if not await store.change(key):
        raise _revoked(key)
    return key


async def set_enabled(store: KeyStore, clock: Clock, *, project_id: str, key_id: str, enabled: bool, by: str) -> Key:
    """Switch a key off, or on again; doing it twice changes nothing. Off, it is refused from its next use on.

    Raises:
        KeyNotFound: the project has no such key.
        KeyIsRevoked: it is gone for good.
    """
    await _known(store, project_id, key_id)
    await store.set_enabled(project_id, key_id, enabled=enabled, at=clock.now(), by=by)
    return await _known(store, project_id, key_id)


async def _known(store: KeyStore, project_id: str, key_id: str) -> Key:
    key = await store.by_id(project_id, key_id)
    if key is None:
        raise KeyNotFound(f"this project has no key {key_id[:64]!r}")
    if key.status is Status.REVOKED:
        raise _revoked(key)
    return key


def _revoked(key: Key) -> KeyIsRevoked:
    return KeyIsRevoked(f"{key.id} is revoked, which is for good; create a new key")
