"""What make does for a newcomer, run as the README says. Make is told where the interpreter is and that it is up to
date, so that nothing is installed."""

import re
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.journeys.test_readme import shell_blocks
from tests.running import GREETING_ENDS, PYTHON, START_SECONDS_MAX, clean_environment, free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
VENV = Path(PYTHON).parents[1]
HERE = [f"--file={ROOT / 'Makefile'}", f"VENV={VENV}", "-o", f"{VENV}/.stamps/up"]


def make(command: str, place: Path, **environment: str) -> str:
    """What such a command prints; it has to end well."""
    program, *arguments = command.split()
    done = subprocess.run(
        [program, *HERE, *arguments],
        cwd=place, env=clean_environment() | environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def test_the_demo_runs_to_its_end_as_the_readme_says(tmp_path: Path) -> None:
    """Each of its nine steps is as it says, its key is printed nowhere, and a database that the shell names stays
    untouched."""
    demo = shell_blocks("README.md", "Quickstart")[-1]
    assert demo == "make demo\n"
    printed = make(demo, tmp_path, TILLGATE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/precious")
    steps = re.findall(r"^(\d)\. (.+)$", printed, re.MULTILINE)
    assert [number for number, _ in steps] == [str(number) for number in range(1, 10)]
    assert re.findall(r"← (\d{3}) ", printed) == ["303", "201", "201", "201", "201", "200", "200", "401"]
    assert re.search(r"receipt: epoch \d+", printed)
    assert "Nothing is left on this machine." in printed
    assert re.findall(r"ck_test_[0-9A-Za-z]{32}", printed) == []


def test_make_up_serves(tmp_path: Path) -> None:
    """The README's first command: a server on a database below ``./data``, whose set-up link opens."""
    up = shell_blocks("README.md", "Quickstart")[0]
    assert up == "make up\n"
    port, log = free_port(), tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*up.split(), *HERE, f"PORT={port}"],
            cwd=tmp_path, env=clean_environment(), stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            process_group=0,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while GREETING_ENDS not in log.read_text():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        [link] = re.findall(r"http://\S+/dashboard/setup/\S+", log.read_text())
        assert f":{port}/" in link
        assert httpx.get(link, trust_env=False).status_code == 200
        assert (tmp_path / "data/tillgate.db").exists()
    finally:
        # As Ctrl-C in a terminal: make and what it started.
        subprocess.run(["kill", "-INT", "--", f"-{process.pid}"], check=True)
        process.wait(START_SECONDS_MAX)


def test_make_lists_what_it_can_do(tmp_path: Path) -> None:
    """``make help``, and make alone: a line for each target that somebody would type."""
    told = re.sub(r"\x1b\[\d*m", "", make("make help", tmp_path))
    assert told == re.sub(r"\x1b\[\d*m", "", make("make", tmp_path))
    listed = set(re.findall(r"^  make ([a-z-]+) +\S", told, re.MULTILINE))
    [phony] = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert listed == set(phony.split()) - {"test-parts"}
