"""Issue, verify, use, revoke: the life of a key over a store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keyturn import (
    NATIVE,
    InvalidExpiry,
    InvalidKeyName,
    InvalidScope,
    Issued,
    Issuer,
    KeyNotFound,
    KeyStore,
    LastUsed,
    Mode,
    Need,
    RefusalReason,
    Refused,
    Status,
    Verified,
    Verifier,
    generate,
    revoke,
)
from keyturn.stores.memory import MemoryKeyStore
from keyturn.stores.sql import SqlKeyStore, migrations
from tests.makers import StillClock
from tests.postgres import PostgresServer
from unitofwork import migrate, open_database

pytestmark = pytest.mark.anyio

OFFERED = ("links:read", "links:write", "sessions:write")
READ = Need("links:read")


class Desk:
    """A key layer in memory."""

    def __init__(self, store: KeyStore | None = None) -> None:
        self.store = store or MemoryKeyStore()
        self.clock = StillClock()
        self.last_used = LastUsed()
        self.issuer = Issuer(self.store, NATIVE, self.clock, OFFERED)
        self.verifier = Verifier(self.store, NATIVE, self.clock, self.last_used)

    async def issue(
        self, *scopes: str, name: str = "backend", mode: Mode = Mode.TEST, ends: int | None = None
    ) -> Issued:
        return await self.issuer.issue(
            project_id="prj_a", mode=mode, name=name, scopes=scopes or OFFERED, by="user:1", expires_at=ends
        )

    async def reason(self, authorization: str | None, need: Need | None = READ) -> RefusalReason | None:
        decision = await self.verifier.verify(authorization, need)
        return decision.reason if isinstance(decision, Refused) else None


@pytest.fixture
def desk() -> Desk:
    return Desk()


def bearer(issued: Issued) -> str:
    return f"Bearer {issued.secret.reveal()}"


async def test_a_new_key_opens_what_it_was_made_for(desk: Desk) -> None:
    """Who holds the text is let in where a granted scope is asked for; the key's own data comes back."""
    issued = await desk.issue("links:read")
    verified = await desk.verifier.verify(bearer(issued), READ)
    assert verified == Verified(issued.key)
    assert await desk.reason(bearer(issued), Need("links:write")) is RefusalReason.SCOPE_MISSING
    assert await desk.reason(bearer(issued), None) is None


async def test_a_new_key_says_who_made_it_and_what_may_be_shown(desk: Desk) -> None:
    """All but the text: prefix, last four, scopes, mode, actor and instant."""
    issued = await desk.issue("links:read", name="  shop backend ", mode=Mode.LIVE)
    key, text = issued.key, issued.secret.reveal()
    assert (key.name, key.mode, key.status, key.format) == ("shop backend", Mode.LIVE, Status.ACTIVE, "native")
    assert (key.created_at, key.created_by) == (desk.clock.at, "user:1")
    assert key.masked == f"{text[:14]}…{text[-4:]}"
    assert text[14:-4] not in repr(key)
    assert await desk.store.list("prj_a", "live") == [key]


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
        ("Basic {key}", RefusalReason.MALFORMED),
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
async def test_the_header_carries_one_whole_key(carried: str | None, reason: RefusalReason | None, desk: Desk) -> None:
    """``Authorization: Bearer <key>`` (RFC 6750), the scheme in any case; no other scheme, no other kind of token."""
    issued = await desk.issue()
    other = generate(NATIVE, "test").reveal()
    header = None if carried is None else carried.format(key=issued.secret.reveal(), other=other)
    assert await desk.reason(header) is reason


async def test_a_malformed_key_costs_no_look_at_the_store() -> None:
    """Sprayed junk is refused by its form alone."""

    class Untouchable(MemoryKeyStore):
        async def by_digest(self, digest: object) -> None:  # type: ignore[override]
            raise AssertionError("the store was asked")

    desk = Desk(Untouchable())
    assert await desk.reason("Bearer ck_live_" + "a" * 32) is RefusalReason.MALFORMED
    with pytest.raises(AssertionError):
        await desk.reason(f"Bearer {generate(NATIVE, 'test').reveal()}")


