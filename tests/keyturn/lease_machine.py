"""Gates, restricting changes and requests against one database, in every order, with clocks that the machine turns.

Each call of the store is two steps: the question on its way, the answer on its way. Between any two steps the machine
may do anything else: step another actor, let time pass, stop somebody for as long as it likes (by never stepping
them), lose a question or an answer. Clocks differ in offset, and in pace by up to a twentieth either way.
"""

import random
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from keyturn import Act, Gate, Key, KeyDigest, Mode, Status
from keyturn.admission.leases import settle
from keyturn.stores.memory import MemoryKeyStore

KEYS = 1
GATES = 2
STEP_COUNTS = [0, 1, 2, 3, 4, 30]
STEPS = st.sampled_from(STEP_COUNTS)
PASSING_MS = [1, 50, 300, 800, 900, 950, 1_000, 5_000]


class Lost(Exception):
    """A message that never arrived."""


class _Step:
    def __await__(self) -> Generator["_Step", None, None]:
        yield self


class Wire:
    """The store as somebody sees it over a connection: two steps a call."""

    def __init__(self, store: MemoryKeyStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        method = getattr(self._store, name)

        async def call(*arguments: Any, **named: Any) -> Any:
            await _Step()
            answer = await method(*arguments, **named)
            await _Step()
            return answer

        return call


class Actor:
    """Something under way."""

    def __init__(self, what: str, coroutine: Coroutine[Any, Any, Any], done: Callable[[Any], None]) -> None:
        self.what = what
        self._coroutine = coroutine
        self._done = done
        self.ended = False
        self.advance()

    def advance(self, error: Exception | None = None) -> None:
        """Go on to the next step, or be told that a message was lost."""
        try:
            if error is None:
                self._coroutine.send(None)
            else:
                self._coroutine.throw(error)
        except StopIteration as ended:
            self.ended = True
            self._done(ended.value)
        except Lost:
            self.ended = True

    def close(self) -> None:
        self._coroutine.close()


def digest(number: int) -> KeyDigest:
    return KeyDigest("sha256", bytes([number]) * 32)


def key(number: int) -> Key:
    return Key(
        id=f"key_{number}",
        project_id="prj_a",
        mode=Mode.TEST,
        name="a key",
        format="native",
        prefix="ck_test_abc123",
        last_four="wxyz",
        scopes=frozenset({"links:read"}),
        status=Status.ACTIVE,
        created_at=0,
        created_by="user:1",
    )


class LeaseMachine(RuleBasedStateMachine):
    """What holds: a request that begins after a restricting change has returned is not answered by what was before.

    Keys are disabled, which restricts them just as a revocation does, and enabled again, so that a run goes on.
    """

    gate_class: type[Gate] = Gate
    settling: Callable[..., Coroutine[Any, Any, Any]] = staticmethod(settle)

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryKeyStore()
        self.real_ms = 1_000_000.0
        self.actors: list[Actor] = []
        self.gates: list[Gate] = []
        self.busy: set[str] = set()
        # The keys whose last change was proved to hold everywhere, and was that they are disabled.
        self.proved: set[int] = set()
        self.changing: set[int] = set()
        # How often each was enabled, so that a request knows whether it was meanwhile.
        self.enabled: list[int] = [0] * KEYS
        self.paces: list[float] = []

    @initialize(
        gates=st.integers(1, GATES), paces=st.lists(st.floats(0.95, 1.05), min_size=GATES + 1, max_size=GATES + 1)
    )
    def begin(self, gates: int, paces: list[float]) -> None:
        self.paces = paces
        for number in range(KEYS):
            self._now(self.store.insert(key(number), digest(number), Act(0, "user:1")))
        for number in range(gates):
            gate = self.gate_class(
                Wire(self.store),  # type: ignore[arg-type]
                f"gate {number}",
                monotonic_ns=lambda number=number: self._clock(number),
            )
            self.gates.append(gate)

    def _clock(self, number: int) -> int:
        return int((self.real_ms + 7_919 * number) * self.paces[number] * 1_000_000)

    def _now(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        try:
            coroutine.send(None)
        except StopIteration as ended:
            return ended.value
        raise AssertionError("it did not end at once")

    def _start(self, what: str, coroutine: Coroutine[Any, Any, Any], done: Callable[[Any], None]) -> None:
        actor = Actor(what, coroutine, done)
        if not actor.ended:
            self.actors.append(actor)

    # Gates and requests.

    @rule(number=st.integers(0, GATES - 1), steps=STEPS)
    def renew(self, number: int, steps: int) -> None:
        self._tend(number, lambda gate: gate.renew(), steps)

    @rule(number=st.integers(0, GATES - 1), steps=STEPS)
    def look(self, number: int, steps: int) -> None:
        if self.gates[number % len(self.gates)].epoch is not None:
            self._tend(number, lambda gate: gate.look(), steps)

    @rule(number=st.integers(0, GATES - 1), steps=STEPS)
    def give_back(self, number: int, steps: int) -> None:
        self._tend(number, lambda gate: gate.give_back(), steps)

    def _tend(self, number: int, what: Callable[[Gate], Coroutine[Any, Any, Any]], steps: int) -> None:
        gate = self.gates[number % len(self.gates)]
        if gate.name in self.busy:
            return  # one process does one of these at a time

        async def tend() -> None:
            try:
                await what(gate)
            finally:
                self.busy.discard(gate.name)

        self.busy.add(gate.name)
        self._start(gate.name, tend(), lambda _: None)
        self._go_on(steps)

    @rule(number=st.integers(0, GATES - 1), wanted=st.integers(0, KEYS - 1), steps=STEPS)
    def request(self, number: int, wanted: int, steps: int) -> None:
        was_proved, enabled = wanted in self.proved, self.enabled[wanted]

        def answered(known: Any) -> None:
            if was_proved and self.enabled[wanted] == enabled:
                assert known.status is not Status.ACTIVE, "a request was admitted after the change had returned"

        gate = self.gates[number % len(self.gates)]
        self._start(f"request for {wanted} at {gate.name}", gate.find(digest(wanted)), answered)
        self._go_on(steps)

    # The processes that restrict keys.

    @rule(wanted=st.integers(0, KEYS - 1), steps=STEPS)
    def disable(self, wanted: int, steps: int) -> None:
        if wanted in self.proved or wanted in self.changing:
            return
        wire = Wire(self.store)

        async def sleep(_: float) -> None:
            await _Step()

        async def run() -> None:
            epoch = await wire.set_enabled("prj_a", f"key_{wanted}", Act(0, "user:1"), enabled=False)
            await self.settling(wire, epoch, at=0, monotonic_ns=lambda: self._clock(GATES), sleep=sleep)

        def returned(_: Any) -> None:
            self.proved.add(wanted)
            self.changing.discard(wanted)

        self.changing.add(wanted)
        self._start(f"restricting {wanted}", run(), returned)
        self._go_on(steps)

    @rule(wanted=st.integers(0, KEYS - 1))
    def enable(self, wanted: int) -> None:
        if wanted in self.proved:
            self.proved.discard(wanted)
            self.enabled[wanted] += 1
            self._now(self.store.set_enabled("prj_a", f"key_{wanted}", Act(0, "user:1"), enabled=True))

    # The world.

    @precondition(lambda self: bool(self.actors))
    @rule(whom=st.integers(0, 20), steps=STEPS)
    def step(self, whom: int, steps: int) -> None:
        # The one that was stepped last goes to the end, where `_go_on` takes it.
        self.actors.append(self.actors.pop(whom % len(self.actors)))
        self._go_on(steps)

    @property
    def losable(self) -> list[Actor]:
        """Those whose messages may get lost: a restricting process whose did says so, and proves nothing."""
        return [actor for actor in self.actors if not actor.what.startswith("narrowing")]

    @precondition(lambda self: bool(self.losable))
    @rule(whom=st.integers(0, 20))
    def lose(self, whom: int) -> None:
        """A message of a gate or a request gets lost, or the database does not answer it."""
        others = self.losable
        others[whom % len(others)].advance(Lost())
        self._clear()

    @rule(ms=st.sampled_from(PASSING_MS))
    def pass_time(self, ms: int) -> None:
        self.real_ms += ms

    def _go_on(self, steps: int) -> None:
        if self.actors:
            actor = self.actors[-1]
            for _ in range(steps):
                if not actor.ended:
                    actor.advance()
        self._clear()

    def _clear(self) -> None:
        self.actors = [actor for actor in self.actors if not actor.ended]

    def teardown(self) -> None:
        for actor in self.actors:
            actor.close()


def machine_with(
    gate_class: type[Gate], settling: Callable[..., Coroutine[Any, Any, Any]] = settle
) -> type[LeaseMachine]:
    """The machine over another gate, or another way of waiting."""
    return type("Broken", (LeaseMachine,), {"gate_class": gate_class, "settling": staticmethod(settling)})


def walk(machine: type[LeaseMachine], seed: int, steps: int) -> None:
    """One run of the machine whose rules are chosen by a plain random source: hundreds of times as many steps in the
    same time as a search that can also shorten what it finds."""
    chance = random.Random(seed)
    run = machine()
    run.begin(chance.randint(1, GATES), [chance.uniform(0.95, 1.05) for _ in range(GATES + 1)])
    moves: list[Callable[[], None]] = [
        lambda: run.renew(chance.randrange(GATES), chance.choice(STEP_COUNTS)),
        lambda: run.look(chance.randrange(GATES), chance.choice(STEP_COUNTS)),
        lambda: run.give_back(chance.randrange(GATES), chance.choice(STEP_COUNTS)),
        lambda: run.request(chance.randrange(GATES), chance.randrange(KEYS), chance.choice(STEP_COUNTS)),
        lambda: run.disable(chance.randrange(KEYS), chance.choice(STEP_COUNTS)),
        lambda: run.enable(chance.randrange(KEYS)),
        lambda: run.actors and run.step(chance.randrange(20), chance.choice(STEP_COUNTS)),  # type: ignore[func-returns-value]
        lambda: run.pass_time(chance.choice(PASSING_MS)),
        lambda: run.lose(chance.randrange(20)) if run.losable else None,
    ]
    weights = [4, 1, 1, 6, 3, 2, 8, 3, 1]
    try:
        for move in chance.choices(moves, weights, k=steps):
            move()
    finally:
        run.teardown()
