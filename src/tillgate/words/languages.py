"""The catalogues, and what CLDR knows of their languages."""

from functools import cache
from importlib.resources import files

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from keyturn.words import ENGLISH


@cache
def locale_of(tag: str) -> Locale:
    """What CLDR knows of a language."""
    return Locale.parse(tag, sep="-")


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