@pytest.mark.spec("crypto-checkout R51", "crypto-checkout R68")
async def test_a_revoked_key_is_refused_from_then_on(desk: Desk) -> None:
    """At once, for ever, and whatever is asked for."""
    issued = await desk.issue()
    assert await desk.reason(bearer(issued)) is None
    revocation = await revoke(desk.store, desk.clock, project_id="prj_a", key_id=issued.key.id, by="user:2")
    assert (revocation.already, revocation.key.status, revocation.key.revoked_by) == (False, Status.REVOKED, "user:2")
    for need in (None, READ, Need("sessions:write"), Need("no:such")):
        assert await desk.reason(bearer(issued), need) is RefusalReason.REVOKED


async def test_revoking_again_changes_nothing(desk: Desk) -> None:
    """The first time and actor stand."""
    issued = await desk.issue()
    first = await revoke(desk.store, desk.clock, project_id="prj_a", key_id=issued.key.id, by="user:2")
    desk.clock.forward(5_000)
    again = await revoke(desk.store, desk.clock, project_id="prj_a", key_id=issued.key.id, by="user:3")
    assert again.already
    assert again.key == first.key


@pytest.mark.parametrize(("project", "key_id"), [("prj_b", "{id}"), ("prj_a", "key_nobody"), ("prj_a", "")])
async def test_only_ones_own_keys_can_be_revoked(desk: Desk, project: str, key_id: str) -> None:
    """Another project's key looks exactly like one that is not there, and goes on working."""
    issued = await desk.issue()
    with pytest.raises(KeyNotFound):
        named = key_id.format(id=issued.key.id)
        await revoke(desk.store, desk.clock, project_id=project, key_id=named, by="user:thief")
    assert await desk.reason(bearer(issued)) is None


async def test_a_key_expires_by_the_clock(desk: Desk) -> None:
    """It works up to the last millisecond before its expiry."""
    issued = await desk.issue(ends=desk.clock.at + 1_000)
    desk.clock.forward(999)
    assert await desk.reason(bearer(issued)) is None
    desk.clock.forward(1)
    assert await desk.reason(bearer(issued)) is RefusalReason.EXPIRED


