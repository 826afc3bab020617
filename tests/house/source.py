"""The source as data: files, syntax trees and the import graph, for tests of the code itself."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import grimp

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
PACKAGES = ("keyturn", "tillgate")


class Edge(NamedTuple):
    """One import, and where it is written."""

    importer: str
    imported: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{file_of(self.importer).relative_to(ROOT)}:{self.line}: {self.text.strip()}"


@cache
def graph() -> grimp.ImportGraph:
    """The real import graph, third parties included."""
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


@cache
def edges() -> tuple[Edge, ...]:
    """Every import in the source."""
    found = []
    for importer in sorted(graph().modules):
        if importer.partition(".")[0] not in PACKAGES:
            continue
        for imported in sorted(graph().find_modules_directly_imported_by(importer)):
            for details in graph().get_import_details(importer=importer, imported=imported):
                found.append(Edge(importer, imported, details["line_number"], details["line_contents"]))
    return tuple(found)


def below(module: str, *packages: str) -> bool:
    """Whether a module is one of these packages, or inside of one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def file_of(module: str) -> Path:
    """The file of a module."""
    path = SRC.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file: walking through the trees of all is most of what these tests would cost."""
    return tuple(ast.walk(tree_of(path)))


def python_files(*roots: Path) -> list[Path]:
    """Every Python file, in order."""
    return sorted(path for root in roots or (SRC,) for path in root.rglob("*.py"))


def where(path: Path, node: ast.AST) -> str:
    """``src/…/file.py:12``, for messages."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def texts_of(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Every string in a file that is not a docstring; of f-strings the constant parts, joined by ``{}``."""
    nodes = nodes_of(path)
    skipped = set()
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
    for node in nodes:
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, node.value
        elif isinstance(node, ast.JoinedStr):
            yield node, "{}".join(part.value for part in node.values if isinstance(part, ast.Constant))


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that git keeps."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())
