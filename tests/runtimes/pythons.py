"""The oldest and the newest Python at hand that the client is for, each with what the client and its tests need.

``python -m tests.runtimes.pythons`` makes an environment of each below ``.venv/runtimes``.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

HOME: Final = Path(__file__).parents[2]
ENVIRONMENTS: Final = HOME / ".venv" / "runtimes"
AGES: Final = ("oldest", "newest")
MINORS: Final = range(1, 40)
# httpx and msgspec, pytest, and what these need.
PACKAGES: Final = frozenset(
    [
        *("anyio", "certifi", "h11", "httpcore", "httpx", "idna", "msgspec", "typing-extensions"),
        *("iniconfig", "packaging", "pluggy", "pygments", "pytest"),
    ]
)

Version = tuple[int, int]


def declared_minimum() -> Version:
    """What the client says that it needs."""
    project = tomllib.loads((HOME / "sdks/python/pyproject.toml").read_text("utf-8"))["project"]
    found = re.fullmatch(r">=(\d+)\.(\d+)", project["requires-python"])
    assert found is not None
    return int(found[1]), int(found[2])


def found() -> dict[Version, str]:
    """Each version at hand from the declared one on, and a program that is it: on PATH, or one of pyenv's."""
    candidates = [sys.executable, *filter(None, (shutil.which(f"python3.{minor}") for minor in MINORS))]
    candidates += map(str, Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.*/bin/python3"))
    programs: dict[Version, str] = {}
    for candidate in candidates:
        asked = subprocess.run(
            [candidate, "-c", "import sys, venv, ensurepip; print(*sys.version_info[:2])"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if asked.returncode == 0:
            major, minor = map(int, asked.stdout.split())
            if (major, minor) >= declared_minimum():
                programs.setdefault((major, minor), candidate)
    return programs


def environment(age: str) -> Path:
    """The Python of one of the environments, which may not be there."""
    return ENVIRONMENTS / age / "bin" / "python"


def _locked() -> str:
    """The part of the tests' lock that is installed, with its hashes."""
    blocks = re.split(r"^(?=\S)", (HOME / "requirements/test.txt").read_text("utf-8"), flags=re.M)
    return "".join(block for block in blocks if block.partition("==")[0] in PACKAGES)


def main() -> None:
    """Make the environments that are not there, out of what is locked."""
    programs, locked = found(), _locked()
    for age, version in zip(AGES, (min(programs), max(programs)), strict=True):
        mark = ENVIRONMENTS / age / "installed-from"
        wanted = f"{version} {locked}"
        if mark.exists() and mark.read_text() == wanted:
            continue
        print(f"Installing what the client's tests need on Python {version[0]}.{version[1]} (once) …", flush=True)
        subprocess.run([programs[version], "-m", "venv", "--clear", ENVIRONMENTS / age], check=True)
        requirements = ENVIRONMENTS / age / "requirements.txt"
        requirements.write_text(locked)
        command = [environment(age), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        subprocess.run([*command, "--require-hashes", "-r", requirements], check=True)
        mark.write_text(wanted)


if __name__ == "__main__":
    main()
