"""The languages that there are, and their catalogues."""

from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po


class Language(NamedTuple):
    """A language that pages and mails are written in.

    Attributes:
        tag: BCP 47, as ``lang`` and the API's ``locale`` have it.
        name: its own name for itself.
        right_to_left: how its lines run.
        plurals: CLDR's categories, in the order of the forms in its catalogue.
    """

    tag: str
    name: str
    right_to_left: bool = False
    plurals: tuple[str, ...] = ("one", "other")

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``, as HTML has it."""
        return "rtl" if self.right_to_left else "ltr"

    def plural(self, count: int) -> int:
        """Which form a count takes. A category that the catalogue does not tell apart counts as the last."""
        category = self.locale.plural_form(count)
        return self.plurals.index(category) if category in self.plurals else len(self.plurals) - 1

    @property
    def locale(self) -> Locale:
        """What CLDR knows of it."""
        return _locale(self.tag)


ENGLISH: Final = Language("en", "English")

# By tag, in the order in which the switch on a page lists them.
LANGUAGES: Final = {
    one.tag: one
    for one in (
        ENGLISH,
        Language("de", "Deutsch"),
        Language("fr", "Français", plurals=("one", "many", "other")),
        Language("es", "Español", plurals=("one", "many", "other")),
        Language("pt-BR", "Português (Brasil)", plurals=("one", "many", "other")),
        Language("ja", "日本語", plurals=("other",)),
        Language("ar", "العربية", right_to_left=True, plurals=("zero", "one", "two", "few", "many", "other")),
    )
}


@cache
def _locale(tag: str) -> Locale:
    return Locale.parse(tag, sep="-")


def phrase(sentence: str) -> str:
    """Mark a sentence of the source for the catalogues; it is looked up where it is shown."""
    return sentence


@cache
def catalogue(tag: str) -> dict[str, tuple[str, ...]]:
    """A language's sentences, by the English ones: one form each, or as many as the language has plural forms.

    Read from the ``.po`` file itself, once: a few hundred sentences take some milliseconds, and nothing has to be
    compiled at build time or kept in step. English is the source and has none.
    """
    if tag == ENGLISH.tag:
        return {}
    sentences = {}
    for one in read_catalogue(tag):
        name = one.id[0] if isinstance(one.id, list | tuple) else one.id
        forms = tuple(one.string) if isinstance(one.string, list | tuple) else (one.string or "",)
        if name and all(forms) and not one.fuzzy:
            sentences[name] = forms
    return sentences


def read_catalogue(tag: str) -> Catalog:
    """A catalogue as Babel has it, with its header and its comments."""
    with files("tillgate.words").joinpath("catalogues", f"{tag}.po").open("rb") as file:
        return read_po(file, locale=tag.replace("-", "_"))
