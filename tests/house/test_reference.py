"""The generated pages are what the code says."""

from pathlib import Path

from tillgate.api.errors import ERRORS
from tillgate.api.reference import pages

REFERENCE = Path(__file__).parent.parent.parent / "docs" / "reference"


def test_the_reference_is_as_the_code_makes_it() -> None:
    """After a change: python -m tillgate.api.reference docs/reference."""
    written = {path.name: path.read_text("utf-8") for path in REFERENCE.glob("*.md")}
    assert written == pages()


def test_every_error_code_has_its_place_in_the_reference() -> None:
    """A code that a caller may meet is explained under its own heading."""
    text = (REFERENCE / "errors.md").read_text("utf-8")
    assert [code for code in ERRORS if f"## {code}\n" not in text] == []
