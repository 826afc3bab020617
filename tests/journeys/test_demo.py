"""The demo, run as the README says: by make, from a key to its revocation."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.test_readme import shell_blocks
from tests.running import clean_environment

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def test_the_demo_runs_to_its_end_as_the_readme_says() -> None:
    """``make demo`` succeeds: each of its nine steps is as it says, its key is printed nowhere, and a database that the
    shell names stays untouched. Make is told where the interpreter is and that it is up to date: nothing is installed."""
    demo = shell_blocks("README.md", "Quickstart")[-1]
    assert demo == "make demo\n"
    here = [f"VENV={sys.prefix}", "-o", f"{sys.prefix}/.stamps/up"]
    shell = clean_environment() | {"TILLGATE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/precious"}
    done = subprocess.run([*demo.split(), *here], cwd=ROOT, env=shell, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    steps = re.findall(r"^(\d)\. (.+)$", done.stdout, re.MULTILINE)
    assert [number for number, _ in steps] == [str(number) for number in range(1, 10)]
    answers = re.findall(r"← (\d{3}) ", done.stdout)
    assert answers == ["303", "201", "201", "201", "201", "200", "200", "401"]
    assert re.search(r"receipt: epoch \d+", done.stdout)
    assert "Nothing of it is left on this machine." in done.stdout
    assert re.findall(r"ck_test_[0-9A-Za-z]{32}", done.stdout + done.stderr) == []
