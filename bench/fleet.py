"""Revocation with hundreds of gates, by simulation: the gates and the waiting are the product's own; the clock, the
network and the database between them are a model.

The clock jumps to whatever comes next, so that an hour takes seconds and nothing depends on this machine. Each call
crosses the network twice, and is served by one of the database's processes, for which it waits in line. Each gate's
clock has a pace of its own, and each is asked for a key ten times a second, from which its lease follows.
"""

import asyncio
import random
import selectors
import statistics
from collections.abc import Callable, Coroutine
from typing import Any, Final, NamedTuple

from bench.measuring import Broken, Stage, say
from bench.table import Row
from keyturn.admission.leases import LEASE_MS, Gate, Receipt, settle
from keyturn.database import StoreUnavailable
from keyturn.keys.model import Status
from keyturn.stores.memory import MemoryKeyStore
from keyturn.stores.ports import Act
from tests.keyturn.lease_machine import digest, key

FLEETS: Final = (8, 50, 200)
# One way between two machines of one data centre, and how much longer it takes at random, on average.
ONE_WAY_MS: Final = 0.25
JITTER_MS: Final = 0.25
# Processes of the database that work at the same time: a small one's cores.
SERVING: Final = 2
# For how long a call holds one of them: a statement on PostgreSQL and its commit, here, on a quiet machine.
SERVING_MS: Final = 0.3
ASKED_EVERY_S: Final = 0.1
WARM_UP_S: Final = 3.0
TARGET_MS: Final = 1_000
# Beyond the lease: the last look whether a gate has said so, over the network.
SPARE_MS: Final = 50
_CUT_OFF: Final = 1_000_000.0


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer where a real one would wait for it."""

    def __init__(self) -> None:
        super().__init__(_Jumping(self))
        self.now = 0.0

    def time(self) -> float:
        return self.now


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop: JumpingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Broken("the model stands still: nothing is left to happen")
        self._loop.now += max(timeout, 0.0)
        return []


class Model:
    """The network and the database between one fleet's processes.

    Attributes:
        calls: how many the database has served.
    """

    def __init__(self, loop: JumpingLoop, seed: int) -> None:
        self.loop = loop
        self.store = MemoryKeyStore()
        self.calls = 0
        self._random = random.Random(seed)
        self._free = asyncio.Semaphore(SERVING)

    def crossing_s(self) -> float:
        """How long a message takes one way."""
        return (ONE_WAY_MS + self._random.expovariate(1 / JITTER_MS)) / 1_000

    async def serve(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """One transaction: there, in line, done, and back."""
        await asyncio.sleep(self.crossing_s())
        async with self._free:
            await asyncio.sleep(SERVING_MS / 1_000)
            self.calls += 1
            found = await call()
        await asyncio.sleep(self.crossing_s())
        return found


class Wire:
    """The store as one process has it.

    Attributes:
        cut_off: whatever is sent from now on never arrives, and nor do notices.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self.cut_off = False

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        method = getattr(self._model.store, name)

        async def call(*arguments: Any, **named: Any) -> Any:
            if self.cut_off:
                await asyncio.sleep(_CUT_OFF)
                raise StoreUnavailable("cut off")
            return await self._model.serve(lambda: method(*arguments, **named))

        return call

    def hint(self) -> None:
        """PostgreSQL has none."""

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Notices cross the network, too."""

        def soon() -> None:
            if not self.cut_off:
                self._model.loop.call_later(self._model.crossing_s(), wake)

        return self._model.store.listen(soon)


class Process:
    """One process of the fleet: its gate, its clock and its requests."""

    def __init__(self, model: Model, number: int) -> None:
        pace = 0.95 + 0.1 * random.Random(number).random()
        self.wire = Wire(model)
        self.gate = Gate(
            self.wire,
            f"gate {number}",
            monotonic_ns=lambda: int(model.loop.now * pace * 1_000_000_000) + 1,
        )
        self._phase = random.Random(-number - 1).random() * ASKED_EVERY_S

    async def run(self) -> None:
        """Answer requests, and hold the lease meanwhile."""
        holding = asyncio.create_task(self.gate.run())
        try:
            await asyncio.sleep(self._phase)
            while True:
                await self.gate.find(digest(0))
                await asyncio.sleep(ASKED_EVERY_S)
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)


class Found(NamedTuple):
    """What a fleet has shown.

    Attributes:
        waited_ms: of each revocation after its commit, sorted.
        calls_each: calls of the database that one revocation causes.
        calls_idle: calls a second of a fleet that only holds its leases.
    """

    waited_ms: list[float]
    calls_each: float
    calls_idle: float


def simulated(gates: int, revocations: int, *, cut_off: int = 0, seed: int = 1) -> Found:
    """Revoke one key after another in a fleet of so many gates, of which some are cut off before each.

    Raises:
        Broken: a gate answered by what was true before, after a revocation had returned.
    """
    loop = JumpingLoop()
    try:
        return loop.run_until_complete(_simulate(loop, gates, revocations, cut_off, seed))
    finally:
        loop.close()


async def _simulate(loop: JumpingLoop, gates: int, revocations: int, cut_off: int, seed: int) -> Found:
    model = Model(loop, seed)
    fleet = [Process(model, number) for number in range(gates)]
    for number in range(revocations + 1):
        await model.store.insert(key(number), digest(number), Act(0, "user:1"))
    running = [asyncio.create_task(process.run()) for process in fleet]
    try:
        return await _revoke_all(model, fleet, revocations, cut_off, random.Random(seed))
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _revoke_all(
    model: Model, fleet: list[Process], revocations: int, cut_off: int, chance: random.Random
) -> Found:
    await asyncio.sleep(WARM_UP_S)
    before = model.calls
    await asyncio.sleep(WARM_UP_S)
    idle = (model.calls - before) / WARM_UP_S
    waited, caused = [], 0.0
    for number in range(1, revocations + 1):
        for process in fleet:
            await process.gate.find(digest(number))
        away = chance.sample(fleet, cut_off)
        for process in away:
            process.wire.cut_off = True
        await asyncio.sleep(chance.random() * 0.25)
        calls, begun = model.calls, model.loop.now
        waited.append((await _revoke(model, number)).waited_ms)
        _check(fleet, number)
        caused += model.calls - calls - idle * (model.loop.now - begun)
        for process in away:
            process.wire.cut_off = False
        await asyncio.sleep(0.5)
    return Found(sorted(waited), caused / revocations, idle)


async def _revoke(model: Model, number: int) -> Receipt:
    wire = Wire(model)
    epoch = await wire.set_enabled("prj_a", f"key_{number}", Act(0, "user:1"), enabled=False)
    return await settle(
        wire,
        epoch,
        at=0,
        monotonic_ns=lambda: int(model.loop.now * 1_000_000_000),
    )


def _check(fleet: list[Process], number: int) -> None:
    for process in fleet:
        known = process.gate.find_now(digest(number).value)
        if known is not None and known.status is Status.ACTIVE:
            raise Broken(f"{process.gate.name} answers by a key that was revoked")


class Fleet:
    """The part ``fleet`` of one run."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def run(self) -> list[Row]:
        say("simulating fleets …")
        count = self._stage.pace.revokes
        found = {gates: simulated(gates, count) for gates in FLEETS}
        rows = [_row(f"revoke returns, {gates} gates, simulated", found[gates], found[FLEETS[0]]) for gates in FLEETS]
        lost = simulated(FLEETS[-1], count // 4, cut_off=1)
        rows.append(_row(f"the same, one of {FLEETS[-1]} cut off", lost, found[FLEETS[-1]], LEASE_MS + SPARE_MS))
        return rows


def _row(what: str, found: Found, few: Found, target_ms: float = TARGET_MS) -> Row:
    took, usual = found.waited_ms, few.waited_ms
    p50, p99 = statistics.median(took), took[len(took) * 99 // 100]
    calls = f"{found.calls_each:,.0f} calls each, {found.calls_idle:,.0f}/s at rest"
    return Row(
        what,
        f"p50 {p50:,.0f} ms, p99 {p99:,.0f} ms; {calls}",
        "–" if found is few else f"fewer: p50 {statistics.median(usual):,.0f} ms",
        f"{p50 / statistics.median(usual):.1f}",
        target=f"p99 ≤ {target_ms:,.0f} ms",
        met=p99 <= target_ms,
    )
