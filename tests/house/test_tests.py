"""The tests are code of the house, too: their names are sentences, and each documented requirement has one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import ROOT, python_files, tree_of, where

TESTS = ROOT / "tests"
# What each document asks for, and how far its list goes. Of four of them the keys and admission are built so far.
LAST = {"crypto-checkout": 69, "crossmint": 32, "smartpay": 32, "coin-moebius": 31, "craftkit": 52}
REQUIRED = {
    "crypto-checkout": {*range(1, 70)},
    "crossmint": {*range(1, 5), *range(12, 33)},
    "smartpay": {*range(1, 8), *range(14, 33)},
    "coin-moebius": {*range(7, 30)},
    "craftkit": {*range(1, 22), *range(28, 39), *range(44, 50)},
}
_MARK = re.compile(r"([a-z-]+) R(\d+)")
_WORD = re.compile(r"\bR(\d{1,3})\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> Iterator[tuple[Path, Function]]:
    """Every test function."""
    for path in python_files(TESTS):
        if not path.name.startswith("test_"):
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, Function) and node.name.startswith("test_"):
                yield path, node


Named = set[tuple[str, int]]


def marked(text: str) -> Named:
    """The requirements in a mark: ``spec("smartpay R24")``."""
    return {(spec, int(number)) for spec, number in _MARK.findall(text)}


def named_by(path: Path, function: Function) -> Named:
    """The requirements that a test names: in its own marks, its name or its docstring. A number alone is one of the
    document that the marks name, and Crypto Checkout's where there are none."""
    found = marked(" ".join(ast.unparse(decorator) for decorator in function.decorator_list))
    docstring = ast.get_docstring(function) or ""
    found |= {(spec, number) for spec, number in marked(docstring) if spec in LAST}
    specs = {spec for spec, _ in found} or {"crypto-checkout"}
    if len(specs) > 1:
        return found
    words = f"{function.name.upper().replace('_', ' ')} {docstring}"
    return found | {(*specs, int(number)) for number in _WORD.findall(words)}


def named_by_modules() -> dict[Path, Named]:
    """What ``pytestmark`` and classes' marks name, for a whole file."""
    found = {}
    for path in python_files(TESTS):
        if path.name.startswith("test_"):
            marks = [
                ast.unparse(node)
                for node in ast.walk(tree_of(path))
                if (isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node.targets[0]))
                or (isinstance(node, ast.Call) and "mark.spec" in ast.unparse(node.func))
            ]
            found[path] = {one for mark in marks for one in marked(mark)}
    return found


def test_every_requirement_of_this_version_is_named_by_a_test() -> None:
    """Each of them is proved somewhere, by a test that says so."""
    named = {one for path, function in functions() for one in named_by(path, function)}
    named |= {one for found in named_by_modules().values() for one in found}
    missing = sorted({(spec, number) for spec, numbers in REQUIRED.items() for number in numbers} - named)
    assert missing == [], f"no test names {', '.join(f'{spec} R{number}' for spec, number in missing)}"


def exists(spec: str, number: int) -> bool:
    """Whether a document has such a requirement."""
    return 1 <= number <= LAST.get(spec, 0)


def test_no_test_names_a_requirement_that_does_not_exist() -> None:
    """A misspelt number proves nothing."""
    wrong = []
    for path, function in functions():
        wrong += [f"{where(path, function)} {one}" for one in named_by(path, function) if not exists(*one)]
    for path, found in named_by_modules().items():
        wrong += [f"{path.relative_to(ROOT)} {one}" for one in found if not exists(*one)]
    assert wrong == []


def test_a_tests_name_is_a_sentence_and_its_docstring_the_guarantee() -> None:
    """At least three words in the one, something in the other."""
    wrong = []
    for path, function in functions():
        if len(function.name.split("_")) < 4:
            wrong.append(f"{where(path, function)} {function.name}: say in a sentence what holds")
        if not ast.get_docstring(function):
            wrong.append(f"{where(path, function)} {function.name}: no docstring")
    assert wrong == [], "\n".join(wrong)


def test_no_two_tests_of_a_file_have_one_name() -> None:
    """The second would hide the first."""
    seen: set[tuple[Path, str]] = set()
    doubled = []
    for path, function in functions():
        if (path, function.name) in seen:
            doubled.append(f"{where(path, function)} {function.name}")
        seen.add((path, function.name))
    assert doubled == []
