"""The tests are code of the house, too: their names are sentences, and each documented requirement has one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import ROOT, python_files, tree_of, where

TESTS = ROOT / "tests"
# crypto-checkout's requirements go up to here; R58 to R64 are the limiter's and idempotency's, R23 and R24 the SDK's.
NUMBER_MAX = 69
REQUIRED = set(range(1, 70))
_MARK = re.compile(r"crypto-checkout R(\d+)")
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


def named_by(path: Path, function: Function) -> set[int]:
    """The requirements that a test names: in its own marks, those of its class or module, its name or its docstring."""
    text = " ".join(ast.unparse(decorator) for decorator in function.decorator_list)
    found = {int(number) for number in _MARK.findall(text)}
    words = f"{function.name.upper().replace('_', ' ')} {ast.get_docstring(function) or ''}"
    return found | {int(number) for number in _WORD.findall(words)}


def named_by_modules() -> dict[Path, set[int]]:
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
            found[path] = {int(number) for mark in marks for number in _MARK.findall(mark)}
    return found


def test_every_requirement_of_this_version_is_named_by_a_test() -> None:
    """Each of crypto-checkout R1 to R57 and R65 to R69, but for the TypeScript client's two, is proved somewhere."""
    named = {number for path, function in functions() for number in named_by(path, function)}
    named |= {number for numbers in named_by_modules().values() for number in numbers}
    missing = sorted(REQUIRED - named)
    assert missing == [], f"no test names {', '.join(f'R{number}' for number in missing)}"


def test_no_test_names_a_requirement_that_does_not_exist() -> None:
    """A misspelt number proves nothing."""
    wrong = []
    for path, function in functions():
        wrong += [f"{where(path, function)} R{n}" for n in named_by(path, function) if not 1 <= n <= NUMBER_MAX]
    for path, numbers in named_by_modules().items():
        wrong += [f"{path.relative_to(ROOT)} R{number}" for number in numbers if not 1 <= number <= NUMBER_MAX]
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
