"""Text of other people in our own: isolated in direction, so that it changes nothing around it (UAX #9).

A name may run from right to left, and may hold characters that turn what follows: with U+202E before it, ``00.1`` reads
``1.00``. Each such text is set apart, and what only turns other text is left out where it is shown.
"""

import unicodedata
from typing import Final

FIRST_STRONG_ISOLATE: Final = "\u2068"
POP_ISOLATE: Final = "\u2069"

# Embeddings, overrides and isolates: shown, they do nothing but turn text. A closing one would end our own isolate.
_TURNING: Final = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})


class Isolated(str):
    """A sentence of ours, in which what others wrote is isolated already: shown as it is."""

    __slots__ = ()


def without_turns(text: str) -> str:
    """The text without the characters whose only effect is on the direction of others."""
    return text if text.isascii() else text.translate(_TURNING)


def needs_isolation(text: str, right_to_left: bool) -> bool:
    """Whether the text could change the order of what stands around it, in lines that run that way."""
    if right_to_left:
        return bool(text)
    return not text.isascii() and any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text)


def isolated(value: object, right_to_left: bool = False) -> object:
    """A value for a sentence: text is isolated by characters, where that makes a difference; all else as it is."""
    if not isinstance(value, str) or isinstance(value, Isolated):
        return value
    text = without_turns(value)
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}" if needs_isolation(text, right_to_left) else text
