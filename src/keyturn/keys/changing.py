"""What can be changed of a key after it was made, short of its end: renamed, restricted, widened.

Whoever asks holds the project, not the key: a key never changes itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from keyturn.admission.leases import Receipt, settle
from keyturn.keys.issuing import Issuer, check_binding, check_no_stronger, checked_report_only
from keyturn.keys.labels import checked_external_id, checked_metadata, checked_tags
from keyturn.keys.model import Key, Status, checked_name
from keyturn.keys.restrictions import (
    ANY_ORIGIN,
    checked_apps,
    checked_expiry,
    checked_limit,
    checked_networks,
    checked_origins,
)
from keyturn.keys.revoking import known, revoked
from keyturn.limiting.gcra import Limit
from keyturn.limiting.quotas import checked_quota
from keyturn.stores.ports import Act, Clock, KeyStore


class KeyChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; what is unset stays. None takes the restriction away."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    scopes: Iterable[str] | msgspec.UnsetType = msgspec.UNSET
    expires_at: int | msgspec.UnsetType | None = msgspec.UNSET
    networks: Iterable[str] | msgspec.UnsetType = msgspec.UNSET
    origins: Iterable[str] | msgspec.UnsetType = msgspec.UNSET
    apps: Iterable[str] | msgspec.UnsetType = msgspec.UNSET
    limit: Limit | msgspec.UnsetType | None = msgspec.UNSET
    report_only: Iterable[str] | msgspec.UnsetType = msgspec.UNSET
    allow: Iterable[str] | msgspec.UnsetType = msgspec.UNSET
    external_id: str | msgspec.UnsetType | None = msgspec.UNSET
    metadata: Mapping[str, str] | msgspec.UnsetType = msgspec.UNSET
    tags: Iterable[str] | msgspec.UnsetType = msgspec.UNSET
    monthly_quota: int | msgspec.UnsetType | None = msgspec.UNSET


# What is the same for every key, by the name of the field.
_CHECKS: Final[dict[str, Callable[[Any], object]]] = {
    "name": checked_name,
    "networks": checked_networks,
    "apps": checked_apps,
    "limit": lambda limit: checked_limit(*limit) if limit is not None else None,
    "report_only": checked_report_only,
    "external_id": checked_external_id,
    "metadata": checked_metadata,
    "tags": checked_tags,
    "monthly_quota": checked_quota,
}


class Changed(NamedTuple):
    """A key as it is now, and the proof that it is judged by that everywhere."""

    key: Key
    receipt: Receipt


async def change(
    store: KeyStore,
    clock: Clock,
    issuer: Issuer,
    *,
    project_id: str,
    key_id: str,
    changes: KeyChanges,
    by: str,
    within: Key | None = None,
) -> Changed:
    """Change a key; once this returns, every process applies the change.

    Args:
        within: the key that asks for it, than which it may not become stronger.

    Raises:
        KeyNotFound: the project has no such key.
        KeyIsRevoked: it is gone for good.
        StrongerThanParent: it would be stronger than the key that asks; nothing was changed.
        InvalidKey: nothing was changed.
    """
    key = await known(store, project_id, key_id)
    now = clock.now()
    changed = _checked(changes, key, issuer, now)
    after = msgspec.structs.replace(key, **changed)
    check_binding(after)
    if within is not None:
        check_no_stronger(after, within, issuer.rate_limit)
    recorded = {name: {"from": _plain(getattr(key, name)), "to": _plain(getattr(after, name))} for name in changed}
    epoch = await store.change(after, Act(now, by), recorded)
    if epoch is None:
        raise revoked(key)
    return Changed(after, await settle(store, epoch, at=now))


async def change_tags(
    store: KeyStore,
    clock: Clock,
    issuer: Issuer,
    *,
    project_id: str,
    key_ids: Sequence[str],
    add: Iterable[str],
    remove: Iterable[str],
    by: str,
) -> list[str]:
    """Add tags to several keys, and remove others; the ids of those that this has changed. A key that is revoked, or
    has these tags already, stays as it is.

    Raises:
        InvalidLabel: a tag is none, or a key would have too many; keys before it may have been changed.
    """
    added, removed = checked_tags(add, "add"), checked_tags(remove, "remove")
    found = await store.by_ids(project_id, key_ids)
    done = []
    for key in (found[one] for one in dict.fromkeys(key_ids) if one in found):
        tags = (key.tags | added) - removed
        if tags == key.tags or key.status is Status.REVOKED:
            continue
        changes = KeyChanges(tags=sorted(tags))
        await change(store, clock, issuer, project_id=project_id, key_id=key.id, changes=changes, by=by)
        done.append(key.id)
    return done


def _checked(changes: KeyChanges, key: Key, issuer: Issuer, now: int) -> dict[str, object]:
    """What changes, as the key is to have it.

    Raises:
        InvalidKey: something cannot be.
    """
    changed: dict[str, object] = {
        name: check(wished)
        for name, check in _CHECKS.items()
        if (wished := getattr(changes, name)) is not msgspec.UNSET
    }
    if changes.scopes is not msgspec.UNSET:
        changed["scopes"] = issuer.scopes_of(key.format, key.kind, changes.scopes)
    if changes.expires_at is not msgspec.UNSET:
        changed["expires_at"] = checked_expiry(changes.expires_at, now, "; to end it now, revoke it")
    if changes.origins is not msgspec.UNSET:
        origins = tuple(changes.origins)
        # A public key stays one until somebody binds it.
        changed["origins"] = origins if origins == key.origins == (ANY_ORIGIN,) else checked_origins(origins)
    if changes.allow is not msgspec.UNSET and (allow := issuer.checked_allow(key.kind, changes.allow)) != key.allow:
        changed["allow"] = allow
    return changed


def _plain(value: object) -> object:
    """A value as the audit log shows it."""
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value
