"""Issue, verify, use, revoke: the life of a key over a store."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from keyturn import (
    NATIVE,
    InvalidExpiry,
    InvalidKeyName,
    InvalidScope,
    KeyNotFound,
    KeyWish,
    Kind,
    LastUsed,
    Mode,
    Need,
    RefusalReason,
    Status,
    Use,
    Verified,
    generate,
    revoke,
)
from keyturn.database import migrate, open_database
from keyturn.keys.listing import KeyFilter, every_key
from keyturn.stores.memory import MemoryKeyStore
from keyturn.stores.sql import SqlKeyStore, migrations
from tests.key_harness import READ, KeyHarness, bearer
from tests.postgres import PostgresServer

pytestmark = pytest.mark.anyio


@pytest.fixture
def context() -> KeyHarness:
    return KeyHarness()


async def test_a_new_key_opens_what_it_was_made_for(context: KeyHarness) -> None:
    """Who holds the text is admitted where a granted scope is asked for; the key's own data comes back."""
    issued = await context.issue("links:read")
    verified = await context.verify(bearer(issued))
    assert isinstance(verified, Verified)
    assert (verified.key.id, verified.key.terms, verified.reported) == (issued.key.id, issued.key.terms, ())
    assert await context.reason(bearer(issued), Need("links:write")) is RefusalReason.SCOPE_MISSING
    assert await context.reason(bearer(issued), None) is None


async def test_a_new_key_says_who_made_it_and_what_may_be_shown(context: KeyHarness) -> None:
    """All but the text: prefix, last four, scopes, mode, actor and instant."""
    issued = await context.issue("links:read", name="  shop backend ", mode=Mode.LIVE)
    key, text = issued.key, issued.secret.reveal()
    assert (key.name, key.mode, key.status, key.format) == ("shop backend", Mode.LIVE, Status.ACTIVE, "native")
    assert (key.created_at, key.created_by) == (context.clock.at, "user:1")
    assert key.masked == f"{text[:14]}…{text[-4:]}"
    assert text[14:-4] not in repr(key)
    assert await every_key(context.store, "prj_a", KeyFilter(mode=Mode.LIVE)) == [key]


@pytest.mark.spec("crypto-checkout R3", "crypto-checkout R10", "crypto-checkout R49")
@pytest.mark.parametrize(
    ("carried", "reason"),
    [
        (None, RefusalReason.MISSING),
        ("", RefusalReason.MISSING),
        ("   ", RefusalReason.MISSING),
        ("Bearer", RefusalReason.MALFORMED),
        ("Bearer ", RefusalReason.MALFORMED),
        ("{key}", RefusalReason.MALFORMED),
        ("Basic {key}x", RefusalReason.MALFORMED),
        ("Token {key}", RefusalReason.MALFORMED),
        ("Bearer {key} {key}", RefusalReason.MALFORMED),
        ("Bearer {key},Bearer {key}", RefusalReason.MALFORMED),
        ("Bearer\t{key}", RefusalReason.MALFORMED),
        ('Bearer "{key}"', RefusalReason.MALFORMED),
        ("Bearer {key}x", RefusalReason.MALFORMED),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln", RefusalReason.MALFORMED),
        ("Bearer ключ", RefusalReason.MALFORMED),
        ("Bearer {other}", RefusalReason.UNKNOWN),
        ("Bearer {key}", None),
        ("bearer {key}", None),
        ("BEARER  {key} ", None),
    ],
)
async def test_the_header_carries_one_whole_key(
    carried: str | None, reason: RefusalReason | None, context: KeyHarness
) -> None:
    """``Authorization: Bearer <key>`` (RFC 6750), the scheme in any case; no unknown scheme, no other
    kind of token."""
    issued = await context.issue()
    other = generate(NATIVE, Kind.SECRET, Mode.TEST).reveal()
    header = None if carried is None else carried.format(key=issued.secret.reveal(), other=other)
    assert await context.reason(header) is reason


async def test_a_malformed_key_costs_no_look_at_the_store() -> None:
    """Sprayed junk is refused by its form alone."""

    class Untouchable(MemoryKeyStore):
        async def by_digest(self, digest: object) -> None:  # type: ignore[override]
            raise AssertionError("the store was asked")

    context = KeyHarness(Untouchable())
    assert await context.reason("Bearer ck_live_" + "a" * 32) is RefusalReason.MALFORMED
    with pytest.raises(AssertionError):
        await context.reason(f"Bearer {generate(NATIVE, Kind.SECRET, Mode.TEST).reveal()}")


