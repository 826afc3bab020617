"""The page of receipts, invoices and credit notes."""

import io
import re
from typing import Any

import msgspec
import pypdf
import pytest

from tillgate.documents.engine import Engine, Made
from tillgate.documents.printing.jobs import work_of
from tillgate.documents.printing.model import Paper, PaperLine, PaperMovement, PaperSum

pytestmark = pytest.mark.anyio

PAPER = Paper(
    id="doc_1",
    project_id="one",
    at=1_700_000_000_000,
    test=False,
    language="en",
    paper="a4",
    title="Invoice",
    labels={name: name.capitalize() for name in ("buyer", "item", "quantity", "price", "amount", "payment", "carried")},
    seller=["Shop", "1 High Street"],
    buyer=["Ada"],
    details=[("Number", "I-7")],
    lines=[PaperLine(f"Mug {n}", "1", "$2.00", "$2.00", f"${2 * n}.00") for n in range(1, 301)],
    sums=[PaperSum("Total", "$600.00", strong=True)],
    sentence="",
    account=[],
    movements=[PaperMovement("Today", "Received", "$600.00", "0xab")],
    note="",
    footer="Registered as HRB 7",
)


async def test_a_long_invoice_carries_its_sum_and_has_the_sellers_footer_on_each_page() -> None:
    """Three hundred lines on either paper: what the lines come to so far is at the foot of each page of the table, and
    again at the head of the next; the document is PDF/A for whoever keeps it."""
    engine = Engine(workers=1)
    try:
        for size, width in (("a4", 595), ("letter", 612)):
            outcome = await engine.render(work_of(msgspec.structs.replace(PAPER, paper=size)))
            assert isinstance(outcome, Made), outcome
            read = pypdf.PdfReader(io.BytesIO(outcome.content))
            pages = [page.extract_text() for page in read.pages]
            assert len(pages) > 3 and round(read.pages[0].mediabox.width) == width
            last = [max((int(n) for n in re.findall(r"Mug (\d+)", page)), default=301) for page in pages]
            assert last == sorted(last) and 300 in last
            for number, page in enumerate(pages):
                assert f"Registered as HRB 7 {number + 1} / {len(pages)}" in page
                # The table may end before the last page.
                sums = [f"Carried ${2 * last[number - 1]}.00"] * (number > 0 and last[number] <= 300)
                sums += [f"Carried ${2 * last[number]}.00"] * (last[number] < 300)
                assert [line for line in page.splitlines() if line.startswith("Carried")] == sums, page
            root: Any = read.trailer["/Root"]
            assert b"<pdfaid:conformance>A<" in root["/Metadata"].get_data()
    finally:
        await engine.close()
