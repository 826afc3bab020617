"""The templates that ship."""

import io
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pypdf
import pytest

from tillgate.documents.engine import Engine, Made, Work
from tillgate.documents.starters import STARTERS, starter
from tillgate.documents.templates.manifest import bound, preview_of
from tillgate.documents.templates.operations import NewVersion, checked_new

pytestmark = pytest.mark.anyio

# The word for an item in each language that a starter knows, and a line's name in its letters.
WRITTEN = {
    "en": ("Item", "Mug"),
    "de": ("Position", "Größe"),
    "el": ("Είδος", "Κούπα"),
    "ru": ("Наименование", "Кружка"),
    "ja": ("品目", "領収書"),
    "ar": ("الصنف", "كوب"),
    "he": ("פריט", "ספל"),
}
RIGHT_TO_LEFT = {"ar", "he"}


@pytest.fixture
async def engine(anyio_backend: object) -> AsyncIterator[Engine]:
    opened = Engine(workers=1)
    yield opened
    await opened.close()


async def made(engine: Engine, name: str, **data: Any) -> pypdf.PdfReader:
    """A starter's document of its sample data, as a live one is made."""
    source, manifest = starter(name)
    given = bound(manifest, preview_of(manifest) | data)
    outcome = await engine.render(Work(source, msgspec.json.encode(given), 0, False))
    assert isinstance(outcome, Made), (name, outcome)
    return pypdf.PdfReader(io.BytesIO(outcome.content))


def told_of(content: bytes) -> tuple[dict[str, Any], bytes]:
    """A document's catalogue, and its metadata."""
    root: Any = pypdf.PdfReader(io.BytesIO(content)).trailer["/Root"]
    return root, root["/Metadata"].get_data()


def across(page: pypdf.PageObject) -> dict[str, float]:
    """How far from the left each piece of text begins."""
    found: dict[str, float] = {}
    page.extract_text(visitor_text=lambda text, page_at, at, *_: found.setdefault(text.strip(), page_at[4] + at[4]))
    return found


async def test_every_starter_makes_a_document_of_its_sample_data(engine: Engine) -> None:
    """In both paper sizes."""
    for name in STARTERS:
        source, manifest = starter(name)
        checked_new(NewVersion(name, name, source, manifest, {}))
        for paper, width in (("a4", 595), ("letter", 612)):
            box = (await made(engine, name, paper=paper)).pages[0].mediabox
            assert width in (round(box.width), round(box.height)), name


@pytest.mark.parametrize("language", WRITTEN)
async def test_a_receipt_is_set_in_the_letters_of_its_language(engine: Engine, language: str) -> None:
    """Latin, Greek, Cyrillic, Japanese, Arabic and Hebrew, as text that can be copied out; the last two run from right
    to left, and so do the columns of the table."""
    word, name = WRITTEN[language]
    lines = [{"name": name, "quantity": 2, "price": "10.00", "amount": "20.00"}]
    read = await made(engine, "receipt", language=language, lines=lines)
    [page] = read.pages
    text = page.extract_text()
    assert word in text and name in text, text
    root: Any = read.trailer["/Root"]
    assert root["/Lang"] == language
    places = across(page)
    item, amount = (next(at for text, at in places.items() if part in text) for part in (name, "20.00"))
    assert item != amount and (item > amount) == (language in RIGHT_TO_LEFT), places


async def test_a_live_document_is_for_an_archive(engine: Engine) -> None:
    """PDF/A, tagged: level A where each image says what it shows, else level B; plain PDF where it cannot be. A mark of
    test mode is put over what says nothing of an archive."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/></svg>'
    for source, level in (
        ("= Hi", "A"),
        ('#image("a.svg", alt: "A square")', "A"),
        ('#image("a.svg")', "B"),
        ('#pdf.attach("a.svg")', None),
    ):
        outcome = await engine.render(Work(source, b"{}", 0, False, {"a.svg": svg}))
        assert isinstance(outcome, Made), outcome
        root, told = told_of(outcome.content)
        assert (b"<pdfaid:part>2</pdfaid:part>" in told) == (level is not None), source
        assert level is None or f"<pdfaid:conformance>{level}</pdfaid:conformance>".encode() in told, source
        assert "/StructTreeRoot" in root
    outcome = await engine.render(Work("= Hi", b"{}", 0, True))
    assert isinstance(outcome, Made)
    assert b"pdfaid" not in told_of(outcome.content)[1]


async def test_a_long_invoice_carries_its_sum_from_page_to_page(engine: Engine) -> None:
    """Three hundred lines: each page of the table ends with what its lines come to so far, and the next one begins with
    that; the first begins and the last ends without."""
    line = {"name": "Mug", "quantity": 2, "price": "10.00", "amount": "20.00"}
    read = await made(engine, "invoice", lines=[line] * 300)
    pages = [page.extract_text() for page in read.pages]
    assert len(pages) > 3
    lines = [page.count("Mug") for page in pages]
    assert sum(lines) == 300
    for number, page in enumerate(pages):
        if not lines[number]:
            continue  # the table has ended before
        before, up_to = sum(lines[:number]), sum(lines[: number + 1])
        carried = ["Carried forward", f"{before * 20}.00 EUR"] * (before > 0)
        carried += ["Carried forward", f"{up_to * 20}.00 EUR"] * (up_to < 300)
        assert page.count("Carried forward") * 2 == len(carried), page
        assert all(one in page for one in carried), page
    # What is no plain number is not added up.
    read = await made(engine, "invoice", lines=[line | {"amount": "20,00"}] * 60)
    assert "Carried forward" not in "".join(page.extract_text() for page in read.pages)
