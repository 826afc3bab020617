"""Races by which other key layers let a revoked key in, or keep a good one out; each by name."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from keyturn import Act, Gate, Status, Use
from keyturn.admission.leases import settle
from keyturn.admission.probing import probe
from keyturn.database import StoreUnavailable, migrate, open_database
from keyturn.stores.memory import MemoryKeyStore
from keyturn.stores.ports import Change
from keyturn.stores.sql import SqlKeyStore, migrations
from tests.keyturn.lease_machine import Wire, digest, key
from tests.makers import StillClock
from tests.postgres import PostgresServer
from tests.shop import eventually

pytestmark = pytest.mark.anyio

ACT = Act(1_000, "user:1")


class Hand:
    """Steps a coroutine by hand, each question and each answer of the store on its own."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self.answer: Any = None
        self.ended = False
        self.step()

    def step(self, times: int = 1) -> "Hand":
        for _ in range(times):
            try:
                self._coroutine.send(None)
            except StopIteration as ended:
                self.ended, self.answer = True, ended.value
                break
        return self

    def finish(self) -> Any:
        while not self.ended:
            self.step()
        return self.answer


@pytest.fixture
async def store() -> MemoryKeyStore:
    """A store with one active key."""
    made = MemoryKeyStore()
    await made.insert(key(0), digest(0), ACT)
    return made


def gate_over(store: MemoryKeyStore, name: str) -> Gate:
    return Gate(Wire(store), name)  # type: ignore[arg-type]


async def test_fill_after_revoke(store: MemoryKeyStore) -> None:
    """A row that was read before the revocation and arrives after it does not get into the memory."""
    gate = gate_over(store, "a")
    Hand(gate.renew()).finish()
    reading = Hand(gate.find(digest(0))).step()  # the row is on its way back
    await store.revoke("prj_a", ["key_0"], ACT)
    Hand(gate.look()).finish()
    answered = reading.finish()
    assert answered.status is Status.ACTIVE  # it asked before; what it was told was true then
    assert Hand(gate.find(digest(0))).finish().status is Status.REVOKED


async def test_the_gap_between_commit_and_eviction(store: MemoryKeyStore) -> None:
    """The revocation does not return while a gate still answers by what was before, though it is committed."""
    gate = gate_over(store, "a")
    Hand(gate.renew()).finish()
    Hand(gate.find(digest(0))).finish()
    epoch = await store.revoke("prj_a", ["key_0"], ACT)
    assert epoch is not None
    returning = asyncio.create_task(settle(store, epoch, at=0))
    for _ in range(20):
        await asyncio.sleep(0)
    assert Hand(gate.find(digest(0))).finish().status is Status.ACTIVE
    assert not returning.done()
    Hand(gate.look()).finish()
    receipt = await returning
    assert receipt.confirmed == ("a",)
    assert Hand(gate.find(digest(0))).finish().status is Status.REVOKED


async def test_eviction_on_one_node_only(store: MemoryKeyStore) -> None:
    """Every gate that holds a lease has to confirm, not just the first."""
    gates = [gate_over(store, name) for name in "abc"]
    for gate in gates:
        Hand(gate.renew()).finish()
        Hand(gate.find(digest(0))).finish()
    epoch = await store.revoke("prj_a", ["key_0"], ACT)
    assert epoch is not None
    returning = asyncio.create_task(settle(store, epoch, at=0))
    for gate in gates:
        await asyncio.sleep(0.02)
        assert not returning.done()
        Hand(gate.look()).finish()
    assert (await returning).confirmed == ("a", "b", "c")


async def test_a_gate_that_renews_while_a_key_is_revoked_is_waited_for(store: MemoryKeyStore) -> None:
    """Its lease is on its way to the database as the other process looks for leases: one of the two sees the other."""
    gate = gate_over(store, "a")
    Hand(gate.renew()).finish()
    Hand(gate.find(digest(0))).finish()
    Hand(gate.give_back()).finish()
    renewing = Hand(gate.renew())  # its lease is not written down yet
    epoch = await store.revoke("prj_a", ["key_0"], ACT)
    assert epoch is not None
    assert (await settle(store, epoch, at=0)).confirmed == ()  # nobody holds one, so nobody is waited for
    renewing.finish()
    assert Hand(gate.find(digest(0))).finish().status is Status.REVOKED


