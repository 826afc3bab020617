"""What every store of keys promises about exposed ones, canaries, and keys that end; and that whoever wants to know is
told in the transaction in which it happens."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keyturn import Act, Issued, Issuer, KeyStore, KeyWish, Mode, Status
from keyturn.database import Database, Transaction, migrate, open_database
from keyturn.insight.expiry import DAY_MS, emit_expiring
from keyturn.keys.listing import every_key
from keyturn.stores.memory import MemoryKeyStore
from keyturn.stores.ports import KeyEvent, KeyEventType
from keyturn.stores.sql import SqlKeyStore, migrations
from tests.makers import StillClock, settle

pytestmark = pytest.mark.anyio

HOUR_MS = 3_600_000


class Described:
    """Keeps what it is told; in a transaction that is rolled back, nothing."""

    def __init__(self) -> None:
        self.events: list[KeyEvent] = []
        self.fails = False

    async def emit(self, tx: Transaction | None, event: KeyEvent) -> None:
        if self.fails:
            raise RuntimeError("the event log is full")
        if tx is None:
            self.events.append(event)
        else:
            tx.after_commit(lambda: self.events.append(event))

    @property
    def types(self) -> list[str]:
        return [event.type.value for event in self.events]


class Bench:
    """A store, somebody who is told, and keys."""

    def __init__(self, store: KeyStore, told: Described) -> None:
        self.store, self.told = store, told
        self.clock = StillClock()
        self.issuer = Issuer(store, self.clock, ["links:read"])

    async def key(self, *, canary: bool = False, days: float | None = None) -> Issued:
        ends = self.clock.now() + round(days * DAY_MS) if days is not None else None
        wish = KeyWish(project_id="prj_a", mode=Mode.LIVE, name="a", canary=canary, expires_at=ends)
        return await self.issuer.issue(wish, by="user:1")

    def act(self, reason: str | None = None) -> Act:
        return Act(self.clock.now(), "system:test", reason)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def bench(request: pytest.FixtureRequest, anyio_backend: object) -> AsyncIterator[Bench]:
    told = Described()
    if request.param == "memory":
        yield Bench(MemoryKeyStore(told), told)
        return
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database_url")
    else:
        url = f"sqlite:///{request.getfixturevalue('tmp_path') / 'keys.db'}"
    database = await open_database(url)
    try:
        await migrate(database, migrations(), now=0)
        yield Bench(SqlKeyStore(database, told), told)
    finally:
        await database.close()


async def test_each_change_that_an_owner_cares_for_is_reported_once(bench: Bench) -> None:
    """Exposed, disabled, enabled, revoked: once each, with the key as it is after it; doing it again tells nothing."""
    issued = await bench.key()
    id = issued.key.id
    for _ in range(2):
        await bench.store.note_exposure(id, bench.act(), "in public")
        await bench.store.set_enabled("prj_a", id, bench.act("a test"), enabled=False)
    for _ in range(2):
        await bench.store.set_enabled("prj_a", id, bench.act(), enabled=True)
        await bench.store.revoke("prj_a", [id], bench.act("over"))
    assert bench.told.types == ["key.exposed", "key.disabled", "key.enabled", "key.revoked"]
    exposed, disabled, enabled, revoked = (event.key for event in bench.told.events)
    assert (exposed.exposed_how, exposed.status) == ("in public", Status.ACTIVE)
    assert (disabled.status, disabled.disabled_reason) == (Status.DISABLED, "a test")
    assert (enabled.status, revoked.status, revoked.revoked_reason) == (Status.ACTIVE, Status.REVOKED, "over")


async def test_a_change_that_cannot_be_reported_does_not_happen(database: Database) -> None:
    """State and event commit together: where the event log fails, the key is as it was, and so is the audit log."""
    told = Described()
    bench = Bench(SqlKeyStore(database, told), told)
    issued = await bench.key(canary=True)
    lines = await bench.store.audit(0, 100)
    bench.told.fails = True
    for attempt in (
        bench.store.revoke("prj_a", [issued.key.id], bench.act()),
        bench.store.note_exposure(issued.key.id, bench.act(), "in public"),
        bench.store.note_canary(issued.key.id, bench.act(), {}, HOUR_MS),
        bench.store.quarantine("prj_a", issued.key.id, bench.act(), at_most=5, within_ms=HOUR_MS),
    ):
        with pytest.raises(RuntimeError, match="full"):
            await attempt
    bench.told.fails = False
    assert await bench.store.by_id("prj_a", issued.key.id) == issued.key
    assert await bench.store.audit(0, 100) == lines
    assert await bench.store.note_canary(issued.key.id, bench.act(), {}, HOUR_MS) is True


async def test_the_use_of_a_canary_is_reported_once_an_hour(bench: Bench) -> None:
    """Of many at once one is told; after an hour the next. A key that is none, or is revoked, is no alarm."""
    canary, plain = await bench.key(canary=True), await bench.key()
    note, seen = bench.store.note_canary, {"address": "203.0.113.9"}
    done = await settle(*(note(canary.key.id, bench.act(), seen, HOUR_MS) for _ in range(8)))
    assert sorted(done.answers) == [False] * 7 + [True]
    bench.clock.forward(HOUR_MS - 1)
    assert await note(canary.key.id, bench.act(), seen, HOUR_MS) is False
    bench.clock.forward(1)
    assert await note(canary.key.id, bench.act(), seen, HOUR_MS) is True
    assert await note(plain.key.id, bench.act(), seen, HOUR_MS) is False
    assert bench.told.types == ["key.canary_used"] * 2
    [*_, last] = await bench.store.audit(0, 100)
    assert (last.action, last.key_id, last.detail) == ("key.canary_used", canary.key.id, seen)
    await bench.store.revoke("prj_a", [canary.key.id], bench.act())
    bench.clock.forward(2 * HOUR_MS)
    assert await note(canary.key.id, bench.act(), seen, HOUR_MS) is False


async def test_the_number_of_keys_disabled_automatically_in_an_hour_is_limited(bench: Bench) -> None:
    """The circuit breaker holds for all processes together, and for keys that were enabled again, too; what it holds
    back leaves no trace. After the hour it closes."""
    keys = [(await bench.key()).key.id for _ in range(6)]

    async def disabled(*ids: str) -> int:
        made = await settle(
            *(bench.store.quarantine("prj_a", id, bench.act("x"), at_most=3, within_ms=HOUR_MS) for id in ids)
        )
        assert made.errors == []
        assert all((one.epoch is None) == one.held_back for one in made.answers)
        return sum(one.epoch is not None for one in made.answers)

    assert await disabled(*keys) == 3
    off = [key.id for key in await every_key(bench.store, "prj_a") if key.status is Status.DISABLED]
    assert len(off) == 3
    lines = len(await bench.store.audit(0, 100))
    await bench.store.set_enabled("prj_a", off[0], bench.act(), enabled=True)
    assert await disabled(off[0]) == 0
    assert len(await bench.store.audit(0, 100)) == lines + 1
    bench.clock.forward(HOUR_MS)
    assert await disabled(off[0]) == 1
    # What is disabled or revoked already is not counted.
    again = await bench.store.quarantine("prj_a", off[0], bench.act(), at_most=3, within_ms=HOUR_MS)
    assert (again.epoch, again.held_back) == (None, False)


async def test_an_owner_is_notified_14_and_3_days_before_the_end_and_at_it(bench: Bench) -> None:
    """Once each, also where several processes look at once; a key that was changed is reported again."""
    issued = await bench.key(days=20)
    await bench.key()  # without an end

    async def look() -> int:
        return sum(await asyncio.gather(*(emit_expiring(bench.store, bench.clock) for _ in range(4))))

    assert await look() == 0
    told = []
    for _ in range(21):
        bench.clock.forward(DAY_MS)
        told.append(await look())
    assert told == [0] * 5 + [1] + [0] * 10 + [1, 0, 0, 1, 0]
    assert bench.told.types == ["key.expiring", "key.expiring", "key.expired"]
    assert {event.key.id for event in bench.told.events} == {issued.key.id}


async def test_of_missed_expiry_notices_the_nearest_is_sent(bench: Bench) -> None:
    """A server that was off reports the end only once; a key of a few hours is reported when it has ended; a
    revoked one is not reported any more."""
    late, short, gone = await bench.key(days=15), await bench.key(days=0.5), await bench.key(days=2)
    await bench.store.revoke("prj_a", [gone.key.id], bench.act())
    bench.told.events.clear()
    assert await emit_expiring(bench.store, bench.clock) == 0
    bench.clock.forward(13 * DAY_MS)
    assert await emit_expiring(bench.store, bench.clock) == 2
    assert {(event.type, event.key.id) for event in bench.told.events} == {
        (KeyEventType.EXPIRING, late.key.id),
        (KeyEventType.EXPIRED, short.key.id),
    }


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_where_nobody_is_notified_no_notice_is_used_up(kind: str, tmp_path: Path) -> None:
    """A server without an event log beside one that has it leaves the report to that; and does not look for ever."""
    told = Described()
    database = await open_database(f"sqlite:///{tmp_path / 'keys.db'}")
    try:
        await migrate(database, migrations(), now=0)
        store: KeyStore = MemoryKeyStore() if kind == "memory" else SqlKeyStore(database)
        bench = Bench(store, told)
        for _ in range(101):
            await bench.key(days=13)
        assert await emit_expiring(store, bench.clock) == 0
        if kind == "sqlite":
            assert await emit_expiring(SqlKeyStore(database, told), bench.clock) == 101
            assert len(told.events) == 101
    finally:
        await database.close()
