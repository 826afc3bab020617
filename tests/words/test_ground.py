"""How each language counts and writes numbers where there is no Babel: as Babel says that CLDR has it."""

import pytest
from babel.numbers import format_decimal

from keyturn.words import LANGUAGES, Language, Sentences
from tillgate.words.languages import locale_of

COUNTS = (*range(130), 1_000, 1_001, 9_999, 10_000, 10_003, 1_000_000, 1_000_011, 2_000_000, 10_000_000, 123_456_789)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda one: one.tag)
def test_a_language_counts_and_writes_whole_numbers_as_cldr_has_it(language: Language) -> None:
    """The same category for each count, all of them among the forms of its catalogue, and the same digits in groups."""
    locale, words = locale_of(language.tag), Sentences(language, {})
    assert {language.category(count) for count in COUNTS} == set(language.plurals)
    wrong = [
        count
        for count in COUNTS
        if (language.category(count), words.number(count))
        != (locale.plural_form(count), format_decimal(count, locale=locale))
    ]
    assert wrong == []
