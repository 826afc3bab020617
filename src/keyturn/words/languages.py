"""The languages that there are, and how each counts and writes whole numbers."""

from collections.abc import Callable
from typing import Final, NamedTuple


def _one(count: int) -> str:
    return "one" if count == 1 else "other"


def _one_many(count: int) -> str:
    return "many" if count and count % 1_000_000 == 0 else _one(count)


def _none_one_many(count: int) -> str:
    return _one_many(count or 1)


def _other(_: int) -> str:
    return "other"


def _arabic(count: int) -> str:
    if count <= 2:
        return ("zero", "one", "two")[count]
    rest = count % 100
    return "few" if 3 <= rest <= 10 else "many" if rest >= 11 else "other"


class Language(NamedTuple):
    """A language that pages and mails are written in. How it counts and groups digits is CLDR's.

    Attributes:
        tag: BCP 47, as ``lang`` and the API's ``locale`` have it.
        name: its own name for itself.
        right_to_left: how its lines run.
        plurals: CLDR's categories, in the order of the forms in its catalogue.
        category: which of them a count takes.
        group: between the thousands of a number.
    """

    tag: str
    name: str
    right_to_left: bool = False
    plurals: tuple[str, ...] = ("one", "other")
    category: Callable[[int], str] = _one
    group: str = ","

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``, as HTML has it."""
        return "rtl" if self.right_to_left else "ltr"

    def plural(self, count: int) -> int:
        """Which form a count takes."""
        return self.plurals.index(self.category(count))


ENGLISH: Final = Language("en", "English")
_MANY: Final = ("one", "many", "other")
_ARABIC: Final = ("zero", "one", "two", "few", "many", "other")

# By tag, in the order in which the switch on a page lists them.
LANGUAGES: Final = {
    one.tag: one
    for one in (
        ENGLISH,
        Language("de", "Deutsch", group="."),
        Language("fr", "Français", plurals=_MANY, category=_none_one_many, group="\u202f"),
        Language("es", "Español", plurals=_MANY, category=_one_many, group="."),
        Language("pt-BR", "Português (Brasil)", plurals=_MANY, category=_none_one_many, group="."),
        Language("ja", "日本語", plurals=("other",), category=_other),
        Language("ar", "العربية", right_to_left=True, plurals=_ARABIC, category=_arabic),
    )
}


def phrase(sentence: str) -> str:
    """Mark a sentence of the source for the catalogues; it is looked up where it is shown."""
    return sentence
