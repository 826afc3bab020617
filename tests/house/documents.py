"""The documents as data: blocks of code, commands in a sentence, links, and what else a machine can check."""

import re
from functools import cache
from typing import NamedTuple

from tests.house.source import ROOT, tracked

_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$|^(#+) ([^\n]+)$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_LINK = re.compile(
    r"!?\[[^\]]*\]\(([^)#\s]*)(?:#([^)\s]*))?\)|(?:href|src)=\"([^\"#]*)(?:#([^\"]*))?\"|<(https?://[^>\s]+)>"
)
_PROGRAM = re.compile(
    r"(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?"
    r"(?:tillgate|keyturn|make|python3?|pipx?|npm|npx|node|git|openssl|sqlite3|psql|pg_dump|createdb|curl|uvicorn|"
    r"pre-commit|pytest|ruff|mypy|\.ci/\w+|scripts/\w+\.(?:sh|py)) \S"
)


class Block(NamedTuple):
    """A fenced block: where, below which heading, and in which language."""

    page: str
    heading: str
    language: str
    text: str


class Span(NamedTuple):
    """What a page sets in code inside of a sentence, white space joined."""

    page: str
    text: str


class Link(NamedTuple):
    """Where a page leads: a path or an address, and an anchor in it."""

    page: str
    target: str
    anchor: str


@cache
def pages() -> dict[str, str]:
    """Every document under version control, by its path."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in tracked()
        if path.suffix == ".md" and path.exists()
    }


def blocks() -> list[Block]:
    """Every fenced block. What stands above a page's first section is below no heading."""
    found = []
    for page, text in pages().items():
        heading = ""
        for part in _FENCE.finditer(text):
            if part[3]:
                heading = part[4] if len(part[3]) > 1 else ""
            else:
                found.append(Block(page, heading, part[1], part[2]))
    return found


@cache
def prose() -> dict[str, str]:
    """Every document without its fenced blocks."""
    return {page: _FENCE.sub(lambda part: part[0] if part[3] else "", text) for page, text in pages().items()}


def spans() -> list[Span]:
    """All code inside of sentences."""
    return [Span(page, " ".join(part[1].split())) for page, text in prose().items() for part in _SPAN.finditer(text)]


def commands() -> list[Span]:
    """Those that begin with a program and go on: what a reader would type."""
    return [span._replace(text=span.text.removeprefix(".venv/bin/")) for span in spans() if _PROGRAM.match(span.text)]


def links() -> list[Link]:
    """Every link and picture, code aside."""
    return [
        Link(page, part[1] or part[3] or part[5] or "", part[2] or part[4] or "")
        for page, text in prose().items()
        for part in _LINK.finditer(_SPAN.sub("", text))
    ]


def anchors(page: str) -> set[str]:
    """Where a link may lead inside of a page, as GitHub makes it of the headings."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", prose()[page], re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        again = sum(one == name or re.fullmatch(rf"{re.escape(name)}-\d+", one) is not None for one in found)
        found.add(f"{name}-{again}" if again else name)
    return found


def made(page: str) -> bool:
    """Whether a program writes the page."""
    return "<!-- Made by `" in pages()[page]
