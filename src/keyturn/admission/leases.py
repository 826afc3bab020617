"""A memory that never outlives a revocation: gates answer out of it only while they hold a lease.

A *gate* is a process that remembers keys. A process that restricts a key (revokes, disables or restricts it, or
suspends its project) commits that with a new *epoch*, and then waits until no gate can answer by what was true before.
The rules:

1. **Lease first, then look.** To renew, a gate writes down that it holds a lease and which epoch it has acted upon,
   and only after that is committed it reads the changes since, and evicts what they touch. From then on it may
   answer from memory until its own monotonic clock is ``lease_ms`` past the moment before it began to write.
2. **Acknowledge.** Having evicted something, it writes the new epoch down at once.
3. **Change first, then look.** The process that restricts a key commits the change, and only then reads which gates
   hold a lease. Each that has not seen the epoch is waited for, until it has, or until the lease's length has passed on
   the restricting process's own clock since the commit.
4. **No late filling.** What was read from the store goes into the memory only if no change was acted upon since
   before it was read.
5. **Streams end before the acknowledgement.** An answer that goes on (server-sent events, a web socket) is registered
   under the lease, and judged again if a change was acted upon since before its request was judged. A change that
   touches its key has it judged again before the gate acknowledges that change, and it ends where it is refused. Where
   the lease runs out, all of them end: what is not proved any more goes on no longer.

Why that suffices: either a gate's lease was committed before the restricting process looked, so that process waits for
it; or it was committed later, hence after the change, and the gate's look that follows finds it. A gate that was
stopped, or is cut off, between any two of these steps has the deadline of an earlier renewal whose look came before the
change, so it lies less than a lease after the commit; and when it wakes up its own clock tells it that the deadline has
passed, time that the machine slept included. No clock is compared with another: only their pace counts, with a margin
of a tenth.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final, NamedTuple, Protocol

from keyturn.admission.streams import OpenStream, Streams
from keyturn.database import SOON_SECONDS, StoreUnavailable
from keyturn.invariants import present
from keyturn.keys.model import KnownKey, Refused
from keyturn.keys.secret import KeyDigest
from keyturn.stores.ports import CHANGES_READ_MAX, HeldLease, LeaseStore, VerificationStore

LEASE_MS: Final = 1_000
# A gate stops a tenth early: its clock may run slower than that of the restricting process by that much.
MARGIN: Final = 0.9
RENEW_MS: Final = 250
# Where looking whether anybody has committed costs next to nothing, that often.
HINT_MS: Final = 20
# A gate that nobody asked for so long gives its lease back, so that nobody waits for it.
IDLE_MS: Final = 2_000
RETRY_MS: Final = 50
POLL_MS: Final = 4
REMEMBERED_MAX: Final = 1_000_000


def boottime_ns() -> int:
    """Nanoseconds that only go forward, also while the machine sleeps where the system can tell."""
    return time.clock_gettime_ns(_CLOCK)


_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class KeyFinder(Protocol):
    """Whatever finds keys by what was presented."""

    async def find(self, digest: KeyDigest) -> KnownKey | None:
        """The key whose text has this digest, as it stood when this was called or later."""
        ...

    def find_now(self, sha256: bytes) -> KnownKey | None:
        """The same, where nothing need be waited for; None where it must, whether there is such a key or not."""
        ...


class Primary:
    """Finds keys in the store itself, each time: nothing remembered, nothing to wait for."""

    def __init__(self, store: VerificationStore) -> None:
        self._store = store

    async def find(self, digest: KeyDigest) -> KnownKey | None:
        return await self._store.by_digest(digest)

    def find_now(self, sha256: bytes) -> KnownKey | None:
        return None


class GateStore(VerificationStore, LeaseStore, Protocol):
    """Where a gate finds keys, and holds its lease."""


class Gate:
    """Remembers keys for as long as it holds a lease. Make one a process, and let :meth:`run` run beside it."""

    def __init__(
        self,
        store: GateStore,
        name: str,
        *,
        monotonic_ns: Callable[[], int] = boottime_ns,
        lease_ms: int = LEASE_MS,
        remembered_max: int = REMEMBERED_MAX,
    ) -> None:
        """
        Args:
            name: another one for each process that ever ran, such as a random text.
        """
        self.name = name
        self._store = store
        self._monotonic_ns = monotonic_ns
        self._lease_ns = int(lease_ms * 1_000_000 * MARGIN)
        self._remembered_max = remembered_max
        self._entries: dict[bytes, KnownKey] = {}
        # Until when answers may come from memory, on this process's own clock.
        self._until_ns = 0
        # The last change that was acted upon; None before the first look at the store.
        self._applied: int | None = None
        self._asked = 0
        self._renewals = 0
        self._wake = asyncio.Event()
        self._hint: int | None = None
        self.streams = Streams()
        self.runs = False
        self._leased = asyncio.Event()
        # What was ended at the last look that found changes: after which epoch, and how many.
        self._ended_after = 0
        self._streams_ended = 0

    @property
    def remembered(self) -> int:
        """How many secrets are remembered."""
        return len(self._entries)

    @property
    def holds_lease(self) -> bool:
        """Whether an answer may come from memory right now."""
        return self._monotonic_ns() < self._until_ns

    @property
    def epoch(self) -> int | None:
        """The last restricting change that was acted upon."""
        return self._applied

    async def find(self, digest: KeyDigest) -> KnownKey | None:
        """The key whose text has this digest: from the cache under a live lease, else out of the store."""
        known = self.find_now(digest.value)
        if known is not None:
            return known
        self._asked += 1
        if not self.holds_lease and not self._wake.is_set():
            self._wake.set()
        before = self._applied
        key = await self._store.by_digest(digest)
        # A canary is not remembered: an answer from the cache would be quicker than that for a key that never was.
        if key is not None and not (key.pending or key.terms.canary) and before is not None and self._applied == before:
            if len(self._entries) >= self._remembered_max:
                # Another one's place: the oldest, for a dictionary keeps its order.
                del self._entries[next(iter(self._entries))]
            self._entries[digest.value] = key
        return key

    def find_now(self, sha256: bytes) -> KnownKey | None:
        """The key whose text has this digest, if it is remembered and a lease is held."""
        if self._monotonic_ns() >= self._until_ns:
            return None
        known = self._entries.get(sha256)
        if known is not None:
            self._asked += 1
        return known

    def plant(self, digest: KeyDigest, key: KnownKey) -> None:
        """Remember something as if it had been read just now: a prober's key that is in no store."""
        self._entries[digest.value] = key

    def recalls(self, digest: KeyDigest) -> bool:
        """Whether this would be answered from memory right now."""
        return self.holds_lease and digest.value in self._entries

    async def open_stream(self, stream: OpenStream, judged_at: int | None) -> Refused | None:
        """Register an answer that goes on; why it must not, if its key was restricted since it was judged.

        Args:
            judged_at: :attr:`epoch` as it was before its request was judged.

        Raises:
            StoreUnavailable: no lease is available, and without one it could not be ended in time.
        """
        if not self.holds_lease:
            self._asked += 1
            self._leased.clear()
            self._wake.set()
            try:
                async with asyncio.timeout(SOON_SECONDS):
                    while not self.holds_lease:
                        await self._leased.wait()
                        self._leased.clear()
            except TimeoutError:
                raise StoreUnavailable("no lease could be taken in time") from None
        # From here to the registration nothing is awaited: what is acted upon later finds the stream.
        applied = self._applied
        self.streams.add(stream)
        if judged_at is not None and judged_at == applied:
            return None
        refusal = None
        try:
            refusal = await stream.judge_again()
        except BaseException:
            self.streams.remove(stream)
            raise
        if refusal is not None:
            self.streams.remove(stream)
        return refusal

    # Holding the lease.

    async def renew(self) -> bool:
        """Take the lease, or renew it; whether there was a change to act upon."""
        begun = self._monotonic_ns()
        if self._applied is None:
            self._applied = await self._store.epoch()
        await self._hold()
        changed = await self._look()
        self._until_ns = begun + self._lease_ns
        self._leased.set()
        if changed:
            await self._hold()
        return changed

    async def look(self) -> bool:
        """Act upon changes, and say so; whether there was one. Does not lengthen the lease."""
        changed = await self._look()
        if changed and self.holds_lease:
            await self._hold()
        return changed

    async def give_back(self) -> None:
        """Answer from memory no more, and say so."""
        self._until_ns = 0
        await self._store.release(self.name)

    async def _hold(self) -> None:
        applied = present(self._applied, "an epoch that was read before a lease is held")
        self._renewals += 1
        await self._store.hold(self.name, applied, self._renewals, self._ended_after, self._streams_ended)

    async def _look(self) -> bool:
        """Act upon all changes that are committed; whether there was one."""
        changed = False
        after, ended = self._applied, 0
        while True:
            read = await self._look_once()
            # Before any of it is acknowledged.
            ended += await self.streams.settle()
            changed = changed or read > 0
            if read < CHANGES_READ_MAX:
                break
        if changed:
            self._ended_after, self._streams_ended = after or 0, ended
        return changed

    async def _look_once(self) -> int:
        applied = present(self._applied, "an epoch that was read before its changes are")
        changes = await self._store.changes_after(applied)
        if not changes:
            return 0
        last = changes[-1].epoch
        if last - applied != len(changes):
            self._entries.clear()  # some were forgotten before this gate had seen them
            self.streams.touch_all()
        else:
            ids = {change.key_id for change in changes if change.key_id is not None}
            projects = {change.project_id for change in changes if change.project_id is not None}
            # Restricting is rare, caching frequent: an index by id would cost each of them more than this costs those.
            touched = [
                digest
                for digest, known in self._entries.items()
                if known.id in ids or known.terms.project_id in projects
            ]
            for digest in touched:
                del self._entries[digest]
            self.streams.touch(ids, projects)
        self._applied = last
        return len(changes)

    async def run(self) -> None:
        """Hold the lease while anybody asks for keys. Cancel it to end; the lease is then given back.

        Where the store does not answer, the lease runs out, and every question goes to the store until it does.
        """
        stop = self._store.listen(self._wake.set)
        idle_since: int | None = None
        lapsing = asyncio.create_task(self._end_lapsed_streams(), name="keyturn streams")
        self.runs = True
        try:
            while True:
                # Before the look, not after: what is told while that is under way is a reason for another one.
                self._wake.clear()
                try:
                    if self._asked or self.streams:
                        self._asked, idle_since = 0, None
                        await self.renew()
                    elif self.holds_lease:
                        idle_since = idle_since or self._monotonic_ns()
                        if self._monotonic_ns() - idle_since > IDLE_MS * 1_000_000:
                            await self.give_back()
                        else:
                            await self.renew()
                    elif self._until_ns:
                        await self.give_back()
                except Exception as error:  # whatever the store is: without it the lease simply runs out
                    self.failed(error)
                    await asyncio.sleep(RETRY_MS / 1_000)
                await self._sleep()
        finally:
            self.runs = False
            lapsing.cancel()
            self.streams.end_all()
            stop()
            with contextlib.suppress(Exception):
                await self.give_back()

    async def _end_lapsed_streams(self) -> None:
        """End all streams when the lease runs out, whatever its renewal waits for."""
        while True:
            await self.streams.some.wait()
            left_ns = self._until_ns - self._monotonic_ns()
            if left_ns > 0:
                await asyncio.sleep(left_ns / 1e9)
            else:
                self.streams.end_all()

    def failed(self, error: Exception) -> None:
        """Told when the store did not answer a renewal; to be replaced by who wants to know."""

    async def _sleep(self) -> None:
        """Until it is time to renew, somebody asks without a lease to answer by, or there is a change."""
        ends = self._monotonic_ns() + RENEW_MS * 1_000_000
        while (left := ends - self._monotonic_ns()) > 0:
            # Taken before the look, and never without one, so that no commit falls between two of them.
            hint = self._hint_changed() if self._until_ns > 0 else None
            if hint:
                with contextlib.suppress(Exception):
                    await self.look()
            slice_ms = min(HINT_MS, left / 1_000_000) if hint is not None else left / 1_000_000
            try:
                # Not `wait_for`, which in Python 3.11 loses a cancellation that comes together with the event.
                async with asyncio.timeout(slice_ms / 1_000 if self._until_ns else None):
                    await self._wake.wait()
            except TimeoutError:
                continue
            if not self.holds_lease:
                return
            self._wake.clear()
            with contextlib.suppress(Exception):
                await self.look()

    def _hint_changed(self) -> bool | None:
        """Whether anybody has committed since this was last asked; None where the decision is unknown."""
        try:
            hint = self._store.hint()
        except Exception:
            return None
        if hint is None:
            return None
        changed, self._hint = hint != self._hint, hint
        return changed


