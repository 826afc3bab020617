"""Instructions of four requests are held to what they were; what has grown is named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import ratchet
from tests.parts import require_part
from tests.running import clean_environment

ROOT = Path(__file__).parents[2]
KEPT = {"GET": 1_000, "POST": 5_000}
BYTECODE = {"GET": {"shop:read": 40.0, "shop:form": 80.0}, "POST": {"shop:open": 200.0}}


def figures() -> dict[str, object]:
    return {"instructions": {ratchet.build(): KEPT}, "bytecode": {ratchet.language(): BYTECODE}}


def test_two_in_a_hundred_are_let_through() -> None:
    """A count differs a little from run to run."""
    assert ratchet.judged(figures(), {"GET": 1_020, "POST": 4_000}, BYTECODE) == []


def test_what_grows_is_told_with_the_functions_that_grew() -> None:
    """The largest growth first, new functions among them; what has shrunk is no excuse and is not named."""
    traced = {"GET": {"shop:read": 41.0, "shop:form": 20.0, "shop:new": 70.0}, "POST": BYTECODE["POST"]}
    assert ratchet.judged(figures(), {"GET": 1_030, "POST": 5_000}, traced) == [
        "GET: 1,030 instructions, 3.0% above 1,000. Bytecode by function:",
        "  shop:new: 0 → 70",
        "  shop:read: 40 → 41",
    ]


def test_figures_of_another_build_of_python_judge_nothing() -> None:
    """They differ between builds by more than anybody's change."""
    other = {"instructions": {"Python 3.99": KEPT}, "bytecode": {}}
    assert ratchet.judged(other, {"GET": 9_000}, BYTECODE) == []


def test_every_kept_build_has_every_request() -> None:
    """``make ratchet ARGS=--keep`` writes them all, and the bytecode of each."""
    kept = json.loads(ratchet.FIGURES.read_text("utf-8"))
    assert kept["instructions"]
    for counts in [*kept["instructions"].values(), *kept["bytecode"].values()]:
        assert set(counts) == set(ratchet.HELD)


@pytest.mark.slow
def test_no_request_takes_more_instructions_than_it_did() -> None:
    """A GET, a list and a POST of ``tillgate serve`` and a verification by ``keyturn serve``, counted by callgrind.

    Where it fails: make the change cheaper, or write its figures down by ``make ratchet ARGS=--keep`` and say in the
    commit what they buy.
    """
    require_part("valgrind")
    done = subprocess.run(
        [sys.executable, "-m", "bench.ratchet"],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=600,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