@pytest.mark.spec("crypto-checkout R67", "crypto-checkout R19")
async def test_several_keys_are_valid_at_once_and_end_by_themselves(desk: Desk) -> None:
    """R67: the new key works beside the old one; revoking the old one leaves the new one alone."""
    old, new = await desk.issue(name="same name"), await desk.issue(name="same name")
    assert [await desk.reason(bearer(one)) for one in (old, new)] == [None, None]
    await revoke(desk.store, desk.clock, project_id="prj_a", key_id=old.key.id, by="user:1")
    assert [await desk.reason(bearer(one)) for one in (old, new)] == [RefusalReason.REVOKED, None]


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\0b", "a\nb", "a\x1b[31mb", "a\u202eb", "a\ud800b"])
async def test_a_bad_name_makes_no_key(desk: Desk, name: str) -> None:
    """Empty, overlong, or not printable."""
    with pytest.raises(InvalidKeyName):
        await desk.issue(name=name)
    assert await desk.store.list("prj_a", None) == []


@pytest.mark.parametrize(
    "scope", ["", "*", "links:*", "links", "links:read ", "LINKS:READ", "admin:all", "links:read links:write"]
)
async def test_an_unknown_scope_makes_no_key(desk: Desk, scope: str) -> None:
    """One wrong scope among right ones is enough; the message lists those there are."""
    with pytest.raises(InvalidScope, match="links:read, links:write, sessions:write"):
        await desk.issue("links:read", scope)
    assert await desk.store.list("prj_a", None) == []


@pytest.mark.spec("crypto-checkout R38", "crypto-checkout R66")
async def test_a_key_has_exactly_the_scopes_that_were_chosen(desk: Desk) -> None:
    """R38, R66: a reporting key without any write scope can be made, and gets none by itself."""
    issued = await desk.issue("links:read", "links:read")
    assert issued.key.scopes == {"links:read"}
    none = await desk.issuer.issue(project_id="prj_a", mode=Mode.TEST, name="none", scopes=[], by="user:1")
    assert none.key.scopes == frozenset()


async def test_an_expiry_in_the_past_makes_no_key(desk: Desk) -> None:
    """A key that never works is a mistake."""
    for ends in (desk.clock.at, desk.clock.at - 1, 0):
        with pytest.raises(InvalidExpiry):
            await desk.issue(ends=ends)
    assert await desk.store.list("prj_a", None) == []


async def test_a_use_is_noted_and_written_later(desk: Desk) -> None:
    """Only what was let in counts as a use, and the door does not wait for the writing."""
    used, refused = await desk.issue(), await desk.issue("links:write")
    await desk.reason(bearer(used))
    await desk.reason(bearer(refused))
    assert [key.last_used_at for key in await desk.store.list("prj_a", None)] == [None, None]
    await desk.last_used.flush(desk.store)
    keys = {key.id: key.last_used_at for key in await desk.store.list("prj_a", None)}
    assert keys == {used.key.id: desk.clock.at, refused.key.id: None}


async def test_uses_are_kept_while_the_store_fails(desk: Desk) -> None:
    """What could not be written is written the next time, newer uses winning."""

    class Failing(MemoryKeyStore):
        fails = True

        async def touch(self, used_at: object) -> None:  # type: ignore[override]
            if self.fails:
                raise OSError
            await super().touch(used_at)  # type: ignore[arg-type]

    store = Failing()
    desk = Desk(store)
    first, second = await desk.issue(), await desk.issue()
    desk.last_used.note(first.key.id, 1)
    desk.last_used.note(second.key.id, 2)
    with pytest.raises(OSError):
        await desk.last_used.flush(store)
    desk.last_used.note(first.key.id, 3)
    store.fails = False
    await desk.last_used.flush(store)
    keys = {key.id: key.last_used_at for key in await store.list("prj_a", None)}
    assert keys == {first.key.id: 3, second.key.id: 2}


# R17


@pytest.fixture(params=["sqlite", "postgres"])
async def sql_desk(request: pytest.FixtureRequest, anyio_backend: object, tmp_path: Path) -> AsyncIterator[Desk]:
    url = (
        request.getfixturevalue("postgres_database_url")
        if request.param == "postgres"
        else f"sqlite:///{tmp_path}/k.db"
    )
    database = await open_database(url)
    try:
        await migrate(database, migrations(), now=0)
        desk = Desk(SqlKeyStore(database))
        desk.url = url  # type: ignore[attr-defined]
        yield desk
    finally:
        await database.close()


def database_files(folder: Path) -> list[Path]:
    """The database, its write-ahead log and its index."""
    return [path for path in folder.iterdir() if path.name.startswith("k.db")]


@pytest.mark.spec("crypto-checkout R17", "crypto-checkout R65")
async def test_of_a_keys_text_only_its_sha_256_is_stored(
    sql_desk: Desk, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """R17: neither the database file nor its write-ahead log, neither any row of any table, holds the text."""
    issued = await sql_desk.issue()
    await sql_desk.reason(bearer(issued))
    await sql_desk.last_used.flush(sql_desk.store)
    await revoke(sql_desk.store, sql_desk.clock, project_id="prj_a", key_id=issued.key.id, by="user:1")
    text, digest = issued.secret.reveal(), issued.secret.digest().value
    # What is not shown of it, whole and in pieces.
    pieces = [text, text[8:], text[14:-4], text[14:22]]

    url: str = sql_desk.url  # type: ignore[attr-defined]
    if url.startswith("sqlite"):
        files = [path.read_bytes() for path in database_files(tmp_path)]
        assert len(files) == 3
        stored = b"".join(files)
        assert digest in stored
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = url.partition("@/")[2].partition("?")[0]
        tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name).split()
        assert "api_keys" in tables
        dump = "".join(server.execute(f"TABLE {table}", name) for table in tables)
        assert digest.hex() in dump
        stored = dump.encode()
    for piece in pieces:
        assert piece.encode() not in stored
        assert piece.encode().hex().encode() not in stored
    assert text[:14].encode() in stored
