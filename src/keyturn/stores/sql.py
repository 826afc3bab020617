"""Keys in SQLite or PostgreSQL. Every statement about keys and their secrets is here."""

import builtins
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from keyturn.database import (
    SOON_SECONDS,
    Both,
    Database,
    Dialect,
    Migration,
    Row,
    Transaction,
    UniqueViolation,
    migrations_of,
)
from keyturn.errors import KeyExists, KeyIsRevoked
from keyturn.insight.audit import AuditEntry
from keyturn.invariants import present
from keyturn.keys.listing import SCANNED_MAX, KeyFilter, KeyPage, UnknownCursor, ascii_lower
from keyturn.keys.model import Ancestor, Key, Kind, KnownKey, Mode, PendingKey, Status, Terms
from keyturn.keys.rotations import SECRETS_MAX, too_many_secrets
from keyturn.keys.secret import ForeignForm, KeyDigest, PublicText
from keyturn.limiting.gcra import Limit
from keyturn.lineage import check_descendants, check_number
from keyturn.stores import head
from keyturn.stores.leases import SqlLeases
from keyturn.stores.ports import (
    Act,
    Creation,
    KeyEvent,
    KeyEvents,
    KeyEventType,
    NewSecret,
    Quarantine,
    SecretState,
    Use,
)

_KEY_COLUMNS: Final = (
    "k.id, k.project_id, k.mode, k.kind, k.name, k.format, s.prefix, s.last_four, k.scopes, k.status, k.created_at, "
    "k.created_by, k.parent_id, k.imported, k.canary, k.expires_at, k.revoked_at, k.revoked_by, k.revoked_because, "
    "k.disabled_at, k.disabled_by, k.disabled_because, k.networks, k.origins, k.apps, k.rate_per_second, k.rate_burst, "
    "k.report_only, k.exposed_at, k.exposed_how, "
    "(SELECT MAX(u.last_used_at) FROM key_secrets u WHERE u.key_id = k.id) AS last_used_at, p.project_id, k.allow, "
    "k.external_id, k.metadata, k.tags, k.monthly_quota"
)
# A key is shown by its newest secret in use.
_KEYS: Final = (
    f"SELECT {_KEY_COLUMNS} FROM api_keys k JOIN key_secrets s ON s.key_id = k.id AND s.number = "
    "(SELECT MAX(n.number) FROM key_secrets n WHERE n.key_id = k.id AND n.active_at IS NOT NULL) "
    "LEFT JOIN suspended_projects p ON p.project_id = k.project_id "
)
_BY_ID: Final = f"{_KEYS} WHERE k.id = $1 AND k.project_id = $2"
# A project's keys, newest first, from a place on. Of what is asked for, one thing chooses the index that is walked; the
# rest is looked for among the keys that come next in it, of which there is a bound.
_STATUS: Final = "(CASE WHEN a.status = 'active' AND a.disabled_at IS NOT NULL THEN 'disabled' ELSE a.status END)"
_PLACE: Final = "a.project_id = $1 AND (a.created_at, a.id) < ($2, $3)"
_NEWEST_FIRST: Final = "ORDER BY a.created_at DESC, a.id DESC"
_CURSOR: Final = "SELECT created_at, id, mode FROM api_keys WHERE id = $1 AND project_id = $2"
# Behind every key: no id begins so.
_BEYOND: Final = (2**62, "~")
_IS_NAMED: Final = Both(
    sqlite="instr(lower(w.name), {}) > 0",
    # As SQLite has it: the letters of ASCII alone.
    postgres='strpos(lower(w.name COLLATE "C"), {}) > 0',
)
_IS_TAGGED: Final = Both(sqlite="instr(' ' || w.tags || ' ', {}) > 0", postgres="strpos(' ' || w.tags || ' ', {}) > 0")
_IS_UNUSED: Final = (
    "w.canary = 0 AND w.created_at <= {0} AND NOT EXISTS "
    "(SELECT 1 FROM key_secrets u WHERE u.key_id = w.id AND u.last_used_at > {0})"
)
# Where keys are named, the project is only compared: as an index it would have all of its keys looked at.
_BY_IDS: Final = Both(
    sqlite=f"{_KEYS} WHERE k.project_id || '' = $1 AND k.id IN (SELECT value FROM json_each($2))",
    postgres=f"{_KEYS} WHERE k.project_id || '' = $1 AND k.id IN "
    "(SELECT json_array_elements_text(CAST(CAST($2 AS TEXT) AS JSON)))",
)
_BY_ANY_DIGEST: Final = (
    f"{_KEYS} WHERE k.id = (SELECT d.key_id FROM key_secrets d WHERE d.digest = $1 AND d.digest_algorithm = $2)"
)
# The keys that are not revoked and come from a key's first maker, each with the way up from it as far as this key. A
# revoked key's own go on, so that the way leads through it; and they are found by their first maker, of which only a
# limited number comes, however many were revoked.
_LINES: Final = (
    "WITH RECURSIVE line(id, parent_id) AS (SELECT a.id, a.parent_id FROM api_keys a WHERE a.status = 'active' "
    "AND a.first_id = (SELECT COALESCE(f.first_id, f.id) FROM api_keys f WHERE f.id = $1 AND f.project_id = $2) "
    "UNION SELECT l.id, p.parent_id FROM line l JOIN api_keys p ON p.id = l.parent_id WHERE l.parent_id <> $1) "
)
_FAMILY: Final = (
    f"{_LINES}{_KEYS} WHERE k.id IN (SELECT line.id FROM line WHERE line.parent_id = $1) ORDER BY k.created_at, k.id"
)
_DESCENDANTS: Final = f"{_LINES}SELECT line.id FROM line WHERE line.parent_id = $1"
# Among the oldest keys that can be used, of which a limited number is looked at.
_UNUSED: Final = (
    f"{_KEYS} WHERE k.id IN (SELECT w.id FROM (SELECT a.id, a.created_at, a.canary, a.expires_at FROM api_keys a "
    f"WHERE a.project_id = $1 AND {_STATUS} = 'active' AND a.created_at <= $2 ORDER BY a.created_at, a.id LIMIT $4) w "
    f"WHERE {_IS_UNUSED.format('$2')} AND (w.expires_at IS NULL OR w.expires_at > $3) "
    "ORDER BY w.created_at, w.id LIMIT $5) ORDER BY k.created_at, k.id"
)
_EXPIRING: Final = (
    f"{_KEYS} WHERE k.expires_at IS NOT NULL AND k.expires_at <= $1 AND k.status = 'active' "
    "AND k.expiry_days_told > 0 AND k.expiry_days_told > $2 ORDER BY k.expires_at LIMIT $3"
)

