"""Keys in this process's memory; they end with it."""

import builtins
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from keyturn.errors import KeyExists, KeyIsRevoked
from keyturn.insight.audit import BEGINNING, AuditEntry, chained
from keyturn.invariants import present
from keyturn.keys.listing import KeyFilter, KeyPage, UnknownCursor
from keyturn.keys.model import Ancestor, Key, KnownKey, Mode, PendingKey, Status
from keyturn.keys.rotations import SECRETS_MAX, too_many_secrets
from keyturn.keys.secret import ForeignForm, KeyDigest, PublicText
from keyturn.lineage import check_descendants, check_number
from keyturn.stores.ports import (
    Act,
    Change,
    Creation,
    HeldLease,
    KeyEvent,
    KeyEvents,
    KeyEventType,
    NewSecret,
    Quarantine,
    SecretState,
    Use,
)


def _age(key: Key) -> tuple[int, str]:
    return key.created_at, key.id


class MemoryKeyStore:
    """Dictionaries that keep the same promises as the SQL store."""

    def __init__(self, events: KeyEvents | None = None) -> None:
        """
        Args:
            events: told what happens to keys.
        """
        self._events = events
        self._forms: dict[ForeignForm, None] = {}
        self._canary_reported_at: dict[str, int] = {}
        self._quarantines: builtins.list[int] = []
        self._keys: dict[str, Key] = {}
        self._secrets: dict[str, builtins.list[SecretState]] = {}
        self._overlaps: dict[tuple[str, int], int] = {}
        self._ended: set[tuple[str, int]] = set()
        self._by_digest: dict[KeyDigest, tuple[str, int]] = {}
        self._creations: dict[bytes, tuple[bytes, str]] = {}
        self._suspended: set[str] = set()
        self._customer_quotas: dict[tuple[str, Mode, str | None], int] = {}
        self._client_secrets: dict[bytes, tuple[str, str, str]] = {}
        self._expiry_reported: dict[str, int] = {}
        self._places: dict[tuple[str, str, str], str] = {}
        self._epoch = 0
        self._changes: builtins.list[Change] = []
        self._held: dict[str, HeldLease] = {}
        self._listening: builtins.list[Callable[[], None]] = []
        self._audit: builtins.list[AuditEntry] = []

    # Leases.

    async def epoch(self) -> int:
        return self._epoch

    async def hold(
        self, gate: str, epoch_seen: int, renewals: int, ended_after: int = 0, streams_ended: int = 0
    ) -> None:
        self._held[gate] = HeldLease(gate, epoch_seen, renewals, ended_after, streams_ended)

    async def changes_after(self, epoch: int) -> builtins.list[Change]:
        return [change for change in self._changes if change.epoch > epoch]

    async def release(self, gate: str) -> None:
        self._held.pop(gate, None)

    async def held(self) -> builtins.list[HeldLease]:
        return list(self._held.values())

    async def release_lapsed(self, lease: HeldLease) -> None:
        known = self._held.get(lease.gate)
        if known is not None and known.renewals == lease.renewals:
            del self._held[lease.gate]

    async def advance_epoch(self, key_id: str, at: int) -> int:
        return self._restrict(key_ids=[key_id])

    async def forget_changes(self, before: int) -> int:
        return 0  # they are few, and have no instants here

    def hint(self) -> int | None:
        return None

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        self._listening.append(wake)
        return lambda: self._listening.remove(wake)

    # Keys.

    async def insert(
        self,
        key: Key,
        digest: KeyDigest,
        act: Act,
        public: PublicText | None = None,
        creation: Creation | None = None,
        at_most: int | None = None,
    ) -> None:
        if at_most is not None:
            of = (key.project_id, key.mode, key.external_id)
            same = [one for one in self._keys.values() if (one.project_id, one.mode, one.external_id) == of]
            check_number(sum(one.status is not Status.REVOKED for one in same), at_most)
        named = creation is not None and creation.name in self._creations
        if key.id in self._keys or digest in self._by_digest or named:
            raise KeyExists("a key with this id or this text is already there")
        if key.parent_id is not None and not key.imported:
            parent = self._own(key.project_id, key.parent_id)
            if parent is None or parent.status is not Status.ACTIVE:
                raise KeyIsRevoked(f"{key.parent_id} is not active any more and cannot create keys")
            makers = [parent.id, *(one.id for one in self._ancestors(parent))]
            check_descendants(makers, len(await self.family(key.project_id, makers[-1])))
        self._insert(key, digest, act, "key.imported" if key.imported else "key.created", public)
        if creation is not None:
            self._creations[creation.name] = (creation.content, key.id)

    async def created_by_name(self, name: bytes) -> tuple[bytes, str] | None:
        return self._creations.get(name)

    async def import_keys(self, keys: Sequence[tuple[Key, KeyDigest]], forms: Sequence[ForeignForm], act: Act) -> None:
        digests = [digest for _, digest in keys]
        if len(set(digests)) < len(digests) or any(digest in self._by_digest for digest in digests):
            raise KeyExists("one of these keys is there already")
        self._forms |= dict.fromkeys(forms)
        for key, digest in keys:
            self._insert(key, digest, act, "key.imported")

    async def foreign_forms(self) -> builtins.list[ForeignForm]:
        return sorted(self._forms)

    def _insert(self, key: Key, digest: KeyDigest, act: Act, action: str, public: PublicText | None = None) -> None:
        self._keys[key.id] = key
        self._by_digest[digest] = (key.id, 1)
        first = SecretState(
            number=1,
            prefix=key.prefix,
            last_four=key.last_four,
            created_at=key.created_at,
            active_at=key.created_at,
            ends_at=None,
            public=public,
        )
        self._secrets[key.id] = [first]
        detail: dict[str, Any] = {
            "name": key.name,
            "mode": key.mode.value,
            "kind": key.kind.value,
            "scopes": sorted(key.scopes),
        }
        if key.parent_id is not None:
            detail["parent"] = key.parent_id
        self._write_down(act, action, key.project_id, key.id, **detail)

    async def by_digest(self, digest: KeyDigest) -> KnownKey | None:
        found = self._by_digest.get(digest)
        if found is None:
            return None
        key_id, number = found
        key = self._keys[key_id]
        state = self._secrets[key_id][present(self._place(key_id, number), "the place of a secret")]
        kind = PendingKey if state.waits else KnownKey
        return kind(
            key.id,
            msgspec.structs.replace(
                key.terms, customer_quota=self._customer_quotas.get((key.project_id, key.mode, key.external_id))
            ),
            key.status,
            key.expires_at,
            0 if found in self._ended else state.ends_at,
            number,
            key.project_id in self._suspended,
            tuple(Ancestor(one.id, one.limit, one.monthly_quota) for one in self._ancestors(key)),
        )

    def _ancestors(self, key: Key) -> builtins.list[Key]:
        """The keys that made it, the nearest first."""
        found: builtins.list[Key] = []
        while key.parent_id is not None and (maker := self._keys.get(key.parent_id)) is not None:
            found.append(maker)
            key = maker
        return found

    async def by_id(self, project_id: str, key_id: str) -> Key | None:
        key = self._keys.get(key_id)
        return self._visible(key) if key is not None and key.project_id == project_id else None

    async def project_of(self, key_id: str) -> str | None:
        key = self._keys.get(key_id)
        return key.project_id if key is not None else None

    async def by_digests(self, digests: Sequence[KeyDigest]) -> dict[KeyDigest, Key]:
        return {
            digest: self._visible(self._keys[self._by_digest[digest][0]])
            for digest in digests
            if digest in self._by_digest
        }

    async def page(self, project_id: str, wanted: KeyFilter, after: str | None, limit: int) -> KeyPage:
        own = [self._visible(key) for key in self._keys.values() if key.project_id == project_id]
        own.sort(key=_age, reverse=True)
        if after is not None:
            last = next((key for key in own if key.id == after), None)
            if last is None or wanted.mode not in (None, last.mode):
                raise UnknownCursor(after[:64])
            own = [key for key in own if _age(key) < _age(last)]
        found = [key for key in own if wanted.fits(key)]
        return KeyPage(found[:limit], found[limit - 1].id if len(found) > limit else None)

    async def by_ids(self, project_id: str, key_ids: Collection[str]) -> dict[str, Key]:
        found = {key_id: self._keys[key_id] for key_id in key_ids if key_id in self._keys}
        return {key_id: self._visible(key) for key_id, key in found.items() if key.project_id == project_id}

    async def unused(self, project_id: str, since: int, now: int, limit: int) -> builtins.list[Key]:
        wanted = KeyFilter(status=Status.ACTIVE, unused_since=since)
        own = [self._visible(key) for key in self._keys.values() if key.project_id == project_id]
        found = [key for key in own if wanted.fits(key) and (key.expires_at is None or key.expires_at > now)]
        return sorted(found, key=_age)[:limit]

    async def family(self, project_id: str, key_id: str) -> builtins.list[Key]:
        found: dict[str, Key] = {}
        parents = {key_id}
        while parents:
            made = [
                key
                for key in self._keys.values()
                if key.parent_id in parents and key.project_id == project_id and key.id not in found
            ]
            found |= {key.id: self._visible(key) for key in made}
            parents = {key.id for key in made}
        found = {key_id: key for key_id, key in found.items() if key.status is not Status.REVOKED}
        return sorted(found.values(), key=lambda key: (key.created_at, key.id))

    async def revoke(self, project_id: str, key_ids: Sequence[str], act: Act) -> int | None:
        revoked = []
        for key_id in sorted(key_ids):
            key = self._own(project_id, key_id)
            if key is not None:
                self._keys[key_id] = msgspec.structs.replace(
                    key, status=Status.REVOKED, revoked_at=act.at, revoked_by=act.by, revoked_reason=act.reason
                )
                revoked.append(key_id)
                self._write_down(act, "key.revoked", project_id, key_id)
                await self._report(KeyEventType.REVOKED, key_id, act)
        return self._restrict(key_ids=revoked) if revoked else None

    async def set_enabled(self, project_id: str, key_id: str, act: Act, *, enabled: bool) -> int | None:
        key = self._own(project_id, key_id)
        if key is None or key.status is not (Status.DISABLED if enabled else Status.ACTIVE):
            return None
        self._keys[key_id] = msgspec.structs.replace(
            key,
            status=Status.ACTIVE if enabled else Status.DISABLED,
            disabled_at=None if enabled else act.at,
            disabled_by=None if enabled else act.by,
            disabled_reason=None if enabled else act.reason,
        )
        self._write_down(act, "key.enabled" if enabled else "key.disabled", project_id, key_id)
        await self._report(KeyEventType.ENABLED if enabled else KeyEventType.DISABLED, key_id, act)
        return self._restrict(key_ids=[key_id])

    async def change(self, key: Key, act: Act, changed: Mapping[str, object]) -> int | None:
        own = self._own(key.project_id, key.id)
        if own is None:
            return None
        self._keys[key.id] = msgspec.structs.replace(
            own,
            name=key.name,
            scopes=key.scopes,
            expires_at=key.expires_at,
            networks=key.networks,
            origins=key.origins,
            apps=key.apps,
            limit=key.limit,
            monthly_quota=key.monthly_quota,
            report_only=key.report_only,
            allow=key.allow,
        )
        self._expiry_reported.pop(key.id, None)
        self._write_down(act, "key.changed", key.project_id, key.id, **changed)
        made = await self.family(key.project_id, key.id) if "limit" in changed else []
        return self._restrict(key_ids=[key.id, *(one.id for one in made)])

    async def note_exposure(self, key_id: str, act: Act, how: str) -> bool:
        key = self._keys.get(key_id)
        if key is None or key.exposed_at is not None:
            return False
        self._keys[key_id] = msgspec.structs.replace(key, exposed_at=act.at, exposed_how=how)
        self._write_down(act, "key.exposed", key.project_id, key_id, how=how)
        await self._report(KeyEventType.EXPOSED, key_id, act)
        return True

    async def note_canary(self, key_id: str, act: Act, seen: Mapping[str, str], quiet_ms: int) -> bool:
        key = self._keys.get(key_id)
        if key is None or not key.canary or key.status is not Status.ACTIVE:
            return False
        reported_at = self._canary_reported_at.get(key_id)
        if reported_at is not None and reported_at > act.at - quiet_ms:
            return False
        self._canary_reported_at[key_id] = act.at
        self._write_down(act, "key.canary_used", key.project_id, key_id, **seen)
        await self._report(KeyEventType.CANARY_USED, key_id, act)
        return True

    async def quarantine(self, project_id: str, key_id: str, act: Act, *, at_most: int, within_ms: int) -> Quarantine:
        self._quarantines = [at for at in self._quarantines if at > act.at - within_ms]
        if len(self._quarantines) >= at_most:
            return Quarantine(None, held_back=True)
        epoch = await self.set_enabled(project_id, key_id, act, enabled=False)
        if epoch is not None:
            self._quarantines.append(act.at)
        return Quarantine(epoch)

    async def set_suspended(self, project_id: str, act: Act, *, suspended: bool) -> int | None:
        if suspended == (project_id in self._suspended):
            return None
        (self._suspended.add if suspended else self._suspended.discard)(project_id)
        self._write_down(act, "project.suspended" if suspended else "project.resumed", project_id, None)
        return self._restrict(project_id=project_id)

    async def customer_quota(self, project_id: str, mode: Mode, external_id: str) -> int | None:
        return self._customer_quotas.get((project_id, mode, external_id))

    async def set_customer_quota(
        self, project_id: str, mode: Mode, external_id: str, monthly_quota: int | None, act: Act
    ) -> int:
        whose = (project_id, mode, external_id)
        if monthly_quota is None:
            self._customer_quotas.pop(whose, None)
        else:
            self._customer_quotas[whose] = monthly_quota
        detail = {"mode": mode.value, "external_id": external_id, "monthly_quota": monthly_quota}
        self._write_down(act, "customer.quota_set", project_id, None, **detail)
        return self._restrict(project_id=project_id)

    async def is_suspended(self, project_id: str) -> bool:
        return project_id in self._suspended

    async def add_secret(self, project_id: str, key_id: str, secret: NewSecret, act: Act) -> int | None:
        key = self._own(project_id, key_id)
        if key is None or any(state.waits for state in self._secrets[key_id]):
            return None
        if secret.digest in self._by_digest:
            raise KeyExists("a key with this text is already there")
        states = self._secrets[key_id]
        number = states[-1].number + 1
        if secret.active and secret.overlap_ms == 0:
            self._end_before(key_id, number, act.at, 0)
        if len(states) >= SECRETS_MAX:
            gone = next((one for one in states if self._is_over(key_id, one, act.at)), None)
            if gone is None:
                raise too_many_secrets(key_id)
            states.remove(gone)
            self._by_digest = {one: there for one, there in self._by_digest.items() if there != (key_id, gone.number)}
        states.append(
            SecretState(
                number=number,
                prefix=secret.prefix,
                last_four=secret.last_four,
                created_at=act.at,
                active_at=act.at if secret.active else None,
                ends_at=None,
                public=secret.public,
            )
        )
        self._by_digest[secret.digest] = (key_id, number)
        self._overlaps[key_id, number] = secret.overlap_ms
        if secret.active and secret.overlap_ms:
            self._end_before(key_id, number, act.at, secret.overlap_ms)
        self._write_down(
            act,
            "key.rotated",
            project_id,
            key_id,
            secret=number,
            activation="at once" if secret.active else "on first use",
            overlapSeconds=secret.overlap_ms // 1_000,
        )
        return self._restrict(key_ids=[key_id])

    async def withdraw_secret(self, project_id: str, key_id: str, act: Act) -> int | None:
        states = self._secrets.get(key_id, [])
        if self._own(project_id, key_id) is None or not states[-1].waits:
            return None
        self._ended.add((key_id, states[-1].number))
        states[-1] = msgspec.structs.replace(states[-1], ends_at=act.at)
        self._write_down(act, "key.rotation_withdrawn", project_id, key_id)
        return self._restrict(key_ids=[key_id])

    async def activate(self, key_id: str, number: int, act: Act) -> int | None:
        found = self._place(key_id, number)
        if found is None or not self._secrets[key_id][found].waits:
            return None
        states = self._secrets[key_id]
        states[found] = msgspec.structs.replace(states[found], active_at=act.at)
        self._end_before(key_id, number, act.at, self._overlaps[key_id, number])
        self._write_down(act, "key.rotation_activated", self._keys[key_id].project_id, key_id, secret=number)
        return self._restrict(key_ids=[key_id])

    async def end_earlier_secrets(self, project_id: str, key_id: str, act: Act) -> int | None:
        if await self.by_id(project_id, key_id) is None:
            return None
        newest = max(state.number for state in self._secrets[key_id] if state.active_at is not None)
        if not self._end_before(key_id, newest, act.at, 0):
            return None
        self._write_down(act, "key.rotation_finished", project_id, key_id, secret=newest)
        return self._restrict(key_ids=[key_id])

    async def secrets(self, project_id: str, key_id: str) -> builtins.list[SecretState]:
        if await self.by_id(project_id, key_id) is None:
            return []
        return self._secrets[key_id][::-1]

    async def touch(self, used: Mapping[tuple[str, int], Use]) -> None:
        for (key_id, number), use in used.items():
            found = self._place(key_id, number)
            if found is not None and ((states := self._secrets[key_id])[found].last_used_at or -1) < use.at:
                states[found] = msgspec.structs.replace(
                    states[found],
                    last_used_at=use.at,
                    last_used_address=use.address,
                    last_used_agent=use.agent,
                    last_used_path=use.path,
                )

    async def standing_keys(self, project_id: str) -> dict[tuple[str, str], str]:
        return {(mode, kind): key_id for (project, mode, kind), key_id in self._places.items() if project == project_id}

    async def set_standing_key(self, project_id: str, mode: str, kind: str, key_id: str) -> bool:
        there = self._places.get((project_id, mode, kind))
        if there is not None and self._keys[there].status is not Status.REVOKED:
            return False
        self._places[project_id, mode, kind] = key_id
        return True

    async def knows_origin(self, patterns: Sequence[str]) -> bool:
        return any(
            pattern in key.origins
            for key in self._keys.values()
            if key.status is not Status.REVOKED
            for pattern in patterns
        )

    async def keep_client_secret(
        self, digest: KeyDigest, *, project_id: str, mode: str, key_id: str, object_id: str, at: int
    ) -> None:
        self._client_secrets[digest.value] = (project_id, mode, object_id)

    async def opens(self, digest: KeyDigest, *, project_id: str, mode: str, object_id: str) -> bool:
        return self._client_secrets.get(digest.value) == (project_id, mode, object_id)

    async def expiring(self, before: int, days: int, limit: int) -> builtins.list[Key]:
        found = [
            self._visible(key)
            for key in self._keys.values()
            if key.expires_at is not None
            and key.expires_at <= before
            and key.status is not Status.REVOKED
            and self._expiry_reported.get(key.id, days + 1) > days
        ]
        return sorted(found, key=lambda key: key.expires_at or 0)[:limit]

    async def emit_expiry(self, key: Key, days: int, act: Act, *, quietly: bool = False) -> bool:
        if self._events is None or self._expiry_reported.get(key.id, days + 1) <= days:
            return False
        self._expiry_reported[key.id] = days
        if not quietly:
            await self._report(KeyEventType.EXPIRING if days else KeyEventType.EXPIRED, key.id, act)
        return True

    async def audit(self, after: int, limit: int) -> builtins.list[AuditEntry]:
        return self._audit[after : after + limit]

    async def audit_end(self) -> tuple[int, str]:
        return (self._audit[-1].sequence, self._audit[-1].hash) if self._audit else (0, BEGINNING)

    async def audit_of(
        self, project_id: str | None, key_id: str | None, before: int | None, limit: int
    ) -> builtins.list[AuditEntry]:
        return [
            entry
            for entry in reversed(self._audit)
            if entry.project_id == project_id
            and (key_id is None or entry.key_id == key_id)
            and (before is None or entry.sequence < before)
        ][:limit]

    async def _report(self, type: KeyEventType, key_id: str, act: Act) -> None:
        if self._events is not None:
            await self._events.emit(None, KeyEvent(type, self._visible(self._keys[key_id]), act))

    def _own(self, project_id: str, key_id: str) -> Key | None:
        key = self._keys.get(key_id)
        return key if key is not None and key.project_id == project_id and key.status is not Status.REVOKED else None

    def _visible(self, key: Key) -> Key:
        states = self._secrets[key.id]
        newest = [state for state in states if state.active_at is not None][-1]
        used = [state.last_used_at for state in states if state.last_used_at is not None]
        return msgspec.structs.replace(
            key,
            prefix=newest.prefix,
            last_four=newest.last_four,
            last_used_at=max(used, default=None),
            project_suspended=key.project_id in self._suspended,
        )

    def _place(self, key_id: str, number: int) -> int | None:
        """Where the secret with this number stands among those of its key."""
        states = self._secrets.get(key_id, [])
        return next((place for place, one in enumerate(states) if one.number == number), None)

    def _is_over(self, key_id: str, state: SecretState, now: int) -> bool:
        return (key_id, state.number) in self._ended or (state.ends_at is not None and state.ends_at <= now)

    def _end_before(self, key_id: str, number: int, at: int, overlap_ms: int) -> int:
        ended = 0
        states = self._secrets[key_id]
        for place, state in enumerate(states):
            if state.number >= number:
                break
            if overlap_ms == 0 and (key_id, state.number) not in self._ended:
                self._ended.add((key_id, state.number))
                ended += 1
            if state.ends_at is None or state.ends_at > at + overlap_ms:
                states[place] = msgspec.structs.replace(state, ends_at=at + overlap_ms)
                ended += overlap_ms > 0
        return ended

    def _restrict(self, *, key_ids: Sequence[str] = (), project_id: str | None = None) -> int:
        for key_id in key_ids:
            self._epoch += 1
            self._changes.append(Change(self._epoch, key_id, None))
        if project_id is not None:
            self._epoch += 1
            self._changes.append(Change(self._epoch, None, project_id))
        for wake in self._listening:
            wake()
        return self._epoch

    def _write_down(self, act: Act, action: str, project_id: str | None, key_id: str | None, **detail: Any) -> None:
        if act.reason is not None:
            detail["reason"] = act.reason
        previous = self._audit[-1].hash if self._audit else BEGINNING
        self._audit.append(
            chained(
                previous,
                len(self._audit) + 1,
                at=act.at,
                actor=act.by,
                action=action,
                project_id=project_id,
                key_id=key_id,
                detail=detail,
            )
        )
