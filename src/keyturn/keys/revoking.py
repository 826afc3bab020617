"""Revoking a key, and every other restricting change. Once these have returned, no process accepts what they ended.

Each is a conditional update, committed with a new epoch, after which :func:`keyturn.admission.leases.settle` waits
until no gate can answer by what was true before. The receipt says what was waited for.
"""

from typing import NamedTuple

from keyturn.admission.leases import Receipt, settle
from keyturn.errors import KeyIsRevoked, KeyNotFound
from keyturn.keys.model import Key, Status
from keyturn.stores.ports import Act, ChangeStore, Clock, KeyReader, KeyStore


class Revocation(NamedTuple):
    """What a revocation did.

    Attributes:
        key: as it is now, revoked.
        already: it had been revoked before; the first time and actor stand.
        receipt: the proof.
        descendants: the keys that were revoked with it, because it had made them.
    """

    key: Key
    already: bool
    receipt: Receipt
    descendants: tuple[Key, ...] = ()


async def revoke(
    store: KeyStore,
    clock: Clock,
    *,
    project_id: str,
    key_id: str,
    by: str,
    reason: str | None = None,
    tree: bool = False,
) -> Revocation:
    """Revoke a key for good; doing it again changes nothing.

    Args:
        tree: revoke what this key has made, too, and what that has made, and so on.

    Raises:
        KeyNotFound: the project has no such key.
    """
    act = Act(clock.now(), by, reason)
    if await store.by_id(project_id, key_id) is None:
        raise KeyNotFound(f"this project has no key {key_id[:64]!r}")
    epochs: list[int] = []
    ended: dict[str, None] = {}
    wanted = [key_id]
    already = True
    while wanted:
        epoch = await store.revoke(project_id, wanted, act)
        if epoch is not None:
            epochs.append(epoch)
            already = already and key_id not in wanted
        ended |= dict.fromkeys(wanted)
        # Looked for only now, when the parents can make no more of them.
        family = await store.family(project_id, key_id) if tree else []
        wanted = [key.id for key in family if key.status is not Status.REVOKED and key.id not in ended]
    receipt = await settle(store, epochs[-1], at=act.at) if epochs else Receipt(None, act.at)
    key = await store.by_id(project_id, key_id)
    if key is None or key.status is not Status.REVOKED:
        raise AssertionError(f"{key_id} is {key.status if key else 'gone'} after its revocation")
    descendants = tuple(one for one in (await store.family(project_id, key_id) if tree else []) if one.id in ended)
    return Revocation(key, already=already, receipt=receipt, descendants=descendants)


class Switched(NamedTuple):
    """A key that was disabled or enabled, and the proof that this holds everywhere."""

    key: Key
    receipt: Receipt


async def set_enabled(
    store: KeyStore,
    clock: Clock,
    *,
    project_id: str,
    key_id: str,
    enabled: bool,
    by: str,
    reason: str | None = None,
) -> Switched:
    """Switch a key off, or on again; doing it twice changes nothing. Off, it is refused from its next use on.

    Raises:
        KeyNotFound: the project has no such key.
        KeyIsRevoked: it is gone for good.
    """
    act = Act(clock.now(), by, reason)
    await known(store, project_id, key_id)
    epoch = await store.set_enabled(project_id, key_id, act, enabled=enabled)
    receipt = await settle(store, epoch, at=act.at) if epoch is not None else Receipt(None, act.at)
    return Switched(await known(store, project_id, key_id), receipt)


async def suspend(store: ChangeStore, clock: Clock, *, project_id: str, by: str, reason: str | None = None) -> Receipt:
    """Refuse all keys of a project until it is resumed; doing it twice changes nothing."""
    act = Act(clock.now(), by, reason)
    epoch = await store.set_suspended(project_id, act, suspended=True)
    return await settle(store, epoch, at=act.at) if epoch is not None else Receipt(None, act.at)


async def resume(store: ChangeStore, clock: Clock, *, project_id: str, by: str, reason: str | None = None) -> Receipt:
    """Let a suspended project's keys in again."""
    act = Act(clock.now(), by, reason)
    epoch = await store.set_suspended(project_id, act, suspended=False)
    return await settle(store, epoch, at=act.at) if epoch is not None else Receipt(None, act.at)


async def known(store: KeyReader, project_id: str, key_id: str) -> Key:
    """A key that something can still be done to.

    Raises:
        KeyNotFound: the project has no such key.
        KeyIsRevoked: it is gone for good.
    """
    key = await store.by_id(project_id, key_id)
    if key is None:
        raise KeyNotFound(f"this project has no key {key_id[:64]!r}")
    if key.status is Status.REVOKED:
        raise revoked(key)
    return key


def revoked(key: Key) -> KeyIsRevoked:
    """That a key is revoked, to be raised."""
    return KeyIsRevoked(f"{key.id} is revoked, which is final; create a new key")
