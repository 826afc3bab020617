"""The tests are code of the house, too: their names are sentences, and each documented requirement has one."""

import ast
import functools
import json
import re
from pathlib import Path

from tests.house.source import ROOT, nodes_of, python_files, where

TESTS = ROOT / "tests"
# How far each document's list of requirements goes.
LAST: dict[str, int] = json.loads((TESTS / "requirements/numbers.json").read_bytes())
_LIVE = "orders in yen on a live network need rates, which are not built yet"
# What no test names, and why.
OPEN: dict[tuple[str, int], str] = {
    **{("smartpay", number): _LIVE for number in (11, 12, 13)},
}
# Of these a test counts that stands beside the language's own routes, its pages or the requirements.
LANGUAGES = ("smartpay", "crossmint", "coin-moebius")
_MARK = re.compile(r"([a-z-]+) R(\d+)")
_WORD = re.compile(r"\bR(\d{1,3})\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def functions() -> list[tuple[Path, Function]]:
    """Every test function."""
    return [
        (path, node)
        for path in python_files(TESTS)
        if path.name.startswith("test_")
        for node in nodes_of(path)
        if isinstance(node, Function) and node.name.startswith("test_")
    ]


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
                for node in nodes_of(path)
                if (isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node.targets[0]))
                or (isinstance(node, ast.Call) and "mark.spec" in ast.unparse(node.func))
            ]
            found[path] = {one for mark in marks for one in marked(mark)}
    return found


def proved() -> Named:
    """What tests name; of a language that is spoken, those on its own routes."""
    found: Named = set()
    for path, named in [
        *((path, named_by(path, function)) for path, function in functions()),
        *named_by_modules().items(),
    ]:
        where_it_is = path.relative_to(TESTS)
        for spec, number in named:
            own = ("requirements/", "dashboard/", "pages/", f"dialects/{spec.replace('-', '_')}/")
            if spec not in LANGUAGES or where_it_is.as_posix().startswith(own):
                found.add((spec, number))
    return found


def test_every_requirement_is_named_by_a_test_or_says_why_not() -> None:
    """Each of them is proved somewhere, by a test that says so; what is open is not proved by stealth."""
    every = {(spec, number) for spec, last in LAST.items() for number in range(1, last + 1)}
    named = proved()
    missing = sorted(every - named - OPEN.keys())
    assert missing == [], f"no test names {', '.join(f'{spec} R{number}' for spec, number in missing)}"
    done = sorted(OPEN.keys() & named)
    assert done == [], f"no longer open: {', '.join(f'{spec} R{number}' for spec, number in done)}"
    assert OPEN.keys() <= every


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
