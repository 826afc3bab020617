"""Measures, while the server runs, how long it takes until a restricting change holds everywhere; and that it does.

A probe is a change of a key that nobody has: it is committed with an epoch like any other, and settled by all gates.
This process's own gate remembers that key beforehand, so a gate that would answer by what was before is found out.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from keyturn.admission.leases import Gate, boottime_ns, settle
from keyturn.keys.model import Kind, KnownKey, Mode, Status, Terms
from keyturn.keys.secret import KeyDigest
from keyturn.stores.ports import Clock, LeaseStore

INTERVAL_SECONDS: Final = 15.0
# Changes are kept for longer than any gate lives without looking; a gate that was away for longer forgets everything.
CHANGES_KEPT_MS: Final = 3_600_000

_TERMS: Final = Terms(project_id="keyturn:probe", mode=Mode.TEST, kind=Kind.SECRET, scopes=frozenset())


class ProbeStore(LeaseStore, Protocol):
    """A store that can commit a change of no key."""

    async def advance_epoch(self, key_id: str, at: int) -> int:
        """Commit a new epoch that touches a key which does not exist."""
        ...

    async def forget_changes(self, before: int) -> int:
        """Drop the changes from before this instant."""
        ...


class Probed(NamedTuple):
    """What one probe found.

    Attributes:
        lag_seconds: from asking for the change until it held everywhere.
        held: no gate answered by what was before; False is a defect, or a clock that runs wild.
        confirmed, lapsed: how many gates said so, and how many leases had to run out.
    """

    lag_seconds: float
    held: bool
    confirmed: int
    lapsed: int


async def probe(store: ProbeStore, gate: Gate, clock: Clock) -> Probed:
    """Make a change, wait until it holds, and look whether it does."""
    key_id = "probe_" + secrets.token_hex(8)
    digest = KeyDigest("probe", secrets.token_bytes(32))
    gate.plant(digest, KnownKey(key_id, _TERMS, Status.ACTIVE))
    begun = boottime_ns()
    receipt = await settle(store, await store.advance_epoch(key_id, clock.now()), at=clock.now())
    lag = (boottime_ns() - begun) / 1e9
    return Probed(lag, not gate.recalls(digest), len(receipt.confirmed), len(receipt.lapsed))


async def keep_probing(
    store: ProbeStore,
    gate: Gate,
    clock: Clock,
    *,
    on_probed: Callable[[Probed], None],
    failed: Callable[[Exception], None],
    interval_seconds: float = INTERVAL_SECONDS,
) -> None:
    """Probe for as long as the process runs, while its gate is in use; and drop changes that nobody waits for."""
    while True:
        await asyncio.sleep(interval_seconds)
        try:
            if gate.holds_lease:
                on_probed(await probe(store, gate, clock))
            await store.forget_changes(clock.now() - CHANGES_KEPT_MS)
        except Exception as error:
            failed(error)
