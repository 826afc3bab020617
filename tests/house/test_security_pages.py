"""The pages about security name tests and files that there are: a promise whose test was renamed is held by nobody."""

import re

import pytest

from tests.house.source import ROOT
from tests.house.test_tests import functions

MODEL = "docs/security-model.md"
STANDARD = "docs/asvs.md"
BOUNDARIES = ("Browser", "Key holder", "Proxy", "Upstream", "Receiver of webhooks", "RPC node", "Operator", "Database")
# Its chapters that apply; the page says why the others do not.
CHAPTERS = ("V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V11", "V12", "V13", "V14", "V15", "V16")
_NAMED = re.compile(
    r"`((?:src|tests|docs|scripts|requirements|attacks|\.github|\.ci)/?[^`\s]*|[A-Z]+\.md|pyproject\.toml)`"
)
_POINT = re.compile(r"^\| (\d{1,2}\.\d{1,2}\.\d{1,2}) \| ([^|]+) \| ([^|]+) \| (.+) \|$", re.MULTILINE)


def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


@pytest.mark.parametrize("page", [MODEL, STANDARD])
def test_every_test_and_file_that_holds_a_promise_exists(page: str) -> None:
    """By its path and its name."""
    tests = {f"{path.relative_to(ROOT).as_posix()}::{function.name}" for path, function in functions()}
    named = _NAMED.findall(text_of(page))
    assert len(named) > 40
    gone = [one for one in named if (one not in tests if "::" in one else not (ROOT / one).exists())]
    assert gone == [], "was it renamed? the page is to say what holds the promise now"


def test_every_threat_names_the_test_that_holds_it() -> None:
    """Each row of a boundary's table; and no boundary has gone."""
    for boundary in BOUNDARIES:
        section = re.search(rf"^## {boundary}\n(.*?)(?=^## |\Z)", text_of(MODEL), re.MULTILINE | re.DOTALL)
        assert section is not None, boundary
        rows = [row for row in section[1].splitlines() if row.startswith("|")][2:]
        assert rows or boundary == "RPC node", boundary
        for row in rows:
            assert re.search(r"`tests/[^`]+::test_\w+`", row), row


def test_every_point_of_the_standard_is_answered() -> None:
    """Yes with a file or a test; part, no or not applicable with the reason. No point twice, none out of its order."""
    points = _POINT.findall(text_of(STANDARD))
    numbers = [tuple(int(part) for part in number.split(".")) for number, *_ in points]
    assert numbers == sorted(set(numbers)) and len(numbers) > 150
    assert {f"V{number[0]}" for number in numbers} == set(CHAPTERS)
    for number, _, met, how in points:
        assert met.strip() in ("yes", "part", "no", "n/a"), (number, met)
        assert _NAMED.search(how) if met.strip() == "yes" else len(how.strip()) > 5, (number, how)
