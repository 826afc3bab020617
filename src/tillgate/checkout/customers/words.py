"""The words that a customer is found by: those of the name, and the e-mail address with its parts."""

import re
from typing import Final

from tillgate.base.text import folded

WORDS_MAX: Final = 16
WORD_MAX: Final = 64
# As the hexadecimal text is longer than what it spells.
_LAST: Final = "g"
_BETWEEN: Final = re.compile(r"[^\w]+|_+")


def words_of(name: str | None, email: str | None) -> list[str]:
    """The words of a customer, as they are kept."""
    found = [*split(name or ""), *([folded(email), *split(email)] if email else [])]
    # Two long ones may begin alike.
    return list(dict.fromkeys(spelled(one) for one in found))[:WORDS_MAX]


def split(text: str) -> list[str]:
    """A text's words, as they are compared."""
    return [one for one in _BETWEEN.split(folded(text)) if one]


def spelled(word: str) -> str:
    """A word, or the beginning of one, as it is kept."""
    return word[:WORD_MAX].encode().hex()


def beyond(beginning: str) -> str:
    """What is greater than every kept word that begins so."""
    return beginning + _LAST
