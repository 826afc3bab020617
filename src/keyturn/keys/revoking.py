"""Revoking a key, and every other restricting change. Once these have returned, no process accepts what they ended.

Each is a conditional update, committed with a new epoch, after which :func:`keyturn.admission.leases.settle` waits
until no gate can answer by what was true before. The receipt says what was waited for.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from keyturn.admission.leases import Receipt, settle
from keyturn.errors import KeyIsRevoked, KeyNotFound
from keyturn.keys.listing import KeyFilter
from keyturn.keys.model import Key, Status
from keyturn.stores.ports import Act, ChangeStore, Clock, KeyReader, KeyStore

REVOKED_TOGETHER_MAX: Final = 10
"""Keys that one transaction revokes at most, where many are revoked: on SQLite nobody else is served meanwhile."""
REVOKED_AT_ONCE_MAX: Final = 500
"""Keys that one request revokes, where it names no ids."""


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
        wanted = [key.id for key in family if key.id not in ended]
    receipt = await settle(store, epochs[-1], at=act.at) if epochs else Receipt(None, act.at)
    key = await store.by_id(project_id, key_id)
    if key is None or key.status is not Status.REVOKED:
        raise AssertionError(f"{key_id} is {key.status if key else 'gone'} after its revocation")
    below = await store.by_ids(project_id, [one for one in ended if one != key_id])
    descendants = sorted(below.values(), key=lambda one: (one.created_at, one.id))
    return Revocation(key, already=already, receipt=receipt, descendants=tuple(descendants))


class BulkRevocation(NamedTuple):
    """What a revocation of many keys did.

    Attributes:
        key_ids: those that it revoked; others had been revoked before, or are not the project's.
        receipts: the proof of each batch.
        more: whether there may be further keys that fit.
    """

    key_ids: tuple[str, ...]
    receipts: tuple[Receipt, ...]
    more: bool = False


async def revoke_several(
    store: KeyStore, clock: Clock, *, project_id: str, key_ids: Collection[str], by: str, reason: str | None = None
) -> BulkRevocation:
    """Revoke these keys for good, a batch at a time: others are served in between, and each batch is proved."""
    act = Act(clock.now(), by, reason)
    revoked: list[str] = []
    receipts: list[Receipt] = []
    for batch in _batches(sorted(set(key_ids)), REVOKED_TOGETHER_MAX):
        there = await store.by_ids(project_id, batch)
        standing = [key.id for key in there.values() if key.status is not Status.REVOKED]
        epoch = await store.revoke(project_id, standing, act) if standing else None
        if epoch is not None:
            receipts.append(await settle(store, epoch, at=act.at))
            revoked += standing
    return BulkRevocation(tuple(revoked), tuple(receipts))


async def revoke_matching(
    store: KeyStore,
    clock: Clock,
    *,
    project_id: str,
    wanted: KeyFilter,
    by: str,
    reason: str | None = None,
    at_most: int | None = None,
) -> BulkRevocation:
    """Revoke all keys that fit, a batch at a time; with ``at_most`` about that number.

    :attr:`BulkRevocation.more` says whether there may be others.
    """
    revoked: list[str] = []
    receipts: list[Receipt] = []
    for status in (Status.ACTIVE, Status.DISABLED):
        if wanted.status not in (None, status):
            continue
        after: str | None = None
        while True:
            if at_most is not None and len(revoked) >= at_most:
                return BulkRevocation(tuple(revoked), tuple(receipts), more=True)
            page = await store.page(project_id, wanted._replace(status=status), after, REVOKED_TOGETHER_MAX)
            done = await revoke_several(
                store, clock, project_id=project_id, key_ids=[key.id for key in page.keys], by=by, reason=reason
            )
            revoked += done.key_ids
            receipts += done.receipts
            if page.next is None:
                break
            after = page.next
    return BulkRevocation(tuple(revoked), tuple(receipts))


def _batches(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


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
