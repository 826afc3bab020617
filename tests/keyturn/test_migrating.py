"""Keys that were made before there were gates, kinds and rotation go on as they were."""

from typing import Any

import pytest

from keyturn import NATIVE, Kind, Limit, Mode, RefusalReason, Status, generate
from keyturn.database import Database, migrate, open_database
from keyturn.insight.audit import broken_at
from keyturn.keys.listing import every_key
from keyturn.stores.sql import SqlKeyStore, migrations
from tests.key_harness import KeyHarness
from tests.makers import execute, one, rows

pytestmark = pytest.mark.anyio

# How 0001 and 0002 kept a key.
OLD = (
    "INSERT INTO api_keys (id, project_id, mode, name, format, digest_algorithm, digest, prefix, last_four, scopes, "
    "status, created_at, created_by, expires_at, revoked_at, revoked_by, last_used_at, disabled_at, disabled_by, "
    "networks, rate_per_second, rate_burst) VALUES "
    "($1, 'prj_a', $2, $1, 'native', 'sha256', $3, $4, $5, 'links:read', $6, 1000, 'user:1', $7, $8, $9, $10, $11, "
    "$12, $13, $14, $15)"
)


async def keep_as_before(database: Database, name: str, mode: Mode = Mode.TEST, **old: Any) -> str:
    """A key as an older version wrote it; its text."""
    secret = generate(NATIVE, Kind.SECRET, mode)
    names = ("expires_at", "revoked_at", "revoked_by", "last_used_at", "disabled_at", "disabled_by")
    await execute(
        database,
        OLD,
        name,
        mode.value,
        secret.digest().value,
        secret.prefix,
        secret.last_four,
        old.get("status", "active"),
        *(old.get(column) for column in names),
        old.get("networks", ""),
        old.get("rate_per_second"),
        old.get("rate_burst"),
    )
    return secret.reveal()


async def test_keys_that_keys_have_made_know_the_first_of_them(database_url: str) -> None:
    """As far down as a chain goes, through revoked ones too, on both databases."""
    before = "SELECT id, parent_id FROM api_keys ORDER BY id"
    line = (
        "INSERT INTO api_keys (id, project_id, mode, kind, name, format, scopes, status, created_at, created_by, "
        "parent_id, imported, canary, networks, origins, apps, report_only) VALUES ($1, 'prj_a', 'test', 'secret', $1, "
        "'native', 'links:read', $2, 1000, 'user:1', $3, 0, 0, '', '', '', '')"
    )
    text = (
        "INSERT INTO key_secrets (digest, digest_algorithm, key_id, number, prefix, last_four, created_at, active_at, "
        "overlap_ms) VALUES ($1, 'sha256', $2, 1, 'ck_test_', 'wxyz', 1000, 1000, 0)"
    )
    made = {"root": None, "child": "root", "gone": "root", "grandchild": "gone", "last": "grandchild", "other": None}
    database = await open_database(database_url)
    try:
        await migrate(database, migrations()[:13], now=0)
        for name, parent in made.items():
            await execute(database, line, name, "revoked" if name == "gone" else "active", parent)
            await execute(database, text, name.encode().ljust(32), name)
        assert {row[0]: row[1] for row in await rows(database, before)} == made
        await migrate(database, migrations(), now=0)
        firsts = {row[0]: row[1] for row in await rows(database, "SELECT id, first_id FROM api_keys")}
        assert firsts == {name: "root" if parent else None for name, parent in made.items()}
        store = SqlKeyStore(database)
        found = {name: {key.id for key in await store.family("prj_a", name)} for name in made}
        assert found["root"] == {"child", "grandchild", "last"}
        assert (found["gone"], found["last"], found["other"]) == ({"grandchild", "last"}, set(), set())
    finally:
        await database.close()


async def test_keys_of_the_first_schema_work_on_as_they_were(database_url: str) -> None:
    """The same text opens the same; what was revoked, disabled, bound or limited still is, and everything that came
    later can be done to it."""
    database = await open_database(database_url)
    try:
        assert [step.number for step in await migrate(database, migrations()[:2], now=0)] == [1, 2]
        texts = {
            "plain": await keep_as_before(
                database, "plain", Mode.LIVE, last_used_at=1_500, expires_at=9_999_999_999_999
            ),
            "revoked": await keep_as_before(
                database, "revoked", status="revoked", revoked_at=2_000, revoked_by="user:2"
            ),
            "disabled": await keep_as_before(database, "disabled", disabled_at=2_000, disabled_by="user:2"),
            "bound": await keep_as_before(
                database, "bound", networks="203.0.113.0/24", rate_per_second=0.5, rate_burst=3
            ),
        }
        assert await migrate(database, migrations(), now=0) == migrations()[2:]

        store = SqlKeyStore(database)
        context = KeyHarness(store)
        reasons = {name: await context.reason(f"Bearer {text}", address="203.0.113.9") for name, text in texts.items()}
        assert reasons == {
            "plain": None,
            "revoked": RefusalReason.REVOKED,
            "disabled": RefusalReason.DISABLED,
            "bound": None,
        }
        assert await context.reason(f"Bearer {texts['bound']}", address="8.8.8.8") is RefusalReason.ADDRESS_NOT_ALLOWED

        keys = {key.id: key for key in await every_key(store, "prj_a")}
        assert {key.kind for key in keys.values()} == {Kind.SECRET}
        plain, revoked, disabled, bound = (keys[name] for name in texts)
        assert (plain.mode, plain.last_used_at, plain.expires_at) == (Mode.LIVE, 1_500, 9_999_999_999_999)
        assert plain.masked == f"{texts['plain'][:14]}…{texts['plain'][-4:]}"
        assert (plain.created_at, plain.created_by, plain.scopes) == (1_000, "user:1", {"links:read"})
        assert (revoked.status, revoked.revoked_at, revoked.revoked_by) == (Status.REVOKED, 2_000, "user:2")
        assert (disabled.status, disabled.disabled_at, disabled.disabled_by) == (Status.DISABLED, 2_000, "user:2")
        assert (bound.networks, bound.limit) == (("203.0.113.0/24",), Limit(0.5, 3))

        rotated = await context.issuer.rotate(project_id="prj_a", key_id="plain", by="user:3")
        assert await context.reason(f"Bearer {rotated.secret.reveal()}") is None
        assert [secret.number for secret in await store.secrets("prj_a", "plain")] == [2, 1]
        assert broken_at(await store.audit(0, 10)) is None
        assert await one(database, "SELECT COUNT(*) FROM key_secrets") == len(texts) + 1
    finally:
        await database.close()
