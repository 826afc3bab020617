"""The end of a key. Once :func:`revoke` has returned, no process accepts it.

Today that holds because every verification reads the committed row; a cache may only ever be added
together with the leases that keep this sentence true.
"""

from typing import NamedTuple

from keyturn.errors import KeyNotFound
from keyturn.model import Key, Status
from keyturn.ports import Clock, KeyStore


class Revocation(NamedTuple):
    """What a revocation did.

    Attributes:
        key: as it is now, revoked.
        already: it had been revoked before; the first time and actor stand.
    """

    key: Key
    already: bool


async def revoke(store: KeyStore, clock: Clock, *, project_id: str, key_id: str, by: str) -> Revocation:
    """Revoke a key for good; doing it again changes nothing.

    Raises:
        KeyNotFound: the project has no such key.
    """
    changed = await store.revoke(project_id, key_id, at=clock.now(), by=by)
    key = await store.by_id(project_id, key_id)
    if key is None:
        raise KeyNotFound(f"this project has no key {key_id[:64]!r}")
    if key.status is not Status.REVOKED:
        raise AssertionError(f"{key.id} is {key.status} after its revocation")
    return Revocation(key, already=not changed)
