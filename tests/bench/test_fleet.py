"""The simulated fleet tells the same each time, and would notice a gate that answers by what was true before."""

import pytest

from bench import fleet
from bench.measuring import Broken
from keyturn.admission.leases import LEASE_MS, Receipt


def test_a_revocation_waits_for_all_gates_and_for_one_that_is_cut_off_no_longer_than_its_lease() -> None:
    """Nothing of it depends on the machine: the clock is the model's."""
    found = fleet.simulated(8, 5)
    assert found == fleet.simulated(8, 5)
    assert 0 < found.waited_ms[0] <= found.waited_ms[-1] < 100
    assert found.calls_each >= 2 * 8  # each gate looks, and acknowledges
    lost = fleet.simulated(8, 2, cut_off=1)
    assert LEASE_MS <= lost.waited_ms[0] <= lost.waited_ms[-1] <= LEASE_MS + fleet.SPARE_MS


def test_a_revocation_that_does_not_wait_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the rows would say nothing about the promise."""

    async def at_once(*_: object, **__: object) -> Receipt:
        return Receipt(1, 0)

    monkeypatch.setattr(fleet, "settle", at_once)
    with pytest.raises(Broken, match="revoked"):
        fleet.simulated(8, 1)
