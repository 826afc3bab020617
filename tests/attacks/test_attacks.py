"""A part of ``make attack``: a few attempts of each attack, on a running server of each kind. And the table at its
end, which says what succeeded where something does."""

import os
import subprocess
import sys

import pytest

from attacks.__main__ import ON_TILLGATE, run_attack
from attacks.tally import Outcome, Tally, all_held, table
from tests.house.source import ROOT
from tests.running import clean_environment

PART = "0.02"


@pytest.mark.slow
@pytest.mark.parametrize("server", ["sqlite", "postgres"])
def test_no_attack_on_tillgate_succeeds(server: str) -> None:
    """Carriers, isolation, replays, guesses, hostile texts, forms, redirects, scripts in a browser, races, neighbours,
    sockets: each holds, and each proves something, for what is allowed works beside it."""
    done = attacked("--server", server, "--part", PART)
    assert "BROKEN" not in done and done.count("  held  ") >= len(ON_TILLGATE) // 3, done


@pytest.mark.slow
def test_no_attack_on_keyturn_succeeds() -> None:
    """Keys that want more, hostile questions, forged forwarding, and odd paths through real proxies."""
    done = attacked("--server", "keyturn", "--part", PART)
    assert done.count("odd paths through") >= 3, done


def attacked(*arguments: str) -> str:
    """What a run prints; it ends with status 0."""
    command = [sys.executable, "-m", "attacks", *arguments, "--seed", os.environ.get("TILLGATE_ATTACK_SEED", "1")]
    environment = clean_environment() | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
    return done.stdout


def outcome(**attempts: bool) -> Outcome:
    """A row of one attack with these attempts, by what was sent and whether it was refused."""
    tally = Tally()
    for what, holds in attempts.items():
        tally.attempt(holds, what)
    return Outcome("Tillgate", "guesses", tally, 1.0)


def test_an_attempt_that_succeeds_is_reported_and_counted() -> None:
    """With what was sent; the run has then failed."""
    broken = outcome(right=True, wrong=False)
    assert not all_held([outcome(right=True), broken])
    shown = table([outcome(right=True), broken])
    assert "BROKEN, 1 times" in shown and "Tillgate, guesses: wrong" in shown
    assert "3 attempts, 1 succeeded, 0 attacks proved nothing." in shown


def test_an_attack_that_proves_nothing_fails_the_run() -> None:
    """Because what is allowed did not work either, because nothing was tried, or because it could not be made."""
    unarmed = outcome(right=True)
    unarmed.tally.control(False, "the right password is refused, too")

    def fails(_: Tally) -> None:
        raise OSError("no such server")

    for nothing in (unarmed, outcome(), run_attack("Tillgate", "guesses", fails)):
        assert nothing.tally.result == "NOTHING PROVED"
        assert not all_held([outcome(right=True), nothing])
    assert "control: the right password is refused, too" in table([unarmed])