_BY_DIGEST: Final = (
    "SELECT k.id, k.project_id, k.mode, k.kind, k.scopes, k.status, k.expires_at, k.disabled_at, k.networks, "
    "k.origins, k.apps, k.rate_per_second, k.rate_burst, k.report_only, k.canary, s.number, s.active_at, "
    "CASE WHEN s.ended = 1 THEN 0 ELSE s.ends_at END, p.project_id, k.parent_id, k.allow, k.external_id, "
    "k.metadata, k.monthly_quota, q.monthly_quota FROM key_secrets s "
    "JOIN api_keys k ON k.id = s.key_id LEFT JOIN suspended_projects p ON p.project_id = k.project_id "
    "LEFT JOIN key_customer_quotas q ON q.project_id = k.project_id AND q.mode = k.mode "
    "AND q.external_id = k.external_id "
    "WHERE s.digest = $1 AND s.digest_algorithm = $2"
)
# A key's makers, the nearest first, and how many there are.
_ANCESTORS: Final = (
    "WITH RECURSIVE line(id, parent_id, generation) AS (SELECT id, parent_id, 0 FROM api_keys WHERE id = $1 "
    "UNION SELECT k.id, k.parent_id, l.generation + 1 FROM api_keys k JOIN line l ON k.id = l.parent_id) "
    "SELECT k.id, k.rate_per_second, k.rate_burst, k.monthly_quota FROM line JOIN api_keys k ON k.id = line.id "
    "WHERE line.generation > 0 ORDER BY line.generation"
)
_COUNT_OF_FIRST: Final = "SELECT COUNT(*) FROM api_keys WHERE first_id = $1 AND status = 'active'"
_COUNT_OF_CUSTOMER: Final = (
    "SELECT COUNT(*) FROM api_keys WHERE project_id = $1 AND mode = $2 AND external_id = $3 AND status = 'active'"
)
_INSERT: Final = (
    "INSERT INTO api_keys (id, project_id, mode, kind, name, format, scopes, status, created_at, created_by, "
    "parent_id, imported, canary, expires_at, networks, origins, apps, rate_per_second, rate_burst, report_only, "
    "allow, external_id, metadata, tags, monthly_quota, first_id) VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, "
    "$9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, "
    "(SELECT COALESCE(p.first_id, p.id) FROM api_keys p WHERE p.id = $10))"
)
_INSERT_TEXT: Final = (
    "INSERT INTO key_secrets (digest, digest_algorithm, key_id, number, prefix, last_four, created_at, active_at, "
    "overlap_ms, public_text) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
)
_INSERT_CREATION: Final = "INSERT INTO key_creations (name, content, key_id) VALUES ($1, $2, $3)"
_CREATION: Final = "SELECT content, key_id FROM key_creations WHERE name = $1"
_REVOKE: Final = (
    "UPDATE api_keys SET status = 'revoked', revoked_at = $1, revoked_by = $2, revoked_because = $3 "
    "WHERE id = $4 AND project_id = $5 AND status = 'active'"
)
_DISABLE: Final = (
    "UPDATE api_keys SET disabled_at = $1, disabled_by = $2, disabled_because = $3 "
    "WHERE id = $4 AND project_id = $5 AND status = 'active' AND disabled_at IS NULL"
)
_ENABLE: Final = (
    "UPDATE api_keys SET disabled_at = NULL, disabled_by = NULL, disabled_because = NULL "
    "WHERE id = $1 AND project_id = $2 AND status = 'active' AND disabled_at IS NOT NULL"
)
_CHANGE: Final = (
    "UPDATE api_keys SET name = $1, scopes = $2, expires_at = $3, expiry_days_told = 1000000, networks = $4, "
    "origins = $5, apps = $6, rate_per_second = $7, rate_burst = $8, report_only = $9, allow = $10, "
    "external_id = $11, metadata = $12, tags = $13, monthly_quota = $14 "
    "WHERE id = $15 AND project_id = $16 AND status = 'active'"
)
_EXPOSED: Final = "UPDATE api_keys SET exposed_at = $1, exposed_how = $2 WHERE id = $3 AND exposed_at IS NULL"
_ADD_FORM: Final = (
    "INSERT INTO key_forms (prefix, length_min, length_max, imported_at) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (prefix, length_min, length_max) DO NOTHING"
)
_FORMS: Final = "SELECT prefix, length_min, length_max FROM key_forms ORDER BY prefix, length_min, length_max LIMIT 100"
_CANARY: Final = (
    "UPDATE api_keys SET canary_told_at = $1 WHERE id = $2 AND canary = 1 AND status = 'active' "
    "AND disabled_at IS NULL AND (canary_told_at IS NULL OR canary_told_at <= $3)"
)
_QUARANTINED: Final = "SELECT COUNT(*) FROM key_quarantines WHERE at > $1"
_QUARANTINE: Final = "INSERT INTO key_quarantines (at, key_id) VALUES ($1, $2)"
_FORGET_QUARANTINES: Final = "DELETE FROM key_quarantines WHERE at <= $1"
_DROP_ORIGINS: Final = "DELETE FROM key_origins WHERE key_id = $1"
_ADD_ORIGIN: Final = "INSERT INTO key_origins (origin, key_id) VALUES ($1, $2)"
_KNOWS_ORIGIN: Final = "SELECT 1 FROM key_origins WHERE origin = $1 LIMIT 1"
_SUSPEND: Final = (
    "INSERT INTO suspended_projects (project_id, suspended_at, suspended_by, because) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (project_id) DO NOTHING"
)
_RESUME: Final = "DELETE FROM suspended_projects WHERE project_id = $1"
_CUSTOMER_QUOTA: Final = (
    "SELECT monthly_quota FROM key_customer_quotas WHERE project_id = $1 AND mode = $2 AND external_id = $3"
)
_SET_CUSTOMER_QUOTA: Final = (
    "INSERT INTO key_customer_quotas (project_id, mode, external_id, monthly_quota) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (project_id, mode, external_id) DO UPDATE SET monthly_quota = excluded.monthly_quota"
)
_DROP_CUSTOMER_QUOTA: Final = "DELETE FROM key_customer_quotas WHERE project_id = $1 AND mode = $2 AND external_id = $3"
_SUSPENDED: Final = "SELECT 1 FROM suspended_projects WHERE project_id = $1"

