"""The books of a month as a document: set at once, and kept by nobody, for the same month gives the same bytes."""

from functools import cache
from pathlib import Path

import msgspec

from tillgate.base.clock import SECOND_MS
from tillgate.documents.context import DocumentContext
from tillgate.documents.engine import Failed, Work
from tillgate.documents.errors import NotInstalled, NotReady


class SheetTable(msgspec.Struct, frozen=True):
    """A table of one currency: rows of a label, how it is set, and an amount for each column."""

    currency: str
    columns: list[str]
    rows: list[tuple[str, str, list[str]]]


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What the document says.

    Attributes:
        at: what it takes for now, as Unix milliseconds.
        test: whether each page is marked as a test.
    """

    title: str
    project: str
    details: list[tuple[str, str]]
    tables: list[SheetTable]
    at: int
    test: bool


async def set_report(context: DocumentContext, sheet: Sheet) -> bytes:
    """The PDF file.

    Raises:
        NotInstalled: this server makes no documents.
        NotReady: too many wait for documents already, or it could not be made now.
    """
    if not context.installed:
        raise NotInstalled
    if context.engine.callers.locked():
        raise NotReady
    async with context.engine.callers:
        work = Work(_source(), msgspec.json.encode(sheet), sheet.at // SECOND_MS, sheet.test)
        outcome = await context.engine.render(work)
    if isinstance(outcome, Failed):
        raise NotReady
    return outcome.content


@cache
def _source() -> str:
    return (Path(__file__).parent / "report.typ").read_text("utf-8")
