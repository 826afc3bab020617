"""The generated pages are what the code says."""

import re
from pathlib import Path

from tests.house.source import ROOT, python_files, tracked
from tillgate.api import error_pages
from tillgate.api.errors import ERRORS
from tillgate.api.reference import pages, pages_of_errors
from tillgate.cli.trigger import STORIES
from tillgate.events.model import EVENT_TYPES

DOCS = ROOT / "docs"
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")
_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def written(folder: str) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in (DOCS / folder).glob("*.md")}


def test_the_reference_is_as_the_code_makes_it() -> None:
    """After a change: python -m tillgate.api.reference docs/reference."""
    assert written("reference") == pages()


def test_every_error_code_has_a_page_that_says_what_to_do() -> None:
    """A code that a caller may meet is explained: meaning, status, an example body and what to do. A new code gets
    its lines in api/error_pages.py, then: python -m tillgate.api.reference docs/reference."""
    assert error_pages.PAGES.keys() == ERRORS.keys(), "api/errors.py and api/error_pages.py name other codes"
    assert written("errors") == pages_of_errors()
    for code, kind in ERRORS.items():
        text = (DOCS / "errors" / f"{code}.md").read_text("utf-8")
        assert kind.meaning in text and f'"code": "{code}"' in text and str(kind.status) in text
        assert len(text.partition("## What to do\n")[2]) > 100, f"{code}: what is the reader to do?"
        assert f"../errors/{code}.md" in (DOCS / "reference" / "errors.md").read_text("utf-8")


def anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_every_link_between_pages_leads_somewhere() -> None:
    """A file that was moved, or a heading that was reworded, is found before a reader does."""
    wrong = []
    for page in tracked():
        if page.suffix != ".md" or not page.exists():
            continue
        text = _CODE.sub("", page.read_text("utf-8"))
        for target, heading in _LINK.findall(text):
            there = (page.parent / target) if target else page
            if not there.exists():
                wrong.append(f"{page.relative_to(ROOT)}: {target}")
            elif heading and there.suffix == ".md":
                prose = _CODE.sub("", there.read_text("utf-8"))
                if heading not in {anchor(one) for one in re.findall(r"^#+ (.+)$", prose, re.MULTILINE)}:
                    wrong.append(f"{page.relative_to(ROOT)}: {target}#{heading}")
    assert wrong == []


def test_every_decision_has_a_number_of_its_own() -> None:
    """Two that were written side by side once had the same, and what pointed to one was read in the other."""
    names = sorted(path.name for path in (DOCS / "decisions").glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    for name in names:
        assert (DOCS / "decisions" / name).read_text("utf-8").startswith(f"# {name[:4]} "), name


def test_every_event_type_comes_about_in_a_test() -> None:
    """What is documented is emitted by something: ``tillgate trigger`` brings it about, which its own test does, or a
    test waits for it by its name."""
    tests = [path.read_text("utf-8") for path in python_files(ROOT / "tests")]
    untold = [type for type in EVENT_TYPES if type not in STORIES and not any(f'"{type}"' in text for text in tests)]
    assert untold == []


_HEADING_OR_BLOCK = re.compile(r"^#+ (.+)$|^```(\w+)\n", re.MULTILINE)
# Whose blocks are taken all together, by language.
_WHOLE = {"docs/idempotency.md": "tests/api/test_idempotency.py", "docs/keyturn.md": "tests/journeys/test_proxies.py"}
# This very run.
_NOT_RUN = {("README.md", "Testing it")}


def test_every_block_of_code_in_a_guide_is_run_by_a_test() -> None:
    """The guides on leaks and on importing once had commands that nobody had run. A test that runs a page's blocks
    names the page and the heading above each; pages that are made, and decisions, show no commands."""
    tests = {path: path.read_text("utf-8") for path in python_files(ROOT / "tests")}
    wrong = []
    for page in tracked():
        name = page.relative_to(ROOT).as_posix()
        if page.suffix != ".md" or name.startswith(("docs/errors/", "docs/reference/", "docs/decisions/")):
            continue
        heading, sections = "", {}
        for found in _HEADING_OR_BLOCK.finditer(page.read_text("utf-8")):
            heading = found[1] or heading
            if found[2]:
                # What stands above the first section is nobody's; `shell_blocks` and `blocks` call it "".
                sections[heading] = "" if text_begins_with(page, heading) else heading
        for heading, named in sections.items():
            if (name, heading) in _NOT_RUN:
                continue
            by = [_WHOLE[name]] if name in _WHOLE else [
                path for path, text in tests.items() if page.name in text and f'"{named}"' in text
            ]  # fmt: skip
            if not by:
                wrong.append(f"{name}: what stands below {heading!r} is run by no test")
    assert wrong == []


def text_begins_with(page: Path, heading: str) -> bool:
    """Whether it is the page's title."""
    return page.read_text("utf-8").startswith(f"# {heading}\n")