_NUMBERS: Final = (
    "SELECT MAX(s.number), SUM(CASE WHEN s.active_at IS NULL AND s.ended = 0 THEN 1 ELSE 0 END) FROM key_secrets s "
    "JOIN api_keys k ON k.id = s.key_id WHERE k.id = $1 AND k.project_id = $2 AND k.status = 'active'"
)
_END_BEFORE: Final = (
    "UPDATE key_secrets SET ends_at = $1 WHERE key_id = $2 AND number < $3 AND (ends_at IS NULL OR ends_at > $1)"
)
# Not by the clock: whoever's is behind would go on accepting them.
_END_AT_ONCE: Final = (
    "UPDATE key_secrets SET ended = 1, ends_at = CASE WHEN ends_at IS NULL OR ends_at > $1 THEN $1 ELSE ends_at END "
    "WHERE key_id = $2 AND number < $3 AND ended = 0"
)
# The oldest of those that nothing accepts any more: what they ended with is forgotten, and the newest numbers stay.
_FORGET_SECRETS: Final = (
    "DELETE FROM key_secrets WHERE key_id = $1 AND number IN (SELECT o.number FROM key_secrets o WHERE o.key_id = $1 "
    "AND (o.ended = 1 OR o.ends_at <= $2) ORDER BY o.number LIMIT $3)"
)
_COUNT_SECRETS: Final = "SELECT COUNT(*) FROM key_secrets WHERE key_id = $1"
_PENDING: Final = (
    "SELECT overlap_ms FROM key_secrets WHERE key_id = $1 AND number = $2 AND active_at IS NULL AND ended = 0"
)
_ACTIVATE: Final = (
    "UPDATE key_secrets SET active_at = $1 WHERE key_id = $2 AND number = $3 AND active_at IS NULL AND ended = 0"
)
_MAKES_KEYS: Final = (
    "SELECT 1 FROM api_keys WHERE id = $1 AND project_id = $2 AND status = 'active' AND disabled_at IS NULL"
)
_PROJECT_OF: Final = "SELECT project_id FROM api_keys WHERE id = $1"
_NEXT_PROJECT: Final = "SELECT MIN(project_id) FROM api_keys WHERE project_id > $1"
# Its row stays: its number must not become another secret's, which a late first use of this one would set going.
_WITHDRAW: Final = (
    "UPDATE key_secrets SET ended = 1, ends_at = $3 WHERE key_id = $1 AND active_at IS NULL AND ended = 0 "
    "AND EXISTS (SELECT 1 FROM api_keys k WHERE k.id = $1 AND k.project_id = $2 AND k.status = 'active')"
)
_NEWEST_ACTIVE: Final = (
    "SELECT MAX(s.number) FROM key_secrets s JOIN api_keys k ON k.id = s.key_id "
    "WHERE k.id = $1 AND k.project_id = $2 AND s.active_at IS NOT NULL"
)
_SECRETS: Final = (
    "SELECT s.number, s.prefix, s.last_four, s.created_at, s.active_at, s.ends_at, s.last_used_at, "
    "s.last_used_address, s.last_used_agent, s.last_used_path, s.public_text FROM key_secrets s "
    "JOIN api_keys k ON k.id = s.key_id "
    "WHERE k.id = $1 AND k.project_id = $2 ORDER BY s.number DESC"
)
_TOUCH: Final = (
    "UPDATE key_secrets SET last_used_at = $1, last_used_address = $2, last_used_agent = $3, last_used_path = $4 "
    "WHERE key_id = $5 AND number = $6 AND (last_used_at IS NULL OR last_used_at < $1)"
)
_EXPIRY_TOLD: Final = "UPDATE api_keys SET expiry_days_told = $1 WHERE id = $2 AND expiry_days_told > $1"
_STANDING_KEYS: Final = "SELECT mode, kind, key_id FROM key_places WHERE project_id = $1"
_SET_STANDING_KEY: Final = (
    "INSERT INTO key_places (project_id, mode, kind, key_id) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (project_id, mode, kind) DO UPDATE SET key_id = excluded.key_id "
    "WHERE NOT EXISTS (SELECT 1 FROM api_keys k WHERE k.id = key_places.key_id AND k.status = 'active')"
)
_KEEP_OPENER: Final = (
    "INSERT INTO client_secrets (digest, project_id, mode, object_id, key_id, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6)"
)
_OPENS: Final = "SELECT 1 FROM client_secrets WHERE digest = $1 AND project_id = $2 AND mode = $3 AND object_id = $4"

# Beyond this number of different sets of terms, sharing starts again.
TERMS_MAX: Final = 100_000


def migrations() -> list[Migration]:
    """The steps that make and change the key tables."""
    return migrations_of("keyturn", "keyturn.stores")


class _HeldBack(Exception):
    """Takes a quarantine back."""


