"""The generated pages are what the code says."""

from tests.house.source import ROOT, python_files
from tillgate.api import error_pages
from tillgate.api.errors import ERRORS
from tillgate.api.reference import pages, pages_of_errors
from tillgate.cli.trigger import STORIES
from tillgate.dialects import reference as languages
from tillgate.events.types import EVENT_TYPES

DOCS = ROOT / "docs"


def written(folder: str) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in (DOCS / folder).glob("*.md")}


def test_the_reference_is_as_the_code_makes_it() -> None:
    """After a change: python -m tillgate.api.reference docs/reference, and the same of tillgate.dialects.reference."""
    assert written("reference") == pages() | languages.pages()


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
