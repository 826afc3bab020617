"""What the tests of the npm package share."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.sdk.packing import HOME, SDK, packed

NODE_MAJOR_MIN = 20


@pytest.fixture(scope="session")
def sdk() -> Path:
    """The package's folder, with what its tests need installed."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        pytest.skip("the TypeScript client needs Node 20 or newer, and there is no node or no npm on PATH")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < NODE_MAJOR_MIN:
        pytest.skip(f"the TypeScript client needs Node 20 or newer; this is {version}")
    with (SDK / "package.json").open() as lock:  # workers of one run take turns
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run([HOME / "scripts" / "typescript.sh"], capture_output=True, text=True, timeout=300)
    if not (SDK / "node_modules" / ".installed-from").exists():
        pytest.skip(f"npm could not install what the TypeScript client's tests need: {done.stderr[-2000:]}")
    return SDK


@pytest.fixture(scope="session")
def tarball(sdk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as it is published."""
    return packed(tmp_path_factory.mktemp("packed"))