class SqlKeyStore(SqlLeases):
    """Keys in a database that the caller opened and migrated."""

    def __init__(self, database: Database, events: KeyEvents | None = None) -> None:
        """
        Args:
            events: told what happens to keys, in the transaction in which it happens.
        """
        super().__init__(database)
        self._events = events
        # Terms that many keys share are held once.
        self._terms: dict[Terms, Terms] = {}

    async def insert(
        self,
        key: Key,
        digest: KeyDigest,
        act: Act,
        public: PublicText | None = None,
        creation: Creation | None = None,
        at_most: int | None = None,
    ) -> None:
        async def operation(tx: Transaction) -> None:
            if at_most is not None:
                # Two at once count one after the other.
                await tx.fetch_one(head.LOCK)
                of = (key.project_id, key.mode, key.external_id)
                there = present(await tx.fetch_one(_COUNT_OF_CUSTOMER, *of), "a count of keys")
                check_number(there[0], at_most)
            if key.parent_id is not None and not key.imported:
                # Whoever revokes the parent and all that it made locks this too, and looks for those only afterwards.
                await tx.fetch_one(head.LOCK)
                if await tx.fetch_one(_MAKES_KEYS, key.parent_id, key.project_id) is None:
                    raise KeyIsRevoked(f"{key.parent_id} is not active any more and cannot create keys")
                makers = [key.parent_id, *(row[0] for row in await tx.fetch_all(_ANCESTORS, key.parent_id))]
                made = present(await tx.fetch_one(_COUNT_OF_FIRST, makers[-1]), "a count of keys")
                check_descendants(makers, made[0])
            await _insert(tx, key, digest, public)
            if creation is not None:
                await tx.execute(_INSERT_CREATION, creation.name, creation.content, key.id)
            action = "key.imported" if key.imported else "key.created"
            await head.write_down(tx, act, action, key.project_id, key.id, **_detail_of_new(key))

        try:
            await self._database.write(operation)
        except UniqueViolation as error:
            raise KeyExists("a key with this id or this text is already there") from error

    async def created_by_name(self, name: bytes) -> tuple[bytes, str] | None:
        async def operation(tx: Transaction) -> Row | None:
            return await tx.fetch_one(_CREATION, name)

        row = await self._database.read(operation)
        return (bytes(row[0]), row[1]) if row is not None else None

    async def import_keys(self, keys: Sequence[tuple[Key, KeyDigest]], forms: Sequence[ForeignForm], act: Act) -> None:
        async def operation(tx: Transaction) -> None:
            for form in forms:
                await tx.execute(_ADD_FORM, form.prefix, form.length_min, form.length_max, act.at)
            for key, digest in keys:
                await _insert(tx, key, digest)
            # The log comes last, for whoever else writes it waits from its first line on.
            await head.write_down_all(
                tx, act, [("key.imported", key.project_id, key.id, _detail_of_new(key)) for key, _ in keys]
            )

        try:
            await self._database.write(operation)
        except UniqueViolation as error:
            raise KeyExists("one of these keys is there already") from error

    async def foreign_forms(self) -> builtins.list[ForeignForm]:
        async def operation(tx: Transaction) -> builtins.list[Row]:
            return await tx.fetch_all(_FORMS)

        return [ForeignForm(row[0], row[1], row[2]) for row in await self._database.read(operation)]

    async def by_digest(self, digest: KeyDigest) -> KnownKey | None:
        async def operation(tx: Transaction) -> tuple[Row, builtins.list[Row]] | None:
            row = await tx.fetch_one(_BY_DIGEST, digest.value, digest.algorithm)
            if row is None:
                return None
            return row, await tx.fetch_all(_ANCESTORS, row[0]) if row[19] is not None else []

        found = await self._database.read(operation, within_seconds=SOON_SECONDS)
        return self._known(*found) if found is not None else None

    async def by_id(self, project_id: str, key_id: str) -> Key | None:
        async def operation(tx: Transaction) -> Row | None:
            return await tx.fetch_one(_BY_ID, key_id, project_id)

        row = await self._database.read(operation)
        return _key(row) if row is not None else None

    async def project_of(self, key_id: str) -> str | None:
        async def operation(tx: Transaction) -> Row | None:
            return await tx.fetch_one(_PROJECT_OF, key_id)

        row = await self._database.read(operation)
        return row[0] if row is not None else None

    async def projects(self, limit: int) -> builtins.list[str]:
        """The first projects that have keys, by name; one step of the index for each, however many keys there are."""

        async def operation(tx: Transaction) -> builtins.list[str]:
            found: builtins.list[str] = []
            while len(found) < limit:
                row = await tx.fetch_one(_NEXT_PROJECT, found[-1] if found else "")
                if row is None or row[0] is None:
                    break
                found.append(row[0])
            return found

        return await self._database.read(operation)

    async def by_digests(self, digests: Sequence[KeyDigest]) -> dict[KeyDigest, Key]:
        async def operation(tx: Transaction) -> dict[KeyDigest, Key]:
            found = {}
            for digest in digests:
                row = await tx.fetch_one(_BY_ANY_DIGEST, digest.value, digest.algorithm)
                if row is not None:
                    found[digest] = _key(row)
            return found

        return await self._database.read(operation)

    async def page(self, project_id: str, wanted: KeyFilter, after: str | None, limit: int) -> KeyPage:
        async def operation(tx: Transaction) -> tuple[builtins.list[Row], Row | None]:
            place = _BEYOND
            if after is not None:
                found = await tx.fetch_one(_CURSOR, after, project_id)
                if found is None or (wanted.mode is not None and found[2] != wanted.mode.value):
                    raise UnknownCursor(after[:64])
                place = (found[0], found[1])
            listing = _listing(wanted, tx.dialect)
            rows = await tx.fetch_all(
                listing.page, project_id, *place, limit + 1, *listing.given, *((SCANNED_MAX,) if listing.scans else ())
            )
            if len(rows) > limit or not listing.scans:
                return rows, None
            return rows, await tx.fetch_one(listing.end, project_id, *place, SCANNED_MAX - 1, *listing.chosen)

        rows, end = await self._database.read(operation)
        keys = [_key(row) for row in rows[:limit]]
        if len(rows) > limit:
            return KeyPage(keys, keys[-1].id)
        return KeyPage(keys, end[0] if end is not None else None)

    async def by_ids(self, project_id: str, key_ids: Collection[str]) -> dict[str, Key]:
        async def operation(tx: Transaction) -> builtins.list[Row]:
            return await tx.fetch_all(_BY_IDS, project_id, msgspec.json.encode(sorted(set(key_ids))).decode())

        return {row[0]: _key(row) for row in await self._database.read(operation)} if key_ids else {}

    async def unused(self, project_id: str, since: int, now: int, limit: int) -> builtins.list[Key]:
        async def operation(tx: Transaction) -> builtins.list[Row]:
            return await tx.fetch_all(_UNUSED, project_id, since, now, SCANNED_MAX, limit)

        return [_key(row) for row in await self._database.read(operation)]

    async def family(self, project_id: str, key_id: str) -> builtins.list[Key]:
        async def operation(tx: Transaction) -> builtins.list[Row]:
            return await tx.fetch_all(_FAMILY, key_id, project_id)

        return [_key(row) for row in await self._database.read(operation)]

    async def revoke(self, project_id: str, key_ids: Sequence[str], act: Act) -> int | None:
        async def operation(tx: Transaction) -> int | None:
            revoked = []
            for key_id in sorted(key_ids):
                if await tx.execute(_REVOKE, act.at, act.by, act.reason, key_id, project_id) == 1:
                    await tx.execute(_DROP_ORIGINS, key_id)
                    revoked.append(key_id)
            if not revoked:
                return None
            await head.write_down_all(tx, act, [("key.revoked", project_id, key_id, {}) for key_id in revoked])
            for key_id in revoked:
                await self._report(tx, KeyEventType.REVOKED, project_id, key_id, act)
            return await self._restrict(tx, act.at, key_ids=revoked)

        return await self._database.write(operation)

    async def set_enabled(self, project_id: str, key_id: str, act: Act, *, enabled: bool) -> int | None:
        async def operation(tx: Transaction) -> int | None:
            if enabled:
                changed = await tx.execute(_ENABLE, key_id, project_id)
            else:
                changed = await tx.execute(_DISABLE, act.at, act.by, act.reason, key_id, project_id)
            if changed == 0:
                return None
            await head.write_down(tx, act, "key.enabled" if enabled else "key.disabled", project_id, key_id)
            type = KeyEventType.ENABLED if enabled else KeyEventType.DISABLED
            await self._report(tx, type, project_id, key_id, act)
            return await self._restrict(tx, act.at, key_ids=[key_id])

        return await self._database.write(operation)

    async def change(self, key: Key, act: Act, changed: Mapping[str, object]) -> int | None:
        async def operation(tx: Transaction) -> int | None:
            limit = key.limit
            written = await tx.execute(
                _CHANGE,
                key.name,
                _words(key.scopes),
                key.expires_at,
                " ".join(key.networks),
                " ".join(key.origins),
                " ".join(key.apps),
                limit.per_second if limit else None,
                limit.burst if limit else None,
                _words(key.report_only),
                _words(key.allow),
                key.external_id,
                _object(key.metadata),
                _words(key.tags),
                key.monthly_quota,
                key.id,
                key.project_id,
            )
            if written == 0:
                return None
            await tx.execute(_DROP_ORIGINS, key.id)
            for origin in key.origins:
                await tx.execute(_ADD_ORIGIN, origin, key.id)
            await head.write_down(tx, act, "key.changed", key.project_id, key.id, **changed)
            # What it made draws on its limit, and remembers that beside its own.
            made = (
                await tx.fetch_all(_DESCENDANTS, key.id, key.project_id)
                if changed.keys() & {"limit", "monthly_quota"}
                else []
            )
            return await self._restrict(tx, act.at, key_ids=[key.id, *(row[0] for row in made)])

        return await self._database.write(operation)

    async def note_exposure(self, key_id: str, act: Act, how: str) -> bool:
        async def operation(tx: Transaction) -> bool:
            if await tx.execute(_EXPOSED, act.at, how, key_id) == 0:
                return False
            row = present(await tx.fetch_one(_PROJECT_OF, key_id), "the key that was changed")
            await head.write_down(tx, act, "key.exposed", row[0], key_id, how=how)
            await self._report(tx, KeyEventType.EXPOSED, row[0], key_id, act)
            return True

        return await self._database.write(operation)

    async def note_canary(self, key_id: str, act: Act, seen: Mapping[str, str], quiet_ms: int) -> bool:
        async def operation(tx: Transaction) -> bool:
            if await tx.execute(_CANARY, act.at, key_id, act.at - quiet_ms) == 0:
                return False
            row = present(await tx.fetch_one(_PROJECT_OF, key_id), "the key that was changed")
            await head.write_down(tx, act, "key.canary_used", row[0], key_id, **seen)
            await self._report(tx, KeyEventType.CANARY_USED, row[0], key_id, act)
            return True

        return await self._database.write(operation)

    async def quarantine(self, project_id: str, key_id: str, act: Act, *, at_most: int, within_ms: int) -> Quarantine:
        async def operation(tx: Transaction) -> int | None:
            # The key's row first and the head after it, as in every change: so nobody waits in a circle.
            if await tx.execute(_DISABLE, act.at, act.by, act.reason, key_id, project_id) == 0:
                return None
            await head.write_down(tx, act, "key.disabled", project_id, key_id)
            # From here on no other process counts at the same time.
            since = act.at - within_ms
            lately = present(await tx.fetch_one(_QUARANTINED, since), "a count of quarantines")
            if lately[0] >= at_most:
                raise _HeldBack
            await tx.execute(_FORGET_QUARANTINES, since)
            await tx.execute(_QUARANTINE, act.at, key_id)
            await self._report(tx, KeyEventType.DISABLED, project_id, key_id, act)
            return await self._restrict(tx, act.at, key_ids=[key_id])

        try:
            return Quarantine(await self._database.write(operation))
        except _HeldBack:
            return Quarantine(None, held_back=True)

    async def set_suspended(self, project_id: str, act: Act, *, suspended: bool) -> int | None:
        async def operation(tx: Transaction) -> int | None:
            if suspended:
                changed = await tx.execute(_SUSPEND, project_id, act.at, act.by, act.reason)
            else:
                changed = await tx.execute(_RESUME, project_id)
            if changed == 0:
                return None
            await head.write_down(tx, act, "project.suspended" if suspended else "project.resumed", project_id, None)
            return await self._restrict(tx, act.at, project_id=project_id)

        return await self._database.write(operation)

    async def customer_quota(self, project_id: str, mode: Mode, external_id: str) -> int | None:
        async def operation(tx: Transaction) -> Row | None:
            return await tx.fetch_one(_CUSTOMER_QUOTA, project_id, mode.value, external_id)

        row = await self._database.read(operation)
        return row[0] if row is not None else None

    async def set_customer_quota(
        self, project_id: str, mode: Mode, external_id: str, monthly_quota: int | None, act: Act
    ) -> int:
        async def operation(tx: Transaction) -> int:
            whose = (project_id, mode.value, external_id)
            if monthly_quota is None:
                await tx.execute(_DROP_CUSTOMER_QUOTA, *whose)
            else:
                await tx.execute(_SET_CUSTOMER_QUOTA, *whose, monthly_quota)
            detail = {"mode": mode.value, "external_id": external_id, "monthly_quota": monthly_quota}
            await head.write_down(tx, act, "customer.quota_set", project_id, None, **detail)
            return await self._restrict(tx, act.at, project_id=project_id)

        return await self._database.write(operation)

    async def is_suspended(self, project_id: str) -> bool:
        async def operation(tx: Transaction) -> bool:
            return await tx.fetch_one(_SUSPENDED, project_id) is not None

        return await self._database.read(operation)

    async def add_secret(self, project_id: str, key_id: str, secret: NewSecret, act: Act) -> int | None:
        async def operation(tx: Transaction) -> int | None:
            await tx.fetch_one(head.LOCK)  # two rotations at once would count the same number
            row = await tx.fetch_one(_NUMBERS, key_id, project_id)
            if row is None or row[0] is None or row[1]:
                return None
            number = row[0] + 1
            if secret.active and secret.overlap_ms == 0:
                await _end_before(tx, act.at, 0, key_id, number)
            have = present(await tx.fetch_one(_COUNT_SECRETS, key_id), "a count of secrets")[0]
            if have >= SECRETS_MAX:
                have -= await tx.execute(_FORGET_SECRETS, key_id, act.at, have - SECRETS_MAX + 1)
            if have >= SECRETS_MAX:
                raise too_many_secrets(key_id)
            await tx.execute(
                _INSERT_TEXT,
                secret.digest.value,
                secret.digest.algorithm,
                key_id,
                number,
                secret.prefix,
                secret.last_four,
                act.at,
                act.at if secret.active else None,
                secret.overlap_ms,
                secret.public.text if secret.public is not None else None,
            )
            if secret.active and secret.overlap_ms:
                await _end_before(tx, act.at, secret.overlap_ms, key_id, number)
            await head.write_down(
                tx,
                act,
                "key.rotated",
                project_id,
                key_id,
                secret=number,
                activation="at once" if secret.active else "on first use",
                overlapSeconds=secret.overlap_ms // 1_000,
            )
            return await self._restrict(tx, act.at, key_ids=[key_id])

        try:
            return await self._database.write(operation)
        except UniqueViolation as error:
            raise KeyExists("a key with this text is already there") from error

    async def withdraw_secret(self, project_id: str, key_id: str, act: Act) -> int | None:
        async def operation(tx: Transaction) -> int | None:
            if await tx.execute(_WITHDRAW, key_id, project_id, act.at) == 0:
                return None
            await head.write_down(tx, act, "key.rotation_withdrawn", project_id, key_id)
            return await self._restrict(tx, act.at, key_ids=[key_id])

        return await self._database.write(operation)

    async def activate(self, key_id: str, number: int, act: Act) -> int | None:
        async def operation(tx: Transaction) -> int | None:
            pending = await tx.fetch_one(_PENDING, key_id, number)
            if pending is None or await tx.execute(_ACTIVATE, act.at, key_id, number) == 0:
                return None
            await _end_before(tx, act.at, pending[0], key_id, number)
            row = present(await tx.fetch_one(_PROJECT_OF, key_id), "the key that was changed")
            await head.write_down(tx, act, "key.rotation_activated", row[0], key_id, secret=number)
            return await self._restrict(tx, act.at, key_ids=[key_id])

        return await self._database.write(operation, within_seconds=SOON_SECONDS)

    async def end_earlier_secrets(self, project_id: str, key_id: str, act: Act) -> int | None:
        async def operation(tx: Transaction) -> int | None:
            row = await tx.fetch_one(_NEWEST_ACTIVE, key_id, project_id)
            if row is None or row[0] is None or await _end_before(tx, act.at, 0, key_id, row[0]) == 0:
                return None
            await head.write_down(tx, act, "key.rotation_finished", project_id, key_id, secret=row[0])
            return await self._restrict(tx, act.at, key_ids=[key_id])

        return await self._database.write(operation)

    async def secrets(self, project_id: str, key_id: str) -> builtins.list[SecretState]:
        async def operation(tx: Transaction) -> builtins.list[Row]:
            return await tx.fetch_all(_SECRETS, key_id, project_id)

        return [
            SecretState(
                number=row[0],
                prefix=row[1],
                last_four=row[2],
                created_at=row[3],
                active_at=row[4],
                ends_at=row[5],
                last_used_at=row[6],
                last_used_address=row[7],
                last_used_agent=row[8],
                last_used_path=row[9],
                public=PublicText(row[10]) if row[10] is not None else None,
            )
            for row in await self._database.read(operation)
        ]

    async def touch(self, used: Mapping[tuple[str, int], Use]) -> None:
        async def operation(tx: Transaction) -> None:
            # In the order of the ids, so that two processes never wait for each other in a circle.
            for (key_id, number), use in sorted(used.items()):
                await tx.execute(_TOUCH, use.at, use.address, use.agent, use.path, key_id, number)

        await self._database.write(operation)

    async def standing_keys(self, project_id: str) -> dict[tuple[str, str], str]:
        async def operation(tx: Transaction) -> builtins.list[Row]:
            return await tx.fetch_all(_STANDING_KEYS, project_id)

        return {(row[0], row[1]): row[2] for row in await self._database.read(operation)}

    async def set_standing_key(self, project_id: str, mode: str, kind: str, key_id: str) -> bool:
        async def operation(tx: Transaction) -> bool:
            return await tx.execute(_SET_STANDING_KEY, project_id, mode, kind, key_id) == 1

        return await self._database.write(operation)

    async def knows_origin(self, patterns: Sequence[str]) -> bool:
        async def operation(tx: Transaction) -> bool:
            for pattern in patterns:  # three at most
                if await tx.fetch_one(_KNOWS_ORIGIN, pattern) is not None:
                    return True
            return False

        return await self._database.read(operation, within_seconds=SOON_SECONDS)

    async def keep_client_secret(
        self, digest: KeyDigest, *, project_id: str, mode: str, key_id: str, object_id: str, at: int
    ) -> None:
        async def operation(tx: Transaction) -> None:
            await keep_client_secret(
                tx, digest, project_id=project_id, mode=mode, key_id=key_id, object_id=object_id, at=at
            )

        await self._database.write(operation)

    async def opens(self, digest: KeyDigest, *, project_id: str, mode: str, object_id: str) -> bool:
        async def operation(tx: Transaction) -> bool:
            return await tx.fetch_one(_OPENS, digest.value, project_id, mode, object_id) is not None

        return await self._database.read(operation, within_seconds=SOON_SECONDS)

    async def expiring(self, before: int, days: int, limit: int) -> builtins.list[Key]:
        async def operation(tx: Transaction) -> builtins.list[Row]:
            return await tx.fetch_all(_EXPIRING, before, days, limit)

        return [_key(row) for row in await self._database.read(operation)]

    async def emit_expiry(self, key: Key, days: int, act: Act, *, quietly: bool = False) -> bool:
        if self._events is None:
            return False  # whoever else works on this database may have somebody to tell

        async def operation(tx: Transaction) -> bool:
            if not await note_expiry_emitted(tx, key.id, days):
                return False
            if not quietly:
                type = KeyEventType.EXPIRING if days else KeyEventType.EXPIRED
                await self._report(tx, type, key.project_id, key.id, act)
            return True

        return await self._database.write(operation)

    async def audit(self, after: int, limit: int) -> builtins.list[AuditEntry]:
        return await self._database.read(lambda tx: head.lines_after(tx, after, limit))

    async def audit_end(self) -> tuple[int, str]:
        return await self._database.read(head.last_line)

    async def audit_of(
        self, project_id: str | None, key_id: str | None, before: int | None, limit: int
    ) -> builtins.list[AuditEntry]:
        return await self._database.read(lambda tx: head.lines_of(tx, project_id, key_id, before, limit))

    async def _report(self, tx: Transaction, type: KeyEventType, project_id: str, key_id: str, act: Act) -> None:
        if self._events is None:
            return
        row = present(await tx.fetch_one(_BY_ID, key_id, project_id), "the key that an event is about")
        await self._events.emit(tx, KeyEvent(type, _key(row), act))

    async def _restrict(
        self, tx: Transaction, at: int, *, key_ids: Sequence[str] = (), project_id: str | None = None
    ) -> int:
        epoch = await head.restrict(tx, at, key_ids=key_ids, project_id=project_id)
        tx.after_commit(self._wake_listeners)
        return epoch

    def _known(self, row: Row, ancestors: Sequence[Row]) -> KnownKey:
        terms = Terms(
            project_id=row[1],
            mode=Mode(row[2]),
            kind=Kind(row[3]),
            scopes=frozenset(row[4].split()),
            networks=tuple(row[8].split()),
            origins=tuple(row[9].split()),
            apps=tuple(row[10].split()),
            limit=Limit(row[11], row[12]) if row[11] is not None else None,
            report_only=frozenset(row[13].split()),
            canary=bool(row[14]),
            allow=frozenset(row[20].split()),
            external_id=row[21],
            metadata=_pairs(row[22]),
            monthly_quota=row[23],
            customer_quota=row[24],
        )
        if len(self._terms) >= TERMS_MAX:
            self._terms.clear()
        kind = PendingKey if row[16] is None and row[17] is None else KnownKey
        return kind(
            row[0],
            self._terms.setdefault(terms, terms),
            _status(row[5], row[7]),
            row[6],
            row[17],
            row[15],
            row[18] is not None,
            tuple(Ancestor(one[0], Limit(one[1], one[2]) if one[1] is not None else None, one[3]) for one in ancestors),
        )


