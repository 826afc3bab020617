"""A language in which every sentence of the catalogues stands between brackets: what is outside is in no catalogue.

`python -m tests.pages.pseudo serve …` is `tillgate serve …` whose buyers' pages speak it.
"""

from tillgate.pages import reader
from tillgate.words import Language, Words

OPEN, CLOSE = "⟦", "⟧"


class Pseudo(Words):
    """Speaks it, with the numbers of a language that there is."""

    def _found(self, sentence: str) -> str:
        return f"{OPEN}{super()._found(sentence)}{CLOSE}"

    def _found_many(self, one: str, many: str, count: int) -> str:
        return f"{OPEN}{super()._found_many(one, many, count)}{CLOSE}"


def words_in(language: Language) -> Words:
    """What the pages ask for a language."""
    return Pseudo(language, {})


if __name__ == "__main__":
    from tillgate.cli import main

    vars(reader)["words_in"] = words_in
    main()
