"""The guides on leaked and on imported keys: each of their blocks, as it stands but for the key and the address."""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.journeys.test_readme import shell_blocks
from tests.running import RunningServer, clean_environment
from tillgate.settings import load

pytestmark = pytest.mark.slow

IN_SECONDS_MAX = 20
ACME = "acme_live_" + "k3" * 20


class Shell:
    """A shell in a directory of its own, with the product's programs on its path and a server's database named."""

    def __init__(self, server: RunningServer, place: Path) -> None:
        self.place = place
        bin = place.parent / "bin"
        bin.mkdir()
        for program in ("tillgate", "keyturn"):
            (bin / program).write_text(f'#!/bin/sh\nexec {sys.executable} -m {program}.cli "$@"\n')
            (bin / program).chmod(0o755)
        named = {
            "PATH": os.pathsep.join([str(bin), os.environ["PATH"]]),
            "TILLGATE_DATA": str(server.data),
            "KEYTURN_DATABASE_URL": f"sqlite:///{server.data / 'tillgate.db'}",
        }
        author = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        self.environment = clean_environment() | named | author

    def run(self, block: str, status: int = 0) -> str:
        done = subprocess.run(
            ["bash", "-c", block], cwd=self.place, env=self.environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == status, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def shell(running: RunningServer, tmp_path: Path) -> Shell:
    place = tmp_path / "here"
    place.mkdir()
    return Shell(running, place)


def test_the_guide_to_leaks_ends_and_finds_keys(
    running: RunningServer, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that somebody reports is refused from then on; one that was committed is found with the commit that brought
    it, though the file is gone; GitHub's setting is one that the server takes."""
    [report] = shell_blocks("docs/leaks.md", "Somebody found it")
    [github] = shell_blocks("docs/leaks.md", "GitHub found it")
    [scan] = shell_blocks("docs/leaks.md", "You look for them yourself")
    now, before = scan.splitlines()
    reported, committed = running.key(), running.key()

    told = shell.run(report.replace("https://your-domain.com", running.url).replace("ck_live_…", reported))
    assert reported not in told
    with running.client(reported) as client:
        refused = client.get("/checkout_sessions")
    assert (refused.status_code, refused.json()["error"]["reason"]) == (401, "revoked")

    [(name, value)] = re.findall(r"^(\w+)=(\S+)", github)
    monkeypatch.setenv(name, value)
    assert load().github_public_keys == value

    shell.run(f"git init -q . && echo 'KEY={committed}' >.env && git add -A && git commit -qm one")
    found = shell.run(now, status=1)
    assert ".env" in found and committed not in found
    shell.run("git rm -q .env && git commit -qm two")
    assert shell.run(now) == "" or ".env" not in shell.run(now)
    found = shell.run(before, status=1)
    assert ".env" in found and committed not in found


def test_the_guide_to_importing_imports(running: RunningServer, shell: Shell) -> None:
    """Its two commands: the first only says what would be; after the second the old key opens admission."""
    [block] = shell_blocks("docs/importing.md", "")
    project = running.project("Moved")
    digest = hashlib.sha256(ACME.encode()).hexdigest()
    (shell.place / "keys.csv").write_text(f"digest,name,scopes\n{digest},moved,sessions:read\n")
    rehearsal, real = block.replace("prj_…", project).splitlines()

    def status() -> int:
        with running.client(ACME) as client:
            return client.get("/checkout_sessions", headers={"X-Forwarded-Proto": "https"}).status_code

    shell.run(rehearsal)
    listed = json.loads(shell.run(f"tillgate keys list --project {project} --json"))
    assert listed == []
    assert ACME not in shell.run(real)
    deadline = time.monotonic() + IN_SECONDS_MAX
    while (answered := status()) != 200:
        assert time.monotonic() < deadline, answered
        time.sleep(0.1)


def test_the_readme_names_every_command(shell: Shell) -> None:
    """What ``--help`` lists is what the README describes."""
    [block] = shell_blocks("README.md", "On the command line")
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    told = re.split(r"^## On the command line$", readme, flags=re.MULTILINE)[1].partition("\n## ")[0]
    printed = shell.run(block.replace(".venv/bin/tillgate", "COLUMNS=200 tillgate"))
    commands = re.findall(r"^│ (\w+) ", printed.partition("Commands")[2], re.MULTILINE)
    assert len(commands) > 8
    assert [one for one in commands if f"`{one}" not in told] == []
