"""The generated pages are what the code says."""

import re

from tests.house.source import ROOT, tracked
from tillgate.api import error_pages
from tillgate.api.errors import ERRORS
from tillgate.api.reference import pages, pages_of_errors

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
