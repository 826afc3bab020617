"""What commands say of a database that is older than it was, such as a copy that was put back by hand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from keyturn.database import HighWater
from tests.running import clean_environment, run_cli

pytestmark = pytest.mark.slow


def test_doctor_says_it_and_the_next_command_goes_on_above_it(tmp_path: Path) -> None:
    """A problem for doctor, which changes nothing; then a line on standard error, once, and the output stays JSON."""
    data = ("--data", str(tmp_path))
    project = json.loads(run_cli("projects", "create", "--name", "Shop", "--json", *data))["id"]
    marks = HighWater(tmp_path / "tillgate.db.high-water")
    marks.reserve(f"events/{project}/test", 7)
    marks.note(f"events/{project}/test", 7)
    marks.close()
    assert f"PROBLEM  events 1 to at least 7 of project {project}" in _run("doctor", *data, status=1).stdout
    for says in (True, False):
        done = _run("projects", "list", "--json", *data)
        assert json.loads(done.stdout)[0]["id"] == project
        assert ("older than it was" in done.stderr and "go on above 1007" in done.stderr) == says
    assert "Everything is in order" in _run("doctor", *data).stdout


def test_doctor_says_where_nothing_would_notice_it() -> None:
    """On PostgreSQL, where no directory is named."""
    url = "postgresql://nobody@127.0.0.1:9/none"
    assert "TILLGATE_HIGH_WATER is not set" in _run("doctor", "--database-url", url, status=1).stdout


def _run(*arguments: str, status: int = 0) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tillgate.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=60)
    assert done.returncode == status, done.stderr
    return done
