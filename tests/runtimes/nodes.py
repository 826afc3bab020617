"""The oldest and the newest Node that the client is for, and the runtime of Workers: by `scripts/runtimes.sh`."""

import json
import os
import platform
import shutil
from pathlib import Path
from typing import Final

import pytest

FOLDER: Final = Path(__file__).parent
MODULES: Final = FOLDER / "node_modules"
# Where they are not installed, and need not be, there is the one at hand.
_REQUIRED: Final = MODULES.exists() or "TILLGATE_REQUIRE_ALL" in os.environ
AGES: Final = ("oldest", "newest") if _REQUIRED else ("at hand",)
_MACHINES: Final = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def locked(age: str) -> str:
    """Which Node that is."""
    package = json.loads((FOLDER / "package.json").read_text())
    versions = {
        version.partition("@")[2]
        for name, version in package["optionalDependencies"].items()
        if name.startswith(f"node-{age}-")
    }
    [version] = versions
    return str(version)


def node(age: str) -> Path:
    """The program of one age. Skips where there is none for this machine."""
    if age == "at hand":
        return Path(shutil.which("node") or "node")
    machine = _MACHINES.get(platform.machine().lower(), "other")
    program = MODULES / f"node-{age}-{platform.system().lower()}-{machine}" / "bin" / "node"
    if not program.exists():
        pytest.skip(f"the {age} Node is not installed (scripts/runtimes.sh)")
    return program


def workerd() -> Path:
    """The runtime of Workers. Skips where it is not installed."""
    for program in MODULES.glob("@cloudflare/workerd-*/bin/workerd"):
        return program
    pytest.skip("the runtime of Workers is not installed (scripts/runtimes.sh)")
