"""What every test stands on. The real parts have a file each: `postgres.py`, `browser.py`, `parts.py`,
`running.py`."""

import functools
import os
import signal
import sys
from collections.abc import Generator, Iterator
from typing import Any

import argon2
import hypothesis
import pytest

from tillgate.access import hashes

# Where an environment says not to keep compiled modules (containers and CI often do), each of the thousands of servers
# and commands that tests start would compile all of Tillgate again: almost half of what one costs. So they are kept
# here: by workers and what they start, which take this environment, and by pytest, which rewrites each test's asserts.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# So that a store which breaks the contract says in what.
pytest.register_assert_rewrite("keyturn.testing.contract")

pytest_plugins = [
    "tests.postgres",
    "tests.browser",
    "tests.databases",
    "tests.running",
    "tests.receiver",
    "tests.parts",
    "tests.github",
    "tests.quick",
]

REQUIRE_ALL = os.environ.get("TILLGATE_REQUIRE_ALL") == "1"

# No deadline: a shared machine's pause is not a defect. CI repeats the same examples, so that a verdict
# belongs to the commit; a contributor's runs look for new ones.
hypothesis.settings.register_profile("contributor", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "contributor")


# A password's hash takes a quarter of a second of processor time by design, and hundreds of tests sign somebody in.
# In this process it is made with as little as the algorithm takes; a server or command that a test starts makes it as
# an operator's does, and tests/access/test_hashes.py holds what that is.
THRIFTY_HASHER = functools.partial(argon2.PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)


# A shell that runs the tests in the background lets them, and whatever they start, ignore an interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _thrifty_hashes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashes, "PasswordHasher", THRIFTY_HASHER)
        yield


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Tests marked `anyio` run on asyncio's own loop: its debug mode and its tracebacks are plainer."""
    return "asyncio", {"use_uvloop": False}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    # An expected failure is reported as skipped too, but it did run.
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = _no_skip(report.longrepr)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if REQUIRE_ALL and report.skipped:
        report.outcome = "failed"
        report.longrepr = _no_skip(report.longrepr)
    return report


def _no_skip(longrepr: object) -> str:
    path, line, reason = longrepr if isinstance(longrepr, tuple) else ("?", 0, str(longrepr))
    return f"{path}:{line}: nothing may skip here (TILLGATE_REQUIRE_ALL=1), and this would have: {reason}"


def pytest_sessionfinish() -> None:
    """Write down what was measured: a worker that takes over ten seconds to end is killed, with all that it ran."""
    measuring = getattr(sys.modules.get("coverage"), "Coverage", None)
    if measuring is not None and (current := measuring.current()) is not None:
        current.stop()
        current.save()
