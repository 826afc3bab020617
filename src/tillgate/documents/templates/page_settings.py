"""The pages that a template is set on, where its source says nothing of them."""

from typing import Final, Literal, get_args

import msgspec

from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Problem

# As Typst names them.
Paper = Literal["a4", "a5", "a3", "us-letter", "us-legal"]
PAPERS: Final[tuple[Paper, ...]] = get_args(Paper)
MARGIN_MM_MAX: Final = 100


class PageSettings(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What the source's own ``#set page`` overrides.

    Attributes:
        paper: A4 where there is none.
        margin_mm: on all four sides, in millimetres; Typst's own where there is none.
    """

    paper: Paper | None = None
    landscape: bool = False
    margin_mm: int | None = None

    def to_typst(self) -> str:
        """As a line before the source; empty where nothing is set."""
        told = [f'paper: "{self.paper or PAPERS[0]}"'] if self.paper is not None or self.landscape else []
        told += ["flipped: true"] if self.landscape else []
        told += [f"margin: {self.margin_mm}mm"] if self.margin_mm is not None else []
        return f"#set page({', '.join(told)})" if told else ""


UNSET_PAGE: Final = PageSettings()


def checked_page(paper: str, landscape: bool, margin_mm: str) -> PageSettings:
    """Settings as somebody types them; empty where Typst's own are meant.

    Raises:
        InvalidInput: the paper is none of :data:`PAPERS`, or the margin no number of millimetres up to 100.
    """
    chosen = next((one for one in PAPERS if one == paper), None)
    if paper and chosen is None:
        raise InvalidInput("paper", Problem.NOT_A_CHOICE, choices=PAPERS)
    margin = None
    if margin_mm:
        margin = int(margin_mm) if margin_mm.isascii() and margin_mm.isdigit() and len(margin_mm) <= 3 else -1
        if not 0 <= margin <= MARGIN_MM_MAX:
            expected = f"expected millimetres from 0 to {MARGIN_MM_MAX}"
            raise InvalidInput("margin", Problem.WRONG_TYPE, expected=expected)
    return PageSettings(chosen, landscape, margin)
