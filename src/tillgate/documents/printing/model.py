"""A document as it is printed: nothing but text, ready for the page."""

from typing import Final

import msgspec

from tillgate.base.clock import SECOND_MS


class PaperLine(msgspec.Struct, frozen=True):
    """A line of the table, in the reader's writing.

    Attributes:
        carried: what the lines come to, up to this one.
    """

    name: str
    quantity: str
    price: str
    amount: str
    carried: str


class PaperSum(msgspec.Struct, frozen=True):
    """A sum under the table; ``strong`` for the one that matters."""

    name: str
    amount: str
    strong: bool = False


class PaperMovement(msgspec.Struct, frozen=True):
    """Money that came or went: when, what, on which network, and how much.

    Attributes:
        reference: what names it on its network, such as a transaction's hash.
    """

    at: str
    what: str
    amount: str
    reference: str


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """One document.

    Attributes:
        id: of the document, which its file is kept by.
        at: when it was issued, as Unix milliseconds: what the document takes for now.
        test: whether each page is marked as a test.
        labels: the headings, by what they stand over.
        seller, buyer: block by block, a line each.
        details: names and values beside the title.
        sentence: what is to be said of the money; empty where the sums say it all.
        note: at the foot of each page, beside the seller's ``footer``.
        logo: the seller's, and what the file is called.
    """

    id: str
    project_id: str
    at: int
    test: bool
    language: str
    paper: str
    title: str
    labels: dict[str, str]
    seller: list[str]
    buyer: list[str]
    details: list[tuple[str, str]]
    lines: list[PaperLine]
    sums: list[PaperSum]
    sentence: str
    account: list[PaperSum]
    movements: list[PaperMovement]
    note: str
    footer: str = ""
    logo: str = ""
    files: dict[str, bytes] = {}

    def data(self) -> bytes:
        """What the page is set of, as JSON. Each text of somebody else is isolated in direction already."""
        return msgspec.json.encode({name: getattr(self, name) for name in _PRINTED}, enc_hook=str)

    @property
    def seconds(self) -> int:
        """When it was issued, as Unix seconds."""
        return self.at // SECOND_MS


_PRINTED: Final = (
    "language",
    "paper",
    "title",
    "labels",
    "seller",
    "buyer",
    "details",
    "lines",
    "sums",
    "sentence",
    "account",
    "movements",
    "note",
    "footer",
    "logo",
)