async def _end_before(tx: Transaction, at: int, overlap_ms: int, key_id: str, number: int) -> int:
    """End a key's secrets before this one, once the overlap has passed; how many that changes."""
    if overlap_ms == 0:
        return await tx.execute(_END_AT_ONCE, at, key_id, number)
    return await tx.execute(_END_BEFORE, at + overlap_ms, key_id, number)


async def _insert(tx: Transaction, key: Key, digest: KeyDigest, public: PublicText | None = None) -> None:
    """Keep a key and its first secret."""
    limit = key.limit
    await tx.execute(
        _INSERT,
        key.id,
        key.project_id,
        key.mode.value,
        key.kind.value,
        key.name,
        key.format,
        _words(key.scopes),
        key.created_at,
        key.created_by,
        key.parent_id,
        int(key.imported),
        int(key.canary),
        key.expires_at,
        " ".join(key.networks),
        " ".join(key.origins),
        " ".join(key.apps),
        limit.per_second if limit else None,
        limit.burst if limit else None,
        _words(key.report_only),
        _words(key.allow),
        key.external_id,
        _object(key.metadata),
        _words(key.tags),
        key.monthly_quota,
    )
    await tx.execute(
        _INSERT_TEXT,
        digest.value,
        digest.algorithm,
        key.id,
        1,
        key.prefix,
        key.last_four,
        key.created_at,
        key.created_at,
        0,
        public.text if public is not None else None,
    )
    for origin in key.origins:
        await tx.execute(_ADD_ORIGIN, origin, key.id)