async def test_a_negative_answer_does_not_outlive_the_creation(store: MemoryKeyStore) -> None:
    """Whoever asked for a key before it was made is admitted with it right afterwards: a miss is not remembered."""
    gate = gate_over(store, "a")
    Hand(gate.renew()).finish()
    assert Hand(gate.find(digest(1))).finish() is None
    await store.insert(key(1), digest(1), ACT)
    assert Hand(gate.find(digest(1))).finish().status is Status.ACTIVE


async def test_what_was_forgotten_before_a_gate_saw_it(store: MemoryKeyStore) -> None:
    """A gate that was away for longer than changes are kept forgets all that it knew."""
    gate = gate_over(store, "a")
    Hand(gate.renew()).finish()
    Hand(gate.find(digest(0))).finish()
    Hand(gate.give_back()).finish()
    await store.revoke("prj_a", ["key_0"], ACT)
    store._changes.clear()  # as `forget_changes` does it
    await store.advance_epoch("other", 0)
    Hand(gate.renew()).finish()
    assert gate.remembered == 0
    assert Hand(gate.find(digest(0))).finish().status is Status.REVOKED


@pytest.fixture
async def sql(database_url: str, anyio_backend: object) -> AsyncIterator[SqlKeyStore]:
    """Keys on either database."""
    opened = await open_database(database_url)
    try:
        await migrate(opened, migrations(), now=0)
        yield SqlKeyStore(opened)
    finally:
        await opened.close()


async def test_what_was_forgotten_and_nothing_since(sql: SqlKeyStore) -> None:
    """A gate that nobody asked for a night, while a key was revoked, its change forgotten, and nothing else happened:
    it notices, and lets nobody in out of what it knew the evening before."""
    for number in range(3):
        await sql.insert(key(number), digest(number), ACT)
    gate = Gate(sql, "a")
    await gate.renew()
    for number in range(3):
        await gate.find(digest(number))
    await gate.give_back()
    for number in (0, 1):
        await sql.revoke("prj_a", [f"key_{number}"], ACT)
    assert await sql.forget_changes(ACT.at + 1) == 1
    assert await sql.forget_changes(ACT.at + 1) == 0
    await gate.renew()
    for number, status in enumerate((Status.REVOKED, Status.REVOKED, Status.ACTIVE)):
        found = await gate.find(digest(number))
        assert found is not None and found.status is status


