"""The three distributions, built as for a release, and an index of files beside them that pip installs from offline.

What they depend on is installed here already; each such distribution becomes a wheel again out of the files that its
RECORD names. So pip resolves what the built metadata really says, and needs no network.
"""

import base64
import csv
import hashlib
import io
import re
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, PackagePath, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECTS = {"keyturn": ROOT / "distributions/keyturn", "tillgate": ROOT, "tillgate-client": ROOT / "sdks/python"}
# What installing leaves behind, and no wheel holds.
_LEFT_BEHIND = {"INSTALLER", "REQUESTED", "direct_url.json", "RECORD"}


def build(project: Path, where: Path, *targets: str) -> None:
    """Build a distribution with the locked hatchling."""
    wanted = [part for target in targets for part in ("-t", target)]
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(where), *wanted],
        cwd=project, check=True, capture_output=True, text=True,
    )  # fmt: skip


def canonical(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(*names: str) -> dict[str, Distribution]:
    """What such distributions, and what these need, depend on here, as the installed metadata says."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(name) for name in names]
    seen = set()
    while waiting:
        wanted = waiting.pop()
        if str(wanted) in seen:
            continue
        seen.add(str(wanted))
        if canonical(wanted.name) in PROJECTS:
            continue
        there = found.setdefault(canonical(wanted.name), distribution(wanted.name))
        for extra in ["", *wanted.extras]:
            for line in there.requires or ():
                further = Requirement(line)
                if further.marker is None or further.marker.evaluate({"extra": extra}):
                    waiting.append(further)
    return found


def wheel_again(there: Distribution, where: Path) -> Path:
    """The wheel that this distribution was installed from, but for scripts, which its entry points make again."""
    info = next(path for path in there.files or () if path.parts[0].endswith(".dist-info")).parts[0]
    tags = [line.split("-") for line in re.findall(r"^Tag: (\S+)$", there.read_text("WHEEL") or "", re.MULTILINE)]
    tag = "-".join(".".join(sorted(set(parts))) for parts in zip(*tags, strict=True))
    path = where / f"{info.removesuffix('.dist-info')}-{tag}.whl"
    lines = []
    with zipfile.ZipFile(path, "w") as archive:
        for file in there.files or ():
            if _is_of_the_wheel(file, info):
                content = Path(str(file.locate())).read_bytes()
                archive.writestr(str(file), content)
                digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
                lines.append((str(file), f"sha256={digest}", str(len(content))))
        record = io.StringIO()
        csv.writer(record, lineterminator="\n").writerows([*lines, (f"{info}/RECORD", "", "")])
        archive.writestr(f"{info}/RECORD", record.getvalue())
    return path


def _is_of_the_wheel(file: PackagePath, info: str) -> bool:
    if file.parts[0] in ("..", "/") or "__pycache__" in file.parts:
        return False
    return not (file.parts[0] == info and file.name in _LEFT_BEHIND)