def _detail_of_new(key: Key) -> dict[str, object]:
    """What the audit log says of a new key."""
    detail: dict[str, object] = {
        "name": key.name,
        "mode": key.mode.value,
        "kind": key.kind.value,
        "scopes": sorted(key.scopes),
    }
    if key.allow:
        detail["allow"] = sorted(key.allow)
    return detail | ({"parent": key.parent_id} if key.parent_id is not None else {})


async def keep_client_secret(
    tx: Transaction, digest: KeyDigest, *, project_id: str, mode: str, key_id: str, object_id: str, at: int
) -> None:
    """Remember what opens an object, in the transaction that makes it."""
    await tx.execute(_KEEP_OPENER, digest.value, project_id, mode, object_id, key_id, at)


async def note_expiry_emitted(tx: Transaction, key_id: str, days: int) -> bool:
    """Record that the event for this number of days was emitted, in the same transaction; False if they had been."""
    return await tx.execute(_EXPIRY_TOLD, days, key_id) == 1


class _Listing(NamedTuple):
    """How to find a page.

    Attributes:
        page: the statement; its parameters are the project, the place, one key more than the page has, ``given`` and,
            where it ``scans``, how many keys are looked at.
        end: where the keys that were looked at end; its parameters are the project, the place, their number less one
            and ``chosen``.
    """

    page: str
    end: str
    given: tuple[str | int, ...]
    chosen: tuple[str | int, ...]
    scans: bool


