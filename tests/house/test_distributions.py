"""Three wheels and an npm package: one version, and each declares what it imports."""

import ast
import json
import runpy
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.house.source import ROOT, nodes_of, python_files
from tests.wheels import PROJECTS, canonical

PACKAGES = {
    "keyturn": ROOT / "src/keyturn",
    "tillgate": ROOT / "src/tillgate",
    "tillgate-client": ROOT / "sdks/python/src/tillgate_client",
}
VERSION = runpy.run_path(str(ROOT / "scripts/version.py"))


def project(name: str) -> dict[str, Any]:
    told: dict[str, Any] = tomllib.loads((PROJECTS[name] / "pyproject.toml").read_text("utf-8"))["project"]
    return told


def imported(package: Path) -> set[str]:
    """The distributions that a package's files import from, the standard library and itself aside."""
    tops = set()
    for path in python_files(package):
        for node in nodes_of(path):
            if isinstance(node, ast.Import):
                tops |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                tops.add(node.module.partition(".")[0])
    brought_by = packages_distributions()
    foreign = tops - set(sys.stdlib_module_names) - {package.name}
    return {canonical(brought_by.get(top, [top])[0]) for top in foreign}


@pytest.mark.parametrize("name", PROJECTS)
def test_a_distribution_declares_what_it_imports(name: str) -> None:
    """Nothing that only another distribution happens to bring, and nothing that no file imports."""
    told = project(name)
    declared = {canonical(Requirement(line).name) for line in told["dependencies"]}
    optional = {
        canonical(Requirement(line).name) for lines in told.get("optional-dependencies", {}).values() for line in lines
    }
    used = imported(PACKAGES[name])
    assert used - declared - optional == set(), "imported, not declared"
    assert declared - used == set(), "declared, not imported"


def test_the_client_stands_on_httpx_and_msgspec_alone() -> None:
    """Whoever calls a server installs nothing of it."""
    assert {Requirement(line).name for line in project("tillgate-client")["dependencies"]} == {"httpx", "msgspec"}


def test_one_place_holds_the_version() -> None:
    """The root's pyproject.toml; scripts/version.py has written it wherever else it stands, also to npm's files."""
    assert VERSION["strays"]() == []
    version = VERSION["version"]()
    assert {name: project(name)["version"] for name in PROJECTS} == dict.fromkeys(PROJECTS, version)
    assert f"keyturn=={version}" in project("tillgate")["dependencies"]
    for path in (ROOT / "sdks").glob("*/package.json"):
        assert json.loads(path.read_text("utf-8"))["version"] == version


def test_a_new_version_is_written_everywhere(tmp_path: Path) -> None:
    """A place that was forgotten is named; what does not look like a version is refused."""
    for file in {file for file, *_ in VERSION["COPIES"]}:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text((ROOT / file).read_text("utf-8"), "utf-8")
    VERSION["write"]("12.3.45", tmp_path)
    assert (VERSION["version"](tmp_path), VERSION["strays"](tmp_path)) == ("12.3.45", [])
    client = tmp_path / "sdks/python/pyproject.toml"
    client.write_text(client.read_text("utf-8").replace("12.3.45", "12.3.44"), "utf-8")
    assert VERSION["strays"](tmp_path) == ["sdks/python/pyproject.toml: says 12.3.44, not 12.3.45"]
    with pytest.raises(SystemExit, match="is not a version"):
        VERSION["write"]("next", tmp_path)


def test_each_distribution_carries_the_licence() -> None:
    """A wheel is passed on without the repository."""
    licence = (ROOT / "LICENSE").read_bytes()
    assert [name for name, path in PROJECTS.items() if (path / "LICENSE").read_bytes() != licence] == []
