"""Text on a terminal: whatever came from somebody else moves no cursor and hides nothing."""

import json
import logging
import re
import unicodedata
from functools import lru_cache

# What somebody typed may go over several lines, and a command's own output does.
_HARMLESS = frozenset("\n\t")
FIRST_STRONG_ISOLATE = "\u2068"
POP_ISOLATE = "\u2069"
_ISOLATED = re.compile(f"{FIRST_STRONG_ISOLATE}([^{FIRST_STRONG_ISOLATE}{POP_ISOLATE}]{{0,2000}}){POP_ISOLATE}")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
# Control characters, those that change the direction of what follows or show nothing, lone surrogates, and the
# separators that some terminals take for a line's end (Unicode, general categories).
_STRANGE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str, *, one_line: bool = False) -> str:
    r"""The text in which whatever a terminal acts upon has become its escape: ``\u001b`` for the character that begins
    one of its commands, ``\u202e`` for the one that turns the text around (CVE-2021-42574).

    Args:
        one_line: escape line breaks and tabs, too, so that a name cannot pass for a line of its own.
    """
    # Nearly every text is printable, but for its line breaks.
    if text.replace("\n", "").isprintable() and not (one_line and "\n" in text):
        return text
    return "".join(_visible(char) if one_line or char not in _HARMLESS else char for char in text)


def foreign(text: str) -> str:
    """Somebody else's text within a line of ours: escaped, on one line, and isolated in direction (UAX #9), so that a
    name that runs from right to left turns nothing but itself."""
    printed = printable(text, one_line=True)
    turns = not printed.isascii() and any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in printed)
    return f"{FIRST_STRONG_ISOLATE}{printed}{POP_ISOLATE}" if turns else printed


def line_of(text: str) -> str:
    """A line that holds such text: all of it escaped, and what :func:`foreign` has isolated left so."""
    if FIRST_STRONG_ISOLATE not in text:
        return printable(text)
    parts = _ISOLATED.split(text)
    return "".join(
        f"{FIRST_STRONG_ISOLATE}{printable(part)}{POP_ISOLATE}" if number % 2 else printable(part)
        for number, part in enumerate(parts)
    )


def width_of(text: str) -> int:
    """How many characters of a line are there to be seen."""
    return len(text) - text.count(FIRST_STRONG_ISOLATE) - text.count(POP_ISOLATE)


def json_line(value: object) -> str:
    """One JSON value on one line, readable beyond ASCII; what a terminal acts upon is escaped as JSON can."""
    return printable(json.dumps(value, ensure_ascii=False), one_line=True)


class PrintableFormatter(logging.Formatter):
    """Lines of a log for a terminal; what came from somebody else is escaped in them."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))


@lru_cache(maxsize=1_000)
def _visible(char: str) -> str:
    if unicodedata.category(char) not in _STRANGE:
        return char
    # As JSON has it: beyond the first 65,536 in two halves.
    return "".join(rf"\u{int.from_bytes(unit):04x}" for unit in _units(char))


def _units(char: str) -> list[bytes]:
    encoded = char.encode("utf-16-be", "surrogatepass")
    return [encoded[at : at + 2] for at in range(0, len(encoded), 2)]