class Receipt(NamedTuple):
    """What a restricting change proves.

    Attributes:
        epoch: its number; None where there was nothing to change.
        at: when it was asked for, Unix milliseconds.
        confirmed: the gates that have acted upon it.
        lapsed: the gates that did not say so, and whose lease has run out since.
        waited_ms: how long that took, after the commit.
        streams_ended: the open answers (server-sent events, web sockets) that the confirming gates ended as they acted
            upon it, and upon what else they found at the same moment. Those of a gate that lapsed have ended, too, but
            nobody has counted them.
    """

    epoch: int | None
    at: int
    confirmed: tuple[str, ...] = ()
    lapsed: tuple[str, ...] = ()
    waited_ms: float = 0.0
    streams_ended: int = 0


async def settle(
    store: LeaseStore,
    epoch: int,
    *,
    at: int,
    lease_ms: int = LEASE_MS,
    monotonic_ns: Callable[[], int] = boottime_ns,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Receipt:
    """Wait until no gate can answer by what was true before this epoch, which is committed: milliseconds as a rule,
    never more than a lease and a moment, also when the store fails meanwhile."""
    begun = monotonic_ns()
    ends = begun + lease_ms * 1_000_000
    first: dict[str, HeldLease] | None = None
    open_gates: dict[str, HeldLease] = {}
    confirmed: dict[str, int] = {}
    while True:
        try:
            held = {lease.gate: lease for lease in await store.held()}
        except Exception:  # then only time tells; and it does
            held = None
        if held is not None:
            if first is None:
                first = held
            open_gates = {name: lease for name, lease in held.items() if name in first and lease.epoch_seen < epoch}
            for name, lease in held.items():
                if lease.epoch_seen >= epoch and name in first and name not in confirmed:
                    confirmed[name] = lease.streams_ended if lease.ended_after < epoch else 0
            if not open_gates:
                return _receipt(epoch, at, confirmed, (), monotonic_ns() - begun)
        left_ms = (ends - monotonic_ns()) / 1e6
        if left_ms <= 0:
            break
        await sleep(min(POLL_MS, left_ms) / 1_000)
    for lease in open_gates.values():
        if first is not None and lease == first.get(lease.gate):
            # It was not renewed for a whole lease: whoever held it is gone or stopped, and nobody need wait again.
            try:
                await store.release_lapsed(lease)
            except Exception:  # nor will it for the next one
                break
    return _receipt(epoch, at, confirmed, open_gates, monotonic_ns() - begun)


def _receipt(epoch: int, at: int, confirmed: Mapping[str, int], lapsed: Collection[str], waited_ns: int) -> Receipt:
    ended = sum(confirmed.values())
    return Receipt(epoch, at, tuple(sorted(confirmed)), tuple(sorted(lapsed)), waited_ns / 1e6, ended)
