"""The Python client on the oldest and the newest Python at hand."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.client.quickstart import PLACEHOLDER_URL, blocks, run
from tests.running import RunningServer, clean_environment
from tests.runtimes.pythons import AGES, HOME, declared_minimum, environment

SDK = HOME / "sdks/python"
PROGRAM = ("Take a payment", "Lists", "Asynchronous")
VERSION = "import sys; print(*sys.version_info[:2])"


def program(age: str) -> Path:
    """Its interpreter, in an environment with what the client needs."""
    found = environment(age)
    if not found.exists():
        pytest.skip(f"there is no environment of the {age} Python (scripts/runtimes.sh)")
    return found


def version(age: str) -> tuple[int, int]:
    """Which Python that is."""
    major, minor = map(int, run([program(age), "-c", VERSION], {}, HOME).split())
    return major, minor


@pytest.mark.parametrize("age", AGES)
def test_the_client_takes_a_payment_on_the_oldest_and_the_newest_python(
    running: RunningServer, tmp_path: Path, age: str
) -> None:
    """The README's programs, synchronous and asynchronous, with warnings as errors."""
    code = blocks(SDK / "README.md", "python")
    text = "".join(code[heading] for heading in PROGRAM).replace(PLACEHOLDER_URL, running.url)
    key = running.key(project=running.project(f"Python {age}"))
    surroundings = {"CHECKOUT_API_KEY": key, "PYTHONPATH": str(SDK / "src")}
    printed = run([program(age), "-W", "error", "-c", text], surroundings, tmp_path)
    assert "send the buyer to http" in printed and "\npaid 20" in printed and "session.created True" in printed


def test_what_may_go_wrong_is_told_the_same_on_another_python() -> None:
    """The tests of the transport, all of them, on each of the two that is not the Python of this run."""
    others = [age for age in AGES if version(age) != sys.version_info[:2]]
    for age in others:
        done = subprocess.run(
            [
                *(program(age), "-W", "error", "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider"),
                *("-c", os.devnull, "--rootdir", HOME, HOME / "tests/client/test_transport.py"),
            ],
            cwd=HOME, env=clean_environment() | {"PYTHONPATH": str(SDK / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-5000:] + done.stderr[-2000:]


def test_what_is_declared_is_what_is_tested() -> None:
    """The least version is the oldest that is tried, and no version is named that is newer than the newest."""
    project = tomllib.loads((SDK / "pyproject.toml").read_text("utf-8"))["project"]
    language = "Programming Language :: Python :: "
    named = [
        tuple(map(int, one.removeprefix(language).split(".")))
        for one in project["classifiers"]
        if one.startswith(language)
    ]
    assert version("oldest") == declared_minimum() == min(named)
    assert max(named) <= version("newest")
