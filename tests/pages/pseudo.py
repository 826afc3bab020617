"""A language in which every sentence of the catalogues stands between brackets, with longer words and accents: what is
outside is in no catalogue, and what has no room for it has none for a language that is to come.

`python -m tests.pages.pseudo serve …` is `tillgate serve …` whose buyers' pages speak it.
"""

import re

from keyturn.words import Sentences
from tillgate.pages import reader
from tillgate.words import Language, Words

OPEN, CLOSE = "⟦", "⟧"
# Each vowel twice makes a sentence longer by about a third, as German or Finnish does.
LONGER = {"a": "áä", "e": "éë", "i": "îï", "o": "öō", "u": "üū", "A": "Å", "E": "É", "I": "Î", "O": "Ö", "U": "Ü"}
# What is no word: a value, a tag, an entity.
_KEPT = re.compile(r"({[^}]*}|<[^>]*>|&[^;\s]+;)")


def lengthened(sentence: str) -> str:
    """The sentence with longer words; its values and tags stay."""
    parts = _KEPT.split(sentence)
    return "".join(part if number % 2 else part.translate(str.maketrans(LONGER)) for number, part in enumerate(parts))


class Bracketed(Sentences):
    """Speaks it, with the numbers of a language that there is."""

    def _found(self, sentence: str) -> str:
        return f"{OPEN}{lengthened(super()._found(sentence))}{CLOSE}"

    def _found_many(self, one: str, many: str, count: int) -> str:
        return f"{OPEN}{lengthened(super()._found_many(one, many, count))}{CLOSE}"


class Pseudo(Bracketed, Words):
    """The words of buyers' pages."""


def words_in(language: Language) -> Words:
    """What the pages ask for a language."""
    return Pseudo(language, {})


if __name__ == "__main__":
    from tillgate.cli import main

    vars(reader)["words_in"] = words_in
    main()
