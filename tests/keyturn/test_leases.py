"""A revoked key is accepted by nobody once ``revoke`` has returned: the protocol, in every order of events."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from keyturn import Gate, KeyDigest, KnownKey
from keyturn.admission.leases import LEASE_MS, Receipt, settle
from keyturn.stores.memory import MemoryKeyStore
from keyturn.stores.ports import KeyStore
from tests.keyturn.lease_machine import LeaseMachine, machine_with, walk

RUNS = 4_000
STEPS = 120


@pytest.mark.slow
def test_no_order_of_events_lets_a_request_in_after_the_change_returned() -> None:
    """Gates that renew, look and give back, requests, restricting changes, lost messages, stopped actors and clocks of
    different pace, in any order: whoever asks after the change has returned is judged by it."""
    run_state_machine_as_test(
        LeaseMachine,
        settings=settings(
            max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.slow
def test_nor_does_any_of_thousands_of_random_walks() -> None:
    """The same machine, driven blindly and therefore fast: half a million events."""
    for seed in range(RUNS):
        walk(LeaseMachine, seed, STEPS)


class LooksFirst(Gate):
    """Reads the changes, and only then says that it holds a lease."""

    async def renew(self) -> bool:
        begun = self._monotonic_ns()
        if self._applied is None:
            self._applied = await self._store.epoch()
        changed = await self._look()
        await self._hold()
        self._until_ns = begun + self._lease_ns
        return changed


class FillsLate(Gate):
    """Remembers what it read, whatever came in between: fill after revoke."""

    async def find(self, digest: KeyDigest) -> KnownKey | None:
        if self._monotonic_ns() < self._until_ns:
            known = self._entries.get(digest.value)
            if known is not None:
                return known
        known = await self._store.by_digest(digest)
        if known is not None and self._applied is not None:
            self._entries[digest.value] = known
        return known


class CountsFromTheAnswer(Gate):
    """Counts its lease from when the database had answered."""

    async def renew(self) -> bool:
        if self._applied is None:
            self._applied = await self._store.epoch()
        await self._hold()
        changed = await self._look()
        self._until_ns = self._monotonic_ns() + self._lease_ns
        if changed:
            await self._hold()
        return changed


class NeverLapses(Gate):
    """Trusts its memory until somebody tells it otherwise: a bus instead of a lease."""

    async def renew(self) -> bool:
        changed = await super().renew()
        self._until_ns = 1 << 80
        return changed


class SaysBeforeItDoes(Gate):
    """Acknowledges changes that it has read, and evicts what they touch a moment later."""

    async def _look(self) -> bool:
        assert self._applied is not None
        changes = await self._store.changes_after(self._applied)
        if not changes:
            return False
        self._applied = changes[-1].epoch
        await self._hold()
        self._entries.clear()
        return True


async def does_not_wait(store: KeyStore, epoch: int, **_: Any) -> Receipt:
    """Commits and returns: the gap between commit and eviction."""
    return Receipt(epoch, 0)


async def waits_for_the_first(store: KeyStore, epoch: int, **named: Any) -> Receipt:
    """Waits until some gate has confirmed: eviction on one node only."""
    while True:
        held = await store.held()
        if not held or any(lease.epoch_seen >= epoch for lease in held):
            return Receipt(epoch, 0)
        await named["sleep"](0.001)


async def waits_too_short(store: KeyStore, epoch: int, **named: Any) -> Receipt:
    """Gives a gate that does not answer half of its lease."""
    return await settle(store, epoch, lease_ms=LEASE_MS // 2, **named)


def breaks(machine: type[LeaseMachine]) -> bool:
    """Whether some walk lets a request in that must not be."""
    try:
        for seed in range(RUNS):
            walk(machine, seed, STEPS)
    except AssertionError as error:
        assert "admitted after the change had returned" in str(error)
        return True
    return False


@pytest.mark.parametrize("gate", [LooksFirst, FillsLate, CountsFromTheAnswer, NeverLapses, SaysBeforeItDoes])
def test_the_walks_find_a_gate_that_breaks_a_rule(gate: type[Gate]) -> None:
    """Each rule of the protocol is needed, and the walks above would see it broken."""
    assert breaks(machine_with(gate))


@pytest.mark.parametrize("settling", [does_not_wait, waits_for_the_first, waits_too_short])
def test_the_walks_find_a_change_that_returns_before_it_holds(settling: Any) -> None:
    """Waiting for every gate, and for the whole of a lease, is needed, and the walks would see it left out."""
    assert breaks(machine_with(Gate, settling))


class SettlingClock:
    """A clock for one change that settles: sleeping moves it, and lets a gate act once."""

    def __init__(self) -> None:
        self.at_ns = 0
        self.meanwhile: Any = None

    def now_ns(self) -> int:
        return self.at_ns

    async def sleep(self, seconds: float) -> None:
        self.at_ns += int(seconds * 1e9)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()


@pytest.mark.anyio
async def test_a_lapsed_lease_is_released_and_nobody_waits_for_it_again() -> None:
    """The first change waits a lease's length for a gate that died; the next one waits for nobody."""
    store, clock = MemoryKeyStore(), SettlingClock()
    await store.hold("gate_dead", await store.epoch(), 1)
    epoch = await store.advance_epoch("key_probe", 0)
    receipt = await settle(store, epoch, at=0, monotonic_ns=clock.now_ns, sleep=clock.sleep)
    assert (receipt.confirmed, receipt.lapsed, receipt.waited_ms) == ((), ("gate_dead",), LEASE_MS)
    assert await store.held() == []
    epoch = await store.advance_epoch("key_probe", 0)
    receipt = await settle(store, epoch, at=0, monotonic_ns=clock.now_ns, sleep=clock.sleep)
    assert (receipt.lapsed, receipt.waited_ms) == ((), 0)


@pytest.mark.anyio
async def test_a_lease_that_was_renewed_meanwhile_is_not_released() -> None:
    """A gate that renews without having seen the change yet has lapsed for this change; it is alive, and the next
    change waits for it."""
    store, clock = MemoryKeyStore(), SettlingClock()
    before = await store.epoch()
    await store.hold("gate_slow", before, 1)
    epoch = await store.advance_epoch("key_probe", 0)

    async def renews() -> None:
        await store.hold("gate_slow", before, 2)

    clock.meanwhile = renews
    receipt = await settle(store, epoch, at=0, monotonic_ns=clock.now_ns, sleep=clock.sleep)
    assert receipt.lapsed == ("gate_slow",)
    assert [(lease.gate, lease.renewals) for lease in await store.held()] == [("gate_slow", 2)]
