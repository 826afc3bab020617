"""The pages that a template is set on."""

import io
from itertools import product

import pypdf
import pytest

from tillgate.base.errors import InvalidInput
from tillgate.documents.engine import Engine, Failed, Limits, Made, Work
from tillgate.documents.templates.page_settings import PAPERS, PageSettings, checked_page

# Width and height in points, upright.
SIZES = {"a4": (595, 842), "a5": (420, 595), "a3": (842, 1191), "us-letter": (612, 792), "us-legal": (612, 1008)}


@pytest.mark.anyio
async def test_a_document_has_the_pages_that_are_set_unless_its_source_says_others() -> None:
    """Each paper upright and on its side, with a margin; an error is told at the line of the source alone."""
    engine = Engine(Limits(), workers=1)

    async def size(source: str, page: PageSettings) -> tuple[int, int]:
        made = await engine.render(Work(source, b"{}", 1_700_000_000, False, page=page.to_typst()))
        assert isinstance(made, Made), made
        [one] = pypdf.PdfReader(io.BytesIO(made.content)).pages
        return round(one.mediabox.width), round(one.mediabox.height)

    try:
        for paper, landscape in product(PAPERS, (False, True)):
            width, height = SIZES[paper]
            found = await size("= Heading", checked_page(paper, landscape, "7"))
            assert found == ((height, width) if landscape else (width, height))
        assert await size("= Heading", PageSettings()) == SIZES["a4"]
        assert await size("= Heading", checked_page("", True, "")) == SIZES["a4"][::-1]
        assert await size('#set page(paper: "a5")\n= Heading', checked_page("a3", False, "9")) == SIZES["a5"]
        failed = await engine.render(
            Work("= One\n#nothing", b"{}", 1, False, page=checked_page("a5", False, "").to_typst())
        )
        assert isinstance(failed, Failed) and failed.message.startswith("line 2, column 1: ")
    finally:
        await engine.close()


@pytest.mark.parametrize(
    ("paper", "margin"),
    [("a9", ""), ('a4")#read("x', ""), ("", "-1"), ("", "101"), ("", "1e1"), ("", "\u0661"), ("", "9mm")],
)
def test_what_is_no_page_is_refused(paper: str, margin: str) -> None:
    """Nothing that is typed there becomes a part of a source."""
    with pytest.raises(InvalidInput):
        checked_page(paper, False, margin)
    assert PageSettings().to_typst() == ""