def _listing(wanted: KeyFilter, dialect: Dialect) -> _Listing:
    equal = [
        (column, name, str(value))
        for column, name, value in (
            ("a.external_id", "external_id", wanted.external_id),
            (_STATUS, "status", wanted.status),
            ("a.kind", "kind", wanted.kind),
            ("a.mode", "mode", wanted.mode),
        )
        if value is not None
    ]
    index, rest = (f" AND {equal[0][0]} = $5", equal[1:]) if equal else ("", equal)
    chosen: tuple[str | int, ...] = (equal[0][2],) if equal else ()
    given = [*chosen]
    conditions = []
    for _, name, value in rest:
        given.append(value)
        conditions.append(f"w.{name} = ${len(given) + 4}")
    if wanted.name is not None:
        given.append(ascii_lower(wanted.name))
        conditions.append(getattr(_IS_NAMED, dialect).format(f"${len(given) + 4}"))
    if wanted.unused_since is not None:
        given.append(wanted.unused_since)
        conditions.append(_IS_UNUSED.format(f"${len(given) + 4}"))
    if wanted.tag is not None:
        given.append(f" {wanted.tag} ")
        conditions.append(getattr(_IS_TAGGED, dialect).format(f"${len(given) + 4}"))
    if wanted.expiring is not None:
        given += wanted.expiring
        conditions.append(f"w.expires_at > ${len(given) + 3} AND w.expires_at <= ${len(given) + 4}")
    end = f"SELECT a.id FROM api_keys a WHERE {_PLACE}{index} {_NEWEST_FIRST} LIMIT 1 OFFSET $4"
    if not conditions:
        inner = f"SELECT a.id FROM api_keys a WHERE {_PLACE}{index} {_NEWEST_FIRST} LIMIT $4"
    else:
        walked = (
            f"SELECT a.id, a.created_at, a.mode, a.kind, {_STATUS} AS status, a.name, a.canary, a.tags, a.expires_at "
            f"FROM api_keys a WHERE {_PLACE}{index} {_NEWEST_FIRST} LIMIT ${len(given) + 5}"
        )
        inner = (
            f"SELECT w.id FROM ({walked}) w WHERE {' AND '.join(conditions)} "
            "ORDER BY w.created_at DESC, w.id DESC LIMIT $4"
        )
    page = f"{_KEYS} WHERE k.id IN ({inner}) ORDER BY k.created_at DESC, k.id DESC"
    return _Listing(page, end, tuple(given), chosen, bool(conditions))


