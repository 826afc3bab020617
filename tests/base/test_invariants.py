"""A promise of the code that does not hold stops the work, whichever way Python was started."""

import subprocess
import sys

import pytest

import keyturn.invariants
from tillgate.base.invariants import BrokenInvariant, ensure, present


@pytest.mark.parametrize("house", ["tillgate.base", "keyturn"])
def test_a_broken_promise_stops_the_work_also_without_asserts(house: str) -> None:
    """``python -O`` drops every assert; what guards money and keys is none."""
    program = f"from {house}.invariants import present\nassert False\npresent(None, 'a payment')"
    done = subprocess.run([sys.executable, "-O", "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("BrokenInvariant: expected a payment, found none")


def test_what_is_there_goes_through_unchanged() -> None:
    """Zero, the empty text and False are values; only None is an absence."""
    for value in (0, "", False, ["x"]):
        assert present(value, "it") is value
        assert keyturn.invariants.present(value, "it") is value
    ensure(True, "one is one")
    with pytest.raises(BrokenInvariant, match="expected that one is two"):
        ensure(False, "one is two")