async def test_more_changes_than_are_read_at_once(sql: SqlKeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that was away while very many keys were revoked takes its lease only when it knows of all of them."""
    for module in ("keyturn.admission.leases", "keyturn.stores.leases"):
        monkeypatch.setattr(f"{module}.CHANGES_READ_MAX", 2)
    for number in range(7):
        await sql.insert(key(number), digest(number), ACT)
    gate = Gate(sql, "a")
    await gate.renew()
    for number in range(7):
        await gate.find(digest(number))
    await gate.give_back()
    for number in range(6):
        await sql.revoke("prj_a", [f"key_{number}"], ACT)
    await gate.renew()
    assert gate.holds_lease
    assert gate.epoch == await sql.epoch() == 6
    for number in range(7):
        found = await gate.find(digest(number))
        assert found is not None and (found.status is Status.REVOKED) == (number < 6)


async def test_a_last_used_write_brings_no_row_back(sql: SqlKeyStore) -> None:
    """Bookkeeping that was begun before a revocation and lands after it changes nothing but its own columns."""
    await sql.insert(key(0), digest(0), ACT)
    await asyncio.gather(
        *(sql.touch({("key_0", 1): Use(2_000 + n, "203.0.113.0/24", "curl", "/x")}) for n in range(20)),
        sql.revoke("prj_a", ["key_0"], ACT),
        *(sql.touch({("key_0", 1): Use(3_000 + n, "203.0.113.0/24", "curl", "/x")}) for n in range(20)),
    )
    after = await sql.by_id("prj_a", "key_0")
    assert after is not None
    assert (after.status, after.revoked_at, after.last_used_at) == (Status.REVOKED, 1_000, 3_019)


async def test_revoking_and_enabling_at_once_ends_revoked(sql: SqlKeyStore) -> None:
    """Status moves one way, whoever comes last."""
    for number in range(10):
        await sql.insert(key(number), digest(number), ACT)
        name = f"key_{number}"
        await sql.set_enabled("prj_a", name, ACT, enabled=False)
        await asyncio.gather(
            sql.set_enabled("prj_a", name, ACT, enabled=True),
            sql.revoke("prj_a", [name], ACT),
            sql.set_enabled("prj_a", name, ACT, enabled=True),
        )
        after = await sql.by_id("prj_a", name)
        assert after is not None
        assert after.status is Status.REVOKED


async def test_epochs_and_audit_lines_have_no_gap(sql: SqlKeyStore) -> None:
    """However many restrict keys at once: who has read up to a number has missed nothing before it."""
    for number in range(30):
        await sql.insert(key(number), digest(number), ACT)
    epochs = await asyncio.gather(*(sql.revoke("prj_a", [f"key_{number}"], ACT) for number in range(30)))
    assert sorted(epochs) == list(range(1, 31))  # type: ignore[type-var]
    assert [change.epoch for change in await sql.changes_after(0)] == list(range(1, 31))
    assert [entry.sequence for entry in await sql.audit(0, 1_000)] == list(range(1, 61))


class RevokesAfterTheFirstLook(MemoryKeyStore):
    """Somebody revokes a key when the gate's look has been answered, and the gate has not got the answer yet."""

    looks = 0

    async def changes_after(self, epoch: int) -> list[Change]:
        changes = await super().changes_after(epoch)
        self.looks += 1
        if self.looks == 1:
            await self.revoke("prj_a", ["key_0"], ACT)
        return changes


class OnlyHints(RevokesAfterTheFirstLook):
    """Tells nobody of a change, but can be asked whether anybody has committed, as SQLite can."""

    def hint(self) -> int | None:
        return self.looks

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        return lambda: None


@pytest.mark.parametrize("kind", [RevokesAfterTheFirstLook, OnlyHints])
async def test_a_change_that_is_notified_while_a_gate_looks_is_read_next(kind: type[RevokesAfterTheFirstLook]) -> None:
    """A notice that comes while the gate renews is not lost, or the revocation would wait for the next renewal, which
    here never comes: the gate's clock stands still."""
    store = kind()
    await store.insert(key(0), digest(0), ACT)
    gate = Gate(store, "gate", monotonic_ns=lambda: 1)
    running = asyncio.create_task(gate.run())
    try:
        await gate.find(digest(0))
        await eventually(lambda: gate.epoch == 1)
        assert [lease.epoch_seen for lease in await store.held()] == [1]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_probe_sees_the_gates_and_finds_that_the_change_holds(sql: SqlKeyStore) -> None:
    """The prober's change is settled like any other, and its own gate has evicted what it had planted."""
    gate = Gate(sql, "probed")
    running = asyncio.create_task(gate.run())
    try:
        await gate.find(digest(0))
        await eventually(lambda: gate.holds_lease)
        found = await probe(sql, gate, StillClock())
        assert (found.held, found.confirmed, found.lapsed) == (True, 1, 0)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert await sql.held() == []  # whoever ends gives the lease back


@pytest.fixture
def standby(postgres_server: PostgresServer, postgres_database_url: str) -> Iterator[str]:
    """The URL of the same database on a hot standby, which follows the primary."""
    programs = postgres_server.psql.parent
    home = Path(tempfile.mkdtemp(prefix="tillgate-standby-"))
    owner = "nobody" if os.geteuid() == 0 else None
    if owner is not None:
        shutil.chown(home, owner)
    data = home / "data"
    server: subprocess.Popen[bytes] | None = None
    try:
        subprocess.run(
            [programs / "pg_basebackup", "-h", postgres_server.host, "-U", "postgres", "-D", data, "-R", "-c", "fast"],
            check=True,
            capture_output=True,
            user=owner,
            cwd=home,
        )
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", home, "-c", "listen_addresses=", "-c", "max_connections=300"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=owner,
            cwd=home,
        )
        name = postgres_database_url.split("@/")[1].split("?")[0]
        yield f"postgresql://postgres@/{name}?host={home}"
    finally:
        if server is not None:
            server.terminate()
            server.wait(20)
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.slow
async def test_a_stale_read_replica_is_not_asked(standby: str) -> None:
    """Keys are read from the primary. A server that is pointed to a standby, which answers by what was true a moment
    ago, does not start, and says why."""
    for _ in range(200):
        try:
            opened = await open_database(standby)
        except StoreUnavailable as error:
            if "standby" in str(error):
                return
        else:
            await opened.close()
            raise AssertionError("a standby was taken")
        await asyncio.sleep(0.05)  # until it takes connections
    raise AssertionError("the standby never answered")
