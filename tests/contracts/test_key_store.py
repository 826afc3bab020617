"""What every store of keys promises: the one in memory, and the SQL one on both databases."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from keyturn import Key, KeyDigest, KeyStore, Limit, Mode, Status
from keyturn.stores.memory import MemoryKeyStore
from keyturn.stores.sql import SqlKeyStore, migrations
from tests.makers import settle
from unitofwork import UniqueViolation, migrate, open_database

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, anyio_backend: object) -> AsyncIterator[KeyStore]:
    """An empty store."""
    if request.param == "memory":
        yield MemoryKeyStore()
        return
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database_url")
    else:
        url = f"sqlite:///{request.getfixturevalue('tmp_path') / 'keys.db'}"
    database = await open_database(url)
    try:
        await migrate(database, migrations(), now=0)
        yield SqlKeyStore(database)
    finally:
        await database.close()


def key(name: str, *, project: str = "prj_a", mode: Mode = Mode.TEST, created_at: int = 1_000) -> Key:
    return Key(
        id=f"key_{name}",
        project_id=project,
        mode=mode,
        name=name,
        format="native",
        prefix="ck_test_abc123",
        last_four="wxyz",
        scopes=frozenset({"links:read", "sessions:write"}),
        status=Status.ACTIVE,
        created_at=created_at,
        created_by="user:usr_1",
        expires_at=5_000,
    )


def digest(name: str) -> KeyDigest:
    return KeyDigest("sha256", name.encode().ljust(32, b"."))


async def put(store: KeyStore, *keys: Key) -> None:
    for one in keys:
        await store.insert(one, digest(one.name))


async def test_a_key_is_found_as_it_was_kept(store: KeyStore) -> None:
    """By digest and by id comes back every field that went in."""
    kept = key("a")
    await put(store, kept, key("b", mode=Mode.LIVE))
    assert await store.by_digest(digest("a")) == kept
    assert await store.by_id("prj_a", "key_a") == kept


async def test_an_unknown_digest_or_id_finds_nothing(store: KeyStore) -> None:
    """Nothing is None. A digest of another algorithm is another digest."""
    await put(store, key("a"))
    assert await store.by_digest(digest("b")) is None
    assert await store.by_digest(KeyDigest("blake2", digest("a").value)) is None
    assert await store.by_id("prj_a", "key_b") is None


async def test_a_key_belongs_to_its_project(store: KeyStore) -> None:
    """Another project can neither see nor revoke it, with its id in hand."""
    await put(store, key("a", project="prj_a"))
    assert await store.by_id("prj_b", "key_a") is None
    assert await store.list("prj_b", None) == []
    assert await store.revoke("prj_b", "key_a", at=2_000, by="user:thief") is False
    found = await store.by_id("prj_a", "key_a")
    assert found is not None
    assert found.status is Status.ACTIVE


async def test_keys_are_listed_newest_first_and_by_mode(store: KeyStore) -> None:
    """By creation, whatever the order in which they were written; of one mode where that is asked for."""
    await put(
        store,
        key("second", created_at=2_000),
        key("first", created_at=1_000),
        key("third", created_at=3_000, mode=Mode.LIVE),
        key("elsewhere", project="prj_b"),
    )
    assert [one.name for one in await store.list("prj_a", None)] == ["third", "second", "first"]
    assert [one.name for one in await store.list("prj_a", "test")] == ["second", "first"]
    assert [one.name for one in await store.list("prj_a", "live")] == ["third"]


async def test_an_id_or_a_digest_is_kept_once(store: KeyStore) -> None:
    """A second key with the same id or the same digest is refused, and the first one stands."""
    first = key("a")
    await store.insert(first, digest("a"))
    with pytest.raises(UniqueViolation):
        await store.insert(first, digest("b"))
    with pytest.raises(UniqueViolation):
        await store.insert(key("b"), digest("a"))
    assert await store.list("prj_a", None) == [first]


async def test_revoking_moves_an_active_key_and_says_so_once(store: KeyStore) -> None:
    """The first revocation stands, with its instant and its actor; a second changes nothing."""
    await put(store, key("a"))
    assert await store.revoke("prj_a", "key_a", at=2_000, by="user:first") is True
    assert await store.revoke("prj_a", "key_a", at=3_000, by="user:second") is False
    found = await store.by_digest(digest("a"))
    assert found == msgspec.structs.replace(key("a"), status=Status.REVOKED, revoked_at=2_000, revoked_by="user:first")


async def test_of_many_revocations_at_once_one_counts(store: KeyStore) -> None:
    """Status moves by a conditional update: exactly one caller is told that it did it."""
    await put(store, key("a"))
    done = await settle(*(store.revoke("prj_a", "key_a", at=2_000 + n, by=f"user:{n}") for n in range(30)))
    assert sorted(done.answers) == [False] * 29 + [True]
    found = await store.by_id("prj_a", "key_a")
    assert found is not None
    assert found.revoked_by == f"user:{(found.revoked_at or 0) - 2_000}"


async def test_last_use_moves_forward_only(store: KeyStore) -> None:
    """A late writer with an older instant changes nothing; unknown ids are passed over."""
    await put(store, key("a"), key("b"))
    await store.touch({"key_a": 2_000, "key_unknown": 2_000})
    await store.touch({"key_a": 1_500, "key_b": 1_500})
    assert [one.last_used_at for one in sorted(await store.list("prj_a", None), key=lambda one: one.id)] == [
        2_000,
        1_500,
    ]
    await store.touch({"key_a": 2_001})
    found = await store.by_id("prj_a", "key_a")
    assert found == msgspec.structs.replace(key("a"), last_used_at=2_001)


async def test_bookkeeping_writes_its_own_column_only(store: KeyStore) -> None:
    """Noting a use, before, after or while a key is revoked, never brings it back."""
    await put(store, key("a"))
    await asyncio.gather(
        *(store.touch({"key_a": 2_000 + n}) for n in range(20)),
        store.revoke("prj_a", "key_a", at=2_010, by="user:1"),
        *(store.touch({"key_a": 2_020 + n}) for n in range(20)),
    )
    await store.touch({"key_a": 9_000})
    found = await store.by_id("prj_a", "key_a")
    assert found == msgspec.structs.replace(
        key("a"), status=Status.REVOKED, revoked_at=2_010, revoked_by="user:1", last_used_at=9_000
    )


async def test_touching_nothing_is_nothing(store: KeyStore) -> None:
    """An empty buffer may be written."""
    await store.touch({})


async def test_a_key_is_switched_off_and_on(store: KeyStore) -> None:
    """Each switch changes the key once, remembers who switched it off, and forgets it when it is on again."""
    await put(store, key("a"))
    assert await store.set_enabled("prj_a", "key_a", enabled=False, at=7, by="user:1")
    assert not await store.set_enabled("prj_a", "key_a", enabled=False, at=8, by="user:2")
    off = await store.by_digest(digest("a"))
    assert off is not None
    assert (off.status, off.disabled_at, off.disabled_by) == (Status.DISABLED, 7, "user:1")
    assert await store.set_enabled("prj_a", "key_a", enabled=True, at=9, by="user:1")
    assert not await store.set_enabled("prj_a", "key_a", enabled=True, at=9, by="user:1")
    assert await store.by_digest(digest("a")) == key("a")


async def test_a_revoked_key_is_neither_switched_nor_changed(store: KeyStore) -> None:
    """Revoking works on a key that is off, and nothing brings it back."""
    await put(store, key("a"))
    await store.set_enabled("prj_a", "key_a", enabled=False, at=7, by="user:1")
    assert await store.revoke("prj_a", "key_a", at=8, by="user:1")
    assert not await store.set_enabled("prj_a", "key_a", enabled=True, at=9, by="user:1")
    assert not await store.change(key("a"))
    gone = await store.by_id("prj_a", "key_a")
    assert gone is not None
    assert gone.status is Status.REVOKED


async def test_what_narrows_a_key_is_kept_and_changed(store: KeyStore) -> None:
    """Name, scopes, expiry, networks and limit come back as written; the rest of the key is left alone."""
    kept = msgspec.structs.replace(key("a"), networks=("203.0.113.0/24", "2001:db8::/32"), limit=Limit(0.5, 3))
    await put(store, kept)
    assert await store.by_digest(digest("a")) == kept
    changed = msgspec.structs.replace(
        kept, name="b", scopes=frozenset({"links:read"}), expires_at=None, networks=(), limit=None
    )
    assert await store.change(msgspec.structs.replace(changed, status=Status.REVOKED, prefix="ck_live_other0"))
    assert await store.by_digest(digest("a")) == changed
    assert not await store.change(msgspec.structs.replace(changed, project_id="prj_b"))