@pytest.mark.spec("crypto-checkout R51", "crypto-checkout R68")
async def test_a_revoked_key_is_refused_from_then_on(context: KeyHarness) -> None:
    """At once, for ever, and whatever is asked for."""
    issued = await context.issue()
    assert await context.reason(bearer(issued)) is None
    revocation = await revoke(context.store, context.clock, project_id="prj_a", key_id=issued.key.id, by="user:2")
    assert (revocation.already, revocation.key.status, revocation.key.revoked_by) == (False, Status.REVOKED, "user:2")
    for need in (None, READ, Need("sessions:write"), Need("no:such")):
        assert await context.reason(bearer(issued), need) is RefusalReason.REVOKED


async def test_revoking_again_changes_nothing(context: KeyHarness) -> None:
    """The first time and actor stand."""
    issued = await context.issue()
    first = await revoke(context.store, context.clock, project_id="prj_a", key_id=issued.key.id, by="user:2")
    context.clock.forward(5_000)
    again = await revoke(context.store, context.clock, project_id="prj_a", key_id=issued.key.id, by="user:3")
    assert again.already
    assert again.key == first.key


@pytest.mark.parametrize(("project", "key_id"), [("prj_b", "{id}"), ("prj_a", "key_nobody"), ("prj_a", "")])
async def test_only_ones_own_keys_can_be_revoked(context: KeyHarness, project: str, key_id: str) -> None:
    """Another project's key looks exactly like one that is not there, and goes on working."""
    issued = await context.issue()
    with pytest.raises(KeyNotFound):
        named = key_id.format(id=issued.key.id)
        await revoke(context.store, context.clock, project_id=project, key_id=named, by="user:thief")
    assert await context.reason(bearer(issued)) is None


async def test_a_key_expires_by_the_clock(context: KeyHarness) -> None:
    """It works up to the last millisecond before its expiry."""
    issued = await context.issue(ends=context.clock.at + 1_000)
    context.clock.forward(999)
    assert await context.reason(bearer(issued)) is None
    context.clock.forward(1)
    assert await context.reason(bearer(issued)) is RefusalReason.EXPIRED


