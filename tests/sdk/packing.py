"""The npm package as somebody gets it: built, packed and unpacked into a project of theirs."""

import re
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path

from tests.client.quickstart import run

HOME = Path(__file__).parents[2]
SDK = HOME / "sdks" / "typescript"
NAME = "tillgate-client"
TSC = SDK / "node_modules" / "typescript" / "bin" / "tsc"
NODE_TYPES = ("--typeRoots", str(SDK / "node_modules" / "@types"), "--types", "node")


def readme_commands() -> list[str]:
    """The npm commands of the page's first paragraph: of the registry, to build, and to install what was built."""
    intro = (SDK / "README.md").read_text("utf-8").partition("\n## ")[0]
    return re.findall(r"`(npm [^`]+)`", intro)


def packed(folder: Path) -> Path:
    """The package's tarball, built in a copy by the page's command; ``npm ci`` is the fixture's."""
    _, build, _ = readme_commands()
    ci, _, build = build.partition(" && ")
    assert ci == "npm ci" and "npm ci" in (HOME / "scripts/typescript.sh").read_text("utf-8")
    copy = folder / "sdks" / "typescript"
    shutil.copytree(SDK, copy, ignore=shutil.ignore_patterns("node_modules", "build", "dist"))
    (copy / "node_modules").symlink_to(SDK / "node_modules")
    run(build.split(), {}, copy)
    [name] = run(["npm", "pack", "--silent", "--pack-destination", str(folder)], {}, copy).split()
    return folder / name


def unpacked(tarball: Path, project: Path, name: str = NAME) -> Path:
    """What npm makes of it in a project."""
    target = project / "node_modules" / name
    with tarfile.open(tarball) as files:
        for member in files.getmembers():
            content = files.extractfile(member)
            assert content is not None and ".." not in member.name, "a package holds nothing but files of its own"
            path = target / member.name.removeprefix("package/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())
    return target


def compile_strictly(project: Path, *options: str, files: Sequence[str]) -> None:
    """Whoever installed the package compiles files of theirs."""
    run(["node", TSC, "--strict", "--target", "es2022", *options, *NODE_TYPES, *files], {}, project)