def _words(names: frozenset[str]) -> str:
    return " ".join(sorted(names))


def _object(pairs: tuple[tuple[str, str], ...]) -> str:
    return msgspec.json.encode(dict(pairs)).decode()


def _pairs(kept: str) -> tuple[tuple[str, str], ...]:
    # Nearly all keys have none.
    return tuple(msgspec.json.decode(kept, type=dict[str, str]).items()) if kept != "{}" else ()


def _status(kept: str, disabled_at: int | None) -> Status:
    if kept == Status.ACTIVE.value and disabled_at is not None:
        return Status.DISABLED
    return Status(kept)


def _key(row: Row) -> Key:
    return Key(
        id=row[0],
        project_id=row[1],
        mode=Mode(row[2]),
        kind=Kind(row[3]),
        name=row[4],
        format=row[5],
        prefix=row[6],
        last_four=row[7],
        scopes=frozenset(row[8].split()),
        status=_status(row[9], row[19]),
        created_at=row[10],
        created_by=row[11],
        parent_id=row[12],
        imported=bool(row[13]),
        canary=bool(row[14]),
        expires_at=row[15],
        revoked_at=row[16],
        revoked_by=row[17],
        revoked_reason=row[18],
        disabled_at=row[19],
        disabled_by=row[20],
        disabled_reason=row[21],
        networks=tuple(row[22].split()),
        origins=tuple(row[23].split()),
        apps=tuple(row[24].split()),
        limit=Limit(row[25], row[26]) if row[25] is not None else None,
        report_only=frozenset(row[27].split()),
        exposed_at=row[28],
        exposed_how=row[29],
        last_used_at=row[30],
        project_suspended=row[31] is not None,
        allow=frozenset(row[32].split()),
        external_id=row[33],
        metadata=_pairs(row[34]),
        tags=frozenset(row[35].split()),
        monthly_quota=row[36],
    )