@pytest.mark.spec("crypto-checkout R67", "crypto-checkout R19")
async def test_several_keys_are_valid_at_once_and_end_on_their_own(context: KeyHarness) -> None:
    """R67: the new key works beside the old one; revoking the old one leaves the new one alone."""
    old, new = await context.issue(name="same name"), await context.issue(name="same name")
    assert [await context.reason(bearer(one)) for one in (old, new)] == [None, None]
    await revoke(context.store, context.clock, project_id="prj_a", key_id=old.key.id, by="user:1")
    assert [await context.reason(bearer(one)) for one in (old, new)] == [RefusalReason.REVOKED, None]


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\0b", "a\nb", "a\x1b[31mb", "a\u202eb", "a\ud800b"])
async def test_a_bad_name_makes_no_key(context: KeyHarness, name: str) -> None:
    """Empty, overlong, or not printable."""
    with pytest.raises(InvalidKeyName):
        await context.issue(name=name)
    assert await every_key(context.store, "prj_a") == []


@pytest.mark.parametrize(
    "scope", ["", "links:*", "links", "links:read ", "LINKS:READ", "admin:all", "links:read links:write"]
)
async def test_an_unknown_scope_makes_no_key(context: KeyHarness, scope: str) -> None:
    """One wrong scope among right ones is enough; the message lists those there are."""
    with pytest.raises(InvalidScope, match="links:read, links:write, sessions:read, sessions:write"):
        await context.issue("links:read", scope)
    assert await every_key(context.store, "prj_a") == []


@pytest.mark.spec("crypto-checkout R38", "crypto-checkout R66")
async def test_a_key_has_exactly_the_scopes_that_were_chosen(context: KeyHarness) -> None:
    """R38, R66: a reporting key without any write scope can be made, and gets none on its own."""
    issued = await context.issue("links:read", "links:read")
    assert issued.key.scopes == {"links:read"}
    wish = KeyWish(project_id="prj_a", mode=Mode.TEST, name="none")
    none = await context.issuer.issue(wish, by="user:1")
    assert none.key.scopes == frozenset()


async def test_an_expiry_in_the_past_makes_no_key(context: KeyHarness) -> None:
    """A key that never works is a mistake."""
    for ends in (context.clock.at, context.clock.at - 1, 0):
        with pytest.raises(InvalidExpiry):
            await context.issue(ends=ends)
    assert await every_key(context.store, "prj_a") == []


async def test_a_use_is_noted_and_written_later(context: KeyHarness) -> None:
    """When and whence, of the secret that was used; coarsely, and no longer than makes sense."""
    used, other = await context.issue(), await context.issue()
    agent, path = "curl/8 \0" + "x" * 300, "/checkout_sessions/{id}" + "y" * 300
    context.last_used.note(used.key.id, 1, Use(context.clock.at, "203.0.113.77", agent, path))
    assert [key.last_used_at for key in await every_key(context.store, "prj_a")] == [None, None]
    await context.last_used.flush(context.store)
    keys = {key.id: key.last_used_at for key in await every_key(context.store, "prj_a")}
    assert keys == {used.key.id: context.clock.at, other.key.id: None}
    state = (await context.store.secrets("prj_a", used.key.id))[0]
    assert (state.last_used_at, state.last_used_address) == (context.clock.at, "203.0.113.0/24")
    assert state.last_used_agent == agent.replace("\0", "")[:200]
    assert state.last_used_path == path[:200]


async def test_uses_are_kept_while_the_store_fails() -> None:
    """What could not be written is written the next time, newer uses winning."""

    class Failing(MemoryKeyStore):
        fails = True

        async def touch(self, used: Mapping[tuple[str, int], Use]) -> None:
            if self.fails:
                raise OSError
            await super().touch(used)

    store = Failing()
    context = KeyHarness(store)
    first, second = await context.issue(), await context.issue()
    context.last_used.note(first.key.id, 1, Use(1))
    context.last_used.note(second.key.id, 1, Use(2))
    with pytest.raises(OSError):
        await context.last_used.flush(store)
    context.last_used.note(first.key.id, 1, Use(3))
    store.fails = False
    await context.last_used.flush(store)
    keys = {key.id: key.last_used_at for key in await every_key(store, "prj_a")}
    assert keys == {first.key.id: 3, second.key.id: 2}


async def test_what_is_noted_while_others_are_written_is_not_lost() -> None:
    """A flush takes what there is; what comes meanwhile is the next one's, also where the flush then fails."""
    used = LastUsed()

    class Slow(MemoryKeyStore):
        written: list[dict[tuple[str, int], Use]]

        async def touch(self, uses: Mapping[tuple[str, int], Use]) -> None:  # type: ignore[override]
            used.note("key_a", 1, Use(20))
            self.written = [dict(uses)]
            raise OSError

    store = Slow()
    used.note("key_a", 1, Use(10))
    with pytest.raises(OSError):
        await used.flush(store)
    assert store.written == [{("key_a", 1): Use(10)}]
    with pytest.raises(OSError):
        await used.flush(store)
    assert store.written == [{("key_a", 1): Use(20)}]


# R17


@pytest.fixture(params=["sqlite", "postgres"])
async def sql_harness(
    request: pytest.FixtureRequest, anyio_backend: object, tmp_path: Path
) -> AsyncIterator[KeyHarness]:
    url = (
        request.getfixturevalue("postgres_database_url")
        if request.param == "postgres"
        else f"sqlite:///{tmp_path}/k.db"
    )
    database = await open_database(url)
    try:
        await migrate(database, migrations(), now=0)
        context = KeyHarness(SqlKeyStore(database))
        context.url = url  # type: ignore[attr-defined]
        yield context
    finally:
        await database.close()


# Of a native key's text: all of it, the body, all that is never shown, and a few characters of that.
PIECES = (slice(None), slice(8, None), slice(14, -4), slice(14, 22))


def database_files(folder: Path) -> list[Path]:
    """The database, its write-ahead log and its index."""
    return [path for path in folder.iterdir() if path.name.startswith("k.db")]


@pytest.mark.spec("crypto-checkout R17", "crypto-checkout R65")
async def test_of_a_keys_text_only_its_sha_256_is_stored(
    sql_harness: KeyHarness, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """R17: neither the database file nor its write-ahead log, neither any row of any table, holds the text."""
    issued = await sql_harness.issue()
    await sql_harness.reason(bearer(issued))
    sql_harness.last_used.note(issued.key.id, 1, Use(sql_harness.clock.at, "203.0.113.7", "curl/8", "/links"))
    await sql_harness.last_used.flush(sql_harness.store)
    rotated = await sql_harness.issuer.rotate(project_id="prj_a", key_id=issued.key.id, by="user:1")
    await sql_harness.reason(bearer(rotated))
    await revoke(sql_harness.store, sql_harness.clock, project_id="prj_a", key_id=issued.key.id, by="user:1")
    text, digest = issued.secret.reveal(), issued.secret.digest().value
    # What is not shown of it, whole and in pieces.
    pieces = [one[cut] for one in (text, rotated.secret.reveal()) for cut in PIECES]

    url: str = sql_harness.url  # type: ignore[attr-defined]
    if url.startswith("sqlite"):
        files = [path.read_bytes() for path in database_files(tmp_path)]
        assert len(files) == 3
        stored = b"".join(files)
        assert digest in stored
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = url.partition("@/")[2].partition("?")[0]
        tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name).split()
        assert {"api_keys", "key_secrets", "key_audit"} <= set(tables)
        dump = "".join(server.execute(f"TABLE {table}", name) for table in tables)
        assert digest.hex() in dump
        stored = dump.encode()
    for piece in pieces:
        assert piece.encode() not in stored
        assert piece.encode().hex().encode() not in stored
    assert text[:14].encode() in stored
